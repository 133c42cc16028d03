package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
)

// opened is a workflow of one job with a power that strangers may start.
func opened(on, job, step string) string {
	return "on:\n  " + on + "\n  push: {tags: ['*']}\npermissions: {}\njobs:\n  build:\n    runs-on: x\n    permissions: {contents: write}\n    " + job +
		"\n    env: {HEAD: '${{ github.event.pull_request.head.sha }}'}\n    steps:\n      - " + step + "\n"
}

func TestDangerousTrigger(t *testing.T) {
	const (
		target = "pull_request_target:"
		after  = "workflow_run: {workflows: [x]}"
		head   = "${{ github.event.pull_request.head.sha }}"
	)
	checkout := func(ref string) string {
		return "uses: actions/checkout@" + pin + "\n        with:\n          ref: " + ref
	}
	say := func(on, job, step string) func(*checks.Snapshot) { return running(opened(on, job, step)) }
	judge(t, "wf.dangerous-trigger", []verdictCase{
		{"clean", nil, checks.Pass, "no code of strangers is run in 8 jobs", "", ""},
		{"a stranger's commit", say(target, "", checkout(head)), checks.Fail,
			"deploy.yml:14: checkout of " + head + ": takes the code of others, and pull_request_target starts the job with the project's own power",
			"let the release start by its tag alone", "deploy.yml:2: pull_request_target starts what the release runs"},
		{"a stranger's branch", say(target, "", checkout("${{ github.head_ref }}")), checks.Fail, "github.head_ref", "", ""},
		{"a condition that always holds", good("    environment: pypi\n", "    environment: pypi\n    if: ${{ github.actor == 'mara' }} && true\n"), checks.Warn,
			"deploy.yml:26: the condition always holds", "within one ${{ }}", ""},
		{"what it would merge to", say(target, "", checkout("${{ github.event.pull_request.merge_commit_sha }}")), checks.Fail, "", "", ""},
		{"by its number", say(target, "", checkout("refs/pull/${{ github.event.number }}/merge")), checks.Fail, "refs/pull/", "", ""},
		{"a stranger's repository", say(target, "", strings.Replace(checkout("${{ github.event.pull_request.head.repo.full_name }}"), "ref:", "repository:", 1)), checks.Fail, "", "", ""},
		{"through a variable", say(target, "", checkout("${{ env.HEAD }}")), checks.Fail, "checkout of ${{ env.HEAD }}", "", ""},
		{"by gh", say(target, "", "run: gh pr checkout 1"), checks.Fail, "deploy.yml:12: gh pr checkout: takes", "", ""},
		{"by git", say(target, "", "run: git -C x checkout "+head), checks.Fail, "checkout of git: takes", "", ""},
		{"by git and a variable", say(target, "", "run: git reset --hard \"$HEAD\""), checks.Fail, "", "", ""},
		{"by git and its number", say(target, "", "run: git pull origin pull/1/head"), checks.Fail, "", "", ""},
		{"fetched alone", say(target, "", "run: git fetch origin pull/1/head"), checks.Warn, "may take the code of a pull request", "", ""},
		{"fetched, and taken", say(target, "", "run: |\n          git fetch origin "+head+"\n          git checkout FETCH_HEAD"), checks.Fail, "deploy.yml:14: checkout of git", "", ""},
		{"fetched and taken at once", say(target, "", "run: git fetch origin $HEAD && git checkout FETCH_HEAD"), checks.Fail, "deploy.yml:12: checkout of git", "", ""},
		{"fetched after another", say(target, "", "run: |\n          git fetch origin pull/1/head\n          git fetch origin main\n          git checkout FETCH_HEAD"), checks.Warn, "deploy.yml:13: git fetch of", "", ""},
		{"whichever has a head", say(target, "", checkout("${{ github.event.*.head.sha }}")), checks.Fail, "", "", ""},
		{"out of the whole event", say(target, "", checkout("${{ fromJSON(toJSON(github.event)).pull_request.head.sha }}")), checks.Warn, "may take the code", "", ""},
		{"nothing of it", say(target, "", checkout("main")), checks.Warn, "deploy.yml:2: pull_request_target starts what the release runs: anybody", "", ""},
		{"its own commit", say(target, "", "run: git checkout main && git diff $OTHER"), checks.Warn, "pull_request_target starts what", "", ""},
		{"what is only known when it runs", say("issue_comment:", "", checkout("${{ steps.x.outputs.sha }}")), checks.Warn, "may take the code of a pull request, and issue_comment", "", ""},
		{"a comment", say("issue_comment:", "", checkout("refs/pull/${{ github.event.issue.number }}/head")), checks.Fail, "issue_comment starts the job", "", ""},
		{"a comment that starts nothing of it", say("issue_comment:", "", checkout("main")), checks.Pass, "", "", ""},
		{"an issue", say("issues:", "", "run: echo"), checks.Pass, "", "", ""},
		{"a run before", say(after, "", checkout("${{ github.event.workflow_run.head_sha }}")), checks.Fail, "workflow_run starts the job", "", ""},
		{"a run before, of what the project made", say(after, "if: github.event.workflow_run.event == 'push'", checkout("${{ github.event.workflow_run.head_sha }}")),
			checks.Warn, "a condition keeps out some of them", "", ""},
		{"a run before, on one branch", say("workflow_run: {workflows: [x], branches: [main]}", "", checkout("${{ github.event.workflow_run.head_branch }}")), checks.Warn, "", "", ""},
		{"a run before alone", say(after, "", "run: echo"), checks.Warn, "deploy.yml:2: workflow_run starts what the release runs", "", ""},
		{"for members alone", say(target, "if: github.event.pull_request.author_association == 'OWNER'", checkout(head)), checks.Warn, "a condition keeps out", "", ""},
		{"for whoever asks", say(target, "if: github.actor == github.actor", checkout(head)), checks.Fail, "", "", ""},
		{"for strangers alone", say(target, "if: github.event.pull_request.author_association == 'NONE'", checkout(head)), checks.Fail, "", "", ""},
		{"for what has no label", say("issue_comment:", "if: github.event.label.name == ''", checkout("refs/pull/1/head")), checks.Fail, "", "", ""},
		{"asked of GitHub", say(target, "", `run: gh api "repos/o/r/collaborators/$WHO/permission"`+"\n      - "+checkout(head)), checks.Warn, "a condition keeps out", "", ""},
		{"asked of an action", say(target, "", "uses: prince-chrismc/check-actor-permissions-action@"+pin+"\n      - "+checkout(head)), checks.Warn, "a condition keeps out", "", ""},
		{"asked of nobody", say(target, "", "run: 'true # author_association'\n      - "+checkout(head)), checks.Fail, "", "", ""},
		{"asked aloud", say(target, "", "run: echo author_association\n      - "+checkout(head)), checks.Fail, "", "", ""},
		{"asked by name", say(target, "", "name: permissions-action\n        run: make\n      - "+checkout(head)), checks.Fail, "", "", ""},
		{"not for one robot", say(target, "if: github.actor != 'dependabot[bot]'", checkout(head)), checks.Fail, "", "", ""},
		{"not by this event", say(target, "if: github.event_name == 'push'", checkout(head)), checks.Pass, "", "", ""},
		{"not by this event, in a step", say(target, "", checkout(head)+"\n        if: github.event_name != 'pull_request_target'"), checks.Warn, "pull_request_target starts what", "", ""},
		{"a pull request that runs for itself", say("pull_request:", "", checkout(head)), checks.Pass, "", "", ""},
		{"without power", running(strings.Replace(opened(target, "", checkout(head)), "contents: write", "contents: read", 1)), checks.Warn, "can publish nothing, but leave a cache behind", "", ""},
		{"with what the settings say", running(strings.Replace(strings.Replace(opened(target, "", checkout(head)), "permissions: {contents: write}", "", 1),
			"permissions: {}", "", 1)), checks.Fail, "", "", ""},
	})
}

// TestDangerousCalls holds that a called workflow and an action are judged by what starts
// those that use them.
func TestDangerousCalls(t *testing.T) {
	const checkout = "    steps:\n      - uses: actions/checkout@v5\n        with: {ref: '${{ inputs.ref }}'}\n"
	called := map[string]string{".github/workflows/b.yml": "on: {workflow_call: {inputs: {ref: {type: string}}}}\njobs:\n  b:\n    runs-on: x\n" + checkout}
	call := func(on, ref string) string {
		return "on: " + on + "\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    with: {ref: '" + ref + "'}\n"
	}
	act := map[string]string{"act": "inputs:\n  ref: {}\nruns:\n  using: composite\n" + strings.ReplaceAll(checkout, "\n  ", "\n")[2:]}
	use := func(on, ref string) string {
		return "on: " + on + "\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./act\n        with: {ref: '" + ref + "'}\n"
	}
	const head = "${{ github.event.pull_request.head.sha }}"
	judge(t, "wf.dangerous-trigger", []verdictCase{
		{"the stranger's, to a workflow", runningAll(call("pull_request_target", head), called), checks.Fail, "b.yml:7: checkout of ${{ inputs.ref }}", "", ""},
		{"a branch, to a workflow", runningAll(call("pull_request_target", "main"), called), checks.Warn, "deploy.yml:1: pull_request_target", "", ""},
		{"the stranger's, by a tag", runningAll(call("push", head), called), checks.Pass, "", "", ""},
		{"the stranger's, to an action", runningAll(use("pull_request_target", head), act), checks.Fail, "act/action.yml:7: checkout of", "", ""},
		{"a branch, to an action", runningAll(use("issue_comment", "main"), act), checks.Pass, "", "", ""},
	})
}
