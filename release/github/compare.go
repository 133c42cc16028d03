package github

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"twokey/release"
)

// maxComparisons bounds how many comparisons are remembered.
const maxComparisons = 1000

// comparison is how two commits stand to one another, as GitHub tells beside the commits
// and the files.
type comparison struct {
	Ahead *int `json:"ahead_by"`
	Fork  struct {
		SHA string `json:"sha"`
	} `json:"merge_base_commit"`
}

// comparisons remembers how commits stand to one another, which never changes.
type comparisons struct {
	mu   sync.Mutex
	kept map[string]comparison
}

// compare reads how head stands to base. The answer has the files that differ with their
// patches, so that it is read as it comes and only what is wanted of it is held.
func (c *Client) compare(ctx context.Context, what string, repo release.Repo, base, head string) (comparison, error) {
	key := strings.Join([]string{repo.String(), base, head}, " ")
	if known, found := c.compared.get(key); found {
		return known, nil
	}
	q := c.ask(what, repo, url.Values{"per_page": {"1"}}, "compare", base+"..."+head)
	var d comparison
	err := c.stream(ctx, q, func(resp *http.Response) error {
		var err error
		d, err = decodeComparison(resp.Body)
		return err
	})
	if err == nil && (d.Ahead == nil || *d.Ahead < 0) {
		err = c.explain(q.what, errStrange)
	}
	if err == nil && validSHA(base) && validSHA(head) {
		c.compared.put(key, d)
	}
	return d, err
}

func (c *comparisons) get(key string) (comparison, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, found := c.kept[key]
	return d, found
}

func (c *comparisons) put(key string, d comparison) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxComparisons || c.kept == nil {
		c.kept = map[string]comparison{}
	}
	c.kept[key] = d
}

// decodeComparison reads an answer key by key, and passes over all that is not wanted.
func decodeComparison(r io.Reader) (comparison, error) {
	var c comparison
	d := json.NewDecoder(r)
	if err := expect(d, '{'); err != nil {
		return c, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return c, broken(err)
		}
		switch key {
		case "ahead_by":
			err = broken(d.Decode(&c.Ahead))
		case "merge_base_commit":
			err = broken(d.Decode(&c.Fork))
		default:
			err = passOver(d)
		}
		if err != nil {
			return c, err
		}
	}
	return c, expect(d, '}')
}

// passOver passes over a value without holding it.
func passOver(d *json.Decoder) error {
	for depth := 0; ; {
		t, err := d.Token()
		if err != nil {
			return broken(err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// Ahead counts the commits of head that base does not have.
func (c *Client) Ahead(ctx context.Context, repo release.Repo, base, head string) (int, error) {
	what := fmt.Sprintf("the commits from %s to %s", strings.TrimPrefix(base, "refs/tags/"), short(head))
	d, err := c.compare(ctx, what, repo, base, head)
	if err != nil {
		return 0, err
	}
	return *d.Ahead, nil
}

// fork is where head left what leads to base, and how many commits it has since.
func (c *Client) fork(ctx context.Context, repo release.Repo, base, head string) (at string, ahead int, err error) {
	const what = "the commits since the last release"
	d, err := c.compare(ctx, what, repo, base, head)
	if err != nil {
		return "", 0, err
	}
	return d.Fork.SHA, *d.Ahead, c.explain(what+" of "+repo.String(), checkSHA("the common ancestor", d.Fork.SHA))
}
