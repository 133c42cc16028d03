package ui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// A stage says what it waits for: what is not done, and never what is.
func TestWhatAStageWaitsFor(t *testing.T) {
	for _, tt := range []struct {
		one, two release.StageStatus
		want     string
	}{
		{release.StageRunning, release.StageWaiting, "waiting for package, deb"},
		{release.StageDoneOK, release.StageRunning, "waiting for deb"},
		{release.StageDoneOK, release.StageDoneOK, "waiting (needs package, deb ✓)"},
		{release.StageDoneOK, release.StageFailed, "waiting for deb, which failed"},
	} {
		m := replay(t, recordtest.Before(recordtest.Clean(), 29), onRelease)
		m.Update(tea.WindowSizeMsg{Width: 160, Height: 40})
		m.state.Stages[0].Status, m.state.Stages[1].Status = tt.one, tt.two
		m.state.Stages[2].Stage.Needs = []string{"package", "deb"}
		if view := m.View(); !strings.Contains(view, tt.want) {
			t.Errorf("no %q:\n%s", tt.want, view)
		}
	}
}

// What was skipped was not done.
func TestSkippedJobsAreCountedApart(t *testing.T) {
	job := func(id int64, status, conclusion string) release.JobState {
		return release.JobState{Job: release.Job{ID: id, Status: status, Conclusion: conclusion}}
	}
	for _, tt := range []struct {
		jobs []release.JobState
		want string
	}{
		{nil, "no jobs yet"},
		{[]release.JobState{job(1, "queued", "")}, "0 of 1 job"},
		{[]release.JobState{job(1, release.StatusCompleted, "success"), job(2, "in_progress", "")}, "1 of 2 jobs"},
		{[]release.JobState{job(1, release.StatusCompleted, "success"), job(2, release.StatusCompleted, "skipped"), job(3, "queued", "")},
			"1 of 2 jobs · 1 skipped"},
		{[]release.JobState{job(1, release.StatusCompleted, "success"), job(2, release.StatusCompleted, "skipped")}, "1 of 1 job · 1 skipped"},
		{[]release.JobState{job(1, release.StatusCompleted, "skipped")}, "0 of 0 jobs · 1 skipped"},
		{[]release.JobState{job(1, release.StatusCompleted, "failure"), job(2, release.StatusCompleted, "cancelled")}, "2 of 2 jobs"},
	} {
		s := &scene{state: &release.State{Stages: []release.StageState{{Status: release.StageDoneOK, Runs: []release.RunState{{Jobs: tt.jobs}}}}}}
		if got := s.jobs(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// While more jobs may come the number of those that are there is no goal.
func TestJobsAreCountedSoFar(t *testing.T) {
	stage := func(status release.StageStatus) release.StageState {
		return release.StageState{Status: status, Runs: []release.RunState{{Jobs: []release.JobState{{}}}}}
	}
	for _, tt := range []struct {
		one, two release.StageStatus
		over     bool
		want     string
	}{
		{release.StageRunning, release.StageWaiting, false, "0 of 2 jobs so far"},
		{release.StageDoneOK, release.StageWaiting, false, "0 of 2 jobs so far"},
		{release.StageDoneOK, release.StageStarted, false, "0 of 2 jobs so far"},
		{release.StageDoneOK, release.StageRunning, false, "0 of 2 jobs so far"},
		{release.StageDoneOK, release.StageVerifying, false, "0 of 2 jobs"},
		{release.StageFailed, release.StageDoneOK, false, "0 of 2 jobs"},
		{release.StageFailed, release.StageWaiting, true, "0 of 2 jobs"},
	} {
		s := &scene{state: &release.State{Stages: []release.StageState{stage(tt.one), stage(tt.two)}}}
		if tt.over {
			s.state.Finished = &release.Finished{}
		}
		if got := s.jobs(); got != tt.want {
			t.Errorf("%s, %s: %q, want %q", tt.one, tt.two, got, tt.want)
		}
	}
}

// Where there is no room for all of it, what to do next is read first, and the rest
// by scrolling: the record's path, too.
func TestTheSummaryScrollsToItsEnd(t *testing.T) {
	m := replay(t, recordtest.Failed(), onRelease)
	m.summary.record = strings.Repeat("/a-long-directory", 12) + "/release.jsonl"
	m.state.Finished.Hint = text.Clean(strings.Repeat("read the log again, ", 12))
	m.Update(tea.WindowSizeMsg{Width: minWidth, Height: 20})
	if view := m.View(); strings.Index(view, "Next  ") > strings.Index(view, "package  done") && strings.Contains(view, "package  done") {
		t.Errorf("the next step is below what is published:\n%s", view)
	}
	all := ""
	for range 60 {
		all += m.View()
		pressOn(m, "down")
	}
	for _, want := range []string{"jsonl", "docker", "Next  "} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is never seen", want)
		}
	}
}

// A step that is called by an action at a commit tells what it does before that.
func TestStepsShortenCommits(t *testing.T) {
	sha := strings.Repeat("0c05935", 6)[:40]
	for name, want := range map[string]string{
		"Run actions/checkout@" + sha: "Run actions/checkout@0c05935",
		"Build @" + sha + "0":         "Build @" + sha + "0", // no commit's name
		"Run actions/checkout@v4":     "Run actions/checkout@v4",
	} {
		if got := stepName(release.Step{Name: text.Clean(name)}); got != want {
			t.Errorf("%q is called %q, want %q", name, got, want)
		}
	}
}

// Names are what tells rows from each other: at forty columns, too, those of the
// usual length are whole, beside a word and a time.
func TestNamesAtFortyColumns(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
	m.Update(tea.WindowSizeMsg{Width: minWidth, Height: 20})
	holds(t, m.View(), []string{"Build distribution done", "publish-pypi.yml    waiting", "environment pypi   waiting"}, nil)
}

// What was remarked on the way says nothing of a release that is over.
func TestNoRemarkStaysAfterTheEnd(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
	emit(m, release.Noted{Text: text.Clean("nothing runs now; waiting 2m0s for somebody to start deb")})
	holds(t, m.View(), []string{"nothing runs now"}, nil)
	emit(m, release.Finished{Outcome: release.Left, Version: "2.11.6"})
	holds(t, m.View(), nil, []string{"nothing runs now"})
}

// A remark is about its moment: it is whole, and gives way to the budget later.
func TestARemarkGoesByItself(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
	emit(m, release.Noted{Text: text.Clean("437 of 5000 requests are left until 09:14 UTC: looking less often, so that others with the token have some")})
	holds(t, m.View(), []string{"437 of 5000", "have some"}, nil)
	m.Update(tickMsg(m.now.Add(noteTime)))
	holds(t, m.View(), []string{"41 requests"}, []string{"437 of 5000"})
}

// What was running when the watch ended is not known to run any longer.
func TestTimeStandsStillAfterTheEnd(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
	emit(m, release.Finished{Outcome: release.Left, Version: "2.11.6"})
	before := m.View()
	if m.Update(tickMsg(m.now.Add(time.Hour))); m.View() != before {
		t.Errorf("an hour later it is drawn differently:\n%s", m.View())
	}
}

// Where there is no room for both, the commit comes before the scenario.
func TestTheHeaderKeepsTheCommit(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
	m.state.Opened.Scenario = text.Clean("expired-token")
	m.state.Opened.Repo = release.Repo{Owner: "harbour", Name: "harbour-base"}
	holds(t, m.View(), []string{"@ 4f2c9ab", "REHEARSAL · as mara"}, []string{"expired"})
	m.width = 120
	holds(t, m.View(), []string{"@ 4f2c9ab", "REHEARSAL expired-token · as mara"}, nil)
}

// GitHub counts whole seconds: a run that began with its stage seems to have begun
// before it, and must not be shown to take longer.
func TestARunIsWithinItsStage(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(1_800_000_000_000 + int64(ms)) }
	st := &release.StageState{Began: at(700), Ended: at(32_100)}
	for _, tt := range []struct{ began, ended, wantBegan, wantEnded time.Time }{
		{at(0), at(33_000), at(700), at(32_100)},
		{at(1000), at(31_000), at(1000), at(31_000)},
		{at(-60_000), at(60_000), at(-60_000), at(60_000)}, // really outside
		{time.Time{}, time.Time{}, time.Time{}, time.Time{}},
	} {
		if r := (row{began: tt.began, ended: tt.ended}).within(st); !r.began.Equal(tt.wantBegan) || !r.ended.Equal(tt.wantEnded) {
			t.Errorf("%v to %v", r.began, r.ended)
		}
	}
}
