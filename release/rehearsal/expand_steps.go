package rehearsal

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rhysd/actionlint"
)

// steps works out the steps of a job, with those that GitHub adds.
func (x *expansion) steps(job *actionlint.Job, jobName string, sc scope) ([]stepSpec, error) {
	if len(job.Steps) > maxSteps {
		return nil, fmt.Errorf("%d steps: at most %d are rehearsed", len(job.Steps), maxSteps)
	}
	sc = sc.with("env", envOf(job.Env, sc.env(), sc)).with("job", unknown{})
	var own []stepSpec
	for _, s := range job.Steps {
		own = append(own, x.step(s, jobName, sc))
	}
	framed := x.frameSteps(jobName, own)
	if job.Container != nil || job.Services != nil && len(job.Services.Value) > 0 {
		framed = x.addContainers(jobName, framed)
	}
	return framed, nil
}

// env is the env context.
func (s scope) env() *object {
	env, _ := s.contexts["env"].(*object)
	return env
}

// step works out one step that the workflow file has.
func (x *expansion) step(s *actionlint.Step, jobName string, sc scope) stepSpec {
	sc = sc.with("env", envOf(s.Env, sc.env(), sc))
	holds := func(st status) bool {
		sc.status = st
		return sc.holds(s.If)
	}
	one := stepSpec{
		Skipped:   !holds(status{success: true}),
		OnFailure: holds(status{failure: true}),
		OnCancel:  holds(status{cancelled: true}),
		Tolerated: s.ContinueOnError != nil && s.ContinueOnError.Value,
	}
	sc.status = status{success: true}
	switch exec := s.Exec.(type) {
	case *actionlint.ExecAction:
		if exec.Uses != nil {
			one.Uses = exec.Uses.Value
		}
		one.Name = "Run " + one.Uses
		for key, in := range exec.Inputs {
			if one.With == nil {
				one.With = map[string]string{}
			}
			if in.Value != nil {
				one.With[key] = sc.fill(in.Value.Value)
			}
		}
	case *actionlint.ExecRun:
		if exec.Run != nil {
			one.Run = sc.fill(exec.Run.Value)
		}
		first, _, _ := strings.Cut(strings.TrimSpace(one.Run), "\n")
		one.Name = "Run " + strings.TrimSpace(first)
	}
	if s.Name != nil && s.Name.Value != "" {
		one.Name = sc.fill(s.Name.Value)
	}
	low, high := usualSeconds(one)
	one.Duration = x.between(low, high, jobName, one.Name)
	return one
}

// frameSteps adds the steps before and after a job's own, which alone publish anything.
func (x *expansion) frameSteps(jobName string, own []stepSpec) []stepSpec {
	for i := range own {
		own[i].Publishes = own[i].recognise()
	}
	steps := []stepSpec{{Name: "Set up job", Duration: x.between(2, 5, jobName, "set up")}}
	steps = append(steps, own...)
	for i, s := range slices.Backward(own) {
		if cleansUp(s.Uses) {
			steps = append(steps, stepSpec{Name: "Post " + s.Name, OnFailure: true, OnCancel: true, PostOf: i + 2,
				Duration: x.between(0, 2, jobName, "post", s.Name)})
		}
	}
	return append(steps, stepSpec{Name: "Complete job", OnFailure: true, OnCancel: true})
}

// addContainers adds the steps of a job with a container or services.
func (x *expansion) addContainers(jobName string, steps []stepSpec) []stepSpec {
	for i := range steps {
		if steps[i].PostOf > 0 {
			steps[i].PostOf++
		}
	}
	steps = slices.Insert(steps, 1, stepSpec{Name: "Initialize containers", Duration: x.between(8, 25, jobName, "containers")})
	return slices.Insert(steps, len(steps)-1, stepSpec{Name: "Stop containers", OnFailure: true, OnCancel: true,
		Duration: x.between(0, 2, jobName, "stop")})
}

// between is a duration that depends on the seed and names alone, in whole seconds.
func (x *expansion) between(low, high int, names ...string) time.Duration {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s", x.rc.Repo, x.file, strings.Join(names, "\x00"))
	r := rand.New(rand.NewPCG(h.Sum64(), uint64(x.rc.Seed)))
	return time.Duration(low+r.IntN(high-low+1)) * time.Second
}

// cleansUp tells whether an action has a step after the job, as the common ones do.
func cleansUp(uses string) bool {
	name, _, _ := strings.Cut(uses, "@")
	switch name {
	case "actions/checkout", "actions/cache", "actions/setup-python", "actions/setup-node", "actions/setup-go",
		"actions/setup-java", "docker/setup-buildx-action", "docker/login-action", "docker/build-push-action",
		"docker/setup-qemu-action", "astral-sh/setup-uv", "pnpm/action-setup", "aws-actions/configure-aws-credentials",
		"google-github-actions/auth", "Swatinem/rust-cache":
		return true
	}
	return false
}

var (
	imageWork   = regexp.MustCompile(`docker/build-push-action|docker/bake-action|docker (buildx )?build|\bko (build|publish)`)
	testWork    = regexp.MustCompile(`(?m)(^|[\s/])(pytest|tox|nox|ctest|jest|vitest|rspec|phpunit)\b|cypress-io|\b(go|npm|yarn|pnpm|cargo|make|mvn|dotnet) (run )?test\b`)
	installWork = regexp.MustCompile(`actions/setup-|setup-uv|\b(pip|pipx|npm|pnpm|yarn|apt|apt-get|poetry|uv|bundle|gem|brew) (ci|i|install|sync|run)\b`)
	buildWork   = regexp.MustCompile(`\b(build|compile|make|cargo|goreleaser|gradle|mvn|mkdocs|sphinx)\b`)
	uploadWork  = regexp.MustCompile(`publish|\btwine\b|aws s3|gsutil|gh release|action-gh-release|rsync|docker push`)
)

// usualSeconds is how long such a step takes as a rule.
func usualSeconds(s stepSpec) (low, high int) {
	what := strings.ToLower(s.Uses + "\n" + s.Run)
	switch {
	case strings.HasPrefix(s.Uses, "actions/checkout@"):
		return 1, 3
	case strings.Contains(s.Uses, "artifact"):
		return 1, 6
	case strings.Contains(s.Uses, "login-action"), strings.Contains(s.Uses, "setup-buildx"), strings.Contains(s.Uses, "setup-qemu"):
		return 1, 6
	case imageWork.MatchString(what):
		return 90, 300
	case uploadWork.MatchString(what):
		return 10, 30
	case installWork.MatchString(what):
		return 10, 40
	case testWork.MatchString(what):
		return 60, 240
	case buildWork.MatchString(what):
		return 40, 180
	}
	return 1, 8
}
