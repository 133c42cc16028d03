package rehearsal

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/rhysd/actionlint"
)

// maxExpression is how long an expression may be, in bytes; GitHub's limit.
const maxExpression = 21000

// unknown is a value that is known only at run time, such as a secret. It is the
// result of everything that depends on it.
type unknown struct{}

// scope is what an expression can see: contexts by name, and how things went so
// far. Values are nil, bool, float64, string, []any, *object and unknown.
type scope struct {
	contexts map[string]any
	status   status
}

// status is what success(), failure() and cancelled() say.
type status struct{ success, failure, cancelled bool }

// evaluate works out an expression, without the ${{ }} around it.
func (s scope) evaluate(expr string) (any, error) {
	node, err := parseExpression(expr)
	if err != nil {
		return nil, err
	}
	return s.value(node)
}

func parseExpression(expr string) (actionlint.ExprNode, error) {
	if len(expr) > maxExpression {
		return nil, fmt.Errorf("expression of %d bytes is longer than %d", len(expr), maxExpression)
	}
	node, err := actionlint.NewExprParser().Parse(actionlint.NewExprLexer(expr + "}}"))
	if err != nil {
		return nil, fmt.Errorf("expression %.40q: %s", expr, err.Message)
	}
	return node, nil
}

// value works out a node.
func (s scope) value(node actionlint.ExprNode) (any, error) {
	switch n := node.(type) {
	case *actionlint.NullNode:
		return nil, nil
	case *actionlint.BoolNode:
		return n.Value, nil
	case *actionlint.IntNode:
		return float64(n.Value), nil
	case *actionlint.FloatNode:
		return n.Value, nil
	case *actionlint.StringNode:
		return n.Value, nil
	case *actionlint.VariableNode:
		v, ok := s.contexts[n.Name]
		if !ok {
			return unknown{}, nil
		}
		return v, nil
	case *actionlint.ObjectDerefNode:
		return s.property(n.Receiver, n.Property)
	case *actionlint.ArrayDerefNode:
		v, err := s.value(n.Receiver)
		return elements(v), err
	case *actionlint.IndexAccessNode:
		return s.index(n)
	case *actionlint.NotOpNode:
		return s.not(n)
	case *actionlint.CompareOpNode:
		return s.compare(n)
	case *actionlint.LogicalOpNode:
		return s.logical(n)
	case *actionlint.FuncCallNode:
		return s.call(n)
	}
	return nil, fmt.Errorf("expression of a kind that is not known: %T", node)
}

// property reads a property; of a list, that of each element, as after `.*`.
func (s scope) property(receiver actionlint.ExprNode, name string) (any, error) {
	v, err := s.value(receiver)
	if err != nil {
		return nil, err
	}
	if _, splat := receiver.(*actionlint.ArrayDerefNode); splat {
		list, ok := v.([]any)
		if !ok {
			return v, nil
		}
		found := make([]any, 0, len(list))
		for _, e := range list {
			found = append(found, propertyOf(e, name))
		}
		return found, nil
	}
	return propertyOf(v, name), nil
}

func propertyOf(v any, name string) any {
	switch v := v.(type) {
	case unknown:
		return v
	case *object:
		return v.get(name)
	}
	return nil
}

func (s scope) index(n *actionlint.IndexAccessNode) (any, error) {
	v, err := s.value(n.Operand)
	if err != nil {
		return nil, err
	}
	i, err := s.value(n.Index)
	if err != nil {
		return nil, err
	}
	if isUnknown(v) || isUnknown(i) {
		return unknown{}, nil
	}
	switch v := v.(type) {
	case *object:
		return v.get(display(i)), nil
	case []any:
		if f := number(i); f >= 0 && f < float64(len(v)) {
			return v[int(f)], nil
		}
	}
	return nil, nil
}

// elements are the values of a list or object.
func elements(v any) any {
	switch v := v.(type) {
	case unknown:
		return v
	case []any:
		return v
	case *object:
		return v.values()
	}
	return []any{}
}

func (s scope) not(n *actionlint.NotOpNode) (any, error) {
	v, err := s.value(n.Operand)
	if err != nil || isUnknown(v) {
		return v, err
	}
	return !truthy(v), nil
}

// logical gives an operand, as GitHub does, not a bool. What is unknown on one
// side does not matter where the other side decides.
func (s scope) logical(n *actionlint.LogicalOpNode) (any, error) {
	and := n.Kind == actionlint.LogicalOpNodeKindAnd
	left, err := s.value(n.Left)
	if err != nil {
		return nil, err
	}
	if !isUnknown(left) && truthy(left) != and {
		return left, nil
	}
	right, err := s.value(n.Right)
	if err != nil || !isUnknown(left) {
		return right, err
	}
	if !isUnknown(right) && truthy(right) != and {
		return right, nil
	}
	return unknown{}, nil
}

func (s scope) compare(n *actionlint.CompareOpNode) (any, error) {
	left, err := s.value(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.value(n.Right)
	if err != nil {
		return nil, err
	}
	if isUnknown(left) || isUnknown(right) {
		return unknown{}, nil
	}
	switch n.Kind {
	case actionlint.CompareOpNodeKindEq:
		return equal(left, right), nil
	case actionlint.CompareOpNodeKindNotEq:
		return !equal(left, right), nil
	}
	return ordered(n.Kind, left, right), nil
}

// ordered compares by size: strings as strings, everything else as numbers.
func ordered(kind actionlint.CompareOpNodeKind, left, right any) bool {
	var c float64
	l, lok := left.(string)
	r, rok := right.(string)
	if lok && rok {
		c = float64(strings.Compare(strings.ToLower(l), strings.ToLower(r)))
	} else {
		c = number(left) - number(right) // not a number, then nothing holds
	}
	switch kind {
	case actionlint.CompareOpNodeKindLess:
		return c < 0
	case actionlint.CompareOpNodeKindLessEq:
		return c <= 0
	case actionlint.CompareOpNodeKindGreater:
		return c > 0
	case actionlint.CompareOpNodeKindGreaterEq:
		return c >= 0
	}
	return false
}

// equal compares as GitHub does: strings without case, different types as numbers,
// lists and objects never unless they are the same one.
func equal(left, right any) bool {
	switch l := left.(type) {
	case nil:
		if right == nil {
			return true
		}
	case string:
		if r, ok := right.(string); ok {
			return strings.EqualFold(l, r)
		}
	case bool:
		if r, ok := right.(bool); ok {
			return l == r
		}
	case *object:
		return left == right
	case []any:
		return false
	}
	return number(left) == number(right)
}

func isUnknown(v any) bool {
	_, ok := v.(unknown)
	return ok
}

// truthy tells whether a known value counts as true.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0 && !math.IsNaN(v)
	}
	return true
}

// number is a value as a number, NaN when it is none.
func number(v any) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		v = strings.TrimSpace(v)
		if v == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f
		}
	}
	return math.NaN()
}

// display is a known value as text.
func display(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return strconv.FormatBool(v)
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		return "Array"
	case *object:
		return "Object"
	}
	return ""
}
