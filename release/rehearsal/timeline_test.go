package rehearsal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// began is when the runs of these tests begin.
func began() time.Time { return time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC) }

func after(seconds int) time.Time { return began().Add(time.Duration(seconds) * time.Second) }

// task is a job with a queue of 5 s and two steps of 10 s.
func task(key string, needs ...string) jobSpec {
	return jobSpec{Key: key, Name: key, Needs: needs, Queue: 5 * time.Second, Steps: []stepSpec{
		{Name: "one", Run: "one", Duration: 10 * time.Second}, {Name: "two", Run: "two", Duration: 10 * time.Second},
	}}
}

func runOf(jobs ...jobSpec) *simRun {
	for _, j := range jobs {
		for i := range j.Steps {
			j.Steps[i].Publishes = j.Steps[i].recognise()
		}
	}
	return &simRun{ID: 1, Repo: "harbour/harbour", SHA: strings.Repeat("a", 40), Created: began(), Jobs: jobs,
		Attempts: []attempt{{Number: 1, Began: began(), FirstID: 100}}}
}

// show says what a run looks like: status/conclusion and those of each job.
func show(v runView) string {
	parts := []string{strings.Trim(v.Status+"/"+v.Conclusion, "/")}
	for _, j := range v.Jobs {
		parts = append(parts, strings.Trim(j.Key+"="+j.Status+"/"+j.Conclusion, "/"))
	}
	return strings.Join(parts, " ")
}

func TestRunGoesOn(t *testing.T) {
	r := runOf(task("a"), task("b", "a"))
	for at, want := range map[int]string{
		0: "queued a=queued", 4: "queued a=queued", 5: "in_progress a=in_progress", 24: "in_progress a=in_progress",
		25: "in_progress a=completed/success b=queued", 30: "in_progress a=completed/success b=in_progress",
		50: "completed/success a=completed/success b=completed/success",
	} {
		if got := show(r.at(after(at))); got != want {
			t.Errorf("after %d s: %s, want %s", at, got, want)
		}
	}
	v := r.at(after(16))
	if s := v.Jobs[0].Steps; s[0].Conclusion != "success" || s[1].Status != "in_progress" || !s[1].Started.Equal(after(15)) || s[1].Number != 2 {
		t.Errorf("steps %+v", s)
	}
	if v = r.at(after(1000)); !v.Updated.Equal(after(50)) || !v.Started.Equal(began()) || v.Attempt != 1 {
		t.Errorf("%+v", v)
	}
	if v.Jobs[1].ID != 101 || !v.Jobs[1].Created.Equal(after(25)) {
		t.Errorf("%+v", v.Jobs[1])
	}
}

func TestRunFails(t *testing.T) {
	sweep, report := task("sweep", "b"), task("report", "b")
	sweep.OnFailure = true
	report.Skipped, report.OnFailure = true, true
	a := task("a")
	a.Steps = append(a.Steps, stepSpec{Name: "report", Run: "x", Skipped: true, OnFailure: true, Duration: time.Second},
		stepSpec{Name: "three", Run: "three", Duration: time.Second},
		stepSpec{Name: "Post one", OnFailure: true, PostOf: 1}, stepSpec{Name: "Post three", OnFailure: true, PostOf: 4})
	r := runOf(a, task("b", "a"), sweep, report, task("c", "sweep"), task("other"))
	r.Failures = []failure{{Job: "a", Step: "one", Attempt: 1, Lines: []string{"no"}}}
	v := r.at(after(1000))
	want := "completed/failure a=completed/failure b=completed/skipped sweep=completed/success report=completed/success c=completed/skipped other=completed/success"
	if show(v) != want {
		t.Errorf("got  %s\nwant %s", show(v), want)
	}
	var steps []string
	for _, s := range v.Jobs[0].Steps {
		steps = append(steps, s.Conclusion)
	}
	if want := []string{"failure", "skipped", "success", "skipped", "success", "skipped"}; !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
}

func TestTheLastStepFailsUnlessOneIsNamed(t *testing.T) {
	a := task("build a")
	a.Steps = append(a.Steps, stepSpec{Name: "two again", Run: "x", Skipped: true}, stepSpec{Name: "Complete job"})
	for step, want := range map[string]int{"": 1, "one": 0, "two": 1, "three": -1} {
		r := runOf(a)
		r.Failures = []failure{{Job: "build", Step: step}}
		failed := slices.IndexFunc(r.at(after(1000)).Jobs[0].Steps, func(s stepView) bool { return s.Conclusion == "failure" })
		if failed != want {
			t.Errorf("for %q step %d failed, want %d", step, failed, want)
		}
	}
}

func TestToleratedFailure(t *testing.T) {
	a := task("a")
	a.Steps[0].Tolerated = true
	r := runOf(a)
	r.Failures = []failure{{Job: "a", Step: "one"}}
	if v := r.at(after(1000)); v.Conclusion != "success" || v.Jobs[0].Steps[0].Conclusion != "failure" {
		t.Errorf("%s", show(v))
	}
}

func gated() *simRun {
	publish := task("publish", "build")
	publish.Environment = "pypi"
	r := runOf(task("build"), publish, task("announce", "publish"))
	r.Gated = map[string]gate{"pypi": {}}
	return r
}

func TestGate(t *testing.T) {
	r := gated()
	for at, want := range map[int]string{
		24: "in_progress build=in_progress", 25: "waiting build=completed/success publish=waiting",
		90000: "waiting build=completed/success publish=waiting",
	} {
		if v := r.at(after(at)); show(v) != want {
			t.Errorf("after %d s: %s, want %s", at, show(v), want)
		}
	}
	if v := r.at(after(25)); !slices.Equal(v.Waiting, []string{"pypi"}) || v.Jobs[1].Steps != nil {
		t.Errorf("%+v", v)
	}
	r.Answers = []answer{{Environment: "docs", State: "approved", At: after(30)}, {Environment: "pypi", State: "approved", By: "ines", At: after(60)}}
	for at, want := range map[int]string{
		59: "waiting build=completed/success publish=waiting", 60: "in_progress build=completed/success publish=queued",
		65: "in_progress build=completed/success publish=in_progress",
		85: "in_progress build=completed/success publish=completed/success announce=queued",
	} {
		if v := r.at(after(at)); show(v) != want || v.Waiting != nil && at >= 60 {
			t.Errorf("after %d s: %s %v, want %s", at, show(v), v.Waiting, want)
		}
	}
}

func TestGateRejected(t *testing.T) {
	r := gated()
	r.Answers = []answer{{Environment: "pypi", State: "rejected", At: after(40)}}
	v := r.at(after(40))
	if want := "completed/failure build=completed/success publish=completed/failure announce=completed/skipped"; show(v) != want {
		t.Errorf("%s", show(v))
	}
	if !v.Jobs[1].Started.IsZero() || !v.Updated.Equal(after(40)) {
		t.Errorf("%+v", v)
	}
	if _, ok := r.log(v.Jobs[1].ID, after(100)); ok {
		t.Error("a job that was rejected has a log")
	}
}

func TestAnAnswerIsNotForAJobThatComesLater(t *testing.T) {
	r := gated()
	r.Answers = []answer{{Environment: "pypi", State: "approved", At: after(10)}}
	if v := r.at(after(1000)); v.Status != "waiting" {
		t.Errorf("%s", show(v))
	}
}

func TestCancel(t *testing.T) {
	sweep := task("sweep", "b")
	sweep.OnCancel = true
	r := runOf(task("a"), task("b", "a"), sweep)
	r.Attempts[0].Cancel = after(12)
	v := r.at(after(12))
	if show(v) != "in_progress a=completed/cancelled b=completed/skipped sweep=queued" {
		t.Errorf("%s", show(v))
	}
	if s := v.Jobs[0].Steps; s[0].Conclusion != "cancelled" || s[1].Conclusion != "skipped" {
		t.Errorf("%+v", s)
	}
	if v = r.at(after(1000)); show(v) != "completed/cancelled a=completed/cancelled b=completed/skipped sweep=completed/success" {
		t.Errorf("%s", show(v))
	}
	if before := r.at(after(11)); show(before) != "in_progress a=in_progress" {
		t.Errorf("%s", show(before))
	}
	r = gated()
	r.Attempts[0].Cancel = after(60)
	if v = r.at(after(60)); show(v) != "completed/cancelled build=completed/success publish=completed/cancelled announce=completed/skipped" {
		t.Errorf("%s", show(v))
	}
	r = runOf(task("a"))
	r.Attempts[0].Cancel = after(2)
	if v = r.at(after(60)); show(v) != "completed/cancelled a=completed/cancelled" || !v.Jobs[0].Started.IsZero() {
		t.Errorf("%s", show(v))
	}
	r = runOf(task("a"))
	r.Attempts[0].Cancel = after(500)
	if v = r.at(after(600)); v.Conclusion != "success" {
		t.Errorf("a cancel that came too late: %s", show(v))
	}
}

func TestRerunOfFailedJobs(t *testing.T) {
	r := runOf(task("a"), task("b"), task("c", "b"), task("d", "c"))
	r.Failures = []failure{{Job: "b", Attempt: 1}}
	again := r.withDependents(r.at(after(200)), jobView.endedBadly)
	if want := []string{"b", "c", "d"}; !slices.Equal(again, want) {
		t.Fatalf("%v run again, want %v", again, want)
	}
	r.Attempts = append(r.Attempts, attempt{Number: 2, Began: after(200), OnlyOf: again, FirstID: 200})
	if v := r.at(after(199)); v.Attempt != 1 || v.Conclusion != "failure" {
		t.Errorf("before: %s", show(v))
	}
	v := r.at(after(201))
	if show(v) != "queued a=completed/success b=queued" && show(v) != "in_progress a=completed/success b=queued" {
		t.Errorf("%s", show(v))
	}
	v = r.at(after(1000))
	if show(v) != "completed/success a=completed/success b=completed/success c=completed/success d=completed/success" {
		t.Errorf("%s", show(v))
	}
	if v.Jobs[0].ID != 100 || v.Jobs[0].Attempt != 1 || v.Jobs[1].ID != 201 || v.Jobs[1].Attempt != 2 || !v.Started.Equal(after(200)) {
		t.Errorf("%+v", v)
	}
	if log, ok := r.log(101, after(1000)); !ok || !strings.Contains(log, "##[error]") {
		t.Error("the log of the first attempt is gone")
	}
	if log, ok := r.log(201, after(1000)); !ok || strings.Contains(log, "##[error]") {
		t.Error("the second attempt's log is not its own")
	}
	if keys := r.withDependents(r.at(after(1000)), jobView.endedBadly); keys != nil {
		t.Errorf("%v would run again", keys)
	}
}

func TestACancelIsNotForTheNextAttempt(t *testing.T) {
	r := runOf(task("a"))
	r.Attempts[0].Cancel = after(10)
	r.Attempts = append(r.Attempts, attempt{Number: 2, Began: after(100), FirstID: 200})
	if v := r.at(after(50)); v.Conclusion != "cancelled" {
		t.Errorf("%s", show(v))
	}
	if v := r.at(after(500)); v.Conclusion != "success" || v.Attempt != 2 {
		t.Errorf("%s", show(v))
	}
}

func TestRunOfNothing(t *testing.T) {
	skipped := task("a")
	skipped.Skipped = true
	if v := runOf(skipped).at(began()); show(v) != "completed/skipped a=completed/skipped" {
		t.Errorf("%s", show(v))
	}
}

// randomRun is a run of up to ten jobs with needs, failures, gates, answers, a cancel
// and a second attempt.
func randomRun(rng *rand.Rand) *simRun {
	r := runOf()
	r.Gated = map[string]gate{"e0": {}}
	for i := range 1 + rng.IntN(10) {
		j := jobSpec{Key: fmt.Sprint("j", i), Name: fmt.Sprint("job ", i), Queue: time.Duration(rng.IntN(9)) * time.Second,
			Skipped: rng.IntN(8) == 0, OnFailure: rng.IntN(4) == 0, OnCancel: rng.IntN(4) == 0}
		for k := range i {
			if rng.IntN(3) == 0 {
				j.Needs = append(j.Needs, fmt.Sprint("j", k))
			}
		}
		if rng.IntN(3) == 0 {
			j.Environment = fmt.Sprint("e", rng.IntN(2))
		}
		for s := range rng.IntN(5) {
			j.Steps = append(j.Steps, stepSpec{Name: fmt.Sprint("step ", s), Run: "x", Skipped: rng.IntN(6) == 0,
				OnFailure: rng.IntN(3) == 0, Duration: time.Duration(rng.IntN(60)) * time.Second})
		}
		r.Jobs = append(r.Jobs, j)
		if rng.IntN(5) == 0 {
			r.Failures = append(r.Failures, failure{Job: j.Name, Attempt: rng.IntN(3)})
		}
	}
	for range rng.IntN(4) {
		state := []string{"approved", "rejected"}[rng.IntN(4)/3]
		r.Answers = append(r.Answers, answer{Environment: "e0", State: state, At: after(rng.IntN(400))})
	}
	slices.SortFunc(r.Answers, func(a, b answer) int { return a.At.Compare(b.At) })
	if rng.IntN(4) == 0 {
		r.Attempts[0].Cancel = after(rng.IntN(300))
	}
	return r
}

// rank orders statuses: none may be followed by an earlier one. waiting can become
// queued again once it was answered.
func rank(status string) int {
	return slices.Index([]string{"", "waiting", "queued", "in_progress", "completed"}, status)
}

func TestRunsOnlyGoForward(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := randomRun(rng)
		last := map[string]jobView{}
		var lastRun runView
		for at := 0; at < 900; at += 1 + rng.IntN(20) {
			now := after(at)
			v := r.at(now)
			if lastRun.Status == "completed" && v.Status != "completed" || v.Updated.Before(lastRun.Updated) || v.Updated.After(now) {
				t.Fatalf("seed %d at %d: the run went from %+v to %+v", seed, at, lastRun, v)
			}
			for _, j := range v.Jobs {
				old := last[j.Key]
				if rank(j.Status) < rank(old.Status) || old.Status == "completed" && fmt.Sprint(old) != fmt.Sprint(j) {
					t.Fatalf("seed %d at %d: %s went from %+v to %+v", seed, at, j.Key, old, j)
				}
				last[j.Key] = j
				checkJob(t, v, j, r, now)
			}
			if len(v.Jobs) < len(lastRun.Jobs) {
				t.Fatalf("seed %d at %d: a job is gone", seed, at)
			}
			lastRun = v
		}
	}
}

// checkJob holds a job against the run that it is of.
func checkJob(t *testing.T, v runView, j jobView, r *simRun, now time.Time) {
	t.Helper()
	if j.Created.Before(v.Started) || j.Completed.After(v.Updated) || j.Completed.After(now) || !j.Started.IsZero() && j.Started.Before(j.Created) {
		t.Fatalf("%+v is not inside its run %v–%v", j, v.Started, v.Updated)
	}
	if (j.Status == "completed") != (j.Conclusion != "") || (v.Status == "completed") != (v.Conclusion != "") {
		t.Fatalf("%+v in %s", j, show(v))
	}
	if v.Status == "completed" && j.Status != "completed" {
		t.Fatalf("%s is completed without %s", show(v), j.Key)
	}
	spec := r.Jobs[slices.IndexFunc(r.Jobs, func(s jobSpec) bool { return s.Key == j.Key })]
	for _, n := range spec.Needs {
		i := slices.IndexFunc(v.Jobs, func(o jobView) bool { return o.Key == n })
		if i < 0 || v.Jobs[i].Status != "completed" || v.Jobs[i].Completed.After(j.Created) {
			t.Fatalf("%s is there before %s, which it needs, is completed: %s", j.Key, n, show(v))
		}
	}
	from := j.Started
	for _, s := range j.Steps {
		if s.Status != "queued" && s.Started.Before(from) || s.Completed.After(now) {
			t.Fatalf("step %+v of %+v", s, j)
		}
		if s.Status == "completed" {
			from = s.Completed
		}
	}
	if j.Status == "completed" && !j.Started.IsZero() && from.After(j.Completed) {
		t.Fatalf("%+v is completed before its steps", j)
	}
	if _, ok := r.log(j.ID, now); ok != (j.Status == "completed" && !j.Started.IsZero()) {
		t.Fatalf("log of %+v: %v", j, ok)
	}
}
