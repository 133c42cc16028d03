package rehearsal

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"twokey/release"
	"twokey/release/rehearsal/ca"
)

// publication is an artifact that stands in its place from some time on.
type publication struct {
	Artifact release.Artifact
	Repo     string // the repository whose CI published it, owner/name
	SHA      string // the commit of the released repository that it was made from
	At       time.Time
	past     bool // of before the world began: no scenario is about it
	honest   bool // as it was meant to be, whatever the scenario
	// workflows are those of its stage, and runs those of them that made it, where they
	// are known; tag is the release's in its own repository.
	workflows []string
	runs      []*simRun
	tag       string
}

// key identifies what a publication consists of: the same commit gives the same, but for
// what a scenario does to the releases of today.
func (p publication) key() string {
	return fmt.Sprintf("%s@%s %v %v", p.Artifact, p.SHA, p.past, p.honest)
}

// market is what is known about the places where artifacts are published, and what
// was made for them so far.
type market struct {
	today     *release.PlanFile
	todayRead bool
	past      []edition
	pastRead  bool
	plans     map[string]*release.PlanFile // by commit; nil: there is no plan
	files     map[string][]standFile       // by commit and how many bytes of it
	images    map[string]*image            // by name and commit
	archives  map[string][]standFile       // PyPI's files and .deb files, by artifact and commit
	ca        *ca.CA                       // nil until something is signed
	bundles   map[string][]byte            // attestations, by what they are of
	// archiveKey signs the apt repositories; nil until one is asked.
	archiveKey *openpgp.Entity
}

// publications are all artifacts that stand somewhere now, oldest first; of two
// with the same name the later one has replaced the earlier.
//
// What is published is told like this. The plan says the artifacts of each stage.
// An artifact is there when the jobs that publish its kind have succeeded in the
// run of the stage's workflow that fits its name best; where no job is recognised
// as publishing that kind, when every run of the stage has. The version is the one
// that the tag's message names, or else that of the newest release of the first
// repository when the stage's runs began. For versions from before the world began, everything that the plan says is there.
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
				p := publication{Artifact: a, Repo: stage.Repo.String(), SHA: e.sha, past: e.past, workflows: stage.Workflows}
				if stage.Repo == e.plan.Repo {
					p.tag = e.tag
				}
				if e.past {
					p.At = e.at.Add(time.Duration(n+1) * 20 * time.Minute)
				} else {
					p.runs = w.stageRuns(stage, e, until)
					p.At = w.publishedAt(stage, a, p.runs, now)
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
		ours := until.IsZero() || run.Created.Before(until)
		if stage.Repo == e.plan.Repo && stage.Trigger != release.TriggerDispatch {
			ours = run.Branch == e.tag
		} else if v := r.taggedFor(run.Branch, e.plan.Project); v != "" {
			ours = v == e.version.String()
		}
		if ours && slices.Contains(stage.Workflows, run.Workflow) && !run.Created.Before(e.at) {
			runs = append(runs, run)
		}
	}
	return runs
}

// taggedFor is the version of a project that a tag's message says it was made for, as
// in "deb for harbour 2.11.6"; empty where it says none.
func (r *repository) taggedFor(tag, project string) string {
	t, err := r.git.tag(r.git.refs["refs/tags/"+tag])
	if err != nil {
		return ""
	}
	title, _, _ := strings.Cut(t.Message, "\n")
	_, v, _ := strings.Cut(title, " for "+project+" ")
	return v
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
			return r.Workflow == file && !runDone(r, now).IsZero()
		})
		if i < 0 {
			return time.Time{}
		}
		last = later(last, runDone(runs[i], now))
	}
	return last
}

// jobsDone is when the last job of a run that publishes a kind of artifact ended
// well; zero when one has not. What an attempt published stays there, whatever
// becomes of those that follow.
func jobsDone(r *simRun, kind release.ArtifactKind, now time.Time) time.Time {
	done := map[string]time.Time{}
	for _, a := range r.Attempts {
		for _, j := range r.attemptView(a.Number, now).Jobs {
			if j.Conclusion == "success" {
				done[j.Key] = earliest(done[j.Key], j.Completed)
			}
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

// runDone is when the first attempt of a run that ended well did so; zero when none
// has.
func runDone(r *simRun, now time.Time) time.Time {
	for _, a := range r.Attempts {
		if v := r.attemptView(a.Number, now); v.Conclusion == "success" {
			return v.Updated
		}
	}
	return time.Time{}
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
