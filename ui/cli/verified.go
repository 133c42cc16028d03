package cli

import (
	"bufio"
	"fmt"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/ui/plain"
)

// accepted is something that is not as it should be, and why somebody said that it may be.
type accepted struct {
	Check string `json:"check"`
	// What is the file, or what the finding saw.
	What   text.Safe `json:"what"`
	Reason text.Safe `json:"reason"`
}

// acceptedIn is what was accepted in findings: those that are waived, and the files that
// are acknowledged. One that is in several artifacts is named once.
func acceptedIn(findings []checks.Finding) []accepted {
	out := []accepted{}
	seen := map[accepted]bool{}
	add := func(a accepted) {
		if !seen[a] {
			seen[a], out = true, append(out, a)
		}
	}
	for _, f := range findings {
		if f.Waiver != nil && f.Outcome != checks.Pass && f.Outcome != checks.NotApplicable {
			add(accepted{f.ID, text.Cleanf("waived %s: %s", f.Waiver.End(), f.Summary), f.Waiver.Reason})
		}
		for _, e := range f.Evidence {
			if !e.Accepted.IsZero() {
				add(accepted{f.ID, text.Clean(e.Acknowledge), e.Accepted})
			}
		}
	}
	return out
}

// notStarted are the stages that nobody has started.
func (v verified) notStarted() []string {
	var names []string
	for _, st := range v.Stages {
		if st.NotStarted {
			names = append(names, st.Stage)
		}
	}
	return names
}

// failed tells whether what was judged is not as it should be. Where no stage was started
// nothing was judged.
func (v verified) failed() bool { return !v.Verdict.Go && len(v.notStarted()) < len(v.Stages) }

// writeVerified writes what was found for people: each published file on a line, and
// below them the judgement.
func (a *app) writeVerified(v verified) error {
	w := bufio.NewWriter(a.cfg.IO.Out)
	fmt.Fprintf(w, "%s  %s  %s  %s\n", text.Clean(v.Plan.Repo.String()), text.Clean(v.Plan.Version),
		text.Clean(v.Plan.SHA[:min(7, len(v.Plan.SHA))]), plain.Origin(v.Plan))
	if v.Rehearsal != "" {
		fmt.Fprintf(w, "  REHEARSAL %s: what is published is played\n", text.Clean(v.Rehearsal))
	}
	for _, st := range v.Stages {
		fmt.Fprintf(w, "\n%s\n", text.Clean(st.Stage))
		for _, l := range a.proofLines(st) {
			fmt.Fprintf(w, "  %s\n", l)
		}
	}
	fmt.Fprintln(w)
	for _, l := range v.ending(a.cfg.IO.ASCII) {
		fmt.Fprintln(w, l)
	}
	return w.Flush()
}

// proofLines are what was found of one stage.
func (a *app) proofLines(st release.Proof) []string {
	if st.NotStarted {
		return []string{plain.Waiting(a.cfg.IO.ASCII) + " " + plain.NotStarted}
	}
	var out []string
	for _, t := range st.Files {
		out = append(out, plain.Traced(t, a.cfg.IO.ASCII)...)
	}
	listing := plain.NewListing(st.Findings, a.cfg.IO.ASCII)
	for _, f := range st.Findings {
		out = append(out, listing.Finding(f)...)
	}
	return out
}

// ending is the judgement in a line, and below it what somebody has accepted. Only what
// needed nobody's word, and is whole, is verified without more.
func (v verified) ending(ascii bool) []string {
	counts, names := plain.Counts(v.Verdict, true), v.notStarted()
	outcome, words := checks.Pass, "VERIFIED: "+counts
	switch {
	case v.failed():
		outcome, words = checks.Fail, "NOT VERIFIED: "+counts
	case len(names) == len(v.Stages):
		outcome, words = checks.Warn, "NOTHING TO VERIFY YET: "+plain.NotStarted+": "+text.Join(text.CleanAll(names), ", ").String()
	case len(names) > 0:
		outcome, words = checks.Warn, "VERIFIED SO FAR: "+counts+"; "+plain.NotStarted+": "+text.Join(text.CleanAll(names), ", ").String()
	case !plain.Clear(v.Verdict) || len(v.Accepted) > 0:
		outcome = checks.Warn
	}
	out := []string{plain.Glyph(outcome, ascii) + " " + words}
	for _, a := range v.Accepted {
		out = append(out, fmt.Sprintf("  accepted: %s: %s: %s", a.Check, a.What, a.Reason))
	}
	return out
}
