package checks_test

import (
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

func TestTagFree(t *testing.T) {
	there := checks.Have(checks.RefFact{Exists: true, SHA: otherSHA, By: text.Clean("ines"),
		At: time.Date(2026, 8, 13, 23, 59, 0, 0, time.UTC), URL: text.Clean("https://github.com/quay/harbour/releases")})
	published := func(stage, artifact int, p checks.Published) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { s.Stages[stage].Published[artifact] = checks.Have(p) }
	}
	judge(t, "tag.free", []verdictCase{
		{name: "clean", want: checks.Pass, says: "no tag, release, claim or artifact of 2.11.6",
			shows: "claim refs/twokey/deb/2.11.6 in quay/packaging: free"},
		{name: "no artifact", change: withoutArtifacts, want: checks.Pass,
			says:  "no tag, release or claim of 2.11.6; the plan names no artifact",
			shows: "artifacts: the plan names none: nothing that is published is looked at"},
		{name: "tag", change: func(s *checks.Snapshot) { s.Stages[0].Tag = there }, want: checks.Fail,
			says: "tag harbour-2.11.6 in quay/harbour: exists already at badbadb, made by ines on 2026-08-13 23:59 UTC",
			fix:  "twokey attach 2.11.6"},
		{name: "tag of which little is known", change: func(s *checks.Snapshot) {
			s.Stages[0].Tag = checks.Have(checks.RefFact{Exists: true})
		}, want: checks.Fail, says: "exists already"},
		{name: "tag of a later stage", change: func(s *checks.Snapshot) { s.Stages[2].Tag = there }, want: checks.Fail,
			says: "tag v20260814 in quay/images"},
		{name: "release without its tag", change: func(s *checks.Snapshot) { s.Stages[0].Release = there }, want: checks.Fail,
			says: "release harbour-2.11.6 in quay/harbour", fix: "twokey attach 2.11.6"},
		{name: "claim", change: func(s *checks.Snapshot) { s.Stages[1].Claim = there }, want: checks.Fail,
			says: "claim refs/twokey/deb/2.11.6", fix: "twokey attach 2.11.6"},
		{name: "claim of a dispatch that also makes a tag", change: func(s *checks.Snapshot) {
			s.Subject.Stages[1].Tag, s.Stages[1].Tag, s.Stages[1].Release = "v1", checks.Have(checks.RefFact{}), checks.Have(checks.RefFact{})
			s.Stages[1].Claim = there
		}, want: checks.Fail, says: "claim"},
		{name: "stage without a claim", change: func(s *checks.Snapshot) {
			s.Subject.Stages[1].ClaimRef, s.Stages[1].Claim = "", checks.Got[checks.RefFact]{}
		}, want: checks.Unknown},

		{name: "published", change: published(0, 0, checks.Published{Exists: true}), want: checks.Fail,
			says: "pypi harbour 2.11.6: published already", fix: "choose the next version"},
		{name: "an earlier release under a name for all", change: published(1, 0, checks.Published{Exists: true, Mutable: true}),
			want: checks.Pass, shows: "holds an earlier release"},
		{name: "nothing yet under a name for all", change: published(1, 0, checks.Published{Mutable: true}), want: checks.Pass},
		{name: "published is not known", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Published[0], "") },
			want: checks.Unknown, says: "pypi harbour 2.11.6: GitHub answered 403", fix: "check again"},
		{name: "fewer looked at than the plan publishes", change: func(s *checks.Snapshot) {
			s.Stages[0].Published = s.Stages[0].Published[:1]
		}, want: checks.Unknown, says: "github-release harbour-2.11.6: it was not read"},

		{name: "tag hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Tag, "contents: read") }, want: checks.Unknown,
			fix: "twokey needs contents: read"},
		{name: "release hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[2].Release, "") }, want: checks.Unknown},
		{name: "claim hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[1].Claim, "") }, want: checks.Unknown},
		{name: "what stands there comes before what is hidden", change: func(s *checks.Snapshot) {
			hide(&s.Stages[0].Tag, "")
			s.Stages[2].Tag = there
		}, want: checks.Fail, says: "v20260814"},
	})
}

// released is a release of version from a line with these versions before it.
func released(scheme, pattern, version string, before ...string) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		s.Subject.Scheme, s.Subject.LinePattern, s.Subject.Version = scheme, pattern, version
		var tags []checks.TagName
		for _, v := range before {
			tags = append(tags, checks.TagName{Name: "v" + v, Version: v, SHA: otherSHA})
		}
		s.Versions = checks.Have(tags)
	}
}

// minorLine is a line for each minor version.
const minorLine = "dev-v{major}.{minor}"

func TestTagVersion(t *testing.T) {
	judge(t, "tag.version", []verdictCase{
		{name: "clean", want: checks.Pass, says: "2.11.6 follows 2.11.5", shows: "the tag harbour-2.11.5 at badbadb"},
		{name: "in no order", change: released("semver", minorLine, "1.2.10", "1.2.9", "1.2.1", "1.2.8"), want: checks.Pass, says: "follows 1.2.9"},
		{name: "by number, not by letter", change: released("semver", minorLine, "1.2.9", "1.2.10"), want: checks.Fail,
			says: "1.2.9 is below 1.2.10", fix: "twokey status"},
		{name: "with a gap", change: released("semver", minorLine, "1.2.9", "1.2.3"), want: checks.Pass},
		{name: "first of its line", change: released("semver", minorLine, "2.0.0", "1.9.9", "3.0.0"), want: checks.Pass,
			says: "first version of its line", shows: "last version of the line: none"},
		{name: "first of all", change: released("semver", minorLine, "0.1.0"), want: checks.Pass, says: "first"},
		{name: "an older line", change: released("semver", minorLine, "1.2.4", "1.2.3", "1.3.0", "2.0.0"), want: checks.Pass, says: "follows 1.2.3"},
		{name: "exists", change: released("semver", minorLine, "1.2.3", "1.2.3", "1.2.4"), want: checks.Fail, says: "exists already, as the tag v1.2.3"},
		{name: "exists on a line of another name", change: released("semver", "main", "1.2.3", "1.2.3"), want: checks.Fail, says: "exists already"},
		{name: "exists in another spelling", change: released("pep440", minorLine, "1.0.0rc1", "1.0.0-rc.1"), want: checks.Fail, says: "exists already"},

		{name: "one line for all, below", change: released("semver", "main", "1.2.4", "1.2.3", "1.3.0"), want: checks.Fail, says: "below 1.3.0"},
		{name: "one line for all, above", change: released("semver", "main", "1.3.1", "1.2.3", "1.3.0"), want: checks.Pass, says: "follows 1.3.0"},
		{name: "a line for each major, below", change: released("semver", "v{major}", "1.2.4", "1.3.0", "2.0.0"), want: checks.Fail, says: "below 1.3.0"},
		{name: "a line for each major, above", change: released("semver", "v{major}", "1.4.0", "1.3.0", "2.0.0"), want: checks.Pass, says: "follows 1.3.0"},

		{name: "candidate of what is out", change: released("semver", minorLine, "1.2.3-rc.2", "1.2.3"), want: checks.Fail, says: "below 1.2.3"},
		{name: "final after its candidate", change: released("semver", minorLine, "1.2.3", "1.2.3-rc.2"), want: checks.Pass, says: "follows 1.2.3-rc.2"},
		{name: "PEP 440 beta after beta", change: released("pep440", minorLine, "2.12.0b1", "2.12.0b0", "2.11.5"), want: checks.Pass, says: "follows 2.12.0b0"},
		{name: "PEP 440 post release", change: released("pep440", minorLine, "2.11.5.post1", "2.11.5"), want: checks.Pass},
		{name: "PEP 440 beta below the candidate", change: released("pep440", minorLine, "2.12.0b1", "2.12.0rc1"), want: checks.Fail},
	})
}

func TestTagVersionOfACommitThatIsOut(t *testing.T) {
	judge(t, "tag.version", []verdictCase{
		{name: "a commit that is out", change: func(s *checks.Snapshot) {
			released("semver", minorLine, "1.2.4", "1.2.3", "1.2.2")(s)
			s.Versions = checks.Have([]checks.TagName{{Name: "v1.2.3", Version: "1.2.3", SHA: s.Subject.SHA}, {Name: "v1.2.2", Version: "1.2.2", SHA: otherSHA}})
		}, want: checks.Warn, says: "1.2.4 follows 1.2.3; the same commit as 1.2.3", fix: "once more", shows: "commit 4f2c9ab: the same commit as 1.2.3"},
		{name: "a candidate's commit, made final", change: func(s *checks.Snapshot) {
			released("semver", minorLine, "1.2.3")(s)
			s.Versions = checks.Have([]checks.TagName{{Name: "v1.2.3-rc.1", Version: "1.2.3-rc.1", SHA: s.Subject.SHA}})
		}, want: checks.Pass, says: "follows 1.2.3-rc.1"},
		{name: "a commit that is out, and a version below", change: func(s *checks.Snapshot) {
			released("semver", minorLine, "1.2.2")(s)
			s.Versions = checks.Have([]checks.TagName{{Name: "v1.2.3", Version: "1.2.3", SHA: s.Subject.SHA}})
		}, want: checks.Fail, says: "below 1.2.3"},
		{name: "the last release goes on", change: func(s *checks.Snapshot) {
			s.Subject.Left = text.Clean("2.11.5 is in flight")
		}, want: checks.Warn, says: "2.11.6 follows 2.11.5; 2.11.5 is in flight", fix: "twokey status"},
	})
}

func TestTagVersionUnreadable(t *testing.T) {
	judge(t, "tag.version", []verdictCase{
		{name: "not a version", change: released("semver", minorLine, "latest"), want: checks.Fail, says: `version "latest"`, fix: "1.3.0-rc.1"},
		{name: "leading v", change: released("semver", minorLine, "v1.2.3"), want: checks.Fail},
		{name: "not a version of PEP 440", change: released("pep440", minorLine, "1.2.x"), want: checks.Fail, fix: "1.3.0rc1"},
		{name: "no version", change: released("semver", minorLine, ""), want: checks.Fail},
		{name: "no scheme", change: released("", minorLine, "1.2.3"), want: checks.Fail},
		{name: "tags of another scheme are no versions", change: released("semver", minorLine, "1.2.3", "1.2.2", "20260814", "nightly"),
			want: checks.Pass, says: "follows 1.2.2"},
		{name: "no tag in the plan", change: func(s *checks.Snapshot) {
			s.Subject.Tag = ""
			hide(&s.Versions, "")
		}, want: checks.Unknown, says: "the plan names no tag", fix: "`tag: v{version}`"},
		{name: "no tag in the plan, and versions all the same", change: func(s *checks.Snapshot) { s.Subject.Tag = "" }, want: checks.Unknown},
		{name: "tags hidden", change: func(s *checks.Snapshot) { hide(&s.Versions, "contents: read") }, want: checks.Unknown,
			says: "tags of quay/harbour", fix: "twokey needs contents: read"},
	})
}

// TestTagFreeKnowsNoAttachForArtifacts holds that a version that is out does not
// send people to attach: there may be nothing in flight.
func TestTagFreeKnowsNoAttachForArtifacts(t *testing.T) {
	s := clean()
	s.Stages[2].Published[0] = checks.Have(checks.Published{Exists: true})
	if f := checks.Run(find(t, "tag.free"), s); strings.Contains(f.Remedy, "attach") {
		t.Errorf("the remedy is %q", f.Remedy)
	}
}

func withoutArtifacts(s *checks.Snapshot) {
	for i := range s.Subject.Stages {
		s.Subject.Stages[i].Artifacts, s.Stages[i].Published = nil, nil
	}
}

// Whatever blocks a version that was begun before, seeing to it does not free the
// version: every such finding names the one way on. What does not block keeps its own.
func TestOnward(t *testing.T) {
	const onward = "2.11.6 is in flight: watch it with `twokey attach 2.11.6`"
	for _, c := range checks.All() {
		s := hostile()
		own := checks.Run(c, s)
		s.Subject.Onward = onward
		if f := checks.Run(c, s); f.Blocks() != (f.Remedy == onward) || !f.Blocks() && f.Remedy != own.Remedy {
			t.Errorf("%s (blocks: %v) says %q", c.ID, f.Blocks(), f.Remedy)
		}
		s = clean()
		s.Subject.Onward = onward
		if f := checks.Run(c, s); f.Remedy != "" {
			t.Errorf("%s passes and says %q", c.ID, f.Remedy)
		}
	}
}

// Where nothing is left to start nothing blocks, and what was found stays told.
func TestOnlyWatches(t *testing.T) {
	s := hostile()
	s.Subject.OnlyWatches = true
	for _, c := range checks.For(s.Subject) {
		if f := checks.Run(c, s); f.Blocks() || f.Outcome == checks.Pass || f.Severity == checks.SeverityBlock {
			t.Errorf("%s: %s of severity %s blocks: %v", f.ID, f.Outcome, f.Severity, f.Blocks())
		}
	}
}
