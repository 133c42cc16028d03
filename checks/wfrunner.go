package checks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfRunner asks whose machines a release runs on. GitHub's own are made for one job and
// gone behind it; others may keep what a job left there.
func wfRunner() Check {
	return Check{
		ID:    "wf.runner",
		Title: "Runners are fresh ones of GitHub's",
		Why:   "What runs on a machine that is kept can change the next release that is built there.",
		Looks: "Where each job of the release runs, by its runs-on. Labels of GitHub's own runners are as they should be; " +
			"self-hosted ones, groups and other labels are warned of. Where only the run tells, it is unknown.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "run the job on a runner of GitHub's, such as runs-on: ubuntu-24.04, or on one that is made for each job and gone behind it",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := audit(s, judgeRunner)
			return a.verdict(text.Cleanf("only runners of GitHub's in %s", plural(a.jobs, "job")))
		},
	}
}

var (
	// hostedLabel is the shape of the labels of GitHub's own runners; larger ones can
	// have any name, which tells nothing.
	hostedLabel = regexp.MustCompile(`^(?:ubuntu|windows|macos)-(?:latest|slim|[0-9]{2,4}(?:\.[0-9]{2})?)(?:-(?:arm|intel|large|xlarge|vs[0-9]{4}|[0-9]+-cores))?$`)
	// presetLabel is what a self-hosted runner has by itself.
	presetLabel = regexp.MustCompile(`(?i)^(?:linux|macos|windows|x64|arm|arm64)$`)
	// matrixLabel and choice are the expressions that files tell the values of.
	matrixLabel = regexp.MustCompile(`(?i)^\$\{\{\s*matrix\.([a-z_][a-z0-9_-]*)(?:\.([a-z_][a-z0-9_-]*))?\s*\}\}$`)
	choice      = regexp.MustCompile(`^\$\{\{[^'|]*(?:'[^']*'[^'|]*)?&&\s*'([^']*)'\s*\|\|\s*'([^']*)'\s*\}\}$`)
)

// judgeRunner looks at where a job runs. A job that calls a workflow runs nowhere.
func judgeRunner(a *auditor, job actions.Job) {
	on := job.Def.RunsOn
	if on == nil {
		return
	}
	if on.Group != nil {
		a.found(Warn, job.File, on.Group.Pos.Line, "", "the job %s runs in the group %s, whose runners may be kept", job.ID, on.Group.Value)
	}
	labels := on.Labels
	if on.LabelsExpr != nil {
		labels = append(labels[:len(labels):len(labels)], on.LabelsExpr)
	}
	for _, l := range labels {
		values, known := labelValues(job, l.Value)
		for _, v := range values {
			switch {
			case strings.EqualFold(v, "self-hosted"):
				a.found(Warn, job.File, l.Pos.Line, "", "the job %s runs on a self-hosted runner", job.ID)
			case strings.Contains(v, "${{"):
				known = false
			case !hostedLabel.MatchString(strings.ToLower(v)) && !besideOthers(on, v) && !(slices.Contains(values, "self-hosted") && presetLabel.MatchString(v)):
				a.found(Warn, job.File, l.Pos.Line, "", "the job %s runs on %s, which is no label of GitHub's own runners", job.ID, v)
			}
		}
		if !known {
			a.found(Unknown, job.File, l.Pos.Line, "name the runner in the file", "where the job %s runs is only known when it runs: %s", job.ID, l.Value)
		}
	}
}

// besideOthers tells whether a label only says more of a self-hosted runner, which is
// named already.
func besideOthers(on *actionlint.Runner, label string) bool {
	for _, l := range on.Labels {
		if l.Value != label && strings.EqualFold(l.Value, "self-hosted") {
			return true
		}
	}
	return on.Group != nil
}

// labelValues are the labels that a text stands for; false where it may stand for
// others too.
func labelValues(job actions.Job, label string) ([]string, bool) {
	if len(job.Steps) > 0 && strings.Contains(label, "inputs.") {
		var out []string
		for _, v := range job.Values(job.Steps[0], label) {
			if v == "" || v == label {
				return nil, false
			}
			out = append(out, v)
		}
		return out, true
	}
	if !strings.Contains(label, "${{") {
		return []string{label}, true
	}
	if strings.Contains(strings.ToLower(label), "'self-hosted'") || strings.Contains(label, `"self-hosted"`) {
		return []string{"self-hosted"}, true
	}
	if m := choice.FindStringSubmatch(label); m != nil {
		return m[1:], true
	}
	if m := matrixLabel.FindStringSubmatch(label); m != nil && job.Def.Strategy != nil && job.Def.Strategy.Matrix != nil {
		return matrixValues(job.Def.Strategy.Matrix, strings.ToLower(m[1]), strings.ToLower(m[2]))
	}
	return nil, false
}

// matrixValues are the values that a name of a matrix has, or a name within it; false
// where some are only known when it runs.
func matrixValues(m *actionlint.Matrix, name, within string) ([]string, bool) {
	known := m.Expression == nil
	var out []string
	add := func(v actionlint.RawYAMLValue) {
		if o, ok := v.(*actionlint.RawYAMLObject); ok && within != "" {
			v = o.Props[within]
		}
		switch x := v.(type) {
		case *actionlint.RawYAMLString:
			out = append(out, x.Value)
		case *actionlint.RawYAMLArray:
			for _, e := range x.Elems {
				s, ok := e.(*actionlint.RawYAMLString)
				if known = known && ok; ok {
					out = append(out, s.Value)
				}
			}
		default:
			known = false
		}
	}
	if row := m.Rows[name]; row != nil {
		known = known && row.Expression == nil
		for _, v := range row.Values {
			add(v)
		}
	}
	if m.Include != nil {
		known = known && !m.Include.ContainsExpression()
		for _, c := range m.Include.Combinations {
			if v := c.Assigns[name]; v != nil {
				add(v.Value)
			}
		}
	}
	return out, known && len(out) > 0
}
