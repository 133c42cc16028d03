package release

import (
	"slices"

	"twokey/checks/text"
)

// maxComment bounds what is shown of a reviewer's comment, in cells.
const maxComment = 200

// rejection is the answer that ended the run: somebody rejected an environment that
// it waited for. GitHub lists the answers of all attempts without saying of which,
// so that a run of which a step failed ended by that, and the last answer to an
// environment is the one that counts.
func (r *RunState) rejection() (Approval, bool) {
	if r == nil || r.Run.Status != StatusCompleted || r.Run.Conclusion != conclusionFailure {
		return Approval{}, false
	}
	for _, j := range r.Jobs {
		if slices.ContainsFunc(j.Job.Steps, func(s Step) bool { return s.Conclusion == conclusionFailure }) {
			return Approval{}, false
		}
	}
	last := map[text.Safe]Approval{}
	for _, a := range r.Approvals {
		for _, env := range a.Environments {
			last[env] = a
		}
	}
	for _, a := range slices.Backward(r.Approvals) {
		a.Environments = slices.DeleteFunc(slices.Clone(a.Environments), func(env text.Safe) bool { return last[env].State != stateRejected })
		if a.State == stateRejected && len(a.Environments) > 0 {
			return a, true
		}
	}
	return Approval{}, false
}

// Rejected tells whether somebody ended the run by rejecting what it waited for.
func (r *RunState) Rejected() bool {
	_, ok := r.rejection()
	return ok
}

// Answer is the last answer to an environment of the run's attempt. GitHub does not
// say which attempt an answer is of: those that were seen before the attempt are not,
// and neither is a rejection that did not end it.
func (r *RunState) Answer() (Approval, bool) {
	for _, a := range slices.Backward(r.Approvals[min(r.Earlier, len(r.Approvals)):]) {
		if a.State != stateRejected || r.Run.Attempt <= 1 || r.Rejected() {
			return a, true
		}
	}
	return Approval{}, false
}

// rejection is the first run of the stage that somebody ended, and the answer.
func (st StageState) rejection() (Run, Approval, bool) {
	for i := range st.Runs {
		if a, ok := st.Runs[i].rejection(); ok {
			return st.Runs[i].Run, a, true
		}
	}
	return Run{}, Approval{}, false
}

// who is the person who answered.
func (a Approval) who() text.Safe {
	if a.By.IsZero() {
		return text.Clean("whoever rejected it")
	}
	return a.By
}

// words are who answered what, and why.
func (a Approval) words() text.Safe {
	by := a.By
	if by.IsZero() {
		by = text.Clean("somebody")
	}
	out := text.Cleanf("%s %s %s", by, a.State, text.Join(a.Environments, ", "))
	if a.Comment.IsZero() {
		return out
	}
	return text.Cleanf("%s: %q", out, a.Comment.Clip(maxComment).String())
}
