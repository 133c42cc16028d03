package plain

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// Question is what a person says yes to before anything is sent. The console asks
// it, too: the sentences are here once, so that nobody is told less.
type Question struct {
	Plan     release.Plan
	Calls    []release.Call
	Findings []checks.Finding
	Resume   bool            // a release that was begun is gone on with
	Begun    []release.Begun // its stages that were started before
}

// Name is what is released, and whether it is gone on with.
func (q Question) Name() string {
	what := "Release "
	if q.Resume {
		what = "Go on with "
	}
	return what + whole(q.Plan.Project+" "+q.Plan.Version)
}

// From is what it is released from.
func (q Question) From() string { return whole("from " + q.Plan.Line + " @ " + short(q.Plan.SHA)) }

// Doubts are the checks that a go was given without: what was set aside, with its
// reason, what could not be seen, and what warns, each with what was found. A line for each, for the eye passes over a
// count.
func (q Question) Doubts() []string {
	var out []string
	for _, f := range q.Findings {
		if f.Waiver != nil && Standing(f) == "waived" {
			out = append(out, "Waived:  "+whole(f.ID+"  "+f.Waiver.Reason.String()))
		}
	}
	for _, d := range []struct{ standing, words string }{{"unknown", "Unknown: "}, {"warn", "Warns: "}} {
		for _, f := range q.Findings {
			if Standing(f) == d.standing {
				out = append(out, d.words+whole(f.ID+"  "+f.Summary.String()))
			}
		}
	}
	return out
}

// OnlyWatches holds when no call is left to send.
func (q Question) OnlyWatches() bool { return q.Resume && len(q.Calls) == 0 }

// Sends says how many calls are sent, or that none is left.
func (q Question) Sends() string {
	switch published := func(st release.Stage) bool { return q.Published(st.Name) }; {
	case !q.OnlyWatches() && len(q.Calls) == 1:
		return "This call is sent, and no other:"
	case !q.OnlyWatches():
		return fmt.Sprintf("These %d calls are sent, and no others:", len(q.Calls))
	case slices.ContainsFunc(q.Plan.Stages, func(st release.Stage) bool { return !published(st) }):
		return "Every stage was started. Nothing is left to send."
	}
	return "All of it is published. Nothing is left to send."
}

// Published tells whether a stage was started before and all of it is published.
func (q Question) Published(stage string) bool {
	i := slices.IndexFunc(q.Begun, func(b release.Begun) bool { return b.Stage == stage })
	return i >= 0 && !slices.ContainsFunc(q.Begun[i].Artifacts, func(a release.ArtifactState) bool { return a.Published == nil })
}

// starts are the stages that the calls start.
func (q Question) starts() []release.Stage {
	var out []release.Stage
	for _, st := range q.Plan.Stages {
		if slices.ContainsFunc(q.Calls, func(c release.Call) bool { return c.Stage == st.Name }) {
			out = append(out, st)
		}
	}
	return out
}

// Irreversible says what no later call takes back.
func (q Question) Irreversible() []string {
	has := map[release.ArtifactKind]bool{}
	mutable := false
	for _, st := range q.starts() {
		for _, a := range st.Artifacts {
			has[a.Kind] = true
			mutable = mutable || a.Mutable
		}
	}
	out := []string{"A tag that was fetched stays where it was fetched; twokey never moves or deletes one."}
	if has[release.KindPyPI] {
		out = append(out, "A version on PyPI can be yanked, but never uploaded again.")
	}
	if mutable {
		out = append(out, "What has no version in its name replaces the earlier release there.")
	}
	return out
}

// Publishes is a heading, and below it the artifacts that will be looked for. Where
// the plan names none, the heading says so and stands alone.
func (q Question) Publishes() (head string, artifacts []string) {
	for _, st := range q.starts() {
		for _, a := range st.Artifacts {
			artifacts = append(artifacts, whole(a.String()))
		}
	}
	switch {
	case len(artifacts) > 0:
		return "Published, once CI has built it:", artifacts
	case slices.ContainsFunc(q.Plan.Stages, func(st release.Stage) bool { return len(st.Artifacts) > 0 }):
		return "These stages name no artifact: nothing more that is published will be looked at.", nil
	}
	return "The plan names no artifact: nothing that is published will be looked at.", nil
}

// StartedBy says who started a stage, and with a date also when; empty where that
// is not known.
func StartedBy(c release.Claimed, date bool) string {
	words := ""
	if !c.By.IsZero() {
		words = "by " + c.By.String()
	}
	if !c.At.IsZero() && date {
		words += c.At.UTC().Format(" on 2006-01-02 15:04 UTC")
	}
	return strings.TrimSpace(words)
}

// Write writes all that is asked, a line for each thing.
func (q Question) Write(w io.Writer) error {
	p := New(w, Options{})
	p.put(q.Name() + " " + q.From())
	for _, l := range q.Doubts() {
		p.put("  " + l)
	}
	q.before(p)
	p.put("")
	p.put(q.Sends())
	if !q.OnlyWatches() {
		for _, c := range q.Calls {
			p.call(c)
		}
		p.list("What can not be undone:", q.Irreversible())
		head, artifacts := q.Publishes()
		p.list(head, artifacts)
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// before writes what was started before.
func (q Question) before(p *Printer) {
	if len(q.Begun) == 0 {
		return
	}
	p.put("")
	p.put("Started before:")
	for _, b := range q.Begun {
		st, _ := q.Plan.Stage(b.Stage)
		p.put(fmt.Sprintf("  %s  %s  %s", cut(b.Stage), cut(st.Repo.String()), StartedBy(b.Claim, true)))
		for _, a := range b.Artifacts {
			p.put("    " + word(a) + ": " + cut(a.Artifact.String()))
		}
	}
}

// list writes a heading after an empty line, and what stands below it.
func (p *Printer) list(head string, lines []string) {
	p.put("")
	p.put(head)
	for _, l := range lines {
		p.put("  " + l)
	}
}

// word is whether an artifact is published. One that nobody looked at may be there
// or not.
func word(a release.ArtifactState) string {
	switch {
	case a.Published != nil:
		return "published"
	case a.Looked():
		return "not published"
	}
	return "not looked at"
}

// whole cleans a string and cuts nothing of it: who says yes says yes to all of it.
func whole(s string) string { return text.Clean(s).String() }
