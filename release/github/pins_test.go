package github

import (
	"fmt"
	"strings"
	"testing"
)

const (
	pinA = "1111111111111111111111111111111111111111"
	pinB = "2222222222222222222222222222222222222222"
)

// pinning makes the plan's workflow use some actions.
func pinning(b *bench, uses ...string) {
	var steps strings.Builder
	for _, u := range uses {
		steps.WriteString("    - uses: " + u + "\n")
	}
	b.fake.on(workflowLine("publish.yml"), 200, fileAnswer(jobsOn("push", "publish:\n  runs-on: x\n  steps:\n"+steps.String())))
}

// refsJSON are refs, each written as "name=commit", or "name=tag>commit" where it is
// annotated, and how many there are of them.
func refsJSON(total int, refs ...string) string {
	var nodes []string
	for _, r := range refs {
		name, oid, _ := strings.Cut(r, "=")
		tag, commit, annotated := strings.Cut(oid, ">")
		target := fmt.Sprintf(`{"oid":%q}`, tag)
		if annotated {
			target = fmt.Sprintf(`{"oid":%q,"target":{"oid":%q}}`, tag, commit)
		}
		nodes = append(nodes, fmt.Sprintf(`{"name":%q,"target":%s}`, name, target))
	}
	return fmt.Sprintf(`{"totalCount":%d,"nodes":[%s]}`, max(total, len(refs)), strings.Join(nodes, ","))
}

// pinAnswer is what GitHub tells of the first repository that is asked about.
func pinAnswer(heads, tags string) string { return pinAnswerOf(heads, tags, `{"oid":"`+pinA+`"}`) }

// pinAnswerOf is the same, with what it has of the commit.
func pinAnswerOf(heads, tags, commit string) string {
	return fmt.Sprintf(`{"data":{"r0":{"defaultBranchRef":{"name":"main"},"heads":%s,"tags":%s},"c0":{"object":%s}}}`, heads, tags, commit)
}

// originsOf fills the pins of the plan and describes them.
func originsOf(t *testing.T, b *bench) map[string]string {
	t.Helper()
	f := newFilling(b, fillPlan())
	f.pins(t.Context())
	pins, ok := f.snap.Pins.Get()
	if !ok {
		t.Fatal(f.snap.Pins.Missing())
	}
	out := map[string]string{}
	for pin, got := range pins {
		origin, ok := got.Get()
		if out[pin.Repo+" "+pin.SHA[:1]] = origin.Ref.String(); !ok {
			m := got.Missing()
			out[pin.Repo+" "+pin.SHA[:1]] = "lack: " + m.Why.String() + "; " + m.Needs + m.Next
		}
	}
	return out
}

const compareAction = "GET /repos/act/ion/compare/"

func TestPins(t *testing.T) {
	ahead := func(n int) string { return fmt.Sprintf(`{"ahead_by":%d,"merge_base_commit":{"sha":%q}}`, n, shaC) }
	other := "main=" + shaA
	for _, tt := range []struct {
		name string
		set  func(f *fake)
		want string
	}{
		{"of a tag", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other), refsJSON(0, "v1="+shaB, "v1.2="+pinA)))
		}, "tag v1.2"},
		{"of an annotated tag", func(f *fake) { f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other), refsJSON(0, "v1="+shaB+">"+pinA))) }, "tag v1"},
		{"of a branch", func(f *fake) { f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other, "v4="+pinA), refsJSON(0))) }, "branch v4"},
		{"behind the default branch", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, "a="+shaB, other), refsJSON(0)))
			f.on(compareAction+"main..."+pinA+"?per_page=1", 200, ahead(0))
		}, "branch main"},
		{"behind the branch that the comment names", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, "a="+shaB, "releases/v4="+shaC, other), refsJSON(0)))
			f.on(compareAction+"main..."+pinA+"?per_page=1", 200, ahead(3))
			f.on(compareAction+"releases%2Fv4..."+pinA+"?per_page=1", 200, ahead(0))
		}, "branch releases/v4"},
		{"of a fork", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other), refsJSON(0, "v1="+shaB)))
			f.on(compareAction+"main..."+pinA+"?per_page=1", 200, ahead(1))
			f.on(compareAction+"v1..."+pinA+"?per_page=1", 200, ahead(1))
		}, ""},
		{"behind a tag that is on no branch", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other), refsJSON(0, "v1="+shaB, "v4.1="+shaC)))
			f.on(compareAction+"main..."+pinA+"?per_page=1", 200, ahead(1))
			f.on(compareAction+"v4.1..."+pinA+"?per_page=1", 200, ahead(0))
		}, "tag v4.1"},
		{"of a history of its own", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other), refsJSON(0)))
			f.on(compareAction+"main..."+pinA+"?per_page=1", 404, `{"message":"Not Found"}`)
		}, ""},
		{"of nobody", func(f *fake) { f.on(graphqlLine, 200, pinAnswerOf(refsJSON(0, other), refsJSON(300), "null")) }, ""},
		{"of nobody that GitHub tells of", func(f *fake) {
			f.on(graphqlLine, 200, strings.Replace(pinAnswer(refsJSON(0, other), refsJSON(0)), `"c0":{"object":{"oid":"`+pinA+`"}}`, `"c0":null`, 1))
		}, "lack: GitHub tells nothing of act/ion"},
		{"not all tags were listed", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other), refsJSON(300, "v1="+shaB)))
			f.on(compareAction+"main..."+pinA+"?per_page=1", 200, ahead(1))
			f.on(compareAction+"v1..."+pinA+"?per_page=1", 200, ahead(1))
		}, "lack: it is the commit of none of them, and 2 of its 301 branches and tags were asked whether it is behind them; look at the commit"},
		{"the comparison is refused", func(f *fake) {
			f.on(graphqlLine, 200, pinAnswer(refsJSON(0, other), refsJSON(0)))
			f.on(compareAction+"main..."+pinA+"?per_page=1", 403, `{"message":"no"}`)
		}, "lack: GitHub answered 403; contents: read on act/ion"},
		{"the repository is not there, or hidden", func(f *fake) {
			f.on(graphqlLine, 200, `{"data":{"r0":null},"errors":[{"type":"NOT_FOUND","path":["r0"],"message":"Could not resolve"}]}`)
		}, "lack: GitHub tells nothing of act/ion; contents: read on act/ion"},
		{"null, and nothing said against it", func(f *fake) { f.on(graphqlLine, 200, `{"data":{"r0":null}}`) },
			"lack: GitHub tells nothing of act/ion; contents: read on act/ion"},
		{"no lists", func(f *fake) { f.on(graphqlLine, 200, `{"data":{"r0":{"defaultBranchRef":null}}}`) },
			"lack: GitHub tells nothing of act/ion; contents: read on act/ion"},
		{"the question is refused", func(f *fake) { f.on(graphqlLine, 403, `{"message":"no"}`) }, "lack: GitHub answered 403; a token"},
		{"an empty repository", func(f *fake) { f.on(graphqlLine, 200, pinAnswerOf(refsJSON(0), refsJSON(0), "null")) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			pinning(b, "Act/Ion/sub@"+pinA+" # v4.1")
			tt.set(b.fake)
			got := originsOf(t, b)
			if is, ok := got["act/ion 1"]; len(got) != 1 || !ok || is != tt.want && (tt.want == "" || !strings.HasPrefix(is, tt.want)) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// One question is asked for all repositories, each once, and nothing where nothing is
// pinned; names from outside stand in its variables alone.
func TestPinsAreAskedTogether(t *testing.T) {
	b := newBench(t)
	pinning(b, "act/ion@"+pinA, "act/ion/other@"+pinB, "b/c@"+pinA, "b/c@v1", "./local", "docker://b/c@sha256:"+strings.Repeat("a", 64))
	b.fake.on(scriptLine("local/action.yml"), 200, fileAnswer("runs: {using: node20}"))
	b.fake.on(graphqlLine, 200, fmt.Sprintf(`{"data":{"r0":{"heads":%s,"tags":%s},"r1":{"heads":%s,"tags":%s},"c0":{},"c1":{},"c2":{}}}`,
		refsJSON(0), refsJSON(0, "v1="+pinA, "v2="+pinB), refsJSON(0, "main="+pinA), refsJSON(0)))
	got := originsOf(t, b)
	if got["act/ion 1"] != "tag v1" || got["act/ion 2"] != "tag v2" || got["b/c 1"] != "branch main" || len(got) != 3 {
		t.Errorf("%q", got)
	}
	asked := b.fake.last().body
	if strings.Count(asked, "repository(") != 2+3 || b.fake.count() != 3 || strings.Contains(strings.Split(asked, `"variables"`)[0], "act") {
		t.Errorf("asked %s", asked)
	}

	b = newBench(t)
	pinning(b, "b/c@v1")
	if got := originsOf(t, b); len(got) != 0 || b.fake.count() != 1 {
		t.Errorf("%q with %d requests", got, b.fake.count())
	}
}

func TestPinsWithoutToken(t *testing.T) {
	b := newBench(t)
	b.Client.token = ""
	pinning(b, "act/ion@"+pinA)
	if got := originsOf(t, b)["act/ion 1"]; !strings.Contains(got, "only with a token; ") {
		t.Errorf("%q", got)
	}
}

// A commit that is on many branches is asked for on the likely ones, and not on all.
func TestPinsAskForABoundedTime(t *testing.T) {
	b := newBench(t)
	pinning(b, "act/ion@"+pinA)
	var heads []string
	for i := range maxAsked + 5 {
		heads = append(heads, fmt.Sprintf("h%02d=%s", i, shaB))
	}
	b.fake.on(graphqlLine, 200, pinAnswer(refsJSON(0, heads...), refsJSON(0)))
	for i := range maxAsked {
		b.fake.on(fmt.Sprintf("%sh%02d...%s?per_page=1", compareAction, i, pinA), 200, fmt.Sprintf(`{"ahead_by":1,"merge_base_commit":{"sha":%q}}`, shaC))
	}
	if got := originsOf(t, b)["act/ion 1"]; !strings.HasPrefix(got, fmt.Sprintf("lack: it is the commit of none of them, and %d of its %d branches", maxAsked, maxAsked+5)) {
		t.Errorf("%q", got)
	}
}
