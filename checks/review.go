package checks

import (
	"fmt"

	"twokey/checks/text"
)

// maxUnreviewed bounds how many commits a finding lists.
const maxUnreviewed = 50

// reviewCoverage asks whether somebody else has seen each commit since the last
// release. It warns: many sound projects commit without a review.
func reviewCoverage() Check {
	return Check{
		ID:       "review.coverage",
		Title:    "Commits were seen by someone else",
		Why:      "A commit that nobody but its author has seen needs one person alone to turn bad, or to be robbed of a password.",
		Factor:   People,
		Severity: SeverityWarn,
		Looks: "The commits since the last release, merges aside. A commit was reviewed when a merged pull request brought it in that " +
			"somebody approved, or at least merged, who wrote neither it nor the commit. What programs say is no review.",
		Remedy: "read the listed commits before the release, and have each change come in by a pull request that somebody else approves",
		Needs:  []Part{PartHistory},
		Judge:  judgeCoverage,
	}
}

func judgeCoverage(s *Snapshot) Result {
	var t tally
	h, ok := s.History.Get()
	if !ok {
		t.lack(text.Cleanf("commits of %s", s.Subject.Repo), s.History.Missing())
		return t.result(text.Safe{})
	}
	since := text.Clean("so far")
	if h.Base.Name != "" {
		since = text.Cleanf("since %s", h.Base.Name)
	}
	who := peopleOf(h)
	seen, looked, weak := 0, 0, 0
	for _, c := range h.Commits {
		if !c.New {
			continue
		}
		seen++
		if c.Merge {
			continue
		}
		looked++
		switch covered(who, c) {
		case reviewed:
		case onlyMerged:
			weak++
		default:
			t.add(unreviewed(c), "")
		}
	}
	missing := !wholeSince(h, seen)
	switch {
	case seen == 0 && h.Base.Name != "" && !missing:
		return Result{Outcome: NotApplicable, Summary: text.Cleanf("there is no commit %s", since)}
	case seen == 0:
		t.add(Evidence{What: text.Cleanf("commits of %s", h.Repo), Saw: text.Clean("none could be seen"), Outcome: Unknown}, TryAgain)
		return t.result(text.Safe{})
	}
	all := plural(looked, "commit")
	if missing {
		all = "the last " + all
	}
	if n := len(t.seen); n > 0 {
		r := Result{Outcome: Warn, Summary: text.Cleanf("of %s %s, %s reviewed by nobody but the author", all, since, were(n))}
		for _, e := range t.seen[:min(n, maxUnreviewed)] {
			r.Evidence = append(r.Evidence, e.Evidence)
		}
		if n > maxUnreviewed {
			r.Evidence = append(r.Evidence, Evidence{What: text.Clean("and more"), Outcome: Warn,
				Saw: text.Cleanf("%s that nobody else reviewed", plural(n-maxUnreviewed, "older commit"))})
		}
		return r
	}
	words := text.Cleanf("all of %s %s were seen by someone else%s", all, since, merges(weak))
	if missing {
		t.add(Evidence{What: text.Cleanf("commits of %s", h.Repo), Outcome: Unknown,
			Saw: text.Cleanf("%s; the older ones were not looked at", words)}, "look through the older commits by hand")
		return t.result(words)
	}
	t.pass(text.Cleanf("commits of %s", h.Repo), words, text.Safe{})
	return t.result(words)
}

// wholeSince tells whether all commits since the last release were read.
func wholeSince(h History, seen int) bool {
	if h.Base.Name == "" {
		return !h.Cut
	}
	return seen >= h.Since
}

// merges says how many commits were merged by somebody else and not approved.
func merges(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; of %d it is only known that somebody else merged them, which is less than a review", n)
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

// cover is how far a commit was seen by somebody else.
type cover int

const (
	byNobody cover = iota
	onlyMerged
	reviewed
)

// covered tells how far anybody but the authors has seen a commit.
func covered(who *people, c Commit) cover {
	best := byNobody
	for _, p := range c.Pulls {
		other := func(by Person) bool {
			return by.Login != "" && !by.IsBot() && !who.same(by, p.Author) && !who.same(by, c.Author)
		}
		for _, by := range p.Approvals {
			if other(by) {
				return reviewed
			}
		}
		if other(p.MergedBy) {
			best = onlyMerged
		}
	}
	return best
}

// unreviewed is a commit that nobody else has seen, as evidence.
func unreviewed(c Commit) Evidence {
	how := text.Clean("without a pull request")
	url := c.URL
	if len(c.Pulls) > 0 {
		how = text.Cleanf("in #%d, which nobody else approved or merged", c.Pulls[0].Number)
		if !c.Pulls[0].URL.IsZero() {
			url = c.Pulls[0].URL
		}
	}
	return Evidence{What: text.Cleanf("%s %s", short(c.SHA), c.Title), Outcome: Warn, URL: url,
		Saw: text.Cleanf("by %s, %s", c.Author.show(), how)}
}
