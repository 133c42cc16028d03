package opaque

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"
)

// noise is n bytes that look random and are always the same.
func noise(n int) []byte {
	var out []byte
	for i := uint64(0); len(out) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, i))
		out = append(out, sum[:]...)
	}
	return out[:n]
}

func zipped(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(content)
	_ = z.Close()
	return b.Bytes()
}

func archived(name string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create(name)
	_, _ = w.Write(noise(100))
	_ = z.Close()
	return b.Bytes()
}

func picture() []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i, v := range noise(len(img.Pix)) {
		img.Pix[i] = v
	}
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

// moving is a GIF of two pictures.
func moving() []byte {
	var g gif.GIF
	for range 2 {
		img := image.NewPaletted(image.Rect(0, 0, 64, 64), palette.Plan9)
		copy(img.Pix, noise(len(img.Pix)))
		g.Image, g.Delay = append(g.Image, img), append(g.Delay, 1)
	}
	var b bytes.Buffer
	_ = gif.EncodeAll(&b, &g)
	return b.Bytes()
}

func photo() []byte {
	img := image.NewGray(image.Rect(0, 0, 128, 128))
	copy(img.Pix, noise(len(img.Pix)))
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return b.Bytes()
}

// film is made of two boxes.
func film() []byte {
	return append([]byte("\x00\x00\x00\x10ftypisom\x00\x00\x02\x00\x00\x00\x23\x30mdat"), noise(9000)...)
}

// wrapped breaks text into lines between two marks.
func wrapped(s string, width int, before, after string) string {
	var b strings.Builder
	for len(s) > 0 {
		n := min(width, len(s))
		b.WriteString(before + s[:n] + after + "\n")
		s = s[n:]
	}
	return b.String()
}

// listed writes bytes one by one, twenty in a line.
func listed(content []byte, format string) string {
	var b strings.Builder
	for i, c := range content {
		fmt.Fprintf(&b, format, c)
		if i%20 == 19 && strings.HasPrefix(format, "0x") {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// catalogue is a compiled message catalogue: a header, two tables of offsets, and text.
func catalogue() []byte {
	out := []byte("\xde\x12\x04\x95\x00\x00\x00\x00")
	for i := range uint32(400) {
		out = binary.LittleEndian.AppendUint32(out, 20+i%30)
		out = binary.LittleEndian.AppendUint32(out, 3228+20*i)
	}
	for i := range 400 {
		out = append(out, fmt.Sprintf("Schiff %d läuft ein\x00", i)...)
	}
	return out
}

func TestShapes(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString(noise(3000))
	b16 := hex.EncodeToString(noise(1500))
	uniform := strings.Repeat("MKVLAAGIVGLCAGHQWERTYIPASDFGHKLCVNMWERTY\n", 100)
	var paths, sums, words strings.Builder
	for i := range 300 {
		fmt.Fprintf(&paths, "src/module%d/file_%s\n", i, strings.Repeat("x", i%17))
		fmt.Fprintf(&sums, "%x  file%d\n", noise(32), i)
		fmt.Fprintf(&words, "word%s\n", strings.Repeat("ly", i%5))
	}
	for _, tt := range []struct {
		name    string
		content []byte
		kind    Kind
		opaque  string // within the reason; empty: it is none
	}{
		{"nothing", nil, Text, ""},
		{"text", []byte("hello\n"), Text, ""},
		{"a page of text", bytes.Repeat([]byte("The ledger of a port: berths, ships and tides.\n"), 200), Text, ""},
		{"a drawing", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 2"/></svg>`), Text, ""},
		{"half a kilobyte of noise", noise(512), Unrecognised, "unrecognised data"},
		{"a little less", noise(511), Unrecognised, ""},
		{"noise among zeros", append(make([]byte, 100<<10), append(noise(8<<10), make([]byte, 100<<10)...)...), Unrecognised, "unrecognised data"},
		{"zeros", make([]byte, 4096), Unrecognised, ""},
		{"lzma alone", append([]byte("\x5d\x00\x00\x80\x00\xff\xff\xff\xff"), noise(40)...), Compressed, "compressed data"},
		{"lz4", append([]byte("\x04\x22\x4d\x18"), noise(40)...), Compressed, "compressed data"},
		{"xz that was spoilt", append([]byte("\xfd7zXY\x00"), noise(600)...), Unrecognised, "unrecognised data"},
		{"gzip", zipped([]byte("hello")), Compressed, "compressed data (application/gzip)"},
		{"zip", archived("a.bin"), Archive, "archive (application/zip)"},
		{"an office document", archived("word/document.xml"), Archive, "archive (application/vnd.openxml"},
		{"ELF", append([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00"), make([]byte, 600)...), Executable, "executable"},
		{"PNG", picture(), Image, ""},
		{"PNG with more behind it", append(picture(), noise(9000)...), Unrecognised, "unrecognised data (image/png)"},
		{"PNG with a line behind it", append(picture(), "\r\n"...), Image, ""},
		{"PNG that was cut", picture()[:9000], Unrecognised, "unrecognised data (image/png)"},
		{"PNG that was changed", bytes.Replace(picture(), []byte("IDAT"), []byte("IDAU"), 1), Unrecognised, "unrecognised data (image/png)"},
		{"PNG by its first bytes", append([]byte("\x89PNG\r\n\x1a\n"), noise(9000)...), Unrecognised, "unrecognised data"},
		{"GIF", moving(), Image, ""},
		{"GIF with more behind it", append(moving(), noise(9000)...), Unrecognised, "unrecognised data (image/gif)"},
		{"GIF that is a script", append([]byte("GIF89a=1;tail -c +40 $0|xz -d|sh;exit\n"), noise(9000)...), Unrecognised, "unrecognised data (image/gif)"},
		{"JPEG", photo(), Image, ""},
		{"JPEG with more behind it", append(photo(), noise(9000)...), Unrecognised, "unrecognised data (image/jpeg)"},
		{"JPEG by its first bytes", append([]byte("\xff\xd8\xff\xe0"), noise(9000)...), Unrecognised, "unrecognised data (image/jpeg)"},
		{"BMP by its first bytes", append([]byte("BM"), noise(9000)...), Unrecognised, "unrecognised data"},
		{"icons by their first bytes", append([]byte("\x00\x00\x01\x00"), noise(9000)...), Unrecognised, "unrecognised data"},
		{"TIFF by its first bytes", append([]byte("II*\x00"), noise(9000)...), Unrecognised, "unrecognised data"},
		{"a font by its first bytes", append([]byte("\x00\x01\x00\x00\x00"), noise(9000)...), Unrecognised, "unrecognised data"},
		{"a film", film(), Video, ""},
		{"a film with more behind it", append(film(), noise(9000)...), Unrecognised, "unrecognised data (video/mp4)"},
		{"icons", append([]byte("\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00\x28\x23\x00\x00\x16\x00\x00\x00"), noise(9000)...), Image, ""},
		{"sound", append([]byte("RIFF\x2c\x23\x00\x00WAVE"), noise(9000)...), Sound, ""},
		{"PDF", append(append([]byte("%PDF-1.7\n"), noise(9000)...), "\n%%EOF\n"...), Document, ""},
		{"PDF without an end", append([]byte("%PDF-1.7\n"), noise(9000)...), Unrecognised, "unrecognised data (application/pdf)"},
		{"a font", append([]byte("\x00\x01\x00\x00\x00\x01\x00\x10\x00\x00\x00\x00glyf\x00\x00\x00\x00\x00\x00\x00\x1c\x00\x00\x23\x28"), noise(9000)...), Font, ""},
		{"woff2", append([]byte("wOF2\x00\x01\x00\x00\x00\x00\x23\x34"), noise(9000)...), Font, ""},
		{"woff2 by its first bytes", append([]byte("wOF2"), noise(9000)...), Unrecognised, "unrecognised data"},
		{"a catalogue", catalogue(), Unrecognised, ""},
		{"SQLite, empty", append([]byte("SQLite format 3\x00"), make([]byte, 4080)...), Data, ""},
		{"SQLite, full", append([]byte("SQLite format 3\x00"), noise(9000)...), Data, "data (application/vnd.sqlite3)"},
		{"LFS", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 12345\n"), Pointer, ""},

		{"a script with a payload behind it", append(bytes.Repeat([]byte("echo hello world\n"), 500), noise(9000)...), Unrecognised, "unrecognised data"},
		{"a mark of UTF-16 before noise", append([]byte("\xff\xfe"), noise(9000)...), Unrecognised, "unrecognised data"},
		{"noise without control bytes", filter(noise(9000)), Unrecognised, "unrecognised data"},

		{"base64 in a line", []byte("x = '" + b64 + "'\n"), Text, "text with 4000 characters of base64 or hex"},
		{"base64 in lines", []byte("-----BEGIN DATA-----\n" + wrapped(b64, 64, "", "") + "-----END DATA-----\n"), Text, "text with 4000 characters"},
		{"base64 in lines of Windows", []byte(wrapped(b64, 76, "", "\r")), Text, "text with 4000 characters"},
		{"base64 in strings", []byte("char a[] =\n" + wrapped(b64, 60, `  "`, `\n"`) + ";\n"), Text, "text with 4000 characters"},
		{"base64 in comments", []byte("#!/bin/sh\n" + wrapped(b64, 60, "# ", "")), Text, "text with 4000 characters"},
		{"hex", []byte(wrapped(b16, 80, "", "")), Text, "text with 3000 characters"},
		{"hex in two bytes a character", wide16("hex: " + b16), Text, "text with 3000 characters"},
		{"a list of C", []byte("unsigned char a[] = {\n" + listed(noise(2000), "0x%02x, ") + "};\n"), Text, "text with 4000 characters of base64 or hex"},
		{"a string of escapes", []byte("a = (b'" + listed(noise(2000), `\x%02x`) + "')\n"), Text, "text with 4000 characters"},
		{"a list of a few", []byte("char a[] = {" + listed(noise(1000), "0x%02x, ") + "};\n"), Text, ""},
		{"a bitmap", []byte("char a[] = {" + listed(bytes.Repeat([]byte{0, 0xff, 0x81, 0x7e}, 2000), "0x%02x, ") + "};\n"), Text, ""},
		{"a table of words", []byte("long a[] = {" + listed(noise(4000), "0x1234%02x, ") + "};\n"), Text, ""},
		{"decimal numbers", []byte("[" + listed(noise(4000), "%d, ") + "]\n"), Text, ""},
		{"not enough of it", []byte("x = '" + b64[:MaxRun] + "'\n"), Text, ""},
		{"two halves", []byte("x = '" + b64[:MaxRun] + "'\ny = '" + b64[:MaxRun] + "'\n"), Text, ""},
		{"a picture in base64", []byte(`<img src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(picture()) + `">`), Text, ""},
		{"a picture in lines", []byte(wrapped(base64.StdEncoding.EncodeToString(picture()), 76, "", "")), Text, ""},
		{"a long line of dashes", []byte(strings.Repeat("-", 5000)), Text, ""},
		{"a long line of letters", []byte(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 200)), Text, ""},
		{"figures", []byte(strings.Repeat("3141592653", 500)), Text, ""},
		{"a protein", []byte(uniform), Text, ""},
		{"paths", []byte(paths.String()), Text, ""},
		{"checksums of files", []byte(sums.String()), Text, ""},
		{"words", []byte(words.String()), Text, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Of(tt.content)
			why := s.Opaque()
			if s.Kind != tt.kind || (why == "") != (tt.opaque == "") || !strings.Contains(why, tt.opaque) {
				t.Errorf("it is %+v, opaque: %q; want %s, %q", s, why, tt.kind, tt.opaque)
			}
			if s.Size != int64(len(tt.content)) || s.Entropy < 0 || s.Entropy > 8 {
				t.Errorf("it has %d bytes of %.2f bits", s.Size, s.Entropy)
			}
		})
	}
}

// filter takes out the bytes that no text has.
func filter(b []byte) []byte {
	var out []byte
	for _, c := range b {
		if !controls(c) {
			out = append(out, c)
		}
	}
	return out
}

// wide16 is UTF-16 of ASCII.
func wide16(s string) []byte {
	out := []byte("\xff\xfe")
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return out
}

// TestMeasured holds the numbers that the bounds were chosen by.
func TestMeasured(t *testing.T) {
	for name, tt := range map[string]struct {
		content  []byte
		from, to float64
	}{
		"half a kilobyte of noise": {noise(512), 7.5, 7.7},
		"a catalogue":              {catalogue(), 4, 6.2},
		"one byte":                 {[]byte("aaaa"), 0, 0},
		"two bytes":                {[]byte("abab"), 1, 1},
	} {
		if got := Of(tt.content).Entropy; got < tt.from-1e-9 || got > tt.to+1e-9 || math.IsNaN(got) {
			t.Errorf("%s has %.2f bits per byte", name, got)
		}
	}
}

func TestWorth(t *testing.T) {
	for size, want := range map[int64]bool{0: false, 99: false, 100: true, 130: true, 200: true, 201: false, 511: false, 512: true, 1 << 40: true} {
		if Worth(size) != want {
			t.Errorf("%d bytes: %v", size, !want)
		}
	}
}

// FuzzLook holds that content is seen the same whatever pieces it comes in, and that
// looking at it meanwhile changes nothing.
func FuzzLook(f *testing.F) {
	f.Add([]byte("hello\n"), uint16(1))
	f.Add(noise(600), uint16(7))
	f.Add([]byte(wrapped(base64.StdEncoding.EncodeToString(noise(3000)), 64, `"`, `\n"`)), uint16(100))
	f.Add(picture(), uint16(4096))
	f.Add([]byte(listed(noise(1100), "0x%02x, ")), uint16(9))
	f.Add(moving(), uint16(3))
	f.Add(photo(), uint16(0))
	f.Add(film(), uint16(12))
	f.Add([]byte("GIF89a=1;tail -c +40 $0|sh\n"), uint16(5))
	f.Add([]byte("\x00\x01\x00\x00\xff\xff"), uint16(1))
	f.Add(wide16("abc"), uint16(3))
	f.Fuzz(func(t *testing.T, content []byte, piece uint16) {
		want := Of(content)
		var l Look
		for rest := content; len(rest) > 0; {
			n := min(int(piece)+1, len(rest))
			_, _ = l.Write(rest[:n])
			rest = rest[n:]
			if len(rest) > 0 && len(rest) <= n {
				_ = l.Shape()
			}
		}
		if got := l.Shape(); got != want {
			t.Errorf("in pieces of %d it is %+v, and whole %+v", int(piece)+1, got, want)
		}
		if want.Entropy < 0 || want.Entropy > 8 || want.Peak > 8 || want.Run > len(content) || want.Kind == "" {
			t.Errorf("it is %+v", want)
		}
	})
}
