package actions

import (
	"strings"

	"github.com/rhysd/actionlint"
)

// Complaint is something that actionlint minds in a workflow file.
type Complaint struct {
	Rule Rule
	Line int
}

// Rule is one of actionlint's.
type Rule string

// The rules that bear on who may do what in a release. What the others find, the checks
// look at themselves, or GitHub refuses.
const (
	// RulePassword finds the password of a container's registry that stands in the file.
	RulePassword Rule = "credentials"
	// RuleAlways finds conditions that always hold, since text stands around their
	// expression: what they were to keep out gets in.
	RuleAlways Rule = "if-cond"
)

// Complaints are what actionlint minds in a workflow by one of its rules; none of an
// action.
func (f *File) Complaints(of Rule) []Complaint {
	if f.Workflow == nil {
		return nil
	}
	var rule actionlint.Rule = actionlint.NewRuleCredentials()
	if of == RuleAlways {
		rule = actionlint.NewRuleIfCond()
	}
	v := actionlint.NewVisitor()
	v.AddPass(rule)
	if err := v.Visit(f.Workflow); err != nil {
		return nil // a rule of ours would say so; actionlint's never do
	}
	var out []Complaint
	for _, e := range rule.Errs() {
		// A condition that is a constant is a job turned off, or one that says so.
		if of != RuleAlways || strings.Contains(e.Message, "extra characters") {
			out = append(out, Complaint{of, e.Line})
		}
	}
	return out
}
