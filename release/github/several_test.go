package github

import (
	"fmt"
	"strings"
	"testing"

	"twokey/release"
)

// What one question settles is not asked for again in the look, and the rest is read
// by itself.
func TestFiles(t *testing.T) {
	b := newBench(t)
	ctx := release.NewLook(b.clock.Now()).With(t.Context())
	has := shelf{"": dirOf(entryOf("a", 0o100644, "A"), entryOf("link", 0o120000, "a"), entryOf("gone", 0o120000, "x")), "a": textOf("A")}
	b.fake.on(fileLine(shaA, "link"), 200, fileAnswer("A"))
	b.fake.on(fileLine(shaA, "gone"), 404, `{"message":"Not Found"}`)
	for range 2 {
		has.serve(b)
		got, err := b.Files(ctx, testRepo(), shaA, []string{"a", "link", "none", "gone"})
		if err != nil || len(got) != 2 || string(got["a"]) != "A" || string(got["link"]) != "A" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if last := b.fake.last().body; strings.Contains(last, `:a"`) || strings.Contains(last, `:none"`) {
		t.Errorf("asked again: %s", last)
	}
	if n := strings.Count(strings.Join(b.fake.lines(), " "), "/contents/"); n != 2 {
		t.Errorf("asked %v", b.fake.lines())
	}
}

// Without a question that is answered, files are read one by one; one that can not be
// read is an error.
func TestFilesOneByOne(t *testing.T) {
	b := newBench(t)
	b.fake.on(fileLine(shaA, "a"), 200, fileAnswer("A"))
	b.fake.on(fileLine(shaA, "b"), 404, `{"message":"Not Found"}`)
	got, err := b.Files(t.Context(), testRepo(), shaA, []string{"a", "b"})
	if err != nil || len(got) != 1 || string(got["a"]) != "A" {
		t.Errorf("%q, %v", got, err)
	}
	b.fake.on(fileLine(shaA, "b"), 403, `{"message":"no"}`)
	_, err = b.Files(t.Context(), testRepo(), shaA, []string{"b"})
	wantErr(t, err, release.ErrForbidden)
}

// A directory comes with what its files hold; what is no plain file is none of them,
// and what has no text is read by itself.
func TestWorkflowsAtOnce(t *testing.T) {
	entry := func(name string, mode int, content, object string) string {
		return fmt.Sprintf(`{"name":%q,"mode":%d,"oid":%q,"object":%s}`, name, mode, blobSHA([]byte(content), 40), object)
	}
	b := newBench(t)
	ctx := release.NewLook(b.clock.Now()).With(t.Context())
	shelf{workflowDir: dirOf(entry("z.yml", 0o100644, "Z", textOf("Z")), entry("a.yaml", 0o100755, "A\x00", `{"oid":"x","text":null}`),
		entry("link.yml", 0o120000, "z.yml", textOf("z.yml")), entry("d.yml", 0o40000, "", `{}`), entry("README.md", 0o100644, "R", textOf("R")),
		entry("m.yml", 0o160000, "", "null"))}.serve(b)
	b.fake.on("GET /repos/o/r/git/blobs/"+blobSHA([]byte("A\x00"), 40), 200, blobAnswer("A\x00"))
	got, err := b.Workflows(ctx, testRepo(), shaA)
	if err != nil || len(got) != 2 || got[0].File != "a.yaml" || string(got[0].Content) != "A\x00" || string(got[1].Content) != "Z" {
		t.Errorf("%q, %v", got, err)
	}
	if content, err := b.File(ctx, testRepo(), shaA, workflowDir+"/z.yml"); err != nil || string(content) != "Z" {
		t.Errorf("%q, %v", content, err)
	}
	// A directory that is not shown may be there.
	ctx = release.NewLook(b.clock.Now()).With(t.Context())
	shelf{}.serve(b)
	b.fake.on(fileLine(shaA, workflowDir), 404, `{"message":"Not Found"}`)
	if got, err := b.Workflows(ctx, testRepo(), shaA); err != nil || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
}
