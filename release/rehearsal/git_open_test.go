package rehearsal

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"

	"twokey/release"
)

// workflowOfTests runs on every push, and publishes to an environment.
const workflowOfTests = `name: Publish
on:
  push: {tags: ['v*']}
  workflow_dispatch:
    inputs:
      what: {default: all}
      need: {required: true}
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: make}]
  publish:
    needs: build
    runs-on: ubuntu-latest
    environment: pypi
    steps: [{run: twine upload dist/*}]
`

// makeClone makes a repository on disk: three commits on main, of which the second
// is tagged v1.0.0, and a branch release/1.0 on the second. commit adds a file to
// the branch that is checked out.
func makeClone(t *testing.T) (dir string, repo *git.Repository, commit func(name, content string) plumbing.Hash) {
	t.Helper()
	dir = t.TempDir()
	repo, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{
		InitOptions: git.InitOptions{DefaultBranch: "refs/heads/main"}})
	check(t, err)
	tree, err := repo.Worktree()
	check(t, err)
	n := 0
	commit = func(name, content string) plumbing.Hash {
		t.Helper()
		check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
		_, err := tree.Add(name)
		check(t, err)
		n++
		by := &gitobj.Signature{Name: "mara", Email: "mara@example.org", When: dawn().Add(time.Duration(n) * time.Hour)}
		h, err := tree.Commit("Change "+name+"\n", &git.CommitOptions{Author: by, Committer: by})
		check(t, err)
		return h
	}
	commit("README.md", "first\n")
	second := commit(".github/workflows/publish.yml", workflowOfTests)
	_, err = repo.CreateTag("v1.0.0", second, &git.CreateTagOptions{Message: "v1.0.0",
		Tagger: &gitobj.Signature{Name: "mara", Email: "mara@example.org", When: dawn()}})
	check(t, err)
	check(t, repo.Storer.SetReference(plumbing.NewHashReference("refs/heads/release/1.0", second)))
	commit("src/ship.go", "package ship\n")
	return dir, repo, commit
}

// setOrigin gives a clone a remote, with what it fetched from it.
func setOrigin(t *testing.T, repo *git.Repository, url string, refs map[string]plumbing.Hash) {
	t.Helper()
	conf := &config.RemoteConfig{Name: "origin", URLs: []string{url}}
	if refs != nil {
		conf.Fetch = []config.RefSpec{"+refs/heads/*:refs/remotes/origin/*"}
	}
	_, err := repo.CreateRemote(conf)
	check(t, err)
	for name, h := range refs {
		check(t, repo.Storer.SetReference(plumbing.NewHashReference(plumbing.ReferenceName("refs/remotes/origin/"+name), h)))
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// names are the names of refs.
func names(refs []namedHash) string {
	var all []string
	for _, r := range refs {
		all = append(all, r.name)
	}
	return strings.Join(all, " ")
}

func TestOpenCloneTakesWhatGitHubHas(t *testing.T) {
	dir, repo, commit := makeClone(t)
	pushed, err := repo.ResolveRevision("main")
	check(t, err)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", map[string]plumbing.Hash{"main": *pushed, "dev-v2.1": *pushed})
	commit("local.txt", "never pushed\n")

	g, name, err := openClone(Source{Dir: dir})
	check(t, err)
	if name.String() != "harbour/ships" {
		t.Errorf("the repository is %s, want the one of origin", name)
	}
	if got := names(g.branches()); got != "dev-v2.1 main" {
		t.Errorf("branches %q: a normal clone has those that it fetched, not its own", got)
	}
	if h, _ := g.branch("main"); h != *pushed {
		t.Errorf("main is %s, want %s: what was not pushed is not on GitHub", h, *pushed)
	}
	if got := names(g.tags()); got != "v1.0.0" {
		t.Errorf("tags %q, want v1.0.0", got)
	}
	if g.head != "main" {
		t.Errorf("the default branch is %q, want main", g.head)
	}
}

func TestOpenCloneFindsItsDirectory(t *testing.T) {
	dir, repo, _ := makeClone(t)
	setOrigin(t, repo, "https://github.com/harbour/ships", nil)
	gitDir := filepath.Join(dir, ".git")

	// A worktree as git makes it: a file that names a directory that names the rest.
	worktree, own := t.TempDir(), filepath.Join(gitDir, "worktrees", "w")
	check(t, os.MkdirAll(own, 0o755))
	check(t, os.WriteFile(filepath.Join(worktree, ".git"), []byte("gitdir: "+own+"\n"), 0o644))
	check(t, os.WriteFile(filepath.Join(own, "HEAD"), []byte("ref: refs/heads/release/1.0\n"), 0o644))
	check(t, os.WriteFile(filepath.Join(own, "commondir"), []byte("../..\n"), 0o644))

	for what, where := range map[string]string{
		"a clone": dir, "a git directory, as a bare clone is": gitDir,
		"a directory within": filepath.Join(dir, "src"), "a worktree": worktree,
	} {
		g, name, err := openClone(Source{Dir: where})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got := names(g.branches()); got != "main release/1.0" || name.String() != "harbour/ships" {
			t.Errorf("%s: branches %q of %s", what, got, name)
		}
		h, _ := g.branch("main")
		if content, err := g.read(h, "src/ship.go"); err != nil || string(content) != "package ship\n" {
			t.Errorf("%s: src/ship.go is %q, %v", what, content, err)
		}
	}
}

func TestOpenCloneNamesTheRepository(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://github.com/harbour/ships", "harbour/ships"},
		{"https://github.com/harbour/ships.git", "harbour/ships"},
		{"https://user@github.example.com/harbour/ships.git/", "harbour/ships"},
		{"ssh://git@github.com:22/harbour/ships.git", "harbour/ships"},
		{"git@github.com:harbour/ships.git", "harbour/ships"},
		{"git://github.com/harbour/ships", "harbour/ships"},
		{"/srv/mirrors/harbour/ships.git", ""},
		{"../ships", ""},
		{"file:///srv/harbour/ships", ""},
		{"https://github.com/ships", ""},
	} {
		dir, repo, _ := makeClone(t)
		setOrigin(t, repo, c.url, nil)
		_, name, err := openClone(Source{Dir: dir})
		if c.want == "" {
			if release.KindOf(err) != release.KindUsage || !strings.Contains(release.HintOf(err), "--from OWNER/NAME=") {
				t.Errorf("%s: error %v with hint %q, want a usage error that says how to name it", c.url, err, release.HintOf(err))
			}
			continue
		}
		if err != nil || name.String() != c.want {
			t.Errorf("%s is %s, %v; want %s", c.url, name, err, c.want)
		}
	}
}

func TestOpenCloneTakesTheNamedRemote(t *testing.T) {
	dir, repo, _ := makeClone(t)
	main, err := repo.ResolveRevision("main")
	check(t, err)
	setOrigin(t, repo, "git@github.com:mara/ships.git", map[string]plumbing.Hash{"fork-only": *main})
	_, err = repo.CreateRemote(&config.RemoteConfig{Name: "upstream", URLs: []string{"git@github.com:Harbour/ships.git"},
		Fetch: []config.RefSpec{"+refs/heads/*:refs/remotes/upstream/*"}})
	check(t, err)
	check(t, repo.Storer.SetReference(plumbing.NewHashReference("refs/remotes/upstream/trunk", *main)))

	g, name, err := openClone(Source{Dir: dir, Repo: release.Repo{Owner: "harbour", Name: "ships"}})
	check(t, err)
	if got := names(g.branches()); got != "trunk" || name.Owner != "harbour" {
		t.Errorf("branches %q of %s, want those of the remote that is the named repository", got, name)
	}
}

func TestOpenCloneRefuses(t *testing.T) {
	empty := t.TempDir()
	_, err := git.PlainInit(empty, false)
	check(t, err)
	reftable, repo, _ := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	conf := filepath.Join(reftable, ".git", "config")
	text, err := os.ReadFile(conf)
	check(t, err)
	check(t, os.WriteFile(conf, append(text, "[extensions]\n\trefStorage = reftable\n"...), 0o644))

	named := release.Repo{Owner: "harbour", Name: "ships"}
	for what, c := range map[string]struct {
		source Source
		want   string
	}{
		"nothing":         {Source{Dir: filepath.Join(empty, "no"), Repo: named}, "no such file"},
		"no clone":        {Source{Dir: t.TempDir(), Repo: named}, "is not a git clone"},
		"no branches":     {Source{Dir: empty, Repo: named}, "no branches"},
		"another storage": {Source{Dir: reftable}, "reftable"},
	} {
		_, _, err := openClone(c.source)
		if err == nil || !strings.Contains(err.Error(), c.want) || release.KindOf(err) != release.KindUsage {
			t.Errorf("%s: error %v, want a usage error with %q", what, err, c.want)
		}
	}
}

// fingerprint is a hash of every name, mode, size, time and content below dir.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	sum := sha256.New()
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		if d.Type().IsRegular() {
			content, err := os.ReadFile(path)
			sum.Write(content)
			return err
		}
		return nil
	}))
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestWorldNeverWritesToTheClone(t *testing.T) {
	dir, repo, _ := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	before := fingerprint(t, dir)

	w, err := New(Options{From: []Source{{Dir: dir}}, Speed: -1,
		PlanFile: []byte("version: 1\nproject: ships\nlines: release/{major}.{minor}\ntag: v{version}\nstages:\n" +
			"  - {name: package, trigger: tag, workflows: [publish.yml], publishes: [{pypi: ships}]}\n")})
	check(t, err)
	c := client{t, w}
	head := c.get("/repos/harbour/ships/git/ref/heads/release/1.0").at("object", "sha")
	made := c.post("/repos/harbour/ships/git/tags", fields{"tag": "v1.0.1", "message": "m", "object": head, "type": "commit"})
	c.post("/repos/harbour/ships/git/refs", fields{"ref": "refs/tags/v1.0.1", "sha": made.at("sha")}).want(201)
	c.post("/repos/harbour/ships/git/refs", fields{"ref": "refs/twokey/deb/1.0.1", "sha": head}).want(201)
	c.post("/repos/harbour/ships/releases", fields{"tag_name": "v1.0.2", "target_commitish": "release/1.0"}).want(201)
	check(t, w.pushLate(w.repos[0], "main"))
	c.get("/repos/harbour/ships/contents/twokey.yml?ref=release/1.0").want(200)
	c.get("/repos/harbour/ships/contents/LATE.md?ref=main").want(200)

	if after := fingerprint(t, dir); after != before {
		t.Error("the clone is not as it was")
	}
	if _, err := repo.Tag("v1.0.1"); !errors.Is(err, git.ErrTagNotFound) {
		t.Errorf("the clone's tag v1.0.1: %v, want none", err)
	}
}

func TestReadOnlyRefuses(t *testing.T) {
	dir, _, _ := makeClone(t)
	files, err := gitFiles(dir)
	check(t, err)
	before := fingerprint(t, dir)
	_, create := files.Create("x")
	_, open := files.OpenFile("x", os.O_RDWR|os.O_CREATE, 0o644)
	_, temp := files.TempFile("", "x")
	for what, err := range map[string]error{"Create": create, "OpenFile": open, "TempFile": temp,
		"Rename": files.Rename("HEAD", "x"), "Remove": files.Remove("HEAD"), "MkdirAll": files.MkdirAll("x", 0o755),
		"Symlink": files.Symlink("HEAD", "x")} {
		if err == nil {
			t.Errorf("%s worked", what)
		}
	}
	if fingerprint(t, dir) != before {
		t.Error("the clone is not as it was")
	}
}

// TestPartialCloneSaysSo takes objects out of a clone, as one without blobs or trees
// has it. That a file can not be read must not look as if there was none.
func TestPartialCloneSaysSo(t *testing.T) {
	for what, pick := range map[string]func(*gitobj.Tree) plumbing.Hash{
		"the file": func(t *gitobj.Tree) plumbing.Hash {
			e, _ := t.FindEntry("src/ship.go")
			return e.Hash
		},
		"its directory": func(t *gitobj.Tree) plumbing.Hash {
			e, _ := t.FindEntry("src")
			return e.Hash
		},
	} {
		dir, repo, _ := makeClone(t)
		setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
		main, err := repo.ResolveRevision("main")
		check(t, err)
		commit, err := repo.CommitObject(*main)
		check(t, err)
		tree, err := commit.Tree()
		check(t, err)
		name := pick(tree).String()
		check(t, os.Remove(filepath.Join(dir, ".git", "objects", name[:2], name[2:])))
		w, err := New(Options{From: []Source{{Dir: dir}}, Speed: -1})
		check(t, err)
		c := client{t, w}
		g := c.get(c.repo() + "/contents/src/ship.go").want(409)
		if !strings.Contains(plain(g.at("message")), "--filter") {
			t.Errorf("without %s: %s", what, g.text)
		}
		c.get(c.repo() + "/contents/README.md").want(200)
	}
}
