package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// filling is one reading of a snapshot. What two parts or two stages need is read
// once: memo holds it.
type filling struct {
	c    *Client
	plan release.Plan
	snap *checks.Snapshot
	memo memo
	// opened asks for what the plan names, once; nil where parts are read alone.
	opened func() opening
}

// Fill reads every part of the snapshot but what is published, all at the same
// time, and calls done once for each as it becomes complete. What can not be read
// is a lack with its reason; Fill itself fails only when ctx ends, and then says
// nothing more of parts.
func (c *Client) Fill(ctx context.Context, plan release.Plan, snap *checks.Snapshot, done func(checks.Part)) error {
	if len(snap.Stages) != len(plan.Stages) {
		snap.Stages = make([]checks.StageFacts, len(plan.Stages))
	}
	f := &filling{c: c, plan: plan, snap: snap}
	f.opened = sync.OnceValue(func() opening { return f.ask(ctx) })
	parts := map[checks.Part]func(context.Context){
		checks.PartViewer:       f.viewer,
		checks.PartRepos:        f.repos,
		checks.PartRefs:         f.refs,
		checks.PartTags:         f.tags,
		checks.PartRules:        f.rules,
		checks.PartCI:           f.ci,
		checks.PartFiles:        f.files,
		checks.PartWorkflows:    f.workflows,
		checks.PartProgram:      f.programs,
		checks.PartEnvironments: f.environments,
		checks.PartOpen:         f.open,
		checks.PartTagRules:     f.tagRules,
		checks.PartImmutable:    f.immutables,
		checks.PartChanges:      f.changes,
		checks.PartBlobs:        f.blobs,
		checks.PartMaintainers:  f.maintainers,
		checks.PartTestRuns:     f.testRuns,
		checks.PartSignature:    f.signature,
		checks.PartHistory:      f.history,
		checks.PartFragments:    f.fragments,
		checks.PartPins:         f.pins,
	}
	var g errgroup.Group
	for _, part := range checks.Parts() { // in the order in which they are worth reading
		fill, mine := parts[part]
		if !mine {
			continue
		}
		g.Go(func() error {
			fill(ctx)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			done(part)
			return nil
		})
	}
	return g.Wait()
}

// got is what was read, or a lack with its reason.
func got[T any](v T, err error, needs string) checks.Got[T] {
	if err == nil {
		return checks.Have(v)
	}
	return checks.Lack[T](lack(err, needs))
}

// lack is why something could not be read, and what would make it readable where
// that is something that can be given.
func lack(err error, needs string) checks.Missing {
	m := checks.Missing{Why: reason(err), Next: nextAfter(err)}
	if errors.Is(err, release.ErrNotFound) || errors.Is(err, release.ErrForbidden) || errors.Is(err, release.ErrUnauthorized) {
		m.Needs = needs
	}
	if s, ok := errors.AsType[*StatusError](err); ok && !s.cure.IsZero() {
		m.Needs = s.cure.String()
	}
	return m
}

// nextAfter is the next step where nothing can be given that makes something readable;
// empty where there is none.
func nextAfter(err error) string {
	s, _ := errors.AsType[*StatusError](err)
	g, _ := errors.AsType[*graphqlError](err)
	switch e, hinted := errors.AsType[*release.Error](err); {
	case s != nil && s.gap, g != nil && g.kind == rehearsalKind:
		return "nothing to mend: GitHub has this, and the rehearsal does not"
	case hinted && e.Hint != "":
		return e.Hint
	case transient(err):
		return checks.TryAgain
	}
	return ""
}

// reason is why something could not be read, in one line.
func reason(err error) text.Safe {
	if l, ok := errors.AsType[*limited](err); ok {
		return text.Clean(l.Error())
	}
	if s, ok := errors.AsType[*StatusError](err); ok {
		switch s.Status {
		case http.StatusConflict, http.StatusUnprocessableEntity: // which say nothing without their words
			return text.Clean(s.Error())
		}
		return text.Clean(s.Short())
	}
	if e, ok := errors.AsType[*release.Error](err); ok && e.Err != nil {
		return text.Clean(e.Err.Error())
	}
	return text.Clean(err.Error())
}

// needs is a permission in the words of fine-grained tokens.
func needs(permission string, repo release.Repo) string {
	return fmt.Sprintf("%s on %s", permission, repo)
}

// eachStage fills something of every stage, at the same time.
func (f *filling) eachStage(fill func(release.Stage, *checks.StageFacts)) {
	var wg sync.WaitGroup
	for i, st := range f.plan.Stages {
		wg.Go(func() { fill(st, &f.snap.Stages[i]) })
	}
	wg.Wait()
}

func (f *filling) viewer(ctx context.Context) {
	v, err := f.c.Viewer(ctx)
	f.snap.Viewer = got(v, err, "a token that GitHub accepts")
}

func (f *filling) repos(ctx context.Context) {
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		r, err := f.repository(ctx, st.Repo)
		facts.Repo = got(r, err, needs("metadata: read", st.Repo))
	})
}

// repository reads a repository once.
func (f *filling) repository(ctx context.Context, repo release.Repo) (checks.Repo, error) {
	return once(&f.memo, "repo "+repo.String(), func() (checks.Repo, error) { return f.c.Repository(ctx, repo) })
}

// branch reads a branch once.
func (f *filling) branch(ctx context.Context, repo release.Repo, name string) (branchAnswer, error) {
	return once(&f.memo, "branch "+repo.String()+" "+name, func() (branchAnswer, error) { return f.c.branch(ctx, repo, name) })
}

func (f *filling) refs(ctx context.Context) {
	head := func(repo release.Repo, name string) checks.Got[string] {
		b, err := f.branch(ctx, repo, name)
		return got(b.Commit.SHA, err, needs("contents: read", repo))
	}
	var wg sync.WaitGroup
	wg.Go(func() { f.snap.Head = head(f.plan.Repo, f.plan.Line) })
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		// A stage without a tag of its own creates none, and no release.
		facts.Tag, facts.Release = checks.Have(checks.RefFact{}), checks.Have(checks.RefFact{})
		claim := st.ClaimRef(f.plan.Version)
		var each sync.WaitGroup
		each.Go(func() { facts.Head = head(st.Repo, st.Branch) })
		if st.Tag != "" {
			each.Go(func() { facts.Tag = f.refFact(ctx, st.Repo, "refs/tags/"+st.Tag) })
			each.Go(func() { facts.Release = f.releaseFact(ctx, st.Repo, st.Tag) })
		}
		each.Go(func() { facts.Claim = f.refFact(ctx, st.Repo, claim) })
		each.Wait()
	})
	wg.Wait()
}

// refFact tells whether a ref exists; that it does not is an answer.
func (f *filling) refFact(ctx context.Context, repo release.Repo, ref string) checks.Got[checks.RefFact] {
	fact := checks.RefFact{Name: text.Clean(ref)}
	if f.isVacant(repo, refField, ref) {
		return checks.Have(fact)
	}
	c, err := once(&f.memo, "ref "+repo.String()+" "+ref, func() (release.Claim, error) { return f.c.Claim(ctx, repo, ref) })
	if errors.Is(err, release.ErrNotFound) {
		return checks.Have(fact)
	}
	fact.Exists, fact.SHA, fact.By, fact.At = true, c.SHA, c.By, c.At
	if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		fact.URL = f.c.page(repo, "tree", tag)
	}
	return got(fact, err, needs("contents: read", repo))
}

// releaseFact tells whether a tag has a published release.
func (f *filling) releaseFact(ctx context.Context, repo release.Repo, tag string) checks.Got[checks.RefFact] {
	fact := checks.RefFact{Name: text.Clean(tag)}
	if f.isVacant(repo, releaseField, tag) {
		return checks.Have(fact)
	}
	r, err := f.c.releaseOf(ctx, repo, tag)
	if errors.Is(err, release.ErrNotFound) {
		return checks.Have(fact)
	}
	fact.Exists, fact.By, fact.At, fact.URL = true, text.Clean(r.Author.Login), r.PublishedAt, text.Clean(r.HTMLURL)
	return got(fact, err, needs("contents: read", repo))
}

// tags reads every tag that is named as the plan's is, for another version.
func (f *filling) tags(ctx context.Context) {
	if !strings.Contains(f.plan.Tag, f.plan.Version) || f.plan.Version == "" {
		f.snap.Versions = checks.Lack[[]checks.TagName](checks.Missing{
			Why: text.Cleanf("the tag %s does not carry the version %s", f.plan.Tag, f.plan.Version)})
		return
	}
	tags, err := f.allTags(ctx, f.plan.Repo)
	names := release.VersionsAmong(tags, f.plan.Tag, f.plan)
	f.snap.Versions = got(names, err, needs("contents: read", f.plan.Repo))
}

// files reads the version files, those of the project's own checks, and what their
// patterns match.
func (f *filling) files(ctx context.Context) {
	f.snap.VersionFiles = make([]checks.Got[checks.FileMatch], len(f.plan.VersionFiles))
	f.snap.OwnFiles = make([]checks.Got[checks.FileMatch], len(f.plan.Checks))
	var wg sync.WaitGroup
	for i, vf := range f.plan.VersionFiles {
		wg.Go(func() { f.snap.VersionFiles[i] = f.versionFile(ctx, vf) })
	}
	for i, own := range f.plan.Checks {
		if p := own.Pattern(); p != "" {
			wg.Go(func() { f.snap.OwnFiles[i] = f.versionFile(ctx, checks.VersionFile{Path: own.Name, Pattern: p}) })
		}
	}
	wg.Wait()
}

func (f *filling) versionFile(ctx context.Context, vf checks.VersionFile) checks.Got[checks.FileMatch] {
	re, err := regexp.Compile(vf.Pattern)
	if err == nil && re.NumSubexp() < 1 {
		err = errors.New("it has no group for the version")
	}
	if err != nil {
		return checks.Lack[checks.FileMatch](checks.Missing{Why: text.Cleanf("the pattern of %s: %s", vf.Path, err)})
	}
	m := checks.FileMatch{Path: vf.Path, URL: f.c.page(f.plan.Repo, "blob", f.plan.SHA+"/"+vf.Path)}
	content, err := f.file(ctx, f.plan.Repo, f.plan.SHA, vf.Path)
	if errors.Is(err, release.ErrNotFound) {
		m.Absent = true
		return checks.Have(m)
	}
	if groups := re.FindSubmatch(content); groups != nil {
		m.Matched, m.Value = true, text.Clean(string(groups[1]))
	}
	return got(m, err, needs("contents: read", f.plan.Repo))
}

// page is the address of a page about a repository, for people. Slashes in rest
// stay.
func (c *Client) page(repo release.Repo, kind, rest string) text.Safe {
	u := url.URL{Scheme: "https", Host: c.host, Path: "/" + repo.String() + "/" + kind + "/" + rest}
	return text.Clean(u.String())
}

// memo holds what was read, by a key.
type memo struct {
	mu   sync.Mutex
	kept map[string]any // of func() (T, error)
}

// has tells whether something was asked for under a key.
func (m *memo) has(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[key] != nil
}

// once reads something the first time that it is asked for under a key; who asks
// meanwhile waits for the same answer.
func once[T any](m *memo, key string, read func() (T, error)) (T, error) {
	m.mu.Lock()
	if m.kept == nil {
		m.kept = map[string]any{}
	}
	f, found := m.kept[key].(func() (T, error))
	if !found {
		f = sync.OnceValues(read)
		m.kept[key] = f
	}
	m.mu.Unlock()
	return f()
}
