package github

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/release"
)

// jobs is a workflow file with the given jobs.
func jobsOn(on, jobs string) string {
	return "on: " + on + "\njobs:\n  " + strings.ReplaceAll(strings.TrimSpace(jobs), "\n", "\n  ") + "\n"
}

const steps = "\n  runs-on: ubuntu-latest\n  steps: [{run: make}]\n"

func workflowLine(file string) string { return fileLine(shaA, ".github/workflows/"+file) }

func environmentJSON(name, rules string) string {
	return fmt.Sprintf(`{"id":1,"name":%q,"can_admins_bypass":true,"protection_rules":[%s]}`, name, rules)
}

// environmentsOf fills the environments of a plan and describes them.
func environmentsOf(t *testing.T, b *bench, p release.Plan) []string {
	t.Helper()
	f := newFilling(b, p)
	f.environments(t.Context())
	if f.snap.Stages[0].Environments == nil {
		t.Error("no environment looks as if none was read")
	}
	var out []string
	for _, got := range f.snap.Stages[0].Environments {
		if e, ok := got.Get(); ok {
			out = append(out, fmt.Sprintf("%s by %s in %s exists=%v", e.Name, e.Job, e.File, e.Exists))
		} else {
			out = append(out, "lack: "+got.Missing().Why.String())
		}
	}
	return out
}

func TestEnvironment(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "publish:\n  environment:\n    name: pypi\n    url: https://x"+steps)))
	b.fake.on("GET /repos/o/r/environments/pypi", 200, environmentJSON("PyPI", `
		{"type":"required_reviewers","prevent_self_review":true,"reviewers":[{"type":"User","reviewer":{"login":"ines"}},{"type":"Team","reviewer":{"slug":"core"}}]},
		{"type":"wait_timer","wait_timer":15},{"type":"branch_policy"}`))
	f := newFilling(b, fillPlan())
	f.environments(t.Context())
	e, ok := f.snap.Stages[0].Environments[0].Get()
	if !ok || !e.Exists || e.Name.String() != "PyPI" || e.Job.String() != "publish" || e.File != "publish.yml" || !e.PreventSelfReview ||
		!e.AdminsBypass || e.WaitMinutes != 15 || fmt.Sprint(e.Reviewers) != "[{ines false} {core true}]" {
		t.Errorf("%+v, %v", e, f.snap.Stages[0].Environments[0].Missing())
	}
}

// files are workflow files by name; an empty one does not exist.
type files map[string]string

// environmentCase is what workflows name, and what becomes of it.
type environmentCase struct {
	name  string
	files files
	envs  map[string]int // status by name
	want  []string
}

func environmentCases() []environmentCase {
	return []environmentCase{
		{"none", files{"publish.yml": jobsOn("push", "a:"+steps)}, nil, nil},
		{"does not exist", files{"publish.yml": jobsOn("push", "a:\n  environment: pypi"+steps)}, map[string]int{"pypi": 404},
			[]string{"pypi by a in publish.yml exists=false"}},
		{"may not be seen", files{"publish.yml": jobsOn("push", "a:\n  environment: pypi"+steps)}, map[string]int{"pypi": 403},
			[]string{"lack: GitHub answered 403"}},
		{"in the order of the file, each once", files{"publish.yml": jobsOn("push", "b:\n  environment: two"+steps+"a:\n  environment: one"+steps+"c:\n  environment: TWO"+steps)},
			map[string]int{"one": 404, "two": 404}, []string{"two by b in publish.yml exists=false", "one by a in publish.yml exists=false"}},
		{"slash in its name", files{"publish.yml": jobsOn("push", "a:\n  environment: prod/eu"+steps)}, map[string]int{"prod%2Feu": 404},
			[]string{"prod/eu by a in publish.yml exists=false"}},
		{"expression", files{"publish.yml": jobsOn("push", "a:\n  environment: ${{ matrix.env }}"+steps)}, nil,
			[]string{"lack: job a in publish.yml names its environment by the expression ${{ matrix.env }}"}},
		{"empty", files{"publish.yml": jobsOn("push", "a:\n  uses: ./.github/workflows/b.yml\n  with: {env: ''}"),
			"b.yml": jobsOn("{workflow_call: {inputs: {env: {type: string}}}}", "x:\n  environment: ${{ inputs.env }}"+steps)}, nil, nil},
		{"called", files{"publish.yml": jobsOn("push", "a:\n  uses: ./.github/workflows/b.yml\n  with:\n    Env: prod"),
			"b.yml": jobsOn("{workflow_call: {inputs: {env: {type: string}}}}", "x:\n  environment: ${{ inputs.ENV }}"+steps)},
			map[string]int{"prod": 404}, []string{"prod by x in b.yml exists=false"}},
		{"called with a default", files{"publish.yml": jobsOn("push", "a:\n  uses: ./.github/workflows/b.yml"),
			"b.yml": jobsOn("{workflow_call: {inputs: {env: {type: string, default: dflt}}}}", "x:\n  environment: my-${{ inputs.env }}"+steps)},
			map[string]int{"my-dflt": 404}, []string{"my-dflt by x in b.yml exists=false"}},
		{"called twice", files{"publish.yml": jobsOn("push", "a:\n  uses: ./.github/workflows/b.yml\n  with: {env: one}\nb:\n  uses: ./.github/workflows/b.yml\n  with: {env: two}"),
			"b.yml": jobsOn("{workflow_call: {inputs: {env: {type: string}}}}", "x:\n  environment: ${{ inputs.env }}"+steps)},
			map[string]int{"one": 404, "two": 404}, []string{"one by x in b.yml exists=false", "two by x in b.yml exists=false"}},
		{"called with what is known later", files{"publish.yml": jobsOn("push", "a:\n  uses: ./.github/workflows/b.yml\n  with:\n    env: ${{ needs.x.outputs.env }}"),
			"b.yml": jobsOn("{workflow_call: {inputs: {env: {type: string, default: dflt}}}}", "x:\n  environment: ${{ inputs.env }}"+steps)},
			nil, []string{"lack: job x in b.yml names its environment by the expression ${{ inputs.env }}"}},
		{"a push has no inputs", files{"publish.yml": jobsOn("{push: {}, workflow_dispatch: {inputs: {env: {default: prod}}}}", "a:\n  environment: ${{ inputs.env }}"+steps)},
			nil, []string{"lack: job a in publish.yml names its environment by the expression ${{ inputs.env }}"}},
		{"calls in a circle", files{"publish.yml": jobsOn("[push, workflow_call]", "a:\n  uses: ./.github/workflows/publish.yml")}, nil, nil},
		{"callee is missing", files{"publish.yml": jobsOn("push", "a:\n  uses: ./.github/workflows/b.yml"), "b.yml": ""}, nil,
			[]string{"lack: b.yml: GitHub answered 404"}},
		{"not there itself", files{"publish.yml": ""}, nil, nil}, // wf.trigger says so
		{"callee by expression", files{"publish.yml": jobsOn("push", "a:\n  uses: o/r/.github/workflows/${{ x }}.yml@v1")}, nil,
			[]string{`lack: job a in publish.yml: it calls "o/r/.github/workflows/${{ x }}.yml@v1", which can not be read`}},
		{"no YAML", files{"publish.yml": "on: ["}, nil, []string{"lack: publish.yml can not be understood: "}},
	}
}

func TestEnvironmentsOfWorkflows(t *testing.T) {
	const missing = `{"message":"Not Found"}`
	for _, tt := range environmentCases() {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			for file, src := range tt.files {
				if src == "" {
					b.fake.on(workflowLine(file), 404, missing)
				} else {
					b.fake.on(workflowLine(file), 200, fileAnswer(src))
				}
			}
			for name, status := range tt.envs {
				b.fake.on("GET /repos/o/r/environments/"+name, status, missing)
			}
			got := environmentsOf(t, b, fillPlan())
			if len(got) != len(tt.want) {
				t.Fatalf("environments are %q", got)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], tt.want[i]) {
					t.Errorf("%q, not %q", got[i], tt.want[i])
				}
			}
		})
	}
}

// A reusable workflow of another repository deploys to the caller's environments.
func TestEnvironmentOfARemoteWorkflow(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "a:\n  uses: other/tools/.github/workflows/pub.yml@v2")))
	remote := strings.Replace(fileLine("v2", ".github/workflows/pub.yml"), "/o/r/", "/other/tools/", 1)
	b.fake.on(remote, 200, fileAnswer(jobsOn("workflow_call", "x:\n  uses: ./.github/workflows/inner.yml")))
	b.fake.on(strings.Replace(remote, "pub.yml", "inner.yml", 1), 200, fileAnswer(jobsOn("workflow_call", "y:\n  environment: prod"+steps)))
	b.fake.on("GET /repos/o/r/environments/prod", 404, `{"message":"Not Found"}`)
	if got := environmentsOf(t, b, fillPlan()); fmt.Sprint(got) != "[prod by y in inner.yml exists=false]" {
		t.Errorf("environments are %q", got)
	}
}

func TestEnvironmentOfADispatch(t *testing.T) {
	for want, inputs := range map[string]map[string]string{"prod": nil, "staging": {"ENV": "staging"}} {
		b := newBench(t)
		b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("{workflow_dispatch: {inputs: {env: {default: prod}}}}",
			"a:\n  environment: ${{ github.event.inputs.env }}"+steps)))
		b.fake.on("GET /repos/o/r/environments/"+want, 404, `{"message":"Not Found"}`)
		p := fillPlan()
		p.Stages[0].Trigger, p.Stages[0].Inputs = release.TriggerDispatch, inputs
		if got := environmentsOf(t, b, p); len(got) != 1 || !strings.HasPrefix(got[0], want+" by a") {
			t.Errorf("environments are %q", got)
		}
	}
}

func TestEnvironmentOfAnotherName(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "a:\n  environment: pypi"+steps)))
	b.fake.on("GET /repos/o/r/environments/pypi", 200, environmentJSON("testpypi", ""))
	if got := environmentsOf(t, b, fillPlan()); len(got) != 1 || !strings.HasPrefix(got[0], "lack") {
		t.Errorf("environments are %q", got)
	}
}

func TestWorkflowFacts(t *testing.T) {
	const states = "GET /repos/o/r/actions/workflows?per_page=100"
	list := func(state string) string {
		return `{"total_count":2,"workflows":[{"path":".github/workflows/publish.yml","state":"` + state + `"},{"path":"dynamic/pages","state":"active"}]}`
	}
	tests := []struct {
		name string
		set  func(*fake)
		want string
	}{
		{"good", func(f *fake) {
			f.on(workflowLine("publish.yml"), 200, fileAnswer(workflowOn("push:\n  tags: ['v*']")))
			f.on(states, 200, list("active"))
		}, "exists=true state=active starts=true triggers=[push (tags: v*)] problem="},
		{"disabled", func(f *fake) {
			f.on(workflowLine("publish.yml"), 200, fileAnswer(workflowOn("push:")))
			f.on(states, 200, list("disabled_manually"))
		}, "exists=true state=disabled_manually starts=true triggers=[push] problem="},
		{"not known to GitHub", func(f *fake) {
			f.on(workflowLine("publish.yml"), 200, fileAnswer(workflowOn("release:")))
			f.on(states, 200, `{"workflows":[]}`)
		}, "exists=true state= starts=false triggers=[release] problem="},
		{"absent", func(f *fake) { f.on(workflowLine("publish.yml"), 404, `{"message":"Not Found"}`) },
			"exists=false state= starts=false triggers=[] problem="},
		{"bad pattern", func(f *fake) {
			f.on(workflowLine("publish.yml"), 200, fileAnswer(workflowOn("push:\n  tags: ['v[']")))
			f.on(states, 200, list("active"))
		}, `exists=true state=active starts=false triggers=[push (tags: v[)] problem=filter pattern "v[": a [ has no ]`},
		{"forbidden", func(f *fake) { f.on(workflowLine("publish.yml"), 403, `{}`) }, "lack: GitHub answered 403, needs contents: read on o/r"},
		{"states forbidden", func(f *fake) {
			f.on(workflowLine("publish.yml"), 200, fileAnswer(workflowOn("push:")))
			f.on(states, 403, `{}`)
		}, "lack: GitHub answered 403, needs actions: read on o/r"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.set(b.fake)
			f := newFilling(b, fillPlan())
			f.workflows(t.Context())
			if got := workflowWords(f.snap.Stages[0].Workflows[0]); got != tt.want {
				t.Errorf("%s\nnot %s", got, tt.want)
			}
		})
	}
}

// A rehearsal says which clone it lacks, and that is what would make a called
// workflow readable, not a permission. What it does not know at all is no fact.
func TestRehearsalSaysWhatItLacks(t *testing.T) {
	b := newBench(t)
	const line = "GET /repos/o/r"
	b.fake.on(line, 404, `{"message":"Not Found"}`).with("X-Rehearsal-Needs", "--from o/r=DIR\x1b[2J")
	_, err := b.Repository(t.Context(), testRepo())
	wantErr(t, err, release.ErrNotFound)
	if release.KindOf(err) != release.KindUsage || !strings.Contains(release.HintOf(err), "`--from o/r=DIR`") {
		t.Errorf("kind %d, hint %q", release.KindOf(err), release.HintOf(err))
	}
	if m := lack(err, "contents: read on o/r"); m.Needs != "--from o/r=DIR" {
		t.Errorf("it needs %q", m.Needs)
	}
	b.fake.on(line, 404, `{"message":"Not Found"}`).with("X-Rehearsal-Gap", "GET /repos/o/r")
	_, err = b.Repository(t.Context(), testRepo())
	wantErr(t, err, nil, "GitHub answered 404")
	if errors.Is(err, release.ErrNotFound) || release.HintOf(err) == "" {
		t.Errorf("a gap of the rehearsal is a fact: %v, hint %q", err, release.HintOf(err))
	}
}

func workflowWords(got checks.Got[checks.Workflow]) string {
	w, ok := got.Get()
	if !ok {
		return fmt.Sprintf("lack: %s, needs %s", got.Missing().Why, got.Missing().Needs)
	}
	return fmt.Sprintf("exists=%v state=%s starts=%v triggers=%v problem=%s", w.Exists, w.State, w.Starts, w.Triggers, w.Problem)
}

// What an expression stands for is told job by job and call by call, as far as the
// release may run them.
func TestNamings(t *testing.T) {
	b := newBench(t)
	called := func(job, more string) string { return job + ":\n  uses: ./.github/workflows/b.yml\n" + more }
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", called("a", "  with: {env: pypi}\n")+called("b", "  with: {env: ''}\n")+
		called("c", "  with: {env: '${{ needs.x.outputs.env }}'}\n")+called("d", "  with: {env: other}\n  if: github.event_name == 'pull_request'\n"))))
	b.fake.on(workflowLine("b.yml"), 200, fileAnswer(jobsOn("{workflow_call: {inputs: {env: {type: string}}}}",
		"x:\n  environment: ${{ inputs.env }}"+steps+"y:\n  environment: ${{ inputs.env }}"+steps+"z:\n  environment: pypi"+steps)))
	for _, name := range []string{"pypi", "other"} {
		b.fake.on("GET /repos/o/r/environments/"+name, 404, `{"message":"Not Found"}`)
	}
	f := newFilling(b, fillPlan())
	f.environments(t.Context())
	var got []string
	for _, n := range f.snap.Stages[0].Namings {
		got = append(got, fmt.Sprintf("%s %s %s %s/%v", n.Repo, n.Path, n.Job, n.Name, n.Unknown.Why.IsZero()))
	}
	at := "o/r .github/workflows/b.yml "
	want := []string{at + "x pypi/true", at + "y pypi/true", at + "x /true", at + "y /true", at + "x /false", at + "y /false"}
	if !slices.Equal(got, want) {
		t.Errorf("namings are %q, want %q", got, want)
	}
}

// What an answer does not say is no answer.
func TestEnvironmentUnsaid(t *testing.T) {
	const gate = `{"id":1,"name":"pypi",%s"protection_rules":[{"type":"required_reviewers","reviewers":[%s]}]}`
	ines := `{"type":"User","reviewer":{"login":"ines"}}`
	for _, c := range []struct {
		name, bypass, reviewers, want string
	}{
		{"everything said", `"can_admins_bypass":false,`, ines, "[{ines false}] unsaid=false"},
		{"no word of administrators", "", ines, "[{ines false}] unsaid=true"},
		{"a null for them", `"can_admins_bypass":null,`, ines, "[{ines false}] unsaid=true"},
		{"a reviewer who is nobody", `"can_admins_bypass":false,`, `{"type":"User"}`, "lack"},
		{"a reviewer who is nobody beside another", `"can_admins_bypass":false,`, `{"type":"Team"},` + ines, "[{ines false}] unsaid=false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "a:\n  environment: pypi"+steps)))
			b.fake.on("GET /repos/o/r/environments/pypi", 200, fmt.Sprintf(gate, c.bypass, c.reviewers))
			f := newFilling(b, fillPlan())
			f.environments(t.Context())
			got := "lack"
			if e, ok := f.snap.Stages[0].Environments[0].Get(); ok {
				got = fmt.Sprintf("%v unsaid=%v", e.Reviewers, e.BypassUnsaid)
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
