package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"

	"twokey/release"
	"twokey/release/rehearsal"
)

// The project that is watched: its run has four jobs, of which one is over soon, and
// three go on side by side.
const (
	quayTag  = "v1.1.0"
	quayPlan = `version: 1
project: quay
lines: main
tag: v{version}
stages:
  - name: package
    trigger: tag
    workflows: [release.yml]
    publishes:
      - github-release: v{version}
`
	quayWorkflow = `name: Release
on:
  push: {tags: ['v*']}
  workflow_dispatch:
permissions:
  contents: write
jobs:
  notes:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - run: gh release create "$GITHUB_REF_NAME" --notes-file NOTES.md
  build:
    strategy:
      matrix: {arch: [amd64, arm64, riscv64]}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/setup-qemu-action@v3
      - name: Build for the tests
        run: docker build --platform linux/${{ matrix.arch }} --target tests .
      - run: make test
      - name: Build the package
        run: docker build --platform linux/${{ matrix.arch }} --target package .
      - name: Build the image
        run: docker build --platform linux/${{ matrix.arch }} .
      - run: make test IMAGE=quay
      - run: gh release upload "$GITHUB_REF_NAME" quay-*
`
)

// quay makes a clone of the project that is watched.
func quay(t testing.TB) rehearsal.Options {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	repo, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{InitOptions: git.InitOptions{DefaultBranch: "refs/heads/main"}})
	must(err)
	tree, err := repo.Worktree()
	must(err)
	must(os.MkdirAll(filepath.Join(dir, ".github", "workflows"), 0o755))
	for name, text := range map[string]string{"twokey.yml": quayPlan, ".github/workflows/release.yml": quayWorkflow, "NOTES.md": "new\n"} {
		must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		_, err := tree.Add(name)
		must(err)
	}
	by := &object.Signature{Name: "mara", Email: "mara@quay.example", When: time.Date(2026, 8, 13, 17, 0, 0, 0, time.UTC)}
	_, err = tree.Commit("Begin\n", &git.CommitOptions{Author: by, Committer: by})
	must(err)
	from := rehearsal.Source{Repo: release.Repo{Host: "github.com", Owner: "quay", Name: "quay"}, Dir: dir}
	return rehearsal.Options{From: []rehearsal.Source{from}, Speed: -1, Latency: 200 * time.Millisecond}
}

// TestWatchCost compares what it costs to follow one run to its end with twokey and
// with gh, and how soon each shows that a job is over:
//
//	go test . -run WatchCost -v
//
// It is fair because both follow the same run in the same world for the same time:
// from when three of its four jobs go on, which gh asks for one by one, to its end.
// Both have the same latency, 100 ms there and 100 ms back, and are counted by the
// world and not by themselves. Each has a world to itself that is made in the same
// way, so that it runs alike: time passes there only while somebody waits for it.
// twokey waits by the world's clock. gh can not, so that it is told to wait for
// nothing, and the three seconds which it waits by default pass in the world between
// two rounds of its questions. What the programs compute takes no time, for either.
//
// Two runs that do not last equally long make six jobs that are seen to end.
func TestWatchCost(t *testing.T) {
	needsTime(t)
	gh, own := watchCost{name: "gh run watch"}, watchCost{name: "twokey attach"}
	for seed := range int64(2) {
		o := quay(t)
		o.Seed = seed
		gh.add(watchByGH(t, o))
		own.add(watchByTwokey(t, o))
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\trequests\tcharged\tcharged an hour\tjobs ended\tmedian delay")
	for _, c := range []watchCost{gh, own} {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f\t%d\t%s\n", c.name, c.requests, c.charged,
			float64(c.charged)/c.took.Hours(), len(c.delays), c.median())
	}
	_ = w.Flush() // to memory
	share := 100 * float64(own.charged) / float64(gh.charged)
	t.Logf("2 runs of 4 jobs (3 running), watched for %s, at 200 ms latency\n%s\ntwokey is charged %.1f%% of what gh is", gh.took, &b, share)

	if len(gh.delays) != 6 || len(own.delays) != 6 || gh.took != own.took {
		t.Errorf("they did not see the same: %+v, %+v", gh, own)
	}
	if share > 5 {
		t.Errorf("twokey is charged %.1f%% of what gh is, want 5%% at most", share)
	}
	if own.median() >= gh.median() {
		t.Errorf("twokey shows a finished job after %s, gh after %s", own.median(), gh.median())
	}
}

// watchCost is what it cost a client to follow runs.
type watchCost struct {
	name     string
	requests int
	charged  int
	took     time.Duration // what the runs took
	delays   []time.Duration
}

// add adds what another run cost.
func (c *watchCost) add(o watchCost) {
	c.requests += o.requests
	c.charged += o.charged
	c.took += o.took
	c.delays = append(c.delays, o.delays...)
}

// median is the delay that half of the jobs had at most.
func (c watchCost) median() time.Duration {
	d := slices.Sorted(slices.Values(c.delays))
	if len(d) == 0 {
		return 0
	}
	return (d[(len(d)-1)/2] + d[len(d)/2]) / 2
}

// shownJobs is when a client first showed of a job, by its ID, that it is over.
type shownJobs map[int64]time.Time

func (s shownJobs) show(id int64, now time.Time) {
	if s[id].IsZero() {
		s[id] = now
	}
}

// finishedJob is how gh shows a job that is over and was not skipped.
var finishedJob = regexp.MustCompile(`(?m)^[✓X] .* in .* \(ID (\d+)\)$`)

// watchByGH follows the run with gh. Its output goes to a file, which is read before
// any of its requests lets time pass: gh writes first and asks again then.
func watchByGH(t *testing.T, o rehearsal.Options) watchCost {
	g := openGH(t, o)
	id := g.push()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	written, err := os.Open(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer written.Close()
	shown := shownJobs{}
	look := func(*http.Request) {
		text, err := io.ReadAll(written) // what was added since
		if err != nil {
			t.Error(err)
		}
		for _, m := range finishedJob.FindAllSubmatch(text, -1) {
			id, _ := strconv.ParseInt(string(m[1]), 10, 64) // digits
			shown.show(id, g.world.Clock().Now())
		}
	}
	g.asked.Store(&look)
	g.pause.Store(int64(3 * time.Second))
	c := g.command("run", "watch", strconv.FormatInt(id, 10), "--interval", "0", "--exit-status")
	c.Stdout = out
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	look(nil)
	return g.cost(id, shown, isGH)
}

// watchByTwokey follows the run with twokey, whose output tells its time.
func watchByTwokey(t *testing.T, o rehearsal.Options) watchCost {
	g := openGH(t, o)
	id := g.push()
	shown := shownJobs{}
	out := writer(func(p []byte) {
		for line := range bytes.Lines(p) {
			var e release.Stamped
			if err := json.Unmarshal(line, &e); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if ev, ok := e.Event.(release.JobChanged); ok && ev.Job.Status == release.StatusCompleted {
				shown.show(ev.Job.ID, g.world.Clock().Now())
			}
		}
	})
	if err := g.run(t.Context(), out, "attach", "--json"); err != nil {
		t.Fatal(err)
	}
	return g.cost(id, shown, func(agent string) bool { return strings.HasPrefix(agent, "twokey/") })
}

// writer is a function as an io.Writer.
type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// push makes the tag, as whoever releases does, and gives the run that it starts once
// one of its jobs is over and three go on.
func (g *ghWorld) push() int64 {
	g.t.Helper()
	const api = "repos/quay/quay/"
	head := strings.TrimSpace(g.want("api", api+"git/ref/heads/main", "-q", ".object.sha"))
	g.want("api", api+"git/refs", "-f", "ref=refs/tags/"+quayTag, "-f", "sha="+head)
	if err := g.world.Clock().Sleep(g.t.Context(), 45*time.Second); err != nil {
		g.t.Fatal(err)
	}
	id, err := strconv.ParseInt(strings.TrimSpace(g.want("run", "list", "--json", "databaseId", "-q", ".[0].databaseId")), 10, 64)
	if err != nil {
		g.t.Fatal(err)
	}
	count := map[string]int{}
	for _, j := range g.view(g.repo, id).Jobs {
		count[j.Status]++
	}
	if count["completed"] != 1 || count["in_progress"] != 3 {
		g.t.Fatalf("its jobs are %v", count)
	}
	g.set, g.began = len(g.world.Requests()), g.world.Clock().Now()
	return id
}

// cost counts what the client asked the world, and how long after its end each job was
// shown that it saw end.
func (g *ghWorld) cost(id int64, shown shownJobs, mine func(agent string) bool) watchCost {
	g.t.Helper()
	log := g.world.Requests()[g.set:]
	run := g.view(g.repo, id)
	var c watchCost
	var end time.Time
	for _, j := range run.Jobs {
		if j.Completed.After(end) {
			end = j.Completed
		}
		if at := shown[j.ID]; !at.IsZero() && j.Completed.After(g.began) {
			c.delays = append(c.delays, at.Sub(j.Completed))
		}
	}
	c.took = end.Sub(g.began)
	for _, r := range log {
		if !mine(r.Agent) {
			continue
		}
		c.requests++
		if r.Charged {
			c.charged++
		}
	}
	return c
}
