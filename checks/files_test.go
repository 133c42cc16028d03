package checks_test

import (
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
