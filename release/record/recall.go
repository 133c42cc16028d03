package record

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"twokey/release"
)

// Recall gives the sessions that know of a claim, this one with them, in the order in
// which they began. It has the form that release.Ports.Recall wants. A session is over
// when nobody holds its record any more: this one holds nobody up. With hold, the
// records of those that are over are held until Close, or until this program ends.
func (k *Keeper) Recall(p release.Plan, nonce string, hold bool) ([]release.Session, error) {
	dir, err := k.dir()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.recall(folder(dir, p.Repo, p.Version), nonce, hold)
}

// recall reads the records in a folder that hold the nonce. Whoever goes on with a
// claim has to hold the record of whoever made it, so that once all are held no more
// can come: only what is read then is the whole of it.
func (k *Keeper) recall(folder, nonce string, hold bool) ([]release.Session, error) {
	open := map[string]*os.File{}
	defer func() {
		for path, f := range open {
			if k.held[path] != f {
				_ = f.Close() // it was only read
			}
		}
	}()
	over := map[string]bool{}
	for {
		paths, err := naming(folder, nonce)
		if err != nil {
			return nil, err
		}
		paths = slices.DeleteFunc(paths, func(p string) bool { return open[p] != nil })
		if len(paths) == 0 {
			break
		}
		for _, path := range paths {
			if open[path], over[path], err = k.take(path, hold); err != nil {
				return nil, err
			}
			if hold && over[path] && !k.writes(path) {
				k.held[path] = open[path]
			}
		}
	}
	var out []release.Session
	for _, path := range sortedPaths(open) {
		events, err := readFile(open[path])
		if err != nil {
			return nil, err
		}
		out = append(out, release.Session{Events: events, Over: over[path]})
	}
	return out, nil
}

// take opens a record, and tells whether its session is over. With hold it takes hold of
// it then; who only looks keeps nobody else from that.
func (k *Keeper) take(path string, hold bool) (f *os.File, over bool, err error) {
	if f := k.held[path]; f != nil {
		return f, true, nil
	}
	if f, err = os.Open(path); err != nil {
		return nil, false, err
	}
	if k.writes(path) { // it is held by this session already
		return f, true, nil
	}
	if hold {
		return f, acquire(f), nil
	}
	return f, free(f), nil
}

// writes tells whether a record is this session's, and open.
func (k *Keeper) writes(path string) bool {
	j := k.own[path]
	return j != nil && !j.closed()
}

// naming are the records in a folder that hold the nonce, in the order in which
// they began.
func naming(folder, nonce string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if !e.Type().IsRegular() || filepath.Ext(e.Name()) != suffix {
			continue
		}
		path := filepath.Join(folder, e.Name())
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(content, []byte(nonce)) {
			out = append(out, path)
		}
	}
	return out, nil
}

func sortedPaths(m map[string]*os.File) []string {
	var out []string
	for path := range m {
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

// readFile reads a whole record. A torn last line says nothing that was acted on.
func readFile(f *os.File) ([]release.Stamped, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	events, err := Read(f)
	if errors.Is(err, ErrTorn) {
		err = nil
	}
	return events, err
}
