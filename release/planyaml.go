package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a plan file. The parser takes quadratic time in the depth of nesting
// (25 s for 64 KiB of brackets, measured), so that depth is bounded before it
// runs.
const (
	maxPlanBytes = 64 << 10
	maxPlanDepth = 16
	maxPlanText  = 1024 // bytes of one value
)

// planReader reads a plan file's YAML strictly and collects every mistake that
// it meets with its place. What it can not read it gives back as zero.
type planReader struct {
	file  string
	lines []string
	found []*PlanFileError
}

func newPlanReader(file string, src []byte) *planReader {
	return &planReader{file: file, lines: strings.Split(string(src), "\n")}
}

// fail records a mistake at a node.
func (r *planReader) fail(n ast.Node, format string, args ...any) {
	r.failToken(n.GetToken(), fmt.Sprintf(format, args...))
}

// failAt records a mistake at the place within the node's line where what
// stands, or at the node.
func (r *planReader) failAt(n ast.Node, what, format string, args ...any) {
	line, column := r.place(n.GetToken())
	if line <= len(r.lines) {
		runes := []rune(r.lines[line-1])
		from := min(column-1, len(runes))
		before, _, ok := strings.Cut(string(runes[from:]), what)
		if ok {
			column += utf8.RuneCountInString(before)
		}
	}
	r.failPlace(line, column, fmt.Sprintf(format, args...))
}

func (r *planReader) failToken(t *token.Token, problem string) {
	line, column := r.place(t)
	r.failPlace(line, column, problem)
}

func (r *planReader) failPlace(line, column int, problem string) {
	r.found = append(r.found, newPlanFileError(r.file, r.lines, line, column, problem))
}

// place is where a token stands. The first token is where none is known.
func (r *planReader) place(t *token.Token) (line, column int) {
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return max(t.Position.Line, 1), max(t.Position.Column, 1)
}

// parse gives the one document's body, or nil after a mistake.
func (r *planReader) parse() ast.Node {
	if !r.plainText() {
		return nil
	}
	tokens := lexer.Tokenize(strings.Join(r.lines, "\n"))
	if !r.shallow(tokens) {
		return nil
	}
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	var bodies []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	for _, b := range bodies {
		if _, directive := b.(*ast.DirectiveNode); directive {
			r.fail(b, "want the plan, not %s", kindOf(b))
			return nil
		}
	}
	switch {
	case len(bodies) == 0:
		r.failPlace(1, 1, "the plan is empty")
		return nil
	case len(bodies) > 1:
		line, column, _ := r.firstPlace(object{node: bodies[1]}, "", "")
		r.failPlace(line, column, "a second YAML document: a plan is one")
		return nil
	}
	return bodies[0]
}

// plainText refuses what no editor writes into a YAML file on purpose.
func (r *planReader) plainText() bool {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if strings.HasPrefix(r.lines[0], mark) {
			r.failPlace(1, 1, "UTF-16: save the file as UTF-8")
			return false
		}
	}
	for i, line := range r.lines {
		if !utf8.ValidString(line) {
			at := strings.IndexRune(strings.ToValidUTF8(line, "\x00"), 0)
			r.failPlace(i+1, utf8.RuneCountInString(line[:at])+1, "not valid UTF-8")
			return false
		}
		if at := strings.IndexFunc(line, control); at >= 0 {
			c, _ := utf8.DecodeRuneInString(line[at:])
			problem := fmt.Sprintf("the control character U+%04X", c)
			if c == '\r' {
				problem = "a carriage return without a line feed: save the file with one kind of line ends"
			}
			r.failPlace(i+1, utf8.RuneCountInString(line[:at])+1, problem)
			return false
		}
	}
	return true
}

// control holds for control characters other than the tab.
func control(c rune) bool { return c != '\t' && (c < ' ' || c >= 0x7f && c < 0xa0) }

// shallow refuses nesting that no plan needs.
func (r *planReader) shallow(tokens token.Tokens) bool {
	depth, line, onLine := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth = max(depth-1, 0)
		case token.SequenceEntryType, token.MappingKeyType:
			if depth == 0 { // "- - -" nests once more each time
				if t.Position.Line != line {
					line, onLine = t.Position.Line, 0
				}
				onLine++
			}
		}
		if depth > maxPlanDepth || onLine > maxPlanDepth {
			r.failToken(t, fmt.Sprintf("nested more than %d deep", maxPlanDepth))
			return false
		}
	}
	return true
}

// syntax records what the YAML parser says. Of a tab it only says that no token
// starts with it, and not always at the tab: most tabs look like spaces, so that
// the first one in an indentation is named before all else.
func (r *planReader) syntax(err error) {
	for i, line := range r.lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if at := strings.IndexByte(indent, '\t'); at >= 0 && len(indent) < len(line) {
			r.failPlace(i+1, at+1, "a tab is not allowed here; indent with spaces")
			return
		}
	}
	// Error of a yaml.Error draws the whole file, in the square of its length.
	if y, ok := errors.AsType[yaml.Error](err); ok {
		r.failToken(y.GetToken(), "not YAML: "+plainSyntax(y.GetMessage()))
		return
	}
	r.failToken(nil, "not YAML: "+plainSyntax(err.Error()))
}

// plainSyntax says in plain words what the YAML parser says in its own.
func plainSyntax(problem string) string {
	for _, p := range []struct{ part, words string }{
		{"non-map value is specified", "want a key, a colon, a space and a value"},
		{"value is not allowed in this context", "this does not fit here: look at the indentation, " +
			"at the spaces after - and :, and put quotes around a value that begins with a sign"},
		{"unexpected directive value", "put quotes around a value that begins with %"},
		{"reserved character", problem + ": put quotes around the value"},
		{"found character '\t'", "a tab is not allowed here; use spaces"},
	} {
		if strings.Contains(problem, p.part) {
			return p.words
		}
	}
	return problem
}

// object is a mapping with known keys.
type object struct {
	node ast.Node
	keys map[string]ast.Node
	vals map[string]ast.Node
}

// has tells whether the key is written.
func (o object) has(key string) bool { return o.vals[key] != nil }

// mapping reads a mapping. With known keys, every other one is a mistake.
func (r *planReader) mapping(n ast.Node, what string, known ...string) (object, bool) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		r.fail(n, "%s: want a mapping of keys to values, not %s", what, kindOf(n))
		return object{}, false
	}
	o := object{node: n, keys: map[string]ast.Node{}, vals: map[string]ast.Node{}}
	for _, kv := range m.Values {
		key, ok := r.key(kv.Key)
		if !ok {
			continue
		}
		switch {
		case o.keys[key] != nil:
			r.fail(kv.Key, "the key %q is there twice; first on line %d", key, o.keys[key].GetToken().Position.Line)
		case len(known) > 0 && !slices.Contains(known, key):
			r.fail(kv.Key, "unknown key %q in %s%s", key, what, suggest(key, known))
		default:
			o.keys[key], o.vals[key] = kv.Key, kv.Value
		}
	}
	return o, true
}

func (r *planReader) key(n ast.MapKeyNode) (string, bool) {
	if s, ok := n.(*ast.StringNode); ok && s.Value != "" {
		return s.Value, true
	}
	r.fail(n, "want a plain key, not %s", kindOf(n))
	return "", false
}

// list reads a sequence that is not empty.
func (r *planReader) list(n ast.Node, what string) []ast.Node {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fail(n, "%s: want a list such as [a, b], not %s", what, kindOf(n))
		return nil
	}
	if len(s.Values) == 0 {
		r.fail(n, "%s: the list is empty", what)
	}
	return s.Values
}

// text reads one line of text. Numbers are text as they are written, so that
// 24.10 stays 24.10.
func (r *planReader) text(n ast.Node, what string) string {
	var s string
	switch n := n.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.IntegerNode:
		s = n.Token.Value
	case *ast.FloatNode:
		s = n.Token.Value
	case *ast.BoolNode:
		s = n.Token.Value
	case *ast.LiteralNode:
		if n.Value != nil {
			s = strings.TrimRight(n.Value.Value, "\n")
		}
	case *ast.MappingNode:
		r.fail(n, "%s: want text, not a mapping: put quotes around text that begins with {", what)
		return ""
	default:
		r.fail(n, "%s: want text, not %s", what, kindOf(n))
		return ""
	}
	switch {
	case strings.TrimSpace(s) == "":
		r.fail(n, "%s is empty", what)
	case len(s) > maxPlanText:
		r.fail(n, "%s is longer than %d bytes", what, maxPlanText)
	case !clean(s):
		r.fail(n, "%s: want one line without control characters or invisible ones", what)
	default:
		return s
	}
	return ""
}

// texts reads a list of different texts.
func (r *planReader) texts(n ast.Node, what string) []string {
	var out []string
	for _, item := range r.list(n, what) {
		s := r.text(item, what)
		if s != "" && slices.Contains(out, s) {
			r.fail(item, "%s: %q is there twice", what, s)
			continue
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// kindOf names what a node is, for people.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or alias: write the value out"
	case *ast.TagNode:
		return "a YAML tag: leave it out"
	case *ast.DirectiveNode:
		return "a YAML directive: leave it out"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	}
	return "this"
}

// suggest names the known word that is nearest, or all of them.
func suggest(word string, known []string) string {
	if best := Nearest(word, known); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; known are " + strings.Join(known, ", ")
}

// Nearest is the known word that another is most likely a slip of; empty for none.
func Nearest(word string, known []string) string {
	best, distance := "", min(3, len(word)) // of a short word nothing would be left
	for _, k := range known {
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// editDistance counts the letters to change, add or leave out between words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = min(diagonal, row[j], row[j+1]) + 1
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
