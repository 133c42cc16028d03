package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"twokey/release"
	"twokey/release/github"
	"twokey/release/registry"
	"twokey/ui/cli"
)

// asked is a transport that counts what is asked, by method, address and body.
type asked struct {
	next http.RoundTripper
	mu   sync.Mutex
	n    map[string]int
	// alone refuses questions about several things, so that each is read by itself.
	alone bool
}

func (a *asked) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	a.mu.Lock()
	a.n[fmt.Sprintf("%s %s %s", req.Method, req.URL, body)]++
	a.mu.Unlock()
	if a.alone && bytes.Contains(body, []byte("query Several(")) {
		const refused = `{"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by personal access token"}]}`
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req,
			Body: io.NopCloser(strings.NewReader(refused)), ContentLength: int64(len(refused))}, nil
	}
	return a.next.RoundTrip(req)
}

// open makes a world that only reads, whose requests are counted.
func (a *asked) open(_ context.Context, t cli.Target) (w cli.World, err error) {
	o := github.Options{ReadOnly: true, Emit: t.Emit, Trace: t.Trace, UserAgent: t.UserAgent}
	if _, err := rehearse(*t.Rehearsal, &w, &o); err != nil {
		return w, err
	}
	a.next, a.n = o.Transport, map[string]int{}
	o.Transport, o.Host = a, w.Repo.Host
	reads, err := github.New(o)
	if err != nil {
		return w, err
	}
	w.Ports = release.Ports{Forge: reads, Clock: o.Clock, Remark: w.Ports.Remark, Random: w.Ports.Random, Shelf: registry.New(registry.Options{
		Transport: a, Clock: o.Clock, Emit: o.Emit, Trace: o.Trace, UserAgent: o.UserAgent, Releases: reads.Release})}
	return w, nil
}

// spent is what the parts of a preflight took, as --verbose tells.
type spent struct{ plan, planChain, checks, checksChain int }

var spentLine = regexp.MustCompile(`(?m)^twokey: (?:plan|checks): requests (\d+), longest chain (\d+)$`)

// TestCheckCost holds a preflight to what it may ask: nothing twice, and no more than
// its bounds. Every answer takes two simulated seconds, so that the longest chain of
// requests shows, which is how often somebody waits for an answer. How many requests
// there are is always the same; how they follow one another depends on who is faster,
// so that there is some room above the chains.
//
//	go test . -run CheckCost -v
func TestCheckCost(t *testing.T) {
	needsTime(t)
	three := threeRepositories(t, true)
	for _, tt := range []struct {
		name string
		from []string
		most spent
	}{
		{"the sample", nil, spent{24, 14, 44, 12}},
		{"three repositories of CKAN's shape, with a plan", three, spent{20, 12, 40, 12}},
		{"one repository of CKAN's shape, without a plan", threeRepositories(t, false)[:2], spent{20, 12, 24, 12}},
	} {
		a := &asked{}
		var out, verbose bytes.Buffer
		args := append(append([]string{"rehearse", "--scenario", "slow"}, tt.from...), "check", "--verbose")
		err := cli.Run(t.Context(), cli.Config{IO: cli.IO{In: strings.NewReader(""), Out: &out, Err: &verbose}, Open: a.open}, args)
		if err != nil && release.KindOf(err) != release.KindNoGo {
			t.Fatalf("%s: %v\n%s", tt.name, err, &verbose)
		}
		for what, n := range a.n {
			if n > 1 {
				t.Errorf("%s: asked %d times: %s", tt.name, n, what)
			}
		}
		lines := spentLine.FindAllStringSubmatch(verbose.String(), -1)
		if len(lines) != 2 {
			t.Fatalf("%s: %s", tt.name, &verbose)
		}
		number := func(part, i int) int {
			n, _ := strconv.Atoi(lines[part][i]) // digits
			return n
		}
		took := spent{number(0, 1), number(0, 2), number(1, 1), number(1, 2)}
		t.Logf("%s: %+v", tt.name, took)
		if took.plan > tt.most.plan || took.checks > tt.most.checks || took.planChain > tt.most.planChain || took.checksChain > tt.most.checksChain {
			t.Errorf("%s: %+v is more than %+v\n%s", tt.name, took, tt.most, &verbose)
		}
	}
}

// What is read together and what is read one by one are judged alike.
func TestCheckAlone(t *testing.T) {
	needsTime(t)
	for _, from := range [][]string{nil, threeRepositories(t, true), threeRepositories(t, false)[:2]} {
		var said [2]string
		var took [2]int
		for i, a := range []*asked{{}, {alone: true}} {
			var out bytes.Buffer
			args := append(append([]string{"rehearse"}, from...), "check")
			err := cli.Run(t.Context(), cli.Config{IO: cli.IO{In: strings.NewReader(""), Out: &out, Err: io.Discard}, Open: a.open}, args)
			if err != nil && release.KindOf(err) != release.KindNoGo {
				t.Fatal(err)
			}
			said[i], took[i] = out.String(), len(a.n)
		}
		if said[0] != said[1] || took[0] >= took[1] {
			t.Errorf("together, %d requests:\n%s\nalone, %d requests:\n%s", took[0], said[0], took[1], said[1])
		}
	}
}

// The project of CKAN's shape: a package, its .deb and its image, each in a repository
// of its own, and workflows that call others.
const (
	threePlan = `version: 1
project: quay
lines: dev-v{major}.{minor}
tag: quay-{version}
versions: pep440
version-files:
  - {path: quay/__init__.py, pattern: '__version__ = "(.+)"'}
stages:
  - name: package
    trigger: tag
    workflows: [publish.yml, release.yml]
    publishes: [{pypi: quay}, {github-release: 'quay-{version}'}]
  - name: deb
    repo: quay/packaging
    needs: [package]
    trigger: tag
    tag: v{date}
    workflows: [publish.yml]
    publishes:
      - deb: https://packaging.quay.example/quay_{major}.{minor}-{distro}_amd64.deb
        with: {distro: [jammy, noble]}
  - name: image
    repo: quay/images
    needs: [package]
    trigger: release
    tag: v{date}
    workflows: [publish.yml]
    publishes: [{image: 'docker.io/quay/quay-base:{version}'}]
`
	onTag     = "on:\n  push: {tags: ['*']}\npermissions: {contents: read}\njobs:\n"
	onRelease = "on: release\npermissions: {contents: read}\njobs:\n"
	calls     = "  it:\n    uses: ./.github/workflows/reusable.yml\n"
	reusable  = "on: workflow_call\npermissions: {contents: read}\njobs:\n  it:\n    runs-on: ubuntu-24.04\n" +
		"    steps:\n      - run: make\n"
	pypi     = "  it:\n    runs-on: ubuntu-24.04\n    environment: pypi\n    permissions: {id-token: write}\n    steps:\n      - uses: pypa/gh-action-pypi-publish@release/v1\n"
	released = "  it:\n    runs-on: ubuntu-24.04\n    permissions: {contents: write}\n    steps:\n      - run: gh release create \"$GITHUB_REF_NAME\"\n"
	tested   = "on: push\njobs:\n  it:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make test\n"
)

// threeRepositories makes clones of the project, and the flags that take the world from
// them.
func threeRepositories(t *testing.T, plan bool) []string {
	t.Helper()
	const workflows = ".github/workflows/"
	core := map[string]string{workflows + "publish.yml": onTag + pypi, workflows + "release.yml": onTag + released,
		"setup.cfg": "[metadata]\nname = quay\nversion = attr: quay.__version__\n", "setup.py": "import setuptools\n",
		"pyproject.toml": "[build-system]\nrequires = [\"setuptools\"]\n", "quay/__init__.py": "__version__ = \"1.2.0\"\n"}
	for i := range 12 {
		core[fmt.Sprintf("%stest-%d.yml", workflows, i)] = tested
	}
	if plan {
		core["twokey.yml"] = threePlan
	}
	called := func(on string) map[string]string {
		return map[string]string{workflows + "publish.yml": on + calls, workflows + "reusable.yml": reusable}
	}
	return []string{"--from", "quay/quay=" + clone(t, "dev-v1.2", "quay-1.2.0", core, 12),
		"--from", "quay/packaging=" + clone(t, "main", "v20260101", called(onTag), 0),
		"--from", "quay/images=" + clone(t, "main", "v20260101", called(onRelease), 3)}
}

// clone makes a clone with a tag and, after it, some new files that are worth a look.
func clone(t *testing.T, branch, tag string, files map[string]string, fresh int) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	repo, err := git.PlainInit(dir, false)
	must(err)
	must(repo.Storer.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, plumbing.NewBranchReferenceName(branch))))
	tree, err := repo.Worktree()
	must(err)
	write := func(name, text string) {
		must(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		_, err := tree.Add(name)
		must(err)
	}
	by := &object.Signature{Name: "mara", Email: "mara@quay.example", When: time.Date(2026, 8, 13, 17, 0, 0, 0, time.UTC)}
	for name, text := range files {
		write(name, text)
	}
	first, err := tree.Commit("Begin\n", &git.CommitOptions{Author: by, Committer: by})
	must(err)
	_, err = repo.CreateTag(tag, first, nil)
	must(err)
	for i := range fresh {
		write(fmt.Sprintf("new-%d.txt", i), strings.Repeat(fmt.Sprintf("line %d\n", i), 200))
	}
	_, err = tree.Commit("Go on\n", &git.CommitOptions{Author: by, Committer: by, AllowEmptyCommits: true})
	must(err)
	return dir
}
