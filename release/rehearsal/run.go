package rehearsal

import (
	"time"

	"twokey/release"
)

// runContext is what a workflow's expressions can see.
type runContext struct {
	Repo   string // owner/name
	Ref    string // refs/tags/v1.0.0
	SHA    string
	Event  string // push, release, workflow_dispatch
	Actor  string
	Inputs map[string]string
	Seed   int64
	// Other reads the files of another repository at a ref; it is not there where the
	// rehearsal has no clone of it, or the clone does not have the ref. nil has none.
	Other func(repo, ref string) (read readFile, there bool)
}

// readFile gives a file of a repository at one commit.
type readFile func(path string) ([]byte, error)

// jobSpec is one job that a run will have, after matrix, reusable workflows and
// conditions were worked out. It comes after the jobs that it needs.
type jobSpec struct {
	Key         string   // unique within the run; up to the last slash, the workflow that it is of
	Name        string   // as GitHub shows it, such as "call-build / build (3.10)"
	Needs       []string // keys
	Environment string   // empty: none
	Skipped     bool     // its condition does not hold while all goes well
	OnFailure   bool     // its condition holds after a job that it needs failed
	OnCancel    bool     // its condition holds after the run was cancelled
	Queue       time.Duration
	Steps       []stepSpec
}

// stepSpec is one step of a job. Steps with neither Uses nor Run are GitHub's own,
// such as "Set up job".
type stepSpec struct {
	Name      string
	Uses      string            // owner/action@ref; empty for a run step
	With      map[string]string // the action's inputs
	Run       string            // the script; empty for a uses step
	Skipped   bool              // its condition does not hold while all goes well
	OnFailure bool              // its condition holds after a step failed
	OnCancel  bool              // its condition holds after the run was cancelled
	Tolerated bool              // its failure does not fail the job
	PostOf    int               // the number of the step that it cleans up after; 0: none
	Duration  time.Duration
	// Publishes are the kinds of artifact that it publishes. They are recognised once:
	// every look at a registry asks for those of every step of every run.
	Publishes []release.ArtifactKind
}

// failure makes a step of a job fail in one attempt of a run.
type failure struct {
	Job     string // part of the job's name
	Step    string // part of the step's name; empty: the last one that does something
	Attempt int    // 0: every attempt
	Lines   []string
}

// attempt is one try of a run: which jobs it runs anew and when it began.
type attempt struct {
	Number  int
	Began   time.Time
	OnlyOf  []string // keys of the jobs that run anew; nil: all of them
	Actor   string
	FirstID int64     // the ID of its first job; the others follow
	Cancel  time.Time // when it was cancelled; zero: never
}

// answer is an approval or a rejection of an environment in a run.
type answer struct {
	Environment string
	State       string // approved or rejected
	By          string
	Comment     string
	At          time.Time
}

// gate is an environment that needs an approval, and who gives it after a while; by
// nobody it waits for whoever rehearses.
type gate struct {
	by    string
	after time.Duration
}

// simRun is a run of a workflow: what it will do, and what people did to it. What
// it looks like is a pure function of the time, see at.
type simRun struct {
	ID       int64
	Number   int
	Workflow string // publish.yml
	Name     string // the workflow's name
	Title    string // display title, run-name
	Repo     string
	Event    string
	Branch   string // head_branch: the tag's or branch's name
	SHA      string
	Actor    string
	Created  time.Time
	Gated    map[string]gate // the environments that need an approval
	Jobs     []jobSpec
	Failures []failure
	Attempts []attempt // at least one
	Answers  []answer
	Pushed   []pushed // the images that its log is to tell of
}

// runView is what a run looks like at a time.
type runView struct {
	Status     string // queued, in_progress, waiting, completed
	Conclusion string
	Attempt    int
	Started    time.Time
	Updated    time.Time
	Jobs       []jobView // of the latest attempt; results kept from an earlier one included
	Waiting    []string  // environments that it waits for now
}

// jobView is what a job looks like at a time.
type jobView struct {
	ID          int64
	Key         string
	Name        string
	Environment string
	Attempt     int
	Status      string
	Conclusion  string
	Created     time.Time
	Started     time.Time
	Completed   time.Time
	Steps       []stepView
}

// stepView is what a step looks like at a time.
type stepView struct {
	Number     int
	Name       string
	Status     string
	Conclusion string
	Started    time.Time
	Completed  time.Time
}
