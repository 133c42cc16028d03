package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/release"
)

// wholePaths are the entries in short: mode and path.
func wholePaths(entries []checks.TreeEntry) string {
	var out []string
	for _, e := range entries {
		out = append(out, string(e.Mode)+" "+e.Path)
	}
	return strings.Join(out, ", ")
}

// A tree that comes whole costs one request. Links and submodules are in it, and
// directories are not.
func TestTree(t *testing.T) {
	b := newBench(t)
	b.fake.on(treeLine("r", shaA), 200, treeAnswer("040000 d 0 "+nth(9), "100644 d/\u202ea 5 "+nth(1), "120000 link 3 "+nth(2),
		"100755 a.sh 7 "+nth(3), "160000 sub 0 "+nth(4)))
	got, err := b.Tree(t.Context(), testRepo(), shaA)
	if err != nil || wholePaths(got) != "100755 a.sh, 100644 d/\u202ea, 120000 link, 160000 sub" {
		t.Errorf("%s, %v", wholePaths(got), err)
	}
	if want := (checks.TreeEntry{Path: "a.sh", Mode: checks.ModeExecutable, SHA: nth(3), Size: 7}); got[0] != want {
		t.Errorf("it is %+v", got[0])
	}
	if got[3].SHA != nth(4) {
		t.Errorf("the submodule is %+v", got[3])
	}
	if b.fake.count() != 1 {
		t.Errorf("sent %v", b.fake.lines())
	}
}

// Where GitHub cuts the tree off, its directories are read: each whole where it fits in
// an answer, and else level by level. What is read is exactly what the tree holds.
func TestTreeThatIsCut(t *testing.T) {
	b := newBench(t)
	b.fake.on(treeLine("r", shaA), 200, treeCut(true, "100644 half 1 "+nth(1)))
	b.fake.on(level(shaA), 200, treeAnswer("100644 README 1 "+nth(1), "040000 big 0 "+nth(11), "040000 small 0 "+nth(12), "160000 sub 0 "+nth(13)))
	b.fake.on(treeLine("r", nth(12)), 200, treeAnswer("040000 in 0 "+nth(14), "120000 in/l 2 "+nth(2)))
	b.fake.on(treeLine("r", nth(11)), 200, treeCut(true, "100644 half 1 "+nth(1)))
	b.fake.on(level(nth(11)), 200, treeAnswer("100644 f 3 "+nth(3), "040000 deep 0 "+nth(15), "040000 twin 0 "+nth(12)))
	b.fake.on(treeLine("r", nth(15)), 200, treeAnswer("100644 g 4 "+nth(4)))
	b.fake.on(treeLine("r", nth(12)), 200, treeAnswer("040000 in 0 "+nth(14), "120000 in/l 2 "+nth(2)))
	got, err := b.Tree(t.Context(), testRepo(), shaA)
	want := "100644 README, 100644 big/deep/g, 100644 big/f, 120000 big/twin/in/l, 120000 small/in/l, 160000 sub"
	if err != nil || wholePaths(got) != want {
		t.Errorf("%s, %v", wholePaths(got), err)
	}
	if got[1].SHA != nth(4) || got[1].Size != 4 {
		t.Errorf("it is %+v", got[1])
	}
}

// What can not be read whole is an error and no part of a tree.
func TestTreeFailures(t *testing.T) {
	one := treeAnswer("040000 d 0 "+nth(9), "100644 f 1 "+nth(1))
	for _, tt := range []struct {
		name   string
		expect func(*fake)
		target error
		words  string
	}{
		{"absent", func(f *fake) { f.on(treeLine("r", shaA), 404, `{"message":"Not Found"}`) }, release.ErrNotFound, "the tree aaaaaaa of o/r"},
		{"refused", func(f *fake) { f.on(treeLine("r", shaA), 403, `{"message":"Resource not accessible"}`) }, release.ErrForbidden, "o/r"},
		{"an empty repository", func(f *fake) { f.on(treeLine("r", shaA), 409, `{"message":"Git Repository is empty."}`) }, nil, "empty"},
		{"a part is refused", func(f *fake) {
			f.on(treeLine("r", shaA), 200, treeCut(true))
			f.on(level(shaA), 200, one)
			f.on(treeLine("r", nth(9)), 403, `{"message":"no"}`)
		}, release.ErrForbidden, "the tree 0000000 of o/r"},
		{"a long directory", func(f *fake) {
			f.on(treeLine("r", shaA), 200, treeCut(true))
			f.on(level(shaA), 200, treeCut(true, "100644 f 1 "+nth(1)))
		}, errLongLevel, "the tree of aaaaaaa of o/r"},
		{"a path in one level", func(f *fake) {
			f.on(treeLine("r", shaA), 200, treeCut(true))
			f.on(level(shaA), 200, treeAnswer("100644 d/f 1 "+nth(1)))
		}, errStrange, ""},
		{"a path that leads out", func(f *fake) { f.on(treeLine("r", shaA), 200, treeAnswer("100644 ../f 1 "+nth(1))) }, errStrange, ""},
		{"an absolute path", func(f *fake) { f.on(treeLine("r", shaA), 200, treeAnswer("100644 /f 1 "+nth(1))) }, errStrange, ""},
		{"a directory that leads out", func(f *fake) {
			f.on(treeLine("r", shaA), 200, treeCut(true))
			f.on(level(shaA), 200, treeAnswer("040000 .. 0 "+nth(9)))
		}, errStrange, ""},
		{"no SHA", func(f *fake) { f.on(treeLine("r", shaA), 200, treeAnswer("100644 f 1 zz")) }, errStrange, ""},
		{"no list", func(f *fake) { f.on(treeLine("r", shaA), 200, `{"sha":"x"}`) }, errStrange, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.expect(b.fake)
			got, err := b.Tree(t.Context(), testRepo(), shaA)
			wantErr(t, err, tt.target, tt.words)
			if got != nil {
				t.Errorf("half of it is %v", got)
			}
		})
	}
	b := newBench(t)
	if _, err := b.Tree(t.Context(), testRepo(), "main"); err == nil || b.fake.count() != 0 {
		t.Errorf("a branch's name: %v, %v", err, b.fake.lines())
	}
}

// A rate limit is waited out as for every read.
func TestTreeIsRateLimited(t *testing.T) {
	b := newBench(t)
	b.fake.on(treeLine("r", shaA), 429, `{"message":"slow down"}`).with("Retry-After", "17")
	b.fake.on(treeLine("r", shaA), 200, treeAnswer("100644 f 1 "+nth(1)))
	if got, err := b.Tree(t.Context(), testRepo(), shaA); err != nil || len(got) != 1 || b.clock.total() < 17e9 {
		t.Errorf("%v, %v after %s", got, err, b.clock.total())
	}
}

// Neither the files that are held nor the parts that are read are without end.
func TestTreeIsBounded(t *testing.T) {
	if maxWhole < 400_000 {
		t.Errorf("%d files are few", maxWhole)
	}
	w := &wholeTree{most: 2}
	entries := []checks.TreeEntry{{Path: "a", Mode: checks.ModeFile}, {Path: "d", Mode: checks.ModeTree}, {Path: "b", Mode: checks.ModeFile}}
	if err := w.keep("", entries); err != nil || len(w.entries) != 2 {
		t.Errorf("two files: %v", err)
	}
	if err := w.keep("d/", entries[:1]); !errors.Is(err, errTooManyFiles) || !strings.Contains(err.Error(), "500000") {
		t.Errorf("a third: %v", err)
	}

	b := newBench(t)
	for i := range 3 {
		b.fake.on(level(nth(i)), 200, treeAnswer("040000 d 0 "+nth(i+1)))
		if i > 0 {
			b.fake.on(treeLine("r", nth(i)), 200, treeCut(true))
		}
	}
	w = &wholeTree{c: b.Client, repo: testRepo(), most: 10, reads: 5}
	if err := w.walk(context.Background(), nth(0)); !errors.Is(err, errTooManyReads) {
		t.Errorf("a tree without an end: %v", err)
	}
}

// Many directories are read at the same time, and no more than there is room for.
func TestTreeWalksAtOnce(t *testing.T) {
	b := newBench(t)
	b.fake.on(treeLine("r", shaA), 200, treeCut(true))
	var dirs, want []string
	for i := range 40 {
		dirs = append(dirs, fmt.Sprintf("040000 d%02d 0 %s", i, nth(100+i)))
		want = append(want, fmt.Sprintf("100644 d%02d/f", i))
		b.fake.on(treeLine("r", nth(100+i)), 200, treeAnswer("100644 f 1 "+nth(i)))
	}
	b.fake.on(level(shaA), 200, treeAnswer(dirs...))
	got, err := b.Tree(t.Context(), testRepo(), shaA)
	if err != nil || wholePaths(got) != strings.Join(want, ", ") || !slices.IsSortedFunc(got, func(a, b checks.TreeEntry) int { return strings.Compare(a.Path, b.Path) }) {
		t.Errorf("%s, %v", wholePaths(got), err)
	}
}
