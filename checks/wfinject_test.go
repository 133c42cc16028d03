package checks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/actions"
)

// scripted is a workflow of one job that runs a script, with what starts it and what
// else its job says.
func scripted(on, job, script string) string {
	return "on:\n  " + on + "\npermissions: {}\njobs:\n  build:\n    runs-on: x\n    " + job + "\n    steps:\n" +
		"      - id: first\n        uses: actions/cache@" + pin + "\n      - id: second\n        run: echo\n" +
		"      - env: {TITLE: '${{ github.event.issue.title }}', PLAIN: text, NAME: '${{ env.TITLE }}'}\n        run: |\n          true\n          " + script + "\n"
}

// runningAll makes the first stage run workflows and actions of its repository: the first
// is started, and the others are found by their names or directories.
func runningAll(first string, more map[string]string) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		running(first)(s)
		p, _ := s.Stages[0].Program.Get()
		for name, src := range more {
			at := p.Entries[0]
			key := actions.Ref{Repo: at.Repo, At: at.At, Path: name}
			ref := key
			if !strings.HasSuffix(name, ".yml") {
				ref.Path += "/action.yml"
			}
			p.Files[key] = actions.Parse(ref, []byte(src))
		}
	}
}

func TestInjection(t *testing.T) {
	const tags = "push: {tags: ['*']}"
	say := func(on, script string) func(*checks.Snapshot) { return running(scripted(on, "", script)) }
	cases := []verdictCase{
		{"clean", nil, checks.Pass, "no script in 8 jobs is put together from text of others", "", ""},
		{"a title", say("issues:", "echo ${{ github.event.issue.title }}"), checks.Fail,
			"deploy.yml:16: github.event.issue.title is in the script, and others write it: issues starts the job", `use it there as "$NAME"`, ""},
		{"in a comment of the script", say("issues:", "# ${{ github.event.issue.title }}"), checks.Fail, "deploy.yml:16", "", ""},
		{"through the environment", say("issues:", `echo "$TITLE"`), checks.Pass, "", "", ""},
		{"through the environment and back", say("issues:", "echo ${{ env.NAME }}"), checks.Fail,
			"env.name holds what others give it: env.title holds what others give it: github.event.issue.title", "", ""},
		{"a variable of the file", say("issues:", "echo ${{ env.PLAIN }}"), checks.Pass, "", "", ""},
		{"a variable of the run", say("issues:", "echo ${{ env.OTHER }}"), checks.Warn, "env.other is in the script as it is: it is set while the job runs", "", ""},
		{"a setting", say(tags, "echo ${{ vars.X }}"), checks.Warn, "the settings of the repository hold it", "", ""},
		{"what no event carries", say(tags, "echo ${{ github.event.issue.title }}"), checks.Warn, "gives it to nobody outside the project", "", ""},
		{"the commit of a tag", say(tags, "echo ${{ github.event.head_commit.message }}"), checks.Warn, "gives it to nobody", "", ""},
		{"the commit of a branch", say("push: {branches: [main]}", "echo ${{ github.event.head_commit.message }}"), checks.Fail, "others write it: push of a branch starts", "", ""},
		{"the commits of a branch", say("push:", "echo ${{ join(github.event.commits.*.message) }}"), checks.Fail, "github.event.commits.*.message", "", ""},
		{"the commit of a branch, for tags", running(scripted("push:", "if: github.ref_type == 'tag'", "echo ${{ github.event.head_commit.message }}")), checks.Warn, "", "", ""},
		{"a branch of a fork", say("pull_request_target:", "git switch ${{ github.head_ref }}"), checks.Fail, "github.head_ref", "", ""},
		{"a branch of a fork that runs for itself", say("pull_request:", "git switch ${{ github.head_ref }}"), checks.Warn, "github.head_ref", "", ""},
		{"a review", say("pull_request_review:", "echo ${{ github.event.review.body }}"), checks.Fail, "pull_request_review starts", "", ""},
		{"a comment", say("issue_comment:", "echo ${{ github.event.comment.body }}"), checks.Fail, "", "", ""},
		{"a discussion", say("discussion:", "echo ${{ github.event.discussion.body }}"), checks.Fail, "", "", ""},
		{"a title that was", say("issues:", "echo ${{ github.event.changes.title.from }}"), checks.Fail, "", "", ""},
		{"an answer", say("discussion:", "echo ${{ github.event.answer.body }}"), checks.Fail, "", "", ""},
		{"a fork's description", say("fork:", "echo ${{ github.event.forkee.description }}"), checks.Fail, "", "", ""},
		{"a page", say("gollum:", "echo ${{ github.event.pages[0].page_name }}"), checks.Fail, "", "", ""},
		{"the branch of a run before", say("workflow_run: {workflows: [x]}", "echo ${{ github.event.workflow_run.head_branch }}"), checks.Fail, "", "", ""},
		{"one of the branches named", say("workflow_run: {workflows: [x], branches: [main]}", "echo ${{ github.event.workflow_run.head_branch }}"), checks.Warn, "", "", ""},
		{"its commit", say("workflow_run: {workflows: [x], branches: [main]}", "echo ${{ github.event.workflow_run.head_commit.message }}"), checks.Fail, "", "", ""},
		{"the whole event", say("issues:", "echo '${{ toJSON(github.event) }}'"), checks.Fail, "github.event is in the script, and others write it", "", ""},
		{"the whole event of a tag", say(tags, "echo '${{ toJSON(github) }}'"), checks.Warn, "", "", ""},
		{"an object, not written out", say("issues:", "echo ${{ github.event.issue }}"), checks.Pass, "", "", ""},
		{"through format", say("issues:", "echo ${{ format('{0}', github.event.issue.body) }}"), checks.Fail, "", "", ""},
		{"asked for, not written", say("issues:", "echo ${{ contains(github.event.issue.body, 'x') && 'y' || 'z' }}"), checks.Pass, "", "", ""},
		{"for members alone", running(scripted("issues:", "if: github.event.issue.author_association == 'MEMBER'", "echo ${{ github.event.issue.body }}")),
			checks.Warn, "a condition keeps out some of them", "", ""},
		{"for others alone", running(scripted("issues:", "if: github.event_name == 'push'", "echo ${{ github.event.issue.body }}")), checks.Warn, "nobody outside", "", ""},
		{"the name of the tag", say(tags, "echo ${{ github.ref_name }}"), checks.Warn, "github.ref_name is in the script as it is: whoever may write to the repository names it", `"$NAME"`, ""},
		{"the release", say("release:", "echo ${{ github.event.release.tag_name }}"), checks.Warn, "", "", ""},
		{"what a client sends", say("repository_dispatch:", "echo ${{ github.event.client_payload.x.y }}"), checks.Warn, "whoever starts", "", ""},
		{"what cannot be chosen", say(tags, "echo ${{ github.sha }} ${{ github.repository }} ${{ runner.os }} ${{ github.run_id }} ${{ secrets.X }} ${{ github.actor }} "+
			"${{ job.status }} ${{ steps.second.outcome }} ${{ needs.x.result }} ${{ steps.first.outputs.cache-hit }} ${{ github.event.pull_request.head.sha }}"), checks.Pass, "", "", ""},
		{"the output of a step", say(tags, "echo ${{ steps.second.outputs.cache-hit }}"), checks.Warn, "an earlier step makes it", "", ""},
		{"all outputs", say(tags, "echo '${{ toJSON(steps) }}'"), checks.Warn, "", "", ""},
		{"the output of a job", say(tags, "echo ${{ needs.x.outputs.y }}"), checks.Warn, "another job makes it", "", ""},
		{"what jobs came to", say(tags, "echo '${{ toJSON(needs) }}'"), checks.Pass, "", "", ""},
		{"a matrix", running(scripted(tags, "strategy: {matrix: {x: [1, 2], include: [{x: 3}]}}", "echo ${{ matrix.x }} ${{ toJSON(matrix) }}")), checks.Pass, "", "", ""},
		{"a matrix that is made", running(scripted(tags, "strategy: {matrix: '${{ fromJSON(needs.x.outputs.y) }}'}", "echo ${{ matrix.x }}")), checks.Warn, "the matrix is made", "", ""},
		{"a row that is made", running(scripted(tags, "strategy: {matrix: {x: '${{ fromJSON(vars.X) }}', y: [1]}}", "echo ${{ matrix.x }}")), checks.Warn, "", "", ""},
		{"beside a row that is made", running(scripted(tags, "strategy: {matrix: {x: '${{ fromJSON(vars.X) }}', y: [1]}}", "echo ${{ matrix.y }}")), checks.Pass, "", "", ""},
		{"a value that is made", running(scripted(tags, "strategy: {matrix: {x: [1, '${{ vars.X }}']}}", "echo ${{ matrix.x }}")), checks.Warn, "", "", ""},
		{"an entry that is made", running(scripted(tags, "strategy: {matrix: {x: [1], include: [{x: 1, y: '${{ vars.X }}'}]}}", "echo ${{ matrix.y }}")), checks.Warn, "", "", ""},
		{"no matrix", say(tags, "echo ${{ matrix.x }}"), checks.Pass, "", "", ""},
		{"what is asked of whoever starts it", say("workflow_dispatch: {inputs: {x: {type: string}}}", "echo ${{ inputs.x }}"), checks.Warn, "whoever starts or uses this chooses it", "", ""},
		{"a number", say("workflow_dispatch: {inputs: {x: {type: number}, y: {type: boolean}, z: {type: choice, options: [a]}}}",
			"echo ${{ inputs.x }} ${{ github.event.inputs.y }} ${{ inputs.z }}"), checks.Pass, "", "", ""},
		{"what nobody declares", say("workflow_dispatch:", "echo ${{ github.event.inputs.x }}"), checks.Warn, "", "", ""},
		{"another language", running(strings.Replace(scripted("issues:", "", "true"), "run: echo\n",
			"uses: actions/github-script@"+pin+"\n        with:\n          script: |\n            // x\n            f(`${{ github.event.issue.title }}`)\n", 1)),
			checks.Fail, "deploy.yml:16", "", ""},
		{"another input", running(strings.Replace(scripted("issues:", "", "true"), "run: echo\n",
			"uses: some/action@"+pin+"\n        with: {title: '${{ github.event.issue.title }}'}\n", 1)), checks.Pass, "", "", ""},
	}
	env := func(s string) func(*checks.Snapshot) {
		return good("    environment: pypi\n", "    environment: pypi\n    env: {"+s+"}\n")
	}
	cases = append(cases,
		verdictCase{"what is printed sets variables", env("ACTIONS_ALLOW_UNSECURE_COMMANDS: true"), checks.Warn, "deploy.yml:26: ACTIONS_ALLOW_UNSECURE_COMMANDS lets", "$GITHUB_ENV", ""},
		verdictCase{"it does not", env("ACTIONS_ALLOW_UNSECURE_COMMANDS: false"), checks.Pass, "", "", ""})
	judge(t, "wf.injection", cases)
}

// TestInjectionThroughCalls holds that what is given to another file of the repository is
// judged where it becomes a script, by what is given.
func TestInjectionThroughCalls(t *testing.T) {
	action := func(defaults string) string {
		return "inputs:\n  who: {" + defaults + "}\nruns:\n  using: composite\n  steps:\n    - shell: sh\n      run: echo ${{ inputs.who }}\n"
	}
	use := func(on, with string) string {
		return "on: " + on + "\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./act\n        with: {" + with + "}\n"
	}
	called := func(on string) string {
		return "on:\n  workflow_call: {inputs: {who: {type: string, default: '${{ github.ref_name }}'}, n: {type: number}}}\n" + on +
			"\njobs:\n  b:\n    runs-on: x\n    steps: [{run: 'echo ${{ inputs.who }} ${{ inputs.n }}'}]\n"
	}
	call := func(on, with string) string {
		return "on: " + on + "\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    with: {" + with + "}\n"
	}
	const b = actions.Dir + "/b.yml"
	judge(t, "wf.injection", []verdictCase{
		{"a text, to an action", runningAll(use("push", "who: me"), map[string]string{"act": action("")}), checks.Pass, "", "", ""},
		{"a title, to an action", runningAll(use("issues", "who: '${{ github.event.issue.title }}'"), map[string]string{"act": action("")}), checks.Fail,
			"act/action.yml:7: inputs.who holds what others give it: github.event.issue.title", "", ""},
		{"a title, of a tag", runningAll(use("push", "who: '${{ github.event.issue.title }}'"), map[string]string{"act": action("")}), checks.Warn, "act/action.yml:7", "", ""},
		{"nothing, to an action", runningAll(use("push", ""), map[string]string{"act": action("default: x")}), checks.Pass, "", "", ""},
		{"nothing, where the tag is meant", runningAll(use("push", ""), map[string]string{"act": action("default: '${{ github.ref_name }}'")}), checks.Warn, "github.ref_name", "", ""},
		{"nothing, of an input that is not declared", runningAll(use("push", ""), map[string]string{"act": strings.Replace(action(""), "who: {}", "x: {}", 1)}), checks.Warn, "whoever starts or uses this", "", ""},
		{"a text, to a workflow", runningAll(call("push", "who: me"), map[string]string{b: called("")}), checks.Pass, "", "", ""},
		{"a title, to a workflow", runningAll(call("issues", "who: '${{ github.event.issue.title }}'"), map[string]string{b: called("")}), checks.Fail,
			"b.yml:7: inputs.who holds what others give it: github.event.issue.title is in the script, and others write it: issues starts", "", ""},
		{"nothing, to a workflow", runningAll(call("push", ""), map[string]string{b: called("")}), checks.Warn, "github.ref_name", "", ""},
		{"by hand as well", runningAll(call("push", "who: me"), map[string]string{b: called("  workflow_dispatch: {inputs: {who: {type: string}}}")}), checks.Warn, "inputs.who is in the script as it is: whoever starts", "", ""},
		{"a workflow that calls itself", runningAll(call("push", "who: '${{ inputs.who }}'"), map[string]string{
			b: called("") + "  c:\n    uses: ./.github/workflows/b.yml\n    with: {who: '${{ inputs.who }}'}\n"}), checks.Warn, "inputs.who", "", ""},
	})
}

// TestInjectionHasAnEnd holds that values which are given on in many places at once do
// not keep the judgement.
func TestInjectionHasAnEnd(t *testing.T) {
	more := map[string]string{}
	for i := range 9 {
		src := "on: {workflow_call: {inputs: {x: {type: string}}}, issues: }\nenv:\n"
		for n := range 9 {
			src += fmt.Sprintf("  V%d: %s\n", n, strings.Repeat(fmt.Sprintf("${{ env.V%d }}", n+1), 30))
		}
		src += "jobs:\n"
		for n := range 30 {
			src += fmt.Sprintf("  j%d:\n    uses: ./.github/workflows/w%d.yml\n    with: {x: '${{ inputs.x }}'}\n", n, i+1)
		}
		src += "  run:\n    runs-on: x\n    steps: [{run: 'echo ${{ inputs.x }} ${{ env.V0 }}'}]\n"
		more[fmt.Sprintf("%s/w%d.yml", actions.Dir, i)] = src
	}
	begun := time.Now()
	for _, id := range []string{"wf.injection", "wf.dangerous-trigger"} {
		s := clean()
		runningAll(strings.Replace(more[actions.Dir+"/w0.yml"], "x: {type: string}", "x: {type: string, default: a}", 1), more)(s)
		if f := checks.Run(find(t, id), s); id == "wf.injection" && f.Outcome != checks.Warn {
			t.Errorf("%s: %s (%s)", id, f.Outcome, f.Summary)
		}
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
