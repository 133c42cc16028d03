package release

import (
	"testing"

	"twokey/checks/text"
)

// What a record tells of a dispatch, and so whether it may be sent for the first
// time: only where the record is the claim's own, its session has ended, and no
// dispatch left that was not refused.
func TestMemory(t *testing.T) {
	const nonce = "0123456789abcdef"
	sending := func(k CallKind) Event {
		return Sending{Stage: "deb", Nonce: nonce, Call: Call{Kind: k, Workflow: "deb.yml"}}
	}
	answered := func(a Answered) Event {
		a.Stage, a.Nonce, a.Kind, a.Workflow = "deb", nonce, CallDispatch, "deb.yml"
		return a
	}
	why := text.Clean("403 Forbidden")
	claimed, sent := sending(CallRef), sending(CallDispatch)
	for _, tt := range []struct {
		name   string
		events []Event
		alive  bool
		unsent bool
		run    int64
	}{
		{name: "nothing"},
		{name: "claimed", events: []Event{claimed}, unsent: true},
		{name: "claimed, and its session lives", events: []Event{claimed}, alive: true},
		{name: "not the claim's own", events: []Event{sending(CallTagObject)}},
		{name: "left", events: []Event{claimed, sent}},
		{name: "refused", events: []Event{claimed, sent, answered(Answered{Why: why})}, unsent: true},
		{name: "lost", events: []Event{claimed, sent, answered(Answered{Why: why, Lost: true})}},
		{name: "answered", events: []Event{claimed, sent, answered(Answered{RunID: 7})}, run: 7},
		{name: "refused, then left again", events: []Event{claimed, sent, answered(Answered{Why: why}), sent}},
		{name: "of another stage", events: []Event{claimed, Sending{Stage: "x", Nonce: nonce, Call: Call{Kind: CallDispatch, Workflow: "deb.yml"}}}, unsent: true},
	} {
		m := memory{over: true, sent: map[string]bool{}, runs: map[string]int64{}}
		s := Session{Over: !tt.alive}
		for i, ev := range tt.events {
			s.Events = append(s.Events, Stamped{Seq: uint64(i + 1), Event: ev})
		}
		m.add(s, "deb", nonce)
		got := m.unsent([]Call{{Kind: CallTagObject}, {Kind: CallDispatch, Workflow: "deb.yml"}})
		if (len(got) > 0) != tt.unsent || m.runs["deb.yml"] != tt.run {
			t.Errorf("%s: unsent %v, run %d", tt.name, got, m.runs["deb.yml"])
		}
	}
	first, second := Session{Over: true}, Session{Over: true}
	first.Events = []Stamped{{Event: claimed}, {Event: sent}}
	second.Events = []Stamped{{Event: sent}, {Event: answered(Answered{Why: why})}}
	m := memory{over: true, sent: map[string]bool{}, runs: map[string]int64{}}
	m.add(first, "deb", nonce)
	m.add(second, "deb", nonce)
	if len(m.unsent([]Call{{Kind: CallDispatch, Workflow: "deb.yml"}})) > 0 {
		t.Error("a later refusal makes an earlier dispatch one that was never sent")
	}
}
