package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

func TestTracesInAFewWords(t *testing.T) {
	file := func(coverage float64, counts map[checks.FileVerdict]int) release.FileTrace {
		return release.FileTrace{Words: text.Clean("traced"), Coverage: coverage, Counts: counts}
	}
	is := func(same, generated, extra int) map[checks.FileVerdict]int {
		return map[checks.FileVerdict]int{checks.FileSame: same, checks.FileGenerated: generated, checks.FileExtra: extra}
	}
	for _, tt := range []struct {
		files []release.FileTrace
		want  string
	}{
		{[]release.FileTrace{file(1, is(2214, 8, 0))}, "2,214 same, 8 generated"},
		{[]release.FileTrace{file(1, is(2214, 8, 0)), file(1, is(1987, 5, 0))}, "2 files: 4,201 same, 13 generated"},
		{[]release.FileTrace{file(0.12, is(2214, 9, 0))}, "2,214 same, 9 generated, coverage 12%"},
		{[]release.FileTrace{file(0.5, is(1, 0, 0)), file(0.031, is(1, 0, 0))}, "2 files: 2 same, coverage 3.1%"},
		{[]release.FileTrace{file(0.9, is(19, 6, 1))}, "1 extra, 19 same, 6 generated"}, // it is said what was not found
		{[]release.FileTrace{file(0.995, is(19, 6, 0))}, "19 same, 6 generated"},
		{[]release.FileTrace{file(0, nil)}, "coverage 0%"},
	} {
		if got := counted(tt.files); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestShares(t *testing.T) {
	for _, tt := range []struct {
		part float64
		want string
	}{{1, "100%"}, {2, "100%"}, {0.99999, "99.9%"}, {0.9871, "98.7%"}, {0.12, "12%"}, {0.031, "3.1%"}, {0, "0%"}, {-1, "0%"}} {
		if got := share(tt.part); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.part, got, tt.want)
		}
	}
}

// summary is the end of a record in a size.
func summary(t *testing.T, rec []release.Stamped, width, height int, events ...release.Event) *model {
	t.Helper()
	at := slices.IndexFunc(rec, func(e release.Stamped) bool { _, over := e.Event.(release.Finished); return over })
	m := replay(t, rec[:at], onRelease)
	emit(m, events...)
	emit(m, rec[at].Event)
	m.watching = false
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m
}

func TestTheSummaryTellsOfEachArtifact(t *testing.T) {
	m := summary(t, recordtest.Clean(), 120, 50)
	holds(t, m.View(), []string{"✓ traced        2 files: 4,201 same, 13 generated", "✓ traced        2,214 same, 8 generated, coverage 3%"},
		[]string{"art.", "not traced", "block", "d details"})
	if n := count(m.View(), "✓ traced"); n != 4 { // and none of a release on GitHub without files
		t.Errorf("%d artifacts are traced:\n%s", n, m.View())
	}
}

// What a release is failed for is in the summary: the file, the finding, why and what to
// do, and d opens it. Its words stand there once.
func TestTheSummaryOfATaintedRelease(t *testing.T) {
	m := summary(t, recordtest.Tainted(), 120, 50)
	view := m.View()
	holds(t, view, []string{"✗ FAILED", "✗ block         art.extras", "! traced        ckan-2.11.6.tar.gz: 1 extra, 2,214 same, 8 generated",
		"✗ unproven      pypi ckan 2.11.6", "✓ published     github-release", "Next  - pypi ckan 2.11.6: yank it", "=REASON'`", "✓ traced        ckan-2.11.6-py3-none-any.whl: 1,987 same, 5 generated", "Why   stage package: art.extras", "d details"},
		[]string{"✓ traced        ckan-2.11.6.tar.gz", "✓ published     pypi", "✓ DONE"})
	if n := count(view, "yank it"); n != 1 {
		t.Errorf("the next step stands there %d times:\n%s", n, view)
	}
	pressOn(m, "d")
	holds(t, m.View(), []string{"┌─ ✗ block  art.extras", "Next yank it"}, []string{"FAILED"})
	m.View()
	pressOn(m, "esc")
	holds(t, m.View(), []string{"✗ FAILED"}, nil)
}

// A finding that did not stop the release has its next step, and what nobody could read
// is no pass.
func TestTheSummaryOfWhatDidNotPass(t *testing.T) {
	pypi := recordtest.Fold(recordtest.Clean()).Stages[0].Artifacts[0].Artifact
	warn := checks.Finding{ID: "att.signer", Severity: checks.SeverityWarn, Outcome: checks.Warn, Remedy: "have the workflow attest it",
		Summary: text.Clean("ckan-2.11.6.tar.gz: nobody signed it")}
	m := summary(t, recordtest.Clean(), 120, 50, release.ArtifactsChecked{Stage: "package", Finding: warn},
		release.ArtifactTraced{Stage: "package", Artifact: pypi, Why: text.Clean("the index answered 503")})
	holds(t, m.View(), []string{"! warn          att.signer  ckan-2.11.6.tar.gz: nobody signed it", "Next  have the workflow attest it",
		"? not read      the index answered 503"}, []string{"✓ not read", "┌─"})
	m = summary(t, recordtest.Clean(), 120, 50, release.ArtifactTraced{Stage: "package", Artifact: pypi, Files: []release.FileTrace{
		{Name: text.Clean("a.tar.gz"), Form: checks.FormSdist, Why: text.Clean("leads out of it")},
		{Name: text.Clean("sums.txt"), Form: checks.FormOther, Why: text.Clean("is no archive")}}})
	holds(t, m.View(), []string{"? not traced    a.tar.gz: leads out of it", "– not traced    sums.txt: is no archive"}, []string{"2 files"})
}

// What the end adds to the finding's next step does not have it said twice.
func TestTheNextStepStandsOnce(t *testing.T) {
	rec := recordtest.Tainted()
	end := rec[len(rec)-1].Event.(release.Finished)
	end.Hint = text.Clean(end.Hint.String() + "; see all of it again with `twokey verify 2.11.6`")
	m := replay(t, rec[:len(rec)-1], onRelease)
	emit(m, end)
	m.watching = false
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 50})
	if n := count(m.View(), "yank it"); n != 1 {
		t.Errorf("the next step stands there %d times:\n%s", n, m.View())
	}
}

// A release that is over took as long as what was begun of it, however much later
// somebody looks.
func TestHowLongAReleaseTookThatStopped(t *testing.T) {
	m := summary(t, recordtest.Tainted(), 120, 50)
	m.state.Time, m.now = m.state.Time.Add(time.Hour), m.now.Add(time.Hour)
	holds(t, m.View(), []string{"3:14"}, []string{"1:03:1"})
	m.state.Stages[1].Began = m.state.Stages[0].Ended // and nobody saw it end
	holds(t, m.View(), []string{"1:03:14"}, nil)
}

// What stays behind on the terminal tells of the file as well, with nothing cut.
func TestTheLastLinesOfATaintedRelease(t *testing.T) {
	m := summary(t, recordtest.Tainted(), 80, 24)
	m.released = true
	lines := strings.Join(m.lastLines(&release.Error{Op: "release"}), "\n")
	holds(t, lines, []string{"✗ block         art.extras", "blob 3fd127466555e0d9bc057b1722e183765cf5c96c", "1 extra"}, []string{"…"})
}
