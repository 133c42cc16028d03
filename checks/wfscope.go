package checks

import (
	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfSecretsScope asks who else can read the secrets that a release publishes with: those
// outside an environment are any workflow's on any branch.
func wfSecretsScope() Check {
	return Check{
		ID:    "wf.secrets-scope",
		Title: "Publishing secrets are gated",
		Why:   "A secret outside an environment can be read by any workflow on any branch that somebody may push to.",
		Looks: "Jobs that publish with secrets and name no environment, called workflows that are given all secrets, and " +
			"scripts that are.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "move the secrets into an environment (Settings, Environments) that only the release's tags or branches may use, and name it in the job",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := audit(s, judgeScope)
			return a.verdict(text.Cleanf("no secret to publish with stands outside an environment in %s", plural(a.jobs, "job")))
		},
	}
}

// judgeScope looks at the secrets of a job.
func judgeScope(a *auditor, job actions.Job) {
	if line, inherits := job.InheritLine(); inherits {
		a.found(Warn, job.File, line, "name under `secrets:` those that the called workflow needs", "the job %s gives every secret to the workflow that it calls", job.ID)
	}
	secrets := job.Secrets()
	first := 0
	for _, s := range secrets {
		if s.Name == "" {
			a.found(Warn, job.File, s.Line, "name the one secret that is needed", "the job %s takes secrets by a name that is only known when it runs, or all of them", job.ID)
			continue
		}
		if first == 0 {
			first = s.Line
		}
	}
	if first > 0 && len(job.Publishes()) > 0 && job.Environment() == "" {
		names := secretNames(secrets)
		a.found(Warn, job.File, first, "", "the job %s publishes with %s and names no environment: %s", job.ID, plural(len(names), "secret"), few(names))
	}
}

// secretNames are the names of secrets, each once and in order.
func secretNames(list []actions.Secret) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if s.Name != "" && !seen[s.Name] {
			seen[s.Name] = true
			out = append(out, s.Name)
		}
	}
	return out
}

// few lists names, where there are many the first of them.
func few(names []string) text.Safe {
	const many = 20
	if len(names) > many {
		return text.Clean(some(names))
	}
	return listed(names)
}
