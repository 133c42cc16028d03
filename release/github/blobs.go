package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"twokey/checks"
	"twokey/checks/opaque"
	"twokey/checks/text"
	"twokey/release"
)

const (
	// maxSingle is how many contents are asked for one by one. More come in one archive
	// of the whole tree.
	maxSingle = 8
	// maxSingleSize is the size beyond which a content comes in the archive, where it
	// need not be held, in bytes.
	maxSingleSize = 8 << 20
	// maxOdd is how many contents are asked for one by one that the archive does not
	// have as they are: .gitattributes can leave files out, and fill something in.
	maxOdd = 24
)

// blobs looks at those contents among the changes that a judgement asks for.
func (f *filling) blobs(ctx context.Context) {
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		ch, err := f.changesOf(ctx, st)
		if err != nil {
			facts.Blobs = checks.Lack[checks.Blobs](lack(err, needs("contents: read", st.Repo)))
			return
		}
		key := strings.Join([]string{"blobs", ch.Repo, ch.Base.SHA, ch.SHA}, " ")
		seen, _ := once(&f.memo, key, func() (checks.Blobs, error) { return f.look(ctx, st.Repo, ch), nil })
		facts.Blobs = checks.Have(seen)
	})
}

// asked is a content that is asked for, and a path that has it.
type asked struct {
	path string
	blob string
	size int64
	link bool
}

// look looks at every content that the changes ask for, each once.
func (f *filling) look(ctx context.Context, repo release.Repo, ch checks.Changes) checks.Blobs {
	wanted, byPath := map[string]asked{}, map[string]asked{}
	large, links := false, map[string]bool{}
	for _, c := range ch.Entries {
		links[c.Blob] = links[c.Blob] || c.Mode == checks.ModeSymlink
	}
	for _, c := range ch.Entries {
		if c.Asks() {
			// A file may hold what a link leads to: then the link is looked at.
			a := asked{c.Path, c.Blob, c.Size, links[c.Blob]}
			wanted[c.Blob], byPath[c.Path] = a, a
			large = large || c.Size > maxSingleSize
		}
	}
	seen := checks.Blobs{}
	if len(wanted) > maxSingle || large {
		seen = f.c.lookInArchive(ctx, repo, ch.SHA, byPath)
		for blob := range seen {
			delete(wanted, blob)
		}
	}
	for blob, content := range f.c.contents(ctx, repo, slices.Collect(maps.Keys(wanted))) {
		seen[blob] = checks.Have(seenIn(content, wanted[blob].link))
		delete(wanted, blob)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, a := range slices.SortedFunc(maps.Values(wanted), func(a, b asked) int { return cmp.Compare(a.path, b.path) }) {
		wg.Go(func() {
			got := f.c.lookAlone(ctx, repo, a, i)
			mu.Lock()
			defer mu.Unlock()
			seen[a.blob] = got
		})
	}
	wg.Wait()
	return seen
}

// lookAlone looks at the i-th content that is asked for by itself.
func (c *Client) lookAlone(ctx context.Context, repo release.Repo, a asked, i int) checks.Got[checks.Blob] {
	if a.size > maxSingleSize || i >= maxOdd {
		return checks.Lack[checks.Blob](checks.Missing{
			Why: text.Cleanf("the archive of the commit does not have it as it is, and it was not read by itself: %s", tooMuch(a))})
	}
	content, err := c.blob(ctx, repo, a.blob)
	if err != nil {
		return checks.Lack[checks.Blob](lack(err, needs("contents: read", repo)))
	}
	return checks.Have(seenIn(content, a.link))
}

// tooMuch says why a content is not read by itself.
func tooMuch(a asked) string {
	if a.size > maxSingleSize {
		return fmt.Sprintf("it has more than %d MiB", maxSingleSize>>20)
	}
	return fmt.Sprintf("there are more than %d of the kind", maxOdd)
}

// seenIn is what a content that is held whole shows.
func seenIn(content []byte, link bool) checks.Blob {
	b := checks.Blob{Shape: opaque.Of(content)}
	if link {
		b.Target = string(content)
	}
	return b
}

// lookInArchive looks at contents, by their paths, as they come in the archive of a commit. What the
// archive does not have as git has it is left out; where there is no archive, every
// content is a lack.
func (c *Client) lookInArchive(ctx context.Context, repo release.Repo, sha string, wanted map[string]asked) checks.Blobs {
	seen, err := c.archive(ctx, repo, sha, wanted)
	if err == nil {
		return seen
	}
	if errors.Is(err, errTooLarge) { // what came before is there, and the rest is not
		for _, a := range wanted {
			if _, ok := seen[a.blob]; !ok {
				seen[a.blob] = checks.Lack[checks.Blob](lack(err, ""))
			}
		}
		return seen
	}
	seen = checks.Blobs{}
	for _, a := range wanted {
		seen[a.blob] = checks.Lack[checks.Blob](lack(err, needs("contents: read", repo)))
	}
	return seen
}
