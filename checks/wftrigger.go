package checks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfDangerousTrigger asks whether people outside the project can start what publishes.
// pull_request_target and its like run with the project's secrets and its right to
// publish, and whoever opens a pull request starts them: where they run its code too,
// its author has all of that.
func wfDangerousTrigger() Check {
	return Check{
		ID:    "wf.dangerous-trigger",
		Title: "Strangers can not start a release",
		Why:   "A workflow that a stranger can start and that runs the stranger's code hands them the power to publish.",
		Looks: "What else starts the workflows of the release. A trigger that strangers can set off, together with a " +
			"checkout of their code, fails; pull_request_target and workflow_run without it warn, and so do conditions that always hold.",
		Factor:   Build,
		Severity: SeverityBlock,
		Remedy:   "let the release start by its tag alone, and look at pull requests in another workflow, on pull_request",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := auditPrograms(s, actions.Program.Everything, func(a *auditor, run stageRun) {
				for _, job := range run.jobs {
					for _, step := range job.Steps {
						judgeCheckout(a, run.scopeOf(job, step))
					}
					judgeStarts(a, job)
				}
				for _, f := range run.program.All() {
					for _, c := range f.Complaints(actions.RuleAlways) {
						a.found(Warn, f, c.Line, "write the whole condition within one ${{ }}, or without any",
							"the condition always holds, since text stands around its ${{ }}: it keeps nobody out")
					}
				}
			})
			return a.verdict(text.Cleanf("no code of strangers is run in %s", plural(a.jobs, "job")))
		},
	}
}

// judgeStarts warns of what starts a job with more power than whoever starts it has.
func judgeStarts(a *auditor, job actions.Job) {
	for _, s := range job.Starts {
		switch s.Event {
		case "pull_request_target":
			a.found(Warn, s.File, s.Line, "", "%s starts what the release runs: anybody who opens a pull request does", s.Event)
		case "workflow_run":
			a.found(Warn, s.File, s.Line, "", "%s starts what the release runs: it may follow a run of a stranger's pull request", s.Event)
		}
	}
}

// judgeCheckout looks for the code of a pull request in a job that its author can start.
func judgeCheckout(a *auditor, sc scope) {
	starts := slices.DeleteFunc(sc.job.StartsOf(sc.step), func(s actions.Start) bool { return !s.Event.Outsiders() })
	if len(starts) == 0 {
		return
	}
	for _, c := range sc.checkouts() {
		o, saw := Outcome(""), ""
		for _, s := range starts {
			switch {
			case !slices.Contains(c.events, s.Event):
				continue
			case c.doubtful:
				o, saw = worse(o, Warn), "may take the code of a pull request, and "+string(s.Event)+" starts the job"
			case s.Kept || s.Branches:
				o, saw = worse(o, Warn), "takes the code of others, and "+string(s.Event)+" starts the job: a condition keeps out some of them"
			case powerless(sc.job):
				o, saw = worse(o, Warn), "takes the code of others, and "+string(s.Event)+" starts the job; it can publish nothing, but leave a cache behind"
			default:
				o, saw = Fail, "takes the code of others, and "+string(s.Event)+" starts the job with the project's own power"
			}
			if o == Fail {
				break
			}
		}
		if o != "" {
			a.found(o, sc.step.File, c.line, "", "%s: %s", c.what, saw)
		}
	}
}

// worse is the graver of two outcomes, of which the first may be none.
func worse(a, b Outcome) Outcome {
	if a != "" && gravity(a) < gravity(b) {
		return a
	}
	return b
}

// powerless tells whether a job certainly has nothing that a stranger could want.
func powerless(job actions.Job) bool {
	return job.Permissions.Said && !job.Inherits && len(job.Powers()) == 0 && len(job.Permissions.WritesAny()) == 0
}

// checkout is a place where a job takes code of a pull request.
type checkout struct {
	line     int
	what     string
	events   []actions.Event // those that make it a stranger's
	doubtful bool            // it may be
}

// headOf is the event for which a context names the code of a stranger; empty for others.
func headOf(path string) actions.Event {
	in, ok := strings.CutPrefix(strings.ReplaceAll(path, "github.event.*.head", "github.event.pull_request.head"), "github.event.")
	switch {
	case path == "github.head_ref", ok && strings.HasPrefix(in, "pull_request.head."), in == "pull_request.merge_commit_sha":
		return "pull_request_target"
	case ok && strings.HasPrefix(in, "workflow_run.head_"), ok && strings.HasPrefix(in, "workflow_run.pull_requests."):
		return "workflow_run"
	}
	return ""
}

var (
	pullRef    = regexp.MustCompile(`(?i)(?:^|[^\w-])pull/[^\s]+`)
	prCheckout = regexp.MustCompile(`\bgh\s+pr\s+checkout\b`)
	gitTakes   = regexp.MustCompile(`\bgit(?:\s+-[cC]\s+\S+)*\s+(?:checkout|switch|merge|pull|reset|clone|rebase|cherry-pick|worktree)\b`)
	gitFetch   = regexp.MustCompile(`\bgit(?:\s+-[cC]\s+\S+)*\s+fetch\b`)
	shellName  = regexp.MustCompile(`\$\{?([A-Za-z_]\w*)`)
)

// anyPull are the events of a pull request, by whichever its number is known.
func anyPull() []actions.Event {
	return []actions.Event{"pull_request_target", "issue_comment", "workflow_run"}
}

// checkouts are the places where a step takes code of a pull request.
func (sc scope) checkouts() []checkout {
	if sc.step.Action() == "actions/checkout" {
		for _, input := range []string{"ref", "repository"} {
			if s := sc.step.With(input); s != nil {
				if c, ok := sc.taken(s, s.Value, s.Pos.Line); ok {
					return []checkout{c}
				}
			}
		}
		return nil
	}
	var out []checkout
	var fetched []actions.Event // those that make a stranger's what FETCH_HEAD stands for
	for _, l := range sc.step.Script() {
		c, ok := sc.taken(&actionlint.String{Value: sc.expand(l.Text), Pos: &actionlint.Pos{Line: l.Line}}, "git", l.Line)
		c.line, c.doubtful = l.Line, false
		fetches := gitFetch.MatchString(l.Text)
		if fetches {
			fetched = c.events
		}
		if !ok && strings.Contains(l.Text, "FETCH_HEAD") {
			c.events, ok = fetched, len(fetched) > 0
		}
		switch {
		case prCheckout.MatchString(l.Text):
			out = append(out, checkout{line: l.Line, what: "gh pr checkout", events: anyPull()})
		case ok && gitTakes.MatchString(l.Text):
			out = append(out, c)
		case ok && fetches:
			c.what, c.doubtful = "git fetch of a pull request", true
			out = append(out, c)
		}
	}
	return out
}

// taken tells whether a text names the code of a pull request.
func (sc scope) taken(s *actionlint.String, what string, line int) (checkout, bool) {
	c := checkout{line: line, what: "checkout of " + what}
	unsure := false
	var look func(s *actionlint.String, in scope, depth int)
	look = func(s *actionlint.String, in scope, depth int) {
		for _, x := range in.step.File.Expressions(s) {
			for _, r := range x.Reads() {
				if e := headOf(r.Path); e != "" {
					c.events = append(c.events, e)
				}
				unsure = unsure || r.Path == "github.event" // taken apart by a function
				kind, _, _ := strings.Cut(r.Path, ".")
				if given, ok := in.follow(r, depth); ok {
					for _, v := range given {
						look(v.text, v.in, depth+1)
					}
				} else if slices.Contains([]string{"inputs", "steps", "needs", "env"}, kind) {
					unsure = true
				}
			}
		}
	}
	look(s, sc, 0)
	if pullRef.MatchString(s.Value) {
		c.events = append(c.events, anyPull()...)
	}
	if len(c.events) == 0 && unsure && what != "git" {
		c.events, c.doubtful = anyPull(), true
	}
	return c, len(c.events) > 0
}

// expand writes what the variables in a line of a script are behind it.
func (sc scope) expand(line string) string {
	out := line
	for _, m := range shellName.FindAllStringSubmatch(line, -1) {
		if v, _ := sc.env(strings.ToLower(m[1])); v != nil {
			out += " " + v.Value
		}
	}
	return out
}
