package rehearsal

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/release"
)

// releaseEndpoints are about GitHub releases.
func releaseEndpoints() map[string]endpoint {
	const releases = " /repos/{owner}/{repo}/releases"
	return map[string]endpoint{
		"GET" + releases:                    (*exchange).releases,
		"GET" + releases + "/{rest...}":     (*exchange).releaseOrAssets,
		"GET" + releases + "/latest":        (*exchange).latestRelease,
		"GET" + releases + "/tags/{tag...}": (*exchange).releaseByTag,
		"POST" + releases:                   (*exchange).createRelease,
	}
}

// publishedReleases are the releases that there are now, newest first: those of the
// tags that the world began with, those that were created, and those that a run made.
func (w *World) publishedReleases(r *repository) ([]*simRelease, error) {
	all := slices.Clone(r.releases)
	all = append(all, w.releasesByRuns(r)...)
	if r.settings.Releases {
		old, err := r.oldReleases()
		if err != nil {
			return nil, err
		}
		all = append(all, old...)
	}
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(s *simRelease) bool {
		again := seen[s.Tag]
		seen[s.Tag] = true
		return again
	})
	slices.SortStableFunc(all, func(a, b *simRelease) int { return b.Created.Compare(a.Created) })
	return all, nil
}

// oldReleases are made of the tags that were there when the world began.
func (r *repository) oldReleases() ([]*simRelease, error) {
	var all []*simRelease
	for _, t := range r.git.tags() {
		if slices.ContainsFunc(r.facts.Tags, func(f Fact) bool { return f.Name == t.name }) {
			continue
		}
		h, err := r.git.peel(t.hash)
		if err != nil {
			continue // a tag of a blob or tree has no release
		}
		c, err := r.git.commit(h)
		if err != nil {
			return nil, err
		}
		all = append(all, &simRelease{ID: r.releaseID(t.name), Tag: t.name, Name: t.name,
			Target: r.git.head, Author: viewer, Created: c.Committer.When.Add(10 * time.Minute),
			Prerelease: earlyVersion.MatchString(t.name)})
	}
	return all, nil
}

// earlyVersion holds for tags of pre-releases, such as ckan-2.12.0b0 or v1.0.0-rc.1.
var earlyVersion = regexp.MustCompile(`\d[-._]?(?:a|b|rc|alpha|beta|dev|pre|preview)[-.]?\d*$`)

// releaseID identifies the release of a tag.
func (r *repository) releaseID(tag string) int64 {
	return 200_000_000 + idOf("release", r.name, tag)%100_000_000
}

// releases lists the releases.
func (x *exchange) releases() (any, error) {
	all, err := x.world.publishedReleases(x.repo)
	if err != nil {
		return nil, err
	}
	return list(page(x, all), x.releaseJSON)
}

// findRelease is the first release that is wanted.
func (x *exchange) findRelease(wanted func(*simRelease) bool) (*simRelease, error) {
	all, err := x.world.publishedReleases(x.repo)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, wanted)
	if i < 0 {
		return nil, notFound()
	}
	return all[i], nil
}

// showRelease is the first release that is wanted, as JSON.
func (x *exchange) showRelease(wanted func(*simRelease) bool) (any, error) {
	s, err := x.findRelease(wanted)
	if err != nil {
		return nil, err
	}
	return x.releaseJSON(s)
}

// latestRelease is the newest one that is neither a draft nor a pre-release.
func (x *exchange) latestRelease() (any, error) {
	return x.showRelease(func(s *simRelease) bool { return !s.Draft && !s.Prerelease })
}

// releaseByTag is the release of a tag. Drafts can not be found that way.
func (x *exchange) releaseByTag() (any, error) {
	tag := x.req.PathValue("tag")
	return x.showRelease(func(s *simRelease) bool { return s.Tag == tag && !s.Draft })
}

// releaseJSON is a release.
func (x *exchange) releaseJSON(s *simRelease) (any, error) {
	files, err := x.world.assets(x.repo, s)
	if err != nil {
		return nil, err
	}
	assets, err := list(files, func(a asset) (any, error) { return x.repo.assetJSON(a), nil })
	self := x.repo.api("/releases/%d", s.ID)
	tag := escapePath(s.Tag)
	var published any = stamp(s.Created)
	if s.Draft {
		published = nil
	}
	return fields{"id": s.ID, "node_id": nodeID("Release", s.ID), "url": self, "assets_url": self + "/assets",
		"upload_url": fmt.Sprintf("https://uploads.github.com/repos/%s/releases/%d/assets{?name,label}", x.repo.name, s.ID),
		"html_url":   x.repo.html("/releases/tag/%s", tag), "tag_name": s.Tag, "target_commitish": s.Target,
		"tarball_url": x.repo.api("/tarball/%s", tag), "zipball_url": x.repo.api("/zipball/%s", tag),
		"name": orNull(s.Name), "body": orNull(s.Body), "draft": s.Draft, "prerelease": s.Prerelease,
		"immutable": x.repo.settings.Immutable && !s.Draft, "author": person(s.Author), "created_at": stamp(s.Created),
		"published_at": published, "updated_at": stamp(s.Created), "assets": assets}, err
}

// createRelease publishes a release, and makes its tag when there is none.
func (x *exchange) createRelease() (any, error) {
	var asked struct {
		Tag        string `json:"tag_name"`
		Target     string `json:"target_commitish"`
		Name       string `json:"name"`
		Body       string `json:"body"`
		Draft      bool   `json:"draft"`
		Prerelease bool   `json:"prerelease"`
	}
	if err := x.decode(&asked); err != nil {
		return nil, err
	}
	if asked.Target == "" {
		asked.Target = x.repo.git.head
	}
	if !validRef("refs/tags/" + asked.Tag) {
		return nil, invalid("Validation Failed", fields{"resource": "Release", "code": "custom",
			"field": "tag_name", "message": "tag_name is not a valid tag"})
	}
	old, err := x.world.publishedReleases(x.repo)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(old, func(s *simRelease) bool { return s.Tag == asked.Tag }) {
		return nil, invalid("Validation Failed", fields{"resource": "Release", "code": "already_exists", "field": "tag_name"})
	}
	sha, err := x.releaseTag(asked.Tag, asked.Target, asked.Draft)
	if err != nil {
		return nil, err
	}
	s := &simRelease{ID: x.repo.releaseID(asked.Tag), Tag: asked.Tag, Name: asked.Name, Body: asked.Body,
		Target: asked.Target, Author: x.viewer, Draft: asked.Draft, Prerelease: asked.Prerelease, Created: x.now}
	x.repo.releases = append(x.repo.releases, s)
	x.repo.facts.Releases = append(x.repo.facts.Releases, Fact{Name: s.Tag, SHA: sha.String(), By: x.viewer, At: x.now})
	if !s.Draft {
		_, err = x.world.begin(x.repo, trigger{event: "release", ref: "refs/tags/" + s.Tag, sha: sha,
			actor: x.viewer, at: x.now, pre: s.Prerelease})
	}
	x.status = http.StatusCreated
	x.header.Set("Location", x.repo.api("/releases/%d", s.ID))
	if err != nil {
		return nil, err
	}
	return x.releaseJSON(s)
}

// releaseTag is the commit of a release's tag. A tag that does not exist is made on
// the target, unless the release is a draft.
func (x *exchange) releaseTag(tag, target string, draft bool) (plumbing.Hash, error) {
	if h, ok := x.repo.git.refs["refs/tags/"+tag]; ok {
		return x.repo.git.peel(h)
	}
	sha, err := x.repo.git.resolve(target)
	if err != nil {
		return sha, invalid("Validation Failed", fields{"resource": "Release", "code": "invalid", "field": "target_commitish"})
	}
	if draft {
		return sha, nil
	}
	return sha, x.world.makeRef(x.repo, "refs/tags/"+tag, sha, x.viewer)
}

// releasesByRuns are the releases that jobs which ended well made.
func (w *World) releasesByRuns(r *repository) []*simRelease {
	var all []*simRelease
	now := w.clock.Now()
	for _, run := range r.runs {
		at := jobsDone(run, release.KindGitHubRelease, now)
		if at.IsZero() || w.losesRelease(r, run.Branch) {
			continue
		}
		all = append(all, &simRelease{ID: r.releaseID(run.Branch), Tag: run.Branch, Name: run.Branch,
			Target: run.SHA, Author: "github-actions[bot]", Created: at,
			Prerelease: earlyVersion.MatchString(run.Branch)})
	}
	return all
}

// losesRelease tells whether the scenario lets the release of a tag go missing.
func (w *World) losesRelease(r *repository, tag string) bool {
	if len(w.scenario.lost) == 0 {
		return false
	}
	for _, e := range w.editions() {
		for _, stage := range e.plan.Stages {
			for _, a := range stage.Artifacts {
				if a.Kind == release.KindGitHubRelease && a.Name == tag && a.Repo == r.name && w.scenario.loses(e.plan, a) {
					return true
				}
			}
		}
	}
	return false
}
