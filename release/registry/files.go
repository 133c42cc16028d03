package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	pep440 "github.com/aquasecurity/go-pep440-version"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/attest"
	"twokey/release"
)

// Files lists the files that stand under an artifact's name now: see release.Artifacts.
func (s *Shelf) Files(ctx context.Context, a release.Artifact) ([]release.File, error) {
	var list func(context.Context, release.Artifact) ([]release.File, error)
	switch a.Kind {
	case release.KindPyPI:
		list = s.pypiFiles
	case release.KindDeb:
		list = s.debFiles
	case release.KindApt:
		list = s.aptListed
	case release.KindGitHubRelease:
		list = s.assets
	case release.KindImage:
		list = s.imageFiles
	default:
		return nil, listError(a, errors.New("its files can not be listed yet"))
	}
	files, err := list(ctx, a)
	if err != nil {
		return nil, listError(a, err)
	}
	for i := range files {
		files[i].Artifact = a
	}
	return files, nil
}

// listError is the error of a Files.
func listError(a release.Artifact, err error) error {
	return &release.Error{Kind: release.KindOf(err), Op: text.Cleanf("list the files of %s", a).String(), Err: err}
}

// pypiFiles are the files that PyPI has of a version, the yanked ones as well.
func (s *Shelf) pypiFiles(ctx context.Context, a release.Artifact) ([]release.File, error) {
	var x index
	var version pep440.Version
	var page text.Safe
	err := s.try(ctx, text.Cleanf("list the files of %s", a), func(ctx context.Context) error {
		var p checks.Published
		var err error
		x, version, err = s.pypiIndex(ctx, a, &p)
		page = p.URL
		return err
	})
	if err == nil {
		err = x.whole(version)
	}
	if err != nil {
		return nil, err
	}
	out := make([]release.File, 0, len(x.Files))
	base, err := url.Parse(pypiHost + "/simple/" + normalise(a.Name) + "/")
	if err != nil {
		return nil, err
	}
	for _, f := range x.Files {
		at, err := base.Parse(f.URL) // which may be relative to the index
		if err != nil || f.URL == "" {
			return nil, fmt.Errorf("PyPI's index does not say where %s is", text.Clean(f.Name))
		}
		if at.Scheme != "https" || at.Host == "" {
			return nil, fmt.Errorf("PyPI's index has no https address of %s", text.Clean(f.Name))
		}
		file := release.File{Name: f.Name, Form: checks.FormOf(f.Name), Address: at.String(), Size: f.Size, Uploaded: f.Uploaded, Yanked: f.Yanked,
			YankedWhy: text.Clean(f.YankedWhy), Provenance: f.Provenance, Page: page}
		if f.SHA256 != "" {
			file.Digests = []checks.Said{{By: text.Clean("PyPI's index"), Digest: "sha256:" + f.SHA256}}
		}
		out = append(out, file)
	}
	return out, nil
}

// assets are the files of a GitHub release, which the code host's adapter lists.
func (s *Shelf) assets(ctx context.Context, a release.Artifact) ([]release.File, error) {
	if s.o.Assets == nil {
		return nil, errors.New("nothing here can list the files of GitHub releases")
	}
	return s.o.Assets(ctx, a.Repo, a.Name)
}

// debFiles is the one file that a .deb is, with what the checksum files beside it say.
func (s *Shelf) debFiles(ctx context.Context, a release.Artifact) ([]release.File, error) {
	p, err := s.Look(ctx, a)
	if err != nil || !p.Exists {
		return nil, err
	}
	u, err := webURL(a.Name)
	if err != nil {
		return nil, misnamed(err)
	}
	f := release.File{Name: path.Base(u.Path), Form: checks.FormDeb, Address: u.String(), Size: -1, Uploaded: p.Updated, Page: p.URL}
	for _, sums := range sumFiles(f.Name) {
		said, err := s.sums(ctx, u, sums, f.Name)
		if err != nil {
			return nil, err
		}
		f.Digests = append(f.Digests, said...)
	}
	return []release.File{f}, nil
}

// sumFiles are the names that checksum files mostly have.
func sumFiles(name string) []string {
	return []string{"SHA256SUMS", "sha256sum", name + ".sha256", "MD5SUMS", "md5sum", name + ".md5"}
}

// maxSums bounds a checksum file.
const maxSums = 8 << 20

// sums reads what a checksum file beside an artifact says of it. That there is none is no
// error, and neither is a web page in its place.
func (s *Shelf) sums(ctx context.Context, beside *url.URL, file, name string) ([]checks.Said, error) {
	at := *beside
	at.Path, at.RawPath = path.Join(path.Dir(beside.Path), file), ""
	var content []byte
	err := s.try(ctx, text.Cleanf("read %s", file), func(ctx context.Context) error {
		w := s.wire(maxSums)
		w.plain = at.Scheme == "http"
		resp, err := w.send(ctx, w.client(false), http.MethodGet, at.String())
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
			content, err = io.ReadAll(resp.Body)
			return err
		case http.StatusNotFound, http.StatusGone, http.StatusForbidden: // some object stores say the last of what is not there
			return nil
		}
		return answered(resp)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text.Clean(file), err)
	}
	return sumsOf(string(content), file, name), nil
}

// sumForm is a line of a checksum file as coreutils writes it, in either of its two ways,
// or a sum alone in a file that is named after what it sums.
var sumForm = regexp.MustCompile(`^(?:([0-9a-fA-F]{32}|[0-9a-fA-F]{64})(?: [ *](.+))?|(?:MD5|SHA256) \((.+)\) = ([0-9a-fA-F]{32}|[0-9a-fA-F]{64}))$`)

// sumsOf is what a checksum file says of a name.
func sumsOf(content, file, name string) []checks.Said {
	var out []checks.Said
	for line := range strings.Lines(content) {
		m := sumForm.FindStringSubmatch(strings.TrimRight(line, "\r\n "))
		if m == nil {
			continue
		}
		of, sum := m[2]+m[3], strings.ToLower(m[1]+m[4])
		if strings.HasPrefix(file, name+".") { // it is about this file, wherever that was then
			of = path.Base(cmp.Or(of, name))
		}
		if strings.TrimPrefix(of, "./") != name {
			continue
		}
		kind := "sha256"
		if len(sum) == 32 {
			kind = "md5"
		}
		said := checks.Said{By: text.Clean(file), Digest: kind + ":" + sum}
		if !slices.Contains(out, said) {
			out = append(out, said)
		}
		if len(out) == maxSaid {
			break
		}
	}
	return out
}

// maxSaid bounds what one checksum file says of one file: two that differ are enough to
// know that something is wrong.
const maxSaid = 8

// Bundles reads the attestations that the place of a file holds by itself, as Sigstore
// bundles: PyPI's (PEP 740), and those beside an image in its registry. None is an answer.
func (s *Shelf) Bundles(ctx context.Context, f release.File) ([][]byte, error) {
	var out [][]byte
	var err error
	switch f.Artifact.Kind {
	case release.KindPyPI:
		var raw []byte
		if raw, err = s.provenance(ctx, f); err == nil && raw != nil {
			if out, err = attest.FromPyPI(raw); err != nil {
				err = release.Unread{err}
			}
		}
	case release.KindImage:
		out, err = s.referrers(ctx, f)
	}
	if err != nil {
		return out, &release.Error{Kind: release.KindOf(err), Op: text.Cleanf("read the attestations of %s", f.Name).String(), Err: err}
	}
	return out, nil
}

// provenance reads the attestations that PyPI holds of a file (PEP 740). That there are
// none is an answer.
func (s *Shelf) provenance(ctx context.Context, f release.File) ([]byte, error) {
	if f.Artifact.Kind != release.KindPyPI {
		return nil, nil
	}
	address := f.Provenance
	if address == "" {
		address = fmt.Sprintf("%s/integrity/%s/%s/%s/provenance", pypiHost, normalise(f.Artifact.Name), url.PathEscape(f.Artifact.Version), url.PathEscape(f.Name))
	}
	var content []byte
	err := s.try(ctx, text.Cleanf("read the provenance of %s", f.Name), func(ctx context.Context) error {
		w := s.wire(maxProvenance)
		resp, err := w.send(ctx, w.client(true), http.MethodGet, address, "Accept", "application/vnd.pypi.integrity.v1+json")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
			content, err = io.ReadAll(resp.Body)
			return err
		case http.StatusNotFound:
			content = nil
			return nil
		}
		return hinted(answered(resp), "see the file's page on PyPI")
	})
	if err != nil {
		return nil, &release.Error{Kind: release.KindOf(err), Op: text.Cleanf("read the provenance of %s", f.Name).String(), Err: err}
	}
	return content, nil
}

// maxProvenance bounds PyPI's attestations of one file.
const maxProvenance = 8 << 20
