package cli

import (
	"reflect"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// proofOf is a stage of which these findings were made; none for one that was not started.
func proofOf(stage string, findings ...checks.Finding) release.Proof {
	return release.Proof{Stage: stage, Findings: findings, NotStarted: len(findings) == 0}
}

func TestVerifiedInAWord(t *testing.T) {
	good := checks.Finding{ID: "art.trace", Severity: checks.SeverityBlock, Outcome: checks.Pass}
	warn := checks.Finding{ID: "att.signer", Severity: checks.SeverityWarn, Outcome: checks.Warn}
	bad := checks.Finding{ID: "art.digest", Severity: checks.SeverityBlock, Outcome: checks.Fail}
	waived := bad
	waived.Summary, waived.Waiver = text.Clean("another digest"), &checks.Waiver{Check: "art.digest", Reason: text.Clean("a mirror"), Once: true}
	known := good
	known.ID, known.Evidence = "art.extras", []checks.Evidence{{Outcome: checks.Pass, Acknowledge: "a.m4@123", Accepted: text.Clean("gettext's")},
		{Outcome: checks.Pass, Acknowledge: "a.m4@123", Accepted: text.Clean("gettext's")}, {Outcome: checks.Pass}}
	tests := []struct {
		name   string
		stages []release.Proof
		want   string
	}{
		{"as it should be", []release.Proof{proofOf("package", good)}, "✓ VERIFIED: 1 pass"},
		{"a warning", []release.Proof{proofOf("package", good, warn)}, "! VERIFIED: 1 warn, 1 pass"},
		{"not as it should be", []release.Proof{proofOf("package", good, bad)}, "✗ NOT VERIFIED: 1 block, 1 pass"},
		{"waived", []release.Proof{proofOf("package", good, waived)}, "! VERIFIED: 1 waived, 1 pass\n  accepted: art.digest: waived for this release: another digest: a mirror"},
		{"acknowledged", []release.Proof{proofOf("package", known)}, "! VERIFIED: 1 pass\n  accepted: art.extras: a.m4@123: gettext's"},
		{"not all started", []release.Proof{proofOf("package", good), proofOf("deb"), proofOf("docker")},
			"! VERIFIED SO FAR: 1 pass; not started: deb, docker"},
		{"not all started, and bad", []release.Proof{proofOf("package", bad), proofOf("deb")}, "✗ NOT VERIFIED: 1 block"},
		{"nothing started of it", []release.Proof{proofOf("deb")}, "! NOTHING TO VERIFY YET: not started: deb"},
	}
	for _, tt := range tests {
		var all []checks.Finding
		for _, st := range tt.stages {
			all = append(all, st.Findings...)
		}
		v := verified{Stages: tt.stages, Verdict: checks.Judge(all), Accepted: acceptedIn(all)}
		if got := strings.Join(v.ending(false), "\n"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if ascii := strings.Join(v.ending(true), "\n"); strings.ContainsAny(ascii, "✓✗") {
			t.Errorf("%s: in ASCII it is %q", tt.name, ascii)
		}
	}
}

// Lists are never null in JSON.
func TestNothingAccepted(t *testing.T) {
	if got := acceptedIn(nil); !reflect.DeepEqual(got, []accepted{}) {
		t.Errorf("%#v", got)
	}
}
