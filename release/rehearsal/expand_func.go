package rehearsal

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rhysd/actionlint"
)

// call works out a function. What is not known here is known only at run time.
func (s scope) call(n *actionlint.FuncCallNode) (any, error) {
	args := make([]any, len(n.Args))
	for i, a := range n.Args {
		v, err := s.value(a)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	name := strings.ToLower(n.Callee)
	switch name {
	case "always":
		return true, nil
	case "success":
		return s.status.success, nil
	case "failure":
		return s.status.failure, nil
	case "cancelled":
		return s.status.cancelled, nil
	case "hashfiles":
		return unknown{}, nil
	}
	if slices.ContainsFunc(args, isUnknown) {
		return unknown{}, nil
	}
	return callKnown(name, args)
}

// callKnown works out a function of known values.
func callKnown(name string, args []any) (any, error) {
	want := map[string]int{"contains": 2, "startswith": 2, "endswith": 2, "format": 1, "join": 1, "tojson": 1, "fromjson": 1}
	if n, ok := want[name]; !ok {
		return unknown{}, nil
	} else if len(args) < n {
		return nil, fmt.Errorf("function %s has %d arguments", name, len(args))
	}
	switch name {
	case "contains":
		return contains(args[0], args[1]), nil
	case "startswith":
		return strings.HasPrefix(strings.ToLower(display(args[0])), strings.ToLower(display(args[1]))), nil
	case "endswith":
		return strings.HasSuffix(strings.ToLower(display(args[0])), strings.ToLower(display(args[1]))), nil
	case "format":
		return format(display(args[0]), args[1:])
	case "join":
		return join(args), nil
	case "tojson":
		text, err := json.MarshalIndent(args[0], "", "  ")
		return string(text), err
	}
	return parseJSON(display(args[0]))
}

// contains looks for an element of a list, or for a part of a text.
func contains(where, what any) any {
	if list, ok := where.([]any); ok {
		if slices.ContainsFunc(list, func(e any) bool { return !isUnknown(e) && equal(e, what) }) {
			return true
		}
		if slices.ContainsFunc(list, isUnknown) {
			return unknown{}
		}
		return false
	}
	return strings.Contains(strings.ToLower(display(where)), strings.ToLower(display(what)))
}

func join(args []any) any {
	list, ok := args[0].([]any)
	if !ok {
		return display(args[0])
	}
	if slices.ContainsFunc(list, isUnknown) {
		return unknown{}
	}
	sep := ","
	if len(args) > 1 {
		sep = display(args[1])
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = display(e)
	}
	return strings.Join(parts, sep)
}

// format fills {0}, {1} and so on; braces are doubled to stand for themselves.
func format(text string, args []any) (any, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case (c == '{' || c == '}') && strings.HasPrefix(text[i+1:], string(c)):
			b.WriteByte(c)
			i++
		case c == '{':
			inner, _, ok := strings.Cut(text[i+1:], "}")
			n, err := strconv.Atoi(inner)
			if !ok || err != nil || n < 0 || n >= len(args) {
				return nil, fmt.Errorf("format %.40q has no such argument", text)
			}
			b.WriteString(display(args[n]))
			i += len(inner) + 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// object is a mapping that keeps the order of its keys, which names of matrix jobs
// show. Keys are looked up without case.
type object struct {
	keys []string
	at   map[string]any // by lower-case key
}

func newObject(pairs ...any) *object {
	o := &object{at: map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (o *object) set(key string, v any) {
	if _, ok := o.at[strings.ToLower(key)]; !ok && key != "*" {
		o.keys = append(o.keys, key)
	}
	o.at[strings.ToLower(key)] = v
}

// get is nil for a key that is not there, as in GitHub's expressions. Where every
// other key is known only at run time, "*" holds that.
func (o *object) get(key string) any {
	if v, ok := o.at[strings.ToLower(key)]; ok {
		return v
	}
	return o.at["*"]
}

func (o *object) has(key string) bool {
	_, ok := o.at[strings.ToLower(key)]
	return ok
}

func (o *object) values() []any {
	all := make([]any, len(o.keys))
	for i, k := range o.keys {
		all[i] = o.get(k)
	}
	return all
}

func (o *object) clone() *object {
	c := newObject()
	c.keys = slices.Clone(o.keys)
	maps.Copy(c.at, o.at)
	return c
}

// MarshalJSON writes the object in the order of its keys.
func (o *object) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, k := range o.keys {
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		v, err := json.Marshal(o.get(k))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", key, v)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// parseJSON reads JSON and keeps the order of keys.
func parseJSON(text string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	v, err := decodeJSON(dec, 0)
	if err != nil {
		return nil, fmt.Errorf("fromJSON of %.40q: %w", text, err)
	}
	if dec.More() {
		return nil, fmt.Errorf("fromJSON of %.40q: more than one value", text)
	}
	return v, nil
}

// maxNesting is how deep a value in JSON may be.
const maxNesting = 64

func decodeJSON(dec *json.Decoder, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := decodeJSON(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, err
	case json.Delim('{'):
		o := newObject()
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			k, ok := key.(string)
			if !ok {
				return nil, errors.New("a key that is not a string")
			}
			v, err := decodeJSON(dec, depth+1)
			if err != nil {
				return nil, err
			}
			o.set(k, v)
		}
		_, err = dec.Token()
		return o, err
	}
	return t, nil
}
