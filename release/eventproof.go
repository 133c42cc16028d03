package release

import (
	"twokey/checks"
	"twokey/checks/text"
)

// ArtifactReading tells how much of a published file has been read, at most once a
// second.
type ArtifactReading struct {
	Stage    string    `json:"stage"`
	Artifact Artifact  `json:"artifact"`
	File     text.Safe `json:"file"`
	Received int64     `json:"received"` // bytes
	Size     int64     `json:"size"`     // -1 when nobody tells
	// Rate is how much came on the average so far, in bytes a second; 0 before a second
	// has passed.
	Rate int64 `json:"rate,omitempty"`
}

// ArtifactTraced holds what comparing an artifact's files with the commit gave.
type ArtifactTraced struct {
	Stage    string      `json:"stage"`
	Artifact Artifact    `json:"artifact"`
	Files    []FileTrace `json:"files"`
	// Why says why its files could not be listed; empty where they were.
	Why text.Safe `json:"why,omitzero"`
}

// FileTrace is one published file in short.
type FileTrace struct {
	Name   text.Safe   `json:"name"`
	Form   checks.Form `json:"form"`
	Size   int64       `json:"size"`             // bytes
	Digest string      `json:"digest,omitempty"` // of what was downloaded, algorithm:hex
	// Words is what was found, such as "traced 1,204 files, 3 generated"; Why says why
	// nothing was.
	Words text.Safe `json:"words,omitzero"`
	Why   text.Safe `json:"why,omitzero"`
	// Counts are by verdict: same, generated, moved, modified, extra, missing.
	Counts map[checks.FileVerdict]int `json:"counts,omitempty"`
	// Coverage is the share of its bytes that were found in the commit, or have the
	// shape of what a build backend writes: from 0 to 1.
	Coverage float64 `json:"coverage"`
	// Differ are the files in it that are not the commit's as they are, the gravest first,
	// and More counts those for which there is no room.
	Differ []DifferingFile `json:"differ,omitempty"`
	More   int             `json:"more,omitempty"`
}

// DifferingFile is a file in a published one that is not the commit's as it is.
type DifferingFile struct {
	Path    text.Safe          `json:"path"`
	Verdict checks.FileVerdict `json:"verdict"`
	Blob    string             `json:"blob,omitempty"`
	Size    int64              `json:"size"`
	// Why says what makes it generated, or how it differs.
	Why text.Safe `json:"why,omitzero"`
	// Runs holds for what may be executed.
	Runs bool `json:"runs,omitempty"`
}

// ArtifactsChecked is the judgement of one check of what a stage published.
type ArtifactsChecked struct {
	Stage   string         `json:"stage"`
	Finding checks.Finding `json:"finding"`
}
