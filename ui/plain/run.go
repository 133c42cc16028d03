package plain

import (
	"fmt"
	"strings"
	"time"

	"twokey/release"
)

// run writes what happens in a stage's runs.
func (p *Printer) run(at time.Time, e release.Event, s *release.State) {
	switch e := e.(type) {
	case release.RunFound:
		p.runs[e.Run.ID] = fmt.Sprintf("%s #%d", cut(e.Run.Workflow), e.Run.Number)
		p.line(at, p.glyphs.running, cut(e.Stage), p.runs[e.Run.ID]+"  run found"+link(e.Run.URL))
		p.runChanged(at, e.Stage, e.Run)
	case release.RunChanged:
		p.runChanged(at, e.Stage, e.Run)
	case release.JobChanged:
		p.jobChanged(at, e.Stage, e.Job)
	case release.StepChanged:
		p.stepChanged(at, e, s)
	case release.LogChunk:
		p.log(at, e)
	}
}

// news tells whether words differ from what was last said of a run or job.
func (p *Printer) news(id int64, words string) bool {
	if p.said[id] == words {
		return false
	}
	p.said[id] = words
	return true
}

// runChanged says that a run ended or that it was started again; between, its
// jobs speak for it.
func (p *Printer) runChanged(at time.Time, stage string, r release.Run) {
	attempt := ""
	if r.Attempt > 1 {
		attempt = fmt.Sprintf(", attempt %d", r.Attempt)
	}
	switch {
	case r.Status == "completed" && p.news(r.ID, "over"+attempt):
		glyph, word := p.glyphs.conclusion(r.Conclusion)
		p.line(at, glyph, cut(stage), fmt.Sprintf("%s  run %s%s%s", p.runs[r.ID], word, took(r.Started, r.Updated), attempt))
	case r.Status != "completed" && attempt != "" && p.news(r.ID, "again"+attempt):
		p.line(at, p.glyphs.running, cut(stage), p.runs[r.ID]+"  run started again"+attempt)
	}
}

func (p *Printer) jobChanged(at time.Time, stage string, j release.Job) {
	words := p.runs[j.RunID] + "  " + clip(j.Name) + "  "
	switch {
	case j.Status == "completed" && p.news(j.ID, "over"):
		glyph, word := p.glyphs.conclusion(j.Conclusion)
		span := ""
		if j.Conclusion != "skipped" {
			span = took(j.Started, j.Completed)
		}
		p.line(at, glyph, cut(stage), words+word+span)
	case j.Status == "in_progress" && p.news(j.ID, "running"):
		p.line(at, p.glyphs.running, cut(stage), words+"running")
	}
}

// took says how long something ran, where both ends are known.
func took(from, to time.Time) string {
	if from.IsZero() || !to.After(from) {
		return ""
	}
	return " in " + Clock(to.Sub(from))
}

// stepChanged names the step that failed: rule 5. The others have no line.
func (p *Printer) stepChanged(at time.Time, e release.StepChanged, s *release.State) {
	if e.Step.Status != "completed" {
		return
	}
	switch e.Step.Conclusion {
	case "success", "skipped", "neutral", "cancelled":
		return
	}
	glyph, word := p.glyphs.conclusion(e.Step.Conclusion)
	p.line(at, glyph, cut(e.Stage), fmt.Sprintf("%s  %s  step %d %s  %s",
		p.runs[e.RunID], jobName(s, e.RunID, e.JobID), e.Step.Number, clip(e.Step.Name), word))
}

// jobName finds a job's name in the state.
func jobName(s *release.State, runID, jobID int64) string {
	for _, st := range s.Stages {
		for _, r := range st.Runs {
			for _, j := range r.Jobs {
				if r.Run.ID == runID && j.Job.ID == jobID {
					return clip(j.Job.Name)
				}
			}
		}
	}
	return fmt.Sprintf("job %d", jobID)
}

// log shows the end of a failed job's log at once, without being asked.
func (p *Printer) log(at time.Time, e release.LogChunk) {
	if !e.Failed {
		return
	}
	about := p.runs[e.RunID] + "  " + clip(e.Job) + "  "
	switch {
	case !e.Missing.IsZero():
		p.line(at, p.glyphs.unknown, cut(e.Stage), about+"no log: "+clip(e.Missing))
	case len(e.Lines) == 0 && len(e.Annotations) > 0:
		p.line(at, p.glyphs.fail, cut(e.Stage), about+"failed before it began")
	default:
		p.logEnd(at, e, about)
	}
	remarks := e.Remarks()
	for _, r := range remarks[:min(len(remarks), remarkLines)] {
		p.more("annotated as " + r.Clip(maxLog).String())
	}
}

// logEnd shows the last lines of a log.
func (p *Printer) logEnd(at time.Time, e release.LogChunk, about string) {
	skip := max(0, len(e.Lines)-logLines)
	p.line(at, p.glyphs.fail, cut(e.Stage), about+fmt.Sprintf("log, lines %d to %d of %d:",
		e.First+skip, e.First+len(e.Lines)-1, e.Total))
	for i, l := range e.Lines[skip:] {
		p.more(fmt.Sprintf("%6d | %s", e.First+skip+i, l.Clip(maxLog)))
	}
}

// approvalNeeded says for whom the run waits, and how to answer.
func (p *Printer) approvalNeeded(at time.Time, e release.ApprovalNeeded, s *release.State) {
	who := "the environment's reviewers"
	if len(e.Gate.Reviewers) > 0 {
		var names []string
		for _, r := range e.Gate.Reviewers {
			name := clip(r.Name)
			if r.Team {
				name = "team " + name
			}
			names = append(names, name)
		}
		who = "one of " + strings.Join(names, ", ")
	}
	p.line(at, p.glyphs.gate, cut(e.Stage), fmt.Sprintf("%s  waiting for approval: %s, by %s",
		p.runs[e.RunID], clip(e.Gate.Environment), who))
	if e.Gate.WaitMinutes > 0 {
		p.more(fmt.Sprintf("the environment also waits %d minutes by itself", e.Gate.WaitMinutes))
	}
	p.more(p.answering(e.Gate, s))
}

// answering is how a gate is answered: in a console, and so not in a world that is
// this process's own, where no second terminal gets in.
func (p *Printer) answering(g release.Gate, s *release.State) string {
	line := s.Opened.Line("attach " + cut(s.Plan.Version))
	switch {
	case line == "" && !g.CanApprove:
		return "nobody can approve it with this token: it waits for them"
	case line == "":
		console := strings.TrimSpace(s.Opened.Anew(""))
		return fmt.Sprintf("no other terminal can join this rehearsal to approve it; rehearse in the console with `%s`, "+
			"or serve a world for several terminals with `%s --listen unix:PATH`", console, console)
	case g.CanApprove:
		return "you may approve it: run `" + line + "` in a terminal"
	}
	return "nobody can approve it with this token; whoever may: run `" + line + "` in a terminal"
}

func (p *Printer) approved(at time.Time, e release.Approved) {
	glyph := p.glyphs.pass
	if e.Approval.State != "approved" {
		glyph = p.glyphs.fail
	}
	var envs []string
	for _, n := range e.Approval.Environments {
		envs = append(envs, clip(n))
	}
	words := fmt.Sprintf("%s  %s by %s: %s", p.runs[e.RunID], cut(e.Approval.State), clip(e.Approval.By), strings.Join(envs, ", "))
	if !e.Approval.Comment.IsZero() {
		words += fmt.Sprintf("  %q", clip(e.Approval.Comment))
	}
	p.line(at, glyph, cut(e.Stage), words)
}
