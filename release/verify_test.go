package release

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
)

// An artifact that does not appear fails the release, and what is there is named.
func TestPartial(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	whole := h.publish
	h.publish = func(h *hub, w string) {
		if w != "image.yml" {
			whole(h, w)
		}
	}
	events, err := released(t, h, p)
	if err == nil || !strings.Contains(err.Error(), "image docker.io/harbour/base:2.11.6") {
		t.Fatalf("error %v", err)
	}
	f := last(t, events)
	found := 0
	for _, st := range f.Stages {
		for _, a := range st.Found {
			if a.Found {
				found++
			}
		}
	}
	if f.Outcome != Failed || found != 2 {
		t.Errorf("finished as %+v with %d artifacts found", f, found)
	}
}

// A mutable name that still holds the last release is not this release.
func TestMutableNameMustChange(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	deb := p.Stages[1].Artifacts[0]
	h.put(deb, "etag:old", h.now.Add(-240*time.Hour))
	whole := h.publish
	h.publish = func(h *hub, w string) {
		if w != "deb.yml" {
			whole(h, w)
		}
	}
	events, err := released(t, h, p)
	if err == nil || !strings.Contains(err.Error(), "deb https://deb.harbour.example/harbour_2.11.deb") {
		t.Fatalf("error %v", err)
	}
	i := slices.IndexFunc(events, func(e Event) bool { m, ok := e.(ArtifactMissing); return ok && m.Artifact.Kind == KindDeb })
	if i < 0 || !strings.Contains(events[i].(ArtifactMissing).Why.String(), "still holds what it held before") {
		t.Error("why it is missing was not told")
	}
}

// A registry that can not be read says nothing about what is published there: the
// stage is not done, and the artifact is not said to be missing.
func TestArtifactThatCanNotBeLookedAt(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	deb := p.Stages[1].Artifacts[0]
	h.noLook = func(a Artifact) error {
		if a.String() == deb.String() {
			return errors.New("deb.harbour.example answered 502")
		}
		return nil
	}
	events, err := released(t, h, p)
	if KindOf(err) != KindFailed || !strings.Contains(err.Error(), "(could not be looked at: deb.harbour.example answered 502)") {
		t.Errorf("error %v", err)
	}
	i := slices.IndexFunc(events, func(e Event) bool { m, ok := e.(ArtifactMissing); return ok && m.Artifact.Kind == KindDeb })
	if i < 0 || !events[i].(ArtifactMissing).Unseen {
		t.Error("it was not told that it could not be seen")
	}
	for _, st := range last(t, events).Stages {
		for _, a := range st.Found {
			if a.Artifact == deb.String() && (a.Found || a.Looked) {
				t.Errorf("at the end it is %+v", a)
			}
		}
	}
}

func TestNotPublished(t *testing.T) {
	claimed := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	fixed, mutable := Artifact{Kind: KindPyPI, Name: "x"}, Artifact{Kind: KindDeb, Name: "x", Mutable: true}
	pub := func(digest string, at time.Time) (p checks.Published) {
		p.Exists, p.Digest, p.Updated = true, digest, at
		return p
	}
	none, was := baseDigest{}, func(digest string) baseDigest { return baseDigest{digest, true} }
	tests := []struct {
		name   string
		a      Artifact
		pub    checks.Published
		before baseDigest
		since  time.Time
		ok     bool
	}{
		{"absent", fixed, checks.Published{}, none, claimed, false},
		{"there", fixed, pub("", time.Time{}), none, claimed, true},
		{"mutable, other digest", mutable, pub("b", time.Time{}), was("a"), claimed, true},
		{"mutable, same digest", mutable, pub("a", claimed.Add(time.Hour)), was("a"), claimed, false},
		{"mutable, was not there", mutable, pub("b", time.Time{}), was(""), claimed, true},
		{"mutable, was not there and is not", mutable, checks.Published{}, was(""), claimed, false},
		{"mutable, digest no longer told", mutable, pub("", claimed.Add(time.Hour)), was("a"), claimed, true},
		{"mutable, newer", mutable, pub("", claimed.Add(time.Hour)), none, claimed, true},
		{"mutable, older", mutable, pub("", claimed.Add(-time.Hour)), none, claimed, false},
		{"mutable, nothing to tell by", mutable, pub("b", time.Time{}), none, claimed, false},
		{"mutable, no claim time", mutable, pub("", claimed), none, time.Time{}, false},
	}
	for _, tt := range tests {
		if why := notPublished(tt.a, tt.pub, tt.before, tt.since); why.IsZero() != tt.ok {
			t.Errorf("%s: %q", tt.name, why)
		}
	}
}
