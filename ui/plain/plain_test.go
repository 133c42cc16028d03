package plain

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// replay shows a record as lines.
func replay(rec []release.Stamped, opts Options) string {
	var b bytes.Buffer
	p := New(&b, opts)
	s := new(release.State)
	for _, e := range rec {
		s.Apply(e)
		p.Handle(e, s)
	}
	return b.String()
}

// stamp makes a record of events that happen a second apart.
func stamp(events ...release.Event) []release.Stamped {
	var rec []release.Stamped
	for i, e := range events {
		rec = append(rec, release.Stamped{Seq: uint64(i + 1), Time: recordtest.Start().Add(time.Duration(i) * time.Second), Event: e})
	}
	return rec
}

func TestGolden(t *testing.T) {
	tests := []struct {
		name string
		rec  []release.Stamped
		opts Options
	}{
		{"clean", recordtest.Clean(), Options{}},
		{"failed", recordtest.Failed(), Options{}},
		{"nogo", recordtest.NoGo(), Options{}},
		{"dryrun", recordtest.DryRun(), Options{}},
		{"failed-ascii", recordtest.Failed(), Options{ASCII: true}},
		{"tainted", recordtest.Tainted(), Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := replay(tt.rec, tt.opts)
			file := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s (go test -update writes it):\n%s", file, got)
			}
		})
	}
}

// Every line is plain: nothing that a terminal obeys, nothing that hides.
func TestNothingRawIsWritten(t *testing.T) {
	evil := "a\x1b[2Jb\x1b]0;title\x07c\u202ed\u200be\r\nf\x9bg\x00"
	hostile := text.Clean(evil)
	run := release.Run{ID: 1, Number: 2, Attempt: 1, Workflow: evil, Name: hostile, Status: "completed", Conclusion: evil}
	stage := release.Stage{Name: evil, Repo: release.Repo{Owner: evil, Name: evil}, Trigger: release.Trigger(evil), Tag: evil,
		Workflows: []string{evil}, SHA: evil, Needs: []string{evil},
		Artifacts: []release.Artifact{{Kind: release.ArtifactKind(evil), Name: evil}}}
	art := stage.Artifacts[0]
	rec := stamp(
		release.Opened{Repo: release.Repo{Host: evil, Owner: evil, Name: evil}, Viewer: hostile, Scenario: hostile, Rehearsal: true},
		release.PlanReady{Plan: release.Plan{Tag: evil, Line: evil, SHA: evil, Source: evil, Version: evil,
			Stages: []release.Stage{stage}, Notes: []text.Safe{hostile}}},
		release.CheckDone{Finding: checks.Finding{ID: evil, Summary: hostile, Remedy: evil, Outcome: checks.Outcome(evil)}},
		release.CallsReady{Calls: []release.Call{{Kind: release.CallDispatch, Stage: evil, Ref: evil, Workflow: evil,
			Message: evil, Inputs: map[string]string{evil: evil}}}},
		release.Intended{Stage: evil, Calls: []release.Call{{Kind: release.CallKind(evil)}}},
		release.Claimed{Stage: evil, Ref: evil, SHA: evil, By: hostile},
		release.Triggered{Stage: evil, Trigger: release.Trigger(evil), URL: hostile},
		release.RunFound{Stage: evil, Run: run},
		release.JobChanged{Stage: evil, Job: release.Job{ID: 3, RunID: 1, Name: hostile, Status: "completed", Conclusion: evil}},
		release.StepChanged{Stage: evil, RunID: 1, JobID: 3, Step: release.Step{Name: hostile, Status: "completed", Conclusion: evil}},
		release.LogChunk{Stage: evil, RunID: 1, Job: hostile, Failed: true, Lines: []text.Safe{hostile}},
		release.LogChunk{Stage: evil, RunID: 1, Job: hostile, Failed: true, Missing: hostile},
		release.ApprovalNeeded{Stage: evil, RunID: 1, Gate: release.Gate{Environment: hostile, Reviewers: []checks.Reviewer{{Name: hostile}}}},
		release.Approved{Stage: evil, RunID: 1, Approval: release.Approval{By: hostile, State: evil, Environments: []text.Safe{hostile}, Comment: hostile}},
		release.Retrying{What: hostile, Cause: hostile},
		release.Recovered{What: hostile},
		release.ArtifactFound{Stage: evil, Artifact: art, Published: checks.Published{URL: hostile}},
		release.ArtifactMissing{Stage: evil, Artifact: art, Why: hostile},
		release.ArtifactTraced{Stage: evil, Artifact: art, Why: text.Clean(evil), Files: []release.FileTrace{{Name: text.Clean(evil), Words: text.Clean(evil)}, {Name: text.Clean(evil), Why: text.Clean(evil)}}},
		release.ArtifactsChecked{Stage: evil, Finding: checks.Finding{ID: evil, Outcome: checks.Fail, Summary: text.Clean(evil), Remedy: evil}},
		release.StageDone{Stage: evil, Outcome: release.Outcome(evil), Why: hostile},
		release.Noted{Text: hostile},
		release.Finished{Outcome: release.Outcome(evil), Why: hostile, Hint: hostile, Tag: evil,
			Stages: []release.StageEnd{{Stage: evil, Repo: evil, State: release.StageStatus(evil),
				Found: []release.ArtifactLine{{Artifact: evil, URL: hostile}}}}},
	)
	got := replay(rec, Options{})
	if !utf8.ValidString(got) {
		t.Error("the lines are not valid UTF-8")
	}
	for _, r := range got {
		if r != '\n' && !unicode.IsGraphic(r) {
			t.Fatalf("%U is written raw in:\n%q", r, got)
		}
	}
	if again := cleanLines(got); again != got {
		t.Errorf("cleaning the lines once more changes them:\n%q\n%q", again, got)
	}
}

func cleanLines(s string) string {
	var b strings.Builder
	for l := range strings.Lines(s) {
		b.WriteString(text.Clean(strings.TrimSuffix(l, "\n")).String() + "\n")
	}
	return b.String()
}

// Each type of event that has no line of its own is named here: a new type has
// to be thought about.
func TestEveryEventIsShownOrQuiet(t *testing.T) {
	quiet := map[string]bool{
		"check.started": true, "budget.changed": true, // nobody needs them
		"artifact.reading": true,                        // it scrolls away by itself
		"artifact.traced":  true,                        // empty: no file was there
		"call.sending":     true, "call.answered": true, // stage.intended has said it
		"step.changed": true, "log.chunk": true, "job.changed": true, "run.changed": true, // empty: nothing ended
	}
	for _, e := range release.EventTypes() {
		got := replay(stamp(e), Options{})
		if quiet[e.Type()] != (got == "") {
			t.Errorf("%s: quiet is %v, but it wrote %q", e.Type(), quiet[e.Type()], got)
		}
	}
}

func TestJobsAndRunsAreSaidOnce(t *testing.T) {
	run := release.Run{ID: 1, Number: 7, Attempt: 1, Workflow: "publish.yml", Status: "in_progress"}
	over := run
	over.Status, over.Conclusion = "completed", "failure"
	again := run
	again.Attempt = 2
	job := release.Job{ID: 5, RunID: 1, Name: text.Clean("build"), Status: "in_progress"}
	ended := job
	ended.Status, ended.Conclusion = "completed", "success"
	queued := job
	queued.Status = "queued"
	got := replay(stamp(
		release.RunFound{Stage: "deb", Run: run},
		release.RunChanged{Stage: "deb", Run: run},
		release.JobChanged{Stage: "deb", Job: queued},
		release.JobChanged{Stage: "deb", Job: job},
		release.JobChanged{Stage: "deb", Job: job},
		release.JobChanged{Stage: "deb", Job: ended},
		release.JobChanged{Stage: "deb", Job: ended},
		release.RunChanged{Stage: "deb", Run: over},
		release.RunChanged{Stage: "deb", Run: over},
		release.RunChanged{Stage: "deb", Run: again},
	), Options{})
	want := []string{
		"publish.yml #7  run found",
		"publish.yml #7  build  running",
		"publish.yml #7  build  done",
		"publish.yml #7  run failed",
		"publish.yml #7  run started again, attempt 2",
	}
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%s", len(lines), len(want), got)
	}
	for i := range want {
		if !strings.HasSuffix(lines[i], want[i]) {
			t.Errorf("line %d is %q, want it to end in %q", i, lines[i], want[i])
		}
	}
}

func TestFailedLogShowsItsEnd(t *testing.T) {
	var lines []text.Safe
	for i := range 30 {
		lines = append(lines, text.Cleanf("line %d", i+811))
	}
	chunk := release.LogChunk{Stage: "deb", Job: text.Clean("build"), Lines: lines, First: 811, Total: 840, Failed: true}
	got := replay(stamp(chunk), Options{})
	if !strings.Contains(got, "log, lines 829 to 840 of 840:") || !strings.Contains(got, "840 | line 840") {
		t.Errorf("the end of the log is not there:\n%s", got)
	}
	if strings.Contains(got, "828 |") || strings.Count(got, "\n") != 13 {
		t.Errorf("more than the last 12 lines:\n%s", got)
	}
	chunk.Failed = false
	if got := replay(stamp(chunk), Options{}); got != "" {
		t.Errorf("a log of a job that went well is shown:\n%s", got)
	}
}

func TestApprovalSaysWhoAndHow(t *testing.T) {
	gate := release.Gate{Environment: text.Clean("pypi"), Reviewers: []checks.Reviewer{
		{Name: text.Clean("ines")}, {Name: text.Clean("release"), Team: true}}}
	plan := release.PlanReady{Plan: release.Plan{Version: "2.11.6"}}
	for _, can := range []bool{true, false} {
		gate.CanApprove = can
		got := replay(stamp(plan, release.ApprovalNeeded{Stage: "package", Gate: gate}), Options{})
		for _, want := range []string{"waiting for approval: pypi", "one of ines, team release", "twokey attach 2.11.6"} {
			if !strings.Contains(got, want) {
				t.Errorf("can approve %v: no %q in:\n%s", can, want, got)
			}
		}
		if strings.Contains(got, "you may approve") != can {
			t.Errorf("can approve is %v, but it says:\n%s", can, got)
		}
	}
}

func TestConclusion(t *testing.T) {
	g := glyphsFor(false)
	for c, want := range map[string]string{
		"success": g.pass, "neutral": g.note, "skipped": g.note, "failure": g.fail, "cancelled": g.fail,
		"timed_out": g.fail, "startup_failure": g.fail, "action_required": g.fail, "": g.unknown, "new word": g.fail,
	} {
		if got, word := g.conclusion(c); got != want || word == "" {
			t.Errorf("conclusion %q is %q %q, want %q and a word", c, got, word, want)
		}
	}
}

func TestStanding(t *testing.T) {
	waiver := &checks.Waiver{Reason: text.Clean("tracked")}
	tests := []struct {
		f    checks.Finding
		want string
	}{
		{checks.Finding{Severity: checks.SeverityBlock, Outcome: checks.Pass}, "pass"},
		{checks.Finding{Severity: checks.SeverityBlock, Outcome: checks.NotApplicable}, "n/a"},
		{checks.Finding{Severity: checks.SeverityBlock, Outcome: checks.Fail}, "block"},
		{checks.Finding{Severity: checks.SeverityBlock, Outcome: checks.Fail, Waiver: waiver}, "waived"},
		{checks.Finding{Severity: checks.SeverityBlock, Outcome: checks.Unknown}, "unknown"},
		{checks.Finding{Severity: checks.SeverityBlock, Outcome: checks.Warn}, "warn"},
		{checks.Finding{Severity: checks.SeverityWarn, Outcome: checks.Fail}, "warn"},
		{checks.Finding{Severity: checks.SeverityInfo, Outcome: checks.Warn}, "info"},
		{checks.Finding{Severity: checks.SeverityInfo, Outcome: checks.Unknown}, "unknown"},
		{checks.Finding{Severity: checks.SeverityBlock, Outcome: "new"}, "block"},
	}
	for _, tt := range tests {
		if got := Standing(tt.f); got != tt.want {
			t.Errorf("%s %s stands as %q, want %q", tt.f.Severity, tt.f.Outcome, got, tt.want)
		}
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0:00", 400 * time.Millisecond: "0:00", 600 * time.Millisecond: "0:01", 59*time.Second + 700*time.Millisecond: "1:00",
		64 * time.Second: "1:04", time.Hour: "1:00:00", time.Hour + 2*time.Minute + 10*time.Second: "1:02:10",
	} {
		if got := Clock(d); got != want {
			t.Errorf("Clock(%s) = %q, want %q", d, got, want)
		}
	}
}

// brokenPipe takes a number of writes, then no more.
type brokenPipe struct{ left, tries int }

var errPipe = errors.New("broken pipe")

func (b *brokenPipe) Write(p []byte) (int, error) {
	b.tries++
	if b.left--; b.left < 0 {
		return 0, errPipe
	}
	return len(p), nil
}

func TestBrokenPipeIsToldOnce(t *testing.T) {
	pipe := &brokenPipe{left: 3}
	var told []error
	p := New(pipe, Options{Broken: func(err error) { told = append(told, err) }})
	s := new(release.State)
	for _, e := range recordtest.Clean() {
		s.Apply(e)
		p.Handle(e, s)
	}
	if len(told) != 1 || !errors.Is(told[0], errPipe) {
		t.Errorf("told %v, want the error once", told)
	}
	if pipe.tries != 4 {
		t.Errorf("wrote %d times, want 4: nothing after the failure", pipe.tries)
	}
}

func TestOrigin(t *testing.T) {
	for source, want := range map[string]string{"twokey.yml": "from twokey.yml", "discovered": "discovered, without a twokey.yml"} {
		if got := Origin(release.Plan{Source: source}); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

// What a failed job is annotated with stands below the end of its log, unless the
// log says it; a job that never ran has nothing else to show.
func TestAnnotationsAreShown(t *testing.T) {
	note := func(message string) release.Annotation {
		return release.Annotation{Level: "failure", Message: text.Clean(message), Path: text.Clean("setup.py"), Line: 3}
	}
	chunk := release.LogChunk{Stage: "deb", Job: text.Clean("build"), Failed: true, First: 1, Total: 1,
		Lines: text.CleanAll([]string{"no space left"}), Annotations: []release.Annotation{note("no space left"), note("a syntax error")}}
	got := replay(stamp(chunk), Options{})
	if strings.Count(got, "no space left") != 1 || !strings.Contains(got, "annotated as failure: setup.py:3: a syntax error") {
		t.Errorf("shown as\n%s", got)
	}
	chunk.Lines = nil
	got = replay(stamp(chunk), Options{})
	if !strings.Contains(got, "failed before it began") || strings.Count(got, "annotated as") != 2 || strings.Contains(got, "log") {
		t.Errorf("without a log it is shown as\n%s", got)
	}
	chunk.Annotations = slices.Repeat(chunk.Annotations, 5)
	if got = replay(stamp(chunk), Options{}); strings.Count(got, "annotated as") != remarkLines {
		t.Errorf("too many annotations:\n%s", got)
	}
}

// How a gate is answered depends on who asks, and on whether another terminal can
// get into the world at all.
func TestHowAGateIsAnswered(t *testing.T) {
	for _, tt := range []struct {
		name, command  string
		ends, can      bool
		want, wantsNot string
	}{
		{"you", "", false, true, "you may approve it: run `twokey attach 2.11.6` in a terminal", "nobody"},
		{"others", "", false, false, "nobody can approve it with this token; whoever may: run `twokey attach 2.11.6` in a terminal", "you may"},
		{"a served world", "twokey rehearse --connect unix:w", false, true,
			"you may approve it: run `twokey rehearse --connect unix:w attach 2.11.6` in a terminal", "--listen"},
		{"a world of its own", "twokey rehearse", true, true,
			"no other terminal can join this rehearsal to approve it; rehearse in the console with `twokey rehearse`, " +
				"or serve a world for several terminals with `twokey rehearse --listen unix:PATH`", "you may"},
		{"others of a world of its own", "twokey rehearse", true, false, "nobody can approve it with this token: it waits for them", "--listen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := release.State{Plan: release.Plan{Version: "2.11.6"}}
			s.Opened = release.Opened{Command: text.Clean(tt.command), Ends: tt.ends}
			got := New(io.Discard, Options{}).answering(release.Gate{CanApprove: tt.can}, &s)
			if got != tt.want || strings.Contains(got, tt.wantsNot) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
