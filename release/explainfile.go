package release

import (
	"context"
	"errors"
	"fmt"

	"twokey/checks"
	"twokey/checks/text"
)

// FileExplained is one file in one published file, and what the commit has of it.
type FileExplained struct {
	In     File
	Base   Repo   // whose commit it was held against
	Commit string // of Base
	File   checks.TracedFile
	// Content is the file's, and Was what the commit has under its path; nil for what is
	// longer than is shown, or not there.
	Content, Was []byte
}

// ExplainFile finds a file, by its path within the project, in what a version published,
// and says of each place what the commit has of it. It only reads.
func (e *Engine) ExplainFile(ctx context.Context, repo Repo, v, stage, path string) ([]FileExplained, error) {
	if e.ports.Artifacts == nil {
		return nil, &Error{Op: "verify", Err: errors.New("this session can not read what was published")}
	}
	ctx = e.lookFor(ctx, "verify")
	p, err := e.released(ctx, repo, v)
	if err != nil {
		return nil, err
	}
	in := e.inspect(p)
	in.explain = path
	var unread error
	for _, st := range p.Stages {
		if stage != "" && st.Name != stage || e.neverStarted(st) { // what is there now is another release's
			continue
		}
		for _, a := range st.Artifacts {
			if err := in.explainIn(ctx, st, a); err != nil {
				unread = err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range in.explained {
		x := &in.explained[i]
		if x.File.GitBlob == "" {
			continue
		}
		was, err := in.contents(ctx, commit{x.Base, x.Commit}, []string{x.File.GitBlob})
		if err != nil {
			e.note("%s: what the commit has can not be read: %v", x.File.Path, err)
		}
		x.Was = was[x.File.GitBlob]
	}
	if len(in.explained) == 0 {
		if unread != nil {
			return nil, explain(unread, "explaining "+text.Clean(path).String(), "")
		}
		return nil, &Error{Kind: KindUsage, Op: fmt.Sprintf("explaining %q", text.Clean(path)),
			Err: errors.New("no published file that is held against a commit has it"), Hint: "name it as the finding does, without the artifact's own directory"}
	}
	return in.explained, nil
}

// explainIn looks for the file in an artifact.
func (in *inspection) explainIn(ctx context.Context, st Stage, a Artifact) error {
	base, unheld := in.base(st, a)
	if !unheld.IsZero() {
		return nil
	}
	files, err := in.e.ports.Artifacts.Files(ctx, a)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Form == checks.FormOther {
			continue
		}
		if _, _, err := in.trace(ctx, st, f, base, in.plan.Version); err != nil {
			return err
		}
	}
	return nil
}
