package github

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/release"
)

// openOf fills what must not be open for a plan with one such check.
func openOf(t *testing.T, b *bench, kind checks.OwnKind, name string) checks.Got[[]checks.OpenItem] {
	t.Helper()
	f := &filling{c: b.Client, snap: &checks.Snapshot{}, plan: release.Plan{Repo: testRepo(),
		Checks: []checks.Own{{Kind: kind, Name: name, When: checks.Before}, {Kind: kind, Name: name, When: checks.After}}}}
	f.open(t.Context())
	if len(f.snap.OwnOpen) != 2 {
		t.Fatalf("%d answers", len(f.snap.OwnOpen))
	}
	if _, read := f.snap.OwnOpen[1].Get(); read {
		t.Error("what is due after the release was read before it")
	}
	return f.snap.OwnOpen[0]
}

// names are what is open, in short.
func names(t *testing.T, got checks.Got[[]checks.OpenItem]) string {
	t.Helper()
	items, ok := got.Get()
	if !ok {
		t.Fatal(got.Missing())
	}
	out := make([]string, len(items))
	for i, item := range items {
		if out[i] = item.Name.String() + " " + item.Title.String(); item.Draft {
			out[i] += " (draft)"
		}
	}
	return strings.Join(out, ", ")
}

func TestOpenIssues(t *testing.T) {
	const list = "GET /repos/o/r/issues?"
	b := newBench(t)
	b.fake.on(list+"labels=release+blocker&per_page=30&state=open", 200,
		`[{"number":12,"title":"It \u001b[2Jleaks","state":"open","html_url":"https://github.com/o/r/issues/12"},{"number":3,"title":"b","state":"open"}]`)
	if got := names(t, openOf(t, b, checks.OwnIssuesNone, "label:release blocker")); !strings.HasPrefix(got, "#12 It ") || !strings.HasSuffix(got, "leaks, #3 b") || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}

	b = newBench(t)
	b.fake.on(list+"labels=x&per_page=30&state=open", 200, `[]`)
	if got := names(t, openOf(t, b, checks.OwnIssuesNone, "label:x")); got != "" {
		t.Errorf("%q", got)
	}

	b = newBench(t)
	b.fake.on(list+"labels=x&per_page=30&state=open", 200, `[{"number":3,"title":"b","state":"closed"}]`)
	if _, ok := openOf(t, b, checks.OwnIssuesNone, "label:x").Get(); ok {
		t.Error("an answer to another question was taken")
	}
}

func TestOpenIssuesOfAMilestone(t *testing.T) {
	const milestones = "GET /repos/o/r/milestones?per_page=100&state=all"
	all := `[{"number":4,"title":"2.12","state":"open"},{"number":3,"title":"2.11.6","state":"closed"}]`
	b := newBench(t)
	b.fake.on(milestones, 200, all)
	b.fake.on("GET /repos/o/r/issues?milestone=4&per_page=30&state=open", 200, `[{"number":9,"title":"a","state":"open"}]`)
	if got := names(t, openOf(t, b, checks.OwnIssuesNone, "milestone:2.12")); got != "#9 a" {
		t.Errorf("%q", got)
	}

	b = newBench(t)
	b.fake.on(milestones, 200, all)
	if got := names(t, openOf(t, b, checks.OwnIssuesNone, "milestone:2.11.6")); got != "" {
		t.Errorf("of one that is closed: %q", got)
	}

	b = newBench(t)
	b.fake.on(milestones, 200, all)
	got := openOf(t, b, checks.OwnIssuesNone, "milestone:2.13")
	if _, ok := got.Get(); ok || !strings.Contains(got.Missing().Why.String(), `there is no milestone "2.13"`) {
		t.Errorf("of one that is not there: %+v", got.Missing())
	}
}

// Whoever is no administrator is told of no draft, and must not take that for none.
func TestOpenAdvisories(t *testing.T) {
	repo := func(admin string) string {
		return `{"full_name":"o/r","permissions":{"push":true,"admin":` + admin + `}}`
	}
	const drafts = "GET /repos/o/r/security-advisories?per_page=100&state=draft"
	const reports = "GET /repos/o/r/security-advisories?per_page=100&state=triage"

	b := newBench(t)
	b.fake.on("GET /repos/o/r", 200, repo("true"))
	b.fake.on(drafts, 200, `[{"ghsa_id":"GHSA-a","summary":"Injection","state":"draft"}]`)
	b.fake.on(reports, 200, `[{"ghsa_id":"GHSA-b","summary":"Perhaps","state":"triage"}]`)
	if got := names(t, openOf(t, b, checks.OwnAdvisories, "published")); got != "GHSA-a Injection (draft), GHSA-b Perhaps" {
		t.Errorf("%q", got)
	}

	b = newBench(t)
	b.fake.on("GET /repos/o/r", 200, repo("false"))
	got := openOf(t, b, checks.OwnAdvisories, "published")
	if _, ok := got.Get(); ok || got.Missing().Needs != "administration and repository security advisories: read on o/r" {
		t.Errorf("%+v", got.Missing())
	}

	b = newBench(t)
	b.fake.on("GET /repos/o/r", 200, repo("true"))
	b.fake.on(drafts, 403, `{"message":"Resource not accessible by personal access token"}`)
	if got = openOf(t, b, checks.OwnAdvisories, "published"); got.Missing().Needs == "" {
		t.Errorf("%+v", got.Missing())
	}

	b = newBench(t)
	b.fake.on("GET /repos/o/r", 200, repo("true"))
	b.fake.on(drafts, 200, `[{"ghsa_id":"GHSA-a","summary":"Injection","state":"published"}]`)
	if got = openOf(t, b, checks.OwnAdvisories, "published"); got.Missing().Why.IsZero() {
		t.Error("an answer to another question was taken")
	}
}

// What is due after the release is read then, and nothing else.
func TestOpenAfter(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/issues?labels=x&per_page=30&state=open", 200, `[{"number":3,"title":"b","state":"open"}]`)
	got := b.Open(t.Context(), release.Plan{Repo: testRepo(), Checks: []checks.Own{
		{Kind: checks.OwnIssuesNone, Name: "label:before", When: checks.Before},
		{Kind: checks.OwnIssuesNone, Name: "label:x", When: checks.After},
		{Kind: checks.OwnManual, Name: "look", When: checks.After}}}, checks.After)
	if len(got) != 3 || names(t, got[1]) != "#3 b" {
		t.Errorf("%+v", got)
	}
	for _, i := range []int{0, 2} {
		if _, read := got[i].Get(); read {
			t.Errorf("%d was read", i)
		}
	}
}
