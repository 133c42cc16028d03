package release

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/trace/attest"
)

// attestations reads what is attested of a file, by its repository and by its place, and
// verifies it.
func (in *inspection) attestations(ctx context.Context, st Stage, f File, facts checks.PublishedFile) checks.Got[[]checks.Attestation] {
	digests := []string{}
	for _, d := range append(slices.Clone(facts.Digests), checks.Said{By: checks.Downloaded(), Digest: f.Index}) {
		if d.By == checks.Downloaded() && strings.HasPrefix(d.Digest, "sha256:") && !slices.Contains(digests, d.Digest) {
			digests = append(digests, d.Digest)
		}
	}
	if len(digests) == 0 {
		return checks.Lack[[]checks.Attestation](checks.Missing{Next: checks.TryAgain})
	}
	root, err := in.root()
	if err != nil {
		return checks.Lack[[]checks.Attestation](in.missing(err))
	}
	out := []checks.Attestation{}
	read := func(bundle []byte, digest string) error {
		a, err := attest.Read(bundle, strings.TrimPrefix(digest, "sha256:"), root)
		if err == nil {
			out = append(out, a)
		}
		return err
	}
	for _, digest := range digests {
		bundles, err := in.e.ports.Commits.Attestations(ctx, st.Repo, digest)
		for i := 0; i < len(bundles) && err == nil; i++ {
			err = read(bundles[i], digest)
		}
		if err != nil {
			return checks.Lack[[]checks.Attestation](in.missing(err))
		}
	}
	bundles, err := in.e.ports.Artifacts.Bundles(ctx, f)
	for i := 0; i < len(bundles) && err == nil; i++ {
		var a checks.Attestation
		if a, err = readAny(bundles[i], digests, root); err == nil {
			out = append(out, a)
		}
	}
	if err != nil {
		return checks.Lack[[]checks.Attestation](in.missing(err))
	}
	return checks.Have(out)
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
	p := checks.AttestationPolicy{Repository: st.Repo.String(), Commit: st.SHA, Predicates: []string{checks.PredicateProvenance, checks.PredicatePublish}}
	for _, w := range st.Workflows {
		p.Workflows = append(p.Workflows, ".github/workflows/"+w)
	}
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
	files, err := in.e.ports.Forge.Workflows(ctx, st.Repo, st.SHA)
	if err != nil {
		in.e.note("stage %s: which workflows its own call can not be told: %v", st.Name, err)
		return nil
	}
	var out []string
	todo := slices.Clone(st.Workflows)
	for len(todo) > 0 && len(out) < 100 {
		i := slices.IndexFunc(files, func(f WorkflowFile) bool { return f.File == todo[0] })
		todo = todo[1:]
		if i < 0 {
			continue
		}
		for _, m := range callsWorkflow.FindAllSubmatch(files[i].Content, 100) {
			uses := string(m[1])
			if slices.Contains(out, uses) {
				continue
			}
			out = append(out, uses)
			if own, ok := strings.CutPrefix(uses, "./.github/workflows/"); ok {
				todo = append(todo, own)
			}
		}
	}
	return out
}
