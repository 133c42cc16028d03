package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"twokey/release"
)

// maxQuestions is how often a question is tried before everything in it is read by itself.
const maxQuestions = 2

// question asks GitHub's other API for several things of several repositories at once.
// Its document is made of its own words: all that is from outside stands in variables.
type question struct {
	repos    []release.Repo
	declared []string
	picks    [][]string // of each repository
	values   map[string]any
	aliases  map[pick]string
}

// pick is one thing that is asked for: a field of a repository, by its argument.
type pick struct {
	repo  release.Repo
	field field
	value string
}

// field is a field of a repository with what is wanted of it. Its argument is the
// variable $X.
type field string

// The fields that are asked for.
const (
	directoryField field = "object(expression: $X) { ... on Tree { entries { name mode oid } } }"
	workflowsField field = "object(expression: $X) { ... on Tree { entries { name mode oid object { ... on Blob { oid text } } } } }"
	fileField      field = "object(expression: $X) { ... on Blob { oid text } }"
	blobField      field = "object(oid: $X) { ... on Blob { oid text } }"
	signatureField field = "object(oid: $X) { ... on Commit { oid signature { isValid state } } }"
	refField       field = "ref(qualifiedName: $X) { id }"
	releaseField   field = "release(tagName: $X) { id }"
)

// kind is the type of the argument.
func (f field) kind() string {
	if strings.HasPrefix(string(f), "object(oid:") {
		return "GitObjectID!"
	}
	return "String!"
}

func newQuestion() *question {
	return &question{values: map[string]any{}, aliases: map[pick]string{}}
}

// ask adds something to the question, once.
func (q *question) ask(repo release.Repo, f field, value string) {
	p := pick{repo, f, value}
	if q.aliases[p] != "" {
		return
	}
	r := slices.Index(q.repos, repo)
	if r < 0 {
		r = len(q.repos)
		q.repos, q.picks = append(q.repos, repo), append(q.picks, nil)
		q.declare(fmt.Sprintf("owner%d", r), "String!", repo.Owner)
		q.declare(fmt.Sprintf("name%d", r), "String!", repo.Name)
	}
	alias := fmt.Sprintf("o%d", len(q.aliases))
	q.aliases[p] = alias
	q.declare(alias, f.kind(), value)
	q.picks[r] = append(q.picks[r], alias+": "+strings.Replace(string(f), "$X", "$"+alias, 1))
}

func (q *question) declare(name, kind, value string) {
	q.declared = append(q.declared, "$"+name+": "+kind)
	q.values[name] = value
}

// doc is the document.
func (q *question) doc() string {
	var b strings.Builder
	fmt.Fprintf(&b, "query Several(%s) {\n", strings.Join(q.declared, ", "))
	for i, picks := range q.picks {
		fmt.Fprintf(&b, "  r%d: repository(owner: $owner%d, name: $name%d) {\n    %s\n  }\n", i, i, i, strings.Join(picks, "\n    "))
	}
	b.WriteString("}\n")
	return b.String()
}

// answers are what was told of each thing that was asked for, by their repositories.
type answers struct {
	q    *question
	told map[string]map[string]*object
}

// object is what is told of anything.
type object struct {
	Entries   []entryNode    `json:"entries"`
	Signature *signatureNode `json:"signature"`
	textBlob
}

// entryNode is one thing in a directory.
type entryNode struct {
	Name   string    `json:"name"`
	Mode   int       `json:"mode"`
	OID    string    `json:"oid"`
	Object *textBlob `json:"object"`
}

// signatureNode is what GitHub made of a signature.
type signatureNode struct {
	Valid bool   `json:"isValid"`
	State string `json:"state"`
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

// at is what was told of something: nil for nothing, and told only where GitHub has
// said so. Of a repository that it said an error about, nothing was told.
func (a answers) at(repo release.Repo, f field, value string) (o *object, told bool) {
	o, told = a.told[fmt.Sprintf("r%d", slices.Index(a.q.repos, repo))][a.q.aliases[pick{repo, f, value}]]
	return o, told
}

// put asks a question. Without a token GitHub answers none.
func (c *Client) put(ctx context.Context, what string, q *question) (answers, error) {
	a := answers{q: q}
	if c.token == "" {
		return a, c.explain(what, errNoToken{})
	}
	for _, r := range q.repos {
		if _, err := c.repoURL(r, nil); err != nil { // it is on another host
			return a, c.explain(what, err)
		}
	}
	doc := q.doc()
	if !queryDocument(doc) {
		return a, c.explain(what, ErrReadOnly)
	}
	body, err := json.Marshal(map[string]any{"query": doc, "variables": q.values})
	if err != nil {
		return a, c.explain(what, err)
	}
	a.told, err = release.InLook(ctx, "POST "+string(body), func() (told map[string]map[string]*object, keep bool, err error) {
		err = c.read(ctx, query{what: what, url: c.graphqlURL(), body: body, tries: maxQuestions}, func(resp *http.Response) error {
			data, failed, err := graphqlParts[map[string]map[string]*object](resp.Body)
			for _, repo := range failed {
				delete(data, repo)
			}
			told, keep = data, len(failed) == 0
			return err
		})
		return told, keep, err
	})
	return a, err
}
