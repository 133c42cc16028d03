package checks_test

import (
	"testing"

	"twokey/checks"
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
		{"a secret makes power", good("run: |\n", "env: {A: '${{ secrets.KEY }}'}\n        run: |\n"), checks.Pass, "", "", ""},
		{"only known when it runs", good("environment: pypi", "environment: pypi\n    container: ${{ vars.IMAGE }}"), checks.Fail, "only known when it runs", "", ""},
		{"a job that never runs in a release", good("  publish:\n", "  publish:\n    if: github.event_name == 'pull_request'\n"), checks.Pass, "", "", ""},
	})
}
