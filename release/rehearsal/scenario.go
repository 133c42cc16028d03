package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// Scenario is what goes wrong in a rehearsal. It is data, and says what by role,
// never by the sample's names, so that it holds for any clone as well.
type Scenario struct {
	Name  string
	About string // one line, for people

	// fails makes the job that publishes the first repository's package fail in its
	// first attempt.
	fails bool
	// reviewers have to approve each environment that the first repository's
	// release workflows name.
	reviewers []string
	// silent keeps the first repository's publishing workflow from starting.
	silent bool
	// tagMoves and branchMoves: after the preflight has looked, somebody else
	// makes the tag, or pushes to the release line.
	tagMoves, branchMoves bool
	// flaky is the share of reads that fail for a moment.
	flaky float64
	// lost are the kinds of artifact of which one never arrives although its run
	// ends well. The first kind that the plan has is it.
	lost []release.ArtifactKind
	// hostile puts escape sequences and bidirectional text into names and logs.
	hostile bool
	// unanswered are the requests that start something: they act, and their answers
	// are lost.
	unanswered bool
	// scarce makes the rate limits short from the first trigger on.
	scarce *scarcity
	// rival: somebody else releases the same, and is faster by one request.
	rival bool
	// smuggles puts files that nobody can read among the tests, and a change of the
	// build beside them.
	smuggles bool
	// unpins has the released repository use actions by their versions.
	unpins bool
	// impostor has an action that publishes pinned to a commit of a stranger's.
	impostor bool
	// oneKey leaves the released repository's environments without a reviewer.
	oneKey bool
	// looseTags takes the rules for tags away.
	looseTags bool
	// taint is what is done to what is published; empty for nothing.
	taint taint
	// latency is how long every answer takes, in simulated time.
	latency time.Duration
	// expires is how long after the first trigger the token is good.
	expires time.Duration
}

// Scenarios are all scenarios, the one where nothing goes wrong first.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "clean", About: "nothing goes wrong"},
		{Name: "failed-job", About: "the job that publishes the package fails, in the first attempt",
			fails: true},
		{Name: "approval", About: "publishing waits until mara or ines approves it",
			reviewers: []string{viewer, otherUser}},
		{Name: "no-run", About: "the tag is there, but the workflow that publishes never starts", silent: true},
		{Name: "tag-moved", About: "somebody else makes the tag, on another commit, just before the trigger", tagMoves: true},
		{Name: "branch-moved", About: "somebody pushes to the release line just before the trigger", branchMoves: true},
		{Name: "flaky", About: "one read in six fails: 502, 503, a reset, a time-out", flaky: 1.0 / 6},
		{Name: "partial", About: "every run is green, but one artifact is not where it should be",
			lost: []release.ArtifactKind{release.KindImage, release.KindDeb, release.KindApt, release.KindPyPI, release.KindGitHubRelease}},
		{Name: "lost-answer", About: "whatever starts something does so, and its answer is lost on the way", unanswered: true},
		{Name: "rate-limited", About: "GitHub asks for a pause, then something else uses up the token's rate limit",
			scarce: &scarcity{pauseAfter: 40 * time.Second, pause: 45 * time.Second, left: 2400,
				drainAfter: 100 * time.Second, drain: time.Minute, window: 10 * time.Minute}},
		{Name: "two-maintainers", About: "ines releases the same, and is faster by one request", rival: true},
		{Name: "slow", About: "every answer takes two seconds", latency: 2 * time.Second},
		{Name: "expired-token", About: "the token stops working while CI runs", expires: 30 * time.Second},
		{Name: "one-key", About: "nobody has to approve what is published", oneKey: true},
		{Name: "loose-tags", About: "the tags of releases can be moved and deleted", looseTags: true},
		{Name: "unpinned", About: "what publishes uses actions by versions that others can move", unpins: true},
		{Name: "impostor", About: "what publishes is pinned to a commit that its repository does not have", impostor: true},
		{Name: "opaque", About: "among the tests are two new files that nobody can read, and the build changed", smuggles: true},
		{Name: "xz", About: "the published sdist holds a file that is not in git, and other test data than git has", taint: taintXZ},
		{Name: "swapped-wheel", About: "somebody uploads a wheel by hand, in the place of the one that the run built", taint: taintSwapped},
		{Name: "unsigned", About: "nobody attests what is published", taint: taintUnsigned},
		{Name: "wrong-signer", About: "a workflow of another repository attests what is published", taint: taintWrongSigner},
		{Name: "wrong-commit", About: "the package on PyPI was built from another commit than the tag's", taint: taintWrongCommit},
		{Name: "image-second-hop", About: "the images hold the project as it is on a branch, not at the tag", taint: taintSecondHop},
		{Name: "swapped-image", About: "somebody pushes other images under the tags of those that the runs pushed", taint: taintSwappedImage},
		{Name: "overwritten-deb", About: "somebody overwrites the .deb file once it is published", taint: taintOverwritten},
		{Name: "hostile-text", About: "names and logs carry escape sequences and bidirectional text", hostile: true},
	}
}

// scenarioNamed finds a scenario.
func scenarioNamed(name string) (Scenario, error) {
	all := Scenarios()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
	if i >= 0 {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name
	}
	return Scenario{}, &release.Error{Kind: release.KindUsage,
		Op: "rehearse", Err: fmt.Errorf("no scenario %q", text.Clean(name)),
		Hint: "take one of " + strings.Join(names, ", ")}
}

// apply does to the runs that one event starts what the scenario says; what is left
// starts. Only the events of a release matter: a tag, a release, a dispatch. released
// tells whether the runs are of the repository that is released.
func (s Scenario) apply(released bool, runs []*simRun) []*simRun {
	if s.hostile {
		for _, r := range runs {
			makeHostile(r)
		}
	}
	if !released || len(runs) == 0 {
		return runs
	}
	i, kind := publisher(runs)
	if s.fails {
		runs[i].Failures = append(runs[i].Failures, refusal(runs[i], kind))
	}
	if s.silent {
		return slices.Delete(slices.Clone(runs), i, i+1)
	}
	return runs
}

// publisher finds the run that matters most among those that an event starts: the
// one that publishes a package, an image or a .deb file, or else a GitHub release.
func publisher(runs []*simRun) (int, release.ArtifactKind) {
	for _, kind := range []release.ArtifactKind{release.KindPyPI, release.KindImage, release.KindDeb, release.KindApt, release.KindGitHubRelease} {
		i := slices.IndexFunc(runs, func(r *simRun) bool {
			return slices.ContainsFunc(r.Jobs, func(j jobSpec) bool { return j.publishes(kind) })
		})
		if i >= 0 {
			return i, kind
		}
	}
	return 0, ""
}

// refusal makes the job fail that publishes a kind of artifact; the last job of a
// run that publishes nothing that is recognised.
func refusal(r *simRun, kind release.ArtifactKind) failure {
	f := failure{Attempt: 1, Lines: refusalLines(kind)}
	for _, j := range r.Jobs {
		if kind == "" && !j.Skipped {
			f.Job = j.Name
		}
		if kind != "" && j.publishes(kind) {
			f.Job = j.Name
			for _, s := range j.Steps {
				if slices.Contains(s.Publishes, kind) {
					f.Step = s.Name
				}
			}
		}
	}
	return f
}

// refusalLines are what a log says when a place does not take what is published.
func refusalLines(kind release.ArtifactKind) []string {
	switch kind {
	case release.KindPyPI:
		return []string{
			"WARNING  Error during upload. Retry with the --verbose option for more details.",
			"ERROR    HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/",
			"         Invalid or non-existent authentication information:",
			"         the trusted publisher names another environment than this job has.",
		}
	case release.KindImage:
		return []string{
			"#7 pushing layers 4.1s done",
			"#7 ERROR: failed to push: denied: requested access to the resource is denied",
			"the access token has no permission to write",
		}
	case release.KindDeb, release.KindApt:
		return []string{"upload failed: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"}
	case release.KindGitHubRelease:
		return []string{"HTTP 403: Resource not accessible by integration"}
	}
	return []string{"E: Unable to locate package libmagic1t64", "the command ended with exit code 100"}
}

// makeHostile puts text into a run's names and scripts that no terminal may see as
// it is: a window title, a cleared screen, a reversed line, a forged result.
func makeHostile(r *simRun) {
	const attack = "\x1b]0;owned\a\x1b[2J\u202e\u2066\rall checks passed\u009b31m"
	r.Name += attack
	r.Title += attack
	for i := range r.Jobs {
		r.Jobs[i].Name += attack
		for k := range r.Jobs[i].Steps {
			s := &r.Jobs[i].Steps[k]
			if s.Run != "" {
				s.Run += "\necho '" + attack + "'"
				s.Name += attack
			}
		}
	}
}
