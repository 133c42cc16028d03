package release

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// noteKey begins the line of a tag's message that tells another maintainer's
// twokey what the release is, so that nothing of it lives on one machine alone.
const noteKey = "Twokey-Plan: "

// maxNote bounds a note, in bytes: the message is anybody's who can push.
const maxNote = 32 << 10

// claimNote is what a claim's message says of the release that it belongs to.
type claimNote struct {
	V       int         `json:"v"`
	Version string      `json:"version"`
	Line    string      `json:"line"`
	Date    string      `json:"date"`
	Heads   []claimHead `json:"heads"`
	// Before are the digests that stood under mutable names before the release,
	// by Artifact.String().
	Before map[string]string `json:"before,omitempty"`
}

// claimHead is the commit that a stage's repository is released at.
type claimHead struct {
	Repo   string `json:"repo"`
	Branch string `json:"branch"`
	SHA    string `json:"sha"`
}

// noteOf makes the note for a plan.
func noteOf(p Plan, before map[string]string) claimNote {
	n := claimNote{V: 1, Version: p.Version, Line: p.Line, Date: p.Date, Before: before}
	for _, st := range p.Stages {
		n.Heads = append(n.Heads, claimHead{st.Repo.String(), st.Branch, st.SHA})
	}
	return n
}

// message is the message of a stage's tag object.
func (n claimNote) message(p Plan, st Stage) string {
	title := fmt.Sprintf("%s %s", p.Project, p.Version)
	if st.Repo != p.Repo {
		title = fmt.Sprintf("%s for %s %s", st.Name, p.Project, p.Version)
	}
	b, err := marshal(n)
	if err != nil { // strings and numbers can always be written
		return title + "\n"
	}
	return title + "\n\n" + noteKey + string(b) + "\n"
}

// readNote finds the note in a claim's message. The message is hostile: what
// does not have a note's exact form is no note.
func readNote(message string) (claimNote, bool) {
	for line := range strings.Lines(message) {
		raw, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), noteKey)
		if !ok || len(raw) > maxNote {
			continue
		}
		var n claimNote
		dec := json.NewDecoder(strings.NewReader(raw))
		dec.DisallowUnknownFields()
		if dec.Decode(&n) != nil || n.V != 1 || !n.valid() {
			return claimNote{}, false
		}
		return n, true
	}
	return claimNote{}, false
}

func (n claimNote) valid() bool {
	for _, h := range n.Heads {
		if _, err := ParseRepo(h.Repo); err != nil || !isSHA(h.SHA) || h.Branch == "" {
			return false
		}
	}
	return n.Version != "" && n.Line != "" && n.Date != ""
}

// isSHA tells whether s is a whole object name, SHA-1 or SHA-256.
func isSHA(s string) bool {
	return (len(s) == 40 || len(s) == 64) && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f')
	})
}

// heads are the note's heads by repository.
func (n claimNote) heads() map[string]Branch {
	out := map[string]Branch{}
	for _, h := range n.Heads {
		out[h.Repo] = Branch{Name: h.Branch, SHA: h.SHA}
	}
	return out
}

// dateOf is the note's date, or the day of the claim where there is no note.
func (n claimNote) dateOf(at time.Time) string {
	if n.Date != "" {
		return n.Date
	}
	return DateOf(at)
}
