package contracttest

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Shape is what a description says of one place in a body: one schema, or several
// where it may be one thing or another.
type Shape struct{ schemas []*openapi3.Schema }

// Answer is the shape of an operation's answer with a status. It is no shape where
// the description has none.
func (c *Contract) Answer(o *Operation, status int) Shape {
	if ref := o.op.Responses.Status(status); ref != nil {
		return ofContent(ref.Value.Content)
	}
	return Shape{}
}

// Request is the shape of the body that an operation takes.
func (c *Contract) Request(o *Operation) Shape {
	if o.op.RequestBody == nil {
		return Shape{}
	}
	return ofContent(o.op.RequestBody.Value.Content)
}

func ofContent(content openapi3.Content) Shape {
	media := content["application/json"]
	if media == nil || media.Schema == nil {
		return Shape{}
	}
	return Shape{alternatives(media.Schema.Value, nil)}
}

// IsZero tells whether the description says nothing.
func (s Shape) IsZero() bool { return len(s.schemas) == 0 }

// At is the shape of a place within, such as workflow_runs[].actor.
func (s Shape) At(place string) Shape {
	for step := range strings.SplitSeq(strings.ReplaceAll(place, "[]", ".[]"), ".") {
		switch step {
		case "":
		case "[]":
			s = s.items()
		default:
			s = s.property(step)
		}
	}
	return s
}

func (s Shape) items() Shape {
	var out Shape
	for _, one := range s.schemas {
		if one.Items != nil {
			out.schemas = append(out.schemas, alternatives(one.Items.Value, nil)...)
		}
	}
	return out
}

func (s Shape) property(name string) Shape {
	var out Shape
	for _, one := range s.schemas {
		if ref := one.Properties[name]; ref != nil {
			out.schemas = append(out.schemas, alternatives(ref.Value, nil)...)
		} else if extra := one.AdditionalProperties.Schema; extra != nil {
			out.schemas = append(out.schemas, alternatives(extra.Value, nil)...)
		}
	}
	return out
}

// May tells whether a value of a JSON type may stand there.
func (s Shape) May(kind string) bool {
	return slices.ContainsFunc(s.schemas, func(one *openapi3.Schema) bool {
		free := one.Type.IsEmpty() && len(one.OneOf)+len(one.AnyOf)+len(one.AllOf) == 0
		return free || one.Type.Includes(kind) || kind == "integer" && one.Type.Includes("number")
	})
}
