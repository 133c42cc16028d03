package rehearsal

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// archiveEndpoints are about what a run leaves behind as a whole: its logs, and the
// artifacts that its jobs hand on. twokey reads neither; gh does.
func archiveEndpoints() map[string]endpoint {
	const run = " /repos/{owner}/{repo}/actions/runs/{run}"
	return map[string]endpoint{
		"GET" + run + "/logs":                    (*exchange).runLogs,
		"GET" + run + "/attempts/{attempt}/logs": (*exchange).runLogs,
		"GET" + run + "/artifacts":               (*exchange).artifacts,

		"GET /repos/{owner}/{repo}/actions/artifacts/{artifact}/zip": (*exchange).artifactZip,

		"GET /repos/{owner}/{repo}/attestations/{digest}": (*exchange).attestations,
	}
}

// runLogs leads to the logs of a run, or of one attempt, once it has ended.
func (x *exchange) runLogs() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	attempt, err := x.findAttempt(run)
	if err != nil {
		return nil, err
	}
	view := run.attemptView(attempt, x.now)
	if x.viewer == "" {
		return nil, &apiError{status: http.StatusForbidden, message: "Must have admin rights to Repository."}
	}
	if view.Status != "completed" {
		return nil, notFound()
	}
	return x.leadTo(fmt.Sprintf("/%s/runs/%d/%d.zip", x.repo.name, run.ID, view.Attempt))
}

// archiveAt is the archive with an address's path: /owner/name/runs/run/attempt.zip.
// It is nil where none is.
func (w *World) archiveAt(file string) []byte {
	parts := strings.Split(strings.Trim(file, "/"), "/")
	if len(parts) == 5 && parts[2] == "artifacts" {
		return w.keptAt(parts[0], parts[1], parts[3])
	}
	if len(parts) != 5 || parts[2] != "runs" {
		return nil
	}
	id, err1 := strconv.ParseInt(parts[3], 10, 64)
	attempt, err2 := strconv.Atoi(strings.TrimSuffix(parts[4], ".zip"))
	r := w.repo(parts[0], parts[1])
	if r == nil || err1 != nil || err2 != nil {
		return nil
	}
	run := r.run(id)
	if run == nil || attempt < 1 || attempt > len(run.Attempts) {
		return nil
	}
	return run.archive(attempt)
}

// archive holds the logs of an attempt's jobs, those of its single steps among them,
// under the names that GitHub gives them.
func (r *simRun) archive(attempt int) []byte {
	var jobs []jobPlan
	for i := range attempt {
		jobs = r.attemptPlan(i, jobs)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	number := 0
	for _, j := range jobs {
		if j.started.IsZero() {
			continue // it never ran, so that it has no log
		}
		name := fileName(j.spec.Name)
		addFile(z, fmt.Sprintf("%d_%s.txt", number, name), j.completed, r.write(j))
		number++
		for i, s := range j.steps {
			if text := r.writeStep(j, i); text != "" {
				step := fmt.Sprintf("%d_%s.txt", i+1, fileName(j.spec.Steps[i].Name))
				addFile(z, path.Join(name, step), s.completed, byteOrderMark+text)
			}
		}
	}
	_ = z.Close() // to memory
	return b.Bytes()
}

// addFile adds a file to an archive in memory, where nothing can fail.
func addFile(z *zip.Writer, name string, at time.Time, text string) {
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC()})
	if err == nil {
		_, _ = f.Write([]byte(text))
	}
}

// fileName is a job's or step's name without what no file's name may hold. GitHub
// leaves these characters out.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return -1
		}
		return r
	}, name)
}

// artifactLife is how long GitHub keeps what a run hands on.
const artifactLife = 90 * 24 * time.Hour

// artifacts lists what the run's steps have uploaded so far: what is published of it, see
// kept. Of the rest there is no content to be had.
func (x *exchange) artifacts() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	all := []fields{}
	for _, j := range run.at(x.now).Jobs {
		for i, s := range j.Steps {
			spec := run.step(j.Key, i)
			if name := spec.artifact(); name != "" && s.Conclusion == "success" {
				all = append(all, x.artifactJSON(run, name, s.Completed))
			}
		}
	}
	if want := x.query("name"); want != "" {
		all = namedFields(all, want)
	}
	listed, err := list(page(x, all), func(a fields) (any, error) { return a, nil })
	return fields{"total_count": len(all), "artifacts": listed}, err
}

// namedFields are those that have a name.
func namedFields(all []fields, name string) []fields {
	found := []fields{}
	for _, one := range all {
		if one["name"] == name {
			found = append(found, one)
		}
	}
	return found
}

// step is the i-th step of a job.
func (r *simRun) step(key string, i int) stepSpec {
	for _, j := range r.Jobs {
		if j.Key == key && i < len(j.Steps) {
			return j.Steps[i]
		}
	}
	return stepSpec{}
}

// artifact is the name of the artifact that a step uploads; empty when it does not.
func (s stepSpec) artifact() string {
	if name, _, _ := strings.Cut(s.Uses, "@"); name != "actions/upload-artifact" {
		return ""
	}
	if name := s.With["name"]; name != "" {
		return name
	}
	return "artifact"
}

// artifactJSON is an artifact. Where what it holds is unknown here, so is its digest.
func (x *exchange) artifactJSON(run *simRun, name string, at time.Time) fields {
	id, repo := idOf("artifact", run.ID, name), idOf("repo", x.repo.name)
	self := x.repo.api("/actions/artifacts/%d", id)
	var digest any
	size := 1000 + id%100_000
	if content := x.world.kept(run, name); content != nil {
		digest, size = digestOf(content), int64(len(content))
	}
	return fields{"id": id, "node_id": nodeID("Artifact", id), "name": name, "size_in_bytes": size,
		"url": self, "archive_download_url": self + "/zip", "expired": x.now.After(at.Add(artifactLife)),
		"created_at": stamp(at), "updated_at": stamp(at), "expires_at": stamp(at.Add(artifactLife)), "digest": digest,
		"workflow_run": fields{"id": run.ID, "repository_id": repo, "head_repository_id": repo,
			"head_branch": run.Branch, "head_sha": run.SHA}}
}
