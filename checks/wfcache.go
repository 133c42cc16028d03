package checks

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfCache asks whether what is published is built from what another run left behind. A
// cache carries no signature and no commit: in 2024 Ultralytics shipped malware through
// a poisoned one, with trusted publishing and valid attestations.
func wfCache() Check {
	return Check{
		ID:    "wf.cache",
		Title: "Releases are built without a cache",
		Why:   "Whoever could once write to a cache can put into a release what no commit holds, and it is attested all the same.",
		Looks: "Caches in jobs that publish, or that such jobs need: cache actions, caches of setup actions, and layers " +
			"of images. Ultralytics shipped malware in 2024 from a poisoned cache, with valid trusted publishing.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "turn the cache off in the jobs that build or publish a release",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := audit(s, func(a *auditor, job actions.Job) {
				for _, step := range job.Steps {
					if job.Feeds {
						judgeCache(a, job, step)
					}
				}
			})
			return a.verdict(text.Cleanf("nothing in %s is built from a cache", plural(a.jobs, "job")))
		},
	}
}

// cacheRule is how an action caches.
type cacheRule struct {
	input string // that says whether; empty where it always does
	on    bool   // without the input
	off   bool   // the input says that it does not
	since int    // the major version from which it does without the input
}

// cacheRules are the actions that read a cache of other runs.
func cacheRules() map[string]cacheRule {
	always, asked, usual := cacheRule{}, cacheRule{input: "cache"}, cacheRule{input: "cache", on: true}
	return map[string]cacheRule{
		"actions/cache":                             always,
		"actions/cache/restore":                     always,
		"swatinem/rust-cache":                       always,
		"coursier/cache-action":                     always,
		"mozilla-actions/sccache-action":            always,
		"nix-community/cache-nix-action":            always,
		"determinatesystems/magic-nix-cache-action": always,
		"actions/setup-python":                      asked,
		"actions/setup-node":                        asked,
		"actions/setup-java":                        asked,
		"actions/setup-dotnet":                      asked,
		"graalvm/setup-graalvm":                     asked,
		"pdm-project/setup-pdm":                     asked,
		"pnpm/action-setup":                         asked,
		"actions/setup-go":                          {input: "cache", on: true, since: 4},
		"actions-rust-lang/setup-rust-toolchain":    usual,
		"jdx/mise-action":                           usual,
		"ruby/setup-ruby":                           {input: "bundler-cache"},
		"pyo3/maturin-action":                       {input: "sccache"},
		"astral-sh/setup-uv":                        {input: "enable-cache", on: true, since: 5},
		"mlugg/setup-zig":                           {input: "use-cache", on: true},
		"oven-sh/setup-bun":                         {input: "no-cache", on: true, off: true},
		"gradle/actions/setup-gradle":               {input: "cache-disabled", on: true, off: true},
		"gradle/gradle-build-action":                {input: "cache-disabled", on: true, off: true},
		"docker/setup-qemu-action":                  {input: "cache-image", on: true, since: 3},
	}
}

// judgeCache looks at one step of a job of which something is published.
func judgeCache(a *auditor, job actions.Job, step actions.Step) {
	for _, l := range step.Script() {
		if dockerCache.MatchString(l.Text) {
			a.found(Warn, step.File, l.Line, "", "a layer cache (--cache-from) in a job that builds or publishes")
		}
	}
	name := step.Action()
	used, ok := cacheRules()[name]
	switch {
	case name == "docker/build-push-action" || name == "docker/bake-action":
		judgeLayers(a, step)
		return
	case name == "docker/setup-buildx-action":
		if step.With("version") == nil {
			return // the runner's own is used
		}
		used = cacheRule{input: "cache-binary", on: true, since: 3}
	case !ok:
		return
	}
	given := step.With(used.input)
	if !used.caches(given, job, step) {
		return
	}
	line, how := step.Uses()[0].Line, "left by another run"
	switch {
	case given != nil:
		line, how = given.Pos.Line, used.input+": "+given.Value
	case used.input != "":
		how = "as it does unless it is told not to"
	}
	a.found(Warn, step.File, line, turnOff(used), "%s takes from a cache (%s) in a job that builds or publishes", name, how)
}

// caches tells whether a step takes from a cache, by what it gives to the input that
// says so.
func (r cacheRule) caches(given *actionlint.String, job actions.Job, step actions.Step) bool {
	uv := step.Action() == "astral-sh/setup-uv"
	restore := step.With("restore-cache")
	switch {
	case r.input == "":
		return true
	case uv && (given == nil || strings.EqualFold(given.Value, "auto")) && !hosted(job), uv && restore != nil && off(restore, job):
		return false
	case given != nil:
		return off(given, job) == r.off
	}
	return r.on && (major(step) == 0 || major(step) >= r.since)
}

// turnOff is how a cache is turned off.
func turnOff(r cacheRule) string {
	switch {
	case r.input == "":
		return "leave the step out of the jobs that build or publish a release"
	case r.off:
		return "say `" + r.input + ": true` there"
	case r.on:
		return "say `" + r.input + ": false` there"
	}
	return "leave `" + r.input + "` out there"
}

// off tells whether what an input is given means no in a release.
func off(given *actionlint.String, job actions.Job) bool {
	if strings.HasPrefix(strings.TrimSpace(given.Value), "${{") {
		return !actions.MayRun(given, job.Event, job.Home)
	}
	return slices.Contains([]string{"", "false", "0", "no", "off", "never"}, strings.ToLower(strings.TrimSpace(given.Value)))
}

// hosted tells whether a job runs on GitHub's own machines, as far as the file says.
func hosted(job actions.Job) bool {
	return job.Def.RunsOn == nil || !slices.ContainsFunc(job.Def.RunsOn.Labels, func(l *actionlint.String) bool {
		return strings.EqualFold(l.Value, "self-hosted")
	})
}

var (
	dockerCache = regexp.MustCompile(`--cache-from[= ]`)
	refVersion  = regexp.MustCompile(`^v?(\d{1,3})(?:\.\d+)*$`)
	// commentVersion is how a comment behind a pinned action names its version.
	commentVersion = regexp.MustCompile(`^\s*(?:\S*[@=]\s*)?(?:[a-z]+\s+)?v?(\d{1,3})(?:\.\d+)*\b`)
)

// major is the major version of the action that a step uses, by its ref or by the comment
// behind it; 0 where neither says it.
func major(step actions.Step) int {
	u := step.Uses()[0]
	m := refVersion.FindStringSubmatch(u.Ref)
	if m == nil {
		_, comment, ok := strings.Cut(step.File.Line(u.Line), "#")
		if !ok {
			return 0
		}
		m = commentVersion.FindStringSubmatch(comment)
	}
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// judgeLayers looks at what an image is built from beside its Dockerfile.
func judgeLayers(a *auditor, step actions.Step) {
	for _, input := range []string{"cache-from", "set"} {
		given := step.With(input)
		if given == nil {
			continue
		}
		for _, entry := range strings.Split(given.Value, "\n") {
			entry = strings.TrimSpace(entry)
			if input == "set" {
				_, after, ok := strings.Cut(entry, ".cache-from=")
				if !ok {
					continue
				}
				entry = after
			}
			if entry != "" && !strings.Contains(entry, "type=local") {
				a.found(Warn, step.File, given.Pos.Line, "leave `cache-from` out there", "%s takes layers from a cache (%s) in a job that builds or publishes",
					step.Action(), entry)
			}
		}
	}
}
