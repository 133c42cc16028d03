package release

import (
	"reflect"
	"strings"
	"testing"
)

func TestClaimNoteRoundTrip(t *testing.T) {
	p := hubPlan(t)
	n := noteOf(p, map[string]string{"deb x": "sha256:1"})
	for _, st := range p.Stages {
		m := n.message(p, st)
		got, ok := readNote(m)
		if !ok || !reflect.DeepEqual(got, n) {
			t.Errorf("stage %s: read %+v, %v", st.Name, got, ok)
		}
		if title, _, _ := strings.Cut(m, "\n"); !strings.Contains(title, "harbour 2.11.6") {
			t.Errorf("stage %s: title %q", st.Name, title)
		}
	}
}

// A message is anybody's who can push: what is not exactly a note is none.
func TestReadNoteIsStrict(t *testing.T) {
	sha := strings.Repeat("a", 40)
	good := `{"v":1,"version":"1.0.0","line":"main","date":"20260814","heads":[{"repo":"o/r","branch":"main","sha":"` + sha + `"}]}`
	if _, ok := readNote("t\n\n" + noteKey + good + "\r\n"); !ok {
		t.Fatal("a good note was not read")
	}
	for name, raw := range map[string]string{
		"no note":         "",
		"not JSON":        "{",
		"another version": strings.Replace(good, `"v":1`, `"v":2`, 1),
		"unknown field":   strings.Replace(good, `"v":1`, `"v":1,"x":2`, 1),
		"a short SHA":     strings.Replace(good, sha, "abc", 1),
		"a path":          strings.Replace(good, "o/r", "../../x", 1),
		"no branch":       strings.Replace(good, `"branch":"main"`, `"branch":""`, 1),
		"no line":         strings.Replace(good, `"line":"main"`, `"line":""`, 1),
		"too long":        strings.Replace(good, "20260814", strings.Repeat("9", maxNote), 1),
	} {
		if n, ok := readNote("t\n\n" + noteKey + raw + "\n"); ok {
			t.Errorf("%s: read %+v", name, n)
		}
	}
}

func FuzzReadNote(f *testing.F) {
	f.Add("t\n\n" + noteKey + `{"v":1,"version":"1.0.0","line":"main","date":"1","heads":[]}`)
	f.Add(noteKey)
	f.Fuzz(func(t *testing.T, message string) {
		n, ok := readNote(message)
		if !ok {
			return
		}
		for _, h := range n.Heads {
			if _, err := ParseRepo(h.Repo); err != nil || !isSHA(h.SHA) {
				t.Errorf("head %+v", h)
			}
		}
	})
}
