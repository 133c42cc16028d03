package rehearsal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"twokey/checks/version"
	"twokey/release"
)

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// pyRuns is what PEP 503 makes a single hyphen of in a project's name.
var pyRuns = regexp.MustCompile(`[-_.]+`)

func pyNormal(project string) string { return strings.ToLower(pyRuns.ReplaceAllString(project, "-")) }

// pyFile is a file that PyPI has.
type pyFile struct {
	Name    string
	Version string
	Content []byte
	SHA256  string
	At      time.Time
}

// url is where the file is downloaded from.
func (f pyFile) url() string {
	return fmt.Sprintf("https://files.pythonhosted.org/packages/%s/%s/%s/%s", f.SHA256[:2], f.SHA256[2:4], f.SHA256[4:], f.Name)
}

// pyFiles are the files of a project, by version oldest first; of all projects for
// an empty name.
func (w *World) pyFiles(project string, all []publication) ([]pyFile, error) {
	var files []pyFile
	for _, p := range all {
		if p.Artifact.Kind != release.KindPyPI || project != "" && pyNormal(p.Artifact.Name) != project {
			continue
		}
		made, err := w.distributions(p)
		if err != nil {
			return nil, err
		}
		for i, f := range made {
			sum := sha256.Sum256(f.Content)
			files = append(files, pyFile{Name: f.Name, Version: p.Artifact.Version, Content: f.Content,
				SHA256: hex.EncodeToString(sum[:]), At: p.At.Add(time.Duration(i) * time.Second)})
		}
	}
	return files, nil
}

// servePyPI serves the simple index (PEP 503, 691 and 700) and the JSON API.
func (w *World) servePyPI(rw http.ResponseWriter, req *http.Request, all []publication) {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	switch {
	case len(parts) == 2 && parts[0] == "simple":
		project := pyNormal(parts[1])
		if want := "/simple/" + project + "/"; req.URL.Path != want {
			http.Redirect(rw, req, want, http.StatusMovedPermanently)
			return
		}
		w.serveIndex(rw, req, project, all)
	case len(parts) >= 3 && len(parts) <= 4 && parts[0] == "pypi" && parts[len(parts)-1] == "json":
		project, wanted := pyNormal(parts[1]), ""
		if len(parts) == 4 {
			wanted = parts[2]
		}
		w.serveProject(rw, req, project, wanted, all)
	case len(parts) == 5 && parts[0] == "integrity" && parts[4] == "provenance":
		w.serveProvenance(rw, req, parts, all)
	default:
		http.NotFound(rw, req)
	}
}

// serveIndex serves the simple index of a project, as JSON to those who ask for it.
func (w *World) serveIndex(rw http.ResponseWriter, req *http.Request, project string, all []publication) {
	files, err := w.pyFiles(project, all)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	if len(files) == 0 {
		http.NotFound(rw, req)
		return
	}
	last := files[len(files)-1].At
	if !strings.Contains(req.Header.Get("Accept"), "application/vnd.pypi.simple.v1+json") {
		var b strings.Builder
		fmt.Fprintf(&b, "<!DOCTYPE html>\n<html><body><h1>Links for %s</h1>\n", html.EscapeString(project))
		for _, f := range files {
			fmt.Fprintf(&b, "<a href=\"%s#sha256=%s\">%s</a><br />\n", html.EscapeString(f.url()), f.SHA256, html.EscapeString(f.Name))
		}
		b.WriteString("</body></html>\n")
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		serveContent(rw, req, []byte(b.String()), last)
		return
	}
	list, versions := []any{}, []string{}
	for _, f := range files {
		list = append(list, map[string]any{
			"filename": f.Name, "url": f.url(), "hashes": map[string]string{"sha256": f.SHA256}, "size": len(f.Content),
			"upload-time": f.At.UTC().Format("2006-01-02T15:04:05.000000Z"), "yanked": false, "requires-python": ">=3.10",
			"core-metadata": false, "provenance": nil,
		})
		if !slices.Contains(versions, f.Version) {
			versions = append(versions, f.Version)
		}
	}
	rw.Header().Set("Content-Type", "application/vnd.pypi.simple.v1+json")
	rw.Header().Set("Vary", "Accept, Accept-Encoding")
	serveJSON(rw, req, last, map[string]any{
		"meta": map[string]any{"api-version": "1.4", "_last-serial": len(files)}, "name": project,
		"project-status": map[string]string{"status": "active"}, "alternate-locations": []string{},
		"versions": versions, "files": list,
	})
}

// serveProject serves the JSON API: a project, or one version of it.
func (w *World) serveProject(rw http.ResponseWriter, req *http.Request, project, wanted string, all []publication) {
	files, err := w.pyFiles(project, all)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	if wanted == "" {
		wanted = newest(files)
	}
	urls := []any{}
	var last time.Time
	for _, f := range files {
		if f.Version != wanted {
			continue
		}
		kind := "sdist"
		if path.Ext(f.Name) == ".whl" {
			kind = "bdist_wheel"
		}
		last = f.At
		urls = append(urls, map[string]any{
			"filename": f.Name, "url": f.url(), "digests": map[string]string{"sha256": f.SHA256}, "size": len(f.Content),
			"packagetype": kind, "yanked": false, "yanked_reason": nil, "requires_python": ">=3.10",
			"upload_time":          f.At.UTC().Format("2006-01-02T15:04:05"),
			"upload_time_iso_8601": f.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
		})
	}
	if len(urls) == 0 {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(http.StatusNotFound)
		fmt.Fprint(rw, `{"message": "Not Found"}`)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	serveJSON(rw, req, last, map[string]any{
		"info": map[string]any{"name": project, "version": wanted, "yanked": false, "yanked_reason": nil,
			"requires_python": ">=3.10", "package_url": "https://pypi.org/project/" + project + "/"},
		"last_serial": len(files), "urls": urls, "vulnerabilities": []any{},
	})
}

// newest is the highest version of files, empty when none of them has one.
func newest(files []pyFile) string {
	var all []version.Version
	for _, f := range files {
		if v, err := version.Parse(version.PEP440, f.Version); err == nil {
			all = append(all, v)
		}
	}
	return version.Max(all).String()
}

// serveJSON serves a value as JSON.
func serveJSON(rw http.ResponseWriter, req *http.Request, at time.Time, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	serveContent(rw, req, body, at)
}

// servePyFile serves the files that the index links to.
func (w *World) servePyFile(rw http.ResponseWriter, req *http.Request, all []publication) {
	files, err := w.pyFiles("", all)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	i := slices.IndexFunc(files, func(f pyFile) bool { return strings.HasSuffix(f.url(), req.Host+req.URL.Path) })
	if i < 0 {
		http.NotFound(rw, req)
		return
	}
	rw.Header().Set("Content-Type", "application/octet-stream")
	serveContent(rw, req, files[i].Content, files[i].At)
}
