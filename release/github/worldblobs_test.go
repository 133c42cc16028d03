package github_test

import (
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/release/github"
	"twokey/release/rehearsal"
)

// judged is what a check makes of what a client reads of a world.
func judged(t *testing.T, o rehearsal.Options, known []checks.Acknowledgement, id string) (checks.Finding, *rehearsal.World) {
	t.Helper()
	o.Speed = -1
	w, err := rehearsal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := github.New(github.Options{Token: w.Token(), Transport: w.Transport(), Clock: w.Clock(), UserAgent: "twokey/test", ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	plan := worldPlan(t, w, c)
	plan.Acknowledged = known
	snap := &checks.Snapshot{Subject: plan.Subject(), Taken: w.Clock().Now()}
	if err := c.Fill(t.Context(), plan, snap, func(checks.Part) {}); err != nil {
		t.Fatal(err)
	}
	all := checks.All()
	i := slices.IndexFunc(all, func(c checks.Check) bool { return c.ID == id })
	return checks.Run(all[i], snap), w
}

// What was smuggled in is found, whether the trees come whole or have to be walked, and
// is no finding once somebody has acknowledged it.
func TestWorldHasOpaqueFiles(t *testing.T) {
	smuggled := rehearsal.Options{Scenario: "opaque"}
	found, _ := judged(t, smuggled, nil, "blob.opaque")
	cut := smuggled
	cut.TreeEntries = 4
	again, w := judged(t, cut, nil, "blob.opaque")
	for _, f := range []checks.Finding{found, again} {
		if f.Outcome != checks.Fail || len(f.Evidence) < 2 || !f.Blocks() {
			t.Fatalf("%s: %s", f.Outcome, f.Summary)
		}
		for i, want := range []string{"tests/files/neap-tide.xz", "tests/files/spring-tide.bin"} {
			saw := f.Evidence[i].Saw.String()
			if !strings.HasPrefix(f.Evidence[i].What.String(), want) || !strings.Contains(saw, "among tests") || !strings.Contains(saw, "m4/tides.m4") {
				t.Errorf("it shows %s: %s", f.Evidence[i].What, saw)
			}
		}
	}
	if !slices.ContainsFunc(w.Requests(), func(r rehearsal.Request) bool {
		return strings.Contains(r.Path, "/git/trees/") && !strings.Contains(r.Path, "recursive")
	}) {
		t.Error("no tree was walked")
	}
	known := []checks.Acknowledgement{
		{Path: "tests/files/neap-tide.xz", Blob: blobIn(t, found, 0)},
		{Path: "tests/files/spring-tide.bin", Blob: blobIn(t, found, 1)},
	}
	if f, _ := judged(t, smuggled, known, "blob.opaque"); f.Outcome != checks.Pass {
		t.Errorf("acknowledged it is %s: %s", f.Outcome, f.Summary)
	}
	known[0].Blob = strings.Repeat("0", 40)
	if f, _ := judged(t, smuggled, known, "blob.opaque"); f.Outcome != checks.Fail || !strings.Contains(f.Summary.String(), "another content") {
		t.Errorf("with another content it is %s: %s", f.Outcome, f.Summary)
	}
	if f, _ := judged(t, smuggled, nil, "build.changes"); f.Outcome != checks.Warn || f.Blocks() || !strings.HasPrefix(f.Summary.String(), "m4/tides.m4") {
		t.Errorf("the build: %s: %s", f.Outcome, f.Summary)
	}
}

// blobIn is the blob that a piece of evidence names.
func blobIn(t *testing.T, f checks.Finding, i int) string {
	t.Helper()
	_, rest, ok := strings.Cut(f.Evidence[i].Saw.String(), "blob ")
	if !ok || len(rest) < 40 {
		t.Fatalf("no blob in %s", f.Evidence[i].Saw)
	}
	return rest[:40]
}

// Without anything smuggled in there is nothing to say.
func TestWorldHasNoOpaqueFiles(t *testing.T) {
	for _, id := range []string{"blob.opaque", "build.changes"} {
		if f, _ := judged(t, rehearsal.Options{}, nil, id); f.Outcome != checks.Pass {
			t.Errorf("%s: %s: %s", id, f.Outcome, f.Summary)
		}
	}
}

// Everything of a repository without a release is new. It comes in one archive, which is
// fetched from its own host without the token.
func TestWorldWithoutARelease(t *testing.T) {
	w, c := newWorld(t, "clean")
	plan := worldPlan(t, w, c)
	plan.Tag, plan.Stages[0].Tag = "other-2.11.99", "other-2.11.99"
	snap := &checks.Snapshot{Subject: plan.Subject(), Taken: w.Clock().Now()}
	if err := c.Fill(t.Context(), plan, snap, func(checks.Part) {}); err != nil {
		t.Fatal(err)
	}
	ch, _ := snap.Stages[0].Changes.Get()
	blobs, _ := snap.Stages[0].Blobs.Get()
	if ch.Base != (checks.TagName{}) || len(ch.Entries) < 15 || len(blobs) <= 8 {
		t.Errorf("%d changes from %+v, %d contents", len(ch.Entries), ch.Base, len(blobs))
	}
	for _, e := range ch.Entries {
		if got, ok := blobs[e.Blob].Get(); e.Asks() && (!ok || got.Shape.Size != e.Size) {
			t.Errorf("%s is %+v: %+v", e.Path, got, blobs[e.Blob].Missing())
		}
	}
	archives := 0
	for _, r := range w.Requests() {
		if r.Host == "codeload.github.com" {
			archives++
			if r.Token || r.Status != 200 {
				t.Errorf("the archive was asked for with %+v", r)
			}
		}
		if strings.Contains(r.Path, "/git/blobs/") {
			t.Errorf("%s was asked for beside the archive", r.Path)
		}
	}
	if archives != 1 {
		t.Errorf("%d archives were fetched", archives)
	}
}
