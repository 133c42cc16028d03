package release

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// elsewhere is a claim of the plan's stage by another release: of another version, or
// of another project that has a stage of the same name in the same repository.
func elsewhere(p Plan, st Stage, version string, own Repo) Claim {
	other := p
	other.Version, other.Repo = version, own
	other.Stages = slices.Clone(p.Stages)
	for i := range other.Stages {
		if other.Stages[i].Repo == p.Repo {
			other.Stages[i].Repo = own
		}
	}
	return Claim{Ref: st.ClaimRef(p.Version), SHA: st.SHA, Object: strings.Repeat("8", 40), Message: noteOf(other, nil).message(other, st)}
}

func TestOwns(t *testing.T) {
	p := hubPlan(t)
	st := p.Stages[2]
	for name, tt := range map[string]struct {
		message string
		want    bool
	}{
		"ours":                {elsewhere(p, st, p.Version, p.Repo).Message, true},
		"another version's":   {elsewhere(p, st, "2.10.4", p.Repo).Message, false},
		"another project's":   {elsewhere(p, st, p.Version, Repo{Owner: "harbour", Name: "pier"}).Message, false},
		"made by hand":        {"v20260814\n", true},
		"without a message":   {"", true},
		"with half of a note": {noteKey + `{"v":1,"version":"2.10.4"`, true},
	} {
		if got := p.owns(Claim{Message: tt.message}); got != tt.want {
			t.Errorf("%s: owns says %v", name, got)
		}
	}
}

// Two lines that are released on one day share the day's tags. Whoever comes second
// finds the tag taken, starts nothing with it, and goes on with the next: never is the
// other's claim taken for its own, though its commit is the same.
func TestAnotherReleaseHasTheDaysTag(t *testing.T) {
	for _, tt := range []struct {
		name string
		when CallKind // whose sending the other is faster than; empty: they claimed long before
	}{{"before", ""}, {"meanwhile", CallRef}} {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			h, m := newHub(t, p), &machine{}
			st := p.Stages[2]
			take := func() {
				c := elsewhere(p, st, "2.10.4", p.Repo)
				c.At = h.now
				h.claims[st.Repo.String()+" "+c.Ref] = c
			}
			h.fault = func(when string, c Call) error {
				switch {
				case when != "before" || c.Stage != st.Name && tt.when != "":
				case tt.when == c.Kind, tt.when == "" && c.Stage == "package":
					take()
					h.fault = nil
				}
				return nil
			}
			f, err := kept(t, h, p, m)
			if err == nil || !slices.Contains(f.Waiting, "images") || !strings.Contains(err.Error(), "that of the release of 2.10.4") ||
				!strings.Contains(HintOf(err), "the next tag of the day with `twokey release 2.11.6 --resume`") {
				t.Errorf("%v, hint %q, ends with %+v", err, HintOf(err), f)
			}
			if len(h.releases) != 0 {
				t.Errorf("%d releases were made", len(h.releases))
			}
			if err := watchOn(h, p, m); err == nil || strings.Contains(err.Error(), "could not be confirmed") ||
				!strings.Contains(HintOf(err), "`twokey release 2.11.6 --resume`") {
				t.Errorf("attached: %v, hint %q", err, HintOf(err))
			}
			if err := goOn(h, p, m); err != nil {
				t.Fatalf("going on with it: %v, hint %q", err, HintOf(err))
			}
			if _, ok := h.claims["harbour/images refs/tags/v20260814.1"]; !ok || len(h.claims) != 4 || len(h.releases) != 1 || len(h.started) != 4 {
				t.Errorf("%d claims, %d releases, %d runs", len(h.claims), len(h.releases), len(h.started))
			}
			sent := len(h.calls)
			if err := watchOn(h, p, nil); err != nil {
				t.Errorf("attached from another machine afterwards: %v, hint %q", err, HintOf(err))
			}
			if len(h.calls) != sent {
				t.Errorf("attaching sent %v", h.calls[sent:])
			}
		})
	}
}

// A claim whose name has no date can not be had a second time: that is said, and no
// command that would end the same.
func TestAnotherReleaseHasTheClaim(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	st := p.Stages[1] // dispatched in a repository that another project releases in, too
	c := elsewhere(p, st, p.Version, Repo{Owner: "harbour", Name: "pier"})
	c.At = h.now
	h.claims[st.Repo.String()+" "+c.Ref] = c
	_, err := released(t, h, p)
	if err == nil || !strings.Contains(err.Error(), "another project's release of 2.11.6") || !strings.Contains(HintOf(err), "put {version} into it") {
		t.Errorf("%v, hint %q", err, HintOf(err))
	}
	if h.count(CallDispatch) > 0 {
		t.Error("it was dispatched with another's claim")
	}
}

// What was left half way stays so in the survey, though another release has the tags
// that it would have had.
func TestUnfinishedBesideAnother(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.claimed(p, p.Stages[0], h.now.Add(-2*time.Hour))
	c := elsewhere(p, p.Stages[2], "2.10.4", p.Repo)
	h.claims[p.Stages[2].Repo.String()+" "+c.Ref] = c
	e, _ := engineOn(h)
	s, err := e.Survey(context.Background(), p.Repo)
	if err != nil {
		t.Fatal(err)
	}
	l, ok := s.Line(p.Line)
	if !ok || l.Unfinished == nil || !slices.Equal(l.Unfinished.Stages, []string{"deb", "images"}) {
		t.Errorf("the line is %+v", l)
	}
}

// The survey and the plan of what is in flight read each claim once, those of the day's
// tags, too; the first stage's leads to both.
func TestClaimsAreReadOnce(t *testing.T) {
	p := hubPlan(t)
	c := newTally(newHub(t, p))
	for _, st := range p.Stages {
		c.claimed(p, st, c.now)
	}
	e, _ := c.over()
	if _, err := e.InFlight(context.Background(), p.Repo, p.Version); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{4, 2, 2} {
		ref := p.Stages[i].ClaimRef(p.Version)
		if got := c.n["claim "+ref]; got != want {
			t.Errorf("%s was read %d times, want %d", ref, got, want)
		}
	}
}

func TestLaterDate(t *testing.T) {
	for _, tt := range []struct {
		date string
		n    int
		want string
	}{
		{"20260814", 1, "20260814.1"}, {"20260814", 99, "20260814.99"}, {"20260814", 100, ""},
		{"20260814.1", 1, "20260814.2"}, {"20260814.98", 1, "20260814.99"}, {"20260814.99", 1, ""},
	} {
		if got := laterDate(tt.date, tt.n); got != tt.want {
			t.Errorf("%d after %s is %q, want %q", tt.n, tt.date, got, tt.want)
		}
	}
}
