package rehearsal

import (
	"net/http"
	"testing"
	"time"
)

// A page of the sample names what is released, and a new version only some minutes
// after it is out.
func TestPageIsBuiltAfterTheRelease(t *testing.T) {
	const page = "https://docs.harbour.example/2.11/changes.html"
	w := sampleWorld(t, "clean")
	holds := func(want string) {
		t.Helper()
		resp, body := ask(t, w, http.MethodGet, page, "")
		if resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("%d: %q, want %q", resp.StatusCode, body, want)
		}
	}
	_, before := ask(t, w, http.MethodGet, page, "")
	holds(before)
	if before == "" || before[len(before)-1] != '\n' {
		t.Fatalf("the page of before is %q", before)
	}
	w.mu.Lock()
	e := w.editions()[len(w.editions())-1]
	all := w.publications(w.clock.Now())
	built := w.builtAt(e, all)
	missing := w.builtAt(e, nil)
	w.mu.Unlock()
	if !built.After(e.at.Add(pageDelay)) || !missing.IsZero() {
		t.Errorf("%s is built at %s, and without artifacts at %s", e.version, built, missing)
	}
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	pass(t, w, 10*time.Minute) // the package is out, the rest was never started
	holds(before)

	if resp, _ := ask(t, w, http.MethodGet, "https://docs.harbour.example/9.9/changes.html", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a page of no release: %d", resp.StatusCode)
	}
	req, err := http.NewRequest(http.MethodGet, "https://docs.elsewhere.example/", nil)
	check(t, err)
	if _, err := w.Transport().RoundTrip(req); err == nil {
		t.Error("a host that no plan names answers")
	}
}
