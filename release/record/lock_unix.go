//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package record

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// lock takes hold of a record until its file is closed or the program ends, however
// it ends. taken holds when another session has it, and while somebody looks whether
// one has.
func lock(f *os.File) (taken bool, err error) {
	err = flock(f, syscall.LOCK_EX)
	return errors.Is(err, syscall.EWOULDBLOCK), err
}

// free tells whether no session holds a record, and holds it itself for that moment
// alone.
func free(f *os.File) bool {
	return flock(f, syscall.LOCK_SH) == nil && flock(f, syscall.LOCK_UN) == nil
}

// mostTries bounds how often a record is asked for that others only look at. Each looks
// for as long as two system calls take, unless the system sets it aside between them:
// all the tries together outlast that.
const mostTries = 100_000

// acquire is lock, and lets those who only look pass.
func acquire(f *os.File) bool {
	for range mostTries {
		if _, err := lock(f); err == nil {
			return true
		}
		if !free(f) {
			return false
		}
		runtime.Gosched()
	}
	return false
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
