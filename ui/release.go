package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twokey/release"
)

// releaseScreen shows what the remote CI does: stages, runs, jobs and steps, and
// the end of a failed job's log without being asked.
type releaseScreen struct {
	*scene
	cursor string          // the ID of the selected row; empty: follow what happens
	folds  map[string]bool // what the person folded (true) or unfolded (false)
	height int             // of the tree as it was drawn last
}

// tree is the rows as they fit into height lines: stages that are done fold away
// first, and a job shows its steps when there is room or when it was unfolded.
func (s *releaseScreen) tree(height int) []row {
	whole := func(st release.StageState) bool { return !s.folds[stageID(st)] }
	tidy := func(st release.StageState) bool {
		if folded, chosen := s.folds[stageID(st)]; chosen {
			return !folded
		}
		return st.Status != release.StageDoneOK
	}
	shown, open := whole, s.unfolded()
	rows := s.rows(shown, open)
	if len(rows) > height {
		shown = tidy
		rows = s.rows(shown, open)
	}
	if len(rows) > height && s.cursor == "" && open == 0 { // who moves gets at all of them
		rows = withoutDone(rows)
	}
	if j := s.followed(rows); s.cursor == "" && open == 0 && j != nil && len(rows)+len(j.Job.Steps) <= height {
		return s.rows(shown, j.Job.ID)
	}
	return rows
}

// withoutDone leaves out the jobs of runs that are done where what they published is
// looked at: it is what matters now.
func withoutDone(rows []row) []row {
	looked := map[string]bool{}
	for _, r := range rows {
		looked[r.stage] = looked[r.stage] || r.proof != nil
	}
	return slices.DeleteFunc(rows, func(r row) bool {
		return r.job != nil && looked[r.stage] && r.run.Run.Conclusion == release.ConclusionSuccess
	})
}

// stageID is the ID of a stage's row.
func stageID(st release.StageState) string { return "stage " + st.Stage.Name }

// unfolded is the job whose steps the person wants to see; 0 for none.
func (s *releaseScreen) unfolded() int64 {
	for id, folded := range s.folds {
		var job int64
		if n, _ := fmt.Sscanf(id, "job %d", &job); n == 1 && !folded {
			return job
		}
	}
	return 0
}

// followed is the running job that the eye should land on.
func (s *releaseScreen) followed(rows []row) *release.JobState {
	for _, r := range rows {
		if r.level == ofJob && r.job.Job.Status == "in_progress" {
			return r.job
		}
	}
	return nil
}

// at is the selected row: the person's, or what needs a decision, or what runs.
func (s *releaseScreen) at(rows []row) int {
	if i := slices.IndexFunc(rows, func(r row) bool { return s.cursor != "" && r.id == s.cursor }); i >= 0 {
		return i
	}
	worst, _ := s.cause()
	for _, want := range []func(row) bool{
		func(r row) bool { return r.level == ofGate && r.gate.CanApprove },
		func(r row) bool { return r.level == ofGate },
		func(r row) bool { return r.proof != nil && r.proof.finding != nil && r.proof.finding == worst },
		func(r row) bool { return r.level == ofJob && failedWord(r.job.Job.Conclusion) },
		func(r row) bool { return r.level == ofJob && r.job.Job.Status == "in_progress" },
		func(r row) bool { return r.proof != nil && r.mark.glyph == glyphRunning },
		func(r row) bool { return r.level == ofStage && r.mark.glyph == glyphRunning },
		func(r row) bool { return strings.HasPrefix(r.id, "after ") && r.mark.glyph == glyphQueued },
	} {
		if i := slices.IndexFunc(rows, want); i >= 0 {
			return i
		}
	}
	return 0
}

// selected is the selected row of the tree as it is drawn.
func (s *releaseScreen) selected() row { return s.of(s.tree(s.height)) }

// of is the selected one of the rows; the zero row when there is none.
func (s *releaseScreen) of(rows []row) row {
	if len(rows) == 0 {
		return row{}
	}
	return rows[s.at(rows)]
}

func (s *releaseScreen) move(by int) {
	rows := s.tree(s.height)
	if len(rows) > 0 {
		s.cursor = rows[min(max(s.at(rows)+by, 0), len(rows)-1)].id
	}
}

// fold folds or unfolds the selected stage or job.
func (s *releaseScreen) fold() {
	r := s.selected()
	s.cursor = r.id
	switch {
	case r.foldable:
		s.folds[r.id] = !r.folded
	case r.level == ofJob:
		open := s.unfolded() == r.job.Job.ID
		for id := range s.folds { // one job at a time
			if strings.HasPrefix(id, "job ") {
				delete(s.folds, id)
			}
		}
		if !open {
			s.folds[r.id] = false
		}
	}
}

// job is the job that the log is of: that of the selected row, else the first that
// failed; nil when there is neither.
func (s *releaseScreen) job(selected row) *release.JobState {
	if selected.job != nil {
		return selected.job
	}
	return s.failedJob()
}

// failed is the job of the selected row if it failed, else the first that did; nil
// when there is none.
func (s *releaseScreen) failed(selected row) *release.JobState {
	if j := selected.job; j != nil && failedWord(j.Job.Conclusion) {
		return j
	}
	return s.failedJob()
}

// about is what a key acts on: a run of a stage, and a gate of it where the key is
// about gates.
type about struct {
	stage string
	run   *release.RunState
	gate  *release.Gate
}

// gate is the gate that `a` is about: the selected one, else the first that the
// token's user may open, else the first.
func (s *releaseScreen) gate(selected row) (about, bool) {
	if selected.gate != nil {
		return about{selected.stage, selected.run, selected.gate}, true
	}
	var first about
	for _, st := range s.state.Stages {
		for i := range st.Runs {
			run := &st.Runs[i]
			for k := range run.Gates {
				one := about{st.Stage.Name, run, &run.Gates[k]}
				if one.gate.CanApprove {
					return one, true
				}
				if first.gate == nil {
					first = one
				}
			}
		}
	}
	return first, first.gate != nil
}

// failedRun is the run that `R` is about: that of the selected row, else the first
// that is over and failed. What is gone from GitHub can not run again.
func (s *releaseScreen) failedRun(selected row) (about, bool) {
	over := func(r *release.RunState) bool {
		return r != nil && r.Run.Status == release.StatusCompleted &&
			failedWord(r.Run.Conclusion) && r.Run.Conclusion != release.ConclusionGone
	}
	if over(selected.run) {
		return about{stage: selected.stage, run: selected.run}, true
	}
	for _, st := range s.state.Stages {
		for i := range st.Runs {
			if over(&st.Runs[i]) {
				return about{stage: st.Stage.Name, run: &st.Runs[i]}, true
			}
		}
	}
	return about{}, false
}

// link is the page of a row.
func (s *releaseScreen) link(r row) string {
	switch {
	case r.proof != nil:
		return r.proof.link()
	case r.job != nil:
		return r.job.Job.URL.String()
	case r.run != nil:
		return r.run.Run.URL.String()
	}
	if url := s.afterLink(r); url != "" {
		return url
	}
	for _, st := range s.state.Stages {
		if st.Stage.Name == r.stage && st.Trigger != nil {
			return st.Trigger.URL.String()
		}
	}
	return ""
}

// Render draws how far the release is, the tree and a failed job's last lines.
func (s *releaseScreen) Render(width, height int) string {
	out := []string{s.progress(width)}
	if height >= short-5 {
		out = append(out, "")
	}
	if width >= wide {
		out = append(out, s.axis(width))
	}
	left := height - len(out)
	selected := s.selected()
	var pane []string
	if width < narrow && left >= 8 && !selected.asks() { // the columns have no room for its words
		pane = s.inFull(selected, width)
	}
	if left >= 8 {
		pane = append(pane, s.trouble(selected, width, left)...)
	}
	s.height = left - len(pane)
	rows := s.tree(s.height)
	here := s.at(rows)
	out = append(out, s.theme.around(len(rows), s.height, here, func(i int) string {
		return s.line(rows[i], i == here, width)
	})...)
	for len(out) < height-len(pane) {
		out = append(out, "")
	}
	return strings.Join(fit(append(out, pane...), width, height), "\n")
}

// inFull is a row without columns, on up to two lines.
func (s *releaseScreen) inFull(r row, width int) []string {
	if r.name == "" {
		return nil
	}
	words := r.name + ": " + s.words(r, 10*wide)
	return fit(hang(r.mark.style.Render(r.mark.glyph)+" ", words, width), width, 2)
}

// progress is how far the release is.
func (s *releaseScreen) progress(width int) string {
	t := s.theme
	word := "RELEASING"
	if s.verifying() || s.awaiting() {
		word = "VERIFYING"
	}
	left := t.active.Render(glyphRunning + " " + word)
	if f := s.finished(); f != nil {
		left = s.ending(f).String()
	}
	jobs := s.jobs()
	if width < narrow { // what was skipped stands below, too
		jobs, _, _ = strings.Cut(jobs, " "+glyphDot)
	}
	return spread(left+"  "+jobs, t.dim.Render(since(s.began(), s.ended(), s.now)), width)
}

// columns are the widths of a row's parts for a terminal's width.
type columns struct{ name, state, took, bar int }

func columnsFor(width int) columns {
	c := columns{took: 7}
	switch {
	case width < narrow: // the words that are longer stand in full below the tree
		c.state, c.took = 8, 5
	case width < wide:
		c.state = width * 3 / 8
	default:
		c.state = width / 4
		c.bar = width * 3 / 10
	}
	c.name = width - c.state - c.took - c.bar - 3
	if c.bar > 0 && c.name > 64 { // long names are rare; time is worth the room
		c.bar += c.name - 64
		c.name = 64
	}
	return c
}

// line is one row: name, state in a glyph and words, how long, and on wide
// terminals when.
func (s *releaseScreen) line(r row, here bool, width int) string {
	t, c := s.theme, columnsFor(width)
	at := "  "
	if here {
		at = t.title.Render(glyphHere) + " "
	}
	indent := strings.Repeat("  ", []int{0, 1, 2, 2, 3, 1}[r.level])
	if width < narrow {
		indent = indent[:len(indent)/2]
	}
	name := middle(r.name, c.name-len(indent)-2)
	switch {
	case r.level == ofStage || here:
		name = t.strong.Render(name)
	case r.quiet:
		name = t.dim.Render(name)
	}
	fits := len(indent)+2+ansi.StringWidth(r.name+"  "+r.aside) <= c.name
	if width >= narrow && r.aside != "" && (r.proof == nil || fits) {
		name += "  " + t.dim.Render(r.aside)
	}
	left := at + pad(indent+r.mark.style.Render(r.mark.glyph)+" "+name, c.name)
	if r.proof != nil { // it took no time that is worth a column
		return clip(left+" "+s.words(r, width), width)
	}
	line := left + " " + pad(spread(s.words(r, width), since(r.began, r.ended, s.now), c.state+c.took), c.state+c.took)
	if c.bar > 0 {
		line += "  " + s.bar(r, c.bar-2)
	}
	return clip(line, width)
}

// words are a row's state in words.
func (s *releaseScreen) words(r row, width int) string {
	word := r.mark.style.Render(r.mark.word)
	switch {
	case r.reading != nil && width >= narrow:
		return r.mark.style.Render(readingIn(*r.reading, columnsFor(width).state+1))
	case width < narrow || r.detail == "":
		return word
	case strings.HasPrefix(r.detail, r.mark.word):
		return r.mark.style.Render(r.detail)
	}
	return word + " " + r.detail
}
