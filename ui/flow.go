package ui

import (
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
)

// survey reads what there is to release.
func (m *model) survey() tea.Cmd {
	m.busy = true
	m.plan.reading = m.opts.Repo.String() + ": its lines, tags, runs and plan"
	return m.work.survey(m.opts.Repo)
}

// surveyed shows the choice, or makes the plan that was asked for by a flag.
func (m *model) surveyed(msg surveyedMsg) tea.Cmd {
	m.busy = false
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.plan.surveyed(msg.survey, m.opts.Want)
	if w := m.opts.Want; w.Version != "" || w.Bump != "" {
		return m.makePlan(w)
	}
	return nil
}

// makePlan has the engine make a plan.
func (m *model) makePlan(w release.Want) tea.Cmd {
	m.busy, m.confirm.resume = true, false
	m.plan.reading, m.plan.problem = "what "+m.opts.Repo.String()+" needs for this release", nil
	return m.work.plan(*m.plan.survey, w)
}

// resume finds the release that was begun, to go on with it.
func (m *model) resume(v string) tea.Cmd {
	m.busy, m.confirm.resume = true, true
	m.plan.reading, m.plan.problem = "what was begun of "+safe(v), nil
	return m.work.inFlight(m.opts.Repo, v)
}

// join finds the release in flight, to watch it.
func (m *model) join(v string) tea.Cmd {
	m.busy, m.confirm.resume = true, false
	m.plan.reading, m.plan.problem = "what goes on of "+safe(v), nil
	return m.work.inFlight(m.opts.Repo, v)
}

// planned shows the plan that was made. One that flags asked for is checked at
// once; one that they made impossible ends the console, for nobody chose here.
func (m *model) planned(msg plannedMsg) tea.Cmd {
	m.busy, m.plan.reading = false, ""
	asked := m.opts.Want.Version != "" || m.opts.Want.Bump != ""
	switch {
	case msg.err != nil && asked:
		return m.fail(msg.err)
	case msg.err != nil:
		m.plan.problem = msg.err
		return nil
	}
	m.prepared = &msg.plan
	m.forget()
	if asked {
		return m.check()
	}
	m.shown, m.planAt = true, scroller{}
	return nil
}

// check has the plan judged.
func (m *model) check() tea.Cmd {
	m.screen, m.busy, m.shown = onPreflight, true, false
	m.preflight.selected, m.preflight.expanded = "", false
	return m.work.check(*m.prepared, m.given)
}

// settle puts the cursor on the worst finding once there is a verdict.
func (s *preflightScreen) settle() {
	if !s.expanded {
		s.selected = ""
	}
}

// release turns the maintainer's key. It is called once for each confirmation.
func (m *model) release(resume bool) tea.Cmd {
	m.screen, m.watching, m.released, m.err = onRelease, true, true, nil
	return m.work.release(*m.prepared, resume)
}

// rejoined watches a release that exists already, or asks whether to go on with
// it.
func (m *model) rejoined(msg inFlightMsg) tea.Cmd {
	m.busy, m.plan.reading = false, ""
	switch {
	case msg.err != nil && m.screen == onPlan:
		m.plan.problem = msg.err
		return nil
	case msg.err != nil:
		return m.fail(msg.err)
	}
	m.prepared = &msg.plan
	if m.confirm.resume {
		return m.check()
	}
	m.screen, m.watching, m.attached = onRelease, true, true
	return m.work.attach(msg.plan, m.given)
}

// canWatch holds when the watch ended though the release may go on.
func (m *model) canWatch() bool {
	return m.over() && m.prepared != nil && release.KindOf(m.err) == release.KindLeft
}

// watchAgain takes the watch up again. A release that another maintainer was faster
// with is only watched from here.
func (m *model) watchAgain() tea.Cmd {
	if errors.Is(m.err, release.ErrExists) {
		m.released, m.attached = false, true
	}
	m.watching, m.err, m.summary.err, m.stale = true, nil, nil, m.state.Finished
	if m.released {
		return m.work.release(*m.prepared, true)
	}
	return m.work.attach(*m.prepared, m.given)
}

// rerun has failed jobs run again. The run is not offered again until GitHub shows
// the new attempt, or the watch ends without one.
func (m *model) rerun(stage string, run release.Run) tea.Cmd {
	m.busy = true
	m.reruns[run.ID] = run.Attempt
	return m.work.rerun(stage, run.ID)
}

// rerunning holds while a run was sent to run again and is not seen to.
func (m *model) rerunning(r about) bool {
	attempt, sent := m.reruns[r.run.Run.ID]
	return sent && r.run.Run.Attempt <= attempt
}

// reran watches again if the watch had ended by then.
func (m *model) reran(msg reranMsg) tea.Cmd {
	m.busy = false
	switch {
	case msg.err != nil:
		delete(m.reruns, msg.run)
		m.notice = failed(msg.err)
		return nil
	case m.watching:
		m.notice = "The failed jobs run again."
		return nil
	}
	return m.watchAgain()
}

// open opens a page, or shows its address where no browser is to be had.
func (m *model) open(url string) tea.Cmd {
	switch {
	case url == "":
		m.notice = "There is no page for this."
		return nil
	case m.opts.OpenURL == nil:
		m.notice = safe(url)
		return nil
	}
	m.notice = "Opening " + safe(url)
	return m.work.open(url)
}

// leave ends the console, after a question while this session's release goes on.
// A second ctrl+c is an answer.
func (m *model) leave() tea.Cmd {
	switch {
	case !m.released || m.over():
		return tea.Quit
	case m.dialog != nil && m.dialog.leaving:
		return tea.Quit
	}
	return m.askLeave()
}
