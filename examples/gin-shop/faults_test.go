package main

import (
	"strings"
	"testing"
	"time"
)

func TestFaultsCanBeCombined(t *testing.T) {
	faults, err := ParseFaults(" fail=24%, slow=1200ms,leak=4MB/s,unhealthy,crash=30s,die-on-sigterm ")
	if err != nil {
		t.Fatal(err)
	}
	want := Faults{
		FailShare:          0.24,
		Slow:               1200 * time.Millisecond,
		LeakBytesPerSecond: 4 << 20,
		Unhealthy:          true,
		CrashAfter:         30 * time.Second,
		OnSigterm:          dieOnSigterm,
		spec:               "fail=24%,slow=1200ms,leak=4MB/s,unhealthy,crash=30s,die-on-sigterm",
	}
	if faults != want {
		t.Errorf("got %+v, want %+v", faults, want)
	}
}

func TestEachFaultAlone(t *testing.T) {
	cases := map[string]Faults{
		"":                   {},
		"none":               {},
		"fail=100%":          {FailShare: 1},
		"fail=0.5%":          {FailShare: 0.005},
		"notfound=100%":      {NotFoundShare: 1},
		"slow=1m":            {Slow: time.Minute},
		"leak=64KB/request":  {LeakBytesPerRequest: 64 << 10},
		"leak=1024MB/s":      {LeakBytesPerSecond: 1 << 30},
		"crash=1ms":          {CrashAfter: time.Millisecond},
		"ignore-sigterm":     {OnSigterm: ignoreSigterm},
		"unhealthy,fail=24%": {Unhealthy: true, FailShare: 0.24},
	}
	for spec, want := range cases {
		if spec != "none" {
			want.spec = spec
		}
		if faults, err := ParseFaults(spec); err != nil || faults != want {
			t.Errorf("%q: got %+v, %v, want %+v", spec, faults, err, want)
		}
	}
}

func TestBadFaultsAreRefused(t *testing.T) {
	cases := map[string]string{
		"fail":                          "write it as fail=24%",
		"fail=24":                       "want a percentage",
		"fail=0%":                       "want a percentage",
		"fail=101%":                     "want a percentage",
		"fail=-1%":                      "want a percentage",
		"fail=NaN%":                     "want a percentage",
		"notfound":                      "write it as notfound=100%",
		"notfound=101%":                 "want a percentage",
		"slow=1200":                     "want a length of time",
		"slow=-1s":                      "want a length of time",
		"slow=2m":                       "want a length of time",
		"crash=25h":                     "want a length of time",
		"leak=4MB":                      "want a size per second or per request",
		"leak=4MB/h":                    "want a size per second or per request",
		"leak=0MB/s":                    "want a size per second or per request",
		"leak=1.5MB/s":                  "want a size per second or per request",
		"leak=1025MB/s":                 "want a size per second or per request",
		"leak=9223372036854775807KB/s":  "want a size per second or per request",
		"unhealthy=yes":                 "write it as unhealthy",
		"unhealthy=":                    "write it as unhealthy",
		"fail=1%,fail=2%":               "given twice",
		"ignore-sigterm,die-on-sigterm": "contradicts ignore-sigterm",
		"fail=1%,":                      "an empty entry",
		"none,fail=1%":                  "unknown fault",
		"FAIL=1%":                       "unknown fault",
	}
	for spec, message := range cases {
		_, err := ParseFaults(spec)
		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: got %v, want an error with %q", spec, err, message)
		}
	}
}

func TestAllProblemsOfAListAreReportedAtOnce(t *testing.T) {
	_, err := chooseFaults("fial=24%, slow=quick ,unhealthy,leak=much", "")
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{"SHOP_FAULTS", `"fial=24%": unknown fault`, `"slow=quick": want a length`, `"leak=much": want a size`, "die-on-sigterm"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in:\n%v", part, err)
		}
	}
	if strings.Contains(err.Error(), `"unhealthy":`) {
		t.Errorf("a good entry is called a problem:\n%v", err)
	}
}

func TestFaultsGivenAtRunTimeWinOverThoseOfTheBuild(t *testing.T) {
	cases := []struct{ atRunTime, atBuildTime, want string }{
		{"", "", "none"},
		{"", "fail=24%", "fail=24%"},
		{"slow=1s", "fail=24%", "slow=1s"},
		{"none", "fail=24%", "none"},
	}
	for _, c := range cases {
		faults, err := chooseFaults(c.atRunTime, c.atBuildTime)
		if err != nil || faults.String() != c.want {
			t.Errorf("%q over %q: got %v, %v, want %s", c.atRunTime, c.atBuildTime, faults, err, c.want)
		}
	}
	if _, err := chooseFaults("", "fial=24%"); err == nil || !strings.Contains(err.Error(), "given at build time") {
		t.Errorf("got %v, want an error that names the build", err)
	}
}

func TestExamplesInTheHelpAreAccepted(t *testing.T) {
	for _, kind := range faultKinds {
		if _, err := ParseFaults(kind.example); err != nil {
			t.Errorf("%s: %v", kind.example, err)
		}
	}
}
