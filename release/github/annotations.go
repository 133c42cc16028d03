package github

import (
	"context"
	"fmt"
	"strconv"

	"twokey/checks/text"
	"twokey/release"
)

// Annotations lists what a job is annotated with. GitHub keeps them with the check
// run that has the job's ID; a fine-grained token may not be able to read them.
func (c *Client) Annotations(ctx context.Context, repo release.Repo, jobID int64) ([]release.Annotation, error) {
	q := c.ask(fmt.Sprintf("the annotations of job %d", jobID), repo, perPage(),
		"check-runs", strconv.FormatInt(jobID, 10), "annotations")
	if err := checkID("the job", jobID); err != nil {
		q.err = err
	}
	var out []release.Annotation
	err := pages(ctx, c, q, func(page []struct {
		Level     string `json:"annotation_level"`
		Title     string `json:"title"`
		Message   string `json:"message"`
		Path      string `json:"path"`
		StartLine int    `json:"start_line"`
	}) error {
		for _, a := range page {
			out = append(out, release.Annotation{Level: word(a.Level), Title: text.Clean(a.Title),
				Message: text.Clean(a.Message), Path: text.Clean(a.Path), Line: max(a.StartLine, 0)})
		}
		return nil
	})
	return out, err
}
