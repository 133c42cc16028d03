package archive

import (
	"errors"
	"fmt"
	"io"
)

// source is what an archive is read from. It remembers the error of whoever sends it: a
// network that breaks off must never look like an archive that is broken.
type source struct {
	r   io.Reader
	n   int64 // bytes read
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// budget is what may yet come out of one archive.
type budget struct {
	o       Options
	src     *source
	out     int64 // bytes unpacked
	members int
	paths   int64 // bytes of the members' paths
}

func newBudget(r io.Reader, o Options) *budget { return &budget{o: o, src: &source{r: r}} }

// unpacked counts bytes that came out. It is asked after each read, so that what is over
// the limit is at most one buffer.
func (b *budget) unpacked(n int) error {
	b.out += int64(n)
	switch {
	case b.out > b.o.TotalBytes:
		return &Refused{Why: fmt.Sprintf("more than %s once unpacked", size(b.o.TotalBytes))}
	case b.out > b.o.FreeBytes && b.out > b.o.Ratio*b.src.n:
		return &Refused{Why: fmt.Sprintf("%s came out of %s, which is more than %d to one",
			size(b.out), size(b.src.n), b.o.Ratio)}
	}
	return nil
}

// member counts one more member, of a size.
func (b *budget) member(path string, n int64) error {
	b.members++
	b.paths += int64(len(path))
	switch {
	case b.paths > b.o.PathsBytes:
		return &Refused{Why: fmt.Sprintf("more than %s of paths", size(b.o.PathsBytes))}
	case b.members > b.o.Members:
		return &Refused{Path: path, Why: fmt.Sprintf("more than %d members", b.o.Members)}
	case n < 0:
		return &Refused{Path: path, Why: "a negative size"}
	case n > b.o.MemberBytes:
		return &Refused{Path: path, Why: fmt.Sprintf("%s, which is more than %s", size(n), size(b.o.MemberBytes))}
	}
	return nil
}

// fault says what an error means that came while the archive was read: whoever sends it
// is blamed first, then the archive.
func (b *budget) fault(path, why string, err error) error {
	if b.src.err != nil {
		return b.src.err
	}
	var r *Refused
	switch {
	case errors.As(err, &r):
		if r.Path == "" && path != "" {
			return &Refused{Path: path, Why: r.Why, Err: r.Err}
		}
		return r
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Refused{Path: path, Why: "the archive ends too early"}
	}
	return &Refused{Path: path, Why: why, Err: err}
}

// content is what Visit reads: its errors are what Tar and the others return, and it is
// gone when Visit has returned.
type content struct {
	r     io.Reader
	fault func(error) error
	gone  bool
}

func (c *content) Read(p []byte) (int, error) {
	if c.gone {
		return 0, errors.New("content of an archive's member is read when it is gone")
	}
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		err = c.fault(err)
	}
	return n, err
}

// visited lets Visit see a member, and reads on to the end of its content: what nobody
// looked at is still held to the limits and to its sums.
func visited(m Member, r io.Reader, fault func(error) error, visit Visit) error {
	c := &content{r: r, fault: fault}
	err := visit(m, c)
	c.gone = true
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return fault(err)
	}
	return nil
}

// size writes a number of bytes for people.
func size(n int64) string {
	for _, u := range []struct {
		of   int64
		name string
	}{{gibi, "GiB"}, {mebi, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.of {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.of), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
