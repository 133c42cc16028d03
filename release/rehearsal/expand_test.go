package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var errNoFile = errors.New("no such file")

// repoOf reads from files by path.
func repoOf(files map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, fmt.Errorf("%s: %w", path, errNoFile)
	}
}

func tagRun() runContext {
	return runContext{Repo: "harbour/harbour", Ref: "refs/tags/v1", SHA: strings.Repeat("a", 40), Event: "push", Actor: "mara", Seed: 1}
}

// jobsOf expands a workflow whose jobs are given.
func jobsOf(t *testing.T, jobs string, more map[string]string) []jobSpec {
	t.Helper()
	files := map[string]string{"w.yml": "on: push\njobs:\n" + jobs}
	for k, v := range more {
		files[k] = v
	}
	_, specs, err := expandWorkflow(repoOf(files), "w.yml", tagRun())
	if err != nil {
		t.Fatal(err)
	}
	return specs
}

// brief shows jobs as name[needs], with what is special about them.
func brief(jobs []jobSpec) []string {
	var all []string
	for _, j := range jobs {
		s := j.Name
		if len(j.Needs) > 0 {
			s += " <- " + strings.Join(j.Needs, " ")
		}
		if j.Skipped {
			s += " skipped"
		}
		all = append(all, s)
	}
	return all
}

const steps = "{runs-on: x, steps: [{run: y}]"

func TestExpandJobs(t *testing.T) {
	tests := []struct {
		name, jobs string
		want       []string
	}{
		{"needs come first", "  b: " + steps + ", needs: a}\n  a: " + steps + "}\n", []string{"a", "b <- a"}},
		{"named", "  a: " + steps + ", name: 'For ${{ github.ref_name }}'}\n", []string{"For v1"}},
		{"a matrix", "  a: " + steps + ", strategy: {matrix: {py: ['3.10', 3.12], os: [u, m]}}}\n",
			[]string{"a (3.10, u)", "a (3.10, m)", "a (3.12, u)", "a (3.12, m)"}},
		{"a name without the matrix", "  a: " + steps + ", name: Test, strategy: {matrix: {py: [1, 2]}}}\n", []string{"Test (1)", "Test (2)"}},
		{"a name with it", "  a: " + steps + ", name: 'Py ${{ matrix.py }}', strategy: {matrix: {py: [1, 2]}}}\n", []string{"Py 1", "Py 2"}},
		{"objects", "  a: " + steps + ", strategy: {matrix: {b: [{os: u, v: 1}, {os: m, v: 2}]}}}\n", []string{"a (u, 1)", "a (m, 2)"}},
		{"exclude", "  a: " + steps + ", strategy: {matrix: {x: [1, 2], y: [p, q], exclude: [{x: 1, y: q}, {x: 2, y: p}]}}}\n",
			[]string{"a (1, p)", "a (2, q)"}},
		{"include extends", "  a: " + steps + ", strategy: {matrix: {x: [1, 2], include: [{x: 1, extra: e}, {all: z}]}}}\n",
			[]string{"a (1, e, z)", "a (2, z)"}},
		{"include adds", "  a: " + steps + ", strategy: {matrix: {x: [1], include: [{x: 3, y: n}]}}}\n", []string{"a (1)", "a (3, n)"}},
		{"include alone", "  a: " + steps + ", strategy: {matrix: {include: [{x: 1}, {x: 2}]}}}\n", []string{"a (1)", "a (2)"}},
		{"a matrix in JSON", "  a: " + steps + ", strategy: {matrix: {x: \"${{ fromJSON('[5, 6]') }}\"}}}\n", []string{"a (5)", "a (6)"}},
		{"the whole matrix in JSON", "  a: " + steps + ", strategy: {matrix: \"${{ fromJSON('{\\\"z\\\":[1],\\\"a\\\":[2],\\\"include\\\":[{\\\"z\\\":1,\\\"i\\\":3}]}') }}\"}}\n",
			[]string{"a (1, 2, 3)"}},
		{"a matrix that only the run knows", "  a: " + steps + ", strategy: {matrix: {x: '${{ fromJSON(vars.X) }}'}}}\n",
			[]string{"a (matrix known only at run time)"}},
		{"needs of a matrix", "  a: " + steps + ", strategy: {matrix: {x: [1, 2]}}}\n  b: " + steps + ", needs: [a]}\n",
			[]string{"a (1)", "a (2)", "b <- a#0 a#1"}},
		{"another repository", "  a: " + steps + ", if: github.repository == 'x/y'}\n  b: " + steps + ", needs: a}\n  c: " + steps + ", needs: b, if: always()}\n",
			[]string{"a skipped", "b <- a skipped", "c <- b"}},
		{"what was skipped is known", "  a: " + steps + ", if: false}\n  b: " + steps + ", needs: a, if: \"always() && needs.a.result == 'success'\"}\n",
			[]string{"a skipped", "b <- a skipped"}},
		{"a skipped matrix is not looked at", "  a: " + steps + ", if: false, name: 'P ${{ matrix.x }}', strategy: {matrix: {x: [1, 2]}}}\n",
			[]string{"P ${{ matrix.x }} skipped"}},
		{"long values are cut", "  a: " + steps + ", strategy: {matrix: {x: [" + strings.Repeat("x", 300) + "]}}}\n",
			[]string{"a (" + strings.Repeat("x", 97) + "...)"}},
		{"a secret", "  a: " + steps + ", if: secrets.X != ''}\n", []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(jobsOf(t, tt.jobs, nil)); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestExpandOutputsAsMatrix(t *testing.T) {
	jobs := `
  list:
    runs-on: x
    outputs: {versions: '${{ steps.get.outputs.all }}'}
    steps:
      - id: get
        run: |
          ALL=$(cat ${{ github.ref_name }}.json)
          echo "all=$ALL" >> $GITHUB_OUTPUT
  build:
    needs: list
    name: ${{ matrix.b.ref }} on ${{ matrix.b.os }}
    runs-on: x
    strategy: {matrix: {b: '${{ fromJSON(needs.list.outputs.versions) }}'}}
    steps: [{run: 'make ${{ matrix.b.ref }}'}]
`
	got := jobsOf(t, jobs, map[string]string{"v1.json": `[{"ref": "a", "os": 1}, {"ref": "b", "os": 2}]`})
	want := []string{"list", "a on 1 <- list", "b on 2 <- list"}
	if !slices.Equal(brief(got), want) {
		t.Errorf("%q", brief(got))
	}
	if name := got[2].Steps[1].Name; name != "Run make b" {
		t.Errorf("the step is called %q", name)
	}
	got = jobsOf(t, jobs, map[string]string{"v1.json": `{"not": "a list"}`})
	if want := "${{ matrix.b.ref }} on ${{ matrix.b.os }} (matrix known only at run time) <- list"; brief(got)[1] != want {
		t.Errorf("%q", brief(got))
	}
}

func TestExpandReusable(t *testing.T) {
	jobs := `
  first: {runs-on: x, steps: [{run: y}]}
  call:
    needs: first
    name: Build
    uses: ./.github/workflows/b.yml
    with: {line: '2.11', fast: true}
  after: {needs: call, runs-on: x, steps: [{run: y}]}
  remote: {uses: other/repo/.github/workflows/x.yml@v1}
  never: {if: false, uses: ./.github/workflows/b.yml}
  tidy: {needs: first, if: always(), uses: ./.github/workflows/c.yml}
`
	files := map[string]string{
		".github/workflows/b.yml": `
on: {workflow_call: {inputs: {line: {type: string}, fast: {type: boolean}, slow: {type: boolean}, other: {type: string, default: 'o-${{ github.ref_name }}'}}}}
jobs:
  one: {runs-on: x, name: 'One ${{ inputs.line }} ${{ inputs.other }}', if: inputs.fast, steps: [{run: y}]}
  two: {runs-on: x, needs: one, if: '!inputs.slow', steps: [{run: y}]}
  three: {runs-on: x, if: inputs.slow, steps: [{run: y}]}
  deep: {uses: ./.github/workflows/c.yml}
`,
		".github/workflows/c.yml": "on: workflow_call\njobs: {z: " + steps + "}}\n",
	}
	got := jobsOf(t, jobs, files)
	want := []string{
		"first", "Build / One 2.11 o-v1 <- first", "Build / two <- call/one", "Build / three <- first skipped", "Build / deep / z <- first",
		"after <- call/one call/two call/three call/deep/z",
		"remote / (jobs of other/repo/.github/workflows/x.yml@v1, known only at run time)", "never skipped", "tidy / z <- first",
	}
	if !slices.Equal(brief(got), want) {
		t.Errorf("got  %q\nwant %q", brief(got), want)
	}
	after := map[string][2]bool{}
	for _, j := range got {
		after[j.Key] = [2]bool{j.OnFailure, j.OnCancel}
	}
	if after["tidy/z"] != [2]bool{true, true} || after["call/one"] != [2]bool{} {
		t.Errorf("after a failure and a cancel: %v", after)
	}
}

func TestExpandSteps(t *testing.T) {
	jobs := `
  a:
    runs-on: x
    environment: {name: '${{ github.ref_name }}-pypi', url: u}
    services: {db: {image: postgres}}
    env: {WHO: all}
    steps:
      - uses: actions/checkout@v6
      - name: Install for ${{ env.WHO }}
        run: pip install x
      - run: |

          make all
          make more
      - uses: docker/build-push-action@v6
        with: {push: '${{ github.ref_type == ''tag'' }}', tags: 'x/y:${{ env.LATER }}'}
      - {run: 'echo ${{ env.OWN }}', env: {OWN: mine}, continue-on-error: true}
      - {if: failure(), run: report}
      - {if: github.event_name == 'release', run: skip}
      - {if: always(), run: sweep}
`
	job := jobsOf(t, jobs, nil)[0]
	if job.Environment != "v1-pypi" {
		t.Errorf("environment %q", job.Environment)
	}
	var names []string
	for _, s := range job.Steps {
		names = append(names, s.Name)
	}
	want := []string{"Set up job", "Initialize containers", "Run actions/checkout@v6", "Install for all", "Run make all",
		"Run docker/build-push-action@v6", "Run echo mine", "Run report", "Run skip", "Run sweep",
		"Post Run docker/build-push-action@v6", "Post Run actions/checkout@v6", "Stop containers", "Complete job"}
	if !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
	build := job.Steps[5]
	if build.With["push"] != "true" || build.With["tags"] != "x/y:${{ env.LATER }}" {
		t.Errorf("inputs %v", build.With)
	}
	if d := build.Duration; d < 90*time.Second || d > 300*time.Second {
		t.Errorf("the image takes %v", d)
	}
	if !job.Steps[6].Tolerated || job.Steps[5].Tolerated {
		t.Error("continue-on-error is not where it belongs")
	}
	for i, want := range map[int][3]bool{7: {true, true, false}, 8: {true, false, false}, 9: {false, true, true}, 3: {}} {
		if s := job.Steps[i]; [3]bool{s.Skipped, s.OnFailure, s.OnCancel} != want {
			t.Errorf("%s: %+v", s.Name, s)
		}
	}
	if job.Steps[10].PostOf != 6 || job.Steps[11].PostOf != 3 {
		t.Errorf("they clean up after %d and %d", job.Steps[10].PostOf, job.Steps[11].PostOf)
	}
}

func TestExpandIsTheSameEveryTime(t *testing.T) {
	jobs := "  a: " + steps + ", strategy: {matrix: {x: [1, 2, 3], y: [1, 2]}}}\n  b: " + steps + ", needs: a}\n  c: " + steps + "}\n"
	first := fmt.Sprint(jobsOf(t, jobs, nil))
	for range 20 {
		if again := fmt.Sprint(jobsOf(t, jobs, nil)); again != first {
			t.Fatalf("%s\nis not\n%s", again, first)
		}
	}
}

func TestExpandInfo(t *testing.T) {
	rc := tagRun()
	rc.Event, rc.Inputs = "workflow_dispatch", map[string]string{"Version": "2.0", "dry": "true"}
	files := map[string]string{"w.yml": `
name: Release
run-name: Release ${{ inputs.version }} by ${{ github.actor }} (${{ inputs.note }})
on: {workflow_dispatch: {inputs: {version: {type: string}, dry: {type: boolean}, note: {default: none}}}}
jobs: {a: {runs-on: x, if: inputs.dry, steps: [{run: y}]}, b: {runs-on: x, if: '!inputs.dry', steps: [{run: y}]}}
`}
	info, jobs, err := expandWorkflow(repoOf(files), "w.yml", rc)
	if err != nil || info != (workflowInfo{Name: "Release", Title: "Release 2.0 by mara (none)"}) {
		t.Errorf("%+v, %v", info, err)
	}
	if want := []string{"a", "b skipped"}; !slices.Equal(brief(jobs), want) {
		t.Errorf("%q", brief(jobs))
	}
}

func TestExpandRefuses(t *testing.T) {
	numbers := "[" + strings.TrimSuffix(strings.Repeat("1,", 100), ",") + "]"
	call := func(to string) string { return "on: workflow_call\njobs: {a: {uses: ./" + to + "}}\n" }
	tests := []struct {
		name, content, want string
	}{
		{"no workflow", "- a list", "w.yml"},
		{"a cycle", "on: push\njobs: {a: " + steps + ", needs: b}, b: " + steps + ", needs: a}}", "needs one that is not there, or itself"},
		{"a need that is not there", "on: push\njobs: {a: " + steps + ", needs: x}}", "needs one that is not there"},
		{"a large matrix", "on: push\njobs: {a: " + steps + ", strategy: {matrix: {x: " + numbers + ", y: " + numbers + "}}}}", "GitHub allows 256"},
		{"a huge matrix", "on: push\njobs: {a: " + steps + ", strategy: {matrix: {x: " + numbers + ", y: " + numbers + ", z: " + numbers + ", w: " + numbers + "}}}}", "GitHub allows 256"},
		{"it calls itself", call("w.yml"), "more than 4 workflows"},
		{"it calls what is not there", call("x.yml"), "no such file"},
		{"too many steps", "on: push\njobs: {a: {runs-on: x, steps: [" + strings.Repeat("{run: x},", maxSteps+1) + "]}}", "steps"},
		{"too many jobs", "on: push\njobs:\n" + manyMatrices(9), "more than 2048 jobs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, jobs, err := expandWorkflow(repoOf(map[string]string{"w.yml": tt.content}), "w.yml", tagRun())
			if err == nil || !strings.Contains(err.Error(), tt.want) || jobs != nil {
				t.Errorf("%d jobs, %v", len(jobs), err)
			}
		})
	}
}

// manyMatrices are n jobs of 250 each.
func manyMatrices(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  j%d: %s, strategy: {matrix: {x: [%s]}}}\n", i, steps, strings.TrimSuffix(strings.Repeat("1,", 250), ","))
	}
	return b.String()
}

func FuzzExpand(f *testing.F) {
	f.Add("on: push\njobs: {a: " + steps + ", strategy: {matrix: {x: [1, {y: 2}], include: [{z: 3}]}}}}")
	f.Add("on: push\njobs: {a: {uses: ./w.yml}}")
	f.Add("on: push\njobs: {a: {runs-on: x, environment: '${{ x }}', outputs: {o: '${{ steps.s.outputs.y }}'}, steps: [{id: s, run: 'echo y=1 >> $GITHUB_OUTPUT'}]}}")
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 4096 {
			return
		}
		_, jobs, err := expandWorkflow(repoOf(map[string]string{"w.yml": content}), "w.yml", tagRun())
		keys := map[string]bool{}
		for _, j := range jobs {
			if keys[j.Key] && err == nil {
				t.Errorf("two jobs have the key %q", j.Key)
			}
			for _, n := range j.Needs {
				if !keys[n] {
					t.Errorf("%q needs %q, which does not come before it", j.Key, n)
				}
			}
			keys[j.Key] = true
		}
	})
}

// A workflow of another repository is read there, at the ref that it is called at; what
// that one calls by a local path is its own repository's.
func TestExpandCallsAnotherRepository(t *testing.T) {
	theirs := map[string]string{
		".github/workflows/x.yml": "on: workflow_call\njobs:\n  build:\n    steps:\n      - run: make\n  more:\n    needs: build\n    uses: ./.github/workflows/y.yml\n",
		".github/workflows/y.yml": "on: workflow_call\njobs:\n  last:\n    steps:\n      - run: make last\n",
	}
	ours := map[string]string{
		"w.yml":                   "on: push\njobs:\n  a:\n    uses: other/repo/.github/workflows/x.yml@v1\n  b:\n    needs: a\n    steps:\n      - run: make b\n",
		".github/workflows/y.yml": "on: workflow_call\njobs:\n  wrong:\n    steps:\n      - run: make wrong\n",
	}
	rc := tagRun()
	there := true
	rc.Other = func(repo, ref string) (readFile, bool) {
		if repo != "other/repo" || ref != "v1" {
			t.Errorf("asked for %s at %s", repo, ref)
		}
		return repoOf(theirs), there
	}
	for _, tt := range []struct {
		there bool
		want  []string
	}{
		{true, []string{"a / build", "a / more / last", "b"}},
		{false, []string{"a / (jobs of other/repo/.github/workflows/x.yml@v1, known only with a clone that has them: --from other/repo=DIR)", "b"}},
	} {
		there = tt.there
		_, jobs, err := expandWorkflow(repoOf(ours), "w.yml", rc)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, j := range jobs {
			names = append(names, j.Name)
		}
		if !slices.Equal(names, tt.want) {
			t.Errorf("there %v: jobs %q, want %q", tt.there, names, tt.want)
		}
	}
}
