package release

import (
	"regexp"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
)

// uploadKind is what a step publishes.
type uploadKind string

const (
	uploadPyPI    uploadKind = "pypi"
	uploadImage   uploadKind = "image"
	uploadRelease uploadKind = "release"
	uploadDeb     uploadKind = "deb"
	uploadOther   uploadKind = "other" // a place that is not verified
)

// upload is one step that publishes.
type upload struct {
	kind uploadKind
	what string // the action or command, for people
	name string // a PyPI project's name, where it is told
	// elsewhere holds for a Python package that goes to another index than PyPI, or
	// to one that can not be seen.
	elsewhere bool
	images    []imageRef
	// draft holds for a GitHub release that a person still has to publish, and
	// otherToken for one that is not created with the workflow's own token.
	draft      bool
	otherToken bool
}

// uploads finds the steps of a workflow that publish when an event starts it.
func (d *discovery) uploads(w *flow, e event) []upload {
	return d.uploadsIn(w, e, nil, []string{w.file})
}

// uploadsIn is uploads for a workflow that is called with inputs.
func (d *discovery) uploadsIn(w *flow, e event, inputs map[string]string, path []string) []upload {
	var out []upload
	jobs := map[string]*scope{}
	for _, job := range jobsOf(w.parsed) {
		if !d.spend() || !actions.MayRun(job.If, e.hook(), d.found.Repo.String()) {
			continue
		}
		if job.WorkflowCall != nil && job.WorkflowCall.Uses != nil {
			out = append(out, d.called(w, d.newScope(w, job, e, inputs, jobs), path)...)
			continue
		}
		sc := d.newScope(w, job, e, inputs, jobs)
		for _, step := range job.Steps {
			sc.enter(step)
			if !actions.MayRun(step.If, e.hook(), d.found.Repo.String()) {
				continue
			}
			out = append(out, uploadsOf(step, sc)...)
		}
	}
	return out
}

// called follows a job that calls another workflow.
func (d *discovery) called(w *flow, sc *scope, path []string) []upload {
	uses := sc.job.WorkflowCall.Uses.Value
	callee := d.local(uses)
	switch {
	case callee == nil:
		d.note("%s calls %s, which is in another repository or missing: what it publishes is not seen", w.file, uses)
		return nil
	case len(path) > actions.MaxDepth:
		return nil
	}
	for _, file := range path {
		if file == callee.file {
			return nil
		}
	}
	inputs := callee.callDefaults()
	for name, in := range sc.job.WorkflowCall.Inputs {
		name = strings.ToLower(name)
		delete(inputs, name)
		if in.Value == nil {
			continue
		}
		if v, ok := sc.expand(in.Value.Value); ok {
			inputs[name] = v
		}
	}
	return d.uploadsIn(callee, sc.event, inputs, append(path[:len(path):len(path)], callee.file))
}

// uploadsOf is what one step publishes.
func uploadsOf(step *actionlint.Step, sc *scope) []upload {
	switch x := step.Exec.(type) {
	case *actionlint.ExecAction:
		if x.Uses == nil {
			return nil
		}
		name, _, _ := strings.Cut(strings.ToLower(x.Uses.Value), "@")
		if u, ok := actionUpload(name, inputsOf(x), sc); ok {
			return []upload{u}
		}
	case *actionlint.ExecRun:
		if x.Run != nil {
			return runUploads(x.Run.Value, sc)
		}
	}
	return nil
}

// inputsOf are an action's inputs, by their names in lower case.
func inputsOf(x *actionlint.ExecAction) map[string]string {
	out := map[string]string{}
	for name, in := range x.Inputs {
		if in.Value != nil {
			out[strings.ToLower(name)] = in.Value.Value
		}
	}
	return out
}

// actionUpload is what a known action publishes with its inputs.
func actionUpload(name string, in map[string]string, sc *scope) (upload, bool) {
	kind, ok := actions.ByAction(name, in)
	u := upload{kind: uploadKindOf(kind), what: name}
	switch {
	case u.kind == uploadPyPI:
		u.name, u.elsewhere = sc.pypiName(), sc.otherIndex(in["repository-url"]+in["repository_url"])
		ok = ok && (name != "pypa/gh-action-pypi-publish" || !sc.testIndex())
	case name == "docker/bake-action":
		u.kind = uploadOther // a file of its own names the images
	case u.kind == uploadImage:
		u.images = sc.references(splitList(in["tags"]))
	case u.kind == uploadRelease:
		u.draft = in["draft"] == "true"
		u.otherToken = sc.otherToken(in["token"] + in["repo_token"] + in["repo-token"])
	}
	return u, ok
}

// uploadKindOf is what a published thing is to a plan.
func uploadKindOf(k actions.PublishKind) uploadKind {
	switch k {
	case actions.PublishPyPI:
		return uploadPyPI
	case actions.PublishImage:
		return uploadImage
	case actions.PublishRelease:
		return uploadRelease
	case actions.PublishDeb:
		return uploadDeb
	}
	return uploadOther
}

// runUploads finds the commands in a script that publish.
func runUploads(script string, sc *scope) []upload {
	var out []upload
	for _, line := range sc.script(script) {
		for _, c := range actions.ByCommand(line) {
			u := upload{kind: uploadKindOf(c.Kind), what: c.What}
			switch {
			case c.Adds || u.kind == uploadPyPI && sc.testIndex():
				continue // a release that another makes
			case u.kind == uploadPyPI:
				u.name, u.elsewhere = sc.pypiName(), sc.otherIndex(indexOf(line))
			case u.kind == uploadRelease:
				u.draft = strings.Contains(line, "--draft")
				u.otherToken = sc.otherToken("")
			case u.kind == uploadImage:
				u.images = sc.references(pushedImages(line))
			}
			out = append(out, u)
		}
	}
	if what := actions.DebUpload(script); what != "" {
		out = append(out, upload{kind: uploadDeb, what: what})
	}
	return out
}

// indexFlag names the index of a command that publishes a Python package.
var indexFlag = regexp.MustCompile(`(?:^|\s)(?:--repository-url|--repository|--publish-url|--index|-r|--repo)[ =](\S+)`)

// indexOf is the index that a command names; empty when it names none.
func indexOf(line string) string {
	m := indexFlag.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	return strings.Trim(m[1], `"'`)
}

// pushedImages are the references that a docker command names.
func pushedImages(line string) []string {
	var out []string
	words := splitList(line)
	for i, w := range words {
		w = strings.Trim(w, `"'`)
		switch {
		case i > 0 && words[i-1] == "push" && !strings.HasPrefix(w, "-"):
			out = append(out, w)
		case i > 0 && (words[i-1] == "-t" || words[i-1] == "--tag"):
			out = append(out, w)
		case strings.HasPrefix(w, "--tag="):
			out = append(out, strings.TrimPrefix(w, "--tag="))
		}
	}
	return out
}

// splitList splits at white space and commas, as Docker's actions do, but not
// within an expression.
func splitList(s string) []string {
	within := false
	i := 0
	return strings.FieldsFunc(s, func(r rune) bool {
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "${{"):
			within = true
		case strings.HasPrefix(rest, "}}"):
			within = false
		}
		i += len(string(r))
		return !within && strings.ContainsRune("\n\r\t ,", r)
	})
}
