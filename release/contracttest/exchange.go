package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Exchange is a request to GitHub's API and its answer.
type Exchange struct {
	Method string
	URL    *url.URL
	Sent   http.Header
	Body   []byte

	// Status is 0 when there was no answer, or none that claims to be GitHub's own.
	Status int
	Got    http.Header
	Answer []byte
	// Excerpt holds for an answer that a test wrote down: what it has must be as
	// described, but it may leave out what it is not about.
	Excerpt bool
	// Refused holds for a request that was sent to be refused: nothing is said of
	// it, only of the answer.
	Refused bool
}

// The kinds of deviation.
const (
	NoOperation = "operation"  // the description has no such method and path
	BadPath     = "path"       // a parameter in the path is not as described
	BadQuery    = "query"      // a query parameter is unknown or not as described
	BadRequest  = "request"    // the request's body is not as described
	BadStatus   = "status"     // the answer's status is not described
	BadMedia    = "media type" // the answer's content type is not described
	BadAnswer   = "answer"     // the answer's body is not as described
)

// Deviation is one way in which an exchange is not as described.
type Deviation struct {
	Operation string // the method and the template, or the path where there is none
	Kind      string
	Status    int    // of the answer, for what is wrong with it
	At        string // the parameter, or the place in the body such as jobs[].name
	Why       string
}

// String says what is wrong, where.
func (d Deviation) String() string {
	s := d.Operation
	if d.Status != 0 {
		s += " → " + strconv.Itoa(d.Status)
	}
	return fmt.Sprintf("%s: %s %s: %s", s, d.Kind, d.At, d.Why)
}

// Hold finds the operation of an exchange and every deviation from it.
func (c *Contract) Hold(x Exchange) (*Operation, []Deviation) {
	o, values := c.find(x.Method, x.URL)
	if o == nil {
		return nil, []Deviation{{Operation: x.Method + " " + x.URL.EscapedPath(), Kind: NoOperation,
			Why: "the description has no such operation"}}
	}
	var out []Deviation
	if !x.Refused {
		out = append(o.holdParams(values, x.URL.Query()), c.holdRequest(o, x)...)
	}
	if x.Status != 0 {
		out = append(out, c.holdAnswer(o, x)...)
	}
	for i := range out {
		out[i].Operation = o.String()
	}
	return o, out
}

// holdParams looks at the parameters in the path and in the query.
func (o *Operation) holdParams(path map[string]string, query url.Values) []Deviation {
	var out []Deviation
	known := map[string]bool{}
	for _, ref := range o.params {
		p := ref.Value
		switch p.In {
		case openapi3.ParameterInPath:
			if value, given := path[p.Name]; given && !fits(p.Schema.Value, value) {
				out = append(out, Deviation{Kind: BadPath, At: p.Name, Why: fmt.Sprintf("%q is not as described", value)})
			}
		case openapi3.ParameterInQuery:
			known[p.Name] = true
			values, given := query[p.Name]
			switch {
			case !given && p.Required:
				out = append(out, Deviation{Kind: BadQuery, At: p.Name, Why: "it is required, and missing"})
			case len(values) > 1:
				out = append(out, Deviation{Kind: BadQuery, At: p.Name, Why: "it is given twice"})
			case given && !fits(p.Schema.Value, values[0]):
				out = append(out, Deviation{Kind: BadQuery, At: p.Name, Why: fmt.Sprintf("%q is not as described", values[0])})
			}
		}
	}
	for name := range query {
		if !known[name] {
			out = append(out, Deviation{Kind: BadQuery, At: name, Why: "no such parameter is described"})
		}
	}
	return out
}

// fits tells whether the text of a parameter has one of the forms that are
// described.
func fits(s *openapi3.Schema, text string) bool {
	values := []any{text}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		values = append(values, n)
	}
	if b, err := strconv.ParseBool(text); err == nil {
		values = append(values, b)
	}
	var items []any
	for item := range strings.SplitSeq(text, ",") {
		items = append(items, item)
	}
	values = append(values, items)
	return slices.ContainsFunc(values, func(v any) bool { return s.VisitJSON(v, formats()...) == nil })
}

// holdRequest looks at the request's body.
func (c *Contract) holdRequest(o *Operation, x Exchange) []Deviation {
	one := func(why string) []Deviation { return []Deviation{{Kind: BadRequest, Why: why}} }
	switch {
	case o.op.RequestBody == nil && len(x.Body) > 0:
		return one("a body is sent where none is described")
	case o.op.RequestBody == nil:
		return nil
	case len(x.Body) == 0 && o.op.RequestBody.Value.Required:
		return one("a body is required, and missing")
	case len(x.Body) == 0:
		return nil
	}
	media := o.op.RequestBody.Value.Content[mediaType(x.Sent)]
	if media == nil {
		return one(fmt.Sprintf("its content type %q is not described", x.Sent.Get("Content-Type")))
	}
	var value any
	if err := json.Unmarshal(x.Body, &value); err != nil {
		return one("it is not JSON: " + err.Error())
	}
	var out []Deviation
	for _, f := range faults(media.Schema.Value, value, openapi3.VisitAsRequest()) {
		out = append(out, Deviation{Kind: BadRequest, At: f.at, Why: f.why})
	}
	return out
}

// holdAnswer looks at the answer's status, content type and body.
func (c *Contract) holdAnswer(o *Operation, x Exchange) []Deviation {
	var out []Deviation
	tell := func(kind, at, why string) {
		out = append(out, Deviation{Kind: kind, Status: x.Status, At: at, Why: why})
	}
	var content openapi3.Content
	if ref := o.op.Responses.Status(x.Status); ref != nil {
		content = ref.Value.Content
	} else {
		tell(BadStatus, "undescribed", "the status is not described")
		if x.Status >= http.StatusBadRequest {
			content = openapi3.NewContentWithJSONSchema(c.basicError())
		}
	}
	if x.Status == http.StatusNotModified && x.Sent.Get("If-None-Match") == "" {
		tell(BadStatus, "unasked", "the request was not conditional")
	}
	if x.Method == http.MethodHead || x.Excerpt && len(x.Answer) == 0 {
		return out
	}
	if len(content) == 0 {
		if len(bytes.TrimSpace(x.Answer)) > 0 {
			tell(BadAnswer, "", "there is a body where none is described")
		}
		return out
	}
	media := content[mediaType(x.Got)]
	if media == nil {
		tell(BadMedia, mediaType(x.Got), "the content type is not described")
		return out
	}
	if media.Schema == nil {
		return out
	}
	schema := media.Schema.Value
	if x.Excerpt {
		schema = c.excerpt(schema)
	}
	var value any
	if err := json.Unmarshal(x.Answer, &value); err != nil {
		tell(BadAnswer, "", "it is not JSON: "+err.Error())
		return out
	}
	for _, f := range faults(schema, value, openapi3.VisitAsResponse()) {
		tell(BadAnswer, f.at, f.why)
	}
	return out
}

// mediaType is the content type without its parameters.
func mediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return h.Get("Content-Type")
	}
	return kind
}
