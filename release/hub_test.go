package release

import (
	"context"
	"crypto/sha1"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// hub is a code host and its registries in memory, just enough to hold the
// engine against. What a trigger starts is scripted; what it was asked to change
// is counted, because twice is a defect.
type hub struct {
	t    *testing.T
	mu   sync.Mutex
	plan Plan // tells which workflows a trigger starts

	now      time.Time
	branches map[string]Branch // by repo
	claims   map[string]Claim  // by repo + ref
	releases map[string]bool   // by repo + tag
	objects  map[string]Call   // tag objects by their name
	started  map[string]time.Time
	shelf    map[string]checks.Published // by Artifact.String()
	calls    []Call

	// fault is asked before and after every mutating call acts.
	fault func(when string, c Call) error
	// script gives a workflow's run at a time after its trigger; ok is false
	// while it has not appeared.
	script func(workflow string, after time.Duration) (r Run, jobs []Job, ok bool)
	// publish is called when a workflow's run ends in success.
	publish func(h *hub, workflow string)
	// onSleep is called after time has passed.
	onSleep func(h *hub)
	reads   int
	broken  func(n int) error // the error of the n-th read
	still   bool              // the line has no commit since its tag
	noLook  func(Artifact) error
	// page and open are what stands outside of the release; pagesRead counts looks.
	page      func(address string) ([]byte, bool, error)
	open      func(checks.Own) checks.Got[[]checks.OpenItem]
	pagesRead int
	// planFile stands in place of hubPlanFile.
	planFile string
	gates    []Gate
	answers  []Approval
	ahead    int // commits that the released commit has and its line has not
	logs     map[int64]Log
	left     *Budget // nil: nothing is known of it
	// annotations are those of a job.
	annotations map[int64][]Annotation
	active      map[string][]Run // that go on, by repo
	listed      []Run            // besides those that a call started
	jobs        map[int64][]Job  // of the listed runs
	draws       counter          // what nonces are drawn from
}

// counter is a source of which no two draws are alike.
type counter struct{ n byte }

// Read fills b with the next number.
func (c *counter) Read(b []byte) (int, error) {
	c.n++
	for i := range b {
		b[i] = c.n
	}
	return len(b), nil
}

func newHub(t *testing.T, p Plan) *hub {
	h := &hub{t: t, plan: p, now: time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC),
		branches: map[string]Branch{}, claims: map[string]Claim{}, releases: map[string]bool{},
		objects: map[string]Call{}, started: map[string]time.Time{}, shelf: map[string]checks.Published{},
		logs: map[int64]Log{}}
	for _, st := range p.Stages {
		h.branches[st.Repo.String()] = Branch{Name: st.Branch, SHA: st.SHA}
	}
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		return simpleRun(w, after, ConclusionSuccess)
	}
	h.publish = func(h *hub, workflow string) {
		for _, st := range p.Stages {
			if slices.Contains(st.Workflows, workflow) {
				for _, a := range st.Artifacts {
					h.put(a, "sha256:new", h.now)
				}
			}
		}
	}
	return h
}

// simpleRun appears after 5 s, runs one job from 10 s to 60 s, and is over then.
func simpleRun(w string, after time.Duration, conclusion string) (Run, []Job, bool) {
	if after < 5*time.Second {
		return Run{}, nil, false
	}
	id := runID(w)
	r := Run{ID: id, Number: 7, Attempt: 1, Workflow: w, Status: "queued"}
	j := Job{ID: id * 10, RunID: id, Attempt: 1, Name: text.Clean("build"), Status: "queued"}
	switch {
	case after >= time.Minute:
		r.Status, r.Conclusion = StatusCompleted, conclusion
		j.Status, j.Conclusion = StatusCompleted, conclusion
	case after >= 10*time.Second:
		r.Status, j.Status = "in_progress", "in_progress"
	}
	j.Steps = []Step{{Number: 1, Name: text.Clean("Set up job"), Status: j.Status, Conclusion: j.Conclusion}}
	return r, []Job{j}, true
}

func runID(w string) int64 {
	var n int64
	for _, b := range sha1.Sum([]byte(w)) {
		n = (n*31 + int64(b)) % 1_000_003
	}
	return n + 1
}

func (h *hub) put(a Artifact, digest string, at time.Time) {
	h.shelf[a.String()] = checks.Published{Exists: true, Digest: digest, Updated: at}
}

// read counts a read and fails it when the test says so.
func (h *hub) read() error {
	h.reads++
	if h.broken != nil {
		return h.broken(h.reads)
	}
	return nil
}

func (h *hub) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Sleep lets time pass at once.
func (h *hub) Sleep(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	if h.onSleep != nil {
		h.onSleep(h)
	}
	return ctx.Err()
}

// claimed puts a claim of a stage there, as somebody's twokey makes it.
func (h *hub) claimed(p Plan, st Stage, at time.Time) {
	ref := st.ClaimRef(p.Version)
	h.claims[st.Repo.String()+" "+ref] = Claim{Ref: ref, SHA: st.SHA, Object: strings.Repeat("9", 40),
		By: text.Clean("ines"), At: at, Message: noteOf(p, nil).message(p, st)}
}
