package record

import (
	"errors"
	"os"
	"sync"

	"twokey/release"
)

// Keeper keeps the records of one session in the user's own folder, and reads what
// other sessions left there.
type Keeper struct {
	dir   func() (string, error)
	clock release.Clock

	mu   sync.Mutex
	own  map[string]*Journal // by their files
	held map[string]*os.File // the records of others that are held
}

// NewKeeper makes the keeper of the user whose environment getenv tells. A rehearsal's
// records are kept apart.
func NewKeeper(getenv func(string) string, rehearsal bool, clock release.Clock) *Keeper {
	return &Keeper{dir: func() (string, error) { return Dir(getenv, rehearsal) }, clock: clock,
		own: map[string]*Journal{}, held: map[string]*os.File{}}
}

// Open creates the record of a plan, which begins now. It has the form that
// release.Ports.OpenJournal wants.
func (k *Keeper) Open(p release.Plan) (release.Journal, error) {
	dir, err := k.dir()
	if err != nil {
		return nil, err
	}
	j, err := Open(dir, p, k.clock.Now())
	if err != nil {
		return nil, err // not j: a nil *Journal is not a nil release.Journal
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.own[j.Path()] = j
	return j, nil
}

// Close lets go of the records of others that are held. Whoever opened one of its own
// closes it.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for path, f := range k.held {
		errs = append(errs, f.Close())
		delete(k.held, path)
	}
	return errors.Join(errs...)
}
