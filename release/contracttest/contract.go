// Package contracttest holds what twokey and its rehearsal say to one another
// against GitHub's own OpenAPI description. Only tests import it.
//
// The description comes from the npm package @octokit/openapi, as it is published;
// the environment variable [Variable] names the directory of its files. Without it
// the exchanges of a test are not held against anything, and the tests whose
// purpose that is are skipped.
//
// A [Contract] is one description. A [Ledger] holds the exchanges of one suite of
// tests against it, and knows which deviations have a reason.
package contracttest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// Variable is the environment variable that names the directory with the
// descriptions.
const Variable = "TWOKEY_OPENAPI"

// The descriptions that twokey is held against.
const (
	// GitHub describes api.github.com.
	GitHub = "api.github.com.json"
	// Enterprise describes the oldest Enterprise Server that is supported.
	Enterprise = "ghes-3.17.json"
)

// ErrNotThere says that there is no description to hold anything against.
var ErrNotThere = errors.New(Variable + " is not set: it names the directory of the unpacked npm package @octokit/openapi " +
	"that holds " + GitHub + " and " + Enterprise)

// Contract is one OpenAPI description, made ready for looking things up. It is safe
// for use by several goroutines.
type Contract struct {
	prefix     string // of every path, such as /api/v3
	doc        *openapi3.T
	operations map[string][]*Operation // by method

	mu       sync.Mutex
	excerpts map[*openapi3.Schema]*openapi3.Schema
}

// Operation is one method on one path of the description.
type Operation struct {
	Method   string
	Template string // the path with its parameters, such as /repos/{owner}/{repo}

	segments []string
	params   openapi3.Parameters
	op       *openapi3.Operation
}

// String is the operation as documentation names it: its method and template.
func (o *Operation) String() string { return o.Method + " " + o.Template }

// Lazily gives a function that loads a description the first time it is called, and
// the same one ever after: that takes seconds.
func Lazily(file string) func() (*Contract, error) {
	return sync.OnceValues(func() (*Contract, error) {
		dir := os.Getenv(Variable)
		if dir == "" {
			return nil, ErrNotThere
		}
		return Load(filepath.Join(dir, file))
	})
}

// Load reads a description.
func Load(file string) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("load GitHub's description: %w", err)
	}
	c := &Contract{doc: doc, operations: map[string][]*Operation{}, excerpts: map[*openapi3.Schema]*openapi3.Schema{}}
	if len(doc.Servers) > 0 {
		// Enterprise Server's is {protocol}://{hostname}/api/v3.
		_, rest, _ := strings.Cut(doc.Servers[0].URL, "://")
		if _, prefix, ok := strings.Cut(rest, "/"); ok {
			c.prefix = "/" + prefix
		}
	}
	for _, template := range slices.SortedFunc(maps.Keys(doc.Paths.Map()), fewestParams) {
		item := doc.Paths.Value(template)
		for method, op := range item.Operations() {
			params := slices.Concat(item.Parameters, op.Parameters)
			c.operations[method] = append(c.operations[method], &Operation{Method: method, Template: template,
				segments: strings.Split(strings.Trim(template, "/"), "/"), params: params, op: op})
		}
	}
	return c, nil
}

// Operation finds an operation by its method and template.
func (c *Contract) Operation(name string) (*Operation, bool) {
	method, template, _ := strings.Cut(name, " ")
	i := slices.IndexFunc(c.operations[method], func(o *Operation) bool { return o.Template == template })
	if i < 0 {
		return nil, false
	}
	return c.operations[method][i], true
}

// fewestParams sorts paths so that the one that says most about itself is first.
func fewestParams(a, b string) int {
	return cmp.Or(cmp.Compare(strings.Count(a, "{"), strings.Count(b, "{")), cmp.Compare(a, b))
}

// Find is the operation that a request is for, or nil.
func (c *Contract) Find(method string, u *url.URL) *Operation {
	o, _ := c.find(method, u)
	return o
}

// find is the operation that a request is for, and the values of the parameters in
// its path. Of several that fit it is the one with the fewest parameters.
func (c *Contract) find(method string, u *url.URL) (*Operation, map[string]string) {
	path, ok := strings.CutPrefix(u.EscapedPath(), c.prefix)
	if !ok {
		return nil, nil
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	given := strings.Split(strings.Trim(path, "/"), "/")
	for _, o := range c.operations[method] {
		if values, ok := o.match(given); ok {
			return o, values
		}
	}
	return nil, nil
}

// multi tells whether a parameter stands for several segments of a path. The
// description does not say so; the documentation of these two does: a ref is
// written with its slashes, and so is a file's path.
func multi(template, name string) bool {
	return name == "ref" && strings.Contains(template, "/git/") || name == "path" && strings.Contains(template, "/contents/")
}

// match holds the segments of a path against the operation's own.
func (o *Operation) match(given []string) (map[string]string, bool) {
	values := map[string]string{}
	for i, want := range o.segments {
		if i >= len(given) {
			return nil, false
		}
		before, rest, isParam := strings.Cut(want, "{")
		name, after, _ := strings.Cut(rest, "}")
		switch {
		case !isParam && want != given[i]:
			return nil, false
		case !isParam:
			continue
		case multi(o.Template, name) && i == len(o.segments)-1:
			values[name] = unescaped(strings.Join(given[i:], "/"))
			return values, true
		}
		// Some have two in one segment, as in {base}...{head}.
		value, fits := strings.CutPrefix(given[i], before)
		if !fits || value == "" {
			return nil, false
		}
		if after == "" {
			values[name] = unescaped(value)
		} else {
			values[want] = unescaped(value)
		}
	}
	return values, len(given) == len(o.segments)
}

// unescaped is a part of a path as it was meant.
func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// basicError is how GitHub says an error where the description has no other way.
func (c *Contract) basicError() *openapi3.Schema {
	if ref := c.doc.Components.Schemas["basic-error"]; ref != nil {
		return ref.Value
	}
	return nil
}
