package rehearsal

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/http"

	"twokey/checks/trace/attest"
	"twokey/release"
)

// Place is a simulated world as its clients see it, in this process or in another.
type Place interface {
	Transport() http.RoundTripper
	Clock() release.Clock
	Repo() release.Repo
	Token() string
	// ScenarioName is what goes wrong there.
	ScenarioName() string
	// Idle says why that has nothing to act on when a plan is released; empty where
	// it has.
	Idle(release.Plan) string
	// Root is what attestations of what is published there are verified against.
	Root() (*attest.Root, error)
	// Archive are the OpenPGP keys that sign the apt repositories there.
	Archive(ctx context.Context) ([]byte, error)
}

// Open is the world that another process serves at connect; with no address, a new
// one of this process.
func Open(connect string, o Options) (Place, error) {
	if connect != "" {
		return Dial(connect)
	}
	return New(o)
}

// Random is what a session in a world draws from: the same for the same seed where
// the world is its own, so that two rehearsals are alike. In one that others share
// it is nil, for the system's own source: nobody else may draw the same.
func Random(connect string, seed int64) io.Reader {
	if connect != "" {
		return nil
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], uint64(seed))
	return rand.NewChaCha8(key)
}

// ScenarioName is the name of what goes wrong in the world.
func (w *World) ScenarioName() string { return w.scenario.Name }

// ScenarioName is the name of what goes wrong in the served world.
func (r *Remote) ScenarioName() string { return r.Scenario() }

// Serve makes a world and serves it at addr until ctx ends. It calls ready with the
// address once requests are answered.
func Serve(ctx context.Context, addr string, o Options, ready func(addr string)) error {
	w, err := New(o)
	if err != nil {
		return err
	}
	s, err := Listen(ctx, addr, w)
	if err != nil {
		return err
	}
	ready(s.Addr())
	return s.Wait()
}
