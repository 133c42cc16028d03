package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"twokey/checks/text"
	"twokey/checks/trace/apt"
	"twokey/release"
)

// aptWire is the transport of one try to read something of the repository.
func (r *aptReader) aptWire(limit int64) *wire {
	w := r.wire(limit)
	w.plain = r.root.Scheme == "http" // which only a test can name
	return w
}

// get asks for a file of the repository. There is no answer where it is not there.
//
// Packed files have to come as they are: the transport unpacks what a server says it
// packed for the way, and only where nobody asked for that.
func (r *aptReader) get(ctx context.Context, limit int64, file string) (*http.Response, error) {
	w := r.aptWire(limit)
	resp, err := w.send(ctx, w.client(false), http.MethodGet, r.address(file), "Accept-Encoding", "identity")
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		return resp, nil
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		resp.Body.Close()
		return nil, nil
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		return nil, hinted(forbidden{fmt.Errorf("%s: %w", text.Clean(file), answered(resp))},
			"the repository has to be readable by everybody; some object stores answer this for what does not exist, until listing is allowed")
	}
	return nil, hinted(fmt.Errorf("%s: %w", text.Clean(file), answered(resp)), "see whether the repository's URL is right")
}

// whole reads a file of the repository; it is nil where it is not there.
func (r *aptReader) whole(ctx context.Context, limit int64, file string) ([]byte, error) {
	resp, err := r.get(ctx, limit, file)
	if err != nil || resp == nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body) // not nil for an empty file, which is there
	if err != nil {
		return nil, hinted(fmt.Errorf("%s: %w", text.Clean(file), err), "see what the server sends for it")
	}
	return b, nil
}

// release reads the suite's Release file, whose signature it verifies. It is nil where
// there is no such suite.
func (r *aptReader) release(ctx context.Context) (rel *apt.Release, signers []apt.Signer, err error) {
	err = r.try(ctx, text.Cleanf("look for the suite %s", r.Suite), func(ctx context.Context) error {
		rel, signers = nil, nil
		signed, by, err := r.signed(ctx)
		if err != nil || signed == nil {
			return err
		}
		if rel, err = apt.ParseRelease(signed); err != nil {
			return err
		}
		signers = by
		return rel.Judge(r.Suite, r.now)
	})
	return rel, signers, err
}

// signed is the text of the Release file, with who signed it. InRelease holds both; where
// there is none, they are two files. An object store may say "forbidden" of what it does
// not have: then it must be the two files, or an error.
func (r *aptReader) signed(ctx context.Context) ([]byte, []apt.Signer, error) {
	in := r.inSuite("InRelease")
	both, hidden := r.whole(ctx, apt.MaxRelease, in)
	switch {
	case hidden == nil && both != nil:
		return r.keys.Verify(in, both, r.now)
	case hidden != nil && !errors.Is(hidden, release.ErrForbidden):
		return nil, nil, hidden
	}
	name := r.inSuite("Release")
	plain, err := r.whole(ctx, apt.MaxRelease, name)
	if err != nil {
		return nil, nil, err
	}
	if plain == nil {
		return nil, nil, hidden
	}
	signature, err := r.whole(ctx, apt.MaxSignature, name+".gpg")
	if err != nil {
		return nil, nil, err
	}
	if signature == nil {
		return nil, nil, hinted(fmt.Errorf("%s is not signed: there is neither InRelease nor Release.gpg", name),
			"sign the repository: apt refuses one that is not, too")
	}
	signers, err := r.keys.VerifyDetached(name, plain, signature, r.now)
	return plain, signers, err
}

// index reads the index of an architecture in the first of its forms that is there.
func (r *aptReader) index(ctx context.Context, forms []apt.Index, architecture string) (list []apt.Entry, err error) {
	err = r.try(ctx, text.Cleanf("look for %s in the index of %s", r.Package, architecture), func(ctx context.Context) error {
		for _, x := range forms {
			for _, file := range x.Paths {
				var there bool
				if list, there, err = r.indexAt(ctx, x, file, architecture); err != nil || there {
					return err
				}
			}
		}
		return hinted(fmt.Errorf("the Release file lists an index of %s, which is not there", text.Clean(architecture)),
			"the repository may be in the middle of an update: try again in some minutes, and if it stays so build its indexes anew")
	})
	return list, err
}

// indexAt reads one form of an index at one of its places.
func (r *aptReader) indexAt(ctx context.Context, x apt.Index, file, architecture string) ([]apt.Entry, bool, error) {
	// What is longer than listed is told as that, not as too long for twokey.
	resp, err := r.get(ctx, x.Size+2, r.inSuite(file))
	if err != nil || resp == nil {
		return nil, false, err
	}
	defer resp.Body.Close()
	list, err := x.Read(resp.Body, r.Package, architecture)
	return list, true, err
}
