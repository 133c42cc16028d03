// Package recordtest holds releases that were written down by hand: the one
// stream of events that every renderer is tested with. Only tests import it.
//
// The same events stand as JSON lines in release/testdata/record; the package's
// own test keeps the two alike.
package recordtest

import (
	"slices"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// Start is the time of the first event of every record.
func Start() time.Time { return time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC) }

// Clean is a whole release of three stages that ends well. A read is retried, a
// gate waits for a second person, and one job and one log line hold what a
// hostile workflow could print.
func Clean() []release.Stamped {
	r := begin("clean")
	r.preflight(passes())
	r.packageStage()
	r.dockerStage()
	r.debStage("")
	seen := pages()
	r.at(440, release.AfterChecked{Finding: seen[0], Again: true})
	r.at(444, release.AfterChecked{Finding: seen[1]})
	r.at(445, release.Finished{
		Outcome: release.Done, Version: plan().Version, Tag: plan().Tag,
		Hint:   text.Clean("announce 2.11.6; every artifact is published"),
		Stages: ends(nil),
		After:  []release.AfterEnd{{Check: seen[1].ID, Outcome: seen[1].Outcome, Summary: seen[1].Summary}},
	})
	return r.stamp()
}

// Failed is the same release, in which one job of the stage deb fails. What the
// other stages published stays published.
func Failed() []release.Stamped {
	r := begin("failed-job")
	r.preflight(passes())
	r.packageStage()
	r.dockerStage()
	r.debStage("22.04")
	r.at(445, release.Finished{
		Outcome: release.Failed, Version: plan().Version, Tag: plan().Tag,
		Why:    text.Clean("stage deb: job ckan-2.11.6 on 22.04 failed in Build package"),
		Hint:   text.Clean("mend the build, then re-run the failed jobs of publish.yml #96"),
		Stages: ends(map[string]release.StageStatus{"deb": release.StageFailed}, "package", "docker"),
	})
	return r.stamp()
}

// NoGo is a preflight that stops: one check fails, one can not be seen and two
// warn. Nothing is triggered.
func NoGo() []release.Stamped {
	r := begin("")
	r.preflight(blocked())
	r.at(5, release.Finished{
		Outcome: release.NoGo, Version: plan().Version, Tag: plan().Tag,
		Why:  text.Clean("1 check blocks and 1 that may block can not be seen"),
		Hint: text.Clean("re-run the failed job, or release a commit that is green"),
	})
	return r.stamp()
}

// DryRun is a preflight that says go and ends with the calls that would be sent.
func DryRun() []release.Stamped {
	r := begin("clean")
	r.preflight(passes())
	r.at(5, release.CallsReady{Calls: Calls()})
	return r.stamp()
}

// Until is the record up to and with the first event that match holds for. It is
// the whole record when there is none.
func Until(rec []release.Stamped, match func(release.Event) bool) []release.Stamped {
	i := slices.IndexFunc(rec, func(s release.Stamped) bool { return match(s.Event) })
	if i < 0 {
		return rec
	}
	return rec[:i+1]
}

// Before is the record up to a number of seconds after its start.
func Before(rec []release.Stamped, seconds float64) []release.Stamped {
	end := Start().Add(time.Duration(seconds * float64(time.Second)))
	i := slices.IndexFunc(rec, func(s release.Stamped) bool { return s.Time.After(end) })
	if i < 0 {
		return rec
	}
	return rec[:i]
}

// Fold is the state that events add up to.
func Fold(rec []release.Stamped) *release.State {
	s := new(release.State)
	for _, e := range rec {
		s.Apply(e)
	}
	return s
}

// writer collects events by their second, in any order.
type writer struct {
	events []release.Stamped
}

// at notes an event that happened a number of seconds after the start.
func (w *writer) at(seconds float64, ev release.Event) {
	t := Start().Add(time.Duration(seconds * float64(time.Second)))
	w.events = append(w.events, release.Stamped{Time: t, Event: ev})
}

// stamp puts the events in the order of time and numbers them.
func (w *writer) stamp() []release.Stamped {
	slices.SortStableFunc(w.events, func(a, b release.Stamped) int { return a.Time.Compare(b.Time) })
	for i := range w.events {
		w.events[i].Seq = uint64(i + 1)
	}
	return w.events
}

func begin(scenario string) *writer {
	w := new(writer)
	w.at(0, release.Opened{
		Repo: plan().Repo, Viewer: text.Clean("mara"), Rehearsal: scenario != "",
		Scenario: text.Clean(scenario), Twokey: "0.1.0",
	})
	w.at(1, release.PlanReady{Plan: plan()})
	return w
}

// preflight starts every check at once and ends them one after the other.
func (w *writer) preflight(findings []checks.Finding) {
	for _, f := range findings {
		w.at(1.1, release.CheckStarted{ID: f.ID, Title: f.Title, Severity: f.Severity, Factor: f.Factor})
	}
	for i, f := range findings {
		w.at(1.5+0.3*float64((i*4)%len(findings)), release.CheckDone{Finding: f})
	}
	w.at(4.5, release.Judged{Verdict: checks.Judge(findings)})
}

// ends is how the stages stood at the end: done but for those that are named, with
// what those published that are, or all of them where none is.
func ends(status map[string]release.StageStatus, published ...string) []release.StageEnd {
	var out []release.StageEnd
	for _, st := range plan().Stages {
		e := release.StageEnd{Stage: st.Name, Repo: st.Repo.String(), Outcome: release.Done, State: release.StageDoneOK}
		switch status[st.Name] {
		case release.StageFailed:
			e.Outcome, e.State = release.Failed, release.StageFailed
		case release.StageWaiting:
			e.Outcome, e.State = "", release.StageWaiting
		}
		e.Found = found(st, len(published) == 0 || slices.Contains(published, st.Name), e.Outcome != "")
		out = append(out, e)
	}
	return out
}

// found are a stage's artifacts at the end.
func found(st release.Stage, there, looked bool) []release.ArtifactLine {
	var out []release.ArtifactLine
	for _, a := range st.Artifacts {
		l := release.ArtifactLine{Artifact: a.String(), Found: there, Looked: looked}
		if there {
			p := published(a)
			l.URL, l.Digest = p.URL, p.Digest
		}
		out = append(out, l)
	}
	return out
}
