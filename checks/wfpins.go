package checks

import (
	"strings"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfUnpinned asks whether what the release runs is what somebody looked at. A tag or a
// branch of another repository can be moved by whoever may write there, and by whoever
// steals what they may: tj-actions/changed-files in March 2025 (CVE-2025-30066).
func wfUnpinned() Check {
	return Check{
		ID:    "wf.unpinned",
		Title: "Actions are pinned",
		Why:   "Whoever can move the tag of an action that a release uses can publish in the project's name.",
		Looks: "Every action, reusable workflow and container image that the release's jobs use. One by a tag or branch " +
			"fails where somebody outside the project can move it and the job has a permission to write, a secret or " +
			"an environment; GitHub's own, the project's own and those of jobs without such a power warn.",
		Factor:   Build,
		Severity: SeverityBlock,
		Remedy:   "pin it to the full commit SHA, with the version in a comment",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := audit(s, judgePins)
			return a.verdict(text.Cleanf("everything from elsewhere in %s is pinned", plural(a.jobs, "job")))
		},
	}
}

// judgePins looks at what a job uses. It fails where somebody outside the project can
// change what has the power to publish. GitHub's own actions and the project's own
// repositories are trusted with more than that already, and a job without any power has
// little to give away: they warn.
func judgePins(a *auditor, job actions.Job) {
	powers := job.Powers()
	for _, u := range job.Uses() {
		saw, fix := "", ""
		switch {
		case u.Kind == actions.KindCode:
			if len(powers) > 0 {
				a.found(Warn, u.File, u.Line, "look yourself at what it fetches and runs", "%s: code of the repository's own action, which is not read", u.Text)
			}
			continue
		case u.Pinned():
			continue
		case u.Dynamic():
			saw, fix = "what it uses is only known when it runs", "name it in the file, pinned"
		case u.Kind == actions.KindImage:
			saw, fix = "an image without its digest", "name the image with its digest: image@sha256:…"
		case u.Ref == "":
			saw = "no ref at all"
		default:
			saw = "the ref " + u.Ref + " can be moved"
		}
		o := Warn
		if len(powers) > 0 && !trusted(u, job.File.Repo) {
			o = Fail
			if u.Kind == actions.KindServices { // which may name each by its digest
				o = Unknown
			}
			saw += ", and the job has " + listed(powers).String()
		}
		a.found(o, u.File, u.Line, fix, "%s: %s", u.Text, saw)
	}
	if len(powers) == 0 {
		return
	}
	for _, u := range job.ScriptImages() {
		a.found(Warn, u.File, u.Line, "name the image with its digest: image@sha256:…", "%s: an image without its digest, which a script runs", u.Text)
	}
}

// trusted tells whether an action comes from those who can do as much anyway: GitHub,
// and the owner of the repository that runs it.
func trusted(u actions.Use, repo string) bool {
	owner, _, _ := strings.Cut(repo, "/")
	return u.Repo != "" && (strings.EqualFold(u.Owner(), "actions") || strings.EqualFold(u.Owner(), "github") ||
		strings.EqualFold(u.Owner(), owner))
}
