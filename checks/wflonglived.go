package checks

import (
	"regexp"
	"slices"
	"strings"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfLongLived asks whether a release logs in with what can be stolen and used for years,
// where a token for this one run could be had.
func wfLongLived() Check {
	return Check{
		ID:    "wf.long-lived-secret",
		Title: "No stored password where none is due",
		Why:   "A stored password or token can be stolen and used from anywhere for years, while that of trusted publishing is good for one run.",
		Looks: "Steps that publish or log in with a stored password or token where the place takes a token for the one " +
			"run: PyPI, npm, crates.io, RubyGems, the clouds, ghcr.io. Docker Hub has no such thing in general.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "log in by trusted publishing or OpenID Connect, and delete the secret",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := auditPrograms(s, actions.Program.Jobs, func(a *auditor, run stageRun) {
				for _, job := range run.jobs {
					judgeLongLived(a, job)
				}
				for _, f := range run.program.All() {
					for _, c := range f.Complaints(actions.RulePassword) {
						a.found(Warn, f, c.Line, "change the password, and give it by ${{ secrets }}: whoever reads the file has it",
							"the password of a container's registry stands in the file")
					}
				}
			})
			return a.verdict(text.Cleanf("no stored password in %s where a token for the run can be had", plural(a.jobs, "job")))
		},
	}
}

// login is a way to log in with a stored secret, and what there is instead.
type login struct {
	place, fix string
	names      *regexp.Regexp // of variables
	setUp      *regexp.Regexp // of lines of scripts that store the secret
}

// The variables that tools log in with, and what scripts store their secrets with.
var (
	pypiTokens = regexp.MustCompile(`^(TWINE_PASSWORD|UV_PUBLISH_(TOKEN|PASSWORD)|POETRY_PYPI_TOKEN_\w+|POETRY_HTTP_BASIC_\w+_PASSWORD|` +
		`FLIT_PASSWORD|HATCH_INDEX_AUTH|PDM_PUBLISH_PASSWORD|MATURIN_PYPI_TOKEN|MATURIN_PASSWORD)$`)
	npmTokens   = regexp.MustCompile(`^(NODE_AUTH_TOKEN|NPM_TOKEN|NPM_AUTH_TOKEN|NPM_CONFIG__?AUTH\w*|YARN_NPM_AUTH_TOKEN)$`)
	crateTokens = regexp.MustCompile(`^(CARGO_REGISTRY_TOKEN|CARGO_TOKEN|CRATES\w*_TOKEN)$`)
	gemTokens   = regexp.MustCompile(`^(GEM_HOST_API_KEY|RUBYGEMS?_\w*(KEY|TOKEN))$`)
	pypiSetUp   = regexp.MustCompile(`pypi-token|http-basic|\.pypirc`)
	npmSetUp    = regexp.MustCompile(`_authToken|npmAuthToken`)
	crateSetUp  = regexp.MustCompile(`\bcargo login\b`)
	gemSetUp    = regexp.MustCompile(`gem/credentials`)
)

// loginOf is how a kind of package is published without a password; false where there
// is no such way.
func loginOf(kind actions.PublishKind) (login, bool) {
	switch kind {
	case actions.PublishPyPI:
		return login{"PyPI", "add a trusted publisher in the project's publishing settings on PyPI, give the job id-token: write, and delete the token",
			pypiTokens, pypiSetUp}, true
	case actions.PublishNpm, actions.PublishOther: // semantic-release
		return login{"npm", "add a trusted publisher in the package's settings on npmjs.com, give the job id-token: write, and delete the token",
			npmTokens, npmSetUp}, true
	case actions.PublishCrate:
		return login{"crates.io", "add a trusted publisher in the crate's settings on crates.io, and take the token from rust-lang/crates-io-auth-action",
			crateTokens, crateSetUp}, true
	case actions.PublishGem:
		return login{"rubygems.org", "add a trusted publisher in the gem's settings on rubygems.org, and take the token from rubygems/configure-rubygems-credentials",
			gemTokens, gemSetUp}, true
	}
	return login{}, false
}

// judgeLongLived looks at what a job logs in with.
func judgeLongLived(a *auditor, job actions.Job) {
	elsewhere := otherRegistry(job)
	looked := map[actions.PublishKind]bool{}
	published := job.Publishes()
	for _, p := range published {
		l, known := loginOf(p.Kind)
		if !known || elsewhere[p.Kind] || otherIndex(p.Script) {
			continue
		}
		judgeLogin(a, job, p, l)
		if !looked[p.Kind] && p.What != "pypa/gh-action-pypi-publish" { // which reads neither
			looked[p.Kind] = true
			judgeVariables(a, job, p, l, job.Variables())
			judgeSetUp(a, job, p, l)
		}
	}
	for _, p := range published {
		elsewhere[p.Kind] = true // looked at already
	}
	judgeUnseenLogins(a, job, elsewhere)
	otherStore := usesOtherStore(job)
	if !otherStore {
		judgeStoredKeys(a, job.Variables())
	}
	for _, s := range job.Steps {
		judgeCloud(a, s)
		if !otherStore {
			judgeStoredKeys(a, s.Variables())
		}
		judgeImageLogin(a, s)
	}
}

// judgeUnseenLogins looks for the variables that nothing but publishing is logged in with
// in a job that is not seen to publish there: a script of the project's own may read
// them. npm's are left out, since reading a private package takes one, too.
func judgeUnseenLogins(a *auditor, job actions.Job, elsewhere map[actions.PublishKind]bool) {
	if namesOtherIndex(job) {
		return
	}
	for _, kind := range []actions.PublishKind{actions.PublishPyPI, actions.PublishCrate, actions.PublishGem} {
		if elsewhere[kind] {
			continue
		}
		l, _ := loginOf(kind)
		p := actions.Publishing{Kind: kind}
		judgeVariables(a, job, p, l, job.Variables())
		for _, s := range job.Steps {
			judgeVariables(a, job, p, l, s.Variables())
		}
	}
}

// namesOtherIndex tells whether a job speaks of an index that is not the usual one.
func namesOtherIndex(job actions.Job) bool {
	other := func(v actions.Variable) bool {
		return actions.TestIndex(v.Value) || strings.Contains(v.Name, "REPOSITORY")
	}
	return slices.ContainsFunc(job.Variables(), other) || slices.ContainsFunc(job.Steps, func(s actions.Step) bool {
		return slices.ContainsFunc(s.Variables(), other) || slices.ContainsFunc(s.Script(), func(l actions.ScriptLine) bool {
			return actions.TestIndex(l.Text) || otherIndex(l.Text)
		})
	})
}

// judgeLogin looks at what a step that publishes a package logs in with.
func judgeLogin(a *auditor, job actions.Job, p actions.Publishing, l login) {
	for _, input := range []string{"password", "token", "registry-token"} {
		if secret := actions.SecretIn(p.Step.Given(input)); secret != "" && p.Script == "" && p.Kind != actions.PublishOther {
			l.found(a, job, p, p.Step.File, p.Step.LineOf(input, secret), p.What, secret)
		}
	}
	judgeVariables(a, job, p, l, p.Step.Variables())
	if secret := actions.SecretIn(p.Script); secret != "" && p.Kind != actions.PublishOther {
		l.found(a, job, p, p.Step.File, p.Line, p.What, secret)
	}
}

// judgeVariables looks for variables that what publishes a package logs in with.
func judgeVariables(a *auditor, job actions.Job, p actions.Publishing, l login, list []actions.Variable) {
	if p.What == "pypa/gh-action-pypi-publish" {
		return // which reads none
	}
	for _, v := range list {
		if secret := v.Secret; secret != "" && l.names.MatchString(v.Name) {
			l.found(a, job, p, v.File, v.Line, v.Name, secret)
		}
	}
}

// judgeSetUp looks for scripts of a job that store a secret for what publishes.
func judgeSetUp(a *auditor, job actions.Job, p actions.Publishing, l login) {
	for _, s := range job.Steps {
		for _, line := range s.Script() {
			if secret := actions.SecretIn(line.Text); secret != "" && l.setUp.MatchString(line.Text) {
				l.found(a, job, p, s.File, line.Line, "the script", secret)
			}
		}
	}
}

// found notes a stored secret. PyPI trusts no reusable workflow.
func (l login) found(a *auditor, job actions.Job, p actions.Publishing, f *actions.File, line int, what, secret string) {
	fix := l.fix
	if len(job.Callers) > 0 && p.Kind == actions.PublishPyPI {
		fix = "publish from a job of the calling workflow, which PyPI can trust, by trusted publishing; it trusts no reusable workflow"
	}
	a.found(Warn, f, line, fix, "%s takes the secret %s, and %s has trusted publishing", what, secret, l.place)
}

// namedIndex is the index that a command names.
var namedIndex = regexp.MustCompile(`\s(?:--repository-url|--publish-url|--registry|--index|--repository|-r)[ =]["']?([^\s"']+)`)

// otherIndex tells whether a command names an index other than the usual one.
func otherIndex(script string) bool {
	m := namedIndex.FindStringSubmatch(script)
	return m != nil && m[1] != "pypi" && !usualIndex.MatchString(m[1])
}

// usualIndex are the addresses of PyPI and npm.
var usualIndex = regexp.MustCompile(`^https://(?:upload\.pypi\.org|registry\.npmjs\.org)(?:/|$)`)

// otherRegistry tells which kinds a job publishes to a place of its own, which may have
// nothing but passwords.
func otherRegistry(job actions.Job) map[actions.PublishKind]bool {
	out := map[actions.PublishKind]bool{}
	other := func(kind actions.PublishKind, address string) {
		if address != "" && !usualIndex.MatchString(address) {
			out[kind] = true
		}
	}
	indexes := func(list []actions.Variable) {
		for _, v := range list {
			switch v.Name {
			case "TWINE_REPOSITORY_URL", "UV_PUBLISH_URL", "FLIT_INDEX_URL", "PDM_PUBLISH_REPO":
				other(actions.PublishPyPI, v.Value)
			}
		}
	}
	indexes(job.Variables())
	for _, s := range job.Steps {
		switch s.Action() {
		case "actions/setup-node":
			other(actions.PublishNpm, s.Given("registry-url"))
		case "pypa/gh-action-pypi-publish":
			other(actions.PublishPyPI, s.Given("repository-url")+s.Given("repository_url"))
		}
		indexes(s.Variables())
	}
	return out
}

// judgeCloud looks at what a step logs in to a cloud with.
func judgeCloud(a *auditor, s actions.Step) {
	for _, c := range []struct{ action, input, cloud, fix string }{
		{"aws-actions/configure-aws-credentials", "aws-secret-access-key", "AWS", "name a role that trusts the repository with role-to-assume, and delete the key"},
		{"google-github-actions/auth", "credentials_json", "Google Cloud", "name a workload_identity_provider, and delete the key"},
		{"azure/login", "creds", "Azure", "name the client-id, tenant-id and subscription-id of a federated credential, and delete the secret"},
	} {
		if secret := actions.SecretIn(s.Given(c.input)); secret != "" && s.Action() == c.action {
			a.found(Warn, s.File, s.LineOf(c.input, secret), c.fix, "%s takes the secret %s, and %s has OpenID Connect", c.action, secret, c.cloud)
		}
	}
}

// judgeStoredKeys looks for keys of AWS among variables.
func judgeStoredKeys(a *auditor, list []actions.Variable) {
	for _, v := range list {
		if secret := v.Secret; secret != "" && v.Name == "AWS_SECRET_ACCESS_KEY" {
			a.found(Warn, v.File, v.Line, "name a role that trusts the repository with role-to-assume of aws-actions/configure-aws-credentials, and delete the key",
				"%s takes the secret %s, and AWS has OpenID Connect", v.Name, secret)
		}
	}
}

// usesOtherStore tells whether a job uses keys of AWS's shape for a store of somebody
// else, which may know nothing but keys.
func usesOtherStore(job actions.Job) bool {
	named := func(v actions.Variable) bool { return strings.HasPrefix(v.Name, "AWS_ENDPOINT_URL") }
	return slices.ContainsFunc(job.Variables(), named) || slices.ContainsFunc(job.Steps, func(s actions.Step) bool {
		return slices.ContainsFunc(s.Variables(), named) ||
			slices.ContainsFunc(s.Script(), func(l actions.ScriptLine) bool { return strings.Contains(l.Text, "--endpoint-url") })
	})
}

var (
	ghcrLogin = regexp.MustCompile(`\bdocker login\b.*\bghcr\.io\b`)
	ecrHost   = regexp.MustCompile(`\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com`)
)

// judgeImageLogin looks at what a step logs in to a registry of images with. Docker Hub
// is left out: it takes nothing but a stored token.
func judgeImageLogin(a *auditor, s actions.Step) {
	const own = "log in with ${{ secrets.GITHUB_TOKEN }} and packages: write, and delete the token"
	host, secret := s.Given("registry"), actions.SecretIn(s.Given("password"))
	if s.Action() == "docker/login-action" && secret != "" {
		line := s.LineOf("password", secret)
		switch {
		case strings.HasPrefix(host, "ghcr.io"):
			a.found(Warn, s.File, line, own, "docker/login-action takes the secret %s for ghcr.io, where the job's own token would do", secret)
		case ecrHost.MatchString(host):
			a.found(Warn, s.File, line, "name a role that trusts the repository with role-to-assume of aws-actions/configure-aws-credentials, and delete the key",
				"docker/login-action takes the secret %s, and AWS has OpenID Connect", secret)
		case strings.HasSuffix(s.Given("username"), "_json_key") || s.Given("username") == "_json_key_base64":
			a.found(Warn, s.File, line, "log in by google-github-actions/auth with a workload_identity_provider, and delete the key",
				"docker/login-action takes the secret %s, and Google Cloud has OpenID Connect", secret)
		}
	}
	for _, line := range s.Script() {
		if secret := actions.SecretIn(line.Text); secret != "" && ghcrLogin.MatchString(line.Text) {
			a.found(Warn, s.File, line.Line, own, "`docker login` takes the secret %s for ghcr.io, where the job's own token would do", secret)
		}
	}
}
