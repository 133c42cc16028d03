package github

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"twokey/checks/actions"
	"twokey/release"
)

// programOf reads the program of a plan's first stage and describes its files.
func programOf(t *testing.T, b *bench) (actions.Program, []string) {
	t.Helper()
	f := newFilling(b, fillPlan())
	f.programs(t.Context())
	p, ok := f.snap.Stages[0].Program.Get()
	if !ok {
		t.Fatal(f.snap.Stages[0].Program.Missing())
	}
	var out []string
	for _, file := range p.All() {
		out = append(out, fmt.Sprintf("%s %d steps %s", file.Base(), len(file.Steps), file.Problem))
		if want := "/blob/" + shaA + "/" + file.Path; !file.Unread && !strings.HasSuffix(file.Page.String(), want) {
			t.Errorf("the page of %s is %s", file.Path, file.Page)
		}
	}
	return p, out
}

// scriptLine asks for a script that a workflow starts.
func scriptLine(path string) string { return fileLine(shaA, path) }

func TestProgramFollowsScripts(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "publish:\n  runs-on: x\n  steps:\n"+
		"    - run: scripts/ship && ./made-here.sh\n    - run: ./tools || true\n    - uses: ./act\n    - run: scripts/ship.py")))
	b.fake.on(scriptLine("scripts/ship"), 200, fileAnswer("#!/bin/sh\n. ./scripts/lib.sh\ntwine upload x\n"))
	b.fake.on(scriptLine("scripts/lib.sh"), 200, fileAnswer("pip install tool\n"))
	b.fake.on(scriptLine("scripts/ship.py"), 200, fileAnswer("#!/usr/bin/python3\n"))
	b.fake.on(scriptLine("made-here.sh"), 404, `{"message":"Not Found"}`)
	b.fake.on(scriptLine("tools"), 200, `[]`)
	b.fake.on(scriptLine("act/action.yml"), 200, fileAnswer("runs: {using: composite, steps: [{run: x}]}"))
	p, files := programOf(t, b)
	want := []string{"publish.yml 0 steps ", "scripts/ship 1 steps ", "scripts/lib.sh 1 steps ", "act/action.yml 1 steps ", "scripts/ship.py 0 steps "}
	if !slices.Equal(files, want) {
		t.Errorf("%q\nwant %q", files, want)
	}
	jobs := p.Jobs()
	if len(jobs) != 1 || len(jobs[0].Publishes()) != 1 || len(jobs[0].Installs()) != 1 {
		t.Errorf("%+v", jobs)
	}
}

// TestProgramOfRefusedScript holds that a script which may be there and was not read is
// no script that is not there.
func TestProgramOfRefusedScript(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "publish:\n  runs-on: x\n  steps:\n    - run: scripts/ship")))
	b.fake.on(scriptLine("scripts/ship"), 403, `{"message":"Resource not accessible"}`)
	p, files := programOf(t, b)
	if want := []string{"publish.yml 0 steps ", "scripts/ship 0 steps GitHub answered 403"}; !slices.Equal(files, want) {
		t.Errorf("%q\nwant %q", files, want)
	}
	for _, f := range p.All() {
		if f.Unread != f.Script || f.Script && f.Needs != "contents: read on o/r" {
			t.Errorf("%s: unread %v, needs %q", f.Path, f.Unread, f.Needs)
		}
	}
}

// TestProgramOfNoFile holds that a workflow which the plan names and the commit does not
// have is told of as that, and not as something that the token may not see.
func TestProgramOfNoFile(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 404, `{"message":"Not Found"}`)
	p, files := programOf(t, b)
	if len(files) != 1 || !strings.HasSuffix(files[0], "not there at aaaaaaa") {
		t.Errorf("%q", files)
	}
	for _, f := range p.All() {
		if !f.Unread || f.Needs != "" || !strings.Contains(f.Next, "see wf.trigger") {
			t.Errorf("%+v", f)
		}
	}
}

// TestProgramStopsSomewhere holds that files which call one another without end are
// unknown, and read once each.
func TestProgramStopsSomewhere(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "publish:\n  runs-on: x\n  steps:\n    - run: ./s0")))
	for i := range actions.MaxDepth {
		b.fake.on(scriptLine(fmt.Sprintf("s%d", i)), 200, fileAnswer(fmt.Sprintf("#!/bin/sh\n./s0\n./s%d\n", i+1)))
	}
	_, files := programOf(t, b)
	last := fmt.Sprintf("s%d 0 steps too many files call one another", actions.MaxDepth)
	if len(files) != actions.MaxDepth+2 || !slices.Contains(files, last) {
		t.Errorf("%q", files)
	}
}

// Workflows that the tag starts though the plan does not name them are part of the
// program where they could publish; tests, and what does not start, are not.
func TestProgramOfOthers(t *testing.T) {
	const secret = "run: x\n      env: {A: '${{ secrets.A }}'}"
	job := func(step string) string { return "a:\n  runs-on: x\n  steps:\n    - " + step }
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", job("run: make"))))
	f := newFilling(b, fillPlan())
	plan := f.plan.Stages[0]
	all := []release.WorkflowFile{
		{File: "publish.yml", Content: []byte(jobsOn("push", job("run: make")))},
		{File: "zz.yml", Content: []byte(jobsOn("push", job(secret)))},
		{File: "tests.yml", Content: []byte(jobsOn("push", job("run: make")))},
		{File: "branch.yml", Content: []byte(jobsOn("{push: {branches: [main]}}", job(secret)))},
		{File: "hand.yml", Content: []byte(jobsOn("workflow_dispatch", job(secret)))},
		{File: "broken.yml", Content: []byte("on: [push\n")},
	}
	for _, w := range all[1:] {
		if w.File == "zz.yml" || w.File == "tests.yml" { // what starts is read as all files are
			b.fake.on(workflowLine(w.File), 200, fileAnswer(string(w.Content)))
		}
	}
	f.opened = sync.OnceValue(func() opening {
		return opening{workflows: map[commitName][]release.WorkflowFile{{plan.Repo, plan.SHA}: all}}
	})
	f.programs(t.Context())
	p, _ := f.snap.Stages[0].Program.Get()
	if len(p.Others) != 1 || p.Others[0].Path != ".github/workflows/zz.yml" {
		t.Errorf("others are %v", p.Others)
	}
	if files := len(p.All()); files != 2 {
		t.Errorf("%d files, want the named one and the other", files)
	}
}

// What else starts is unknown where nobody may list it.
func TestProgramOfOthersRefused(t *testing.T) {
	b := newBench(t)
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "a:\n  runs-on: x\n  steps: [{run: make}]")))
	b.fake.on("GET /repos/o/r/contents/.github/workflows?ref="+shaA, 403, `{"message":"no"}`)
	f := newFilling(b, fillPlan())
	f.opened = sync.OnceValue(func() opening { return opening{} })
	f.programs(t.Context())
	p, _ := f.snap.Stages[0].Program.Get()
	if len(p.Others) != 1 || !p.Files[p.Others[0]].Unread || p.Files[p.Others[0]].Needs != "contents: read on o/r" {
		t.Errorf("others are %v: %+v", p.Others, p.Files)
	}
}
