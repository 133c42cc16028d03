package checks

import (
	"strings"

	"twokey/checks/text"
)

// workflowTrigger asks whether each workflow of the plan will start. A trigger
// that nothing listens to is a release that never happens.
func workflowTrigger() Check {
	return Check{
		ID:    "wf.trigger",
		Title: "Workflows will start",
		Why:   "A workflow that is missing, disabled or not meant for this trigger leaves a tag without a release.",
		Looks: "Each workflow that the plan starts, at the commit: that it exists, can be understood, is on the stage's " +
			"trigger, is not disabled, and shows the plan's nonce input where there is one.",
		Factor:   Build,
		Severity: SeverityBlock,
		Remedy:   "correct the workflow on the branch, or the stage in twokey.yml",
		Needs:    []Part{PartWorkflows, PartProgram},
		Judge:    judgeWorkflows,
	}
}

func judgeWorkflows(s *Snapshot) Result {
	var t tally
	n, before, others := 0, 0, 0
	for st, f := range stages(s) {
		if st.Started { // what was started before is not started again
			for _, file := range st.Workflows {
				t.pass(text.Cleanf("%s in %s", file, st.Repo), text.Clean("started before; not started again"), text.Safe{})
				before++
			}
			continue
		}
		if len(st.Workflows) == 0 {
			t.add(Evidence{What: text.Cleanf("stage %s", st.Name), Outcome: Fail,
				Saw: text.Clean("the plan names no workflow that it starts")},
				"name the stage's workflows in twokey.yml")
		}
		for i, file := range st.Workflows {
			judgeWorkflow(&t, st, file, at(f.Workflows, i))
			n++
		}
		others += judgeOthers(&t, st, f)
	}
	passed := willStart(n, before)
	if others > 0 {
		passed = text.Cleanf("%s, and %d that the plan does not name, which the other checks look at as well", passed, others)
	}
	return t.result(passed)
}

// judgeOthers tells of the workflows that start with a stage, that could publish, and that
// the plan does not name: nobody waits for them. What they run is judged as what the
// named ones run, so that they are no fault by themselves.
func judgeOthers(t *tally, st SubjectStage, f *StageFacts) (n int) {
	program, ok := f.Program.Get()
	if !ok {
		t.lack(text.Cleanf("what else starts in %s", st.Repo), f.Program.Missing())
		return 0
	}
	for _, ref := range program.Others {
		file := program.Files[ref]
		if file == nil || file.Unread {
			m := Got[int]{}.Missing()
			if file != nil {
				m = Missing{Why: file.Problem, Needs: file.Needs}
			}
			t.lack(text.Cleanf("what else starts in %s", st.Repo), m)
			continue
		}
		n++
		t.pass(text.Cleanf("%s in %s", ref.Base(), st.Repo), text.Clean("starts, too, and could publish, though the plan does not name it"), file.Page)
	}
	return n
}

// willStart counts the workflows that start, and of a release that is gone on with
// those that were started before.
func willStart(n, before int) text.Safe {
	switch {
	case before == 0:
		return text.Cleanf("%s will start", plural(n, "workflow"))
	case n == 0:
		return text.Cleanf("%s started before, and none is left", plural(before, "workflow"))
	}
	return text.Cleanf("%s will start; %d started before", plural(n, "workflow"), before)
}

// judgeWorkflow looks at one workflow file at the stage's commit.
func judgeWorkflow(t *tally, st SubjectStage, file string, got Got[Workflow]) {
	w, ok := got.Get()
	e := Evidence{What: text.Cleanf("%s in %s", file, st.Repo), Outcome: Fail, URL: w.URL}
	switch {
	case !ok:
		t.lack(e.What, got.Missing())
	case !w.Exists:
		e.Saw = text.Cleanf("not there at %s", short(st.SHA))
		t.add(e, "correct the workflow's name in twokey.yml, or release a commit that has the file")
	case !w.Problem.IsZero():
		e.Saw = text.Cleanf("can not be understood: %s", w.Problem)
		t.add(e, "correct the workflow file on the branch")
	case !w.Starts:
		e.Saw = text.Cleanf("%s does not start it; it starts on: %s", triggerOf(st), triggersOf(w))
		t.add(e, "")
	case !w.Lacks.IsZero():
		e.Saw = text.Cleanf("it lacks %s", w.Lacks)
		t.add(e, "add it to the workflow on the branch, or leave nonce-input out of the plan")
	case strings.HasPrefix(w.State, "disabled"), w.State == "deleted":
		e.Saw = text.Cleanf("GitHub will not start it: %s", strings.ReplaceAll(w.State, "_", " "))
		t.add(e, "enable it: `gh workflow enable "+file+" -R "+st.Repo+"`")
	default:
		e.Saw = text.Cleanf("starts on %s", triggerOf(st))
		judgeWorkflowState(t, st, w, e)
	}
}

// judgeWorkflowState looks at whether GitHub knows the workflow. It learns of one
// when its file reaches the default branch or it first runs; only a dispatch has
// to name a workflow that GitHub knows.
func judgeWorkflowState(t *tally, st SubjectStage, w Workflow, e Evidence) {
	e.Outcome = Warn
	switch {
	case w.State == "active":
		e.Outcome = Pass
		t.add(e, "")
	case w.State != "":
		e.Saw = text.Cleanf("%s; GitHub gives its state as %s", e.Saw, w.State)
		t.add(e, "look at the workflow on GitHub before you go on")
	case st.Trigger == "dispatch":
		e.Saw = text.Cleanf("%s; GitHub does not list it, and may refuse the dispatch", e.Saw)
		t.add(e, "put the workflow file on the default branch, too")
	default:
		e.Outcome = Pass
		e.Saw = text.Cleanf("%s; GitHub does not list it yet", e.Saw)
		t.add(e, "")
	}
}

// triggerOf names what the stage does, in words.
func triggerOf(st SubjectStage) string {
	switch st.Trigger {
	case "tag":
		return "the tag " + st.Tag
	case "release":
		return "the release " + st.Tag
	}
	return "a " + st.Trigger
}

// triggersOf are the workflow's own triggers, for people.
func triggersOf(w Workflow) text.Safe {
	if len(w.Triggers) == 0 {
		return text.Clean("nothing")
	}
	return text.Join(w.Triggers, ", ")
}
