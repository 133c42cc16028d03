package checks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"twokey/checks/text"
)

// OwnKind is what a project's own check looks at.
type OwnKind string

// The kinds of own checks, by their keys in a plan file.
const (
	OwnURL        OwnKind = "url"         // a page holds a text
	OwnFile       OwnKind = "file"        // a file of the released commit holds a text
	OwnChangelog  OwnKind = "changelog"   // a file of the released commit names the version
	OwnIssuesNone OwnKind = "issues-none" // no issue or pull request with a label or milestone is open
	OwnAdvisories OwnKind = "advisories"  // no security advisory is still a draft
	OwnManual     OwnKind = "manual"      // something that only a person can look at
)

// OwnKinds are all kinds of own checks.
func OwnKinds() []OwnKind {
	return []OwnKind{OwnURL, OwnFile, OwnChangelog, OwnIssuesNone, OwnAdvisories, OwnManual}
}

// InCommit tells whether the kind looks at a file of the released commit, which
// stays as it is: there is nothing to look at again after the release.
func (k OwnKind) InCommit() bool { return k == OwnFile || k == OwnChangelog }

// LooksAtOpen tells whether the kind looks at what is open on GitHub.
func (k OwnKind) LooksAtOpen() bool { return k == OwnIssuesNone || k == OwnAdvisories }

// HasContains tells whether the kind looks for a text that the project writes.
func (k OwnKind) HasContains() bool { return k == OwnURL || k == OwnFile }

// When is which side of the release an own check looks at.
type When string

// The sides.
const (
	Before When = "before" // of anything being triggered
	After  When = "after"  // of every stage being done
)

// Own is a check that a project declares for itself in its plan. It is declared
// and never executed.
type Own struct {
	// ID is that of the finding, such as "own.manual". It is the plan's to choose
	// where there are two of a kind, so that moving a check in the plan does not
	// hand its waiver to another.
	ID   string  `json:"id"`
	Kind OwnKind `json:"kind"`
	// Name is the page, the path, the label or milestone, or the words of a
	// manual check.
	Name string `json:"name"`
	// Contains is the text that the page or file has to hold; of a changelog the
	// version, once it is known.
	Contains string `json:"contains,omitempty"`
	// Fragments is the directory that a changelog is collected from; empty where it is
	// written as it is.
	Fragments string `json:"fragments,omitempty"`
	When      When   `json:"when"`
}

// OwnID is the ID of an own check that the plan calls name.
func OwnID(name string) string { return "own." + name }

// String says what has to hold, for people.
func (o Own) String() string {
	switch o.Kind {
	case OwnURL, OwnFile:
		return fmt.Sprintf("%s holds %#q", o.Name, o.Contains)
	case OwnChangelog:
		if o.Fragments != "" {
			return fmt.Sprintf("%s names %s, and no fragment is left in %s", o.Name, o.Contains, o.Fragments)
		}
		return fmt.Sprintf("%s names %s", o.Name, o.Contains)
	case OwnIssuesNone:
		return fmt.Sprintf("no issue or pull request with %s is open", o.Name)
	case OwnAdvisories:
		return "no security advisory is still a draft"
	}
	return o.Name
}

// Pattern is a regular expression with one group for what a file of the commit
// has to hold; empty for kinds that look elsewhere. A changelog names a version
// only where no longer one stands around it: 1.2.1 is neither 1.2.10, 11.2.1 nor
// 1.2.1-rc.1.
func (o Own) Pattern() string {
	words := "(" + regexp.QuoteMeta(o.Contains) + ")"
	switch {
	case o.Contains == "": // everything holds nothing
		return ""
	case o.Kind == OwnFile:
		return words
	case o.Kind == OwnChangelog:
		return `(?m:^|[^0-9.!])` + words + `(?:\z|[^0-9A-Za-z.+~-]|[.+~-](?:\z|[^0-9A-Za-z]))`
	}
	return ""
}

// ownCheck is the i-th of a plan's own checks as one like all others.
func ownCheck(i int, own Own) Check {
	c := Check{
		ID:       own.ID,
		Title:    own.title(),
		Why:      "The project asks for this before every release, in its twokey.yml.",
		Looks:    own.looks(),
		Factor:   Traceability,
		Severity: SeverityWarn,
		Remedy:   own.remedy(),
		Judge:    func(*Snapshot) Result { return own.unseen() },
	}
	switch own.Kind {
	case OwnFile, OwnChangelog:
		c.Severity = SeverityBlock
		c.Needs = []Part{PartFiles}
		c.Remedy = "write it into " + cmp.Or(text.Clean(own.Name).String(), "the file") + " on the release line, or correct the check in twokey.yml"
		if own.Fragments != "" {
			c.Needs = append(c.Needs, PartFragments)
		}
		c.Judge = func(s *Snapshot) Result { return own.inCommit(s.Subject, at(s.OwnFiles, i), at(s.OwnFragments, i)) }
	case OwnURL:
		c.Severity = SeverityBlock
		c.Needs = []Part{PartPages}
		c.Judge = func(s *Snapshot) Result { return own.onPage(at(s.OwnPages, i)) }
	case OwnIssuesNone, OwnAdvisories:
		c.Factor, c.Severity = People, SeverityBlock
		c.Needs = []Part{PartOpen}
		c.Judge = func(s *Snapshot) Result { return own.noneOpen(s.Subject.Repo, at(s.OwnOpen, i)) }
	case OwnManual:
		c.Factor, c.Severity = People, SeverityBlock
		c.Judge = func(s *Snapshot) Result { return own.confirmed(s.Subject) }
	}
	return c
}

// looks is what a check of the kind looks at.
func (o Own) looks() string {
	switch o.Kind {
	case OwnURL:
		return "A page of the web, as anybody sees it: that it is there and holds the text that the plan gives."
	case OwnFile:
		return "A file of the released commit: that it is there and holds the text that the plan gives."
	case OwnChangelog:
		return "A file of the released commit: that it names the version, and no longer one around it. Where the plan names a " +
			"directory of fragments, that all of them were collected."
	case OwnIssuesNone:
		return "The open issues and pull requests with a label, or of a milestone: that there is none."
	case OwnAdvisories:
		return "The repository's security advisories: that none is a draft any more. Only an administrator's token sees drafts."
	}
	return "Nothing that twokey can see: a person looks, and says so with `--confirm ID`, or with space in the console."
}

// titleWidth is how many cells a title may take.
const titleWidth = 36

// title is a few words; those of a manual check are the project's own.
func (o Own) title() string {
	switch o.Kind {
	case OwnURL:
		return "Page holds what the plan asks for"
	case OwnFile:
		return "File holds what the plan asks for"
	case OwnChangelog:
		return "Changelog names the version"
	case OwnIssuesNone:
		return "No issue holds the release"
	case OwnAdvisories:
		return "Security advisories are published"
	}
	if o.Name == "" {
		return "A person has seen to it"
	}
	return text.Clean(o.Name).Clip(titleWidth).String()
}

// unseen is the finding of a check that this twokey does not know how to look at.
func (o Own) unseen() Result {
	e := Evidence{What: text.Clean(o.String()), Saw: text.Clean("not looked at"), Outcome: Unknown}
	return Result{Outcome: Unknown, Summary: text.Cleanf("not looked at by twokey: %s", o), Evidence: []Evidence{e}}
}

// onPage judges what a page holds.
func (o Own) onPage(got Got[Page]) Result {
	var t tally
	p, ok := got.Get()
	e := Evidence{What: text.Clean(o.Name), Outcome: Fail, URL: text.Clean(o.Name)}
	switch {
	case o.Contains == "":
		e.Saw, e.Outcome = text.Clean("the plan does not say what it has to hold"), Unknown
		t.add(e, "")
	case !ok:
		t.lack(e.What, got.Missing())
	case p.Absent:
		e.Saw = text.Clean("there is no such page")
		t.add(e, "publish the page, or correct the address under `checks` in twokey.yml")
	case !p.Holds:
		e.Saw = text.Cleanf("does not hold %#q", o.Contains)
		t.add(e, "bring the page up to date, or correct the check in twokey.yml")
	default:
		t.pass(e.What, text.Cleanf("holds %#q", o.Contains), e.URL)
	}
	return t.result(text.Clean(o.String()))
}

// noneOpen judges what is open and must not be. An advisory that somebody only reported
// may be none; one that is being written is a fix that nobody is told of.
func (o Own) noneOpen(repo string, got Got[[]OpenItem]) Result {
	var t tally
	open, ok := got.Get()
	if !ok {
		t.lack(text.Clean(o.String()), got.Missing())
		return t.result(text.Safe{})
	}
	for _, item := range open {
		e := Evidence{What: item.Name, Saw: text.Cleanf("open: %s", item.Title), Outcome: Fail, URL: item.URL}
		if o.Kind == OwnAdvisories {
			if e.Saw = text.Cleanf("a draft: %s", item.Title); !item.Draft {
				e.Saw, e.Outcome = text.Cleanf("reported, and not looked at: %s", item.Title), Warn
			}
		}
		t.add(e, "")
	}
	if len(open) == 0 {
		t.pass(text.Clean(repo), text.Clean("none"), text.Safe{})
	}
	return t.result(text.Clean(o.String()))
}

// confirmed judges something that only a person can look at: nobody else knows
// whether anybody did.
func (o Own) confirmed(sub Subject) Result {
	var t tally
	if what := text.Clean(o.Name); slices.Contains(sub.Confirmed, o.ID) {
		t.pass(what, text.Clean("confirmed by whoever releases"), text.Safe{})
	} else {
		t.add(Evidence{What: what, Saw: text.Clean("nobody has confirmed it yet"), Outcome: Unknown},
			"see to it, then confirm it: `--confirm "+o.ID+"`")
	}
	return t.result(text.Cleanf("confirmed: %s", o.Name))
}

// remedy is the next step where nothing better is known.
func (o Own) remedy() string {
	switch o.Kind {
	case OwnIssuesNone:
		return "close them, or take the label or milestone away; what may wait is no reason to"
	case OwnAdvisories:
		return "publish the advisory with its fix, or close it; see Security, Advisories in the repository"
	}
	return "see to it yourself before you go on"
}

// inCommit judges what was found in a file of the released commit, and what is left of
// the fragments that it is collected from.
func (o Own) inCommit(sub Subject, got Got[FileMatch], dir Got[Directory]) Result {
	var t tally
	m, ok := got.Get()
	e := Evidence{What: text.Clean(o.Name), Outcome: Fail, URL: m.URL}
	switch {
	case o.Pattern() == "":
		e.Saw, e.Outcome = text.Clean("the plan does not say what it has to hold"), Unknown
		t.add(e, "")
	case !ok:
		t.lack(e.What, got.Missing())
	case m.Absent:
		e.Saw = text.Cleanf("not there at %s", short(sub.SHA))
		t.add(e, "correct the path under `checks` in twokey.yml, or release a commit that has the file")
	case !m.Matched:
		e.Saw = text.Cleanf("does not hold %#q at %s", o.Contains, short(sub.SHA))
		t.add(e, "")
	default:
		t.pass(e.What, text.Cleanf("holds %#q", o.Contains), m.URL)
	}
	if o.Fragments != "" {
		o.collected(&t, sub, dir)
	}
	return t.result(text.Clean(o.String()))
}

// Page is a page that anybody can read.
type Page struct {
	Absent bool // there is none at the address
	Holds  bool // it holds the text that is looked for
}

// OpenItem is an issue, pull request or advisory that is open.
type OpenItem struct {
	Name  text.Safe // such as "#12" or GHSA-…
	Title text.Safe
	// Draft is set for an advisory that is being written, with what it is about known;
	// others are only reported.
	Draft bool
	URL   text.Safe
}
