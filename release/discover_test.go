package release

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/checks/version"
)

// job is the text of a workflow with one job.
func job(on string, steps ...string) string {
	return "on: " + on + "\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - " +
		strings.Join(steps, "\n      - ") + "\n"
}

const (
	onTags     = "{push: {tags: ['v*']}}"
	onReleases = "{release: {types: [published]}}"
	stepPyPI   = "uses: pypa/gh-action-pypi-publish@0123456"
	stepGH     = "run: gh release create \"$GITHUB_REF_NAME\" --verify-tag"
)

// found makes what Discover looks at, of files by name.
func found(files map[string]string, tags, branches []string) Found {
	f := Found{Repo: Repo{Owner: "o", Name: "thing"}, Default: "main", Files: map[string][]byte{}}
	for _, name := range keysOf(files) {
		if slices.Contains(Manifests(), name) || strings.HasSuffix(name, ".py") || name == "VERSION" {
			f.Files[name] = []byte(files[name])
		} else {
			f.Workflows = append(f.Workflows, WorkflowFile{File: name, Content: []byte(files[name])})
		}
	}
	for i, t := range tags {
		f.Tags = append(f.Tags, Tag{Name: t, SHA: fmt.Sprintf("t%d", i)})
	}
	for i, b := range append([]string{"main"}, branches...) {
		f.Branches = append(f.Branches, Branch{Name: b, SHA: fmt.Sprintf("b%d", i)})
	}
	return f
}

// discover runs Discover and holds its plan to being written and read.
func discover(t *testing.T, f Found) (PlanFile, string) {
	t.Helper()
	p, notes, err := Discover(f)
	if err != nil {
		t.Fatal(err)
	}
	src, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParsePlanFile("twokey.yml", src)
	back.VersionFrom = p.VersionFrom // is not written
	if err != nil || !reflect.DeepEqual(back, p) {
		t.Errorf("%s\ncomes back as %+v, %v; was %+v", src, back, err, p)
	}
	var all []string
	for _, n := range notes {
		all = append(all, n.String())
	}
	return p, strings.Join(all, "\n")
}

// TestDiscoverLikeCKAN is a project of the shape that twokey was made for.
func TestDiscoverLikeCKAN(t *testing.T) {
	files := map[string]string{
		"publish-pypi.yml": "on:\n  push:\n    tags: ['thing-**']\njobs:\n" +
			"  build:\n    if: github.repository == 'o/thing'\n    runs-on: x\n    steps: [{run: python3 -m build}]\n" +
			"  publish:\n    needs: [build]\n    runs-on: x\n    environment: {name: pypi, url: 'https://pypi.org/p/Thing'}\n" +
			"    steps: [{uses: pypa/gh-action-pypi-publish@dc37677}]\n",
		"github-release.yml": job("{push: {tags: ['thing-**']}}", stepGH),
		"test-pypi.yml":      job("{push: {branches: [main]}}", stepPyPI+"\n        with: {repository-url: 'https://test.pypi.org/legacy/'}"),
		"test.yml":           job("push", "run: make test"),
		"setup.cfg":          "[metadata]\nname = thing\nversion = attr: thing.__version__\n",
		"package.json":       `{"name": "styles", "version": "0.0.1"}`,
	}
	p, notes := discover(t, found(files,
		[]string{"thing-2.9.11", "thing-2.10.9", "thing-2.11.5", "thing-2.12.0b0", "release-v1.3", "thing-1.0a", "nonsense"},
		[]string{"2.10", "2.11", "dev-v2.10", "dev-v2.11", "dev-v2.12", "backport-1-to-dev-v2.11", "test-solr-9.9-2.11"}))
	want := PlanFile{Project: "thing", Lines: "dev-v{major}.{minor}", Tag: "thing-{version}", Scheme: version.PEP440,
		Stages: []StageSpec{{Name: "release", Trigger: TriggerTag, Tag: "thing-{version}",
			Workflows: []string{"github-release.yml", "publish-pypi.yml"},
			Publishes: []ArtifactSpec{{Kind: KindPyPI, Name: "Thing"}, {Kind: KindGitHubRelease, Name: "thing-{version}"}}}}}
	want.VersionFrom.Saw = text.Clean("setup.cfg takes the version from thing.__version__, which can not be read without running it")
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got\n%+v\nwant\n%+v", p, want)
	}
	for _, note := range []string{"from dev-v{major}.{minor}, not from {major}.{minor}", "takes the version from thing.__version__"} {
		if !strings.Contains(notes, note) {
			t.Errorf("no note %q in\n%s", note, notes)
		}
	}
}

// TestDiscoverVersions follows the ways in which people cut a version out of a
// tag and hand it on.
func TestDiscoverVersions(t *testing.T) {
	push := "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'o/i:%s'}"
	for _, c := range []struct {
		name  string
		steps []string
		want  string // empty: not seen
	}{
		{"output", []string{"id: v\n        run: echo \"x=${GITHUB_REF#refs/tags/v}\" >> \"$GITHUB_OUTPUT\"", fmt.Sprintf(push, "${{ steps.v.outputs.x }}")}, "o/i:{version}"},
		{"variables", []string{"id: v\n        run: |\n          TAG=${GITHUB_REF/refs\\/tags\\//}\n          VERSION=\"${TAG#v}\"\n          echo \"x=$VERSION\" >> $GITHUB_OUTPUT", fmt.Sprintf(push, "${{ steps.v.outputs.x }}")}, "o/i:{version}"},
		{"environment", []string{"run: echo V=${GITHUB_REF_NAME#v} >> $GITHUB_ENV", fmt.Sprintf(push, "${{ env.V }}")}, "o/i:{version}"},
		{"expression", []string{"id: v\n        run: echo \"x=${{ github.ref_name }}-a\" >> $GITHUB_OUTPUT", fmt.Sprintf(push, "${{ steps.v.outputs.x }}")}, "o/i:v{version}-a"},
		{"env of the step", []string{"id: v\n        env: {T: '${{ github.ref_name }}'}\n        run: echo \"x=$T\" >> $GITHUB_OUTPUT", fmt.Sprintf(push, "${{ steps.v.outputs.x }}")}, "o/i:v{version}"},
		{"command", []string{"id: v\n        run: echo \"x=$(git describe)\" >> $GITHUB_OUTPUT", fmt.Sprintf(push, "${{ steps.v.outputs.x }}")}, ""},
		{"condition", []string{"id: v\n        run: |\n          X=1\n          if true; then\n            X=2\n          fi\n          echo \"x=$X\" >> $GITHUB_OUTPUT", fmt.Sprintf(push, "${{ steps.v.outputs.x }}")}, ""},
		{"overwritten", []string{"run: echo V=1 >> $GITHUB_ENV", "run: echo V=$(date) >> $GITHUB_ENV", fmt.Sprintf(push, "${{ env.V }}")}, ""},
		{"glob", []string{"run: echo V=${GITHUB_REF_NAME#v[0-9]} >> $GITHUB_ENV", fmt.Sprintf(push, "${{ env.V }}")}, ""},
		{"itself", []string{"run: echo V=${{ env.V }} >> $GITHUB_ENV", fmt.Sprintf(push, "${{ env.V }}")}, ""},
		{"function", []string{fmt.Sprintf(push, "${{ format(''{0}'', github.ref_name) }}")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, notes := discover(t, found(map[string]string{"r.yml": job(onTags, c.steps...)}, []string{"v1.0.0"}, nil))
			want := ""
			if c.want != "" {
				want = "image docker.io/" + c.want
			} else if !strings.Contains(notes, "could not be seen") {
				t.Errorf("no note in\n%s", notes)
			}
			if got := artifactList(p.Stages[0].Publishes); got != want {
				t.Errorf("publishes %q, want %q", got, want)
			}
		})
	}
}

func TestDiscoverMetadataAction(t *testing.T) {
	steps := func(with string) []string {
		return []string{"id: meta\n        uses: docker/metadata-action@v5\n        with:\n          images: ghcr.io/O/Thing\n" + with,
			"uses: docker/build-push-action@v6\n        with: {push: true, tags: '${{ steps.meta.outputs.tags }}'}"}
	}
	p, notes := discover(t, found(map[string]string{"r.yml": job(onTags, steps(`          tags: |
            type=semver,pattern={{version}}
            type=semver,pattern={{major}}.{{minor}}
            type=ref,event=branch
            type=sha
            type=raw,value=stable
            type=raw,value=${{ secrets.X }}
            type=semver,pattern={{date}}
            type=raw,value=odd,enable=${{ github.ref == 'x' }}
            type=ref,event=tag,prefix=t-
`)...)}, []string{"v1.0.0"}, nil))
	want := "image ghcr.io/o/thing:{version}, image ghcr.io/o/thing:{major}.{minor}, image ghcr.io/o/thing:stable, image ghcr.io/o/thing:t-v{version}"
	if got := artifactList(p.Stages[0].Publishes); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if n := strings.Count(notes, "by the rule"); n != 3 {
		t.Errorf("%d notes on rules in\n%s", n, notes)
	}
	p, _ = discover(t, found(map[string]string{"r.yml": job(onTags, steps("")...)}, []string{"v1.0.0"}, nil))
	if got := artifactList(p.Stages[0].Publishes); got != "image ghcr.io/o/thing:v{version}" {
		t.Errorf("without rules: %s", got)
	}
	p, notes = discover(t, found(map[string]string{"r.yml": job(onTags, steps("          flavor: suffix=-x\n")...)}, []string{"v1.0.0"}, nil))
	if len(p.Stages[0].Publishes) > 0 || !strings.Contains(notes, "flavor") {
		t.Errorf("with a flavor: %v\n%s", p.Stages[0].Publishes, notes)
	}
}

func TestDiscoverMatrix(t *testing.T) {
	w := "on: " + onTags + "\njobs:\n  one:\n    runs-on: x\n    strategy: {matrix: {py: ['3.11', '3.12']%s}}\n" +
		"    steps: [{uses: docker/build-push-action@v6, with: {push: true, tags: 'o/i:${{ github.ref_name }}-py${{ matrix.py }}'}}]\n"
	p, _ := discover(t, found(map[string]string{"r.yml": fmt.Sprintf(w, "")}, []string{"v1.0.0"}, nil))
	want := []ArtifactSpec{{Kind: KindImage, Name: "docker.io/o/i:v{version}-py{py}", With: map[string][]string{"py": {"3.11", "3.12"}}}}
	if got := p.Stages[0].Publishes; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	p, _ = discover(t, found(map[string]string{"r.yml": fmt.Sprintf(w, ", include: [{py: '3.13'}]")}, []string{"v1.0.0"}, nil))
	if len(p.Stages[0].Publishes) > 0 {
		t.Errorf("a matrix with include is taken for its rows: %+v", p.Stages[0].Publishes)
	}
}

// TestDiscoverTriggers is about which workflows are the release's, and what
// starts them.
func TestDiscoverTriggers(t *testing.T) {
	pat := "run: gh release create x\n        env: {GH_TOKEN: '${{ secrets.RELEASE_PAT }}'}"
	for _, c := range []struct {
		name      string
		files     map[string]string
		trigger   Trigger
		workflows string
		publishes string
		note      string
	}{
		{"two on a tag", map[string]string{"a.yml": job(onTags, stepPyPI), "b.yml": job(onTags, stepGH)},
			TriggerTag, "a.yml b.yml", "pypi thing, github-release v{version}", ""},
		{"push of anything", map[string]string{"a.yml": job("push", stepPyPI+"\n        if: startsWith(github.ref, 'refs/tags/')")},
			TriggerTag, "a.yml", "pypi thing", ""},
		{"release", map[string]string{"a.yml": job(onReleases, stepPyPI)},
			TriggerRelease, "a.yml", "pypi thing, github-release v{version}", ""},
		{"any release", map[string]string{"a.yml": job("release", stepPyPI)},
			TriggerRelease, "a.yml", "pypi thing, github-release v{version}", ""},
		{"tag and release", map[string]string{"a.yml": job(onTags, "run: npm publish"), "b.yml": job(onReleases, stepPyPI)},
			TriggerRelease, "a.yml b.yml", "pypi thing, github-release v{version}", "a.yml wait for a tag and b.yml for a release"},
		{"release by the own token", map[string]string{"a.yml": job(onTags, stepGH), "b.yml": job(onReleases, stepPyPI)},
			TriggerTag, "a.yml", "github-release v{version}", "b.yml wait for a release, but the one that a.yml creates"},
		{"release by another token", map[string]string{"a.yml": job(onTags, pat), "b.yml": job(onReleases, stepPyPI)},
			TriggerTag, "a.yml b.yml", "pypi thing, github-release v{version}", "with a token of its own, which starts b.yml"},
		{"both in one", map[string]string{"a.yml": job("{push: {tags: ['v*']}, release: {types: [published]}}", stepPyPI)},
			TriggerRelease, "a.yml", "pypi thing, github-release v{version}", ""},
		{"only for releases", map[string]string{"a.yml": job(onTags, stepPyPI), "b.yml": job(onTags, "run: ./announce"), "c.yml": job("{push: {tags: ['docs-*']}}", "run: x")},
			TriggerTag, "a.yml b.yml", "pypi thing", "b.yml is started by a tag push, but no step"},
		{"dispatch", map[string]string{"a.yml": job("{workflow_dispatch: {inputs: {version: {required: true}, tag_name: {}, dry: {type: boolean, default: false}}}}", stepPyPI)},
			TriggerDispatch, "a.yml", "pypi thing", `the input "version" of a.yml is assumed to take the version`},
		{"dispatch with a nonce", map[string]string{"a.yml": "run-name: Release ${{ inputs.nonce }}\n" + job("{workflow_dispatch: {inputs: {nonce: {}}}}", stepPyPI)},
			TriggerDispatch, "a.yml", "pypi thing", `the input "nonce" of a.yml is assumed to take a nonce`},
		{"dispatch by name", map[string]string{"publish.yml": job("workflow_dispatch", "run: npm publish"), "tag.yml": job("workflow_dispatch", "run: npm publish")},
			TriggerDispatch, "publish.yml", "", "publish.yml is taken for the release by its name"},
		{"tag before dispatch", map[string]string{"a.yml": job(onTags, stepPyPI), "b.yml": job("workflow_dispatch", stepGH)},
			TriggerTag, "a.yml", "pypi thing", ""},
		{"jobs for other events", map[string]string{"a.yml": job("{push: {tags: ['v*']}, workflow_dispatch: null}",
			stepPyPI+"\n        if: github.event_name == 'push'", stepGH+"\n        if: github.event_name == 'workflow_dispatch'")},
			TriggerTag, "a.yml", "pypi thing", ""},
		{"another repository", map[string]string{"a.yml": job(onTags, stepPyPI+"\n        if: ${{ github.repository == 'fork/thing' }}", stepGH)},
			TriggerTag, "a.yml", "github-release v{version}", ""},
		{"taken out", map[string]string{"a.yml": job("{push: {tags: ['v*', '!v*']}}", stepGH), "b.yml": job(onTags, stepPyPI)},
			TriggerTag, "b.yml", "pypi thing", ""},
		{"tags-ignore", map[string]string{"a.yml": job("{push: {tags-ignore: ['v*']}}", stepGH), "b.yml": job(onTags, stepPyPI)},
			TriggerTag, "b.yml", "pypi thing", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, notes := discover(t, found(c.files, []string{"v1.0.0"}, nil))
			s := p.Stages[0]
			if s.Trigger != c.trigger || strings.Join(s.Workflows, " ") != c.workflows || artifactList(s.Publishes) != c.publishes {
				t.Errorf("%s of %v publishing %q", s.Trigger, s.Workflows, artifactList(s.Publishes))
			}
			if !strings.Contains(notes, c.note) {
				t.Errorf("no note %q in\n%s", c.note, notes)
			}
			if len(p.Stages) != 1 || (s.Trigger == TriggerDispatch) != (s.Tag == "") {
				t.Errorf("stages %+v", p.Stages)
			}
		})
	}
}

func TestDiscoverCalledWorkflows(t *testing.T) {
	call := func(uses, with string) string {
		return "on: " + onTags + "\njobs:\n  one:\n    uses: " + uses + "\n    with: {" + with + "}\n"
	}
	files := map[string]string{
		"a.yml": call("./.github/workflows/b.yml", "image: 'o/${{ github.event.repository.name }}'"),
		"b.yml": "on: {workflow_call: {inputs: {image: {type: string}, tag: {type: string, default: '1.0'}}}}\njobs:\n" +
			"  v:\n    runs-on: x\n    outputs: {t: '${{ steps.v.outputs.t }}'}\n    steps: [{id: v, run: 'echo t=${GITHUB_REF_NAME#v} >> $GITHUB_OUTPUT'}]\n" +
			"  p:\n    needs: v\n    runs-on: x\n    steps: [{uses: docker/build-push-action@v6, with: {push: true, tags: '${{ inputs.image }}:${{ needs.v.outputs.t }},${{ inputs.image }}:${{ inputs.tag }}'}}]\n",
	}
	p, _ := discover(t, found(files, []string{"v1.0.0"}, nil))
	if got := artifactList(p.Stages[0].Publishes); got != "image docker.io/o/thing:{version}, image docker.io/o/thing:1.0" {
		t.Errorf("publishes %s", got)
	}
	if got := p.Stages[0].Workflows; len(got) != 1 || got[0] != "a.yml" {
		t.Errorf("workflows %v: a called workflow is no run of its own", got)
	}
	_, notes := discover(t, found(map[string]string{"a.yml": call("other/repo/.github/workflows/x.yml@v1", "")}, nil, nil))
	if !strings.Contains(notes, "a.yml calls other/repo/.github/workflows/x.yml@v1, which is in another repository") {
		t.Errorf("notes\n%s", notes)
	}
	circle := map[string]string{"a.yml": strings.Replace(call("./.github/workflows/a.yml", ""), onTags, "{push: {tags: ['v*']}, workflow_call: null}", 1)}
	if p, _ := discover(t, found(circle, nil, nil)); len(p.Stages[0].Publishes) > 0 {
		t.Error("a workflow that calls itself publishes something")
	}
}

func TestDiscoverRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", nil, "it has no workflows"},
		{"not YAML", map[string]string{"a.yml": "on: ["}, "none of its workflows can be read"},
		{"only tests", map[string]string{"a.yml": job("push", "run: go test ./...")}, "no workflow publishes"},
		{"only branches", map[string]string{"a.yml": job("{push: {branches: [main]}}", stepPyPI)}, "no workflow publishes"},
		{"two dispatches", map[string]string{"a.yml": job("workflow_dispatch", stepPyPI), "b.yml": job("workflow_dispatch", stepGH)}, "which one releases is not told: a.yml, b.yml"},
		{"an input", map[string]string{"a.yml": job("{workflow_dispatch: {inputs: {channel: {required: true}}}}", stepPyPI)}, `a.yml needs the input "channel"`},
	} {
		p, notes, err := Discover(found(c.files, []string{"v1.0.0"}, nil))
		if err == nil || !strings.Contains(err.Error(), c.want) || KindOf(err) != KindUsage || HintOf(err) == "" {
			t.Errorf("%s: %v", c.name, err)
		}
		if !reflect.DeepEqual(p, PlanFile{}) || notes != nil {
			t.Errorf("%s: a plan beside the error", c.name)
		}
	}
}

func FuzzDiscover(f *testing.F) {
	f.Add(job(onTags, stepPyPI), "v1.0.0", "release-1.0", "[project]\nname = 'x'\n")
	f.Add(job(onReleases, stepGH), "2024.1", "2.x", "")
	f.Add(job("workflow_dispatch", "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'o/i:${{ env.X }}'}"), "x", "y", "z")
	f.Add(job(onTags, "run: |\n          A=${GITHUB_REF##*/}\n          echo \"x=$A\" >> $GITHUB_OUTPUT\n          docker push a/b:$A"), "{}1.0", "v1", "\xff")
	f.Fuzz(func(t *testing.T, workflow, tag, branch, manifest string) {
		in := found(map[string]string{"a.yml": workflow, "pyproject.toml": manifest, "setup.cfg": manifest}, []string{tag, "v1.0.0"}, []string{branch})
		p, _, err := Discover(in)
		if err != nil {
			if KindOf(err) != KindUsage {
				t.Errorf("%v", err)
			}
			return
		}
		if _, err := p.Encode(); err != nil {
			t.Errorf("what was discovered can not be written: %v", err)
		}
	})
}
