package main

// Which faults this process has, read from a list such as "fail=24%,slow=1200ms". All problems of a list are
// reported at once. What the faults do stands in sabotage.go and serve.go.

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// onSigterm says what SIGTERM does to the process.
type onSigterm string

const (
	finishRequests onSigterm = ""               // stop listening, finish the requests in flight, exit 0
	ignoreSigterm  onSigterm = "ignore-sigterm" // nothing: only SIGKILL (or Ctrl-C) ends it
	dieOnSigterm   onSigterm = "die-on-sigterm" // end at once; requests in flight are cut
)

const (
	noFaults     = "none" // an explicit empty list
	maxFaultTime = 24 * time.Hour
	maxSlow      = time.Minute    // longer than any client waits
	maxLeakBytes = int64(1) << 30 // per second or request
)

// Faults is what is wrong with a version; the zero value is a good one.
type Faults struct {
	FailShare           float64       // of business requests that are answered with 500, from 0 to 1
	NotFoundShare       float64       // of business requests that are answered with 404, from 0 to 1
	Slow                time.Duration // added to each business request
	LeakBytesPerSecond  int64
	LeakBytesPerRequest int64
	Unhealthy           bool          // /healthz never says 200
	CrashAfter          time.Duration // 0: never
	OnSigterm           onSigterm
	spec                string
}

func (f Faults) String() string {
	if f.spec == "" {
		return noFaults
	}
	return f.spec
}

type faultKind struct {
	name    string
	example string // of the whole entry
	does    string
	set     func(f *Faults, value string) error
}

var faultKinds = []faultKind{
	{"fail", "fail=24%", "answers that share of business requests with 500, at random", func(f *Faults, value string) (err error) {
		f.FailShare, err = parseShare(value)
		return err
	}},
	{"notfound", "notfound=100%", "answers that share of business requests with 404, at random", func(f *Faults, value string) (err error) {
		f.NotFoundShare, err = parseShare(value)
		return err
	}},
	{"slow", "slow=1200ms", "delays every business request", func(f *Faults, value string) (err error) {
		f.Slow, err = parseTime(value, maxSlow)
		return err
	}},
	{"leak", "leak=4MB/s", "never gives memory back, by time or (leak=64KB/request) by business request", func(f *Faults, value string) (err error) {
		f.LeakBytesPerSecond, f.LeakBytesPerRequest, err = parseLeak(value)
		return err
	}},
	{"unhealthy", "unhealthy", "/healthz never answers 200", flag(func(f *Faults) error {
		f.Unhealthy = true
		return nil
	})},
	{"crash", "crash=30s", "exits with 1 after that time", func(f *Faults, value string) (err error) {
		f.CrashAfter, err = parseTime(value, maxFaultTime)
		return err
	}},
	{string(ignoreSigterm), string(ignoreSigterm), "does not stop when told to", flag(func(f *Faults) error {
		return f.setOnSigterm(ignoreSigterm)
	})},
	{string(dieOnSigterm), string(dieOnSigterm), "cuts requests in flight when told to stop, as Gin's r.Run() does", flag(func(f *Faults) error {
		return f.setOnSigterm(dieOnSigterm)
	})},
}

// ParseFaults reads a comma-separated list of faults. "" and "none" are a good version.
func ParseFaults(spec string) (Faults, error) {
	spec = strings.TrimSpace(spec)
	if spec == "" || spec == noFaults {
		return Faults{}, nil
	}
	var faults Faults
	var entries []string
	var problems []error
	seen := map[string]bool{}
	for entry := range strings.SplitSeq(spec, ",") {
		entry = strings.TrimSpace(entry)
		name, value, hasValue := strings.Cut(entry, "=")
		if err := faults.apply(name, value, hasValue, seen); err != nil {
			problems = append(problems, fmt.Errorf("  %q: %w", entry, err))
		}
		entries = append(entries, entry)
	}
	if len(problems) > 0 {
		return Faults{}, errors.Join(problems...)
	}
	faults.spec = strings.Join(entries, ",")
	return faults, nil
}

func (f *Faults) apply(name, value string, hasValue bool, seen map[string]bool) error {
	if name == "" {
		return errors.New("an empty entry")
	}
	if seen[name] {
		return errors.New("given twice")
	}
	seen[name] = true
	for _, kind := range faultKinds {
		if kind.name != name {
			continue
		}
		takesValue := strings.Contains(kind.example, "=")
		if takesValue != hasValue {
			return fmt.Errorf("write it as %s", kind.example)
		}
		return kind.set(f, value)
	}
	return errors.New("unknown fault")
}

func (f *Faults) setOnSigterm(behaviour onSigterm) error {
	if f.OnSigterm != finishRequests {
		return fmt.Errorf("contradicts %s", f.OnSigterm)
	}
	f.OnSigterm = behaviour
	return nil
}

// flag is for a fault that takes no value.
func flag(set func(f *Faults) error) func(*Faults, string) error {
	return func(f *Faults, _ string) error { return set(f) }
}

func describeFaults() string {
	var text strings.Builder
	for _, kind := range faultKinds {
		fmt.Fprintf(&text, "  %-15s %s\n", kind.example, kind.does)
	}
	return text.String()
}

func parseShare(value string) (float64, error) {
	number, isPercent := strings.CutSuffix(value, "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !isPercent || err != nil || !(percent > 0 && percent <= 100) {
		return 0, errors.New("want a percentage above 0% and up to 100%, such as 24%")
	}
	return percent / 100, nil
}

func parseTime(value string, longest time.Duration) (time.Duration, error) {
	length, err := time.ParseDuration(value)
	if err != nil || length <= 0 || length > longest {
		return 0, fmt.Errorf("want a length of time above 0 and up to %s, such as 1200ms or 30s", longest)
	}
	return length, nil
}

func parseLeak(value string) (perSecond, perRequest int64, err error) {
	amount, per, _ := strings.Cut(value, "/")
	bytes, err := parseSize(amount)
	switch {
	case err == nil && per == "s":
		return bytes, 0, nil
	case err == nil && per == "request":
		return 0, bytes, nil
	default:
		return 0, 0, errors.New("want a size per second or per request, such as 4MB/s or 64KB/request")
	}
}

// parseSize reads a whole number of KB or MB (of 1,024 bytes, as memory limits count) into bytes.
func parseSize(value string) (int64, error) {
	for unit, bytesPerUnit := range map[string]int64{"KB": 1 << 10, "MB": 1 << 20} {
		number, has := strings.CutSuffix(value, unit)
		if !has {
			continue
		}
		count, err := strconv.ParseInt(number, 10, 64)
		if err != nil || count <= 0 || count > maxLeakBytes/bytesPerUnit {
			return 0, errors.New("not a size")
		}
		return count * bytesPerUnit, nil
	}
	return 0, errors.New("not a size")
}
