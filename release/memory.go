package release

import (
	"fmt"
	"time"

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
	// over holds when every session has ended that sent anything for the claim.
	over bool
	// sent are the workflows whose dispatch left, and was not refused.
	sent map[string]bool
	runs map[string]int64 // those that a dispatch was told to have started, by workflow
	// asked is what people asked for beside the claim, in its order.
	asked []asked
}

// asked is a call that a person asked for, of one run.
type asked struct {
	call    Call
	at      time.Time // when it left
	attempt int       // of the run, as far as it was seen by then
	// answered holds when it was answered; refused when that was a refusal, so that it
	// did nothing.
	answered, refused bool
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
	m.addAsked(s, stage)
	left := map[string]bool{}
	acted := false
	for _, ev := range s.Events {
		switch ev := ev.Event.(type) {
		case Sending:
			if ev.Stage != stage || ev.Nonce != nonce {
				continue
			}
			acted = true
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
	// Who only knows of the claim, and goes on with it, holds the record of whoever
	// made it, which then is not over.
	m.over = m.over && (s.Over || !acted)
}

// addAsked takes in what people asked for in one session.
func (m *memory) addAsked(s Session, stage string) {
	attempts := map[int64]int{}
	first := len(m.asked)
	for _, stamped := range s.Events {
		switch ev := stamped.Event.(type) {
		case RunFound:
			attempts[ev.Run.ID] = ev.Run.Attempt
		case RunChanged:
			attempts[ev.Run.ID] = ev.Run.Attempt
		case Sending:
			if ev.Stage == stage && (ev.Call.Kind == CallRerunFailed || ev.Call.Kind == CallReview) {
				m.asked = append(m.asked, asked{call: ev.Call, at: stamped.Time, attempt: attempts[ev.Call.RunID]})
			}
		case Answered:
			for i := first; i < len(m.asked); i++ {
				a := &m.asked[i]
				if ev.Stage == stage && a.call.Kind == ev.Kind && a.call.RunID == ev.RunID && !a.answered {
					a.answered, a.refused = !ev.Lost, !ev.Lost && !ev.Why.IsZero()
				}
			}
		}
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

// takeUp goes on from what people asked for in earlier sessions on this machine. Of an
// answer that was never seen the run itself tells: a re-run by its new attempt, which
// GitHub takes a moment to show, and the answer to a gate by the gate.
func (w *watch) takeUp() {
	for _, st := range w.plan.Stages {
		c, claimed := w.e.claims[st.Name]
		if !claimed {
			continue
		}
		for _, a := range w.e.remember(w.plan, st, c.Nonce, false).asked {
			if a.refused {
				continue
			}
			if a.call.Kind == CallRerunFailed {
				w.e.takeUpRerun(a)
			}
			if !a.answered {
				w.e.note("stage %s: whether GitHub was told to %s at %s is not known; the run itself tells",
					st.Name, a.call.What(), a.at.UTC().Format("2006-01-02 15:04 UTC"))
			}
		}
	}
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
