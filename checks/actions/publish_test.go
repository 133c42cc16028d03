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
		{"the test index is where the environment links to alone", "    environment: {name: x, url: 'https://test.pypi.org/p/x'}\n",
			"uses: pypa/gh-action-pypi-publish@v1", "pypi pypa/gh-action-pypi-publish:6"},
		{"the test index of the job, unless a step says another", "    env: {TWINE_REPOSITORY: testpypi}\n",
			"run: echo TWINE_REPOSITORY=pypi >> $GITHUB_ENV\n      - run: twine upload dist/*", "pypi `twine upload`:7"},
		{"a script that is written, and may be run", "", "run: |\n          cat > up.sh <<'EOF'\n          npm publish\n          EOF\n          sh up.sh", "npm `npm publish`:8 unsure"},
		{"the test index in a variable that nothing reads", "    env: {NOTE: not testpypi}\n", "uses: pypa/gh-action-pypi-publish@v1",
			"pypi pypa/gh-action-pypi-publish:6"},
		{"the test index behind another's host", "", "uses: pypa/gh-action-pypi-publish@v1\n        with: {repository-url: 'https://upload.pypi.org/legacy/#test.pypi.org'}",
			"pypi pypa/gh-action-pypi-publish:6"},
		{"an index by a variable", "    env: {INDEX: 'https://test.pypi.org/legacy/'}\n", "uses: pypa/gh-action-pypi-publish@v1\n        with: {repository-url: '${{ env.INDEX }}'}", ""},
		{"an index by an expression", "", "uses: pypa/gh-action-pypi-publish@v1\n        with: {repository-url: \"${{ inputs.test && 'https://test.pypi.org/legacy/' || '' }}\"}",
			"pypi pypa/gh-action-pypi-publish:6 unsure"},
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
		{"a bake that its settings push", "", "uses: docker/bake-action@v6\n        with: {set: '*.output=type=registry'}", "image docker/bake-action:6"},
		{"a bake to a file", "", "uses: docker/bake-action@v6\n        with: {set: '*.output=type=local'}", ""},
		{"an image for the machine itself", "", "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'localhost:5000/a:1,127.0.0.1:5000/a:2'}", ""},
		{"an image for others, too", "", "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'localhost:5000/a:1,ghcr.io/o/a:1'}", "image docker/build-push-action:6"},
		{"a script for an action that runs it", "", "uses: nick-fields/retry@v3\n        with:\n          command: |\n            make\n            twine upload dist/*", "pypi `twine upload`:10"},
		{"a script for an action that may run it", "", "uses: a/b@v3\n        with: {run: npm publish}", "npm `npm publish`:7 unsure"},
		{"a script in JavaScript", "", "uses: actions/github-script@v8\n        with:\n          script: |\n            core.info('npm publish')\n" +
			"            await exec.exec('twine', ['upload', 'dist/*'])", "pypi `twine upload`:10 unsure"},
		{"a script in Python", "", "run: |\n          # twine upload\n          os.system('twine upload a')\n        shell: python", "pypi `twine upload`:8 unsure"},
		{"a script of PowerShell", "", "run: |\n          twine `\n            upload a\n        shell: pwsh", "pypi `twine upload`:7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range oneJob(t, c.more, c.step).Publishes() {
				line := fmt.Sprintf("%s %s:%d", p.Kind, p.What, p.Line-strings.Count(c.more, "\n"))
				if p.Adds {
					line += " adds"
				}
				if p.Unsure {
					line += " unsure"
				}
				got = append(got, line)
			}
			if want := strings.Split(c.want, ", "); !slices.Equal(got, want) && !(c.want == "" && len(got) == 0) {
				t.Errorf("publishes %q, want %q", got, want)
			}
		})
	}
}

func TestByCommand(t *testing.T) {
	for line, want := range map[string]string{
		"twine  upload dist/*":                                            "`twine upload`",
		"poetry --no-interaction publish":                                 "`poetry publish`",
		"npm --access public publish":                                     "`npm publish`",
		"hatch -e x publish":                                              "`hatch publish`",
		"cargo +nightly publish":                                          "`cargo publish`",
		"uvx twine --no-color upload a":                                   "`twine upload`",
		"uvx twine@6.2.0 upload a":                                        "`twine upload`",
		"python -m twine upload a":                                        "`twine upload`",
		"npx -y npm@11 publish":                                           "`npm publish`",
		"yarn workspaces foreach npm publish":                             "`npm publish`",
		"python setup.py sdist upload":                                    "`setup.py upload`",
		"tw''ine upload a":                                                "`twine upload`",
		"twine upload a # not --dry-run":                                  "`twine upload`",
		"twine upload a # or testpypi":                                    "`twine upload`",
		"twine upload x--snapshot.whl":                                    "`twine upload`",
		"T=twine; $T upload a":                                            "`twine upload`",
		"CMD='npm publish' && ${CMD} --tag x":                             "`npm publish`",
		"TWINE_REPOSITORY=pypi twine upload a":                            "`twine upload`",
		"a=`make` && out=$(gem push x.gem)":                               "`gem push`",
		`echo "made: $(npm publish)"`:                                     "`npm publish`",
		"(cd a && npm publish)":                                           "`npm publish`",
		"if ! npm publish; then exit 1; fi":                               "`npm publish`",
		"sudo -E docker push ghcr.io/o/i >log":                            "`docker push`",
		"docker push localhost:5000/i ghcr.io/":                           "`docker push`",
		"R=localhost; R=ghcr.io; docker push $R/i":                        "`docker push`",
		"docker push localhost.evil.example/i":                            "`docker push`",
		"docker buildx build -t o/i --push .":                             "`docker buildx build`",
		"docker buildx build -o type=registry,name=o/i .":                 "`docker buildx build`",
		"skopeo copy dir:x docker://ghcr.io/o/i":                          "`skopeo copy`",
		"bash -ec 'twine upload a'":                                       "`twine upload`",
		"${PREFIX}twine upload a":                                         "`twine upload`",
		"eval \"npm publish\"":                                            "`npm publish`",
		"curl -F content=@a https://upload.pypi.org/legacy/":              "`curl`",
		"npx semantic-release@24":                                         "`semantic-release`",
		"npm publish --registry https://registry.npmjs.org":               "`npm publish`",
		"twine upload --repository-url https://test.pypi.org@evil.org/ a": "`twine upload`",
		"TWINE_REPOSITORY=testpypi twine upload a":                        "",
		"export TWINE_REPOSITORY=testpypi; twine upload a":                "",
		"npm publish --dry-run false":                                     "`npm publish`",
		"npm publish --dry-run=false":                                     "`npm publish`",
		"npm publish --dry-run --tag next":                                "",
		"twine upload -r testpypi a":                                      "",
		"twine upload --repository-url=https://test.pypi.org/legacy/ a":   "",
		"twine upload --repository-url http://localhost:8080 a":           "",
		"npm publish --registry http://localhost:4873":                    "",
		"docker push localhost:5000/i":                                    "",
		"R=127.0.0.1:5000 && docker push $R/i > log":                      "",
		"docker buildx build --push=false .":                              "",
		"docker buildx build -t i .":                                      "",
		"docker build -t localhost:5000/i --push .":                       "",
		"skopeo copy docker://alpine dir:y":                               "",
		"twine upload --help":                                             "",
		"npm help publish":                                                "",
		"npm --silent run publish":                                        "",
		"uv publish --dry-run":                                            "",
		"goreleaser release --snapshot":                                   "",
		"npm install -g semantic-release":                                 "",
		"grep -r 'npm publish' docs":                                      "",
		"git commit -m 'npm publish'":                                     "",
		"./notify 'npm publish is done'":                                  "",
		"echo now twine upload":                                           "",
		"echo 'a # b' '# twine upload'":                                   "",
		"make # twine upload":                                             "",
		"pip install twine":                                               "",
		"curl -I https://upload.pypi.org/":                                "",
	} {
		got := ""
		for _, p := range ByCommand(line) {
			got += p.What
		}
		if got != want {
			t.Errorf("%s: publishes %q, want %q", line, got, want)
		}
	}
}

func TestHereDocuments(t *testing.T) {
	const script = "run: |\n          cat > NOTES <<EOF\n          twine upload a\n          EOF\n          bash <<'EOF'\n          npm publish\n          EOF\n          gem push b"
	var got []string
	for _, p := range oneJob(t, "", script).Publishes() {
		got = append(got, fmt.Sprintf("%s:%d %s", p.What, p.Line, p.Script))
	}
	if want := []string{"`npm publish`:11 npm publish", "`gem push`:13 gem push b"}; !slices.Equal(got, want) {
		t.Errorf("publishes %q, want %q", got, want)
	}
}

// A script may be written to cost more than it says.
func TestCommandsEnd(t *testing.T) {
	for _, piece := range []string{"(", ")", "$(", "`", "${", "${{", "'", "\"", "\\", "<<A\n", "twine -a ", "bash -c '", "a=$a$a\n$a\n", "cat <<A $(\n", "<(", "$(cat <<A\nx\n"} {
		ByCommand(strings.Repeat(piece, 20000))
	}
}
