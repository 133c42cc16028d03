package checks_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// ownOf is one check of each kind, as a plan for 2.11.6 declares them.
func ownOf() []checks.Own {
	return []checks.Own{
		{ID: "own.url", Kind: checks.OwnURL, Name: "https://docs.quay.example/2.11/", Contains: "v2.11.6", When: checks.Before},
		{ID: "own.file", Kind: checks.OwnFile, Name: "docs/news.md", Contains: "2.11.6", When: checks.Before},
		{ID: "own.changelog", Kind: checks.OwnChangelog, Name: "CHANGES.md", Contains: "2.11.6", Fragments: "changes", When: checks.Before},
		{ID: "own.issues-none", Kind: checks.OwnIssuesNone, Name: "label:blocker", When: checks.Before},
		{ID: "own.advisories", Kind: checks.OwnAdvisories, Name: "published", When: checks.Before},
		{ID: "own.manual", Kind: checks.OwnManual, Name: "The mailing list knows", When: checks.Before},
		{ID: "own.tell", Kind: checks.OwnManual, Name: "Tell people", When: checks.After},
	}
}

// withOwn is the clean snapshot of a plan with own checks, whose files hold what
// they have to.
func withOwn() *checks.Snapshot {
	s := clean()
	s.Subject.Own = ownOf()
	s.OwnFiles = make([]checks.Got[checks.FileMatch], len(s.Subject.Own))
	s.OwnPages = make([]checks.Got[checks.Page], len(s.Subject.Own))
	s.OwnOpen = make([]checks.Got[[]checks.OpenItem], len(s.Subject.Own))
	s.OwnFragments = make([]checks.Got[checks.Directory], len(s.Subject.Own))
	for i, own := range s.Subject.Own {
		if own.Fragments != "" {
			s.OwnFragments[i] = checks.Have(checks.Directory{Files: []string{".gitignore", "README.md"}})
		}
		if own.Pattern() != "" {
			s.OwnFiles[i] = checks.Have(checks.FileMatch{Path: own.Name, Matched: true, Value: text.Clean(own.Contains)})
		}
		switch own.Kind {
		case checks.OwnURL:
			s.OwnPages[i] = checks.Have(checks.Page{Holds: true})
		case checks.OwnIssuesNone, checks.OwnAdvisories:
			s.OwnOpen[i] = checks.Have([]checks.OpenItem{})
		}
	}
	return s
}

// runOwn judges one of a snapshot's checks, whichever it is.
func runOwn(t *testing.T, s *checks.Snapshot, id string) checks.Finding {
	t.Helper()
	all := checks.For(s.Subject)
	i := slices.IndexFunc(all, func(c checks.Check) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("there is no check %s", id)
	}
	f := checks.Run(all[i], s)
	requireWhole(t, all[i], f)
	return f
}

// TestForOrder holds that every declared check which is due before the release is
// judged, after those of every release, and none that is due after it.
func TestForOrder(t *testing.T) {
	s := withOwn()
	s.Subject.Waivers = []checks.Waiver{{Check: "own.manual"}}
	var want []string
	for _, c := range checks.All() {
		want = append(want, c.ID)
	}
	want = append(want, "own.url", "own.file", "own.changelog", "own.issues-none", "own.advisories", "own.manual", "plan.waivers")
	var got []string
	for _, c := range checks.For(s.Subject) {
		got = append(got, c.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("checks are %q, want %q", got, want)
	}
	if n := len(checks.For(clean().Subject)); n != len(checks.All()) {
		t.Errorf("a plan without checks of its own has %d", n)
	}
	s.Subject.Own = []checks.Own{{ID: "own.odd", Kind: checks.OwnManual, Name: "x", When: "someday"}}
	if f := runOwn(t, s, "own.odd"); f.Outcome != checks.Unknown {
		t.Errorf("a check that is due on no known side is %s", f.Outcome)
	}
}

// TestForAfter holds that what is due after a release is judged then as it would be
// before one, and stops nothing.
func TestForAfter(t *testing.T) {
	s := withOwn()
	for i := range s.Subject.Own {
		s.Subject.Own[i].When = checks.After
	}
	s.OwnPages[0] = checks.Have(checks.Page{Absent: true})
	s.OwnOpen[4] = checks.Lack[[]checks.OpenItem](refused())
	want := map[string]checks.Outcome{"own.url": checks.Fail, "own.issues-none": checks.Pass, "own.advisories": checks.Unknown,
		"own.manual": checks.Unknown, "own.tell": checks.Unknown}
	for _, c := range checks.ForAfter(s.Subject) {
		f := checks.Run(c, s)
		if o, listed := want[c.ID]; listed && f.Outcome != o || f.Blocks() || f.Severity != checks.SeverityWarn {
			t.Errorf("%s: %+v", c.ID, f)
		}
		if !strings.Contains(c.Why, "after every release") {
			t.Errorf("%s: why is %q", c.ID, c.Why)
		}
	}
	if n := len(checks.For(s.Subject)); n != len(checks.All()) {
		t.Errorf("%d checks are due before it, want %d", n, len(checks.All()))
	}
	if n := len(checks.ForAfter(withOwn().Subject)); n != 1 {
		t.Errorf("%d checks are due after it, want 1", n)
	}
}

// TestOwnWords holds own checks to what holds for all others.
func TestOwnWords(t *testing.T) {
	s := withOwn()
	s.Subject.Own = append(s.Subject.Own, checks.Own{ID: "own.long", Kind: checks.OwnManual,
		Name: strings.Repeat("a very long story ", 20), When: checks.Before})
	for _, c := range checks.For(s.Subject)[len(checks.All()):] {
		if n := text.Clean(c.Title).Width(); c.Title == "" || n > 36 {
			t.Errorf("%s: the title %q takes %d cells", c.ID, c.Title, n)
		}
		if !regexp.MustCompile(`^[A-Z][^.]+(\.yml)?\.$`).MatchString(c.Why) || c.Remedy == "" {
			t.Errorf("%s: why %q, remedy %q", c.ID, c.Why, c.Remedy)
		}
		if c.Factor.Name() == string(c.Factor) || c.Severity == "" {
			t.Errorf("%s: factor %q, severity %q", c.ID, c.Factor, c.Severity)
		}
	}
}

// TestOwnManual holds that what only a person can see to is unknown, and blocks, until
// somebody says so for this release.
func TestOwnManual(t *testing.T) {
	s := withOwn()
	f := runOwn(t, s, "own.manual")
	if f.Outcome != checks.Unknown || !f.Blocks() || !strings.Contains(f.Remedy, "`--confirm own.manual`") ||
		f.Summary.String() != "The mailing list knows: nobody has confirmed it yet" {
		t.Errorf("%+v", f)
	}
	s.Subject.Confirmed = []string{"own.tell", "own.url", "own.issues-none"}
	s.OwnPages, s.OwnOpen = nil, nil
	for _, id := range []string{"own.url", "own.issues-none"} { // a word is no look
		if f := runOwn(t, s, id); f.Outcome != checks.Unknown {
			t.Errorf("%s: %+v", id, f)
		}
	}
	if f := runOwn(t, s, "own.manual"); f.Outcome != checks.Unknown {
		t.Errorf("what others confirm: %+v", f)
	}
	s.Subject.Confirmed = []string{"own.manual"}
	if f := runOwn(t, s, "own.manual"); f.Outcome != checks.Pass || f.Summary.String() != "confirmed: The mailing list knows" {
		t.Errorf("%+v", f)
	}
}

// TestOwnElsewhere is about what is looked at outside of the commit.
func TestOwnElsewhere(t *testing.T) {
	const url, issues, advisories = 0, 3, 4 // in ownOf
	open := func(i int, items ...checks.OpenItem) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { s.OwnOpen[i] = checks.Have(items) }
	}
	item := func(name, title string, draft bool) checks.OpenItem {
		return checks.OpenItem{Name: text.Clean(name), Title: text.Clean(title), Draft: draft, URL: text.Clean("https://github.com/quay/harbour/x")}
	}
	for _, tt := range []struct {
		name   string
		id     string
		change func(*checks.Snapshot)
		want   checks.Outcome
		says   string
		fix    string
	}{
		{"a page that holds it", "own.url", nil, checks.Pass, "https://docs.quay.example/2.11/ holds `v2.11.6`", ""},
		{"a page that does not", "own.url", func(s *checks.Snapshot) { s.OwnPages[url] = checks.Have(checks.Page{}) }, checks.Fail, "does not hold `v2.11.6`", "up to date"},
		{"no page", "own.url", func(s *checks.Snapshot) { s.OwnPages[url] = checks.Have(checks.Page{Absent: true, Holds: true}) }, checks.Fail, "no such page", "correct the address"},
		{"nothing to look for", "own.url", func(s *checks.Snapshot) { s.Subject.Own[url].Contains = "" }, checks.Unknown, "does not say what", ""},
		{"a page that was not read", "own.url", func(s *checks.Snapshot) { s.OwnPages = nil }, checks.Unknown, "was not read", ""},
		{"no open issue", "own.issues-none", nil, checks.Pass, "label:blocker is open", ""},
		{"an open issue", "own.issues-none", open(issues, item("#7", "It leaks", false)), checks.Fail, "#7: open: It leaks", "close them"},
		{"two", "own.issues-none", open(issues, item("#7", "It leaks", false), item("#8", "It burns", false)), checks.Fail, "and 1 more", ""},
		{"issues that were not read", "own.issues-none", func(s *checks.Snapshot) { s.OwnOpen = nil }, checks.Unknown, "was not read", ""},
		{"no advisory", "own.advisories", nil, checks.Pass, "still a draft", ""},
		{"a draft", "own.advisories", open(advisories, item("GHSA-1", "Injection", true)), checks.Fail, "GHSA-1: a draft: Injection", "publish the advisory"},
		{"a report", "own.advisories", open(advisories, item("GHSA-2", "Perhaps", false)), checks.Warn, "GHSA-2: reported, and not looked at: Perhaps", ""},
		{"a draft comes before a report", "own.advisories", open(advisories, item("GHSA-2", "Perhaps", false), item("GHSA-1", "Injection", true)), checks.Fail, "GHSA-1", ""},
		{"a kind that is none", "own.odd", func(s *checks.Snapshot) {
			s.Subject.Own = []checks.Own{{ID: "own.odd", Kind: "command", Name: "make", When: checks.Before}}
		}, checks.Unknown, "not looked at by twokey: make", "see to it yourself"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withOwn()
			if tt.change != nil {
				tt.change(s)
			}
			f := runOwn(t, s, tt.id)
			verdictCase{want: tt.want, says: tt.says, fix: tt.fix}.hold(t, f)
		})
	}
}

// TestOwnInCommit is about files of the released commit, which are looked at.
func TestOwnInCommit(t *testing.T) {
	const file, changelog = 1, 2 // in ownOf
	for _, tt := range []struct {
		name   string
		id     string
		change func(*checks.Snapshot)
		want   checks.Outcome
		says   string
		fix    string
	}{
		{"a file that holds it", "own.file", nil, checks.Pass, "docs/news.md holds `2.11.6`", ""},
		{"a changelog that names it", "own.changelog", nil, checks.Pass, "CHANGES.md names 2.11.6, and no fragment is left in changes", ""},
		{"no match", "own.file", func(s *checks.Snapshot) {
			edit(&s.OwnFiles[file], func(m *checks.FileMatch) { m.Matched = false })
		}, checks.Fail, "docs/news.md: does not hold `2.11.6` at 4f2c9ab", "write it into docs/news.md"},
		{"a changelog without it", "own.changelog", func(s *checks.Snapshot) {
			edit(&s.OwnFiles[changelog], func(m *checks.FileMatch) { m.Matched = false })
		}, checks.Fail, "CHANGES.md: does not hold", "write it into CHANGES.md"},
		{"no such file", "own.file", func(s *checks.Snapshot) {
			s.OwnFiles[file] = checks.Have(checks.FileMatch{Absent: true})
		}, checks.Fail, "not there at 4f2c9ab", "correct the path under `checks`"},
		{"not read", "own.file", func(s *checks.Snapshot) { s.OwnFiles = nil }, checks.Unknown, "it was not read", "check again"},
		{"fewer than declared", "own.changelog", func(s *checks.Snapshot) { s.OwnFiles = s.OwnFiles[:2] }, checks.Unknown, "it was not read", ""},
		{"hidden", "own.changelog", func(s *checks.Snapshot) { hide(&s.OwnFiles[changelog], "contents: read") }, checks.Unknown,
			"GitHub answered 403", "twokey needs contents: read"},
		{"nothing to look for", "own.file", func(s *checks.Snapshot) { s.Subject.Own[file].Contains = "" }, checks.Unknown, "does not say what", ""},
		{"an attack", "own.file", func(s *checks.Snapshot) {
			s.Subject.Own[file].Name, s.Subject.Own[file].Contains = "a\x1b[2J\u202e", "\x1b]0;owned\x07"
			edit(&s.OwnFiles[file], func(m *checks.FileMatch) { m.Matched = false })
		}, checks.Fail, "a<U+202E>", "write it into a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withOwn()
			if tt.change != nil {
				tt.change(s)
			}
			f := runOwn(t, s, tt.id)
			if f.Outcome != tt.want || !strings.Contains(f.Summary.String(), tt.says) || !strings.Contains(f.Remedy, tt.fix) {
				t.Errorf("%s: %q, remedy %q", f.Outcome, f.Summary, f.Remedy)
			}
			if want := tt.want != checks.Pass; f.Blocks() != want {
				t.Errorf("it blocks: %v", f.Blocks())
			}
		})
	}
}

// TestOwnWaived holds that a blocking check of the project's own can be set aside.
func TestOwnWaived(t *testing.T) {
	s := withOwn()
	s.OwnFiles = nil
	s.Subject.Waivers = []checks.Waiver{{Check: "own.file", Until: time.Date(2026, 8, 14, 0, 0, 0, 0, time.UTC)}}
	if f := runOwn(t, s, "own.file"); f.Waiver == nil || f.Blocks() {
		t.Errorf("the waived check has the waiver %v and blocks: %v", f.Waiver, f.Blocks())
	}
	if f := runOwn(t, s, "own.changelog"); f.Waiver != nil || !f.Blocks() {
		t.Errorf("the other one has the waiver %v and blocks: %v", f.Waiver, f.Blocks())
	}
}

func TestOwnPattern(t *testing.T) {
	changelog := func(version string) checks.Own { return checks.Own{Kind: checks.OwnChangelog, Contains: version} }
	for _, tt := range []struct {
		own  checks.Own
		text string
		want bool
	}{
		{changelog("1.2.1"), "1.2.1", true},
		{changelog("1.2.1"), "# News\n\nv1.2.1\n------\n", true},
		{changelog("1.2.1"), "## [1.2.1] - 2026-08-14\r\n", true},
		{changelog("1.2.1"), "harbour-1.2.1: now", true},
		{changelog("1.2.1"), "This is 1.2.1.", true},
		{changelog("1.2.1"), "This is 1.2.1. Then", true},
		{changelog("1.2.1"), "1.2.1\x00", true},
		{changelog("1.2.1"), "1.2.10", false},
		{changelog("1.2.1"), "11.2.1", false},
		{changelog("1.2.1"), "0.1.2.1", false},
		{changelog("1.2.1"), "1.2.1.1", false},
		{changelog("1.2.1"), "1.2.1-rc.1", false},
		{changelog("1.2.1"), "1.2.1rc1", false},
		{changelog("1.2.1"), "1.2.1.post1", false},
		{changelog("1.2.1"), "1.2.1+dfsg", false},
		{changelog("1.2.1"), "1.2.1~rc1", false},
		{changelog("1.2.1"), "1!1.2.1", false},
		{changelog("1.2.1"), "1x2y1", false}, // a dot is a dot
		{changelog("1.2.1"), "1.2.10 and 1.2.1", true},
		{changelog("1.2.1-rc.1"), "1.2.1-rc.1 (today)", true},
		{changelog("1.2.1-rc.1"), "1.2.1-rc.10", false},
		{changelog("1.2.1-rc.1"), "1.2.1", false},
		{changelog("1!2.0"), "1!2.0", true},
		{checks.Own{Kind: checks.OwnFile, Contains: "a.b(c"}, "xa.b(cx", true},
		{checks.Own{Kind: checks.OwnFile, Contains: "a.b(c"}, "aXb(c", false},
		{checks.Own{Kind: checks.OwnFile, Contains: "Yes"}, "yes", false},
	} {
		re, err := regexp.Compile(tt.own.Pattern())
		if err != nil || re.NumSubexp() != 1 {
			t.Errorf("%+v: %v, %d groups", tt.own, err, re.NumSubexp())
			continue
		}
		groups := re.FindStringSubmatch(tt.text)
		if (groups != nil) != tt.want || tt.want && groups[1] != tt.own.Contains {
			t.Errorf("%s %q in %q: %q", tt.own.Kind, tt.own.Contains, tt.text, groups)
		}
	}
	for _, kind := range checks.OwnKinds() {
		if p := (checks.Own{Kind: kind}).Pattern(); p != "" {
			t.Errorf("%s looks for nothing with %q", kind, p)
		}
		if p := (checks.Own{Kind: kind, Contains: "x"}).Pattern(); (p != "") != kind.InCommit() {
			t.Errorf("%s has the pattern %q", kind, p)
		}
	}
}
