package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"twokey/release"
)

const (
	// maxContents bounds how many contents are read at once.
	maxContents = 1000
	// maxSpared is how many are read one by one where each request counts.
	maxSpared = 2
	// maxContentsSize bounds what is held of them, in bytes.
	maxContentsSize = 64 << 20
)

// BlobContents reads small contents of a commit by git's names for them, each of at most
// limit bytes, which is 8 MiB at most. Texts come many in one question where GitHub answers
// that; without a token, when each request counts, they come in the archive of the commit;
// and everything else one by one. Each was held against its name, so that it is
// what git has. What is longer, or not there, is left out; what could not be read is an
// error, beside what was read.
func (c *Client) BlobContents(ctx context.Context, repo release.Repo, commit string, shas []string, limit int64) (map[string][]byte, error) {
	what := "the contents of files of " + repo.String()
	shas = slices.Compact(slices.Sorted(slices.Values(shas)))
	for _, sha := range shas {
		if err := checkSHA("the name of a content", sha); err != nil {
			return nil, c.explain(what, err)
		}
	}
	if len(shas) > maxContents {
		return nil, c.explain(what, fmt.Errorf("%d are asked for, and twokey reads at most %d at once", len(shas), maxContents))
	}
	r := &reading{c: c, repo: repo, limit: min(limit, maxSingleSize), room: maxContentsSize, read: map[string][]byte{}}
	left, err := r.together(ctx, shas)
	if err == nil && c.token == "" && len(left) > maxSpared {
		left, err = r.archived(ctx, commit, left)
	}
	if err == nil {
		err = r.alone(ctx, left)
	}
	return r.read, c.explainOnce(what, err)
}

// reading is the reading of contents.
type reading struct {
	c     *Client
	repo  release.Repo
	limit int64 // of one, in bytes

	mu   sync.Mutex
	room int64 // that is left for all
	read map[string][]byte
}

// together reads contents many at once, and gives those that did not come so. A question
// that none came of is the last.
func (r *reading) together(ctx context.Context, shas []string) (left []string, err error) {
	asks := true
	for some := range slices.Chunk(shas, maxBatch) {
		var got map[blobName][]byte
		if asks {
			names := make([]blobName, len(some))
			for i, sha := range some {
				names[i] = blobName{r.repo, sha}
			}
			got = r.c.contents(ctx, names)
			asks = len(got) > 0
		}
		for _, sha := range some {
			content, ok := got[blobName{r.repo, sha}]
			if !ok {
				left = append(left, sha)
				continue
			}
			if err := r.keep(sha, content); err != nil {
				return nil, err
			}
		}
	}
	return left, nil
}

// archived reads contents in the archive of a commit, and gives those that it does not
// have as they are. One that can not be read is no loss.
func (r *reading) archived(ctx context.Context, commit string, shas []string) (left []string, err error) {
	found := map[string][]byte{}
	err = r.c.contentsInArchive(ctx, r.repo, commit, shas, r.limit, found)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	for _, sha := range shas {
		content, there := found[sha]
		if !there {
			left = append(left, sha)
			continue
		}
		if err := r.keep(sha, content); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// alone reads contents one by one.
func (r *reading) alone(ctx context.Context, shas []string) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(maxInFlight)
	for _, sha := range shas {
		g.Go(func() error {
			content, err := r.c.smallBlob(gctx, r.repo, sha, r.limit)
			if errors.Is(err, errTooLarge) || errors.Is(err, release.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			return r.keep(sha, content)
		})
	}
	return g.Wait()
}

// keep takes in a content that is not too long, as long as there is room.
func (r *reading) keep(sha string, content []byte) error {
	if int64(len(content)) > r.limit {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.room -= int64(len(content)); r.room < 0 {
		return fmt.Errorf("%w: together they have more than %d MiB", errTooLarge, maxContentsSize>>20)
	}
	r.read[sha] = content
	return nil
}

// smallBlob reads a content by its name, and no more of the answer than one of that
// length can have: what is longer is errTooLarge.
func (c *Client) smallBlob(ctx context.Context, repo release.Repo, sha string, limit int64) ([]byte, error) {
	q := c.ask("blob "+short(sha), repo, nil, "git", "blobs", sha)
	var b blob
	err := c.stream(ctx, q, func(resp *http.Response) error {
		var err error
		// Base64 in lines takes 1.4 times as much, and the rest of the answer is short.
		b, err = decode[blob](&bounded{r: resp.Body, left: limit*3/2 + 16<<10})
		return err
	})
	if err != nil {
		return nil, err
	}
	if b.SHA != sha {
		return nil, c.explain(q.what, errStrange)
	}
	raw, err := content(sha, b.Encoding, b.Content)
	return raw, c.explain(q.what, err)
}
