package trace_test

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace"
	"twokey/checks/trace/archive"
)

// mayRun are the reasons for which a file that runs may be called generated. Each is a
// shape that leaves no room for code of its own.
var mayRun = regexp.MustCompile(`^(?:the version, and nothing else|the commit's, with the first line that installing it writes|git filled in what \.gitattributes asks it to)$`)

// fuzzed is the commit that FuzzTracer holds everything against.
func fuzzed() []file {
	return []file{{path: "README.md", content: readme}, {path: "harbour/__init__.py", content: "x = 1\n"}, {path: "harbour/_version.py", content: "__version__ = '0'\n"},
		{path: "bin/harbour", content: "#!/usr/bin/env python3\nimport harbour\n"}, {path: "setup.cfg", content: "[metadata]\nname = harbour\n"},
		{path: ".gitattributes", content: "*.txt text\nnode.py export-subst\n"}, {path: "node.py", content: "# $Format:%H$\n"},
		{path: "a.txt", content: "a\nb\n"}, {path: "link", content: "a.txt", mode: checks.ModeSymlink}, {path: "empty", content: ""}}
}

// script turns the text that the fuzzer makes into members: one a paragraph, with its type
// and path on the first line.
func script(text string) (out []struct {
	archive.Member
	content string
}) {
	used := map[string]bool{}
	for _, s := range strings.Split(text, "\x01") {
		head, content, _ := strings.Cut(s, "\n")
		if len(head) < 2 || len(out) == 40 {
			continue
		}
		m := archive.Member{Path: strings.TrimPrefix(path.Clean("/"+head[1:]), "/"), Type: archive.Type(head[0] & 7 % 5), Exec: head[0]&8 != 0, Control: head[0]&16 != 0}
		if m.Path == "" || used[m.Path] {
			continue // no reader of archives shows these
		}
		used[m.Path] = true
		switch m.Type {
		case archive.File:
			m.Size = int64(len(content))
		case archive.Symlink:
			m.Link, content = content, ""
		case archive.Hardlink:
			m.Link, content = strings.TrimPrefix(path.Clean("/"+content), "/"), ""
		}
		out = append(out, struct {
			archive.Member
			content string
		}{m, content})
	}
	return out
}

// FuzzTracer holds of any artifact that each of its files gets one verdict, and that
// nothing that runs is called generated but for a reason that leaves no room for code.
func FuzzTracer(f *testing.F) {
	for _, s := range []string{
		"@PKG-INFO\n" + pkgInfo, "@h.egg-info/SOURCES.txt\na\nb\n\x01Hh.egg-info/entry_points.txt\n[a]\nb = harbour:c\n",
		"@setup.cfg\n[metadata]\nname = harbour\n\n[egg_info]\ntag_build = \ntag_date = 0\n\n", "@harbour/_version.py\n__version__ = '2.11.6'\n",
		"@x.data/scripts/harbour\n#!python\nimport harbour\n", "@node.py\n# 0123\n\x01@a.txt\na\r\nb\r\n\x01Blink\na.txt\n\x01Ca2\na.txt",
		"@h-1.dist-info/RECORD\nh,,\n\x01@h-1.dist-info/METADATA\n" + pkgInfo, "Pcontrol\nPackage: x\nVersion: 1\n\x01Ptriggers\nactivate x\n\x01Xmd5sums\n",
	} {
		for form := range 4 {
			f.Add(byte(form), s)
			f.Add(byte(form), strings.ReplaceAll("\x01"+s, "\x01@", "\x01@harbour-2.11.6/")[1:])
		}
	}
	f.Fuzz(func(t *testing.T, form byte, text string) {
		o := sdist()
		o.Form = []checks.Form{checks.FormSdist, checks.FormWheel, checks.FormDeb, checks.FormImage}[form&3]
		if form&4 != 0 {
			o.Source = "opt/harbour"
		}
		tr, files := trace.New(commit(fuzzed()...), o), 0
		for _, m := range script(text) {
			switch err := tr.Visit(m.Member, strings.NewReader(m.content)); {
			case errors.As(err, new(*archive.Refused)):
				return
			case err != nil:
				t.Fatalf("%q: %v", m.Path, err)
			case m.Type != archive.Dir:
				files++
			}
		}
		for _, known := range []map[string][]byte{nil, contents(tr.Wanted(), fuzzed())} {
			counted(t, tr.Report(known), files)
		}
	})
}

// counted holds a report against itself.
func counted(t *testing.T, r checks.Traced, files int) {
	t.Helper()
	if n := r.Same.Files + r.Generated.Files + r.Moved.Files + r.Modified.Files + r.Extra.Files + r.Outside.Files; n != files {
		t.Fatalf("%d files have %d verdicts", files, n)
	}
	told := map[checks.FileVerdict]int{}
	for _, f := range r.Files {
		told[f.Verdict]++
		if f.Verdict == checks.FileGenerated && f.Runs && !mayRun.MatchString(f.Why.String()) {
			t.Fatalf("%q runs, and is called generated: %s", f.Path, f.Why)
		}
	}
	for _, v := range []checks.FileVerdict{checks.FileGenerated, checks.FileMoved, checks.FileModified, checks.FileExtra, checks.FileMissing} {
		if told[v] != r.Of(v).Files {
			t.Fatalf("%d are %s, and %s told of", r.Of(v).Files, v, fmt.Sprint(told[v]))
		}
	}
	if c := r.Coverage(); c < 0 || c > 1 {
		t.Fatalf("coverage %v", c)
	}
}
