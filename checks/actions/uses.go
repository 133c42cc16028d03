package actions

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/rhysd/actionlint"
)

// Kind is what a step or job uses.
type Kind string

// The kinds.
const (
	KindAction   Kind = "action"
	KindWorkflow Kind = "reusable workflow"
	KindImage    Kind = "image"
	// KindServices are the services of a job that an expression says as a whole.
	KindServices Kind = "services"
	// KindCode is code of the repository that an action of it runs, and nothing here reads.
	KindCode Kind = "code"
)

// Use is something that a file takes from elsewhere: an action, another workflow, or an
// image that a step or job runs in.
type Use struct {
	Kind Kind
	File *File
	Line int
	// Text is as it is written: owner/name/path@ref, ./path, or an image.
	Text string
	// Repo is owner/name of an action or workflow of a repository; empty for what is
	// in this one, for images, and for what is only known when it runs.
	Repo string
	// Path is that within Repo, or within the file's own repository where Local is set.
	Path  string
	Local bool
	// Ref is what is behind the @ of an action or workflow.
	Ref string
}

var (
	commitName = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
	digestName = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
)

// Pinned tells whether what is used stays what it is: nobody but whoever writes the
// file can change it.
func (u Use) Pinned() bool {
	switch {
	case u.Local:
		return true
	case u.Kind == KindImage:
		return digestName.MatchString(u.Text)
	}
	return commitName.MatchString(u.Ref)
}

// Dynamic tells whether what is used is only known when it runs.
func (u Use) Dynamic() bool { return strings.Contains(u.Text, "${{") }

// Owner is the owner of Repo.
func (u Use) Owner() string {
	owner, _, _ := strings.Cut(u.Repo, "/")
	return owner
}

// newUse reads what is behind `uses:`.
func newUse(kind Kind, f *File, s *actionlint.String) Use {
	u := Use{Kind: kind, File: f, Line: s.Pos.Line, Text: s.Value}
	if image, docker := dockerImage(s.Value); docker {
		u.Kind, u.Text = KindImage, image
		return u
	}
	whole := plainUses(s.Value)
	if whole == "." || strings.HasPrefix(whole, "./") {
		u.Local, u.Path = true, path.Clean(whole)
		return u
	}
	whole, ref, _ := strings.Cut(whole, "@")
	parts := strings.SplitN(whole, "/", 3)
	u.Ref = ref
	if len(parts) >= 2 && !u.Dynamic() {
		u.Repo = parts[0] + "/" + parts[1]
	}
	if len(parts) == 3 {
		u.Path = parts[2]
	}
	return u
}

// dockerImage is the image that `uses:` names, with the scheme in any case.
func dockerImage(uses string) (string, bool) {
	const scheme = "docker://"
	if len(uses) < len(scheme) || !strings.EqualFold(uses[:len(scheme)], scheme) {
		return "", false
	}
	return uses[len(scheme):], true
}

// plainUses is what stands behind `uses:` as the runner takes it: \ is as good as / in a
// path, and so are several, or one at either end.
func plainUses(uses string) string {
	if _, docker := dockerImage(uses); docker {
		return uses
	}
	whole, ref, pinned := strings.Cut(uses, "@")
	whole = strings.Join(strings.FieldsFunc(whole, func(r rune) bool { return r == '/' || r == '\\' }), "/")
	if pinned {
		whole += "@" + ref
	}
	return whole
}

// Uses is everything that a step takes from elsewhere.
func (s Step) Uses() []Use {
	x, ok := s.Def.Exec.(*actionlint.ExecAction)
	if !ok || x.Uses == nil {
		return nil
	}
	u := newUse(KindAction, s.File, x.Uses)
	if s.File.code && u.Kind != KindImage {
		u = Use{Kind: KindCode, File: s.File, Line: u.Line, Text: u.Text, Local: true}
	}
	return []Use{u}
}

// Uses is everything that a job and its steps take from elsewhere. What a called
// workflow uses is its own jobs'.
func (j Job) Uses() []Use {
	var out []Use
	if c := j.Def.WorkflowCall; c != nil && c.Uses != nil {
		out = append(out, newUse(KindWorkflow, j.File, c.Uses))
	}
	image := func(c *actionlint.Container) {
		if c != nil && c.Image != nil && c.Image.Value != "" {
			out = append(out, Use{Kind: KindImage, File: j.File, Line: c.Image.Pos.Line,
				Text: strings.TrimPrefix(c.Image.Value, "docker://")})
		}
	}
	image(j.Def.Container)
	if j.Def.Services != nil {
		if e := j.Def.Services.Expression; e != nil {
			out = append(out, Use{Kind: KindServices, File: j.File, Line: e.Pos.Line, Text: e.Value})
		}
		for _, name := range sortedKeys(j.Def.Services.Value) {
			image(j.Def.Services.Value[name].Container)
		}
	}
	for _, s := range j.Steps {
		out = append(out, s.Uses()...)
	}
	return out
}

// Calls are the files of a repository that a file runs as its own: the workflows that
// its jobs call, and the composite actions and scripts of the home repository, from which
// the run is started, that its steps use. An action is named by its directory. Whether
// there are such scripts is not known: a step may make what it starts.
func (f *File) Calls(home string) []Ref {
	var out []Ref
	step := func(s *actionlint.Step, dir string) {
		if strings.EqualFold(f.Repo, home) {
			out = append(out, f.scripts(s, dir)...)
		}
		for _, u := range (Step{File: f, Def: s}).Uses() {
			if u.Local && strings.EqualFold(f.Repo, home) && within(u.Path) {
				out = append(out, Ref{Repo: f.Repo, At: f.At, Path: u.Path})
			}
		}
	}
	for _, job := range f.Jobs() {
		if c := job.WorkflowCall; c != nil && c.Uses != nil {
			if ref, ok := newUse(KindWorkflow, f, c.Uses).workflow(); ok {
				out = append(out, ref)
			}
		}
		for _, s := range job.Steps {
			step(s, f.jobDir(job))
		}
	}
	for _, s := range f.Steps {
		step(s, "")
	}
	return out
}

// Calls is the workflow file that a job runs in place of steps of its own.
func (j Job) Calls() (Ref, bool) {
	if c := j.Def.WorkflowCall; c != nil && c.Uses != nil {
		return newUse(KindWorkflow, j.File, c.Uses).workflow()
	}
	return Ref{}, false
}

// workflow is the file of a reusable workflow.
func (u Use) workflow() (Ref, bool) {
	if u.Local {
		return Ref{Repo: u.File.Repo, At: u.File.At, Path: u.Path}, within(u.Path)
	}
	return Ref{Repo: u.Repo, At: u.Ref, Path: u.Path}, u.Repo != "" && u.Ref != "" && within(u.Path)
}

// within tells whether a path is one of a repository's files or directories.
func within(p string) bool { return p != "" && fs.ValidPath(p) }
