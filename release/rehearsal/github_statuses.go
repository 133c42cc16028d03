package rehearsal

import (
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// statusTime is how long after a commit its statuses come.
const statusTime = 3 * time.Minute

// commitStatus is what a service outside of GitHub says of a commit.
type commitStatus struct {
	context, state, about string
	at                    time.Time
}

// statusesOf are all statuses of a commit, newest first: each service says that it
// has begun, and then that all is well.
func (r *repository) statusesOf(h plumbing.Hash, now time.Time) ([]commitStatus, error) {
	c, err := r.git.commit(h)
	if err != nil {
		return nil, err
	}
	began := c.Committer.When
	var begun, ended []commitStatus
	for _, name := range r.settings.Statuses {
		begun = append(begun, commitStatus{name, "pending", "The build is in progress", began})
		if done := began.Add(statusTime); !done.After(now) {
			ended = append(ended, commitStatus{name, "success", "The build succeeded", done})
		}
	}
	return append(ended, begun...), nil
}

// combinedStatus sums up the latest status of each context. Without any, GitHub
// calls it pending.
func (x *exchange) combinedStatus(h plumbing.Hash) (any, error) {
	all, err := x.repo.statusesOf(h, x.now)
	if err != nil {
		return nil, err
	}
	state, seen, latest := "pending", map[string]bool{}, []commitStatus{}
	for _, s := range all {
		if !seen[s.context] {
			seen[s.context] = true
			latest = append(latest, s)
			state = s.state // all of a commit's services begin and end at the same time
		}
	}
	listed, err := list(page(x, latest), func(s commitStatus) (any, error) { return x.repo.statusJSON(h, s), nil })
	return fields{"state": state, "sha": h.String(), "total_count": len(latest), "statuses": listed,
		"repository": x.repo.minimalRepo(), "commit_url": x.repo.api("/commits/%s", h),
		"url": x.repo.api("/commits/%s/status", h)}, err
}

// statuses lists a commit's statuses, those that were followed by another included.
func (x *exchange) statuses(h plumbing.Hash) (any, error) {
	all, err := x.repo.statusesOf(h, x.now)
	if err != nil {
		return nil, err
	}
	return list(page(x, all), func(s commitStatus) (any, error) {
		body := x.repo.statusJSON(h, s)
		body["creator"] = person("rehearsal-docs[bot]")
		return body, nil
	})
}

// statusJSON is a status.
func (r *repository) statusJSON(h plumbing.Hash, s commitStatus) fields {
	id := idOf("status", r.name, h, s.context, s.state)
	return fields{"id": id, "node_id": nodeID("StatusContext", id), "url": r.api("/statuses/%s", h),
		"avatar_url": "https://avatars.githubusercontent.com/in/1?v=4", "context": s.context, "state": s.state,
		"description": s.about, "target_url": "https://docs.rehearsal.invalid/builds/" + short(h.String()),
		"created_at": stamp(s.at), "updated_at": stamp(s.at)}
}
