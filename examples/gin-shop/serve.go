package main

// The life of the process: listen, and stop well: stop listening, finish the requests in flight, exit 0. Unless this
// version has a fault there.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	gracePeriod    = 8 * time.Second // below the 10 s after which containers are killed
	readTimeout    = 10 * time.Second
	writeTimeout   = 30 * time.Second // on top of what a slow version adds
	idleTimeout    = 2 * time.Minute  // longer than proxies keep idle connections, so that they close first
	maxHeaderBytes = 16 << 10
)

var errCrashed = errors.New("crashed, as this version does")

func serve(s *shop, address string) error {
	stop := stopSignals(s.faults.OnSigterm)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      s.faults.Slow + writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
	running, end := context.WithCancel(context.Background())
	defer end()
	go s.sabotage.leakOverTime(running)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	s.log.Info("listening", "address", listener.Addr().String(), "faults", s.faults.String())

	select {
	case err := <-ended:
		return err
	case <-crashTime(s.faults.CrashAfter):
		return errCrashed
	case received := <-stop:
		signal.Stop(stop) // the next one ends the process at once
		s.log.Info("stopping", "signal", received.String())
		return shutDown(server)
	}
}

// stopSignals receives what asks the process to stop. Interrupt (Ctrl-C) always does; SIGTERM depends on the fault.
func stopSignals(behaviour onSigterm) chan os.Signal {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	switch behaviour {
	case finishRequests:
		signal.Notify(stop, syscall.SIGTERM)
	case ignoreSigterm:
		signal.Ignore(syscall.SIGTERM)
	case dieOnSigterm:
		// Nobody catches it, which is what r.Run() does: Go's runtime ends the process at once.
	}
	return stop
}

func crashTime(after time.Duration) <-chan time.Time {
	if after == 0 {
		return nil
	}
	return time.After(after)
}

func shutDown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), gracePeriod)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests in flight were cut after %s: %w", gracePeriod, err)
	}
	return nil
}
