package checks

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"twokey/checks/text"
)

// tally gathers what one check sees and sums it up: the worst of it is the
// outcome. A tally that saw nothing is unknown, never a pass.
type tally struct {
	seen []sight
	// beyond is how many more there are like the worst, which are not shown.
	beyond int
}

// sight is one piece of evidence and the next step that it asks for, where that
// is better than the check's own remedy.
type sight struct {
	Evidence
	fix string
}

// add notes one thing that was seen.
func (t *tally) add(e Evidence, fix string) { t.seen = append(t.seen, sight{e, fix}) }

// pass notes one thing that is as it should be.
func (t *tally) pass(what, saw, url text.Safe) {
	t.add(Evidence{What: what, Saw: saw, Outcome: Pass, URL: url}, "")
}

// lack notes one thing that could not be seen.
func (t *tally) lack(what text.Safe, m Missing) {
	t.add(Evidence{What: what, Saw: m.Why, Outcome: Unknown}, m.next())
}

// next is the next step for what is missing.
func (m Missing) next() string {
	switch {
	case m.Needs != "":
		return "twokey needs " + m.Needs + " to see this; then check again"
	case m.Next != "":
		return m.Next
	}
	return "look for yourself: twokey can not see this"
}

// result sums up, with what matters most first. The summary is passed when all
// is as it should be, and otherwise the worst thing that was seen. Where nothing
// passed, since nothing applies, there is no pass.
func (t *tally) result(passed text.Safe) Result {
	if len(t.seen) == 0 {
		return Result{Outcome: Unknown, Summary: text.Clean("there was nothing to look at")}
	}
	slices.SortStableFunc(t.seen, func(a, b sight) int {
		return cmp.Compare(gravity(a.Outcome), gravity(b.Outcome))
	})
	r := Result{Outcome: t.seen[0].Outcome, Summary: passed}
	alike := t.beyond
	for _, s := range t.seen {
		if s.Outcome != Pass && s.Outcome != NotApplicable {
			s.Remedy = text.Clean(s.fix).String()
		}
		r.Evidence = append(r.Evidence, s.Evidence)
		if gravity(s.Outcome) == gravity(r.Outcome) {
			alike++
		}
	}
	if gravity(r.Outcome) == gravity(Pass) {
		r.Outcome = NotApplicable
		if slices.ContainsFunc(t.seen, func(s sight) bool { return s.Outcome == Pass }) {
			r.Outcome = Pass
		}
		return r
	}
	worst := t.seen[0]
	r.Remedy = text.Clean(worst.fix).String()
	r.Summary = text.Cleanf("%s: %s", worst.What, worst.Saw)
	if alike > 1 {
		r.Summary = text.Cleanf("%s (and %d more)", r.Summary, alike-1)
	}
	return r
}

// gravity orders outcomes, the worst first. What was seen to be wrong comes
// before what was not seen: it is the surer thing to act on.
func gravity(o Outcome) int {
	switch o {
	case Fail:
		return 0
	case Unknown:
		return 1
	case Warn:
		return 2
	case Pass, NotApplicable:
		return 3
	}
	return 1
}

// stages pairs each stage with what was read for it. A stage for which nothing
// was read comes with the zero StageFacts, all of whose parts were not read. The
// facts are not copied: a check is judged while the parts that it does not need
// are still being written.
func stages(s *Snapshot) iter.Seq2[SubjectStage, *StageFacts] {
	return func(yield func(SubjectStage, *StageFacts) bool) {
		for i, st := range s.Subject.Stages {
			f := new(StageFacts)
			if i < len(s.Stages) {
				f = &s.Stages[i]
			}
			if !yield(st, f) {
				return
			}
		}
	}
}

// at is the i-th of what was read, and not read when there are fewer.
func at[T any](got []Got[T], i int) Got[T] {
	if i < len(got) {
		return got[i]
	}
	return Got[T]{}
}

// plural counts things: "1 check run", "14 check runs".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// short is the usual seven digits of a SHA.
func short(sha string) string { return sha[:min(len(sha), 7)] }

// allOf counts repositories, of which there are two or more.
func allOf(n int) string {
	if n == 2 {
		return "both repositories"
	}
	return fmt.Sprintf("all %d repositories", n)
}
