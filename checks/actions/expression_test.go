package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// scriptOf is the step of a workflow whose lines from `steps:` on are given.
func scriptOf(t *testing.T, step string) Step {
	t.Helper()
	src := "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n" + step
	f := Parse(Ref{Repo: "o/r", Path: Dir + "/a.yml"}, []byte(src))
	if !f.Problem.IsZero() {
		t.Fatalf("%s:\n%s", f.Problem, src)
	}
	return Step{File: f, Def: f.Jobs()[0].Steps[0]}
}

// TestLines holds where the lines of a script and the expressions within it stand. The
// step begins at line 6.
func TestLines(t *testing.T) {
	for _, c := range []struct{ name, step, script, expressions string }{
		{"a plain line", "      - run: echo ${{ a.b }}\n", "6 echo ${{ a.b }}", "6 a.b"},
		{"a block", "      - run: |\n          one ${{ a.b }} ${{ a.c }}\n\n          # none\n          two ${{ a.b }}\n",
			"7 one ${{ a.b }} ${{ a.c }}; 10 two ${{ a.b }}", "7 a.b; 7 a.c; 10 a.b"},
		{"a block of which the end is kept", "      - run: |2+ # so\n          one\n          two ${{ a.b }}\n\n", "7 one; 8 two ${{ a.b }}", "8 a.b"},
		{"a line that goes on", "      - run: |\n          one \\\n            two ${{ a.b }}\n          three\n", "7 one    two ${{ a.b }}; 9 three", "8 a.b"},
		{"a script that ends in a mark", "      - run: |\n          one \\\n", "7 one", ""},
		{"folded", "      - run: >\n          one\n          ${{ a.b }}\n\n          two ${{ a.b }}\n", "7 one ${{ a.b }}; 10 two ${{ a.b }}", "8 a.b; 10 a.b"},
		{"folded, with a word again", "      - run: >\n          make one\n          and make two\n\n          make three\n", "7 make one and make two; 10 make three", ""},
		{"quoted on one line", `      - run: "one\ntwo ${{ a.b }}\nthree\nfour\n"` + "\n", "6 one; 6 two ${{ a.b }}; 6 three; 6 four", "6 a.b"},
		{"quoted over lines", "      - run: 'one\n\n          two ${{ a.b }}'\n", "6 one; 8 two ${{ a.b }}", "8 a.b"},
		{"plain over lines", "      - run: one\n          ${{ a.b }}\n", "6 one ${{ a.b }}", "7 a.b"},
		{"a pipe at the end", "      - run: one |\n          two\n", "6 one | two", ""},
		{"an expression over lines", "      - run: |\n          one ${{ a.b ||\n            a.c }}\n          ${{ a.d }}\n",
			"7 one ${{ a.b ||; 8 a.c }}; 9 ${{ a.d }}", "7 a.b ||\n  a.c; 9 a.d"},
		{"braces within a text", "      - run: echo ${{ format('}}{0}', a.b) }} ${{ a.c }}\n", "6 echo ${{ format('}}{0}', a.b) }} ${{ a.c }}", "6 format('}}{0}', a.b); 6 a.c"},
		{"an expression without an end", "      - run: echo ${{ a.b\n", "6 echo ${{ a.b", ""},
		{"behind the key", "      -\n        run:\n          one ${{ a.b }}\n", "8 one ${{ a.b }}", "8 a.b"},
		{"no script", "      - uses: o/a@v1\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scriptOf(t, c.step)
			var script, expressions []string
			for _, l := range s.Script() {
				script = append(script, fmt.Sprintf("%d %s", l.Line, l.Text))
			}
			for _, text := range stringsOf(s.Def) {
				for _, x := range s.File.Expressions(text) {
					expressions = append(expressions, fmt.Sprintf("%d %s", x.Line, x.Text))
				}
			}
			if got := strings.Join(script, "; "); got != c.script {
				t.Errorf("script is %q, want %q", got, c.script)
			}
			if got := strings.Join(expressions, "; "); got != c.expressions {
				t.Errorf("expressions are %q, want %q", got, c.expressions)
			}
		})
	}
}

// TestLineEnds holds that lines are counted as YAML counts them.
func TestLineEnds(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		src := strings.ReplaceAll("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          ${{ a.b }}\n", "\n", end)
		f := Parse(Ref{Path: Dir + "/a.yml"}, []byte(src))
		s := Step{File: f, Def: f.Jobs()[0].Steps[0]}
		if got := s.Script(); len(got) != 1 || got[0].Line != 7 || strings.TrimSpace(f.Line(7)) != "${{ a.b }}" {
			t.Errorf("%q: %v", end, got)
		}
	}
}

// TestPageLine holds that links count line feeds alone, as the pages of GitHub do.
func TestPageLine(t *testing.T) {
	for src, want := range map[string]int{"a\nb\nc": 3, "a\r\nb\r\nc": 3, "# a\u2028b\nc": 2, "# a\u0085b\nc": 2, "a\rb\nc": 2} {
		f := Parse(Ref{Path: Dir + "/a.yml"}, []byte(src))
		if got := f.PageLine(3); got != want || f.PageLine(0) != 0 || f.PageLine(9) != 9 {
			t.Errorf("%q: %d, want %d", src, got, want)
		}
	}
}

func TestReads(t *testing.T) {
	for expression, want := range map[string]string{
		"github.sha":                                      "github.sha",
		"GitHub.Event['Issue'].title":                     "github.event.issue.title",
		"github.event.commits[0].message":                 "github.event.commits.*.message",
		"join(github.event.commits.*.message, ' ')":       "github.event.commits.*.message",
		"github.event[github.event_name].title":           "github.event.*.title",
		"format('{0} {1}', a.b, a.c)":                     "a.b a.c",
		"toJSON(github.event)":                            "github.event!",
		"fromJSON(toJSON(github)).x":                      "github!",
		"a.b == 'x' && 'yes' || a.c":                      "a.c",
		"a.b && a.c":                                      "a.c",
		"a.b || a.c":                                      "a.b a.c",
		"!a.b":                                            "",
		"a.b != a.c":                                      "",
		"contains(a.b, 'x') || startsWith(a.b, 'y')":      "",
		"hashFiles('**/go.sum')":                          "",
		"case(a.b == 'x', a.c, a.d, a.e, a.f)":            "a.c a.e a.f",
		"'text' || 1 || true || null":                     "",
		"new(~ github.event.issue.title, toJSON( a . b))": "github.event.issue.title! a.b!",
	} {
		var got []string
		for _, r := range (Expression{Text: expression}).Reads() {
			path := r.Path
			if r.Whole {
				path += "!"
			}
			got = append(got, path)
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s reads %q, want %q", expression, got, want)
		}
	}
}
