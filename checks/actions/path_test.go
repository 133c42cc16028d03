package actions

import (
	"slices"
	"testing"
)

// programOf is a program of files by their names, that starts with one.
func programOf(t *testing.T, entry string, files map[string]string) Program {
	t.Helper()
	p := Program{Home: "o/r", Event: EventPush, Files: map[Ref]*File{}}
	for name, src := range files {
		ref := Ref{Repo: "o/r", At: "sha", Path: Dir + "/" + name}
		p.Files[ref] = Parse(ref, []byte(src))
		if problem := p.Files[ref].Problem; !problem.IsZero() {
			t.Fatalf("%s: %s", name, problem)
		}
		if name == entry {
			p.Entries = []Ref{ref}
		}
	}
	return p
}

func TestFeeds(t *testing.T) {
	const steps = "    runs-on: x\n    steps: [{run: make}]\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"what publishes and what it needs", map[string]string{"r.yml": "on: push\njobs:\n  lint:\n" + steps + "  prepare:\n" + steps +
			"  build:\n    needs: [prepare]\n" + steps + "  publish:\n    needs: build\n    runs-on: x\n    steps: [{run: twine upload dist/*}]\n"},
			[]string{"prepare", "build", "publish"}},
		{"a power is enough", map[string]string{"r.yml": "on: push\njobs:\n  lint:\n" + steps + "  deploy:\n    environment: live\n" + steps}, []string{"deploy"}},
		{"a called workflow that is needed", map[string]string{
			"r.yml":     "on: push\njobs:\n  lint:\n" + steps + "  build:\n    uses: ./.github/workflows/build.yml\n  publish:\n    needs: build\n    environment: live\n" + steps,
			"build.yml": "on: workflow_call\njobs:\n  a:\n" + steps + "  b:\n    needs: a\n" + steps},
			[]string{"build", "a", "b", "publish"}},
		{"a called workflow that publishes", map[string]string{
			"r.yml":   "on: push\njobs:\n  build:\n" + steps + "  lint:\n" + steps + "  call:\n    needs: build\n    uses: ./.github/workflows/pub.yml\n",
			"pub.yml": "on: workflow_call\njobs:\n  test:\n" + steps + "  push:\n    runs-on: x\n    steps: [{run: docker push o/i}]\n"},
			[]string{"build", "push"}},
		{"nothing seen to publish", map[string]string{"r.yml": "on: push\njobs:\n  a:\n" + steps + "  b:\n" + steps}, []string{"a", "b"}},
		{"jobs that need each other", map[string]string{"r.yml": "on: push\njobs:\n  a:\n    needs: b\n" + steps + "  b:\n    needs: a\n    environment: live\n" + steps}, []string{"a", "b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, j := range programOf(t, "r.yml", c.files).Jobs() {
				if j.Feeds {
					got = append(got, j.ID)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
