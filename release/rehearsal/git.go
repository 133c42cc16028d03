package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// What a git store says when it can not answer.
var (
	errNoRef = errors.New("no such ref")
	// errPartial holds when GitHub would have the object, but the clone does not.
	errPartial = errors.New("the clone that the rehearsal was made from does not hold it: " +
		"make a full one, `git clone` without --depth or --filter")
)

// gitStore is a repository's objects and refs as GitHub has them. New objects and
// refs stay in memory.
type gitStore struct {
	objects storer.EncodedObjectStorer
	refs    map[string]plumbing.Hash // refs/heads/…, refs/tags/… and others
	head    string                   // the default branch
	shallow []plumbing.Hash          // commits whose parents the clone does not hold
}

// namedHash is a branch or tag without its refs/… prefix.
type namedHash struct {
	name string
	hash plumbing.Hash
}

// readRefs takes the refs that GitHub has from a clone that keeps the remote's
// branches under tracked. Where it keeps none there, its own stand for them.
func (g *gitStore) readRefs(disk *filesystem.Storage, tracked string) error {
	all, err := disk.IterReferences()
	if err != nil {
		return fmt.Errorf("read its refs: %w", err)
	}
	heads := map[string]string{} // the default branch, by prefix
	branches := map[string]map[string]plumbing.Hash{tracked: {}, "refs/heads/": {}}
	err = all.ForEach(func(r *plumbing.Reference) error {
		name := r.Name().String()
		if name == "HEAD" {
			name = "refs/heads/HEAD"
		}
		if strings.HasPrefix(name, "refs/tags/") {
			g.refs[name] = r.Hash()
		}
		for prefix, found := range branches {
			branch, ok := strings.CutPrefix(name, prefix)
			switch {
			case ok && branch == "HEAD":
				heads[prefix] = strings.TrimPrefix(r.Target().String(), prefix)
			case ok && r.Type() == plumbing.HashReference:
				found[branch] = r.Hash()
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read its refs: %w", err)
	}
	if len(branches[tracked]) == 0 {
		tracked = "refs/heads/"
	}
	for name, h := range branches[tracked] {
		g.refs["refs/heads/"+name] = h
	}
	g.head = g.pickHead(heads[tracked])
	return nil
}

// pickHead is the default branch: the one that the clone remembers, or else the
// usual ones.
func (g *gitStore) pickHead(remembered string) string {
	for _, name := range []string{remembered, "main", "master"} {
		if _, ok := g.refs["refs/heads/"+name]; ok {
			return name
		}
	}
	if all := g.branches(); len(all) > 0 {
		return all[0].name
	}
	return ""
}

// branches lists all branches by name.
func (g *gitStore) branches() []namedHash { return g.under("refs/heads/") }

// tags lists all tags by name; their hashes may be those of tag objects.
func (g *gitStore) tags() []namedHash { return g.under("refs/tags/") }

// under lists the refs whose names begin with prefix, by name.
func (g *gitStore) under(prefix string) []namedHash {
	var found []namedHash
	for name, hash := range g.refs {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			found = append(found, namedHash{rest, hash})
		}
	}
	slices.SortFunc(found, func(a, b namedHash) int { return strings.Compare(a.name, b.name) })
	return found
}

// branch is the head of a branch.
func (g *gitStore) branch(name string) (plumbing.Hash, bool) {
	h, ok := g.refs["refs/heads/"+name]
	return h, ok
}

// resolve finds the commit that a name or full SHA means to GitHub, which looks
// for branches before tags.
func (g *gitStore) resolve(name string) (plumbing.Hash, error) {
	if plumbing.IsHash(name) {
		return g.peel(plumbing.NewHash(name))
	}
	for _, ref := range []string{"refs/heads/" + name, "refs/tags/" + name, "refs/" + name, name} {
		if h, ok := g.refs[ref]; ok {
			return g.peel(h)
		}
	}
	return plumbing.ZeroHash, errNoRef
}

// peel follows tag objects to the commit.
func (g *gitStore) peel(h plumbing.Hash) (plumbing.Hash, error) {
	for range 8 { // tags of tags exist, but not many deep
		obj, err := g.object(plumbing.AnyObject, h)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		switch obj.Type() {
		case plumbing.CommitObject:
			return h, nil
		case plumbing.TagObject:
			tag, err := gitobj.DecodeTag(g.objects, obj)
			if err != nil {
				return plumbing.ZeroHash, err
			}
			h = tag.Target
		default:
			return plumbing.ZeroHash, fmt.Errorf("%s is a %s, not a commit", h, obj.Type())
		}
	}
	return plumbing.ZeroHash, fmt.Errorf("tag %s leads to no commit", h)
}

// object reads any object.
func (g *gitStore) object(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	obj, err := g.objects.EncodedObject(t, h)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", h, err)
	}
	return obj, nil
}

// commit reads a commit.
func (g *gitStore) commit(h plumbing.Hash) (*gitobj.Commit, error) {
	c, err := gitobj.GetCommit(g.objects, h)
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", h, err)
	}
	return c, nil
}

// tag reads a tag object; it wraps plumbing.ErrObjectNotFound for a commit's hash.
func (g *gitStore) tag(h plumbing.Hash) (*gitobj.Tag, error) {
	t, err := gitobj.GetTag(g.objects, h)
	if err != nil {
		return nil, fmt.Errorf("tag object %s: %w", h, err)
	}
	return t, nil
}

// tree reads the tree of a commit.
func (g *gitStore) tree(commit plumbing.Hash) (*gitobj.Tree, error) {
	c, err := g.commit(commit)
	if err != nil {
		return nil, err
	}
	return g.treeObject(c.TreeHash)
}

// treeObject reads a tree that something refers to.
func (g *gitStore) treeObject(h plumbing.Hash) (*gitobj.Tree, error) {
	t, err := gitobj.GetTree(g.objects, h)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", h, held(err))
	}
	return t, nil
}

// read reads a file at a commit.
func (g *gitStore) read(commit plumbing.Hash, path string) ([]byte, error) {
	tree, err := g.tree(commit)
	if err != nil {
		return nil, err
	}
	entry, err := tree.FindEntry(path)
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", path, commit, held(err))
	}
	return g.blob(entry.Hash)
}

// blob reads the content of a blob that something refers to.
func (g *gitStore) blob(h plumbing.Hash) ([]byte, error) {
	b, err := gitobj.GetBlob(g.objects, h)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", h, held(err))
	}
	r, err := b.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readAll(r, b.Size)
}

// held turns the absence of an object that must exist into errPartial.
func held(err error) error {
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return errPartial
	}
	return err
}

// workflows lists the paths of the workflow files at a commit.
func (g *gitStore) workflows(commit plumbing.Hash) ([]string, error) {
	root, err := g.tree(commit)
	if err != nil {
		return nil, err
	}
	dir, err := root.Tree(".github/workflows")
	if errors.Is(err, gitobj.ErrDirectoryNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("workflow files at %s: %w", commit, held(err))
	}
	var paths []string
	for _, e := range dir.Entries {
		if e.Mode.IsFile() && (strings.HasSuffix(e.Name, ".yml") || strings.HasSuffix(e.Name, ".yaml")) {
			paths = append(paths, ".github/workflows/"+e.Name)
		}
	}
	return paths, nil
}
