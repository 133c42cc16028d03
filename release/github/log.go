package github

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"twokey/checks/text"
	"twokey/release"
)

// Log reads the end of a finished job's log. GitHub answers with an address on
// another host that is good for a minute or so; it gets no token. The log is read
// as it comes: only its last max lines are held. Nobody gets one without a token, so that
// none is asked for then.
func (c *Client) Log(ctx context.Context, repo release.Repo, jobID int64, max int) (release.Log, error) {
	q := c.ask(fmt.Sprintf("the log of job %d", jobID), repo, nil, "actions", "jobs", strconv.FormatInt(jobID, 10), "logs")
	if err := checkID("the job", jobID); err != nil {
		q.err = err
	}
	if c.token == "" {
		return release.Log{}, c.explain(q.what, errNoToken{})
	}
	var tail *tail
	err := c.stream(ctx, q, func(resp *http.Response) error {
		tail = newTail(max)
		return tail.read(resp.Body)
	})
	switch {
	case errors.Is(err, release.ErrNotFound): // running yet, skipped, or kept no longer
		return release.Log{}, fmt.Errorf("%w: %w", release.ErrNoLog, err)
	case err != nil:
		return release.Log{}, err
	}
	return tail.log(), nil
}

// tail holds the last lines of a log.
type tail struct {
	lines [][]byte // a ring once it is full
	max   int
	total int
}

func newTail(max int) *tail { return &tail{max: max} }

// read takes in a whole log. Lines may be of any length; what one string can not
// hold is dropped as it comes.
func (t *tail) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	began := false
	for {
		part, err := in.ReadSlice('\n')
		if len(part) > 0 {
			began = true
			// A byte more than is shown tells that the line was cut.
			if room := text.MaxBytes + 64 - len(line); room > 0 {
				line = append(line, part[:min(room, len(part))]...)
			}
		}
		switch {
		case err == nil || err == io.EOF && began:
			t.add(line)
			line, began = nil, false
		case err == bufio.ErrBufferFull:
			continue
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return &fault{err}
		}
	}
}

// add keeps a line, in place of the oldest when there are max already.
func (t *tail) add(line []byte) {
	switch {
	case t.max <= 0:
	case len(t.lines) < t.max:
		t.lines = append(t.lines, line)
	default:
		t.lines[t.total%t.max] = line
	}
	t.total++
}

// log is the end of the log, cleaned.
func (t *tail) log() release.Log {
	l := release.Log{Total: t.total}
	for i := range t.lines {
		raw := t.lines[(t.total-len(t.lines)+i)%len(t.lines)]
		l.Lines = append(l.Lines, text.Clean(string(unstamped(raw))))
	}
	return l
}

// unstamped is a line without its end, without the byte order mark that a log
// begins with, and without the time that GitHub puts before each line.
func unstamped(line []byte) []byte {
	line = bytes.TrimRight(line, "\r\n")
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	const layout = "2026-11-22T15:04:05."
	if len(line) < len(layout) {
		return line
	}
	for i, want := range []byte(layout) {
		switch want {
		case '-', ':', '.', 'T':
			if line[i] != want {
				return line
			}
		default:
			if line[i] < '0' || line[i] > '9' {
				return line
			}
		}
	}
	rest := bytes.TrimLeft(line[len(layout):], "0123456789")
	if len(rest) == 0 || rest[0] != 'Z' {
		return line
	}
	return bytes.TrimPrefix(rest[1:], []byte(" "))
}
