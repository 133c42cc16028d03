package github

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
)

// assetAnswer is a file of a GitHub release.
type assetAnswer struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	URL     string    `json:"browser_download_url"`
	Size    *int64    `json:"size"`
	Digest  string    `json:"digest"` // null for those from before GitHub kept it, and on old hosts
	Created time.Time `json:"created_at"`
}

// Assets lists the files of the release that stands under a tag, as they were uploaded:
// not the archives that GitHub makes of the commit. A release that is not there, or only
// as a draft, is ErrNotFound. The artifact of each file has no version.
func (c *Client) Assets(ctx context.Context, repo release.Repo, tag string) ([]release.File, error) {
	r, err := c.releaseOf(ctx, repo, tag)
	if err != nil {
		return nil, err
	}
	q := c.ask("the files of the release "+tag, repo, perPage(), "releases", strconv.FormatInt(r.ID, 10), "assets")
	if err := checkID("the release", r.ID); err != nil {
		q.err = err
	}
	files, ids, names := []release.File{}, map[int64]bool{}, map[string]bool{}
	err = pages(ctx, c, q, func(page []assetAnswer) error {
		for _, a := range page {
			if err := a.check(); err != nil {
				return err
			}
			if ids[a.ID] { // one that was uploaded meanwhile moved it to the next page
				continue
			}
			if names[a.Name] {
				return fmt.Errorf("two files of one name are %w", errStrange)
			}
			ids[a.ID], names[a.Name] = true, true
			f := a.file(r.Immutable)
			f.Artifact = release.Artifact{Kind: release.KindGitHubRelease, Name: tag, Repo: repo}
			f.Page = text.Clean(r.HTMLURL)
			files = append(files, f)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, nil
}

// check is an error unless the answer is a file that can be read.
func (a assetAnswer) check() error {
	if err := checkID("a file", a.ID); err != nil {
		return err
	}
	u, err := url.Parse(a.URL)
	switch {
	case a.Name == "" || len(a.Name) > 255 || strings.ContainsAny(a.Name, "/\x00"):
		return fmt.Errorf("the name %q is %w", text.Clean(clip(a.Name)), errStrange)
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil:
		return fmt.Errorf("the address of %q is %w", text.Clean(clip(a.Name)), errStrange)
	case a.Size != nil && *a.Size < 0:
		return fmt.Errorf("the size of %q is %w", text.Clean(clip(a.Name)), errStrange)
	case a.Digest != "" && !sha256Digest(a.Digest):
		return fmt.Errorf("the digest of %q is %w", text.Clean(clip(a.Name)), errStrange)
	}
	return nil
}

// file is the file that an answer is about. Of an immutable release GitHub lets nobody put
// another in its place, and says the digest that it was published with.
func (a assetAnswer) file(immutable bool) release.File {
	f := release.File{Name: a.Name, Form: formOf(a.Name), Address: a.URL, Size: -1, Uploaded: a.Created}
	if a.Size != nil {
		f.Size = *a.Size
	}
	if a.Digest != "" {
		by := "the release"
		if immutable {
			by = "the immutable release"
		}
		f.Digests = []checks.Said{{By: text.Clean(by), Digest: a.Digest}}
	}
	return f
}

// sha256Digest tells whether s is the digest of something as GitHub writes it.
func sha256Digest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

// formOf tells by its name what a file of a release is. An archive is one of sources when
// it is named as such are: with a version at the end, and with no word for a platform,
// which archives of programs have.
func formOf(name string) checks.Form {
	switch {
	case strings.HasSuffix(name, ".whl"):
		return checks.FormWheel
	case strings.HasSuffix(name, ".deb"):
		return checks.FormDeb
	}
	for _, end := range []string{".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst"} {
		if stem, ok := strings.CutSuffix(name, end); ok && ofSources(stem) {
			return checks.FormSdist
		}
	}
	return checks.FormOther
}

// ofSources tells whether a name without its end is name-version.
func ofSources(stem string) bool {
	for i := range len(stem) {
		if stem[i] != '-' || i == 0 {
			continue
		}
		if _, err := version.Parse(version.PEP440, strings.TrimPrefix(stem[i+1:], "v")); err == nil {
			return !forPlatform(stem[:i])
		}
	}
	return false
}

// forPlatform tells whether a name has a word for a platform beside others.
func forPlatform(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	for _, w := range words {
		switch w {
		case "linux", "darwin", "macos", "osx", "windows", "win32", "win64", "freebsd", "android", "musl",
			"amd64", "x64", "x86", "i386", "i686", "arm64", "aarch64", "armhf", "armv6", "armv7", "ppc64le", "riscv64", "s390x", "wasm32":
			return len(words) > 1
		}
	}
	return false
}
