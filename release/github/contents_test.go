package github

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"twokey/release"
)

// blobsOf are git's names for contents.
func blobsOf(contents ...string) []string {
	var out []string
	for _, c := range contents {
		out = append(out, blobSHA([]byte(c), 40))
	}
	return out
}

// One content is read by itself, and held against its name.
func TestBlobContentsOne(t *testing.T) {
	for _, content := range []string{"hello\n", "", "\x00\xff\x1b[31m", strings.Repeat("x", 1000)} {
		b := newBench(t)
		b.fake.on(blobLine(content), 200, blobAnswer(content))
		sha := blobsOf(content)[0]
		got, err := b.BlobContents(t.Context(), testRepo(), shaA, []string{sha, sha}, 1000)
		if err != nil || len(got) != 1 || string(got[sha]) != content {
			t.Errorf("%q: %q, %v", content, got, err)
		}
	}
	b := newBench(t)
	if got, err := b.BlobContents(t.Context(), testRepo(), shaA, nil, 10); err != nil || len(got) != 0 || b.fake.count() != 0 {
		t.Errorf("none: %v, %v", got, err)
	}
}

// Texts come with one question, and what that does not settle comes by itself: what is no
// text, and a text that is not what its name says.
func TestBlobContentsTogether(t *testing.T) {
	b := newBench(t)
	texts := []string{"one\n", "two\n", "three\n"}
	binary, swapped := "\x00binary", "what git has\n"
	things := map[string]string{}
	for _, text := range texts {
		things["o/r object "+blobsOf(text)[0]] = textOf(text)
	}
	things["o/r object "+blobsOf(binary)[0]] = fmt.Sprintf(`{"oid":%q,"text":null}`, blobsOf(binary)[0])
	things["o/r object "+blobsOf(swapped)[0]] = fmt.Sprintf(`{"oid":%q,"text":"what git has not\n"}`, blobsOf(swapped)[0])
	b.told(things)
	for _, alone := range []string{binary, swapped} {
		b.fake.on(blobLine(alone), 200, blobAnswer(alone))
	}
	all := append(texts, binary, swapped)
	got, err := b.BlobContents(t.Context(), testRepo(), shaA, blobsOf(all...), 100)
	if err != nil || len(got) != len(all) {
		t.Fatalf("%q, %v", got, err)
	}
	for _, want := range all {
		if string(got[blobsOf(want)[0]]) != want {
			t.Errorf("%q is %q", want, got[blobsOf(want)[0]])
		}
	}
	if b.fake.count() != 3 {
		t.Errorf("sent %v", b.fake.lines())
	}
}

// A question that GitHub does not answer is not put again for the next fifty; without a
// token none is put at all, and an archive that is not there is no loss.
func TestBlobContentsWithoutQuestions(t *testing.T) {
	for name, change := range map[string]func(*Options){"refused": func(*Options) {}, "anonymous": anonymous} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, change)
			var all []string
			for i := range maxBatch + 10 {
				all = append(all, fmt.Sprintf("text %d\n", i))
				b.fake.on(blobLine(all[i]), 200, blobAnswer(all[i]))
			}
			want := len(all)
			if want++; name == "refused" {
				b.told(map[string]string{"": "refused"})
			} else {
				b.fake.on(tarballLine, 404, `{"message":"Not Found"}`)
			}
			got, err := b.BlobContents(t.Context(), testRepo(), shaA, blobsOf(all...), 100)
			if err != nil || len(got) != len(all) || b.fake.count() != want {
				t.Errorf("%d contents by %d requests, %v", len(got), b.fake.count(), err)
			}
		})
	}
}

// Without a token, when each request counts, many contents come in the archive of the
// commit, by git's names for them; what it does not have as git has it comes by itself.
func TestBlobContentsInAnArchive(t *testing.T) {
	long := strings.Repeat("long\n", 30)
	want := []string{"one\n", "two\n", "filled in\n", ""}
	b := newBench(t, anonymous)
	b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
	b.fake.on("GET "+archiveHost, 200, tarred("a", "one\n", "other", "three\n", "b/c", "two\n", "b/d", "two\n", "e", "FILLED IN\n", "link@", "one\n", "long", long, "f", "")).
		with("Content-Type", "application/x-gzip")
	for _, alone := range []string{"filled in\n", long} {
		b.fake.on(blobLine(alone), 200, blobAnswer(alone))
	}
	got, err := b.BlobContents(t.Context(), testRepo(), shaA, blobsOf(append(want, long)...), 100)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%q, %v", got, err)
	}
	for _, w := range want {
		if content, there := got[blobsOf(w)[0]]; !there || string(content) != w {
			t.Errorf("%q is %q", w, content)
		}
	}
	if b.fake.count() != 4 { // the archive and where it is, and two alone
		t.Errorf("sent %v", b.fake.lines())
	}

	// Two are read one by one, and what is not a commit has no archive.
	b = newBench(t, anonymous)
	b.fake.on(blobLine("one\n"), 200, blobAnswer("one\n"))
	b.fake.on(blobLine("two\n"), 200, blobAnswer("two\n"))
	if got, err := b.BlobContents(t.Context(), testRepo(), shaA, blobsOf("one\n", "two\n"), 100); err != nil || len(got) != 2 || b.fake.count() != 2 {
		t.Errorf("%q, %v", got, err)
	}
}

// An archive that unpacks to more than is held is an error, and gives what came before.
func TestFindInIsBounded(t *testing.T) {
	all := []string{strings.Repeat("a", 3000), strings.Repeat("b", 3000), strings.Repeat("c", 3000)}
	found := map[string][]byte{}
	err := findIn(strings.NewReader(tarred("a", all[0], "b", all[1], "c", all[2])), 8<<10, blobsOf(all...), 4000, found)
	if !errors.Is(err, errTooLarge) || len(found) == 0 || len(found) == len(all) {
		t.Errorf("%d contents, %v", len(found), err)
	}
	if err := findIn(strings.NewReader("no archive"), 1<<20, blobsOf(all...), 4000, map[string][]byte{}); err == nil {
		t.Error("what is no archive was read as one")
	}
}

// What is not what was asked for is an error, whatever it says it is.
func TestBlobContentsFailures(t *testing.T) {
	const content = "hello\n"
	sha := blobsOf(content)[0]
	as := func(name, encoding, content string) string {
		return fmt.Sprintf(`{"sha":%q,"encoding":%q,"content":%q}`, name, encoding, content)
	}
	packed := base64.StdEncoding.EncodeToString
	for _, tt := range []struct {
		name   string
		status int
		answer string
		target error
		words  string
	}{
		{"refused", 403, `{"message":"no"}`, release.ErrForbidden, "blob " + short(sha) + " of o/r"},
		{"a gateway's 404", 404, "<html>Not here</html>", nil, "404"},
		{"another content", 200, as(sha, "base64", packed([]byte("hallo\n"))), errStrange, "hashes to"},
		{"another name", 200, as(shaB, "base64", packed([]byte(content))), errStrange, ""},
		{"no name", 200, `{"encoding":"base64","content":""}`, errStrange, ""},
		{"not base64", 200, as(sha, "base64", "\u202e*"), nil, "not base64"},
		{"an encoding of its own", 200, as(sha, "rot13", "uryyb"), nil, "unknown encoding"},
		{"another one, and longer", 200, blobAnswer(strings.Repeat("y", 101)), errStrange, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(blobLine(content), tt.status, tt.answer)
			got, err := b.BlobContents(t.Context(), testRepo(), shaA, []string{sha}, 100)
			wantErr(t, err, tt.target, tt.words)
			if len(got) != 0 {
				t.Errorf("got %q", got)
			}
			if strings.ContainsRune(err.Error(), '\u202e') {
				t.Errorf("the error %q is raw", err)
			}
		})
	}
	b := newBench(t)
	if _, err := b.BlobContents(t.Context(), testRepo(), shaA, []string{sha, "HEAD"}, 100); err == nil || b.fake.count() != 0 {
		t.Errorf("a name that is none: %v", err)
	}
	if _, err := b.BlobContents(t.Context(), testRepo(), shaA, manyNames(maxContents+1), 100); err == nil || b.fake.count() != 0 {
		t.Errorf("too many: %v", err)
	}
}

// manyNames are names of objects.
func manyNames(n int) []string {
	var out []string
	for i := range n {
		out = append(out, nth(i))
	}
	return out
}

// A content that is longer than asked for is left out, however it comes, and so is one
// that is not there; the others come all the same.
func TestBlobContentsAreLeftOut(t *testing.T) {
	long := strings.Repeat("long\n", 30)
	shas := blobsOf(long, "short", "absent")
	for name, change := range map[string]func(*Options){"together": func(*Options) {}, "alone": anonymous} {
		t.Run(name, func(t *testing.T) {
			for limit, want := range map[int64]int{149: 1, 150: 2} {
				b := newBench(t, change)
				if name == "together" {
					b.told(map[string]string{"o/r object " + shas[0]: textOf(long), "o/r object " + shas[1]: textOf("short")})
				} else {
					b.fake.on(tarballLine, 404, `{"message":"Not Found"}`)
					b.fake.on(blobLine(long), 200, blobAnswer(long))
					b.fake.on(blobLine("short"), 200, blobAnswer("short"))
				}
				b.fake.on(blobLine("absent"), 404, `{"message":"Not Found"}`)
				got, err := b.BlobContents(t.Context(), testRepo(), shaA, shas, limit)
				if err != nil || len(got) != want || string(got[shas[1]]) != "short" {
					t.Errorf("of at most %d: %q, %v", limit, got, err)
				}
			}
		})
	}
}

// An answer without an end is not read to one, and neither is all that is asked for held.
func TestBlobContentsAreBounded(t *testing.T) {
	sha := blobsOf("x")[0]
	b := newBench(t)
	read := &counted{}
	b.fake.on(blobLine("x"), 200, "").stream = func(*http.Request) io.Reader {
		read.r = io.MultiReader(strings.NewReader(`{"sha":"`+sha+`","encoding":"base64","content":"`), repeating("A"))
		return read
	}
	got, err := b.BlobContents(t.Context(), testRepo(), shaA, []string{sha}, 1000)
	if err != nil || len(got) != 0 || read.n > 64<<10 || b.fake.count() != 1 {
		t.Errorf("%q, %v: %d bytes were read of %d answers", got, err, read.n, b.fake.count())
	}
	r := &reading{limit: 10, room: 15, read: map[string][]byte{}}
	if err := r.keep(shaA, make([]byte, 10)); err != nil {
		t.Error(err)
	}
	wantErr(t, r.keep(shaB, make([]byte, 10)), errTooLarge, "together")
	if len(r.read) != 1 {
		t.Errorf("%d are held", len(r.read))
	}
}

// What was read stands beside the error of what was not.
func TestBlobContentsInPart(t *testing.T) {
	b := newBench(t)
	b.told(map[string]string{"o/r object " + blobsOf("one")[0]: textOf("one")})
	b.fake.on(blobLine("two"), 403, `{"message":"no"}`)
	got, err := b.BlobContents(t.Context(), testRepo(), shaA, blobsOf("one", "two"), 100)
	wantErr(t, err, release.ErrForbidden)
	if len(got) != 1 || string(got[blobsOf("one")[0]]) != "one" {
		t.Errorf("%q", got)
	}
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
