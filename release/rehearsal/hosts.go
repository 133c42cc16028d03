package rehearsal

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"twokey/release"
)

// serveHost answers for the places where artifacts are published: PyPI, the files of
// GitHub releases, container registries, and the hosts of .deb files, of apt repositories and of pages that
// the plan names. It is false for a host that is none of them. The caller holds the world.
func (w *World) serveHost(rw http.ResponseWriter, req *http.Request) bool {
	if req.Method == http.MethodHead {
		// The answer to a HEAD is that to a GET; whoever sends it leaves the body out.
		get := *req
		get.Method = http.MethodGet
		req = &get
	}
	var serve func(http.ResponseWriter, *http.Request, []publication)
	switch host := req.Host; {
	case host == "pypi.org":
		serve = w.servePyPI
	case host == "files.pythonhosted.org":
		serve = w.servePyFile
	case host == "github.com":
		serve = w.serveDownload
	case host == assetHost:
		serve = w.serveAsset
	case host == "auth.docker.io":
		serve = w.serveToken
	case host == "ghcr.io" && req.URL.Path == "/token":
		serve = w.serveToken
	case slices.Contains(dockerHosts(), host), host == "ghcr.io", w.names(release.KindImage, host):
		serve = w.serveRegistry
	case w.names(release.KindDeb, host):
		serve = w.serveDebs
	case w.names(release.KindApt, host):
		serve = w.serveApt
	case w.namesPage(host):
		serve = w.servePage
	default:
		return false
	}
	if req.Method != http.MethodGet {
		http.Error(rw, "the rehearsal only lets artifacts be read", http.StatusMethodNotAllowed)
		return true
	}
	serve(rw, req, w.publications(w.clock.Now()))
	return true
}

// dockerHosts are the names under which Docker Hub's registry answers.
func dockerHosts() []string {
	return []string{"registry-1.docker.io", "index.docker.io"}
}

// names tells whether any plan of the world names an artifact of a kind on a host.
func (w *World) names(kind release.ArtifactKind, host string) bool {
	specs := func(f *release.PlanFile) bool {
		return f != nil && slices.ContainsFunc(f.Stages, func(s release.StageSpec) bool {
			return slices.ContainsFunc(s.Publishes, func(a release.ArtifactSpec) bool {
				return a.Kind == kind && strings.EqualFold(hostIn(kind, a.Name), host)
			})
		})
	}
	w.editions() // reads the plans of every release
	if specs(w.planOfToday(w.repos[0])) {
		return true
	}
	for _, f := range w.market.plans {
		if specs(f) {
			return true
		}
	}
	return false
}

// hostIn is the host in an artifact's name, which may be a template; its port is
// left out.
func hostIn(kind release.ArtifactKind, artifact string) string {
	if kind == release.KindDeb || kind == release.KindApt {
		_, rest, _ := strings.Cut(artifact, "://")
		host, _, _ := strings.Cut(rest, "/")
		host, _, _ = strings.Cut(host, ":")
		return host
	}
	first, _, found := strings.Cut(artifact, "/")
	if !found || !strings.ContainsAny(first, ".:") || first == "docker.io" {
		return name.DefaultRegistry
	}
	first, _, _ = strings.Cut(first, ":")
	return first
}

// standing is the publication that stands under a name now: the latest.
func standing(all []publication, is func(publication) bool) (publication, bool) {
	for _, p := range slices.Backward(all) {
		if is(p) {
			return p, true
		}
	}
	return publication{}, false
}

// serveDebs serves a flat host of .deb files: the files, and next to them an md5sum
// of all.
func (w *World) serveDebs(rw http.ResponseWriter, req *http.Request, all []publication) {
	if path.Base(req.URL.Path) == "md5sum" {
		w.serveSums(rw, req, all)
		return
	}
	p, ok := standing(all, func(p publication) bool { return p.isDebAt(req.Host, req.URL.Path) })
	if !ok {
		http.NotFound(rw, req)
		return
	}
	content, err := w.deb(p)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "application/vnd.debian.binary-package")
	serveContent(rw, req, content, p.At)
}

// isDebAt tells whether the publication is the .deb file at a host's path.
func (p publication) isDebAt(host, file string) bool {
	u, err := url.Parse(p.Artifact.Name)
	return p.Artifact.Kind == release.KindDeb && err == nil && strings.EqualFold(u.Hostname(), host) && u.Path == file
}

// serveSums serves the sums of the files in one directory of a .deb host.
func (w *World) serveSums(rw http.ResponseWriter, req *http.Request, all []publication) {
	sums := map[string]string{}
	var last time.Time
	for _, p := range all { // later ones replace earlier ones
		u, err := url.Parse(p.Artifact.Name)
		if err != nil || !p.isDebAt(req.Host, u.Path) || path.Dir(u.Path) != path.Dir(req.URL.Path) {
			continue
		}
		content, err := w.honestDeb(p)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		sums[path.Base(u.Path)] = fmt.Sprintf("%x", md5.Sum(content))
		last = p.At
	}
	if len(sums) == 0 {
		http.NotFound(rw, req)
		return
	}
	var b bytes.Buffer
	for _, file := range sortedKeys(sums) {
		fmt.Fprintf(&b, "%s  %s\n", sums[file], file)
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	serveContent(rw, req, b.Bytes(), last)
}

// serveContent serves a file as object stores do, with an entity tag and ranges.
func serveContent(rw http.ResponseWriter, req *http.Request, content []byte, at time.Time) {
	rw.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(content)))
	http.ServeContent(rw, req, "", at, bytes.NewReader(content))
}
