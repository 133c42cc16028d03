package registry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

// reprepro is a real repository, made by the program that many projects make theirs with.
type reprepro struct {
	t          *testing.T
	base, home string
}

// newReprepro makes an empty repository with a key of its own.
func newReprepro(t *testing.T) *reprepro {
	t.Helper()
	for _, name := range []string{"reprepro", "gpg", "gpgconf"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("needs the Debian packages reprepro and gpg")
		}
	}
	// The path of gpg's socket has to be short.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	r := &reprepro{t: t, base: t.TempDir(), home: home}
	t.Cleanup(func() {
		r.run("gpgconf", "--kill", "all") // the agent of this home alone
		os.RemoveAll(home)
	})
	r.run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "Archive <archive@example.org>", "ed25519", "sign", "1y")
	r.write("conf/distributions", `Suite: stable
Codename: quay
Components: main
Architectures: amd64 arm64
ValidFor: 7d
SignWith: archive@example.org
`)
	return r
}

// run runs a program to its end.
func (r *reprepro) run(name string, args ...string) []byte {
	r.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+r.home, "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("%s %q: %v\n%s", name, args, err, stderr.Bytes())
	}
	return out
}

func (r *reprepro) write(file, content string) string {
	r.t.Helper()
	file = filepath.Join(r.base, file)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return file
}

// add builds a .deb and puts it into the suite.
func (r *reprepro) add(version, architecture string) string {
	r.t.Helper()
	control := fmt.Sprintf("Package: harbour\nVersion: %s\nArchitecture: %s\nMaintainer: Mara <mara@example.org>\n"+
		"Section: utils\nPriority: optional\nDescription: a harbour\n with a quay\n", version, architecture)
	content := "!<arch>\n" + arMember("debian-binary", "2.0\n") + arMember("control.tar.gz", packedTar(r.t, "./control", control)) +
		arMember("data.tar.gz", packedTar(r.t, "./usr/lib/harbour/quay", version))
	r.run("reprepro", "--silent", "--basedir", r.base, "includedeb", "quay", r.write(fmt.Sprintf("incoming/%s_%s.deb", version, architecture), content))
	return content
}

// arMember is one member of an ar archive.
func arMember(name, content string) string {
	return fmt.Sprintf("%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, 0, 0, 0, "100644", len(content)) + content + strings.Repeat("\n", len(content)%2)
}

// packedTar is a packed tar of one file.
func packedTar(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(content))
	w.Close()
	z.Close()
	return b.String()
}

// A real repository says the same to twokey as to apt, and what is changed in it is told.
func TestReprepro(t *testing.T) {
	r := newReprepro(t)
	r.add("1.2.2-1", "arm64")
	amd, arm := r.add("1:1.2.3-1~deb12", "amd64"), r.add("1.2.3-1", "arm64")
	r.add("1.2.4~rc1-1", "amd64") // which takes the other's place: reprepro keeps one
	amd = r.add("1:1.2.3-2~deb12", "amd64")
	server := httptest.NewServer(http.FileServer(http.Dir(r.base)))
	defer server.Close()
	s := New(Options{UserAgent: "twokey/test", Seed: 1})
	asked := Apt{Root: server.URL, Suite: "stable", Package: "harbour", Version: "1.2.3", Key: r.run("gpg", "--export", "--armor", "archive@example.org")}

	if _, _, err := s.aptFiles(context.Background(), asked, time.Now()); err == nil || release.KindOf(err) != release.KindUsage {
		t.Fatalf("asked without encryption: %v", err)
	}
	s.plainLoopback = true
	// The directory is the codename's; the suite's name is a link, which reprepro makes.
	r.run("reprepro", "--silent", "--basedir", r.base, "createsymlinks")
	at := time.Now()
	for _, suite := range []string{"stable", "quay"} {
		asked.Suite = suite
		files, standing, err := s.aptFiles(context.Background(), asked, at)
		if err != nil {
			t.Fatal(err, release.HintOf(err))
		}
		if len(files) != 2 || len(standing.Signers) != 1 || standing.Expired || standing.ValidUntil.Sub(standing.Date) != 7*24*time.Hour {
			t.Fatalf("%v, %+v", told(files, standing), standing)
		}
		for i, content := range []string{amd, arm} {
			if f := files[i]; f.Size != int64(len(content)) || f.Digests[0].Digest != "sha256:"+sha(content) {
				t.Errorf("%+v", f)
			}
		}
		if !strings.Contains(string(r.run("gpg", "--list-keys", "--with-colons")), ":"+standing.Signers[0].Fingerprint+":") {
			t.Errorf("signed by %+v", standing.Signers)
		}
	}
	r.lies(s, asked)
}

// lies changes the repository, and looks again.
func (r *reprepro) lies(s *Shelf, asked Apt) {
	t := r.t
	look := func(now time.Time) (string, error) {
		files, standing, err := s.aptFiles(context.Background(), asked, now)
		return told(files, standing), err
	}
	if got, err := look(time.Now().AddDate(0, 0, 8)); err != nil || !strings.HasSuffix(got, "; expired") {
		t.Errorf("a week later: %s, %v", got, err)
	}
	if got, err := look(time.Now().AddDate(2, 0, 0)); err == nil || !strings.Contains(err.Error(), "has expired") || got != "" {
		t.Errorf("years later: %s, %v", got, err)
	}
	absent := asked
	absent.Suite = "testing"
	if files, standing, err := s.aptFiles(context.Background(), absent, time.Now()); err != nil || told(files, standing) != "there is no suite testing" {
		t.Errorf("%v, %v", told(files, standing), err)
	}
	change := func(file, old, by, want string) {
		t.Helper()
		full := filepath.Join(r.base, file)
		was, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(was), old) {
			t.Fatalf("%s does not hold %q", file, old)
		}
		r.write(file, strings.Replace(string(was), old, by, 1))
		if got, err := look(time.Now()); err == nil || !strings.Contains(err.Error(), want) || got != "" {
			t.Errorf("%s with %q: %s, %v, want %s", file, by, got, err, want)
		}
		r.write(file, string(was))
	}
	change("dists/quay/InRelease", "arm64", "amd64", "the signature of dists/quay/InRelease: that of ")
	change("dists/quay/InRelease", "-----BEGIN PGP SIGNED", "Suite: x\n-----BEGIN PGP SIGNED", "something stands before that")
	change("dists/quay/main/binary-arm64/Packages.gz", "\x1f", "\x1e", "the index main/binary-arm64/Packages.gz: its SHA256 is ")
	// Without InRelease there are still the two files.
	if err := os.Remove(filepath.Join(r.base, "dists/quay/InRelease")); err != nil {
		t.Fatal(err)
	}
	if got, err := look(time.Now()); err != nil || !strings.HasPrefix(got, "harbour_1.2.3-2~deb12_amd64.deb; harbour_1.2.3-1_arm64.deb") {
		t.Errorf("as two files: %s, %v", got, err)
	}
	change("dists/quay/Release", "arm64", "amd64", "the signature of dists/quay/Release: that of ")
}
