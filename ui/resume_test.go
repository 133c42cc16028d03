package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// begunBefore are stages of the records' plan that somebody started; of the last
// one the last artifact is not published when half is set.
func begunBefore(half bool, stages ...string) []release.Begun {
	var out []release.Begun
	for i, name := range stages {
		st, _ := recordtest.Fold(recordtest.Clean()).Plan.Stage(name)
		b := release.Begun{Stage: name, Claim: release.Claimed{Stage: name, By: text.Clean("ines"), At: recordtest.Start().Add(-time.Hour)}}
		for k, a := range st.Artifacts {
			s := release.ArtifactState{Artifact: a}
			if s.Published = new(checks.Published); half && i == len(stages)-1 && k == len(st.Artifacts)-1 {
				s.Published, s.Missing = nil, text.Clean("not there")
			}
			b.Artifacts = append(b.Artifacts, s)
		}
		out = append(out, b)
	}
	return out
}

// callsBut are the calls of the records' plan without those of some stages.
func callsBut(stages ...string) []release.Call {
	return slices.DeleteFunc(recordtest.Calls(), func(c release.Call) bool { return slices.Contains(stages, c.Stage) })
}

// resuming takes a console to the confirmation of a release that was begun.
func resuming(t *testing.T, half bool, stages ...string) *harness {
	t.Helper()
	rec := recordtest.Clean()
	h := prepare(t, Options{Resume: true, Want: release.Want{Version: "2.11.6"}}, rec, "in flight 2.11.6", "check", "resume")
	h.engine.begun, h.engine.sends = begunBefore(half, stages...), callsBut(stages...)
	h.run(h.m.Init())
	h.press("enter")
	h.unguard()
	if h.m.screen != onConfirm {
		t.Fatalf("not at the confirmation:\n%s", h.m.View())
	}
	return h
}

// A release that is gone on with is confirmed in words of its own: what was
// started before, what is sent now, and what is sent later.
func TestConfirmingAResumedRelease(t *testing.T) {
	for _, tt := range []struct {
		name      string
		half      bool
		begun     []string
		want, not []string
	}{
		{"the first stage is published", false, []string{"package"},
			[]string{"Go on with ckan 2.11.6", "package  ckan/ckan  by ines on 2026-08-14 08:00 UTC", "✓ published     pypi ckan 2.11.6", "enter go on",
				"These 5 calls are sent, and no others", "ckan-packaging/…  now", "Type the tag to go on with it", "This session has sent nothing"},
			[]string{"Release ckan", "once package is done", "can be yanked", "Nothing has been sent so far"}},
		{"the first stage may go on", true, []string{"package"},
			[]string{"✓ published     pypi ckan 2.11.6", "◌ not published github-release ckan-2.11.6", "once package is done"},
			[]string{"  now"}},
		{"one stage is left", false, []string{"package", "deb"}, []string{"These 3 calls are sent", "docker"},
			[]string{"deb  POST"}},
		{"all of it is published", false, []string{"package", "deb", "docker"},
			[]string{"All of it is published. Nothing is left to send."}, []string{"Type the tag", "was started."}},
		{"nothing is left", true, []string{"package", "deb", "docker"},
			[]string{"Every stage was started. Nothing is left to send.", "Press enter to watch it to its end.", "enter watch"},
			[]string{"Type the tag", "0 calls", "can not be undone", "Published, once"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := resuming(t, tt.half, tt.begun...)
			h.m.height = 60
			view := h.m.View()
			for _, want := range tt.want {
				if !strings.Contains(view, want) {
					t.Errorf("no %q:\n%s", want, view)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(view, not) {
					t.Errorf("%q is said:\n%s", not, view)
				}
			}
		})
	}
}

// What nobody looked at is named before the tag is typed, at any size without
// scrolling, and a plan that names no artifact says what that means.
func TestTheConfirmationNamesWhatIsOpen(t *testing.T) {
	m := confirming(t)
	for i := range m.state.Plan.Stages {
		m.state.Plan.Stages[i].Artifacts = nil
	}
	f := *m.state.Checks[0].Finding
	f.ID, f.Summary, f.Outcome, f.Severity = "own.manual", text.Clean("nobody ticked it"), checks.Unknown, checks.SeverityWarn
	m.state.Checks[0].Finding = &f
	m.width, m.height = 80, 60
	holds(t, m.View(), []string{"! Unknown: own.manual  nobody ticked it", "! Warns: gov.satisfiable",
		"The plan names no artifact: nothing that is published will be looked at."}, []string{"Published, once"})
	m.width, m.height = 40, 20
	holds(t, m.View(), []string{"! Unknown: own.manual"}, nil)
}

// The tag is the key while any call is left to send, now or later.
func TestTheKeyOfAResumedRelease(t *testing.T) {
	h := resuming(t, false, "package")
	if h.press("enter"); h.engine.count("resume") != 0 {
		t.Fatal("gone on without the tag")
	}
	if h.press("ckan-2.11.6", "enter"); h.engine.count("resume") != 1 {
		t.Errorf("asked %q", h.engine.calls)
	}
	h = resuming(t, true, "package", "deb", "docker")
	if h.press("x", "enter"); h.engine.count("resume") != 1 {
		t.Errorf("asked %q", h.engine.calls)
	}
}

// unfinishedLine is a console at the choice of a version, where the line's last
// release stopped half way.
func unfinishedLine(t *testing.T, allow ...string) *harness {
	t.Helper()
	h := start(t, Options{}, recordtest.Clean(), append(allow, "survey")...)
	h.m.plan.survey.Lines[0].Unfinished = &release.Unfinished{Version: "2.11.5", Stages: []string{"deb", "docker"},
		By: text.Clean("ines"), At: recordtest.Start()}
	return h
}

// What stopped half way comes first: it is shown, it is the first choice, and
// enter goes on with it as --resume does.
func TestAnUnfinishedReleaseComesFirst(t *testing.T) {
	h := unfinishedLine(t, "in flight 2.11.5", "check", "resume")
	h.engine.begun, h.engine.sends = begunBefore(false, "package"), callsBut("package")
	holds(t, h.m.View(), []string{"! unfinished", "resume 2.11.5  deb and docker are not started; begun by ines, 2026-08-14"}, nil)
	h.m.plan.survey.Lines[0].Active = make([]release.Run, 1)
	holds(t, h.m.View(), []string{"! unfinished, 1 run"}, nil)
	h.m.plan.survey.Lines[0].Active = nil
	h.press("enter", "enter")
	if !slices.Equal(h.engine.calls, []string{"survey", "in flight 2.11.5", "check"}) || h.m.screen != onPreflight {
		t.Fatalf("asked %q:\n%s", h.engine.calls, h.m.View())
	}
	h.press("enter")
	h.unguard()
	holds(t, h.m.View(), []string{"Go on with ckan"}, nil)
	if h.press("ckan-2.11.6", "enter"); h.engine.count("resume") != 1 || h.engine.count("release") != 0 {
		t.Errorf("asked %q", h.engine.calls)
	}
}

// A release that failed comes before what is left of it: enter looks at it, where its
// failed jobs can be run again.
func TestAReleaseThatFailedIsLookedAtFirst(t *testing.T) {
	h := unfinishedLine(t, "in flight 2.11.5", "attach")
	l := &h.m.plan.survey.Lines[0]
	l.Failed = []release.FailedStage{{Stage: "package", Why: text.Clean("ines rejected pypi"), RejectedBy: text.Clean("ines")}}
	holds(t, h.m.View(), []string{"✗ failed", "attach 2.11.5  failed: stage package: ines rejected pypi",
		"resume 2.11.5  deb and docker are not started"}, []string{"! unfinished"})
	h.press("enter")
	holds(t, h.m.View(), []string{"enter watch it"}, nil)
	h.press("enter")
	if want := []string{"survey", "in flight 2.11.5", "attach"}; !slices.Equal(h.engine.calls, want) || h.m.screen != onRelease {
		t.Errorf("asked %q, on screen %v", h.engine.calls, h.m.screen)
	}
}

// A release that runs is no unfinished one: it is shown as in flight, and enter
// watches it, from which nothing is ever sent. Going on with it is the second choice.
func TestAReleaseInFlightIsWatchedFirst(t *testing.T) {
	for _, down := range []bool{false, true} {
		h := unfinishedLine(t, "in flight 2.11.5", "attach", "check")
		l := &h.m.plan.survey.Lines[0]
		l.Active = []release.Run{{Branch: text.Clean(l.LastTag)}}
		holds(t, h.m.View(), []string{"in flight, 1 run", "attach 2.11.5  in flight: watch it", "resume 2.11.5"}, []string{"unfinished"})
		h.press("enter")
		holds(t, h.m.View(), []string{"enter watch it"}, nil)
		if down {
			h.press("down")
			holds(t, h.m.View(), []string{"enter go on with it"}, nil)
		}
		h.press("enter")
		want, screen := []string{"survey", "in flight 2.11.5", "attach"}, onRelease
		if down {
			want, screen = []string{"survey", "in flight 2.11.5", "check"}, onPreflight
		}
		if !slices.Equal(h.engine.calls, want) || h.m.screen != screen {
			t.Errorf("down %v: asked %q, on screen %v", down, h.engine.calls, h.m.screen)
		}
	}
}

// Once all its stages are started, a release in flight is still the first choice.
func TestAReleaseInFlightWithAllStagesStarted(t *testing.T) {
	h := unfinishedLine(t, "in flight 2.11.5", "attach")
	l := &h.m.plan.survey.Lines[0]
	l.Unfinished, l.Active = nil, []release.Run{{Branch: text.Clean(l.LastTag)}}
	holds(t, h.m.View(), []string{"attach 2.11.5"}, []string{"resume"})
	if h.press("enter", "enter"); h.engine.count("attach") != 1 {
		t.Errorf("asked %q", h.engine.calls)
	}
}

// The next patch is the second choice, and a release of it is a new one, even
// after the first choice was looked at.
func TestTheNextPatchAfterAnUnfinishedRelease(t *testing.T) {
	h := unfinishedLine(t, "in flight 2.11.5", "plan dev-v2.11 2.11.6", "check", "release")
	h.engine.errs["in flight 2.11.5"] = &release.Error{Op: "release 2.11.5", Err: errors.New("GitHub is away"), Hint: "try again"}
	h.press("enter", "enter")
	if holds(t, h.m.View(), []string{"GitHub is away", "try again"}, nil); h.quit {
		t.Fatal("left")
	}
	h.press("down", "enter", "enter", "enter")
	h.unguard()
	holds(t, h.m.View(), []string{"Release ckan 2.11.6"}, []string{"Started before"})
	if h.press("ckan-2.11.6", "enter"); h.engine.count("release") != 1 || h.engine.count("resume") != 0 {
		t.Errorf("asked %q", h.engine.calls)
	}
}

// Where a stage and its requests do not fit on one line, the requests stand below it
// in one piece.
func TestTheRequestsOfAStageStandInOnePiece(t *testing.T) {
	m := confirming(t)
	for i := range m.confirm.calls {
		m.confirm.calls[i].Repo = release.Repo{Owner: "harbour", Name: "harbour-base"}
	}
	m.width, m.height = minWidth, 80
	holds(t, m.View(), []string{"\n   package", "\n     POST /repos/harbour/harbour-base/…", "\n   deb  once package is done"}, nil)
}
