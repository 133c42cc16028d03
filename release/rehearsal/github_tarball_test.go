package rehearsal

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// packed reads an archive of a tree: each entry's name below the one directory, and
// what it holds; the commit that the archive names comes first.
func packed(t *testing.T, archive string) (commit string, files map[string]string) {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(archive))
	check(t, err)
	files = map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return commit, files
		}
		check(t, err)
		if h.Typeflag == tar.TypeXGlobalHeader {
			commit = h.PAXRecords["comment"]
			continue
		}
		content, err := io.ReadAll(r)
		check(t, err)
		_, name, _ := strings.Cut(h.Name, "/")
		files[name] = string(content)
	}
}

func TestTarball(t *testing.T) {
	c := cloned(t)
	r := c.world.repos[0]
	main, _ := r.git.branch("main")
	sha, err := r.git.putCommit(change{by: signature(viewer, c.world.Clock().Now()), message: "pack", parents: []plumbing.Hash{main}, files: map[string][]byte{
		".gitattributes":     []byte("*.secret export-ignore\n/hidden export-ignore\nversion.py export-subst\n"),
		"src/.gitattributes": []byte("inner export-ignore\n"),
		"a.secret":           []byte("1"), "src/b.secret": []byte("2"), "src/inner": []byte("3"), "inner": []byte("4"),
		"hidden/deep/file": []byte("5"), "src/hidden/x": []byte("6"),
		"version.py": []byte("v = '$Format:%H$'\n"), "other.py": []byte("v = '$Format:%H$'\n"),
	}})
	check(t, err)
	for _, ref := range []string{sha.String(), main.String(), "main"} {
		to := c.get(c.repo() + "/tarball/" + ref).want(302).header.Get("Location")
		if to != "https://codeload.github.com/harbour/ships/legacy.tar.gz/"+ref {
			t.Fatalf("it leads to %s", to)
		}
		commit, files := packed(t, c.get(to).want(200).text)
		if ref == sha.String() != (commit == sha.String()) || ref != sha.String() && commit != c.repoHead(t) {
			t.Errorf("%s is of %s", ref, commit)
		}
		if _, ok := files["src/ship.go"]; !ok || files[".github/workflows/publish.yml"] == "" {
			t.Errorf("%s holds %v", ref, files)
		}
		if ref != sha.String() {
			continue
		}
		for name, want := range map[string]string{"src/hidden/x": "6", "version.py": "v = '" + sha.String() + "'\n", "other.py": "v = '$Format:%H$'\n",
			"inner": "4", "a.secret": "", "src/b.secret": "", "hidden/deep/file": "", "src/inner": ""} {
			if got, there := files[name]; got != want || there != (want != "") {
				t.Errorf("%s is %q, %v", name, got, there)
			}
		}
	}
	c.get("https://codeload.github.com/harbour/ships/legacy.tar.gz/no").want(404)
	c.get("https://codeload.github.com/harbour/no/legacy.tar.gz/main").want(404)
	c.get("https://codeload.github.com/harbour/ships/legacy.tar.gz/main", "Authorization", "Bearer x").want(400)
	c.get("https://codeload.github.com/harbour/ships/zip/main").want(400)
}

// repoHead is the head of main.
func (c client) repoHead(t *testing.T) string {
	t.Helper()
	return plain(c.get(c.repo()+"/git/ref/heads/main").want(200).at("object", "sha"))
}

// A recursive tree that is too long is cut off and says so; one level of it never is.
func TestTruncatedTree(t *testing.T) {
	w, err := New(Options{Speed: -1, TreeEntries: 3})
	check(t, err)
	c := client{t, w}
	all := c.get(c.repo() + "/git/trees/main?recursive=1").want(200)
	if all.at("truncated") != true || len(all.list("tree")) != 3 {
		t.Errorf("it is %s", all.text)
	}
	top := c.get(c.repo() + "/git/trees/main").want(200)
	if top.at("truncated") != false || len(top.list("tree")) <= 3 {
		t.Errorf("one level is %s", top.text)
	}
}
