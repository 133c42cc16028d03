package rehearsal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// smuggle does to every release line of the released repository what was done to xz:
// among the tests come two files that nobody can read, and the build learns to read one
// of them. What they hold is noise.
func (w *World) smuggle() error {
	if !w.scenario.smuggles {
		return nil
	}
	return w.commitOnLines("Test more kinds of tides\n", func(plumbing.Hash) (map[string][]byte, error) {
		return map[string][]byte{
			"tests/files/spring-tide.bin": noise(512),
			"tests/files/neap-tide.xz":    append([]byte("\xfd7zXZ\x00"), noise(3000)...),
			"m4/tides.m4":                 []byte("dnl Build with the tides of the port.\nAC_SUBST([tides], [tests/files/spring-tide.bin])\n"),
		}, nil
	})
}

// commitOnLines puts one more commit onto every release line of the released repository,
// with the files that it is to have; none where there is nothing to change.
func (w *World) commitOnLines(message string, files func(head plumbing.Hash) (map[string][]byte, error)) error {
	r := w.repos[0]
	for _, b := range r.git.branches() {
		if b.name != r.git.head && !r.protected(b.name) {
			continue
		}
		head, err := r.git.commit(b.hash)
		if err != nil {
			return err
		}
		changed, err := files(b.hash)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			continue
		}
		h, err := r.git.putCommit(change{message: message, by: signature("jonas", head.Committer.When.Add(time.Minute)),
			parents: []plumbing.Hash{b.hash}, files: changed})
		if err != nil {
			return fmt.Errorf("commit onto %s: %w", b.name, err)
		}
		r.git.refs["refs/heads/"+b.name] = h
	}
	return nil
}

// noise is n bytes that look random, and are the same in every world.
func noise(n int) []byte {
	var out []byte
	for i := uint64(0); len(out) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, i))
		out = append(out, sum[:]...)
	}
	return out[:n]
}
