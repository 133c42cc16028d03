package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/release"
)

// told makes the fake answer one question with what is told of each field of each
// repository, "owner/name field value" → JSON, and null for the rest.
func (b *bench) told(things map[string]string) {
	b.fake.batches = true
	r := b.fake.on(graphqlLine, 200, "")
	r.do = func(*http.Request) error {
		r.body = toldBody(b.fake.t, b.fake.last().body, things)
		return nil
	}
}

// A name that nobody has taken is known to be free by the question about all that the
// plan names, and so is the signature; what is taken is read by itself.
func TestOpening(t *testing.T) {
	plan := threeStages()
	plan.Stages[0].Artifacts = []release.Artifact{{Kind: release.KindGitHubRelease, Repo: testRepo(), Name: "r-1.2.3"}}
	commit := func(signature string) string { return fmt.Sprintf(`{"oid":%q,"signature":%s}`, shaA, signature) }
	const taken = `{"id":"x"}`
	for _, tt := range []struct {
		name   string
		things map[string]string
		free   string // of the two refs and the two releases
		signed string
	}{
		{"all are free", map[string]string{"o/r object " + shaA: commit(`{"isValid":true,"state":"VALID"}`)}, "yes yes no yes", "true valid"},
		{"a ref is taken", map[string]string{"o/images ref refs/tags/v20260814": taken, "o/r object " + shaA: commit("null")},
			"yes no no yes", "false unsigned"},
		{"a release is taken", map[string]string{"o/images release v20260814": taken,
			"o/r object " + shaA: commit(`{"isValid":false,"state":"BAD_EMAIL"}`)}, "yes yes no no", "false bad_email"},
		{"a repository was not read", map[string]string{"o/images": "null"}, "yes no no no", ""},
		{"an error is said about a repository", map[string]string{"o/r": "error"}, "no yes no yes", ""},
		{"another commit", map[string]string{"o/r object " + shaA: strings.Replace(commit("null"), shaA, shaB, 1)}, "yes yes no yes", ""},
		{"refused", map[string]string{"": "error"}, "no no no no", ""},
	} {
		b := newBench(t)
		b.told(tt.things)
		f := &filling{c: b.Client, plan: plan, snap: &checks.Snapshot{}}
		o := f.ask(t.Context())
		f.opened = func() opening { return o }
		images := release.Repo{Owner: "o", Name: "images"}
		var free []string
		for _, is := range []bool{f.isVacant(testRepo(), refField, "refs/tags/r-1.2.3"), f.isVacant(images, refField, "refs/tags/v20260814"),
			f.isVacant(testRepo(), releaseField, "r-1.2.3"), f.isVacant(images, releaseField, "v20260814")} {
			free = append(free, map[bool]string{true: "yes", false: "no"}[is])
		}
		signed := ""
		if o.signature != nil {
			signed = fmt.Sprint(o.signature.Verified, " ", o.signature.Reason)
		}
		if got := strings.Join(free, " "); got != tt.free || signed != tt.signed {
			t.Errorf("%s: free %s, signed %q; want %s, %q", tt.name, got, signed, tt.free, tt.signed)
		}
	}
	f := &filling{c: newBench(t).Client, plan: plan, snap: &checks.Snapshot{}}
	if f.isVacant(testRepo(), refField, "refs/tags/r-1.2.3") {
		t.Error("a name is free that nobody asked about")
	}
}

// New files that are texts come with one question, the others by themselves.
func TestContents(t *testing.T) {
	b := newBench(t)
	text, binary := blobSHA([]byte("text"), 40), blobSHA([]byte("b\x00"), 40)
	b.told(map[string]string{"o/r object " + text: textOf("text"), "o/r object " + binary: `{"oid":"` + binary + `","text":null}`,
		"o/r object " + shaA: textOf("other")})
	names := []blobName{{testRepo(), text}, {testRepo(), binary}, {testRepo(), shaA}, {testRepo(), "../x"}}
	if got := b.contents(t.Context(), names); len(got) != 1 || string(got[names[0]]) != "text" {
		t.Errorf("%v", got)
	}
	if got := b.contents(t.Context(), names[:1]); len(got) != 0 {
		t.Errorf("one alone: %v", got)
	}
	if got := newBench(t, anonymous).contents(t.Context(), names); len(got) != 0 {
		t.Errorf("without a token: %v", got)
	}
}
