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
		{path: "link.txt", content: "run.sh", mode: checks.ModeSymlink}, {path: "setup.cfg", content: "[metadata]\nname = harbour\n"},
		{path: "setup.py", content: "setup(entry_points={'console_scripts': ['h = harbour.os:main']})\n"}, {path: "CHANGES", content: "all\n"},
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
		"an entry point that nobody declared":         {[]file{{path: "h.egg-info/entry_points.txt", content: "[console_scripts]\nls = harbour.os:main\n"}}, checks.FileExtra},
		"an entry point with another object":          {[]file{{path: "h.egg-info/entry_points.txt", content: "[console_scripts]\nh = harbour.os:evil\n"}}, checks.FileExtra},
		"the end of an entry point's name":            {[]file{{path: "h.egg-info/entry_points.txt", content: "[console_scripts]\nh = harbour.os:mai\n"}}, checks.FileExtra},
		"an entry point of another group":             {[]file{{path: "h.egg-info/entry_points.txt", content: "[pytest11]\nh = harbour.os:main\n"}}, checks.FileExtra},
		"an entry point in a comment's place":         {[]file{{path: "h.egg-info/entry_points.txt", content: "[console_scripts]\n h = harbour.os:main\n"}}, checks.FileExtra},
		"setup.cfg with a form feed":                  {[]file{{path: "setup.cfg", content: "[metadata]\nname = harbour\n#\fx\n" + end}}, checks.FileModified},
		"setup.cfg with a separator":                  {[]file{{path: "setup.cfg", content: "[metadata]\nname = harbour\x1e\n" + end}}, checks.FileModified},
		"setup.cfg with a space of another kind":      {[]file{{path: "setup.cfg", content: "[metadata]\n\u00a0name = harbour\n" + end}}, checks.FileModified},
		"setup.cfg with a mark in front":              {[]file{{path: "setup.cfg", content: "\ufeff[metadata]\nname = harbour\n" + end}}, checks.FileModified},
		"metadata that runs":                          {[]file{exec(file{path: "PKG-INFO", content: pkgInfo})}, checks.FileExtra},
		"packed":                                      {[]file{{path: "CHANGES.gz", content: packed("all\n", "")}}, checks.FileMoved},
		"packed with more in the head":                {[]file{{path: "CHANGES.gz", content: packed("all\n", "evil")}}, checks.FileExtra},
		"a script under another name":                 {[]file{{path: "sitecustomize.py", content: "#!python\nevil()\n"}}, checks.FileMoved},
		"a script where none is":                      {[]file{{path: "harbour/run.py", content: "#!python\nevil()\n"}}, checks.FileMoved},
		"a script that was installed":                 {[]file{{path: "bin/run.py", content: "#!python\nevil()\n"}}, checks.FileGenerated},
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

// TestMetadataHides is about what somebody hides in metadata.
func TestMetadataHides(t *testing.T) {
	const declared, dynamic = "[project]\nreadme = \"README.md\"\n", "[project]\nname = 'harbour'\n"
	for name, tt := range map[string]struct {
		project, info string
		want          checks.FileVerdict
	}{
		"the README":                     {declared, pkgInfo + readme, checks.FileGenerated},
		"with a line end more":           {declared, pkgInfo + readme + "\n", checks.FileGenerated},
		"another than the declared":      {declared, pkgInfo + "evil\n", checks.FileExtra},
		"several files as one":           {dynamic, pkgInfo + readme + "\nChanges\n", checks.FileGenerated},
		"none":                           {declared, pkgInfo, checks.FileGenerated},
		"bytes":                          {dynamic, pkgInfo + "\x7fELF\x00\x01", checks.FileExtra},
		"no UTF-8":                       {dynamic, pkgInfo + "\xff\xfe", checks.FileExtra},
		"letters in another order":       {dynamic, pkgInfo + "a \u202e b\n", checks.FileExtra},
		"too long":                       {dynamic, pkgInfo + strings.Repeat("a\n", 300<<10), checks.FileExtra},
		"a requirement behind a return":  {dynamic, strings.Replace(pkgInfo, "a harbour\n", "a\rRequires-Dist: evil\n", 1), checks.FileExtra},
		"a requirement behind a feed":    {dynamic, strings.Replace(pkgInfo, "a harbour\n", "a\fRequires-Dist: evil\n", 1), checks.FileExtra},
		"a requirement on two lines":     {dynamic, strings.Replace(pkgInfo, "six>=1\n", "six\n >=1, evil\n", 1), checks.FileExtra},
		"a requirement in lower case":    {dynamic, strings.Replace(pkgInfo, "Requires-Dist", "requires-dist", 1), checks.FileExtra},
		"a space before the colon":       {dynamic, strings.Replace(pkgInfo, "Requires-Dist:", "Requires-Dist :", 1), checks.FileExtra},
		"two names":                      {dynamic, "Name: evil\n" + pkgInfo, checks.FileExtra},
		"two Pythons":                    {dynamic, "Requires-Python: >=3\nRequires-Python: >=2\n" + pkgInfo, checks.FileExtra},
		"a requirement behind the head":  {declared, pkgInfo + "Requires-Dist: evil\n", checks.FileExtra},
		"a licence on two lines is fine": {dynamic, "License: a\n        b\n" + pkgInfo, checks.FileGenerated},
	} {
		t.Run(name, func(t *testing.T) {
			tree := []file{{path: "README.md", content: readme}, {path: "pyproject.toml", content: tt.project}}
			got := traced(t, sdist(), tree, in(append(slices.Clone(tree), file{path: "PKG-INFO", content: tt.info})...)...)
			if len(got.Files) != 1 || got.Files[0].Verdict != tt.want {
				t.Errorf("want %s, got:\n%s", tt.want, tell(got))
			}
		})
	}
}

// TestInfoOfAnother is about a wheel that says something of another project.
func TestInfoOfAnother(t *testing.T) {
	const dist = "harbour-2.11.6.dist-info/"
	tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}, {path: "setup.py", content: "setup(install_requires=['devils', 'six'])\n"}}
	usual := []file{tree[0], {path: dist + "METADATA", content: pkgInfo}}
	o := trace.Options{Form: checks.FormWheel, Project: "harbour", Version: "2.11.6"}
	for name, tt := range map[string]struct {
		more file
		want string // empty: nothing is said
	}{
		"its own":                 {file{path: dist + "top_level.txt", content: "harbour\n"}, ""},
		"a second":                {file{path: "evil-1.dist-info/METADATA", content: "Metadata-Version: 2.1\nName: evil\nVersion: 1\n"}, "lie it has evil-1.dist-info, which is not its own\n"},
		"of another version":      {file{path: "harbour-2.11.5.dist-info/x", content: "x"}, "lie it has harbour-2.11.5.dist-info, which is not its own\n"},
		"in upper case":           {file{path: "Harbour-2.11.6.DIST-INFO/x", content: pkgInfo}, "lie it has Harbour-2.11.6.DIST-INFO, which is not its own\n"},
		"of setuptools":           {file{path: "harbour.egg-info/PKG-INFO", content: pkgInfo}, ""},
		"of another's setuptools": {file{path: "evil.egg-info/PKG-INFO", content: pkgInfo}, "lie it has evil.egg-info, which is not its own\n"},
		"what is brought along":   {file{path: "harbour/_vendor/six-1.dist-info/RECORD", content: "six.py,,\n"}, ""},
		"required, and not named": {file{path: dist + "METADATA", content: strings.Replace(pkgInfo, "six", "devil", 1)}, "note its metadata requires devil>=1, which no setup.py of the commit names\n"},
	} {
		t.Run(name, func(t *testing.T) {
			members := slices.DeleteFunc(slices.Clone(usual), func(f file) bool { return f.path == tt.more.path })
			said := ""
			for line := range strings.Lines(tell(traced(t, o, tree, wheelOf(append(members, tt.more)...)...))) {
				if strings.HasPrefix(line, "lie") || strings.HasPrefix(line, "note") {
					said += line
				}
			}
			if said != tt.want {
				t.Errorf("it says %q, want %q", said, tt.want)
			}
		})
	}
	second := trace.New(commit(tree...), o)
	for i, m := range wheelOf(append(usual, file{path: "evil-1.dist-info/RECORD", content: "evil.py,,\n"})...) {
		if err := second.Visit(member(m)); (err != nil) != (i == len(usual)+1) {
			t.Errorf("%s: %v", m.path, err)
		}
	}
}

// TestOneForSomeSystems is about names that are two here and one elsewhere, and about
// places where the commit has a repository and not a file.
func TestOneForSomeSystems(t *testing.T) {
	tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}, {path: "docs/A.md", content: "A\n"}, {path: "docs/a.md", content: "a\n"},
		{path: "docs/é.md", content: "e\n"}, {path: "sub", content: "", mode: checks.ModeSubmodule}}
	for name, tt := range map[string]struct {
		more file
		want string
	}{
		"those that the commit has":   {tree[1], ""},
		"in upper case":               {file{path: "harbour/__INIT__.py", content: "evil\n"}, "extra harbour/__INIT__.py\nlie harbour/__init__.py and harbour/__INIT__.py are one file for some systems\n"},
		"a directory in upper case":   {file{path: "Harbour/__init__.py", content: "evil\n"}, "extra Harbour/__init__.py\nlie harbour/__init__.py and Harbour/__init__.py are one file for some systems\n"},
		"put together otherwise":      {file{path: "docs/e\u0301.md", content: "evil\n"}, "extra docs/e\u0301.md\nlie docs/é.md and docs/e\u0301.md are one file for some systems\n"},
		"in a submodule":              {file{path: "sub/evil.py", content: "evil\n"}, "extra sub/evil.py\n"},
		"in the place of a submodule": {file{path: "sub", content: "evil\n"}, "extra sub\n"},
	} {
		t.Run(name, func(t *testing.T) {
			members := slices.DeleteFunc(slices.Clone(tree[:4]), func(f file) bool { return f.path == tt.more.path })
			if got := tell(traced(t, sdist(), tree, in(append(members, tt.more)...)...)); got != tt.want {
				t.Errorf("got:\n%swant:\n%s", got, tt.want)
			}
		})
	}
}
