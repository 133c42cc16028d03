package github

import (
	"context"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// opening is what one question tells of all that a plan names. What it does not settle
// is read by itself.
type opening struct {
	vacant    map[standing]bool // names that nobody has taken
	signature *checks.Signature
	// workflows are all workflow files of a stage's commit, where they were told.
	workflows map[commitName][]release.WorkflowFile
}

// commitName is a commit of a repository.
type commitName struct {
	repo release.Repo
	sha  string
}

// standing is a name that a release is about to take: a tag's ref, or a tag as the name
// of a GitHub release.
type standing struct {
	repo  release.Repo
	field field
	name  string
}

// ask asks the question. The files that it settles are kept as if they had been read
// by themselves.
func (f *filling) ask(ctx context.Context) opening {
	o := opening{vacant: map[standing]bool{}, workflows: map[commitName][]release.WorkflowFile{}}
	q := newQuestion()
	names, taken := askable(f.unread(ctx, f.named())), f.taking()
	for _, n := range names {
		n.ask(q)
	}
	for _, n := range taken {
		q.ask(n.repo, n.field, n.name)
	}
	q.ask(f.plan.Repo, signatureField, f.plan.SHA)
	for _, st := range f.plan.Stages {
		if startsOthers(st) && validSHA(st.SHA) {
			q.ask(st.Repo, workflowsField, st.SHA+":"+workflowDir)
		}
	}
	if len(names) > maxBatch || !validSHA(f.plan.SHA) {
		f.readAhead(ctx, names)
		return o
	}
	answer, err := f.c.put(ctx, "what the plan names", q)
	if err != nil {
		f.readAlone()
		return o
	}
	read := map[fileName]fileRead{}
	f.c.findFiles(answer, names, read)
	f.keep(read)
	for _, st := range f.plan.Stages {
		if all, settled, err := f.c.workflowsIn(ctx, answer, st.Repo, st.SHA); settled && err == nil {
			o.workflows[commitName{st.Repo, st.SHA}] = all
		}
	}
	for _, n := range taken {
		is, told := answer.at(n.repo, n.field, n.name)
		o.vacant[n] = told && is == nil
	}
	if commit, _ := answer.at(f.plan.Repo, signatureField, f.plan.SHA); commit != nil && commit.OID == f.plan.SHA {
		o.signature = &checks.Signature{Reason: text.Clean("unsigned")}
		if s := commit.Signature; s != nil {
			o.signature.Verified, o.signature.Reason = s.Valid, text.Clean(strings.ToLower(s.State))
		}
	}
	return o
}

// taking are the names that the plan's stages take and that nobody else asks after: of a
// GitHub release that a stage publishes, its artifact tells. Refs of our own are read by
// themselves.
func (f *filling) taking() []standing {
	published := map[standing]bool{}
	for _, st := range f.plan.Stages {
		for _, a := range st.Artifacts {
			if a.Kind == release.KindGitHubRelease {
				published[standing{a.Repo, releaseField, a.Name}] = true
			}
		}
	}
	var names []standing
	for _, st := range f.plan.Stages {
		for _, n := range []standing{{st.Repo, refField, "refs/tags/" + st.Tag}, {st.Repo, releaseField, st.Tag}} {
			if st.Tag != "" && !published[n] && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// isVacant tells whether a name is known to be nobody's.
func (f *filling) isVacant(repo release.Repo, of field, name string) bool {
	return f.opened != nil && f.opened().vacant[standing{repo, of, name}]
}
