package registry

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

// aptArtifact is the package that newRepository has, as a plan names it.
func aptArtifact() release.Artifact {
	return release.Artifact{Kind: release.KindApt, Name: aptAt, Version: "1.2.3", Repo: release.Repo{Owner: "o", Name: "r"},
		Apt: release.AptSuite{Suite: "stable", Component: "main", Package: "harbour", Key: "keys/archive.asc", Commit: "c0ffee"}}
}

// aptWorld has a repository, whose key is at one path of one commit.
func aptWorld(t *testing.T, r *repository) *world {
	answers := r.answers(t)
	for _, file := range []string{"InRelease", "Release"} {
		answers["GET "+aptAt+"/dists/testing/"+file] = []answer{{status: 404}}
	}
	w := newWorld(t, answers)
	w.Shelf.o.Key = func(_ context.Context, repo release.Repo, commit, path string) ([]byte, error) {
		if repo.String() != "o/r" || commit != "c0ffee" || path != "keys/archive.asc" {
			return nil, release.ErrNotFound
		}
		return publicKey(t, r.key), nil
	}
	return w
}

func TestAptArtifact(t *testing.T) {
	r := newRepository(t)
	w := aptWorld(t, r)
	p, err := w.Look(context.Background(), aptArtifact())
	if err != nil || !p.Exists || p.Mutable || p.Digest != "sha256:"+sha("deb 1.2.3-1 amd64") || !p.Updated.Equal(now.Add(-2*time.Hour)) || p.URL.String() != aptAt {
		t.Errorf("%+v, %v", p, err)
	}
	files, err := w.Files(context.Background(), aptArtifact())
	if err != nil || len(files) != 2 || files[0].Artifact != aptArtifact() || files[1].Name != "harbour_1.2.3-1_arm64.deb" {
		t.Errorf("%+v, %v", files, err)
	}
}

// What is not there is an answer, and what nobody can vouch for is none.
func TestAptArtifactIsNot(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*release.Artifact, *world)
		until  string // the indexes hold
		want   string // empty: it is not there
		hint   string
	}{
		{"another version", func(a *release.Artifact, _ *world) { a.Version = "1.2.4" }, "", "", ""},
		{"another suite", func(a *release.Artifact, _ *world) { a.Apt.Suite = "testing" }, "", "", ""},
		{"expired", func(*release.Artifact, *world) {}, "Fri, 14", "the indexes of stable held until 2026-08-14 11:00:00, and apt takes nothing from them since", "sign the repository's indexes anew"},
		{"no key in the commit", func(a *release.Artifact, _ *world) { a.Apt.Key = "other.asc" }, "", "the key other.asc of the plan: not found", "put the public key that signs the repository into o/r"},
		{"nobody reads keys", func(_ *release.Artifact, w *world) { w.Shelf.o.Key = nil }, "", "nothing here can read the keys", ""},
		{"another key", func(_ *release.Artifact, w *world) {
			w.Shelf.o.Archive = func(context.Context) ([]byte, error) { return publicKey(t, keyAt(t, now.AddDate(-1, 0, 0))), nil }
		}, "", "the signature of dists/stable/InRelease: it was made by ", ""},
		{"the world's key is not told", func(_ *release.Artifact, w *world) {
			w.Shelf.o.Archive = func(context.Context) ([]byte, error) { return nil, errors.New("nobody answers") }
		}, "", "nobody answers", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepository(t)
			if tt.until != "" {
				r.head = strings.Replace(r.head, "Valid-Until: Fri, 21", "Valid-Until: "+tt.until, 1)
			}
			w, a := aptWorld(t, r), aptArtifact()
			tt.change(&a, w)
			p, err := w.Look(context.Background(), a)
			files, listed := w.Files(context.Background(), a)
			if p.Exists || len(files) > 0 {
				t.Errorf("it is there: %+v, %v", p, files)
			}
			for _, err := range []error{err, listed} {
				if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || tt.hint != "" && !strings.Contains(release.HintOf(err), tt.hint) {
					t.Errorf("%v, hint %q, want %q", err, release.HintOf(err), tt.want)
				}
			}
		})
	}
}
