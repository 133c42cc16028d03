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

// publication is an artifact that stands in its place from some time on.
type publication struct {
	Artifact release.Artifact
	Repo     string // the repository whose CI published it, owner/name
	SHA      string // the commit of the released repository that it was made from
	At       time.Time
}

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

// market is what is known about the places where artifacts are published.
type market struct {
	today     *release.PlanFile
	todayRead bool
	past      []edition
	pastRead  bool
	plans     map[string]*release.PlanFile // by commit; nil: there is no plan
	files     map[string][]standFile       // by commit
	images    map[string]*image            // by name and commit
}

// publications are all artifacts that stand somewhere now, oldest first; of two
// with the same name the later one has replaced the earlier.
//
// What is published is told like this. The plan says the artifacts of each stage.
// An artifact is there when the jobs that publish its kind have succeeded in the
// run of the stage's workflow that fits its name best; where no job is recognised
// as publishing that kind, when every run of the stage has. The version is that of
// the newest release of the first repository when the stage's runs began. For
// versions from before the world began, everything that the plan says is there.
func (w *World) publications(now time.Time) []publication {
	var all []publication
	editions := w.editions()
	for i, e := range editions {
		until := time.Time{}
		if i+1 < len(editions) {
			until = editions[i+1].at
		}
		for n, stage := range e.plan.Stages {
			for _, a := range stage.Artifacts {
				p := publication{Artifact: a, Repo: stage.Repo.String(), SHA: e.sha}
				if e.past {
					p.At = e.at.Add(time.Duration(n+1) * 20 * time.Minute)
				} else {
					p.At = w.publishedAt(stage, a, w.stageRuns(stage, e, until), now)
				}
				if !p.At.IsZero() && !p.At.After(now) && (e.past || !w.scenario.loses(e.plan, a)) {
					all = append(all, p)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b publication) int { return a.At.Compare(b.At) })
	return all
}

// stageRuns are the runs that a stage of an edition started, which another edition
// follows at until, if any does.
func (w *World) stageRuns(stage release.Stage, e edition, until time.Time) []*simRun {
	r := w.repo(stage.Repo.Owner, stage.Repo.Name)
	if r == nil {
		return nil
	}
	var runs []*simRun
	for _, run := range r.runs {
		ours := slices.Contains(stage.Workflows, run.Workflow) && !run.Created.Before(e.at) &&
			(until.IsZero() || run.Created.Before(until))
		if stage.Repo == e.plan.Repo && stage.Trigger != release.TriggerDispatch {
			ours = ours && run.Branch == e.tag
		}
		if ours {
			runs = append(runs, run)
		}
	}
	return runs
}

// publishedAt is when an artifact of a stage was published, zero when it was not.
func (w *World) publishedAt(stage release.Stage, a release.Artifact, runs []*simRun, now time.Time) time.Time {
	publishing := slices.DeleteFunc(slices.Clone(runs), func(r *simRun) bool {
		return !slices.ContainsFunc(r.Jobs, func(j jobSpec) bool { return j.publishes(a.Kind) })
	})
	if len(publishing) > 0 {
		best := slices.MaxFunc(publishing, func(x, y *simRun) int {
			return cmp.Compare(fit(x.Workflow, a.Name), fit(y.Workflow, a.Name))
		})
		var at time.Time
		for _, r := range publishing {
			if r.Workflow == best.Workflow {
				at = earliest(at, jobsDone(r, a.Kind, now))
			}
		}
		return at
	}
	var last time.Time
	for _, file := range stage.Workflows {
		i := slices.IndexFunc(runs, func(r *simRun) bool {
			return r.Workflow == file && r.at(now).Conclusion == "success"
		})
		if i < 0 {
			return time.Time{}
		}
		last = later(last, runs[i].at(now).Updated)
	}
	return last
}

// jobsDone is when the last job of a run that publishes a kind of artifact ended
// well; zero when one has not.
func jobsDone(r *simRun, kind release.ArtifactKind, now time.Time) time.Time {
	done := map[string]time.Time{}
	for _, j := range r.at(now).Jobs {
		if j.Conclusion == "success" {
			done[j.Key] = j.Completed
		}
	}
	var last time.Time
	for _, j := range r.Jobs {
		if !j.publishes(kind) {
			continue
		}
		at, ok := done[j.Key]
		if !ok {
			return time.Time{}
		}
		last = later(last, at)
	}
	return last
}

// earliest is the earlier of two times, of which zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// fit is how well a workflow's file name fits an artifact's: the words that they
// share count, and those that only the workflow has count against it. So
// publish-docker-2.11-py3.10.yml is for the tag 2.11.6-py3.10, not for 2.11.6.
func fit(file, artifact string) int {
	words := strings.FieldsFunc(strings.TrimSuffix(file, path.Ext(file)), inName)
	theirs := strings.FieldsFunc(artifact, inName)
	score := 0
	for _, word := range words {
		if slices.Contains(theirs, word) {
			score += 100
		} else {
			score--
		}
	}
	return score
}

// inName holds for what separates the words of a name; a dot is part of a version.
func inName(r rune) bool { return strings.ContainsRune("-_:/", r) }

// loses tells whether a scenario lets an artifact of a plan go missing: the last
// one of the first kind that the plan has.
func (s Scenario) loses(p release.Plan, a release.Artifact) bool {
	for _, kind := range s.lost {
		var last release.Artifact
		for _, stage := range p.Stages {
			for _, x := range stage.Artifacts {
				if x.Kind == kind {
					last = x
				}
			}
		}
		if last != (release.Artifact{}) {
			return last == a
		}
	}
	return false
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
	e.plan, err = w.planFor(*file, e)
	return e, err == nil
}

// planFor fills in a plan for an edition.
func (w *World) planFor(f release.PlanFile, e edition) (release.Plan, error) {
	repo := w.repos[0].name
	line := release.Expand(f.Lines, release.Fields{Version: e.version})
	choice := release.Choice{Repo: repo, Version: e.version, Line: line, Date: release.DateOf(e.at), Source: "rehearsal",
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
