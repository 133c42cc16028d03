package rehearsal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"twokey/release"
)

// TestAnAttemptKeepsItsPast holds because what a person saw happen must not look
// different after the next attempt.
func TestAnAttemptKeepsItsPast(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	run := c.repo() + "/actions/runs/" + c.runs(sha, "harbour-2.11.6").runID("publish-pypi.yml")
	c.pass(20 * time.Second)
	c.post(run+"/cancel", nil).want(202)
	c.pass(10 * time.Minute)
	before := c.get(run + "/attempts/1/jobs").want(200).text
	c.post(run+"/rerun", nil).want(201)
	c.pass(20 * time.Second)
	if again := c.get(run + "/attempts/1/jobs").want(200).text; again != before {
		t.Errorf("the first attempt was\n%s\nand is\n%s", before, again)
	}
	c.post(run+"/rerun", nil).want(403)
	c.post(run+"/cancel", nil).want(202)
	c.pass(10 * time.Minute)
	for _, path := range []string{"", "/attempts/1", "/attempts/2"} {
		if got := c.get(run + path).at("conclusion"); got != "cancelled" {
			t.Errorf("%s ended with %v", path, got)
		}
	}
}

func TestACancelBetweenTwoJobsIsSeen(t *testing.T) {
	always := task("always", "a")
	always.OnCancel = true
	never := task("never", "a")
	never.Skipped = true
	r := runOf(task("a"), task("b", "a"), task("c", "b"), always, never)
	r.Attempts[0].Cancel = after(25) // the moment at which a ends
	want := "completed/cancelled a=completed/success b=completed/cancelled c=completed/skipped always=completed/success never=completed/skipped"
	if got := show(r.at(after(500))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if again := r.withDependents(r.at(after(500)), jobView.endedBadly); !slices.Equal(again, []string{"b", "c"}) {
		t.Errorf("%v run again", again)
	}
}

// TestACancelledRunNeverEndsWell cancels runs at any moment.
func TestACancelledRunNeverEndsWell(t *testing.T) {
	for seed := range uint64(300) {
		r := randomRun(rand.New(rand.NewPCG(seed, 2)))
		r.Attempts[0].Cancel = time.Time{}
		r.Failures = nil
		for i := range r.Jobs {
			r.Jobs[i].OnCancel, r.Jobs[i].Skipped = false, false
		}
		for at := range 60 {
			again := *r
			again.Attempts = slices.Clone(r.Attempts)
			now := after(at)
			if r.at(now).Status == "completed" {
				break
			}
			again.Attempts[0].Cancel = now
			v := again.at(after(5000))
			if v.Status != "completed" || v.Conclusion == "success" || v.Conclusion == "skipped" {
				t.Fatalf("seed %d, cancelled after %d s: %s", seed, at, show(v))
			}
		}
	}
}

// TestNothingRunsBeforeItsAnswer holds for every job with a gate: without an answer
// it never starts, with one not before it, and after a rejection not at all.
func TestNothingRunsBeforeItsAnswer(t *testing.T) {
	for seed := range uint64(400) {
		r := randomRun(rand.New(rand.NewPCG(seed, 3)))
		for _, j := range r.at(after(5000)).Jobs {
			if j.Environment != "e0" || j.Started.IsZero() {
				continue
			}
			i := slices.IndexFunc(r.Answers, func(a answer) bool { return !a.At.Before(j.Created) })
			if i < 0 || r.Answers[i].State != "approved" || j.Started.Before(r.Answers[i].At) {
				t.Fatalf("seed %d: %+v began with the answers %+v", seed, j, r.Answers)
			}
		}
		r.Answers = nil
		for _, j := range r.at(after(5000)).Jobs {
			if j.Environment == "e0" && !j.Started.IsZero() {
				t.Fatalf("seed %d: %+v began without an answer", seed, j)
			}
		}
	}
}

// TestRerunKeepsWhatEndedWell runs what failed again, and looks at the rest.
func TestRerunKeepsWhatEndedWell(t *testing.T) {
	tried := 0
	for seed := range uint64(400) {
		r := randomRun(rand.New(rand.NewPCG(seed, 4)))
		r.Gated = nil
		before := r.at(after(5000))
		keys := r.withDependents(before, jobView.endedBadly)
		if len(keys) == 0 {
			continue
		}
		tried++
		r.Attempts = append(r.Attempts, attempt{Number: 2, Began: after(5000), OnlyOf: keys, FirstID: 5000})
		v := r.at(after(10_000))
		for i, j := range v.Jobs {
			if !slices.Contains(keys, j.Key) && fmt.Sprint(j) != fmt.Sprint(before.Jobs[slices.IndexFunc(before.Jobs, func(o jobView) bool { return o.Key == j.Key })]) {
				t.Fatalf("seed %d: %+v is not what it was", seed, j)
			}
			if slices.Contains(keys, j.Key) && (j.Attempt != 2 || j.Created.Before(after(5000)) || j.ID < 5000) {
				t.Fatalf("seed %d: job %d, %+v, is not of the second attempt", seed, i, j)
			}
		}
		if fmt.Sprint(r.attemptView(1, after(10_000))) != fmt.Sprint(before) {
			t.Fatalf("seed %d: the first attempt is not what it was", seed)
		}
	}
	if tried < 50 {
		t.Errorf("only %d runs failed", tried)
	}
}

// TestSeveralAttemptsCanBeCancelled gives each attempt its own end.
func TestSeveralAttemptsCanBeCancelled(t *testing.T) {
	r := runOf(task("a"))
	r.Attempts[0].Cancel = after(7)
	r.Attempts = append(r.Attempts, attempt{Number: 2, Began: after(100), FirstID: 200, Cancel: after(110)},
		attempt{Number: 3, Began: after(200), FirstID: 300})
	for number, want := range map[int]string{1: "cancelled", 2: "cancelled", 3: "success"} {
		if v := r.attemptView(number, after(1000)); v.Conclusion != want || v.Attempt != number {
			t.Errorf("attempt %d: %s, want %s", number, show(v), want)
		}
	}
}

// TestWhatIsPublishedStays runs the job again that published something.
func TestWhatIsPublishedStays(t *testing.T) {
	upload := task("upload")
	upload.Steps[1].Run = "twine upload dist/*"
	r := runOf(upload)
	r.Failures = []failure{{Job: "upload", Attempt: 2}}
	r.Attempts = append(r.Attempts, attempt{Number: 2, Began: after(100), FirstID: 200})
	for at, want := range map[int]time.Time{24: {}, 25: after(25), 101: after(25), 1000: after(25)} {
		if got := jobsDone(r, release.KindPyPI, after(at)); !got.Equal(want) {
			t.Errorf("after %d s it is published since %v, want %v", at, got, want)
		}
		if got := runDone(r, after(at)); !got.Equal(want) {
			t.Errorf("after %d s the run is done since %v, want %v", at, got, want)
		}
	}
	if got := jobsDone(r, release.KindImage, after(1000)); !got.IsZero() {
		t.Errorf("an image that no job pushes is there since %v", got)
	}
}
