package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"twokey/release"
	"twokey/release/rehearsal"
)

// acts are the requests of a world, from the n-th on, that could change something.
// What clients ask of the world's own clock is not one.
func acts(w *rehearsal.World, n int) []string {
	var out []string
	for _, r := range w.Requests()[n:] {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Host != "rehearsal.invalid" &&
			r.Path != "/graphql" { // which is asked, and takes no order: see the guard of the GitHub adapter
			out = append(out, fmt.Sprintf("%s %s%s %d", r.Method, r.Host, r.Path, r.Status))
		}
	}
	return out
}

// The commands that only look send nothing but reads, before, during and after a
// release.
func TestOnlyReads(t *testing.T) {
	needsTime(t)
	w, addr := world(t, rehearsal.Options{Speed: -1})
	look := func(args ...string) {
		t.Helper()
		n := len(w.Requests())
		_, err := twokey(t, append([]string{"rehearse", "--connect", addr}, args...)...)
		nothing := len(args) == 1 && args[0] == "attach" && release.KindOf(err) == release.KindUsage
		if err != nil && !nothing && release.KindOf(err) != release.KindNoGo {
			t.Errorf("%q ends with %v", args, err)
		}
		if sent := acts(w, n); len(sent) > 0 {
			t.Errorf("%q sent %q", args, sent)
		}
		if len(w.Requests()) == n {
			t.Errorf("%q asked nothing: it was not in this world", args)
		}
	}
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"check", "2.11.6"}, {"check", "--json"},
		{"release", "2.11.6", "--dry-run"}, {"release", "2.11.6", "--dry-run", "--yes", "--json"}} {
		look(args...)
	}
	n := len(w.Requests())
	if _, err := twokey(t, "rehearse", "--connect", addr, "release", "2.11.6", "--yes"); err != nil {
		t.Fatal(err)
	}
	if len(acts(w, n)) == 0 {
		t.Fatal("the release sent nothing: this test sees no acts")
	}
	for _, args := range [][]string{{"attach"}, {"attach", "2.11.6", "--json"}, {"status"}, {"check", "2.11.6"}} {
		look(args...)
	}
}

// A tag that somebody pushed by hand, at a commit that was never checked, is not
// gone on with.
func TestResumeJudgesTheTag(t *testing.T) {
	w, addr := world(t, rehearsal.Options{Speed: -1})
	ask := func(method, path, body string) (answer struct{ SHA string }) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "https://api.github.com/repos/harbour/harbour/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "token "+w.Token())
		res, err := w.Transport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode >= 300 {
			t.Fatalf("%s %s: %s, %v", method, path, res.Status, err)
		}
		return answer
	}
	old := ask("GET", "commits/harbour-2.11.5", "").SHA
	ask("POST", "git/refs", `{"ref": "refs/tags/harbour-2.11.6", "sha": "`+old+`"}`)
	n := len(w.Requests())
	out, err := twokey(t, "rehearse", "--connect", addr, "release", "2.11.6", "--resume", "--yes")
	if release.KindOf(err) != release.KindNoGo || !strings.Contains(out, "version.files") {
		t.Errorf("it ends with %v and prints\n%s", err, out)
	}
	if sent := acts(w, n); len(sent) > 0 {
		t.Errorf("it sent %q", sent)
	}
}

// Bad input is refused with nothing sent.
func TestBadInputActsOnNothing(t *testing.T) {
	w, addr := world(t, rehearsal.Options{Speed: -1})
	for _, args := range []string{
		"release banana --yes", "release 2.11.4 --yes", "release 2.11.5 --yes", "release 9.9.9 --yes",
		"release 2.11.6 --yes --expect-sha 0123456789", "release 2.11.6 --yes --expect-sha xyz",
		"release 2.11.6 --yes --line no-such-line", "release 2.11.6 --yes -R harbour/nowhere",
		"release 2.11.6 --yes -R nobody/nothing", "release 2.11.6 --resume --yes", "release 2.11.6", "release --json",
		"attach 2.11.6",
	} {
		if _, err := twokey(t, append([]string{"rehearse", "--connect", addr}, strings.Fields(args)...)...); err == nil {
			t.Errorf("%q ends well", args)
		}
		if sent := acts(w, 0); len(sent) > 0 {
			t.Fatalf("%q sent %q", args, sent)
		}
	}
}

// A release that waits for its gate, or of which a job failed, does not stand in the
// way of going on with it: CI tested the commit before any of it ran.
func TestResumeAfterOwnRuns(t *testing.T) {
	needsTime(t)
	for _, tt := range []struct {
		scenario string
		args     string
		kind     release.Kind
	}{
		{"approval", "release 2.11.6 --yes --wait 10m", release.KindLeft},
		{"failed-job", "release 2.11.6 --yes", release.KindFailed},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			_, addr := world(t, rehearsal.Options{Speed: -1, Scenario: tt.scenario})
			for _, more := range []string{"", " --resume"} {
				out, err := twokey(t, append([]string{"rehearse", "--connect", addr}, strings.Fields(tt.args+more)...)...)
				if release.KindOf(err) != tt.kind {
					t.Fatalf("%s%s ends with %v, want kind %v:\n%s", tt.args, more, err, tt.kind, out)
				}
			}
		})
	}
}

// A repository's name in other letters is the same repository: the plan has it as
// GitHub writes it, so that whoever goes on compares the same names.
func TestRepositoryInOtherLetters(t *testing.T) {
	needsTime(t)
	_, addr := world(t, rehearsal.Options{Speed: -1})
	for _, args := range []string{"status -R HARBOUR/Harbour", "check 2.11.6 -R HARBOUR/Harbour --json",
		"release 2.11.6 --yes -R HARBOUR/Harbour", "attach 2.11.6", "release 2.11.6 --resume --yes -R Harbour/HARBOUR"} {
		out, err := twokey(t, append([]string{"rehearse", "--connect", addr}, strings.Fields(args)...)...)
		if err != nil {
			t.Fatalf("%q ends with %v and prints\n%s", args, err, out)
		}
		// A command is offered as it was typed.
		out = strings.NewReplacer("-R HARBOUR/Harbour ", "", "-R Harbour/HARBOUR ", "").Replace(out)
		if i := strings.LastIndex(out, "HARBOUR"); i >= 0 && strings.Contains(out[:i], "\n") { // the first line has it as it was asked for
			t.Errorf("%q prints …%s…", args, out[max(0, i-60):min(len(out), i+60)])
		}
	}
}
