package actions

import (
	"regexp"
	"strings"

	"github.com/rhysd/actionlint"
)

// Expression is a ${{ }} within a text, and where it stands.
type Expression struct {
	Line int
	Text string // what is within the braces, without the blanks around it
}

// Read is a context that the value of an expression is made of, such as
// github.event.issue.title; * stands for what is only known when it runs.
type Read struct {
	Path string
	// Whole holds where everything below it is in the value, as toJSON writes it.
	Whole bool
}

const (
	opening = "${{"
	closing = "}}"
	// maxExpression is how long GitHub lets an expression be.
	maxExpression = 21_000
)

// Expressions are those within a text of the file, in order.
func (f *File) Expressions(s *actionlint.String) []Expression {
	if s == nil || f.Script || !strings.Contains(s.Value, opening) { // GitHub writes nothing into a script of the repository
		return nil
	}
	var out []Expression
	c := f.cursor(s)
	rest := s.Value
	for {
		_, after, ok := strings.Cut(rest, opening)
		if !ok {
			return out
		}
		line := c.find(opening)
		end := strings.Index(after, closing)
		if end < 0 {
			return out
		}
		if _, n, ok := parseExpression(after); ok {
			end = n - len(closing)
		}
		out = append(out, Expression{line, strings.TrimSpace(after[:end])})
		rest = after[end:]
	}
}

// cursor goes through the lines of a text in the order in which they stand.
type cursor struct {
	file      *File
	line, col int
	last      int
	vain      int // how many bytes were looked through for what was not there
}

// maxVain bounds what is looked through in vain: a text whose every word is written in
// another way would be read as often as it has words.
const maxVain = 256 << 10

// cursor begins where a text does. It ends where the lines are no longer deeper than the
// one on which it begins.
func (f *File) cursor(s *actionlint.String) *cursor {
	c := &cursor{file: f, line: s.Pos.Line, last: s.Pos.Line}
	if s.Pos.Col > 1 && s.Pos.Col-1 <= len(f.Line(c.line)) {
		c.col = s.Pos.Col - 1
	}
	deep := indent(f.Line(c.line))
	for n := c.line + 1; n <= len(f.Lines) && (strings.TrimSpace(f.Line(n)) == "" || indent(f.Line(n)) > deep); n++ {
		c.last = n
	}
	return c
}

// find is the line of the next occurrence of a piece; the line reached already where
// there is none, as where it is written in another way.
func (c *cursor) find(piece string) int {
	if c.vain > maxVain {
		return c.line
	}
	from, looked := c.col, 0
	for n := c.line; n <= c.last; n++ {
		line := c.file.Line(n)
		if i := strings.Index(line[min(from, len(line)):], piece); i >= 0 {
			c.line, c.col = n, min(from, len(line))+i+len(piece)
			return n
		}
		looked += len(line) - min(from, len(line)) + 1
		from = 0
	}
	c.vain += looked
	return c.line
}

// pass goes behind a piece on the line that was reached or the next one, if it stands there.
func (c *cursor) pass(piece string) {
	from := c.col
	for n := c.line; n <= min(c.line+1, c.last); n++ {
		line := c.file.Line(n)
		if i := strings.Index(line[min(from, len(line)):], piece); i >= 0 {
			c.line, c.col = n, min(from, len(line))+i+len(piece)
			return
		}
		from = 0
	}
}

// indent is how many blanks a line begins with.
func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// parseExpression reads an expression up to the braces that end it, or to the end, and
// says where it ends: behind the braces. One that is longer than GitHub allows is none.
func parseExpression(s string) (node actionlint.ExprNode, end int, ok bool) {
	if s = s[:min(len(s), maxExpression)]; !strings.Contains(s, closing) {
		s += closing
	}
	l := actionlint.NewExprLexer(s)
	node, err := actionlint.NewExprParser().Parse(l)
	return node, l.Offset(), err == nil && node != nil
}

// word is a context in an expression that the parser does not know.
var word = regexp.MustCompile(`(?i)\b[a-z_][a-z0-9_-]*(?:\s*\.\s*(?:[a-z_][a-z0-9_-]*|\*))+`)

// Reads are the contexts that can be within an expression's value. What it only compares
// or asks for is not.
func (x Expression) Reads() []Read {
	node, _, ok := parseExpression(x.Text)
	if !ok {
		var out []Read
		for _, w := range word.FindAllString(x.Text, -1) {
			path := strings.ToLower(strings.Join(strings.Fields(w), ""))
			out = append(out, Read{path, strings.Contains(strings.ToLower(x.Text), "tojson")})
		}
		return out
	}
	return reads(node, false)
}

// reads collects contexts; whole holds within toJSON.
func reads(node actionlint.ExprNode, whole bool) []Read {
	switch n := node.(type) {
	case *actionlint.LogicalOpNode:
		if n.Kind == actionlint.LogicalOpNodeKindAnd { // what is on the left is empty, or not the value
			return reads(n.Right, whole)
		}
		return append(reads(n.Left, whole), reads(n.Right, whole)...)
	case *actionlint.FuncCallNode:
		return readsOf(n, whole)
	case *actionlint.VariableNode, *actionlint.ObjectDerefNode, *actionlint.IndexAccessNode, *actionlint.ArrayDerefNode:
		if path := pathOf(n); path != "" {
			return []Read{{path, whole}}
		}
		return reads(baseOf(node), true)
	}
	return nil
}

// readsOf are the contexts within what a function gives.
func readsOf(n *actionlint.FuncCallNode, whole bool) []Read {
	args := n.Args
	switch strings.ToLower(n.Callee) {
	case "contains", "startswith", "endswith", "success", "failure", "always", "cancelled", "hashfiles":
		return nil
	case "tojson":
		whole = true
	case "case": // condition, value, condition, value, …, value
		args = nil
		for i, arg := range n.Args {
			if i%2 == 1 || i == len(n.Args)-1 {
				args = append(args, arg)
			}
		}
	}
	var out []Read
	for _, arg := range args {
		out = append(out, reads(arg, whole)...)
	}
	return out
}

// pathOf is the path of a context in lower case, such as github.event.commits.*.message;
// empty for what is none.
func pathOf(node actionlint.ExprNode) string {
	step := ""
	switch n := node.(type) {
	case *actionlint.VariableNode:
		return strings.ToLower(n.Name)
	case *actionlint.ObjectDerefNode:
		step = strings.ToLower(n.Property)
	case *actionlint.ArrayDerefNode:
		step = "*"
	case *actionlint.IndexAccessNode:
		step = "*"
		if lit, ok := n.Index.(*actionlint.StringNode); ok {
			step = strings.ToLower(lit.Value)
		}
	default:
		return ""
	}
	base := pathOf(baseOf(node))
	if base == "" {
		return ""
	}
	return base + "." + step
}

// baseOf is what a part is taken of.
func baseOf(node actionlint.ExprNode) actionlint.ExprNode {
	switch n := node.(type) {
	case *actionlint.ObjectDerefNode:
		return n.Receiver
	case *actionlint.ArrayDerefNode:
		return n.Receiver
	case *actionlint.IndexAccessNode:
		return n.Operand
	}
	return nil
}
