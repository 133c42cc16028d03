package rehearsal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/checks/trace/attest"
	"twokey/release"
	"twokey/release/rehearsal/ca"
)

var (
	// attestStep is in a workflow that attests on GitHub what it built, and trustedStep in
	// one that publishes on PyPI by trusted publishing, which attests by itself.
	attestStep  = regexp.MustCompile(`uses:\s*["']?actions/attest(?:-build-provenance)?@`)
	trustedStep = regexp.MustCompile(`uses:\s*["']?pypa/gh-action-pypi-publish@`)
	localCall   = regexp.MustCompile(`uses:\s*["']?\./\.github/workflows/([^\s"'#]+)`)
)

// stranger is whose workflow signs what another's should.
const stranger = "someone-else/harbour"

// signing is who signs a publication: a job of a run.
type signing struct {
	workflow ca.Workflow
	called   *ca.Workflow
	run      int64
	event    string
}

// authority is the CA of this world.
func (w *World) authority() (*ca.CA, error) {
	if w.market.ca == nil {
		made, err := ca.New(w.options.Seed, w.options.Start)
		if err != nil {
			return nil, err
		}
		w.market.ca = made
	}
	return w.market.ca, nil
}

// Root is what this world's attestations are verified against.
func (w *World) Root() (*attest.Root, error) {
	raw, err := w.trustedRoot()
	if err != nil {
		return nil, err
	}
	return attest.RootFromJSON(raw, w.options.Start)
}

func (w *World) trustedRoot() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.authority()
	if err != nil {
		return nil, err
	}
	return c.TrustedRoot()
}

// Root is what the served world's attestations are verified against.
func (r *Remote) Root() (*attest.Root, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	raw, err := askWorld[json.RawMessage](ctx, r.transport, http.MethodGet, "/root", nil)
	if err != nil {
		return nil, err
	}
	return attest.RootFromJSON(raw, r.info.Now)
}

// signer finds the workflow of a publication's stage that has a step, itself or in one of
// its repository that it calls; nil where none has, or it is not known any more.
func (w *World) signer(p publication, step *regexp.Regexp) *signing {
	owner, name, _ := strings.Cut(p.Repo, "/")
	r := w.repo(owner, name)
	if r == nil {
		return nil
	}
	files := slices.Clone(p.workflows)
	slices.SortStableFunc(files, func(a, b string) int { return fit(b, p.Artifact.Name) - fit(a, p.Artifact.Name) })
	for _, file := range files {
		at, ref, run, event := p.ranAt(file)
		if at == "" {
			continue
		}
		read := func(file string) []byte {
			content, err := r.git.read(plumbing.NewHash(at), ".github/workflows/"+file)
			if err != nil {
				return nil
			}
			return content
		}
		workflow := func(file string) ca.Workflow {
			return ca.Workflow{Repository: p.Repo, Path: ".github/workflows/" + file, Ref: ref, Commit: at}
		}
		content := read(file)
		if step.Match(content) {
			return &signing{workflow: workflow(file), run: run, event: event}
		}
		for _, m := range localCall.FindAllSubmatch(content, -1) {
			if step.Match(read(string(m[1]))) {
				called := workflow(string(m[1]))
				return &signing{workflow: workflow(file), called: &called, run: run, event: event}
			}
		}
	}
	return nil
}

// ranAt is the commit and ref of a publication's run of a workflow; no commit where there
// was none, or it is too long ago.
func (p publication) ranAt(workflow string) (sha, ref string, run int64, event string) {
	for _, r := range p.runs {
		if r.Workflow == workflow {
			if r.Event == "workflow_dispatch" {
				return r.SHA, "refs/heads/" + r.Branch, r.ID, r.Event
			}
			return r.SHA, "refs/tags/" + r.Branch, r.ID, r.Event
		}
	}
	if p.past && p.tag != "" {
		return p.SHA, "refs/tags/" + p.tag, idOf("run", p.Repo, p.tag, workflow), "push"
	}
	return "", "", 0, ""
}

// attest makes an attestation of a file; nil where nobody signs it.
func (w *World) attest(p publication, name, sum string, step *regexp.Regexp, predicate string) ([]byte, error) {
	key := p.key() + " " + sum + " " + predicate
	if made, ok := w.market.bundles[key]; ok {
		return made, nil
	}
	by := w.signer(p, step)
	if by == nil || w.scenario.taint == taintUnsigned && !p.past {
		return nil, nil
	}
	if w.scenario.taint == taintWrongSigner && !p.past {
		by.workflow.Repository, by.called = stranger, nil
	}
	c, err := w.authority()
	if err != nil {
		return nil, err
	}
	made, err := c.Sign(ca.Claim{Subjects: []ca.Subject{{Name: name, SHA256: sum}}, PredicateType: predicate, Workflow: by.workflow, Called: by.called,
		RepositoryID: idOf("repo", by.workflow.Repository), OwnerID: idOf("user", path.Dir(by.workflow.Repository)), Event: by.event, Run: by.run, At: p.At})
	if err != nil {
		return nil, err
	}
	if w.market.bundles == nil {
		w.market.bundles = map[string][]byte{}
	}
	w.market.bundles[key] = made
	return made, nil
}

// subject is a file that somebody may attest.
type subject struct {
	of        publication
	name, sum string // SHA-256, in hex
}

// subjectsOf are the files of a publication.
func (w *World) subjectsOf(p publication) ([]subject, error) {
	switch p.Artifact.Kind {
	case release.KindImage:
		img, err := w.imageOf(p)
		if err != nil {
			return nil, err
		}
		repo, _, _ := strings.Cut(p.Artifact.Name, ":")
		return []subject{{p, repo, strings.TrimPrefix(img.digest, "sha256:")}}, nil
	case release.KindPyPI, release.KindDeb, release.KindApt:
		pack := w.distributions
		if isDeb(p.Artifact) {
			pack = func(p publication) ([]standFile, error) { return w.archives(p, w.packDeb) }
		}
		made, err := pack(p)
		if err != nil {
			return nil, err
		}
		var out []subject
		for _, f := range made {
			sum := sha256.Sum256(f.Content)
			out = append(out, subject{p, f.Name, hex.EncodeToString(sum[:])})
		}
		return out, nil
	}
	return nil, nil
}

// attestations is what a repository attests of the file with a digest.
func (x *exchange) attestations() (any, error) {
	digest, ok := strings.CutPrefix(x.req.PathValue("digest"), "sha256:")
	if raw, err := hex.DecodeString(digest); !ok || err != nil || len(raw) != sha256.Size {
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Invalid subject digest"}
	}
	found := []fields{}
	for _, p := range x.world.publications(x.now) {
		if p.Repo != x.repo.name.String() {
			continue
		}
		// What was made is attested as it was made, whoever puts something else in its place.
		p.honest = isDeb(p.Artifact) || x.world.scenario.taint == taintSwapped || x.world.scenario.taint == taintSwappedImage
		all, err := x.world.subjectsOf(p)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if s.sum != digest {
				continue
			}
			bundle, err := x.world.attest(p, s.name, s.sum, attestStep, ca.Provenance)
			if err != nil {
				return nil, err
			}
			if bundle != nil {
				found = append(found, fields{"bundle": json.RawMessage(bundle), "repository_id": idOf("repo", x.repo.name), "bundle_url": "", "initiator": "github-actions"})
			}
		}
	}
	if len(found) == 0 {
		return nil, notFound()
	}
	listed, err := list(page(x, found), func(a fields) (any, error) { return a, nil })
	return fields{"attestations": listed}, err
}

// provenance is what PyPI holds of a file by itself: that a workflow uploaded it.
func (w *World) provenance(project, version, file string, all []publication) ([]byte, error) {
	for _, p := range all {
		if p.Artifact.Kind != release.KindPyPI || pyNormal(p.Artifact.Name) != project || p.Artifact.Version != version {
			continue
		}
		files, err := w.subjectsOf(p)
		if err != nil {
			return nil, err
		}
		for _, s := range files {
			byHand := w.scenario.taint == taintSwapped && strings.HasSuffix(file, ".whl") && !p.past
			if s.name != file || byHand {
				continue
			}
			bundle, err := w.attest(p, s.name, s.sum, trustedStep, ca.Publish)
			if err != nil || bundle == nil {
				return nil, err
			}
			by := w.signer(p, trustedStep)
			return ca.PyPI([][]byte{bundle}, by.workflow, "pypi")
		}
	}
	return nil, nil
}

// serveProvenance serves PyPI's attestations of a file (PEP 740).
func (w *World) serveProvenance(rw http.ResponseWriter, req *http.Request, parts []string, all []publication) {
	body, err := w.provenance(pyNormal(parts[1]), parts[2], parts[3], all)
	switch {
	case err != nil:
		http.Error(rw, err.Error(), http.StatusInternalServerError)
	case body == nil:
		http.NotFound(rw, req)
	default:
		rw.Header().Set("Content-Type", "application/vnd.pypi.integrity.v1+json")
		serveContent(rw, req, body, time.Time{})
	}
}
