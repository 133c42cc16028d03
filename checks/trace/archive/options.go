package archive

import "hash"

// Compression is how a tar is compressed.
type Compression string

// The compressions. The zero value is whatever the first bytes say.
const (
	Uncompressed Compression = "none"
	Gzip         Compression = "gzip"
	XZ           Compression = "xz"
	Bzip2        Compression = "bzip2"
	Zstd         Compression = "zstd"
)

// Options say how much an archive may hold, and of what. What is beyond a limit is
// refused, so that the zero value refuses nearly everything: begin with [Default].
type Options struct {
	// Members is how many members there may be. The directories that only the paths of
	// others name are counted, too: all of them are remembered.
	Members int
	// MemberBytes is how large one file may be, and TotalBytes all that is unpacked, with
	// what the archive says about its members. A .deb's two tars count together.
	MemberBytes, TotalBytes int64
	// Ratio is how many bytes may come of one, once more than FreeBytes have come. Honest
	// data has runs that compress very well, but is not made of them.
	Ratio, FreeBytes int64
	// PathBytes is how long a path may be, and where a link leads; Depth how many
	// directories a path may have, one in another.
	PathBytes, Depth int
	// PathsBytes is how long all paths may be together: whoever looks at an archive
	// remembers many of them.
	PathsBytes int64
	// DirectoryBytes is how large a zip's directory may be, which is held in memory.
	DirectoryBytes int64
	// System holds for what is unpacked as a system's root: an image's layer, a .deb's
	// data. Links may lead anywhere in it, there are hard links and devices, and a path
	// may begin with a slash, as some builders of images write it. A source distribution
	// or a wheel has none of these.
	System bool
	// Compression is the only one that is taken; empty, it is whichever the first bytes
	// tell. A zip has none.
	Compression Compression
	// Unpacked, unless nil, is written what a tar is once it is unpacked, to its last byte
	// where it is read without an error. Its own errors are not looked at: it is a sum.
	Unpacked hash.Hash
}

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// Default allows what a layer of an image of some gigabytes needs, and nothing that a
// system's root has and a source distribution has not. The largest layers have some
// hundred thousand members; text compresses at most about twenty to one.
func Default() Options {
	return Options{
		Members:        1 << 19,
		MemberBytes:    8 * gibi,
		TotalBytes:     16 * gibi,
		Ratio:          200,
		FreeBytes:      32 * mebi,
		PathBytes:      4096,
		Depth:          128,
		PathsBytes:     128 * mebi,
		DirectoryBytes: 8 * mebi,
	}
}
