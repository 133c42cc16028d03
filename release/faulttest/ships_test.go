package faulttest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"twokey/release"
	"twokey/release/rehearsal"
)

// shipped is the version that every test here releases.
const shipped = "1.1.0"

// sample is a project of one stage: small, so that a campaign can release it
// thousands of times.
type sample struct {
	trigger  release.Trigger
	plan     string
	workflow string
}

// samples are a project for each trigger. They share one repository, and differ in
// the plan that is put on its release line.
func samples() []sample {
	const lines = "version: 1\nproject: ships\nlines: release/{major}.{minor}\n"
	const head = lines + "tag: v{version}\nstages:\n"
	return []sample{
		// A tag of its own: a release makes its tag, too, and must not start this workflow.
		{release.TriggerTag, lines + "tag: ships-{version}\nstages:\n" + "  - name: package\n    trigger: tag\n    workflows: [publish.yml]\n" +
			"    publishes: [{pypi: ships}]\n", "publish.yml"},
		{release.TriggerRelease, head + "  - name: image\n    trigger: release\n    workflows: [image.yml]\n" +
			"    publishes: [{image: 'docker.io/harbour/ships:{version}'}]\n", "image.yml"},
		{release.TriggerDispatch, head + "  - name: deploy\n    trigger: dispatch\n    workflows: [deploy.yml]\n" +
			"    inputs: {version: '{version}'}\n" +
			"    publishes: [{image: 'docker.io/harbour/ships:{version}'}]\n", "deploy.yml"},
	}
}

// shipFiles are the files of the repository.
func shipFiles() map[string]string {
	const push = "      - uses: docker/build-push-action@v6\n        with: {push: true, tags: '"
	return map[string]string{
		"README.md":                  "Ships\n",
		".github/workflows/test.yml": "name: Test\non: {push: {branches: ['**']}}\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n",
		".github/workflows/publish.yml": "name: Publish\non: {push: {tags: ['ships-*']}}\npermissions: {}\njobs:\n  publish:\n    runs-on: ubuntu-latest\n" +
			"    permissions: {id-token: write}\n    steps:\n      - run: python3 -m build\n      - uses: pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e\n",
		".github/workflows/image.yml": "name: Image\non: {release: {types: [published]}}\npermissions: {}\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
			push + "harbour/ships:1.1.0'}\n",
		".github/workflows/deploy.yml": "name: Deploy\non: {workflow_dispatch: {inputs: {version: {required: true, type: string}}}}\npermissions: {}\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
			push + "harbour/ships:${{ inputs.version }}'}\n",
	}
}

// clone makes the repository on disk, as somebody has it who works on it.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	repo, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{
		InitOptions: git.InitOptions{DefaultBranch: "refs/heads/main"}})
	check(t, err)
	tree, err := repo.Worktree()
	check(t, err)
	by := &object.Signature{Name: "mara", Email: "mara@harbour.example", When: time.Date(2026, 8, 13, 9, 0, 0, 0, time.UTC)}
	commit := func(files map[string]string) plumbing.Hash {
		t.Helper()
		for name, content := range files {
			check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
			check(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
			_, err := tree.Add(name)
			check(t, err)
		}
		by.When = by.When.Add(time.Hour)
		h, err := tree.Commit("Build ships\n", &git.CommitOptions{Author: by, Committer: by})
		check(t, err)
		return h
	}
	first := commit(shipFiles())
	for _, tag := range []string{"v1.0.0", "ships-1.0.0"} {
		_, err = repo.CreateTag(tag, first, &git.CreateTagOptions{Message: tag, Tagger: by})
		check(t, err)
	}
	head := commit(map[string]string{"README.md": "Ships that float\n"})
	for name, h := range map[plumbing.ReferenceName]plumbing.Hash{"refs/heads/release/1.0": first, "refs/heads/release/1.1": head} {
		check(t, repo.Storer.SetReference(plumbing.NewHashReference(name, h)))
	}
	_, err = repo.CreateRemote(&config.RemoteConfig{Name: "origin", URLs: []string{"git@github.com:harbour/ships.git"}})
	check(t, err)
	return dir
}

// newWorld makes a world of the sample. Its time passes only while somebody sleeps,
// and then at once.
func newWorld(t *testing.T, dir string, s sample) *rehearsal.World {
	t.Helper()
	w, err := rehearsal.New(rehearsal.Options{From: []rehearsal.Source{{Dir: dir}}, PlanFile: []byte(s.plan), Speed: -1})
	check(t, err)
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
