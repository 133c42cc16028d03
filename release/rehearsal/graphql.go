package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// graphqlEndpoints are GitHub's other API. It knows what twokey asks of it, which is
// the history of commits, and what other clients of a served world do, gh above all.
func graphqlEndpoints() map[string]endpoint {
	return map[string]endpoint{"POST /graphql": (*exchange).graphql}
}

// graphqlError is one that GraphQL answers with; the status is 200 all the same.
type graphqlError struct {
	message string
	kind    string   // of what was asked for and is not there; it leaves a null behind
	at      *gqlPick // what it is about; nil: the whole
	unknown bool     // GitHub may know what the rehearsal does not
}

// Error is what GitHub says.
func (e *graphqlError) Error() string { return e.message }

// graphql answers a query. Only reads are known: what changes anything goes by the
// other API.
func (x *exchange) graphql() (any, error) {
	var asked struct {
		Query     string         `json:"query"`
		Operation string         `json:"operationName"`
		Variables map[string]any `json:"variables"`
	}
	if err := x.decode(&asked); err != nil {
		return nil, err
	}
	data, missing, err := x.runGraphQL(asked.Query, asked.Operation, asked.Variables)
	if err != nil {
		refused, ok := errors.AsType[*graphqlError](err)
		if !ok {
			return nil, err
		}
		if refused.unknown {
			x.header.Set(gapHeader, x.req.Method+" "+x.req.URL.Path+": "+refused.message)
		}
		return fields{"errors": []any{refused.json(nil)}}, nil
	}
	body := fields{"data": data}
	if len(missing) > 0 {
		body["errors"] = missing
	}
	return body, nil
}

// runGraphQL answers the operation of a query with its data and what is missing from it.
func (x *exchange) runGraphQL(query, operation string, variables map[string]any) (data any, missing []any, err error) {
	doc, err := parseGraphQL(query)
	if err != nil {
		return nil, nil, &graphqlError{message: err.Error()}
	}
	op, err := doc.operation(operation)
	if err != nil {
		return nil, nil, &graphqlError{message: err.Error()}
	}
	if op.kind != "query" {
		return nil, nil, &graphqlError{unknown: true, message: "the rehearsal answers no " + op.kind}
	}
	run := &gqlRun{doc: doc, variables: op.bind(variables)}
	data, err = run.object(x.queryType(), op.picks, nil)
	return data, run.missing, err
}

// json is the error as GitHub writes it, about the path.
func (e *graphqlError) json(path []any) fields {
	body := fields{"message": e.message}
	switch {
	case e.kind != "":
		body["type"] = e.kind
	case e.unknown, e.message == knowsNoReviews:
		body["type"] = "REHEARSAL_GAP" // which is no kind of GitHub's
	}
	if len(path) > 0 {
		body["path"] = path
	}
	if e.at != nil {
		body["locations"] = []any{fields{"line": e.at.line, "column": e.at.column}}
	}
	return body
}

// gqlType is an object with the type that GraphQL gives it. Its fields are worked out
// when somebody picks them.
type gqlType struct {
	name   string
	fields map[string]gqlField
}

// gqlField gives a value: nil, a string, a number, a bool, a *gqlType, or a list of
// these.
type gqlField struct {
	args []string // those that it takes
	get  func(args map[string]any) (any, error)
}

// is is a field with a value that is known already.
func is(v any) gqlField {
	return gqlField{get: func(map[string]any) (any, error) { return v, nil }}
}

// gqlRun works out what a query picks.
type gqlRun struct {
	doc       *gqlDocument
	variables map[string]any
	missing   []any // the errors that left a null behind
}

// object picks fields of an object.
func (r *gqlRun) object(t *gqlType, picks []*gqlPick, path []any) (fields, error) {
	out := fields{}
	for _, p := range picks {
		if p.inline || p.spread != "" {
			on, inner, err := r.fragment(p)
			if err != nil {
				return nil, err
			}
			if on != "" && on != t.name {
				continue
			}
			more, err := r.object(t, inner, path)
			if err != nil {
				return nil, err
			}
			for k, v := range more {
				out[k] = v
			}
			continue
		}
		key := cmp.Or(p.alias, p.name)
		v, err := r.field(t, p, append(path[:len(path):len(path)], key))
		if err != nil {
			return nil, err
		}
		out[key] = v
	}
	return out, nil
}

// fragment is the type that a fragment is for, and what it picks.
func (r *gqlRun) fragment(p *gqlPick) (on string, picks []*gqlPick, err error) {
	if p.inline {
		return p.on, p.picks, nil
	}
	f := r.doc.fragments[p.spread]
	if f == nil {
		return "", nil, &graphqlError{at: p, message: "Fragment " + p.spread + " was used, but not defined"}
	}
	return f.on, f.picks, nil
}

// field is the value of one field. What is not there leaves a null and an error.
func (r *gqlRun) field(t *gqlType, p *gqlPick, path []any) (any, error) {
	if p.name == "__typename" {
		return t.name, nil
	}
	f, ok := t.fields[p.name]
	if !ok {
		return nil, &graphqlError{at: p, unknown: true,
			message: fmt.Sprintf("Field '%s' doesn't exist on type '%s'", p.name, t.name)}
	}
	args, err := r.args(t, f, p)
	if err != nil {
		return nil, err
	}
	v, err := f.get(args)
	if refused, ok := errors.AsType[*graphqlError](err); ok && refused.kind != "" {
		refused.at = p
		r.missing = append(r.missing, refused.json(path))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.value(t, p, v, path)
}

// args are the arguments of a pick, with the variables filled in.
func (r *gqlRun) args(t *gqlType, f gqlField, p *gqlPick) (map[string]any, error) {
	args := map[string]any{}
	for name, v := range p.args {
		if !strings.Contains(" "+strings.Join(f.args, " ")+" ", " "+name+" ") {
			return nil, &graphqlError{at: p, unknown: true,
				message: fmt.Sprintf("Field '%s' of type '%s' doesn't accept argument '%s'", p.name, t.name, name)}
		}
		args[name] = fillVariables(v, r.variables)
	}
	return args, nil
}

// value is a field's value with what is picked of it.
func (r *gqlRun) value(t *gqlType, p *gqlPick, v any, path []any) (any, error) {
	switch v := v.(type) {
	case *gqlType:
		if v == nil {
			return nil, nil
		}
		if len(p.picks) == 0 {
			return nil, &graphqlError{at: p, message: fmt.Sprintf("Field must have selections (field '%s' returns %s but has no selections)", p.name, v.name)}
		}
		return r.object(v, p.picks, path)
	case []*gqlType:
		out := []any{}
		for i, one := range v {
			picked, err := r.value(t, p, one, append(path[:len(path):len(path)], i))
			if err != nil {
				return nil, err
			}
			out = append(out, picked)
		}
		return out, nil
	}
	if len(p.picks) > 0 && v != nil {
		return nil, &graphqlError{at: p, message: fmt.Sprintf("Selections can't be made on scalars (field '%s')", p.name)}
	}
	return v, nil
}

// graphqlPath is where GitHub answers GraphQL. Its limit is one of its own.
const graphqlPath = "/graphql"

// resource is the limit that a request counts against.
func resource(req *http.Request) string {
	if req.URL.Path == graphqlPath {
		return "graphql"
	}
	return "core"
}
