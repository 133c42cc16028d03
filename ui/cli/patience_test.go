package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// stepClock jumps ahead by whatever is slept.
type stepClock struct{ now time.Time }

func (c *stepClock) Now() time.Time { return c.now }

func (c *stepClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// waiting is a state in which a run waits for an environment; none waits for "".
func waiting(env string) *release.State {
	run := release.RunState{}
	if env != "" {
		run.Gates = []release.Gate{{Environment: text.Clean(env)}}
	}
	return &release.State{Stages: []release.StageState{{Runs: []release.RunState{{}, run}}}}
}

func TestPatience(t *testing.T) {
	type step struct {
		env   string
		sleep time.Duration
	}
	tests := []struct {
		name  string
		limit time.Duration
		steps []step
		want  string // why it gave up; empty: it did not
	}{
		{"nothing waits", time.Hour, []step{{"", 5 * time.Hour}}, ""},
		{"an approval in time", time.Hour, []step{{"pypi", 59 * time.Minute}, {"", 2 * time.Hour}}, ""},
		{"none in time", time.Hour, []step{{"pypi", 30 * time.Minute}, {"pypi", 30 * time.Minute}}, "nobody approved pypi within 1h0m0s"},
		{"each wait counts for itself", time.Hour, []step{{"pypi", 40 * time.Minute}, {"", time.Minute}, {"docker", 40 * time.Minute}}, ""},
		{"the second gate", time.Hour, []step{{"pypi", 40 * time.Minute}, {"", time.Minute}, {"docker", 90 * time.Minute}}, "docker"},
		{"without end", 0, []step{{"pypi", 1000 * time.Hour}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			p := &patience{limit: tt.limit, giveUp: cancel}
			clock := p.clock(&stepClock{now: time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)})
			for _, s := range tt.steps {
				p.see(clock.Now(), waiting(s.env))
				_ = clock.Sleep(t.Context(), s.sleep)
			}
			cause := context.Cause(ctx)
			if tt.want == "" && cause != nil {
				t.Errorf("gave up: %v", cause)
			}
			if tt.want != "" && (cause == nil || !strings.Contains(cause.Error(), tt.want)) {
				t.Errorf("ends with %v, want %q", cause, tt.want)
			}
		})
	}
}

// The wrapped clock says what the clock says.
func TestPatientClockPassesErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	clock := (&patience{}).clock(&stepClock{})
	if err := clock.Sleep(ctx, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("Sleep gives %v", err)
	}
}
