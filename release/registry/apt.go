package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/apt"
	"twokey/release"
)

// Apt is a package in an apt repository, as a plan names it.
type Apt struct {
	// Root is the archive's root: what stands behind "deb" in sources.list.
	Root string
	// Suite is the directory below dists; Component is main when it is empty.
	Suite, Component string
	Package          string // the binary package
	// Version is the project's own: 1.2.3, of which 1:1.2.3-1~deb12 is a package.
	Version string
	// Architecture is the only one to look at; empty for all that the suite has.
	Architecture string
	// Key holds the OpenPGP public keys that may sign the suite.
	Key []byte
}

// Standing is what an apt repository says of itself.
type Standing = apt.Standing

// signedIndex is who says what the digest of a .deb in an apt repository is.
const signedIndex = "the signed index"

// aptReader reads one suite of an apt repository.
type aptReader struct {
	*Shelf
	Apt
	root *url.URL
	keys apt.Keys
	now  time.Time
}

// aptFiles reads which .deb files of the version stand in the repository, one for each
// architecture, with what the signed index says of them. What is not there is an answer:
// no files, and Standing.Absent says what is missing. That the Release file has expired is
// a fact of Standing, too. The files' Artifact is left to the caller.
func (s *Shelf) aptFiles(ctx context.Context, a Apt, now time.Time) ([]release.File, Standing, error) {
	files, standing, err := s.readApt(ctx, a, now)
	if err != nil {
		op := text.Cleanf("look for %s %s in the apt repository", a.Package, a.Version)
		return nil, Standing{}, &release.Error{Kind: release.KindOf(err), Op: op.String(), Err: hintedApt(err)}
	}
	return files, standing, nil
}

// hintedApt gives an error that says what to do the form that has a place for it.
func hintedApt(err error) error {
	if r, ok := errors.AsType[*apt.Refused](err); ok {
		return hinted(err, "%s", r.Hint)
	}
	return err
}

func (s *Shelf) readApt(ctx context.Context, a Apt, now time.Time) ([]release.File, Standing, error) {
	r, err := s.aptReader(a, now)
	if err != nil {
		return nil, Standing{}, err
	}
	rel, signers, err := r.release(ctx)
	if err != nil {
		return nil, Standing{}, err
	}
	if rel == nil {
		return nil, Standing{Absent: text.Cleanf("there is no suite %s", r.Suite)}, nil
	}
	standing := Standing{Signers: signers, Date: rel.Date, ValidUntil: rel.ValidUntil, Expired: rel.Expired(now)}
	entries, found, err := r.entries(ctx, rel)
	if err != nil {
		return nil, Standing{}, err
	}
	chosen, others, err := apt.Choose(entries, r.Version, rel.Suite, rel.Codename)
	if err != nil {
		return nil, Standing{}, err
	}
	standing.Others = others
	switch {
	case !found:
		standing.Absent = text.Cleanf("the suite has no index of %s", r.place())
	case len(entries) == 0:
		standing.Absent = text.Cleanf("there is no %s in %s", r.Package, r.place())
	case len(chosen) == 0:
		standing.Absent = text.Cleanf("there is no %s of %s in %s, but %d of other versions", r.Version, r.Package, r.place(), len(others))
	}
	var files []release.File
	for _, e := range chosen {
		f, err := r.file(ctx, e)
		if err != nil {
			return nil, Standing{}, err
		}
		files = append(files, f)
	}
	return files, standing, nil
}

// place is the part of the suite that is looked at.
func (r *aptReader) place() string {
	if r.Architecture == "" {
		return r.Component
	}
	return r.Component + " for " + r.Architecture
}

// aptReader checks how the plan names the package: all of it becomes part of addresses.
func (s *Shelf) aptReader(a Apt, now time.Time) (*aptReader, error) {
	if a.Component == "" {
		a.Component = "main"
	}
	root, err := webURL(a.Root)
	switch {
	case err != nil:
		return nil, misnamed(err)
	case root.Scheme != "https" && !s.loopback(root):
		return nil, misnamed(errors.New("the repository's URL is not an https one"))
	case root.RawQuery != "" || root.ForceQuery:
		return nil, misnamed(errors.New("the repository's URL holds a query"))
	case strings.HasSuffix(a.Suite, "/"):
		return nil, misnamed(fmt.Errorf("the suite %q is a flat repository, which has no signed place for a package: twokey reads those with dists", a.Suite))
	case !apt.ValidPlace(a.Suite):
		return nil, misnamed(fmt.Errorf("%q is no name of a suite", a.Suite))
	case !apt.ValidPlace(a.Component):
		return nil, misnamed(fmt.Errorf("%q is no name of a component", a.Component))
	case !apt.ValidName(a.Package):
		return nil, misnamed(fmt.Errorf("%q is no name of a binary package", a.Package))
	case a.Architecture != "" && !apt.ValidArchitecture(a.Architecture):
		return nil, misnamed(fmt.Errorf("%q is no architecture", a.Architecture))
	case a.Version == "":
		return nil, misnamed(errors.New("there is no version to look for"))
	}
	keys, err := apt.ReadKeys(a.Key)
	if err != nil {
		return nil, err
	}
	return &aptReader{Shelf: s, Apt: a, root: root, keys: keys, now: now}, nil
}

// loopback holds for a place on this machine, where a test has its own repository.
func (s *Shelf) loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return s.plainLoopback && ip != nil && ip.IsLoopback()
}

// address is the URL of a file of the repository. What is special in a URL is escaped.
func (r *aptReader) address(file string) string {
	u := *r.root
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+"/"+file, ""
	return u.String()
}

// inSuite is the path of a file of the suite.
func (r *aptReader) inSuite(file string) string { return "dists/" + r.Suite + "/" + file }

// entries are what all indexes say about the package. Found tells whether there is one.
func (r *aptReader) entries(ctx context.Context, rel *apt.Release) (list []apt.Entry, found bool, err error) {
	architectures := rel.Architectures
	if r.Architecture != "" {
		architectures = []string{r.Architecture}
	}
	for _, architecture := range architectures {
		forms, err := rel.Indexes(r.Component, architecture)
		if err != nil {
			return nil, false, err
		}
		if len(forms) == 0 {
			continue
		}
		found = true
		more, err := r.index(ctx, forms, architecture)
		if err != nil {
			return nil, false, err
		}
		list = append(list, more...)
	}
	return list, found, nil
}

// file is what the signed index says of a .deb, once it is seen to be there.
func (r *aptReader) file(ctx context.Context, e apt.Entry) (release.File, error) {
	f := release.File{
		Name: path.Base(e.Filename), Form: checks.FormDeb, Address: r.address(e.Filename), Size: e.Size,
		Digests: []checks.Said{{By: text.Clean(signedIndex), Digest: "sha256:" + e.SHA256}},
		Page:    text.Clean(r.root.String()),
	}
	err := r.try(ctx, text.Cleanf("look for %s", f.Name), func(ctx context.Context) error {
		return r.there(ctx, &f)
	})
	return f, err
}

// there asks for a .deb without reading it: an index may list what nobody can install.
func (r *aptReader) there(ctx context.Context, f *release.File) error {
	w := r.aptWire(maxDebBody)
	client := w.client(false)
	resp, err := w.send(ctx, client, http.MethodHead, f.Address)
	if err != nil {
		return err
	}
	resp.Body.Close()
	size := resp.ContentLength
	if needsRange(resp) {
		if resp, size, err = w.firstByte(ctx, client, f.Address); err != nil {
			return err
		}
	}
	var p checks.Published
	if err := debAnswer(resp, size, &p); err != nil {
		return err
	}
	f.Uploaded = p.Updated
	switch name := text.Clean(f.Name); {
	case !p.Exists:
		return hinted(fmt.Errorf("the signed index lists %s, which is not there", name),
			"upload it again, or build the repository's indexes anew")
	case size > 0:
		f.Size = size // that it is another file than the index's, its digest will tell
	}
	return nil
}
