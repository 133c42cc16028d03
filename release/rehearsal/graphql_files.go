package rehearsal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

const (
	// binaryHead is how much of a content tells whether it is binary.
	binaryHead = 8000
	// maxText is where GitHub cuts the text of a content off, in bytes.
	maxText = 512 << 10
)

// objectField finds an object by its name, or by an expression as git reads it:
// COMMIT or COMMIT:PATH. What is not there is null.
func (x *exchange) objectField(args map[string]any) (any, error) {
	if expression, given := args["expression"].(string); given {
		return x.expressed(expression)
	}
	name, _ := args["oid"].(string)
	if !plumbing.IsHash(name) {
		return nil, &graphqlError{message: fmt.Sprintf("`%s` is not a valid GitObjectID.", name)}
	}
	return x.anyObject(plumbing.NewHash(name))
}

// expressed finds the object that an expression means. git has more forms of it than
// these two.
func (x *exchange) expressed(expression string) (any, error) {
	rev, file, inTree := strings.Cut(expression, ":")
	if strings.ContainsAny(rev, "^~@{") || file != "" && !fs.ValidPath(file) {
		return nil, &graphqlError{unknown: true, message: fmt.Sprintf("the rehearsal does not read the expression %q", expression)}
	}
	h, err := x.repo.git.resolve(rev)
	if errors.Is(err, errNoRef) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !inTree {
		return x.anyObject(h)
	}
	tree, err := x.repo.git.tree(h)
	if err != nil {
		return nil, absentOr(err)
	}
	if file == "" {
		return x.treeType(tree), nil
	}
	e, err := tree.FindEntry(file)
	if err != nil {
		return nil, absentOr(held(err))
	}
	if e.Mode == filemode.Submodule {
		return nil, nil
	}
	return x.anyObject(e.Hash)
}

// anyObject is a commit, a tree or a blob. Those of a tag are not known to this API.
func (x *exchange) anyObject(h plumbing.Hash) (any, error) {
	obj, err := x.repo.git.object(plumbing.AnyObject, h)
	if err != nil {
		return nil, absentOr(err)
	}
	switch obj.Type() {
	case plumbing.CommitObject:
		c, err := x.repo.git.commit(h)
		if err != nil {
			return nil, err
		}
		return x.commitType(c), nil
	case plumbing.TreeObject:
		t, err := x.repo.git.treeObject(h)
		if err != nil {
			return nil, err
		}
		return x.treeType(t), nil
	case plumbing.BlobObject:
		content, err := x.repo.git.blob(h)
		if err != nil {
			return nil, err
		}
		return blobType(h, content), nil
	}
	return nil, &graphqlError{unknown: true, message: "the rehearsal tells of no " + obj.Type().String()}
}

// absentOr is no error where something is not there: GitHub says null. A clone that is
// not whole is no such case.
func absentOr(err error) error {
	for _, absent := range []error{plumbing.ErrObjectNotFound, gitobj.ErrEntryNotFound, gitobj.ErrDirectoryNotFound, gitobj.ErrFileNotFound} {
		if errors.Is(err, absent) {
			return nil
		}
	}
	return err
}

// treeType is a directory.
func (x *exchange) treeType(t *gitobj.Tree) *gqlType {
	r := x.repo
	entries := make([]*gqlType, len(t.Entries))
	for i, e := range t.Entries {
		kind := map[filemode.FileMode]string{filemode.Dir: "tree", filemode.Submodule: "commit"}[e.Mode]
		if kind == "" {
			kind = "blob"
		}
		entries[i] = &gqlType{name: "TreeEntry", fields: map[string]gqlField{
			"name": is(e.Name), "mode": is(int(e.Mode)), "oid": is(e.Hash.String()), "type": is(kind),
			"object": {get: func(map[string]any) (any, error) {
				if e.Mode == filemode.Submodule {
					return nil, nil
				}
				x.repo = r
				return x.anyObject(e.Hash)
			}}}}
	}
	return &gqlType{name: "Tree", fields: map[string]gqlField{
		"oid": is(t.Hash.String()), "id": is(nodeID("Tree", t.Hash)), "entries": is(entries)}}
}

// blobType is a file's content, as a text where it is one.
func blobType(h plumbing.Hash, content []byte) *gqlType {
	binary := bytes.IndexByte(content[:min(len(content), binaryHead)], 0) >= 0
	var text any
	if !binary {
		s := string(content[:min(len(content), maxText)])
		if !utf8.ValidString(s) {
			s = strings.ToValidUTF8(s, "\uFFFD")
		}
		text = s
	}
	return &gqlType{name: "Blob", fields: map[string]gqlField{
		"oid": is(h.String()), "id": is(nodeID("Blob", h)), "byteSize": is(len(content)), "isBinary": is(binary),
		"isTruncated": is(!binary && len(content) > maxText), "text": is(text)}}
}
