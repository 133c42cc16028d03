package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
)

func TestPermissions(t *testing.T) {
	const (
		none  = "permissions: {}\n"
		wide  = "permissions:\n  contents: read\n  id-token: write\n"
		build = "    permissions:\n      contents: read\n"
	)
	// inherits is the good workflow whose build has what the workflow says.
	inherits := func(step string) func(*checks.Snapshot) {
		return running(strings.NewReplacer(none, wide, build, "", "          python -m build\n", "          python -m build\n"+step).Replace(goodWorkflow))
	}
	writes := func(step string) func(*checks.Snapshot) {
		return running(strings.NewReplacer(build, "    permissions:\n      contents: write\n", "          python -m build\n", "          python -m build\n"+step).Replace(goodWorkflow))
	}
	reusable := "on: workflow_call\njobs:\n  b:\n    runs-on: x\n    steps: [{run: make}]\n"
	call := func(said string) string {
		return "on: push\n" + said + "jobs:\n  a:\n    uses: ./.github/workflows/b.yml\n"
	}
	files := map[string]string{".github/workflows/b.yml": reusable}
	judge(t, "wf.permissions", []verdictCase{
		{"clean", nil, checks.Pass, "the files say what the token may do", "", ""},
		{"nothing said", running(strings.NewReplacer(none, "", build, "").Replace(goodWorkflow)), checks.Warn,
			"deploy.yml:6: nothing says what the token of build may do", "say `permissions: {}` for the workflow", ""},
		{"said by each job", good(none, ""), checks.Pass, "", "", ""},
		{"said by the workflow", good(build, ""), checks.Pass, "", "", ""},
		{"reading everything", good(none, "permissions: read-all\n"), checks.Pass, "", "", ""},
		{"everything", good(none, "permissions: write-all\n"), checks.Fail, "deploy.yml:5: write-all lets the token do everything", "permissions: {}", ""},
		{"everything, for a job", good(build, "    permissions: write-all\n"), checks.Fail, "deploy.yml:9: write-all", "", ""},
		{"a right of the workflow that a build has", inherits(""), checks.Warn,
			"deploy.yml:7: id-token: write is given to build, where nothing uses it", "give it to the job that needs it", ""},
		{"a right of the workflow that a build may use", inherits("          ./sign.sh\n"), checks.Pass, "", "", ""},
		{"a right of a build", writes(""), checks.Warn, "deploy.yml:10: contents: write is given to build, where nothing uses it", "take it out", ""},
		{"that pushes", writes("          git push\n"), checks.Pass, "", "", ""},
		{"that pushes behind another command", writes("          ls && git push\n"), checks.Pass, "", "", ""},
		{"that runs what it finds", writes("          echo $(x)\n"), checks.Pass, "", "", ""},
		{"that hands on its token", writes("        env: {T: '${{ github.token }}'}\n"), checks.Pass, "", "", ""},
		{"that has a secret", writes("        env: {T: '${{ secrets.X }}'}\n"), checks.Pass, "", "", ""},
		{"that uses another action", writes("      - uses: someone/releases@" + pin + "\n"), checks.Pass, "", "", ""},
		{"with a job that publishes beside it", running(strings.Replace(goodWorkflow, "      id-token: write\n", "      id-token: write\n      contents: write\n", 1)), checks.Pass, "", "", ""},
		{"a called workflow, as the caller says", runningAll(call(none), files), checks.Pass, "", "", ""},
		{"a called workflow, of a caller that says nothing", runningAll(call(""), files), checks.Warn, "deploy.yml:3: nothing says what the token of a may do", "", ""},
		{"a job that no release runs", running(goodWorkflow + "  test:\n    if: github.event_name == 'pull_request'\n    permissions: write-all\n    runs-on: x\n    steps: [{run: make}]\n"),
			checks.Pass, "", "", ""},
	})
}
