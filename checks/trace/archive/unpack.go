package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// window is how far back the packed data of xz and zstd may refer, which is what unpacking
// it takes in memory: what xz -9 makes, and eight times what zstd -19 does.
const window = 64 * mebi

// compressionOf tells a compression by the first bytes. Of bzip2 it takes ten of them: a
// tar that is not compressed may begin with a file whose name begins with BZh.
func compressionOf(head []byte) Compression {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return Gzip
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return XZ
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return Zstd
	case len(head) >= 10 && bytes.HasPrefix(head, []byte("BZh")) &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17rE8P\x90"):
		return Bzip2
	}
	return Uncompressed
}

// farthest is the window that zstd data gets. Where it begins with one as zstd -19 makes, or
// a smaller one, it gets room for two, and then nothing is moved about for each block, which
// is a fifth of all work; the frames behind the first may go half as far as others.
func farthest(r *bufio.Reader) uint64 {
	head, _ := r.Peek(zstd.HeaderMaxSize)
	var h zstd.Header
	if err := h.Decode(head); err == nil && !h.SingleSegment && h.WindowSize <= window/8 {
		return window / 2
	}
	return window
}

// unpacked is what is in compressed data. It reads to the end of it, and what stands
// behind the end is an error.
type unpacked struct {
	b    *budget
	as   Compression
	r    io.Reader
	done func()
}

// unpack begins to unpack what is read from r.
func unpack(r *bufio.Reader, b *budget) (*unpacked, error) {
	head, err := r.Peek(10)
	if b.src.err != nil {
		return nil, b.src.err
	}
	if len(head) == 0 && err != nil {
		return nil, &Refused{Why: "it is empty"}
	}
	u := &unpacked{b: b, as: compressionOf(head), r: r, done: func() {}}
	if want := b.o.Compression; want != "" && want != u.as {
		return nil, &Refused{Why: fmt.Sprintf("its compression is %s, and should be %s", u.as, want)}
	}
	switch u.as {
	case Gzip:
		u.r, err = gzip.NewReader(r)
	case XZ:
		u.r, err = xz.NewReader(r, window)
	case Bzip2:
		u.r, err = bzip2.NewReader(r), nil
	case Zstd:
		// One at a time, it runs in our own steps and holds one window, or two small ones.
		far := farthest(r)
		var z *zstd.Decoder
		if z, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(far == window),
			zstd.WithDecoderMaxMemory(far), zstd.WithDecoderMaxWindow(far)); err == nil {
			u.r, u.done = z, z.Close
		}
	default:
		err = nil
	}
	if err != nil {
		return nil, u.fault(err)
	}
	return u, nil
}

// Read implements io.Reader. Its errors are those of the source, or a Refused.
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if u.b.o.Unpacked != nil {
		u.b.o.Unpacked.Write(p[:n]) // a hash takes everything
	}
	if over := u.b.unpacked(n); over != nil && u.b.src.err == nil {
		return n, over
	}
	if err != nil && err != io.EOF {
		err = u.fault(err)
	}
	return n, err
}

// fault says that the packed data is broken, unless it could not be read.
func (u *unpacked) fault(err error) error {
	switch {
	case u.b.src.err != nil:
		return u.b.src.err
	case errors.Is(err, xz.ErrMemlimit), errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &Refused{Why: fmt.Sprintf("unpacking its %s data would take more than %s of memory", u.as, size(window))}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Refused{Why: fmt.Sprintf("its %s data ends too early, or something stands behind it", u.as)}
	}
	return &Refused{Why: fmt.Sprintf("its %s data is broken, or something stands behind it", u.as), Err: err}
}

// stream is a tar as archive/tar reads it. It looks where that does not look: between the
// members, and at what stands behind the end.
type stream struct {
	r     io.Reader
	n     int64 // bytes read
	zeros int   // how many zeros it ended in so far, as far as the end of a tar needs it
	blank int64 // how many of the bytes to come have to be zeros
	// what is refused where they are not
	hidden *Refused
	heads  *heads // of the member that comes next
}

// markSize is the end of a tar: two blocks of zeros.
const markSize = 2 * 512

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.end(p[:n])
	blank := int(min(s.blank, int64(n)))
	if !zero(p[:blank]) {
		return n, s.hidden
	}
	s.blank -= int64(blank)
	s.heads.write(p[blank:n])
	return n, err
}

// end counts the zeros that it ends in.
func (s *stream) end(p []byte) {
	tail := p[max(0, len(p)-markSize):]
	run := len(tail) - len(bytes.TrimRight(tail, "\x00"))
	if run < len(p) {
		s.zeros = run
		return
	}
	s.zeros = min(s.zeros+run, markSize)
}

func zero(p []byte) bool { return len(bytes.TrimLeft(p, "\x00")) == 0 }
