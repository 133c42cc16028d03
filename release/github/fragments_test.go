package github

import (
	"slices"
	"strings"
	"testing"

	"twokey/checks"
)

// readFragments reads the directory of a plan's only own check, after the changes, as
// one preflight does.
func readFragments(t *testing.T, b *bench, dir string) (checks.Directory, checks.Missing) {
	t.Helper()
	p := changesPlan()
	p.Checks = []checks.Own{{Kind: checks.OwnManual, Name: "look"}, {Kind: checks.OwnChangelog, Name: "CHANGES.md", Contains: "1.2.3", Fragments: dir}}
	f := newFilling(b, p)
	f.changes(t.Context())
	before := b.fake.count()
	f.fragments(t.Context())
	if n := b.fake.count() - before; n > 0 {
		t.Errorf("%s took %d more requests", dir, n)
	}
	if _, read := f.snap.OwnFragments[0].Get(); read {
		t.Error("a check without fragments has some")
	}
	d, _ := f.snap.OwnFragments[1].Get()
	return d, f.snap.OwnFragments[1].Missing()
}

// What a directory holds is read from the trees that are read anyway.
func TestFragments(t *testing.T) {
	for _, tt := range []struct {
		dir  string
		want checks.Directory
		lack string
	}{
		{dir: "changes", want: checks.Directory{Files: []string{".gitignore", "core/8143.md"}}},
		{dir: "docs/news", want: checks.Directory{Files: []string{"1.rst"}}},
		{dir: "gone", want: checks.Directory{Absent: true, Last: "r-1.2.2", InLast: true}},
		{dir: "chang", want: checks.Directory{Absent: true, Last: "r-1.2.2"}},
		{dir: "file", lack: "file is no directory"},
	} {
		b := newBench(t)
		b.fake.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("r-1.2.2 "+shaB))
		b.fake.on(treeLine("r", shaB), 200, treeAnswer("040000 gone 0 "+nth(8), "100644 gone/1.md 3 "+nth(1)))
		b.fake.on(treeLine("r", shaA), 200, treeAnswer("040000 changes 0 "+nth(9), "100644 changes/.gitignore 5 "+nth(1), "040000 changes/core 0 "+nth(7),
			"100644 changes/core/8143.md 5 "+nth(2), "100644 changesets.md 5 "+nth(2), "100644 docs/news/1.rst 5 "+nth(3), "100644 file 5 "+nth(4)))
		got, missing := readFragments(t, b, tt.dir)
		if tt.lack != "" {
			if !strings.Contains(missing.Why.String(), tt.lack) {
				t.Errorf("%s: %+v", tt.dir, missing)
			}
			continue
		}
		if !slices.Equal(got.Files, tt.want.Files) || got.Absent != tt.want.Absent || got.Last != tt.want.Last || got.InLast != tt.want.InLast ||
			!strings.HasSuffix(got.URL.String(), "/o/r/tree/"+shaA+"/"+tt.dir) {
			t.Errorf("%s: %+v, lacking %q", tt.dir, got, missing.Why)
		}
	}
}

// Of a tree that is too long for one answer the way to the directory is read.
func TestFragmentsOfALongTree(t *testing.T) {
	for dir, want := range map[string]string{"long/news": "1.rst", "long/gone": "-"} {
		b := newBench(t)
		b.fake.on(treeLine("r", shaA), 200, treeCut(true, "100644 a 5 "+nth(1)))
		b.fake.on(level(shaA), 200, treeAnswer("040000 long 0 "+nth(9), "100644 a 5 "+nth(1)))
		b.fake.on(level(nth(9)), 200, treeAnswer("040000 news 0 "+nth(8)))
		if want == "-" {
			b.fake.on("GET /repos/o/r/tags?per_page=100", 200, `[]`)
		} else {
			b.fake.on(treeLine("r", nth(8)), 200, treeAnswer("100644 1.rst 5 "+nth(2)))
		}
		d, err := newFilling(b, changesPlan()).directory(t.Context(), dir)
		if err != nil || d.Absent != (want == "-") || d.Last != "" || !d.Absent && strings.Join(d.Files, " ") != want {
			t.Errorf("%s: %+v, %v", dir, d, err)
		}
	}
}
