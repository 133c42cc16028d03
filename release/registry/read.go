package registry

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
	"twokey/release"
)

const (
	// maxWhole is how much of a zip is kept in memory where its place gives no part of it.
	maxWhole = 64 << 20
	// maxTail is how much of a zip's end is read ahead: its directory is there.
	maxTail = 16 << 20
	// tailStep is how much of it is read at once.
	tailStep = 256 << 10
)

// Read reads a file whole and shows visit what is in it: see release.Artifacts. Nothing of
// it is written to a disk, and no more of it is held than what is being looked at.
func (s *Shelf) Read(ctx context.Context, f release.File, visit archive.Visit, progress func(int64)) (release.Received, error) {
	what := text.Cleanf("read %s", f.Name)
	if f.Form == checks.FormImage {
		got, err := s.readImage(ctx, f, visit, progress)
		if refused, ok := errors.AsType[*archive.Refused](err); ok {
			return got, refused
		}
		if err != nil {
			err = readError(f, err)
		}
		return got, err
	}
	d, err := s.fetch(ctx, what, f.Address)
	if err != nil {
		return release.Received{}, readError(f, err)
	}
	defer d.close()
	in := &receiving{d: d, sums: sumsFor(f.Digests), progress: progress, most: maxFile}
	if f.Size >= 0 {
		in.most = min(in.most, f.Size)
	}
	err = unpack(in, f.Form, visit)
	refused, ok := errors.AsType[*archive.Refused](err)
	if ok || err == nil || errors.Is(err, errUnseen) {
		// Whatever is in it, its digest is of the whole.
		if _, rest := io.Copy(io.Discard, in); rest != nil {
			return in.received(), readError(f, rest)
		}
	}
	switch {
	case in.d.ended && f.Size > in.n: // which may be why it was refused
		return in.received(), readError(f, hinted(fmt.Errorf("it has %d bytes, and is listed with %d", in.n, f.Size), "look at where it is published"))
	case ok:
		return in.received(), refused
	case err != nil:
		return in.received(), readError(f, err)
	}
	return in.received(), nil
}

// errUnseen is why nobody knows what is in a file that came whole.
var errUnseen = errors.New("its place gives no part of it, and it is too large to be held in memory")

// readError is the error of a Read.
func readError(f release.File, err error) error {
	return &release.Error{Kind: release.KindOf(err), Op: text.Cleanf("read %s", f.Name).String(), Err: err}
}

// unpack shows visit what is in a file of a form.
func unpack(in *receiving, form checks.Form, visit archive.Visit) error {
	o := archive.Default()
	switch form {
	case checks.FormSdist:
		return archive.Tar(in, o, visit)
	case checks.FormDeb:
		o.System = true
		return archive.Deb(in, o, visit)
	case checks.FormWheel:
		return unzip(in, o, visit)
	}
	return nil
}

// receiving is a file that is being read: it sums up what comes.
type receiving struct {
	d        *download
	sums     map[string]hash.Hash
	n        int64
	most     int64 // that may come
	progress func(int64)
}

// Read implements io.Reader.
func (r *receiving) Read(p []byte) (int, error) {
	n, err := r.d.Read(p)
	for _, h := range r.sums {
		h.Write(p[:n])
	}
	r.n += int64(n)
	if n > 0 && r.progress != nil {
		r.progress(r.n)
	}
	switch {
	case r.n <= r.most:
	case r.most == maxFile:
		return n, fmt.Errorf("it is longer than the %d GiB that twokey reads", int64(maxFile)>>30)
	default:
		return n, hinted(fmt.Errorf("it is longer than the %d bytes that it is listed with", r.most), "look at where it is published")
	}
	return n, err
}

// received is what came so far.
func (r *receiving) received() release.Received {
	out := release.Received{Size: r.n}
	if !r.d.ended {
		return out // the sums of a part are no digests
	}
	for _, kind := range []string{"sha256", "sha512", "sha1", "md5"} {
		if h, ok := r.sums[kind]; ok {
			out.Digests = append(out.Digests, checks.Said{By: checks.Downloaded(), Digest: kind + ":" + hex.EncodeToString(h.Sum(nil))})
		}
	}
	return out
}

// sumsFor are the sums that are compared: SHA-256, and whichever else somebody tells.
func sumsFor(said []checks.Said) map[string]hash.Hash {
	out := map[string]hash.Hash{"sha256": sha256.New()}
	for _, d := range said {
		switch kind, _, _ := strings.Cut(d.Digest, ":"); kind {
		case "sha512":
			out[kind] = sha512.New()
		case "sha1":
			out[kind] = sha1.New()
		case "md5":
			out[kind] = md5.New()
		}
	}
	return out
}

// unzip reads a zip, whose directory is at its end: the end is read first, and once more
// with everything else.
func unzip(in *receiving, o archive.Options, visit archive.Visit) error {
	var first [1]byte
	if _, err := io.ReadFull(in, first[:]); err != nil {
		if err == io.EOF {
			return &archive.Refused{Why: "it is empty"}
		}
		return err
	}
	z := &zipped{in: in, kept: first[:], size: in.d.size, tailAt: in.d.size}
	if z.size < 0 {
		return z.whole(o, visit)
	}
	ranges, err := z.grow(max(0, z.size-tailStep))
	switch {
	case err != nil:
		return err
	case !ranges:
		return z.whole(o, visit)
	}
	err = archive.Zip(z, z.size, o, visit)
	if _, refused := errors.AsType[*archive.Refused](err); err != nil && !refused {
		return err
	}
	if other := z.sameEnd(); other != nil { // which may be why it was refused
		return other
	}
	return err
}

// zipped is a zip of which the end is known, and the rest comes in order.
type zipped struct {
	in     *receiving
	kept   []byte // that came, and was not given yet
	pos    int64  // of what was given
	size   int64
	tail   []byte // the end, from tailAt on
	tailAt int64
}

// grow reads the end ahead, from a place on.
func (z *zipped) grow(from int64) (ranges bool, err error) {
	if z.size-from > maxTail {
		return true, &archive.Refused{Why: "its directory is longer than any is"}
	}
	part, ranges, err := z.in.d.span(from, z.tailAt)
	if err == nil && ranges {
		z.tail, z.tailAt = append(part, z.tail...), from
	}
	return ranges, err
}

// ReadAt implements io.ReaderAt for a reader that goes forward, and looks at the end
// before it does.
func (z *zipped) ReadAt(p []byte, off int64) (int, error) {
	if off < z.tailAt && off != z.pos {
		ranges, err := z.grow(max(0, min(off, z.tailAt-tailStep)))
		switch {
		case err != nil:
			return 0, err
		case !ranges:
			return 0, errors.New("its place gave a part of it, and then did not")
		}
	}
	came := 0
	if off < z.tailAt {
		var err error
		if came, err = z.forward(p[:min(int64(len(p)), z.tailAt-off)]); err != nil {
			return came, err
		}
		off += int64(came)
	}
	if came < len(p) && off < z.size {
		came += copy(p[came:], z.tail[off-z.tailAt:])
	}
	if came < len(p) {
		return came, io.EOF
	}
	return came, nil
}

// forward reads what comes next before the end that was read ahead.
func (z *zipped) forward(p []byte) (int, error) {
	n := copy(p, z.kept)
	z.kept = z.kept[n:]
	more, err := io.ReadFull(z.in, p[n:])
	z.pos += int64(n + more)
	return n + more, err
}

// sameEnd reads the end once more, as it comes with the rest: it has to be what was read
// ahead.
func (z *zipped) sameEnd() error {
	rest := io.MultiReader(bytes.NewReader(z.kept), z.in)
	if _, err := io.CopyN(io.Discard, rest, z.tailAt-z.pos); err != nil {
		return err
	}
	again := make([]byte, len(z.tail))
	if _, err := io.ReadFull(rest, again); err != nil {
		return err
	}
	if !bytes.Equal(again, z.tail) {
		return hinted(errors.New("its end changed while it was read"), "try again")
	}
	return nil
}

// whole reads a zip into memory, where it is small.
func (z *zipped) whole(o archive.Options, visit archive.Visit) error {
	b, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(z.kept), z.in), maxWhole+1))
	if err != nil {
		return err
	}
	if len(b) > maxWhole {
		return hinted(errUnseen, "publish it where ranges can be asked for")
	}
	return archive.Zip(bytes.NewReader(b), int64(len(b)), o, visit)
}
