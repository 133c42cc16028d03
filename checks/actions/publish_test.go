package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// oneJob is a job of these steps.
func oneJob(t *testing.T, more string, steps ...string) Job {
	t.Helper()
	src := "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n" + more + "    steps:\n      - " + strings.Join(steps, "\n      - ") + "\n"
	ref := Ref{Repo: "o/r", At: "sha", Path: Dir + "/r.yml"}
	f := Parse(ref, []byte(src))
	if !f.Problem.IsZero() {
		t.Fatalf("%s\n%s", src, f.Problem)
	}
	return Program{Home: "o/r", Event: EventPush, Entries: []Ref{ref}, Files: map[Ref]*File{ref: f}}.Jobs()[0]
}

func TestPublishes(t *testing.T) {
	for _, c := range []struct {
		name, more, step string
		want             string // kind what:line
	}{
		{"pypi", "", "uses: pypa/gh-action-pypi-publish@v1", "pypi pypa/gh-action-pypi-publish:6"},
		{"the test index", "", "uses: pypa/gh-action-pypi-publish@v1\n        with: {repository-url: 'https://test.pypi.org/legacy/'}", ""},
		{"the test index of the job", "    env: {TWINE_REPOSITORY: testpypi}\n", "run: twine upload dist/*", ""},
		{"the test index of the environment", "    environment: {name: x, url: 'https://test.pypi.org/p/x'}\n", "uses: pypa/gh-action-pypi-publish@v1", ""},
		{"a variable of the step", "", "run: |\n          twine upload dist/*\n          npm publish\n        env: {TWINE_REPOSITORY: testpypi}", "npm `npm publish`:8"},
		{"a script", "", "run: |\n          make\n          # twine upload a\n          twine upload b && gh release create v1", "pypi `twine upload`:9, github-release `gh release create`:9"},
		{"an asset", "", "run: gh release upload v1 dist/*", "github-release `gh release upload`:6 adds"},
		{"an image", "", "uses: docker/build-push-action@v6\n        with: {push: true}", "image docker/build-push-action:6"},
		{"an image to a file", "", "uses: docker/build-push-action@v6\n        with: {push: false, outputs: 'type=local,dest=.'}", ""},
		{"parts of an image", "", "uses: docker/build-push-action@v6\n        with: {outputs: 'type=image,push-by-digest=true,push=true'}", ""},
		{"others", "", "run: cargo publish && gem push x.gem && helm push x oci://y", "crates `cargo publish`:6, gem `gem push`:6, other `helm push`:6"},
		{"a dry run", "", "run: cargo publish --dry-run", ""},
		{"packages for Debian", "", "run: |\n          # deb files\n          aws s3 cp s3://bucket/md5sum .\n          aws s3 cp $file s3://bucket/$file", "deb `aws s3 cp`:9"},
		{"other files", "", "run: aws s3 cp x.zip s3://bucket/", ""},
		{"nothing", "", "uses: actions/checkout@v5", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range oneJob(t, c.more, c.step).Publishes() {
				line := fmt.Sprintf("%s %s:%d", p.Kind, p.What, p.Line-strings.Count(c.more, "\n"))
				if p.Adds {
					line += " adds"
				}
				got = append(got, line)
			}
			if want := strings.Split(c.want, ", "); !slices.Equal(got, want) && !(c.want == "" && len(got) == 0) {
				t.Errorf("publishes %q, want %q", got, want)
			}
		})
	}
}
