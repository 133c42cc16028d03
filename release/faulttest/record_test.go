package faulttest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"twokey/release"
)

// complete wants a record to tell of each call that it was intended, what it gave, and
// of a claim that was made that it is ours; and of a process that was not killed how it
// ended. What a killed process did last may be missing.
func complete(events []release.Stamped, killed bool) error {
	intended := map[string]bool{} // by stage and request
	open := map[string]release.Call{}
	unclaimed := map[string]bool{}
	for _, e := range events {
		switch ev := e.Event.(type) {
		case release.Intended:
			for _, c := range ev.Calls {
				intended[c.Stage+" "+c.Request()] = true
			}
		case release.Sending:
			c := ev.Call
			switch before, unanswered := open[c.Stage]; {
			case !intended[c.Stage+" "+c.Request()]:
				return fmt.Errorf("%s of %s was sent, and never intended", c.Request(), c.Stage)
			case unanswered:
				return fmt.Errorf("%s of %s was sent before %s was answered", c.Request(), c.Stage, before.Request())
			case unclaimed[c.Stage]:
				return fmt.Errorf("%s of %s was sent, and nothing says whose the claim is", c.Request(), c.Stage)
			}
			open[c.Stage] = c
		case release.Answered:
			if c, sent := open[ev.Stage]; !sent || c.Kind != ev.Kind {
				return fmt.Errorf("%s of %s was answered, and not sent", ev.Kind, ev.Stage)
			}
			delete(open, ev.Stage)
			unclaimed[ev.Stage] = ev.Kind == release.CallRef && ev.Why.IsZero()
		case release.Claimed:
			unclaimed[ev.Stage] = false
		}
	}
	if killed {
		return nil
	}
	for stage, c := range open {
		return fmt.Errorf("%s of %s was sent, and never answered", c.Request(), stage)
	}
	for stage, is := range unclaimed {
		if is {
			return fmt.Errorf("the ref of %s was made, and nothing says whose the claim is", stage)
		}
	}
	if _, ok := events[len(events)-1].Event.(release.Finished); !ok {
		return fmt.Errorf("it ends with %s", events[len(events)-1].Event.Type())
	}
	return nil
}

// keeps wants a record to hold all that the process saw of its release, without a
// hole: of one that lost what was not synced, all up to the last event that had to be.
func keeps(events []release.Stamped, p *process) error {
	saw := p.seen()
	if p.killed && p.disk == onlySynced {
		n := len(saw)
		for n > 0 && !mustBeSynced(saw[n-1].Event) {
			n--
		}
		saw = saw[:n]
	}
	for i, s := range saw {
		want, err := s.MarshalJSON()
		if err != nil {
			return err
		}
		if i >= len(events) {
			return fmt.Errorf("the record ends before event %d, %s", s.Seq, want)
		}
		got, err := events[i].MarshalJSON()
		if err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("in place of event %d, %s, the record has %s (%w)", s.Seq, want, got, err)
		}
	}
	return nil
}

// mustBeSynced tells of an event whether it has to be on disk before anything follows.
func mustBeSynced(e release.Event) bool {
	switch e := e.(type) {
	case release.Intended, release.Sending, release.Answered:
		return true
	case release.Claimed:
		return e.Mine
	case release.Triggered:
		return e.Mine
	}
	return false
}

// seen is what the process saw of its release: who opened it, and all since its plan.
func (p *process) seen() []release.Stamped {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range slices.Backward(p.told) {
		if _, ok := p.told[i].Event.(release.PlanReady); ok {
			return append(slices.Clone(p.told[:1]), p.told[i:]...)
		}
	}
	return nil
}

// What a record lacks is seen: whatever one event of it is dropped.
func TestWhatARecordLacksIsSeen(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: left out with -short")
	}
	dir := clone(t)
	for _, s := range []sample{samples()[1], samples()[2], harbour()} {
		tr := newTrial(t, &tally{}, dir, s)
		p, err := tr.run("release", options{})
		check(t, err)
		whole, _, err := recorded(p.journal.Path())
		check(t, err)
		if err := complete(whole, false); err != nil {
			t.Errorf("%s: of a whole record it is said: %v", s.name, err)
		}
		dropped := map[string]bool{}
		for i, e := range whole {
			less := slices.Delete(slices.Clone(whole), i, i+1)
			if keeps(less, p) == nil {
				t.Errorf("%s: event %d, %s, is not missed", s.name, e.Seq, e.Event.Type())
			}
			switch e.Event.(type) {
			case release.Intended, release.Sending, release.Answered, release.Claimed, release.Finished:
				dropped[e.Event.Type()] = true
				if complete(less, false) == nil {
					t.Errorf("%s: a record without event %d, %s, is called complete", s.name, e.Seq, e.Event.Type())
				}
			}
		}
		if len(dropped) != 5 {
			t.Errorf("%s: only %v were dropped", s.name, dropped)
		}
		for n := range whole { // the machine died, and no more than this was on disk
			p.killed, p.disk = true, onlySynced
			synced := !slices.ContainsFunc(whole[n:], func(e release.Stamped) bool { return mustBeSynced(e.Event) })
			if got := keeps(whole[:n], p) == nil; got != synced {
				t.Errorf("%s: the first %d events of %d are called kept: %v", s.name, n, len(whole), got)
			}
		}
	}
}
