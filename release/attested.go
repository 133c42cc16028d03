package release

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/trace/attest"
)

// attestable are the digests that a file may be attested by: first that of the index that
// an image is listed in, for that is what workflows attest.
func attestable(f File, facts checks.PublishedFile) []string {
	var out []string
	for _, d := range append([]checks.Said{{By: checks.Downloaded(), Digest: f.Index}}, facts.Digests...) {
		if d.By == checks.Downloaded() && strings.HasPrefix(d.Digest, "sha256:") && !slices.Contains(out, d.Digest) {
			out = append(out, d.Digest)
		}
	}
	return out
}

// attestations reads what is attested of a file, by its repository and by its place, and
// verifies it.
func (in *inspection) attestations(ctx context.Context, st Stage, f File, facts checks.PublishedFile, policy checks.AttestationPolicy) checks.Got[[]checks.Attestation] {
	digests := attestable(f, facts)
	if len(digests) == 0 {
		return checks.Lack[[]checks.Attestation](checks.Missing{Next: checks.TryAgain})
	}
	root, err := in.root()
	if err != nil {
		return checks.Lack[[]checks.Attestation](in.missing(err))
	}
	r := reading{all: []checks.Attestation{}}
	for _, digest := range digests {
		bundles, err := in.e.ports.Commits.Attestations(ctx, st.Repo, digest)
		r.take(bundles, err, []string{digest}, root)
		if policy.Met(r.all) { // no other could fit better, and each digest takes a request
			break
		}
	}
	bundles, err := in.e.ports.Artifacts.Bundles(ctx, f)
	r.take(bundles, err, digests, root)
	if r.blind == nil {
		return checks.Have(r.all)
	}
	missing := in.missing(r.blind)
	if !policy.Met(r.all) {
		return checks.Lack[[]checks.Attestation](missing)
	}
	return checks.Have(append(r.all, unreadAttestation(r.blind))) // nothing there could speak against it
}

// reading is what was read so far of what is attested of a file.
type reading struct {
	all   []checks.Attestation
	blind error // why one of the places does not tell what it has
}

// take takes in what one place has, which may be about any of some digests. What is there
// and can not be read is told as that: it is not absent, and says nothing of the others.
func (r *reading) take(bundles [][]byte, err error, digests []string, root *attest.Root) {
	for _, b := range bundles {
		a, err := readAny(b, digests, root)
		if err != nil {
			a = unreadAttestation(err)
		}
		r.all = append(r.all, a)
	}
	if unread, some := errors.AsType[Unread](err); some {
		for _, err := range unread {
			r.all = append(r.all, unreadAttestation(err))
		}
	} else {
		r.blind = cmp.Or(r.blind, err)
	}
}

// readAny reads a bundle that may be about any of some digests: an image's, or that of the
// index that it is listed in.
func readAny(bundle []byte, digests []string, root *attest.Root) (checks.Attestation, error) {
	var first checks.Attestation
	for i, digest := range digests {
		a, err := attest.Read(bundle, strings.TrimPrefix(digest, "sha256:"), root)
		if err != nil || a.Standing == checks.AttestationVerified {
			return a, err
		}
		if i == 0 {
			first = a
		}
	}
	return first, nil
}

// root is what attestations are verified against.
func (in *inspection) root() (*attest.Root, error) {
	if in.trusted != nil {
		return in.trusted, nil
	}
	get := in.e.ports.Root
	if get == nil {
		get = attest.Embedded
	}
	var err error
	in.trusted, err = get()
	return in.trusted, err
}

// policy is what an attestation of an artifact has to say: that a workflow of the stage,
// or one that it calls, made it in a run of the released commit.
func (in *inspection) policy(ctx context.Context, st Stage, a Artifact) checks.AttestationPolicy {
	p := checks.AttestationPolicy{Repository: st.Repo.String(), Commit: st.SHA, Workflows: workflowPaths(st.Workflows),
		Predicates: []string{checks.PredicateProvenance, checks.PredicatePublish}}
	switch {
	case st.Tag != "":
		p.Refs = []string{"refs/tags/" + st.Tag}
	case st.Branch != "":
		p.Refs = []string{"refs/heads/" + st.Branch}
	}
	calls, known := in.calls[st.Name]
	if !known {
		calls = in.called(ctx, st)
		in.calls[st.Name] = calls
	}
	p.Called = calls
	return p
}

// callsWorkflow is where a workflow calls another.
var callsWorkflow = regexp.MustCompile(`(?m)^\s*(?:-\s+)?uses:\s*["']?((?:\./|[\w.-]+/[\w.-]+/)\.github/workflows/[^\s"'#]+)`)

// called are the reusable workflows that a stage's workflows call, and those of its
// repository that these call. That they can not be read lets none sign: that is the
// safe side.
func (in *inspection) called(ctx context.Context, st Stage) []string {
	if LookOf(ctx) == nil { // in a look, files come together
		ctx = NewLook(in.e.ports.Clock.Now()).With(ctx)
	}
	var out []string
	for todo := workflowPaths(st.Workflows); len(todo) > 0; {
		files, err := in.e.ports.Forge.Files(ctx, st.Repo, st.SHA, todo)
		if err != nil {
			in.e.note("stage %s: which workflows its own call can not be told: %v", st.Name, err)
			return nil
		}
		var next []string
		for _, p := range todo {
			for _, m := range callsWorkflow.FindAllSubmatch(files[p], 100) {
				uses := string(m[1])
				if slices.Contains(out, uses) || len(out) == maxCalled {
					continue
				}
				out = append(out, uses)
				if own, ok := strings.CutPrefix(uses, "./"); ok {
					next = append(next, own)
				}
			}
		}
		todo = next
	}
	return out
}

// maxCalled bounds how many workflows those of a stage may call.
const maxCalled = 100

// workflowPaths are where workflow files are in their repository.
func workflowPaths(files []string) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = ".github/workflows/" + f
	}
	return out
}
