package rehearsal

import (
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// remembering keeps objects that were read, for whoever reads them again. What is under
// it opens files at every look, and all that a world adds is looked for on the disk first.
// An object's name is the sum of what it holds, so that none is ever out of date.
type remembering struct {
	storer.EncodedObjectStorer
	known *cache.ObjectLRU
}

// EncodedObject gives the object of a type; plumbing.AnyObject is each.
func (r remembering) EncodedObject(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	if o, ok := r.known.Get(h); ok && (t == plumbing.AnyObject || t == o.Type()) {
		return o, nil
	}
	o, err := r.EncodedObjectStorer.EncodedObject(t, h)
	if err == nil {
		r.known.Put(o)
	}
	return o, err
}
