package checks_test

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
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
