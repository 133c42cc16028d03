package archive

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// zipped is a member as a test writes it into a zip, with what it lies about.
type zipped struct {
	name, body string
	stored     bool
	mode       uint32 // what Unix says, in the upper half of the attributes
	attrs      uint32 // the lower half
	flags      uint16
	descriptor int    // how many bytes stand behind the content: 0, 12, 16, 20, 24
	comment    string // in the directory
	extra      string // in both headers

	before, behind         string // what is hidden before the header and behind the content
	inside                 string // within the content, behind what deflate reads
	localName              string
	localMethod            int // where it is not 0, one more than it
	localFlags             uint16
	localSize, listedSize  int // what is added to the true ones
	localSum, listedSum    uint32
	localExtra             string
	method                 uint16 // where it is not 0
	disk                   uint16
	describedSize          int
	noSign, wide, twice    bool // of the descriptor; ZIP64 in both headers; listed twice
	packedMore, offsetMore int
}

// zipOf writes a zip, as told.
func zipOf(members ...zipped) []byte { return zipWith("", "", "", members...) }

// zipWith writes one with something before it, between it and its directory, and behind.
func zipWith(first, middle, last string, members ...zipped) []byte {
	le := binary.LittleEndian
	out, list, n := []byte(first), []byte(nil), 0
	for _, m := range members {
		out = append(out, m.before...)
		at := len(out) + m.offsetMore
		packed, method := m.packed()
		flags := m.flags
		if m.descriptor > 0 {
			flags |= flagDescriptor
		}
		sum := crc32.ChecksumIEEE([]byte(m.body))
		name := m.name
		if m.localName != "" {
			name = m.localName
		}
		extra, listedExtra := m.extra+m.localExtra, m.extra
		sizes := []int{len(packed) + m.packedMore, len(m.body) + m.localSize}
		if m.wide {
			wide := le.AppendUint64(le.AppendUint64([]byte("\x01\x00\x10\x00"), uint64(sizes[1])), uint64(sizes[0]))
			extra, listedExtra = string(wide)+extra, string(wide)+listedExtra
		}
		localMethod, localFlags := method, flags^m.localFlags
		if m.localMethod > 0 {
			localMethod = uint16(m.localMethod - 1)
		}
		out = append(out, localSign...)
		out = le.AppendUint16(out, 20)
		out = le.AppendUint16(out, localFlags)
		out = le.AppendUint16(out, localMethod)
		out = le.AppendUint32(out, 0)
		if m.descriptor > 0 {
			out = append(out, make([]byte, 12)...)
		} else {
			out = le.AppendUint32(out, sum^m.localSum)
			out = appendSizes(out, m.wide, sizes[0], sizes[1])
		}
		out = le.AppendUint16(out, uint16(len(name)))
		out = le.AppendUint16(out, uint16(len(extra)))
		out = append(out, name+extra...)
		out = append(out, packed...)
		out = append(out, m.described(sum, len(packed))...)
		out = append(out, m.behind...)

		entry := append([]byte(entrySign), 20, 3, 20, 0)
		entry = le.AppendUint16(entry, flags)
		entry = le.AppendUint16(entry, method)
		entry = le.AppendUint32(entry, 0)
		entry = le.AppendUint32(entry, sum^m.listedSum)
		entry = appendSizes(entry, m.wide, sizes[0], len(m.body)+m.listedSize)
		entry = le.AppendUint16(entry, uint16(len(m.name)))
		entry = le.AppendUint16(entry, uint16(len(listedExtra)))
		entry = le.AppendUint16(entry, uint16(len(m.comment)))
		entry = le.AppendUint16(entry, m.disk)
		entry = le.AppendUint16(entry, 0)
		entry = le.AppendUint32(entry, m.mode<<16|m.attrs)
		entry = le.AppendUint32(entry, uint32(at))
		entry = append(entry, m.name+listedExtra+m.comment...)
		list, n = append(list, entry...), n+1
		if m.twice {
			list, n = append(list, entry...), n+1
		}
	}
	out = append(out, middle...)
	at := len(out)
	out = append(out, list...)
	out = append(out, endSign+"\x00\x00\x00\x00"...)
	out = le.AppendUint16(le.AppendUint16(out, uint16(n)), uint16(n))
	out = le.AppendUint32(le.AppendUint32(out, uint32(len(list))), uint32(at))
	return append(append(out, 0, 0), last...)
}

func appendSizes(b []byte, wide bool, packed, plain int) []byte {
	if wide {
		packed, plain = more, more
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(packed))
	return binary.LittleEndian.AppendUint32(b, uint32(plain))
}

func (m zipped) packed() ([]byte, uint16) {
	packed, method := []byte(m.body), uint16(zip.Store)
	if !m.stored {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 9)
		_, _ = io.WriteString(w, m.body)
		_ = w.Close()
		packed, method = b.Bytes(), zip.Deflate
	}
	if m.method != 0 {
		method = m.method
	}
	return append(packed, m.inside...), method
}

// described is what stands behind the content.
func (m zipped) described(sum uint32, packed int) (b []byte) {
	le := binary.LittleEndian
	size := len(m.body) + m.describedSize
	if m.descriptor == 16 || m.descriptor == 24 {
		b = append(b, descriptorSign...)
		if m.noSign {
			b[0] = 'Q'
		}
	}
	switch m.descriptor {
	case 12, 16:
		return le.AppendUint32(le.AppendUint32(le.AppendUint32(b, sum), uint32(packed)), uint32(size))
	case 20, 24:
		return le.AppendUint64(le.AppendUint64(le.AppendUint32(b, sum), uint64(packed)), uint64(size))
	}
	return nil
}
