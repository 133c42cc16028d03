package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing/object"

	"twokey/release"
	"twokey/release/rehearsal"
)

// ships is a clone of a project that is released by a dispatch.
func ships(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	repo, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{InitOptions: git.InitOptions{DefaultBranch: "refs/heads/main"}})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := repo.Worktree()
	for name, content := range map[string]string{
		release.PlanFileName: "version: 1\nproject: ships\nlines: main\ntag: v{version}\nstages:\n" +
			"  - name: deploy\n    trigger: dispatch\n    workflows: [deploy.yml]\n    publishes: [{image: 'docker.io/harbour/ships:{version}'}]\n",
		".github/workflows/deploy.yml": "name: Deploy\non: workflow_dispatch\npermissions: {}\njobs:\n  image:\n    runs-on: ubuntu-latest\n" +
			"    steps:\n      - run: docker push harbour/ships:1.0.0\n",
		".github/workflows/test.yml": "name: Test\non: push\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n",
	} {
		path := filepath.Join(dir, name)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err == nil {
			_, err = tree.Add(name)
		}
	}
	if err == nil {
		by := &object.Signature{Name: "mara", Email: "mara@harbour.example", When: time.Date(2026, 8, 13, 9, 0, 0, 0, time.UTC)}
		_, err = tree.Commit("Build ships\n", &git.CommitOptions{Author: by, Committer: by})
	}
	if err == nil {
		_, err = repo.CreateRemote(&config.RemoteConfig{Name: "origin", URLs: []string{"https://github.com/harbour/ships.git"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A process is killed while it claims and dispatches. Whatever had left by then, there
// is one claim and at most one run; where no run is and none can be proven to be
// missing, whoever goes on is told how to start it by hand.
func TestKilledAroundADispatch(t *testing.T) {
	needsTime(t)
	dir := ships(t)
	for _, until := range []string{
		`"type":"stage.intended"`, `"type":"call.sending"`, `"kind":"create-ref"`, `"type":"stage.claimed"`,
		`"call":{"kind":"dispatch"`, `"kind":"dispatch","workflow"`, `"type":"stage.triggered"`,
	} {
		t.Run(until, func(t *testing.T) {
			w, addr := world(t, rehearsal.Options{Speed: -1, From: []rehearsal.Source{{Dir: dir}}})
			c := child(t, until, "rehearse", "--connect", addr, "release", "1.0.0", "--yes", "--json")
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait()
			var out string
			var err error
			for _, args := range []string{"release 1.0.0 --yes", "release 1.0.0 --resume --yes"} { // the second if it is claimed
				if out, err = twokey(t, append([]string{"rehearse", "--connect", addr}, strings.Fields(args)...)...); err == nil {
					break
				}
			}
			f := w.Facts()
			runs := 0
			for _, r := range f.Runs {
				if strings.HasSuffix(r.Name, "deploy.yml") {
					runs++
				}
			}
			if len(f.Claims) != 1 || runs > 1 {
				t.Errorf("%d claims, %d runs", len(f.Claims), runs)
			}
			if byHand := strings.Contains(release.HintOf(err), "`gh workflow run deploy.yml --repo harbour/ships"); (err == nil) != (runs == 1) || err != nil && !byHand {
				t.Errorf("%d runs, %v, hint %q:\n%s", runs, err, release.HintOf(err), out)
			}
			t.Logf("%d claims and %d runs, %v", len(f.Claims), runs, err)
		})
	}
}
