package github

import (
	"encoding/base64"
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
		got, err := b.BlobContents(t.Context(), testRepo(), []string{sha, sha}, 1000)
		if err != nil || len(got) != 1 || string(got[sha]) != content {
			t.Errorf("%q: %q, %v", content, got, err)
		}
	}
	b := newBench(t)
	if got, err := b.BlobContents(t.Context(), testRepo(), nil, 10); err != nil || len(got) != 0 || b.fake.count() != 0 {
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
	got, err := b.BlobContents(t.Context(), testRepo(), blobsOf(all...), 100)
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
// token none is put at all.
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
			if name == "refused" {
				b.told(map[string]string{"": "refused"})
				want++
			}
			got, err := b.BlobContents(t.Context(), testRepo(), blobsOf(all...), 100)
			if err != nil || len(got) != len(all) || b.fake.count() != want {
				t.Errorf("%d contents by %d requests, %v", len(got), b.fake.count(), err)
			}
		})
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
		{"absent", 404, `{"message":"Not Found"}`, release.ErrNotFound, "blob " + short(sha) + " of o/r"},
		{"refused", 403, `{"message":"no"}`, release.ErrForbidden, "o/r"},
		{"another content", 200, as(sha, "base64", packed([]byte("hallo\n"))), errStrange, "hashes to"},
		{"another name", 200, as(shaB, "base64", packed([]byte(content))), errStrange, ""},
		{"no name", 200, `{"encoding":"base64","content":""}`, errStrange, ""},
		{"not base64", 200, as(sha, "base64", "\u202e*"), nil, "not base64"},
		{"an encoding of its own", 200, as(sha, "rot13", "uryyb"), nil, "unknown encoding"},
		{"longer than it may be", 200, blobAnswer(strings.Repeat("y", 101)), errStrange, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(blobLine(content), tt.status, tt.answer)
			got, err := b.BlobContents(t.Context(), testRepo(), []string{sha}, 100)
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
	if _, err := b.BlobContents(t.Context(), testRepo(), []string{sha, "HEAD"}, 100); err == nil || b.fake.count() != 0 {
		t.Errorf("a name that is none: %v", err)
	}
	if _, err := b.BlobContents(t.Context(), testRepo(), manyNames(maxContents+1), 100); err == nil || b.fake.count() != 0 {
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

// A content that is longer than asked for is an error beside what was read, however it
// comes, and an answer without end is not read to one.
func TestBlobContentsAreBounded(t *testing.T) {
	long := strings.Repeat("long\n", 30)
	sha := blobsOf(long)[0]
	b := newBench(t)
	b.fake.on(blobLine(long), 200, blobAnswer(long))
	_, err := b.BlobContents(t.Context(), testRepo(), []string{sha}, 149)
	wantErr(t, err, errTooLarge, "more than 149 bytes")

	b = newBench(t)
	b.told(map[string]string{"o/r object " + sha: textOf(long), "o/r object " + blobsOf("short")[0]: textOf("short")})
	got, err := b.BlobContents(t.Context(), testRepo(), blobsOf(long, "short"), 149)
	wantErr(t, err, errTooLarge, "more than 149 bytes", short(sha))
	if _, held := got[sha]; held {
		t.Error("it was given all the same")
	}

	b = newBench(t)
	read := &counted{}
	b.fake.on(blobLine(long), 200, "").stream = func(*http.Request) io.Reader {
		read.r = io.MultiReader(strings.NewReader(`{"sha":"`+sha+`","encoding":"base64","content":"`), repeating("A"))
		return read
	}
	_, err = b.BlobContents(t.Context(), testRepo(), []string{sha}, 1000)
	wantErr(t, err, errTooLarge)
	if read.n > 64<<10 || b.fake.count() != 1 {
		t.Errorf("%d bytes were read of %d answers", read.n, b.fake.count())
	}

	r := &reading{limit: 10, room: 15, read: map[string][]byte{}}
	if err := r.keep(shaA, make([]byte, 10)); err != nil {
		t.Error(err)
	}
	wantErr(t, r.keep(shaB, make([]byte, 10)), errTooLarge, "together")
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
