package github

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/release"
)

const graphqlLine = "POST /graphql"

// historyNode is a commit as GitHub gives it.
func historyNode(sha string, at time.Time, more string, parents ...string) string {
	var list []string
	for _, p := range parents {
		list = append(list, fmt.Sprintf(`{"oid":%q}`, p))
	}
	if more == "" {
		more = `"author":{"name":"M","email":"m@x.example","user":{"login":"mara"}},"associatedPullRequests":{"nodes":[{"number":7,"url":"https://github.com/o/r/pull/7",` +
			`"merged":true,"author":{"login":"mara","__typename":"User"},"mergedBy":null,"reviews":{"nodes":[{"author":{"login":"ines","__typename":"User"}},{"author":null}]}},` +
			`{"number":8,"url":"","merged":false,"author":null,"mergedBy":null,"reviews":{"nodes":[]}}]}`
	}
	return fmt.Sprintf(`{"oid":%q,"committedDate":%q,"messageHeadline":"Do \u001b[2J it",%s,"parents":{"nodes":[%s]}}`,
		sha, at.Format(time.RFC3339), more, strings.Join(list, ","))
}

// historyPage is one page of commits; next is the cursor of the one after it.
func historyPage(releases, next string, nodes ...string) string {
	return fmt.Sprintf(`{"data":{"repository":{%s"object":{"history":{"pageInfo":{"hasNextPage":%v,"endCursor":%q},"nodes":[%s]}}}}}`,
		releases, next != "", next, strings.Join(nodes, ","))
}

const releasesJSON = `"releases":{"nodes":[{"isDraft":false,"createdAt":"2026-08-01T00:00:00Z","author":{"login":"ines"}},` +
	`{"isDraft":true,"createdAt":"2026-08-01T00:00:00Z","author":{"login":"x"}},{"isDraft":false,"createdAt":"2020-08-01T00:00:00Z","author":{"login":"y"}},` +
	`{"isDraft":false,"createdAt":"2026-08-01T00:00:00Z","author":null}]},`

const (
	historyCompare  = "GET /repos/o/r/compare/" + shaC + "..." + shaA + "?per_page=1"
	historyCompareB = "GET /repos/o/r/compare/" + shaB + "..." + shaA + "?per_page=1"
	historyMailmap  = "GET /repos/o/r/contents/.mailmap?ref=" + shaA
)

// lastWas makes v1.2.2 at shaC the release before, with so many commits since.
func lastWas(f *filling, b *bench, ahead int) {
	_, _ = once(&f.memo, "tags o/r", func() ([]release.Tag, error) { return []release.Tag{{Name: "v1.2.2", SHA: shaC}}, nil })
	b.fake.on(historyCompare, 200, fmt.Sprintf(`{"ahead_by":%d,"merge_base_commit":{"sha":%q}}`, ahead, shaC))
}

func TestHistory(t *testing.T) {
	b := newBench(t, readOnly)
	f := newFilling(b, fillPlan())
	lastWas(f, b, 2)
	b.fake.on(graphqlLine, 502, `<html>`)
	b.fake.on(graphqlLine, 200, historyPage(releasesJSON, "c1", historyNode(shaA, began, "", shaB, shaC)))
	b.fake.on(graphqlLine, 200, historyPage("", "c2", historyNode(shaB, began, `"author":null,"associatedPullRequests":{"nodes":[]}`, shaC)))
	b.fake.on(graphqlLine, 200, historyPage("", "c3", historyNode(shaC, began.AddDate(-2, 0, 0), "")))
	b.fake.on(historyMailmap, 404, `{"message":"Not Found"}`)
	f.history(t.Context())
	h, ok := f.snap.History.Get()
	if !ok {
		t.Fatal(f.snap.History.Missing())
	}
	if len(h.Commits) != 3 || h.Since != 2 || !h.Cut || h.Base.Name != "v1.2.2" || h.Mailmap != "" {
		t.Fatalf("history is %+v", h)
	}
	a, second, old := h.Commits[0], h.Commits[1], h.Commits[2]
	if !a.New || !a.Merge || !second.New || second.Merge || old.New {
		t.Errorf("new and merge are %+v", h.Commits)
	}
	if strings.Contains(a.Title.String(), "\x1b") || a.Author != (checks.Person{Login: "mara", Name: "M", Email: "m@x.example"}) {
		t.Errorf("commit is %+v", a)
	}
	if len(a.Pulls) != 1 || len(a.Pulls[0].Approvals) != 2 || a.Pulls[0].Approvals[0].Login != "ines" || !a.Pulls[0].Approvals[1].Nobody() || !a.Pulls[0].MergedBy.Nobody() {
		t.Errorf("pull requests are %+v", a.Pulls)
	}
	if !second.Author.Nobody() || len(second.Pulls) != 0 {
		t.Errorf("an author that is gone is %+v", second)
	}
	if len(h.Releases) != 2 || h.Releases[0].Login != "ines" || !h.Releases[1].Nobody() {
		t.Errorf("released by %+v", h.Releases)
	}
	var asked []string
	for _, r := range b.fake.sent {
		if r.line == graphqlLine {
			var body struct {
				Query     string
				Variables map[string]any
			}
			if json.Unmarshal([]byte(r.body), &body) != nil || !queryDocument(body.Query) {
				t.Errorf("sent %s", r.body)
			}
			asked = append(asked, fmt.Sprint(body.Variables["after"], strings.Contains(body.Query, "releases(")))
		}
	}
	if got := strings.Join(asked, " "); got != "<nil> true <nil> true c1false c2false" {
		t.Errorf("asked for %s", got)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	b := newBench(t)
	f := newFilling(b, fillPlan())
	lastWas(f, b, 700)
	for i := range maxHistory {
		releases, sha := "", fmt.Sprintf("%040d", i)
		if i == 0 {
			releases, sha = releasesJSON, shaA
		}
		b.fake.on(graphqlLine, 200, historyPage(releases, fmt.Sprint("c", i), historyNode(sha, began, "")))
	}
	b.fake.on(historyMailmap, 404, `{"message":"Not Found"}`)
	f.history(t.Context())
	if h, ok := f.snap.History.Get(); !ok || len(h.Commits) != maxHistory || !h.Cut || h.Since != 700 {
		t.Errorf("history is %+v, %v", h, f.snap.History.Missing())
	}
}

func TestHistoryLacks(t *testing.T) {
	whole := historyNode(shaA, began, "", shaB)
	for _, tt := range []struct{ name, body, why, needs string }{
		{"an error beside data", strings.TrimSuffix(historyPage(releasesJSON, "", whole), "}") + `,"errors":[{"message":"Something \u001b went wrong"}]}`, "Something", ""},
		{"forbidden", `{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible"}]}`, "Resource not accessible", "pull requests: read on o/r"},
		{"scopes", `{"errors":[{"type":"INSUFFICIENT_SCOPES","message":"no"}]}`, "no", "pull requests: read"},
		{"used up", `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, "rate limit", ""},
		{"an error without words", `{"errors":[{}]}`, "with an error", ""},
		{"no data", `{}`, "without data", ""},
		{"no repository", `{"data":{"repository":null}}`, "without the commit", ""},
		{"no commit", `{"data":{"repository":{` + releasesJSON + `"object":null}}}`, "without the commit", ""},
		{"another kind of object", `{"data":{"repository":{` + releasesJSON + `"object":{}}}}`, "without the commit", ""},
		{"no releases", historyPage("", "", whole), "releases without a list", ""},
		{"no commits", historyPage(releasesJSON, ""), "without a commit", ""},
		{"a null commit", historyPage(releasesJSON, "", "null"), "null among them", ""},
		{"another commit", historyPage(releasesJSON, "", historyNode(shaB, began, "")), "begins elsewhere", ""},
		{"a commit that is none", historyPage(releasesJSON, "", historyNode("x", began, "")), "not a SHA", ""},
		{"no pull requests", historyPage(releasesJSON, "", historyNode(shaA, began, `"author":null,"associatedPullRequests":null`)), "pull requests without a list", ""},
		{"no reviews", historyPage(releasesJSON, "", historyNode(shaA, began,
			`"author":null,"associatedPullRequests":{"nodes":[{"number":1,"url":"","merged":true,"author":null,"mergedBy":null,"reviews":null}]}`)), "reviews without a list", ""},
		{"more than was asked for", `{"data":{"repository":null,"viewer":null}}`, "not what was asked for", ""},
		{"a page without a cursor", strings.Replace(historyPage(releasesJSON, "c", whole), `"endCursor":"c"`, `"endCursor":null`, 1), "next page", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			f := newFilling(b, fillPlan())
			lastWas(f, b, 9)
			b.fake.on(graphqlLine, 200, tt.body)
			f.history(t.Context())
			_, ok := f.snap.History.Get()
			m := f.snap.History.Missing()
			if ok || !strings.Contains(m.Why.String(), tt.why) || !strings.Contains(m.Needs, tt.needs) || tt.needs == "" && m.Needs != "" {
				t.Errorf("it is %v, %+v", ok, m)
			}
		})
	}
}

func TestHistoryNeedsAToken(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Token = "" })
	f := newFilling(b, fillPlan())
	f.history(t.Context())
	if m := f.snap.History.Missing(); m.Needs != "a token" || b.fake.count() != 0 {
		t.Errorf("it is %+v after %d requests", m, b.fake.count())
	}
}

func TestGraphQLSendsOnlyQueries(t *testing.T) {
	b := newBench(t)
	for _, doc := range []string{"mutation { a }", "", "query { a } mutation { b }"} {
		if _, err := graphql[any](t.Context(), b.Client, "x", doc, nil); err == nil || b.fake.count() != 0 {
			t.Errorf("%q: %v", doc, err)
		}
	}
}
