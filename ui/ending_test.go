package ui

import (
	"errors"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// emit hands the model events that follow those it saw.
func emit(m *model, events ...release.Event) {
	for _, ev := range events {
		m.Update(eventsMsg{{Seq: m.state.Seq + 1, Time: m.state.Time, Event: ev}})
	}
}

// holds checks what a view says and does not say.
func holds(t *testing.T, view string, want, not []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(view, w) {
			t.Errorf("no %q:\n%s", w, view)
		}
	}
	for _, n := range not {
		if strings.Contains(view, n) {
			t.Errorf("%q is said:\n%s", n, view)
		}
	}
}

// rehearsing is where a session is: in the world, and whether that ends with it.
func rehearsing(command string, ends bool) release.Opened {
	o := recordtest.Fold(recordtest.Clean()).Opened
	o.Command, o.Ends = text.Clean(command), ends
	return o
}

// What leaving means depends on the world, and on what CI does by itself.
func TestWhatLeavingMeans(t *testing.T) {
	const connect = "twokey rehearse --connect unix:/tmp/w"
	for _, tt := range []struct {
		name      string
		opened    release.Opened
		at        float64
		want, not []string
	}{
		{"before every stage was started", rehearsing("twokey", false), 130,
			[]string{"Leave the release?", "goes on at GitHub", "  twokey attach 2.11.6", "deb and docker are not started yet",
				"  twokey release 2.11.6 --resume"}, nil},
		{"once every stage was started", rehearsing("twokey", false), 300,
			[]string{"Every stage is started", "  twokey attach 2.11.6"}, []string{"--resume", "not started"}},
		{"in a world that is served", rehearsing(connect, false), 130,
			[]string{"  " + connect + " attach", "  " + connect + " release"}, []string{"  twokey attach"}},
		{"in a world of its own", rehearsing("twokey rehearse", true), 130,
			[]string{"Leave the rehearsal?", "It ends with this program", "nothing real was touched", "--listen", "leave (it ends)"},
			[]string{"goes on", "attach", "--resume"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := released(t, recordtest.Before(recordtest.Clean(), tt.at))
			h.m.watching, h.m.err = true, nil
			h.m.state.Opened = tt.opened
			h.m.width = 200
			bottom := h.m.View()
			h.press("q")
			holds(t, h.m.dialog.title+"\n"+strings.Join(h.m.dialog.lines, "\n")+bottom, tt.want, tt.not)
			err := h.m.result()
			if release.KindOf(err) != release.KindLeft {
				t.Errorf("left with %v", err)
			}
			said := err.Error() + " " + release.HintOf(err)
			if attach := tt.opened.Line("attach 2.11.6"); attach == "" && strings.Contains(said, "attach") || !strings.Contains(said, attach) {
				t.Errorf("left with %q", said)
			}
		})
	}
}

// The last screen tells what CI does now, and what nobody has started.
func TestTheHeadlineOfWhatWasLeft(t *testing.T) {
	own := rehearsing("twokey rehearse", true)
	for _, tt := range []struct {
		name      string
		opened    release.Opened
		running   bool
		at        float64
		want, not []string
	}{
		{"CI goes on", rehearsing("twokey", false), true, 33,
			[]string{"● GOES ON", "5 artifacts not looked at yet", "docker  ckan/ckan-docker-base  not started", "? not looked at pypi ckan 2.11.6"},
			[]string{"0 of 5", "HALF WAY"}},
		{"nothing runs", rehearsing("twokey", false), false, 130,
			[]string{"! STOPPED HALF WAY  ckan-2.11.6  deb and docker were not started"}, []string{"GOES ON"}},
		{"all was started, and is over", rehearsing("twokey", false), false, 432, []string{"! NOT WATCHED"}, []string{"GOES ON", "HALF WAY"}},
		{"the rehearsal ended", own, true, 130, []string{"– LEFT  ckan-2.11.6"}, []string{"GOES ON", "HALF WAY"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := replay(t, recordtest.Before(recordtest.Clean(), tt.at), onRelease)
			m.state.Opened = tt.opened
			emit(m, release.Finished{Outcome: release.Left, Running: tt.running})
			m.watching = false
			m.width = 100
			holds(t, m.View(), tt.want, tt.not)
		})
	}
}

func TestSomeArtifactsWereNotLookedAt(t *testing.T) {
	m := replay(t, recordtest.Failed(), onRelease)
	m.state.Stages[2].Artifacts[0].Published = nil
	holds(t, m.View(), []string{"2 of 5 artifacts published, 1 not looked at"}, nil)
}

// What a registry did not answer for may be there: it is not said to be missing, and
// the reason stands beside it.
func TestArtifactsThatCouldNotBeLookedAt(t *testing.T) {
	m := replay(t, recordtest.Failed(), onRelease)
	a := &m.state.Stages[0].Artifacts[0]
	a.Published, a.Missing, a.Unseen = nil, text.Clean("PyPI answered 502"), true
	m.width = 120
	holds(t, m.View(), []string{"2 of 5 artifacts published, 1 not looked at", "? not looked at pypi", "PyPI answered 502"},
		[]string{"not published pypi", "looked at yet"})
	for i := range m.state.Stages {
		for k := range m.state.Stages[i].Artifacts {
			m.state.Stages[i].Artifacts[k] = release.ArtifactState{Artifact: m.state.Stages[i].Artifacts[k].Artifact,
				Missing: text.Clean("no answer"), Unseen: true}
		}
	}
	holds(t, m.View(), []string{"0 of 5 artifacts published, 5 not looked at"}, []string{"looked at yet"})
}

// What a stage that was never started publishes is counted, not named: the eye has
// to find what is there and what is not.
func TestArtifactsOfAStageThatWasNeverStarted(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 33), onRelease)
	emit(m, release.Finished{Outcome: release.Left})
	m.watching = false
	holds(t, m.View(), []string{"? not looked at 2 artifacts", "? not looked at image docker.io", "? not looked at pypi"}, []string{"python-ckan"})
}

// Addresses that stay behind on the terminal are whole, so that they can be copied.
func TestTheLastLinesAreWhole(t *testing.T) {
	m := replay(t, recordtest.Clean(), onRelease)
	m.released, m.width = true, 50
	lines := strings.Join(m.lastLines(nil), "\n")
	holds(t, lines, []string{"https://hub.docker.com/r/ckan/ckan-base/tags?name=2.11.6", "python-ckan_2.11-noble_amd64.deb",
		"Record  ~/.local/state/twokey/ckan-ckan-2.11.6.jsonl", "\n    ✓ published github-release ckan-2.11.6\n      https://"}, []string{"…"})
}

// What stays behind on the terminal, and what the stream is told, for every end.
func TestTheLastLines(t *testing.T) {
	started := func(h *harness) { h.m.released = true }
	left := func(h *harness) {
		started(h)
		emit(h.m, release.Finished{Outcome: release.Left, Running: true})
		h.m.err = &release.Error{Kind: release.KindLeft, Op: "release 2.11.6", Err: errors.New("no longer watched")}
	}
	for _, tt := range []struct {
		name      string
		rec       []release.Stamped
		on        func(*harness)
		kind      release.Kind // of the error; 0 with none
		emitted   release.Outcome
		want, not []string
	}{
		{"done", recordtest.Clean(), started, 0, "",
			[]string{"✓ DONE  ckan-2.11.6 is released", "✓ published     pypi ckan 2.11.6", "https://pypi.org/project/ckan/2.11.6/"}, nil},
		{"failed", recordtest.Failed(), func(h *harness) {
			started(h)
			h.m.err = &release.Error{Op: "release 2.11.6: stage deb", Err: errors.New("it failed"), Hint: "read the log"}
		}, release.KindFailed, "", []string{"✗ FAILED  ckan-2.11.6  3 of 5 artifacts published", "✗ not published deb"}, []string{"Next"}},
		{"left", recordtest.Before(recordtest.Clean(), 130), left, release.KindLeft, "", []string{"● GOES ON", "not started"}, nil},
		{"left, and the engine said nothing", recordtest.Before(recordtest.Clean(), 130), func(h *harness) { started(h); h.m.watching = true },
			release.KindLeft, release.Left, nil, nil},
		{"no-go", recordtest.Before(recordtest.NoGo(), 4.9), func(*harness) {}, release.KindNoGo, release.NoGo,
			[]string{"✗ NO-GO  1 block", "✗ block  ci.green  2 of 14", "fix  re-run the failed job", "? unknown  branch.rules"}, []string{"✓ pass"}},
		{"cancelled", recordtest.Before(recordtest.Clean(), 5), func(*harness) {}, release.KindCancelled, release.Cancelled, nil, []string{"GO"}},
		{"what broke", recordtest.Before(recordtest.Clean(), 130), func(h *harness) {
			started(h)
			h.m.fail(h.m.broken(errors.New("no terminal")))
		}, release.KindLeft, release.Left, nil, []string{"package"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := prepare(t, Options{}, nil)
			h.m.Update(eventsMsg(tt.rec))
			tt.on(h)
			var out strings.Builder
			err := New(Options{Out: &out}).end(h.m, h.engine)
			if (err == nil) != (tt.emitted == "" && tt.name == "done") || err != nil && release.KindOf(err) != tt.kind {
				t.Errorf("came to %v", err)
			}
			holds(t, out.String(), tt.want, tt.not)
			switch {
			case tt.emitted == "" && len(h.engine.ended) > 0:
				t.Errorf("told twice how it ended: %v", h.engine.ended)
			case tt.emitted != "" && (len(h.engine.ended) != 1 || h.engine.ended[0].(release.Finished).Outcome != tt.emitted):
				t.Errorf("emitted %v", h.engine.ended)
			}
		})
	}
}

// Who leaves before the key is turned is told what was sent, and how to go on with
// what was begun before.
func TestTheHintOfWhoLeavesBefore(t *testing.T) {
	h := resuming(t, false, "package")
	if hint := release.HintOf(h.m.result()); !strings.Contains(hint, "this session sent nothing; go on with `twokey release 2.11.6 --resume`") {
		t.Errorf("hint %q", hint)
	}
	h.m.confirm.resume = false
	if hint := release.HintOf(h.m.result()); hint != "nothing was sent" {
		t.Errorf("hint %q", hint)
	}
}

// A no-go of a version that was begun before leads on with it, and not to looking
// again, which changes nothing.
func TestANoGoLeadsOnWithWhatWasBegun(t *testing.T) {
	const onward = "2.11.6 is in flight: watch it with `twokey attach 2.11.6`"
	for _, said := range []string{"", onward} {
		h := prepare(t, Options{}, nil)
		h.m.Update(eventsMsg(recordtest.Before(recordtest.NoGo(), 4.9)))
		h.m.Update(checkedMsg{onward: said})
		hint := release.HintOf(h.m.result())
		if strings.Contains(hint, "look again with") == (said != "") || !strings.Contains(hint, said) {
			t.Errorf("with %q the hint is %q", said, hint)
		}
	}
}

// Looking again is looking at the line that was chosen.
func TestLookingAgainKeepsTheLine(t *testing.T) {
	h := prepare(t, Options{}, nil)
	h.m.Update(eventsMsg(recordtest.Before(recordtest.NoGo(), 4.9)))
	h.m.state.Plan.Lines, h.m.state.Plan.Line = "dev-v{major}.{minor}", "dev-v2.10"
	if hint := release.HintOf(h.m.result()); !strings.Contains(hint, "`twokey check 2.11.6 --line dev-v2.10`") {
		t.Errorf("hint %q", hint)
	}
}
