package checks

import (
	"regexp"
	"slices"
	"strings"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// govTwoPerson asks whether it takes a second person to publish. It blocks where there
// is one to ask; whoever maintains a project alone is told what they can do instead.
func govTwoPerson() Check {
	return Check{
		ID:    "gov.two-person",
		Title: "It takes two to publish",
		Why:   "Where one person alone can publish, one account that is taken over, or one person worn down, is enough.",
		Looks: "The environments of the jobs that publish: that each asks for a reviewer, keeps whoever started the run " +
			"from approving it, and keeps administrators from going past it. It warns of jobs that are not seen to publish, but could.",
		Factor:   People,
		Severity: SeverityBlock,
		Remedy: "name an environment on the job, and under Settings, Environments give it required reviewers, " +
			"prevent self-review and do not allow administrators to bypass it",
		Needs: []Part{PartProgram, PartEnvironments, PartMaintainers},
		Judge: judgeTwoPerson,
	}
}

// soloRemedy is what a maintainer can do who is the only one that may push. Where others
// may approve, they are the second key.
func soloRemedy(job actions.Job, e Environment) string {
	if len(e.Reviewers) > 1 || len(e.Reviewers) == 1 && e.Reviewers[0].Team {
		return "let nobody approve what they started, and no administrator bypass it: Settings, Environments, " + e.Name.String()
	}
	bind := ""
	if slices.ContainsFunc(job.Publishes(), func(p actions.Publishing) bool { return p.Kind == actions.PublishPyPI }) {
		bind = "bind the trusted publisher on PyPI to it, "
	}
	return "nobody else is seen who may push, and alone you have no second key: give the job an environment with a wait timer, " +
		"so that a release that you did not start can be stopped, " + bind + "and ask somebody to join you; a second account is no second person"
}

func judgeTwoPerson(s *Snapshot) Result {
	any := false
	a := auditPrograms(s, actions.Program.Jobs, func(a *auditor, run stageRun) {
		seen := slices.ContainsFunc(run.jobs, func(j actions.Job) bool { return slices.ContainsFunc(j.Publishes(), surely) })
		var unseen []actions.Job
		for _, job := range run.jobs {
			if goes, certain := publishes(job, seen); goes != "" {
				any = true
				judgeSecondKey(a, run.facts, job, goes, certain)
			} else if seen && mayPublish(job) {
				unseen = append(unseen, job)
			}
		}
		judgeUnseenPublishers(a, run.facts, unseen)
	})
	if !any && len(a.seen) == 0 && a.jobs > 0 {
		return Result{Outcome: NotApplicable,
			Summary: text.Clean("no job is seen to publish anything but a GitHub release, which whoever may push can make")}
	}
	return a.verdict(text.Clean("every job that publishes waits for somebody who did not start it"))
}

// beyondRelease tells whether something other than a GitHub release is published. That
// is left out: whoever may push may make one without any workflow, and no gate would
// hold them.
func beyondRelease(p actions.Publishing) bool { return p.Kind != actions.PublishRelease }

// surely tells whether something other than a GitHub release is certainly published.
func surely(p actions.Publishing) bool { return beyondRelease(p) && !p.Unsure }

// publishes says what a job publishes, and whether that is certain. Where no job of the
// program is seen to publish more than a GitHub release, those may that have the means;
// and so may one whose tool reads from its own configuration where to publish.
func publishes(job actions.Job, seen bool) (what string, certain bool) {
	if job.Def.WorkflowCall != nil { // its jobs are looked at themselves
		return "", false
	}
	list := job.Publishes()
	if i := slices.IndexFunc(list, surely); i >= 0 {
		return list[i].What, true
	}
	if i := slices.IndexFunc(list, beyondRelease); i >= 0 {
		return list[i].What, false
	}
	if seen && !slices.ContainsFunc(list, actions.Publishing.Configured) {
		return "", false
	}
	return means(job), false
}

// means is what a job could publish with; empty for nothing that is known.
func means(job actions.Job) string {
	for _, power := range job.Powers() {
		secret, isSecret := strings.CutPrefix(power, "the secret ")
		if power == "id-token: write" || power == "packages: write" || isSecret && !tellsOnly.MatchString(secret) {
			return power
		}
	}
	return ""
}

// tellsOnly are the names of secrets with which jobs tell services what became of them:
// what covers the code, and who is to hear of it.
var tellsOnly = regexp.MustCompile(`(?i)codecov|coveralls|codeclimate|codacy|codspeed|sonar|snyk|sentry_dsn|slack|discord|telegram|mattermost|mastodon|algolia`)

// mayPublish tells whether a job that is not seen to publish has the means to. Where a
// step is seen that takes the identity for something else, the words of the others count.
func mayPublish(job actions.Job) bool {
	power := means(job)
	if job.Def.WorkflowCall != nil || power == "" {
		return false
	}
	return power != "id-token: write" || !slices.ContainsFunc(job.Steps, identifies) || slices.ContainsFunc(job.Steps, speaksOfPublishing)
}

// identifies tells whether a step takes the run's identity for something other than
// publishing: to sign, or to tell a service who it is.
func identifies(s actions.Step) bool {
	owner, _, _ := strings.Cut(s.Action(), "/")
	switch s.Action() {
	case "actions/deploy-pages", "codecov/codecov-action", "codspeedhq/action", "astral-sh/attest-action":
		return true
	}
	return owner == "sigstore" || strings.HasPrefix(s.Action(), "actions/attest")
}

// speaksOfPublishing tells whether the words of a step are of publishing.
func speaksOfPublishing(s actions.Step) bool {
	return publishWord.MatchString(s.Action()) || slices.ContainsFunc(s.Script(), func(l actions.ScriptLine) bool { return publishWord.MatchString(l.Text) })
}

var publishWord = regexp.MustCompile(`(?i)publish|deploy|twine|pypi`)

// judgeUnseenPublishers warns of jobs that wait for nobody and are not seen to publish,
// but could: that another is seen to says nothing about them. It is one line a file, for
// most of them will be harmless.
func judgeUnseenPublishers(a *auditor, facts *StageFacts, jobs []actions.Job) {
	open := map[*actions.File][]string{}
	first := map[*actions.File]actions.Job{}
	var files []*actions.File
	for _, job := range jobs {
		if env, missing, found := gateOf(job, facts); found && missing == nil && locked(env) == "" {
			continue
		}
		if len(open[job.File]) == 0 {
			first[job.File] = job
			files = append(files, job.File)
		}
		open[job.File] = append(open[job.File], text.Cleanf("%s (%s)", job.ID, means(job)).String())
	}
	for _, f := range files {
		a.found(Warn, f, first[f].Def.Pos.Line, "where one of them publishes, give it the environment, too; else take away what it could publish with",
			"not seen to publish, nor to wait for a second person, but able to publish: %s", listed(open[f]))
	}
}

// judgeSecondKey looks at the gate of a job that publishes.
func judgeSecondKey(a *auditor, facts *StageFacts, job actions.Job, goes string, certain bool) {
	line := job.Def.Pos.Line
	words := "publishes with " + goes
	if !certain {
		words = "has " + goes + ", and may publish with it"
	}
	env, m, found := gateOf(job, facts)
	what := a.at(job.File, line)
	switch {
	case m != nil:
		a.lack(what, *m)
		return
	case found && locked(env) == "" && env.BypassUnsaid:
		a.lack(what, Missing{Why: text.Cleanf("whether administrators may bypass the environment %s was not said", env.Name),
			Next: "look under Settings, Environments"})
		return
	case found && locked(env) == "":
		a.pass(what, text.Cleanf("%s; %s", words, gateWords(env, "somebody else has to approve, in the environment "+env.Name.String())), env.URL)
		return
	}
	words += " " + locked(env)
	o, fix := Fail, ""
	switch n, known := maintainers(facts); {
	case !certain:
		o = Warn
	case !known:
		gap := facts.Maintainers.Missing()
		a.add(Evidence{What: what, Saw: text.Cleanf("%s; whether there is a second maintainer is not known: %s", words, gap.Why), Outcome: Unknown},
			gap.next())
		return
	case n < 2:
		o, fix = Warn, soloRemedy(job, env)
	}
	a.found(o, job.File, line, fix, "%s", words)
}

// gateOf is the environment of a job: none where it names none. Of several that an
// expression stands for, call by call, it is the first that takes no second person.
func gateOf(job actions.Job, facts *StageFacts) (env Environment, missing *Missing, found bool) {
	name := job.Environment()
	if name == "" {
		return env, nil, false
	}
	if !strings.Contains(name, "${{") {
		return namedGate(text.Clean(name), facts)
	}
	for _, n := range facts.Namings {
		if !strings.EqualFold(n.Repo, job.File.Repo) || n.Path != job.File.Path || n.Job.String() != text.Clean(job.ID).String() {
			continue
		}
		e, m, known := Environment{}, (*Missing)(nil), true
		switch {
		case n.Unknown != (Missing{}):
			m, known = &n.Unknown, false
		case !n.Name.IsZero():
			e, m, known = namedGate(n.Name, facts)
		}
		switch {
		case m != nil:
			missing = m
		case locked(e) != "":
			return e, nil, known
		case !found || e.BypassUnsaid:
			env, found = e, true
		}
	}
	if missing == nil && !found {
		missing = &Missing{Why: text.Cleanf("which environment %s is, was not found", name)}
	}
	return env, missing, found
}

// namedGate is the environment of a name.
func namedGate(name text.Safe, facts *StageFacts) (env Environment, missing *Missing, found bool) {
	if facts.Environments == nil {
		m := Got[Environment]{}.Missing()
		missing = &m
	}
	for _, got := range facts.Environments {
		e, ok := got.Get()
		switch {
		case !ok:
			m := got.Missing()
			missing = &m
		case strings.EqualFold(e.Name.String(), name.String()):
			return e, nil, true
		}
	}
	if missing == nil {
		missing = &Missing{Why: text.Cleanf("which environment %s is, was not found", name)}
	}
	return env, missing, false
}

// locked says why a gate does not take a second person; empty where it does.
func locked(e Environment) string {
	name := e.Name.String()
	switch {
	case name == "":
		return "outside of any environment: nobody has to approve"
	case !e.Exists:
		return "in the environment " + name + ", which does not exist: nobody has to approve"
	case len(e.Reviewers) == 0 && e.WaitMinutes > 0:
		return "in the environment " + name + ", which waits and has no required reviewers"
	case len(e.Reviewers) == 0:
		return "in the environment " + name + ", which has no required reviewers"
	case !e.PreventSelfReview:
		return "in the environment " + name + ", where whoever starts the release may approve it"
	case e.AdminsBypass:
		return "in the environment " + name + ", which administrators may bypass"
	}
	return ""
}

// maintainers is how many people may push, as far as it is known. Two who may approve
// somewhere are two, whoever else there is.
func maintainers(facts *StageFacts) (n int, known bool) {
	if all, ok := facts.Maintainers.Get(); ok && len(all) > 0 {
		return len(all), true
	}
	people := map[string]bool{}
	for _, got := range facts.Environments {
		e, _ := got.Get()
		for _, r := range e.Reviewers {
			if !r.Team {
				people[strings.ToLower(r.Name.String())] = true
			}
		}
	}
	return len(people), len(people) >= 2
}
