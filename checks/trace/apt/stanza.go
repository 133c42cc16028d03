package apt

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// What is wrong with a control file.
var (
	errLong   = errors.New("a paragraph is too long")
	errForm   = errors.New("a line is neither a field nor the continuation of one")
	errTwice  = errors.New("a field stands twice in a paragraph")
	errSecond = errors.New("there is more than one paragraph")
)

// stanza is one paragraph of a control file (deb-control(5)): values by the lower-case
// names of their fields. Lines of one value are kept apart by line ends.
type stanza map[string]string

// stanzas reads a control file paragraph by paragraph.
type stanzas struct {
	in  *bufio.Reader
	max int    // of a paragraph, in bytes
	buf []byte // the lines of the current one
}

func newStanzas(r io.Reader, limit int) *stanzas {
	return &stanzas{in: bufio.NewReaderSize(r, 64<<10), max: limit}
}

// next gives the lines of the next paragraph, until the call after; at the end, io.EOF.
func (s *stanzas) next() ([]byte, error) {
	s.buf = s.buf[:0]
	fresh := true // a line begins
	for {
		part, err := s.in.ReadSlice('\n')
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return nil, err
		}
		blank := fresh && err != bufio.ErrBufferFull && len(bytes.Trim(part, " \t\r\n")) == 0
		if blank && len(s.buf) > 0 && (len(part) > 0 || err == io.EOF) {
			return s.buf, nil
		}
		if !blank {
			s.buf = append(s.buf, part...)
		}
		if len(s.buf) > s.max {
			return nil, errLong
		}
		if err == io.EOF {
			if len(s.buf) > 0 {
				return s.buf, nil
			}
			return nil, io.EOF
		}
		fresh = err == nil
	}
}

// parseStanza reads a paragraph. A field must not stand twice: readers differ in which
// one they take.
func parseStanza(lines []byte) (stanza, error) {
	out := stanza{}
	var name string
	var value strings.Builder
	end := func() error {
		if name == "" {
			return nil
		}
		if _, known := out[name]; known {
			return errTwice
		}
		out[name] = value.String()
		value.Reset()
		return nil
	}
	for line := range bytes.Lines(lines) {
		line = bytes.TrimRight(line, " \t\r\n")
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			if name == "" {
				return nil, errForm
			}
			value.WriteByte('\n')
			value.Write(bytes.TrimLeft(line, " \t"))
			continue
		}
		before, after, ok := bytes.Cut(line, []byte(":"))
		if !ok || !fieldName(before) {
			return nil, errForm
		}
		if err := end(); err != nil {
			return nil, err
		}
		name = strings.ToLower(string(before))
		value.Write(bytes.TrimLeft(after, " \t"))
	}
	return out, end()
}

// fieldName holds for the name of a field: printable ASCII, and no comment.
func fieldName(b []byte) bool {
	if len(b) == 0 || b[0] == '#' || b[0] == '-' {
		return false
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// about tells whether a paragraph is about a package, without reading all of it.
func about(lines []byte, name string) bool {
	const field = "package:"
	for line := range bytes.Lines(lines) {
		if len(line) > len(field) && strings.EqualFold(string(line[:len(field)]), field) {
			// Any of them counts: one that stands twice is refused later.
			if string(bytes.Trim(line[len(field):], " \t\r\n")) == name {
				return true
			}
		}
	}
	return false
}

// only reads a control file that has one paragraph.
func only(b []byte) (stanza, error) {
	r := newStanzas(bytes.NewReader(b), len(b))
	lines, err := r.next()
	if err == io.EOF {
		return stanza{}, nil
	}
	if err != nil {
		return nil, err
	}
	out, err := parseStanza(lines)
	if err != nil {
		return nil, err
	}
	if _, err := r.next(); err != io.EOF {
		return nil, errSecond
	}
	return out, nil
}
