package github

import (
	"context"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// maintainers reads who may push to the repository of every stage.
func (f *filling) maintainers(ctx context.Context) {
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		people, err := once(&f.memo, "maintainers "+st.Repo.String(), func() ([]text.Safe, error) { return f.c.maintainers(ctx, st.Repo) })
		facts.Maintainers = got(people, err, needs("metadata: read, of somebody who may push,", st.Repo))
	})
}

// maintainers lists the people who may push; a program that may is nobody to ask.
func (c *Client) maintainers(ctx context.Context, repo release.Repo) ([]text.Safe, error) {
	var out []text.Safe
	q := c.ask("those who may push", repo, perPage("permission", "push"), "collaborators")
	err := pages(ctx, c, q, func(page []collaborator) error {
		for _, p := range page {
			if p.Login != "" && p.Type != "Bot" {
				out = append(out, text.Clean(p.Login))
			}
		}
		return nil
	})
	return out, err
}

// collaborator is somebody who may do something in a repository.
type collaborator struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}
