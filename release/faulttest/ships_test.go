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

	"twokey/release/rehearsal"
)

// sample is a project, and what a release of it makes.
type sample struct {
	name    string
	version string
	plan    string         // that is put on the release line; empty: the rehearsal's own project
	whole   map[string]int // what a release makes, by kind and name
	stages  int
}

// samples are a project for each trigger: small, so that a campaign can release them
// a thousand times. They share one repository, and differ in their plan.
func samples() []sample {
	const lines = "version: 1\nproject: ships\nlines: release/{major}.{minor}\n"
	const head = lines + "tag: v{version}\nstages:\n"
	return []sample{
		// A tag of its own: a release makes its tag, too, and must not start this workflow.
		{"tag", "1.1.0", lines + "tag: ships-{version}\nstages:\n" +
			"  - name: package\n    trigger: tag\n    workflows: [publish.yml]\n    publishes: [{pypi: ships}]\n",
			map[string]int{"tag ships-1.1.0": 1, "run publish.yml": 1}, 1},
		{"release", "1.1.0", head + "  - name: image\n    trigger: release\n    workflows: [image.yml]\n" +
			"    publishes: [{image: 'docker.io/harbour/ships:{version}'}]\n",
			map[string]int{"tag v1.1.0": 1, "release v1.1.0": 1, "run image.yml": 1}, 1},
		{"dispatch", "1.1.0", head + "  - name: deploy\n    trigger: dispatch\n    workflows: [deploy.yml]\n" +
			"    inputs: {version: '{version}'}\n    publishes: [{image: 'docker.io/harbour/ships:{version}'}]\n",
			map[string]int{"claim 1.1.0": 1, "run deploy.yml": 1}, 1},
		{"dispatch with a nonce", "1.1.0", head + "  - name: deploy\n    trigger: dispatch\n    workflows: [named.yml]\n" +
			"    nonce-input: nonce\n    publishes: [{image: 'docker.io/harbour/ships:{version}'}]\n",
			map[string]int{"claim 1.1.0": 1, "run named.yml": 1}, 1},
	}
}

// dispatching is the project that the rarer troubles are tried on: of all triggers,
// a dispatch is the one that GitHub would take twice.
func dispatching() sample { return samples()[2] }

// twoDispatches is a project of which one stage dispatches two workflows.
func twoDispatches() sample {
	return sample{"two dispatches", "1.1.0", "version: 1\nproject: ships\nlines: release/{major}.{minor}\ntag: v{version}\nstages:\n" +
		"  - name: deploy\n    trigger: dispatch\n    workflows: [deploy.yml, second.yml]\n" +
		"    inputs: {version: '{version}'}\n    publishes: [{image: 'docker.io/harbour/ships:{version}'}, {pypi: ships}]\n",
		map[string]int{"claim 1.1.0": 1, "run deploy.yml": 1, "run second.yml": 1}, 1}
}

// harbour is the rehearsal's own project: three stages, in three repositories.
func harbour() sample {
	return sample{name: "three stages", version: "2.11.6", stages: 3, whole: map[string]int{
		"tag harbour-2.11.6": 1, "run publish-pypi.yml": 1, "run github-release.yml": 1,
		"tag v20260814": 2, "run publish.yml": 1, // one in each of the other repositories
		"release v20260814": 1, "run publish-docker-2.11.yml": 1, "run publish-docker-2.11-py3.10.yml": 1,
		// What else starts on any push or release, and is no part of the plan.
		"run build-and-test.yml": 1, "run publish-docker-2.10.yml": 1, "run publish-docker-2.10-py3.10.yml": 1,
	}}
}

// shipFiles are the files of the repository.
func shipFiles() map[string]string {
	// Each is over in half a minute: longer runs only make the campaign longer.
	const push = "      - run: docker push harbour/ships:"
	return map[string]string{
		"README.md":                  "Ships\n",
		".github/workflows/test.yml": "name: Test\non: {push: {branches: ['**']}}\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n",
		".github/workflows/publish.yml": "name: Publish\non: {push: {tags: ['ships-*']}}\npermissions: {}\njobs:\n  publish:\n    runs-on: ubuntu-latest\n" +
			"    permissions: {id-token: write}\n    steps:\n      - run: twine upload dist/*\n",
		".github/workflows/image.yml": "name: Image\non: {release: {types: [published]}}\npermissions: {}\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
			push + "1.1.0\n",
		".github/workflows/deploy.yml": "name: Deploy\non: {workflow_dispatch: {inputs: {version: {required: true, type: string}}}}\npermissions: {}\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
			push + "${{ inputs.version }}\n",
		".github/workflows/second.yml": "name: Second\non: {workflow_dispatch: {inputs: {version: {type: string}}}}\npermissions: {}\njobs:\n  tell:\n    runs-on: ubuntu-latest\n    steps:\n" +
			"      - run: twine upload dist/*\n",
		".github/workflows/named.yml": "name: Named\nrun-name: Deploy ${{ inputs.nonce }}\non: {workflow_dispatch: {inputs: {nonce: {type: string}}}}\npermissions: {}\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
			push + "1.1.0\n",
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
	o := rehearsal.Options{Speed: -1}
	if s.plan != "" {
		o.From, o.PlanFile = []rehearsal.Source{{Dir: dir}}, []byte(s.plan)
	}
	w, err := rehearsal.New(o)
	check(t, err)
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
