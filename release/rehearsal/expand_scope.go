package rehearsal

import (
	"strings"

	"github.com/rhysd/actionlint"
)

// scope is what the expressions of a workflow file see.
func (f frame) scope(x *expansion) scope {
	env := f.env
	if env == nil {
		env = newObject("*", unknown{}) // steps add variables while they run
	}
	inputs := f.inputs
	if inputs == nil {
		inputs = newObject()
	}
	return scope{status: status{success: true}, contexts: map[string]any{
		"github": githubContext(x.rc, f.workflow),
		"inputs": inputs,
		"env":    env,
		"needs":  newObject(),
		"runner": newObject("os", "Linux", "arch", "X64", "*", unknown{}),
	}}
}

// with is the scope with one context more.
func (s scope) with(name string, v any) scope {
	contexts := make(map[string]any, len(s.contexts)+1)
	for k, c := range s.contexts {
		contexts[k] = c
	}
	contexts[name] = v
	return scope{contexts: contexts, status: s.status}
}

// githubContext is the github context of a run.
func githubContext(rc runContext, workflow string) *object {
	owner, name, _ := strings.Cut(rc.Repo, "/")
	refName, refType := rc.Ref, ""
	if tag, ok := strings.CutPrefix(rc.Ref, "refs/tags/"); ok {
		refName, refType = tag, "tag"
	} else if branch, ok := strings.CutPrefix(rc.Ref, "refs/heads/"); ok {
		refName, refType = branch, "branch"
	}
	event := newObject("repository", newObject("full_name", rc.Repo, "name", name, "fork", false,
		"owner", newObject("login", owner, "*", unknown{}), "*", unknown{}), "sender", newObject("login", rc.Actor, "*", unknown{}))
	switch rc.Event {
	case "push":
		event.set("ref", rc.Ref)
		event.set("after", rc.SHA)
		event.set("created", refType == "tag")
		event.set("deleted", false)
		event.set("forced", false)
		event.set("head_commit", newObject("id", rc.SHA, "*", unknown{}))
		event.set("before", unknown{})
		event.set("commits", unknown{})
	case "release":
		event.set("action", "released")
		event.set("release", newObject("tag_name", refName, "draft", false, "*", unknown{}))
	case "workflow_dispatch":
		inputs := newObject()
		for k, v := range rc.Inputs {
			inputs.set(k, v)
		}
		event.set("inputs", inputs)
		event.set("ref", rc.Ref)
	}
	return newObject("repository", rc.Repo, "repository_owner", owner, "ref", rc.Ref, "ref_name", refName,
		"ref_type", refType, "sha", rc.SHA, "event_name", rc.Event, "actor", rc.Actor, "triggering_actor", rc.Actor,
		"workflow", workflow, "run_attempt", "1", "head_ref", "", "base_ref", "", "server_url", "https://github.com",
		"api_url", "https://api.github.com", "event", event, "*", unknown{})
}

// dispatchInputs are the inputs of a run that was dispatched, with their defaults;
// without a dispatch there are none.
func dispatchInputs(wf *actionlint.Workflow, given map[string]string) *object {
	inputs := newObject()
	for _, on := range wf.On {
		dispatch, ok := on.(*actionlint.WorkflowDispatchEvent)
		if !ok || given == nil {
			continue
		}
		for key, in := range dispatch.Inputs {
			text := ""
			if in.Default != nil {
				text = in.Default.Value
			}
			for k, v := range given {
				if strings.EqualFold(k, key) {
					text = v
				}
			}
			var v any = text
			if in.Type == actionlint.WorkflowDispatchEventInputTypeBoolean {
				v = text == "true"
			}
			inputs.set(key, v)
		}
	}
	return inputs
}

// callInputs are the inputs of a workflow that a job calls.
func callInputs(wf *actionlint.Workflow, given map[string]*actionlint.WorkflowCallInput, sc scope) *object {
	inputs := newObject()
	for _, on := range wf.On {
		call, ok := on.(*actionlint.WorkflowCallEvent)
		if !ok {
			continue
		}
		for _, in := range call.Inputs {
			var v any
			if in.Default != nil {
				v = sc.fillValue(in.Default.Value)
			}
			if g := given[in.ID]; g != nil && g.Value != nil {
				v = sc.fillValue(g.Value.Value)
			}
			switch text, isText := v.(string); in.Type {
			case actionlint.WorkflowCallEventInputTypeBoolean:
				if isText || v == nil {
					v = text == "true"
				}
			case actionlint.WorkflowCallEventInputTypeString:
				if v == nil {
					v = ""
				}
			}
			inputs.set(in.Name.Value, v)
		}
	}
	return inputs
}

// envOf adds an env block to the variables around it.
func envOf(env *actionlint.Env, around *object, sc scope) *object {
	all := newObject("*", unknown{})
	if around != nil {
		all = around.clone()
	}
	if env == nil {
		return all
	}
	for _, v := range env.Vars {
		if v.Name != nil && v.Value != nil {
			all.set(v.Name.Value, sc.fillValue(v.Value.Value))
		}
	}
	return all
}

// needsContext is the needs context of a job, when those of them that run end with
// a result.
func needsContext(job *actionlint.Job, done map[string]outcome, result string) *object {
	needs := newObject()
	for _, n := range job.Needs {
		o := done[strings.ToLower(n.Value)]
		r := result
		if o.skipped {
			r = "skipped"
		}
		outputs := o.outputs
		if outputs == nil {
			outputs = newObject("*", unknown{})
		}
		needs.set(n.Value, newObject("result", r, "outputs", outputs))
	}
	return needs
}

// outputsOf are a job's outputs, as far as they can be told.
func outputsOf(job *actionlint.Job, sc scope, read func(string) ([]byte, error)) *object {
	outputs := newObject("*", unknown{})
	steps := newObject()
	for _, s := range job.Steps {
		if s.ID == nil {
			continue
		}
		from := newObject("*", unknown{})
		if run, ok := s.Exec.(*actionlint.ExecRun); ok && run.Run != nil {
			from = scriptOutputs(sc.fill(run.Run.Value), read)
		}
		steps.set(s.ID.Value, newObject("outputs", from, "outcome", "success", "conclusion", "success"))
	}
	sc = sc.with("steps", steps)
	for _, o := range job.Outputs {
		if o.Name != nil && o.Value != nil {
			outputs.set(o.Name.Value, sc.fillValue(o.Value.Value))
		}
	}
	return outputs
}
