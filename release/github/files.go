package github

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"twokey/release"
)

// workflowDir is where workflow files are.
const workflowDir = ".github/workflows"

// entry is one thing in a directory, or a file with its content.
type entry struct {
	Type     string `json:"type"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	SHA      string `json:"sha"`
	Target   string `json:"target"` // of a symbolic link
	Encoding string `json:"encoding"`
	Content  string `json:"content"`
}

// blob is a file's content as git holds it.
type blob struct {
	SHA      string `json:"sha"`
	Encoding string `json:"encoding"`
	Content  string `json:"content"`
}

// File reads one file at a commit. A directory, a submodule and a link that leads
// out of the repository are errors: none of them is a file.
func (c *Client) File(ctx context.Context, repo release.Repo, sha, file string) ([]byte, error) {
	if seen, ok := release.SeenInLook[fileRead](ctx, fileKey(fileName{repo, sha, file})); ok {
		return seen.content, seen.err
	}
	q := c.ask(fmt.Sprintf("%s at %s", file, short(sha)), repo, url.Values{"ref": {sha}},
		append([]string{"contents"}, strings.Split(file, "/")...)...)
	answer, _, err := get[oneOrMany[entry]](ctx, c, q)
	e := answer.one
	switch {
	case err != nil:
		return nil, err
	case answer.list:
		return nil, c.explain(q.what, errDirectory)
	case e.Type != "file":
		return nil, c.explain(q.what, fmt.Errorf("it is a %s, not a file", clip(e.Type)))
	case e.Encoding == "none": // larger than 1 MB
		return c.blob(ctx, repo, e.SHA)
	}
	content, err := content(e.SHA, e.Encoding, e.Content)
	return content, c.explain(q.what, err)
}

// errDirectory is that of a name which is not a file's.
var errDirectory = errors.New("it is a directory, not a file")

// blob reads a file's content by its hash.
func (c *Client) blob(ctx context.Context, repo release.Repo, sha string) ([]byte, error) {
	q := c.ask("blob "+short(sha), repo, nil, "git", "blobs", sha)
	if err := checkSHA("its name", sha); err != nil {
		q.err = err
	}
	b, _, err := get[blob](ctx, c, q)
	if err != nil {
		return nil, err
	}
	if b.SHA != sha {
		return nil, c.explain(q.what, errStrange)
	}
	content, err := content(sha, b.Encoding, b.Content)
	return content, c.explain(q.what, err)
}

// content decodes a file's content and holds it against its hash.
func content(sha, encoding, encoded string) ([]byte, error) {
	raw := []byte(encoded)
	switch encoding {
	case "utf-8":
	case "base64":
		var err error
		raw, err = base64.StdEncoding.DecodeString(strings.NewReplacer("\n", "", "\r", "").Replace(encoded))
		if err != nil {
			return nil, fmt.Errorf("its content is not base64: %w", err)
		}
	default:
		return nil, fmt.Errorf("its content has the unknown encoding %q", clip(encoding))
	}
	if err := checkSHA("its hash", sha); err != nil {
		return nil, err
	}
	if got := blobSHA(raw, len(sha)); got != sha {
		return nil, fmt.Errorf("its content hashes to %s, not to %s: %w", short(got), short(sha), errStrange)
	}
	return raw, nil
}

// blobSHA is git's name for a file's content, in as many hexadecimal digits as
// asked: 40, or 64 in repositories that use SHA-256.
func blobSHA(content []byte, digits int) string {
	h := newBlobHash(int64(len(content)), digits)
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// Workflows reads every workflow file at a commit, in name order. A commit without
// any has an empty list.
func (c *Client) Workflows(ctx context.Context, repo release.Repo, sha string) ([]release.WorkflowFile, error) {
	if all, settled, err := c.workflowsAtOnce(ctx, repo, sha); settled {
		return all, err
	}
	q := c.ask("the workflows at "+short(sha), repo, url.Values{"ref": {sha}}, "contents", ".github", "workflows")
	entries, _, err := get[[]entry](ctx, c, q)
	if s, ok := errors.AsType[*StatusError](err); ok && errors.Is(s, release.ErrNotFound) && !strings.HasPrefix(s.Message.String(), "No commit found") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Type == "" || e.Name == "" {
			return nil, c.explain(q.what, fmt.Errorf("a file without a name is %w", errStrange))
		}
	}
	entries = slices.DeleteFunc(entries, func(e entry) bool {
		ext := path.Ext(e.Name)
		return e.Type != "file" || ext != ".yml" && ext != ".yaml" || strings.Contains(e.Name, "/")
	})
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	out := make([]release.WorkflowFile, len(entries))
	g, gctx := errgroup.WithContext(ctx)
	for i, e := range entries {
		g.Go(func() error {
			content, err := c.blob(gctx, repo, e.SHA)
			out[i] = release.WorkflowFile{File: e.Name, Content: content}
			return err
		})
	}
	return out, g.Wait()
}

// short is the usual seven digits of a SHA.
func short(sha string) string {
	if len(sha) > 7 && validSHA(sha) {
		return sha[:7]
	}
	return clip(sha)
}
