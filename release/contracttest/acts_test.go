package contracttest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"twokey/release"
	"twokey/release/contracttest"
	"twokey/release/rehearsal"
)

// runOf is a run of the released repository that a test wants, newest first.
func (s *story) runOf(wanted func(release.Run) bool) release.Run {
	s.t.Helper()
	c, _ := s.client()
	claim, err := c.Claim(s.t.Context(), s.world.Repo(), "refs/tags/harbour-2.11.6")
	if err != nil {
		s.t.Fatal(err)
	}
	runs, err := c.Runs(s.t.Context(), s.world.Repo(), claim.SHA)
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Reverse(runs)
	i := slices.IndexFunc(runs, wanted)
	if i < 0 {
		s.t.Fatalf("none of %d runs is the one", len(runs))
	}
	return runs[i]
}

// perform sends what acts.
func (s *story) perform(call release.Call) {
	s.t.Helper()
	call.Repo = s.world.Repo()
	_, act := s.client()
	if _, err := act.Perform(s.t.Context(), call); err != nil {
		s.t.Errorf("%s: %v", call.Kind, err)
	}
}

// TestContractOfActs answers gates, re-runs and cancels, and looks again.
func TestContractOfActs(t *testing.T) {
	contract(t, described)
	tellOfActs(t)
}

func tellOfActs(t *testing.T) {
	t.Helper()
	for _, state := range []string{"approved", "rejected"} {
		s := tell(t, rehearsal.Options{Scenario: "approval"})
		_, _ = s.run("release", "--bump", "patch", "--yes") // it waits for the gate in vain
		run := s.runOf(func(r release.Run) bool { return r.Status == "waiting" })
		c, _ := s.client()
		gates, err := c.Gates(t.Context(), s.world.Repo(), run.ID)
		if err != nil || len(gates) == 0 {
			t.Fatalf("gates are %v, %v", gates, err)
		}
		s.perform(release.Call{Kind: release.CallReview, RunID: run.ID, Environments: []int64{gates[0].EnvironmentID},
			State: state, Comment: "as agreed"})
		if all, err := c.Approvals(t.Context(), s.world.Repo(), run.ID); err != nil || len(all) == 0 {
			t.Errorf("approvals are %v, %v", all, err)
		}
		_, _ = s.run("attach", "2.11.6", "--json")
	}
	s := tell(t, rehearsal.Options{Scenario: "failed-job"})
	_, _ = s.run("release", "--bump", "patch", "--yes")
	failed := s.runOf(func(r release.Run) bool { return r.Conclusion == "failure" })
	s.perform(release.Call{Kind: release.CallRerunFailed, RunID: failed.ID})
	c, _ := s.client()
	if _, err := c.Active(t.Context(), s.world.Repo()); err != nil {
		t.Error(err)
	}
	s.perform(release.Call{Kind: release.CallCancel, RunID: failed.ID})
	_, _ = s.run("release", "2.11.6", "--resume", "--yes")
}

// TestContractOfLimits meets the limits: the one of a pause after a trigger, and the
// small one of who has no token.
func TestContractOfLimits(t *testing.T) {
	contract(t, described)
	s := tell(t, rehearsal.Options{Scenario: "rate-limited"})
	c, _ := s.client()
	head, err := c.Branch(t.Context(), s.world.Repo(), "dev-v2.11")
	if err != nil {
		t.Fatal(err)
	}
	s.perform(release.Call{Kind: release.CallRef, Ref: "refs/tags/harbour-2.11.6", SHA: head.SHA})
	for range 20 {
		if err := s.world.Clock().Sleep(t.Context(), 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Runs(t.Context(), s.world.Repo(), head.SHA); err != nil {
			t.Log(err) // the limit, where it lasts too long to wait for
		}
	}
	s = tell(t, rehearsal.Options{})
	for page := range 61 {
		address := fmt.Sprintf("https://%s/repos/%s/branches?page=%d", theWorld, s.world.Repo(), page+1)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if want := page < 60; (resp.StatusCode == http.StatusOK) != want {
			t.Fatalf("request %d answers %d", page+1, resp.StatusCode)
		}
	}
}

// ships is the plan of a project that releases by hand or by a release.
const ships = `version: 1
project: ships
lines: release/{major}.{minor}
tag: v{version}
stages:
  - name: image
    trigger: release
    workflows: [image.yml]
  - name: deploy
    needs: [image]
    trigger: dispatch
    workflows: [deploy.yml]
    inputs: {version: '{version}'}
`

// TestContractOfTheOtherTriggers releases by a GitHub release, and by a dispatch.
func TestContractOfTheOtherTriggers(t *testing.T) {
	contract(t, described)
	tellOfTriggers(t)
}

func tellOfTriggers(t *testing.T) {
	t.Helper()
	s := tell(t, rehearsal.Options{From: []rehearsal.Source{{Dir: clone(t)}}, PlanFile: []byte(ships)})
	for _, command := range []string{"check", "release --bump patch --line release/1.0 --yes", "attach 1.0.1", "status"} {
		if said, err := s.run(strings.Fields(command)...); err != nil {
			t.Errorf("%s: %v\n%s", command, err, said)
		}
	}
	facts := s.world.Facts()
	if len(facts.Releases) != 1 || len(facts.Claims) != 1 {
		t.Errorf("the world has %+v", facts)
	}
}

// gather fills the album where no test before did, and gives what is in it.
func gather(t *testing.T) []contracttest.Exchange {
	t.Helper()
	if len(seen.exchanges()) == 0 {
		tellOfActs(t)
		tellOfTriggers(t)
	}
	return seen.exchanges()
}

// clone makes a small repository on disk, with a release line whose name has a slash.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	repo, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{
		InitOptions: git.InitOptions{DefaultBranch: "refs/heads/main"}})
	check(err)
	tree, err := repo.Worktree()
	check(err)
	for name, content := range map[string]string{
		"README.md": "Ships\n",
		".github/workflows/test.yml": "name: Test\non: {push: {branches: ['**']}}\npermissions: {}\njobs:\n  test:\n" +
			"    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n",
		".github/workflows/image.yml": "name: Image\non: {release: {types: [published]}}\npermissions: {}\njobs:\n  image:\n" +
			"    runs-on: ubuntu-latest\n    steps:\n      - run: make\n",
		".github/workflows/deploy.yml": "name: Deploy\non: {workflow_dispatch: {inputs: {version: {required: true, type: string}}}}\n" +
			"permissions: {}\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n",
	} {
		file := filepath.Join(dir, name)
		check(os.MkdirAll(filepath.Dir(file), 0o755))
		check(os.WriteFile(file, []byte(content), 0o644))
		_, err := tree.Add(name)
		check(err)
	}
	by := &object.Signature{Name: "mara", Email: "mara@harbour.example", When: time.Date(2026, 8, 13, 9, 0, 0, 0, time.UTC)}
	head, err := tree.Commit("begin\n", &git.CommitOptions{Author: by, Committer: by})
	check(err)
	_, err = repo.CreateRemote(&config.RemoteConfig{Name: "origin", URLs: []string{"git@github.com:harbour/ships.git"}})
	check(err)
	for _, ref := range []string{"refs/remotes/origin/main", "refs/remotes/origin/release/1.0", "refs/heads/release/1.0", "refs/tags/v1.0.0"} {
		check(repo.Storer.SetReference(plumbing.NewHashReference(plumbing.ReferenceName(ref), head)))
	}
	return dir
}
