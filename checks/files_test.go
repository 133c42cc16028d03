package checks_test

import (
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

func TestVersionFiles(t *testing.T) {
	holds := func(value string) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			edit(&s.VersionFiles[0], func(m *checks.FileMatch) { m.Value = text.Clean(value) })
		}
	}
	judge(t, "version.files", []verdictCase{
		{name: "clean", want: checks.Pass, says: "harbour/__init__.py holds 2.11.6"},
		{name: "another version", change: holds("2.11.5"), want: checks.Fail,
			says: "harbour/__init__.py: holds 2.11.5, not 2.11.6", fix: "change the version in the file"},
		{name: "a development version", change: holds("2.11.6a0"), want: checks.Fail, says: "2.11.6a0"},
		{name: "with a v", change: holds("v2.11.6"), want: checks.Fail},
		{name: "with a space", change: holds("2.11.6 "), want: checks.Fail},
		{name: "nothing between the quotes", change: holds(""), want: checks.Fail},
		{name: "an attack", change: holds("2.11.6\x1b[2J\u202e"), want: checks.Fail, says: "2.11.6<U+202E>"},
		{name: "another spelling of the same", change: func(s *checks.Snapshot) {
			s.Subject.Version = "2.12.0rc1"
			holds("2.12.0-rc.1")(s)
		}, want: checks.Pass, shows: "holds 2.12.0-rc.1"},
		{name: "equal, but published under another name", change: func(s *checks.Snapshot) {
			s.Subject.Version = "2.12.0"
			holds("2.12")(s)
		}, want: checks.Fail},
		{name: "build metadata is part of a version", change: func(s *checks.Snapshot) {
			s.Subject.Scheme, s.Subject.Version = "semver", "1.2.3+b"
			holds("1.2.3+a")(s)
		}, want: checks.Fail},
		{name: "the version itself is none", change: func(s *checks.Snapshot) {
			s.Subject.Version = "latest"
			holds("newest")(s)
		}, want: checks.Fail},
		{name: "no match", change: func(s *checks.Snapshot) {
			edit(&s.VersionFiles[0], func(m *checks.FileMatch) { m.Matched = false })
		}, want: checks.Fail, says: "nothing in it matches", fix: "version-files"},
		{name: "no such file", change: func(s *checks.Snapshot) { s.VersionFiles[0] = checks.Have(checks.FileMatch{Absent: true}) },
			want: checks.Fail, says: "harbour/__init__.py: not there at 4f2c9ab", fix: "correct the path under `version-files`"},
		{name: "no files in the plan", change: func(s *checks.Snapshot) { s.Subject.VersionFiles, s.VersionFiles = nil, nil },
			want: checks.NotApplicable, says: "names no file"},
		{name: "the tag is the version", change: func(s *checks.Snapshot) {
			s.Subject.VersionFiles, s.VersionFiles = nil, nil
			s.Subject.VersionFrom = checks.VersionSource{Saw: text.Clean("setup.py takes the version from the tag"), Tag: true}
		}, want: checks.NotApplicable, says: "from the tag"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.VersionFiles[0], "contents: read") }, want: checks.Unknown,
			fix: "twokey needs contents: read"},
		{name: "two files, one not read", change: func(s *checks.Snapshot) {
			s.Subject.VersionFiles = append(s.Subject.VersionFiles, checks.VersionFile{Path: "pyproject.toml"})
		}, want: checks.Unknown, says: "pyproject.toml: it was not read"},
		{name: "two files that agree", change: func(s *checks.Snapshot) {
			s.Subject.VersionFiles = append(s.Subject.VersionFiles, checks.VersionFile{Path: "pyproject.toml"})
			s.VersionFiles = append(s.VersionFiles, s.VersionFiles[0])
		}, want: checks.Pass, says: "2 files hold 2.11.6"},
	})
}

// A version that a discovered plan could not find is never a clean n/a; and it does
// not hold up a project that nobody has told how to say where it is.
func TestVersionNotFound(t *testing.T) {
	s := clean()
	s.Subject.VersionFrom = checks.VersionSource{Saw: text.Clean("setup.cfg takes the version from nice.__version__")}
	run := func() checks.Finding {
		all := checks.For(s.Subject)
		i := slices.IndexFunc(all, func(c checks.Check) bool { return c.ID == "version.files" })
		return checks.Run(all[i], s)
	}
	if f := run(); f.Outcome != checks.Pass || f.Severity != checks.SeverityBlock {
		t.Errorf("with a file: %s, %s", f.Outcome, f.Severity)
	}
	s.Subject.VersionFiles, s.VersionFiles = nil, nil
	f := run()
	if f.Outcome != checks.Unknown || f.Blocks() || f.Severity != checks.SeverityWarn {
		t.Errorf("%s, %s, blocks %v", f.Outcome, f.Severity, f.Blocks())
	}
	if f.Summary.String() != "setup.cfg takes the version from nice.__version__" || !strings.Contains(f.Remedy, "`version-files` in twokey.yml") {
		t.Errorf("%s\n%s", f.Summary, f.Remedy)
	}
	if v := checks.Judge([]checks.Finding{f}); !v.Go || v.Unknown != 1 || v.NotApplicable != 0 {
		t.Errorf("%+v", v)
	}
	for _, other := range checks.For(s.Subject) {
		if i := slices.IndexFunc(checks.All(), func(c checks.Check) bool { return c.ID == other.ID }); i >= 0 &&
			other.ID != "version.files" && other.Severity != checks.All()[i].Severity {
			t.Errorf("%s is of severity %s", other.ID, other.Severity)
		}
	}
}
