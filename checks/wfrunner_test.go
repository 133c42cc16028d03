package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
)

func TestRunner(t *testing.T) {
	const job = "    runs-on: ubuntu-24.04\n    permissions:\n      contents: read\n" // of the job that builds
	on := func(s string) func(*checks.Snapshot) {
		return good(job, strings.ReplaceAll(s, "\n", "\n    ")+"\n    permissions:\n      contents: read\n")
	}
	runs := func(s string) func(*checks.Snapshot) { return on("    runs-on: " + s) }
	matrix := func(s string) func(*checks.Snapshot) {
		return on("    strategy: {matrix: " + s + "}\nruns-on: ${{ matrix.os }}")
	}
	const own = "workflows: looked at"
	judge(t, "wf.runner", []verdictCase{
		{"clean", nil, checks.Pass, "only runners of GitHub's", "", own},
		{"no workflow", func(s *checks.Snapshot) {
			for i := range s.Stages {
				s.Stages[i].Program = checks.Have(actions.Program{})
			}
		}, checks.NotApplicable, "", "", ""},
		{"others of GitHub's", runs("macos-15-xlarge"), checks.Pass, "", "", own},
		{"in capitals", runs("Windows-Latest"), checks.Pass, "", "", own},
		{"one that comes", runs("ubuntu-26.04-arm"), checks.Pass, "", "", own},
		{"self-hosted", runs("self-hosted"), checks.Warn, "deploy.yml:8: the job build runs on a self-hosted runner", "gone behind it", ""},
		{"self-hosted with more labels", runs("[self-hosted, linux, x64]"), checks.Warn, "runs on a self-hosted runner", "", ""},
		{"a label of somebody's", runs("buildjet-4vcpu-ubuntu-2204"), checks.Warn, "runs on buildjet-4vcpu-ubuntu-2204, which is no label of GitHub's own runners", "", ""},
		{"a group", runs("{group: big, labels: [x]}"), checks.Warn, "runs in the group big, whose runners may be kept", "", ""},
		{"a matrix", matrix("{os: [ubuntu-latest, windows-2025]}"), checks.Pass, "", "", own},
		{"a matrix with one that is not", matrix("{os: [ubuntu-latest, self-hosted]}"), checks.Warn, "runs on a self-hosted runner", "", ""},
		{"a matrix of lists", matrix("{os: [[self-hosted, linux]]}"), checks.Warn, "runs on a self-hosted runner", "", ""},
		{"what a matrix includes", matrix("{include: [{os: ubuntu-latest}, {os: metal}]}"), checks.Warn, "runs on metal", "", ""},
		{"within a matrix", on("    strategy: {matrix: {at: [{os: metal}]}}\nruns-on: ${{ matrix.at.os }}"), checks.Warn, "runs on metal", "", ""},
		{"a matrix of the run", matrix("'${{ fromJSON(needs.x.outputs.y) }}'"), checks.Unknown, "only known when it runs: ${{ matrix.os }}", "name the runner in the file", ""},
		{"a row of the run", matrix("{os: '${{ fromJSON(needs.x.outputs.y) }}'}"), checks.Unknown, "", "", ""},
		{"a row that is not there", matrix("{arch: [arm64]}"), checks.Unknown, "", "", ""},
		{"a variable", runs("${{ vars.RUNNER }}"), checks.Unknown, "only known when it runs", "", ""},
		{"a choice of GitHub's", runs("${{ github.repository == 'o/r' && 'ubuntu-latest-8-cores' || 'ubuntu-latest' }}"), checks.Pass, "", "", own},
		{"a choice", runs("${{ github.repository == 'o/r' && 'metal' || 'ubuntu-latest' }}"), checks.Warn, "runs on metal", "", ""},
		{"a list in an expression", runs(`${{ fromJSON('["self-hosted", "x64"]') }}`), checks.Warn, "runs on a self-hosted runner", "", ""},
		{"a job that calls a workflow", running("on: push\njobs:\n  call:\n    uses: o/r/.github/workflows/x.yml@main\n"), checks.Pass, "", "", own},
	})
}

// TestRunnerOfInputs follows what a caller gives.
func TestRunnerOfInputs(t *testing.T) {
	caller := func(given string) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			running("on: push\njobs:\n  call:\n    uses: ./.github/workflows/build.yml\n" + given)(s)
			p, _ := s.Stages[0].Program.Get()
			called := programOf(s.Subject.Stages[0], map[string]string{"build.yml": "on:\n  workflow_call:\n    inputs: {on: {type: string}}\n" +
				"jobs:\n  build:\n    runs-on: ${{ inputs.on }}\n    steps: [{run: make}]\n"})
			p.Files[called.Entries[0]] = called.Files[called.Entries[0]]
		}
	}
	judge(t, "wf.runner", []verdictCase{
		{"GitHub's", caller("    with: {on: ubuntu-24.04}\n"), checks.Pass, "", "", ""},
		{"another", caller("    with: {on: self-hosted}\n"), checks.Warn, "build.yml:6: the job build runs on a self-hosted runner", "", ""},
		{"nothing", caller(""), checks.Unknown, "only known when it runs: ${{ inputs.on }}", "", ""},
	})
}
