package rehearsal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// jobs lists the jobs of a run or of one attempt, or with filter=all those of every
// attempt.
func (x *exchange) jobs() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	attempt, err := x.findAttempt(run)
	if err != nil {
		return nil, err
	}
	jobs := run.attemptView(attempt, x.now).Jobs
	if x.query("filter") == "all" && attempt == 0 {
		jobs = x.everyJob(run)
	}
	listed, err := list(page(x, jobs), func(j jobView) (any, error) { return x.jobJSON(run, j), nil })
	return fields{"total_count": len(jobs), "jobs": listed}, err
}

// everyJob lists the jobs of all attempts, once each: an attempt keeps those of the
// one before that it does not run anew.
func (x *exchange) everyJob(run *simRun) []jobView {
	var all []jobView
	seen := map[int64]bool{}
	for _, a := range run.Attempts {
		for _, j := range run.attemptView(a.Number, x.now).Jobs {
			if !seen[j.ID] {
				seen[j.ID] = true
				all = append(all, j)
			}
		}
	}
	return all
}

// findJob finds the path's job.
func (x *exchange) findJob(name string) (*simRun, jobView, error) {
	id, err := strconv.ParseInt(x.req.PathValue(name), 10, 64)
	if err != nil {
		return nil, jobView{}, notFound()
	}
	run, attempt := x.repo.runOfJob(id)
	if run == nil {
		return nil, jobView{}, notFound()
	}
	for _, j := range run.attemptView(attempt, x.now).Jobs {
		if j.ID == id {
			return run, j, nil
		}
	}
	return nil, jobView{}, notFound()
}

// job is one job.
func (x *exchange) job() (any, error) {
	run, j, err := x.findJob("job")
	if err != nil {
		return nil, err
	}
	return x.jobJSON(run, j), nil
}

// jobJSON is a job with its steps.
func (x *exchange) jobJSON(run *simRun, j jobView) any {
	steps := []fields{}
	for _, s := range j.Steps {
		steps = append(steps, fields{"number": s.Number, "name": s.Name, "status": s.Status,
			"conclusion": orNull(s.Conclusion), "started_at": stampOrNull(s.Started),
			"completed_at": stampOrNull(s.Completed)})
	}
	began := j.Started
	if began.IsZero() {
		began = j.Created
	}
	body := fields{"id": j.ID, "node_id": nodeID("CheckRun", j.ID), "run_id": run.ID,
		"run_attempt": j.Attempt, "workflow_name": run.Name, "head_branch": run.Branch, "head_sha": run.SHA,
		"run_url": x.repo.api("/actions/runs/%d", run.ID), "name": j.Name, "status": j.Status,
		"conclusion": orNull(j.Conclusion), "created_at": stamp(j.Created), "started_at": stamp(began),
		"completed_at": stampOrNull(j.Completed), "steps": steps, "labels": []string{"ubuntu-latest"},
		"url":           x.repo.api("/actions/jobs/%d", j.ID),
		"html_url":      x.repo.html("/actions/runs/%d/job/%d", run.ID, j.ID),
		"check_run_url": x.repo.api("/check-runs/%d", j.ID),
		"runner_id":     nil, "runner_name": nil, "runner_group_id": nil, "runner_group_name": nil}
	if !j.Started.IsZero() && j.Conclusion != "skipped" {
		body["runner_id"], body["runner_name"] = idOf("runner", j.ID), fmt.Sprintf("GitHub Actions %d", idOf("runner", j.ID)%1000)
		body["runner_group_id"], body["runner_group_name"] = 0, "GitHub Actions"
	}
	return body
}

// logLife is how long the address of a log is good for.
const logLife = time.Minute

// jobLog leads to the text of a job's log, once the job is completed.
func (x *exchange) jobLog() (any, error) {
	run, j, err := x.findJob("job")
	if err != nil {
		return nil, err
	}
	if x.viewer == "" {
		return nil, &apiError{status: http.StatusForbidden, message: "Must have admin rights to Repository."}
	}
	if _, ok := run.log(j.ID, x.now); !ok {
		return nil, &apiError{status: http.StatusNotFound, message: "BlobNotFound"}
	}
	return x.leadTo(fmt.Sprintf("/%s/%d.txt", x.repo.name, j.ID))
}

// leadTo sends whoever asks to a path of the host that keeps logs.
func (x *exchange) leadTo(path string) (any, error) {
	until := strconv.FormatInt(x.now.Add(logLife).Unix(), 10)
	x.header.Set("Location", (&url.URL{Scheme: "https", Host: logHost, Path: path, RawQuery: url.Values{
		"until": {until}, "signature": {x.world.sign(path, until)}}.Encode()}).String())
	x.status = http.StatusFound
	return nil, nil
}

// sign makes the signature of a log's address. The key is no secret: it keeps tests
// honest, not logs private.
func (w *World) sign(path, until string) string {
	mac := hmac.New(sha256.New, []byte(fmt.Sprint("rehearsal ", w.options.Seed)))
	mac.Write([]byte(path + "\n" + until))
	return hex.EncodeToString(mac.Sum(nil))
}

// serveLog gives a log to whoever has its address. Like the real host it refuses a
// token that was not meant for it, and an address that is too old.
func (w *World) serveLog(rw http.ResponseWriter, req *http.Request) {
	refuse := func(status int, code string) {
		rw.Header().Set("Content-Type", "application/xml")
		rw.WriteHeader(status)
		fmt.Fprintf(rw, "<Error><Code>%s</Code></Error>", code)
	}
	until, err := strconv.ParseInt(req.URL.Query().Get("until"), 10, 64)
	signature := w.sign(req.URL.Path, req.URL.Query().Get("until"))
	switch {
	case req.Header.Get("Authorization") != "":
		refuse(http.StatusBadRequest, "InvalidAuthenticationInfo")
		return
	case err != nil || !hmac.Equal([]byte(signature), []byte(req.URL.Query().Get("signature"))):
		refuse(http.StatusForbidden, "AuthenticationFailed")
		return
	case w.clock.Now().Unix() > until:
		refuse(http.StatusForbidden, "AuthenticationFailed")
		return
	}
	kind, content := "application/zip", w.archiveAt(req.URL.Path)
	if text, ok := w.logAt(req.URL.Path); ok {
		kind, content = "text/plain; charset=utf-8", []byte(text)
	}
	if content == nil {
		refuse(http.StatusNotFound, "BlobNotFound")
		return
	}
	rw.Header().Set("Content-Type", kind)
	_, _ = rw.Write(content) // to memory
}

// logAt is the log with an address's path: /owner/name/job.txt.
func (w *World) logAt(path string) (string, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) != 3 {
		return "", false
	}
	id, err := strconv.ParseInt(strings.TrimSuffix(parts[2], ".txt"), 10, 64)
	r := w.repo(parts[0], parts[1])
	if r == nil || err != nil {
		return "", false
	}
	run, _ := r.runOfJob(id)
	if run == nil {
		return "", false
	}
	run.Pushed = w.pushedBy(run)
	return run.log(id, w.clock.Now())
}

// latestJobs are the jobs of the latest attempts of runs, newest run first.
func latestJobs(runs []*simRun, now time.Time) []ranJob {
	var all []ranJob
	for _, run := range runs {
		if run.Created.After(now) {
			continue
		}
		for _, j := range run.at(now).Jobs {
			all = append(all, ranJob{run, j})
		}
	}
	return all
}

// ranJob is a job and its run.
type ranJob struct {
	run *simRun
	job jobView
}
