package release

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"twokey/checks/text"
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
	// Nonce is of this claim alone: it makes the tag object one that nobody else
	// makes, and a dispatched run that shows it is the claim's.
	Nonce string `json:"nonce,omitempty"`
	// By is the login of whoever claimed, which is the actor of what that starts;
	// the tagger is a name.
	By string `json:"by,omitempty"`
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
	if err == nil && len(b) > maxNote { // without it, names that can change are judged by their times
		n.Before = nil
		b, err = marshal(n)
	}
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

// noteDate is what {date} stands for, see freeDate.
var noteDate = regexp.MustCompile(`^[0-9]{8}(\.[0-9]{1,2})?$`)

// noteLogin is a person's login, or an app's.
var noteLogin = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$`)

func (n claimNote) valid() bool {
	for _, h := range n.Heads {
		if _, err := ParseRepo(h.Repo); err != nil || !isSHA(h.SHA) || !plainRef(h.Branch) {
			return false
		}
	}
	for _, digest := range n.Before {
		if !clean(digest) {
			return false
		}
	}
	if n.Nonce != "" && !isNonce(n.Nonce) || n.By != "" && !noteLogin.MatchString(n.By) {
		return false
	}
	return n.Version != "" && clean(n.Version) && plainRef(n.Line) && noteDate.MatchString(n.Date)
}

// plainRef tells whether s can be a branch and can be shown as it stands.
func plainRef(s string) bool { return refProblem(s) == "" && clean(s) }

// clean tells whether s holds nothing that must not reach a terminal.
func clean(s string) bool { return text.Clean(s).String() == s }

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

// beforeOf is what the note says of the artifacts of p, and of nothing else.
func (n claimNote) beforeOf(p Plan) map[string]string {
	if n.Before == nil {
		return nil
	}
	out := map[string]string{}
	for _, st := range p.Stages {
		for _, a := range st.Artifacts {
			if digest, ok := n.Before[a.String()]; ok {
				out[a.String()] = digest
			}
		}
	}
	return out
}
