package checks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"twokey/checks/text"
)

// govBusFactor tells how many people carry the project.
func govBusFactor() Check {
	return Check{
		ID:       "gov.bus-factor",
		Title:    "More than one person takes part",
		Why:      "Where one worn-down person does everything, whoever offers to help gets all of it.",
		Factor:   People,
		Severity: SeverityInfo,
		Looks: "Who committed, reviewed and released within a year. Programs are left out; one person with several addresses is " +
			"counted once, by account and by .mailmap.",
		Remedy: "find a second person who reviews and can release; give rights away slowly, and take keys from nobody who asks for all",
		Needs:  []Part{PartHistory},
		Judge:  judgeBusFactor,
	}
}

// deeds counts what each person did.
type deeds map[string]int

func judgeBusFactor(s *Snapshot) Result {
	var t tally
	h, ok := s.History.Get()
	if !ok {
		t.lack(text.Cleanf("the people of %s", s.Subject.Repo), s.History.Missing())
		return t.result(text.Safe{})
	}
	who := peopleOf(h)
	wrote, looked, released := deeds{}, deeds{}, deeds{}
	n := 0
	for _, c := range h.Commits {
		if c.At.Before(h.From) {
			continue
		}
		n++
		if !c.Merge {
			wrote.add(who, c.Author)
		}
		by := deeds{}
		for _, p := range c.Pulls {
			for _, r := range append(slices.Clone(p.Approvals), p.MergedBy) {
				if r.Login != "" && !who.same(r, p.Author) {
					by.add(who, r)
				}
			}
		}
		for id := range by { // a commit is reviewed once by each
			looked[id]++
		}
	}
	for _, r := range h.Releases {
		released.add(who, r)
	}
	window := "in 12 months"
	if h.Cut && (len(h.Commits) == 0 || !h.Commits[len(h.Commits)-1].At.Before(h.From)) {
		window = "of the last " + plural(n, "commit")
	}
	all := deeds{}
	for _, d := range []deeds{wrote, looked, released} {
		for id := range d {
			all[id]++
		}
	}
	if len(all) == 0 {
		t.add(Evidence{What: text.Cleanf("the people of %s", h.Repo), Outcome: Warn,
			Saw: text.Cleanf("nobody committed, reviewed or released %s", window)}, "")
		return t.result(text.Safe{})
	}
	summary := text.Cleanf("%s committed, %d reviewed, %d released %s", persons(len(wrote)), len(looked), len(released), window)
	r := Result{Outcome: Pass, Summary: summary}
	if len(all) == 1 {
		r.Outcome = Warn
		for id := range all {
			r.Summary = text.Cleanf("%s did everything: %s", who.name(id), summary)
		}
	}
	for _, one := range []struct {
		what string
		by   deeds
	}{{"committed", wrote}, {"reviewed", looked}, {"released", released}} {
		r.Evidence = append(r.Evidence, Evidence{What: text.Clean(one.what), Saw: who.list(one.by), Outcome: r.Outcome})
	}
	return r
}

// add counts one deed of a person; programs and nobody do none.
func (d deeds) add(who *people, p Person) {
	if id := who.id(p); id != "" && !p.IsBot() {
		d[id]++
	}
}

// maxNamed bounds how many people a line names.
const maxNamed = 5

// list names those who did most.
func (p *people) list(d deeds) text.Safe {
	if len(d) == 0 {
		return text.Clean("nobody")
	}
	ids := slices.SortedFunc(maps.Keys(d), func(a, b string) int {
		return cmp.Or(cmp.Compare(d[b], d[a]), cmp.Compare(a, b))
	})
	var names []text.Safe
	for _, id := range ids[:min(len(ids), maxNamed)] {
		names = append(names, text.Cleanf("%s (%d)", p.name(id), d[id]))
	}
	if more := len(ids) - len(names); more > 0 {
		names = append(names, text.Cleanf("%d more", more))
	}
	return text.Join(names, ", ")
}

// name is what a person is called: the account's, where one is known.
func (p *people) name(id string) text.Safe {
	best := p.shown[id]
	for _, key := range slices.Sorted(maps.Keys(p.shown)) {
		if key[0] == '@' && p.root(key) == id {
			return p.shown[key]
		}
		if best.IsZero() && p.root(key) == id {
			best = p.shown[key]
		}
	}
	return best
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
