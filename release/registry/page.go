package registry

import (
	"context"
	"io"
	"net/http"

	"twokey/checks/text"
	"twokey/release"
)

// maxPage bounds what is read of a page that people read.
const maxPage = 8 << 20

// Page reads a page that a plan names, as anybody sees it. One that is not there is an
// answer: found is false then.
func (s *Shelf) Page(ctx context.Context, address string) (content []byte, found bool, err error) {
	u, err := webURL(address)
	if err != nil { // the address may hold a password: it is not repeated
		return nil, false, &release.Error{Kind: release.KindUsage, Op: "a page of the plan", Err: misnamed(err)}
	}
	op := text.Cleanf("page %s", address)
	err = s.try(ctx, op, func(ctx context.Context) error {
		w := s.wire(maxPage)
		w.plain = u.Scheme == "http"
		resp, err := w.send(ctx, w.client(false), http.MethodGet, u.String())
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
			content, err = io.ReadAll(resp.Body)
			found = true
			return err
		case http.StatusNotFound, http.StatusGone:
			return nil
		}
		return answered(resp)
	})
	if err != nil {
		return nil, false, &release.Error{Kind: release.KindOf(err), Op: op.String(), Err: err}
	}
	return content, found, nil
}
