package registry_test

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/trace"
)

// large is an image of one layer, which is made while it is sent: the project's files,
// others among them, and what is elsewhere.
type large struct {
	config, manifest []byte
	layer            string // its digest
	size             int64  // of the layer as it is sent
}

// The files of the layer: how many there are, and how large each is.
const (
	ours, ourSize     = 10_000, 4 << 10
	extra, extraSize  = 4, 16 << 20
	others, otherSize = 25, 16 << 20
)

// each tells of the files of the layer in their order.
func each(f func(name string, size int, content io.Reader)) {
	n := uint64(0)
	list := func(form string, files, size int) {
		for i := range files {
			var seed [32]byte
			n++
			binary.LittleEndian.PutUint64(seed[:], n)
			f(fmt.Sprintf(form, i), size, io.LimitReader(rand.NewChaCha8(seed), int64(size)))
		}
	}
	list("srv/app/pkg%d.py", ours, ourSize)
	list("srv/app/data%d.bin", extra, extraSize)
	list("usr/lib/lib%d.so", others, otherSize)
}

// write writes the layer, packed and not.
func (l *large) write(packed io.Writer, plain hash.Hash) error {
	z, err := gzip.NewWriterLevel(packed, gzip.NoCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(io.MultiWriter(z, plain))
	var failed error
	each(func(name string, size int, content io.Reader) {
		if failed == nil {
			failed = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(size)})
		}
		if failed == nil {
			_, failed = io.Copy(w, content)
		}
	})
	if failed == nil {
		failed = w.Close()
	}
	if failed == nil {
		failed = z.Close()
	}
	return failed
}

// counting counts what is written.
type counting int64

func (c *counting) Write(p []byte) (int, error) {
	*c += counting(len(p))
	return len(p), nil
}

// newLarge makes the image, without keeping its layer.
func newLarge(t *testing.T) *large {
	t.Helper()
	var l large
	var n counting
	packed, plain := sha256.New(), sha256.New()
	if err := l.write(io.MultiWriter(packed, &n), plain); err != nil {
		t.Fatal(err)
	}
	l.layer, l.size = "sha256:"+hex.EncodeToString(packed.Sum(nil)), int64(n)
	l.config = fmt.Appendf(nil, `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%x"]}}`, plain.Sum(nil))
	var err error
	l.manifest, err = json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": part(configType, l.config),
		"layers": []any{map[string]any{"mediaType": layerType, "digest": l.layer, "size": l.size}}})
	if err != nil {
		t.Fatal(err)
	}
	return &l
}

// ServeHTTP is a registry that has the image.
func (l *large) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	switch _, what, _ := strings.Cut(req.URL.Path, "/o/r/"); {
	case strings.HasPrefix(what, "manifests/"):
		rw.Header().Set("Content-Type", manifestType)
		rw.Header().Set("Content-Length", strconv.Itoa(len(l.manifest)))
		rw.Header().Set("Docker-Content-Digest", digestOf(l.manifest))
		_, _ = rw.Write(l.manifest)
	case what == "blobs/"+digestOf(l.config):
		_, _ = rw.Write(l.config)
	case what == "blobs/"+l.layer:
		rw.Header().Set("Content-Length", strconv.FormatInt(l.size, 10))
		_ = l.write(rw, sha256.New()) // who breaks it off misses the rest
	case req.URL.Path != "/v2/":
		http.NotFound(rw, req)
	}
}

// commit is the tree that has the project's files.
func commit(t *testing.T) *trace.Tree {
	t.Helper()
	var list []checks.TreeEntry
	each(func(name string, size int, content io.Reader) {
		if len(list) == ours {
			return
		}
		h := sha1.New()
		fmt.Fprintf(h, "blob %d\x00", size)
		if _, err := io.Copy(h, content); err != nil {
			t.Fatal(err)
		}
		list = append(list, checks.TreeEntry{Path: strings.TrimPrefix(name, "srv/app/"), Mode: checks.ModeFile, SHA: hex.EncodeToString(h.Sum(nil)), Size: int64(size)})
	})
	return trace.NewTree("0123456789abcdef0123456789abcdef01234567", list)
}

// TestLayerMemory holds that a layer of more than 512 MB is received, unpacked and traced
// in less than 100 MB of memory, what nobody has collected yet and what sends it included.
func TestLayerMemory(t *testing.T) {
	switch {
	case testing.Short():
		t.Skip("this reads 512 MB: it needs a run without -short")
	case raced:
		t.Skip("this reads 512 MB and measures memory: it needs a run without -race")
	}
	const limit = 100 << 20
	l := newLarge(t)
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	r := &road{to: server.Listener.Addr().String(), hosts: []string{"registry.example"}}
	s := shelf(r)
	files, err := s.Files(t.Context(), image("registry.example/o/r:2.11.6"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%+v, %v", files, err)
	}
	tr := trace.New(commit(t), trace.Options{Form: checks.FormImage, Project: "harbour", Version: "2.11.6", Source: "srv/app"})
	runtime.GC() // of what the test itself needed until here
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	peak, times, began := uint64(0), 0, time.Now()
	measure := func() {
		metrics.Read(heap)
		peak, times = max(peak, heap[0].Value.Uint64()+heap[1].Value.Uint64()), times+1
	}
	got, err := s.Read(t.Context(), files[0], tr.Visit, func(int64) { measure() })
	if err != nil {
		t.Fatal(err)
	}
	report := tr.Report(nil)
	measure()
	if got.Size != l.size || got.Size < 512e6 || report.Same.Files != ours || report.Extra.Files != extra || report.Outside.Files != others {
		t.Errorf("of %d bytes: %s", got.Size, report.Words())
	}
	if peak > limit || times < 1000 {
		t.Errorf("%d MB were in use, more than %d; looked at %d times", peak>>20, limit>>20, times)
	}
	t.Logf("%d MB received and traced in %.1f s; at most %d MB of heap in use, looked at %d times", got.Size/1e6, time.Since(began).Seconds(), peak>>20, times)
	runtime.KeepAlive(tr)
}
