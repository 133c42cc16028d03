package release

import (
	"cmp"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// Event is something that happened to a release. The set of types is closed:
// only this package implements it.
type Event interface {
	// Type is the event's name in JSON and in the journal, such as "check.done".
	Type() string
	event()
}

// Stamped is an event with its place in the stream.
type Stamped struct {
	Seq   uint64
	Time  time.Time
	Event Event
}

// Opened is the first event: which release console this is, and on what.
type Opened struct {
	Repo      Repo      `json:"repo"`
	Viewer    text.Safe `json:"viewer,omitzero"`
	Rehearsal bool      `json:"rehearsal"`
	Scenario  text.Safe `json:"scenario,omitzero"`
	ReadOnly  bool      `json:"read_only"`
	Twokey    string    `json:"twokey"` // this program's version
	// Command is what a command line against the same world begins with: "twokey",
	// or "twokey rehearse --connect ADDR". With Ends it is a world made alike, where
	// nothing of this one has happened: "twokey rehearse --scenario NAME".
	Command text.Safe `json:"command,omitzero"`
	// Ends holds when the world ends with this process, as a rehearsal's own does:
	// nobody can come back to it.
	Ends bool `json:"ends_with_process,omitempty"`
}

// Line is the command line that runs args against the same world; empty when
// nobody can come back to it.
func (o Opened) Line(args string) string {
	if o.Ends {
		return ""
	}
	return o.Anew(args)
}

// Anew is the command line that runs args against the same world or, where that
// ends with this process, against one made alike. It is for what needs nothing of
// what happened here.
func (o Opened) Anew(args string) string {
	if o.Command.IsZero() {
		return "twokey " + args
	}
	return o.Command.String() + " " + args
}

// PlanReady holds the plan that everything after it is about.
type PlanReady struct {
	Plan Plan `json:"plan"`
}

// CheckStarted says that a check waits for its data.
type CheckStarted struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Severity checks.Severity `json:"severity"`
	Factor   checks.Factor   `json:"factor"`
}

// CheckDone holds the finding of a check.
type CheckDone struct {
	Finding checks.Finding `json:"finding"`
}

// Judged is the verdict over all checks.
type Judged struct {
	Verdict checks.Verdict `json:"verdict"`
}

// CallsReady holds the calls that releasing the plan would send. It ends a dry
// run: nothing was sent.
type CallsReady struct {
	Calls []Call `json:"calls"`
}

// Intended holds the calls that are about to be sent for a stage. It is on disk
// before the first of them leaves.
type Intended struct {
	Stage string `json:"stage"`
	Calls []Call `json:"calls"`
}

// Sending says that one call is about to be sent. It is on disk before the call
// leaves: a record without it proves that the call was never sent.
type Sending struct {
	Stage string `json:"stage"`
	// Nonce is of the claim that the call belongs to; empty for what a person asked
	// for beside it.
	Nonce string `json:"nonce,omitempty"`
	Call  Call   `json:"call"`
}

// Answered says what came back for a call that was sent.
type Answered struct {
	Stage    string   `json:"stage"`
	Nonce    string   `json:"nonce,omitempty"`
	Kind     CallKind `json:"kind"`
	Workflow string   `json:"workflow,omitempty"`
	SHA      string   `json:"sha,omitempty"` // the object that was made
	// RunID is the run that a dispatch is told to have started, or that the call is about.
	RunID int64 `json:"run_id,omitempty"`
	// Why says what went wrong; empty when nothing did. Nothing was done then,
	// unless Lost holds: it may have been done or not.
	Why  text.Safe `json:"why,omitzero"`
	Lost bool      `json:"lost,omitempty"`
}

// Claimed says that the stage's claim is on GitHub.
type Claimed struct {
	Stage string    `json:"stage"`
	Ref   string    `json:"ref"`
	SHA   string    `json:"sha"`
	By    text.Safe `json:"by,omitzero"`
	At    time.Time `json:"at,omitzero"`
	// Mine holds when this process created it just now.
	Mine bool `json:"mine"`
	// Noted holds when a twokey made it: At is GitHub's own time then, and not
	// that of somebody's machine.
	Noted bool `json:"noted"`
	// Nonce is of this claim alone, and Actor is the login of whoever made it; both
	// empty where the claim does not tell.
	Nonce string    `json:"nonce,omitempty"`
	Actor text.Safe `json:"actor,omitzero"`
}

// ByViewer tells whether whoever made the claim is the token's user.
func (c Claimed) ByViewer(viewer text.Safe) bool {
	return isPerson(viewer, cmp.Or(c.Actor, c.By).String())
}

// Triggered says that the stage's remote CI was started, or was seen to be.
type Triggered struct {
	Stage   string  `json:"stage"`
	Trigger Trigger `json:"trigger"`
	RunID   int64   `json:"run_id,omitempty"` // of a dispatch that told it
	// RunIDs are the same by workflow, for a stage that dispatches several.
	RunIDs map[string]int64 `json:"run_ids,omitempty"`
	URL    text.Safe        `json:"url,omitzero"`
	// Mine holds when this process sent the trigger just now.
	Mine bool `json:"mine"`
	// By is the login of whoever dispatched Workflows just now, where it is known: of
	// a claim that somebody goes on with it need not be the claimer.
	By        text.Safe `json:"by,omitzero"`
	Workflows []string  `json:"workflows,omitempty"`
}

// RunFound says that a run which the stage must have started was seen.
type RunFound struct {
	Stage string `json:"stage"`
	Run   Run    `json:"run"`
}

// RunChanged says that a run's status, conclusion or attempt changed.
type RunChanged struct {
	Stage string `json:"stage"`
	Run   Run    `json:"run"`
}

// JobChanged says that a job appeared or changed. Its steps come as StepChanged.
type JobChanged struct {
	Stage string `json:"stage"`
	Job   Job    `json:"job"` // without steps
}

// StepChanged says that a step appeared or changed.
type StepChanged struct {
	Stage string `json:"stage"`
	RunID int64  `json:"run_id"`
	JobID int64  `json:"job_id"`
	Step  Step   `json:"step"`
}

// LogChunk holds the last lines of a finished job's log.
type LogChunk struct {
	Stage string      `json:"stage"`
	RunID int64       `json:"run_id"`
	JobID int64       `json:"job_id"`
	Job   text.Safe   `json:"job"`
	Lines []text.Safe `json:"lines"`
	// First is the number of the first of Lines in the log, from 1.
	First int `json:"first"`
	Total int `json:"total"`
	// Failed holds when the job did not succeed: its end is worth showing.
	Failed bool `json:"failed"`
	// Missing says why there is no log; Lines are empty then. They are as well for a
	// job that failed before it began, which has no log to miss.
	Missing text.Safe `json:"missing,omitzero"`
	// Annotations are those of a job that failed, the worst first.
	Annotations []Annotation `json:"annotations,omitempty"`
}

// ApprovalNeeded says that a run waits for a person.
type ApprovalNeeded struct {
	Stage string `json:"stage"`
	RunID int64  `json:"run_id"`
	Gate  Gate   `json:"gate"`
}

// Approved says that somebody answered a gate.
type Approved struct {
	Stage    string   `json:"stage"`
	RunID    int64    `json:"run_id"`
	Approval Approval `json:"approval"`
}

// Retrying says that a read failed and will be tried again.
type Retrying struct {
	What    text.Safe     `json:"what"`
	Cause   text.Safe     `json:"cause"`
	Attempt int           `json:"attempt"` // the attempt that comes next, from 2
	Wait    time.Duration `json:"wait_ns"`
}

// theWatch is what is tried again when a whole round of the watch failed.
const theWatch = "the watch"

// Outage tells whether all of the watch is tried again, and not one read: what single
// reads say meanwhile is about the same.
func (r Retrying) Outage() bool { return r.What == text.Clean(theWatch) }

// Recovered says that what was retried works again.
type Recovered struct {
	What text.Safe `json:"what"`
}

// ArtifactFound says that an artifact of the plan is published.
type ArtifactFound struct {
	Stage     string           `json:"stage"`
	Artifact  Artifact         `json:"artifact"`
	Published checks.Published `json:"published"`
}

// ArtifactMissing says that an artifact of the plan is not published under this
// version, though the stage's runs are over; or that this could not be seen.
type ArtifactMissing struct {
	Stage    string    `json:"stage"`
	Artifact Artifact  `json:"artifact"`
	Why      text.Safe `json:"why"`
	// Unseen holds when it could not be looked at: it may be published or not.
	Unseen bool `json:"unseen,omitempty"`
}

// AfterChecked holds the finding of a check that is due after the release, once every
// stage is done.
type AfterChecked struct {
	Finding checks.Finding `json:"finding"`
	// Again holds when it is looked at again soon: what is not there yet may come.
	Again bool `json:"again"`
}

// Outcome is how a stage or a release ended.
type Outcome string

// The outcomes.
const (
	Done      Outcome = "done"
	Failed    Outcome = "failed"
	NoGo      Outcome = "no-go"
	Cancelled Outcome = "cancelled"
	Left      Outcome = "left" // nobody watches; the release goes on
)

// StageDone says how a stage ended.
type StageDone struct {
	Stage   string    `json:"stage"`
	Outcome Outcome   `json:"outcome"`
	Why     text.Safe `json:"why,omitzero"`
}

// BudgetChanged holds what was asked of the code host so far.
type BudgetChanged struct {
	Budget Budget `json:"budget"`
}

// Noted is something that a person should know and that changes nothing.
type Noted struct {
	Text text.Safe `json:"text"`
}

func (Opened) event()           {}
func (PlanReady) event()        {}
func (CheckStarted) event()     {}
func (CheckDone) event()        {}
func (Judged) event()           {}
func (CallsReady) event()       {}
func (Intended) event()         {}
func (Sending) event()          {}
func (Answered) event()         {}
func (Claimed) event()          {}
func (Triggered) event()        {}
func (RunFound) event()         {}
func (RunChanged) event()       {}
func (JobChanged) event()       {}
func (StepChanged) event()      {}
func (LogChunk) event()         {}
func (ApprovalNeeded) event()   {}
func (Approved) event()         {}
func (Retrying) event()         {}
func (Recovered) event()        {}
func (ArtifactFound) event()    {}
func (ArtifactMissing) event()  {}
func (ArtifactReading) event()  {}
func (ArtifactTraced) event()   {}
func (ArtifactsChecked) event() {}
func (StageDone) event()        {}
func (AfterChecked) event()     {}
func (BudgetChanged) event()    {}
func (Noted) event()            {}
func (Finished) event()         {}

// Type implements Event; the names are part of the JSON contract.
func (Opened) Type() string           { return "release.opened" }
func (PlanReady) Type() string        { return "plan.ready" }
func (CheckStarted) Type() string     { return "check.started" }
func (CheckDone) Type() string        { return "check.done" }
func (Judged) Type() string           { return "check.verdict" }
func (CallsReady) Type() string       { return "plan.calls" }
func (Intended) Type() string         { return "stage.intended" }
func (Sending) Type() string          { return "call.sending" }
func (Answered) Type() string         { return "call.answered" }
func (Claimed) Type() string          { return "stage.claimed" }
func (Triggered) Type() string        { return "stage.triggered" }
func (RunFound) Type() string         { return "run.found" }
func (RunChanged) Type() string       { return "run.changed" }
func (JobChanged) Type() string       { return "job.changed" }
func (StepChanged) Type() string      { return "step.changed" }
func (LogChunk) Type() string         { return "log.chunk" }
func (ApprovalNeeded) Type() string   { return "approval.needed" }
func (Approved) Type() string         { return "approval.given" }
func (Retrying) Type() string         { return "read.retrying" }
func (Recovered) Type() string        { return "read.recovered" }
func (ArtifactFound) Type() string    { return "artifact.found" }
func (ArtifactMissing) Type() string  { return "artifact.missing" }
func (ArtifactReading) Type() string  { return "artifact.reading" }
func (ArtifactTraced) Type() string   { return "artifact.traced" }
func (ArtifactsChecked) Type() string { return "artifact.checked" }
func (StageDone) Type() string        { return "stage.done" }
func (AfterChecked) Type() string     { return "after.checked" }
func (BudgetChanged) Type() string    { return "budget.changed" }
func (Noted) Type() string            { return "note" }
func (Finished) Type() string         { return "release.finished" }
