package checks

import (
	"twokey/checks/opaque"
	"twokey/checks/text"
)

// Acknowledgement says that somebody has looked at a file that nobody can read, and why
// it is there. It holds for this content alone.
type Acknowledgement struct {
	Path   string    `json:"path"`
	Blob   string    `json:"blob"` // git's name for the content
	Reason text.Safe `json:"reason"`
}

// Changes is what differs between the last release of a repository and the commit that
// is released.
type Changes struct {
	Repo string // owner/name
	// Base is the tag of the last release; zero where there is none, and then
	// everything is new.
	Base TagName
	SHA  string // the commit that is released
	// Entries are in the order of their paths.
	Entries []Change
	// URL is where a person can look at all of it; empty where there is no base.
	URL text.Safe
}

// place is where a change is.
func (ch Changes) place(c Change) *Place {
	return &Place{Repo: text.Clean(ch.Repo), At: text.Clean(ch.SHA), Path: text.Clean(c.Path), Blob: c.Blob}
}

// Change is a file that is not what it was, or where it was. A path stands as the
// repository has it: it is hostile.
type Change struct {
	Path string
	// Was is the path of a file that was renamed.
	Was    string
	Status Status
	Mode   Mode // of what was removed: zero
	// OldMode is zero for what was added.
	OldMode Mode
	// Blob is git's name for the content, or the commit of a submodule; of what was
	// removed it is that which is gone.
	Blob    string
	OldBlob string
	Size    int64
	// Known holds where the last release had the same content, at any path.
	Known bool
	URL   text.Safe
}

// Status is what happened to a file.
type Status string

// The statuses.
const (
	Added       Status = "added"
	Modified    Status = "modified"
	Removed     Status = "removed"
	Renamed     Status = "renamed"
	ModeChanged Status = "mode changed"
)

// Mode is what git takes an entry of a tree for.
type Mode string

// The modes; others are not looked into.
const (
	ModeFile       Mode = "100644"
	ModeExecutable Mode = "100755"
	ModeSymlink    Mode = "120000"
	ModeSubmodule  Mode = "160000"
	ModeTree       Mode = "040000"
)

// IsFile tells whether the entry has content of its own; older tools wrote other bits.
func (m Mode) IsFile() bool { return len(m) == 6 && m[:3] == "100" }

// Fresh tells whether the content is here for the first time.
func (c Change) Fresh() bool {
	return !c.Known && (c.Status == Added || c.Status == Modified)
}

// Asks tells whether the content has to be seen to judge the change: of new files that
// are large enough to hide something, of new links, and of what has become executable.
func (c Change) Asks() bool {
	switch {
	case c.Mode == ModeSymlink:
		return c.Fresh()
	case !c.Mode.IsFile() || !opaque.Worth(c.Size):
		return false
	}
	return c.Fresh() || c.runsNow()
}

// runsNow tells whether known content has become executable.
func (c Change) runsNow() bool {
	return c.Mode == ModeExecutable && c.OldMode != "" && c.OldMode != ModeExecutable
}

// Blob is what was seen of a content.
type Blob struct {
	Shape opaque.Shape
	// Target is where a link leads; empty for a file.
	Target string
}

// Blobs is what was seen of those contents that a judgement asks for, by git's names for
// them. What is not there was not read.
type Blobs map[string]Got[Blob]
