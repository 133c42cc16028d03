package rehearsal

import (
	"strings"
	"testing"
)

// Both of GitHub's APIs tell of the same files.
func TestGraphQLTellsOfFiles(t *testing.T) {
	c := sample(t, "clean")
	head := plain(c.get(c.repo()+"/branches/main").want(200).at("commit", "sha"))
	const query = `query($dir: String!, $file: String!, $none: String!, $commit: String!) { repository(owner: "harbour", name: "harbour") {
		dir: object(expression: $dir) { __typename ... on Tree { entries { name mode oid type object { ... on Blob { oid text } } } } }
		file: object(expression: $file) { __typename ... on Blob { oid text isBinary isTruncated byteSize } }
		none: object(expression: $none) { oid }
		commit: object(expression: $commit) { __typename ... on Commit { oid } } } }`
	const dir, file = ".github/workflows", ".github/workflows/publish-pypi.yml"
	g := c.ask(query, fields{"dir": head + ":" + dir, "file": head + ":" + file, "none": head + ":no/such", "commit": "main"})
	if g.header.Get(gapHeader) != "" || g.at("data", "repository", "none") != nil {
		t.Error(g.text)
	}
	if got := plain(g.at("data", "repository", "commit", "oid")); got != head {
		t.Errorf("main is %s, not %s", got, head)
	}
	want := c.get(c.repo() + "/contents/" + dir + "?ref=" + head).want(200)
	if got, want := g.each("oid", "data", "repository", "dir", "entries"), want.each("sha"); got != want {
		t.Errorf("the directory has %s, want %s", got, want)
	}
	mode := plain(g.at("data", "repository", "dir", "entries", 0, "mode"))
	if text := plain(g.at("data", "repository", "file", "text")); mode != "33188" || !strings.Contains(text, "pypi") {
		t.Errorf("mode %s, text %q", mode, text)
	}
	if got := plain(g.at("data", "repository", "file", "oid")); got != plain(c.get(c.repo()+"/contents/"+file+"?ref="+head).at("sha")) {
		t.Errorf("the file is %s", got)
	}
	for _, expression := range []string{"main^", "main@{1}", "HEAD~2:a", head + ":../a"} {
		if g := c.ask(query, fields{"dir": expression}); g.header.Get(gapHeader) == "" {
			t.Errorf("%s: %s", expression, g.text)
		}
	}
}

// A text that is none, or more than GitHub gives, says so.
func TestGraphQLTexts(t *testing.T) {
	for _, tt := range []struct {
		content           string
		text              any
		binary, truncated bool
	}{
		{"a\n", "a\n", false, false},
		{"a\x00b", nil, true, false},
		{"\xff", "\uFFFD", false, false},
		{strings.Repeat("x", maxText+1), strings.Repeat("x", maxText), false, true},
	} {
		b := blobType([20]byte{}, []byte(tt.content))
		get := func(name string) any {
			v, err := b.fields[name].get(nil)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if get("text") != tt.text || get("isBinary") != tt.binary || get("isTruncated") != tt.truncated || get("byteSize") != len(tt.content) {
			t.Errorf("%.9q: binary %v, truncated %v, %v bytes", tt.content, get("isBinary"), get("isTruncated"), get("byteSize"))
		}
	}
}
