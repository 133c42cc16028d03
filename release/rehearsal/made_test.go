package rehearsal

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"

	"twokey/checks"
	"twokey/checks/trace/attest"
)

// made is everything that a rehearsal of a scenario has published, by URL: what stands
// there is unpacked as far as it is an archive.
func made(t *testing.T, scenario string) map[string]string {
	t.Helper()
	w := sampleWorld(t, scenario)
	releaseAll(t, w)
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]string{}
	for _, p := range w.publications(w.clock.Now()) {
		switch p.Artifact.Kind {
		case "image":
			img, err := w.imageOf(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, digest := range sortedKeys(img.blobs) {
				blob := img.blobs[digest]
				if files := gunzipTar(blob); files != nil {
					for name, content := range files {
						if strings.HasPrefix(name, "srv/") { // others are in several layers
							out[p.Artifact.Name+" "+name] = content
						}
					}
				} else {
					out[p.Artifact.Name+" "+digest] = string(blob)
				}
			}
		case "pypi", "deb":
			all, err := w.subjectsOf(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range all {
				files := w.market.archives[p.key()]
				i := slices.IndexFunc(files, func(f standFile) bool { return f.Name == s.name })
				out[p.At.Format("0102 ")+p.Artifact.String()+" "+s.name] = string(files[i].Content)
			}
		}
	}
	return out
}

// gunzipTar reads a tar.gz; nil for what is none.
func gunzipTar(content []byte) map[string]string {
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			return out
		}
		b, _ := io.ReadAll(r)
		out[h.Name] = string(b)
	}
}

// TestTaintsChangeWhatTheySay holds that a scenario changes the publications that it is
// about, and not one byte of any other.
func TestTaintsChangeWhatTheySay(t *testing.T) {
	if testing.Short() {
		t.Skip("makes nine worlds: left out with -short")
	}
	clean := made(t, "clean")
	if again := made(t, "clean"); !maps.Equal(clean, again) {
		t.Fatal("the same world publishes other bytes")
	}
	for scenario, about := range map[string]func(name string) bool{
		"xz":              func(n string) bool { return strings.HasSuffix(n, "harbour-2.11.6.tar.gz") },
		"swapped-wheel":   func(n string) bool { return strings.HasSuffix(n, "harbour-2.11.6-py3-none-any.whl") },
		"wrong-commit":    func(n string) bool { return strings.Contains(n, "pypi harbour 2.11.6 ") },
		"overwritten-deb": func(n string) bool { return strings.Contains(n, "python-harbour_2.11-") },
		"image-second-hop": func(n string) bool {
			return strings.HasPrefix(n, "docker.io/harbour/harbour-base:2.11 ") || strings.HasPrefix(n, "docker.io/harbour/harbour-base:2.11.6")
		},
		"swapped-image": func(n string) bool {
			return strings.HasPrefix(n, "docker.io/harbour/harbour-base:2.11 ") || strings.HasPrefix(n, "docker.io/harbour/harbour-base:2.11.6")
		},
		"unsigned":     func(string) bool { return false },
		"wrong-signer": func(string) bool { return false },
	} {
		t.Run(scenario, func(t *testing.T) {
			changed := 0
			got := made(t, scenario)
			for name := range got {
				_, there := clean[name]
				if (!there || clean[name] != got[name]) && !about(name) {
					t.Errorf("%s is another", name)
				}
				if clean[name] != got[name] {
					changed++
				}
			}
			if wanted := scenario != "unsigned" && scenario != "wrong-signer"; (changed > 0) != wanted {
				t.Errorf("%d publications are others", changed)
			}
		})
	}
}

// TestDistributionsHoldTheCommit reads a source distribution and a wheel with the
// standard tools, and holds them against the tree.
func TestDistributionsHoldTheCommit(t *testing.T) {
	w := sampleWorld(t, "clean")
	releaseAll(t, w)
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.publications(w.clock.Now())
	i := slices.IndexFunc(all, func(p publication) bool { return p.Artifact.String() == "pypi harbour 2.11.6" })
	files, err := w.distributions(all[i])
	if err != nil {
		t.Fatal(err)
	}
	tree, err := w.repos[0].git.tree(plumbing.NewHash(all[i].SHA))
	if err != nil {
		t.Fatal(err)
	}
	source := gunzipTar(files[1].Content)
	n := 0
	if err := tree.Files().ForEach(func(f *gitobj.File) error {
		n++
		content, err := f.Contents()
		if got := source["harbour-2.11.6/"+f.Name]; got != content {
			t.Errorf("%s is %.40q, and %.40q in the commit", f.Name, got, content)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	added := 0
	for name := range source {
		if !strings.HasSuffix(name, "/") {
			added++
		}
	}
	if added-n != 6 { // PKG-INFO, setup.cfg and four of the egg-info
		t.Errorf("%d files are in it beside those of the commit", added-n)
	}
	z, err := zip.NewReader(bytes.NewReader(files[0].Content), int64(len(files[0].Content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Flags&8 != 0 {
			t.Errorf("%s has its size behind it", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil { // which holds it against its sum
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// TestAttestationsVerify holds that what the world attests verifies against its root, and
// says what it should.
func TestAttestationsVerify(t *testing.T) {
	w := sampleWorld(t, "clean")
	releaseAll(t, w)
	root, err := w.Root()
	if err != nil {
		t.Fatal(err)
	}
	body := get(t, w, "https://pypi.org/simple/harbour/", "Accept", "application/vnd.pypi.simple.v1+json")
	var index struct {
		Files []struct {
			Filename, URL string
		}
	}
	if err := json.Unmarshal([]byte(body), &index); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range index.Files {
		if !strings.Contains(f.Filename, "2.11.6") {
			continue
		}
		sum := sha256.Sum256([]byte(get(t, w, f.URL)))
		digest := hex.EncodeToString(sum[:])
		provenance := get(t, w, "https://pypi.org/integrity/harbour/2.11.6/"+f.Filename+"/provenance")
		bundles, err := attest.FromPyPI([]byte(provenance))
		if err != nil {
			t.Fatal(err)
		}
		a, err := attest.Read(bundles[0], digest, root)
		if err != nil || a.Standing != checks.AttestationVerified || a.PredicateType.String() != checks.PredicatePublish ||
			a.Caller.Path.String() != ".github/workflows/publish-pypi.yml" || a.SourceRef.String() != "refs/tags/harbour-2.11.6" {
			t.Errorf("%s: %+v, %v", f.Filename, a, err)
		}
		var answer struct {
			Attestations []struct{ Bundle json.RawMessage }
		}
		if err := json.Unmarshal([]byte(get(t, w, "https://api.github.com/repos/harbour/harbour/attestations/sha256:"+digest)), &answer); err != nil || len(answer.Attestations) != 1 {
			t.Fatalf("%d attestations, %v", len(answer.Attestations), err)
		}
		a, err = attest.Read(answer.Attestations[0].Bundle, digest, root)
		if err != nil || a.Standing != checks.AttestationVerified || a.PredicateType.String() != checks.PredicateProvenance {
			t.Errorf("%s: %+v, %v", f.Filename, a, err)
		}
		seen++
	}
	if seen != 2 {
		t.Errorf("%d files", seen)
	}
	if resp, _ := ask(t, w, "GET", "https://api.github.com/repos/harbour/harbour/attestations/sha256:"+strings.Repeat("0", 64), ""); resp.StatusCode != 404 {
		t.Errorf("of a file that nobody attests: %d", resp.StatusCode)
	}
}

// get reads what stands at a URL.
func get(t *testing.T, w *World, url string, header ...string) string {
	t.Helper()
	if strings.Contains(url, "api.github.com") {
		header = append(header, "Authorization", "Bearer "+w.Token())
	}
	resp, body := ask(t, w, "GET", url, "", header...)
	if resp.StatusCode != 200 {
		t.Fatalf("%s: %d %s", url, resp.StatusCode, body)
	}
	return body
}
