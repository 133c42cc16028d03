package checks_test

import (
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
)

func TestUnpinned(t *testing.T) {
	const publisher = "pypa/gh-action-pypi-publish@" + pin
	judge(t, "wf.unpinned", []verdictCase{
		{"clean", nil, checks.Pass, "everything from elsewhere in 8 jobs is pinned", "", "workflows: looked at 8 jobs in 4 files"},
		{"a tag, in a job that publishes", good(publisher, "pypa/gh-action-pypi-publish@v1.13.0"), checks.Fail,
			"deploy.yml:37: pypa/gh-action-pypi-publish@v1.13.0: the ref v1.13.0 can be moved, and the job has id-token: write", "full commit SHA", ""},
		{"a branch", good(publisher, "pypa/gh-action-pypi-publish@release/v1"), checks.Fail, "the ref release/v1 can be moved", "", ""},
		{"a short SHA", good(publisher, "pypa/gh-action-pypi-publish@0123456"), checks.Fail, "", "", ""},
		{"no ref", good(publisher, "pypa/gh-action-pypi-publish"), checks.Fail, "no ref at all", "", ""},
		{"GitHub's own", good("actions/download-artifact@"+pin, "actions/download-artifact@v5"), checks.Warn, "the ref v5 can be moved", "full commit SHA", ""},
		{"the project's own", good(publisher, "quay/publish-action@main"), checks.Warn, "quay/publish-action@main", "", ""},
		{"in a job without power", good("actions/checkout@"+pin, "someone/checkout@v1"), checks.Warn, "someone/checkout@v1", "", ""},
		{"the repository's own action", good(publisher, "./.github/actions/none"), checks.Pass, "", "", ""},
		{"an image by its tag", good(publisher, "docker://ghcr.io/pypa/publish:1"), checks.Fail, "ghcr.io/pypa/publish:1: an image without its digest", "image@sha256:", ""},
		{"a container", good("environment: pypi", "environment: pypi\n    container: python:3.13"), checks.Fail, "python:3.13", "", ""},
		{"a service", good("environment: pypi", "environment: pypi\n    services: {db: {image: 'postgres:17'}}"), checks.Fail, "postgres:17", "", ""},
		{"services by an expression", good("environment: pypi", "environment: pypi\n    services: ${{ fromJSON(vars.SERVICES) }}"), checks.Unknown,
			"${{ fromJSON(vars.SERVICES) }}: what it uses is only known when it runs", "name it in the file", ""},
		{"services by an expression, in a job without power", good("    permissions:\n      contents: read\n",
			"    permissions:\n      contents: read\n    services: ${{ fromJSON(vars.SERVICES) }}\n"), checks.Warn, "only known when it runs", "", ""},
		{"an image that a script runs", good("- uses: "+publisher, "- run: docker run --rm i/c:latest publish"), checks.Warn,
			"i/c:latest: an image without its digest, which a script runs", "image@sha256:", ""},
		{"the same, in a job without power", good("python -m build", "docker run --rm i/c:latest build"), checks.Pass, "", "", ""},
		{"a secret makes power", good("run: |\n", "env: {A: '${{ secrets.KEY }}'}\n        run: |\n"), checks.Pass, "", "", ""},
		{"only known when it runs", good("environment: pypi", "environment: pypi\n    container: ${{ vars.IMAGE }}"), checks.Fail, "only known when it runs", "", ""},
		{"a job that never runs in a release", good("  publish:\n", "  publish:\n    if: github.event_name == 'pull_request'\n"), checks.Pass, "", "", ""},
	})
}

// What an action of the repository runs is looked at as far as it is written in a file
// that is read.
func TestOwnActionsPinned(t *testing.T) {
	own := func(src string) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			good("pypa/gh-action-pypi-publish@"+pin, "./act")(s)
			st := s.Subject.Stages[0]
			p, _ := s.Stages[0].Program.Get()
			file := actions.Ref{Repo: st.Repo, At: st.SHA, Path: "act/action.yml"}
			p.Files[actions.Ref{Repo: st.Repo, At: st.SHA, Path: "act"}] = actions.Parse(file, []byte(src))
		}
	}
	judge(t, "wf.unpinned", []verdictCase{
		{"code", own("runs: {using: node24, main: dist/index.js}\n"), checks.Warn,
			"act/action.yml:1: dist/index.js: code of the repository's own action, which is not read", "look yourself", ""},
		{"an image", own("runs: {using: docker, image: 'docker://i/c:latest'}\n"), checks.Fail, "i/c:latest: an image without its digest", "", ""},
		{"steps", own("runs: {using: composite, steps: [{run: make, shell: bash}]}\n"), checks.Pass, "", "", ""},
	})
}
