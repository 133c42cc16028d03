package rehearsal

import (
	"fmt"
	"slices"
	"strings"

	"twokey/checks/text"
	"twokey/release"
)

// Scenario is what goes wrong in a rehearsal. It is data, and says what by role,
// never by the sample's names, so that it holds for any clone as well.
type Scenario struct {
	Name  string
	About string // one line, for people

	// fail makes the job that publishes the first repository's package fail.
	fail *failure
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
}

// Scenarios are all scenarios, the one where nothing goes wrong first.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "clean", About: "nothing goes wrong"},
		{Name: "failed-job", About: "the job that publishes the package fails, in the first attempt",
			fail: &failure{Attempt: 1, Lines: refusedUpload()}},
		{Name: "approval", About: "publishing waits until mara or ines approves it",
			reviewers: []string{viewer, otherUser}},
		{Name: "no-run", About: "the tag is there, but the workflow that publishes never starts", silent: true},
		{Name: "tag-moved", About: "somebody else makes the tag, on another commit, just before the trigger", tagMoves: true},
		{Name: "branch-moved", About: "somebody pushes to the release line just before the trigger", branchMoves: true},
		{Name: "flaky", About: "one read in six fails: 502, 503, a reset, a time-out", flaky: 1.0 / 6},
		{Name: "partial", About: "every run is green, but one artifact is not where it should be",
			lost: []release.ArtifactKind{release.KindImage, release.KindDeb, release.KindPyPI, release.KindGitHubRelease}},
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

// refusedUpload is what a log says when PyPI does not take an upload.
func refusedUpload() []string {
	return []string{
		"Checking dist/: PASSED",
		"Uploading distributions to https://upload.pypi.org/legacy/",
		"WARNING  Error during upload. Retry with the --verbose option for more details.",
		"ERROR    HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/",
		"         Invalid or non-existent authentication information:",
		"         the trusted publisher names another environment than this job has.",
	}
}
