package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestALeakGrowsByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSabotage(Faults{LeakBytesPerSecond: 2 << 20})
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second+leakTick/2)
		defer stop()
		s.leakOverTime(ctx)
		// each step is rounded down to whole bytes
		if held, want := s.leaked.heldBytes, int64(30*(2<<20/10)); held != want {
			t.Errorf("%d bytes are held after 3 s, want %d", held, want)
		}
	})
}

func TestALeakGrowsByRequest(t *testing.T) {
	s := newSabotage(Faults{LeakBytesPerRequest: 64 << 10})
	for range 10 {
		if err := s.strike(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var inChunks int
	for _, chunk := range s.leaked.chunks {
		inChunks += len(chunk)
	}
	if inChunks != 640<<10 || s.leaked.heldBytes != 640<<10 {
		t.Errorf("%d bytes are held, %d counted, want %d", inChunks, s.leaked.heldBytes, 640<<10)
	}
}

func TestALeakStopsAtItsCeiling(t *testing.T) {
	held := leak{ceilingBytes: 250}
	for range 5 {
		held.grow(100)
	}
	if held.heldBytes != 200 || len(held.chunks) != 2 {
		t.Errorf("%d bytes are held, want 200", held.heldBytes)
	}
}

func TestAGoodVersionDoesNotLeakDelayOrFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSabotage(Faults{})
		s.draw = func() float64 { return 0 } // the draw that fails first
		start := time.Now()
		if err := s.strike(t.Context()); err != nil {
			t.Error(err)
		}
		s.leakOverTime(t.Context()) // returns at once, or the test would hang
		if s.leaked.heldBytes != 0 || time.Since(start) != 0 {
			t.Errorf("%d bytes, %s", s.leaked.heldBytes, time.Since(start))
		}
	})
}

func TestTheShareThatFailsIsExact(t *testing.T) {
	s := newSabotage(Faults{FailShare: 0.24})
	for draw, want := range map[float64]error{0: errSabotaged, 0.239999: errSabotaged, 0.24: nil, 0.999999: nil} {
		s.draw = func() float64 { return draw }
		if err := s.strike(t.Context()); !errors.Is(err, want) {
			t.Errorf("draw %v: %v, want %v", draw, err, want)
		}
	}
}

func TestADelayEndsWhenTheClientGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSabotage(Faults{Slow: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := s.strike(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
