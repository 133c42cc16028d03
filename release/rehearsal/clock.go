package rehearsal

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"twokey/release"
)

// newClock makes the clock of a world. As fast as possible is always stepping:
// time that flows infinitely fast would be over at once.
func newClock(start time.Time, speed float64, stepping bool) release.Clock {
	if stepping || speed <= 0 {
		return &steppingClock{now: start, speed: speed}
	}
	return &flowingClock{start: start, began: time.Now(), speed: speed}
}

// flowingClock runs speed times as fast as the machine's.
type flowingClock struct {
	start time.Time
	began time.Time // the machine's time at start
	speed float64   // above 0
}

// Now is the simulated time.
func (c *flowingClock) Now() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.began)) * c.speed))
}

// Sleep waits for d of simulated time, or for the end of the context.
func (c *flowingClock) Sleep(ctx context.Context, d time.Duration) error {
	return release.SystemClock{}.Sleep(ctx, shrink(d, c.speed))
}

// steppingClock stands still until somebody sleeps. Then it waits for the sleeper
// that wakes first, and jumps to the time at which that one wakes. So time depends
// on what was slept, and never on how fast the machine is.
type steppingClock struct {
	speed float64 // 0 or below: the waiting takes no time
	// settle is the least real time before a jump, for those who wait for the same to
	// lie down together: else the first would wake before the second lies, and all
	// would take as long as one after the other.
	settle time.Duration

	mu       sync.Mutex
	now      time.Time
	sleepers sleepers
	slept    int64       // how many sleeps there were
	timer    *time.Timer // ends the wait for first
	first    *sleeper
}

// Now is the simulated time.
func (c *steppingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep waits until the simulated time is d from now, or for the end of the
// context.
func (c *steppingClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s := c.lie(d)
	select {
	case <-s.woken:
		return nil
	case <-ctx.Done():
		c.rise(s)
		return context.Cause(ctx)
	}
}

// lie adds a sleeper.
func (c *steppingClock) lie(d time.Duration) *sleeper {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept++
	s := &sleeper{wake: c.now.Add(d), order: c.slept, woken: make(chan struct{})}
	heap.Push(&c.sleepers, s)
	c.arm()
	return s
}

// rise removes a sleeper whose context ended.
func (c *steppingClock) rise(s *sleeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.index >= 0 {
		heap.Remove(&c.sleepers, s.index)
		c.arm()
	}
}

// arm begins the wait for the sleeper that wakes first, unless it has begun.
func (c *steppingClock) arm() {
	if len(c.sleepers) > 0 && c.sleepers[0] == c.first {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.first = nil
	if len(c.sleepers) > 0 {
		s := c.sleepers[0]
		c.first = s
		c.timer = time.AfterFunc(max(shrink(s.wake.Sub(c.now), c.speed), c.settle), func() { c.wake(s) })
	}
}

// wake moves the time on to the sleeper's. A timer that was stopped too late finds
// that another sleeper is first by now.
func (c *steppingClock) wake(s *sleeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first != s {
		return
	}
	heap.Pop(&c.sleepers)
	if s.wake.After(c.now) {
		c.now = s.wake
	}
	close(s.woken)
	c.arm()
}

// shrink is how long a simulated duration takes.
func shrink(d time.Duration, speed float64) time.Duration {
	if speed <= 0 {
		return 0
	}
	return time.Duration(float64(d) / speed)
}

// settleTime is enough for a client to send what it sends at the same time.
const settleTime = 200 * time.Microsecond

// sleeper is one call of Sleep.
type sleeper struct {
	wake  time.Time
	order int64 // who lay down first wakes first
	index int   // in the heap; -1 once out of it
	woken chan struct{}
}

// sleepers is a heap, first to wake on top.
type sleepers []*sleeper

func (h sleepers) Len() int { return len(h) }

func (h sleepers) Less(i, j int) bool {
	if h[i].wake.Equal(h[j].wake) {
		return h[i].order < h[j].order
	}
	return h[i].wake.Before(h[j].wake)
}

func (h sleepers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *sleepers) Push(x any) {
	s := x.(*sleeper)
	s.index = len(*h)
	*h = append(*h, s)
}

func (h *sleepers) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	s.index = -1
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}
