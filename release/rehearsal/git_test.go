package rehearsal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// growStore makes a store of commits, each named by one letter, with its parents.
func growStore(t *testing.T, commits ...string) (*gitStore, map[string]plumbing.Hash) {
	t.Helper()
	g, err := gitFromSample(sampleRepo{Default: "main",
		Commits: []sampleCommit{{Branch: "main", When: dawn(), Files: map[string][]byte{"a": []byte("a")}}}})
	check(t, err)
	made := map[string]plumbing.Hash{}
	for i, c := range commits {
		name, from, _ := strings.Cut(c, "<")
		var parents []plumbing.Hash
		for _, p := range strings.Fields(from) {
			parents = append(parents, made[p])
		}
		by := gitobj.Signature{Name: "mara", When: dawn().Add(time.Duration(i) * time.Minute)}
		made[name], err = g.putCommit(change{parents: parents, by: by, message: name,
			files: map[string][]byte{name: []byte(name)}})
		check(t, err)
	}
	return g, made
}

func TestCompare(t *testing.T) {
	g, at := growStore(t, "a", "b<a", "c<b", "x<a", "y<x", "m<c x", "z<y m", "lone")
	for _, c := range []struct {
		base, head string
		ahead      string
		behind     int
		merge      string
	}{
		{"a", "c", "b c", 0, "a"},
		{"c", "a", "", 2, "a"},
		{"c", "c", "", 0, "c"},
		{"c", "y", "x y", 2, "a"},
		{"y", "m", "b c m", 1, "x"},
		{"m", "z", "y z", 0, "m"},
		{"a", "z", "b c x y m z", 0, "a"},
	} {
		got, err := g.compare(at[c.base], at[c.head])
		if err != nil {
			t.Errorf("%s...%s: %v", c.base, c.head, err)
			continue
		}
		var ahead []string
		for _, one := range got.ahead {
			ahead = append(ahead, one.Message)
		}
		if strings.Join(ahead, " ") != c.ahead || got.behind != c.behind || got.base.Message != c.merge {
			t.Errorf("%s...%s: ahead %v, behind %d, from %s; want %q, %d, %s", c.base, c.head,
				ahead, got.behind, got.base.Message, c.ahead, c.behind, c.merge)
		}
	}
	if _, err := g.compare(at["a"], at["lone"]); !errors.Is(err, errUnrelated) {
		t.Errorf("unrelated commits: %v", err)
	}
}

func TestCompareInShallowClone(t *testing.T) {
	g, at := growStore(t, "a", "b<a", "c<b", "x<b", "y<x")
	g.shallow = []plumbing.Hash{at["b"]}
	if got, err := g.compare(at["c"], at["y"]); err != nil || len(got.ahead) != 2 {
		t.Errorf("above the cut: %d ahead, %v; want 2", len(got.ahead), err)
	}
	if _, err := g.compare(at["a"], at["y"]); !errors.Is(err, errShallow) {
		t.Errorf("below the cut: %v, want %v", err, errShallow)
	}
}

func TestPutTree(t *testing.T) {
	g, _ := growStore(t)
	read := func(h plumbing.Hash) string {
		tree, err := g.tree(h)
		check(t, err)
		var all []string
		check(t, g.walkTree(tree, "", func(path string, e gitobj.TreeEntry) error {
			if e.Mode.IsFile() {
				content, err := g.blob(e.Hash)
				check(t, err)
				path += "=" + string(content)
			}
			all = append(all, path)
			return nil
		}))
		return strings.Join(all, " ")
	}
	var head []plumbing.Hash
	for _, c := range []struct {
		files map[string][]byte
		want  string
	}{
		{map[string][]byte{"b/c": []byte("1"), "b.txt": []byte("2"), "b/d/e": {}}, "b.txt=2 b b/c=1 b/d b/d/e="},
		{map[string][]byte{"b/d/e": nil}, "b.txt=2 b b/c=1"},
		{map[string][]byte{"b/c": []byte("3")}, "b.txt=2 b b/c=3"},
		{map[string][]byte{"b/c": nil, "z": []byte("4")}, "b.txt=2 z=4"},
		{map[string][]byte{"z/now/deep": []byte("5"), "z": nil}, "b.txt=2 z z/now z/now/deep=5"},
	} {
		h, err := g.putCommit(change{parents: head, files: c.files, by: signature("mara", dawn())})
		check(t, err)
		if got := read(h); got != c.want {
			t.Errorf("after %v the tree is %q, want %q", c.files, got, c.want)
		}
		head = []plumbing.Hash{h}
	}
}

func TestSampleIsDeterministic(t *testing.T) {
	refs := func(start time.Time) string {
		w, err := New(Options{Start: start})
		check(t, err)
		var b bytes.Buffer
		for _, r := range w.repos {
			for _, ref := range slices.Concat(r.git.branches(), r.git.tags()) {
				fmt.Fprintln(&b, r.name, ref.name, ref.hash)
			}
		}
		return b.String()
	}
	if refs(dawn()) != refs(dawn()) {
		t.Error("two worlds of the same options have different SHAs")
	}
	if refs(dawn()) == refs(dawn().AddDate(0, 1, 0)) {
		t.Error("worlds that begin at different times have the same SHAs")
	}
}

func TestLineNames(t *testing.T) {
	for name, want := range map[string]bool{
		"dev-v2.11": true, "2.11": true, "v1.2": true, "release/1.0": true, "release-1.x": true, "stable/2.3.x": true,
		"main": false, "fix-123": false, "feature/2": false, "update-to-flask-3.0-now": false, "": false,
	} {
		if got := lineName.MatchString(name); got != want {
			t.Errorf("%q is a release line: %v, want %v", name, got, want)
		}
	}
}
