package release

import (
	"context"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
)

// Clock tells the time and waits. In rehearsal its time is simulated.
type Clock interface {
	Now() time.Time
	// Sleep returns after d, or with the context's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// Forge reads a code host. Its methods return errors that wrap ErrNotFound,
// ErrForbidden or ErrUnauthorized where these apply, and retry by themselves
// what a read may retry. Everything that people are shown is Safe.
type Forge interface {
	Surveyor
	Filler
	Watcher
}

// Surveyor reads what is needed to choose a version and make a plan.
type Surveyor interface {
	Viewer(ctx context.Context) (checks.Viewer, error)
	Repository(ctx context.Context, repo Repo) (checks.Repo, error)
	// Branches lists all branches, at most a few thousand.
	Branches(ctx context.Context, repo Repo) ([]Branch, error)
	// Branch reads one branch.
	Branch(ctx context.Context, repo Repo, name string) (Branch, error)
	// Tags lists the tags whose names begin with prefix, newest name order not
	// guaranteed. SHA is the commit that the tag leads to.
	Tags(ctx context.Context, repo Repo, prefix string) ([]Tag, error)
	// File reads one file at a commit.
	File(ctx context.Context, repo Repo, sha, path string) ([]byte, error)
	// Files reads those of some files that exist at a commit, by their paths.
	Files(ctx context.Context, repo Repo, sha string, paths []string) (map[string][]byte, error)
	// Workflows reads every workflow file at a commit, in name order.
	Workflows(ctx context.Context, repo Repo, sha string) ([]WorkflowFile, error)
	// Ahead counts the commits of head that base does not have.
	Ahead(ctx context.Context, repo Repo, base, head string) (int, error)
	// Claim reads a ref of the form refs/…; it wraps ErrNotFound when there is none.
	Claim(ctx context.Context, repo Repo, ref string) (Claim, error)
}

// Filler reads a snapshot for a plan.
type Filler interface {
	// Fill reads every part of the snapshot but PartPublished, concurrently, and
	// calls done (from any goroutine, once for each part) when a part is
	// complete. What can not be read becomes a Lack; Fill itself only fails
	// when the context ends.
	Fill(ctx context.Context, plan Plan, snap *checks.Snapshot, done func(checks.Part)) error
	// Open reads what is open of what the plan's own checks of one side want to be
	// closed: one for each of Plan.Checks, read where it is of that side.
	Open(ctx context.Context, plan Plan, side checks.When) []checks.Got[[]checks.OpenItem]
}

// Watcher follows what CI does.
type Watcher interface {
	// Runs lists the workflow runs of a commit, oldest first.
	Runs(ctx context.Context, repo Repo, sha string) ([]Run, error)
	// Active lists the runs of the repository that are not completed.
	Active(ctx context.Context, repo Repo) ([]Run, error)
	// Jobs lists the jobs of the run's latest attempt with their steps.
	Jobs(ctx context.Context, repo Repo, runID int64) ([]Job, error)
	// Log reads the log of a finished job: its last max lines and the total
	// number of lines. It wraps ErrNoLog when there is none.
	Log(ctx context.Context, repo Repo, jobID int64, max int) (Log, error)
	// Annotations lists what a job is annotated with: why it failed, and where.
	Annotations(ctx context.Context, repo Repo, jobID int64) ([]Annotation, error)
	// Gates lists the environments that a run waits for.
	Gates(ctx context.Context, repo Repo, runID int64) ([]Gate, error)
	// Approvals lists who approved or rejected what in a run.
	Approvals(ctx context.Context, repo Repo, runID int64) ([]Approval, error)
	// Budget is what has been asked of the host so far.
	Budget() Budget
}

// Shelf reads what has been published.
type Shelf interface {
	// Look reads what stands under the artifact's name now. A name that is not
	// there is an answer, not an error.
	Look(ctx context.Context, a Artifact) (checks.Published, error)
	// Page reads a page that a plan names, as anybody sees it. That it is not there is
	// an answer, not an error.
	Page(ctx context.Context, address string) (content []byte, found bool, err error)
}

// Commits reads what commits hold.
type Commits interface {
	// Tree lists everything that is below a commit.
	Tree(ctx context.Context, repo Repo, commit string) ([]checks.TreeEntry, error)
	// BlobContents reads contents of files of a commit by git's names for them, each of at
	// most limit bytes. What is longer, or not there, is left out.
	BlobContents(ctx context.Context, repo Repo, commit string, blobs []string, limit int64) (map[string][]byte, error)
	// Attestations reads what a repository attests of the file with a digest, of the form
	// sha256:hex: Sigstore bundles as they are kept, of which nothing was verified. Where
	// there are some that can not be read, the error is an Unread beside the others.
	Attestations(ctx context.Context, repo Repo, digest string) ([][]byte, error)
	// RunArtifacts lists what a run has kept.
	RunArtifacts(ctx context.Context, repo Repo, runID int64) ([]RunArtifact, error)
	// ReadRunArtifact reads one of these and shows visit the files in it.
	ReadRunArtifact(ctx context.Context, repo Repo, a RunArtifact, visit archive.Visit) (Received, error)
}

// Artifacts reads what was published, whole.
type Artifacts interface {
	// Files lists the files that stand under an artifact's name now. None is an answer.
	Files(ctx context.Context, a Artifact) ([]File, error)
	// Read reads a file to its end and shows visit what is in it, in its order. progress
	// is told how much has come, from the goroutine that called. What was received is
	// told with an error as well, as far as it came; one that wraps *archive.Refused is
	// about what is in the file, any other about the reading.
	Read(ctx context.Context, f File, visit archive.Visit, progress func(received int64)) (Received, error)
	// Bundles reads the attestations that the place of a file holds by itself: Sigstore
	// bundles of which nothing was verified. None is an answer, and those that can not be
	// read are an Unread, as of Attestations.
	Bundles(ctx context.Context, f File) ([][]byte, error)
}

// Actor is everything of twokey that changes anything on the code host. No
// method is ever repeated by itself: a lost answer is ErrLost.
type Actor interface {
	// Perform sends one call, exactly once. An error that wraps a Passing, and not
	// ErrLost, says that the call was refused and certainly did nothing.
	Perform(ctx context.Context, call Call) (Receipt, error)
}

// Journal keeps events on disk.
type Journal interface {
	// Append writes an event; with sync it returns when the disk has it.
	Append(s Stamped, sync bool) error
}

// Branch is a branch and its head.
type Branch struct {
	Name      string
	SHA       string
	Protected bool
}

// Tag is a tag and the commit that it leads to.
type Tag struct {
	Name string
	SHA  string
}

// WorkflowFile is a workflow file's text.
type WorkflowFile struct {
	File    string // publish.yml
	Content []byte
}

// Claim is a claim as GitHub holds it.
type Claim struct {
	Ref string
	// SHA is the commit that the ref leads to, through a tag object if need be.
	SHA string
	// Object is what the ref itself points to: the tag object, or SHA.
	Object string
	// By and At are the tagger and the time of the tag object; zero when the
	// ref leads straight to a commit.
	By text.Safe
	At time.Time
	// Message is the tag object's message as it stands, not for showing.
	Message string
}

// Statuses and conclusions of runs, jobs and steps that twokey acts on; GitHub
// has more of both.
const (
	StatusCompleted = "completed"
	StatusWaiting   = "waiting" // for an environment's gate

	ConclusionSuccess = "success"
	ConclusionSkipped = "skipped"
	ConclusionNeutral = "neutral"
	// ConclusionCancelled is also that of a run which a newer one took the place of.
	ConclusionCancelled = "cancelled"
	conclusionFailure   = "failure"
	// ConclusionGone is twokey's own: the run is on GitHub no longer.
	ConclusionGone = "gone"
)

// Run is one attempt-spanning run of a workflow.
type Run struct {
	ID         int64     `json:"id"`
	Number     int       `json:"number"`
	Attempt    int       `json:"attempt"`
	Workflow   string    `json:"workflow"` // the file's name, publish.yml
	Name       text.Safe `json:"name"`
	Title      text.Safe `json:"title,omitzero"` // its run-name, or what was pushed
	Event      string    `json:"event"`
	Branch     text.Safe `json:"branch"` // the branch's or tag's name
	SHA        string    `json:"sha"`
	Status     string    `json:"status"`     // queued, in_progress, waiting, completed, …
	Conclusion string    `json:"conclusion"` // success, failure, …; empty until completed
	Actor      text.Safe `json:"actor"`
	Created    time.Time `json:"created"`
	Started    time.Time `json:"started"` // of this attempt
	Updated    time.Time `json:"updated"`
	URL        text.Safe `json:"url"`
	// Suite is the check suite that holds the run's jobs as check runs.
	Suite int64 `json:"check_suite_id,omitempty"`
}

// Job is one job of a run's latest attempt.
type Job struct {
	ID         int64     `json:"id"`
	RunID      int64     `json:"run_id"`
	Attempt    int       `json:"attempt"`
	Name       text.Safe `json:"name"`
	Status     string    `json:"status"`
	Conclusion string    `json:"conclusion"`
	Started    time.Time `json:"started,omitzero"`
	Completed  time.Time `json:"completed,omitzero"`
	URL        text.Safe `json:"url"`
	Steps      []Step    `json:"steps,omitempty"`
}

// Step is one step of a job.
type Step struct {
	Number     int       `json:"number"`
	Name       text.Safe `json:"name"`
	Status     string    `json:"status"`
	Conclusion string    `json:"conclusion"`
	Started    time.Time `json:"started,omitzero"`
	Completed  time.Time `json:"completed,omitzero"`
}

// Log is the end of a job's log.
type Log struct {
	Lines []text.Safe
	Total int // lines in the whole log; Lines are its last ones
}

// Annotation is a remark on a job, and on the place in a file that it is about.
type Annotation struct {
	Level   string    `json:"level"` // failure, warning, notice
	Title   text.Safe `json:"title,omitzero"`
	Message text.Safe `json:"message"`
	Path    text.Safe `json:"path,omitzero"`
	Line    int       `json:"line,omitempty"`
}

// Gate is an environment that a run waits for.
type Gate struct {
	EnvironmentID int64             `json:"environment_id"`
	Environment   text.Safe         `json:"environment"`
	CanApprove    bool              `json:"can_approve"` // the token's user may
	Reviewers     []checks.Reviewer `json:"reviewers"`
	WaitMinutes   int               `json:"wait_minutes,omitempty"`
}

const (
	// stateRejected is GitHub's state of an Approval that says no.
	stateRejected = "rejected"
	// statePassed is twokey's own: the gate is gone, and nobody answered it.
	statePassed = "passed"
)

// Approval is one person's answer to gates.
type Approval struct {
	By           text.Safe   `json:"by"`
	State        string      `json:"state"` // approved or rejected
	Environments []text.Safe `json:"environments"`
	Comment      text.Safe   `json:"comment,omitzero"`
}

// Budget is what was asked of the code host, and what may still be.
type Budget struct {
	Requests    int `json:"requests"`     // sent, retries included
	Charged     int `json:"charged"`      // of these, counted against the limit
	NotModified int `json:"not_modified"` // answered 304, which costs nothing
	Remaining   int `json:"remaining"`    // of the primary limit; -1 when not known
	Limit       int `json:"limit"`        // -1 when not known
	// Reset is when Remaining begins again at Limit, by this machine's clock; zero
	// when not known.
	Reset time.Time `json:"reset,omitzero"`
	// PollInterval is how long the host asks to wait between two looks; usually 0.
	PollInterval time.Duration `json:"poll_interval_ns,omitempty"`
}
