package plain

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// asked is the question of a record, as it is written.
func asked(t *testing.T, change func(*Question)) string {
	t.Helper()
	s := recordtest.Fold(recordtest.Before(recordtest.Clean(), 5))
	q := Question{Plan: s.Plan, Calls: recordtest.Calls()}
	for _, c := range s.Checks {
		q.Findings = append(q.Findings, *c.Finding)
	}
	change(&q)
	var b bytes.Buffer
	if err := q.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Who says yes in lines is told what the console tells: all that is sent, what is
// left open, what stays done, what comes of it and what was there before.
func TestQuestion(t *testing.T) {
	begun := func(q *Question) {
		st := q.Plan.Stages[0]
		q.Resume, q.Calls = true, q.Calls[2:]
		q.Begun = []release.Begun{{Stage: st.Name, Claim: release.Claimed{By: text.Clean("ines"), At: recordtest.Start().Add(-time.Hour)},
			Artifacts: []release.ArtifactState{{Artifact: st.Artifacts[0], Published: new(checks.Published)},
				{Artifact: st.Artifacts[1]}}}}
	}
	for _, tt := range []struct {
		name      string
		change    func(*Question)
		want, not []string
	}{
		{"a new release", func(*Question) {},
			[]string{"Release ckan 2.11.6 from dev-v2.11 @ 4f2c9ab", "Warns: gov.satisfiable  environment pypi: 2 reviewers",
				"These 7 calls are sent, and no others:", "What can not be undone:", "never uploaded again",
				"Published, once CI has built it:\n  pypi ckan 2.11.6\n"},
			[]string{"Unknown:", "Started before", "Go on with"}},
		{"nobody looked", func(q *Question) {
			q.Findings = []checks.Finding{{ID: "own.manual", Summary: text.Clean("nobody ticked it"), Outcome: checks.Unknown, Severity: checks.SeverityWarn},
				{ID: "a.b", Outcome: checks.Pass}, {ID: "c.d", Outcome: checks.NotApplicable}}
		}, []string{"  Unknown: own.manual  nobody ticked it\n"}, []string{"a.b", "c.d", "Warns"}},
		{"no artifact", func(q *Question) {
			for i := range q.Plan.Stages {
				q.Plan.Stages[i].Artifacts = nil
			}
		}, []string{"The plan names no artifact: nothing that is published will be looked at.\n"}, []string{"Published, once"}},
		{"gone on with", begun,
			[]string{"Go on with ckan 2.11.6", "Started before:\n  package  ckan/ckan  by ines on 2026-08-14 08:00 UTC\n    published: pypi ckan 2.11.6\n",
				"    not looked at: github-release", "These 5 calls"},
			[]string{"Release ckan", "can be yanked"}},
		{"nothing left", func(q *Question) { begun(q); q.Calls = nil },
			[]string{"Every stage was started. Nothing is left to send."}, []string{"can not be undone", "Published, once"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := asked(t, tt.change)
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("no %q in:\n%s", w, got)
				}
			}
			for _, n := range tt.not {
				if strings.Contains(got, n) {
					t.Errorf("%q is said:\n%s", n, got)
				}
			}
		})
	}
	all := asked(t, func(*Question) {})
	for _, c := range recordtest.Calls() {
		if !strings.Contains(all, c.Request()) {
			t.Errorf("no %q in:\n%s", c.Request(), all)
		}
	}
	if err := (Question{Calls: recordtest.Calls()}).Write(&brokenPipe{}); !errors.Is(err, errPipe) {
		t.Errorf("a failed write gives %v", err)
	}
}

// What nobody looked at, and what warns, is no plain go.
func TestTheMarkOfAVerdict(t *testing.T) {
	for want, v := range map[string]checks.Verdict{
		"✓ verdict  GO  3 pass":             {Go: true, Pass: 3},
		"! verdict  GO  1 warn · 3 pass":    {Go: true, Pass: 3, Warn: 1},
		"! verdict  GO  1 unknown · 3 pass": {Go: true, Pass: 3, Unknown: 1},
		"✗ verdict  NO-GO  1 unknown":       {Unknown: 1},
	} {
		if got := replay(stamp(release.Judged{Verdict: v}), Options{}); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}
