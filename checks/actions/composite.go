package actions

import (
	"strings"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v4"

	"twokey/checks/text"
)

// compositeSteps reads the steps of a composite action in the shape that those of a
// workflow have, and what its inputs are where nothing is given. An action of another kind has none: its code is not YAML.
func compositeSteps(src []byte) ([]*actionlint.Step, map[string]*actionlint.String, text.Safe) {
	var doc struct {
		Inputs map[string]struct {
			Default yaml.Node `yaml:"default"`
		} `yaml:"inputs"`
		Runs struct {
			Using string    `yaml:"using"`
			Steps yaml.Node `yaml:"steps"`
			Image yaml.Node `yaml:"image"`
			Main  yaml.Node `yaml:"main"`
		} `yaml:"runs"`
	}
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, nil, text.Cleanf("not an action: %s", err)
	}
	switch {
	case doc.Runs.Using == "":
		return nil, nil, text.Clean("not an action: it does not say what it runs")
	case !strings.EqualFold(doc.Runs.Using, "composite"):
		what := scalar(follow(&doc.Runs.Main))
		if strings.EqualFold(doc.Runs.Using, "docker") {
			what = scalar(follow(&doc.Runs.Image))
		}
		if what.Pos.Line == 0 { // it does not say
			what.Pos = &actionlint.Pos{Line: 1, Col: 1}
		}
		return []*actionlint.Step{{Pos: what.Pos, Exec: &actionlint.ExecAction{Uses: what, Inputs: map[string]*actionlint.Input{}}}}, nil, text.Safe{}
	}
	var steps []*actionlint.Step
	for _, n := range follow(&doc.Runs.Steps).Content {
		steps = append(steps, compositeStep(follow(n)))
	}
	defaults := map[string]*actionlint.String{}
	for name, in := range doc.Inputs {
		defaults[strings.ToLower(name)] = scalar(follow(&in.Default))
	}
	return steps, defaults, text.Safe{}
}

// compositeStep is one step of a composite action.
func compositeStep(n *yaml.Node) *actionlint.Step {
	step := &actionlint.Step{Pos: position(n)}
	run, uses := &actionlint.ExecRun{}, &actionlint.ExecAction{Inputs: map[string]*actionlint.Input{}}
	for key, value := range pairs(n) {
		s := scalar(value)
		switch key.Value {
		case "id":
			step.ID = s
		case "if":
			step.If = s
		case "name":
			step.Name = s
		case "run":
			run.Run, run.RunPos = s, position(key)
			step.Exec = run
		case "shell":
			run.Shell = s
		case "working-directory":
			run.WorkingDirectory = s
		case "uses":
			uses.Uses = s
			step.Exec = uses
		case "with":
			for name, in := range pairs(value) {
				uses.Inputs[strings.ToLower(name.Value)] = &actionlint.Input{Name: scalar(name), Value: scalar(in)}
			}
		case "env":
			step.Env = &actionlint.Env{Vars: map[string]*actionlint.EnvVar{}}
			for name, v := range pairs(value) {
				step.Env.Vars[strings.ToLower(name.Value)] = &actionlint.EnvVar{Name: scalar(name), Value: scalar(v)}
			}
		}
	}
	return step
}

// follow is what an alias stands for, and the node itself for others.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// pairs are the keys and values of a mapping, in order; others have none.
func pairs(n *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], follow(n.Content[i+1])) {
				return
			}
		}
	}
}

func position(n *yaml.Node) *actionlint.Pos { return &actionlint.Pos{Line: n.Line, Col: n.Column} }

// scalar is a text with its place; of what is no text it is empty.
func scalar(n *yaml.Node) *actionlint.String {
	s := &actionlint.String{Pos: position(n)}
	if n.Kind == yaml.ScalarNode {
		s.Value = n.Value
	}
	return s
}
