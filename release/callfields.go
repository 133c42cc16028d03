package release

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Field is one field of a call's body, for people.
type Field struct{ Name, Value string }

// Fields are the whole body of the call by GitHub's own names: who says yes to a
// call says yes to all of it, and may look each field up.
func (c Call) Fields() []Field {
	tag := strings.TrimPrefix(c.Ref, "refs/tags/")
	switch c.Kind {
	case CallTagObject:
		return []Field{{"tag", tag}, {"message", c.Message}, {"object", c.SHA}, {"type", "commit"}}
	case CallRef:
		return []Field{{"ref", c.Ref}, {"sha", c.SHA}}
	case CallRelease:
		return c.releaseFields(tag)
	case CallDispatch:
		out := []Field{{"ref", c.Ref}}
		for _, k := range slices.Sorted(maps.Keys(c.Inputs)) {
			out = append(out, Field{"inputs." + k, c.Inputs[k]})
		}
		return append(out, Field{"return_run_details", "true"})
	case CallReview:
		return []Field{{"environment_ids", fmt.Sprint(c.Environments)}, {"state", c.State}, {"comment", c.Comment}}
	}
	return nil
}

// releaseFields are those of a release. An empty body is left out.
func (c Call) releaseFields(tag string) []Field {
	out := []Field{{"tag_name", tag}, {"target_commitish", c.SHA}, {"name", c.Title}}
	if c.Message != "" {
		out = append(out, Field{"body", c.Message})
	}
	return append(out, Field{"draft", "false"}, Field{"prerelease", fmt.Sprint(c.Prerelease)}, Field{"make_latest", "legacy"})
}
