package release

import (
	"cmp"
	"context"
	"crypto/sha1"
	"fmt"
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
	t  *testing.T
	mu sync.Mutex

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
	noLook  func(Artifact) error
	// planFile stands in place of hubPlanFile.
	planFile string
	gates    []Gate
	answers  []Approval
	ahead    int // commits that the released commit has and its line has not
	logs     map[int64]Log
	// annotations are those of a job.
	annotations map[int64][]Annotation
	active      map[string][]Run // that go on, by repo
	listed      []Run            // besides those that a call started
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
	h := &hub{t: t, now: time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC),
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

func (h *hub) Viewer(context.Context) (checks.Viewer, error) {
	return checks.Viewer{Login: text.Clean("mara"), TokenKind: "classic"}, nil
}

func (h *hub) Repository(_ context.Context, r Repo) (checks.Repo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.branches[r.String()]; !ok {
		return checks.Repo{}, fmt.Errorf("GET /repos/%s: %w", r, ErrNotFound)
	}
	return checks.Repo{Name: r.String(), DefaultBranch: h.branches[r.String()].Name, Push: true}, h.read()
}

func (h *hub) Branches(_ context.Context, r Repo) ([]Branch, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return []Branch{h.branches[r.String()]}, h.read()
}

func (h *hub) Branch(_ context.Context, r Repo, name string) (Branch, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if b := h.branches[r.String()]; b.Name == name {
		return b, h.read()
	}
	return Branch{}, fmt.Errorf("branch %s: %w", name, ErrNotFound)
}

func (h *hub) Tags(_ context.Context, r Repo, prefix string) ([]Tag, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Tag
	for k, c := range h.claims {
		if name, ok := strings.CutPrefix(k, r.String()+" refs/tags/"); ok && strings.HasPrefix(name, prefix) {
			out = append(out, Tag{Name: name, SHA: c.SHA})
		}
	}
	return out, h.read()
}

func (h *hub) File(_ context.Context, _ Repo, _, path string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if path == PlanFileName {
		return []byte(cmp.Or(h.planFile, hubPlanFile)), h.read()
	}
	return []byte("on: push\n"), h.read()
}

func (h *hub) Workflows(context.Context, Repo, string) ([]WorkflowFile, error) {
	h.t.Error("workflows were listed though there is a plan file")
	return nil, nil
}

// Ahead is 3 for a tag, and what the test says for a line.
func (h *hub) Ahead(_ context.Context, _ Repo, base, _ string) (int, error) {
	if strings.HasPrefix(base, "refs/tags/") {
		return 3, nil
	}
	return h.ahead, nil
}

func (h *hub) Claim(_ context.Context, r Repo, ref string) (Claim, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.read(); err != nil {
		return Claim{}, err
	}
	c, ok := h.claims[r.String()+" "+ref]
	if !ok {
		return c, fmt.Errorf("GET %s: %w", ref, ErrNotFound)
	}
	return c, nil
}

// Fill reads the heads, and nothing else.
func (h *hub) Fill(_ context.Context, p Plan, snap *checks.Snapshot, done func(checks.Part)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	snap.Head = checks.Have(h.branches[p.Repo.String()].SHA)
	for i, st := range p.Stages {
		snap.Stages[i].Head = checks.Have(h.branches[st.Repo.String()].SHA)
		c, ok := h.claims[st.Repo.String()+" refs/tags/"+st.Tag]
		snap.Stages[i].Tag = checks.Have(checks.RefFact{Exists: ok, SHA: c.SHA})
	}
	for _, p := range checks.Parts() {
		if p != checks.PartPublished {
			done(p)
		}
	}
	return nil
}

func (h *hub) Active(_ context.Context, r Repo) ([]Run, error) { return h.active[r.String()], nil }

// claimed puts a claim of a stage there, as somebody's twokey makes it.
func (h *hub) claimed(p Plan, st Stage, at time.Time) {
	ref := st.ClaimRef(p.Version)
	h.claims[st.Repo.String()+" "+ref] = Claim{Ref: ref, SHA: st.SHA, Object: strings.Repeat("9", 40),
		By: text.Clean("ines"), At: at, Message: noteOf(p, nil).message(p, st)}
}

// Runs answers from the script, for the runs that a call started.
func (h *hub) Runs(_ context.Context, r Repo, sha string) ([]Run, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.read(); err != nil {
		return nil, err
	}
	out := slices.Clone(h.listed)
	for key, at := range h.started {
		parts := strings.Split(key, " ") // repo, workflow, event, branch, sha
		run, _, ok := h.script(parts[1], h.now.Sub(at))
		if !ok || parts[0] != r.String() || parts[4] != sha {
			continue
		}
		run.Event, run.Branch, run.SHA, run.Created = parts[2], text.Clean(parts[3]), sha, at
		if run.Status == StatusCompleted && run.Conclusion == ConclusionSuccess {
			h.publish(h, parts[1])
		}
		out = append(out, run)
	}
	slices.SortFunc(out, func(a, b Run) int { return int(a.ID - b.ID) })
	return out, nil
}

func (h *hub) Jobs(_ context.Context, _ Repo, id int64) ([]Job, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.read(); err != nil {
		return nil, err
	}
	for key, at := range h.started {
		w := strings.Split(key, " ")[1]
		if r, jobs, ok := h.script(w, h.now.Sub(at)); ok && r.ID == id {
			return jobs, nil
		}
	}
	if slices.ContainsFunc(h.listed, func(r Run) bool { return r.ID == id }) {
		return nil, nil
	}
	return nil, fmt.Errorf("run %d: %w", id, ErrNotFound)
}

func (h *hub) Log(_ context.Context, _ Repo, id int64, _ int) (Log, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l, ok := h.logs[id]; ok {
		return l, h.read()
	}
	return Log{}, fmt.Errorf("job %d: %w", id, ErrNoLog)
}

func (h *hub) Annotations(_ context.Context, _ Repo, id int64) ([]Annotation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.annotations[id]), h.read()
}

func (h *hub) Gates(context.Context, Repo, int64) ([]Gate, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.gates), h.read()
}

func (h *hub) Approvals(context.Context, Repo, int64) ([]Approval, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.answers), h.read()
}

func (h *hub) Budget() Budget { return Budget{Requests: h.reads, Limit: -1, Remaining: -1} }

func (h *hub) Look(_ context.Context, a Artifact) (checks.Published, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.Kind == KindGitHubRelease && h.releases[a.Repo.String()+" "+a.Name] {
		return checks.Published{Exists: true, Updated: h.now}, h.read()
	}
	if h.noLook != nil {
		if err := h.noLook(a); err != nil {
			return checks.Published{}, err
		}
	}
	return h.shelf[a.String()], h.read()
}

// Perform acts, unless the fault says that it fails before or after.
func (h *hub) Perform(_ context.Context, c Call) (Receipt, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, c)
	if h.fault != nil {
		if err := h.fault("before", c); err != nil {
			return Receipt{}, err
		}
	}
	r, err := h.perform(c)
	if err == nil && h.fault != nil {
		err = h.fault("after", c)
	}
	return r, err
}

func (h *hub) perform(c Call) (Receipt, error) {
	key := c.Repo.String() + " " + c.Ref
	switch c.Kind {
	case CallTagObject:
		sha := fmt.Sprintf("%x", sha1.Sum([]byte(fmt.Sprint(c, h.now))))
		h.objects[sha] = c
		return Receipt{SHA: sha}, nil
	case CallRef:
		if _, ok := h.claims[key]; ok {
			return Receipt{}, fmt.Errorf("POST refs: %w", ErrExists)
		}
		object, ok := h.objects[c.SHA]
		if !ok {
			h.t.Errorf("ref %s to an object that does not exist: %s", c.Ref, c.SHA)
		}
		h.claims[key] = Claim{Ref: c.Ref, SHA: object.SHA, Object: c.SHA, By: text.Clean("mara"), At: h.now,
			Message: object.Message}
		if tag, ok := strings.CutPrefix(c.Ref, "refs/tags/"); ok {
			h.start(c.Repo, "push", tag, object.SHA)
		}
		return Receipt{SHA: c.SHA}, nil
	case CallRelease:
		if h.releases[key] {
			return Receipt{}, fmt.Errorf("POST releases: %w", ErrExists)
		}
		h.releases[key] = true
		h.start(c.Repo, "release", c.Ref, h.claims[c.Repo.String()+" refs/tags/"+c.Ref].SHA)
	case CallDispatch:
		h.start(c.Repo, "workflow_dispatch", c.Ref, h.branches[c.Repo.String()].SHA)
	case CallReview:
		for _, g := range h.gates {
			h.answers = append(h.answers, Approval{By: text.Clean("mara"), State: c.State, Environments: []text.Safe{g.Environment}})
		}
		h.gates = nil
	}
	return Receipt{}, nil
}

// start begins the runs of the plan's workflows that the event starts.
func (h *hub) start(r Repo, event, branch, sha string) {
	for _, st := range hubPlan(h.t).Stages {
		if st.Repo != r || st.Trigger.event() != event {
			continue
		}
		for _, w := range st.Workflows {
			key := strings.Join([]string{r.String(), w, event, branch, sha}, " ")
			if _, twice := h.started[key]; twice {
				h.t.Errorf("%s was started twice", key)
			}
			h.started[key] = h.now
		}
	}
}

// count is how many calls of a kind were sent.
func (h *hub) count(k CallKind) (n int) {
	for _, c := range h.calls {
		if c.Kind == k {
			n++
		}
	}
	return n
}
