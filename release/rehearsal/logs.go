package rehearsal

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"twokey/release"
)

// log is the log of a job, in the format in which GitHub hands it out: a byte order
// mark, and lines that begin with a time. A job that is not completed, or that never
// ran, has none.
func (r *simRun) log(jobID int64, now time.Time) (string, bool) {
	var jobs []jobPlan
	for i, a := range r.Attempts {
		if i > 0 && a.Began.After(now) {
			break
		}
		jobs = r.attemptPlan(i, jobs)
		k := slices.IndexFunc(jobs, func(j jobPlan) bool { return j.id == jobID })
		if k < 0 {
			continue
		}
		j := jobs[k]
		if j.started.IsZero() || j.completed.IsZero() || j.completed.After(now) {
			return "", false
		}
		return r.write(j), true
	}
	return "", false
}

// logWriter writes the lines of a log.
type logWriter struct {
	text strings.Builder
	at   time.Time
	tick time.Duration // between two lines
}

// begin writes the lines that follow over the time that a step takes.
func (w *logWriter) begin(s stepPlan, lines int) {
	w.at = s.started
	w.tick = s.completed.Sub(s.started) / time.Duration(lines+1)
}

func (w *logWriter) line(text string) {
	fmt.Fprintf(&w.text, "%s %s\n", w.at.UTC().Format("2006-01-02T15:04:05.0000000Z"), text)
	w.at = w.at.Add(w.tick)
}

// write makes the log of a job that has run.
func (r *simRun) write(j jobPlan) string {
	var all strings.Builder
	all.WriteString(byteOrderMark)
	for i := range j.steps {
		all.WriteString(r.writeStep(j, i))
	}
	return all.String()
}

// byteOrderMark begins every log that GitHub hands out.
const byteOrderMark = "\ufeff"

// writeStep makes the part of a job's log that is of its i-th step; a step that was
// skipped has none.
func (r *simRun) writeStep(j jobPlan, i int) string {
	p := j.steps[i]
	if p.conclusion == "skipped" {
		return ""
	}
	lines := r.stepLines(j.spec.Steps[i])
	switch {
	case i == r.failingStep(&j):
		lines = append(lines, r.failureOf(&j).Lines...)
		lines = append(lines, "##[error]"+exitMessage(j.spec.Steps[i]))
	case p.conclusion == "cancelled":
		lines = append(lines, "##[error]The operation was canceled.")
	}
	w := &logWriter{}
	w.begin(p, len(lines))
	for _, l := range lines {
		w.line(l)
	}
	return w.text.String()
}

// exitMessage is the last line of a step that failed.
func exitMessage(s stepSpec) string {
	switch {
	case strings.HasPrefix(s.Uses, "docker/build-push-action@"):
		return "buildx failed with: ERROR: failed to solve: exit code: 1"
	case s.Uses != "" && !strings.Contains(s.Uses, "pypi-publish"):
		return "The action failed."
	}
	return "Process completed with exit code 1."
}

// stepLines is what a step that goes well writes.
func (r *simRun) stepLines(s stepSpec) []string {
	switch {
	case s.Run != "":
		return append(scriptGroup(s), r.output(s)...)
	case s.Uses != "":
		return append(actionGroup(s), r.output(s)...)
	case s.Name == "Set up job":
		return r.setUpLines()
	case s.PostOf > 0:
		return []string{"Post job cleanup."}
	case s.Name == "Complete job":
		return []string{"Cleaning up orphan processes"}
	case s.Name == "Initialize containers":
		return []string{"##[group]Starting services", "Waiting for all services to be ready", "##[endgroup]"}
	case s.Name == "Stop containers":
		return []string{"Stop and remove the service containers"}
	}
	return []string{s.Name}
}

// setUpLines is what a runner writes before anything of the workflow runs.
func (r *simRun) setUpLines() []string {
	return []string{
		"Current runner version: '2.331.0'",
		"##[group]Operating System", "Ubuntu", "24.04.3", "LTS", "##[endgroup]",
		"##[group]GITHUB_TOKEN Permissions", "Contents: read", "Metadata: read", "##[endgroup]",
		"Secret source: Actions",
		"Prepare workflow directory",
		"Prepare all required actions",
		"Complete job name: " + r.Name,
	}
}

// scriptGroup is the group that shows a script before it runs.
func scriptGroup(s stepSpec) []string {
	script := strings.Split(strings.TrimRight(s.Run, "\n"), "\n")
	lines := []string{"##[group]Run " + script[0]}
	for _, l := range script {
		lines = append(lines, "\x1b[36;1m"+l+"\x1b[0m") // GitHub colours scripts
	}
	return append(lines, "shell: /usr/bin/bash -e {0}", "##[endgroup]")
}

// actionGroup is the group that shows an action's inputs before it runs.
func actionGroup(s stepSpec) []string {
	lines := []string{"##[group]Run " + s.Uses}
	if len(s.With) > 0 {
		lines = append(lines, "with:")
	}
	for _, k := range slices.Sorted(maps.Keys(s.With)) {
		v := s.With[k]
		if strings.Contains(v, "secrets.") {
			v = "***"
		}
		lines = append(lines, "  "+k+": "+strings.ReplaceAll(v, "\n", "\n    "))
	}
	return append(splitAll(lines), "##[endgroup]")
}

// splitAll makes single lines of texts.
func splitAll(texts []string) []string {
	var lines []string
	for _, t := range texts {
		lines = append(lines, strings.Split(t, "\n")...)
	}
	return lines
}

// output is what the work of a step writes, by the kind of work.
func (r *simRun) output(s stepSpec) []string {
	what := strings.ToLower(s.Uses + "\n" + s.Run)
	digest := func(of string) string {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s\x00%s\x00%s", r.SHA, s.Name, of)
		return fmt.Sprintf("%016x", h.Sum64())
	}
	switch {
	case strings.HasPrefix(s.Uses, "actions/checkout@"):
		return []string{"Syncing repository: " + r.Repo, "Fetching the repository", "HEAD is now at " + short(r.SHA)}
	case strings.Contains(s.Uses, "upload-artifact"):
		return []string{"With the provided path, there will be 2 files uploaded", "Artifact has been successfully uploaded!"}
	case strings.Contains(s.Uses, "download-artifact"):
		return []string{"Found 1 artifact(s)", "Artifact download completed successfully."}
	case strings.Contains(what, "gh-action-pypi-publish"), strings.Contains(what, "twine upload"):
		return []string{"Checking dist/: PASSED", "Uploading distributions to https://upload.pypi.org/legacy/", "100%"}
	case imageWork.MatchString(what):
		return append([]string{
			"#1 [internal] load build definition from Dockerfile", "#1 DONE 0.1s",
			"#2 [internal] load metadata", "#2 DONE 1.2s",
			"#3 [1/3] FROM sha256:" + digest("base"), "#3 CACHED",
			"#4 [2/3] RUN apt-get update", "#4 DONE 31.4s",
			"#5 [3/3] RUN pip install", "#5 DONE 48.0s",
			"#6 exporting to image", "#6 exporting layers 4.1s done",
		}, r.pushLines(s)...)
	case strings.Contains(what, "aws s3"):
		return []string{"Completed 4.0 MiB/38.4 MiB (21.3 MiB/s) with 1 file(s) remaining", "upload completed"}
	case strings.Contains(what, "gh release create"):
		return []string{"https://github.com/" + r.Repo + "/releases/tag/" + r.Branch}
	case testWork.MatchString(what):
		return []string{"collecting ... done", strings.Repeat(".", 40) + " [ 50%]", strings.Repeat(".", 40) + " [100%]", "80 passed"}
	case installWork.MatchString(what):
		return []string{"Resolving the dependencies", "Downloading", "Installed everything"}
	case buildWork.MatchString(what):
		return []string{"Building", "Checking the result", "Successfully built"}
	}
	return nil
}

// pushed is an image that a run has pushed.
type pushed struct{ name, digest string }

// pushLines is what BuildKit writes of the images that a step pushes.
func (r *simRun) pushLines(s stepSpec) (lines []string) {
	if !slices.Contains(s.Publishes, release.KindImage) {
		return nil
	}
	for _, p := range r.Pushed {
		lines = append(lines, "#6 pushing manifest for "+p.name+"@"+p.digest, "#6 pushing manifest for "+p.name+"@"+p.digest+" 1.2s done")
	}
	return lines
}

// pushedBy are the images that a run has pushed by now, as it pushed them, whatever
// somebody else has put in their place.
func (w *World) pushedBy(run *simRun) []pushed {
	var out []pushed
	for _, p := range w.publications(w.clock.Now()) {
		if p.Artifact.Kind != release.KindImage || p.past || bestRun(p.runs, p.Artifact) != run {
			continue
		}
		p.honest = w.scenario.taint == taintSwappedImage
		img, err := w.imageOf(p)
		if err != nil {
			continue
		}
		out = append(out, pushed{p.Artifact.Name, img.digest})
	}
	return out
}

// bestRun is the run that publishes an artifact: of those that publish its kind the one
// whose workflow fits its name best; nil for none.
func bestRun(runs []*simRun, a release.Artifact) *simRun {
	var best *simRun
	for _, r := range runs {
		publishes := slices.ContainsFunc(r.Jobs, func(j jobSpec) bool { return j.publishes(a.Kind) })
		if publishes && (best == nil || fit(r.Workflow, a.Name) > fit(best.Workflow, a.Name)) {
			best = r
		}
	}
	return best
}

// short is a SHA as people read it.
func short(sha string) string { return sha[:min(7, len(sha))] }
