package checks_test

import (
	"testing"

	"twokey/checks"
)

func TestSecretsScope(t *testing.T) {
	const publisher = "uses: pypa/gh-action-pypi-publish@" + pin + " # v1.13.0\n"
	const password = publisher + "        with: {password: '${{ secrets.PYPI }}'}\n"
	open := func(old, new string) func(*checks.Snapshot) { // without the environment
		return running(mustReplace(mustReplace(goodWorkflow, "    environment: pypi\n", ""), old, new))
	}
	judge(t, "wf.secrets-scope", []verdictCase{
		{"clean", nil, checks.Pass, "no secret to publish with stands outside", "", "workflows: looked at"},
		{"no secret, no environment", open(publisher, publisher), checks.Pass, "", "", "workflows: looked at"},
		{"a secret outside an environment", open(publisher, password), checks.Warn, "deploy.yml:37: the job publish publishes with 1 secret and names no environment: PYPI", "Settings, Environments", ""},
		{"a secret in an environment", good(publisher, password), checks.Pass, "", "", "workflows: looked at"},
		{"the job's own token", open(publisher, publisher+"        with: {password: '${{ secrets.GITHUB_TOKEN }}'}\n"), checks.Pass, "", "", "workflows: looked at"},
		{"a secret of a job that publishes nothing", good("      - run: |\n", "      - env: {A: '${{ secrets.CODECOV }}'}\n        run: |\n"), checks.Pass, "", "", "workflows: looked at"},
		{"all of them", good("      - run: |\n", "      - env: {A: '${{ toJSON(secrets) }}'}\n        run: |\n"), checks.Warn, "deploy.yml:15: the job build takes secrets by a name that is only known when it runs, or all of them", "", ""},
		{"by a name of the run", good("      - run: |\n", "      - env: {A: '${{ secrets[matrix.x] }}'}\n        run: |\n"), checks.Warn, "only known when it runs", "", ""},
		{"all handed on", running("on: push\njobs:\n  call:\n    uses: o/r/.github/workflows/x.yml@main\n    with: {a: b}\n    secrets: inherit\n"), checks.Warn,
			"deploy.yml:6: the job call gives every secret to the workflow that it calls", "name under `secrets:`", ""},
		{"one handed on", running("on: push\njobs:\n  call:\n    uses: o/r/.github/workflows/x.yml@main\n    secrets: {A: '${{ secrets.A }}'}\n"), checks.Pass, "", "", "workflows: looked at"},
	})
}
