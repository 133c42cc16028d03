package github

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"twokey/release"
)

// maxBatch bounds how many files are asked for with one question.
const maxBatch = 100

// fileName is a file at a commit.
type fileName struct {
	repo release.Repo
	sha  string
	path string
}

// fileRead is what was read under the name: a file, or that there is none.
type fileRead struct {
	content []byte
	err     error
}

// batch reads files with one question to GitHub's other API, each beside the
// directories on the way to it. What that does not settle is left out, and File tells:
// a file that is no plain one, or whose text is not its content. Only a directory that
// was read says that something is not in it; null says nothing.
func (c *Client) batch(ctx context.Context, names []fileName) (map[fileName]fileRead, error) {
	out := map[fileName]fileRead{}
	if c.token == "" {
		return out, errNoToken
	}
	var wanted []fileName
	for _, n := range names {
		if validSHA(n.sha) && fs.ValidPath(n.path) && n.path != "." && utf8.ValidString(n.path) && !slices.Contains(wanted, n) {
			wanted = append(wanted, n)
		}
	}
	for some := range slices.Chunk(wanted, maxBatch) {
		b := newFileBatch(some)
		answer, err := c.askBatch(ctx, b)
		if err != nil {
			return out, err
		}
		for _, n := range some {
			if read, settled := b.find(answer, n); settled {
				if read.err != nil {
					read.err = c.explain(fmt.Sprintf("%s at %s of %s", n.path, short(n.sha), n.repo), read.err)
				}
				out[n] = read
			}
		}
	}
	return out, nil
}

// fileBatch is one question. Its document is made of its own words: all that is from
// outside stands in the variables.
type fileBatch struct {
	doc       string
	variables map[string]any
	repos     []release.Repo
	// aliases are what objects are called in the answer, by their repository's place
	// and the expression.
	aliases map[batched]string
}

// batched is an object that is asked for.
type batched struct {
	repo       int
	expression string
}

func newFileBatch(names []fileName) *fileBatch {
	b := &fileBatch{variables: map[string]any{}, aliases: map[batched]string{}}
	picks := map[int]*strings.Builder{}
	var declared strings.Builder
	declare := func(name, value string) {
		fmt.Fprintf(&declared, "$%s: String!, ", name)
		b.variables[name] = value
	}
	ask := func(repo int, expression, what string) {
		key := batched{repo, expression}
		if b.aliases[key] == "" {
			alias := fmt.Sprintf("o%d", len(b.aliases))
			b.aliases[key] = alias
			declare(alias, expression)
			fmt.Fprintf(picks[repo], "    %s: object(expression: $%s) { ...%s }\n", alias, alias, what)
		}
	}
	for _, n := range names {
		repo := slices.Index(b.repos, n.repo)
		if repo < 0 {
			repo = len(b.repos)
			b.repos = append(b.repos, n.repo)
			picks[repo] = &strings.Builder{}
			declare(fmt.Sprintf("owner%d", repo), n.repo.Owner)
			declare(fmt.Sprintf("name%d", repo), n.repo.Name)
		}
		for _, dir := range above(n.path) {
			ask(repo, n.sha+":"+dir, "Directory")
		}
		ask(repo, n.sha+":"+n.path, "Content")
	}
	var doc strings.Builder
	fmt.Fprintf(&doc, "query Files(%s) {\n", strings.TrimSuffix(declared.String(), ", "))
	for i := range b.repos {
		fmt.Fprintf(&doc, "  r%d: repository(owner: $owner%d, name: $name%d) {\n%s  }\n", i, i, i, picks[i])
	}
	doc.WriteString("}\n" + batchFragments)
	b.doc = doc.String()
	return b
}

// batchFragments are what is asked of a directory and of a file.
const batchFragments = `fragment Directory on Tree { entries { name mode oid } }
fragment Content on Blob { oid text }
`

// above are the directories on the way to a file, the root first and empty.
func above(file string) []string {
	dirs := []string{""}
	for i, r := range file {
		if r == '/' {
			dirs = append(dirs, file[:i])
		}
	}
	return dirs
}

// batchAnswer is what is told of each object by its alias, by the alias of its
// repository; nil for a repository that was not read.
type batchAnswer map[string]map[string]*batchObject

// batchObject is a directory or a file.
type batchObject struct {
	Entries []batchEntry `json:"entries"`
	textBlob
}

// batchEntry is one thing in a directory.
type batchEntry struct {
	Name   string    `json:"name"`
	Mode   int       `json:"mode"`
	OID    string    `json:"oid"`
	Object *textBlob `json:"object"`
}

// textBlob is a file's content, as a text where it is one.
type textBlob struct {
	OID  string  `json:"oid"`
	Text *string `json:"text"`
}

// content is the content; not when its text is not all of it, as it is.
func (t *textBlob) content(sha string) ([]byte, bool) {
	if t == nil || t.Text == nil || t.OID != sha || !validSHA(sha) {
		return nil, false
	}
	raw := []byte(*t.Text)
	return raw, blobSHA(raw, len(sha)) == sha
}

// The modes of entries, as the other API counts them.
const (
	modeDir        = 0o40000
	modeFile       = 0o100644
	modeExecutable = 0o100755
)

// askBatch asks. Repositories that GitHub has something to say against are left out.
func (c *Client) askBatch(ctx context.Context, b *fileBatch) (batchAnswer, error) {
	const what = "files of several repositories"
	for _, r := range b.repos {
		if _, err := c.repoURL(r, nil); err != nil { // it is on another host
			return nil, c.explain(what, err)
		}
	}
	body, err := json.Marshal(map[string]any{"query": b.doc, "variables": b.variables})
	q := query{what: what, url: c.graphqlURL(), err: err, body: body}
	var answer batchAnswer
	err = c.read(ctx, q, func(resp *http.Response) error {
		data, failed, err := graphqlParts[batchAnswer](resp.Body)
		for _, alias := range failed {
			delete(data, alias)
		}
		answer = data
		return err
	})
	return answer, err
}

// find tells what the answer says of a file; not when it settles nothing.
func (b *fileBatch) find(answer batchAnswer, n fileName) (read fileRead, settled bool) {
	repo := slices.Index(b.repos, n.repo)
	objects := answer[fmt.Sprintf("r%d", repo)]
	at := func(p string) *batchObject { return objects[b.aliases[batched{repo, n.sha + ":" + p}]] }
	for _, dir := range above(n.path) {
		d := at(dir)
		if d == nil || d.Entries == nil {
			return read, false
		}
		next := strings.TrimPrefix(strings.TrimPrefix(n.path, dir), "/")
		next, _, deeper := strings.Cut(next, "/")
		i := slices.IndexFunc(d.Entries, func(e batchEntry) bool { return e.Name == next })
		if i < 0 {
			return fileRead{err: fmt.Errorf("%s is not among what %s has: %w", next, where(dir), release.ErrNotFound)}, true
		}
		e := d.Entries[i]
		switch {
		case deeper && e.Mode == modeDir:
			continue
		case deeper || e.Mode != modeFile && e.Mode != modeExecutable:
			return read, false
		}
		object := at(n.path)
		if object == nil {
			return read, false
		}
		read.content, settled = object.content(e.OID)
	}
	return read, settled
}

// where is a directory in words.
func where(dir string) string {
	if dir == "" {
		return "the root"
	}
	return path.Base(dir)
}
