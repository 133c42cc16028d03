package github

import (
	"fmt"
	"strings"
	"testing"

	"twokey/release"
)

func TestViewer(t *testing.T) {
	tests := []struct {
		token  string
		kind   string
		scopes string
		want   string
	}{
		{"ghp_x", "classic", "repo, workflow", "[repo workflow]"},
		{"ghp_x", "classic", "", "[]"},
		{"0123456789012345678901234567890123456789", "classic", "repo", "[repo]"},
		{"github_pat_x", "fine-grained", "", "<nil>"},
		{"gho_x", "oauth", "repo", "<nil>"},
		{"ghu_x", "oauth", "", "<nil>"},
		{"v1.0123", "unknown", "", "<nil>"},
	}
	for _, tt := range tests {
		b := newBench(t, func(o *Options) { o.Token = tt.token })
		b.fake.on(userLine, 200, `{"login":"mara\u202e"}`).with("X-OAuth-Scopes", tt.scopes)
		v, err := b.Viewer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(v.Scopes)
		if v.Scopes == nil {
			got = "<nil>"
		}
		if v.TokenKind != tt.kind || got != tt.want || v.Login.String() != "mara<U+202E>" {
			t.Errorf("%s: %+v", tt.token, v)
		}
	}
}

func TestViewerOfAnInstallation(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Token = "ghs_x" })
	b.fake.on(userLine, 403, `{"message":"Resource not accessible by integration"}`)
	v, err := b.Viewer(t.Context())
	if err != nil || v.TokenKind != "installation" || !v.Login.IsZero() {
		t.Error(v, err)
	}
	// Any other token that may not read its user is an error.
	b = newBench(t)
	b.fake.on(userLine, 403, `{"message":"Resource not accessible by integration"}`)
	_, err = b.Viewer(t.Context())
	wantErr(t, err, release.ErrForbidden)
}

func TestViewerWithoutToken(t *testing.T) {
	b := newBench(t, anonymous)
	_, err := b.Viewer(t.Context())
	wantErr(t, err, release.ErrUnauthorized)
	if release.KindOf(err) != release.KindAuth || b.fake.count() != 0 {
		t.Errorf("%v; sent %v", err, b.fake.lines())
	}
}

// A host without a token may be one that is no GitHub: it is named, with what is
// supported.
func TestViewerWithoutTokenElsewhere(t *testing.T) {
	for host, want := range map[string][2]string{
		"github.com":  {"there is no token for GitHub", "set GH_TOKEN"},
		"our.ghe.com": {"there is no token for GitHub", "set GH_TOKEN"},
		"gitlab.com": {"there is no token for gitlab.com", "if gitlab.com is a GitHub Enterprise Server, sign in with " +
			"`gh auth login --hostname gitlab.com`, or set GH_ENTERPRISE_TOKEN; beside those only github.com is supported"},
	} {
		b := newBench(t, anonymous, func(o *Options) { o.Host = host })
		_, err := b.Viewer(t.Context())
		wantErr(t, err, release.ErrUnauthorized, want[0])
		if !strings.Contains(release.HintOf(err), want[1]) || b.fake.count() != 0 {
			t.Errorf("%s: hint %q", host, release.HintOf(err))
		}
	}
}

func TestRepository(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r", 200, `{"full_name":"O/R","default_branch":"main","private":true,"archived":true,
		"html_url":"https://github.com/O/R","permissions":{"admin":true,"push":true,"pull":true}}`)
	r, err := b.Repository(t.Context(), testRepo())
	if err != nil || r.Name != "O/R" || r.DefaultBranch != "main" || !r.Private || !r.Archived || !r.Push || !r.Admin {
		t.Error(r, err)
	}
	b.fake.on("GET /repos/o/r", 200, `{"full_name":"new/name"}`)
	_, err = b.Repository(t.Context(), testRepo())
	wantErr(t, err, nil, "GitHub calls it new/name now")
	b.fake.on("GET /repos/o/r", 404, `{"message":"Not Found"}`)
	_, err = b.Repository(t.Context(), testRepo())
	wantErr(t, err, release.ErrNotFound)
}

func TestRepositoryOfAnotherHost(t *testing.T) {
	b := newBench(t)
	for _, repo := range []release.Repo{{Host: "ghe.example.com", Owner: "o", Name: "r"}, {Owner: "..", Name: "r"}, {Owner: "o"}} {
		_, err := b.Repository(t.Context(), repo)
		wantErr(t, err, nil)
	}
	if b.fake.count() != 0 {
		t.Errorf("sent %v", b.fake.lines())
	}
	b.fake.on("GET /repos/o/r", 200, `{"full_name":"o/r"}`)
	if _, err := b.Repository(t.Context(), release.Repo{Host: "github.com", Owner: "o", Name: "r"}); err != nil {
		t.Error(err)
	}
}

func TestBranches(t *testing.T) {
	b := newBench(t)
	next := `<` + apiHost + `/repositories/1/branches?per_page=100&page=2>; rel="next", <` + apiHost + `/repositories/1/branches?per_page=100&page=2>; rel="last"`
	b.fake.on("GET /repos/o/r/branches?per_page=100", 200, `[{"name":"main","commit":{"sha":"`+shaA+`"},"protected":true}]`).with("Link", next)
	b.fake.on("GET /repositories/1/branches?per_page=100&page=2", 200, `[{"name":"feature/x","commit":{"sha":"`+shaB+`"}}]`)
	got, err := b.Branches(t.Context(), testRepo())
	want := []release.Branch{{Name: "main", SHA: shaA, Protected: true}, {Name: "feature/x", SHA: shaB}}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error(got, err)
	}
}

func TestPagesGoNowhereElse(t *testing.T) {
	const line = "/repos/o/r/branches?per_page=100"
	for name, link := range map[string]string{
		"another host": "https://example.com/branches?page=2",
		"plain http":   "http://api.github.com/branches?page=2",
		"itself":       apiHost + line,
	} {
		b := newBench(t)
		b.fake.on("GET "+line, 200, `[]`).with("Link", "<"+link+`>; rel="next"`)
		_, err := b.Branches(t.Context(), testRepo())
		if err == nil || b.fake.count() != 1 {
			t.Errorf("%s: %v; sent %v", name, err, b.fake.lines())
		}
	}
}

// A list that is longer than anything sensible is an error, not a short list.
func TestPagesAreBounded(t *testing.T) {
	b := newBench(t)
	at := func(i int) string {
		if i == 1 {
			return "/repos/o/r/branches?per_page=100"
		}
		return fmt.Sprintf("/repos/o/r/branches?per_page=100&page=%d", i)
	}
	for i := 1; i <= maxPages; i++ {
		b.fake.on("GET "+at(i), 200, `[]`).with("Link", "<"+apiHost+at(i+1)+`>; rel="next"`)
	}
	_, err := b.Branches(t.Context(), testRepo())
	wantErr(t, err, nil, "more than 100 pages")
}

func TestBranchNamesAreEscaped(t *testing.T) {
	for name, path := range map[string]string{
		"feature/x":     "feature%2Fx",
		"a b?c#d%e":     "a%20b%3Fc%23d%25e",
		"dev-v2.11":     "dev-v2.11",
		"x/../../admin": "x%2F..%2F..%2Fadmin",
	} {
		b := newBench(t)
		answer := fmt.Sprintf(`{"name":%q,"commit":{"sha":%q}}`, name, shaA)
		b.fake.on("GET /repos/o/r/branches/"+path, 200, answer)
		got, err := b.Branch(t.Context(), testRepo(), name)
		if err != nil || got.Name != name {
			t.Error(got, err)
		}
	}
	b := newBench(t)
	for _, name := range []string{"", ".", ".."} {
		_, err := b.Branch(t.Context(), testRepo(), name)
		wantErr(t, err, nil)
	}
	if b.fake.count() != 0 {
		t.Errorf("sent %v", b.fake.lines())
	}
}

func TestBadBranchAnswers(t *testing.T) {
	for _, answer := range []string{
		`{"name":"main","commit":{"sha":"abc"}}`,
		`{"name":"main","commit":{"sha":"` + strings.ToUpper(shaA) + `"}}`,
		`{"name":"main","commit":{"sha":"../../../../../../../../../../../../../a"}}`,
		`{"name":"main"}`,
		`{"name":"other","commit":{"sha":"` + shaA + `"}}`,
		`[]`, `null`, `"x"`, `7`,
	} {
		b := newBench(t)
		b.fake.on("GET /repos/o/r/branches/main", 200, answer).odd("none of them is a branch")
		got, err := b.Branch(t.Context(), testRepo(), "main")
		if err == nil {
			t.Errorf("%s gives %v", answer, got)
		}
	}
}

func TestTags(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/tags?per_page=100", 200, `[{"name":"ckan-1","commit":{"sha":"`+shaA+`"}},
		{"name":"v1","commit":{"sha":"`+shaB+`"}},{"name":"ckan-2","commit":{"sha":"`+shaC+`"}}]`)
	got, err := b.Tags(t.Context(), testRepo(), "ckan-")
	if err != nil || fmt.Sprint(got) != fmt.Sprint([]release.Tag{{Name: "ckan-1", SHA: shaA}, {Name: "ckan-2", SHA: shaC}}) {
		t.Error(got, err)
	}
	b.fake.on("GET /repos/o/r/tags?per_page=100", 200, `[{"name":"v1","commit":{"sha":"x"}}]`)
	_, err = b.Tags(t.Context(), testRepo(), "")
	wantErr(t, err, errStrange)
}

func TestAhead(t *testing.T) {
	b := newBench(t)
	const line = "GET /repos/o/r/compare/v1%2F0...feature%2Fx?per_page=1"
	b.fake.on(line, 200, `{"status":"ahead","ahead_by":12,"behind_by":0,"total_commits":12}`)
	if n, err := b.Ahead(t.Context(), testRepo(), "v1/0", "feature/x"); err != nil || n != 12 {
		t.Error(n, err)
	}
	for _, answer := range []string{`{}`, `{"ahead_by":-1}`, `{"ahead_by":"x"}`} {
		b.fake.on(line, 200, answer).odd("none of them says how far")
		if n, err := b.Ahead(t.Context(), testRepo(), "v1/0", "feature/x"); err == nil {
			t.Errorf("%s gives %d", answer, n)
		}
	}
}
