package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/checks/text"
)

func TestWorkflowTrigger(t *testing.T) {
	workflow := func(stage int, change func(*checks.Workflow)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { edit(&s.Stages[stage].Workflows[0], change) }
	}
	judge(t, "wf.trigger", []verdictCase{
		{name: "clean", want: checks.Pass, says: "4 workflows will start", shows: "deb.yml in quay/packaging: starts on a dispatch"},
		{name: "one workflow", change: func(s *checks.Snapshot) {
			s.Subject.Stages, s.Stages = s.Subject.Stages[2:], s.Stages[2:]
		}, want: checks.Pass, says: "1 workflow will start", shows: "starts on the release v20260814"},
		{name: "missing", change: workflow(0, func(w *checks.Workflow) { *w = checks.Workflow{} }), want: checks.Fail,
			says: "publish.yml in quay/harbour: not there at 4f2c9ab", fix: "a commit that has the file"},
		{name: "another trigger", change: workflow(0, func(w *checks.Workflow) {
			w.Starts, w.Triggers = false, []text.Safe{text.Clean("push: branches main"), text.Clean("workflow_dispatch")}
		}), want: checks.Fail, says: "the tag harbour-2.11.6 does not start it; it starts on: push: branches main, workflow_dispatch"},
		{name: "no trigger", change: workflow(0, func(w *checks.Workflow) { w.Starts = false }), want: checks.Fail,
			says: "it starts on: nothing"},
		{name: "no input for the nonce", change: workflow(2, func(w *checks.Workflow) { w.Lacks = text.Clean("the input twokey") }),
			want: checks.Fail, says: "image.yml in quay/images: it lacks the input twokey", fix: "nonce-input"},
		{name: "not to be understood", change: workflow(2, func(w *checks.Workflow) { w.Problem = text.Clean("line 3: bad indent") }),
			want: checks.Fail, says: "image.yml in quay/images: can not be understood: line 3"},
		{name: "disabled by hand", change: workflow(0, func(w *checks.Workflow) { w.State = "disabled_manually" }), want: checks.Fail,
			says: "disabled manually", fix: "gh workflow enable publish.yml -R quay/harbour"},
		{name: "disabled by inactivity", change: workflow(1, func(w *checks.Workflow) { w.State = "disabled_inactivity" }), want: checks.Fail},
		{name: "deleted", change: workflow(0, func(w *checks.Workflow) { w.State = "deleted" }), want: checks.Fail},
		{name: "state that is new", change: workflow(0, func(w *checks.Workflow) { w.State = "dormant" }), want: checks.Warn, says: "dormant"},
		{name: "not listed yet, started by a tag", change: workflow(0, func(w *checks.Workflow) { w.State = "" }), want: checks.Pass,
			shows: "GitHub does not list it yet"},
		{name: "not listed, started by a dispatch", change: workflow(1, func(w *checks.Workflow) { w.State = "" }), want: checks.Warn,
			says: "may refuse the dispatch", fix: "default branch"},
		{name: "disabled and not meant for this", change: workflow(0, func(w *checks.Workflow) {
			w.Starts, w.State = false, "disabled_manually"
		}), want: checks.Fail},
		{name: "stage that starts nothing", change: func(s *checks.Snapshot) {
			s.Subject.Stages[1].Workflows, s.Stages[1].Workflows = nil, nil
		}, want: checks.Fail, says: "stage deb: the plan names no workflow"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[1].Workflows[0], "contents: read on quay/packaging") },
			want: checks.Unknown, says: "deb.yml in quay/packaging", fix: "twokey needs contents: read"},
		{name: "fewer read than the plan names", change: func(s *checks.Snapshot) {
			s.Stages[0].Workflows = s.Stages[0].Workflows[:1]
		}, want: checks.Unknown, says: "release.yml in quay/harbour: it was not read"},
	})
}

// startingToo makes the first stage start one more workflow, which the plan does not name.
func startingToo(src string) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		running(goodWorkflow)(s)
		edit(&s.Stages[0].Program, func(p *actions.Program) {
			ref := actions.Ref{Repo: p.Home, At: "x", Path: actions.Dir + "/zz.yml"}
			p.Others = append(p.Others, ref)
			p.Files[ref] = actions.Parse(ref, []byte(src))
		})
	}
}

// TestWorkflowsBeside holds that what starts with a release is looked at whether the plan
// names it or not: what publishes is judged as the release is, and what does not warns.
func TestWorkflowsBeside(t *testing.T) {
	const evil = "on: push\npermissions: write-all\njobs:\n  zz:\n    runs-on: self-hosted\n    steps:\n" +
		"      - uses: evil/x@main\n      - {run: twine upload dist/*, env: {TWINE_PASSWORD: '${{ secrets.PYPI }}'}}\n"
	const tests = "on: push\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n" +
		"      - {uses: cover/age@v1, with: {token: '${{ secrets.COVERAGE_TOKEN }}'}}\n"
	outcome := func(id string, change func(*checks.Snapshot)) checks.Finding {
		s := clean()
		change(s)
		return checks.Run(find(t, id), s)
	}
	for id, want := range map[string]checks.Outcome{"wf.unpinned": checks.Fail, "gov.two-person": checks.Fail, "wf.runner": checks.Warn,
		"wf.permissions": checks.Fail, "wf.long-lived-secret": checks.Warn, "wf.trigger": checks.Pass} {
		if f := outcome(id, startingToo(evil)); f.Outcome != want {
			t.Errorf("%s of what publishes: %s (%s), want %s", id, f.Outcome, f.Summary, want)
		}
	}
	for id, want := range map[string]checks.Outcome{"wf.unpinned": checks.Warn, "wf.trigger": checks.Pass} {
		if f := outcome(id, startingToo(tests)); f.Outcome != want {
			t.Errorf("%s of tests: %s (%s), want %s", id, f.Outcome, f.Summary, want)
		}
	}
	if f := outcome("wf.trigger", startingToo(evil)); !shows(f, "zz.yml in quay/harbour: starts, too, and could publish") ||
		!strings.Contains(f.Summary.String(), "and 1 that the plan does not name") {
		t.Errorf("%s: %+v", f.Summary, f.Evidence)
	}
	hidden := func(s *checks.Snapshot) {
		startingToo(evil)(s)
		edit(&s.Stages[0].Program, func(p *actions.Program) {
			p.Files[p.Others[0]] = &actions.File{Ref: p.Others[0], Unread: true, Problem: text.Clean("GitHub answered 403"), Needs: "contents: read on quay/harbour"}
		})
	}
	if f := outcome("wf.trigger", hidden); f.Outcome != checks.Unknown || !strings.Contains(f.Remedy, "contents: read on quay/harbour") {
		t.Errorf("what else starts is hidden: %s (%s)", f.Outcome, f.Remedy)
	}
}
