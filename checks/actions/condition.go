package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// Event is what starts a workflow, in the words of its `on`.
type Event string

// The events that a release makes.
const (
	EventPush     Event = "push" // of a tag
	EventRelease  Event = "release"
	EventDispatch Event = "workflow_dispatch"
)

// EventBranch is the push of a branch, which has the name of that of a tag.
const EventBranch Event = "push of a branch"

// MayRun tells whether a condition can hold when an event of a release starts a
// workflow in a repository. It only says no where it certainly does not.
func MayRun(condition *actionlint.String, e Event, repo string) bool {
	return weighCondition(condition, e, repo).access > never
}

// access is for whom a condition can hold.
type access int

// From nobody to everybody; kept is for those alone whom it names, or for what the
// project itself made.
const (
	never access = iota
	kept
	open
)

// answer is what is known of a condition.
type answer struct {
	access access
	sure   bool // it certainly holds
}

// weighCondition reads the condition of a job or step. One that nobody understands may
// hold.
func weighCondition(condition *actionlint.String, e Event, repo string) answer {
	if condition == nil {
		return answer{open, true}
	}
	s, braces := strings.CutPrefix(strings.TrimSpace(condition.Value), opening)
	node, end, ok := parseExpression(s)
	if !ok || braces && end < len(s) { // a text with expressions in it always holds
		return answer{access: open}
	}
	return moment{e, repo}.weigh(node)
}

// moment is when a condition is asked for.
type moment struct {
	event Event
	repo  string
}

func (m moment) weigh(node actionlint.ExprNode) answer {
	switch n := node.(type) {
	case *actionlint.BoolNode:
		return known(n.Value)
	case *actionlint.NullNode:
		return known(false)
	case *actionlint.StringNode:
		return known(n.Value != "")
	case *actionlint.NotOpNode:
		return m.weigh(n.Operand).not(keeps(n.Operand, true))
	case *actionlint.LogicalOpNode:
		left, right := m.weigh(n.Left), m.weigh(n.Right)
		if n.Kind == actionlint.LogicalOpNodeKindAnd {
			return answer{min(left.access, right.access), left.sure && right.sure}
		}
		return answer{max(left.access, right.access), left.sure || right.sure}
	case *actionlint.CompareOpNode:
		return m.compare(n)
	case *actionlint.FuncCallNode:
		if len(n.Args) == 2 {
			if lit, ok := n.Args[1].(*actionlint.StringNode); ok && m.asksRef(n) {
				return m.ref(strings.ToLower(n.Callee), lit.Value)
			}
		}
	}
	if keeps(node, false) {
		return answer{access: kept}
	}
	return answer{access: open}
}

// known is the answer of what is true or false whoever asks.
func known(holds bool) answer {
	if holds {
		return answer{open, true}
	}
	return answer{access: never}
}

// not turns an answer around. Of what keeps some people out when it does not hold, only
// the sign says so.
func (a answer) not(keeps bool) answer {
	switch {
	case a.sure:
		return answer{access: never}
	case a.access == never:
		return answer{open, true}
	case keeps:
		return answer{access: kept}
	}
	return answer{access: open}
}

// compare weighs an equation with a text.
func (m moment) compare(n *actionlint.CompareOpNode) answer {
	equal := n.Kind == actionlint.CompareOpNodeKindEq
	if !equal && n.Kind != actionlint.CompareOpNodeKindNotEq {
		return answer{access: open}
	}
	if left := pathOf(n.Left); left != "" && left == pathOf(n.Right) { // whoever asks
		return known(equal)
	}
	side, lit := n.Left, n.Right
	if _, ok := side.(*actionlint.StringNode); ok {
		side, lit = lit, side
	}
	negated := !equal
	switch lit := lit.(type) {
	case *actionlint.StringNode:
		if same, ok := m.same(pathOf(side), lit.Value); ok {
			return known(same == equal)
		}
		if equal && stranger(lit.Value) {
			return answer{access: open}
		}
		if strings.HasPrefix(strings.ToLower(lit.Value), "pull_request") { // of what a workflow_run followed
			negated = equal
		}
	case *actionlint.BoolNode:
		negated = equal != lit.Value
	}
	if keeps(n, negated) {
		return answer{access: kept}
	}
	return answer{access: open}
}

// stranger tells whether a text is what is said of nobody, or of people outside: who is
// asked for by it is not kept out.
func stranger(text string) bool {
	return slices.Contains([]string{"", "NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN"}, strings.ToUpper(text))
}

// same tells whether a context is a text, as far as that is known. GitHub compares texts
// without the case of their letters.
func (m moment) same(path, text string) (same, ok bool) {
	kind, text := m.event.ref(), strings.ToLower(text)
	switch path {
	case "github.event_name":
		return strings.EqualFold(text, m.event.name()), true
	case "github.repository":
		return strings.EqualFold(text, m.repo), true
	case "github.ref_type":
		return strings.EqualFold(text, kind), kind != ""
	case "github.ref":
		return false, kind == "tag" && strings.HasPrefix(text, "refs/heads/") || kind == "branch" && strings.HasPrefix(text, "refs/tags/")
	case "github.ref_name":
		return false, kind == "tag" && (text == "main" || text == "master")
	case "github.event.action":
		made := []string{"published", "released", "created", "prereleased"}
		return false, m.event == EventRelease && !slices.Contains(made, text)
	}
	return false, false
}

// asksRef tells whether a function looks at how the run's ref is called.
func (m moment) asksRef(n *actionlint.FuncCallNode) bool {
	name := strings.ToLower(n.Callee)
	return (name == "startswith" || name == "contains") && pathOf(n.Args[0]) == "github.ref"
}

// ref weighs a question for the beginning of the run's ref, or a piece of it, whatever
// the case of its letters.
func (m moment) ref(function, text string) answer {
	text = strings.ToLower(text)
	prefix := map[string]string{"tag": "refs/tags/", "branch": "refs/heads/"}[m.event.ref()]
	other := strings.HasPrefix(text, "refs/") && !strings.HasPrefix(text, prefix) && !strings.HasPrefix(prefix, text)
	switch {
	case prefix == "":
		return answer{access: open}
	case strings.HasPrefix(prefix, text) || function == "contains" && strings.Contains(prefix, text):
		return known(true)
	case other:
		return known(false)
	}
	return answer{access: open}
}

// name is what GitHub calls an event.
func (e Event) name() string {
	if e == EventBranch {
		return string(EventPush)
	}
	return string(e)
}

// ref is the kind of ref that the runs of an event are at: tag, branch, or empty where
// it may be either or is another.
func (e Event) ref() string {
	switch e {
	case EventPush, EventRelease:
		return "tag"
	case EventBranch, EventDispatch, "schedule", "pull_request_target", "workflow_run", "issues", "issue_comment",
		"discussion", "discussion_comment", "gollum", "watch", "fork":
		return "branch"
	}
	return ""
}

// keeps tells whether a term asks who or what starts a run, so that it keeps out
// strangers where it holds; negated, where it does not. Not to be one certain robot
// keeps nobody else out.
func keeps(node actionlint.ExprNode, negated bool) bool {
	out := false
	actionlint.VisitExprNode(node, func(n, _ actionlint.ExprNode, entering bool) {
		path := pathOf(n)
		switch {
		case !entering || path == "":
		case strings.HasSuffix(path, ".author_association"):
			out = true
		case strings.HasSuffix(path, ".repo.fork"), strings.HasSuffix(path, ".head_repository.fork"):
			out = out || negated
		case path == "github.actor", path == "github.triggering_actor", path == "github.actor_id",
			strings.HasSuffix(path, ".login"), strings.HasSuffix(path, ".user.id"), strings.HasSuffix(path, ".sender.id"),
			strings.HasSuffix(path, ".merged"), strings.Contains(path, ".outputs."), // which an earlier step may have found out
			strings.HasSuffix(path, ".label.name"), strings.HasSuffix(path, ".labels.*.name"),
			strings.HasSuffix(path, "workflow_run.event"), strings.HasSuffix(path, "workflow_run.head_branch"), strings.HasSuffix(path, ".head_repository.full_name"),
			strings.HasSuffix(path, ".head.repo.full_name"), strings.HasSuffix(path, ".head.repo.id"):
			out = out || !negated
		}
	})
	return out
}
