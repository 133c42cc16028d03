package rehearsal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"twokey/release"
)

// realm is where a registry sends those who have no token, and the name under
// which it does; empty for a registry that anybody may read without one.
func realm(host string) (address, service string) {
	switch {
	case slices.Contains(dockerHosts(), host):
		return "https://auth.docker.io/token", "registry.docker.io"
	case host == "ghcr.io":
		return "https://ghcr.io/token", "ghcr.io"
	}
	return "", ""
}

// pullToken is the token for reading one repository of a registry.
func pullToken(repo string) string {
	sum := sha256.Sum256([]byte("rehearsal pull " + repo))
	return hex.EncodeToString(sum[:])
}

// serveToken gives anybody a token for reading one repository.
func (w *World) serveToken(rw http.ResponseWriter, req *http.Request, _ []publication) {
	scope := strings.Split(req.URL.Query().Get("scope"), ":")
	if len(scope) != 3 || scope[0] != "repository" || !slices.Contains(strings.Split(scope[2], ","), "pull") {
		http.Error(rw, "a scope is needed", http.StatusBadRequest)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	token := pullToken(scope[1])
	body, err := json.Marshal(map[string]any{"token": token, "access_token": token, "expires_in": 300,
		"issued_at": w.clock.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = rw.Write(body) // a client that went away needs no report
}

// serveRegistry serves what the OCI distribution API has for readers: manifests,
// blobs and the list of tags.
func (w *World) serveRegistry(rw http.ResponseWriter, req *http.Request, all []publication) {
	rw.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	rest, ok := strings.CutPrefix(req.URL.Path, "/v2/")
	if !ok && req.URL.Path != "/v2" {
		http.NotFound(rw, req)
		return
	}
	repo, what, item := splitRegistryPath(rest)
	if address, service := realm(req.Host); address != "" && req.Header.Get("Authorization") != "Bearer "+pullToken(repo) {
		challenge := fmt.Sprintf("Bearer realm=%q,service=%q", address, service)
		if repo != "" {
			challenge += fmt.Sprintf(",scope=%q", "repository:"+repo+":pull")
		}
		rw.Header().Set("WWW-Authenticate", challenge)
		registryError(rw, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
		return
	}
	switch what {
	case "":
		registryJSON(rw, req, "application/json", []byte("{}"))
	case "manifests":
		w.serveManifest(rw, req, repo, item, all)
	case "blobs":
		w.serveBlob(rw, req, repo, item, all)
	case "tags":
		w.serveTags(rw, req, repo, all)
	default:
		http.NotFound(rw, req)
	}
}

// splitRegistryPath reads REPOSITORY/manifests/REFERENCE and its like.
func splitRegistryPath(rest string) (repo, what, item string) {
	for _, kind := range []string{"manifests", "blobs", "tags", "referrers"} {
		if i := strings.LastIndex(rest, "/"+kind+"/"); i > 0 {
			return rest[:i], kind, rest[i+len(kind)+2:]
		}
	}
	return "", strings.Trim(rest, "/"), ""
}

// tagged are the images in a repository of a registry, as their tags stand now.
func tagged(all []publication, host, repo string) map[string]publication {
	tags := map[string]publication{}
	for _, p := range all {
		if p.Artifact.Kind != release.KindImage {
			continue
		}
		ref, err := name.NewTag(p.Artifact.Name)
		if err != nil || ref.RepositoryStr() != repo {
			continue
		}
		if at := ref.RegistryStr(); at == host || at == name.DefaultRegistry && slices.Contains(dockerHosts(), host) {
			tags[ref.TagStr()] = p
		}
	}
	return tags
}

func (w *World) serveManifest(rw http.ResponseWriter, req *http.Request, repo, item string, all []publication) {
	img, err := w.imageFor(tagged(all, req.Host, repo), item)
	switch {
	case err != nil:
		registryError(rw, http.StatusInternalServerError, "UNKNOWN", err.Error())
	case img == nil:
		registryError(rw, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
	case img.manifests[item] != nil:
		rw.Header().Set("Docker-Content-Digest", item)
		registryJSON(rw, req, manifestType, img.manifests[item])
	default:
		rw.Header().Set("Docker-Content-Digest", img.digest)
		registryJSON(rw, req, indexType, img.index)
	}
}

// imageFor finds an image by its tag or digest; nil when there is none.
func (w *World) imageFor(tags map[string]publication, item string) (*image, error) {
	if p, ok := tags[item]; ok {
		return w.imageOf(p)
	}
	for _, tag := range sortedKeys(tags) {
		img, err := w.imageOf(tags[tag])
		if err != nil || img.digest == item || img.manifests[item] != nil {
			return img, err
		}
	}
	return nil, nil
}

func (w *World) serveBlob(rw http.ResponseWriter, req *http.Request, repo, digest string, all []publication) {
	tags := tagged(all, req.Host, repo)
	for _, tag := range sortedKeys(tags) {
		img, err := w.imageOf(tags[tag])
		if err != nil {
			registryError(rw, http.StatusInternalServerError, "UNKNOWN", err.Error())
			return
		}
		if blob, ok := img.blobs[digest]; ok {
			rw.Header().Set("Docker-Content-Digest", digest)
			registryJSON(rw, req, "application/octet-stream", blob)
			return
		}
	}
	registryError(rw, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
}

func (w *World) serveTags(rw http.ResponseWriter, req *http.Request, repo string, all []publication) {
	tags := sortedKeys(tagged(all, req.Host, repo))
	if len(tags) == 0 {
		registryError(rw, http.StatusNotFound, "NAME_UNKNOWN", "repository name not known to registry")
		return
	}
	body, err := json.Marshal(map[string]any{"name": repo, "tags": tags})
	if err != nil {
		registryError(rw, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	registryJSON(rw, req, "application/json", body)
}

// registryJSON serves content under its type, with ranges.
func registryJSON(rw http.ResponseWriter, req *http.Request, kind string, content []byte) {
	rw.Header().Set("Content-Type", kind)
	serveContent(rw, req, content, time.Time{})
}

// registryError answers with an error as the distribution specification has it.
func registryError(rw http.ResponseWriter, status int, code, message string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	body, err := json.Marshal(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
	if err == nil {
		_, _ = rw.Write(body) // a client that went away needs no report
	}
}
