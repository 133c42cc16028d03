package release

import (
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks/version"
)

// surveyOf is what there is of a project with these tags.
func surveyOf(tags ...string) Survey {
	s := Survey{file: PlanFile{Tag: "harbour-{version}", Lines: "dev-v{major}.{minor}", Scheme: version.PEP440}}
	for _, t := range tags {
		s.tags = append(s.tags, Tag{Name: t})
	}
	return s
}

func TestNamed(t *testing.T) {
	s := surveyOf()
	for word, want := range map[string]string{
		"2.11.6": "2.11.6", "v2.11.6": "2.11.6", "V2.11.6": "2.11.6", "harbour-2.11.6": "2.11.6", " 2.11.6 ": "2.11.6",
		"refs/tags/harbour-2.11.6": "2.11.6", "2.11": "2.11", "2.11.6rc1": "2.11.6rc1",
		"": "", "v": "", "vv2.11.6": "", "banana": "", "harbour-": "", "other-2.11.6": "", "harbour-v2.11.6": "", "\x1b[2J": "",
	} {
		v, err := s.named(word)
		if (err == nil) != (want != "") || err == nil && v.String() != want {
			t.Errorf("%q is %q, %v; want %q", word, v, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	s := surveyOf("harbour-2.10.0", "harbour-2.11.5", "harbour-2.11.4", "harbour-2.10.3", "harbour-2.9.9", "v9.9.9", "harbour-3.0.0", "latest")
	tests := []struct{ word, want string }{
		{"2.11.6", "2.11.5 3.0.0 2.11.4"},
		{"2.11", "2.11.5 2.11.4 2.10.3"},
		{"v2.11", "2.11.5 2.11.4 2.10.3"},
		{"1.0", "2.9.9 2.10.0 2.10.3"},
		{"9.9.9", "3.0.0 2.11.5 2.11.4"},
		{"2.10.2", "2.10.0 2.10.3 2.9.9"},
		{"banana", "3.0.0 2.11.5 2.11.4"},
		{"2.1", "2.9.9 2.10.0 2.10.3"}, // which begin alike, and are not of 2.1
	}
	for _, tt := range tests {
		if got := strings.Join(s.nearest(tt.word), " "); got != tt.want {
			t.Errorf("nearest to %q are %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := surveyOf("latest").nearest("1.0"); len(got) > 0 {
		t.Errorf("without a release %q are near", got)
	}
}

// A release whose branch is gone was of its line all the same.
func TestLineOf(t *testing.T) {
	s := surveyOf()
	s.Lines = []LineSurvey{{Line: "dev-v2.11"}}
	for word, want := range map[string]string{"2.11.5": "dev-v2.11", "2.9.9": "dev-v2.9"} {
		v, err := s.named(word)
		if got := s.lineOf(v); err != nil || got != want {
			t.Errorf("%s is of the line %q, %v", word, got, err)
		}
	}
}

// A stage that nobody has started is not judged: what is not there is not missing. Where
// nobody noted what a release is made of, everything is judged.
func TestVerifyJudgesWhatWasStarted(t *testing.T) {
	for name, tt := range map[string]struct {
		version string
		started []string // by twokey
		want    string
	}{
		"the first stage":  {"2.11.6", []string{"package"}, "package deb:not images:not"},
		"two stages":       {"2.11.6", []string{"package", "images"}, "package deb:not images"},
		"a tag by hand":    {"2.11.5", nil, "package deb images"},
		"one stage of one": {"2.11.6", []string{"package", "deb", "images"}, "package deb images"},
	} {
		t.Run(name, func(t *testing.T) {
			p := hubPlan(t)
			b := newBench(t, p)
			for _, st := range p.Stages {
				if slices.Contains(tt.started, st.Name) {
					b.claimed(p, st, b.now)
				}
			}
			e := NewEngine(Ports{Forge: b, Shelf: b.hub, Clock: b, Stream: NewStream(b), Commits: b, Artifacts: shop{b}})
			_, proofs, err := e.Verify(t.Context(), p.Repo, tt.version, "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, proof := range proofs {
				word := proof.Stage
				if proof.NotStarted {
					word += ":not"
				}
				got = append(got, word)
				if proof.NotStarted == (len(proof.Findings) > 0) || proof.Files == nil {
					t.Errorf("%s: %d findings, files %v", word, len(proof.Findings), proof.Files)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("judges %q, want %q", got, tt.want)
			}
			if _, one, err := e.Verify(t.Context(), p.Repo, tt.version, "deb"); err != nil || len(one) != 1 || one[0].NotStarted != strings.Contains(tt.want, "deb:not") {
				t.Errorf("the stage alone is %+v, %v", one, err)
			}
		})
	}
}

// A release that is not there is no failure of one, and the way to one is shown.
func TestVerifyNoSuchRelease(t *testing.T) {
	p := hubPlan(t)
	b := newBench(t, p)
	e := NewEngine(Ports{Forge: b, Shelf: b.hub, Clock: b, Stream: NewStream(b), Commits: b, Artifacts: shop{b}})
	for word, want := range map[string]string{
		"2.11.6": "verify 2.11.6: harbour/harbour has no such release", "v9.9.9": "verify 9.9.9: harbour/harbour has no such release",
		"banana": `version "banana": `,
	} {
		_, proofs, err := e.Verify(t.Context(), p.Repo, word, "")
		if KindOf(err) != KindUsage || !strings.HasPrefix(err.Error(), want) || !strings.Contains(HintOf(err), "`twokey verify 2.11.5`") || len(proofs) > 0 {
			t.Errorf("%s: %v (hint: %s)", word, err, HintOf(err))
		}
	}
	if len(b.calls) > 0 || b.reads > 0 {
		t.Error("something was sent or read")
	}
}

// What was claimed a short while ago may still come; what was claimed long ago does not.
func TestUnsettled(t *testing.T) {
	for age, want := range map[time.Duration]bool{time.Minute: true, 59 * time.Minute: true, 61 * time.Minute: false, 24 * time.Hour: false} {
		p := hubPlan(t)
		b := newBench(t, p)
		b.claimed(p, p.Stages[0], b.now.Add(-age))
		e := NewEngine(Ports{Forge: b, Shelf: b.hub, Clock: b, Stream: NewStream(b), Commits: b, Artifacts: shop{b}})
		if _, _, err := e.Verify(t.Context(), p.Repo, "2.11.6", "package"); err != nil {
			t.Fatal(err)
		}
		if got := e.Unsettled(); got != want {
			t.Errorf("claimed %s ago it is unsettled: %v, want %v", age, got, want)
		}
	}
}
