package rehearsal

import (
	"errors"
	"strings"

	"github.com/rhysd/actionlint"
)

// fill replaces each ${{ }} of a text. What is known only at run time stays as it
// is written, which is also what GitHub shows for a job that it skips.
func (s scope) fill(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		expr, after, err := cutExpression(rest)
		if err != nil {
			b.WriteString("${{" + rest)
			return b.String()
		}
		if v, err := s.evaluate(expr); err != nil || isUnknown(v) {
			b.WriteString("${{" + expr + "}}")
		} else {
			b.WriteString(display(v))
		}
		text = after
	}
}

// whole gives the expression that makes up the whole text, if one does.
func whole(text string) (string, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "${{")
	if !ok {
		return "", false
	}
	expr, after, err := cutExpression(rest)
	return expr, err == nil && after == ""
}

// fillValue is like fill, but keeps the type of a text that is one expression.
func (s scope) fillValue(text string) any {
	expr, ok := whole(text)
	if !ok {
		filled := s.fill(text)
		if strings.Contains(filled, "${{") {
			return unknown{}
		}
		return filled
	}
	v, err := s.evaluate(expr)
	if err != nil {
		return unknown{}
	}
	return v
}

// cutExpression splits a text behind the }} that ends its expression; a }} inside
// a string does not.
func cutExpression(text string) (expr, after string, err error) {
	quoted := false
	for i := 0; i+1 < len(text); i++ {
		switch {
		case text[i] == '\'':
			quoted = !quoted
		case !quoted && text[i] == '}' && text[i+1] == '}':
			return text[:i], text[i+2:], nil
		}
	}
	return "", "", errors.New("expression without an end")
}

// holds tells whether an `if:` holds. Without a status function it also means
// success(). What is known only at run time holds.
func (s scope) holds(cond *actionlint.String) bool {
	if cond == nil || strings.TrimSpace(cond.Value) == "" {
		return s.status.success
	}
	expr, ok := whole(cond.Value)
	switch {
	case ok:
	case strings.Contains(cond.Value, "${{"):
		return s.status.success // a text around expressions is not empty: true
	default:
		expr = cond.Value
	}
	node, err := parseExpression(expr)
	if err != nil {
		return s.status.success
	}
	if !asksStatus(node) && !s.status.success {
		return false
	}
	v, err := s.value(node)
	return err != nil || isUnknown(v) || truthy(v)
}

// asksStatus tells whether an expression calls a status function.
func asksStatus(node actionlint.ExprNode) bool {
	found := false
	actionlint.VisitExprNode(node, func(n, _ actionlint.ExprNode, entering bool) {
		if call, ok := n.(*actionlint.FuncCallNode); ok && entering {
			switch strings.ToLower(call.Callee) {
			case "always", "success", "failure", "cancelled":
				found = true
			}
		}
	})
	return found
}
