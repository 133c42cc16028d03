package github

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"twokey/release"
)

// maxBatch bounds how many files are asked for with one question.
const maxBatch = 50

// fileName is a file at a commit.
type fileName struct {
	repo release.Repo
	sha  string
	path string
}

// fileRead is what was read under the name: a file, or that there is none.
type fileRead struct {
	content []byte
	err     error
}

// batch reads files with one question, each beside the directories on the way to it.
// What that does not settle is left out, and File tells: a file that is no plain one, or
// whose text is not its content. Only a directory that was read says that something is
// not in it; null says nothing.
func (c *Client) batch(ctx context.Context, names []fileName) (map[fileName]fileRead, error) {
	out := map[fileName]fileRead{}
	for some := range slices.Chunk(askable(names), maxBatch) {
		q := newQuestion()
		for _, n := range some {
			n.ask(q)
		}
		answer, err := c.put(ctx, "files at commits", q)
		if err != nil {
			return out, err
		}
		c.findFiles(answer, some, out)
	}
	return out, nil
}

// askable are those of some files that a question can mean, each once.
func askable(names []fileName) []fileName {
	var out []fileName
	for _, n := range names {
		if validSHA(n.sha) && fs.ValidPath(n.path) && n.path != "." && utf8.ValidString(n.path) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// ask adds a file to a question, and the directories on the way to it.
func (n fileName) ask(q *question) {
	for _, dir := range above(n.path) {
		q.ask(n.repo, directoryField, n.sha+":"+dir)
	}
	q.ask(n.repo, fileField, n.sha+":"+n.path)
}

// above are the directories on the way to a file, the root first and empty.
func above(file string) []string {
	dirs := []string{""}
	for i, r := range file {
		if r == '/' {
			dirs = append(dirs, file[:i])
		}
	}
	return dirs
}

// The modes of entries, as the other API counts them.
const (
	modeDir        = 0o40000
	modeFile       = 0o100644
	modeExecutable = 0o100755
)

// findFiles adds those files to out that an answer settles.
func (c *Client) findFiles(a answers, names []fileName, out map[fileName]fileRead) {
	for _, n := range names {
		if read, settled := a.file(n); settled {
			read.err = c.explain(fmt.Sprintf("%s at %s of %s", n.path, short(n.sha), n.repo), read.err)
			out[n] = read
		}
	}
}

// file tells what the answer says of a file; not when it settles nothing.
func (a answers) file(n fileName) (read fileRead, settled bool) {
	for _, dir := range above(n.path) {
		d, _ := a.at(n.repo, directoryField, n.sha+":"+dir)
		if d == nil || d.Entries == nil {
			return read, false
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(n.path, dir), "/")
		name, _, deeper := strings.Cut(rest, "/")
		i := slices.IndexFunc(d.Entries, func(e entryNode) bool { return e.Name == name })
		if i < 0 {
			return fileRead{err: fmt.Errorf("%s is not among what %s has: %w", name, where(dir), release.ErrNotFound)}, true
		}
		e := d.Entries[i]
		switch {
		case deeper && e.Mode == modeDir:
			continue
		case deeper || e.Mode != modeFile && e.Mode != modeExecutable:
			return read, false
		}
		file, _ := a.at(n.repo, fileField, n.sha+":"+n.path)
		if file == nil {
			return read, false
		}
		read.content, settled = file.content(e.OID)
	}
	return read, settled
}

// where is a directory in words.
func where(dir string) string {
	if dir == "" {
		return "the root"
	}
	return path.Base(dir)
}
