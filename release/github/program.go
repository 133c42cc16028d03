package github

import (
	"context"
	"errors"
	"path"
	"sync"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/checks/text"
	"twokey/release"
)

// maxFiles bounds the workflow files and actions that are read for one stage.
const maxFiles = 100

// programs reads what the workflows of every stage run: the files themselves, the
// reusable workflows that they call and the repository's own actions.
func (f *filling) programs(ctx context.Context) {
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		p := actions.Program{Home: st.Repo.String(), Event: eventOf(st.Trigger), Files: map[actions.Ref]*actions.File{}}
		for _, file := range st.Workflows {
			p.Entries = append(p.Entries, actions.Ref{Repo: st.Repo.String(), At: st.SHA, Path: actions.Dir + "/" + file})
		}
		next := p.Entries
		for depth := 0; len(next) > 0 && depth <= actions.MaxDepth && len(p.Files)+len(next) <= maxFiles; depth++ {
			next = f.programFiles(ctx, p, next)
		}
		for _, ref := range next { // deeper or more than GitHub would run
			p.Files[ref] = &actions.File{Ref: ref, Unread: true, Problem: text.Clean("too many files call one another")}
		}
		facts.Program = checks.Have(p)
	})
}

// eventOf is what a stage's trigger is for its workflows.
func eventOf(t release.Trigger) actions.Event {
	switch t {
	case release.TriggerRelease:
		return actions.EventRelease
	case release.TriggerDispatch:
		return actions.EventDispatch
	}
	return actions.EventPush
}

// programFiles adds files to a program, read at the same time, and tells what they
// call that it does not have yet.
func (f *filling) programFiles(ctx context.Context, p actions.Program, refs []actions.Ref) (next []actions.Ref) {
	read := make([]*actions.File, len(refs))
	var wg sync.WaitGroup
	for i, ref := range refs {
		wg.Go(func() { read[i] = f.programFile(ctx, ref) })
	}
	wg.Wait()
	for i, ref := range refs {
		p.Files[ref] = read[i]
	}
	wanted := map[actions.Ref]bool{}
	for _, file := range read {
		for _, call := range file.Calls(p.Home) {
			if p.Files[call] == nil && !wanted[call] {
				wanted[call] = true
				next = append(next, call)
			}
		}
	}
	return next
}

// programFile reads a workflow file, or the definition of the action in a directory.
func (f *filling) programFile(ctx context.Context, ref actions.Ref) *actions.File {
	unread := func(err error, repo release.Repo) *actions.File {
		m := lack(err, needs("contents: read", repo))
		return &actions.File{Ref: ref, Unread: true, Problem: m.Why, Needs: m.Needs}
	}
	repo, err := release.ParseRepo(ref.Repo)
	if err != nil {
		return unread(err, repo)
	}
	repo.Host = f.plan.Repo.Host
	var src []byte
	for _, name := range definitions(ref.Path) {
		if src, err = f.file(ctx, repo, ref.At, name); errors.Is(err, release.ErrNotFound) {
			continue
		}
		if err != nil {
			break
		}
		file := actions.Parse(actions.Ref{Repo: ref.Repo, At: ref.At, Path: name}, src)
		file.Page = f.c.page(repo, "blob", ref.At+"/"+name)
		return file
	}
	return unread(err, repo)
}

// definitions are where a workflow is, or an action that is named by its directory.
func definitions(p string) []string {
	if ext := path.Ext(p); ext == ".yml" || ext == ".yaml" {
		return []string{p}
	}
	return []string{path.Join(p, "action.yml"), path.Join(p, "action.yaml"), path.Join(p, "Dockerfile")}
}
