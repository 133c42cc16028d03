package trace_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace"
	"twokey/checks/trace/archive"
)

const aControl = "Package: harbour\nVersion: 2.11.6-1\nDepends: six, tides (= 2.11.6-1)\nDescription: a harbour\n of ships\n"

func deb() trace.Options {
	return trace.Options{Form: checks.FormDeb, Project: "harbour", Version: "2.11.6", Package: "harbour", Source: "opt/harbour"}
}

// TestOutside holds what lies outside of a package's source against the package of the
// release before.
func TestOutside(t *testing.T) {
	tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}}
	usual := []file{{path: "DEBIAN/control", content: aControl}, {path: "opt/harbour/harbour/__init__.py", content: "x = 1\n"},
		{path: "usr/bin/harbour", content: "#!/bin/sh\n", mode: checks.ModeExecutable}, {path: "usr/share/doc/harbour/changelog.gz", content: "2.11.5"},
		{path: "opt/six/six.py", content: "6\n"}, {path: "opt/six/LICENSE", content: "free\n"}}
	before := traced(t, deb(), tree, usual...)
	for name, tt := range map[string]struct {
		change file
		want   string // what is asked about; empty for nothing
		first  string // and where there is no release before
	}{
		"nothing":          {usual[1], "", ""},
		"a changelog":      {file{path: "usr/share/doc/harbour/changelog.gz", content: "2.11.6"}, "", ""},
		"a program of doc": {file{path: "usr/share/doc/harbour/changelog.gz", content: "2.11.6", mode: checks.ModeExecutable}, "/usr/share/doc/harbour/changelog.gz", ""},
		"another script":   {file{path: "usr/bin/harbour", content: "evil\n", mode: checks.ModeExecutable}, "/usr/bin/harbour", ""},
		"a new script":     {file{path: "usr/bin/ls", content: "evil\n", mode: checks.ModeExecutable}, "/usr/bin/ls", ""},
		"data":             {file{path: "opt/six/six.txt", content: "evil\n"}, "/opt/six/six.txt", ""},
		"a timed job":      {file{path: "etc/cron.d/y", content: "* * * * * root evil\n"}, "/etc/cron.d/y", "/etc/cron.d/y"},
		"a service":        {file{path: "usr/lib/systemd/system/y.service", content: "evil\n"}, "/usr/lib/systemd/system/y.service", "/usr/lib/systemd/system/y.service"},
		"for every Python": {file{path: "usr/lib/python3/dist-packages/y.pth", content: "import evil\n"}, "/usr/lib/python3/dist-packages/y.pth", "/usr/lib/python3/dist-packages/y.pth"},
		"a link":           {file{path: "usr/bin/ls", content: "/opt/evil", mode: checks.ModeSymlink}, "/usr/bin/ls", ""},
		"around the source": {file{path: "opt/harbour", content: "/opt/evil", mode: checks.ModeSymlink}, "/opt/harbour",
			""},
	} {
		t.Run(name, func(t *testing.T) {
			var members []file
			for _, m := range usual {
				if m.path != tt.change.path {
					members = append(members, m)
				}
			}
			now := traced(t, deb(), tree, append(members, tt.change)...)
			if got := paths(trace.Unlike(now, "2.11.6", &before, "2.11.5")); got != tt.want {
				t.Errorf("asked about %q, want %q", got, tt.want)
			}
			if got := paths(trace.Unlike(now, "2.11.6", nil, "")); got != tt.first {
				t.Errorf("without a release before asked about %q, want %q", got, tt.first)
			}
			if len(now.Lies)+len(now.Notes) > 0 {
				t.Errorf("it says %s %s", now.Lies, now.Notes)
			}
		})
	}
	if got := fmt.Sprint(trace.Otherwise(before, "2.11.6", nil, "")); got != "[3 files outside of opt/harbour that no release before could be compared with: /opt/six/six.py, /usr/bin/harbour, /opt/six/LICENSE]" {
		t.Errorf("told %s", got)
	}
	if got := trace.Otherwise(before, "2.11.6", &before, "2.11.6"); len(got) > 0 {
		t.Errorf("told %s", got)
	}
}

// paths are those that are asked about.
func paths(list []checks.Unlike) string {
	var out []string
	for _, u := range list {
		out = append(out, u.Path)
	}
	return strings.Join(out, " ")
}

// TestManyOutside holds that many files are asked about at once, and what starts by itself
// on its own.
func TestManyOutside(t *testing.T) {
	tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}}
	before := traced(t, deb(), tree, file{path: "DEBIAN/control", content: aControl})
	with := func(last string) []checks.Unlike {
		members := []file{{path: "DEBIAN/control", content: aControl}, {path: "etc/cron.d/y", content: "evil\n"}}
		for i := range 50 {
			members = append(members, file{path: fmt.Sprintf("opt/six/%02d.py", i), content: fmt.Sprint(i)})
		}
		return trace.Unlike(traced(t, deb(), tree, append(members, file{path: "opt/six/z.txt", content: last})...), "2.11.6", &before, "2.11.5")
	}
	a, b := with("a"), with("b")
	if paths(a) != "/ /etc/cron.d/y" || len(a[0].Blob) != 64 || a[0].Why.String() != "51 files: /opt/six/00.py, /opt/six/01.py, /opt/six/02.py and 48 more" {
		t.Errorf("%+v", a)
	}
	if a[0].Blob == b[0].Blob || a[0].Blob != with("a")[0].Blob {
		t.Error("the name of the files together is not that of their contents")
	}
}

// TestControl holds what a package says of itself against its name and the package of the
// release before.
func TestControl(t *testing.T) {
	tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}}
	with := func(control string) checks.Traced {
		return traced(t, deb(), tree, file{path: "DEBIAN/control", content: control}, file{path: "opt/harbour/harbour/__init__.py", content: "x = 1\n"})
	}
	before := with(strings.ReplaceAll(aControl, "2.11.6", "2.11.5"))
	const generated = "generated DEBIAN/control: what the package is\n"
	for name, tt := range map[string]struct{ old, new, want, told string }{
		"as before":         {"", "", generated, ""},
		"another order":     {"six, tides (= 2.11.6-1)", "tides (=  2.11.6-1),\n six", generated, ""},
		"another package":   {"harbour", "openssl", generated + "lie its control file says that it is the package openssl, and its name that it is harbour\n", "Package: openssl, and that of 2.11.5 said harbour"},
		"one more":          {"six,", "six, evil,", generated, "Depends: six, evil, tides (= 2.11.6-1), and that of 2.11.5 said six, tides (= 2.11.5-1)"},
		"folded":            {"Description", " , evil\nDescription", generated, "Depends: six, tides (= 2.11.6-1)␊, evil, and that of 2.11.5 said six, tides (= 2.11.5-1)"},
		"in lower case":     {"Description", "pre-depends: evil\nDescription", generated, "Pre-Depends: evil, and that of 2.11.5 said nothing"},
		"essential":         {"Description", "Essential: yes\nDescription", generated, "Essential: yes, and that of 2.11.5 said nothing"},
		"takes another's":   {"Description", "Replaces: bash\nProvides: bash\nDescription", generated, "Provides: bash, and that of 2.11.5 said nothing"},
		"twice":             {"Description", "depends: evil\nDescription", "extra DEBIAN/control\nlie it has no control file that can be read\n", ""},
		"a second stanza":   {"Description", "\nDescription", "extra DEBIAN/control\nlie it has no control file that can be read\n", ""},
		"a return":          {"Description", "X-Y: z\rDepends: evil\nDescription", "extra DEBIAN/control\nlie it has no control file that can be read\n", ""},
		"without a version": {"Version", "Versio", generated + "note its control file names no version\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			now := with(strings.Replace(aControl, tt.old, tt.new, 1))
			if got := tell(now); got != tt.want {
				t.Errorf("got:\n%swant:\n%s", got, tt.want)
			}
			if got := fmt.Sprint(trace.Otherwise(now, "2.11.6", &before, "2.11.5")); tt.told == "" && tt.want == generated && got != "[]" || !strings.Contains(got, tt.told) {
				t.Errorf("told %s, want %q", got, tt.told)
			}
		})
	}
}

// TestSetid holds that what runs as its owner is never the commit's, and no build's.
func TestSetid(t *testing.T) {
	tree := []file{{path: "run", content: "#!/bin/sh\n", mode: checks.ModeExecutable}, {path: "a.py", content: "a\n"}}
	o := deb()
	o.Generated = []trace.Pattern{{Glob: "lib/**"}}
	report := func(setid, exec bool) checks.Traced {
		tr := trace.New(commit(tree...), o)
		for _, m := range []archive.Member{{Path: "opt/harbour/run", Exec: true, Setid: setid, Size: 10}, {Path: "opt/harbour/lib/x", Setid: setid, Size: 10},
			{Path: "opt/harbour/a.py", Exec: exec, Size: 2}, {Path: "usr/bin/x", Setid: setid, Size: 10}} {
			if err := tr.Visit(m, strings.NewReader(map[int64]string{2: "a\n", 10: "#!/bin/sh\n"}[m.Size])); err != nil {
				t.Fatal(err)
			}
		}
		return tr.Report(nil)
	}
	now, before := report(true, true), report(false, false)
	const want = "outside /usr/bin/x\nsame a.py\nextra lib/x\nmodified run: the content is the commit's, and it runs as its owner or group\n"
	if got, _, _ := strings.Cut(tell(now), "lie"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if got := paths(trace.Unlike(now, "2", &before, "1")); got != "run /usr/bin/x lib/x" {
		t.Errorf("asked about %q", got)
	}
	if got := fmt.Sprint(trace.Otherwise(now, "2", &before, "1")); got != "[1 file that may be executed here, and not in the commit: a.py]" {
		t.Errorf("told %s", got)
	}
	if got := trace.Otherwise(now, "2", &now, "1"); len(got) > 0 {
		t.Errorf("told %s", got)
	}
}

// TestSigned holds that a signature beside a package's data is none of what is asked about,
// and that nothing else passes for one.
func TestSigned(t *testing.T) {
	for content, want := range map[string]checks.FileVerdict{
		"-----BEGIN PGP SIGNATURE-----\n\niQEz=\n-----END PGP SIGNATURE-----\n": checks.FileGenerated,
		"\x89\x02\x33":                  checks.FileGenerated,
		"#!/bin/sh\nevil\n":             checks.FileExtra,
		"-----BEGIN PGP SIGNATURE-----": checks.FileExtra,
		"":                              checks.FileExtra,
	} {
		got := traced(t, deb(), nil, file{path: "DEBIAN/control", content: aControl}, file{path: "DEBIAN/_gpgorigin", content: content})
		if i := slices.IndexFunc(got.Files, func(f checks.TracedFile) bool { return f.Path == "DEBIAN/_gpgorigin" }); got.Files[i].Verdict != want {
			t.Errorf("%q: %s, want %s", content, got.Files[i].Verdict, want)
		}
	}
}

// TestLongRelations holds that a change shows behind as much of a field as is kept.
func TestLongRelations(t *testing.T) {
	with := func(last string) checks.Traced {
		control := strings.Replace(aControl, "six,", strings.Repeat("a, ", 10000)+last+",", 1)
		return traced(t, deb(), nil, file{path: "DEBIAN/control", content: control})
	}
	now, before := with("evil"), with("six")
	if told := trace.Otherwise(now, "2", &before, "1"); len(told) != 1 || len(told[0].String()) > 1000 || len(now.Control["Depends"]) > 20000 {
		t.Errorf("told %s of %d bytes", told, len(now.Control["Depends"]))
	}
}
