// Command gin-shop is a small shop: a catalogue and orders over HTTP, written with Gin. A version of it can be
// built, or told, to misbehave (faults.go), so that taking a bad release back can be rehearsed on something real.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
)

// Set at build time: go build -ldflags "-X main.version=v1.1.0 -X main.builtInFaults=fail=24%".
var (
	version       = "dev"
	builtInFaults = ""
)

const defaultListen = ":8080"

const usage = `usage: gin-shop [serve | version | help]

serve     answers on $SHOP_LISTEN (` + defaultListen + ` if that is not set) until SIGTERM; the default
version   prints the version

$SHOP_FAULTS makes it misbehave, in place of the faults that it was built with ("none" takes those away):
`

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

func run(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	if len(args) > 1 {
		command = ""
	}
	switch command {
	case "serve":
		return runServe(getenv, stdout, stderr)
	case "version":
		fmt.Fprintln(stdout, version)
		return exitDone
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage, describeFaults())
		return exitDone
	default:
		fmt.Fprintf(stderr, "gin-shop: unknown arguments: %q\n%s%s", args, usage, describeFaults())
		return exitUsage
	}
}

func runServe(getenv func(string) string, stdout, stderr io.Writer) int {
	faults, err := chooseFaults(getenv("SHOP_FAULTS"), builtInFaults)
	if err != nil {
		fmt.Fprintf(stderr, "gin-shop: %v\n", err)
		return exitUsage
	}
	instance, err := os.Hostname()
	if err != nil {
		fmt.Fprintf(stderr, "gin-shop: no host name to use as instance id: %v\n", err)
		return exitFailed
	}
	log := slog.New(slog.NewJSONHandler(stdout, nil)).With("version", version, "instance", instance)
	shop := newShop(version, instance, faults, log)
	if err := serve(shop, cmp.Or(getenv("SHOP_LISTEN"), defaultListen)); err != nil {
		log.Error("stopped", "error", err.Error())
		return exitFailed
	}
	log.Info("stopped")
	return exitDone
}

// chooseFaults lets what was asked for at run time win over what the version was built with.
func chooseFaults(atRunTime, atBuildTime string) (Faults, error) {
	origin, spec := "SHOP_FAULTS", atRunTime
	if spec == "" {
		origin, spec = "faults given at build time", atBuildTime
	}
	faults, err := ParseFaults(spec)
	if err != nil {
		return Faults{}, fmt.Errorf("%s %q:\n%w", origin, spec, errors.Join(err, errors.New("known faults:\n"+describeFaults())))
	}
	return faults, nil
}
