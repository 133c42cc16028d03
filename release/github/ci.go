package github

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// ci reads the check runs and the commit statuses of the checked commit: CI speaks
// through either.
func (f *filling) ci(ctx context.Context) {
	ci := checks.CI{SHA: f.plan.SHA}
	var runs, statuses []checks.CIRun
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { runs, err = f.c.checkRuns(gctx, f.plan.Repo, f.plan.SHA); return err })
	g.Go(func() (err error) { statuses, err = f.c.statuses(gctx, f.plan.Repo, f.plan.SHA); return err })
	err := g.Wait()
	ci.Runs = append(runs, statuses...)
	f.snap.CI = got(ci, err, needs("checks: read and commit statuses: read", f.plan.Repo))
}

// checkRuns lists the latest check run of each name on a commit.
func (c *Client) checkRuns(ctx context.Context, repo release.Repo, sha string) ([]checks.CIRun, error) {
	type page struct {
		Total int `json:"total_count"`
		Runs  []struct {
			ID          int64     `json:"id"`
			Name        string    `json:"name"`
			HeadSHA     string    `json:"head_sha"`
			Status      string    `json:"status"`
			Conclusion  string    `json:"conclusion"`
			HTMLURL     string    `json:"html_url"`
			StartedAt   time.Time `json:"started_at"`
			CompletedAt time.Time `json:"completed_at"`
			App         struct {
				ID int64 `json:"id"`
			} `json:"app"`
		} `json:"check_runs"`
	}
	var out []checks.CIRun
	total := 0
	q := c.ask("the check runs on "+short(sha), repo, perPage("filter", "latest"), "commits", sha, "check-runs")
	err := pages(ctx, c, q, func(p page) error {
		total = max(total, p.Total)
		for _, r := range p.Runs {
			if r.HeadSHA != sha {
				return errStrange
			}
			out = append(out, checks.CIRun{Name: text.Clean(r.Name), Status: word(r.Status), Conclusion: word(r.Conclusion),
				URL: text.Clean(r.HTMLURL), Started: r.StartedAt, Completed: r.CompletedAt, ID: r.ID, App: r.App.ID})
		}
		return nil
	})
	return out, c.wholeOf(q, err, len(out), total)
}

// statuses lists the latest commit status of each context, as if they were check
// runs.
func (c *Client) statuses(ctx context.Context, repo release.Repo, sha string) ([]checks.CIRun, error) {
	type page struct {
		SHA      string `json:"sha"`
		Total    int    `json:"total_count"`
		Statuses []struct {
			Context   string    `json:"context"`
			State     string    `json:"state"`
			TargetURL string    `json:"target_url"`
			CreatedAt time.Time `json:"created_at"`
			UpdatedAt time.Time `json:"updated_at"`
		} `json:"statuses"`
	}
	var out []checks.CIRun
	total := 0
	q := c.ask("the commit statuses on "+short(sha), repo, perPage(), "commits", sha, "status")
	err := pages(ctx, c, q, func(p page) error {
		if p.SHA != sha {
			return errStrange
		}
		total = max(total, p.Total)
		for _, s := range p.Statuses {
			run := checks.CIRun{Name: text.Clean(s.Context), URL: text.Clean(s.TargetURL), Started: s.CreatedAt, Posted: true}
			switch s.State {
			case "pending":
				run.Status = "in_progress"
			case "success":
				run.Status, run.Conclusion, run.Completed = release.StatusCompleted, release.ConclusionSuccess, s.UpdatedAt
			default: // failure, error, or a state that we do not know
				run.Status, run.Conclusion, run.Completed = release.StatusCompleted, "failure", s.UpdatedAt
			}
			out = append(out, run)
		}
		return nil
	})
	return out, c.wholeOf(q, err, len(out), total)
}

// wholeOf is err, or the error of a list that is shorter than its answers say: what
// was left out may have failed.
func (c *Client) wholeOf(q query, err error, got, total int) error {
	if err == nil && got < total {
		err = c.explain(q.what, fmt.Errorf("%d of %d is %w", got, total, errStrange))
	}
	return err
}

// testRuns reads by what the workflows were started that ran on the checked commit.
func (f *filling) testRuns(ctx context.Context) {
	runs, err := f.c.Runs(ctx, f.plan.Repo, f.plan.SHA)
	out := []checks.TestRun{}
	for _, r := range runs {
		out = append(out, checks.TestRun{Workflow: r.Workflow, Event: r.Event, Conclusion: r.Conclusion, Created: r.Created, URL: r.URL})
	}
	f.snap.TestRuns = got(out, err, needs("actions: read", f.plan.Repo))
}

// signature reads what GitHub made of the checked commit's signature.
func (f *filling) signature(ctx context.Context) {
	if f.opened != nil {
		if s := f.opened().signature; s != nil {
			s.URL = f.c.page(f.plan.Repo, "commit", f.plan.SHA)
			f.snap.Signature = checks.Have(*s)
			return
		}
	}
	q := f.c.ask("commit "+short(f.plan.SHA), f.plan.Repo, nil, "git", "commits", f.plan.SHA)
	a, _, err := get[commitAnswer](ctx, f.c, q)
	if err == nil && a.SHA != f.plan.SHA {
		err = f.c.explain(q.what, errStrange)
	}
	f.snap.Signature = got(checks.Signature{Verified: a.Verification.Verified, Reason: text.Clean(a.Verification.Reason),
		URL: f.c.page(f.plan.Repo, "commit", f.plan.SHA)}, err, needs("contents: read", f.plan.Repo))
}

// commitAnswer is a commit as git has it, with what GitHub made of its signature.
type commitAnswer struct {
	SHA          string `json:"sha"`
	Verification struct {
		Verified bool   `json:"verified"`
		Reason   string `json:"reason"`
	} `json:"verification"`
}
