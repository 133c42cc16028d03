package registry

import (
	"strings"
	"testing"
)

func TestFileVersion(t *testing.T) {
	tests := []struct{ project, file, want string }{
		// Source archives: today's form, and older ones.
		{"ckan", "ckan-2.11.6.tar.gz", "2.11.6"},
		{"ckan", "CKAN-2.11.6.zip", "2.11.6"},
		{"zope-interface", "zope.interface-5.0.tar.gz", "5.0"},
		{"zope-interface", "zope_interface-5.0.tar.gz", "5.0"},
		{"zope-interface", "zope-interface-5.0.tar.gz", "5.0"},
		{"a-1", "a-1-2.0.tar.gz", "2.0"},
		{"a", "a-1-2.0.tar.gz", ""},
		{"a", "a-1.0-1.tar.gz", "1.0.post1"},
		{"a", "a-1.0-rc1.tar.bz2", "1.0rc1"},
		{"a", "a-1.0+ubuntu.1.tar.gz", "1.0+ubuntu.1"},
		{"a", "a-v1.0.tar.gz", "1.0"},
		{"a", "a-1.0.tar.xz", "1.0"},
		{"a", "a-1.0.tgz", "1.0"},
		{"a", "a-1.0.tar", "1.0"},
		{"a", "a-2!1.0.dev3.tar.gz", "2!1.0.dev3"},
		{"a", "a-.tar.gz", ""},
		{"a", "a.tar.gz", ""},
		{"a", "-1.0.tar.gz", ""},
		{"a", "a--1.0.tar.gz", ""},
		{"a", "a- 1.0.tar.gz", ""},
		{"a", "a-1.0 .tar.gz", ""},
		{"a", "a-1.0\n.tar.gz", ""},
		{"a", "a-latest.tar.gz", ""},
		{"a", "a-1.0.gz", ""},
		{"a", "a-1.0", ""},
		{"a", "", ""},
		// Wheels.
		{"ckan", "ckan-2.11.6-py3-none-any.whl", "2.11.6"},
		{"zope-interface", "zope.interface-5.0-cp39-cp39-win32.whl", "5.0"},
		{"a", "a-1.0-1-py3-none-any.whl", "1.0"},
		{"a", "a-1.0-1b-py2.py3-none-any.whl", "1.0"},
		{"a", "a-1.0+ubuntu.1-py3-none-any.whl", "1.0+ubuntu.1"},
		{"a", "a-1.0_1-py3-none-any.whl", ""},
		{"a", "a-1.0-b1-py3-none-any.whl", ""},
		{"a", "a-1.0-1-2-py3-none-any.whl", ""},
		{"a", "a-1.0-py3-none.whl", ""},
		{"a", "a-1.0-py3--any.whl", ""},
		{"a", "a-1.0-py3-none-.whl", ""},
		{"a", "b-1.0-py3-none-any.whl", ""},
		{"a", "a-1.0-py3-none-any.whl.metadata", ""},
		{"a", ".whl", ""},
		// Other kinds.
		{"a", "a-1.0.tar.gz.asc", ""},
		{"a", "a-1.0-py2.7.egg", ""},
		{"a", "a-1.0.win-amd64.exe", ""},
		{"a", "a-1.0-1.noarch.rpm", ""},
		{"a", "a-1.0" + strings.Repeat(".0", 500) + ".tar.gz", ""},
		{"a", "a" + strings.Repeat("-", 100_000) + ".tar.gz", ""},
	}
	for _, tt := range tests {
		got, ok := fileVersion(tt.project, tt.file)
		if !ok && tt.want != "" || ok && got.String() != tt.want {
			t.Errorf("%.60q of %s: %q, %v; want %q", tt.file, tt.project, got, ok, tt.want)
		}
	}
}

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		"ckan": "ckan", "CKAN": "ckan", "Friendly-Bard": "friendly-bard", "FRIENDLY.bard": "friendly-bard", "friendly_-.bard": "friendly-bard",
	} {
		if got := normalise(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzFileVersion(f *testing.F) {
	for _, s := range []string{"ckan-2.11.6.tar.gz", "ckan-2.11.6-py3-none-any.whl", "ckan-1-1-1.zip", "ckan-2.11.6rc1.tar.gz", "-.whl"} {
		f.Add("ckan", s)
	}
	f.Fuzz(func(t *testing.T, project, file string) {
		v, ok := fileVersion(project, file)
		if !ok {
			return
		}
		if len(file) > maxFileName || strings.TrimSpace(file) == "" {
			t.Errorf("%q has version %s", file, v)
		}
		// A file with a version names its project before it, and that version
		// is found again in the name that PyPI gives to a new file.
		if !strings.HasPrefix(normalise(file), project) {
			t.Errorf("%q is no file of %q", file, project)
		}
		again, ok := fileVersion(project, project+"-"+v.String()+".tar.gz")
		if projectForm.MatchString(project) && normalise(project) == project && len(file) < maxFileName-20 && (!ok || !again.Equal(v)) {
			t.Errorf("%q has version %s, which is read as %s, %v", file, v, again, ok)
		}
	})
}
