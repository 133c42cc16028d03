package release

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace"
	"twokey/checks/trace/archive"
	"twokey/checks/trace/attest"
)

// inspection reads what was published and holds it against the commits that it is to be
// from. What it read of a commit or of the release before, it does not read again.
type inspection struct {
	e       *Engine
	plan    Plan
	trees   map[string]*trace.Tree // by repository and commit
	blobs   blobs
	trusted *attest.Root // what attestations are verified against; nil before the first
	// search is for a file that is to be explained, and explained what was found;
	// empty for none.
	search    *search
	explained []FileExplained
	unread    error // of a file that may have held it
	// refused is the error of a token that works no more: it is about the session, and not
	// about what is published.
	refused error
	// calls are the workflows that those of a stage call, by the stage's name.
	calls map[string][]string
	// jobLogs are what logs say, by the job and what was looked for.
	jobLogs map[string]jobLog
	// last are the releases before, the newest first, once they were looked for.
	last func(context.Context) ([]checks.TagName, error)
}

// inspect begins an inspection of a plan's artifacts.
func (e *Engine) inspect(p Plan) *inspection {
	in := &inspection{e: e, plan: p, trees: map[string]*trace.Tree{}, blobs: blobs{kept: map[blobOf][]byte{}}, calls: map[string][]string{}, jobLogs: map[string]jobLog{}}
	var once sync.Once
	var tags []checks.TagName
	var err error
	in.last = func(ctx context.Context) ([]checks.TagName, error) {
		once.Do(func() { tags, err = in.findLast(ctx) })
		return tags, err
	}
	return in
}

// stage reads everything that a stage has published and judges it, telling all of it as
// it goes. It only fails when ctx ends.
func (in *inspection) stage(ctx context.Context, st Stage) ([]checks.Finding, error) {
	facts := make([]checks.ArtifactFacts, 0, len(st.Artifacts))
	for _, a := range st.Artifacts {
		f := in.artifact(ctx, st, a)
		if err := ctx.Err(); err != nil { // what was read then is no answer
			return nil, err
		}
		facts = append(facts, f)
		in.e.ports.Stream.Emit(traced(st, a, f))
	}
	sameNames(facts)
	runs, err := in.runs(ctx, st)
	built, unkept := in.built(ctx, st, runs)
	compareBuilt(facts, built)
	if !errors.Is(unkept, ErrNoToken) { // who has none is given no log either
		in.logged(ctx, st, facts, runs)
	}
	approvals := in.approvals(ctx, st, runs, err)
	if err := cmp.Or(ctx.Err(), in.refused); err != nil {
		in.refused = nil
		return nil, err
	}
	out := checks.StageFacts{Artifacts: facts, Approvals: approvals}
	if unkept = cmp.Or(err, unkept); unkept != nil {
		m := in.missing(unkept)
		out.Unkept = &m
	}
	return in.judge(st, out)
}

// judge makes the checks of one stage.
func (in *inspection) judge(st Stage, facts checks.StageFacts) ([]checks.Finding, error) {
	snap := &checks.Snapshot{Subject: in.e.subject(in.plan), Taken: in.e.ports.Clock.Now()}
	if err := in.e.give(&snap.Subject, true); err != nil {
		return nil, in.e.hintInWorld(err)
	}
	for i, s := range in.plan.Stages {
		if s.Name == st.Name {
			snap.Subject.Stages = snap.Subject.Stages[i : i+1]
		}
	}
	snap.Stages = []checks.StageFacts{facts}
	var out []checks.Finding
	for _, c := range checks.ForPublished() {
		f := checks.Run(c, snap)
		f.Remedy = in.e.inWorld(f.Remedy)
		out = append(out, f)
		in.e.ports.Stream.Emit(ArtifactsChecked{Stage: st.Name, Finding: f})
	}
	return out, nil
}

// missing is why something could not be read. A refused token is remembered.
func (in *inspection) missing(err error) checks.Missing {
	if refusedToken(err) {
		in.refused = err
	}
	return missing(err)
}

// artifact reads the files of one artifact.
func (in *inspection) artifact(ctx context.Context, st Stage, a Artifact) checks.ArtifactFacts {
	out := checks.ArtifactFacts{Artifact: text.Clean(a.String()), TakeBack: takeBack(a), MayBeEmpty: a.Kind == KindGitHubRelease}
	base, unheld := in.base(st, a)
	out.Unheld, out.Attested, out.Policy = unheld, a.Attested, in.policy(ctx, st, a)
	if a.Kind == KindGitHubRelease && in.private(ctx, a.Repo) {
		out.Unheld, out.Files = text.Clean("the repository is private, and what is published is only read as anybody can read it"), checks.Have([]checks.FileFacts{})
		return out
	}
	files, err := in.e.ports.Artifacts.Files(ctx, a)
	if err != nil {
		out.Files = checks.Lack[[]checks.FileFacts](in.missing(err))
		return out
	}
	list := make([]checks.FileFacts, len(files))
	for i, f := range files {
		list[i] = in.file(ctx, st, f, base, unheld.IsZero(), out.Policy)
	}
	out.Files = checks.Have(list)
	return out
}

// private tells whether a repository certainly is one that not everybody can read.
func (in *inspection) private(ctx context.Context, repo Repo) bool {
	r, err := in.e.ports.Forge.Repository(ctx, repo)
	return err == nil && r.Private
}

// base is the commit that an artifact is held against, or why there is none: one that a
// stage makes of another repository's files has to say where these are in it.
func (in *inspection) base(st Stage, a Artifact) (commit, text.Safe) {
	switch {
	case a.Source != "" && st.Repo != in.plan.Repo:
		return commit{in.plan.Repo, in.plan.SHA}, text.Safe{}
	case a.Source == "" && (a.Kind == KindImage || (a.Kind == KindDeb || a.Kind == KindApt) && st.Repo != in.plan.Repo):
		return commit{}, text.Clean("the plan does not say where in it the project's own files are, so that they were held against no commit")
	}
	return commit{st.Repo, st.SHA}, text.Safe{}
}

// file reads one file, and where it holds what its commit does not have, the same file
// of the release before.
func (in *inspection) file(ctx context.Context, st Stage, f File, base commit, held bool, policy checks.AttestationPolicy) checks.FileFacts {
	out := checks.FileFacts{PublishedFile: f.facts(), Index: f.Index}
	var tr checks.Traced
	var got Received
	var err error
	switch {
	case held && f.Form != checks.FormOther:
		tr, got, err = in.trace(ctx, st, f, base, in.plan.Version)
	case f.Form == checks.FormImage: // its digest is known, and nothing in it is asked for
	default:
		got, err = in.read(ctx, st, f, func(archive.Member, io.Reader) error { return nil })
		var refused *archive.Refused
		if errors.As(err, &refused) {
			tr.Refused, err = text.Clean(refused.Error()), nil
		}
	}
	out.Digests = append(out.Digests, got.Digests...)
	out.Attestations = in.attestations(ctx, st, f, out.PublishedFile, policy)
	if got.Size > 0 && out.Size < 0 {
		out.Size = got.Size
	}
	if err != nil {
		out.Traced = checks.Lack[checks.Traced](in.missing(err))
		return out
	}
	tr.File = out.PublishedFile
	out.Traced = checks.Have(tr)
	out.Before = checks.Have(checks.LastTime{})
	if trace.Comparable(tr) {
		c := in.compare(ctx, st, f, tr)
		out.Before, out.Unlike, out.Otherwise = c.last, c.unlike, c.otherwise
	}
	return out
}

// trace holds one file against a commit.
func (in *inspection) trace(ctx context.Context, st Stage, f File, base commit, version string) (checks.Traced, Received, error) {
	tree, err := in.tree(ctx, base)
	if err != nil {
		return checks.Traced{}, Received{}, err
	}
	t := trace.New(tree, trace.Options{Form: f.Form, Project: f.project(in.plan), Version: version, Package: f.debian(), Source: f.Artifact.Source, Generated: in.patterns(), Explain: in.search.path(f)})
	got, err := in.read(ctx, st, f, in.search.watch(f, t.Visit))
	var refused *archive.Refused
	if errors.As(err, &refused) {
		return checks.Traced{Commit: base.sha, Refused: text.Clean(refused.Error())}, got, nil
	}
	if err != nil {
		return checks.Traced{}, got, err
	}
	// Without them a file is modified where it might be explained: that is the safe side.
	contents, err := in.contents(ctx, base, t.Wanted())
	if err != nil {
		in.e.note("%s: why some files differ from the commit's can not be told: %v", f.Name, err)
	}
	report := t.Report(contents)
	if file, content, ok := t.Explained(); ok && version == in.plan.Version {
		in.explained = append(in.explained, FileExplained{In: f, Base: base.repo, Commit: base.sha, File: file, Content: content})
	}
	return report, got, nil
}

// patterns are the files that the plan says the build makes.
func (in *inspection) patterns() []trace.Pattern {
	var out []trace.Pattern
	for _, g := range in.plan.Generated {
		out = append(out, trace.Pattern{Glob: g.Path, Reason: g.Reason})
	}
	return out
}

// read reads a file whole, and tells how far it is.
func (in *inspection) read(ctx context.Context, st Stage, f File, visit archive.Visit) (Received, error) {
	began := in.e.ports.Clock.Now()
	told := began
	return in.e.ports.Artifacts.Read(ctx, f, visit, func(received int64) {
		if now := in.e.ports.Clock.Now(); now.Sub(told) >= time.Second {
			told = now
			in.e.ports.Stream.Emit(ArtifactReading{Stage: st.Name, Artifact: f.Artifact, File: text.Clean(f.Name), Received: received, Size: f.Size,
				Rate: int64(float64(received) / now.Sub(began).Seconds())})
		}
	})
}

// tree reads what a commit holds, once.
func (in *inspection) tree(ctx context.Context, at commit) (*trace.Tree, error) {
	key := at.repo.String() + "@" + at.sha
	if t := in.trees[key]; t != nil {
		return t, nil
	}
	entries, err := in.e.ports.Commits.Tree(ctx, at.repo, at.sha)
	if err != nil {
		return nil, err
	}
	in.trees[key] = trace.NewTree(at.sha, entries)
	return in.trees[key], nil
}

// facts is what a judgement needs of a file.
func (f File) facts() checks.PublishedFile {
	return checks.PublishedFile{Name: text.Clean(f.Name), Form: f.Form, URL: f.Page, Size: f.Size, Digests: slices.Clone(f.Digests),
		Uploaded: f.Uploaded, Yanked: f.Yanked, YankedWhy: f.YankedWhy, Labels: f.Labels}
}

// project is the name that a file's own metadata has to give.
func (f File) project(p Plan) string {
	if f.Artifact.Kind == KindPyPI {
		return f.Artifact.Name
	}
	if name, _, ok := strings.Cut(f.Name, "-"); ok && (f.Form == checks.FormSdist || f.Form == checks.FormWheel) {
		return name
	}
	return p.Project
}

// debian is the name that a package has to give itself; empty where its file's does not
// begin with one, as dpkg names files: name_version_architecture.deb.
func (f File) debian() string {
	switch parts := strings.Split(f.Name, "_"); {
	case f.Form != checks.FormDeb:
		return ""
	case f.Artifact.Kind == KindApt:
		return f.Artifact.Apt.Package
	case len(parts) == 3:
		return parts[0]
	}
	return ""
}

// sameNames lets the files of one name tell each other's digests: what a GitHub release
// has under the name of a file on PyPI is to be that file.
func sameNames(facts []checks.ArtifactFacts) {
	type telling struct {
		by   text.Safe
		said []checks.Said
	}
	tell := map[string][]telling{}
	each := func(f func(a checks.ArtifactFacts, file *checks.FileFacts)) {
		for _, a := range facts {
			list, _ := a.Files.Get()
			for i := range list {
				if list[i].Form != checks.FormImage {
					f(a, &list[i])
				}
			}
		}
	}
	each(func(a checks.ArtifactFacts, file *checks.FileFacts) {
		name := file.Name.String()
		tell[name] = append(tell[name], telling{a.Artifact, slices.Clone(file.Digests)})
	})
	each(func(a checks.ArtifactFacts, file *checks.FileFacts) {
		for _, other := range tell[file.Name.String()] {
			for _, d := range other.said {
				if other.by != a.Artifact {
					file.Digests = append(file.Digests, checks.Said{By: text.Cleanf("%s, of %s", d.By, other.by), Digest: d.Digest})
				}
			}
		}
	})
}

// traced is what is told of an artifact's files in short.
func traced(st Stage, a Artifact, f checks.ArtifactFacts) ArtifactTraced {
	ev := ArtifactTraced{Stage: st.Name, Artifact: a, Files: []FileTrace{}}
	list, ok := f.Files.Get()
	if !ok {
		ev.Why = f.Files.Missing().Why
	}
	for _, file := range list {
		line := FileTrace{Name: file.Name, Form: file.Form, Size: file.Size}
		for _, d := range file.Digests {
			if d.By == checks.Downloaded() && line.Digest == "" {
				line.Digest = d.Digest
			}
		}
		tr, read := file.Traced.Get()
		switch {
		case !read:
			line.Why = file.Traced.Missing().Why
		case !tr.Refused.IsZero():
			line.Why = tr.Refused
		case !f.Unheld.IsZero():
			line.Why = f.Unheld
		case file.Form == checks.FormOther:
			line.Why = text.Clean("is no archive that is looked into")
		default:
			line.tell(tr)
		}
		ev.Files = append(ev.Files, line)
	}
	return ev
}
