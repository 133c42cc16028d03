// Package archive reads the archives that releases are published as: tarballs, wheels,
// .deb files, the layers of images. Each is taken for hostile: what no honest tool writes
// is refused, and what is read is bounded in number, size and memory.
package archive

import (
	"fmt"
	"io"

	"twokey/checks/text"
)

// Type is what a member of an archive is.
type Type int

// The types of members.
const (
	File Type = iota
	Dir
	Symlink
	// Hardlink is a second name of a file that came before it.
	Hardlink
	// Special is a device, a pipe or a socket, which only images have.
	Special
)

// Member is one thing in an archive.
type Member struct {
	// Path is where it is: relative, with single slashes, without . or .. in it.
	Path string
	Type Type
	// Exec holds for a file that may be executed by its owner.
	Exec bool
	// Setid holds for a file that runs as its owner or its group, whoever starts it.
	Setid bool
	Size  int64 // of a File, in bytes
	// Link is where a link leads, as it is written; of a Hardlink it has Path's form.
	Link string
	// Control holds for what a .deb says of itself, which is not installed: its Path is
	// that within control.tar.
	Control bool
}

// Visit is told of each member, in the order of the archive. Of a File it may read the
// content, all of it or less; it is gone when Visit returns.
type Visit func(m Member, content io.Reader) error

// Refused is the error of an archive that nobody should unpack, or that is broken.
type Refused struct {
	Path string // of the member that it is about; empty where it is about the whole
	Why  string // such as "a path that leads out of the archive"
	Err  error  // what the reader said, if it did
}

// Error implements error. What comes from the archive is made safe to show.
func (r *Refused) Error() string {
	msg := r.Why
	if r.Path != "" {
		msg = fmt.Sprintf("%s: %s", text.Clean(r.Path).Clip(200), r.Why)
	}
	if r.Err != nil {
		msg += ": " + text.Clean(r.Err.Error()).Clip(200).String()
	}
	return msg
}

// Unwrap gives what the reader said.
func (r *Refused) Unwrap() error { return r.Err }
