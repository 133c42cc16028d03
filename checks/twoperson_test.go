package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/checks/text"
)

// alone makes the maintainers of every repository these.
func alone(s *checks.Snapshot, names ...string) {
	var people []text.Safe
	for _, n := range names {
		people = append(people, text.Clean(n))
	}
	for i := range s.Stages {
		s.Stages[i].Maintainers = checks.Have(people)
	}
}

// bare is a workflow of one job with one step, outside of any environment.
func bare(step string) string {
	return "on: {push: {tags: ['*']}}\npermissions: {contents: write}\njobs:\n  ship:\n    runs-on: ubuntu-24.04\n    steps:\n      - " + step + "\n"
}

// beside is the good workflow with another job, whose file says more of it.
func beside(more, step string) func(*checks.Snapshot) {
	return running(goodWorkflow + "  other:\n    runs-on: ubuntu-24.04\n    " + more + "\n    steps:\n      - " + step + "\n")
}

// naming makes the good workflow's job name its environment by an expression, which
// stands for these, call by call.
func naming(names ...string) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		good("environment: pypi", "environment: ${{ inputs.where }}")(s)
		for _, n := range names {
			s.Stages[0].Namings = append(s.Stages[0].Namings, checks.Naming{Repo: s.Subject.Stages[0].Repo, Path: actions.Dir + "/deploy.yml",
				Job: text.Clean("publish"), Name: text.Clean(n)})
		}
	}
}

func TestTwoPerson(t *testing.T) {
	env := func(change func(*checks.Environment)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			edit(&s.Stages[0].Environments[0], change)
			s.Subject.Stages, s.Stages = s.Subject.Stages[:1], s.Stages[:1]
		}
	}
	two := func(changes ...func(*checks.Snapshot)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			for _, c := range changes {
				c(s)
			}
		}
	}
	noEnv := good("    environment: pypi\n", "")
	solo := func(s *checks.Snapshot) { alone(s, "mara") }
	judge(t, "gov.two-person", []verdictCase{
		{name: "clean", want: checks.Pass, says: "every job that publishes waits for somebody who did not start it",
			shows: "publishes with pypa/gh-action-pypi-publish; somebody else has to approve, in the environment pypi"},
		{name: "no environment", change: noEnv, want: checks.Fail,
			says: "deploy.yml:22: publishes with pypa/gh-action-pypi-publish outside of any environment", fix: "required reviewers"},
		{name: "no environment, and one maintainer", change: two(noEnv, solo), want: checks.Warn, says: "nobody has to approve",
			fix: "a second account is no second person"},
		{name: "it does not exist", change: env(func(e *checks.Environment) { *e = checks.Environment{Name: e.Name} }), want: checks.Fail,
			says: "the environment pypi, which does not exist"},
		{name: "no reviewers", change: env(func(e *checks.Environment) { people(e) }), want: checks.Fail, says: "which has no required reviewers"},
		{name: "a wait timer", change: two(env(func(e *checks.Environment) { people(e); e.WaitMinutes = 30 }), solo), want: checks.Warn,
			says: "which waits and has no required reviewers"},
		{name: "self-review", change: env(func(e *checks.Environment) { e.PreventSelfReview = false }), want: checks.Fail,
			says: "whoever starts the release may approve it"},
		{name: "administrators", change: env(func(e *checks.Environment) { e.AdminsBypass = true }), want: checks.Fail,
			says: "which administrators may bypass"},
		{name: "one maintainer, and others who may approve", change: two(env(func(e *checks.Environment) { people(e, "mara", "ines"); e.PreventSelfReview = false }), solo),
			want: checks.Warn, says: "whoever starts the release may approve it", fix: "let nobody approve what they started"},
		{name: "one maintainer who has a gate", change: two(env(func(*checks.Environment) {}), solo), want: checks.Pass},
		{name: "maintainers hidden, and a gate", change: two(env(func(*checks.Environment) {}), func(s *checks.Snapshot) {
			hide(&s.Stages[0].Maintainers, "")
		}), want: checks.Pass},
		{name: "maintainers hidden, and two who may review", change: two(env(func(e *checks.Environment) { e.AdminsBypass = true }),
			func(s *checks.Snapshot) { hide(&s.Stages[0].Maintainers, "") }), want: checks.Fail},
		{name: "maintainers hidden, and nothing else tells", change: two(env(func(e *checks.Environment) { people(e) }),
			func(s *checks.Snapshot) { hide(&s.Stages[0].Maintainers, "push access to quay/harbour") }), want: checks.Unknown,
			says: "whether there is a second maintainer is not known", fix: "push access to quay/harbour"},
		{name: "no maintainer at all is no answer", change: two(noEnv, func(s *checks.Snapshot) { alone(s); s.Stages[0].Environments = nil }),
			want: checks.Unknown},
		{name: "an environment only known when it runs", change: good("environment: pypi", "environment: ${{ inputs.where }}"),
			want: checks.Unknown, says: "which environment ${{ inputs.where }} is, was not found"},
		{name: "the same, found", change: naming("pypi"), want: checks.Pass},
		{name: "called twice, once for an environment that is not there", change: naming("pypi", "open"), want: checks.Unknown,
			says: "which environment open is, was not found"},
		{name: "called twice, once outside of any environment", change: naming("pypi", ""), want: checks.Fail,
			says: "publishes with pypa/gh-action-pypi-publish outside of any environment"},
		{name: "called twice, once for an environment without a gate", change: two(naming("pypi", "open"), func(s *checks.Snapshot) {
			s.Stages[0].Environments = append(s.Stages[0].Environments, checks.Have(checks.Environment{Name: text.Clean("open"), Exists: true}))
		}), want: checks.Fail, says: "in the environment open, which has no required reviewers"},
		{name: "called twice, once for what is only known when it runs", change: two(naming("pypi", "x"), func(s *checks.Snapshot) {
			s.Stages[0].Namings[1].Unknown = checks.Missing{Why: text.Clean("job publish names it by an expression")}
		}), want: checks.Unknown, says: "names it by an expression"},
		{name: "another file of the name is called", change: two(naming("pypi"), func(s *checks.Snapshot) { s.Stages[0].Namings[0].Repo = "quay/other" }),
			want: checks.Unknown, says: "was not found"},
		{name: "whether administrators bypass it is not said", change: env(func(e *checks.Environment) { e.BypassUnsaid = true }), want: checks.Unknown,
			says: "whether administrators may bypass the environment pypi was not said", fix: "Settings, Environments"},
		{name: "environment hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Environments[0], "actions: read") }, want: checks.Unknown,
			fix: "actions: read"},
		{name: "an unknown command with a secret", change: running(strings.Replace(strings.Replace(goodWorkflow, "    environment: pypi\n", "", 1),
			"- uses: pypa/gh-action-pypi-publish@"+pin, "- env: {KEY: '${{ secrets.KEY }}'}\n        run: ./ship.sh", 1)), want: checks.Warn,
			says: "may publish with it outside of any environment"},
		{name: "a GitHub release alone", change: running(strings.Replace(strings.Replace(goodWorkflow, "    environment: pypi\n", "", 1),
			"pypa/gh-action-pypi-publish", "softprops/action-gh-release", 1)), want: checks.Warn, says: "has id-token: write, and may publish with it"},
		{name: "a GitHub release alone, and no means for more", change: running(bare("run: gh release create v1")), want: checks.NotApplicable,
			says: "anything but a GitHub release"},
		{name: "a tool whose configuration says where", change: running(bare("uses: goreleaser/goreleaser-action@v6\n" +
			"        with: {args: release}\n        env: {TAP: '${{ secrets.TAP }}'}")), want: checks.Warn, says: "has the secret TAP, and may publish with it"},
		{name: "a job beside, which may publish", change: beside("permissions: {packages: write}", "run: make publish"), want: checks.Warn,
			says: "not seen to publish, nor to wait for a second person, but able to publish: other (packages: write)", fix: "give it the environment"},
		{name: "a job beside, with a secret", change: beside("env: {KEY: '${{ secrets.KEY }}'}", "run: ./ship"), want: checks.Warn, says: "other (the secret KEY)"},
		{name: "a job beside, with a secret to tell a service", change: beside("env: {KEY: '${{ secrets.CODECOV_TOKEN }}'}", "run: make test"), want: checks.Pass},
		{name: "a job beside, which signs", change: beside("permissions: {id-token: write}", "uses: actions/attest-build-provenance@"+pin), want: checks.Pass},
		{name: "a job beside, which signs and more", change: beside("permissions: {id-token: write}",
			"uses: actions/attest-build-provenance@"+pin+"\n      - run: make publish"), want: checks.Warn, says: "other (id-token: write)"},
		{name: "a job beside, with a gate", change: beside("environment: pypi\n    permissions: {packages: write}", "run: make publish"), want: checks.Pass},
		{name: "a job beside, whose environment is known when it runs", change: beside("environment: '${{ matrix.x }}'\n    permissions: {packages: write}",
			"run: make publish"), want: checks.Warn, says: "other (packages: write)"},
		{name: "a job beside, without means", change: beside("permissions: {contents: write}", "run: make publish"), want: checks.Pass},
		{name: "a script in another language", change: running(bare("run: os.system('npm publish')\n        shell: python")), want: checks.Warn,
			says: "has `npm publish`, and may publish with it"},
		{name: "a registry on the machine itself", change: running(bare("run: npm publish --registry http://localhost:4873")), want: checks.NotApplicable},
		{name: "an image by its manifest", change: running(bare("run: docker manifest push ghcr.io/o/i:1")), want: checks.Fail,
			says: "publishes with `docker manifest push`"},
	})
}
