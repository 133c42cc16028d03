package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
)

// TestFragments is about what is left in a directory that a changelog is collected from.
func TestFragments(t *testing.T) {
	const changelog = 2 // in ownOf
	holds := func(files ...string) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { s.OwnFragments[changelog] = checks.Have(checks.Directory{Files: files}) }
	}
	dir := func(d checks.Directory) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { s.OwnFragments[changelog] = checks.Have(d) }
	}
	for _, tt := range []verdictCase{
		{name: "nothing but what keeps it", want: checks.Pass, says: "CHANGES.md names 2.11.6, and no fragment is left in changes", shows: "fragments in changes: all are collected"},
		{name: "an empty one", change: holds(), want: checks.Pass},
		{name: "what no tool collects", change: holds(".gitkeep", ".keep", "README", "Readme.rst", "template.md", "TEMPLATE.rst.j2", "_template.rst",
			"new_fragment.md.j2", "config.json", "pre.json", "scriv.ini", "towncrier.toml", ".later.md", "_old/1.md", ".archive/2.md", "core/.gitignore"), want: checks.Pass},
		{name: "one", change: holds("8143.feature"), want: checks.Fail,
			says: "fragments in changes: 1 fragment not collected at 4f2c9ab: 8143.feature", fix: "collect them into CHANGES.md"},
		{name: "some, at any depth", change: holds("b.md", "README.md", "core/a.yaml", "readm.md"), want: checks.Fail,
			says: "3 fragments not collected at 4f2c9ab: b.md, core/a.yaml, readm.md", fix: "towncrier build"},
		{name: "many", change: holds("1", "2", "3", "4", "5", "6", "7"), want: checks.Fail, says: "7 fragments not collected at 4f2c9ab: 1, 2, 3, 4, 5 and 2 more"},
		{name: "before the release that they are for", change: func(s *checks.Snapshot) {
			holds("a.md")(s)
			s.Subject.Version = "2.11.6rc1"
		}, want: checks.Warn, says: "1 fragment not collected"},
		{name: "a directory that git does not keep", change: dir(checks.Directory{Absent: true, Last: "harbour-2.11.5", InLast: true}), want: checks.Pass,
			shows: "fragments in changes: none: there is no such directory at 4f2c9ab"},
		{name: "a directory that was never there", change: dir(checks.Directory{Absent: true, Last: "harbour-2.11.5"}), want: checks.Warn,
			says: "no such directory at 4f2c9ab, nor at harbour-2.11.5", fix: "correct `fragments` in twokey.yml"},
		{name: "no release before", change: dir(checks.Directory{Absent: true}), want: checks.Pass, shows: "there is no such directory"},
		{name: "not read", change: func(s *checks.Snapshot) { s.OwnFragments = nil }, want: checks.Unknown, says: "fragments in changes: it was not read", fix: "check again"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.OwnFragments[changelog], "contents: read") }, want: checks.Unknown,
			says: "GitHub answered 403", fix: "twokey needs contents: read"},
		{name: "collected, and the version is not there", change: func(s *checks.Snapshot) {
			edit(&s.OwnFiles[changelog], func(m *checks.FileMatch) { m.Matched = false })
		}, want: checks.Fail, says: "CHANGES.md: does not hold", fix: "write it into CHANGES.md"},
		{name: "an attack", change: func(s *checks.Snapshot) {
			s.Subject.Own[changelog].Fragments = "c\x1b[2J"
			holds("a\u202eb")(s)
		}, want: checks.Fail, says: "a<U+202E>b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withOwn()
			if tt.change != nil {
				tt.change(s)
			}
			f := runOwn(t, s, "own.changelog")
			tt.hold(t, f)
			if strings.Contains(f.Summary.String()+f.Remedy, "\x1b") || f.Blocks() != (tt.want == checks.Fail || tt.want == checks.Unknown) {
				t.Errorf("it blocks: %v, %q", f.Blocks(), f.Summary)
			}
		})
	}
	s := withOwn()
	s.Subject.Own[changelog].Fragments, s.OwnFragments = "", nil
	if f := runOwn(t, s, "own.changelog"); f.Outcome != checks.Pass || f.Summary.String() != "CHANGES.md names 2.11.6" {
		t.Errorf("one that is written as it is: %+v", f)
	}
}
