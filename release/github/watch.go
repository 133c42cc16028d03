package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// runAnswer is a workflow run as GitHub gives it.
type runAnswer struct {
	ID           int64     `json:"id"`
	CheckSuiteID int64     `json:"check_suite_id"`
	RunNumber    int       `json:"run_number"`
	RunAttempt   int       `json:"run_attempt"`
	Path         string    `json:"path"`
	Name         string    `json:"name"`
	DisplayTitle string    `json:"display_title"`
	Event        string    `json:"event"`
	HeadBranch   string    `json:"head_branch"`
	HeadSHA      string    `json:"head_sha"`
	Status       string    `json:"status"`
	Conclusion   string    `json:"conclusion"`
	CreatedAt    time.Time `json:"created_at"`
	RunStartedAt time.Time `json:"run_started_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	HTMLURL      string    `json:"html_url"`
	Actor        struct {
		Login string `json:"login"`
	} `json:"actor"`
}

// run checks and cleans a run. Words that twokey compares stay as they are when
// they are words, and are cleaned when they are not.
func (r runAnswer) run() (release.Run, error) {
	if err := checkID("a run", r.ID); err != nil {
		return release.Run{}, err
	}
	if err := checkSHA("the commit of run "+strconv.FormatInt(r.ID, 10), r.HeadSHA); err != nil {
		return release.Run{}, err
	}
	return release.Run{
		ID: r.ID, Suite: r.CheckSuiteID, Number: r.RunNumber, Attempt: max(r.RunAttempt, 1), Workflow: workflowFile(r.Path),
		Name: text.Clean(r.Name), Title: text.Clean(r.DisplayTitle), Event: word(r.Event), Branch: text.Clean(r.HeadBranch), SHA: r.HeadSHA,
		Status: word(r.Status), Conclusion: word(r.Conclusion), Actor: text.Clean(r.Actor.Login),
		Created: r.CreatedAt, Started: r.RunStartedAt, Updated: r.UpdatedAt, URL: text.Clean(r.HTMLURL),
	}, nil
}

// workflowFile is the file's name in a run's path, which may name a ref as well:
// ".github/workflows/publish.yml@refs/tags/v1". Runs that no file in the
// repository started have another path, which stays whole.
func workflowFile(p string) string {
	p, _, _ = strings.Cut(p, "@")
	return text.Clean(strings.TrimPrefix(p, workflowDir+"/")).String()
}

// word is a status, conclusion or event name. These are plain words; anything else
// is cleaned, as it may be shown.
func word(s string) string { return text.Clean(s).String() }

// runPage is one page of a list of runs.
type runPage struct {
	Runs []runAnswer `json:"workflow_runs"`
}

// Runs lists the workflow runs of a commit, oldest first.
func (c *Client) Runs(ctx context.Context, repo release.Repo, sha string) ([]release.Run, error) {
	q := c.ask("the runs on "+short(sha), repo, perPage("head_sha", sha), "actions", "runs")
	if err := checkSHA("the commit", sha); err != nil {
		q.err = err
	}
	return c.runs(ctx, q, func(r release.Run) (bool, error) {
		if r.SHA != sha {
			return false, fmt.Errorf("run %d is of another commit: %w", r.ID, errStrange)
		}
		return true, nil
	})
}

// runs reads a list of runs, oldest first, and keeps those that keep wants.
func (c *Client) runs(ctx context.Context, q query, keep func(release.Run) (bool, error)) ([]release.Run, error) {
	seen := map[int64]bool{}
	var out []release.Run
	err := pages(ctx, c, q, func(page runPage) error {
		for _, raw := range page.Runs {
			r, err := raw.run()
			if err != nil {
				return err
			}
			ok, err := keep(r)
			if err != nil {
				return err
			}
			// A run that begins while pages are read moves others to the next one.
			if ok && !seen[r.ID] {
				seen[r.ID] = true
				out = append(out, r)
			}
		}
		return nil
	})
	slices.SortFunc(out, oldestFirst)
	return out, err
}

func oldestFirst(a, b release.Run) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// unfinished are the statuses of runs that go on. "pending" waits for a
// concurrency group, "waiting" for a gate.
func unfinished() []string {
	return []string{"queued", "in_progress", "waiting", "pending", "requested"}
}

// Active lists the runs that are not completed, by one question for each status:
// a list of the newest runs alone would miss a release that has waited for its
// approval for days. Asked again, an unchanged answer is free.
func (c *Client) Active(ctx context.Context, repo release.Repo) ([]release.Run, error) {
	statuses := unfinished()
	found := make([][]release.Run, len(statuses))
	g, gctx := errgroup.WithContext(ctx)
	for i, status := range statuses {
		g.Go(func() (err error) {
			q := c.ask("the runs that are "+strings.ReplaceAll(status, "_", " "), repo, perPage("status", status), "actions", "runs")
			found[i], err = c.runs(gctx, q, func(r release.Run) (bool, error) { return r.Status != release.StatusCompleted, nil })
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	// A run that changes its status meanwhile is in two lists.
	all := slices.Concat(found...)
	slices.SortFunc(all, oldestFirst)
	return slices.CompactFunc(all, func(a, b release.Run) bool { return a.ID == b.ID }), nil
}

// jobAnswer is a job as GitHub gives it.
type jobAnswer struct {
	ID          int64        `json:"id"`
	RunID       int64        `json:"run_id"`
	RunAttempt  int          `json:"run_attempt"`
	Name        string       `json:"name"`
	Status      string       `json:"status"`
	Conclusion  string       `json:"conclusion"`
	StartedAt   time.Time    `json:"started_at"`
	CompletedAt time.Time    `json:"completed_at"`
	HTMLURL     string       `json:"html_url"`
	Steps       []stepAnswer `json:"steps"`
}

type stepAnswer struct {
	Number      int       `json:"number"`
	Name        string    `json:"name"`
	Status      string    `json:"status"`
	Conclusion  string    `json:"conclusion"`
	StartedAt   time.Time `json:"started_at"`
	CompletedAt time.Time `json:"completed_at"`
}

// Jobs lists the jobs of a run's latest attempt.
func (c *Client) Jobs(ctx context.Context, repo release.Repo, runID int64) ([]release.Job, error) {
	q := c.askRun("the jobs of", repo, runID, perPage("filter", "latest"), "jobs")
	seen := map[int64]bool{}
	var out []release.Job
	err := pages(ctx, c, q, func(page struct {
		Jobs []jobAnswer `json:"jobs"`
	}) error {
		for _, j := range page.Jobs {
			if err := checkID("a job", j.ID); err != nil {
				return err
			}
			if j.RunID != runID {
				return fmt.Errorf("job %d is of another run: %w", j.ID, errStrange)
			}
			if !seen[j.ID] {
				seen[j.ID] = true
				out = append(out, j.job())
			}
		}
		return nil
	})
	return out, err
}

func (j jobAnswer) job() release.Job {
	job := release.Job{ID: j.ID, RunID: j.RunID, Attempt: max(j.RunAttempt, 1), Name: text.Clean(j.Name),
		Status: word(j.Status), Conclusion: word(j.Conclusion), Started: j.StartedAt,
		Completed: j.CompletedAt, URL: text.Clean(j.HTMLURL)}
	for _, s := range j.Steps {
		job.Steps = append(job.Steps, release.Step{Number: s.Number, Name: text.Clean(s.Name),
			Status: word(s.Status), Conclusion: word(s.Conclusion), Started: s.StartedAt, Completed: s.CompletedAt})
	}
	return job
}

// askRun makes a query about a run.
func (c *Client) askRun(what string, repo release.Repo, runID int64, params map[string][]string, segments ...string) query {
	q := c.ask(fmt.Sprintf("%s run %d", what, runID), repo, params,
		append([]string{"actions", "runs", strconv.FormatInt(runID, 10)}, segments...)...)
	if err := checkID("the run", runID); err != nil {
		q.err = err
	}
	return q
}

// reviewerAnswer is a person or a team that may approve.
type reviewerAnswer struct {
	Type     string `json:"type"`
	Reviewer struct {
		Login string `json:"login"`
		Name  string `json:"name"`
		Slug  string `json:"slug"`
	} `json:"reviewer"`
}

func reviewers(in []reviewerAnswer) []checks.Reviewer {
	var out []checks.Reviewer
	for _, r := range in {
		if r.Type == "Team" {
			out = append(out, checks.Reviewer{Name: text.Clean(cmp.Or(r.Reviewer.Slug, r.Reviewer.Name)), Team: true})
		} else {
			out = append(out, checks.Reviewer{Name: text.Clean(r.Reviewer.Login)})
		}
	}
	return out
}

// Gates lists the environments that a run waits for.
func (c *Client) Gates(ctx context.Context, repo release.Repo, runID int64) ([]release.Gate, error) {
	q := c.askRun("the gates of", repo, runID, nil, "pending_deployments")
	answer, _, err := get[[]struct {
		Environment struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		} `json:"environment"`
		WaitTimer  int              `json:"wait_timer"`
		CanApprove bool             `json:"current_user_can_approve"`
		Reviewers  []reviewerAnswer `json:"reviewers"`
	}](ctx, c, q)
	if err != nil {
		return nil, err
	}
	var out []release.Gate
	for _, g := range answer {
		if err := checkID("an environment", g.Environment.ID); err != nil {
			return nil, c.explain(q.what, err)
		}
		out = append(out, release.Gate{EnvironmentID: g.Environment.ID, Environment: text.Clean(g.Environment.Name),
			CanApprove: g.CanApprove, Reviewers: reviewers(g.Reviewers), WaitMinutes: g.WaitTimer})
	}
	return out, nil
}

// Approvals lists who answered which gates of a run.
func (c *Client) Approvals(ctx context.Context, repo release.Repo, runID int64) ([]release.Approval, error) {
	q := c.askRun("the approvals of", repo, runID, nil, "approvals")
	answer, _, err := get[[]struct {
		State        string `json:"state"`
		Comment      string `json:"comment"`
		Environments []struct {
			Name string `json:"name"`
		} `json:"environments"`
		User struct {
			Login string `json:"login"`
		} `json:"user"`
	}](ctx, c, q)
	if err != nil {
		return nil, err
	}
	var out []release.Approval
	for _, a := range answer {
		if a.State != "approved" && a.State != "rejected" {
			continue // pending: nobody has answered
		}
		approval := release.Approval{By: text.Clean(a.User.Login), State: a.State, Comment: text.Clean(a.Comment)}
		for _, e := range a.Environments {
			approval.Environments = append(approval.Environments, text.Clean(e.Name))
		}
		out = append(out, approval)
	}
	return out, nil
}
