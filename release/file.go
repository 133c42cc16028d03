package release

import (
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// File is one file that stands under an artifact's name, with where it is read.
type File struct {
	Artifact Artifact
	// Name is the file's, as its place spells it; of an image its platform, such as
	// linux/amd64.
	Name string
	Form checks.Form
	// Index is the digest of the index that an image for one platform is listed in; empty
	// for others.
	Index string
	// Address is where it is read: a URL, or of an image its reference by digest.
	Address string
	Size    int64 // in bytes; -1 when the place does not tell
	// Digests is what the place itself says of it.
	Digests  []checks.Said
	Uploaded time.Time // zero when the place does not tell
	Yanked   bool
	// YankedWhy is what the place says of that.
	YankedWhy text.Safe
	// Provenance is where the place itself has attestations of it; empty where it has
	// none.
	Provenance string
	// Labels are those of an image that say where it comes from, by their names, such
	// as org.opencontainers.image.revision.
	Labels map[string]text.Safe
	// Page is where people can read about it.
	Page text.Safe
}

// Received is what came of reading a file to its end.
type Received struct {
	Size int64
	// Digests are those of what came, sha256 first.
	Digests []checks.Said
}
