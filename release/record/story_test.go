package record

import (
	"reflect"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// start is when the story begins.
var start = time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC)

// storyPlan is a plan of two stages.
func storyPlan() release.Plan {
	repo := release.Repo{Owner: "ckan", Name: "ckan"}
	return release.Plan{
		Project: "ckan", Repo: repo, Scheme: "pep440", Version: "2.11.6", Line: "dev-v2.11",
		SHA: "4f2c9ab", Tag: "ckan-2.11.6", Date: "20260814", Lines: "dev-v{major}.{minor}",
		Source: "twokey.yml", Notes: []text.Safe{text.Clean("a <note> & more")},
		Waivers: []checks.Waiver{{Check: "wf.permissions", Reason: text.Clean("tracked in #123"), Until: start}},
		Stages: []release.Stage{
			{
				Name: "package", Repo: repo, Trigger: release.TriggerTag, Branch: "dev-v2.11", SHA: "4f2c9ab",
				Tag: "ckan-2.11.6", Workflows: []string{"publish-pypi.yml", "github-release.yml"},
				Artifacts: []release.Artifact{{Kind: release.KindPyPI, Name: "ckan", Version: "2.11.6"}},
			},
			{
				Name: "deb", Repo: release.Repo{Owner: "ckan", Name: "ckan-packaging"}, Needs: []string{"package"},
				Trigger: release.TriggerDispatch, Branch: "master", SHA: "77aa001", Workflows: []string{"publish.yml"},
				Inputs: map[string]string{"ref": "ckan-2.11.6"},
				Artifacts: []release.Artifact{{Kind: release.KindDeb, Mutable: true, Version: "2.11.6",
					Name: "https://packaging.ckan.org/python-ckan_2.11-noble_amd64.deb"}},
			},
		},
	}
}

// story is a release as the stream tells it, with every type of event in it.
func story() []release.Stamped {
	plan := storyPlan()
	var events []release.Event
	events = append(events, preflight(plan)...)
	events = append(events, stagePackage(plan.Stages[0])...)
	events = append(events, theEnd(plan.Stages[1])...)
	for _, e := range release.EventTypes() {
		if !has(events, e) {
			events = append(events, e)
		}
	}
	stamped := make([]release.Stamped, len(events))
	for i, e := range events {
		stamped[i] = release.Stamped{Seq: uint64(i + 1), Time: start.Add(time.Duration(i) * time.Second), Event: e}
	}
	return stamped
}

func has(events []release.Event, e release.Event) bool {
	for _, x := range events {
		if reflect.TypeOf(x) == reflect.TypeOf(e) {
			return true
		}
	}
	return false
}

func preflight(plan release.Plan) []release.Event {
	finding := checks.Finding{
		ID: "ci.green", Title: "CI is green", Why: "a release is the commit that was tested", Factor: checks.Build,
		Severity: checks.SeverityBlock, Outcome: checks.Fail, Summary: text.Clean("1 of 14 is red"), Remedy: "re-run it",
		Evidence: []checks.Evidence{{What: text.Clean("Pytest"), Saw: text.Clean("failure"), Outcome: checks.Fail}},
		Waiver:   &checks.Waiver{Check: "ci.green", Reason: text.Clean("flaky"), Until: start},
	}
	return []release.Event{
		release.Opened{Repo: plan.Repo, Viewer: text.Clean("mara"), Rehearsal: true, Twokey: "0.1.0"},
		release.PlanReady{Plan: plan},
		release.CheckStarted{ID: "ci.green", Title: "CI is green", Severity: checks.SeverityBlock, Factor: checks.Build},
		release.CheckDone{Finding: finding},
		release.Judged{Verdict: checks.Verdict{Go: true, Waived: 1}},
		release.Intended{Stage: "package", Calls: []release.Call{{Kind: release.CallRef, Repo: plan.Repo,
			Ref: "refs/tags/ckan-2.11.6", SHA: plan.SHA}}},
	}
}

func stagePackage(st release.Stage) []release.Event {
	run := release.Run{ID: 1841, Number: 12, Attempt: 1, Workflow: "publish-pypi.yml", Name: text.Clean("Publish"),
		Event: "push", SHA: st.SHA, Status: "waiting", Created: start, Started: start, Updated: start}
	over := run
	over.Status, over.Conclusion = "completed", "success"
	job := release.Job{ID: 7, RunID: run.ID, Attempt: 1, Name: text.Clean("Build <sdist>"), Status: "in_progress", Started: start}
	step := release.Step{Number: 3, Name: text.Clean("Build & check"), Status: "completed", Conclusion: "success", Started: start}
	gate := release.Gate{EnvironmentID: 5, Environment: text.Clean("pypi"), CanApprove: true,
		Reviewers: []checks.Reviewer{{Name: text.Clean("ines")}}}
	return []release.Event{
		release.Claimed{Stage: st.Name, Ref: "refs/tags/ckan-2.11.6", SHA: st.SHA, By: text.Clean("mara"), At: start, Mine: true},
		release.Triggered{Stage: st.Name, Trigger: st.Trigger, Mine: true},
		release.RunFound{Stage: st.Name, Run: run},
		release.JobChanged{Stage: st.Name, Job: job},
		release.StepChanged{Stage: st.Name, RunID: run.ID, JobID: job.ID, Step: step},
		release.LogChunk{Stage: st.Name, RunID: run.ID, JobID: job.ID, Job: job.Name, First: 9, Total: 9,
			Lines: []text.Safe{text.Clean("\x1b[31mE: <boom> & gone\x1b[0m")}, Failed: true},
		release.ApprovalNeeded{Stage: st.Name, RunID: run.ID, Gate: gate},
		release.Approved{Stage: st.Name, RunID: run.ID, Approval: release.Approval{By: text.Clean("ines"), State: "approved",
			Environments: []text.Safe{text.Clean("pypi")}, Comment: text.Clean("go")}},
		release.Retrying{What: text.Clean("runs"), Cause: text.Clean("502"), Attempt: 2, Wait: time.Second},
		release.Recovered{What: text.Clean("runs")},
		release.RunChanged{Stage: st.Name, Run: over},
		release.ArtifactFound{Stage: st.Name, Artifact: st.Artifacts[0], Published: checks.Published{
			Artifact: text.Clean("pypi ckan 2.11.6"), Exists: true, Digest: "sha256:00", Updated: start}},
		release.ArtifactTraced{Stage: st.Name, Artifact: st.Artifacts[0], Files: []release.FileTrace{{Form: checks.FormSdist, Counts: map[checks.FileVerdict]int{checks.FileSame: 2214, checks.FileExtra: 1}}}},
		release.StageDone{Stage: st.Name, Outcome: release.Done},
	}
}

func theEnd(st release.Stage) []release.Event {
	return []release.Event{
		release.ArtifactMissing{Stage: st.Name, Artifact: st.Artifacts[0], Why: text.Clean("packaging.ckan.org answered 404")},
		release.BudgetChanged{Budget: release.Budget{Requests: 41, Charged: 6, Remaining: 4994, Limit: 5000}},
		release.Noted{Text: text.Clean("the .deb keeps its name")},
		release.StageDone{Stage: st.Name, Outcome: release.Failed, Why: text.Clean("an artifact is missing")},
		release.Finished{Outcome: release.Failed, Why: text.Clean("1 of 2 stages"), Hint: text.Clean("look"), Version: "2.11.6",
			Tag: "ckan-2.11.6", Stages: []release.StageEnd{{Stage: "package", Repo: "ckan/ckan", Outcome: release.Done,
				State: release.StageDoneOK, Found: []release.ArtifactLine{{Artifact: "pypi ckan 2.11.6", Found: true}}}}},
	}
}
