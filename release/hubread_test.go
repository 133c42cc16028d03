package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

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

func (h *hub) Files(ctx context.Context, r Repo, sha string, paths []string) (map[string][]byte, error) {
	return filesBy(ctx, h.File, r, sha, paths)
}

// filesBy reads those files that exist one by one.
func filesBy(ctx context.Context, file func(context.Context, Repo, string, string) ([]byte, error), r Repo, sha string, paths []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, p := range paths {
		src, err := file(ctx, r, sha, p)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if err == nil {
			out[p] = src
		}
	}
	return out, nil
}

func (h *hub) Workflows(context.Context, Repo, string) ([]WorkflowFile, error) {
	h.t.Error("workflows were listed though there is a plan file")
	return nil, nil
}

// Ahead is 3 for a tag unless the line stands still, and what the test says for a line.
func (h *hub) Ahead(_ context.Context, _ Repo, base, _ string) (int, error) {
	switch tagged := len(base) == 40; { // a line has a name
	case tagged && h.still:
		return 0, nil
	case tagged:
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
		if p != checks.PartPublished && p != checks.PartPages {
			done(p)
		}
	}
	return nil
}

func (h *hub) Active(_ context.Context, r Repo) ([]Run, error) { return h.active[r.String()], nil }

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
		return h.jobs[id], nil
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

func (h *hub) Budget() Budget {
	if h.left != nil {
		return *h.left
	}
	return Budget{Requests: h.reads, Limit: -1, Remaining: -1}
}

// Page is a page that nobody wrote.
// Page is the page that the test puts there, and none unless it does.
func (h *hub) Page(_ context.Context, address string) ([]byte, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pagesRead++
	if h.page == nil {
		return nil, false, nil
	}
	return h.page(address)
}

// Open is what the test says is open.
func (h *hub) Open(_ context.Context, p Plan, side checks.When) []checks.Got[[]checks.OpenItem] {
	out := make([]checks.Got[[]checks.OpenItem], len(p.Checks))
	for i, own := range p.Checks {
		if own.When == side && h.open != nil {
			out[i] = h.open(own)
		}
	}
	return out
}

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
