package checks_test

import (
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// lately is a time within the year that counts.
func lately() time.Time { return time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC) }

// login is a person by account.
func login(name string) checks.Person {
	return checks.Person{Login: name, Name: name, Email: name + "@quay.example"}
}

// commitBy is a new commit of somebody's, in a pull request of their own that others
// approved and they merged.
func commitBy(author string, approvals ...string) checks.Commit {
	p := checks.Pull{Number: 12, URL: text.Clean("https://github.com/quay/harbour/pull/12"), Author: checks.Person{Login: author}, MergedBy: checks.Person{Login: author}}
	for _, a := range approvals {
		p.Approvals = append(p.Approvals, checks.Person{Login: a})
	}
	return checks.Commit{SHA: harbourSHA, At: lately(), Title: text.Clean("Know the tides"), New: true, Author: login(author), Pulls: []checks.Pull{p}}
}

// historyOf is a history since the last release that was read whole.
func historyOf(commits ...checks.Commit) checks.History {
	return checks.History{Repo: "quay/harbour", SHA: harbourSHA, Base: checks.TagName{Name: "harbour-2.11.5", SHA: otherSHA},
		From: lately().AddDate(-1, 0, 0), Commits: commits, Since: len(commits), Releases: []checks.Person{{Login: "ines"}}}
}

// had makes a history the snapshot's.
func had(commits ...checks.Commit) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { s.History = checks.Have(historyOf(commits...)) }
}

// hist changes the clean history.
func hist(change func(*checks.History)) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { edit(&s.History, change) }
}

// but changes a commit.
func but(c checks.Commit, change func(*checks.Commit)) checks.Commit {
	change(&c)
	return c
}

func TestReviewCoverage(t *testing.T) {
	merged := func(author, by string) checks.Commit {
		return but(commitBy(author), func(c *checks.Commit) { c.Pulls[0].MergedBy = checks.Person{Login: by} })
	}
	bot := checks.Person{Login: "renovate", Bot: true}
	judge(t, "review.coverage", []verdictCase{
		{name: "clean", want: checks.Pass, says: "all of 3 commits since harbour-2.11.5 were seen by someone else"},
		{name: "merged by someone else", change: had(commitBy("mara", "ines"), merged("mara", "ines")), want: checks.Pass,
			says: "of 1 it is only known that somebody else merged them"},
		{name: "approved by nobody", change: had(commitBy("mara", "ines"), commitBy("mara")), want: checks.Warn,
			says: "of 2 commits since harbour-2.11.5, 1 was reviewed by nobody", fix: "read the listed commits",
			shows: "4f2c9ab Know the tides: by mara, in #12, which nobody else approved or merged"},
		{name: "approved by the author", change: had(commitBy("mara", "Mara")), want: checks.Warn},
		{name: "approved by the commit's author, in a pull request of somebody else", change: had(but(commitBy("mara", "ines"), func(c *checks.Commit) { c.Author = login("ines") })), want: checks.Warn},
		{name: "approved by the commit's author, known by address alone", change: had(commitBy("ines", "mara"), but(commitBy("mara", "ines"), func(c *checks.Commit) {
			c.Author = checks.Person{Name: "Ines", Email: "INES@quay.example"}
		})), want: checks.Warn, says: "1 was"},
		{name: "approved by the commit's author, by the mailmap", change: func(s *checks.Snapshot) {
			had(commitBy("ines", "mara"), but(commitBy("mara", "ines"), func(c *checks.Commit) {
				c.Author = checks.Person{Name: "I", Email: "old@home.example"}
			}))(s)
			edit(&s.History, func(h *checks.History) { h.Mailmap = "Ines <ines@quay.example> <old@home.example>\n" })
		}, want: checks.Warn, says: "1 was"},
		{name: "approved by a program", change: had(commitBy("mara", "renovate[bot]", "pre-commit-ci")), want: checks.Warn},
		{name: "approved by an account that is one of a program", change: had(but(commitBy("mara"), func(c *checks.Commit) { c.Pulls[0].Approvals = []checks.Person{bot} })), want: checks.Warn},
		{name: "approved by an account that is gone", change: had(commitBy("mara", "")), want: checks.Warn},
		{name: "merged by a program", change: had(merged("mara", "github-merge-queue[bot]")), want: checks.Warn},
		{name: "a program's, merged by a person", change: had(but(merged("x", "ines"), func(c *checks.Commit) { c.Author, c.Pulls[0].Author = bot, bot })), want: checks.Pass},
		{name: "a program's, merged by a program", change: had(but(commitBy("renovate[bot]"), func(*checks.Commit) {})), want: checks.Warn},
		{name: "no pull request", change: had(but(commitBy("mara"), func(c *checks.Commit) { c.Pulls = nil })), want: checks.Warn,
			shows: "by mara, without a pull request"},
		{name: "a second pull request was approved", change: had(but(commitBy("mara"), func(c *checks.Commit) {
			c.Pulls = append(c.Pulls, commitBy("mara", "tom").Pulls...)
		})), want: checks.Pass},
		{name: "an author of whom nothing is known", change: had(but(commitBy("mara"), func(c *checks.Commit) { c.Author, c.Pulls = checks.Person{}, nil })),
			want: checks.Warn, shows: "by somebody unknown"},
		{name: "a merge commit", change: had(commitBy("mara", "ines"), but(commitBy("mara"), func(c *checks.Commit) { c.Merge, c.Pulls = true, nil })), want: checks.Pass,
			says: "all of 1 commit "},
		{name: "a commit that was released already", change: had(commitBy("mara", "ines"), but(commitBy("mara"), func(c *checks.Commit) { c.New = false })),
			want: checks.Unknown, says: "older ones were not looked at"},
		{name: "no commit", change: had(), want: checks.NotApplicable, says: "there is no commit since harbour-2.11.5"},
		{name: "only a part was read", change: hist(func(h *checks.History) { h.Since = 734 }), want: checks.Unknown,
			says: "all of the last 3 commits", fix: "by hand"},
		{name: "a part was read, and one of it is bad", change: func(s *checks.Snapshot) {
			had(commitBy("mara"))(s)
			edit(&s.History, func(h *checks.History) { h.Since = 734 })
		}, want: checks.Warn, says: "of the last 1 commit"},
		{name: "none of them was read", change: hist(func(h *checks.History) { h.Commits = nil }), want: checks.Unknown},
		{name: "no release before", change: hist(func(h *checks.History) { h.Base = checks.TagName{} }), want: checks.Pass, says: "3 commits so far"},
		{name: "no release before, and cut", change: hist(func(h *checks.History) { h.Base, h.Cut = checks.TagName{}, true }), want: checks.Unknown},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.History, "a token") }, want: checks.Unknown, fix: "twokey needs a token"},
	})
}

func TestReviewCoverageIsBounded(t *testing.T) {
	s := clean()
	var many []checks.Commit
	for range 60 {
		many = append(many, commitBy("mara"))
	}
	had(many...)(s)
	f := checks.Run(find(t, "review.coverage"), s)
	if len(f.Evidence) != 51 || !shows(f, "10 older commits") {
		t.Errorf("%d pieces of evidence, the last is %+v", len(f.Evidence), f.Evidence[len(f.Evidence)-1])
	}
}

func TestBusFactor(t *testing.T) {
	alone := func(commits ...checks.Commit) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			had(commits...)(s)
			edit(&s.History, func(h *checks.History) { h.Releases = []checks.Person{{Login: "Mara"}} })
		}
	}
	judge(t, "gov.bus-factor", []verdictCase{
		{name: "clean", want: checks.Pass, says: "3 people committed, 3 reviewed, 1 released in 12 months", shows: "released: ines (1)"},
		{name: "one person", change: alone(commitBy("mara"), commitBy("mara")), want: checks.Warn,
			says: "mara did everything: 1 person committed, 0 reviewed, 1 released", fix: "second person", shows: "committed: mara (2)"},
		{name: "one person with two addresses of one account", change: alone(commitBy("mara"), but(commitBy("mara"), func(c *checks.Commit) { c.Author.Email = "m@home.example" })), want: checks.Warn},
		{name: "one person, once without an account", change: alone(but(commitBy("mara"), func(c *checks.Commit) { c.Author.Login = "" }), commitBy("mara")), want: checks.Warn,
			says: "mara did everything"},
		{name: "one person by the mailmap", change: func(s *checks.Snapshot) {
			alone(commitBy("mara"), but(commitBy("mara"), func(c *checks.Commit) { c.Author = checks.Person{Name: "M", Email: "m@home.example"} }))(s)
			edit(&s.History, func(h *checks.History) { h.Mailmap = "Mara <mara@quay.example> <m@home.example>" })
		}, want: checks.Warn},
		{name: "one person and programs", change: alone(commitBy("mara", "pre-commit-ci[bot]"), but(commitBy("renovate[bot]"), func(c *checks.Commit) {
			c.Pulls[0].Author, c.Author = c.Author, checks.Person{Name: "renovate[bot]"}
		})), want: checks.Warn},
		{name: "two who commit", change: alone(commitBy("mara"), commitBy("tom")), want: checks.Pass},
		{name: "somebody else reviews", change: alone(commitBy("mara", "tom")), want: checks.Pass, shows: "reviewed: tom (1)"},
		{name: "somebody else merges", change: alone(but(commitBy("mara"), func(c *checks.Commit) { c.Pulls[0].MergedBy = checks.Person{Login: "tom"} })), want: checks.Pass},
		{name: "somebody else, too long ago", change: alone(commitBy("mara"), but(commitBy("tom", "ines"), func(c *checks.Commit) { c.At = lately().AddDate(-2, 0, 0) })), want: checks.Warn},
		{name: "nobody at all", change: hist(func(h *checks.History) { h.Commits, h.Releases = nil, nil }), want: checks.Warn, says: "nobody committed"},
		{name: "cut", change: hist(func(h *checks.History) { h.Cut = true }), want: checks.Pass, says: "of the last 3 commits"},
		{name: "many", change: had(commitBy("a"), commitBy("b"), commitBy("c"), commitBy("d"), commitBy("e"), commitBy("f"), commitBy("g")), want: checks.Pass, shows: "e (1), 2 more"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.History, "a token") }, want: checks.Unknown, fix: "twokey needs a token"},
	})
}
