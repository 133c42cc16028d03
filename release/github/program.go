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
	read := f.readPrograms(ctx)
	for i := range f.plan.Stages {
		f.snap.Stages[i].Program = checks.Have(read[i])
	}
}

// readPrograms reads the programs of all stages once, call by call: what is called at
// the same depth is asked for together.
func (f *filling) readPrograms(ctx context.Context) []actions.Program {
	read, _ := once(&f.memo, "programs", func() ([]actions.Program, error) {
		programs := make([]actions.Program, len(f.plan.Stages))
		next := make([][]actions.Ref, len(f.plan.Stages))
		for i, st := range f.plan.Stages {
			p := actions.Program{Home: st.Repo.String(), Event: eventOf(st.Trigger), Files: map[actions.Ref]*actions.File{}}
			for _, file := range st.Workflows {
				p.Entries = append(p.Entries, actions.Ref{Repo: st.Repo.String(), At: st.SHA, Path: actions.Dir + "/" + file})
			}
			programs[i], next[i] = p, p.Entries
		}
		for depth := 0; depth <= actions.MaxDepth; depth++ {
			f.readLevel(ctx, programs, next, depth)
		}
		for i, p := range programs {
			for _, ref := range next[i] { // deeper or more than GitHub would run
				p.Files[ref] = &actions.File{Ref: ref, Unread: true, Problem: text.Clean("too many files call one another")}
			}
			programs[i] = p.Settled()
		}
		return programs, nil
	})
	return read
}

// readLevel reads the files that come next in each program, and tells what they call.
func (f *filling) readLevel(ctx context.Context, programs []actions.Program, next [][]actions.Ref, depth int) {
	fits := func(i int) bool { return len(programs[i].Files)+len(next[i]) <= maxFiles }
	if f.opened != nil && depth > 0 { // what comes first was read with all that the plan names
		var names []fileName
		for i, refs := range next {
			for _, ref := range refs {
				if repo, err := f.repoOf(ref); err == nil && fits(i) {
					for _, name := range definitions(ref) {
						names = append(names, fileName{repo, ref.At, name})
					}
				}
			}
		}
		f.readAhead(ctx, names)
	}
	var wg sync.WaitGroup
	for i, refs := range next {
		if len(refs) > 0 && fits(i) {
			wg.Go(func() { next[i] = f.programFiles(ctx, programs[i], refs) })
		}
	}
	wg.Wait()
}

// repoOf is the repository that a file of a program is in.
func (f *filling) repoOf(ref actions.Ref) (release.Repo, error) {
	repo, err := release.ParseRepo(ref.Repo)
	repo.Host = f.plan.Repo.Host
	return repo, err
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
		if read[i] != nil {
			p.Files[ref] = read[i]
		}
	}
	wanted := map[actions.Ref]bool{}
	for _, file := range read {
		if file == nil { // what a step seems to start, and the commit does not have
			continue
		}
		for _, call := range file.Calls(p.Home) {
			if p.Files[call] == nil && !wanted[call] {
				wanted[call] = true
				next = append(next, call)
			}
		}
	}
	return next
}

// programFile reads a workflow file, a script, or the definition of the action in a
// directory; nil for a script that the commit does not have: a step may make it.
func (f *filling) programFile(ctx context.Context, ref actions.Ref) *actions.File {
	unread := func(err error, repo release.Repo) *actions.File {
		m := lack(err, needs("contents: read", repo))
		return &actions.File{Ref: ref, Unread: true, Problem: m.Why, Needs: m.Needs}
	}
	repo, err := f.repoOf(ref)
	if err != nil {
		return unread(err, repo)
	}
	var src []byte
	for _, name := range definitions(ref) {
		if src, err = f.file(ctx, repo, ref.At, name); errors.Is(err, release.ErrNotFound) {
			continue
		}
		if err != nil {
			break
		}
		file := actions.Parse(actions.Ref{Repo: ref.Repo, At: ref.At, Path: name, Script: ref.Script}, src)
		file.Page = f.c.page(repo, "blob", ref.At+"/"+name)
		return file
	}
	if ref.Script && (errors.Is(err, release.ErrNotFound) || errors.Is(err, errDirectory)) {
		return nil
	}
	return unread(err, repo)
}

// definitions are where a workflow or script is, or an action that is named by its
// directory.
func definitions(ref actions.Ref) []string {
	p := ref.Path
	if ext := path.Ext(p); ref.Script || ext == ".yml" || ext == ".yaml" {
		return []string{p}
	}
	return []string{path.Join(p, "action.yml"), path.Join(p, "action.yaml"), path.Join(p, "Dockerfile")}
}
