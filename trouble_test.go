package main

import (
	"slices"
	"strings"
	"testing"

	"twokey/release"
	"twokey/release/rehearsal"
)

// made names what was made in a world, with who made it.
func made(w *rehearsal.World) []string {
	var out []string
	f := w.Facts()
	for kind, facts := range map[string][]rehearsal.Fact{"tag": f.Tags, "release": f.Releases} {
		for _, x := range facts {
			out = append(out, kind+" "+x.Repo.String()+" "+x.Name+" by "+x.By)
		}
	}
	slices.Sort(out)
	return out
}

// theRelease is what one release of the sample makes.
func theRelease(by string) []string {
	return []string{
		"release harbour/harbour-images v20260814 by " + by,
		"tag harbour/harbour harbour-2.11.6 by " + by,
		"tag harbour/harbour-images v20260814 by " + by,
		"tag harbour/harbour-packaging v20260814 by " + by,
	}
}

// sentTwice are the requests that act and left more than once.
func sentTwice(w *rehearsal.World) (twice []string) {
	seen := map[string]bool{}
	for _, r := range acts(w, 0) {
		r, _, _ = strings.Cut(r, " 2") // without its status
		if seen[r] {
			twice = append(twice, r)
		}
		seen[r] = true
	}
	return twice
}

// What somebody else claimed one request earlier is hers: nothing of ours starts
// anything, and whoever attaches follows her to the end.
func TestTwoMaintainers(t *testing.T) {
	w, addr := world(t, rehearsal.Options{Speed: -1, Scenario: "two-maintainers"})
	out, err := twokey(t, "rehearse", "--connect", addr, "release", "2.11.6", "--yes")
	if release.KindOf(err) != release.KindLeft || !strings.Contains(err.Error(), "claimed by ines on 2026-08-14 09:00 UTC") ||
		!strings.Contains(release.HintOf(err), "--connect "+addr+" attach 2.11.6") {
		t.Fatalf("%v, hint %q:\n%s", err, release.HintOf(err), out)
	}
	want := []string{"POST api.github.com/repos/harbour/harbour/git/tags 201", "POST api.github.com/repos/harbour/harbour/git/refs 422"}
	if got := acts(w, 0); !slices.Equal(got, want) {
		t.Errorf("sent %q", got)
	}
	if out, err = twokey(t, "rehearse", "--connect", addr, "attach", "2.11.6"); err != nil {
		t.Errorf("attach ends with %v:\n%s", err, out)
	}
	if got := made(w); !slices.Equal(got, theRelease("ines")) {
		t.Errorf("made %q", got)
	}
}

// However many answers are lost, each thing is made once.
func TestLostAnswers(t *testing.T) {
	needsTime(t)
	w, addr := world(t, rehearsal.Options{Speed: -1, Scenario: "lost-answer"})
	if out, err := twokey(t, "rehearse", "--connect", addr, "release", "2.11.6", "--yes"); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if got, twice := made(w), sentTwice(w); !slices.Equal(got, theRelease("mara")) || len(twice) > 0 {
		t.Errorf("made %q; sent twice: %q", got, twice)
	}
}

// Who has signed in again watches what goes on, and starts what is left.
func TestExpiredToken(t *testing.T) {
	w, addr := world(t, rehearsal.Options{Speed: -1, Scenario: "expired-token"})
	for _, tt := range []struct {
		args string
		kind release.Kind
		done bool
	}{
		{args: "release 2.11.6 --yes", kind: release.KindAuth},
		{args: "attach 2.11.6", kind: release.KindLeft}, // nobody starts the other stages
		{args: "release 2.11.6 --resume --yes", done: true},
	} {
		out, err := twokey(t, append([]string{"rehearse", "--connect", addr}, strings.Fields(tt.args)...)...)
		if (err == nil) != tt.done || err != nil && release.KindOf(err) != tt.kind {
			t.Fatalf("%s ends with %v:\n%s", tt.args, err, out)
		}
		if hint := release.HintOf(err); tt.kind == release.KindAuth &&
			(!strings.Contains(hint, "gh auth login") || !strings.Contains(hint, "CI goes on with package") || !strings.Contains(hint, "attach 2.11.6")) {
			t.Errorf("hint %q", hint)
		}
	}
	if got, twice := made(w), sentTwice(w); !slices.Equal(got, theRelease("mara")) || len(twice) > 0 {
		t.Errorf("made %q; sent twice: %q", got, twice)
	}
}
