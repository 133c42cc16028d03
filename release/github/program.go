package github

import (
	"context"
	"errors"
	"path"
	"slices"
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
			f.addOthers(ctx, st, &p)
			programs[i], next[i] = p, slices.Clone(p.Entries)
			for _, ref := range p.Others {
				if p.Files[ref] == nil {
					next[i] = append(next[i], ref)
				}
			}
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

// startsOthers tells whether what starts a stage may start workflows that the plan does
// not name: a tag and a release start whatever asks for them.
func startsOthers(st release.Stage) bool {
	return st.Trigger == release.TriggerTag || st.Trigger == release.TriggerRelease
}

// addOthers adds to a program the workflows that start with a stage though the plan does
// not name them. A release makes its tag, so that what starts on that starts, too.
func (f *filling) addOthers(ctx context.Context, st release.Stage, p *actions.Program) {
	if f.opened == nil || !startsOthers(st) {
		return
	}
	all, told := f.opened().workflows[commitName{st.Repo, st.SHA}]
	if !told {
		var err error
		if all, err = f.c.Workflows(ctx, st.Repo, st.SHA); err != nil {
			m := lack(err, needs("contents: read", st.Repo))
			ref := actions.Ref{Repo: st.Repo.String(), At: st.SHA, Path: actions.Dir}
			p.Others = append(p.Others, ref)
			p.Files[ref] = &actions.File{Ref: ref, Unread: true, Problem: m.Why, Needs: m.Needs}
			return
		}
	}
	events := []occasion{f.occasion(st)}
	if st.Trigger == release.TriggerRelease {
		tag := events[0]
		tag.trigger = release.TriggerTag
		events = append(events, tag)
	}
	for _, w := range all {
		if slices.Contains(st.Workflows, w.File) {
			continue
		}
		parsed, _ := parseWorkflow(w.Content)
		if parsed != nil && slices.ContainsFunc(events, func(o occasion) bool { starts, err := startedBy(parsed, o); return starts || err != nil }) {
			p.Others = append(p.Others, actions.Ref{Repo: st.Repo.String(), At: st.SHA, Path: actions.Dir + "/" + w.File})
		}
	}
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

// names tells whether the plan names a workflow file.
func (f *filling) names(ref actions.Ref) bool {
	return slices.ContainsFunc(f.plan.Stages, func(st release.Stage) bool {
		return st.Repo.String() == ref.Repo && st.SHA == ref.At && slices.ContainsFunc(st.Workflows, func(file string) bool {
			return ref.Path == actions.Dir+"/"+file
		})
	})
}

// programFile reads a workflow file, a script, or the definition of the action in a
// directory; nil for a script that the commit does not have: a step may make it.
func (f *filling) programFile(ctx context.Context, ref actions.Ref) *actions.File {
	unread := func(err error, repo release.Repo) *actions.File {
		m := lack(err, needs("contents: read", repo))
		if errors.Is(err, release.ErrNotFound) && f.names(ref) { // the commit is there, or its plan would not be
			m = checks.Missing{Why: text.Cleanf("not there at %s", short(ref.At)), Next: "see wf.trigger: the plan names a workflow that the commit does not have"}
		}
		return &actions.File{Ref: ref, Unread: true, Problem: m.Why, Needs: m.Needs, Next: m.Next}
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
