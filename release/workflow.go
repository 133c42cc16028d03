package release

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
)

// parseWorkflow reads a workflow file as far as it can be understood.
func parseWorkflow(src []byte) (*actionlint.Workflow, error) {
	if err := actions.Guard(src); err != nil {
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
