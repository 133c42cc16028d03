package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
	"twokey/release/recordtest"
)

func someStatus() statusOf {
	commits := 14
	return statusOf{Repo: "ckan/ckan", Older: 2, Lines: []lineStatus{
		{Line: "dev-v2.11", Head: "4f2c9ab61d0e", Last: known("2.11.5"), LastTag: known("ckan-2.11.5"), Suggested: known("2.11.6"),
			Bumps: map[version.Bump]string{version.Patch: "2.11.6"}, Commits: &commits,
			Unfinished: &release.Unfinished{Version: "2.11.5", Stages: []string{"deb", "docker"}, By: text.Clean("ines")},
			Active:     []release.Run{{Workflow: "test.yml", Number: 9}, {Workflow: "lint.yml", Number: 3}},
			Verdict:    &checks.Verdict{Block: 1, Pass: 8}},
		{Line: "dev-v2.10", Head: "0cd9a27e51b3", Last: known("2.10.9"), Suggested: known("2.10.10"), Active: []release.Run{},
			Unsure:  text.Clean("the claims of 2.10.9: 502 Bad Gateway"),
			Failed:  []release.FailedStage{},
			Verdict: &checks.Verdict{Go: true, Warn: 1, Pass: 8}},
		{Line: "dev-v3.0", Head: "b81f03c57a2e", Active: []release.Run{}, Why: text.Clean("no branch main in ckan/ckan-packaging")},
	}}
}

func TestStatusTable(t *testing.T) {
	var b bytes.Buffer
	if err := writeStatus(&b, someStatus(), "twokey", false); err != nil {
		t.Fatal(err)
	}
	golden(t, "status", b.String())
}

// A line that a bump gives nothing is no go, and says why.
func TestStatusOfHeldLine(t *testing.T) {
	var b bytes.Buffer
	if err := writeStatus(&b, statusOf{Lines: []lineStatus{{Line: "main", Head: "4f2c9ab61d0e", Last: known("1.2.3"),
		held: true, Why: text.Clean("main has no commit since 1.2.3")}}}, "twokey", false); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "-  main has no commit since 1.2.3\n") || strings.Contains(got, "GO  ") || strings.Contains(got, "unknown") {
		t.Errorf("%s", got)
	}
}

// Of what is released and left nothing open the next step is to look at what it published.
func TestStatusLeadsToVerify(t *testing.T) {
	lines := []lineStatus{
		{Line: "dev-v2.12", Head: "4f2c9ab61d0e", Last: known("2.12.0"), inFlight: true},
		{Line: "dev-v2.11", Head: "4f2c9ab61d0e", Last: known("2.11.5"), Unfinished: &release.Unfinished{Version: "2.11.5", Stages: []string{"deb"}}},
		{Line: "dev-v2.10", Head: "4f2c9ab61d0e", Last: known("2.10.9")},
		{Line: "dev-v2.9", Head: "4f2c9ab61d0e", Last: known("2.9.1")},
		{Line: "dev-v3.0", Head: "4f2c9ab61d0e"},
	}
	for n, want := range map[int]string{2: "", 3: "2.10.9 is released; hold what it published against its commit with `twokey -R o/r verify 2.10.9`", 5: "`twokey -R o/r verify 2.10.9`"} {
		var b bytes.Buffer
		if err := writeStatus(&b, statusOf{Lines: lines[:n]}, "twokey -R o/r", false); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.String(), " verify "); got != min(len(want), 1) || !strings.Contains(b.String(), want) {
			t.Errorf("of %d lines it says\n%s", n, &b)
		}
	}
}

// What is in flight is not called abandoned.
func TestLeftover(t *testing.T) {
	l := lineStatus{Last: known("2.11.6"), LastTag: known("ckan-2.11.6"),
		Unfinished: &release.Unfinished{Version: "2.11.6", Stages: []string{"deb"}}}
	if got, want := l.leftover("twokey -R o/r").String(), "2.11.6 unfinished: deb never started; go on with `twokey -R o/r release 2.11.6 --resume`"; got != want {
		t.Errorf("left half way: %q, want %q", got, want)
	}
	l.failure, l.what, l.args = text.Clean("stage package: ines rejected pypi"), "once ines agrees, go on with", "release 2.11.6 --resume --rerun-failed"
	if got, want := l.leftover("twokey").String(), "2.11.6 failed: stage package: ines rejected pypi; "+
		"once ines agrees, go on with `twokey release 2.11.6 --resume --rerun-failed`"; got != want {
		t.Errorf("rejected: %q, want %q", got, want)
	}
	l.failure, l.inFlight = text.Safe{}, true
	if got, want := l.leftover("twokey").String(), "2.11.6 in flight: deb not started yet; watch it with `twokey attach 2.11.6`"; got != want {
		t.Errorf("in flight: %q, want %q", got, want)
	}
}

func TestStatusTableHidesNothingHostile(t *testing.T) {
	st := someStatus()
	st.Repo, st.Lines[0].Line, st.Lines[0].Last = "a\x1b[2J", "dev\x1b]0;x\x07", known("1\x1b[A")
	var b bytes.Buffer
	if err := writeStatus(&b, st, "twokey", false); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Errorf("an escape is written raw: %q", b.String())
	}
}

// The fields' names are the contract with scripts; what is not known is null, and
// lists are never.
func TestStatusJSON(t *testing.T) {
	var b bytes.Buffer
	if err := writeJSON(&b, someStatus()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Repo  string
		Lines []map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for i, l := range got.Lines {
		for _, name := range []string{"line", "head", "last", "last_tag", "suggested", "bumps", "commits", "active", "unfinished", "failed", "verdict"} {
			if _, ok := l[name]; !ok {
				t.Errorf("line %d has no %q", i, name)
			}
		}
		if _, ok := l["active"].([]any); !ok {
			t.Errorf("line %d: active is %v, want a list", i, l["active"])
		}
	}
	if u, ok := got.Lines[0]["unfinished"].(map[string]any); !ok || u["version"] != "2.11.5" || len(u["stages"].([]any)) != 2 || u["by"] != "ines" {
		t.Errorf("unfinished is %v", got.Lines[0]["unfinished"])
	}
	last := got.Lines[2]
	if last["last"] != nil || last["commits"] != nil || last["verdict"] != nil || last["why"] == "" {
		t.Errorf("what is not known is not null: %v", last)
	}
	if v := got.Lines[0]["verdict"].(map[string]any); v["go"] != false || v["block"] != 1.0 {
		t.Errorf("the verdict is %v", v)
	}
}

func TestCheckedForPeople(t *testing.T) {
	state := recordtest.Fold(recordtest.NoGo())
	c := checked{Plan: state.Plan, Verdict: state.Verdict}
	for _, ch := range state.Checks {
		c.Findings = append(c.Findings, *ch.Finding)
	}
	var b bytes.Buffer
	a := &app{cfg: Config{IO: IO{Out: &b}}}
	if err := a.writeChecked(c); err != nil {
		t.Fatal(err)
	}
	golden(t, "check", b.String())
}

func TestNoGo(t *testing.T) {
	plan := release.Plan{Version: "2.11.6"}
	if err := noGo(plan, checks.Verdict{Go: true, Warn: 3}, ""); err != nil {
		t.Errorf("go gives %v", err)
	}
	err := noGo(plan, checks.Verdict{Block: 1, Unknown: 2, Pass: 6}, "wait")
	if release.KindOf(err) != release.KindNoGo || err.Error() != "preflight of 2.11.6: no-go: 1 block, 2 unknown, 6 pass" {
		t.Errorf("no-go gives kind %d, %q", release.KindOf(err), err)
	}
}
