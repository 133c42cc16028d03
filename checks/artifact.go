package checks

import (
	"time"

	"twokey/checks/text"
)

// Form is what a published file is, which says how it is read and what may be in it.
type Form string

// The forms.
const (
	FormSdist Form = "sdist" // a Python source distribution
	FormWheel Form = "wheel"
	FormDeb   Form = "deb"
	FormImage Form = "image" // a container image for one platform
	FormOther Form = "file"  // a release's file of no form that twokey reads
)

// Said is a digest of a file, and who says it.
type Said struct {
	By     text.Safe `json:"by"`     // such as "the index", "what was downloaded", "the attestation"
	Digest string    `json:"digest"` // algorithm:hex, such as sha256:9f86…
}

// PublishedFile is one file that stands under an artifact's name: a wheel, a source
// distribution, a .deb, the image for one platform, a file of a GitHub release.
type PublishedFile struct {
	Name text.Safe `json:"name"` // of an image its platform, such as linux/amd64
	Form Form      `json:"form"`
	URL  text.Safe `json:"url,omitzero"` // where people can read about it
	Size int64     `json:"size"`         // in bytes; -1 when nobody tells
	// Digests is what is said of it, by whoever says something.
	Digests []Said `json:"digests,omitempty"`
	// Uploaded is when it was put there; zero when nobody tells.
	Uploaded time.Time `json:"uploaded,omitzero"`
	// Yanked holds where its index takes it back, and YankedWhy what it says.
	Yanked    bool      `json:"yanked,omitempty"`
	YankedWhy text.Safe `json:"yanked_why,omitzero"`
	// Labels are those of an image that say where it comes from, by their names.
	Labels map[string]text.Safe `json:"labels,omitempty"`
}

// FileVerdict is what the commit says of one file of an artifact.
type FileVerdict string

// The verdicts.
const (
	// FileSame holds where path and content are the commit's.
	FileSame FileVerdict = "same"
	// FileGenerated holds where it has exactly the shape that a build backend writes.
	FileGenerated FileVerdict = "generated"
	// FileMoved holds where its content is the commit's, under another path.
	FileMoved FileVerdict = "moved"
	// FileModified holds where the commit has another content under its path.
	FileModified FileVerdict = "modified"
	// FileExtra holds where the commit has neither.
	FileExtra FileVerdict = "extra"
	// FileMissing holds where the commit has a file that the artifact has not.
	FileMissing FileVerdict = "missing"
)
