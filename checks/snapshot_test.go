package checks_test

import (
	"slices"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/opaque"
	"twokey/checks/text"
)

// The commits that the clean snapshot is at, one for each repository.
const (
	harbourSHA = "4f2c9ab000000000000000000000000000000001"
	debSHA     = "8e11d02000000000000000000000000000000002"
	imageSHA   = "c0ffee1000000000000000000000000000000003"
	otherSHA   = "badbadb000000000000000000000000000000004"
)

// clean is a release of three stages, one for each trigger, about which
// everything is as it should be. Tests change the one thing that they are about.
func clean() *checks.Snapshot {
	s := &checks.Snapshot{
		Subject: subject(),
		Taken:   time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC),
		Viewer: checks.Have(checks.Viewer{Login: text.Clean("mara"), TokenKind: "classic",
			Scopes: []string{"read:org", "repo"}}),
		Head:      checks.Have(harbourSHA),
		Signature: checks.Have(checks.Signature{Verified: true}),
		Versions: checks.Have([]checks.TagName{
			{Name: "harbour-2.10.9", Version: "2.10.9", SHA: otherSHA},
			{Name: "harbour-2.11.4", Version: "2.11.4", SHA: otherSHA},
			{Name: "harbour-2.11.5", Version: "2.11.5", SHA: otherSHA},
			{Name: "harbour-2.12.0b0", Version: "2.12.0b0", SHA: otherSHA},
		}),
		Rules: checks.Have(checks.BranchRules{Branch: "dev-v2.11", ForcePush: checks.Yes, Deletion: checks.Yes,
			Reviews: 1, RequiredChecks: required("Test / Pytest (1)"), ChecksKnown: true, Classic: checks.No,
			LastPush: checks.Yes, CodeOwners: checks.Yes, Stale: checks.Yes, Bypass: checks.No}),
		CI: checks.Have(checks.CI{SHA: harbourSHA, Runs: []checks.CIRun{
			run("Test / Pytest (1)", "completed", "success"),
			run("Lint", "completed", "success"),
			run("docs/preview", "completed", "skipped"),
			run("coverage", "completed", "neutral"),
		}}),
		History: checks.Have(historyOf(commitBy("mara", "ines"), commitBy("ines", "tom"), commitBy("tom", "mara"))),
		VersionFiles: []checks.Got[checks.FileMatch]{
			checks.Have(checks.FileMatch{Path: "harbour/__init__.py", Matched: true, Value: text.Clean("2.11.6")}),
		},
	}
	s.TestRuns = checks.Have(testRuns(s.Taken))
	s.Pins = checks.Have(goodPins())
	for _, st := range s.Subject.Stages {
		s.Stages = append(s.Stages, facts(st))
	}
	return s
}

// subject is a release of harbour 2.11.6 from its line dev-v2.11.
func subject() checks.Subject {
	return checks.Subject{
		Project: "harbour", Repo: "quay/harbour", Version: "2.11.6", Scheme: "pep440",
		Line: "dev-v2.11", LinePattern: "dev-v{major}.{minor}", LineExpected: "dev-v2.11",
		SHA: harbourSHA, Tag: "harbour-2.11.6",
		VersionFiles: []checks.VersionFile{{Path: "harbour/__init__.py", Pattern: `__version__ = "(.+)"`}},
		Stages: []checks.SubjectStage{
			{Name: "package", Repo: "quay/harbour", Trigger: "tag", Branch: "dev-v2.11", SHA: harbourSHA,
				Tag: "harbour-2.11.6", ClaimRef: "refs/tags/harbour-2.11.6",
				Workflows: []string{"publish.yml", "release.yml"},
				Artifacts: []string{"pypi harbour 2.11.6", "github-release harbour-2.11.6"}},
			{Name: "deb", Repo: "quay/packaging", Trigger: "dispatch", Branch: "main", SHA: debSHA,
				ClaimRef: "refs/twokey/deb/2.11.6", Workflows: []string{"deb.yml"},
				Artifacts: []string{"deb https://deb.quay.example/harbour_2.11_amd64.deb"}},
			{Name: "image", Repo: "quay/images", Trigger: "release", Branch: "main", SHA: imageSHA,
				Tag: "v20260814", ClaimRef: "refs/tags/v20260814", Workflows: []string{"image.yml"},
				Artifacts: []string{"image docker.io/quay/harbour:2.11.6"}},
		},
	}
}

// facts are what a clean stage looks like.
func facts(st checks.SubjectStage) checks.StageFacts {
	f := checks.StageFacts{
		Repo:         checks.Have(checks.Repo{Name: st.Repo, DefaultBranch: "main", Push: true}),
		Head:         checks.Have(st.SHA),
		Tag:          checks.Have(checks.RefFact{}),
		Release:      checks.Have(checks.RefFact{}),
		Environments: []checks.Got[checks.Environment]{},
		TagRules:     checks.Have([]checks.Ruleset{tagSet(nil)}),
		Immutable:    checks.Have(checks.Immutable{On: true}),
		Maintainers:  checks.Have([]text.Safe{text.Clean("mara"), text.Clean("ines")}),
	}
	if st.Trigger == "dispatch" {
		f.Tag, f.Release = checks.Got[checks.RefFact]{}, checks.Got[checks.RefFact]{}
		f.Claim = checks.Have(checks.RefFact{})
	}
	f.Environments = append(f.Environments, checks.Have(checks.Environment{
		Name: text.Clean("pypi"), Exists: true, PreventSelfReview: true,
		Reviewers: []checks.Reviewer{{Name: text.Clean("mara")}, {Name: text.Clean("ines")}},
	}))
	f.Program = checks.Have(programOf(st, nil))
	f.Changes = checks.Have(changesOf(st, checks.Change{Path: "tides.py", Status: checks.Added, Mode: checks.ModeFile, Blob: "b1", Size: 2000},
		checks.Change{Path: "docs/a.md", Was: "docs/b.md", Status: checks.Renamed, Mode: checks.ModeFile, OldMode: checks.ModeFile, Blob: "b2", Size: 900, Known: true}))
	f.Blobs = checks.Have(checks.Blobs{"b1": checks.Have(checks.Blob{Shape: opaque.Shape{Kind: opaque.Text, Size: 2000, Entropy: 4.5, Peak: 4.5}})})
	for _, w := range st.Workflows {
		f.Workflows = append(f.Workflows, checks.Have(checks.Workflow{File: w, Exists: true, State: "active", Starts: true}))
	}
	for _, a := range st.Artifacts {
		f.Published = append(f.Published, checks.Have(checks.Published{Artifact: text.Clean(a)}))
	}
	return f
}

// changesOf is what changed in a stage's repository since its last release.
func changesOf(st checks.SubjectStage, entries ...checks.Change) checks.Changes {
	return checks.Changes{Repo: st.Repo, Base: checks.TagName{Name: "v-last", SHA: otherSHA}, SHA: st.SHA, Entries: entries,
		URL: text.Cleanf("https://github.com/%s/compare/%s...%s", st.Repo, otherSHA, st.SHA)}
}

// run is one check run or commit status.
func run(name, status, conclusion string) checks.CIRun {
	return checks.CIRun{Name: text.Clean(name), Status: status, Conclusion: conclusion,
		URL: text.Cleanf("https://github.com/quay/harbour/runs/%d", len(name))}
}

// required are checks that any app may make.
func required(names ...string) []checks.RequiredCheck {
	var out []checks.RequiredCheck
	for _, n := range names {
		out = append(out, checks.RequiredCheck{Name: n})
	}
	return out
}

// edit changes a value that was read.
func edit[T any](g *checks.Got[T], change func(*T)) {
	v, ok := g.Get()
	if !ok {
		panic("the clean snapshot does not have what the test wants to change")
	}
	change(&v)
	*g = checks.Have(v)
}

// hide makes a value unreadable, with what it would need.
func hide[T any](g *checks.Got[T], needs string) {
	*g = checks.Lack[T](checks.Missing{Why: text.Clean("GitHub answered 403"), Needs: needs, Next: checks.TryAgain})
}

// unread takes a part out of a snapshot, as if nobody had read it.
func unread(t *testing.T, s *checks.Snapshot, part checks.Part) {
	t.Helper()
	stage := func(change func(*checks.StageFacts)) {
		for i := range s.Stages {
			change(&s.Stages[i])
		}
	}
	var zero checks.StageFacts
	switch part {
	case checks.PartViewer:
		s.Viewer = checks.Got[checks.Viewer]{}
	case checks.PartRepos:
		stage(func(f *checks.StageFacts) { f.Repo = zero.Repo })
	case checks.PartRefs:
		s.Head = checks.Got[string]{}
		stage(func(f *checks.StageFacts) {
			f.Head, f.Tag, f.Claim, f.Release = zero.Head, zero.Tag, zero.Claim, zero.Release
		})
	case checks.PartTags:
		s.Versions = checks.Got[[]checks.TagName]{}
	case checks.PartRules:
		s.Rules = checks.Got[checks.BranchRules]{}
	case checks.PartCI:
		s.CI = checks.Got[checks.CI]{}
	case checks.PartFiles:
		s.VersionFiles, s.OwnFiles = nil, nil
	case checks.PartWorkflows:
		stage(func(f *checks.StageFacts) { f.Workflows = nil })
	case checks.PartProgram:
		stage(func(f *checks.StageFacts) { f.Program = zero.Program })
	case checks.PartEnvironments:
		stage(func(f *checks.StageFacts) { f.Environments = nil })
	case checks.PartPages:
		s.OwnPages = nil
	case checks.PartOpen:
		s.OwnOpen = nil
	case checks.PartFragments:
		s.OwnFragments = nil
	case checks.PartPins:
		s.Pins = checks.Got[map[checks.Pin]checks.Got[checks.Origin]]{}
	case checks.PartChanges:
		stage(func(f *checks.StageFacts) { f.Changes = zero.Changes })
	case checks.PartBlobs:
		stage(func(f *checks.StageFacts) { f.Blobs = zero.Blobs })
	case checks.PartPublished:
		stage(func(f *checks.StageFacts) { f.Published = nil })
	case checks.PartTestRuns:
		s.TestRuns = checks.Got[[]checks.TestRun]{}
	case checks.PartSignature:
		s.Signature = checks.Got[checks.Signature]{}
	case checks.PartMaintainers:
		stage(func(f *checks.StageFacts) { f.Maintainers = zero.Maintainers })
	case checks.PartHistory:
		s.History = checks.Got[checks.History]{}
	case checks.PartImmutable:
		stage(func(f *checks.StageFacts) { f.Immutable = zero.Immutable })
	case checks.PartTagRules:
		stage(func(f *checks.StageFacts) { f.TagRules = zero.TagRules })
	default:
		t.Fatalf("part %q is new: say here how to take it out", part)
	}
}

func TestGot(t *testing.T) {
	if v, ok := checks.Have([]string(nil)).Get(); !ok || v != nil {
		t.Error("having read nothing is not the same as not having read")
	}
	var zero checks.Got[int]
	if _, ok := zero.Get(); ok {
		t.Error("the zero Got was read")
	}
	if got := zero.Missing().Why.String(); got != "it was not read" {
		t.Errorf("the zero Got is missing because %q", got)
	}
	if _, ok := checks.Lack[int](checks.Missing{}).Get(); ok {
		t.Error("what is lacking was read")
	}
	m := checks.Missing{Why: text.Clean("forbidden"), Needs: "administration: read"}
	if got := checks.Lack[int](m).Missing(); got != m {
		t.Errorf("Missing = %+v, want %+v", got, m)
	}
	if got := checks.Have(1).Missing(); got != (checks.Missing{}) {
		t.Errorf("what was read is missing because %q", got.Why)
	}
}

func TestParts(t *testing.T) {
	parts := checks.Parts()
	for i, p := range parts {
		if slices.Contains(parts[:i], p) {
			t.Errorf("part %q is listed twice", p)
		}
		unread(t, clean(), p) // fails for a part that it does not know
	}
}

// What a check needs is the most that one of its parts does.
func TestAccess(t *testing.T) {
	for want, needs := range map[checks.Access][]checks.Part{
		checks.Anonymous: {checks.PartRefs, checks.PartCI}, checks.Token: {checks.PartRefs, checks.PartViewer},
		checks.Admin: {checks.PartRules, checks.PartViewer},
	} {
		if got := (checks.Check{Needs: needs}).Access(); got != want || got.String() == "" {
			t.Errorf("%v: %v", needs, got)
		}
	}
}
