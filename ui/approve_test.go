package ui

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// Who may approve depends on who asks and on who started the run; the check before
// the release and the question at the gate must not disagree.
func TestWhoMayApprove(t *testing.T) {
	reviewers := []checks.Reviewer{{Name: text.Clean("mara")}, {Name: text.Clean("ines")}, {Name: text.Clean("pilots"), Team: true}}
	for _, tt := range []struct {
		name, actor string
		can         bool
		reviewers   []checks.Reviewer
		want        string
	}{
		{"your own, which you may", "mara", true, reviewers, "mara (you), ines, pilots (team)"},
		{"your own, which you may not", "mara", false, reviewers, "ines, pilots (team)"},
		{"another's", "ines", true, reviewers, "mara (you), ines (who started it), pilots (team)"},
		{"yours alone, and you may not", "mara", false, reviewers[:1], "nobody else"},
		{"nobody's", "mara", true, nil, "nobody is named"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
			g := release.Gate{CanApprove: tt.can, Reviewers: tt.reviewers}
			if got := m.mayApprove(g, release.Run{Actor: text.Clean(tt.actor)}); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestYourOwnApprovalIsNoSecondKey(t *testing.T) {
	for actor, want := range map[string]bool{"mara": true, "ines": false} {
		m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
		run := m.state.Stages[0].Runs[0].Run
		run.Actor = text.Clean(actor)
		emit(m, release.RunChanged{Stage: "package", Run: run})
		m.Update(keyMsgs("a")[0])
		if got := strings.Contains(m.View(), "no second key"); got != want {
			t.Errorf("started by %s: said %v\n%s", actor, got, m.View())
		}
		pressOn(m, "x")
		holds(t, m.View(), []string{"Reject pypi?", "A rejection fails the run."}, []string{"second key"})
	}
}
