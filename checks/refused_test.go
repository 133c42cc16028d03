package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/checks/text"
)

// refused is what GitHub says to a token that may not see something.
func refused() checks.Missing {
	return checks.Missing{Why: text.Clean("GitHub answered 403"), Needs: "administration: read on quay/harbour"}
}

// lackAll makes each of a list's values one that could not be read, and one where
// the list had none: a reader that may not look does not know how many there are.
func lackAll[T any](list *[]checks.Got[T]) {
	out := make([]checks.Got[T], max(len(*list), 1))
	for i := range out {
		out[i] = checks.Lack[T](refused())
	}
	*list = out
}

// refuse makes a part of a snapshot one that the token may not see.
func refuse(t *testing.T, s *checks.Snapshot, part checks.Part) {
	t.Helper()
	for i := range s.Stages {
		f := &s.Stages[i]
		switch part {
		case checks.PartRepos:
			f.Repo = checks.Lack[checks.Repo](refused())
		case checks.PartRefs:
			f.Head = checks.Lack[string](refused())
			ref := checks.Lack[checks.RefFact](refused())
			f.Tag, f.Claim, f.Release = ref, ref, ref
		case checks.PartWorkflows:
			lackAll(&f.Workflows)
		case checks.PartProgram:
			f.Program = checks.Lack[actions.Program](refused())
		case checks.PartEnvironments:
			lackAll(&f.Environments)
		case checks.PartChanges:
			f.Changes = checks.Lack[checks.Changes](refused())
		case checks.PartBlobs:
			f.Blobs = checks.Lack[checks.Blobs](refused())
		case checks.PartPublished:
			lackAll(&f.Published)
		case checks.PartMaintainers:
			f.Maintainers = checks.Lack[[]text.Safe](refused())
		case checks.PartImmutable:
			f.Immutable = checks.Lack[checks.Immutable](refused())
		case checks.PartTagRules:
			f.TagRules = checks.Lack[[]checks.Ruleset](refused())
		}
	}
	switch part {
	case checks.PartViewer:
		s.Viewer = checks.Lack[checks.Viewer](refused())
	case checks.PartRefs:
		s.Head = checks.Lack[string](refused())
	case checks.PartHistory:
		s.History = checks.Lack[checks.History](refused())
	case checks.PartTags:
		s.Versions = checks.Lack[[]checks.TagName](refused())
	case checks.PartRules:
		s.Rules = checks.Lack[checks.BranchRules](refused())
	case checks.PartTestRuns:
		s.TestRuns = checks.Lack[[]checks.TestRun](refused())
	case checks.PartSignature:
		s.Signature = checks.Lack[checks.Signature](refused())
	case checks.PartCI:
		s.CI = checks.Lack[checks.CI](refused())
	case checks.PartFiles:
		lackAll(&s.VersionFiles)
		lackAll(&s.OwnFiles)
	case checks.PartFragments:
		lackAll(&s.OwnFragments)
	case checks.PartPins:
		s.Pins = checks.Lack[map[checks.Pin]checks.Got[checks.Origin]](refused())
	case checks.PartPages:
		lackAll(&s.OwnPages)
	case checks.PartOpen:
		lackAll(&s.OwnOpen)
	}
}

// TestRefusedIsUnknown holds, for every check and each part that it needs, that
// what GitHub refuses to show is unknown, says what it would need, and blocks
// where the check does. There is one exception, and it is no pass either.
func TestRefusedIsUnknown(t *testing.T) {
	s := withOwn()
	for _, c := range checks.For(s.Subject) {
		for _, p := range c.Needs {
			t.Run(c.ID+" without "+string(p), func(t *testing.T) {
				s := withOwn()
				refuse(t, s, p)
				f := checks.Run(c, s)
				if goodWithout(c, p) {
					if f.Outcome != checks.Pass {
						t.Errorf("outcome is %s (%s), want pass", f.Outcome, f.Summary)
					}
					return
				}
				want := checks.Unknown
				if c.ID == "ci.green" && p == checks.PartRules {
					want = checks.Warn // all that ran is green; what else is required is hidden
				}
				if f.Outcome != want {
					t.Errorf("outcome is %s (%s), want %s", f.Outcome, f.Summary, want)
				}
				if f.Blocks() != (want == checks.Unknown && c.Severity == checks.SeverityBlock) {
					t.Errorf("severity %s blocks: %v", c.Severity, f.Blocks())
				}
				if !strings.Contains(f.Remedy, "administration: read on quay/harbour") {
					t.Errorf("the remedy %q does not say what it takes", f.Remedy)
				}
				requireWhole(t, c, f)
			})
		}
	}
}

// TestNothingThere holds what each check makes of having read that there is
// nothing: an empty list is an answer only where the plan asks for nothing.
func TestNothingThere(t *testing.T) {
	stage := func(change func(*checks.StageFacts)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			for i := range s.Stages {
				change(&s.Stages[i])
			}
		}
	}
	for _, tt := range []struct {
		id, name string
		change   func(*checks.Snapshot)
		want     checks.Outcome
	}{
		{"repo.access", "a viewer without a name", func(s *checks.Snapshot) { s.Viewer = checks.Have(checks.Viewer{}) }, checks.Fail},
		{"repo.access", "a repository of which nothing is said", stage(func(f *checks.StageFacts) { f.Repo = checks.Have(checks.Repo{}) }), checks.Fail},
		{"ref.line", "a branch without a head", func(s *checks.Snapshot) { s.Head = checks.Have("") }, checks.Fail},
		{"branch.rules", "rules of which nothing is said", func(s *checks.Snapshot) { s.Rules = checks.Have(checks.BranchRules{}) }, checks.Unknown},
		{"tag.ruleset", "no rules", stage(func(f *checks.StageFacts) { f.TagRules = checks.Have([]checks.Ruleset(nil)) }), checks.Warn},
		{"tag.ruleset", "rules of which nothing is said", stage(func(f *checks.StageFacts) { f.TagRules = checks.Have([]checks.Ruleset{{}}) }), checks.Warn},
		{"rel.immutable", "a setting of which nothing is said", stage(func(f *checks.StageFacts) { f.Immutable = checks.Have(checks.Immutable{}) }), checks.Warn},
		{"tag.version", "no tags", func(s *checks.Snapshot) { s.Versions = checks.Have([]checks.TagName{}) }, checks.Pass},
		{"version.files", "no file read", func(s *checks.Snapshot) { s.VersionFiles = []checks.Got[checks.FileMatch]{} }, checks.Unknown},
		{"version.files", "a file of which nothing is said", func(s *checks.Snapshot) {
			s.VersionFiles[0] = checks.Have(checks.FileMatch{})
		}, checks.Fail},
		{"ci.green", "no runs", func(s *checks.Snapshot) {
			s.CI = checks.Have(checks.CI{SHA: harbourSHA, Runs: []checks.CIRun{}})
		}, checks.Fail},
		{"ci.green", "a run of which nothing is said", func(s *checks.Snapshot) {
			s.CI = checks.Have(checks.CI{SHA: harbourSHA, Runs: []checks.CIRun{{}}})
		}, checks.Fail},
		{"ci.green", "no commit on either side", func(s *checks.Snapshot) {
			s.Subject.SHA = ""
			edit(&s.CI, func(ci *checks.CI) { ci.SHA = "" })
		}, checks.Fail},
		{"wf.trigger", "no workflow read", stage(func(f *checks.StageFacts) { f.Workflows = []checks.Got[checks.Workflow]{} }), checks.Unknown},
		{"wf.trigger", "a workflow of which nothing is said", stage(func(f *checks.StageFacts) {
			f.Workflows[0] = checks.Have(checks.Workflow{})
		}), checks.Fail},
		{"gov.satisfiable", "no environment named", stage(func(f *checks.StageFacts) { f.Environments = []checks.Got[checks.Environment]{} }), checks.NotApplicable},
		{"gov.satisfiable", "an environment of which nothing is said", func(s *checks.Snapshot) {
			s.Stages[0].Environments[0] = checks.Have(checks.Environment{})
		}, checks.Warn},
		{"wf.unpinned", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.injection", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.dangerous-trigger", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.cache", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.permissions", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.checkout", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"pub.attested", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.unhashed-install", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.secrets-scope", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.long-lived-secret", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"wf.credentials", "no workflow", stage(func(f *checks.StageFacts) { f.Program = checks.Have(actions.Program{}) }), checks.NotApplicable},
		{"blob.opaque", "nothing changed", stage(func(f *checks.StageFacts) { f.Changes = checks.Have(checks.Changes{}) }), checks.Pass},
		{"blob.opaque", "nothing seen of what is new", stage(func(f *checks.StageFacts) { f.Blobs = checks.Have(checks.Blobs{}) }), checks.Unknown},
		{"build.changes", "no release before", stage(func(f *checks.StageFacts) { f.Changes = checks.Have(checks.Changes{}) }), checks.Warn},
		{"review.coverage", "a history of which nothing is said", func(s *checks.Snapshot) { s.History = checks.Have(checks.History{}) }, checks.Unknown},
		{"gov.bus-factor", "a history of which nothing is said", func(s *checks.Snapshot) { s.History = checks.Have(checks.History{}) }, checks.Warn},
		{"tag.free", "nothing looked at", stage(func(f *checks.StageFacts) { f.Published = []checks.Got[checks.Published]{} }), checks.Unknown},
		{"tag.free", "refs of which nothing is said", stage(func(f *checks.StageFacts) {
			free := checks.Have(checks.RefFact{})
			f.Tag, f.Claim, f.Release = free, free, free
		}), checks.Pass},
	} {
		t.Run(tt.id+" "+tt.name, func(t *testing.T) {
			s := clean()
			tt.change(s)
			c := find(t, tt.id)
			f := checks.Run(c, s)
			if f.Outcome != tt.want {
				t.Errorf("outcome is %s (%s), want %s", f.Outcome, f.Summary, tt.want)
			}
			requireWhole(t, c, f)
		})
	}
}
