package trace

import (
	"fmt"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// Otherwise tells what of an artifact is otherwise than in the release before, and is worth
// knowing: nothing of it has to be acknowledged. before is that of the same form, of
// versions was and is; nil where there is none.
func Otherwise(now checks.Traced, is string, before *checks.Traced, was string) []text.Safe {
	last := remember(before, was)
	var made, executable, outside, idle []string
	for _, f := range now.Files {
		old, known := last.known[versionless(f.Path, is)]
		switch {
		case f.Planned && f.Runs && known && old.Blob != f.Blob:
			made = append(made, f.Path)
		case f.Exec && !(known && old.Exec):
			executable = append(executable, f.Path)
		case f.Verdict == checks.FileOutside && f.Why.IsZero() && !last.there && !onItsOwn(f) && f.Runs:
			outside = append(outside, f.Path)
		case f.Verdict == checks.FileOutside && f.Why.IsZero() && !last.there && !onItsOwn(f):
			idle = append(idle, f.Path)
		}
	}
	var out []text.Safe
	if before != nil {
		out = otherControl(now, is, *before, was)
	}
	if len(made) > 0 {
		out = append(out, text.Cleanf("%s that can be run and that the plan says the build makes, with another content than in %s: %s", count(made), was, some(made)))
	}
	if len(executable) > 0 {
		out = append(out, text.Cleanf("%s that may be executed here, and not in the commit: %s", count(executable), some(executable)))
	}
	if outside = append(outside, idle...); len(outside) > 0 {
		out = append(out, text.Cleanf("%s outside of %s that no release before could be compared with: %s", count(outside), now.Source, some(outside)))
	}
	return out
}

// maxNamed is how many files are named where only their number matters.
const maxNamed = 5

// some names a few of many files.
func some(paths []string) string {
	var out []string
	for _, p := range paths[:min(len(paths), maxNamed)] {
		out = append(out, text.Clean(p).Clip(120).String())
	}
	if rest := len(paths) - len(out); rest > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(out, ", "), rest)
	}
	return strings.Join(out, ", ")
}

func count(paths []string) string {
	if len(paths) == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", len(paths))
}
