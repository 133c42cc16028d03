package contracttest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaFault is one place in a body that is not as described.
type schemaFault struct{ at, why string }

// faults are all places in a value that are not as described: those that the
// schema refuses, and properties that it does not declare. The description leaves
// nearly every object open; here it is closed, since a name that GitHub does not
// document is most likely one that somebody misspelt.
func faults(s *openapi3.Schema, value any, opts ...openapi3.SchemaValidationOption) []schemaFault {
	seen := map[schemaFault]bool{}
	if err := s.VisitJSON(value, append(formats(), append(opts, openapi3.MultiErrors())...)...); err != nil {
		collect(err, seen)
	}
	for _, at := range undeclared(s, value, "") {
		seen[schemaFault{at, "no such property is described"}] = true
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b schemaFault) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.why, b.why))
	})
}

// collect takes the single faults out of what kin-openapi found.
func collect(err error, into map[schemaFault]bool) {
	if many, ok := err.(openapi3.MultiError); ok {
		for _, one := range many {
			collect(one, into)
		}
		return
	}
	if e, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		into[schemaFault{place(e.JSONPointer()), e.Reason}] = true
		return
	}
	into[schemaFault{"", err.Error()}] = true
}

// place writes a JSON pointer as jobs[].name: which element of a list it was does
// not matter.
func place(pointer []string) string {
	var b strings.Builder
	for _, part := range pointer {
		if _, err := strconv.Atoi(part); err == nil {
			b.WriteString("[]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	return b.String()
}

// formats checks the formats of text that matter to a client.
func formats() []openapi3.SchemaValidationOption {
	address := openapi3.NewCallbackValidator(func(s string) error {
		u, err := url.Parse(s)
		if err == nil && s != "" && (!u.IsAbs() || u.Host == "") {
			err = fmt.Errorf("%q is not an address", s)
		}
		return err
	})
	return []openapi3.SchemaValidationOption{openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidator("uri", address)}
}

// undeclared are the places in a value that a schema says nothing about.
func undeclared(s *openapi3.Schema, value any, at string) []string {
	switch v := value.(type) {
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, undeclaredItem(s, item, at+"[]")...)
		}
		return out
	case map[string]any:
		var out []string
		for name, inner := range v {
			here := strings.TrimPrefix(at+"."+name, ".")
			out = append(out, least(properties(s, name, v), inner, here, open(s, v))...)
		}
		return out
	}
	return nil
}

// undeclaredItem is undeclared for an element of a list.
func undeclaredItem(s *openapi3.Schema, item any, at string) []string {
	var candidates []*openapi3.Schema
	for _, one := range alternatives(s, nil) {
		if one.Items != nil {
			candidates = append(candidates, one.Items.Value)
		}
	}
	return least(candidates, item, at, len(candidates) == 0)
}

// least is what the candidate that fits best says nothing about. Without any the
// place itself is not described, unless anything may stand there.
func least(candidates []*openapi3.Schema, value any, at string, anything bool) []string {
	if len(candidates) == 0 {
		if anything {
			return nil
		}
		return []string{at}
	}
	var best []string
	for i, s := range candidates {
		if found := undeclared(s, value, at); i == 0 || len(found) < len(best) {
			best = found
		}
	}
	return best
}

// alternatives are a schema and all that it is made of. Of those that exclude one
// another it takes those that the value fits, or all where it fits none; a nil value
// takes all.
func alternatives(s *openapi3.Schema, value any) []*openapi3.Schema {
	out := []*openapi3.Schema{s}
	for _, ref := range s.AllOf {
		out = append(out, alternatives(ref.Value, value)...)
	}
	choices := slices.Concat(s.OneOf, s.AnyOf)
	var fit []*openapi3.Schema
	for _, ref := range choices {
		if value == nil || ref.Value.VisitJSON(value) == nil {
			fit = append(fit, alternatives(ref.Value, value)...)
		}
	}
	if len(fit) == 0 && value != nil {
		for _, ref := range choices {
			fit = append(fit, alternatives(ref.Value, nil)...)
		}
	}
	return append(out, fit...)
}

// properties are the schemas that declare a property of an object.
func properties(s *openapi3.Schema, name string, object map[string]any) []*openapi3.Schema {
	var out []*openapi3.Schema
	for _, one := range alternatives(s, object) {
		if ref := one.Properties[name]; ref != nil {
			out = append(out, ref.Value)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, one := range alternatives(s, object) {
		if extra := one.AdditionalProperties.Schema; extra != nil {
			out = append(out, extra.Value)
		}
	}
	return out
}

// open tells whether an object may have any property: its schema says so, or says
// nothing of properties at all.
func open(s *openapi3.Schema, object map[string]any) bool {
	all := alternatives(s, object)
	if slices.ContainsFunc(all, func(one *openapi3.Schema) bool {
		return one.AdditionalProperties.Has != nil && *one.AdditionalProperties.Has
	}) {
		return true
	}
	return !slices.ContainsFunc(all, func(one *openapi3.Schema) bool { return len(one.Properties) > 0 })
}

// excerpt is a schema in which nothing is required. Alternatives that differ by what
// they require are then no longer exclusive.
func (c *Contract) excerpt(s *openapi3.Schema) *openapi3.Schema {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.relaxed(s)
}

func (c *Contract) relaxed(s *openapi3.Schema) *openapi3.Schema {
	if known := c.excerpts[s]; known != nil {
		return known
	}
	out := *s
	c.excerpts[s] = &out // before going on: a schema may hold itself
	list := func(in openapi3.SchemaRefs) (relaxed openapi3.SchemaRefs) {
		for _, ref := range in {
			relaxed = append(relaxed, &openapi3.SchemaRef{Value: c.relaxed(ref.Value)})
		}
		return relaxed
	}
	out.Required = nil
	out.AllOf, out.AnyOf, out.OneOf = list(s.AllOf), list(slices.Concat(s.AnyOf, s.OneOf)), nil
	out.Discriminator = nil
	if s.Items != nil {
		out.Items = &openapi3.SchemaRef{Value: c.relaxed(s.Items.Value)}
	}
	if s.Properties != nil {
		out.Properties = openapi3.Schemas{}
		for name, ref := range s.Properties {
			out.Properties[name] = &openapi3.SchemaRef{Value: c.relaxed(ref.Value)}
		}
	}
	if extra := s.AdditionalProperties.Schema; extra != nil {
		out.AdditionalProperties.Schema = &openapi3.SchemaRef{Value: c.relaxed(extra.Value)}
	}
	return &out
}
