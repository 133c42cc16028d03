package recordtest

import (
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// step is a step's name and how many seconds it takes.
type step struct {
	name    string
	seconds float64
}

// jobSpec is one job as the record tells it.
type jobSpec struct {
	id                int64
	name              string
	queued, began     float64 // seconds
	steps             []step
	failsIn           string // a step's name; empty: it succeeds
	skipped           bool
	log               []string
	logTotal, logLate int
}

// runSpec is one run and its jobs.
type runSpec struct {
	stage    release.Stage
	id       int64
	number   int
	workflow string
	name     string
	event    string
	began    float64
	jobs     []jobSpec
}

// packageStage tags the project and publishes on PyPI, where a gate waits. What it
// publishes is what its commit holds.
func (w *writer) packageStage() {
	st := w.packageRuns()
	w.proven(220.5, st)
	w.at(222, release.StageDone{Stage: st.Name, Outcome: release.Done})
}

// packageRuns are the same without the reading of what was published.
func (w *writer) packageRuns() release.Stage {
	st := packageStage()
	w.trigger(30, st)
	publish := runSpec{stage: st, id: 9001, number: 1841, workflow: "publish-pypi.yml",
		name: "Publish on PyPI", event: "push", began: 36, jobs: []jobSpec{
			{id: 901, name: "Build distribution", queued: 37, began: 40,
				steps: []step{{"Set up job", 2}, {"Check out", 4}, {"Build sdist and wheel", 48}, {"Upload artifact", 10}},
				log:   []string{"Successfully built ckan-2.11.6.tar.gz and ckan-2.11.6-py3-none-any.whl", "Cleaning up"}, logTotal: 412},
			{id: 902, name: "Publish on PyPI", queued: 104, began: 172,
				steps: []step{{"Set up job", 3}, {"Download artifact", 5}, {"Publish", 31}, {"Complete job", 2}},
				log:   []string{"Uploading ckan-2.11.6.tar.gz", "Uploading ckan-2.11.6-py3-none-any.whl"}, logTotal: 96},
		}}
	w.run(publish)
	w.run(runSpec{stage: st, id: 9002, number: 1842, workflow: "github-release.yml",
		name: "GitHub release", event: "push", began: 38, jobs: []jobSpec{
			{id: 903, name: "Create release", queued: 39, began: 41,
				steps: []step{{"Set up job", 2}, {"gh release create", 10}},
				log:   []string{"https://github.com/ckan/ckan/releases/tag/ckan-2.11.6"}, logTotal: 31},
		}})
	w.gate(publish)
	w.trouble()
	w.at(56, release.ArtifactFound{Stage: st.Name, Artifact: st.Artifacts[1], Published: published(st.Artifacts[1])})
	w.at(220, release.ArtifactFound{Stage: st.Name, Artifact: st.Artifacts[0], Published: published(st.Artifacts[0])})
	return st
}

// gate makes the run wait for a second person, who approves after a minute.
func (w *writer) gate(r runSpec) {
	waiting := r.run("waiting", "", 105)
	w.at(105, release.RunChanged{Stage: r.stage.Name, Run: waiting})
	w.at(105.2, release.ApprovalNeeded{Stage: r.stage.Name, RunID: r.id, Gate: release.Gate{
		EnvironmentID: 77, Environment: text.Clean("pypi"), CanApprove: true,
		Reviewers: []checks.Reviewer{{Name: text.Clean("ines")}, {Name: text.Clean("ckan/release-team"), Team: true}},
	}})
	w.at(170, release.Approved{Stage: r.stage.Name, RunID: r.id, Approval: release.Approval{
		By: text.Clean("ines"), State: "approved", Environments: []text.Safe{text.Clean("pypi")},
		Comment: text.Clean("checked the changelog"),
	}})
	w.at(171, release.RunChanged{Stage: r.stage.Name, Run: r.run("in_progress", "", 171)})
}

// trouble is a read that fails twice and then works.
func (w *writer) trouble() {
	what := text.Clean("jobs of run 9001")
	cause := text.Clean("GitHub answered 502")
	w.at(60, release.Retrying{What: what, Cause: cause, Attempt: 2, Wait: 2 * time.Second})
	w.at(62, release.Retrying{What: what, Cause: cause, Attempt: 3, Wait: 4 * time.Second})
	w.at(66, release.Recovered{What: what})
	w.at(66.1, release.BudgetChanged{Budget: release.Budget{Requests: 41, Charged: 6, NotModified: 35, Remaining: 4994, Limit: 5000}})
}

// debStage builds packages; the job for the failing distribution fails.
func (w *writer) debStage(failing string) {
	st := debStage()
	w.trigger(223, st)
	w.run(runSpec{stage: st, id: 9101, number: 96, workflow: "publish.yml", name: "Publish packages",
		event: "push", began: 228, jobs: debJobs(failing)})
	ok := failing == ""
	for i, a := range st.Artifacts {
		if ok {
			w.at(436+float64(i), release.ArtifactFound{Stage: st.Name, Artifact: a, Published: published(a)})
		} else {
			w.at(436+float64(i), release.ArtifactMissing{Stage: st.Name, Artifact: a,
				Why: text.Clean("2.11.5 still stands there, from 2026-06-02")})
		}
	}
	end := release.StageDone{Stage: st.Name, Outcome: release.Done}
	if ok {
		w.reading(437.4, st, st.Artifacts[0], 41_943_040)
		w.reading(438, st, st.Artifacts[0], 58_720_256)
		w.proven(438.2, st)
	} else {
		end.Outcome = release.Failed
		end.Why = text.Clean("job ckan-2.11.6 on 22.04 failed in Build package")
	}
	w.at(440, end)
}

func debJobs(failing string) []jobSpec {
	build := func(id int64, distro string, seconds float64) jobSpec {
		j := jobSpec{id: id, name: "ckan-2.11.6 on " + distro, queued: 238, began: 240,
			steps: []step{{"Set up job", 3}, {"Check out", 4}, {"Build package", seconds}, {"Upload package", 6}},
			log:   []string{"dpkg-deb: building package 'python-ckan'"}, logTotal: 840}
		if distro == failing {
			j.failsIn, j.logLate = "Build package", 2
			j.log = []string{
				"E: Unable to locate package libmagic1t64",
				"The command '/bin/sh -c apt-get install' returned a non-zero code: 100",
				"\x1b]0;owned\x07\x1b[2J\x1b[31mwarning:\x1b[0m see \u202egnp.gol\u202c for details",
				"##[error]buildx failed with: exit code: 100",
			}
		}
		return j
	}
	skip := failing != ""
	return []jobSpec{
		{id: 911, name: "get-build-versions", queued: 229, began: 230,
			steps: []step{{"Set up job", 2}, {"Read VERSIONS.json", 6}}, log: []string{"matrix: 2 packages"}, logTotal: 22},
		build(912, "24.04", 150), build(913, "22.04", 131),
		{id: 914, name: "Upload packages to storage", queued: 405, began: 406, skipped: skip,
			steps: []step{{"Set up job", 2}, {"Upload", 15}}, log: []string{"2 files, 424 MB"}, logTotal: 18},
		// A workflow may name a job like this; nothing of it may reach a terminal.
		{id: 915, name: "notify \x1b[2J\x1b]0;owned\x07\u202etxt.hsilbup", queued: 424, began: 425, skipped: skip,
			steps: []step{{"Set up job", 1}, {"Announce \x9b31m", 3}}, log: []string{"done"}, logTotal: 5},
	}
}

// dockerStage publishes a release, which starts the image builds.
func (w *writer) dockerStage() {
	st := dockerStage()
	w.trigger(224, st)
	image := func(id int64, name string, seconds float64) jobSpec {
		return jobSpec{id: id, name: "build-and-push / " + name, queued: 231, began: 233,
			steps: []step{{"Set up job", 3}, {"Log in to Docker Hub", 2}, {"Build and push", seconds}},
			log:   []string{"pushing manifest for docker.io/ckan/ckan-base:2.11.6"}, logTotal: 1204}
	}
	w.run(runSpec{stage: st, id: 9201, number: 41, workflow: "publish-docker-2.11.yml", name: "Publish images",
		event: "release", began: 230, jobs: []jobSpec{
			image(921, "base (3.10)", 96), image(922, "base (3.12)", 104), image(923, "dev (3.10)", 61),
		}})
	a := st.Artifacts[0]
	w.at(346, release.ArtifactFound{Stage: st.Name, Artifact: a, Published: published(a)})
	w.proven(346.2, st)
	w.at(347, release.StageDone{Stage: st.Name, Outcome: release.Done})
}

// nonce is that of every claim.
const nonce = "5a04601cec6db4fb"

// trigger claims a stage and starts it.
func (w *writer) trigger(t float64, st release.Stage) {
	at := Start().Add(time.Duration(t) * time.Second)
	w.at(t, release.Intended{Stage: st.Name, Calls: calls(st)})
	for i, c := range calls(st) {
		w.at(t+float64(i)/10, release.Sending{Stage: st.Name, Nonce: nonce, Call: c})
		w.at(t+float64(i)/10+.05, release.Answered{Stage: st.Name, Nonce: nonce, Kind: c.Kind, SHA: c.SHA})
	}
	w.at(t+1, release.Claimed{Stage: st.Name, Ref: st.ClaimRef("2.11.6"), SHA: st.SHA,
		By: text.Clean("mara"), At: at, Mine: true, Noted: true,
		Nonce: nonce, Actor: text.Clean("mara")})
	w.at(t+1.2, release.Triggered{Stage: st.Name, Trigger: st.Trigger, Mine: true,
		URL: text.Clean("https://github.com/" + st.Repo.String() + "/tree/" + st.Tag)})
}

// run tells a run from its first sight to its end.
func (w *writer) run(r runSpec) {
	w.at(r.began, release.RunFound{Stage: r.stage.Name, Run: r.run("queued", "", r.began)})
	w.at(r.began+1, release.RunChanged{Stage: r.stage.Name, Run: r.run("in_progress", "", r.began+1)})
	end, conclusion := r.began, "success"
	for _, j := range r.jobs {
		over := w.job(r, j)
		end = max(end, over)
		if j.failsIn != "" {
			conclusion = "failure"
		}
	}
	w.at(end+1, release.RunChanged{Stage: r.stage.Name, Run: r.run("completed", conclusion, end+1)})
}

func (r runSpec) run(status, conclusion string, t float64) release.Run {
	began := Start().Add(time.Duration(r.began) * time.Second)
	return release.Run{
		ID: r.id, Number: r.number, Attempt: 1, Workflow: r.workflow, Name: text.Clean(r.name), Event: r.event,
		Branch: text.Clean(r.stage.Tag), SHA: r.stage.SHA, Status: status, Conclusion: conclusion,
		Actor: text.Clean("mara"), Created: began, Started: began,
		Updated: Start().Add(time.Duration(t) * time.Second),
		URL:     text.Cleanf("https://github.com/%s/actions/runs/%d", r.stage.Repo, r.id),
	}
}

// job tells a job, its steps and its log, and returns the second of its end.
func (w *writer) job(r runSpec, j jobSpec) float64 {
	sec := func(t float64) time.Time { return Start().Add(time.Duration(t * float64(time.Second))) }
	job := release.Job{ID: j.id, RunID: r.id, Attempt: 1, Name: text.Clean(j.name), Status: "queued",
		URL: text.Cleanf("https://github.com/%s/actions/runs/%d/job/%d", r.stage.Repo, r.id, j.id)}
	w.at(j.queued, release.JobChanged{Stage: r.stage.Name, Job: job})
	if j.skipped {
		job.Status, job.Conclusion, job.Started, job.Completed = "completed", "skipped", sec(j.began), sec(j.began)
		w.at(j.began, release.JobChanged{Stage: r.stage.Name, Job: job})
		return j.began
	}
	job.Status, job.Started = "in_progress", sec(j.began)
	w.at(j.began, release.JobChanged{Stage: r.stage.Name, Job: job})
	t := j.began
	job.Conclusion = "success"
	for i, s := range j.steps {
		st := release.Step{Number: i + 1, Name: text.Clean(s.name), Status: "in_progress", Started: sec(t)}
		if job.Conclusion == "failure" {
			st.Status, st.Conclusion, st.Completed = "completed", "skipped", sec(t)
			w.at(t, release.StepChanged{Stage: r.stage.Name, RunID: r.id, JobID: j.id, Step: st})
			continue
		}
		w.at(t, release.StepChanged{Stage: r.stage.Name, RunID: r.id, JobID: j.id, Step: st})
		t += s.seconds
		st.Status, st.Conclusion, st.Completed = "completed", "success", sec(t)
		if s.name == j.failsIn {
			st.Conclusion, job.Conclusion = "failure", "failure"
		}
		w.at(t, release.StepChanged{Stage: r.stage.Name, RunID: r.id, JobID: j.id, Step: st})
	}
	job.Status, job.Completed = "completed", sec(t)
	w.at(t, release.JobChanged{Stage: r.stage.Name, Job: job})
	w.at(t+0.5, release.LogChunk{Stage: r.stage.Name, RunID: r.id, JobID: j.id, Job: job.Name,
		Lines: text.CleanAll(j.log), First: j.logTotal - len(j.log) - j.logLate + 1, Total: j.logTotal,
		Failed: job.Conclusion == "failure"})
	return t
}
