package checks

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// pubAttested asks whether what the release publishes will say, signed, which commit
// and which run it is from.
func pubAttested() Check {
	return Check{
		ID:    "pub.attested",
		Title: "What is published is attested",
		Why:   "Without an attestation nobody can prove afterwards that a published file is from the commit and the run of this release.",
		Looks: "For each thing that the workflows publish, whether a step attests it, or the tool that publishes it does " +
			"so by itself. BuildKit's own provenance is unsigned and does not count.",
		Factor:   Traceability,
		Severity: SeverityWarn,
		Remedy:   "attest it in the job that builds it: actions/attest-build-provenance, with id-token: write and attestations: write",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			var jobs []actions.Job
			a := audit(s, func(_ *auditor, job actions.Job) { jobs = append(jobs, job) })
			n := 0
			near := newAttesters(jobs)
			for i, job := range jobs {
				published := job.Publishes()
				if n += len(published); len(published) == 0 {
					continue
				}
				images, files := near.of(i, true), near.of(i, false)
				for _, p := range published {
					by := files
					if p.Kind == actions.PublishImage || strings.Contains(p.What, "helm") {
						by = images
					}
					judgeAttested(a, job, p, by)
				}
			}
			if n == 0 {
				judgeUnseen(a, s.Subject, jobs)
			}
			if n == 0 && len(a.seen) == 0 {
				return Result{Outcome: NotApplicable, Summary: text.Clean("no step of the workflows is known to publish anything")}
			}
			return a.verdict(text.Clean("what the workflows publish is attested"))
		},
	}
}

// judgeUnseen notes the jobs that may publish where no step is known to.
func judgeUnseen(a *auditor, sub Subject, jobs []actions.Job) {
	const fix = "see to it yourself that what the release publishes is attested; twokey knows the usual actions and commands"
	for _, job := range jobs {
		if with := means(job); with != "" && job.Def.WorkflowCall == nil {
			a.found(Unknown, job.File, job.Def.Pos.Line, fix, "no step is known to publish, and the job %s may do so with %s", job.ID, with)
		}
	}
	for _, st := range sub.Stages {
		if len(a.seen) == 0 && len(st.Artifacts) > 0 && len(jobs) > 0 {
			a.add(Evidence{What: text.Cleanf("stage %s", st.Name), Outcome: Unknown,
				Saw: text.Cleanf("no step is known to publish %s", strings.Join(st.Artifacts, ", "))}, fix)
		}
	}
}

// judgeAttested looks for what attests one thing that a job publishes: itself, or a step
// that attests things of its kind.
func judgeAttested(a *auditor, job actions.Job, p actions.Publishing, by string) {
	note := func(o Outcome, fix, saw string) { a.found(o, p.Step.File, p.Line, fix, "%s: %s", p.What, saw) }
	saw, fix, own := ownAttestation(job, p)
	switch {
	case own:
		note(Pass, "", saw)
	case by != "":
		note(Pass, "", "attested by "+by)
	case noFiles(p):
		note(NotApplicable, "", "a release without files of its own: there is nothing to attest")
	case unseenAttestation(job, p):
		a.lack(a.at(p.Step.File, p.Line), Missing{
			Why:  text.Cleanf("whether %s signs what it publishes is written in its own configuration, which is not read", p.What),
			Next: "see there that it signs, with cosign or by its own means, what it publishes"})
	case saw != "":
		note(Warn, fix, saw)
	case p.What == "docker/build-push-action":
		note(Warn, imageFix, "nothing attests the image: the provenance that BuildKit adds is not signed")
	default:
		note(Warn, fixAttest(p.Kind), "nothing that is known attests what it publishes")
	}
}

const imageFix = "attest the image behind the step that pushes it: actions/attest-build-provenance with its subject-name and subject-digest"

func fixAttest(kind actions.PublishKind) string {
	if kind == actions.PublishImage {
		return imageFix
	}
	return "" // the check's own
}

// ownAttestation tells whether a publishing attests by itself. Where it could and does
// not, saw and fix say why and what to do.
func ownAttestation(job actions.Job, p actions.Publishing) (saw, fix string, ok bool) {
	s := p.Step
	switch {
	case p.What == "pypa/gh-action-pypi-publish":
		url := s.Given("repository-url") + s.Given("repository_url")
		switch {
		case url != "" && !usualIndex.MatchString(url):
			return "", "", false
		case strings.EqualFold(s.Given("attestations"), "false"):
			return "attestations: false turns the attestations off", "take attestations: false away", false
		case s.Given("password") != "":
			return "with a password it attests nothing", "publish by trusted publishing, without a password: it attests by default", false
		case pypiMinor(s.Uses()[0]) < 11 && !strings.EqualFold(s.Given("attestations"), "true"):
			return "its versions before 1.11 attest nothing unless they are asked to", "use v1.11 or later, which attests by default", false
		}
		return "trusted publishing attests it", "", true
	case p.What == "rubygems/release-gem":
		if strings.EqualFold(s.Given("attestations"), "false") {
			return "attestations: false turns the attestations off", "take attestations: false away", false
		}
		return "trusted publishing attests it", "", true
	case p.Kind == actions.PublishPyPI:
		return "", "", strings.Contains(p.Script, "--attestations")
	case p.Kind == actions.PublishGem:
		return "", "", strings.Contains(p.Script, "--attestation")
	case p.Kind == actions.PublishNpm || p.What == "`semantic-release`" || p.What == "cycjimmy/semantic-release-action":
		return npmProvenance(job, p)
	}
	return "", "", false
}

// npmProvenance tells whether npm publishes with provenance: asked to, or since it is
// trusted without a token.
func npmProvenance(job actions.Job, p actions.Publishing) (saw, fix string, ok bool) {
	tokened := actions.SecretIn(p.Step.Given("token")) != ""
	for _, v := range slices.Concat(p.Step.Variables(), job.Variables()) {
		if strings.EqualFold(v.Name, "NPM_CONFIG_PROVENANCE") && strings.EqualFold(strings.TrimSpace(v.Value), "true") {
			return "npm publishes it with provenance", "", true
		}
		tokened = tokened || npmTokens.MatchString(v.Name) && v.Value != ""
	}
	asked := strings.Contains(p.Script, "--provenance") && !strings.Contains(p.Script, "--provenance=false") ||
		strings.EqualFold(p.Step.Given("provenance"), "true")
	switch {
	case asked:
		return "npm publishes it with provenance", "", true
	case p.Kind != actions.PublishNpm:
		return "", "", false
	case !tokened && job.Permissions.Writes("id-token"):
		return "trusted publishing gives it provenance", "", true
	}
	return "npm publishes it without provenance", "publish by trusted publishing, or with --provenance and id-token: write", false
}

// pypiMinor is the second number of the version of PyPI's action, as its ref or the
// comment behind its commit says; a high one where neither does: its branch is the
// newest.
func pypiMinor(u actions.Use) int {
	m := minorVersion.FindStringSubmatch(u.Ref)
	if m == nil && u.Pinned() {
		_, comment, _ := strings.Cut(u.File.Line(u.Line), "#")
		m = minorVersion.FindStringSubmatch(comment)
	}
	if m == nil {
		return 1 << 10
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

var (
	minorVersion = regexp.MustCompile(`\bv?1\.([0-9]{1,4})\b`)
	cosignImage  = regexp.MustCompile(`\bcosign (?:sign|attest)(?:\s|$)`)
	cosignFile   = regexp.MustCompile(`\b(?:cosign (?:sign|attest)-blob|pypi-attestations sign|sigstore sign)\b`)
)

// attesters are the steps of jobs that attest, by what they attest.
type attesters struct {
	graph *actions.Graph
	own   map[bool][]string // whether images: by each job itself; empty for none
	later map[bool][]string // by one that needs the job
}

func newAttesters(jobs []actions.Job) attesters {
	t := attesters{actions.NewGraph(jobs), map[bool][]string{}, map[bool][]string{}}
	for _, image := range []bool{true, false} {
		t.own[image], t.later[image] = make([]string, len(jobs)), make([]string, len(jobs))
		for i, job := range jobs {
			by := attesterOf(job, image)
			if t.own[image][i] = by; by == "" {
				continue
			}
			for k, needed := range t.graph.Before(i) {
				if needed {
					t.later[image][k] = by
				}
			}
		}
	}
	return t
}

// of is what attests what the i-th job publishes: a step of its own, of one that it
// needs, or of one that needs it. Empty for none.
func (t attesters) of(i int, image bool) string {
	for k, needed := range t.graph.Before(i) {
		if needed && t.own[image][k] != "" {
			return t.own[image][k]
		}
	}
	return t.later[image][i]
}

// attesterOf is what a job attests with, images or files.
func attesterOf(job actions.Job, image bool) string {
	for _, u := range job.Uses() {
		if u.Kind == actions.KindWorkflow && strings.EqualFold(u.Repo, "slsa-framework/slsa-github-generator") &&
			image == strings.Contains(u.Path, "container") {
			return u.Repo
		}
	}
	for _, s := range job.Steps {
		if attests(s, image) {
			return cmp.Or(s.Action(), "a script of the job "+job.ID)
		}
	}
	return ""
}

// attests tells whether a step signs, with the identity of the run, an image or files.
func attests(s actions.Step, image bool) bool {
	switch s.Action() {
	case "actions/attest-build-provenance", "actions/attest":
		files := s.Given("subject-path") != "" || s.Given("subject-checksums") != ""
		return files != image
	case "astral-sh/attest-action", "sigstore/gh-action-sigstore-python":
		return !image
	}
	return slices.ContainsFunc(s.Script(), func(l actions.ScriptLine) bool {
		return image && cosignImage.MatchString(l.Text) || !image && cosignFile.MatchString(l.Text)
	})
}

// unseenAttestation tells whether a tool that may sign by its own configuration has
// what it signs with.
func unseenAttestation(job actions.Job, p actions.Publishing) bool {
	if !p.Configured() {
		return false
	}
	return strings.Contains(p.What, "semantic-release") || slices.ContainsFunc(job.Steps, func(s actions.Step) bool {
		return s.Action() == "sigstore/cosign-installer"
	})
}

// noFiles tells whether a release on GitHub is made without files of its own.
func noFiles(p actions.Publishing) bool {
	s := p.Step
	switch p.What {
	case "softprops/action-gh-release":
		return s.Given("files") == ""
	case "ncipollo/release-action":
		return s.Given("artifacts") == "" && s.Given("artifact") == ""
	case "marvinpinto/action-automatic-releases":
		return s.Given("files") == ""
	case "actions/create-release", "google-github-actions/release-please-action", "googleapis/release-please-action":
		return true
	case "`gh release create`":
		return !actions.ReleasesFiles(p.Script)
	}
	return false
}
