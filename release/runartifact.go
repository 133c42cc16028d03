package release

import (
	"time"

	"twokey/checks/text"
)

// RunArtifact is what a run has kept for later: a zip of the files that a job uploaded.
type RunArtifact struct {
	ID   int64
	Name text.Safe
	Size int64 // of the zip, in bytes; old hosts tell that of what is in it
	// Digest is that of the zip, of the form sha256:hex; empty where GitHub does not
	// tell, which it does of those that actions/upload-artifact@v4 and newer made.
	Digest string
	// Expired holds where GitHub keeps it no longer.
	Expired bool
	Created time.Time
}
