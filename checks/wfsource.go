package checks

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
)

// outsideText is a context that people outside the project write, and the events that
// start a run with it which may do more than theirs. What a pull request runs by itself
// has no more than a fork, and the commit of a tag is the maintainer's.
type outsideText struct {
	path   string
	events []actions.Event
	branch bool // a filter of branches says what it can be
}

// outsideTexts are all of them.
func outsideTexts() []outsideText {
	list := func(events string, prefix string, paths ...string) []outsideText {
		var out []outsideText
		for _, p := range paths {
			t := outsideText{path: prefix + p, branch: p == "workflow_run.head_branch"}
			for _, e := range strings.Split(events, ", ") {
				t.events = append(t.events, actions.Event(e))
			}
			out = append(out, t)
		}
		return out
	}
	const event = "github.event."
	return slices.Concat(
		list("issues, issue_comment", event, "issue.title", "issue.body"),
		list("issues, issue_comment, pull_request_target, discussion, discussion_comment", event, "changes.title.from", "changes.body.from"),
		list("fork", event, "forkee.description", "forkee.homepage", "forkee.default_branch"),
		list("pull_request_target", event, "pull_request.title", "pull_request.body", "pull_request.head.ref",
			"pull_request.head.label", "pull_request.head.repo.default_branch", "pull_request.head.repo.description", "pull_request.head.repo.homepage"),
		list("pull_request_target", "github.", "head_ref"),
		list("issue_comment, discussion_comment, commit_comment, pull_request_review_comment", event, "comment.body"),
		list("pull_request_review", event, "review.body"),
		list("discussion, discussion_comment", event, "discussion.title", "discussion.body", "answer.body"),
		list("gollum", event, "pages.*.page_name", "pages.*.title"),
		list(string(actions.EventBranch), event, "head_commit.message", "head_commit.author.name", "head_commit.author.email",
			"head_commit.committer.name", "head_commit.committer.email", "commits.*.message", "commits.*.author.name",
			"commits.*.author.email", "commits.*.committer.name", "commits.*.committer.email"),
		list("workflow_run", event, "workflow_run.head_branch", "workflow_run.display_title", "workflow_run.head_commit.message",
			"workflow_run.head_commit.author.name", "workflow_run.head_commit.author.email", "workflow_run.pull_requests.*.head.ref",
			"workflow_run.head_repository.description"),
	)
}

// writtenOutside are the texts of others that a context is, or holds where it is whole.
func writtenOutside(r actions.Read) []outsideText {
	if r.Path != "github" && !strings.HasPrefix(r.Path, "github.") {
		return nil
	}
	var out []outsideText
	for _, t := range outsideTexts() {
		if reaches(r, t.path) {
			out = append(out, t)
		}
	}
	return out
}

// reaches tells whether a context is what a path names, or holds it.
func reaches(r actions.Read, path string) bool {
	have, want := strings.Split(r.Path, "."), strings.Split(path, ".")
	if len(have) > len(want) || len(have) < len(want) && !r.Whole {
		return false
	}
	for i, step := range have {
		if step != want[i] && step != "*" && want[i] != "*" {
			return false
		}
	}
	return true
}

// insideTexts are the contexts that only those who may write to the repository choose.
func insideTexts() []string {
	return []string{
		"github.ref", "github.ref_name", "github.base_ref", "github.workflow_ref", "github.event.ref", "github.event.base_ref",
		"github.event.release.tag_name", "github.event.release.name", "github.event.release.body",
		"github.event.release.target_commitish", "github.event.pull_request.base.ref", "github.event.pull_request.base.label",
		"github.event.label.name", "github.event.pull_request.labels.*.name", "github.event.issue.labels.*.name",
		"github.event.milestone.title", "github.event.pull_request.milestone.title", "github.event.issue.milestone.title",
	}
}

// chosen says who inside the project chooses a context; empty where nobody does.
func (sc scope) chosen(r actions.Read) string {
	parts := strings.Split(r.Path, ".")
	under := func(prefix string) bool { return strings.HasPrefix(r.Path+".", prefix+".") }
	switch {
	case slices.ContainsFunc(insideTexts(), func(path string) bool { return reaches(r, path) }):
		return "whoever may write to the repository names it"
	case under("github.event.client_payload"):
		return "whoever starts the workflow chooses it"
	case under("inputs") && sc.freeInput(parts[1:]), under("github.event.inputs") && sc.freeInput(parts[3:]):
		return "whoever starts or uses this chooses it"
	case under("vars"):
		return "the settings of the repository hold it"
	case under("env"):
		return "it is set while the job runs"
	case parts[0] == "matrix" && dynamicMatrix(sc.job.Def, parts[1:]):
		return "the matrix is made while the workflow runs"
	case parts[0] == "steps" && (len(parts) > 3 && parts[2] == "outputs" && !sc.fixedOutput(parts[1], parts[3]) || r.Whole):
		return "an earlier step makes it"
	case parts[0] == "needs" && (len(parts) > 3 && parts[2] == "outputs" || r.Whole && sc.needsOutputs()):
		return "another job makes it"
	}
	return ""
}

// freeInput tells whether an input can be any text. Inputs of actions always can.
func (sc scope) freeInput(name []string) bool {
	w := sc.step.File.Workflow
	if w == nil || len(name) != 1 {
		return true
	}
	declared := false
	for _, on := range w.On {
		switch e := on.(type) {
		case *actionlint.WorkflowDispatchEvent:
			if in := e.Inputs[name[0]]; in != nil {
				declared = true
				if in.Type == actionlint.WorkflowDispatchEventInputTypeNone || in.Type == actionlint.WorkflowDispatchEventInputTypeString {
					return true
				}
			}
		case *actionlint.WorkflowCallEvent:
			for _, in := range e.Inputs {
				if in.ID == name[0] {
					declared = true
					if in.Type != actionlint.WorkflowCallEventInputTypeBoolean && in.Type != actionlint.WorkflowCallEventInputTypeNumber {
						return true
					}
				}
			}
		}
	}
	return !declared
}

// dynamicMatrix tells whether a value of a job's matrix, or any where none is named, is
// not written in the file.
func dynamicMatrix(job *actionlint.Job, name []string) bool {
	if job.Strategy == nil || job.Strategy.Matrix == nil {
		return false
	}
	m := job.Strategy.Matrix
	if m.Expression != nil || m.Include != nil && m.Include.Expression != nil {
		return true
	}
	ours := func(key string) bool { return len(name) == 0 || name[0] == "*" || strings.EqualFold(name[0], key) }
	for key, row := range m.Rows {
		if ours(key) && (row.Expression != nil || slices.ContainsFunc(row.Values, made)) {
			return true
		}
	}
	if m.Include != nil {
		for _, c := range m.Include.Combinations {
			if c.Expression != nil {
				return true
			}
			for key, assign := range c.Assigns {
				if ours(key) && made(assign.Value) {
					return true
				}
			}
		}
	}
	return false
}

// made tells whether a value of a matrix is made by an expression.
func made(v actionlint.RawYAMLValue) bool { return v != nil && strings.Contains(v.String(), "${{") }

// fixedOutput tells whether an output of an earlier step is a number or a digest that
// nobody chooses.
func (sc scope) fixedOutput(id, output string) bool {
	for _, s := range sc.job.Steps {
		if s.File != sc.step.File || s.Def.ID == nil || !strings.EqualFold(s.Def.ID.Value, id) {
			continue
		}
		owner, _, _ := strings.Cut(s.Action(), "/")
		return (owner == "actions" || owner == "docker") && slices.Contains([]string{"cache-hit", "commit", "digest", "imageid",
			"artifact-id", "artifact-digest", "artifact-url", "attestation-id", "attestation-url", "bundle-path"}, output)
	}
	return false
}

// needsOutputs tells whether a job that this one needs has outputs.
func (sc scope) needsOutputs() bool {
	for _, need := range sc.job.Def.Needs {
		other := sc.job.File.Workflow.Jobs[strings.ToLower(need.Value)]
		if other != nil && (len(other.Outputs) > 0 || other.WorkflowCall != nil) {
			return true
		}
	}
	return false
}

// env is the variable that an expression reads, and where it is set; nil where that is
// done while the job runs.
func (sc scope) env(name string) (*actionlint.String, scope) {
	for step := &sc.step; step != nil; step = step.By {
		if v := variable(step.Def.Env, name); v != nil {
			return v, sc.at(sc.job, *step)
		}
	}
	own := sc.beside(sc.job)
	if v := variable(sc.job.Def.Env, name); v != nil {
		return v, own
	}
	return variable(sc.job.File.Workflow.Env, name), own
}

// variable is what a list of variables says of one.
func variable(env *actionlint.Env, name string) *actionlint.String {
	if env == nil || env.Vars[name] == nil {
		return nil
	}
	return env.Vars[name].Value
}
