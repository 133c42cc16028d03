package rehearsal

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/checks/version"
	"twokey/release"
)

// maxPast is how many of the newest earlier versions are published when the world
// begins.
const maxPast = 24

// edition is a version of the released repository: one of before the world began,
// or one that is released in it.
type edition struct {
	tag     string // or the claim's ref
	version version.Version
	sha     string
	at      time.Time
	past    bool
	plan    release.Plan
}

// editions are the versions of the released repository, oldest first.
func (w *World) editions() []edition {
	r := w.repos[0]
	if !w.market.pastRead {
		w.market.past, w.market.pastRead = w.pastEditions(r), true
	}
	all := slices.Clone(w.market.past)
	for _, made := range slices.Concat(r.facts.Tags, r.facts.Claims) {
		if e, ok := w.edition(r, w.planAt, fullRef(made.Name), made.SHA); ok {
			e.at = made.At
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b edition) int { return a.at.Compare(b.at) })
	return all
}

// findPlan finds the plan for a commit, nil when there is none.
type findPlan func(*repository, plumbing.Hash) *release.PlanFile

// fullRef is a tag's ref, or a claim's, which is full already.
func fullRef(made string) string {
	if strings.HasPrefix(made, "refs/") {
		return made
	}
	return "refs/tags/" + made
}

// edition reads the version that a tag or claim is for, with the plan that find
// finds for its commit.
func (w *World) edition(r *repository, find findPlan, ref, sha string) (edition, bool) {
	commit, err := r.git.peel(plumbing.NewHash(sha))
	if err != nil {
		return edition{}, false
	}
	file := find(r, commit)
	if file == nil {
		return edition{}, false
	}
	e := edition{sha: commit.String()}
	var ok bool
	if tag, isTag := strings.CutPrefix(ref, "refs/tags/"); isTag {
		e.tag = tag
		e.version, ok = version.FromTag(file.Tag, file.Scheme, tag)
	} else if strings.HasPrefix(ref, "refs/twokey/") {
		e.tag = ref
		e.version, err = version.Parse(file.Scheme, path.Base(ref))
		ok = err == nil
	}
	if !ok {
		return edition{}, false
	}
	c, err := r.git.commit(commit)
	if err != nil {
		return edition{}, false
	}
	e.at = c.Committer.When
	e.plan, err = w.planFor(*file, e, release.DateOf(e.at))
	return e, err == nil
}

// planFor fills in a plan for an edition, with what {date} stands for.
func (w *World) planFor(f release.PlanFile, e edition, date string) (release.Plan, error) {
	repo := w.repos[0].name
	line := release.Expand(f.Lines, release.Fields{Version: e.version})
	choice := release.Choice{Repo: repo, Version: e.version, Line: line, Date: date, Source: "rehearsal",
		Heads: map[string]release.Branch{repo.String(): {Name: line, SHA: e.sha}}}
	for _, s := range f.Stages {
		if s.Repo.IsZero() || choice.Heads[s.Repo.String()].SHA != "" {
			continue
		}
		// A repository that the world does not have publishes nothing, but the
		// plan still has to come out.
		head := release.Branch{Name: cmp.Or(s.Branch, "main"), SHA: plumbing.ZeroHash.String()}
		if r := w.repo(s.Repo.Owner, s.Repo.Name); r != nil {
			head.Name = cmp.Or(s.Branch, r.git.head)
			if h, ok := r.git.branch(head.Name); ok {
				head.SHA = h.String()
			}
		}
		choice.Heads[s.Repo.String()] = head
	}
	return release.MakePlan(f, choice)
}

// pastEditions are the newest versions that were tagged before the world began. The
// plan of today stands for that of their time, which may be from before there was
// a plan file.
func (w *World) pastEditions(r *repository) []edition {
	born := map[string]bool{}
	for _, made := range r.facts.Tags {
		born[made.Name] = true
	}
	file := w.planOfToday(r)
	if file == nil {
		return nil
	}
	type tagged struct {
		ref, sha string
		version  version.Version
	}
	var tags []tagged
	for _, t := range r.git.tags() {
		v, ok := version.FromTag(file.Tag, file.Scheme, t.name)
		if ok && !born[t.name] {
			tags = append(tags, tagged{"refs/tags/" + t.name, t.hash.String(), v})
		}
	}
	slices.SortFunc(tags, func(a, b tagged) int { return b.version.Compare(a.version) })
	today := func(*repository, plumbing.Hash) *release.PlanFile { return file }
	var past []edition
	for _, t := range tags[:min(len(tags), maxPast)] {
		if e, ok := w.edition(r, today, t.ref, t.sha); ok {
			e.past = true
			past = append(past, e)
		}
	}
	return past
}

// planOfToday is the plan at the head of the default branch, or else of another
// branch, the last name first; it is discovered where no branch has one. Looking
// through hundreds of branches takes time, so it is done once.
func (w *World) planOfToday(r *repository) *release.PlanFile {
	if !w.market.todayRead {
		w.market.today, w.market.todayRead = w.findToday(r), true
	}
	return w.market.today
}

func (w *World) findToday(r *repository) *release.PlanFile {
	head, ok := r.git.branch(r.git.head)
	if !ok {
		return nil
	}
	heads := []plumbing.Hash{head}
	for _, b := range slices.Backward(r.git.branches()) {
		heads = append(heads, b.hash)
	}
	for _, h := range heads {
		if _, err := r.git.read(h, release.PlanFileName); err == nil {
			return w.planAt(r, h)
		}
	}
	return w.planAt(r, head)
}

// planAt is the plan at a commit, nil when there is none.
func (w *World) planAt(r *repository, commit plumbing.Hash) *release.PlanFile {
	key := commit.String()
	if f, ok := w.market.plans[key]; ok {
		return f
	}
	if w.market.plans == nil {
		w.market.plans = map[string]*release.PlanFile{}
	}
	f := readPlan(r, commit)
	w.market.plans[key] = f
	return f
}

// readPlan reads or discovers the plan at a commit.
func readPlan(r *repository, commit plumbing.Hash) *release.PlanFile {
	if content, err := r.git.read(commit, release.PlanFileName); err == nil {
		f, err := release.ParsePlanFile(release.PlanFileName, content)
		if err != nil {
			return nil
		}
		return &f
	}
	found := release.Found{Repo: r.name, Default: r.git.head, Files: map[string][]byte{}}
	for _, b := range r.git.branches() {
		found.Branches = append(found.Branches, release.Branch{Name: b.name, SHA: b.hash.String()})
	}
	for _, t := range r.git.tags() {
		found.Tags = append(found.Tags, release.Tag{Name: t.name, SHA: t.hash.String()})
	}
	for _, name := range release.Manifests() {
		if content, err := r.git.read(commit, name); err == nil {
			found.Files[name] = content
		}
	}
	paths, err := r.git.workflows(commit)
	if err != nil {
		return nil
	}
	for _, p := range paths {
		content, err := r.git.read(commit, p)
		if err != nil {
			return nil
		}
		found.Workflows = append(found.Workflows, release.WorkflowFile{File: path.Base(p), Content: content})
	}
	f, _, err := release.Discover(found)
	if err != nil {
		return nil
	}
	return &f
}
