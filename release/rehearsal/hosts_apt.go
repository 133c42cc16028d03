package rehearsal

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"twokey/release"
)

const (
	// signedFor is how long the indexes of an apt repository hold: they are signed anew
	// whenever somebody asks.
	signedFor = 7 * 24 * time.Hour
	// anyArchitecture is that of a package where the plan names none.
	anyArchitecture = "amd64"
)

// serveApt serves the apt repositories that plans name: their suites with indexes that the
// world's own key has signed, and the packages. As in a suite of reprepro's, a package of
// one name and architecture takes the place of the one before. The indexes are about the
// packages as they were added; what somebody has overwritten since is served as it is now.
func (w *World) serveApt(rw http.ResponseWriter, req *http.Request, all []publication) {
	for _, p := range all {
		file, ours := p.inArchive(req.Host, req.URL.Path)
		if !ours {
			continue
		}
		content, at, err := w.aptFile(p.Artifact, file, all)
		switch {
		case err != nil:
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		case content != nil:
			rw.Header().Set("Content-Type", "application/octet-stream")
			serveContent(rw, req, content, at)
			return
		}
	}
	http.NotFound(rw, req)
}

// inArchive is the path of a file within the apt repository that a publication stands in.
func (p publication) inArchive(host, file string) (string, bool) {
	u, err := url.Parse(p.Artifact.Name)
	if p.Artifact.Kind != release.KindApt || err != nil || !strings.EqualFold(u.Hostname(), host) {
		return "", false
	}
	return strings.CutPrefix(file, strings.TrimSuffix(u.Path, "/")+"/")
}

// aptFile is one file of the repository and the suite that an artifact stands in; nil
// where there is none of that path.
func (w *World) aptFile(a release.Artifact, file string, all []publication) ([]byte, time.Time, error) {
	now := w.clock.Now()
	of := inSuite(a, all)
	for _, p := range of {
		if file == poolPath(p.Artifact) {
			content, err := w.deb(p)
			return content, p.At, err
		}
	}
	within, ok := strings.CutPrefix(file, "dists/"+a.Apt.Suite+"/")
	if !ok {
		return nil, now, nil
	}
	indexes, err := w.packages(of)
	if err != nil {
		return nil, now, err
	}
	if within == "InRelease" {
		signed, err := w.inRelease(a.Apt.Suite, indexes, now)
		return signed, now, err
	}
	return indexes[within], now, nil
}

// inSuite are the packages in the suite of an artifact: of each the one that came last.
func inSuite(a release.Artifact, all []publication) []publication {
	var of []publication
	for _, p := range all {
		if p.Artifact.Kind != release.KindApt || p.Artifact.Name != a.Name || p.Artifact.Apt.Suite != a.Apt.Suite {
			continue
		}
		i := slices.IndexFunc(of, func(o publication) bool {
			was, is := o.Artifact.Apt, p.Artifact.Apt
			return was.Component == is.Component && was.Package == is.Package && was.Architecture == is.Architecture
		})
		if i >= 0 {
			of[i] = p
		} else {
			of = append(of, p)
		}
	}
	return of
}

// poolPath is where a package stands in its repository.
func poolPath(a release.Artifact) string {
	return path.Join("pool", a.Apt.Component, a.Apt.Package[:1], a.Apt.Package, debName(a))
}

// debVersion is the version of a package of the project's version.
func debVersion(a release.Artifact) string { return a.Version + "-1" }

// packages are the Packages indexes of a suite, by their paths in it.
func (w *World) packages(of []publication) (map[string][]byte, error) {
	text := map[string]*strings.Builder{}
	for _, p := range of {
		p.honest = true
		content, err := w.deb(p)
		if err != nil {
			return nil, err
		}
		apt := p.Artifact.Apt
		arch := cmp.Or(apt.Architecture, anyArchitecture)
		at := fmt.Sprintf("%s/binary-%s/Packages", apt.Component, arch)
		if text[at] == nil {
			text[at] = new(strings.Builder)
		}
		fmt.Fprintf(text[at], "Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: nobody <nobody@rehearsal.invalid>\nFilename: %s\nSize: %d\nSHA256: %s\nDescription: a rehearsal\n\n",
			apt.Package, debVersion(p.Artifact), arch, poolPath(p.Artifact), len(content), strings.TrimPrefix(digestOf(content), "sha256:"))
	}
	out := map[string][]byte{}
	for at, b := range text {
		out[at] = []byte(b.String())
		var z bytes.Buffer
		pack := gzip.NewWriter(&z)
		_, err := pack.Write(out[at])
		if err := errors.Join(err, pack.Close()); err != nil {
			return nil, err
		}
		out[at+".gz"] = z.Bytes()
	}
	return out, nil
}

// inRelease lists the indexes of a suite and signs the list.
func (w *World) inRelease(suite string, indexes map[string][]byte, now time.Time) ([]byte, error) {
	key, err := w.archiveKey()
	if err != nil {
		return nil, err
	}
	var components, architectures []string
	for _, at := range slices.Sorted(maps.Keys(indexes)) {
		component, arch, _ := strings.Cut(path.Dir(at), "/binary-")
		components, architectures = append(components, component), append(architectures, arch)
	}
	slices.Sort(architectures)
	var b, out bytes.Buffer
	fmt.Fprintf(&b, "Suite: %s\nCodename: %s\nDate: %s\nValid-Until: %s\nArchitectures: %s\nComponents: %s\nSHA256:\n", suite, suite,
		now.UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC"), now.Add(signedFor).UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC"),
		strings.Join(slices.Compact(architectures), " "), strings.Join(slices.Compact(components), " "))
	for _, at := range slices.Sorted(maps.Keys(indexes)) {
		fmt.Fprintf(&b, " %s %d %s\n", strings.TrimPrefix(digestOf(indexes[at]), "sha256:"), len(indexes[at]), at)
	}
	text, err := clearsign.Encode(&out, key.PrivateKey, w.openPGP(now))
	if err != nil {
		return nil, err
	}
	if _, err := text.Write(b.Bytes()); err != nil {
		return nil, err
	}
	if err := text.Close(); err != nil {
		return nil, err
	}
	return append(out.Bytes(), '\n'), nil
}

// openPGP is how the world signs at a time: with its seed for randomness.
func (w *World) openPGP(at time.Time) *packet.Config {
	return &packet.Config{Rand: Random("", w.options.Seed), Time: func() time.Time { return at }, Algorithm: packet.PubKeyAlgoEdDSA}
}

// archiveKey signs the apt repositories of the world. It is older than all its releases.
func (w *World) archiveKey() (*openpgp.Entity, error) {
	if w.market.archiveKey == nil {
		made, err := openpgp.NewEntity("Rehearsal", "signs nothing real", "nobody@rehearsal.invalid", w.openPGP(w.options.Start.AddDate(-10, 0, 0)))
		if err != nil {
			return nil, fmt.Errorf("make the key of the rehearsal's apt repositories: %w", err)
		}
		w.market.archiveKey = made
	}
	return w.market.archiveKey, nil
}

// Archive are the OpenPGP keys that sign the world's apt repositories.
func (w *World) Archive(context.Context) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key, err := w.archiveKey()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	block, err := armor.Encode(&out, "PGP PUBLIC KEY BLOCK", nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(key.Serialize(block), block.Close()); err != nil {
		return nil, err
	}
	return append(out.Bytes(), '\n'), nil
}

// Archive are the OpenPGP keys that sign the served world's apt repositories.
func (r *Remote) Archive(ctx context.Context) ([]byte, error) {
	key, err := askWorld[string](ctx, r.transport, http.MethodGet, "/archive-key", nil)
	return []byte(key), err
}
