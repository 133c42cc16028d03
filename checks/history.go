package checks

import (
	"strings"
	"time"

	"twokey/checks/text"
)

// History is who wrote, reviewed and released a repository up to the commit that is
// released.
type History struct {
	Repo string // owner/name
	SHA  string // the commit that is released
	// Base is the tag of the last release; zero where there is none, and then all
	// commits count as new.
	Base TagName
	// From is when the year begins that tells who takes part.
	From time.Time
	// Commits are the newest first, merge commits included.
	Commits []Commit
	// Since is how many commits there are since Base, as GitHub counts them; where there
	// is no Base, as many as were read.
	Since int
	// Cut holds when there are older commits that were not read and may count.
	Cut bool
	// Releases are GitHub's, drafts and those before From left out.
	Releases []Person
	// Mailmap is the text of the file that tells which addresses are of one person.
	Mailmap string
}

// Commit is a commit and how it came in.
type Commit struct {
	SHA    string
	At     time.Time
	Title  text.Safe
	URL    text.Safe
	Author Person
	// Merge holds for a commit with several parents.
	Merge bool
	// New holds for one that the last release does not have.
	New bool
	// Pulls are the merged pull requests that brought it in.
	Pulls []Pull
}

// Pull is a merged pull request.
type Pull struct {
	Number   int
	URL      text.Safe
	Author   Person
	MergedBy Person
	// Approvals are those whose approving review stands.
	Approvals []Person
}

// Person is who did something, as far as that is known. An account that is gone is zero.
type Person struct {
	Login string
	Name  string // of a commit
	Email string // of a commit
	// Bot holds when the host says that the account is not a person's.
	Bot bool
}

// usualBots are accounts and names of programs that look like people's.
const usualBots = " dependabot dependabot-preview renovate renovate-bot pre-commit-ci github-actions web-flow " +
	"github-merge-queue mergify allcontributors snyk-bot pyup-bot greenkeeper imgbot codecov weblate "

// IsBot tells whether this is a program: by its account, or by a usual name.
func (p Person) IsBot() bool {
	if p.Bot {
		return true
	}
	for _, name := range []string{p.Login, p.Name} {
		name = strings.ToLower(strings.TrimSpace(name))
		if strings.HasSuffix(name, "[bot]") || name != "" && !strings.Contains(name, " ") && strings.Contains(usualBots, " "+name+" ") {
			return true
		}
	}
	return false
}

// Nobody tells whether nothing is known of who it was.
func (p Person) Nobody() bool { return p.Login == "" && p.Name == "" && p.Email == "" }

// show names a person: an account before a name, and never an address, which people
// may not want to see in a report.
func (p Person) show() text.Safe {
	for _, s := range []string{p.Login, p.Name} {
		if shown := text.Clean(s); !shown.IsZero() {
			return shown
		}
	}
	return text.Clean("somebody unknown")
}

// people tells who is one and the same: by account, by address, and by the mailmap.
type people struct {
	mailmap mailmap
	parent  map[string]string
	shown   map[string]text.Safe
}

// peopleOf learns who is who from all that was read.
func peopleOf(h History) *people {
	p := &people{mailmap: parseMailmap(h.Mailmap), parent: map[string]string{}, shown: map[string]text.Safe{}}
	for _, c := range h.Commits {
		p.id(c.Author)
	}
	return p
}

// id is the same for all that one person goes by; empty for nobody.
func (p *people) id(who Person) string {
	known := who
	if who.Email != "" || who.Name != "" {
		known.Name, known.Email = p.mailmap.canonical(who.Name, who.Email)
	}
	keys := []string{}
	if known.Login != "" {
		keys = append(keys, "@"+strings.ToLower(known.Login))
	}
	switch {
	case known.Email != "":
		keys = append(keys, "<"+strings.ToLower(known.Email))
	case known.Login == "" && known.Name != "":
		keys = append(keys, strings.ToLower(known.Name))
	}
	if len(keys) == 0 {
		return ""
	}
	for _, k := range keys[1:] {
		if a, b := p.root(keys[0]), p.root(k); a != b {
			p.parent[b] = a
		}
	}
	root := p.root(keys[0])
	if _, named := p.shown[keys[0]]; !named {
		p.shown[keys[0]] = known.show()
	}
	return root
}

// root is what a key leads to.
func (p *people) root(key string) string {
	for p.parent[key] != "" {
		key = p.parent[key]
	}
	return key
}

// same tells whether two are known to be one person. Nobody is the same as nobody.
func (p *people) same(a, b Person) bool {
	x, y := p.id(a), p.id(b)
	return x != "" && y != "" && x == y
}
