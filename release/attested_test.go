package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/trace/attest"
	"twokey/release/rehearsal/ca"
)

// notary is where attestations are: a repository's, by digest, and a place's own.
type notary struct {
	*bench
	asked []string
	at    func(digest string) ([][]byte, error)
	own   func() ([][]byte, error)
}

func (n *notary) Attestations(_ context.Context, _ Repo, digest string) ([][]byte, error) {
	n.asked = append(n.asked, digest)
	return n.at(digest)
}

// desk is the place's own side of a notary.
type desk struct {
	shop
	n *notary
}

func (c desk) Bundles(context.Context, File) ([][]byte, error) { return c.n.own() }

// TestAttestationsUnread holds that what is there and can not be read is told as that, and
// speaks against no other; and that a place which does not tell what it has is no place
// without any.
func TestAttestationsUnread(t *testing.T) {
	now := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	signer, err := ca.New(1, now)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signer.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	const hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	sign := func(sum, path string) []byte {
		b, err := signer.Sign(ca.Claim{Subjects: []ca.Subject{{Name: "x.whl", SHA256: sum}}, RepositoryID: 1, OwnerID: 1, Run: 7, At: now,
			Workflow: ca.Workflow{Repository: "o/r", Path: ".github/workflows/" + path, Ref: "refs/tags/v1", Commit: strings.Repeat("a", 40)}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	fits, other := sign(hex, "publish.yml"), sign(hex, "other.yml")
	policy := checks.AttestationPolicy{Repository: "o/r", Commit: strings.Repeat("a", 40), Refs: []string{"refs/tags/v1"},
		Workflows: []string{".github/workflows/publish.yml"}, Predicates: []string{checks.PredicateProvenance}}
	type place = func() ([][]byte, error)
	has := func(bundles ...[]byte) place { return func() ([][]byte, error) { return bundles, nil } }
	fails := func(err error, bundles ...[]byte) place { return func() ([][]byte, error) { return bundles, err } }
	broken := &Error{Op: "read the attestations", Err: errors.New("it broke off")}

	for _, tt := range []struct {
		name    string
		at, own place
		index   string // of the file, whose attestations come first
		want    string
	}{
		{"none", has(), has(), "", "asked 1:"},
		{"one that fits", has(fits), has(), "", "asked 1: verified"},
		{"one that is no bundle", has([]byte(`{"x":1}`)), has(), "", "asked 1: unread"},
		{"one that is no bundle, and one that fits", has([]byte("null"), fits), has(), "", "asked 1: unread verified"},
		{"one that can not be read, and one that fits", fails(Unread{errors.New("gone"), errors.New("too large")}, fits), has(), "", "asked 1: verified unread unread"},
		{"one that can not be read, wrapped", has(fits), fails(&Error{Op: "read", Err: Unread{errors.New("gone")}}), "", "asked 1: verified unread"},
		{"one that can not be read alone", fails(Unread{errors.New("gone")}), has(), "", "asked 1: unread"},
		{"one place that does not tell", fails(broken), has(), "", "asked 1: lack: it broke off"},
		{"one place that does not tell, and one that fits", fails(broken), has(fits), "", "asked 1: verified unread"},
		{"one place that does not tell, and another's", fails(broken), has(other), "", "asked 1: lack: it broke off"},
		{"the place itself does not tell, and one that fits", has(fits), fails(broken), "", "asked 1: verified unread"},
		{"one that fits for the index", has(fits), has(), "sha256:" + hex, "asked 1: verified"},
		{"one of another workflow for the index", has(other), has(), "sha256:" + hex, "asked 2: verified refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := &notary{bench: newBench(t, hubPlan(t)), own: tt.own}
			n.at = func(string) ([][]byte, error) { return tt.at() }
			e := NewEngine(Ports{Forge: n, Clock: n, Stream: NewStream(n), Commits: n, Artifacts: desk{shop{n.bench}, n},
				Root: func() (*attest.Root, error) { return attest.RootFromJSON(raw, now) }})
			said := checks.Said{By: checks.Downloaded(), Digest: "sha256:" + hex}
			if tt.index != "" {
				said.Digest = "sha256:" + strings.Repeat("b", 64)
			}
			f := File{Name: "x.whl", Index: tt.index}
			got := e.inspect(n.plan).attestations(t.Context(), Stage{Repo: Repo{Owner: "o", Name: "r"}}, f, checks.PublishedFile{Digests: []checks.Said{said}}, policy)
			told := fmt.Sprintf("asked %d:", len(n.asked))
			list, ok := got.Get()
			for _, a := range list {
				told += " " + string(a.Standing)
				if a.Standing == checks.AttestationUnread && a.Why.IsZero() {
					t.Error("it does not say why it could not be read")
				}
			}
			if !ok {
				told += " lack: " + strings.TrimPrefix(got.Missing().Why.String(), "read the attestations: ")
			}
			if told != tt.want {
				t.Errorf("%s, want %s", told, tt.want)
			}
		})
	}
}

// A refused token is about the session, whatever else is attested.
func TestAttestationsOfARefusedToken(t *testing.T) {
	for err, ends := range map[error]bool{ErrUnauthorized: true, ErrNoToken: false, ErrForbidden: false} {
		n := &notary{bench: newBench(t, hubPlan(t)), own: func() ([][]byte, error) { return nil, nil }}
		n.at = func(string) ([][]byte, error) { return nil, err }
		e := NewEngine(Ports{Forge: n, Clock: n, Stream: NewStream(n), Commits: n, Artifacts: desk{shop{n.bench}, n}})
		in := e.inspect(n.plan)
		said := checks.Said{By: checks.Downloaded(), Digest: "sha256:" + strings.Repeat("a", 64)}
		got := in.attestations(t.Context(), Stage{}, File{}, checks.PublishedFile{Digests: []checks.Said{said}}, checks.AttestationPolicy{})
		if _, ok := got.Get(); ok || (in.refused != nil) != ends {
			t.Errorf("%v: %v, the session ends with %v", err, got, in.refused)
		}
	}
}
