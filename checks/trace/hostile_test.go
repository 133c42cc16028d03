package trace_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace"
)

// TestPassesForSomethingElse is about what somebody puts into an artifact so that it is
// taken for the commit's, or for what a build makes.
func TestPassesForSomethingElse(t *testing.T) {
	tree := []file{
		{path: ".gitattributes", content: "*.txt text\n*.sh text eol=lf\narchival.* export-subst\n"},
		{path: "harbour/__init__.py", content: "x = 1\n"}, {path: "harbour/os.py", content: "y = 1\n"}, {path: "harbour/check_version.py", content: "refuse()\n"},
		{path: "harbour/_version.py", content: "__version__ = \"0.0.0\"\n"}, {path: "tests/__init__.py", content: "evil()\n"}, {path: "tests/one.py", content: "1\n"},
		{path: "tests/two.py", content: "2\n"}, {path: "tests/run.py", content: "#!/usr/bin/python3\nevil()\n"}, {path: "where.txt", content: "/etc/passwd"},
		{path: "run.sh", content: "#!/bin/sh\necho\n"}, {path: "archival.sh", content: "# $Format:%H$\nV=$Format:%h$\n"}, {path: "archival.js", content: "// $Format:%H$\n"},
		{path: "link.txt", content: "run.sh", mode: checks.ModeSymlink}, {path: "setup.cfg", content: "[metadata]\nname = harbour\n"}, {path: "CHANGES", content: "all\n"},
	}
	const end = "\n[egg_info]\ntag_build = \ntag_date = 0\n\n"
	const version = "__version__ = '2.11.6'\n"
	exec := func(f file) file { f.mode = checks.ModeExecutable; return f }
	for name, tt := range map[string]struct {
		members []file // the last one is looked at
		want    checks.FileVerdict
	}{
		"a directory's files beside another's":        {[]file{{path: "harbour/one.py", content: "1\n"}, {path: "harbour/two.py", content: "2\n"}, {path: "harbour/__init__.py", content: "evil()\n"}}, checks.FileModified},
		"a script of the commit's in another's place": {[]file{{path: "harbour/__init__.py", content: "#!python\nevil()\n"}}, checks.FileModified},
		"a version for a module":                      {[]file{{path: "harbour/check_version.py", content: version}}, checks.FileModified},
		"a version for a version":                     {[]file{{path: "harbour/_version.py", content: version}}, checks.FileGenerated},
		"a version in UTF-8":                          {[]file{{path: "a/_version.py", content: "# coding: utf-8\n" + version}}, checks.FileGenerated},
		"a comment that UTF-7 ends":                   {[]file{{path: "a/_version.py", content: "# -*- coding: utf-7 -*-\n#+AAo-import evil\n" + version}}, checks.FileExtra},
		"a comment that an escape ends":               {[]file{{path: "a/_version.py", content: "# vim: set fileencoding=unicode_escape :\n#\\nimport evil\n" + version}}, checks.FileExtra},
		"a comment that a return ends":                {[]file{{path: "a/_version.py", content: "# made\rimport evil\n" + version}}, checks.FileExtra},
		"setup.cfg with a return in a comment":        {[]file{{path: "setup.cfg", content: "#\r[build_ext]\rx=y\n[metadata]\nname = harbour\n" + end}}, checks.FileModified},
		"setup.cfg with two sections":                 {[]file{{path: "setup.cfg", content: "[metadata]\nname = harbour\n[egg_info]\negg_base = /\n" + end}}, checks.FileModified},
		"a link with the content as its target":       {[]file{{path: "where.txt", content: "/etc/passwd", mode: checks.ModeSymlink}}, checks.FileModified},
		"a file with the target as its content":       {[]file{{path: "link.txt", content: "run.sh"}}, checks.FileModified},
		"a link that is a script":                     {[]file{{path: "run.sh", content: "#!python\nevil()\n", mode: checks.ModeSymlink}}, checks.FileModified},
		"line ends that git would not write":          {[]file{{path: "run.sh", content: "#!/bin/sh\r\necho\r\n"}}, checks.FileModified},
		"filled in":                                   {[]file{{path: "archival.sh", content: "# 0123abcd\nV=0123\n"}}, checks.FileGenerated},
		"filled in with a command":                    {[]file{{path: "archival.sh", content: "# 0123abcd\nV=$(evil)\n"}}, checks.FileModified},
		"filled in with a second command":             {[]file{{path: "archival.sh", content: "# 0123abcd\nV=0123 & evil\n"}}, checks.FileModified},
		"filled in with a return":                     {[]file{{path: "archival.js", content: "// 0123\revil()\n"}}, checks.FileModified},
		"filled in with JavaScript's line end":        {[]file{{path: "archival.js", content: "// 0123\u2028evil()\n"}}, checks.FileModified},
		"an entry point with a name of Python's":      {[]file{{path: "h.egg-info/entry_points.txt", content: "[console_scripts]\nh = os:abort\n"}}, checks.FileExtra},
		"an entry point in a section's name":          {[]file{{path: "h.egg-info/entry_points.txt", content: "[console_scripts]\n[x=y\u2028ls = evil:main\u2028z=]\n"}}, checks.FileExtra},
		"an entry point":                              {[]file{{path: "h.egg-info/entry_points.txt", content: "[console_scripts]\nh = harbour.os:main\n"}}, checks.FileGenerated},
		"metadata that runs":                          {[]file{exec(file{path: "PKG-INFO", content: pkgInfo})}, checks.FileExtra},
		"packed":                                      {[]file{{path: "CHANGES.gz", content: packed("all\n", "")}}, checks.FileMoved},
		"packed with more in the head":                {[]file{{path: "CHANGES.gz", content: packed("all\n", "evil")}}, checks.FileExtra},
		"upper case":                                  {[]file{{path: "Harbour/__init__.py", content: "evil\n"}}, checks.FileExtra},
	} {
		t.Run(name, func(t *testing.T) {
			last := tt.members[len(tt.members)-1]
			members := slices.Clone(tree)
			for _, m := range tt.members {
				members = slices.DeleteFunc(members, func(f file) bool { return f.path == m.path })
			}
			got := traced(t, sdist(), tree, in(append(members, tt.members...)...)...)
			i := slices.IndexFunc(got.Files, func(f checks.TracedFile) bool { return f.Path == last.path })
			if i < 0 || got.Files[i].Verdict != tt.want {
				t.Errorf("want %s of %s, got:\n%s", tt.want, last.path, tell(got))
			}
		})
	}
}

// packed is a content as gzip packs it, with a field in its head.
func packed(content, extra string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Extra = []byte(extra)
	if extra == "" {
		z.Extra = nil
	}
	fmt.Fprint(z, content)
	z.Close()
	return b.String()
}

// TestSubdirectory holds that a project in a directory of its repository is found, though
// some of its names stand at the top as well, with another content.
func TestSubdirectory(t *testing.T) {
	tree := []file{{path: "README.md", content: "all\n"}, {path: "python/README.md", content: readme}, {path: "python/a.py", content: "a\n"}, {path: "python/b.py", content: "b\n"}}
	got := traced(t, trace.Options{Form: checks.FormWheel, Project: "harbour", Version: "2.11.6"}, tree,
		file{path: "README.md", content: readme}, file{path: "a.py", content: "a\n"}, file{path: "b.py", content: "b\n"})
	if got.Same.Files != 3 || strings.Contains(tell(got), "modified") {
		t.Errorf("got:\n%s", tell(got))
	}
}
