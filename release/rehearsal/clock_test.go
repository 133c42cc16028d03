package rehearsal

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// dawn is a time at which the worlds of tests begin.
func dawn() time.Time { return time.Date(2026, 8, 14, 6, 0, 0, 0, time.UTC) }

func TestFlowingClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock(dawn(), 60, false)
		time.Sleep(3 * time.Second)
		if got, want := c.Now(), dawn().Add(3*time.Minute); !got.Equal(want) {
			t.Errorf("after 3 s at 60 times the speed it is %v, want %v", got, want)
		}
		began := time.Now()
		if err := c.Sleep(t.Context(), 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("10 minutes took %v, want 10 s", took)
		}
		if got, want := c.Now(), dawn().Add(13*time.Minute); !got.Equal(want) {
			t.Errorf("after the sleep it is %v, want %v", got, want)
		}
	})
}

func TestSteppingClockStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock(dawn(), 1, true)
		time.Sleep(time.Hour)
		if got := c.Now(); !got.Equal(dawn()) {
			t.Errorf("nobody slept, and it is %v, want %v", got, dawn())
		}
	})
}

func TestSteppingClockOneSleeper(t *testing.T) {
	for _, speed := range []float64{-1, 0.5, 1, 100} {
		synctest.Test(t, func(t *testing.T) {
			c := newClock(dawn(), speed, true)
			began := time.Now()
			for range 3 {
				if err := c.Sleep(t.Context(), 20*time.Second); err != nil {
					t.Fatal(err)
				}
			}
			if got, want := c.Now(), dawn().Add(time.Minute); !got.Equal(want) {
				t.Errorf("speed %v: it is %v, want exactly %v", speed, got, want)
			}
			if took, want := time.Since(began), shrink(time.Minute, speed); took != want {
				t.Errorf("speed %v: a minute took %v, want %v", speed, took, want)
			}
		})
	}
}

// TestSteppingClockOrder has sleepers lie down in one order and wake in another.
func TestSteppingClockOrder(t *testing.T) {
	for _, speed := range []float64{-1, 2} {
		synctest.Test(t, func(t *testing.T) {
			c := newClock(dawn(), speed, true).(*steppingClock)
			c.settle = settleTime // as in a world: else the first may wake before the second lies
			type waking struct {
				after time.Duration
				at    time.Duration
			}
			var mu sync.Mutex
			var order []waking
			var all sync.WaitGroup
			for _, d := range []time.Duration{30 * time.Second, 10 * time.Second, 20 * time.Second} {
				s := c.lie(d) // as Sleep does, so that all lie before any can wake
				all.Go(func() {
					<-s.woken
					mu.Lock()
					defer mu.Unlock()
					order = append(order, waking{d, s.wake.Sub(dawn())})
				})
				if speed > 0 {
					synctest.Wait()
				}
			}
			all.Wait()
			if got, want := c.Now().Sub(dawn()), 30*time.Second; got != want {
				t.Errorf("speed %v: %v have passed, want %v", speed, got, want)
			}
			for i, want := range []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second} {
				if order[i].after != want || order[i].at != want {
					t.Errorf("waking %d is %+v, want after %v", i, order[i], want)
				}
			}
		})
	}
}

// TestSteppingClockLockstep has two that always sleep the same: none gets ahead.
func TestSteppingClockLockstep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock(dawn(), 1, true)
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				for range 50 {
					if err := c.Sleep(t.Context(), 2*time.Second); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if got, want := c.Now().Sub(dawn()), 100*time.Second; got != want {
			t.Errorf("%v have passed for two that slept %v each at the same time", got, want)
		}
	})
}

func TestClockSleepEndsWithContext(t *testing.T) {
	enough := errors.New("enough")
	for name, stepping := range map[string]bool{"flowing": false, "stepping": true} {
		synctest.Test(t, func(t *testing.T) {
			c := newClock(dawn(), 1, stepping)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Minute, func() { cancel(enough) })
			if err := c.Sleep(ctx, time.Hour); !errors.Is(err, enough) {
				t.Errorf("%s: Sleep gives %v, want %v", name, err, enough)
			}
			if err := c.Sleep(ctx, time.Hour); !errors.Is(err, enough) {
				t.Errorf("%s: Sleep after the end gives %v, want %v", name, err, enough)
			}
			// Whoever gave up must not move the time of the others.
			before := c.Now()
			if err := c.Sleep(t.Context(), time.Second); err != nil {
				t.Fatal(err)
			}
			if got := c.Now().Sub(before); got != time.Second {
				t.Errorf("%s: a second later it is %v later", name, got)
			}
		})
	}
}

func TestClockSleepOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, stepping := range []bool{false, true} {
			c := newClock(dawn(), 1, stepping)
			for _, d := range []time.Duration{0, -time.Hour} {
				if err := c.Sleep(t.Context(), d); err != nil {
					t.Error(err)
				}
			}
			if !c.Now().Equal(dawn()) {
				t.Errorf("it is %v, want %v", c.Now(), dawn())
			}
		}
	})
}
