package ui

import (
	"strings"
	"testing"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

const (
	saysExtra = "m4/build-to-host.m4 in ckan-2.11.6.tar.gz"
	pypiPage  = "https://pypi.org/project/ckan/2.11.6/"
)

// A stage that failed by a finding shows it and the next step, unasked, where a failed
// job shows its log; what passed is not in the way.
func TestAFindingStandsWhereALogWould(t *testing.T) {
	m := sized(t, recordtest.Tainted(), 224.5, 100, 40)
	holds(t, m.View(), []string{"┌─ ✗ block  art.extras", "F2 traceability", "Nothing new that is not in git", saysExtra, "Why", "Next yank it: https://pypi.org/manage"}, nil)
	m.tree.cursor = "finding package art.trace"
	holds(t, m.View(), []string{"┌─ ✗ block  art.extras"}, []string{"┌─ ✓ pass"})
	failed := sized(t, recordtest.Failed(), 395, 100, 40)
	holds(t, failed.View(), []string{"┌─ ✗ failed"}, []string{"┌─ ✗ block"})
	// A job that may fail, in a run that did not, is not why.
	m.tree.cursor = ""
	job := &m.state.Stages[0].Runs[0].Jobs[0]
	job.Job.Conclusion, job.Log = "failure", &release.LogChunk{Lines: []text.Safe{text.Clean("never mind")}, First: 1, Total: 1}
	holds(t, m.View(), []string{"┌─ ✗ block  art.extras"}, []string{"never mind"})
	m.tree.cursor = "job 901"
	holds(t, m.View(), []string{"never mind"}, []string{"┌─ ✗ block  art.extras"})
}

// Before a stage has failed nothing is said to be its cause.
func TestAFindingIsNoCauseBeforeTheEnd(t *testing.T) {
	m := sized(t, recordtest.Tainted(), 223.95, 100, 40)
	holds(t, m.View(), []string{"✗ art.extras"}, []string{"┌─"})
	if f, _ := m.cause(); f != nil {
		t.Errorf("the cause is %s", f.ID)
	}
	// A stage whose job failed did not fail by what was found before.
	emit(m, release.StageDone{Stage: "package", Outcome: release.Failed, Why: text.Clean("job Publish on PyPI failed")})
	if f, _ := m.cause(); f != nil {
		t.Errorf("the cause is %s", f.ID)
	}
}

func TestOpeningWhatWasFound(t *testing.T) {
	for _, tt := range []struct {
		name, cursor string
		keys         []string
		open         string // the row whose details are shown; empty for none
		has, lack    []string
	}{
		{"what is selected by itself", "", []string{"enter"}, "finding package art.extras", []string{"Why  What ran the backdoor", "Next yank it"}, []string{"publish-pypi.yml"}},
		{"with d", "", []string{"d"}, "finding package art.extras", []string{saysExtra}, nil},
		{"with right", "", []string{"right"}, "finding package art.extras", []string{saysExtra}, nil},
		{"the cause from elsewhere", "run 9001", []string{"d"}, "finding package art.extras", []string{saysExtra}, nil},
		{"not with enter from elsewhere", "run 9001", []string{"enter"}, "", nil, nil},
		{"what passed", "finding package art.trace", []string{"enter"}, "finding package art.trace",
			[]string{"✓ pass  art.trace", "every file traced to the commit"}, []string{saysExtra}},
		{"a file", "file package pypi ckan 2.11.6 ckan-2.11.6.tar.gz", []string{"enter"}, "file package pypi ckan 2.11.6 ckan-2.11.6.tar.gz",
			[]string{"9.2 MB", "sha256:9b1c40f2d7a83e6655b0c19f24aa7d380e61f5c2b3947d1a08e6f29b5c7d8e13", "2,214", "coverage"}, nil},
		{"and closing it", "", []string{"enter", "esc"}, "", []string{"publish-pypi.yml"}, nil},
		{"and closing it with q", "", []string{"d", "q"}, "", []string{"publish-pypi.yml"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := sized(t, recordtest.Tainted(), 224.5, 100, 40)
			m.tree.cursor = tt.cursor
			for _, k := range tt.keys {
				m.View()
				if cmd := pressOn(m, k); cmd != nil {
					t.Fatalf("%s asks for something", k)
				}
			}
			if m.proof.id != tt.open {
				t.Errorf("open is %q, want %q", m.proof.id, tt.open)
			}
			holds(t, m.View(), tt.has, tt.lack)
		})
	}
}

func TestThePageOfWhatWasFound(t *testing.T) {
	for _, tt := range []struct{ cursor, want string }{
		{"finding package art.extras", pypiPage},
		{"finding package art.trace", noPage},
		{"file package pypi ckan 2.11.6 ckan-2.11.6.tar.gz", pypiPage},
		{"artifact package github-release ckan-2.11.6", "https://github.com/ckan/ckan/releases/tag/ckan-2.11.6"},
	} {
		m := sized(t, recordtest.Tainted(), 224.5, 100, 40)
		m.tree.cursor = tt.cursor
		if pressOn(m, "o"); m.notice != tt.want {
			t.Errorf("%s: %q, want %q", tt.cursor, m.notice, tt.want)
		}
		pressOn(m, "enter")
		m.View()
		if pressOn(m, "o"); tt.want != noPage && m.notice != tt.want || tt.want == noPage && m.notice != "" {
			t.Errorf("%s, open: %q, want %q", tt.cursor, m.notice, tt.want)
		}
	}
}

// Of several pages the worst evidence's is opened, and none where there is none.
func TestTheWorstEvidenceIsLinked(t *testing.T) {
	e := func(o checks.Outcome, url string) checks.Evidence {
		return checks.Evidence{Outcome: o, URL: text.Clean(url)}
	}
	for _, tt := range []struct {
		seen []checks.Evidence
		want string
	}{
		{nil, ""},
		{[]checks.Evidence{e(checks.Fail, ""), e(checks.Pass, "https://a")}, "https://a"},
		{[]checks.Evidence{e(checks.Pass, "https://a"), e(checks.Warn, "https://b"), e(checks.Fail, "https://c"), e(checks.Fail, "https://d")}, "https://c"},
		{[]checks.Evidence{e(checks.NotApplicable, "https://a"), e(checks.Unknown, "https://b")}, "https://b"},
	} {
		if got := findingLink(checks.Finding{Evidence: tt.seen}); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.seen, got, tt.want)
		}
	}
}

// What is open is drawn from the state as it stands: a new judgement shows, and what a
// new plan took away is said to be gone.
func TestWhatIsOpenFollowsTheState(t *testing.T) {
	m := sized(t, recordtest.Tainted(), 224.5, 100, 40)
	pressOn(m, "enter")
	f := m.state.Stages[0].Findings[2]
	f.Outcome, f.Summary, f.Evidence, f.Remedy = checks.Pass, text.Clean("acknowledged by hand"), nil, ""
	emit(m, release.ArtifactsChecked{Stage: "package", Finding: f})
	holds(t, m.View(), []string{"✓ pass  art.extras", "acknowledged by hand"}, []string{saysExtra, "Next"})
	if f, _ := m.cause(); f != nil {
		t.Errorf("%s passes, and is said to be the cause", f.ID)
	}
	emit(m, release.PlanReady{Plan: m.state.Plan})
	holds(t, m.View(), []string{"This is gone"}, []string{"art.extras"})
	m.View()
	pressOn(m, "esc")
	if m.proof.open() {
		t.Error("it can not be closed")
	}
}

// On low terminals the next step comes before why, and what is left out is counted.
func TestAFindingWithoutRoom(t *testing.T) {
	m := sized(t, recordtest.Tainted(), 224.5, 80, 24)
	r, ok := m.telling(row{})
	if !ok {
		t.Fatal("there is no cause")
	}
	for height := 3; height < 20; height++ {
		lines := m.findingPane(r, 78, height, "d")
		if len(lines) > height {
			t.Fatalf("%d lines of %d", len(lines), height)
		}
		view := strings.Join(lines, "\n")
		switch whole := strings.Contains(view, "backdoor"); {
		case !whole && !strings.Contains(view, "d shows them"):
			t.Errorf("in %d lines nothing says that there is more:\n%s", height, view)
		case height >= 5 && !strings.Contains(view, "Next yank it"):
			t.Errorf("in %d lines there is no next step:\n%s", height, view)
		}
	}
}

// Names of files, what an archive is refused for, what a check says and what the plan
// calls its artifacts: none of it reaches the terminal raw or wider than it is.
func TestHostileTextsInWhatWasPublished(t *testing.T) {
	const evil = "x\x1b]0;owned\x07\x1b[2J\u202ey\nz"
	hostile := text.Clean(strings.Repeat(evil, 40))
	m := sized(t, recordtest.Tainted(), 221.3, 80, 24)
	st := &m.state.Stages[0]
	a := st.Artifacts[0].Artifact
	st.Artifacts[0].Artifact.Name = strings.Repeat(evil, 40)
	f := checks.Finding{ID: evil, Title: evil, Why: evil, Remedy: evil, Severity: checks.SeverityBlock, Outcome: checks.Fail, Summary: hostile,
		Evidence: []checks.Evidence{{What: hostile, Saw: hostile, Outcome: checks.Fail, URL: hostile, Remedy: evil}}}
	a.Name = st.Artifacts[0].Artifact.Name
	emit(m, release.ArtifactReading{Stage: "package", Artifact: a, File: hostile, Received: 1, Size: 2})
	looks(t, m)
	emit(m, release.ArtifactTraced{Stage: "package", Artifact: a, Why: hostile, Files: []release.FileTrace{
		{Name: hostile, Why: hostile, Digest: evil}, {Name: hostile, Words: hostile, Form: checks.Form(evil), Digest: evil}}})
	looks(t, m)
	m.state.Stages[0].Artifacts[0].Trace.Why = text.Safe{}
	emit(m, release.ArtifactsChecked{Stage: "package", Finding: f},
		release.StageDone{Stage: "package", Outcome: release.Failed, Why: text.Clean(evil + ": " + hostile.String())})
	looks(t, m)
	for _, r := range m.proofRows(&m.state.Stages[0]) {
		m.proof.show(r.id)
		looks(t, m)
	}
	m.proof.show("")
	emit(m, release.Finished{Outcome: release.Failed, Why: hostile, Hint: hostile})
	m.watching = false
	looks(t, m)
}

// looks draws a console in several sizes and looks at what comes.
func looks(t *testing.T, m *model) {
	t.Helper()
	for _, size := range [][2]int{{40, 10}, {60, 20}, {80, 24}, {140, 45}} {
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		view := m.View()
		checkFits(t, view, size[0], size[1])
		for _, r := range view {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("%U in the frame:\n%q", r, view)
			}
		}
	}
}

// One file that is in several artifacts is shown once, with where it is; of so many that not
// all could be named the details show each.
func TestDetailsOfAFileInSeveralArtifacts(t *testing.T) {
	m := summary(t, recordtest.Tainted(), 120, 50)
	of := func(artifacts ...string) checks.Finding {
		f := checks.Finding{ID: "art.extras", Severity: checks.SeverityBlock, Outcome: checks.Fail, Title: "new", Why: "x"}
		for _, a := range artifacts {
			f.Evidence = append(f.Evidence, checks.Evidence{What: text.Clean("x.m4 in a.whl"), Saw: text.Clean("new; blob 1"), How: text.Clean("new"), Outcome: checks.Fail,
				File: text.Clean("a.whl"), Artifact: text.Clean(a), Place: &checks.Place{Path: text.Clean("x.m4")}})
		}
		return f
	}
	lines := strings.Join(m.proof.findingLines(of("pypi", "release"), 100, 0, ""), "\n")
	if strings.Count(lines, "new; blob 1") != 1 || !strings.Contains(lines, "a.whl (pypi), a.whl (release)") {
		t.Errorf("of two:\n%s", lines)
	}
	lines = strings.Join(m.proof.findingLines(of("a", "b", "c", "d", "e", "f"), 100, 0, ""), "\n")
	if strings.Count(lines, "new; blob 1") != 6 {
		t.Errorf("of six:\n%s", lines)
	}
}
