package checks_test

import (
	"testing"

	"twokey/checks"
)

func TestCredentials(t *testing.T) {
	const kept = "        with:\n          persist-credentials: false\n"
	const checkout = "      - uses: actions/checkout@" + pin + " # v5\n" + kept
	// building is the job that builds, with its checkout and what runs behind it.
	building := func(ref, permissions string, behind ...string) func(*checks.Snapshot) {
		src := "on: push\npermissions: {}\njobs:\n  build:\n    runs-on: x\n" + permissions + "    environment: live\n    steps:\n      - uses: actions/checkout@" + ref + "\n"
		for _, b := range behind {
			src += "      - " + b + "\n"
		}
		return running(src)
	}
	const reads, writes = "    permissions: {contents: read}\n", "    permissions: {contents: write}\n"
	judge(t, "wf.credentials", []verdictCase{
		{"clean", nil, checks.Pass, "no checkout in", "", "workflows: looked at"},
		{"own scripts that can only read", building("v4", reads, "run: make"), checks.Pass, "", "", "workflows: looked at"},
		{"a token that may write", building("v4", writes, "run: make"), checks.Warn,
			"deploy.yml:9: actions/checkout leaves its credentials in .git/config, and the job may write contents", "persist-credentials: false", ""},
		{"outside the workspace", building("v6", writes, "run: make"), checks.Warn, "in a file that every later step can read, and the job may write contents", "", ""},
		{"outside the workspace, a token that reads", building("v6", reads, "uses: o/r@v1", "uses: actions/upload-artifact@v3\n        with: {path: .}"), checks.Pass, "", "", "workflows: looked at"},
		{"outside the workspace, by a comment", building(pin+" # v6.0.1", reads, "uses: o/r@v1"), checks.Pass, "", "", "workflows: looked at"},
		{"a pin that does not say its version", building(pin, reads, "uses: o/r@v1"), checks.Warn, "and the job runs o/r", "", ""},
		{"actions of others", building("v4", reads, "uses: actions/setup-python@v5", "uses: o/r@v1", "uses: quay/x@v1"), checks.Warn, "and the job runs o/r", "", ""},
		{"nothing behind it", building("v4", writes), checks.Pass, "", "", "workflows: looked at"},
		{"what is no token of git's", building("v4", "    permissions: {id-token: write}\n", "run: make"), checks.Pass, "", "", "workflows: looked at"},
		{"the whole workspace", building("v4", reads, "uses: actions/upload-artifact@v3\n        with: {path: ./}"), checks.Warn, "uploads the workspace with it", "", ""},
		{"the workspace without hidden files", building("v4", reads, "uses: actions/upload-artifact@v4\n        with: {path: .}"), checks.Pass, "", "", "workflows: looked at"},
		{"hidden files asked for", building("v4", reads, "uses: actions/upload-artifact@v4\n        with: {path: '${{ github.workspace }}', include-hidden-files: true}"), checks.Warn, "uploads the workspace with it", "", ""},
		{"a directory", building("v4", reads, "uses: actions/upload-artifact@v3\n        with: {path: dist/}"), checks.Pass, "", "", "workflows: looked at"},
		{"it pushes", building("v4", writes, "run: git tag x && git push origin x"), checks.Pass, "", "", "workflows: looked at"},
		{"an action pushes", building("v4", writes, "uses: stefanzweifel/git-auto-commit-action@v5"), checks.Pass, "", "", "workflows: looked at"},
		{"a secret of its own", building("v4\n        with: {token: '${{ secrets.PAT }}'}", reads, "run: make"), checks.Warn, "takes them from ${{ secrets.PAT }}", "", ""},
		{"the job's token by name", building("v4\n        with: {token: '${{ secrets.GITHUB_TOKEN }}'}", reads, "run: make"), checks.Pass, "", "", "workflows: looked at"},
		{"kept on purpose", building("v4\n        with: {persist-credentials: true}", writes, "run: make"), checks.Warn, "may write contents", "", ""},
		{"permissions that are not said", good("permissions: {}\n", ""), checks.Pass, "", "", "workflows: looked at"},
		{"permissions that are not said, and it is kept", running("on: push\njobs:\n  build:\n    runs-on: x\n    steps: [{uses: actions/checkout@v4}, {run: make}]\n"), checks.Warn, "may do whatever the repository's settings allow", "", ""},
		{"no checkout", good(checkout, ""), checks.Pass, "", "", "workflows: looked at"},
	})
}
