package release

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v4"
)

const (
	// maxWorkflowBytes is the largest workflow file that is read.
	maxWorkflowBytes = 512 << 10
	// maxWorkflowNodes bounds a workflow with its aliases written out. The
	// parser copies what an alias stands for wherever it stands, so that a
	// hundred aliases can ask for more memory than there is.
	maxWorkflowNodes = 200_000
)

// GuardWorkflow refuses a workflow file that is no YAML or would cost too much to
// parse. Call it before anything else reads a file from a repository.
func GuardWorkflow(src []byte) error {
	if len(src) > maxWorkflowBytes {
		return fmt.Errorf("the file is larger than %d KiB", maxWorkflowBytes>>10)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return fmt.Errorf("not YAML: %w", err)
	}
	if weigh(&doc, map[*yaml.Node]int{}) > maxWorkflowNodes {
		return errors.New("its aliases stand for too much")
	}
	return nil
}

// parseWorkflow reads a workflow file as far as it can be understood.
func parseWorkflow(src []byte) (*actionlint.Workflow, error) {
	if err := GuardWorkflow(src); err != nil {
		return nil, err
	}
	parsed, errs := actionlint.Parse(src)
	switch {
	case parsed != nil && len(parsed.On) > 0:
		return parsed, nil
	case len(errs) > 0:
		return nil, fmt.Errorf("%s (line %d)", errs[0].Message, errs[0].Line)
	}
	return nil, errors.New("it has no triggers")
}

// ShowsInput tells whether a workflow has an input of its dispatch that its
// run-name shows, so that a run can be found by what it was given.
func ShowsInput(w *actionlint.Workflow, input string) bool {
	if w.RunName == nil {
		return false
	}
	has := slices.ContainsFunc(w.On, func(on actionlint.Event) bool {
		d, ok := on.(*actionlint.WorkflowDispatchEvent)
		return ok && d.Inputs[strings.ToLower(input)] != nil
	})
	shown := regexp.MustCompile(`(?i)\$\{\{\s*(github\.event\.)?inputs\.` + regexp.QuoteMeta(input) + `\s*\}\}`)
	return has && shown.MatchString(w.RunName.Value)
}

// weigh counts the nodes below n with aliases written out. An alias within what
// it stands for has no end.
func weigh(n *yaml.Node, known map[*yaml.Node]int) int {
	if n == nil {
		return 0
	}
	if w, ok := known[n]; ok {
		return w
	}
	known[n] = maxWorkflowNodes + 1 // until it is known: it holds itself
	total := 1 + weigh(n.Alias, known)
	for _, c := range n.Content {
		total = min(total+weigh(c, known), maxWorkflowNodes+1)
	}
	known[n] = total
	return total
}
