package release_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// ticking is a clock that goes on a second each time somebody looks, in a zone
// that is not UTC.
type ticking struct {
	mu  sync.Mutex
	now time.Time
}

func newTicking() *ticking {
	return &ticking{now: time.Date(2026, 8, 14, 9, 0, 0, 0, time.FixedZone("CEST", 2*60*60))}
}

func (c *ticking) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *ticking) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// memory is a journal in memory that can break.
type memory struct {
	kept   []release.Stamped
	synced []uint64
	broken error
}

func (m *memory) Append(s release.Stamped, sync bool) error {
	if m.broken != nil {
		return m.broken
	}
	m.kept = append(m.kept, s)
	if sync {
		m.synced = append(m.synced, s.Seq)
	}
	return nil
}

// numbers are the numbers of what was kept.
func (m *memory) numbers() []uint64 {
	var out []uint64
	for _, s := range m.kept {
		out = append(out, s.Seq)
	}
	return out
}

// noted is a small event.
func noted(format string, args ...any) release.Event {
	return release.Noted{Text: text.Cleanf(format, args...)}
}

func TestStreamStampsUnderLoad(t *testing.T) {
	var got []release.Stamped
	s := release.NewStream(newTicking(), func(st release.Stamped, _ *release.State) { got = append(got, st) })
	j := &memory{}
	if err := s.Record(j); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				s.Emit(noted("%d %d", g, i))
				s.View(func(st *release.State) {
					if uint64(len(st.Notes)) != st.Seq {
						t.Errorf("%d notes after event %d", len(st.Notes), st.Seq)
					}
				})
			}
		})
	}
	wg.Wait()
	if len(got) != 800 || len(j.kept) != 800 {
		t.Fatalf("%d events told, %d kept", len(got), len(j.kept))
	}
	for i, st := range got {
		if st.Seq != uint64(i+1) || j.kept[i].Seq != st.Seq {
			t.Fatalf("event %d has number %d, and %d in the journal", i+1, st.Seq, j.kept[i].Seq)
		}
		if st.Time.Location() != time.UTC || i > 0 && !st.Time.After(got[i-1].Time) {
			t.Fatalf("event %d has the time %s", i+1, st.Time)
		}
	}
}

func TestStreamFoldsBeforeItTells(t *testing.T) {
	var order []string
	tell := func(name string) release.Handler {
		return func(st release.Stamped, state *release.State) {
			if state.Seq != st.Seq || len(state.Notes) != int(st.Seq) || !state.Time.Equal(st.Time) {
				t.Errorf("handler %s is told of event %d with the state of event %d", name, st.Seq, state.Seq)
			}
			order = append(order, name)
		}
	}
	s := release.NewStream(newTicking(), tell("a"), tell("b"))
	s.Emit(noted("one"))
	s.Emit(noted("two"))
	if !slices.Equal(order, []string{"a", "b", "a", "b"}) {
		t.Errorf("told in the order %v", order)
	}
}

func TestRecordBeginsAtTheLastPlan(t *testing.T) {
	opened, plan := release.Opened{Rehearsal: true}, release.PlanReady{Plan: release.Plan{Version: "1.0"}}
	tests := []struct {
		name   string
		before []release.Event
		want   []uint64
	}{
		{"nothing before", nil, []uint64{1}},
		{"no plan", []release.Event{opened, noted("x")}, []uint64{1, 2, 3}},
		{"one plan", []release.Event{opened, noted("x"), plan, noted("y")}, []uint64{1, 3, 4, 5}},
		{"two plans", []release.Event{opened, plan, noted("x"), plan, noted("y")}, []uint64{1, 4, 5, 6}},
		{"never opened", []release.Event{noted("x"), plan, noted("y")}, []uint64{2, 3, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := release.NewStream(newTicking())
			for _, e := range tt.before {
				s.Emit(e)
			}
			j := &memory{}
			if err := s.Record(j); err != nil {
				t.Fatal(err)
			}
			s.Emit(noted("after"))
			if got := j.numbers(); !slices.Equal(got, tt.want) {
				t.Errorf("kept %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAnotherPlanIsAnotherRecord(t *testing.T) {
	s := release.NewStream(newTicking())
	first, second := &memory{}, &memory{}
	s.Emit(release.Opened{})
	s.Emit(release.PlanReady{})
	if err := s.Record(first); err != nil {
		t.Fatal(err)
	}
	s.Emit(noted("first release"))
	s.Emit(release.PlanReady{})
	s.Emit(noted("checks of the second"))
	if err := s.Record(second); err != nil {
		t.Fatal(err)
	}
	if err := s.EmitSynced(noted("second release")); err != nil {
		t.Fatal(err)
	}
	if got := first.numbers(); !slices.Equal(got, []uint64{1, 2, 3}) {
		t.Errorf("the first record has %v", got)
	}
	if got := second.numbers(); !slices.Equal(got, []uint64{1, 4, 5, 6}) || !slices.Equal(second.synced, []uint64{6}) {
		t.Errorf("the second record has %v, of which %v are synced", got, second.synced)
	}
}

func TestEmitSynced(t *testing.T) {
	s := release.NewStream(newTicking())
	j := &memory{}
	if err := s.Record(j); err != nil {
		t.Fatal(err)
	}
	s.Emit(noted("one"))
	if err := s.EmitSynced(noted("two")); err != nil || !slices.Equal(j.synced, []uint64{2}) {
		t.Errorf("%v, synced %v", err, j.synced)
	}
}

func TestBrokenJournal(t *testing.T) {
	full := errors.New("no space left on device")
	told := 0
	s := release.NewStream(newTicking(), func(release.Stamped, *release.State) { told++ })
	j := &memory{}
	if err := s.Record(j); err != nil {
		t.Fatal(err)
	}
	j.broken = full
	s.Emit(noted("lost")) // which nobody waits for
	j.broken = nil        // room again, but the record has a hole
	if err := s.EmitSynced(noted("intent")); !errors.Is(err, full) {
		t.Errorf("an intent after a lost event: %v", err)
	}
	s.Emit(noted("on"))
	if told != 3 {
		t.Errorf("%d of 3 events were told", told)
	}
	s.View(func(st *release.State) {
		if len(st.Notes) != 3 {
			t.Errorf("%d of 3 events are in the state", len(st.Notes))
		}
	})
}

func TestRecordFails(t *testing.T) {
	full := errors.New("no space left on device")
	s := release.NewStream(newTicking())
	s.Emit(release.PlanReady{})
	if err := s.Record(&memory{broken: full}); !errors.Is(err, full) {
		t.Fatalf("error %v", err)
	}
	j := &memory{} // another try
	if err := s.Record(j); err != nil || len(j.kept) != 1 {
		t.Errorf("%v, %v", j.numbers(), err)
	}
}
