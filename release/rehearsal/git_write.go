package rehearsal

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

// encoder is any git object that can be written.
type encoder interface {
	Encode(plumbing.EncodedObject) error
}

// put keeps an object.
func (g *gitStore) put(e encoder) (plumbing.Hash, error) {
	obj := &plumbing.MemoryObject{}
	if err := e.Encode(obj); err != nil {
		return plumbing.ZeroHash, err
	}
	return g.objects.SetEncodedObject(obj)
}

// putBlob keeps a file's content.
func (g *gitStore) putBlob(content []byte) (plumbing.Hash, error) {
	obj := &plumbing.MemoryObject{}
	obj.SetType(plumbing.BlobObject)
	if _, err := obj.Write(content); err != nil {
		return plumbing.ZeroHash, err
	}
	return g.objects.SetEncodedObject(obj)
}

// change is a commit to be made: the files that differ from its parent's, nil for
// one that is removed.
type change struct {
	parents []plumbing.Hash
	files   map[string][]byte
	message string
	by      gitobj.Signature
}

// putCommit keeps a commit on top of the first parent.
func (g *gitStore) putCommit(c change) (plumbing.Hash, error) {
	var base plumbing.Hash
	if len(c.parents) > 0 {
		parent, err := g.commit(c.parents[0])
		if err != nil {
			return plumbing.ZeroHash, err
		}
		base = parent.TreeHash
	}
	tree, err := g.putTree(base, c.files)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return g.put(&gitobj.Commit{Author: c.by, Committer: c.by, Message: c.message,
		TreeHash: tree, ParentHashes: c.parents})
}

// signature is how a user of GitHub signs a commit or a tag.
func signature(login string, when time.Time) gitobj.Signature {
	return gitobj.Signature{Name: login, Email: login + "@users.noreply.github.com",
		When: when.UTC().Truncate(time.Second)}
}

// putTree keeps the tree that base becomes when files change. Base may be zero.
func (g *gitStore) putTree(base plumbing.Hash, files map[string][]byte) (plumbing.Hash, error) {
	entries := map[string]gitobj.TreeEntry{}
	if !base.IsZero() {
		tree, err := g.treeObject(base)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		for _, e := range tree.Entries {
			entries[e.Name] = e
		}
	}
	below := map[string]map[string][]byte{}
	for path, content := range files {
		if dir, rest, ok := strings.Cut(path, "/"); ok {
			if below[dir] == nil {
				below[dir] = map[string][]byte{}
			}
			below[dir][rest] = content
			continue
		}
		if content == nil {
			delete(entries, path)
			continue
		}
		hash, err := g.putBlob(content)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		entries[path] = gitobj.TreeEntry{Name: path, Mode: filemode.Regular, Hash: hash}
	}
	for dir, inside := range below {
		if err := g.putDir(entries, dir, inside); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	sorted := slices.Collect(maps.Values(entries))
	slices.SortFunc(sorted, byGitOrder)
	return g.put(&gitobj.Tree{Entries: sorted})
}

// putDir replaces a directory among a tree's entries. One that becomes empty goes
// away, since git has no empty directories.
func (g *gitStore) putDir(entries map[string]gitobj.TreeEntry, dir string, files map[string][]byte) error {
	var old plumbing.Hash
	if e, ok := entries[dir]; ok && e.Mode == filemode.Dir {
		old = e.Hash
	}
	hash, err := g.putTree(old, files)
	if err != nil {
		return err
	}
	tree, err := g.treeObject(hash)
	if err != nil {
		return err
	}
	delete(entries, dir)
	if len(tree.Entries) > 0 {
		entries[dir] = gitobj.TreeEntry{Name: dir, Mode: filemode.Dir, Hash: hash}
	}
	return nil
}

// byGitOrder sorts as git does: a directory as if its name ended with a slash.
func byGitOrder(a, b gitobj.TreeEntry) int {
	return strings.Compare(gitName(a), gitName(b))
}

func gitName(e gitobj.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

// putTag keeps an annotated tag object.
func (g *gitStore) putTag(name, message string, by gitobj.Signature, target plumbing.Hash) (plumbing.Hash, error) {
	obj, err := g.object(plumbing.AnyObject, target)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return g.put(&gitobj.Tag{Name: name, Message: message, Tagger: by,
		TargetType: obj.Type(), Target: target})
}

// gitFromSample makes a repository of the embedded sample: real commits, whose
// SHAs depend on the sample and the time at which the world begins.
func gitFromSample(s sampleRepo) (*gitStore, error) {
	g := &gitStore{objects: memory.NewStorage(), refs: map[string]plumbing.Hash{}, head: s.Default}
	for _, c := range s.Commits {
		if err := g.addSampleCommit(c); err != nil {
			return nil, fmt.Errorf("commit %q: %w", c.Message, err)
		}
	}
	if _, ok := g.branch(g.head); !ok {
		return nil, fmt.Errorf("it has no branch %s", g.head)
	}
	return g, nil
}

// addSampleCommit puts a commit of the sample on its branch, and its tags on it.
func (g *gitStore) addSampleCommit(c sampleCommit) error {
	files := map[string][]byte{}
	for path, content := range c.Files {
		files[path] = append([]byte{}, content...) // never nil: an empty file is a file
	}
	for _, path := range c.Removed {
		files[path] = nil
	}
	parent, ok := g.branch(c.Branch)
	if !ok && c.From != "" {
		if parent, ok = g.branch(c.From); !ok {
			return fmt.Errorf("it stands on %s, which does not exist", c.From)
		}
	}
	by := gitobj.Signature{Name: c.Author, Email: c.Email, When: c.When}
	commit := change{files: files, message: c.Message, by: by}
	if ok {
		commit.parents = []plumbing.Hash{parent}
	}
	hash, err := g.putCommit(commit)
	if err != nil {
		return err
	}
	g.refs["refs/heads/"+c.Branch] = hash
	for _, tag := range c.Tags {
		by.When = c.When.Add(5 * time.Minute)
		if g.refs["refs/tags/"+tag], err = g.putTag(tag, tag+"\n", by, hash); err != nil {
			return err
		}
	}
	return nil
}

// readAll reads size bytes.
func readAll(r io.Reader, size int64) ([]byte, error) {
	content := make([]byte, size)
	_, err := io.ReadFull(r, content)
	return content, err
}
