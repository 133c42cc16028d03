package github

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
	"twokey/release"
)

// maxRunArtifact bounds the zip of a run's artifact, which is held: a zip's directory is
// at its end, and its address is good for a minute.
const maxRunArtifact = 64 << 20

// runArtifactPage is one page of a list of a run's artifacts.
type runArtifactPage struct {
	Artifacts []struct {
		ID      int64     `json:"id"`
		Name    string    `json:"name"`
		Size    int64     `json:"size_in_bytes"`
		Digest  string    `json:"digest"`
		Expired bool      `json:"expired"`
		Created time.Time `json:"created_at"`
		Run     *struct {
			ID int64 `json:"id"`
		} `json:"workflow_run"`
	} `json:"artifacts"`
}

// RunArtifacts lists what a run has kept, of all its attempts, as GitHub gives it. Nobody
// gets what is in one without a token, so that there is nothing to list then.
func (c *Client) RunArtifacts(ctx context.Context, repo release.Repo, runID int64) ([]release.RunArtifact, error) {
	q := c.askRun("the artifacts of", repo, runID, perPage(), "artifacts")
	if c.token == "" {
		return nil, c.explain(q.what, errNoToken{})
	}
	out, seen := []release.RunArtifact{}, map[int64]bool{}
	err := pages(ctx, c, q, func(page runArtifactPage) error {
		for _, a := range page.Artifacts {
			if err := checkID("an artifact", a.ID); err != nil {
				return err
			}
			switch {
			case a.Run != nil && a.Run.ID != runID:
				return fmt.Errorf("artifact %d is of another run: %w", a.ID, errStrange)
			case a.Name == "" || a.Size < 0:
				return fmt.Errorf("artifact %d without a name or a size is %w", a.ID, errStrange)
			case a.Digest != "" && !sha256Digest(a.Digest):
				return fmt.Errorf("the digest of artifact %d is %w", a.ID, errStrange)
			case seen[a.ID]: // one that was uploaded meanwhile moved it to the next page
				continue
			}
			seen[a.ID] = true
			out = append(out, release.RunArtifact{ID: a.ID, Name: text.Clean(a.Name), Size: a.Size, Digest: a.Digest,
				Expired: a.Expired, Created: a.Created})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ReadRunArtifact reads what a run has kept, and has visit told of each file in it. GitHub
// answers with an address on another host, which gets no token. One of more than 64 MiB
// can not be looked into, and one that is not what GitHub says it is is not looked into;
// both are errors. Visit's own errors are given as they are.
func (c *Client) ReadRunArtifact(ctx context.Context, repo release.Repo, a release.RunArtifact, visit archive.Visit) (release.Received, error) {
	q := c.ask(fmt.Sprintf("the artifact %s (%d)", a.Name.Clip(60), a.ID), repo, nil, "actions", "artifacts", strconv.FormatInt(a.ID, 10), "zip")
	switch {
	case a.ID <= 0:
		q.err = checkID("the artifact", a.ID)
	case a.Expired:
		q.err = fmt.Errorf("it has expired, and GitHub keeps it no longer: %w", release.ErrNotFound)
	case a.Digest != "" && a.Size > maxRunArtifact: // only then the size is that of what comes
		q.err = errNotLookedInto
	}
	var held bytes.Buffer
	zipped := false
	err := c.stream(ctx, q, func(resp *http.Response) error {
		zipped = comesZipped(resp.Header, a.Name.String())
		return holdAll(&held, resp)
	})
	if err != nil {
		return release.Received{}, err
	}
	sum := sha256.Sum256(held.Bytes())
	got := release.Received{Size: int64(held.Len()),
		Digests: []checks.Said{{By: text.Clean("what was downloaded"), Digest: "sha256:" + hex.EncodeToString(sum[:])}}}
	if a.Digest != "" && a.Digest != got.Digests[0].Digest {
		return got, c.explain(q.what, fmt.Errorf("what came has the digest %s, and GitHub says %s: %w", got.Digests[0].Digest, a.Digest, errStrange))
	}
	if zipped {
		o := archive.Default()
		o.MemberBytes, o.TotalBytes = maxArchive, maxArchive
		err = archive.Zip(bytes.NewReader(held.Bytes()), got.Size, o, visit)
	} else if name := a.Name.String(); !fs.ValidPath(name) || name == "." || path.Base(name) != name {
		err = &archive.Refused{Path: name, Why: "a name that no file has"}
	} else {
		err = visit(archive.Member{Path: name, Type: archive.File, Size: got.Size}, bytes.NewReader(held.Bytes()))
	}
	if refused, ok := errors.AsType[*archive.Refused](err); ok {
		err = c.explain(q.what, refused)
	}
	return got, err
}

// errNotLookedInto holds for an artifact that is too large.
var errNotLookedInto = fmt.Errorf("%w: it has more than %d MiB, and can not be looked into", errTooLarge, maxRunArtifact>>20)

// holdAll reads all of an answer that is not too large to be held.
func holdAll(held *bytes.Buffer, resp *http.Response) error {
	held.Reset()
	if n := resp.ContentLength; n > 0 && n <= maxRunArtifact {
		held.Grow(int(n) + bytes.MinRead)
	}
	if _, err := held.ReadFrom(io.LimitReader(resp.Body, maxRunArtifact+1)); err != nil {
		return &fault{err}
	}
	if held.Len() > maxRunArtifact {
		return errNotLookedInto
	}
	return nil
}

// comesZipped tells whether an artifact comes as a zip of its files. Since
// actions/upload-artifact@v7 a single file may be kept as it is, under its own name, and
// then comes with its own type.
func comesZipped(h http.Header, name string) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch kind {
	case "", "zip", "application/zip", "application/x-zip-compressed", "application/zip-compressed":
		return true
	}
	_, said, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	return said["filename"] == name+".zip"
}
