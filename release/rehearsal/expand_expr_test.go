package rehearsal

import (
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

func testScope() scope {
	x := &expansion{rc: runContext{Repo: "harbour/harbour", Ref: "refs/tags/harbour-2.11.6", SHA: strings.Repeat("a", 40),
		Event: "push", Actor: "mara"}}
	s := frame{workflow: "Test", inputs: newObject("line", "2.11", "push", false)}.scope(x)
	s.contexts["matrix"] = newObject("python", "3.10", "build", newObject("os", "noble"), "list", []any{"a", "b"})
	s.contexts["needs"] = newObject("build", newObject("result", "success", "outputs", newObject("x", "1", "*", unknown{})),
		"lint", newObject("result", "skipped"))
	return s
}

func TestEvaluate(t *testing.T) {
	u := unknown{}
	tests := []struct {
		expr string
		want any
	}{
		{`'it''s'`, "it's"}, {`1.5`, 1.5}, {`0x10`, 16.0}, {`null`, nil}, {`true`, true},
		{`github.repository`, "harbour/harbour"}, {`GitHub.Repository_Owner`, "harbour"},
		{`github.ref_name`, "harbour-2.11.6"}, {`github.ref_type`, "tag"}, {`github.event_name`, "push"},
		{`github['actor']`, "mara"}, {`github.run_id`, u}, {`github.event.release.tag_name`, nil},
		{`github.event.pull_request.head.repo.fork`, nil}, {`github.event.repository.fork`, false},
		{`matrix.build.os`, "noble"}, {`matrix.list[1]`, "b"}, {`matrix.list[9]`, nil}, {`matrix.none`, nil},
		{`inputs.line`, "2.11"}, {`secrets.TOKEN`, u}, {`vars.X`, u}, {`env.ANY`, u}, {`runner.os`, "Linux"},
		{`1 == '1'`, true}, {`'A' == 'a'`, true}, {`true == 'true'`, false}, {`null == ''`, true}, {`'' == 0`, true},
		{`'x' == 0`, false}, {`'3.10' == 3.1`, true}, {`matrix.list == matrix.list`, false}, {`'b' > 'A'`, true}, {`2 >= 10`, false},
		{`'x' < 1`, false}, {`1 != 2`, true}, {`2 <= 2`, true},
		{`!''`, true}, {`!secrets.X`, u}, {`'' || 'x'`, "x"}, {`'x' && 'y'`, "y"}, {`0 && 'y'`, 0.0},
		{`secrets.X && false`, false}, {`secrets.X && true`, u}, {`true || secrets.X`, true}, {`secrets.X || 'x'`, "x"},
		{`secrets.X || false`, u}, {`secrets.X == 'x'`, u}, {`inputs.push && secrets.X`, false},
		{`startsWith(github.ref, 'refs/TAGS/')`, true}, {`endsWith('abc', 'BC')`, true}, {`contains('Harbour', 'bou')`, true},
		{`contains(matrix.list, 'B')`, true}, {`contains(matrix.list, 'c')`, false}, {`contains(secrets.X, 'c')`, u},
		{`contains(needs.*.result, 'skipped')`, true}, {`contains(needs.*.result, 'failure')`, false},
		{`format('{0}-{1}{{}}', 'a', 2)`, "a-2{}"}, {`join(matrix.list, '+')`, "a+b"}, {`join(matrix.list)`, "a,b"}, {`join('x')`, "x"},
		{`fromJSON('[1, {"a": "b"}]')[1].a`, "b"}, {`fromJSON('true')`, true}, {`fromJSON(toJSON(matrix.list))[0]`, "a"},
		{`fromJSON(secrets.X)`, u}, {`hashFiles('**')`, u}, {`needs.build.outputs.x`, "1"}, {`needs.build.outputs.y`, u},
		{`always()`, true}, {`success()`, true}, {`failure()`, false}, {`cancelled()`, false}, {`madeUp(1)`, u},
	}
	for _, tt := range tests {
		got, err := testScope().evaluate(tt.expr)
		if err != nil || got != tt.want {
			t.Errorf("%s is %#v, %v, want %#v", tt.expr, got, err, tt.want)
		}
	}
}

func TestEvaluateRefuses(t *testing.T) {
	for _, expr := range []string{
		"", "1 +", "github.", "'open", "format('{3}', 1)", "format('{x}', 1)", "contains('a')", "fromJSON('{')", "fromJSON('1 2')",
		"fromJSON('" + strings.Repeat("[", 2*maxNesting) + "')", strings.Repeat("!", maxExpression) + "1",
	} {
		if v, err := testScope().evaluate(expr); err == nil {
			t.Errorf("%.30q is %v", expr, v)
		}
	}
}

func TestFill(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain",
		"on ${{ matrix.build.os }} with ${{matrix.python}}": "on noble with 3.10",
		"${{ format('{0}', '}}') }}":                        "}}",
		"key ${{ secrets.KEY }} stays":                      "key ${{ secrets.KEY }} stays",
		"bad ${{ 1 + }} stays":                              "bad ${{ 1 + }} stays",
		"open ${{ matrix.python":                            "open ${{ matrix.python",
		"${{ matrix.none }}":                                "",
		"${{ matrix.list }} ${{ matrix.build }} ${{ 2 }}":   "Array Object 2",
	} {
		if got := testScope().fill(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestHolds(t *testing.T) {
	good, bad, stopped := status{success: true}, status{failure: true}, status{cancelled: true}
	tests := []struct {
		cond   string
		status status
		want   bool
	}{
		{"", good, true}, {"", bad, false}, {"", stopped, false},
		{"github.repository == 'harbour/harbour'", good, true}, {"github.repository == 'harbour/harbour'", bad, false},
		{"github.repository != 'harbour/harbour'", good, false}, {"${{ github.event_name == 'push' }}", good, true},
		{"always()", bad, true}, {"always()", stopped, true}, {"${{ failure() }}", good, false}, {"failure()", bad, true},
		{"success() || failure()", bad, true}, {"success() || failure()", stopped, false}, {"!cancelled()", bad, true},
		{"!cancelled()", stopped, false}, {"secrets.X != ''", good, true}, {"secrets.X != ''", bad, false},
		{"always() && needs.lint.result == 'success'", good, false}, {"Success() && 0", good, false},
		{"is ${{ false }} a text", good, true}, {"1 +", good, true}, {"1 +", bad, false},
	}
	for _, tt := range tests {
		s := testScope()
		s.status = tt.status
		if got := s.holds(&actionlint.String{Value: tt.cond}); got != tt.want {
			t.Errorf("%q after %+v is %v", tt.cond, tt.status, got)
		}
	}
}

func TestScriptOutputs(t *testing.T) {
	read := func(path string) ([]byte, error) {
		if path == "VERSIONS.json" {
			return []byte("[1,\n 2]\n"), nil
		}
		return nil, errNoFile
	}
	tests := []struct{ name, script, want string }{
		{"a file", "V=$(cat VERSIONS.json)\necho \"x=$V\" >> $GITHUB_OUTPUT", "[1,\n 2]"},
		{"a file without spaces", "V=$(cat \"VERSIONS.json\" | tr -d '[:space:]\\n')\necho \"x=$V\" >> \"$GITHUB_OUTPUT\"", "[1,\n 2]"},
		{"at once", "echo \"x=$(jq -c . ./VERSIONS.json)\" >> ${GITHUB_OUTPUT}", "[1,\n 2]"},
		{"redirected", "export V=$(<VERSIONS.json)\n  echo x=${V} >>$GITHUB_OUTPUT", "[1,\n 2]"},
		{"as it stands", `echo 'x=["a", "b"]' >> $GITHUB_OUTPUT`, `["a", "b"]`},
		{"escaped", `echo "x=[\"a\"]" >> $GITHUB_OUTPUT`, `["a"]`},
		{"a file that is not there", "echo \"x=$(cat OTHER.json)\" >> $GITHUB_OUTPUT", ""},
		{"another program", "echo \"x=$(python matrix.py)\" >> $GITHUB_OUTPUT", ""},
		{"a file that is changed", "echo \"x=$(cat VERSIONS.json | sed s/1/2/)\" >> $GITHUB_OUTPUT", ""},
		{"pieced together", "V=[\nV+=1]\necho \"x=$V\" >> $GITHUB_OUTPUT", ""},
		{"lost again", "V=1\nV=$(date)\necho \"x=$V\" >> $GITHUB_OUTPUT", ""},
		{"another output", "echo y=1 >> $GITHUB_OUTPUT", ""},
		{"into the environment", "echo x=1 >> $GITHUB_ENV", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := scriptOutputs(tt.script, read).get("x")
			if tt.want == "" && !isUnknown(got) || tt.want != "" && got != tt.want {
				t.Errorf("%#v, want %q", got, tt.want)
			}
		})
	}
}

func FuzzFill(f *testing.F) {
	f.Add("a ${{ matrix.list[0] || secrets.X }} b")
	f.Add("${{ fromJSON('[1]')[-1] == needs.*.result }}")
	f.Fuzz(func(t *testing.T, text string) {
		got := testScope().fill(text)
		if !strings.Contains(text, "${{") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
