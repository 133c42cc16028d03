package record

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

func TestDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of other systems")
	}
	t.Setenv("HOME", "/home/of-the-process")
	tests := []struct {
		name      string
		env       map[string]string
		rehearsal bool
		want      string
	}{
		{"state home", map[string]string{"XDG_STATE_HOME": "/s", "HOME": "/h"}, false, "/s/twokey"},
		{"home", map[string]string{"HOME": "/h"}, false, "/h/.local/state/twokey"},
		{"relative state home is ignored", map[string]string{"XDG_STATE_HOME": "s", "HOME": "/h"}, false, "/h/.local/state/twokey"},
		{"no home", nil, false, "/home/of-the-process/.local/state/twokey"},
		{"relative home", map[string]string{"HOME": "h"}, false, "/home/of-the-process/.local/state/twokey"},
		{"rehearsal", map[string]string{"XDG_STATE_HOME": "/s"}, true, "/s/twokey/rehearsal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Dir(func(k string) string { return tt.env[k] }, tt.rehearsal)
			if err != nil || got != tt.want {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestDirWithoutAHome(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	dir, err := Dir(func(string) string { return "" }, false)
	if err == nil || dir != "" || release.HintOf(err) == "" {
		t.Errorf("%q, %v", dir, err)
	}
}

func TestSafeName(t *testing.T) {
	for in, want := range map[string]string{
		"ckan": "ckan", "2.11.6": "2.11.6", "1!2.0+local.1": "1!2.0+local.1", "v1.0.0-rc.1": "v1.0.0-rc.1",
		"..": "%2E%2E", ".git": "%2Egit", "a/b": "a%2Fb", "": "%", "a%b": "a%25b", "ghe.example:8443": "ghe.example%3A8443",
	} {
		if got := safeName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"", "..", "a/../b", "\x00", strings.Repeat("é", 300)} {
		f.Add(s, s+".")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		na, nb := safeName(a), safeName(b)
		if !filepath.IsLocal(na) || na == "." || strings.ContainsAny(na, "/\\\x00:*") || len(na) > maxName {
			t.Errorf("%q becomes %q", a, na)
		}
		if na == nb && a != b {
			t.Errorf("%q and %q both become %q", a, b, na)
		}
	})
}

func TestOneFolderWhateverTheCase(t *testing.T) {
	a := folder("d", release.Repo{Owner: "CKAN", Name: "Ckan"}, "1.0RC1")
	b := folder("d", release.Repo{Host: "github.com", Owner: "ckan", Name: "ckan"}, "1.0RC1")
	if a != b {
		t.Errorf("%s and %s", a, b)
	}
	if c := folder("d", release.Repo{Owner: "ckan", Name: "ckan"}, "1.0rc1"); c == b {
		t.Error("versions have a case")
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	add := func(repo release.Repo, version string, at time.Time) string {
		t.Helper()
		plan := storyPlan()
		plan.Repo, plan.Version = repo, version
		j, err := Open(dir, plan, at)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(note(1), false); err != nil {
			t.Fatal(err)
		}
		j.Close()
		return j.Path()
	}
	ckan := release.Repo{Owner: "ckan", Name: "ckan"}
	ghe := release.Repo{Host: "ghe.example:8443", Owner: "o", Name: "r"}
	want := make([]string, 4)
	want[3] = add(ckan, "2.11.5", start)
	want[2] = add(ckan, "2.11.6", start.Add(time.Hour))
	want[1] = add(ckan, "2.11.6", start.Add(time.Hour)) // in the same second
	want[0] = add(ghe, "1.0", start.Add(2*time.Hour))
	for _, other := range []string{"github.com/ckan/ckan/2.11.6/notes.txt", "github.com/ckan/ckan/2.11.6/x.jsonl",
		"github.com/ckan/ckan/2.11.6/20260814T093000Z-x.jsonl", "github.com/20260814T093000Z.jsonl",
		"rehearsal/github.com/ckan/ckan/2.11.6/20260814T093000Z.jsonl"} {
		p := filepath.Join(dir, filepath.FromSlash(other))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "github.com/ckan/ckan/2.11.6/20200101T000000Z.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, e := range got {
		paths = append(paths, e.Path)
	}
	if !slices.Equal(paths, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(paths, "\n"), strings.Join(want, "\n"))
	}
	if e := got[0]; e.Repo.String() != "ghe.example:8443/o/r" || e.Version.String() != "1.0" || e.Bytes == 0 {
		t.Errorf("%+v", e)
	}
	if e := got[3]; e.Repo.String() != "ckan/ckan" || e.Version.String() != "2.11.5" || !e.Began.Equal(start) {
		t.Errorf("%+v", e)
	}
}

func TestListOfNothing(t *testing.T) {
	got, err := List(filepath.Join(t.TempDir(), "nothing"))
	if err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}
