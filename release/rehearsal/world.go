// Package rehearsal is a simulated world to release into: GitHub, PyPI, an OCI
// registry and a .deb host behind one http.RoundTripper. The product's code is the
// same in a rehearsal; only its transport, clock and token differ. A request to a
// host that the world does not have fails.
package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/release"
)

// Options say which world to make.
type Options struct {
	// From are clones to release from; none: the embedded sample.
	From []Source
	// Repo is the repository that is worked on; zero is the first, which is the one
	// that a world is made around.
	Repo release.Repo
	// PlanFile is the text of a twokey.yml that the world commits on top of each
	// release line of the first repository, to try it before it is committed.
	PlanFile []byte
	// Scenario is what goes wrong; empty is "clean".
	Scenario string
	Seed     int64
	// Speed is how many simulated seconds pass in a second; 0 is 1, and below 0
	// is as fast as possible, which is always stepping.
	Speed float64
	// Stepping makes time pass only while somebody sleeps, so that runs are
	// deterministic; else it flows.
	Stepping bool
	// Latency is how long every answer takes, in simulated time; 0 is what the
	// scenario says, which is nothing in most.
	Latency time.Duration
	// TreeEntries is how many entries a recursive tree may have before it is cut off;
	// 0 is as many as with GitHub.
	TreeEntries int
	// Start is the simulated time at which the world begins. Zero is a time soon
	// after the newest commit, the same in every run.
	Start time.Time
}

// Source is a clone on disk that stands for a repository.
type Source struct {
	Repo release.Repo // zero: taken from the clone's origin
	Dir  string
}

// The people and the token of every rehearsal.
const (
	viewer    = "mara"
	otherUser = "ines" // whoever else does something
	token     = "ghp_rehearsal_only_opens_nothing_anywhere"
	// freshToken is what whoever signs in again gets, see Token.
	freshToken = "ghp_rehearsal_only_a_second_one_as_useless"
	tokenScope = "read:org, repo, workflow"
)

// World is a simulated world. Its methods may be called from any goroutine.
type World struct {
	options  Options
	scenario Scenario
	clock    release.Clock
	latency  time.Duration
	api      http.Handler

	// mu guards everything below, and is held while a request is answered: the
	// git objects of a clone can be read by one goroutine at a time only.
	mu       sync.Mutex
	repos    []*repository // the first is the released one
	requests []Request
	limits   map[string]*allowance // by user and API
	charged  bool                  // whether the request that is being answered cost anything
	faults   faults
	moves    moves
	rival    rival
	// begun is when the first request of the client's made a tag or a claim; zero:
	// not yet.
	begun  time.Time
	market market              // what is published outside GitHub, see publications
	pinned map[string]*standIn // see standIns; nil until somebody asks
}

// repository is one repository as the simulated GitHub has it.
type repository struct {
	name     release.Repo
	git      *gitStore
	settings settings
	// assumed holds when nobody told the settings, because git does not hold them.
	assumed  bool
	runs     []*simRun // those that a trigger of this world started, oldest first
	releases []*simRelease
	// started counts the runs of each kind, to tell them apart.
	started map[string]int
	// pushed are the commits that came to a branch since the world began.
	pushed map[plumbing.Hash][]push
	// ci is what ran on the heads of branches, as far as anybody asked.
	ci map[plumbing.Hash][]*simRun
	// named are the environments that workflow files name, once anybody asked.
	named map[string]bool
	facts Facts
}

// simRelease is a GitHub release.
type simRelease struct {
	ID         int64
	Tag        string
	Name       string
	Body       string
	Target     string // target_commitish
	Author     string
	Draft      bool
	Prerelease bool
	Created    time.Time
}

// New makes a world.
func New(o Options) (*World, error) {
	if o.Scenario == "" {
		o.Scenario = "clean"
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	scenario, err := scenarioNamed(o.Scenario)
	if err != nil {
		return nil, err
	}
	w := &World{options: o, scenario: scenario, limits: map[string]*allowance{}}
	if err := w.populate(); err != nil {
		return nil, err
	}
	if err := w.tryPlanFile(); err != nil {
		return nil, err
	}
	if err := w.smuggle(); err != nil {
		return nil, err
	}
	if err := w.unpin(); err != nil {
		return nil, err
	}
	w.weaken()
	w.api = newAPI(w)
	w.latency = cmp.Or(o.Latency, scenario.latency)
	w.clock = newClock(w.options.Start, o.Speed, o.Stepping)
	if c, ok := w.clock.(*steppingClock); ok && (w.latency > 0 || scenario.flaky > 0 || scenario.scarce != nil) {
		c.settle = settleTime // here several requests wait at the same time
	}
	w.faults = newFaults(scenario, o.Seed)
	return w, nil
}

// populate makes the repositories and settles when the world begins.
func (w *World) populate() error {
	if len(w.options.From) == 0 {
		if w.options.Start.IsZero() {
			w.options.Start = time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
		}
		return w.addSample(w.options.Start)
	}
	for _, s := range w.options.From {
		git, name, err := openClone(s)
		if err != nil {
			return err
		}
		if w.repo(name.Owner, name.Name) != nil {
			return &release.Error{Kind: release.KindUsage, Op: "rehearse from " + s.Dir,
				Err:  fmt.Errorf("%s is given twice", name),
				Hint: "name each clone once, as in `--from OWNER/NAME=DIR`"}
		}
		w.addRepo(name, git, usualSettings(git)).assumed = true
	}
	if w.options.Start.IsZero() {
		start, err := w.soonAfter()
		if err != nil {
			return err
		}
		w.options.Start = start
	}
	return nil
}

// addRepo puts a repository into the world.
func (w *World) addRepo(name release.Repo, git *gitStore, s settings) *repository {
	r := &repository{name: name, git: git, settings: s, started: map[string]int{},
		pushed: map[plumbing.Hash][]push{}, ci: map[plumbing.Hash][]*simRun{}}
	w.repos = append(w.repos, r)
	return r
}

// addSample makes the embedded sample's repositories.
func (w *World) addSample(start time.Time) error {
	samples, err := sampleRepos(start)
	if err != nil {
		return err
	}
	for _, s := range samples {
		name := release.Repo{Owner: s.Owner, Name: s.Name}
		git, err := gitFromSample(s)
		if err != nil {
			return fmt.Errorf("make the sample repository %s: %w", name, err)
		}
		w.addRepo(name, git, s.Settings)
	}
	if len(w.repos) == 0 {
		return errors.New("the sample has no repository")
	}
	return nil
}

// tryPlanFile commits the plan file to try. It is the first repository's: whoever
// works on another one would see nothing of it, and take that for the plan's doing.
func (w *World) tryPlanFile() error {
	if len(w.options.PlanFile) == 0 {
		return nil
	}
	first := w.repos[0]
	if r := w.options.Repo; !r.IsZero() && w.repo(r.Owner, r.Name) != first {
		return &release.Error{Kind: release.KindUsage, Op: "try a plan for " + r.String(),
			Err:  fmt.Errorf("this rehearsal releases %s, and the plan file is for that repository", first.name),
			Hint: "leave -R out, or begin with a clone of that repository, as in `--from OWNER/NAME=DIR`"}
	}
	return w.commitPlanFile(first)
}

// commitPlanFile puts a plan file on the default branch and on every release line of
// a repository, in memory.
func (w *World) commitPlanFile(r *repository) error {
	plan, err := release.ParsePlanFile(release.PlanFileName, w.options.PlanFile)
	if err != nil {
		return err
	}
	lines, err := lineTemplate(plan.Lines)
	if err != nil {
		return err
	}
	for _, b := range r.git.branches() {
		if b.name != r.git.head && !r.protected(b.name) && !lines.MatchString(b.name) {
			continue
		}
		head, err := r.git.commit(b.hash)
		if err != nil {
			return err
		}
		h, err := r.git.putCommit(change{parents: []plumbing.Hash{b.hash}, message: "Release with two keys\n",
			by:    signature(viewer, head.Committer.When.Add(time.Minute)),
			files: map[string][]byte{release.PlanFileName: w.options.PlanFile}})
		if err != nil {
			return fmt.Errorf("commit the plan file on %s: %w", b.name, err)
		}
		r.git.refs["refs/heads/"+b.name] = h
	}
	return nil
}

// lineTemplate matches the branches that a plan's template for release lines names.
func lineTemplate(template string) (*regexp.Regexp, error) {
	pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(template), `[0-9A-Za-z]+`)
	return regexp.Compile("^" + pattern + "$")
}

// placeholder is a placeholder of a template, quoted for a regular expression.
var placeholder = regexp.MustCompile(`\\\{\w+\\\}`)

// soonAfter is nine o'clock on the day after the newest commit that any branch
// leads to, so that a rehearsal of a clone runs in the same way every time.
func (w *World) soonAfter() (time.Time, error) {
	var newest time.Time
	for _, r := range w.repos {
		for _, b := range r.git.branches() {
			c, err := r.git.commit(b.hash)
			if err != nil {
				return time.Time{}, fmt.Errorf("read the head of %s in %s: %w", b.name, r.name, err)
			}
			if c.Committer.When.After(newest) {
				newest = c.Committer.When
			}
		}
	}
	return newest.UTC().Truncate(24 * time.Hour).Add(33 * time.Hour), nil
}

// repo finds a repository; GitHub ignores the case of names.
func (w *World) repo(owner, name string) *repository {
	for _, r := range w.repos {
		if strings.EqualFold(r.name.Owner, owner) && strings.EqualFold(r.name.Name, name) {
			return r
		}
	}
	return nil
}

// Clock is the world's time.
func (w *World) Clock() release.Clock { return w.clock }

// Repo is the repository that a rehearsal releases.
func (w *World) Repo() release.Repo { return w.repos[0].name }

// Token is a token that the world's GitHub takes now. It is good nowhere else. Where
// the scenario lets a token expire, the next one is another: who connects to the
// world after that has signed in again.
func (w *World) Token() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.expired() {
		return freshToken
	}
	return token
}

// expired tells whether the first token has expired.
func (w *World) expired() bool {
	after := w.scenario.expires
	return after > 0 && !w.begun.IsZero() && w.clock.Now().Sub(w.begun) >= after
}

// Viewer is the login that the token belongs to.
func (w *World) Viewer() string { return viewer }

// Other is the login of another maintainer, and a token that belongs to her.
func (w *World) Other() (login, token string) { return otherUser, rivalToken }

// Scenario is what goes wrong in the world.
func (w *World) Scenario() Scenario { return w.scenario }
