package rehearsal

import (
	"os"

	"github.com/go-git/go-billy/v5"
)

// readOnly is a file system that refuses to change. A clone is opened through it,
// so that no mistake of ours or of the git library's can write to somebody's work.
type readOnly struct{ billy.Filesystem }

// Create refuses.
func (readOnly) Create(string) (billy.File, error) { return nil, billy.ErrReadOnly }

// OpenFile opens for reading only.
func (f readOnly) OpenFile(name string, flag int, _ os.FileMode) (billy.File, error) {
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_TRUNC) != 0 {
		return nil, billy.ErrReadOnly
	}
	return f.Open(name)
}

// Rename refuses.
func (readOnly) Rename(string, string) error { return billy.ErrReadOnly }

// Remove refuses.
func (readOnly) Remove(string) error { return billy.ErrReadOnly }

// TempFile refuses.
func (readOnly) TempFile(string, string) (billy.File, error) { return nil, billy.ErrReadOnly }

// MkdirAll refuses.
func (readOnly) MkdirAll(string, os.FileMode) error { return billy.ErrReadOnly }

// Symlink refuses.
func (readOnly) Symlink(string, string) error { return billy.ErrReadOnly }

// Chroot is as read-only as the whole.
func (f readOnly) Chroot(path string) (billy.Filesystem, error) {
	sub, err := f.Filesystem.Chroot(path)
	if err != nil {
		return nil, err
	}
	return readOnly{sub}, nil
}

// Capabilities are reading and seeking.
func (readOnly) Capabilities() billy.Capability {
	return billy.ReadCapability | billy.SeekCapability
}
