package release

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	now := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	budget := func(remaining int, reset time.Duration) Budget {
		return Budget{Remaining: remaining, Limit: 5000, Reset: now.Add(reset)}
	}
	plenty := budget(4900, 40*time.Minute)
	tests := []struct {
		name string
		pace pace
		want time.Duration
	}{
		{"something changed", pace{budget: plenty, cost: 1}, time.Second},
		{"half a minute ago", pace{quiet: 30 * time.Second, budget: plenty, cost: 1}, 2 * time.Second},
		{"long ago", pace{quiet: 3 * time.Minute, budget: plenty}, 5 * time.Second},
		{"days ago", pace{quiet: 72 * time.Hour, budget: plenty}, 5 * time.Second},

		{"an outage", pace{failed: true}, 5 * time.Second},
		{"an outage of five minutes", pace{failed: true, outage: 5 * time.Minute}, 35 * time.Second},
		{"an outage of an hour", pace{failed: true, outage: time.Hour}, time.Minute},

		{"budget not known", pace{budget: Budget{Remaining: -1, Limit: -1}, cost: 9}, time.Second},
		{"its end not known", pace{budget: Budget{Remaining: 20, Limit: 5000}, cost: 9}, time.Second},
		{"its end has passed", pace{budget: budget(20, -time.Second), cost: 9}, time.Second},
		{"many runs change", pace{budget: plenty, cost: 22}, 4500 * time.Millisecond},
		{"half is left", pace{budget: budget(2300, 40*time.Minute), cost: 4}, 2 * time.Second},
		{"little is left", pace{budget: budget(600, 40*time.Minute), cost: 4}, 36 * time.Second},
		{"little is left, for a short time", pace{budget: budget(600, 50*time.Second), cost: 4}, 2 * time.Second},
		{"little is left, and looking is free", pace{budget: budget(600, 40*time.Minute)}, time.Second},
		{"next to nothing but the others' part", pace{budget: budget(501, 40*time.Minute), cost: 4}, 5 * time.Minute},
		{"the others' part", pace{budget: budget(500, 40*time.Minute), cost: 0.5}, 5 * time.Minute},
		{"the others' part, and looking is free", pace{budget: budget(300, 40*time.Minute)}, time.Second},
		{"nothing, for a short time", pace{budget: budget(0, 50*time.Second), cost: 1}, 51 * time.Second},
		{"nothing", pace{budget: budget(0, 40*time.Minute), cost: 1}, 5 * time.Minute},
		{"without a token", pace{cost: 2, budget: Budget{Remaining: 56, Limit: 60, Reset: now.Add(time.Hour)}}, 36 * time.Second},

		{"the host wants rest", pace{budget: Budget{Remaining: -1, Limit: -1, PollInterval: 20 * time.Second}}, 20 * time.Second},
		{"the host wants less", pace{quiet: time.Hour, budget: Budget{Remaining: -1, Limit: -1, PollInterval: 2 * time.Second}}, 5 * time.Second},
	}
	for _, tt := range tests {
		tt.pace.now = now
		if got := tt.pace.interval(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Whatever the rounds cost, the others' tenth is touched by no more than a look every
// pollShort, which is the least that a watch can do.
func TestPaceLeavesTheOthersTheirPart(t *testing.T) {
	for _, limit := range []int{60, 1000, 5000, 15000} {
		for _, cost := range []int{1, 3, 22, 130} {
			now := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
			p := pace{now: now, cost: float64(cost), budget: Budget{Remaining: limit, Limit: limit, Reset: now.Add(time.Hour)}}
			rounds, rare := 0, 0
			for ; p.now.Before(p.budget.Reset); rounds++ {
				p.budget.Remaining = max(p.budget.Remaining-cost, 0)
				if p.budget.spare() <= 0 {
					rare++
				}
				p.now = p.now.Add(p.interval())
			}
			if rare > int(time.Hour/pollShort) {
				t.Errorf("%d of %d rounds that cost %d of %d are at the expense of others", rare, rounds, cost, limit)
			}
			if limit >= 5000 && cost <= 22 && rare > 0 {
				t.Errorf("rounds that cost %d use up %d", cost, limit)
			}
		}
	}
}

func TestAveraged(t *testing.T) {
	cost := 1.0
	for range 20 {
		cost = averaged(cost, 10)
	}
	if cost < 8 || cost > 10 {
		t.Errorf("rounds that cost 10 each cost %.1f", cost)
	}
	for range 100 {
		cost = averaged(cost, 0)
	}
	if cost != 0 {
		t.Errorf("rounds that cost nothing cost %.3f", cost)
	}
}

func TestElapsed(t *testing.T) {
	h := &hub{t: t, now: time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)}
	e := elapsed{clock: h, last: h.now}
	for _, tt := range []struct {
		name              string
		by, pause, counts time.Duration
	}{
		{"as long as the pause", time.Second, time.Second, time.Second},
		{"a round that took its time", 4 * time.Second, time.Second, 4 * time.Second},
		{"a pause that a person ended", 0, 5 * time.Second, 0},
		{"a night's sleep", 8 * time.Hour, 5 * time.Second, 15 * time.Second},
		{"set back", -8 * time.Hour, 5 * time.Second, 5 * time.Second},
		{"and on", time.Second, time.Second, time.Second},
		{"set forward", 8 * time.Hour, time.Second, 11 * time.Second},
	} {
		h.now = h.now.Add(tt.by)
		if got := e.lap(tt.pause, roundTime); got != tt.counts {
			t.Errorf("%s: counts as %s, want %s", tt.name, got, tt.counts)
		}
	}
}
