package release

import (
	"context"
	"fmt"
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
		"an escape":       strings.Replace(good, `"branch":"main"`, `"branch":"\u001b]0;x\u0007main"`, 1),
		"bidi in a line":  strings.Replace(good, `"line":"main"`, `"line":"\u202emain"`, 1),
		"a date as path":  strings.Replace(good, "20260814", "../x", 1),
		"a bad digest":    strings.Replace(good, `"heads"`, `"before":{"deb x":"\u009b2J"},"heads"`, 1),
		"a short nonce":   strings.Replace(good, `"heads"`, `"nonce":"ab","heads"`, 1),
		"a nonce of text": strings.Replace(good, `"heads"`, `"nonce":"zzzzzzzzzzzzzzzz","heads"`, 1),
		"no login":        strings.Replace(good, `"heads"`, `"by":"a b","heads"`, 1),
		"too long":        strings.Replace(good, "20260814", strings.Repeat("9", maxNote), 1),
	} {
		if n, ok := readNote("t\n\n" + noteKey + raw + "\n"); ok {
			t.Errorf("%s: read %+v", name, n)
		}
	}
}

// A plan may have more artifacts than a note has room for: then the digests stay
// out, and the note can still be read.
func TestLargeNoteIsReadable(t *testing.T) {
	p := hubPlan(t)
	before := map[string]string{}
	for i := range 300 {
		before[fmt.Sprintf("image docker.io/harbour/base-%d:2.11", i)] = "sha256:" + strings.Repeat("a", 64)
	}
	n, ok := readNote(noteOf(p, before).message(p, p.Stages[0]))
	if !ok || n.Before != nil || len(n.Heads) != len(p.Stages) {
		t.Errorf("read %v, with %d heads and %d digests", ok, len(n.Heads), len(n.Before))
	}
}

// Whoever can push can write a note: one that releases from a branch which the plan
// does not name is refused, and nothing of it is started.
func TestForgedNote(t *testing.T) {
	p := hubPlan(t)
	sha := strings.Repeat("9", 40)
	for name, forge := range map[string]func(*claimNote){
		"another branch": func(n *claimNote) { n.Heads[1].Branch, n.Heads[1].SHA = "abandoned", sha },
		"another line":   func(n *claimNote) { n.Line = "abandoned" },
	} {
		h := newHub(t, p)
		n := noteOf(p, nil)
		forge(&n)
		ref := p.Stages[0].ClaimRef(p.Version)
		h.claims[p.Repo.String()+" "+ref] = Claim{Ref: ref, SHA: p.SHA, Object: sha, Message: n.message(p, p.Stages[0])}
		e, _ := engineOn(h)
		if _, err := e.InFlight(context.Background(), p.Repo, p.Version); err == nil || !strings.Contains(err.Error(), `"abandoned"`) {
			t.Errorf("%s: error %v", name, err)
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
