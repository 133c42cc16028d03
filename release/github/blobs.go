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

// blobs looks at those contents among the changes that a judgement asks for. Where they
// are few they come with one question, whichever repositories they are in.
func (f *filling) blobs(ctx context.Context) {
	asks := make([]*asking, len(f.plan.Stages))
	var wg sync.WaitGroup
	for i, st := range f.plan.Stages {
		wg.Go(func() {
			ch, err := f.changesOf(ctx, st)
			if err != nil {
				f.snap.Stages[i].Blobs = checks.Lack[checks.Blobs](lack(err, needs("contents: read", st.Repo)))
				return
			}
			asks[i] = newAsking(st.Repo, ch)
		})
	}
	wg.Wait()
	texts := f.texts(ctx, asks)
	for i, a := range asks {
		if a == nil {
			continue
		}
		wg.Go(func() {
			key := strings.Join([]string{"blobs", a.repo.String(), a.base, a.sha}, " ")
			seen, _ := once(&f.memo, key, func() (checks.Blobs, error) { return f.c.look(ctx, a, texts), nil })
			f.snap.Stages[i].Blobs = checks.Have(seen)
		})
	}
	wg.Wait()
}

// texts reads the contents of those that ask for few, as far as they are texts.
func (f *filling) texts(ctx context.Context, asks []*asking) map[blobName][]byte {
	var names []blobName
	for _, a := range asks {
		if a != nil && f.opened != nil && a.few() {
			for _, sha := range slices.Sorted(maps.Keys(a.wanted)) {
				names = append(names, blobName{a.repo, sha})
			}
		}
	}
	return f.c.contents(ctx, names)
}

// asking is what the changes of a repository ask for.
type asking struct {
	repo           release.Repo
	base, sha      string
	wanted, byPath map[string]asked // by blob and by path
	large          bool
}

func newAsking(repo release.Repo, ch checks.Changes) *asking {
	a := &asking{repo: repo, base: ch.Base.SHA, sha: ch.SHA, wanted: map[string]asked{}, byPath: map[string]asked{}}
	links := map[string]bool{}
	for _, c := range ch.Entries {
		links[c.Blob] = links[c.Blob] || c.Mode == checks.ModeSymlink
	}
	for _, c := range ch.Entries {
		if c.Asks() {
			// A file may hold what a link leads to: then the link is looked at.
			one := asked{c.Path, c.Blob, c.Size, links[c.Blob]}
			a.wanted[c.Blob], a.byPath[c.Path] = one, one
			a.large = a.large || c.Size > maxSingleSize
		}
	}
	return a
}

// few tells whether the contents are asked for one by one.
func (a *asking) few() bool { return len(a.wanted) <= maxSingle && !a.large }

// asked is a content that is asked for, and a path that has it.
type asked struct {
	path string
	blob string
	size int64
	link bool
}

// look looks at every content that is asked for, each once. Some texts are there.
func (c *Client) look(ctx context.Context, a *asking, texts map[blobName][]byte) checks.Blobs {
	seen := checks.Blobs{}
	if !a.few() {
		seen = c.lookInArchive(ctx, a.repo, a.sha, a.byPath)
	}
	left := []asked{}
	for blob, one := range a.wanted {
		if _, done := seen[blob]; done {
			continue
		}
		if content, read := texts[blobName{a.repo, blob}]; read {
			seen[blob] = checks.Have(seenIn(content, one.link))
			continue
		}
		left = append(left, one)
	}
	slices.SortFunc(left, func(x, y asked) int { return cmp.Compare(x.path, y.path) })
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, one := range left {
		wg.Go(func() {
			got := c.lookAlone(ctx, a.repo, one, i)
			mu.Lock()
			defer mu.Unlock()
			seen[one.blob] = got
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
