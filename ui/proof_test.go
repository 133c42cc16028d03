package ui

import (
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

func TestHowMuchIsReceived(t *testing.T) {
	for _, tt := range []struct {
		received, size int64
		want           string
	}{
		{0, 9_204_117, "0.0 of 9.2 MB"},
		{4_117_000, 9_204_117, "4.1 of 9.2 MB"},
		{9_204_117, 9_204_117, "9.2 of 9.2 MB"},
		{512, 40_000, "0.5 of 40.0 kB"},
		{12, 141, "12 of 141 B"},
		{0, 0, "0 of 0 B"},
		{4_117_000, -1, "4.1 MB"}, // nobody tells how much is to come
		{0, -1, "0 B"},
		{9_300_000, 9_204_117, "9.3 MB"}, // more than was told
		{-5, -1, "0 B"},
		{402_117_004, 1_402_117_004, "402.1 of 1402.1 MB"},
	} {
		got := received(release.ArtifactReading{Received: tt.received, Size: tt.size})
		if got != tt.want || strings.Contains(got, "%") {
			t.Errorf("%d of %d is %q, want %q", tt.received, tt.size, got, tt.want)
		}
	}
}

// The rate is told where there is room for it beside the file's name.
func TestReadingInItsRoom(t *testing.T) {
	r := release.ArtifactReading{File: text.Clean("ckan-2.11.6-py3-none-any.whl"), Received: 4_117_000, Size: 9_204_117, Rate: 1_250_000}
	for width, want := range map[int]string{
		70: "reading ckan-2.11.6-py3-none-any.whl  4.1 of 9.2 MB  1.2 MB/s",
		50: "reading ckan-…one-any.whl  4.1 of 9.2 MB  1.2 MB/s",
		40: "reading ckan-…one-any.whl  4.1 of 9.2 MB",
		20: "reading 4.1 of 9.2 MB",
	} {
		if got := readingIn(r, width); got != want {
			t.Errorf("in %d cells: %q, want %q", width, got, want)
		}
	}
	r.Rate = 0
	if got := readingIn(r, 70); strings.Contains(got, "/s") {
		t.Errorf("before anything came: %q", got)
	}
}

func TestTracesInWords(t *testing.T) {
	th := testTheme(false)
	words, why := text.Clean("traced 3 files"), text.Clean("holds a path that leads out of it")
	with := func(v checks.FileVerdict) map[checks.FileVerdict]int {
		return map[checks.FileVerdict]int{checks.FileSame: 3, v: 1}
	}
	for _, tt := range []struct {
		name        string
		file        release.FileTrace
		accounted   bool
		glyph, says string
	}{
		{"as in git", release.FileTrace{Words: words, Counts: with(checks.FileSame)}, false, glyphPass, "traced 3 files"},
		{"generated", release.FileTrace{Words: words, Counts: with(checks.FileGenerated)}, false, glyphPass, "traced 3 files"},
		{"moved", release.FileTrace{Words: words, Counts: with(checks.FileMoved)}, false, glyphPass, "traced 3 files"},
		{"an extra that nobody judged yet", release.FileTrace{Words: words, Counts: with(checks.FileExtra)}, false, glyphWarn, "traced 1 extra, 3 same"},
		{"an extra that is known", release.FileTrace{Words: words, Counts: with(checks.FileExtra)}, true, glyphPass, "traced 1 extra, 3 same"},
		{"a modified one", release.FileTrace{Words: words, Counts: with(checks.FileModified)}, false, glyphWarn, "traced 1 modified, 3 same"},
		{"refused", release.FileTrace{Form: checks.FormSdist, Why: why}, true, glyphUnknown, "not traced: " + why.String()},
		{"no archive", release.FileTrace{Form: checks.FormOther, Why: text.Clean("is no archive")}, false, glyphAside, "not traced: is no archive"},
		{"nothing is told", release.FileTrace{}, true, glyphUnknown, "not traced"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if m := th.traced(tt.file, tt.accounted); m.glyph != tt.glyph {
				t.Errorf("%s, want %s", m, tt.glyph)
			}
			if got := tracedWords(tt.file); got != tt.says {
				t.Errorf("%q, want %q", got, tt.says)
			}
		})
	}
}

// sized is a console of a size at a time of a record.
func sized(t *testing.T, rec []release.Stamped, seconds float64, width, height int) *model {
	t.Helper()
	m := replay(t, recordtest.Before(rec, seconds), onRelease)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.View()
	return m
}

// count is how often a view says something.
func count(view, what string) int { return strings.Count(view, what) }

// While a file is read one line says so, at every width and whether its stage is folded
// or not; before and after that none does.
func TestWhatIsRead(t *testing.T) {
	for _, tt := range []struct {
		seconds float64
		want    string
	}{
		{221, ""}, {221.6, "reading 4.1 of 9.2 MB"}, {222.7, "reading 8.9 of 9.2 MB"}, {223.3, ""}, {225, ""},
	} {
		for _, size := range [][2]int{{60, 20}, {80, 24}, {100, 30}, {140, 45}} {
			view := sized(t, recordtest.Tainted(), tt.seconds, size[0], size[1]).View()
			want := 0
			if tt.want != "" {
				want = 1
			}
			if got := count(view, "reading "); got != want || !strings.Contains(view, tt.want) {
				t.Errorf("after %v s at %v it is said %d times that something is read, want %q:\n%s", tt.seconds, size, got, tt.want, view)
			}
		}
	}
	for width, want := range map[int]string{
		62: "reading 8.9 of 9.2 MB", 80: "reading ckan-2…  8.9 of 9.2 MB", 140: "reading cka…6.tar.gz  8.9 of 9.2 MB",
		200: "reading ckan-2.11.6.tar.gz  8.9 of 9.2 MB",
	} {
		m := sized(t, recordtest.Tainted(), 222.7, width, 40)
		m.tree.cursor = "stage package"
		pressOn(m, "enter")
		holds(t, m.View(), []string{want}, []string{"publish-pypi.yml"})
	}
	m := sized(t, recordtest.Tainted(), 222.7, 40, 20)
	holds(t, m.View(), []string{"ckan-2.11.6.tar.gz: reading 8.9 of", "9.2 MB"}, nil)
}

// What is read moves nothing but its own line: as many lines as before, at their places.
func TestReadingMovesNothing(t *testing.T) {
	before := strings.Split(sized(t, recordtest.Tainted(), 221.3, 80, 24).View(), "\n")
	after := strings.Split(sized(t, recordtest.Tainted(), 222.7, 80, 24).View(), "\n")
	name := func(l string) string { return strings.TrimLeft(l, " ▸")[:min(len(strings.TrimLeft(l, " ▸")), 20)] }
	for i := range before { // but for what the last lines say of keys and requests
		if name(before[i]) != name(after[i]) && !strings.Contains(after[i], "reading") && i < len(before)-2 {
			t.Errorf("line %d was %q and is %q", i, before[i], after[i])
		}
	}
}

// An artifact that nobody has found yet, one that could not be looked at and one of
// which the files could not be listed say so, and none of them passes.
func TestArtifactsThatAreNotTraced(t *testing.T) {
	m := sized(t, recordtest.Tainted(), 221.3, 140, 40)
	st := &m.state.Stages[0]
	st.Artifacts[0] = release.ArtifactState{Artifact: st.Artifacts[0].Artifact}
	st.Artifacts[1].Published, st.Artifacts[1].Missing, st.Artifacts[1].Unseen = nil, text.Clean("GitHub answered 502"), true
	holds(t, m.View(), []string{"◌ pypi ckan 2.11.6", "not there yet", "? github-release ckan-2.11.6", "not looked at GitHub answered 502"},
		[]string{"✓ pypi ckan", "✓ github-release ckan"})
	st.Artifacts[0].Trace = &release.ArtifactTraced{Why: text.Clean("the index answered 503")}
	st.Artifacts[1].Trace = &release.ArtifactTraced{}
	holds(t, m.View(), []string{"? pypi ckan 2.11.6", "not read: the index answered 503", "– github-release ckan-2.11.6", "no files"},
		[]string{"✓ pypi ckan", "✓ github-release ckan"})
}

// What asks for something stands before the files, and these before what passed; the
// worst is the first.
func TestWhatAsksComesFirst(t *testing.T) {
	m := sized(t, recordtest.Tainted(), 224.5, 140, 45)
	warned, unseen := m.state.Stages[0].Findings[0], m.state.Stages[0].Findings[1]
	warned.ID, warned.Severity, warned.Outcome = "x.warned", checks.SeverityWarn, checks.Warn
	unseen.ID, unseen.Outcome = "x.unseen", checks.Unknown
	emit(m, release.ArtifactsChecked{Stage: "package", Finding: warned}, release.ArtifactsChecked{Stage: "package", Finding: unseen})
	var got []string
	for _, r := range m.proofRows(&m.state.Stages[0]) {
		got = append(got, r.mark.glyph+" "+r.name)
	}
	want := []string{"✗ art.extras", "? x.unseen", "! x.warned", "! ckan-2.11.6.tar.gz", "✓ ckan-2.11.6-py3-none-any.whl",
		"– github-release ckan-2.11.6", "✓ art.digest", "✓ art.trace", "✓ att.signer", "✓ att.source-digest"}
	if !slices.Equal(got, want) {
		t.Errorf("rows are\n%q, want\n%q", got, want)
	}
	if r := m.tree.selected(); r.id != "finding package art.extras" {
		t.Errorf("the eye lands on %q", r.id)
	}
}

// Images are called by their platform alone, so that the artifact stands before it.
func TestFilesOfAnImage(t *testing.T) {
	m := sized(t, recordtest.Clean(), 1000, 160, 60)
	pressOn(m, "tab")
	holds(t, m.View(), []string{"image docker.io/ckan/ckan-base:2.11.6 linux/amd64", "ckan-2.11.6.tar.gz  pypi"}, nil)
}

// Where there is no room, jobs that are done give way to what they published, until
// somebody moves: then every row can be got at.
func TestWhatGivesWay(t *testing.T) {
	m := sized(t, recordtest.Tainted(), 224.5, 80, 24)
	if got := ids(m); slices.Contains(got, "job 901") || !slices.Contains(got, "run 9001") {
		t.Errorf("rows are %q", got)
	}
	pressOn(m, "up")
	if got := ids(m); !slices.Contains(got, "job 901") || m.tree.selected().id != "run 9002" {
		t.Errorf("at %s of %q", m.tree.selected().id, got)
	}
	pressOn(m, "up")
	if at := m.tree.selected().id; at != "job 902" {
		t.Errorf("at %s", at)
	}
	pressOn(m, "esc")
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 50})
	if got := ids(m); !slices.Contains(got, "job 903") {
		t.Errorf("there is room, and yet rows are %q", got)
	}
}
