package actions

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// Start is an event that may start a job.
type Start struct {
	Event Event
	// Kept holds where a condition lets only those start it whom it names, or only what
	// the project itself made.
	Kept bool
	// Branches holds where only the branches start it that the workflow names.
	Branches bool
	// File and Line are where the event stands.
	File *File
	Line int
}

// Outsiders tells whether an event is made by people outside the project, with what the
// project may do. What a pull request runs by itself may do nothing.
func (e Event) Outsiders() bool {
	switch e {
	case "pull_request_target", "workflow_run", "issues", "issue_comment", "discussion", "discussion_comment",
		"commit_comment", "fork", "watch", "gollum":
		return true
	}
	return false
}

// starts are the events of a workflow's own.
func (f *File) starts() []Start {
	if f.Workflow == nil {
		return nil
	}
	var out []Start
	for _, on := range f.Workflow.On {
		s := Start{Event: Event(on.EventName()), File: f, Line: eventLine(on)}
		hook, ok := on.(*actionlint.WebhookEvent)
		switch {
		case s.Event == "workflow_call":
			continue
		case ok && s.Event == EventPush:
			out = append(out, pushesOf(hook, s)...)
			continue
		case ok:
			s.Branches = named(hook.Branches)
			s.Kept = s.Event == "pull_request_target" && byMembers(hook.Types)
		}
		out = append(out, s)
	}
	return out
}

// pushesOf are what the push of a workflow may be of, as it is filtered: a tag, a branch,
// or either.
func pushesOf(hook *actionlint.WebhookEvent, s Start) []Start {
	tags := hook.Tags != nil || hook.TagsIgnore != nil
	branches := hook.Branches != nil || hook.BranchesIgnore != nil
	var out []Start
	if tags || !branches {
		out = append(out, s)
	}
	if branches || !tags {
		s.Event = EventBranch
		out = append(out, s)
	}
	return out
}

// byMembers tells whether a pull request is only looked at when somebody of the project
// does something to it.
func byMembers(types []*actionlint.String) bool {
	return len(types) > 0 && !slices.ContainsFunc(types, func(t *actionlint.String) bool {
		return !slices.Contains([]string{"labeled", "unlabeled", "assigned", "unassigned", "milestoned", "demilestoned",
			"locked", "auto_merge_enabled", "enqueued"}, t.Value)
	})
}

// named tells whether a filter names branches one by one.
func named(filter *actionlint.WebhookEventFilter) bool {
	return filter != nil && len(filter.Values) > 0 && !slices.ContainsFunc(filter.Values, func(v *actionlint.String) bool {
		return strings.ContainsAny(v.Value, "*?+[!")
	})
}

// eventLine is where an event stands.
func eventLine(on actionlint.Event) int {
	var at *actionlint.Pos
	switch e := on.(type) {
	case *actionlint.WebhookEvent:
		at = e.Pos
	case *actionlint.ScheduledEvent:
		at = e.Pos
	case *actionlint.WorkflowDispatchEvent:
		at = e.Pos
	case *actionlint.RepositoryDispatchEvent:
		at = e.Pos
	case *actionlint.WorkflowCallEvent:
		at = e.Pos
	case *actionlint.ImageVersionEvent:
		at = e.Pos
	}
	if at == nil {
		return 1
	}
	return at.Line
}

// admission is whom the conditions of a workflow's jobs let start them. A job is weighed
// once for each event, however many need it.
type admission struct {
	file    *File
	repo    string
	weighed map[weighing]access
}

type weighing struct {
	job   *actionlint.Job
	event Event
}

func newAdmission(f *File, repo string) *admission {
	return &admission{f, repo, map[weighing]access{}}
}

// starts are those of the events that may start a job, by its condition, by those of
// the jobs that it needs and by the environment that it names.
func (a *admission) starts(def *actionlint.Job, events []Start) []Start {
	var out []Start
	for _, s := range events {
		switch a.whole(def, s.Event) {
		case never:
			continue
		case kept:
			s.Kept = true
		}
		out = append(out, s)
	}
	return out
}

// whole is whom the conditions of a job and of those that it needs let start it. A job
// does not run without those, if its condition does not say otherwise.
func (a *admission) whole(def *actionlint.Job, e Event) access {
	key := weighing{def, e}
	if known, ok := a.weighed[key]; ok {
		return known
	}
	a.weighed[key] = open // until it is known: jobs that need one another do not run at all
	least := own(def, moment{e, a.repo})
	if def.If == nil || !runsAnyway.MatchString(def.If.Value) {
		for _, need := range def.Needs {
			if other := a.file.Workflow.Jobs[strings.ToLower(need.Value)]; other != nil {
				least = min(least, a.before(other, e))
			}
		}
	}
	a.weighed[key] = least
	return least
}

// before is whom a job lets start what needs it: somebody may have to approve it first.
func (a *admission) before(def *actionlint.Job, e Event) access {
	least := a.whole(def, e)
	if (Job{Def: def}).Environment() != "" {
		least = min(least, kept)
	}
	return least
}

// own is whom a job by itself lets start it.
func own(def *actionlint.Job, m moment) access {
	a := weighCondition(def.If, m.event, m.repo).access
	if name := (Job{Def: def}).Environment(); strings.Contains(name, opening) && a == open {
		if node, _, ok := parseExpression(name[strings.Index(name, opening)+len(opening):]); ok && (keeps(node, true) || keeps(node, false)) {
			a = kept // a gate for strangers
		}
	}
	if a == open && asksMembership(def) {
		a = kept
	}
	return a
}

// membership is in what asks GitHub whether somebody is of the project.
var membership = regexp.MustCompile(`(?i)getCollaboratorPermission|/collaborators/|author_association|authorAssociation|` +
	`(?:user|actor|repository|team)-(?:permission|member)|permissions?-action`)

// asksMembership tells whether a step of a job finds out who started it: by what it runs,
// uses or waits for, and not by what it is called or says.
func asksMembership(def *actionlint.Job) bool {
	return slices.ContainsFunc(def.Steps, func(s *actionlint.Step) bool {
		if s.If != nil && membership.MatchString(s.If.Value) {
			return true
		}
		if x, ok := s.Exec.(*actionlint.ExecRun); ok && x.Run != nil {
			return membership.MatchString(x.Run.Value) && slices.ContainsFunc(shellCommands(x.Run.Value), func(c shellCommand) bool {
				words := commandWords(c.words)
				return len(words) > 0 && !slices.Contains([]string{"true", ":", "echo", "printf"}, words[0]) &&
					membership.MatchString(strings.Join(words, " "))
			})
		}
		return slices.ContainsFunc(stringsOf(s.Exec), func(v *actionlint.String) bool { return membership.MatchString(v.Value) })
	})
}

// runsAnyway is in the condition of a job that runs when those that it needs did not.
var runsAnyway = regexp.MustCompile(`(?i)\b(?:always|cancelled|failure)\s*\(`)

// StartsOf are those of a job's events that may start one of its steps.
func (j Job) StartsOf(s Step) []Start {
	var out []Start
	for _, start := range j.Starts {
		a := open
		for step := &s; step != nil; step = step.By {
			a = min(a, weighCondition(step.Def.If, start.Event, j.Home).access)
		}
		if a == never {
			continue
		}
		start.Kept = start.Kept || a == kept
		out = append(out, start)
	}
	return out
}

// merge puts the events of one way to a job together with those of another. What any way
// leaves open is open.
func merge(a, b []Start) []Start {
	out := slices.Clone(a)
	for _, s := range b {
		i := slices.IndexFunc(out, func(o Start) bool { return o.Event == s.Event && o.File == s.File })
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].Kept = out[i].Kept && s.Kept
		out[i].Branches = out[i].Branches && s.Branches
	}
	return out
}
