package release

import (
	"fmt"
	"time"

	"twokey/checks/text"
)

// CallKind is one of the few ways in which twokey changes anything.
type CallKind string

// Every mutating call that twokey can make.
const (
	CallTagObject     CallKind = "create-tag-object"
	CallRef           CallKind = "create-ref"
	CallRelease       CallKind = "create-release"
	CallDispatch      CallKind = "dispatch"
	CallReview        CallKind = "review-deployment"
	CallRerunFailed   CallKind = "rerun-failed-jobs"
	CallCancel        CallKind = "cancel-run"
	placeholderObject          = "<the tag object above>"
)

// Call is one mutating request, as it will be sent. The confirm screen and
// --dry-run print exactly these.
type Call struct {
	Kind  CallKind `json:"kind"`
	Stage string   `json:"stage,omitempty"`
	Repo  Repo     `json:"repo"`
	// Ref is the full ref of create-ref, the tag of create-tag-object and
	// create-release, and the branch or tag of dispatch.
	Ref string `json:"ref,omitempty"`
	// SHA is the object that a ref or tag object points to.
	SHA      string            `json:"sha,omitempty"`
	Message  string            `json:"message,omitempty"`
	Title    string            `json:"title,omitempty"`
	Workflow string            `json:"workflow,omitempty"`
	Inputs   map[string]string `json:"inputs,omitempty"`
	// Prerelease marks a release as one.
	Prerelease bool `json:"prerelease,omitempty"`
	// RunID, Environments, State and Comment are of review-deployment, rerun
	// and cancel.
	RunID        int64   `json:"run_id,omitempty"`
	Environments []int64 `json:"environments,omitempty"`
	State        string  `json:"state,omitempty"`
	Comment      string  `json:"comment,omitempty"`
}

// Receipt is what GitHub answered to a call.
type Receipt struct {
	// SHA is the object that was created, of create-tag-object and create-ref.
	SHA string
	// At is the time that GitHub gave a tag object; zero for all else, and when it
	// did not say.
	At time.Time
	// RunID is the run that a dispatch started; 0 when the server did not say.
	RunID int64
	URL   text.Safe
}

// Request is the call as an HTTP request, for people: method and path.
func (c Call) Request() string {
	base := "/repos/" + c.Repo.String()
	switch c.Kind {
	case CallTagObject:
		return "POST " + base + "/git/tags"
	case CallRef:
		return "POST " + base + "/git/refs"
	case CallRelease:
		return "POST " + base + "/releases"
	case CallDispatch:
		return "POST " + base + "/actions/workflows/" + c.Workflow + "/dispatches"
	case CallReview:
		return fmt.Sprintf("POST %s/actions/runs/%d/pending_deployments", base, c.RunID)
	case CallRerunFailed:
		return fmt.Sprintf("POST %s/actions/runs/%d/rerun-failed-jobs", base, c.RunID)
	case CallCancel:
		return fmt.Sprintf("POST %s/actions/runs/%d/cancel", base, c.RunID)
	}
	return "?"
}

// What says in words what the call does.
func (c Call) What() text.Safe {
	switch c.Kind {
	case CallTagObject:
		return text.Cleanf("create the annotated tag object %s at %s", c.Ref, short(c.SHA))
	case CallRef:
		return text.Cleanf("create %s, which claims the release", c.Ref)
	case CallRelease:
		return text.Cleanf("create the GitHub release %s", c.Ref)
	case CallDispatch:
		return text.Cleanf("dispatch %s on %s", c.Workflow, c.Ref)
	case CallReview:
		return text.Cleanf("answer %s to %d environment(s) of run %d", c.State, len(c.Environments), c.RunID)
	case CallRerunFailed:
		return text.Cleanf("re-run the failed jobs of run %d", c.RunID)
	case CallCancel:
		return text.Cleanf("cancel run %d", c.RunID)
	}
	return text.Clean(string(c.Kind))
}

// short is the usual seven digits of a SHA.
func short(sha string) string {
	if len(sha) > 7 {
		return sha[:7]
	}
	return sha
}
