package recordtest

import (
	"twokey/checks"
	"twokey/checks/text"
)

// passes are the findings of a preflight that says go, with one warning.
func passes() []checks.Finding {
	f := func(id, title string, factor checks.Factor, why, summary string) checks.Finding {
		return checks.Finding{
			ID: id, Title: title, Why: why, Factor: factor, Severity: checks.SeverityBlock,
			Outcome: checks.Pass, Summary: text.Clean(summary),
		}
	}
	gate := f("gov.satisfiable", "Gates can be met by a second person", checks.People,
		"A gate that only the releaser can open is no second key.",
		"environment pypi: 2 reviewers, the releaser may approve too")
	gate.Severity, gate.Outcome = checks.SeverityWarn, checks.Warn
	gate.Remedy = "forbid self-review in the settings of environment pypi"
	gate.Evidence = []checks.Evidence{{
		What: text.Clean("environment pypi"), Saw: text.Clean("prevent self-review is off"),
		Outcome: checks.Warn, URL: text.Clean("https://github.com/ckan/ckan/settings/environments"),
	}}
	ci := f("ci.green", "CI is green", checks.Build,
		"A release must be the commit that CI tested, and no other.", "14 of 14 check runs are green on 4f2c9ab")
	ci.Evidence = []checks.Evidence{{
		What: text.Clean("Test / Pytest (7)"), Saw: text.Clean("success, 12 minutes ago"), Outcome: checks.Pass,
		URL: text.Clean("https://github.com/ckan/ckan/runs/7"),
	}}
	return []checks.Finding{
		f("repo.access", "Token may do what the plan needs", checks.People,
			"A token that can not start workflows creates a tag that releases nothing.",
			"mara may push to 3 of 3 repositories; the token starts workflows"),
		f("ref.line", "Branch is a release line", checks.Traceability,
			"A release from another branch ships code that nobody meant to.", "dev-v2.11 is the line of 2.11.6"),
		f("branch.rules", "Branch is protected", checks.People,
			"Without rules, one person can rewrite what was reviewed.",
			"no force push, no deletion, 1 review, 3 required checks"),
		f("tag.free", "Version is not taken", checks.Traceability,
			"A version that exists already can not be released again.", "no tag, release or claim ckan-2.11.6"),
		f("tag.version", "Version follows the last", checks.Traceability,
			"A version below the last one confuses every installer.", "2.11.6 follows 2.11.5"),
		ci,
		f("version.files", "Files name the version", checks.Traceability,
			"An artifact that says another version can not be traced.", "ckan/__init__.py says 2.11.6"),
		f("wf.trigger", "Workflows have the trigger", checks.Build,
			"A tag that starts no workflow is a release that never happens.", "4 of 4 workflows are started by their stage"),
		gate,
	}
}

// blocked are the findings of a preflight that says no-go.
func blocked() []checks.Finding {
	fs := passes()
	for i := range fs {
		switch f := &fs[i]; f.ID {
		case "ci.green":
			f.Outcome = checks.Fail
			f.Summary = text.Clean("2 of 14 check runs are not green on 4f2c9ab")
			f.Remedy = "re-run the failed job, or release a commit that is green"
			f.Evidence = []checks.Evidence{
				{What: text.Clean("Test / Pytest (7)"), Saw: text.Clean("failure, 12 minutes ago"), Outcome: checks.Fail,
					URL: text.Clean("https://github.com/ckan/ckan/runs/7")},
				{What: text.Clean("Test / Pytest (8)"), Saw: text.Clean("still running"), Outcome: checks.Unknown},
				// Nobody can be stopped from naming a check run like this.
				{What: text.Clean("lint \x1b[2J\u202egnp.exe"), Saw: text.Clean("success"), Outcome: checks.Pass},
			}
		case "branch.rules":
			f.Outcome = checks.Unknown
			f.Summary = text.Clean("classic protection exists and can not be read")
			f.Remedy = "needs administration: read on ckan/ckan"
		case "version.files":
			f.Severity, f.Outcome = checks.SeverityWarn, checks.Warn
			f.Summary = text.Clean("ckan/__init__.py says 2.11.6a0, not 2.11.6")
			f.Remedy = "set the version in ckan/__init__.py"
		}
	}
	return fs
}

// pages are the findings of the check that is due after the release: the page is there
// at once, and names the version a little later.
func pages() []checks.Finding {
	const page = "https://docs.ckan.org/en/2.11/changelog.html"
	early := checks.Finding{ID: "own.url", Title: "Page holds what the plan asks for",
		Why:    "The project asks for this after every release, in its twokey.yml.",
		Factor: checks.Traceability, Severity: checks.SeverityWarn, Outcome: checks.Fail,
		Summary: text.Clean(page + ": does not hold `v.2.11.6`"), Remedy: "bring the page up to date, or correct the check in twokey.yml",
		Evidence: []checks.Evidence{{What: text.Clean(page), Saw: text.Clean("does not hold `v.2.11.6`"),
			Outcome: checks.Fail, URL: text.Clean(page)}}}
	late := early
	late.Outcome, late.Summary, late.Remedy = checks.Pass, text.Clean(page+" holds `v.2.11.6`"), ""
	late.Evidence = []checks.Evidence{{What: text.Clean(page), Saw: text.Clean("holds `v.2.11.6`"),
		Outcome: checks.Pass, URL: text.Clean(page)}}
	return []checks.Finding{early, late}
}
