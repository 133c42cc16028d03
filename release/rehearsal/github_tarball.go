package rehearsal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/gitattributes"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// archiveHost is where whole trees are packed.
const archiveHost = "codeload.github.com"

// tarball leads to an archive of a tree. GitHub does not look whether there is such a
// commit before whoever asks has followed.
func (x *exchange) tarball() (any, error) {
	to := url.URL{Scheme: "https", Host: archiveHost,
		Path: fmt.Sprintf("/%s/legacy.tar.gz/%s", x.repo.name, x.req.PathValue("ref"))}
	x.header.Set("Location", to.String())
	x.status = http.StatusFound
	return nil, nil
}

// serveTarball packs the tree of a commit. Like the log host, it wants no token that was
// not meant for it.
func (w *World) serveTarball(rw http.ResponseWriter, req *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(req.URL.Path, "/"), "/", 4)
	if req.Method != http.MethodGet || req.Header.Get("Authorization") != "" || len(parts) != 4 || parts[2] != "legacy.tar.gz" {
		http.Error(rw, "400: Invalid request", http.StatusBadRequest)
		return
	}
	r := w.repo(parts[0], parts[1])
	if r == nil {
		http.Error(rw, "404: Not Found", http.StatusNotFound)
		return
	}
	h, err := r.git.resolve(parts[3])
	if err != nil {
		http.Error(rw, "404: Not Found", http.StatusNotFound)
		return
	}
	content, err := r.tarball(h)
	if err != nil {
		http.Error(rw, "rehearsal: "+err.Error(), http.StatusConflict)
		return
	}
	rw.Header().Set("Content-Type", "application/x-gzip")
	_, _ = rw.Write(content) // to memory
}

// tarball is what `git archive` makes of a commit, in a directory of GitHub's naming.
func (r *repository) tarball(commit plumbing.Hash) ([]byte, error) {
	c, err := r.git.commit(commit)
	if err != nil {
		return nil, err
	}
	tree, err := r.git.treeObject(c.TreeHash)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	p := &packing{git: r.git, tar: tar.NewWriter(zip), commit: commit.String(), when: c.Committer.When,
		top: fmt.Sprintf("%s-%s-%s/", r.name.Owner, r.name.Name, commit.String()[:7])}
	if err := p.all(tree); err != nil {
		return nil, err
	}
	if err := p.tar.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// packing is an archive that is being made.
type packing struct {
	git    *gitStore
	tar    *tar.Writer
	commit string
	when   time.Time
	top    string
	attrs  []gitattributes.MatchAttribute
	left   []string // directories that are left out
}

// all packs a whole tree.
func (p *packing) all(root *gitobj.Tree) error {
	header := &tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": p.commit}}
	if err := p.tar.WriteHeader(header); err != nil {
		return err
	}
	if err := p.attributes(root); err != nil {
		return err
	}
	if err := p.put(tar.TypeDir, "", 0o775, nil); err != nil {
		return err
	}
	return p.git.walkTree(root, "", p.entry)
}

// attributes reads every file of attributes, the outermost first.
func (p *packing) attributes(root *gitobj.Tree) error {
	return p.git.walkTree(root, "", func(name string, e gitobj.TreeEntry) error {
		if path.Base(name) != ".gitattributes" || !e.Mode.IsFile() {
			return nil
		}
		content, err := p.git.blob(e.Hash)
		if err != nil {
			return err
		}
		var domain []string
		if dir := path.Dir(name); dir != "." {
			domain = strings.Split(dir, "/")
		}
		attrs, err := gitattributes.ReadAttributes(bytes.NewReader(content), domain, len(domain) == 0)
		p.attrs = append(p.attrs, attrs...)
		return err
	})
}

// has tells whether a path has an attribute.
func (p *packing) has(name, attribute string) bool {
	found, _ := gitattributes.NewMatcher(p.attrs).Match(strings.Split(name, "/"), []string{attribute})
	a, ok := found[attribute]
	return ok && a.IsSet()
}

// entry packs one entry, unless it or a directory above it is not to be exported.
func (p *packing) entry(name string, e gitobj.TreeEntry) error {
	out := slices.ContainsFunc(p.left, func(dir string) bool { return strings.HasPrefix(name, dir) })
	if out || p.has(name, "export-ignore") {
		p.left = append(p.left, name+"/")
		return nil
	}
	switch e.Mode {
	case filemode.Dir, filemode.Submodule:
		return p.put(tar.TypeDir, name+"/", 0o775, nil)
	}
	content, err := p.git.blob(e.Hash)
	if err != nil {
		return err
	}
	switch {
	case e.Mode == filemode.Symlink:
		return p.put(tar.TypeSymlink, name, 0o777, content)
	case p.has(name, "export-subst"):
		content = p.fill(content)
	}
	mode := int64(0o664)
	if e.Mode == filemode.Executable {
		mode = 0o775
	}
	return p.put(tar.TypeReg, name, mode, content)
}

// substitution is what export-subst fills in.
var substitution = regexp.MustCompile(`\$Format:([^$\n]*)\$`)

// fill fills in the commit, as far as it is asked for in the usual ways.
func (p *packing) fill(content []byte) []byte {
	return substitution.ReplaceAllFunc(content, func(found []byte) []byte {
		format := substitution.FindSubmatch(found)[1]
		return []byte(strings.NewReplacer("%H", p.commit, "%h", p.commit[:7]).Replace(string(format)))
	})
}

// put writes one entry; the content of a link is where it leads.
func (p *packing) put(kind byte, name string, mode int64, content []byte) error {
	h := &tar.Header{Typeflag: kind, Name: p.top + name, Mode: mode, ModTime: p.when, Uname: "root", Gname: "root"}
	if kind == tar.TypeSymlink {
		h.Linkname, content = string(content), nil
	}
	h.Size = int64(len(content))
	if err := p.tar.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.Copy(p.tar, bytes.NewReader(content))
	return err
}
