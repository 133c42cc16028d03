package rehearsal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/scanner"
)

// gqlDocument is what a client sends as a GraphQL query.
type gqlDocument struct {
	operations []*gqlOperation
	fragments  map[string]*gqlPick // each with the type it is for and what it picks
}

// gqlOperation is one of a document's operations.
type gqlOperation struct {
	kind, name string // query, mutation or subscription
	defaults   map[string]any
	picks      []*gqlPick
}

// gqlPick is a field that is asked for, or a fragment that stands for several.
type gqlPick struct {
	alias, name  string
	spread       string // the fragment's name
	inline       bool   // a fragment without a name
	on           string // the type that a fragment is for
	args         map[string]any
	picks        []*gqlPick
	line, column int
}

// gqlVariable stands for a variable's value.
type gqlVariable string

// maxDepth is how deep a query may nest.
const maxDepth = 32

// operation is the operation of a name; the only one when there is no name.
func (d *gqlDocument) operation(name string) (*gqlOperation, error) {
	for _, op := range d.operations {
		if op.name == name || name == "" && len(d.operations) == 1 {
			return op, nil
		}
	}
	return nil, fmt.Errorf("no operation %q", name)
}

// bind are the variables that were given, and the defaults of the others.
func (op *gqlOperation) bind(given map[string]any) map[string]any {
	all := map[string]any{}
	for name, v := range op.defaults {
		all[name] = v
	}
	for name, v := range given {
		all[name] = v
	}
	return all
}

// fillVariables puts the variables' values into an argument.
func fillVariables(v any, variables map[string]any) any {
	switch v := v.(type) {
	case gqlVariable:
		return variables[string(v)]
	case fields:
		filled := fields{}
		for name, one := range v {
			filled[name] = fillVariables(one, variables)
		}
		return filled
	case []any:
		filled := make([]any, len(v))
		for i, one := range v {
			filled[i] = fillVariables(one, variables)
		}
		return filled
	}
	return v
}

// gqlParser reads a document. Directives are not known to it.
type gqlParser struct {
	scan scanner.Scanner
	tok  rune
	err  error
}

// parseGraphQL reads a document.
func parseGraphQL(text string) (*gqlDocument, error) {
	p := &gqlParser{}
	p.scan.Init(strings.NewReader(withoutCommas(text)))
	p.scan.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanStrings
	p.scan.Error = func(_ *scanner.Scanner, msg string) { p.fail(msg) }
	p.next()
	doc := &gqlDocument{fragments: map[string]*gqlPick{}}
	for p.err == nil && p.tok != scanner.EOF {
		if p.word() == "fragment" {
			p.next()
			name := p.name()
			f := &gqlPick{on: p.onType()}
			f.picks = p.picks(0)
			doc.fragments[name] = f
			continue
		}
		doc.operations = append(doc.operations, p.operation())
	}
	if p.err == nil && len(doc.operations) == 0 {
		p.err = errors.New("A query attribute must be specified and must be a string.")
	}
	return doc, errors.Join(p.err, doc.cycle())
}

// withoutCommas makes spaces of the commas outside of strings, which is all they are
// in GraphQL.
func withoutCommas(text string) string {
	quoted := false
	escaped := false
	return strings.Map(func(r rune) rune {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case r == ',' && !quoted:
			return ' '
		}
		return r
	}, text)
}

// cycle refuses fragments that use themselves.
func (d *gqlDocument) cycle() error {
	var visit func(picks []*gqlPick, open map[string]bool) error
	visit = func(picks []*gqlPick, open map[string]bool) error {
		for _, p := range picks {
			f := d.fragments[p.spread]
			if open[p.spread] {
				return fmt.Errorf("Fragment %s contains an infinite loop", p.spread)
			}
			var err error
			if f != nil {
				open[p.spread] = true
				err = visit(f.picks, open)
				delete(open, p.spread)
			}
			if err = errors.Join(err, visit(p.picks, open)); err != nil {
				return err
			}
		}
		return nil
	}
	for _, op := range d.operations {
		if err := visit(op.picks, map[string]bool{}); err != nil {
			return err
		}
	}
	return nil
}

func (p *gqlParser) next() { p.tok = p.scan.Scan() }

// fail keeps the first mistake, and ends the reading.
func (p *gqlParser) fail(msg string) {
	if p.err == nil {
		p.err = fmt.Errorf("Parse error on line %d: %s", max(p.scan.Line, 1), msg)
	}
	p.tok = scanner.EOF
}

// word is the name that stands here; empty when none does.
func (p *gqlParser) word() string {
	if p.tok == scanner.Ident {
		return p.scan.TokenText()
	}
	return ""
}

// name reads a name.
func (p *gqlParser) name() string {
	w := p.word()
	if w == "" {
		p.fail("expected a name, not " + strconv.Quote(p.scan.TokenText()))
		return ""
	}
	p.next()
	return w
}

// take reads a mark when it stands here.
func (p *gqlParser) take(mark rune) bool {
	if p.tok != mark {
		return false
	}
	p.next()
	return true
}

// want reads a mark that has to stand here.
func (p *gqlParser) want(mark rune) {
	if !p.take(mark) {
		p.fail(fmt.Sprintf("expected %q, not %q", mark, p.scan.TokenText()))
	}
}

// onType reads the type that a fragment is for.
func (p *gqlParser) onType() string {
	if p.word() != "on" {
		p.fail("expected on")
		return ""
	}
	p.next()
	return p.name()
}

// operation reads an operation; without a word before it, it is a query.
func (p *gqlParser) operation() *gqlOperation {
	op := &gqlOperation{kind: "query", defaults: map[string]any{}}
	if p.tok != '{' {
		if op.kind = p.name(); op.kind != "query" && op.kind != "mutation" && op.kind != "subscription" {
			p.fail("expected an operation, not " + strconv.Quote(op.kind))
		}
		if p.word() != "" {
			op.name = p.name()
		}
		if p.take('(') {
			for p.err == nil && !p.take(')') {
				p.declaration(op)
			}
		}
	}
	op.picks = p.picks(0)
	return op
}

// declaration reads one variable's: the types are not held against the values.
func (p *gqlParser) declaration(op *gqlOperation) {
	p.want('$')
	name := p.name()
	p.want(':')
	for p.take('[') {
	}
	p.name()
	for p.take('!') || p.take(']') {
	}
	if p.take('=') {
		op.defaults[name] = p.value(0)
	}
}

// picks reads what is asked of an object, in braces.
func (p *gqlParser) picks(depth int) []*gqlPick {
	if depth > maxDepth {
		p.fail("it is nested too deep")
	}
	p.want('{')
	var all []*gqlPick
	for p.err == nil && !p.take('}') {
		all = append(all, p.pick(depth))
	}
	return all
}

// pick reads one field or fragment.
func (p *gqlParser) pick(depth int) *gqlPick {
	at := p.scan.Position
	one := &gqlPick{line: at.Line, column: at.Column, args: map[string]any{}}
	if p.take('.') {
		p.want('.')
		p.want('.')
		switch {
		case p.tok == '{':
			one.inline = true
		case p.word() == "on":
			one.inline, one.on = true, p.onType()
		default:
			one.spread = p.name()
			return one
		}
		one.picks = p.picks(depth + 1)
		return one
	}
	if one.name = p.name(); p.take(':') {
		one.alias, one.name = one.name, p.name()
	}
	if p.take('(') {
		for p.err == nil && !p.take(')') {
			name := p.name()
			p.want(':')
			one.args[name] = p.value(depth)
		}
	}
	if p.tok == '{' {
		one.picks = p.picks(depth + 1)
	}
	return one
}

// value reads an argument's value. A name that is none of GraphQL's own is one of an
// enumeration.
func (p *gqlParser) value(depth int) any {
	if depth > maxDepth {
		p.fail("it is nested too deep")
		return nil
	}
	switch text := p.scan.TokenText(); p.tok {
	case '$':
		p.next()
		return gqlVariable(p.name())
	case '[':
		p.next()
		all := []any{}
		for p.err == nil && !p.take(']') {
			all = append(all, p.value(depth+1))
		}
		return all
	case '{':
		p.next()
		all := fields{}
		for p.err == nil && !p.take('}') {
			name := p.name()
			p.want(':')
			all[name] = p.value(depth + 1)
		}
		return all
	case scanner.Ident:
		p.next()
		if v, ok := map[string]any{"true": true, "false": false, "null": nil}[text]; ok {
			return v
		}
		return text
	case scanner.Int, scanner.String:
		v, err := p.literal(text)
		if err != nil {
			p.fail("not a value: " + text)
			return nil
		}
		p.next()
		return v
	}
	p.fail("expected a value, not " + strconv.Quote(p.scan.TokenText()))
	return nil
}

// literal is a number, in JSON's type, or a string.
func (p *gqlParser) literal(text string) (any, error) {
	if p.tok == scanner.String {
		return strconv.Unquote(text)
	}
	return strconv.ParseFloat(text, 64)
}
