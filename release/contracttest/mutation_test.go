package contracttest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"twokey/release/contracttest"
)

// TestContractFailsWhenMutated changes what was recorded, one thing at a time, and
// wants the contract to see it: a field of the world has another name, a parameter or
// a key that the product sends has.
func TestContractFailsWhenMutated(t *testing.T) {
	c := contract(t, described)
	var renamed, dropped, sent, kept int
	for _, x := range gather(t) {
		if x.Status >= http.StatusMultipleChoices {
			continue
		}
		o, before := c.Hold(x)
		caught := func(x contracttest.Exchange) bool {
			_, after := c.Hold(x)
			return slices.ContainsFunc(after, func(d contracttest.Deviation) bool { return !slices.Contains(before, d) })
		}
		for name := range x.URL.Query() {
			changed, u := x, *x.URL
			u.RawQuery = strings.Replace("&"+u.RawQuery, "&"+url.QueryEscape(name)+"=", "&"+url.QueryEscape(name)+"x=", 1)[1:]
			changed.URL = &u
			if sent++; !caught(changed) {
				t.Errorf("%s: nobody sees that the parameter %s is renamed", o, name)
			}
		}
		each(t, x.Body, func(at string, body []byte, drop bool) {
			changed := x
			changed.Body = body
			if drop || strings.HasPrefix(at, "inputs.") {
				return // what an input is called is the workflow's affair
			}
			if sent++; !caught(changed) {
				t.Errorf("%s: nobody sees that %s of the body is renamed", o, at)
			}
		})
		each(t, x.Answer, func(at string, answer []byte, drop bool) {
			changed := x
			changed.Answer = answer
			switch seen := caught(changed); {
			case drop && seen:
				dropped++
			case drop:
				kept++
			case !seen && strings.Contains(at, "app.permissions."):
				// an app may have any permission: the description names some
			case !seen && strings.Contains(at, "attestations[].bundle."):
				// a bundle is Sigstore's, and what is in it is verified
			case !seen:
				t.Errorf("%s: nobody sees that %s of the answer is renamed", o, at)
			default:
				renamed++
			}
		})
	}
	if renamed == 0 || dropped == 0 || sent == 0 {
		t.Error("nothing was mutated")
	}
	t.Logf("contract: mutations seen: %d fields renamed, %d required fields dropped, %d parameters and keys of requests renamed; "+
		"%d fields may be left out", renamed, dropped, sent, kept)
}

// TestContractNamesWhatIsWrong shows three mutations with the words that a failing
// test says.
func TestContractNamesWhatIsWrong(t *testing.T) {
	c := contract(t, described)
	all := gather(t)
	i := slices.IndexFunc(all, func(x contracttest.Exchange) bool {
		return strings.HasSuffix(x.URL.Path, "/actions/runs") && x.URL.Query().Has("head_sha") && x.Status == http.StatusOK
	})
	if i < 0 {
		t.Fatal("no list of runs was recorded")
	}
	for _, tt := range []struct {
		name   string
		mutate func(*contracttest.Exchange)
		want   string
	}{
		{"as it was", func(*contracttest.Exchange) {}, ""},
		{"a field of the world renamed", func(x *contracttest.Exchange) {
			x.Answer = []byte(strings.ReplaceAll(string(x.Answer), `"head_sha":`, `"headsha":`))
		}, "answer workflow_runs[].headsha: no such property is described"},
		{"a required field dropped", func(x *contracttest.Exchange) {
			x.Answer = []byte(strings.ReplaceAll(string(x.Answer), `"run_number":`, `"run_attempt":`))
		}, `answer workflow_runs[].run_number: property "run_number" is missing`},
		{"a parameter of the product renamed", func(x *contracttest.Exchange) {
			u := *x.URL
			u.RawQuery = strings.Replace(u.RawQuery, "head_sha=", "headsha=", 1)
			x.URL = &u
		}, "query headsha: no such parameter is described"},
	} {
		x := all[i]
		tt.mutate(&x)
		_, found := c.Hold(x)
		var said []string
		for _, d := range found {
			said = append(said, d.String())
		}
		if got := strings.Join(said, "\n"); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: the contract says %q, want %q", tt.name, got, tt.want)
		}
	}
}

// each gives a body with one key renamed, and with one key left out, for each key of
// it. Of a list the first element stands for all.
func each(t *testing.T, body []byte, visit func(at string, changed []byte, drop bool)) {
	t.Helper()
	var root any
	if json.Unmarshal(body, &root) != nil {
		return // not JSON, or nothing
	}
	root = shortened(root)
	emit := func(at string, drop bool) {
		t.Helper()
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		visit(at, text, drop)
	}
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item, at+"[]")
			}
		case map[string]any:
			names := make([]string, 0, len(v))
			for name := range v {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				here, value := strings.TrimPrefix(at+"."+name, "."), v[name]
				delete(v, name)
				emit(here, true)
				v[name+"x"] = value
				emit(here, false)
				delete(v, name+"x")
				v[name] = value
				walk(value, here)
			}
		}
	}
	walk(root, "")
}

// shortened is a value whose lists have one element at most.
func shortened(v any) any {
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			return v
		}
		return []any{shortened(v[0])}
	case map[string]any:
		for name, inner := range v {
			v[name] = shortened(inner)
		}
	}
	return v
}
