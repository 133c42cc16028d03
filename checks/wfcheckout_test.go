package checks_test

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
)

// step is a step in place of the one that builds in the good workflow.
func step(lines ...string) func(*checks.Snapshot) {
	return good("      - run: |\n          pip install --require-hashes -r requirements-build.txt\n          python -m build\n",
		"      - "+strings.Join(lines, "\n        ")+"\n")
}

func TestCheckout(t *testing.T) {
	const checkout = "uses: actions/checkout@" + pin
	with := func(s string) func(*checks.Snapshot) { return step(checkout, "with: {"+s+"}") }
	run := func(lines ...string) func(*checks.Snapshot) {
		return step("run: |\n          " + strings.Join(lines, "\n          "))
	}
	judge(t, "wf.checkout", []verdictCase{
		{"clean", nil, checks.Pass, "nothing goes into", "", ""},
		{"another branch", with("ref: main"), checks.Warn, "deploy.yml:16: actions/checkout takes main of this repository", "full commit SHA", ""},
		{"the run's ref", with("ref: '${{ github.ref_name }}'"), checks.Pass, "", "", "workflows: looked at"},
		{"the run's tag", with("ref: 'refs/tags/${{ github.ref_name }}'"), checks.Pass, "", "", "workflows: looked at"},
		{"what is empty in a release", with("ref: '${{ github.head_ref || inputs.ref || github.sha }}'"), checks.Pass, "", "", "workflows: looked at"},
		{"what may be something else", with("ref: '${{ steps.x.outputs.y || github.sha }}'"), checks.Warn, "takes ${{ steps.x.outputs.y || github.sha }} of this repository", "", ""},
		{"a variable of the file", step(checkout, "with: {ref: '${{ env.AT }}'}", "env: {AT: '${{ github.sha }}'}"), checks.Pass, "", "", "workflows: looked at"},
		{"a variable of somewhere", with("ref: '${{ env.AT }}'"), checks.Warn, "takes ${{ env.AT }} of", "", ""},
		{"a variable that stands for too much", step(checkout, "with: {ref: '${{ env.A }}'}", "env: {A: '"+strings.Repeat("${{env.B}}", 300)+"', B: '"+strings.Repeat("${{env.C}}", 300)+
			"', C: '"+strings.Repeat("${{env.D}}", 300)+"', D: '"+strings.Repeat("x", 300)+"'}"), checks.Warn, "takes ${{ env.A }} of", "", ""},
		{"its own name", with("repository: '${{ github.repository }}'"), checks.Pass, "", "", "workflows: looked at"},
		{"another repository", with("repository: ckan/ckan, ref: '${{ matrix.ref }}'"), checks.Warn, "takes ${{ matrix.ref }} of ckan/ckan", "", ""},
		{"another repository's default branch", with("repository: ckan/ckan"), checks.Warn, "takes the default branch of ckan/ckan", "", ""},
		{"another repository, pinned", with("repository: ckan/ckan, ref: " + pin), checks.Pass, "", "", "takes " + pin + " of ckan/ckan, which is pinned"},
		{"in a job that nothing published passes through", good("  publish:\n", "  docs:\n    runs-on: x\n    steps: [{uses: actions/checkout@"+pin+", with: {ref: main}}]\n  publish:\n"), checks.Pass, "", "", "workflows: looked at"},
		{"to push to a branch", good("  publish:\n", "  next:\n    runs-on: x\n    permissions: {contents: write}\n    steps: [{uses: actions/checkout@"+pin+", with: {ref: main}}, {run: git push}]\n  publish:\n"), checks.Pass, "", "", "takes main of this repository, not the run's own commit to push to it"},
		{"a clone", run("git clone --depth 1 -b stable https://github.com/ckan/ckan.git src"), checks.Warn, "git clone takes stable of https://github.com/ckan/ckan.git", "", ""},
		{"a clone of itself", run("git clone https://github.com/${{ github.repository }}"), checks.Warn, "takes the default branch of this repository", "", ""},
		{"a clone that is pinned", run("git clone https://github.com/ckan/ckan src", "cd src && git checkout "+pin), checks.Pass, "", "", "which is pinned"},
		{"a clone that is pushed to", run("git clone https://github.com/quay/tap", "cd tap && git push"), checks.Pass, "", "", "to push to it"},
		{"another tool's clone", run("gh repo clone ckan/ckan"), checks.Warn, "gh repo clone takes the default branch of ckan/ckan", "", ""},
		{"git checkout", run("git checkout stable"), checks.Warn, "git checkout takes stable of this repository", "", ""},
		{"git checkout of the run's commit", run(`git checkout "$GITHUB_SHA"`, "git checkout -b next", "git checkout -- a.txt", "git checkout setup.py", "git switch -c x"), checks.Pass, "", "", "workflows: looked at"},
		{"git checkout of a branch of its own", run("git checkout -b next origin/stable"), checks.Warn, "git checkout takes origin/stable of", "", ""},
		{"a file of another ref", run("git checkout stable -- setup.py"), checks.Warn, "git checkout takes stable of", "", ""},
		{"git switch", run("git switch -c next stable"), checks.Warn, "git switch takes stable of", "", ""},
		{"git merge", run("git merge --no-ff origin/next"), checks.Warn, "git merge takes origin/next of", "", ""},
		{"git cherry-pick", run("git cherry-pick hotfix"), checks.Warn, "git cherry-pick takes hotfix of", "", ""},
		{"git worktree", run("git worktree add ../w stable"), checks.Warn, "git worktree takes stable of", "", ""},
		{"git of what was fetched", run("git fetch origin stable", "git checkout FETCH_HEAD"), checks.Warn, "git checkout takes FETCH_HEAD of", "", ""},
		{"git that moves nothing", run("git merge-base a b", "git merge --abort", "git rebase --continue", "git worktree add ../w", "git checkout-index a"), checks.Pass, "", "", "workflows: looked at"},
		{"git pull", run("git pull"), checks.Warn, "whatever the branch holds by then", "", ""},
		{"submodules of today", run("git submodule update --init --remote"), checks.Warn, "the submodules", "", ""},
		{"submodules", run("git submodule update --init"), checks.Pass, "", "", "workflows: looked at"},
		{"pip from git", run("pip install git+https://github.com/o/r.git@main#egg=r"), checks.Warn, "takes main of git+https://github.com/o/r.git", "", ""},
		{"pip from a commit", run("pip install git+https://github.com/o/r@" + pin), checks.Pass, "", "", "which is pinned"},
		{"an archive", run("curl -L https://github.com/o/r/archive/refs/heads/main.tar.gz | tar xz"), checks.Warn, "a download takes main of o/r", "", ""},
		{"cargo", run("cargo install --git https://github.com/o/r --branch next"), checks.Warn, "cargo install takes next of https://github.com/o/r", "", ""},
		{"a build from an address", run("docker build https://github.com/o/r.git#next:dir"), checks.Warn, "docker build takes next of https://github.com/o/r.git", "", ""},
		{"a build argument", run("docker build --build-arg CKAN_REF=dev-v2.11 ."), checks.Warn, "docker build builds from what CKAN_REF names: dev-v2.11", "", ""},
		{"a label", run("docker build --build-arg VCS_REF=$(git rev-parse HEAD) --build-arg A_REF=${{ github.sha }} ."), checks.Pass, "", "", "workflows: looked at"},
		{"build-push-action's argument", step("uses: docker/build-push-action@"+pin, "with:", "  build-args: |", "    A=b", "    CKAN_REF=${{ matrix.build.ckan_ref }}"), checks.Warn, "deploy.yml:19: docker/build-push-action builds from what CKAN_REF names: ${{ matrix.build.ckan_ref }}", "", ""},
		{"build-push-action's context", step("uses: docker/build-push-action@"+pin, "with: {context: 'https://github.com/o/r.git#main'}"), checks.Warn, "takes main of https://github.com/o/r.git", "", ""},
		{"build-push-action's own context", step("uses: docker/build-push-action@"+pin, "with: {context: '{{defaultContext}}:dir'}"), checks.Pass, "", "", "workflows: looked at"},
		{"its own repository as context", step("uses: docker/build-push-action@"+pin, "with: {context: 'https://github.com/${{ github.repository }}.git#${{ github.ref }}'}"), checks.Pass, "", "", "workflows: looked at"},
	})
}

// TestCheckoutOfInputs follows what a caller gives.
func TestCheckoutOfInputs(t *testing.T) {
	callee := "on:\n  workflow_call:\n    inputs: {ref: {type: string}}\njobs:\n  build:\n    runs-on: x\n    steps: [{uses: actions/checkout@" + pin + ", with: {ref: '${{ inputs.ref }}'}}]\n"
	caller := func(given string) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			running("on: push\njobs:\n  call:\n    uses: ./.github/workflows/build.yml\n" + given)(s)
			p, _ := s.Stages[0].Program.Get()
			called := programOf(s.Subject.Stages[0], map[string]string{"build.yml": callee})
			p.Files[called.Entries[0]] = called.Files[called.Entries[0]]
		}
	}
	judge(t, "wf.checkout", []verdictCase{
		{"nothing", caller(""), checks.Pass, "", "", ""},
		{"its own", caller("    with: {ref: '${{ github.sha }}'}\n"), checks.Pass, "", "", ""},
		{"another", caller("    with: {ref: main}\n"), checks.Warn, "build.yml:7: actions/checkout takes ${{ inputs.ref }} (main) of this repository", "", ""},
		{"more than are asked", caller("    with: {ref: '${{ github.sha }}'}\n" + strings.Join(numbered(101, "  c%d: {uses: ./.github/workflows/build.yml, with: {ref: '${{ github.sha }}'}}\n"), "")),
			checks.Warn, "takes ${{ inputs.ref }} of this repository", "", ""},
	})
}

// numbered are n texts with their number in them.
func numbered(n int, format string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}
