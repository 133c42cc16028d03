package rehearsal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/release"
)

// assetHost is where GitHub keeps the files of releases.
const assetHost = "release-assets.githubusercontent.com"

// assetStep holds for a workflow that attaches the Python distributions to a
// GitHub release.
var assetStep = regexp.MustCompile(`\bgh release (create|upload)[^\n]*\bdist/`)

// asset is a file of a GitHub release.
type asset struct {
	ID      int64
	Name    string
	Content []byte
	of      *simRelease
}

// assets are the files of a release: what the workflows at its commit attach.
func (w *World) assets(r *repository, s *simRelease) ([]asset, error) {
	editions := w.editions()
	i := slices.IndexFunc(editions, func(e edition) bool { return e.tag == s.Tag })
	if i < 0 || r != w.repos[0] || s.Draft {
		return nil, nil
	}
	e := editions[i]
	attaches, err := r.attaches(e.sha)
	if err != nil || !attaches {
		return nil, err
	}
	var all []asset
	for _, stage := range e.plan.Stages {
		for _, a := range stage.Artifacts {
			if a.Kind != release.KindPyPI {
				continue
			}
			files, err := w.distributions(publication{Artifact: a, SHA: e.sha, past: e.past, honest: w.scenario.taint == taintSwapped})
			if err != nil {
				return nil, err
			}
			for _, f := range files {
				all = append(all, asset{idOf("asset", r.name, s.Tag, f.Name), f.Name, f.Content, s})
			}
		}
	}
	return all, nil
}

// attaches tells whether a workflow at a commit attaches files to the release.
func (r *repository) attaches(sha string) (bool, error) {
	commit := plumbing.NewHash(sha)
	paths, err := r.git.workflows(commit)
	if err != nil {
		return false, err
	}
	for _, p := range paths {
		content, err := r.git.read(commit, p)
		if err != nil {
			return false, err
		}
		if assetStep.Match(content) {
			return true, nil
		}
	}
	return false, nil
}

// releaseOrAssets answers for a release, for its assets, or for one asset.
func (x *exchange) releaseOrAssets() (any, error) {
	rest := x.req.PathValue("rest")
	if id, ok := strings.CutPrefix(rest, "assets/"); ok {
		return x.asset(id)
	}
	id, tail, _ := strings.Cut(rest, "/")
	number, err := strconv.ParseInt(id, 10, 64)
	switch {
	case tail != "" && tail != "assets":
		return unknownEndpoint(x)
	case err != nil:
		return nil, notFound()
	}
	s, err := x.findRelease(func(s *simRelease) bool { return s.ID == number })
	if err != nil {
		return nil, err
	}
	if tail == "" {
		return x.releaseJSON(s)
	}
	all, err := x.world.assets(x.repo, s)
	if err != nil {
		return nil, err
	}
	return list(page(x, all), func(a asset) (any, error) { return x.repo.assetJSON(a), nil })
}

// asset is one asset: what is known of it, or to those who ask for a file the way to
// its content.
func (x *exchange) asset(id string) (any, error) {
	all, err := x.world.publishedReleases(x.repo)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		assets, err := x.world.assets(x.repo, s)
		if err != nil {
			return nil, err
		}
		for _, a := range assets {
			if strconv.FormatInt(a.ID, 10) != id {
				continue
			}
			if strings.Contains(x.req.Header.Get("Accept"), "application/octet-stream") {
				x.status = http.StatusFound
				x.header.Set("Location", x.repo.assetURL(a))
				return nil, nil
			}
			return x.repo.assetJSON(a), nil
		}
	}
	return nil, notFound()
}

// assetJSON is an asset.
func (r *repository) assetJSON(a asset) any {
	kind := "application/octet-stream"
	if path.Ext(a.Name) == ".gz" {
		kind = "application/x-gtar"
	}
	sum := sha256.Sum256(a.Content)
	return fields{"id": a.ID, "node_id": nodeID("ReleaseAsset", a.ID), "name": a.Name, "label": "",
		"url": r.api("/releases/assets/%d", a.ID), "uploader": person(a.of.Author), "content_type": kind,
		"state": "uploaded", "size": len(a.Content), "digest": "sha256:" + hex.EncodeToString(sum[:]),
		"download_count": 0, "created_at": stamp(a.of.Created), "updated_at": stamp(a.of.Created),
		"browser_download_url": r.html("/releases/download/%s/%s", escapePath(a.of.Tag), a.Name)}
}

// assetURL is where the content of an asset is.
func (r *repository) assetURL(a asset) string {
	return fmt.Sprintf("https://%s/%s/%s/%s", assetHost, r.name, escapePath(a.of.Tag), a.Name)
}

// serveDownload sends those who follow a link of github.com to an asset's content.
func (w *World) serveDownload(rw http.ResponseWriter, req *http.Request, _ []publication) {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	if len(parts) != 6 || parts[2] != "releases" || parts[3] != "download" {
		http.NotFound(rw, req)
		return
	}
	w.serveAssetOf(rw, req, parts[0], parts[1], parts[4], parts[5], func(r *repository, a asset) {
		rw.Header().Set("Location", r.assetURL(a))
		rw.WriteHeader(http.StatusFound)
	})
}

// serveAsset serves the content of an asset.
func (w *World) serveAsset(rw http.ResponseWriter, req *http.Request, _ []publication) {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	if len(parts) != 4 {
		http.NotFound(rw, req)
		return
	}
	w.serveAssetOf(rw, req, parts[0], parts[1], parts[2], parts[3], func(_ *repository, a asset) {
		rw.Header().Set("Content-Type", "application/octet-stream")
		serveContent(rw, req, a.Content, a.of.Created)
	})
}

// serveAssetOf finds the asset of a name that the release of a tag has.
func (w *World) serveAssetOf(rw http.ResponseWriter, req *http.Request, owner, repo, tag, name string, serve func(*repository, asset)) {
	r := w.repo(owner, repo)
	if r == nil {
		http.NotFound(rw, req)
		return
	}
	all, err := w.publishedReleases(r)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	for _, s := range all {
		if s.Tag != tag {
			continue
		}
		assets, err := w.assets(r, s)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		for _, a := range assets {
			if a.Name == name {
				serve(r, a)
				return
			}
		}
	}
	http.NotFound(rw, req)
}
