package github

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"twokey/release"
)

// What people are shown of a call before they say yes is the body that is sent, field
// by field.
func TestPeopleAreShownTheWholeBody(t *testing.T) {
	for _, tt := range calls() {
		t.Run(string(tt.call.Kind), func(t *testing.T) {
			b := newBench(t)
			b.fake.on(tt.line, tt.status, tt.answer)
			if _, err := perform(t, b, tt.call); err != nil {
				t.Fatal(err)
			}
			shown := map[string]string{}
			for _, f := range tt.call.Fields() {
				shown[f.Name] = f.Value
			}
			if sent := fieldsOf(t, b.fake.last().body); !maps.Equal(shown, sent) {
				t.Errorf("shown %q\nsent  %q", shown, sent)
			}
		})
	}
	if got := (release.Call{Kind: "something"}).Fields(); got != nil {
		t.Errorf("a call that is not known shows %v", got)
	}
}

// fieldsOf are the fields of a JSON object, those below a field with its name before
// theirs.
func fieldsOf(t *testing.T, body string) map[string]string {
	t.Helper()
	out := map[string]string{}
	if body == "" {
		return out
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatal(err)
	}
	for name, v := range all {
		below, nested := v.(map[string]any)
		if !nested {
			out[name] = fmt.Sprint(v)
		}
		for k, v := range below {
			out[name+"."+k] = fmt.Sprint(v)
		}
	}
	return out
}
