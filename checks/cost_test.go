package checks_test

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
)

// BenchmarkWorkflow judges a workflow of many jobs by every check, and says what one job
// costs: four times the jobs must not make each of them cost four times as much.
func BenchmarkWorkflow(b *testing.B) {
	for _, shape := range []struct {
		name string
		job  func(i int) string
	}{
		{"chain", func(i int) string {
			return fmt.Sprintf("{needs: [j%d], runs-on: x, steps: [{run: make}]}", max(i-1, 0))
		}},
		{"inherit", func(int) string { return "{uses: o/r/.github/workflows/a.yml@main, secrets: inherit}" }},
		{"itself", func(int) string { return "{uses: ./.github/workflows/deploy.yml, secrets: inherit}" }},
		{"steps", func(int) string {
			return "{runs-on: x, steps: [{uses: actions/checkout@v1, with: {ref: main}}, {run: 'pip install x; echo ${{ github.event.issue.title }}'}]}"
		}},
		{"script", func(int) string {
			return "{runs-on: x, steps: [{run: \"make \\\\\\n ${{ github.actor }} \\\\\\n x\"}]}"
		}},
	} {
		for _, n := range []int{500, 2000} {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				s := clean()
				running(manyJobs(n, shape.job))(s)
				for b.Loop() {
					for _, c := range checks.All() {
						checks.Run(c, s)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/job")
			})
		}
	}
}

// BenchmarkLimit judges files that are as large as they may be, in the shapes in which
// what one place costs is multiplied with how many others there are.
func BenchmarkLimit(b *testing.B) {
	script := func(n int, line string) string {
		return "{runs-on: x, steps: [{run: \"x\n" + strings.Repeat(line, n) + "   \"}]}"
	}
	for _, shape := range []struct {
		name, before string
		n            int
		job          func(i int) string
		others       map[string]string
	}{
		{"variables", "env:\n" + strings.Join(numbered(6000, "  V%d: ${{secrets.S}}\n"), ""), 3000,
			func(int) string { return "{runs-on: x, steps: [{run: twine upload}]}" }, nil},
		{"called", "", 3000, func(int) string { return "{uses: ./.github/workflows/c.yml, with: {a: '${{ github.sha }}'}}" },
			map[string]string{".github/workflows/c.yml": "on: {workflow_call: {inputs: {a: {type: string}}}}\njobs:\n  k:\n    runs-on: x\n    steps:\n" +
				strings.Repeat("      - {run: 'echo ${{ inputs.a }}'}\n      - {uses: actions/checkout@v4, with: {ref: '${{ inputs.a }}'}}\n", 2000)}},
		{"started", "", 2000, func(int) string { return "{runs-on: x, steps: [{run: ./s.sh}]}" },
			map[string]string{"s.sh": "#!/bin/sh\n" + strings.Repeat("pip install x\n", 30000)}},
		{"folded", "", 1, func(int) string { return script(30000, "      \\x61b\\n\n") }, nil},
		{"quoted", "", 1, func(int) string { return script(60000, `\x61b\n`) }, nil},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for b.Loop() {
				s := clean()
				running(shape.before + manyJobs(shape.n, shape.job))(s)
				p, _ := s.Stages[0].Program.Get()
				for path, src := range shape.others {
					ref := actions.Ref{Repo: p.Home, At: p.Entries[0].At, Path: path, Script: strings.HasSuffix(path, ".sh")}
					p.Files[ref] = actions.Parse(ref, []byte(src))
				}
				for f := range p.Files {
					if why := p.Files[f].Problem; !why.IsZero() {
						b.Fatal(why)
					}
				}
				for _, c := range checks.All() {
					checks.Run(c, s)
				}
			}
		})
	}
}

// manyJobs is a workflow of n jobs.
func manyJobs(n int, job func(i int) string) string {
	var w strings.Builder
	w.WriteString("on: {push: {tags: ['*']}, pull_request_target: , workflow_call: }\npermissions: {}\njobs:\n")
	for i := range n {
		fmt.Fprintf(&w, "  j%d: %s\n", i, job(i))
	}
	return w.String()
}

// TestManyJobsAreUnderstood holds that the benchmark judges jobs, and not why a file
// could not be read.
func TestManyJobsAreUnderstood(t *testing.T) {
	s := clean()
	running(manyJobs(20, func(int) string { return "{runs-on: x, steps: [{uses: o/r@v1}]}" }))(s)
	for _, c := range checks.All() {
		if c.ID != "wf.unpinned" {
			continue
		}
		if got := checks.Run(c, s); len(got.Evidence) != 20 {
			t.Errorf("%d places, want 20: %s", len(got.Evidence), got.Summary)
		}
	}
}

// TestManyPlaces holds that of thousands of places the worst are shown, and that all are
// counted.
func TestManyPlaces(t *testing.T) {
	s := clean()
	running(manyJobs(300, func(int) string { return "{runs-on: x, steps: [{uses: o/r@v1}]}" }))(s)
	got := checks.Run(find(t, "wf.unpinned"), s)
	last := got.Evidence[len(got.Evidence)-1]
	if len(got.Evidence) != 101 || last.Saw.String() != "200 more, which are not shown" || last.Outcome != got.Outcome {
		t.Errorf("%d places, the last says %s: %s", len(got.Evidence), last.Outcome, last.Saw)
	}
	if !strings.Contains(got.Summary.String(), "(and 299 more)") {
		t.Errorf("summary: %s", got.Summary)
	}
}
