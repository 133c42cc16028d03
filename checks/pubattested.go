package checks

import (
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
		ID:       "pub.attested",
		Title:    "What is published is attested",
		Why:      "Without an attestation nobody can prove afterwards that a published file is from the commit and the run of this release.",
		Factor:   Traceability,
		Severity: SeverityWarn,
		Remedy:   "attest it in the job that builds it: actions/attest-build-provenance, with id-token: write and attestations: write",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			var jobs []actions.Job
			a := audit(s, func(_ *auditor, job actions.Job) { jobs = append(jobs, job) })
			n := 0
			for _, job := range jobs {
				for _, p := range job.Publishes() {
					n++
					judgeAttested(a, jobs, job, p)
				}
			}
			if n == 0 && len(a.seen) == 0 {
				return Result{Outcome: NotApplicable, Summary: text.Clean("no step of the workflows is known to publish anything")}
			}
			return a.verdict(text.Clean("what the workflows publish is attested"))
		},
	}
}

// judgeAttested looks for what attests one thing that a job publishes.
func judgeAttested(a *auditor, jobs []actions.Job, job actions.Job, p actions.Publishing) {
	note := func(o Outcome, fix, saw string) { a.found(o, p.Step.File, p.Line, fix, "%s: %s", p.What, saw) }
	saw, fix, own := ownAttestation(job, p)
	by := attestedBy(jobs, job, p)
	switch {
	case own:
		note(Pass, "", saw)
	case by != "":
		note(Pass, "", "attested by "+by)
	case noFiles(p):
		note(NotApplicable, "", "a release without files of its own: there is nothing to attest")
	case unseenAttestation(job, p):
		a.lack(text.Cleanf("%s:%d", p.Step.File.Base(), p.Line), Missing{
			Why: text.Cleanf("whether %s signs what it publishes is written in its own configuration, which is not read", p.What)})
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
	for _, v := range job.Variables(p.Step) {
		if strings.EqualFold(v.Name, "NPM_CONFIG_PROVENANCE") && strings.EqualFold(strings.TrimSpace(v.Value), "true") {
			return "npm publishes it with provenance", "", true
		}
		tokened = tokened || logins()[actions.PublishNpm].names.MatchString(v.Name) && v.Value != ""
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

// attestedBy is the step of a job that attests what another publishes: of the same job,
// of one that it needs, or of one that needs it. Empty for none.
func attestedBy(jobs []actions.Job, job actions.Job, p actions.Publishing) string {
	near := actions.Before(jobs, job)
	for _, other := range jobs {
		if slices.ContainsFunc(actions.Before(jobs, other), func(j actions.Job) bool { return j.Def == job.Def }) {
			near = append(near, other)
		}
	}
	image := p.Kind == actions.PublishImage || strings.Contains(p.What, "helm")
	for _, j := range near {
		for _, u := range j.Uses() {
			if u.Kind == actions.KindWorkflow && strings.EqualFold(u.Repo, "slsa-framework/slsa-github-generator") &&
				image == strings.Contains(u.Path, "container") {
				return u.Repo
			}
		}
		for _, s := range j.Steps {
			if attests(s, image) {
				if s.Action() != "" {
					return s.Action()
				}
				return "a script of the job " + j.ID
			}
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
	if strings.Contains(p.What, "semantic-release") {
		return true
	}
	return strings.Contains(p.What, "goreleaser") && slices.ContainsFunc(job.Steps, func(s actions.Step) bool {
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
