package github_test

import (
	"errors"
	"slices"
	"testing"

	"twokey/checks"
	"twokey/release"
	"twokey/release/github"
	"twokey/release/rehearsal"
)

// treeOf reads the tree of the sample's line, and what its first files hold.
func treeOf(t *testing.T, o rehearsal.Options) ([]checks.TreeEntry, map[string][]byte, *rehearsal.World) {
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
	head, err := c.Branch(t.Context(), w.Repo(), line)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := c.Tree(t.Context(), w.Repo(), head.SHA)
	if err != nil {
		t.Fatal(err)
	}
	var shas []string
	for _, e := range tree {
		shas = append(shas, e.SHA)
	}
	contents, err := c.BlobContents(t.Context(), w.Repo(), head.SHA, shas, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if modules, err := c.Submodules(t.Context(), w.Repo(), head.SHA); err != nil || len(modules) != 0 {
		t.Errorf("the sample has the submodules %v, %v", modules, err)
	}
	if _, err := c.Assets(t.Context(), w.Repo(), "no-such-tag"); !errors.Is(err, release.ErrNotFound) {
		t.Errorf("a release that is not there: %v", err)
	}
	return tree, contents, w
}

// A tree is the same whether GitHub gives it whole or cuts it off, and every file of it
// has the content that its name says.
func TestWorldHasATree(t *testing.T) {
	whole, contents, _ := treeOf(t, rehearsal.Options{})
	cut, _, w := treeOf(t, rehearsal.Options{TreeEntries: 6})
	if len(whole) < 15 || !slices.Equal(whole, cut) {
		t.Errorf("whole it has %d files, and %d where it is cut", len(whole), len(cut))
	}
	for _, e := range whole {
		if content, ok := contents[e.SHA]; !ok || int64(len(content)) != e.Size {
			t.Errorf("%s has %d bytes, and %d came", e.Path, e.Size, len(content))
		}
	}
	levels := 0
	for _, r := range w.Requests() {
		if r.Method != "GET" && r.Path != "/graphql" {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
		if r.Gap {
			t.Errorf("the rehearsal has no %s", r.Path)
		}
		levels++
	}
	if levels < 5 {
		t.Errorf("only %d requests were sent: nothing was walked", levels)
	}
}
