package checks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfPermissions asks whether each job's token may do what the job does and no more. A
// build runs code of many others; with a token that may write, each of them may.
func wfPermissions() Check {
	return Check{
		ID:    "wf.permissions",
		Title: "Jobs may do no more than they need",
		Why:   "Everything that a build runs can use the token of its job, and so push, publish or sign where that may.",
		Looks: "What the token of each job may do: that the workflow says it at all, that nothing has write-all, and that " +
			"no scope is given to all jobs of a workflow which only one of them needs.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "say `permissions: {}` for the workflow, and for each job what it needs",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := auditPrograms(s, actions.Program.Jobs, judgePermissions)
			return a.verdict(text.Cleanf("the files say what the token may do in %s, and it is no more than is needed", plural(a.jobs, "job")))
		},
	}
}

// judgePermissions looks at the jobs of a program, file by file.
func judgePermissions(a *auditor, run stageRun) {
	for _, f := range run.program.All() {
		var here []actions.Job
		for _, j := range run.jobs {
			if j.File == f {
				here = append(here, j)
			}
		}
		if len(here) == 0 {
			continue
		}
		if slices.Contains(run.program.Roots(), f.Ref) {
			judgeSilence(a, f, here)
		}
		judgeWorkflowScopes(a, f, here)
		for _, j := range here {
			judgeJobScopes(a, j)
		}
	}
}

// judgeSilence warns of a file that leaves it to the settings of the repository what its
// jobs may do. A called workflow has what its caller has.
func judgeSilence(a *auditor, f *actions.File, jobs []actions.Job) {
	var silent []string
	line := 0
	for _, j := range jobs {
		if !j.Permissions.Said {
			silent = append(silent, j.ID)
			if line == 0 {
				line = j.Def.Pos.Line
			}
		}
	}
	if len(silent) > 0 {
		a.found(Warn, f, line, "", "nothing says what the token of %s may do: the settings of the repository do, and they may let it write", listed(silent))
	}
}

// judgeWorkflowScopes looks at what a workflow allows all of its jobs.
func judgeWorkflowScopes(a *auditor, f *actions.File, jobs []actions.Job) {
	said := f.Workflow.Permissions
	if said == nil {
		return
	}
	if writesAll(a, f, said) {
		return
	}
	var idle []string
	for _, j := range jobs {
		if j.Def.Permissions == nil && idles(j) {
			idle = append(idle, j.ID)
		}
	}
	if len(idle) == 0 {
		return
	}
	for _, scope := range writes(said) {
		a.found(Warn, f, scope.Name.Pos.Line, "give it to the job that needs it, and not to the workflow",
			"%s: write is given to %s, where nothing uses it", scope.Name.Value, listed(idle))
	}
}

// judgeJobScopes looks at what a job is allowed.
func judgeJobScopes(a *auditor, j actions.Job) {
	said := j.Def.Permissions
	if said == nil || writesAll(a, j.File, said) || !idles(j) {
		return
	}
	for _, scope := range writes(said) {
		a.found(Warn, j.File, scope.Name.Pos.Line, "take it out, and give it to the job that needs it",
			"%s: write is given to %s, where nothing uses it", scope.Name.Value, j.ID)
	}
}

// writesAll notes what allows everything.
func writesAll(a *auditor, f *actions.File, said *actionlint.Permissions) bool {
	if said.All == nil || said.All.Value != "write-all" {
		return false
	}
	a.found(Fail, f, said.All.Pos.Line, "", "write-all lets the token do everything")
	return true
}

// writes are the scopes that may be written to, in the order of the file.
func writes(said *actionlint.Permissions) []*actionlint.PermissionScope {
	var out []*actionlint.PermissionScope
	for _, s := range said.Scopes {
		if s.Name != nil && s.Value != nil && s.Value.Value == "write" {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *actionlint.PermissionScope) int {
		return a.Name.Pos.Line*1000 + a.Name.Pos.Col - b.Name.Pos.Line*1000 - b.Name.Pos.Col
	})
	return out
}

// buildCommand is a command that builds or tests, and has no use for a token.
var buildCommand = regexp.MustCompile(`^(?:sudo )?(?:(?:python3? -m )?(?:pip3?|pipx) install|(?:python3? -m )?(?:build|pytest|venv)|python3? -m pip wheel|` +
	`uv (?:build|sync|venv|pip install)|poetry (?:build|install)|hatch build|flit build|pdm (?:build|install)|` +
	`npm (?:ci|install|test|pack|run (?:build|test|lint))|(?:yarn|pnpm) (?:install|build|test|run (?:build|test|lint))|` +
	`go (?:build|test|vet|mod download)|cargo (?:build|test|fetch)|apt-get|set|cd|ls|mkdir|cp|mv|rm|echo|cat|tar|zip|unzip|sha256sum)(?:\s|$)`)

var (
	commandEnd = regexp.MustCompile(`&&|\|\||[;|]`)
	ownToken   = regexp.MustCompile(`(?i)github\s*\.\s*token|GITHUB_TOKEN|GH_TOKEN`)
)

// idles tells whether a job clearly uses no right to write: it has no secret and hands
// the token to nothing, and all of its steps only build.
func idles(j actions.Job) bool {
	if j.Def.WorkflowCall != nil || len(j.Def.Steps) == 0 || len(j.Secrets()) > 0 || j.Environment() != "" ||
		handsToken(j.Def.Env) || handsToken(j.File.Workflow.Env) {
		return false
	}
	for _, step := range j.Steps {
		_, script := step.Def.Exec.(*actionlint.ExecRun)
		if handsToken(step.Def.Env) || !script && !builds(step) {
			return false
		}
		for _, l := range step.Script() {
			for _, command := range commandEnd.Split(l.Text, -1) {
				if !buildCommand.MatchString(strings.TrimSpace(command)) || strings.ContainsAny(command, "`$") {
					return false
				}
			}
		}
	}
	return true
}

// handsToken tells whether a list of variables holds the job's token.
func handsToken(env *actionlint.Env) bool {
	if env == nil {
		return false
	}
	for _, v := range env.Vars {
		if v.Value != nil && ownToken.MatchString(v.Value.Value) {
			return true
		}
	}
	return env.Expression != nil
}

// builds tells whether an action only builds, and is given no other token than it asks
// for itself.
func builds(step actions.Step) bool {
	known := []string{
		"actions/checkout", "actions/upload-artifact", "actions/download-artifact", "actions/cache", "actions/setup-python", "actions/setup-node",
		"actions/setup-go", "actions/setup-java", "actions/setup-dotnet", "astral-sh/setup-uv", "pypa/cibuildwheel", "docker/setup-qemu-action",
		"dtolnay/rust-toolchain", "swatinem/rust-cache", "ruby/setup-ruby", "pdm-project/setup-pdm", "pnpm/action-setup",
	}
	return slices.Contains(known, step.Action()) && step.With("token") == nil
}
