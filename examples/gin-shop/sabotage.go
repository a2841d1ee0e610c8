package main

// What a bad version does to requests and memory. A good version passes through untouched.

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	leakTick    = 100 * time.Millisecond
	leakCeiling = int64(1) << 30 // bytes; a forgotten rehearsal must not take its whole host down
)

var errSabotaged = errors.New("internal error: this version is broken")

type sabotage struct {
	faults Faults
	draw   func() float64 // uniform in [0, 1)
	leaked leak
}

func newSabotage(faults Faults) *sabotage {
	return &sabotage{faults: faults, draw: rand.Float64, leaked: leak{ceilingBytes: leakCeiling}}
}

// strike happens to each business request, before its handler. An error means that the request fails.
func (s *sabotage) strike(ctx context.Context) error {
	s.leaked.grow(s.faults.LeakBytesPerRequest)
	if s.faults.Slow > 0 {
		select {
		case <-time.After(s.faults.Slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if s.draw() < s.faults.FailShare {
		return errSabotaged
	}
	return nil
}

// loses happens to each business request that did not fail: what it asks for is said not to be there.
func (s *sabotage) loses() bool {
	return s.faults.NotFoundShare > 0 && s.draw() < s.faults.NotFoundShare
}

// leakOverTime leaks the rate per second, in small steps, until ctx is done.
func (s *sabotage) leakOverTime(ctx context.Context) {
	if s.faults.LeakBytesPerSecond == 0 {
		return
	}
	ticker := time.NewTicker(leakTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.leaked.grow(s.faults.LeakBytesPerSecond * int64(leakTick) / int64(time.Second))
		case <-ctx.Done():
			return
		}
	}
}

// leak holds memory for ever, up to a ceiling. Safe for concurrent use.
type leak struct {
	mu           sync.Mutex
	chunks       [][]byte
	heldBytes    int64
	ceilingBytes int64
}

func (l *leak) grow(bytes int64) {
	if bytes == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.heldBytes+bytes > l.ceilingBytes {
		return
	}
	chunk := make([]byte, bytes)
	for i := range chunk {
		chunk[i] = 1 // only memory that was written to counts for the kernel
	}
	l.chunks = append(l.chunks, chunk)
	l.heldBytes += bytes
}
