package github

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
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
		b.fake.on("GET /repos/o/r/branches/main", 200, answer)
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
		b.fake.on(line, 200, answer)
		if n, err := b.Ahead(t.Context(), testRepo(), "v1/0", "feature/x"); err == nil {
			t.Errorf("%s gives %d", answer, n)
		}
	}
}

func TestClaim(t *testing.T) {
	const refLine, tagLine = "GET /repos/o/r/git/ref/tags/v1", "GET /repos/o/r/git/tags/"
	ref := func(kind, sha string) string {
		return fmt.Sprintf(`{"ref":"refs/tags/v1","object":{"type":%q,"sha":%q}}`, kind, sha)
	}
	tag := func(sha, kind, target string) string {
		return fmt.Sprintf(`{"tag":"v1","sha":%q,"message":"hello\nthere","tagger":{"name":"Mara\u001b[2J","email":"m@x","date":"2026-08-14T10:00:00Z"},
			"object":{"type":%q,"sha":%q}}`, sha, kind, target)
	}
	t.Run("commit", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, ref("commit", shaA))
		c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		if err != nil || c.SHA != shaA || c.Object != shaA || !c.At.IsZero() || !c.By.IsZero() {
			t.Error(c, err)
		}
	})
	t.Run("annotated", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, ref("tag", shaB))
		b.fake.on(tagLine+shaB, 200, tag(shaB, "commit", shaA))
		c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		if err != nil || c.SHA != shaA || c.Object != shaB || c.Message != "hello\nthere" || c.At.Hour() != 10 {
			t.Error(c, err)
		}
		if strings.Contains(c.By.String(), "\x1b") || !strings.HasPrefix(c.By.String(), "Mara") {
			t.Errorf("by %q", c.By)
		}
	})
	t.Run("nested", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, ref("tag", shaB))
		b.fake.on(tagLine+shaB, 200, tag(shaB, "tag", shaC))
		b.fake.on(tagLine+shaC, 200, strings.Replace(tag(shaC, "commit", shaA), "hello", "inner", 1))
		c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		if err != nil || c.SHA != shaA || c.Object != shaB || strings.HasPrefix(c.Message, "inner") {
			t.Error(c, err)
		}
	})
	t.Run("circular", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, ref("tag", shaB))
		for range maxNested {
			b.fake.on(tagLine+shaB, 200, tag(shaB, "tag", shaB))
		}
		_, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		wantErr(t, err, nil, "tag objects in a row")
	})
	t.Run("our own ref", func(t *testing.T) {
		b := newBench(t)
		b.fake.on("GET /repos/o/r/git/ref/twokey/deb/1.0", 200, strings.Replace(ref("commit", shaA), "tags/v1", "twokey/deb/1.0", 1))
		if c, err := b.Claim(t.Context(), testRepo(), "refs/twokey/deb/1.0"); err != nil || c.SHA != shaA {
			t.Error(c, err)
		}
	})
	t.Run("absent", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 404, `{"message":"Not Found"}`)
		_, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		wantErr(t, err, release.ErrNotFound)
	})
	t.Run("list of an older server", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, "["+strings.Replace(ref("commit", shaB), "v1", "v1.1", 1)+"]")
		_, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		wantErr(t, err, release.ErrNotFound)
		b.fake.on(refLine, 200, "["+strings.Replace(ref("commit", shaB), "v1", "v1.1", 1)+","+ref("commit", shaA)+"]")
		if c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1"); err != nil || c.SHA != shaA {
			t.Error(c, err)
		}
	})
	// A claim that can not be understood must not look like no claim.
	for name, answer := range map[string]string{
		"another ref": strings.Replace(ref("commit", shaA), "v1", "v2", 1), "no object": `{"ref":"refs/tags/v1"}`,
		"a tree": ref("tree", shaA), "bad SHA": ref("commit", "abc"), "a word": `"x"`, "null": `null`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(refLine, 200, answer)
			c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
			if err == nil || errors.Is(err, release.ErrNotFound) {
				t.Error(c, err)
			}
		})
	}
	for _, name := range []string{"tags/v1", "refs/", "refs/tags/", "refs/tags/../heads/main", "v1", ""} {
		b := newBench(t)
		if _, err := b.Claim(t.Context(), testRepo(), name); err == nil || b.fake.count() != 0 {
			t.Errorf("%q: %v; sent %v", name, err, b.fake.lines())
		}
	}
}

// encoded is a file as GitHub gives it: base64 in lines.
func encoded(content string) string {
	s := base64.StdEncoding.EncodeToString([]byte(content))
	var lines []string
	for len(s) > 60 {
		lines, s = append(lines, s[:60]), s[60:]
	}
	return strings.Join(append(lines, s, ""), `\n`)
}

func fileAnswer(content string) string {
	return fmt.Sprintf(`{"type":"file","encoding":"base64","size":%d,"name":"x","path":"x","sha":%q,"content":"%s"}`,
		len(content), blobSHA([]byte(content), 40), encoded(content))
}

func blobAnswer(content string) string {
	return fmt.Sprintf(`{"sha":%q,"encoding":"base64","content":"%s"}`, blobSHA([]byte(content), 40), encoded(content))
}

func fileLine(sha, path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "GET /repos/o/r/contents/" + strings.Join(parts, "/") + "?ref=" + sha
}

func TestBlobSHA(t *testing.T) {
	// Known to everybody who ever looked into .git: the empty blob.
	if got := blobSHA(nil, 40); got != "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391" {
		t.Error(got)
	}
	if got := blobSHA(nil, 64); got != "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813" {
		t.Error(got)
	}
}

func TestFile(t *testing.T) {
	long := strings.Repeat("0123456789\x00", 100)
	b := newBench(t)
	b.fake.on(fileLine(shaA, "dir with space/x?.py"), 200, fileAnswer(long))
	got, err := b.File(t.Context(), testRepo(), shaA, "dir with space/x?.py")
	if err != nil || string(got) != long {
		t.Error(len(got), err)
	}
	b.fake.on(fileLine(shaA, "big"), 200, `{"type":"file","encoding":"none","content":"","sha":"`+blobSHA([]byte(long), 40)+`"}`)
	b.fake.on("GET /repos/o/r/git/blobs/"+blobSHA([]byte(long), 40), 200, blobAnswer(long))
	if got, err = b.File(t.Context(), testRepo(), shaA, "big"); err != nil || string(got) != long {
		t.Error(len(got), err)
	}
	b.fake.on(fileLine(shaA, "none"), 404, `{"message":"Not Found"}`)
	_, err = b.File(t.Context(), testRepo(), shaA, "none")
	wantErr(t, err, release.ErrNotFound, "none at aaaaaaa of o/r")
}

func TestFileThatIsNone(t *testing.T) {
	sha := blobSHA([]byte("x"), 40)
	for name, answer := range map[string]string{
		"directory":       `[{"type":"file","name":"x","sha":"` + sha + `"}]`,
		"empty directory": `[]`,
		"link":            `{"type":"symlink","target":"/etc/passwd","sha":"` + sha + `"}`,
		"submodule":       `{"type":"submodule","sha":"` + sha + `"}`,
		"other content":   strings.Replace(fileAnswer("x"), encoded("x"), encoded("y"), 1),
		"no hash":         `{"type":"file","encoding":"base64","content":"eA=="}`,
		"not base64":      `{"type":"file","encoding":"base64","content":"!","sha":"` + sha + `"}`,
		"odd encoding":    `{"type":"file","encoding":"rot13","content":"k","sha":"` + sha + `"}`,
		"big, no hash":    `{"type":"file","encoding":"none","content":"","sha":"../x"}`,
		"nothing":         `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(fileLine(shaA, "x"), 200, answer)
			got, err := b.File(t.Context(), testRepo(), shaA, "x")
			if err == nil || errors.Is(err, release.ErrNotFound) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	b := newBench(t)
	for _, path := range []string{"", "/etc/passwd", "../x", "a/../b", "a//b"} {
		if _, err := b.File(t.Context(), testRepo(), shaA, path); err == nil || b.fake.count() != 0 {
			t.Errorf("%q: %v; sent %v", path, err, b.fake.lines())
		}
	}
}

func TestWorkflows(t *testing.T) {
	list := fileLine(shaA, ".github/workflows")
	b := newBench(t)
	b.fake.on(list, 200, fmt.Sprintf(`[
		{"type":"file","name":"test.yml","sha":%q},{"type":"dir","name":"old","sha":%q},
		{"type":"file","name":"README.md","sha":%q},{"type":"file","name":"a.yaml","sha":%q}]`,
		blobSHA([]byte("T"), 40), shaB, shaC, blobSHA([]byte("A"), 40)))
	b.fake.on("GET /repos/o/r/git/blobs/"+blobSHA([]byte("T"), 40), 200, blobAnswer("T"))
	b.fake.on("GET /repos/o/r/git/blobs/"+blobSHA([]byte("A"), 40), 200, blobAnswer("A"))
	got, err := b.Workflows(t.Context(), testRepo(), shaA)
	if err != nil || len(got) != 2 || got[0].File != "a.yaml" || string(got[0].Content) != "A" || got[1].File != "test.yml" {
		t.Errorf("%q, %v", got, err)
	}

	b.fake.on(list, 404, `{"message":"Not Found"}`)
	if got, err := b.Workflows(t.Context(), testRepo(), shaA); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	b.fake.on(list, 404, `{"message":"No commit found for the ref `+shaA+`"}`)
	_, err = b.Workflows(t.Context(), testRepo(), shaA)
	wantErr(t, err, release.ErrNotFound)
	b.fake.on(list, 200, `[{"type":"file","name":"test.yml","sha":"`+shaB+`"}]`)
	b.fake.on("GET /repos/o/r/git/blobs/"+shaB, 200, blobAnswer("other"))
	_, err = b.Workflows(t.Context(), testRepo(), shaA)
	wantErr(t, err, errStrange)
}

func TestRelease(t *testing.T) {
	const line = "GET /repos/o/r/releases/tags/v1%2F0"
	body := func(more string) string {
		return `{"tag_name":"v1/0","html_url":"https://github.com/o/r/releases/tag/v1","published_at":"2026-08-14T10:00:00Z"` + more + `}`
	}
	one := `,"assets":[{"digest":"sha256:00ff"}]`
	tests := []struct {
		name, answer string
		status       int
		exists       bool
		digest       string
		fails        bool
	}{
		{"published", body(""), 200, true, "", false},
		{"one asset", body(one), 200, true, "sha256:00ff", false},
		{"two assets", body(`,"assets":[{"digest":"sha256:00"},{"digest":"sha256:11"}]`), 200, true, "", false},
		{"strange digest", body(`,"assets":[{"digest":"sha256:../x"}]`), 200, true, "", false},
		{"no digest", body(`,"assets":[{"digest":null}]`), 200, true, "", false},
		{"draft", body(`,"draft":true`), 200, false, "", false},
		{"absent", `{"message":"Not Found"}`, 404, false, "", false},
		{"forbidden", `{"message":"no"}`, 403, false, "", true},
		{"another", `{"tag_name":"v2"}`, 200, false, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(line, tt.status, tt.answer)
			p, err := b.Release(t.Context(), testRepo(), "v1/0")
			if (err != nil) != tt.fails || p.Exists != tt.exists || p.Digest != tt.digest {
				t.Errorf("%+v, %v", p, err)
			}
			if p.Exists && (p.Updated.Hour() != 10 || p.URL.IsZero()) {
				t.Errorf("%+v", p)
			}
		})
	}
}
