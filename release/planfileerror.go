package release

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"twokey/checks/text"
)

// maxPlanErrors bounds how many mistakes are shown at once.
const maxPlanErrors = 10

// maxProblem bounds how many cells one problem takes.
const maxProblem = 300

// excerptWidth is how many cells of a line are shown around a mistake.
const excerptWidth = 100

// PlanFileError is one mistake in a plan file, with the place where it is.
type PlanFileError struct {
	File   text.Safe
	Line   int // from 1
	Column int // from 1, in characters
	// Problem says in one line what is wrong.
	Problem text.Safe
	// Source is the offending line, and Caret the number of cells before the
	// place in it. Of a long line they are the part around the place.
	Source text.Safe
	Caret  int
}

// Error is the place, the problem, and below it the line with a caret.
func (e *PlanFileError) Error() string {
	number := fmt.Sprintf("%d", e.Line)
	margin := strings.Repeat(" ", len(number))
	return fmt.Sprintf("%s:%d:%d: %s\n  %s | %s\n  %s | %s^",
		e.File, e.Line, e.Column, e.Problem, number, e.Source, margin, strings.Repeat(" ", e.Caret))
}

// newPlanFileError shows the place of a problem in a file's lines.
func newPlanFileError(file string, lines []string, line, column int, problem string) *PlanFileError {
	line = min(max(line, 1), max(len(lines), 1))
	source := ""
	if len(lines) > 0 {
		source = lines[line-1]
	}
	runes := utf8.RuneCountInString(source)
	column = min(max(column, 1), runes+1)
	e := &PlanFileError{File: text.Clean(file), Line: line, Column: column, Problem: text.Clean(problem).Clip(maxProblem)}
	e.Source, e.Caret = excerpt([]rune(source), column-1)
	return e
}

// excerpt is a line, or of a long one the part around the place at, and the
// number of cells before that place.
func excerpt(line []rune, at int) (text.Safe, int) {
	from := max(0, at-excerptWidth/2)
	if len(line) <= excerptWidth {
		from = 0
	}
	head, lead := string(line[from:at]), ""
	if from > 0 {
		lead = "…"
	}
	// One more clean over the whole, since a sequence may span the place.
	whole := text.Clean(lead + string(line[from:min(len(line), from+excerptWidth)]))
	return whole, min(text.Clean(lead+head).Width(), whole.Width())
}

// planErrors makes one error of all mistakes of a file, in the file's order.
func planErrors(found []*PlanFileError) error {
	if len(found) == 0 {
		return nil
	}
	slices.SortStableFunc(found, func(a, b *PlanFileError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var errs []error
	for _, e := range found[:min(len(found), maxPlanErrors)] {
		errs = append(errs, e)
	}
	if more := len(found) - maxPlanErrors; more > 0 {
		errs = append(errs, fmt.Errorf("and %d more", more))
	}
	return &Error{Kind: KindUsage, Err: errors.Join(errs...),
		Hint: "correct " + path.Base(found[0].File.String()) + "; README describes every key"}
}
