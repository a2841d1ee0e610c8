package main

// The life of a worker: one job after the other, and on SIGTERM the one in hand is finished. What is wrong with this
// version is wrong with its jobs too.

import (
	"context"
	"fmt"
	"os/signal"
	"time"
)

const (
	lookEvery   = 100 * time.Millisecond // for a job, when there was none
	retryEvery  = time.Second            // when the database is away, or a job has failed
	jobPatience = gracePeriod
)

type worker struct {
	program
	sabotage *sabotage
}

func runWorker(p program) error {
	w := worker{p, newSabotage(p.faults)}
	stop := stopSignals(w.faults.OnSigterm)
	running, end := context.WithCancel(context.Background())
	defer end()
	go w.sabotage.leakOverTime(running)
	ended := make(chan int, 1)
	go func() { ended <- w.doJobs(running) }()
	w.log.Info("working", "release", w.who.release, "faults", w.faults.String())

	select {
	case <-crashTime(w.faults.CrashAfter):
		return errCrashed
	case received := <-stop:
		signal.Stop(stop) // the next one ends the process at once
		w.log.Info("stopping", "signal", received.String())
		end()
	}
	select {
	case done := <-ended:
		w.log.Info("no job is in hand", "done", done)
		return nil
	case <-time.After(gracePeriod):
		return fmt.Errorf("the job in hand was not finished after %s; it is free again", gracePeriod)
	}
}

// doJobs returns how many it did, soon after ctx is done, and never in the middle of a job.
func (w worker) doJobs(ctx context.Context) int {
	done := 0
	for ctx.Err() == nil {
		found, err := w.doNext(context.WithoutCancel(ctx))
		switch {
		case err != nil:
			w.log.Error("no job was done", "error", err.Error())
			wait(ctx, retryEvery)
		case found:
			done++
		default:
			wait(ctx, lookEvery)
		}
	}
	return done
}

func (w worker) doNext(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, w.faults.Slow+jobPatience)
	defer cancel()
	return w.database.doNext(ctx, w.who, w.sabotage.strike)
}

func wait(ctx context.Context, length time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(length):
	}
}
