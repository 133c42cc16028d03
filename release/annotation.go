package release

import (
	"slices"
	"strings"

	"twokey/checks/text"
)

// noPlace is the path of an annotation that is about no file: GitHub gives the
// directory of the workflow.
const noPlace = ".github"

// Words are the annotation in one line: how bad it is, where, and what is wrong.
func (a Annotation) Words() text.Safe {
	out := text.Clean(a.Level)
	add := func(s text.Safe) { out = text.Cleanf("%s: %s", out, s) }
	if p := a.Path.String(); p != "" && p != noPlace {
		place := a.Path
		if a.Line > 0 {
			place = text.Cleanf("%s:%d", place, a.Line)
		}
		add(place)
	}
	if !a.Title.IsZero() && a.Title != a.Message {
		add(a.Title)
	}
	add(a.Message)
	return out
}

// Remarks are the annotations that tell something which the lines of the log do not.
func (c LogChunk) Remarks() []text.Safe {
	var out []text.Safe
	for _, a := range c.Annotations {
		message := a.Message.String()
		said := slices.ContainsFunc(c.Lines, func(l text.Safe) bool { return strings.Contains(l.String(), message) })
		if !said && message != "" {
			out = append(out, a.Words())
		}
	}
	return out
}
