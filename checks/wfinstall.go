package checks

import (
	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfUnhashed asks whether the tools that a release is made with are those that somebody
// looked at: whoever takes over one of them is in the build.
func wfUnhashed() Check {
	return Check{
		ID:    "wf.unhashed-install",
		Title: "Build tools are pinned by hash",
		Why:   "Whoever takes over a package that the release installs without a hash runs their code in the build.",
		Looks: "What jobs that publish, and those that they need, install without a version and a hash: pip, pipx, uv, " +
			"npm, npx, go install, scripts from the web. The project itself is none of it.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "install from a lock file with hashes: pip install --require-hashes -r FILE, npm ci",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			var later []func() // what is weaker stands behind what is stronger
			a := audit(s, func(a *auditor, job actions.Job) { later = append(later, judgeInstalls(a, job)...) })
			for _, note := range later {
				note()
			}
			return a.verdict(text.Cleanf("nothing is seen in %s that is installed without a hash", plural(a.jobs, "job")))
		},
	}
}

// judgeInstalls looks at what a job installs, where what is published passes through it,
// and gives back how to note what is weaker.
func judgeInstalls(a *auditor, job actions.Job) (later []func()) {
	if !job.Feeds {
		return nil
	}
	for _, i := range job.Installs() {
		f, what := i.Step.File, listed(i.What)
		note := func(o Outcome, fix, format string) func() {
			return func() { a.found(o, f, i.Line, fix, format, i.How, what) }
		}
		switch i.Kind {
		case actions.InstallPiped:
			note(Warn, "download it at a version, compare its hash (sha256sum --check), and run it then", "%s gets a script and runs it as it comes: %s")()
		case actions.InstallLoose:
			note(Warn, fixFor(i), "%s takes whatever version there is by then: %s")()
		case actions.InstallFile:
			later = append(later, note(Warn, fixFor(i), "%s holds nothing to a hash, unless the file does: %s"))
		case actions.InstallVersion:
			later = append(later, note(Warn, fixFor(i), "%s holds it to a version but to no hash, and what it needs to neither: %s"))
		case actions.InstallSystem:
			later = append(later, note(Pass, "", "%s takes what the system's signed lists hold: %s"))
		}
	}
	return later
}

// fixFor is the next step for an install.
func fixFor(i actions.Install) string {
	switch i.How {
	case "npm install", "npm i", "npm add":
		if i.Kind == actions.InstallFile {
			return "run npm ci, which takes what package-lock.json says"
		}
		return "add it to package.json and its lock file, and run npm ci"
	case "npx", "pnpm dlx", "yarn dlx", "bunx":
		return "add it to package.json and its lock file, and run npm ci before it"
	case "go install", "go run":
		return "name a version such as @v1.2.3, which the checksum database holds to its hash"
	case "cargo install":
		return "name a version, and add --locked"
	case "gem install":
		return "add it to the Gemfile, and run bundle install with BUNDLE_FROZEN=true"
	}
	return "" // the check's own
}
