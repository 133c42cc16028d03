package release

import (
	"fmt"

	"twokey/checks/text"
)

// Session is what an earlier session on this machine recorded of a release.
type Session struct {
	Events []Stamped
	// Over holds when its program has ended. Where it was asked for with hold, it
	// stays over: no other session takes up what it left while this one lives.
	Over bool
}

// memory is what the records of this machine tell of one claim. What they do not
// tell may have happened: they are proof only where they hold the claim itself.
type memory struct {
	// claimed holds when a session that is recorded here sent the claim, so that
	// its record also tells what it sent after it.
	claimed bool
	// over holds when every session that knows of the claim has ended.
	over bool
	// sent are the workflows whose dispatch left, and was not refused.
	sent map[string]bool
	runs map[string]int64 // those that a dispatch was told to have started, by workflow
}

// remember reads what the records of this machine tell of a stage's claim.
func (e *Engine) remember(p Plan, st Stage, nonce string, hold bool) memory {
	m := memory{over: true, sent: map[string]bool{}, runs: map[string]int64{}}
	if e.ports.Recall == nil || nonce == "" {
		return m
	}
	sessions, err := e.ports.Recall(p, nonce, hold)
	if err != nil { // then nothing is proven
		e.note("stage %s: what was recorded of it here can not be read: %v", st.Name, err)
		return m
	}
	for _, s := range sessions {
		m.add(s, st.Name, nonce)
	}
	return m
}

// add takes in one session.
func (m *memory) add(s Session, stage, nonce string) {
	m.over = m.over && s.Over
	left := map[string]bool{}
	for _, ev := range s.Events {
		switch ev := ev.Event.(type) {
		case Sending:
			if ev.Stage != stage || ev.Nonce != nonce {
				continue
			}
			m.claimed = m.claimed || ev.Call.Kind == CallRef
			if ev.Call.Kind == CallDispatch {
				left[ev.Call.Workflow] = true
			}
		case Answered:
			if ev.Stage != stage || ev.Nonce != nonce || ev.Kind != CallDispatch {
				continue
			}
			if !ev.Why.IsZero() && !ev.Lost { // it was refused, and did nothing
				delete(left, ev.Workflow)
			}
			if ev.RunID != 0 {
				m.runs[ev.Workflow] = ev.RunID
			}
		}
	}
	for w := range left {
		m.sent[w] = true
	}
}

// unsent are the dispatches of a claimed stage that certainly never acted: the
// session that claimed it has ended, and its record here tells of none, or of one
// that was refused. From another machine that can not be told.
func (m memory) unsent(calls []Call) []Call {
	var out []Call
	for _, c := range calls {
		if m.claimed && m.over && c.Kind == CallDispatch && !m.sent[c.Workflow] {
			out = append(out, c)
		}
	}
	return out
}

// byHand is the command that starts a workflow as the stage's claim would have.
func (s Stage) byHand(workflow, nonce string) string {
	repo := s.Repo.String()
	if s.Repo.Host != "" {
		repo = s.Repo.Host + "/" + repo
	}
	line := fmt.Sprintf("gh workflow run %s --repo %s --ref %s", shellWord(workflow), shellWord(repo), shellWord(s.Branch))
	inputs := s.inputs(nonce)
	for _, name := range keysOf(inputs) {
		line += " -f " + shellWord(name+"="+inputs[name])
	}
	return text.Clean(line).String()
}
