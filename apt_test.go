package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"twokey/release"
	"twokey/release/rehearsal"
)

// aptHost is where the plan of TestReleaseIntoReprepro has its repository.
const aptHost = "apt.harbour.example"

// mirrored is a real apt repository in the place of a rehearsal's: whatever CI has
// published in the world, reprepro puts into its suite. Everything else is the world's.
type mirrored struct {
	t          *testing.T
	world      http.RoundTripper
	base, home string
	files      http.Handler

	mu sync.Mutex // reprepro works alone
	// meant are the packages as CI has built them, by their names, and here those that are
	// in the suite.
	meant, here map[string][]byte
}

// reprepro makes an empty repository with a key of its own in the place of a world's.
func reprepro(t *testing.T, w *rehearsal.World, meant map[string][]byte) *mirrored {
	t.Helper()
	for _, name := range []string{"reprepro", "gpg", "gpgconf"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("needs the Debian packages reprepro and gpg")
		}
	}
	home, err := os.MkdirTemp("", "gpg") // the path of gpg's socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	m := &mirrored{t: t, world: w.Transport(), base: t.TempDir(), home: home, meant: meant, here: map[string][]byte{}}
	m.files = http.StripPrefix("/debian/", http.FileServer(http.Dir(m.base)))
	t.Cleanup(func() {
		_, _ = m.run("gpgconf", "--kill", "all") // the agent of this home alone
		os.RemoveAll(home)
	})
	if err := os.Mkdir(filepath.Join(m.base, "conf"), 0o700); err != nil {
		t.Fatal(err)
	}
	// Nothing expires here: the world's time is not the machine's.
	conf := "Suite: stable\nCodename: stable\nComponents: main\nArchitectures: amd64 arm64\nSignWith: archive@example.org\n"
	if err := os.WriteFile(filepath.Join(m.base, "conf", "distributions"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.run("gpg", "--faked-system-time", "20250101T000000!", "--batch", "--passphrase", "", "--quick-generate-key", "Archive <archive@example.org>", "ed25519", "sign", "never"); err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs a program of Debian's to its end.
func (m *mirrored) run(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+m.home, "LC_ALL=C")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = errors.New(name + ": " + string(exit.Stderr))
	}
	return out, err
}

// serve is the world with the real repository in it.
func (m *mirrored) serve() string {
	rest := &httputil.ReverseProxy{Transport: m.world, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", r.In.Host, r.In.Host
	}}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		var err error
		switch {
		case req.Host == aptHost && strings.HasPrefix(req.URL.Path, "/debian/"):
			if err = m.sync(); err == nil {
				m.files.ServeHTTP(rw, req)
			}
		case req.URL.Path == "/archive-key":
			var key []byte
			if key, err = m.run("gpg", "--export", "--armor", "archive@example.org"); err == nil {
				err = json.NewEncoder(rw).Encode(string(key))
			}
		default:
			m.mu.Unlock()
			rest.ServeHTTP(rw, req)
			m.mu.Lock()
		}
		if err != nil {
			m.t.Error(err)
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	}))
	m.t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// get reads a file of the world's own repository; nil where there is none.
func (m *mirrored) get(file string) ([]byte, error) {
	req := httptest.NewRequest(http.MethodGet, "https://"+aptHost+"/debian/"+file, nil)
	resp, err := m.world.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// sync adds what the world has published since, as it was built, and then lets what was
// overwritten there be overwritten here.
func (m *mirrored) sync() error {
	for _, arch := range []string{"amd64", "arm64"} {
		index, err := m.get("dists/stable/main/binary-" + arch + "/Packages")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(index)) {
			file, ok := strings.CutPrefix(strings.TrimSpace(line), "Filename: ")
			if !ok || m.here[file] != nil {
				continue
			}
			if err := m.add(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// add puts one package into the suite.
func (m *mirrored) add(file string) error {
	stands, err := m.get(file)
	if err != nil {
		return err
	}
	name := filepath.Base(file)
	incoming := filepath.Join(m.t.TempDir(), name)
	built := stands
	if meant := m.meant[name]; meant != nil {
		built = meant
	}
	if err := os.WriteFile(incoming, built, 0o600); err != nil {
		return err
	}
	if _, err := m.run("reprepro", "--silent", "-S", "utils", "-P", "optional", "--basedir", m.base, "includedeb", "stable", incoming); err != nil {
		return err
	}
	m.here[file] = stands
	if bytes.Equal(built, stands) {
		return nil
	}
	return os.WriteFile(filepath.Join(m.base, filepath.FromSlash(file)), stands, 0o600)
}

// proof is what a release found out about what it published, in short and in order.
func proof(t *testing.T, out string) []string {
	t.Helper()
	var told []string
	for line := range strings.Lines(out) {
		var e release.Stamped
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		switch e := e.Event.(type) {
		case release.ArtifactsChecked:
			told = append(told, strings.Join([]string{e.Stage, e.Finding.ID, string(e.Finding.Outcome), e.Finding.Summary.String()}, " "))
		case release.ArtifactTraced:
			for _, f := range e.Files {
				told = append(told, strings.Join([]string{e.Stage, f.Name.String(), f.Digest, f.Words.String(), f.Why.String()}, " "))
			}
		}
	}
	return told
}

// A real apt repository gets the verdicts that the rehearsed one gets: of what CI put
// there, and of what somebody has overwritten there since.
func TestReleaseIntoReprepro(t *testing.T) {
	needsTime(t)
	archive, err := os.ReadFile(filepath.Join("ui", "cli", "testdata", "script", "apt.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	_, plan, _ := strings.Cut(string(archive), "-- plan.yml --\n")
	plan, _, _ = strings.Cut(plan, "-- bad.yml --\n")
	// reprepro signs at the machine's time, which must not be to come in the worlds.
	start := time.Now().UTC().Truncate(time.Second).Add(time.Hour)
	meant := map[string][]byte{}
	for _, tt := range []struct {
		scenario string
		blocks   string
	}{{"clean", ""}, {"overwritten-deb", "deb art.digest fail harbour_2.11.6-1_amd64.deb: sha256 is "}} {
		t.Run(tt.scenario, func(t *testing.T) {
			run := func(addr string) []string {
				out, err := twokey(t, "rehearse", "--connect", addr, "release", "2.11.6", "--yes", "--json")
				if (err == nil) != (tt.blocks == "") || err != nil && release.KindOf(err) != release.KindFailed {
					t.Errorf("it ends with %v", err)
				}
				return proof(t, out)
			}
			o := rehearsal.Options{Speed: 200, PlanFile: []byte(plan), Scenario: tt.scenario, Start: start}
			_, addr := world(t, o)
			want := run(addr)
			w, _ := world(t, o)
			m := reprepro(t, w, meant)
			got := run(m.serve())
			if !slices.Equal(got, want) {
				t.Errorf("with reprepro:\n%s\nrehearsed:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			all := strings.Join(got, "\n")
			if !strings.Contains(all, tt.blocks) || !strings.Contains(all, "deb art.extras") || strings.Contains(all, " fail ") != (tt.blocks != "") {
				t.Errorf("it finds\n%s", all)
			}
			if len(m.here) < 4 { // of this release and the one before, for two architectures
				t.Errorf("%d packages went through reprepro", len(m.here))
			}
			for name, content := range m.here {
				if tt.blocks == "" {
					meant[filepath.Base(name)] = content
				}
			}
		})
	}
}
