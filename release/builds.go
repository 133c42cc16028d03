package release

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
)

const (
	// maxKept is how many artifacts of a stage's runs are looked into.
	maxKept = 20
	// maxBuilt bounds a file in them that is looked into as well.
	maxBuilt = 64 << 20
	// maxMembers bounds the files in that.
	maxMembers = 50_000
)

// runs are the runs of a stage that ended well, as GitHub still has them.
func (in *inspection) runs(ctx context.Context, st Stage) ([]Run, error) {
	all, err := in.e.ports.Forge.Runs(ctx, st.Repo, st.SHA)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(r Run) bool {
		tagged := st.Trigger == TriggerDispatch || r.Branch.String() == st.Tag
		return !tagged || !slices.Contains(st.Workflows, r.Workflow) || r.Conclusion != ConclusionSuccess
	}), nil
}

// built reads what the runs of a stage have kept: the files that they made, by their
// names. What GitHub does not have any more, or does not give, is left out, and said;
// unread is why what a run has kept is not even known.
func (in *inspection) built(ctx context.Context, st Stage, runs []Run) (out map[string][]checks.Built, unread error) {
	out = map[string][]checks.Built{}
	looked := 0
	for _, r := range runs {
		kept, err := in.e.ports.Commits.RunArtifacts(ctx, st.Repo, r.ID)
		if err != nil {
			unread = cmp.Or(unread, err)
			in.e.note("stage %s: what %s #%d has kept can not be listed: %v", st.Name, r.Workflow, r.Number, err)
			continue
		}
		for _, a := range kept {
			if looked++; looked > maxKept || a.Expired {
				continue
			}
			found := map[string]checks.Built{}
			_, err := in.e.ports.Commits.ReadRunArtifact(ctx, st.Repo, a, func(m archive.Member, content io.Reader) error {
				if m.Type != archive.File {
					return nil
				}
				b, err := builtFrom(m, content)
				b.By = text.Cleanf("%s of %s #%d", a.Name, r.Workflow, r.Number)
				found[path.Base(m.Path)] = b
				return err
			})
			if err != nil {
				in.e.note("stage %s: what %s #%d has kept as %s can not be looked into: %v", st.Name, r.Workflow, r.Number, a.Name, err)
				continue
			}
			for name, b := range found {
				out[name] = append(out[name], b)
			}
		}
	}
	return out, unread
}

// builtFrom sums up a file that a run made, and what is in it.
func builtFrom(m archive.Member, content io.Reader) (checks.Built, error) {
	whole := sha256.New()
	var held bytes.Buffer
	into := io.MultiWriter(whole, &held)
	if m.Size > maxBuilt {
		into = whole
	}
	if _, err := io.Copy(into, content); err != nil {
		return checks.Built{}, err
	}
	b := checks.Built{Digest: "sha256:" + hex.EncodeToString(whole.Sum(nil))}
	if m.Size <= maxBuilt {
		b.Members = membersOf(m.Path, held.Bytes())
	}
	return b, nil
}

// membersOf are the files in an archive, by their paths, with the sums of their contents;
// nil for what is none, or can not be read.
func membersOf(name string, content []byte) map[string]string {
	out := map[string]string{}
	visit := func(m archive.Member, r io.Reader) error {
		if m.Type == archive.Dir {
			return nil
		}
		if len(out) == maxMembers {
			return errors.New("too many")
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			return err
		}
		out[m.Path] = fmt.Sprintf("%x %v %s", sum.Sum(nil), m.Exec, m.Link)
		return nil
	}
	o := archive.Default()
	o.TotalBytes, o.MemberBytes = 1<<30, 1<<30
	var err error
	switch checks.FormOf(name) {
	case checks.FormSdist:
		err = archive.Tar(bytes.NewReader(content), o, visit)
	case checks.FormWheel:
		err = archive.Zip(bytes.NewReader(content), int64(len(content)), o, visit)
	case checks.FormDeb:
		err = archive.Deb(bytes.NewReader(content), o, visit)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return out
}

// compareBuilt adds to each file what the runs say of its digest, and how often it was
// built. A run that built a file twice says the digest of the one that was published.
func compareBuilt(facts []checks.ArtifactFacts, built map[string][]checks.Built) {
	for _, a := range facts {
		files, _ := a.Files.Get()
		for i := range files {
			f := &files[i]
			f.Built = built[f.Name.String()]
			said := slices.Clone(f.Built)
			if k := slices.IndexFunc(said, func(b checks.Built) bool {
				return slices.ContainsFunc(f.Digests, func(d checks.Said) bool { return d.By == checks.Downloaded() && d.Digest == b.Digest })
			}); k >= 0 {
				said = said[k : k+1]
			}
			for _, b := range said {
				f.Digests = append(f.Digests, checks.Said{By: b.By, Digest: b.Digest})
			}
		}
	}
}

// approvals are the answers to the gates that the runs of a stage waited for.
func (in *inspection) approvals(ctx context.Context, st Stage, runs []Run, unread error) checks.Got[[]checks.Passed] {
	if unread != nil {
		return checks.Lack[[]checks.Passed](in.missing(unread))
	}
	out := []checks.Passed{}
	for _, r := range runs {
		all, err := in.e.ports.Forge.Approvals(ctx, st.Repo, r.ID)
		if err != nil {
			return checks.Lack[[]checks.Passed](in.missing(err))
		}
		for _, a := range all {
			for _, env := range a.Environments {
				out = append(out, checks.Passed{Environment: env, By: a.By, Rejected: a.State == stateRejected, Releaser: r.Actor,
					Run: text.Cleanf("%s #%d", r.Workflow, r.Number), URL: r.URL})
			}
		}
	}
	return checks.Have(out)
}
