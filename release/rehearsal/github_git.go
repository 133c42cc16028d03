package rehearsal

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// gitEndpoints are about git objects and refs.
func gitEndpoints() map[string]endpoint {
	const repo = " /repos/{owner}/{repo}"
	return map[string]endpoint{
		"GET" + repo + "/git/ref/{ref...}":           (*exchange).ref,
		"GET" + repo + "/git/matching-refs/{ref...}": (*exchange).matchingRefs,
		"GET" + repo + "/git/tags/{sha}":             (*exchange).tagObject,
		"GET" + repo + "/git/commits/{sha}":          (*exchange).gitCommit,
		"GET" + repo + "/git/trees/{sha...}":         (*exchange).gitTree,
		"GET" + repo + "/git/blobs/{sha}":            (*exchange).gitBlob,
		"GET" + repo + "/tarball/{ref...}":           (*exchange).tarball,
		"GET" + repo + "/contents/{path...}":         (*exchange).contents,
		"GET" + repo + "/compare/{basehead...}":      (*exchange).compare,
		"POST" + repo + "/git/tags":                  (*exchange).createTag,
		"POST" + repo + "/git/refs":                  (*exchange).createRef,
	}
}

// ref is one ref, named without refs/.
func (x *exchange) ref() (any, error) {
	name := "refs/" + x.req.PathValue("ref")
	h, ok := x.repo.git.refs[name]
	if !ok {
		return nil, notFound()
	}
	return x.repo.refJSON(name, h)
}

// matchingRefs lists the refs whose names begin as given.
func (x *exchange) matchingRefs() (any, error) {
	prefix := "refs/" + x.req.PathValue("ref")
	return list(page(x, x.repo.git.under(prefix)), func(r namedHash) (any, error) {
		return x.repo.refJSON(prefix+r.name, r.hash)
	})
}

// refJSON is a ref and what it points to.
func (r *repository) refJSON(name string, h plumbing.Hash) (any, error) {
	obj, err := r.git.object(plumbing.AnyObject, h)
	if err != nil {
		return nil, err
	}
	return fields{"ref": name, "node_id": nodeID("Ref", r.name.String()+name),
		"url": r.api("/git/%s", escapePath(name)), "object": r.objectJSON(obj.Type(), h)}, nil
}

// objectJSON points to a git object.
func (r *repository) objectJSON(t plumbing.ObjectType, h plumbing.Hash) fields {
	return fields{"type": t.String(), "sha": h.String(), "url": r.api("/git/%ss/%s", t, h)}
}

// sha is the path's SHA; an abbreviated one is none for the git endpoints.
func (x *exchange) sha() (plumbing.Hash, error) {
	s := x.req.PathValue("sha")
	if !plumbing.IsHash(s) {
		return plumbing.ZeroHash, invalid("The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
	}
	return plumbing.NewHash(s), nil
}

// tagObject is an annotated tag's object.
func (x *exchange) tagObject() (any, error) {
	h, err := x.sha()
	if err != nil {
		return nil, err
	}
	t, err := x.repo.git.tag(h)
	if err != nil {
		return nil, err
	}
	return x.repo.tagJSON(t), nil
}

// tagJSON is a tag object.
func (r *repository) tagJSON(t *gitobj.Tag) fields {
	return fields{"sha": t.Hash.String(), "node_id": nodeID("Tag", t.Hash), "tag": t.Name,
		"url": r.api("/git/tags/%s", t.Hash), "message": t.Message, "tagger": signed(t.Tagger),
		"object": r.objectJSON(t.TargetType, t.Target), "verification": unsigned()}
}

// signed is who made a commit or tag, and when.
func signed(s gitobj.Signature) fields {
	return fields{"name": s.Name, "email": s.Email, "date": stamp(s.When)}
}

// unsigned is the verification of an object without a signature.
func unsigned() fields {
	return fields{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}

// gitCommit is a commit as git has it.
func (x *exchange) gitCommit() (any, error) {
	h, err := x.sha()
	if err != nil {
		return nil, err
	}
	c, err := x.repo.git.commit(h)
	if err != nil {
		return nil, err
	}
	body := x.repo.commitBody(c)
	body["sha"], body["node_id"] = h.String(), nodeID("Commit", h)
	body["url"], body["html_url"] = x.repo.api("/git/commits/%s", h), x.repo.html("/commit/%s", h)
	body["parents"] = x.repo.parents(c, "/git/commits/%s")
	return body, nil
}

// commitBody is what a commit itself says.
func (r *repository) commitBody(c *gitobj.Commit) fields {
	return fields{"author": signed(c.Author), "committer": signed(c.Committer), "message": c.Message,
		"tree":         fields{"sha": c.TreeHash.String(), "url": r.api("/git/trees/%s", c.TreeHash)},
		"verification": r.verification(c)}
}

// verification is what GitHub made of a commit's signature. Those of the sample are
// taken to be signed, though git does not hold it.
func (r *repository) verification(c *gitobj.Commit) fields {
	if c.PGPSignature == "" && !r.settings.Signed {
		return unsigned()
	}
	return fields{"verified": true, "reason": "valid", "signature": "-----BEGIN PGP SIGNATURE-----",
		"payload": c.Message, "verified_at": stamp(c.Committer.When)}
}

// parents points to a commit's parents.
func (r *repository) parents(c *gitobj.Commit, path string) []fields {
	all := []fields{}
	for _, p := range c.ParentHashes {
		all = append(all, fields{"sha": p.String(), "url": r.api(path, p), "html_url": r.html("/commit/%s", p)})
	}
	return all
}

// commitJSON is a commit as GitHub shows it.
func (r *repository) commitJSON(h plumbing.Hash) (fields, error) {
	c, err := r.git.commit(h)
	if err != nil {
		return nil, err
	}
	body := r.commitBody(c)
	body["comment_count"], body["url"] = 0, r.api("/git/commits/%s", h)
	return fields{"sha": h.String(), "node_id": nodeID("Commit", h), "commit": body,
		"url": r.api("/commits/%s", h), "html_url": r.html("/commit/%s", h),
		"comments_url": r.api("/commits/%s/comments", h), "author": nil, "committer": nil,
		"parents": r.parents(c, "/commits/%s")}, nil
}

// GitHub cuts a recursive tree off where it has more entries than this.
const maxTreeEntries = 100_000

// gitTree is a tree, given by its own SHA or by anything that leads to a commit.
func (x *exchange) gitTree() (any, error) {
	root, err := x.repo.treeOf(x.req.PathValue("sha"))
	if err != nil {
		return nil, err
	}
	entries, truncated := []fields{}, false
	most := cmp.Or(x.world.options.TreeEntries, maxTreeEntries)
	add := func(path string, e gitobj.TreeEntry) error {
		if len(entries) >= most && x.query("recursive") != "" {
			truncated = true
			return errTruncated
		}
		body, err := x.repo.entryJSON(path, e)
		entries = append(entries, body)
		return err
	}
	if x.query("recursive") == "" {
		for _, e := range root.Entries {
			err = errors.Join(err, add(e.Name, e))
		}
	} else {
		err = x.repo.git.walkTree(root, "", add)
	}
	if err != nil && !truncated {
		return nil, err
	}
	return fields{"sha": root.Hash.String(), "url": x.repo.api("/git/trees/%s", root.Hash),
		"tree": entries, "truncated": truncated}, nil
}

// errTruncated ends a walk whose answer is long enough.
var errTruncated = errors.New("truncated")

// treeOf finds a tree.
func (r *repository) treeOf(name string) (*gitobj.Tree, error) {
	if plumbing.IsHash(name) {
		if t, err := gitobj.GetTree(r.git.objects, plumbing.NewHash(name)); err == nil {
			return t, nil
		}
	}
	h, err := r.git.resolve(name)
	if err != nil {
		return nil, err
	}
	return r.git.tree(h)
}

// walkTree visits every entry below a tree, directories before what they hold.
func (g *gitStore) walkTree(t *gitobj.Tree, under string, visit func(string, gitobj.TreeEntry) error) error {
	for _, e := range t.Entries {
		if err := visit(under+e.Name, e); err != nil {
			return err
		}
		if e.Mode != filemode.Dir {
			continue
		}
		sub, err := g.treeObject(e.Hash)
		if err != nil {
			return err
		}
		if err := g.walkTree(sub, under+e.Name+"/", visit); err != nil {
			return err
		}
	}
	return nil
}

// entryJSON is one entry of a tree.
func (r *repository) entryJSON(path string, e gitobj.TreeEntry) (fields, error) {
	kind := "blob"
	switch e.Mode {
	case filemode.Dir:
		kind = "tree"
	case filemode.Submodule:
		return fields{"path": path, "mode": "160000", "type": "commit", "sha": e.Hash.String()}, nil
	}
	body := fields{"path": path, "mode": fmt.Sprintf("%06o", uint32(e.Mode)), "type": kind,
		"sha": e.Hash.String(), "url": r.api("/git/%ss/%s", kind, e.Hash)}
	if kind == "blob" {
		size, err := r.git.objects.EncodedObjectSize(e.Hash)
		if err != nil {
			return nil, fmt.Errorf("size of %s: %w", path, held(err))
		}
		body["size"] = size
	}
	return body, nil
}

// gitBlob is a blob's content.
func (x *exchange) gitBlob() (any, error) {
	h, err := x.sha()
	if err != nil {
		return nil, err
	}
	if _, err := x.repo.git.object(plumbing.BlobObject, h); err != nil {
		return nil, err
	}
	content, err := x.repo.git.blob(h)
	if err != nil {
		return nil, err
	}
	return fields{"sha": h.String(), "node_id": nodeID("Blob", h), "size": len(content),
		"url": x.repo.api("/git/blobs/%s", h), "encoding": "base64", "content": encoded(content)}, nil
}

// encoded is base64 in lines of 60, as GitHub writes it.
func encoded(content []byte) string {
	var b strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(content)), 60) {
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// contents is a file or a directory at a ref, or at the default branch.
func (x *exchange) contents() (any, error) {
	ref := x.query("ref")
	if ref == "" {
		ref = x.repo.git.head
	}
	h, err := x.repo.git.resolve(ref)
	if errors.Is(err, errNoRef) {
		return nil, &apiError{status: http.StatusNotFound, message: "No commit found for the ref " + ref}
	}
	if err != nil {
		return nil, err
	}
	tree, err := x.repo.git.tree(h)
	if err != nil {
		return nil, err
	}
	path := strings.Trim(x.req.PathValue("path"), "/")
	entry := &gitobj.TreeEntry{Mode: filemode.Dir, Hash: tree.Hash}
	if path != "" {
		if entry, err = tree.FindEntry(path); err != nil {
			return nil, held(err)
		}
	}
	if entry.Mode == filemode.Dir {
		return x.directory(path, ref, entry.Hash)
	}
	return x.file(path, ref, *entry)
}

// directory lists a directory's entries.
func (x *exchange) directory(path, ref string, h plumbing.Hash) (any, error) {
	tree, err := x.repo.git.treeObject(h)
	if err != nil {
		return nil, err
	}
	if path != "" {
		path += "/"
	}
	return list(tree.Entries, func(e gitobj.TreeEntry) (any, error) {
		return x.contentJSON(path+e.Name, ref, e)
	})
}

// file is a file with its content, or bare when that was asked for.
func (x *exchange) file(path, ref string, e gitobj.TreeEntry) (any, error) {
	body, err := x.contentJSON(path, ref, e)
	if err != nil || e.Mode == filemode.Submodule {
		return body, err
	}
	content, err := x.repo.git.blob(e.Hash)
	if err != nil {
		return nil, err
	}
	if strings.Contains(x.req.Header.Get("Accept"), "raw") {
		return rawBody(content), nil
	}
	body["encoding"], body["content"] = "base64", encoded(content)
	return body, nil
}

// contentJSON is a file or directory as a list has it.
func (x *exchange) contentJSON(path, ref string, e gitobj.TreeEntry) (fields, error) {
	entry, err := x.repo.entryJSON(path, e)
	if err != nil {
		return nil, err
	}
	kind := map[filemode.FileMode]string{filemode.Dir: "dir", filemode.Submodule: "submodule",
		filemode.Symlink: "symlink"}[e.Mode]
	if kind == "" {
		kind = "file"
	}
	size := entry["size"]
	if size == nil {
		size = 0
	}
	self := x.repo.api("/contents/%s", escapePath(path)) + "?ref=" + ref
	page := x.repo.html("/blob/%s/%s", ref, escapePath(path))
	body := fields{"type": kind, "name": path[strings.LastIndexByte(path, '/')+1:], "path": path,
		"sha": e.Hash.String(), "size": size, "url": self, "html_url": page,
		"git_url": orNull(fmt.Sprint(entry["url"])), "download_url": nil,
		"_links": fields{"self": self, "git": entry["url"], "html": page}}
	if kind == "file" {
		body["download_url"] = "https://raw.githubusercontent.com/" + x.repo.name.String() + "/" + ref + "/" + escapePath(path)
	}
	return body, nil
}
