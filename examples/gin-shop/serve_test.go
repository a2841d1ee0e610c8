package main

// The real process: this test's own executable, started again as gin-shop.

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	asShop   = "SHOP_TEST_RUN_AS_SHOP"
	patience = 20 * time.Second // for what takes milliseconds

	nobodyThere = "postgres://ada:s3cret@127.0.0.1:1/shop"
)

func TestMain(m *testing.M) {
	if os.Getenv(asShop) != "" {
		os.Exit(run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  chan map[string]any // of the log; closed at its end
	url    string
	errors strings.Builder
}

func start(t *testing.T, faults string) *process {
	t.Helper()
	p := launch(t, "serve", "SHOP_LISTEN=127.0.0.1:0", "SHOP_FAULTS="+faults)
	p.url = fmt.Sprint("http://", p.logged("listening")["address"])
	return p
}

func launch(t *testing.T, command string, env ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	p := &process{t: t, cmd: exec.CommandContext(ctx, os.Args[0], command), lines: make(chan map[string]any, 100)}
	p.cmd.Env = append(append(os.Environ(), asShop+"=1"), env...)
	p.cmd.Stderr = &p.errors
	log, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(log); scanner.Scan(); {
			var line map[string]any
			if json.Unmarshal(scanner.Bytes(), &line) == nil {
				p.lines <- line
			}
		}
	}()
	return p
}

// logged waits for a line of the log.
func (p *process) logged(message string) map[string]any {
	p.t.Helper()
	for line := range p.lines {
		if line["msg"] == message {
			return line
		}
	}
	p.t.Fatalf("the process ended and did not log %q; stderr: %s", message, p.errors.String())
	return nil
}

// exitCode waits for the end of the process; -1 if a signal ended it.
func (p *process) exitCode() int {
	for range p.lines {
	}
	p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// pendingOrder is a POST whose handler runs and waits for the body, until finish is called.
type pendingOrder struct {
	finish func()
	status chan int // 0: the connection was cut
}

func (p *process) placeOrderSlowly() pendingOrder {
	p.t.Helper()
	body, write := io.Pipe()
	inHandler := make(chan struct{})
	ctx := httptrace.WithClientTrace(p.t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(inHandler) }})
	request, err := http.NewRequestWithContext(ctx, "POST", p.url+"/orders", body)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Expect", "100-continue") // answered when the handler begins to read
	order := pendingOrder{status: make(chan int, 1), finish: func() {
		io.WriteString(write, goodOrder)
		write.Close()
	}}
	go func() {
		client := http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience}}
		response, err := client.Do(request)
		if err != nil {
			order.status <- 0
			return
		}
		response.Body.Close()
		order.status <- response.StatusCode
	}()
	select {
	case <-inHandler:
	case <-time.After(patience):
		p.t.Fatal("the request did not reach its handler")
	}
	return order
}

func TestOnSigtermRequestsInFlightAreFinished(t *testing.T) {
	p := start(t, "none")
	order := p.placeOrderSlowly()
	p.signal(syscall.SIGTERM)
	if line := p.logged("stopping"); line["signal"] != "terminated" {
		t.Errorf("%v", line)
	}
	order.finish()
	if status := <-order.status; status != 201 {
		t.Errorf("the order in flight got %d, want 201", status)
	}
	if code := p.exitCode(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestDieOnSigtermCutsRequestsInFlight(t *testing.T) {
	p := start(t, "die-on-sigterm")
	order := p.placeOrderSlowly()
	p.signal(syscall.SIGTERM)
	if code := p.exitCode(); code != -1 {
		t.Errorf("exit code %d, want an end by the signal itself", code)
	}
	order.finish()
	if status := <-order.status; status != 0 {
		t.Errorf("the order in flight got %d, want a cut connection", status)
	}
}

func TestIgnoreSigtermServesOn(t *testing.T) {
	p := start(t, "ignore-sigterm")
	p.signal(syscall.SIGTERM)
	fresh := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 20 {
		response, err := fresh.Get(p.url + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	p.signal(os.Interrupt)
	if line := p.logged("stopping"); line["signal"] != "interrupt" {
		t.Errorf("stopped by %v, want interrupt", line["signal"])
	}
	if code := p.exitCode(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestACrashingVersionExitsWith1(t *testing.T) {
	p := start(t, "crash=1ms")
	if line := p.logged("stopped"); !strings.Contains(fmt.Sprint(line["error"]), "crashed") {
		t.Errorf("%v", line)
	}
	if code := p.exitCode(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}

func TestALeakingVersionGrowsWithoutRequests(t *testing.T) {
	const grownBytes = 150 << 20
	p := start(t, "leak=200MB/s")
	for p.residentBytes() < grownBytes {
		response, err := http.Get(p.url + "/healthz") // never a business request
		if err != nil {
			t.Fatalf("only %d bytes when the patience ended: %v", p.residentBytes(), err)
		}
		response.Body.Close()
	}
	p.signal(os.Interrupt)
	p.exitCode()
}

// residentBytes is the memory that the process holds, as the kernel sees it.
func (p *process) residentBytes() int64 {
	p.t.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		p.t.Skipf("the memory of a process cannot be read here: %v", err)
	}
	var total, residentPages int64
	if _, err := fmt.Sscan(string(statm), &total, &residentPages); err != nil {
		return 0 // it ended
	}
	return residentPages * int64(os.Getpagesize())
}

func TestTheVersionEndpointNamesTheHost(t *testing.T) {
	p := start(t, "slow=1m")
	response, err := http.Get(p.url + "/version")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got map[string]string
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got["instance"] != host || got["version"] != version || got["faults"] != "slow=1m" {
		t.Errorf("%v", got)
	}
}

func TestCommandLine(t *testing.T) {
	cases := []struct {
		args           []string
		env            map[string]string
		code           int
		stdout, stderr string // a part of it
	}{
		{args: []string{"version"}, code: exitDone, stdout: "dev\n"},
		{args: []string{"help"}, code: exitDone, stdout: "leak=4MB/s"},
		{args: []string{"sevre"}, code: exitUsage, stderr: "sevre"},
		{args: []string{"serve", "now"}, code: exitUsage, stderr: "now"},
		{args: []string{"migrate"}, code: exitUsage, stderr: "migrate up"},
		{args: []string{"migrate", "up"}, code: exitUsage, stderr: "DATABASE_URL is not set"},
		{args: []string{"worker"}, code: exitUsage, stderr: "DATABASE_URL is not set"},
		{args: []string{"report"}, code: exitUsage, stderr: "DATABASE_URL is not set"},
		{env: map[string]string{"DATABASE_URL": "postgres://ada:s3cret@host:port/shop"}, code: exitUsage, stderr: "DATABASE_URL: "},
		{args: []string{"report"}, env: map[string]string{"DATABASE_URL": nobodyThere}, code: exitFailed, stdout: "connect"},
		{env: map[string]string{"SHOP_FAULTS": "fail=much"}, code: exitUsage, stderr: `"fail=much": want a percentage`},
		{env: map[string]string{"SHOP_LISTEN": "nowhere"}, code: exitFailed, stdout: "nowhere"},
	}
	for _, c := range cases {
		var stdout, stderr strings.Builder
		code := run(c.args, func(name string) string { return c.env[name] }, &stdout, &stderr)
		if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%v %v: exit code %d, stdout %q, stderr %q", c.args, c.env, code, &stdout, &stderr)
		}
		if strings.Contains(stdout.String()+stderr.String(), "s3cret") {
			t.Errorf("%v %v says the password", c.args, c.env)
		}
	}
}
