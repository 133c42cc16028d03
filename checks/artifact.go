package checks

import (
	"regexp"
	"strings"
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

var tarball = regexp.MustCompile(`\.(?:tar\.(?:gz|xz|bz2|zst)|tgz)$`)

// FormOf is the form that a file's name says it has.
func FormOf(name string) Form {
	switch low := strings.ToLower(name); {
	case strings.HasSuffix(low, ".whl"):
		return FormWheel
	case strings.HasSuffix(low, ".deb"):
		return FormDeb
	case tarball.MatchString(low):
		return FormSdist
	}
	return FormOther
}

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
	// FileOutside holds for a file of a .deb that lies outside of the project's directory
	// in it: no commit has it, and it is held against the release before alone.
	FileOutside FileVerdict = "outside"
)

// Tally counts files and their bytes.
type Tally struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Add counts one more file.
func (t *Tally) Add(size int64) {
	t.Files++
	t.Bytes += size
}

// TracedFile is one file of an artifact and what the commit says of it.
type TracedFile struct {
	// Path is the file's within the project: without the directory that a source
	// distribution or an artifact's source puts around it. What lies outside of the source
	// begins with a slash.
	Path    string      `json:"path"`
	Verdict FileVerdict `json:"verdict"`
	// Blob is git's name for its content; of what is missing, that in the commit.
	Blob string `json:"blob"`
	Size int64  `json:"size"`
	// InGit is the path in the commit that it was held against; empty for none.
	InGit string `json:"in_git,omitempty"`
	// GitBlob is what the commit has there, where it is another content.
	GitBlob string `json:"git_blob,omitempty"`
	// Why says what makes it generated, or how it differs.
	Why text.Safe `json:"why,omitzero"`
	// Runs holds for what may be executed, by itself or by a build.
	Runs bool `json:"runs,omitempty"`
	// Exec holds for what may be executed and may not in the commit, which has its content.
	Exec bool `json:"exec,omitempty"`
	// Setid holds for what runs as its owner or its group, whoever starts it.
	Setid bool `json:"setid,omitempty"`
	// Place is the way in which code that is the same lies to the commit, such as "/harbour
	// is /src/harbour"; empty where it lies as it does there.
	Place string `json:"place,omitempty"`
	// Astray holds where few other files have its place, or it makes of tests something else.
	Astray bool `json:"astray,omitempty"`
	// Planned holds for what is generated since the plan says so.
	Planned bool `json:"planned,omitempty"`
}

// Traced is one published file, held file by file against a commit.
type Traced struct {
	File PublishedFile `json:"file"`
	// Commit is what it was held against.
	Commit string `json:"commit"`
	// Source is the directory in it that holds the project; empty for all of it.
	Source string `json:"source,omitempty"`
	// By verdict: what is the same, and so on.
	Same      Tally `json:"same"`
	Generated Tally `json:"generated"`
	Moved     Tally `json:"moved"`
	Modified  Tally `json:"modified"`
	Extra     Tally `json:"extra"`
	Missing   Tally `json:"missing"`
	// Outside is what lies outside of Source: it was held against no commit.
	Outside Tally `json:"outside"`
	// Files are those that are not the same, by their paths, and of those that are the ones
	// of which there is more to say.
	Files []TracedFile `json:"files,omitempty"`
	// Control is what a .deb says of the packages that come and go with it, by the names of
	// its fields.
	Control map[string]string `json:"control,omitempty"`
	// Lies are what the artifact says of itself that is not so, such as a line of a
	// wheel's RECORD.
	Lies []text.Safe `json:"lies,omitempty"`
	// Notes are what is worth knowing about it besides.
	Notes []text.Safe `json:"notes,omitempty"`
	// Refused says why nobody should unpack it; empty for what was read whole.
	Refused text.Safe `json:"refused,omitzero"`
}

// Of gives the count of a verdict.
func (t *Traced) Of(v FileVerdict) *Tally {
	switch v {
	case FileSame:
		return &t.Same
	case FileGenerated:
		return &t.Generated
	case FileMoved:
		return &t.Moved
	case FileModified:
		return &t.Modified
	case FileMissing:
		return &t.Missing
	case FileOutside:
		return &t.Outside
	}
	return &t.Extra
}

// Coverage is the share of an artifact's bytes that were found in the commit or have the
// shape of what a build backend writes, from 0 to 1. An artifact that holds nothing has
// none.
func (t *Traced) Coverage() float64 {
	found := t.Same.Bytes + t.Generated.Bytes + t.Moved.Bytes
	all := found + t.Modified.Bytes + t.Extra.Bytes + t.Outside.Bytes
	if all == 0 {
		return 0
	}
	return float64(found) / float64(all)
}

// Unlike is a file of an artifact that its commit does not have, and that the artifact of
// the release before did not have like this either.
type Unlike struct {
	TracedFile
	// Was is git's name for what the file was in the release before; empty for a new one.
	Was string `json:"was,omitempty"`
	// Renamed holds for a new one whose content the release before had under another
	// name.
	Renamed bool `json:"renamed,omitempty"`
}
