// Package rehearsal is a simulated world to release into: GitHub, PyPI, an OCI
// registry and a .deb host behind one http.RoundTripper. The product's code is the
// same in a rehearsal; only its transport, clock and token differ. A request to a
// host that the world does not have fails.
package rehearsal

import (
	"time"

	"twokey/release"
)

// Options say which world to make.
type Options struct {
	// From are clones to release from; none: the embedded sample.
	From []Source
	// PlanFile is the text of a twokey.yml that the world commits on top of each
	// release line of the first repository, to try it before it is committed.
	PlanFile []byte
	// Scenario is what goes wrong; empty is "clean".
	Scenario string
	Seed     int64
	// Speed is how many simulated seconds pass in a second; 0 is 1.
	Speed float64
	// Stepping makes time pass only while somebody sleeps, so that runs are
	// deterministic; else it flows.
	Stepping bool
	// Start is the simulated time at which the world begins.
	Start time.Time
}

// Source is a clone on disk that stands for a repository.
type Source struct {
	Repo release.Repo // zero: taken from the clone's origin
	Dir  string
}
