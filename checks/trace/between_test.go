package trace

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// issue is a published file of a version.
type issue struct{ version, tag, file, sum string }

// between are pairs of releases that were made one after the other, or years apart, and
// what Unlike asks of the second. Debian's pool has the files, by these names; the wheels
// are in its packages python3-setuptools-whl 66.1.1-1+deb12u2 and 78.1.1-0.1.
var between = []struct {
	name                string
	project, repository string
	form                checks.Form
	was, is             issue
	asks                string
	planned             []Pattern // what such a project's plan would say
	still               string    // what is asked then
}{
	{"autotools, a patch release", "xz", "tukaani-project/xz", checks.FormSdist,
		issue{"5.8.1", "v5.8.1", "xz-utils_5.8.1.orig.tar.xz", "0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e"},
		issue{"5.8.3", "v5.8.3", "xz-utils_5.8.3.orig.tar.xz", "fff1ffcf2b0da84d308a14de513a1aa23d4e9aa3464d17e64b9714bfdd0bbfb6"},
		"73 asked: 55 changed, 4 modified, 14 new", autotools(), "17 asked: 13 changed, 4 modified"},
	{"autotools, two years", "xz", "tukaani-project/xz", checks.FormSdist,
		issue{"5.4.1", "v5.4.1", "xz-utils_5.4.1.orig.tar.xz", "5d9827aa1875b21c288f78864bb26d2650b436ea8d2cad364e4921eb6266a5a5"},
		issue{"5.8.1", "v5.8.1", "xz-utils_5.8.1.orig.tar.xz", "0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e"},
		"132 asked: 108 changed, 1 modified, 22 new, 1 renamed", autotools(), "34 asked: 30 changed, 1 modified, 2 new, 1 renamed"},
	{"setuptools, a patch release", "jinja2", "pallets/jinja", checks.FormSdist,
		issue{"3.1.2", "3.1.2", "jinja2_3.1.2.orig.tar.gz", "31351a702a408a9e7595a8fc6150fc3f43bb6bf7e319770cbc0db9df9437e852"},
		issue{"3.1.6", "3.1.6", "jinja2_3.1.6.orig.tar.gz", "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d"},
		"0 asked", nil, "0 asked"},
	{"setuptools, a major release", "jinja2", "pallets/jinja", checks.FormSdist,
		issue{"2.11.3", "2.11.3", "jinja2_2.11.3.orig.tar.gz", "a6d58433de0ae800347cab1fa3043cebbabe8baa9d29e668f1c768cb87a333c6"},
		issue{"3.1.2", "3.1.2", "jinja2_3.1.2.orig.tar.gz", "31351a702a408a9e7595a8fc6150fc3f43bb6bf7e319770cbc0db9df9437e852"},
		"0 asked", nil, "0 asked"},
	{"a wheel that Debian patched, two years", "setuptools", "pypa/setuptools", checks.FormWheel,
		issue{"66.1.1", "v66.1.1", "setuptools-66.1.1-py3-none-any.whl", "ef1f3a7bf4474ec7d4dc1e4108fd3f3188d432242da6fa2708155fd2189642a8"},
		issue{"78.1.1", "v78.1.1", "setuptools-78.1.1-py3-none-any.whl", "a75fa14b8b1d2f2705a9b761e9113010b535aadfd8c5ac12f6f41615b40c87a2"},
		"6 asked: 6 modified", nil, "6 asked: 6 modified"},
	{"a package of Debian's, two years", "flask", "pallets/flask", checks.FormDeb,
		issue{"2.2.2", "2.2.2", "python3-flask_2.2.2-3_all.deb", "2c8c9a408c2373d8b42f0d3434f17fc1a710bc81e52273b96597b25c57b399d7"},
		issue{"3.1.1", "3.1.1", "python3-flask_3.1.1-1_all.deb", "d494f519c9375c8546b68dad9af94aac64b111c366b7de2a27bd7f1e038c10ff"},
		"4 asked: 3 changed, 1 new", nil, "4 asked: 3 changed, 1 new"},
}

// autotools is what the plan of a project that ships a configure script would call
// generated: what is made from files of the commit and of m4 and build-aux, which are
// still asked about when they change. A pattern says nothing of what the commit has under
// the same path.
func autotools() []Pattern {
	var out []Pattern
	for _, glob := range []string{"configure", "aclocal.m4", "config.h.in", "Makefile.in", "**/Makefile.in", "ChangeLog", "doc/man/**", "po/*.gmo", "po/*.pot", "po4a/*.pot", "po4a/man/**"} {
		out = append(out, Pattern{Glob: glob, Reason: text.Clean("made by autogen.sh")})
	}
	return out
}

// TestBetweenReleases counts what is asked of honest releases. It needs what TestReal
// needs. That what is asked was found, and all that was found is asked or has a build
// backend's shape, is computed once more by real.sh and a comparison of its lines.
func TestBetweenReleases(t *testing.T) {
	dir := os.Getenv("TWOKEY_REAL")
	if dir == "" {
		t.Skip("this needs real archives and clones of their repositories in the directory TWOKEY_REAL: see the table of this test")
	}
	for _, b := range between {
		t.Run(b.name, func(t *testing.T) {
			read := func(i issue, planned []Pattern) checks.Traced {
				return readReal(t, dir, i.file, i.sum, b.repository, commitOf(t, dir, b.repository, i.tag),
					Options{Form: b.form, Project: b.project, Version: i.version, Generated: planned})
			}
			was, is := read(b.was, nil), read(b.is, nil)
			asked := Unlike(is, b.is.version, &was, b.was.version)
			if got := askedOf(asked); got != b.asks {
				t.Errorf("%s, want %s", got, b.asks)
			}
			notMore(t, is, asked, b.is.version, foundOf(t, dir, b.repository, b.form, b.was), foundOf(t, dir, b.repository, b.form, b.is))
			wasPlanned, isPlanned := read(b.was, b.planned), read(b.is, b.planned)
			still := Unlike(isPlanned, b.is.version, &wasPlanned, b.was.version)
			if got := askedOf(still); got != b.still {
				t.Errorf("with the plan: %s, want %s", got, b.still)
			}
			t.Logf("%s %s after %s: %s; with the plan's patterns %s", b.project, b.is.version, b.was.version, askedOf(asked), askedOf(still))
		})
	}
}

func commitOf(t *testing.T, dir, repository, tag string) string {
	t.Helper()
	return string(bytes.TrimSpace(gitIn(t, realGit(dir, repository))("rev-parse", tag+"^{commit}")))
}

// askedOf counts what is asked.
func askedOf(asked []checks.Unlike) string {
	n := map[string]int{}
	for _, u := range asked {
		switch {
		case u.Verdict == checks.FileModified:
			n["modified"]++
		case u.Was != "":
			n["changed"]++
		case u.Renamed:
			n["renamed"]++
		default:
			n["new"]++
		}
	}
	out := fmt.Sprintf("%d asked", len(asked))
	for i, what := range slices.Sorted(maps.Keys(n)) {
		out += fmt.Sprintf("%s %d %s", map[bool]string{true: ":", false: ","}[i == 0], n[what], what)
	}
	return out
}

// foundOf is what real.sh finds in a published file that the commit does not have under
// its path: git's names by path, without the version in it.
func foundOf(t *testing.T, dir, repository string, form checks.Form, i issue) map[string]string {
	t.Helper()
	out, err := exec.Command("sh", "testdata/real.sh", string(form), filepath.Join(dir, i.file), realGit(dir, repository), i.tag,
		"", i.version, repository, "").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 5 && (f[0] == "other" || f[0] == "neither") {
			found[versionless(f[4], i.version)] = f[2]
		}
	}
	return found
}

// notMore wants what real.sh found of the second release and not of the first to be asked,
// or to have a reason; and nothing else to be asked.
func notMore(t *testing.T, is checks.Traced, asked []checks.Unlike, version string, was, now map[string]string) {
	t.Helper()
	ask := map[string]bool{}
	for _, u := range asked {
		p := versionless(u.Path, version)
		ask[p] = true
		if now[p] != u.Blob || was[p] == u.Blob {
			t.Errorf("%s is asked, and is nothing new", u.Path)
		}
	}
	for _, f := range is.Files {
		p := versionless(f.Path, version)
		if now[p] == "" || was[p] == now[p] || ask[p] {
			continue
		}
		if f.Why.IsZero() {
			t.Errorf("%s is new, and is not asked: %s", f.Path, f.Verdict)
		}
	}
}
