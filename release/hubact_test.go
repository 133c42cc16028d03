package release

import (
	"context"
	"crypto/sha1"
	"fmt"
	"strings"

	"twokey/checks/text"
)

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
		return Receipt{SHA: sha, At: h.now}, nil
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
		h.begin(c.Repo, c.Workflow, "workflow_dispatch", c.Ref, h.branches[c.Repo.String()].SHA)
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
	for _, st := range h.plan.Stages {
		if st.Repo != r || st.Trigger.event() != event {
			continue
		}
		for _, w := range st.Workflows {
			h.begin(r, w, event, branch, sha)
		}
	}
}

// begin begins a run of one workflow.
func (h *hub) begin(r Repo, workflow, event, branch, sha string) {
	key := strings.Join([]string{r.String(), workflow, event, branch, sha}, " ")
	if _, twice := h.started[key]; twice {
		h.t.Errorf("%s was started twice", key)
	}
	h.started[key] = h.now
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
