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
