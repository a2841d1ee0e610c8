// Command gin-shop is a small shop: a catalogue and orders over HTTP, written with Gin, and beside that a worker, a
// nightly report and the migrations of its database. A version of it can be built, or told, to misbehave (faults.go),
// so that taking a bad release back can be rehearsed on something real.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Set at build time: go build -ldflags "-X main.version=v1.1.0 -X main.builtInFaults=fail=24%".
var (
	version       = "dev"
	builtInFaults = ""
)

const defaultListen = ":8080"

const usage = `usage: gin-shop [serve | worker | report | migrate up | version | help]

serve       answers on $SHOP_LISTEN (` + defaultListen + ` if that is not set) until SIGTERM; the default
worker      does the jobs of orders until SIGTERM; then it finishes the one in hand
report      writes a summary of all orders, once
migrate up  brings the schema of the database up to this version
version     prints the version

$DATABASE_URL (postgres://user@host/shop) is the database; without it serve keeps orders in memory, and the others
cannot work. $SHOP_RELEASE is the name that jobs and reports note; the version if that is not set.
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
	switch strings.Join(args, " ") {
	case "", "serve":
		return runCommand(getenv, stdout, stderr, runServe)
	case "worker":
		return runCommand(getenv, stdout, stderr, needsDatabase(runWorker))
	case "report":
		return runCommand(getenv, stdout, stderr, needsDatabase(runReport))
	case "migrate up":
		return runCommand(getenv, stdout, stderr, needsDatabase(runMigrateUp))
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

// program is what every command is given.
type program struct {
	who      identity
	listen   string
	faults   Faults
	database *database // nil: none
	log      *slog.Logger
}

// identity says which process of which release does something.
type identity struct{ release, version, instance string }

// usageError is what the user has to put right.
type usageError struct{ error }

func runCommand(getenv func(string) string, stdout, stderr io.Writer, command func(program) error) int {
	p, err := prepare(getenv, stdout)
	if err == nil {
		defer p.database.close()
		err = command(p)
	}
	var wrong usageError
	switch {
	case err == nil:
		p.log.Info("stopped")
		return exitDone
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "gin-shop: %v\n", err)
		return exitUsage
	case p.log == nil:
		fmt.Fprintf(stderr, "gin-shop: %v\n", err)
		return exitFailed
	default:
		p.log.Error("stopped", "error", err.Error())
		return exitFailed
	}
}

func prepare(getenv func(string) string, stdout io.Writer) (program, error) {
	faults, err := chooseFaults(getenv("SHOP_FAULTS"), builtInFaults)
	if err != nil {
		return program{}, usageError{err}
	}
	instance, err := os.Hostname()
	if err != nil {
		return program{}, fmt.Errorf("no host name to use as instance id: %w", err)
	}
	database, err := openDatabase(getenv("DATABASE_URL"))
	if err != nil {
		return program{}, usageError{fmt.Errorf("DATABASE_URL: %w", err)}
	}
	return program{
		who:      identity{cmp.Or(getenv("SHOP_RELEASE"), version), version, instance},
		listen:   cmp.Or(getenv("SHOP_LISTEN"), defaultListen),
		faults:   faults,
		database: database,
		log:      slog.New(slog.NewJSONHandler(stdout, nil)).With("version", version, "instance", instance),
	}, nil
}

func needsDatabase(command func(program) error) func(program) error {
	return func(p program) error {
		if p.database == nil {
			return usageError{errors.New("DATABASE_URL is not set, such as postgres://user@host/shop")}
		}
		return command(p)
	}
}

func runServe(p program) error {
	shop := newShop(p.who.version, p.who.instance, p.faults, p.log)
	if p.database != nil {
		shop.orders = p.database
	}
	return serve(shop, p.listen)
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
