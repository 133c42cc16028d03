package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// Given is what whoever releases says about the checks of one release, in the words of
// flags or with the keys of the console.
type Given struct {
	// Waivers set checks aside, for this release alone.
	Waivers []checks.Waiver
	// Confirmed are the IDs of manual checks that the person has seen to.
	Confirmed []string
	// Acknowledged are files in what is published that the person has looked at.
	Acknowledged []checks.Acknowledgement
	// TrustedRoot is the file with the roots that attestations are verified against; empty
	// for those that twokey comes with.
	TrustedRoot string
}

// Words are the flags that say the same to another command line, which begins with the
// command's name: each with a blank before it. A command is told what it takes.
func (g Given) Words(line string) string {
	command, _, _ := strings.Cut(line, " ")
	var out strings.Builder
	add := func(flag, value string) { out.WriteString(" --" + flag + " " + text.Word(text.Clean(value).String())) }
	if command == "release" || command == "check" {
		for _, w := range g.Waivers {
			add("waive", w.Check+"="+w.Reason.String())
		}
	}
	if command == "release" || command == "check" || command == "attach" {
		for _, id := range g.Confirmed {
			add("confirm", id)
		}
	}
	if command == "release" || command == "attach" || command == "verify" {
		for _, a := range g.Acknowledged {
			add("acknowledge", a.Path+"@"+a.Blob+"="+a.Reason.String())
		}
		if g.TrustedRoot != "" {
			add("trusted-root", g.TrustedRoot)
		}
	}
	return out.String()
}

// Give says what holds of the checks from the next Check on, in place of what was said
// before. What can not be meant, that Check refuses.
func (e *Engine) Give(g Given) { e.given = g }

// give adds to a subject what was given, or says what of it can not be meant. What is
// due after the release can be confirmed of one that was begun.
func (e *Engine) give(s *checks.Subject, begun bool) error {
	for _, w := range e.given.Waivers {
		if problem := checks.Unwaivable(*s, w.Check); problem != "" {
			return unwaivable(*s, w.Check, problem)
		}
	}
	for _, id := range e.given.Confirmed {
		i := slices.IndexFunc(s.Own, func(o checks.Own) bool { return o.ID == id })
		switch {
		case i < 0:
			err := givenError("confirming", id, "the plan declares no check of this id"+manualOnes(s.Own))
			err.Hint = "a manual check stands under `checks` in " + PlanFileName
			return err
		case s.Own[i].Kind != checks.OwnManual:
			return givenError("confirming", id, "twokey looks at it by itself; only a check of kind manual is confirmed")
		case s.Own[i].When == checks.After && !begun:
			return &Error{Kind: KindUsage, Op: fmt.Sprintf("confirming %q", id), Err: errors.New("it is due after the release"),
				Hint: "release first; then say so with `twokey attach " + s.Version + " --confirm " + id + "`"}
		}
	}
	// What is given for this release comes before what the plan says: it is newer.
	s.Waivers = append(slices.Clone(e.given.Waivers), s.Waivers...)
	s.Confirmed = slices.Clone(e.given.Confirmed)
	s.Acknowledged = append(slices.Clone(e.given.Acknowledged), s.Acknowledged...)
	return nil
}

// unwaivable says why a waiver sets nothing aside, and what was meant or is to do.
func unwaivable(s checks.Subject, id, problem string) error {
	var ids []string
	for _, c := range checks.For(s) {
		if c.ID == id { // it is there
			err := givenError("waiving", id, problem)
			err.Hint = "mend what it finds: `twokey check --explain " + id + "` says how"
			return err
		}
		ids = append(ids, c.ID)
	}
	if near := Nearest(id, ids); near != "" {
		problem += fmt.Sprintf("; did you mean %q?", near)
	}
	return givenError("waiving", id, problem)
}

// manualOnes names the checks that can be confirmed.
func manualOnes(own []checks.Own) string {
	var ids []string
	for _, o := range own {
		if o.Kind == checks.OwnManual {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return "; it has none that a person confirms"
	}
	return "; those that a person confirms are " + strings.Join(ids, ", ")
}

func givenError(what, id, problem string) *Error {
	return &Error{Kind: KindUsage, Op: fmt.Sprintf("%s %q", what, id), Err: errors.New(problem),
		Hint: "`twokey check --list` has the ids of all checks"}
}

// ParseWaiver reads ID=REASON, a waiver for one release. A waiver without a reason
// would be the kind that nobody can judge later.
func ParseWaiver(s string) (checks.Waiver, error) {
	id, reason, found := strings.Cut(s, "=")
	id, reason = strings.TrimSpace(id), strings.TrimSpace(reason)
	if !found || id == "" || reason == "" {
		return checks.Waiver{}, &Error{Kind: KindUsage, Op: fmt.Sprintf("waiving %q", s),
			Err: errors.New("it has to say what and why"), Hint: "write it as ID=REASON, such as `--waive 'branch.rules=tracked in #123'`"}
	}
	return checks.Waiver{Check: id, Reason: text.Clean(reason), Once: true}, nil
}

// ParseAcknowledgement reads PATH@BLOB=REASON: a file in an artifact, git's name for its
// content, and what it is.
func ParseAcknowledgement(s string) (checks.Acknowledgement, error) {
	file, reason, found := strings.Cut(s, "=")
	i := strings.LastIndex(file, "@")
	reason = strings.TrimSpace(reason)
	if !found || i <= 0 || reason == "" || !objectName(file[i+1:]) {
		return checks.Acknowledgement{}, &Error{Kind: KindUsage, Op: fmt.Sprintf("acknowledging %q", text.Clean(s)),
			Err: errors.New("it has to name a file, the whole SHA of its content, and what it is"), Hint: "write it as PATH@BLOB=REASON; the finding shows PATH and BLOB"}
	}
	return checks.Acknowledgement{Path: file[:i], Blob: file[i+1:], Reason: text.Clean(reason)}, nil
}
