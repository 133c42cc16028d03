package rehearsal

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"twokey/release"
)

var jobIndex = regexp.MustCompile(`-(\d{1,3})$`)

// kept is what a run keeps under a name, as a zip: the files that it made and that are
// published since, as it made them. It is nil where nothing of it is known.
func (w *World) kept(run *simRun, name string) []byte {
	var files []standFile
	seen := map[string]bool{}
	for _, p := range w.publications(w.clock.Now()) {
		ours := false
		for _, r := range p.runs {
			ours = ours || r == run && slices.ContainsFunc(r.Jobs, func(j jobSpec) bool { return j.publishes(p.Artifact.Kind) })
		}
		if !ours || p.Repo != run.Repo || p.Artifact.Kind != release.KindPyPI && !isDeb(p.Artifact) {
			continue
		}
		p.honest = isDeb(p.Artifact) || w.scenario.taint == taintSwapped
		pack := w.distributions
		if isDeb(p.Artifact) {
			pack = func(p publication) ([]standFile, error) { return w.archives(p, w.packDeb) }
		}
		made, err := pack(p)
		if err != nil {
			return nil
		}
		for _, f := range made {
			if !seen[f.Name] {
				seen[f.Name] = true
				files = append(files, f)
			}
		}
	}
	other := []standFile{{Name: "build.log", Content: []byte("built for somebody else\n")}} // that the plan does not name
	if m := jobIndex.FindStringSubmatch(name); m != nil {                                   // one of a matrix
		i, err := strconv.Atoi(m[1])
		if err != nil || len(files) == 0 {
			return nil
		}
		if i < len(files) {
			files = files[i : i+1]
		} else {
			files = other
		}
	} else if len(files) > 0 && run.firstKept() != name { // only one job made them
		files = other
	}
	if len(files) == 0 {
		return nil
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		addFile(z, f.Name, run.Created, string(f.Content))
	}
	_ = z.Close() // to memory
	return b.Bytes()
}

// firstKept is the name under which a run's steps keep something first; empty for none.
func (r *simRun) firstKept() string {
	for _, j := range r.Jobs {
		for _, s := range j.Steps {
			if name := s.artifact(); name != "" {
				return name
			}
		}
	}
	return ""
}

// artifactZip leads to what a run has kept.
func (x *exchange) artifactZip() (any, error) {
	id := x.req.PathValue("artifact")
	switch {
	case x.viewer == "":
		return nil, &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
	case x.world.keptAt(x.repo.name.Owner, x.repo.name.Name, id) == nil:
		return nil, notFound()
	}
	return x.leadTo(fmt.Sprintf("/%s/artifacts/%s/artifact.zip", x.repo.name, id))
}

// keptAt is what the artifact with an ID holds; nil where there is none, or nothing is
// known of it.
func (w *World) keptAt(owner, name, id string) []byte {
	r := w.repo(owner, name)
	want, err := strconv.ParseInt(id, 10, 64)
	if r == nil || err != nil {
		return nil
	}
	for _, run := range r.runs {
		for _, j := range run.Jobs {
			for _, s := range j.Steps {
				if kept := s.artifact(); kept != "" && idOf("artifact", run.ID, kept) == want {
					return w.kept(run, kept)
				}
			}
		}
	}
	return nil
}
