package github

import (
	"context"
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
		Runs []struct {
			Name        string    `json:"name"`
			HeadSHA     string    `json:"head_sha"`
			Status      string    `json:"status"`
			Conclusion  string    `json:"conclusion"`
			HTMLURL     string    `json:"html_url"`
			StartedAt   time.Time `json:"started_at"`
			CompletedAt time.Time `json:"completed_at"`
		} `json:"check_runs"`
	}
	var out []checks.CIRun
	q := c.ask("the check runs on "+short(sha), repo, perPage("filter", "latest"), "commits", sha, "check-runs")
	err := pages(ctx, c, q, func(p page) error {
		for _, r := range p.Runs {
			if r.HeadSHA != sha {
				return errStrange
			}
			out = append(out, checks.CIRun{Name: text.Clean(r.Name), Status: word(r.Status), Conclusion: word(r.Conclusion),
				URL: text.Clean(r.HTMLURL), Started: r.StartedAt, Completed: r.CompletedAt})
		}
		return nil
	})
	return out, err
}

// statuses lists the latest commit status of each context, as if they were check
// runs.
func (c *Client) statuses(ctx context.Context, repo release.Repo, sha string) ([]checks.CIRun, error) {
	type page struct {
		SHA      string `json:"sha"`
		Statuses []struct {
			Context   string    `json:"context"`
			State     string    `json:"state"`
			TargetURL string    `json:"target_url"`
			CreatedAt time.Time `json:"created_at"`
			UpdatedAt time.Time `json:"updated_at"`
		} `json:"statuses"`
	}
	var out []checks.CIRun
	q := c.ask("the commit statuses on "+short(sha), repo, perPage(), "commits", sha, "status")
	err := pages(ctx, c, q, func(p page) error {
		if p.SHA != sha {
			return errStrange
		}
		for _, s := range p.Statuses {
			run := checks.CIRun{Name: text.Clean(s.Context), URL: text.Clean(s.TargetURL), Started: s.CreatedAt}
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
	return out, err
}
