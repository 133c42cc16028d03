package release_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// telling folds events into a state, a second apart.
type telling struct {
	state release.State
	seq   uint64
}

// second is the time of the n-th event.
func second(n int) time.Time {
	return time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
}

func (s *telling) tell(events ...release.Event) *release.State {
	for _, e := range events {
		s.seq++
		s.state.Apply(release.Stamped{Seq: s.seq, Time: second(int(s.seq)), Event: e})
	}
	return &s.state
}

// twoStages is a plan of two stages, of which the first has two workflows.
func twoStages() release.Plan {
	pypi := release.Artifact{Kind: release.KindPyPI, Name: "ckan", Version: "2.11.6"}
	deb := release.Artifact{Kind: release.KindDeb, Name: "https://h.example/x.deb", Mutable: true}
	return release.Plan{Version: "2.11.6", Stages: []release.Stage{
		{Name: "package", Trigger: release.TriggerTag, Workflows: []string{"pypi.yml", "release.yml"},
			Artifacts: []release.Artifact{pypi}},
		{Name: "deb", Trigger: release.TriggerDispatch, Needs: []string{"package"}, Workflows: []string{"deb.yml"},
			Artifacts: []release.Artifact{deb}},
	}}
}

// planned is a state with that plan.
func planned() *telling {
	s := &telling{}
	s.tell(release.Opened{}, release.PlanReady{Plan: twoStages()})
	return s
}

// run is an attempt of a run in a status; what follows a slash is the conclusion.
func run(id int64, workflow, status string, attempt int) release.Run {
	status, conclusion, _ := strings.Cut(status, "/")
	return release.Run{ID: id, Workflow: workflow, Status: status, Conclusion: conclusion, Attempt: attempt}
}

func found(id int64, workflow, status string) release.Event {
	return release.RunFound{Stage: "package", Run: run(id, workflow, status, 1)}
}

func changed(id int64, workflow, status string, attempt int) release.Event {
	return release.RunChanged{Stage: "package", Run: run(id, workflow, status, attempt)}
}

func TestStatus(t *testing.T) {
	intended := release.Intended{Stage: "package"}
	claimed := release.Claimed{Stage: "package", SHA: "4f2c9ab"}
	triggered := release.Triggered{Stage: "package"}
	over := func(o release.Outcome) release.Event { return release.StageDone{Stage: "package", Outcome: o} }
	tests := []struct {
		name   string
		events []release.Event
		want   string
	}{
		{"its usual way", []release.Event{intended, claimed, triggered, found(1, "pypi.yml", "queued"), found(2, "release.yml", "queued"),
			changed(2, "release.yml", "completed/success", 1), changed(1, "pypi.yml", "completed/success", 1), over(release.Done)},
			"claiming claiming started started running running verifying done"},
		{"a claim that was there", []release.Event{claimed, triggered}, "claiming started"},
		{"runs over when they are found", []release.Event{triggered, found(1, "pypi.yml", "completed/success"),
			found(2, "release.yml", "completed/success")}, "started started verifying"},
		{"a failed run is over, too", []release.Event{triggered, found(1, "pypi.yml", "completed/failure"),
			found(2, "release.yml", "completed/cancelled")}, "started started verifying"},
		{"failed before it began", []release.Event{over(release.Failed)}, "failed"},
		{"cancelled is no success", []release.Event{triggered, over(release.Cancelled)}, "started failed"},
		{"what came late takes nothing back", []release.Event{triggered, claimed, intended, over(release.Done), triggered, intended, claimed,
			found(1, "pypi.yml", "queued")}, "started started started done done done done done"},
		{"a failure stays one", []release.Event{triggered, found(1, "pypi.yml", "completed/failure"), over(release.Failed), claimed,
			found(2, "release.yml", "queued"), changed(2, "release.yml", "completed/success", 1)}, "started started failed failed failed failed"},
		{"runs before the trigger was seen", []release.Event{found(1, "pypi.yml", "queued"), found(2, "release.yml", "queued"), triggered},
			"waiting waiting running"},
		{"a run of no workflow of the stage", []release.Event{triggered, found(9, "test.yml", "completed/success"),
			found(1, "pypi.yml", "completed/success")}, "started started started"},
		{"a re-run opens it again", []release.Event{triggered, found(1, "pypi.yml", "completed/success"), found(2, "release.yml", "completed/failure"),
			over(release.Failed), changed(2, "release.yml", "queued", 2), changed(2, "release.yml", "completed/success", 2)},
			"started started verifying failed running verifying"},
		{"a re-run while verifying", []release.Event{triggered, found(1, "pypi.yml", "completed/success"), found(2, "release.yml", "completed/failure"),
			changed(2, "release.yml", "in_progress", 2)}, "started started verifying running"},
		{"done is not opened again", []release.Event{triggered, found(1, "pypi.yml", "completed/success"), found(2, "release.yml", "completed/success"),
			over(release.Done), changed(2, "release.yml", "queued", 2)}, "started started verifying done done"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := planned()
			var got []string
			for _, e := range tt.events {
				got = append(got, string(s.tell(e).Stages[0].Status))
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("got  %s\nwant %s", g, tt.want)
			}
			if s.state.Stages[1].Status != release.StageWaiting {
				t.Error("the other stage moved")
			}
		})
	}
}

func TestStageTimes(t *testing.T) {
	s := planned() // two events
	st := &s.tell(release.Intended{Stage: "package"}, release.Claimed{Stage: "package", Mine: true},
		release.Triggered{Stage: "package", Mine: true}, release.StageDone{Stage: "package", Outcome: release.Failed, Why: text.Clean("no run")}).Stages[0]
	if !st.Began.Equal(second(3)) || !st.Ended.Equal(second(6)) || st.Why.String() != "no run" || st.Claim == nil || st.Trigger == nil {
		t.Errorf("%+v", st)
	}
	if !s.state.Acting || !s.state.Began.Equal(second(1)) || !s.state.Time.Equal(second(6)) || s.state.Seq != 6 {
		t.Errorf("%+v", s.state)
	}
	st = &s.tell(changed(1, "pypi.yml", "completed/failure", 1), changed(1, "pypi.yml", "queued", 2)).Stages[0]
	if !st.Ended.IsZero() || !st.Why.IsZero() || !st.Began.Equal(second(3)) {
		t.Errorf("after a re-run: %+v", st)
	}
}

func TestOnlyAnIntentActs(t *testing.T) {
	s := planned()
	if s.tell(release.Claimed{Stage: "package"}, release.Triggered{Stage: "package"}, release.CallsReady{}).Acting {
		t.Error("looking at a release acts")
	}
	if !s.tell(release.Intended{Stage: "package"}).Acting {
		t.Error("an intent does not act")
	}
}

func TestRunsJobsAndSteps(t *testing.T) {
	s := planned()
	job := release.Job{ID: 7, RunID: 2, Attempt: 1, Name: text.Clean("Build"), Status: "queued"}
	started := job
	started.Status = "in_progress"
	s.tell(release.Triggered{Stage: "package"}, found(3, "release.yml", "queued"), found(2, "pypi.yml", "queued"), found(9, "test.yml", "queued"),
		found(1, "pypi.yml", "queued"),
		release.JobChanged{Stage: "package", Job: job},
		release.StepChanged{Stage: "package", RunID: 2, JobID: 7, Step: release.Step{Number: 1, Status: "in_progress"}},
		release.StepChanged{Stage: "package", RunID: 2, JobID: 7, Step: release.Step{Number: 2, Status: "queued"}},
		release.JobChanged{Stage: "package", Job: started},
		release.StepChanged{Stage: "package", RunID: 2, JobID: 7, Step: release.Step{Number: 1, Status: "completed", Conclusion: "success"}},
		release.LogChunk{Stage: "package", RunID: 2, JobID: 7, Total: 40})
	var ids []int64
	for _, r := range s.state.Stages[0].Runs {
		ids = append(ids, r.Run.ID)
	}
	if !slices.Equal(ids, []int64{9, 1, 2, 3}) { // no workflow of the stage, then by workflow and ID
		t.Errorf("runs in the order %v", ids)
	}
	jobs := s.state.Stages[0].Runs[2].Jobs
	if len(jobs) != 1 || jobs[0].Job.Status != "in_progress" || len(jobs[0].Job.Steps) != 2 || jobs[0].Log == nil || jobs[0].Log.Total != 40 {
		t.Fatalf("jobs %+v", jobs)
	}
	if jobs[0].Job.Steps[0].Conclusion != "success" || jobs[0].Job.Steps[1].Status != "queued" {
		t.Errorf("steps %+v", jobs[0].Job.Steps)
	}
}

func TestNewAttemptEmptiesJobsAndGates(t *testing.T) {
	s := planned()
	gate := release.Gate{Environment: text.Clean("pypi")}
	s.tell(release.Triggered{Stage: "package"}, found(1, "pypi.yml", "waiting"),
		release.JobChanged{Stage: "package", Job: release.Job{ID: 7, RunID: 1}},
		release.ApprovalNeeded{Stage: "package", RunID: 1, Gate: gate},
		changed(1, "pypi.yml", "waiting", 1))
	if r := s.state.Stages[0].Runs[0]; len(r.Jobs) != 1 || len(r.Gates) != 1 {
		t.Fatalf("the same attempt: %+v", r)
	}
	if r := s.tell(changed(1, "pypi.yml", "waiting", 2)).Stages[0].Runs[0]; len(r.Jobs) != 0 || len(r.Gates) != 0 || r.Run.Attempt != 2 {
		t.Errorf("a new attempt: %+v", r)
	}
}

func TestGates(t *testing.T) {
	need := func(env string, can bool) release.Event {
		return release.ApprovalNeeded{Stage: "package", RunID: 1, Gate: release.Gate{Environment: text.Clean(env), CanApprove: can}}
	}
	answer := func(envs ...string) release.Event {
		return release.Approved{Stage: "package", RunID: 1, Approval: release.Approval{By: text.Clean("ines"), State: "approved",
			Environments: text.CleanAll(envs)}}
	}
	tests := []struct {
		name      string
		events    []release.Event
		gates     []string
		approvals int
	}{
		{"one", []release.Event{need("pypi", true)}, []string{"pypi"}, 0},
		{"told twice", []release.Event{need("pypi", false), need("pypi", true)}, []string{"pypi"}, 0},
		{"answered", []release.Event{need("pypi", true), answer("pypi")}, nil, 1},
		{"another is answered", []release.Event{need("pypi", true), need("docs", true), answer("docs")}, []string{"pypi"}, 1},
		{"all are answered", []release.Event{need("pypi", true), need("docs", true), answer("docs", "pypi")}, nil, 1},
		{"nothing that waits is answered", []release.Event{need("pypi", true), answer("production")}, []string{"pypi"}, 1},
		{"the run is over", []release.Event{need("pypi", true), changed(1, "pypi.yml", "completed/cancelled", 1)}, nil, 0},
		{"the run waits on", []release.Event{need("pypi", true), changed(1, "pypi.yml", "waiting", 1)}, []string{"pypi"}, 0},
		{"asked again", []release.Event{need("pypi", true), answer("pypi"), need("pypi", true)}, []string{"pypi"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := planned()
			s.tell(found(1, "pypi.yml", "waiting"))
			r := s.tell(tt.events...).Stages[0].Runs[0]
			var gates []string
			for _, g := range r.Gates {
				gates = append(gates, g.Environment.String())
				if !g.CanApprove {
					t.Error("the first word on a gate stays")
				}
			}
			if !slices.Equal(gates, tt.gates) || len(r.Approvals) != tt.approvals {
				t.Errorf("gates %v, %d approvals", gates, len(r.Approvals))
			}
		})
	}
}

func TestUnknownThingsArePassedOver(t *testing.T) {
	art := release.Artifact{Kind: release.KindPyPI, Name: "other", Version: "1"}
	events := []release.Event{
		release.Claimed{Stage: "no"}, release.Triggered{Stage: "no"}, release.StageDone{Stage: "no"},
		release.RunFound{Stage: "no"}, release.RunChanged{Stage: "no"},
		release.JobChanged{Stage: "no"}, release.JobChanged{Stage: "package", Job: release.Job{RunID: 404}},
		release.StepChanged{Stage: "package", RunID: 404}, release.StepChanged{Stage: "package", RunID: 1, JobID: 404},
		release.LogChunk{Stage: "package", RunID: 404}, release.LogChunk{Stage: "package", RunID: 1, JobID: 404},
		release.ApprovalNeeded{Stage: "package", RunID: 404}, release.Approved{Stage: "no", RunID: 1},
		release.ArtifactFound{Stage: "package", Artifact: art}, release.ArtifactMissing{Stage: "no", Artifact: art},
		release.ArtifactTraced{Stage: "deb", Artifact: art}, release.CheckDone{Finding: checks.Finding{ID: "no.such"}},
		release.CallsReady{Calls: []release.Call{{}}}, release.Recovered{},
	}
	for _, e := range events {
		s, untouched := planned(), planned()
		for _, x := range []*telling{s, untouched} {
			x.tell(found(1, "pypi.yml", "queued"))
		}
		s.tell(e)
		untouched.state.Seq, untouched.state.Time = s.state.Seq, s.state.Time
		if !reflect.DeepEqual(s.state, untouched.state) {
			t.Errorf("%s %+v changed the state", e.Type(), e)
		}
	}
}

func TestChecksInState(t *testing.T) {
	start := func(id string) release.Event { return release.CheckStarted{ID: id} }
	done := func(id string, o checks.Outcome) release.Event {
		return release.CheckDone{Finding: checks.Finding{ID: id, Outcome: o}}
	}
	s := planned()
	st := s.tell(start("b"), start("a"), done("a", checks.Pass), done("b", checks.Fail), release.Judged{Verdict: checks.Verdict{Block: 1}})
	if len(st.Checks) != 2 || st.Checks[0].Started.ID != "b" || st.Checks[0].Finding.Outcome != checks.Fail || !st.Judged || st.Verdict.Block != 1 {
		t.Fatalf("%+v", st.Checks)
	}
	if st = s.tell(start("b")); st.Judged || st.Checks[0].Finding != nil || st.Checks[1].Finding == nil || len(st.Checks) != 2 {
		t.Errorf("checked again: judged %v, %+v", st.Judged, st.Checks)
	}
	if st = s.tell(done("b", checks.Pass), release.Judged{Verdict: checks.Verdict{Go: true}}); !st.Judged || !st.Verdict.Go ||
		st.Checks[0].Finding.Outcome != checks.Pass {
		t.Errorf("%+v", st.Checks)
	}
}

func TestArtifactsInState(t *testing.T) {
	s := planned()
	a := twoStages().Stages[0].Artifacts[0]
	missing := release.ArtifactMissing{Stage: "package", Artifact: a, Why: text.Clean("404")}
	there := release.ArtifactFound{Stage: "package", Artifact: a, Published: checks.Published{Exists: true, Digest: "d"}}
	if x := s.tell(missing).Stages[0].Artifacts[0]; x.Missing.String() != "404" || x.Published != nil {
		t.Errorf("missing: %+v", x)
	}
	if x := s.tell(there).Stages[0].Artifacts[0]; !x.Missing.IsZero() || x.Published == nil || x.Published.Digest != "d" {
		t.Errorf("found: %+v", x)
	}
	if x := s.tell(release.ArtifactTraced{Stage: "package", Artifact: a, Files: []release.FileTrace{{Size: 3}}}).Stages[0].Artifacts[0]; x.Trace.Files[0].Size != 3 {
		t.Errorf("traced: %+v", x)
	}
	if x := s.tell(missing).Stages[0].Artifacts[0]; x.Published != nil {
		t.Errorf("gone again: %+v", x)
	}
	missing.Unseen = true
	if x := s.tell(missing).Stages[0].Artifacts[0]; x.Looked() || x.Missing.String() != "404" {
		t.Errorf("not seen: %+v", x)
	}
	if x := s.tell(there).Stages[0].Artifacts[0]; !x.Looked() || x.Unseen {
		t.Errorf("seen again: %+v", x)
	}
	if x := s.state.Stages[1].Artifacts[0]; x.Published != nil || !x.Missing.IsZero() {
		t.Errorf("the other stage's: %+v", x)
	}
}

func TestTroubleNotesBudgetAndEnd(t *testing.T) {
	s := planned()
	st := s.tell(release.Retrying{What: text.Clean("runs"), Attempt: 2}, noted("one"), noted("two"),
		release.BudgetChanged{Budget: release.Budget{Requests: 3}})
	if st.Trouble == nil || st.Trouble.Attempt != 2 || len(st.Notes) != 2 || st.Budget.Requests != 3 {
		t.Errorf("%+v", st)
	}
	if st = s.tell(release.Recovered{What: text.Clean("runs")}); st.Trouble != nil {
		t.Errorf("trouble %+v", st.Trouble)
	}
	st = s.tell(release.Retrying{What: text.Clean("runs")}, release.Finished{Outcome: release.Failed})
	if st.Trouble != nil || st.Finished == nil || st.Finished.Outcome != release.Failed {
		t.Errorf("nothing is tried again after the end: %+v, %+v", st.Trouble, st.Finished)
	}
	if st = s.tell(release.RunChanged{Stage: "package"}); st.Finished != nil {
		t.Error("it goes on, and is finished")
	}
}

func TestAnotherPlanStartsOver(t *testing.T) {
	other := release.Plan{Version: "2.11.7", Stages: []release.Stage{{Name: "package", Workflows: []string{"pypi.yml"}}}}
	a := twoStages().Stages[0].Artifacts[0]
	used := planned()
	used.tell(release.CheckStarted{ID: "a"}, release.Judged{Verdict: checks.Verdict{Go: true}}, noted("x"), release.Intended{Stage: "package"},
		release.Claimed{Stage: "package"}, release.Triggered{Stage: "package"}, found(1, "pypi.yml", "queued"),
		release.ArtifactFound{Stage: "package", Artifact: a}, release.StageDone{Stage: "package", Outcome: release.Failed},
		release.Finished{Outcome: release.Failed}, release.PlanReady{Plan: other})
	fresh := &telling{}
	fresh.tell(release.Opened{}, release.PlanReady{Plan: other})
	fresh.state.Seq, fresh.state.Time = used.state.Seq, used.state.Time
	if !reflect.DeepEqual(used.state, fresh.state) {
		t.Errorf("got  %+v\nwant %+v", used.state, fresh.state)
	}
}

func TestApplyIsDeterministicAndKeepsEvents(t *testing.T) {
	for name, events := range map[string][]release.Stamped{
		"clean": recordtest.Clean(), "failed": recordtest.Failed(), "no-go": recordtest.NoGo(), "dry run": recordtest.DryRun(), "tainted": recordtest.Tainted(),
	} {
		before, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		var a, b release.State
		for _, e := range events {
			a.Apply(e)
		}
		for _, e := range events {
			b.Apply(e)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: the same events give two states", name)
		}
		after, err := json.Marshal(events)
		if err != nil || string(before) != string(after) {
			t.Errorf("%s: applying changed the events (%v)", name, err)
		}
	}
}

// TestApplyTakesAnyOrder throws events at a state in any order: whatever a damaged
// record holds, it is folded without a panic, and a stage that is done stays done.
func TestApplyTakesAnyOrder(t *testing.T) {
	events := recordtest.Failed()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		var s release.State
		done := map[string]bool{}
		for range events {
			e := events[r.IntN(len(events))]
			s.Apply(e)
			if _, ok := e.Event.(release.PlanReady); ok {
				clear(done)
			}
			for _, st := range s.Stages {
				if done[st.Stage.Name] && st.Status != release.StageDoneOK && st.Status != release.StageFailed {
					t.Fatalf("seed %d: stage %s was done, and is %s after %s", seed, st.Stage.Name, st.Status, e.Event.Type())
				}
				done[st.Stage.Name] = st.Status == release.StageDoneOK
			}
		}
	}
}
