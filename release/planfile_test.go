package release

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
)

func TestParsePlanFileCKAN(t *testing.T) {
	src, err := os.ReadFile("testdata/plan/ckan.yml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParsePlanFile("twokey.yml", src)
	if err != nil {
		t.Fatal(err)
	}
	if want := ckanPlan(); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// ckanPlan is testdata/plan/ckan.yml.
func ckanPlan() PlanFile {
	return PlanFile{
		Project: "ckan", Lines: "dev-v{major}.{minor}", Tag: "ckan-{version}", Scheme: version.PEP440,
		VersionFiles: []checks.VersionFile{{Path: "ckan/__init__.py", Pattern: `__version__ = "(.+)"`}},
		Stages: []StageSpec{
			{Name: "package", Trigger: TriggerTag, Tag: "ckan-{version}",
				Workflows: []string{"publish-pypi.yml", "github-release.yml"},
				Publishes: []ArtifactSpec{
					{Kind: KindPyPI, Name: "ckan"},
					{Kind: KindGitHubRelease, Name: "ckan-{version}"},
				}},
			{Name: "deb", Repo: Repo{Owner: "ckan", Name: "ckan-packaging"}, Needs: []string{"package"},
				Trigger: TriggerTag, Tag: "v{date}", Workflows: []string{"publish.yml"},
				Publishes: []ArtifactSpec{{Kind: KindDeb,
					Name:   "https://packaging.ckan.org/python-ckan_{major}.{minor}-{distro}_amd64.deb",
					Source: "/usr/lib/ckan/default/src/ckan",
					With:   map[string][]string{"distro": {"jammy", "noble"}}}}},
			{Name: "docker", Repo: Repo{Owner: "ckan", Name: "ckan-docker-base"}, Needs: []string{"package"},
				Trigger: TriggerRelease, Tag: "v{date}", Workflows: []string{"publish-docker-{major}.{minor}.yml"},
				Publishes: []ArtifactSpec{{Kind: KindImage, Name: "docker.io/ckan/ckan-base:{version}",
					Source: "/srv/app/src/ckan"}}},
		},
		Checks: []OwnCheck{
			{URL: "https://docs.ckan.org/en/{major}.{minor}/changelog.html", Contains: "v.{version}", When: After},
			{Manual: "Security advisories published", When: Before},
		},
		Waivers: []checks.Waiver{{Check: "wf.permissions", Reason: text.Clean("tracked in #123"),
			Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}},
	}
}

func TestParsePlanFileSmall(t *testing.T) {
	for _, c := range []struct{ name, src string }{
		{"the least", "version: 1\nlines: main\ntag: v{version}\nstages:\n  - name: a\n    trigger: tag\n    workflows: [a.yml]\n"},
		{"windows", "\ufeffversion: 1\r\nlines: main\r\ntag: v{version}\r\nstages:\r\n- {name: a, trigger: tag, workflows: [a.yml]}\r\n"},
		{"json", `{"version": 1, "lines": "main", "tag": "v{version}", "stages": [{"name": "a", "trigger": "tag", "workflows": ["a.yml"]}]}`},
		{"one document", "---\nversion: 1\nlines: main\ntag: v{version}\nstages: [{name: a, trigger: tag, workflows: [a.yml]}]\n...\n"},
	} {
		got, err := ParsePlanFile("twokey.yml", []byte(c.src))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := PlanFile{Lines: "main", Tag: "v{version}", Scheme: version.SemVer, Stages: []StageSpec{
			{Name: "a", Trigger: TriggerTag, Tag: "v{version}", Workflows: []string{"a.yml"}}}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}

// planWith is a good plan with one line put in the place of another.
func planWith(old, new string) string {
	const good = `version: 1
lines: main
tag: v{version}
stages:
  - name: a
    trigger: tag
    workflows: [a.yml]
  - name: b
    repo: o/r
    needs: [a]
    trigger: dispatch
    workflows: [b.yml]
    inputs: {ref: '{version}'}
    publishes:
      - image: o/i:{version}-{py}
        with: {py: [py3.10, 3.12]}
        source: /srv
checks:
  - {manual: look}
waive:
  - {check: wf.unpinned, reason: later, until: 2027-01-31}
version-files:
  - {path: a/b.py, pattern: 'v = "(.+)"'}
`
	if old != "" && strings.Count(good, old) != 1 {
		panic("planWith: " + old)
	}
	return strings.Replace(good, old, new, 1)
}

func TestParsePlanFileMistakes(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new string
		want     string // the place and a part of the problem
	}{
		{"unknown key", "tag: v{", "tagg: v{", `3:1: unknown key "tagg" in the plan; did you mean "tag"?`},
		{"unknown key of a stage", "    needs: [a]", "    after: [a]", `10:5: unknown key "after" in a stage; known are`},
		{"duplicate key", "lines: main", "lines: main\nlines: dev", `3:1: the key "lines" is there twice; first on line 2`},
		{"no version", "version: 1\n", "", `1:1: the plan has no "version"`},
		{"other version", "version: 1\n", "version: 2\n", `1:10: version "2": this twokey reads version 1`},
		{"nothing", "lines: main", "lines:", `2:7: lines: want text, not nothing`},
		{"wrong type", "lines: main", "lines: [main]", `2:8: lines: want text, not a list`},
		{"list for mapping", "checks:\n  - {manual: look}", "checks: {manual: look}", `18:9: checks: want a list such as [a, b], not a mapping`},
		{"text for list", "[a.yml]", "a.yml", `7:16: workflows: want a list such as [a, b], not text`},
		{"empty list", "[a.yml]", "[]", `7:16: workflows: the list is empty`},
		{"unknown placeholder", "image: o/i:{version}-", "image: o/i:{verison}-", `15:20: image: unknown placeholder {verison}; did you mean "version"?`},
		{"placeholder of nobody", "ref: '{version}'", "ref: '{py}'", `13:20: input ref: unknown placeholder {py}`},
		{"version in lines", "lines: main", "lines: v{version}", `2:9: lines: unknown placeholder {version}`},
		{"line in tag", "tag: v{version}", "tag: v{line}", `3:7: tag: unknown placeholder {line}`},
		{"tag without version", "tag: v{version}", "tag: v{major}", `3:6: tag "v{major}" does not carry the version`},
		{"unknown trigger", "trigger: dispatch", "trigger: dispach", `11:14: unknown trigger "dispach"; did you mean "dispatch"?`},
		{"unknown scheme", "lines: main", "lines: main\nversions: pep404", `3:11: unknown versions "pep404"; did you mean "pep440"?`},
		{"unknown kind", "      - image: o", "      - npm: o", `15:9: unknown key "npm" in an artifact`},
		{"no kind", "      - image: o/i:{version}-{py}\n        with: {py: [py3.10, 3.12]}\n        source: /srv", "      - source: /srv", `15:9: an artifact is one of pypi`},
		{"two kinds", "        source: /srv", "        pypi: x-{py}", `15:9: an artifact has one kind: image is a second one`},
		{"bad image", "o/i:{version}-{py}", "o/i-{py}", `15:16: image "o/i-{py}": want an image with its tag`},
		{"with not used", "o/i:{version}-{py}", "o/i:{version}", `does not use {py} of its with`},
		{"with shadows", "with: {py: [", "with: {date: [", `16:16: with: {date} has a meaning already`},
		{"with twice", "3.12]", "py3.10]", `16:29: with py: "py3.10" is there twice`},
		{"bad regexp", `'v = "(.+)"'`, `'v = (['`, `23:29: pattern: missing closing ]`},
		{"no group", `'v = "(.+)"'`, `v`, `23:29: pattern: want one group ( ) around the version, not 0`},
		{"two groups", `'v = "(.+)"'`, `'(a)(b)'`, `23:29: pattern: want one group ( ) around the version, not 2`},
		{"path out", "path: a/b.py", "path: ../b.py", `23:12: path "../b.py": want a path below the repository's root`},
		{"path from root", "path: a/b.py", "path: /etc/passwd", `23:12: path "/etc/passwd": want`},
		{"path back", "path: a/b.py", `path: a\b.py`, `23:12: path "a\\b.py": want`},
		{"stage name", "name: b", "name: B_1", `8:11: stage name "B_1": want up to 40 of a-z`},
		{"stage twice", "name: b", "name: a", `8:11: a second stage "a"`},
		{"needs nobody", "needs: [a]", "needs: [a, c]", `10:16: stage "b" needs "c", which is no stage`},
		{"cycle", "    trigger: tag", "    needs: [b]\n    trigger: tag", `6:12: the stages need each other: a -> b -> a`},
		{"needs itself", "needs: [a]", "needs: [b]", `10:12: the stages need each other: b -> b`},
		{"no tag", "tag: v{version}\n", "", `5:14: trigger "tag" needs a tag: give the plan one`},
		{"no tag elsewhere", "trigger: dispatch", "trigger: release", `11:14: a stage with trigger "release" in another repository needs a tag of its own`},
		{"constant tag", "    repo: o/r", "    repo: o/r\n    tag: v{major}", `10:10: tag "v{major}" would be the same the next time`},
		{"no workflows", "    workflows: [a.yml]\n", "", `5:5: a stage has no "workflows"`},
		{"workflow path", "[a.yml]", "[.github/workflows/a.yml]", `7:17: workflow ".github/workflows/a.yml": want the name of a .yml or .yaml file in .github/workflows: write a.yml`},
		{"workflow not yaml", "[a.yml]", "[a.json]", `7:17: workflow "a.json"`},
		{"workflow twice", "[a.yml]", "[a.yml, a.yml]", `7:24: workflow "a.yml" is there twice`},
		{"bad repo", "repo: o/r", "repo: o", `9:11: repo "o": want OWNER/NAME`},
		{"repo with a host's path", "repo: o/r", "repo: https://github.com/o/r", `9:11: repo "https://github.com/o/r"`},
		{"branch at home", "    trigger: tag", "    trigger: tag\n    branch: x", `7:5: a stage in the plan's own repository is released from the line`},
		{"inputs of a tag", "    trigger: tag", "    trigger: tag\n    inputs: {a: b}", `7:5: only a dispatch has inputs`},
		{"bad input", "{ref: '{", "{'a b': '{", `13:14: input "a b": want a letter`},
		{"source out", "source: /srv", "source: /srv/../etc", `17:17: source "/srv/../etc": want a plain path`},
		{"waive what can not be", "check: wf.unpinned", "check: tag.free", `21:13: check "tag.free" can not be waived`},
		{"waive no id", "check: wf.unpinned", "check: everything", `21:13: check "everything": want a check's id`},
		{"bad date", "until: 2027-01-31", "until: 2027-02-31", `21:48: until "2027-02-31": want a day such as 2027-01-31`},
		{"no date", ", until: 2027-01-31", "", `21:6: a waiver has no "until"`},
		{"manual with a page", "{manual: look}", "{manual: look, contains: x}", `19:20: a manual check has no "contains"`},
		{"page with nothing to hold", "{manual: look}", "{url: 'https://a.org/'}", `19:6: a check of a page has no "contains"`},
		{"check of a file", "{manual: look}", "{url: 'file:///etc/passwd', contains: x}", `19:11: url "file:///etc/passwd": want an http`},
		{"check when", "{manual: look}", "{manual: look, when: later}", `19:26: unknown when "later"`},
		{"merge key", "version: 1\n", "version: 1\n<<: {a: b}\n", `2:1: want a plain key, not an anchor or alias`},
		{"anchor", "lines: main", "lines: &x main", `2:8: lines: want text, not an anchor or alias`},
		{"tag of YAML", "lines: main", "lines: !!str main", `2:8: lines: want text, not a YAML tag`},
		{"complex key", "lines: main", "? lines\n: main", `2:1: want a plain key`},
		{"not YAML", "lines: main", "lines: 'main", `not YAML: `},
		{"tab", "lines: main", "\tlines: main", `2:1: not YAML: found character '`},
		{"second document", "lines: main", "---\nlines: main", `3:6: a second YAML document`},
		{"control character", "lines: main", "lines: ma\x1bin", `2:10: the control character U+001B`},
		{"escaped control character", "lines: main", `lines: "ma\u001bin"`, `2:8: lines: want one line without control characters`},
		{"two lines", "lines: main", "lines: |\n  a\n  b", `2:8: lines: want one line`},
		{"blank", "lines: main", "lines: ' '", `2:8: lines is empty`},
		{"not UTF-8", "lines: main", "lines: é\xff", `2:9: not valid UTF-8`},
		{"not closed", "[a.yml]", "[a.yml", `not YAML`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ParsePlanFile("twokey.yml", []byte(planWith(c.old, c.new)))
			wantMistake(t, err, c.want)
			if !reflect.DeepEqual(f, PlanFile{}) {
				t.Errorf("a plan beside the error: %+v", f)
			}
		})
	}
	if _, err := ParsePlanFile("twokey.yml", []byte(planWith("", ""))); err != nil {
		t.Errorf("the good plan is not: %v", err)
	}
}

// wantMistake asserts the place, the kind and the form of a mistake.
func wantMistake(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if KindOf(err) != KindUsage || HintOf(err) == "" {
		t.Errorf("kind %v, hint %q", KindOf(err), HintOf(err))
	}
	e, ok := errors.AsType[*PlanFileError](err)
	if !ok || e.Line < 1 || e.Column < 1 || e.Problem.IsZero() {
		t.Errorf("no place in %#v", e)
	}
}

func TestParsePlanFileHuge(t *testing.T) {
	many := func(s string) string { return "a: " + strings.Repeat(s, 60000/len(s)) }
	for name, src := range map[string]string{
		"empty": "", "only a comment": "# nothing\n", "null": "null\n", "text": "hello\n", "list": "- a\n",
		"too large": strings.Repeat("# comment\n", 7000),
		"brackets":  many("["), "braces": many("{a: "), "dashes": strings.Repeat("- ", 30000),
		"questions": strings.Repeat("? ", 30000), "anchors": many("&a "), "tags": many("!a "),
		"bomb": "a: &a [x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nlines: *c\n",
	} {
		start := time.Now()
		_, err := ParsePlanFile("twokey.yml", []byte(src))
		wantMistake(t, err, "twokey.yml:")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if len(err.Error()) > 8000 {
			t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
		}
	}
}

func TestParsePlanFileTooMuch(t *testing.T) {
	inputs := "inputs: {"
	for i := range maxInputs + 1 {
		inputs += "i" + strings.Repeat("x", i) + ": '1', "
	}
	_, err := ParsePlanFile("twokey.yml", []byte(planWith("inputs: {ref: '{version}'}", inputs+"}")))
	wantMistake(t, err, "26 inputs: GitHub takes at most 25")

	var values []string
	for i := range 20 {
		values = append(values, "a"+strings.Repeat("b", i))
	}
	_, err = ParsePlanFile("twokey.yml", []byte(strings.Replace(
		planWith("with: {py: [py3.10, 3.12]}", "with: {py: "+flowList(values)+", arch: "+flowList(values)+"}"),
		"-{py}", "-{py}-{arch}", 1)))
	wantMistake(t, err, "more than 256 artifacts in one stage")

	stages := "stages:\n"
	for i := range maxStages + 1 {
		stages += "  - {name: a" + strings.Repeat("b", i) + ", trigger: dispatch, workflows: [a.yml]}\n"
	}
	_, err = ParsePlanFile("twokey.yml", []byte("version: 1\nlines: main\n"+stages))
	wantMistake(t, err, "more than 32 stages")

	_, err = ParsePlanFile("twokey.yml", []byte(planWith("lines: main", "lines: "+strings.Repeat("m", 2000))))
	wantMistake(t, err, "lines is longer than 1024 bytes")
}

func TestPlanFileErrorShowsThePlace(t *testing.T) {
	_, err := ParsePlanFile("o/r@4f2c9ab:twokey.yml", []byte("version: 1\nlines: 'é'\nlinse: x\ntag: 'é{x}'\n"))
	want := `o/r@4f2c9ab:twokey.yml:1:1: the plan has no "stages"
  1 | version: 1
    | ^
o/r@4f2c9ab:twokey.yml:3:1: unknown key "linse" in the plan; did you mean "lines"?
  3 | linse: x
    | ^
o/r@4f2c9ab:twokey.yml:4:8: tag: unknown placeholder {x}; known are version, major, minor, patch
  4 | tag: 'é{x}'
    |        ^`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestPlanFileErrorClipsAndCleans(t *testing.T) {
	line := "lines: \u202e" + strings.Repeat("x", 400) + " {bad}"
	_, err := ParsePlanFile("a\x1b[2J.yml", []byte("version: 1\n"+line+"\n"))
	e, ok := errors.AsType[*PlanFileError](err)
	if !ok {
		t.Fatal(err)
	}
	if strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("raw text in %q", err)
	}
	for one := range strings.SplitSeq(err.Error(), "\n") {
		if text.Clean(one).Width() > maxProblem+60 {
			t.Errorf("a line of %d cells", text.Clean(one).Width())
		}
	}
	if e.Caret >= e.Source.Width() {
		e2, _ := errors.AsType[*PlanFileError](errors.Unwrap(err))
		t.Logf("%+v", e2)
	}
}

func TestPlanFileErrorsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		b.WriteString("key" + strings.Repeat("x", i) + ": 1\n")
	}
	_, err := ParsePlanFile("twokey.yml", []byte(b.String()))
	wantMistake(t, err, "more")
	if n := strings.Count(err.Error(), "twokey.yml:"); n != maxPlanErrors {
		t.Errorf("%d mistakes shown", n)
	}
}

func TestEncode(t *testing.T) {
	odd := PlanFile{
		Project: "yes", Lines: "{major}.x", Tag: "it's-{version}", Scheme: version.SemVer,
		Stages: []StageSpec{
			{Name: "a", Trigger: TriggerRelease, Tag: "it's-{version}", Workflows: []string{"a, b.yml", "#c.yml"}},
			{Name: "b", Repo: Repo{Host: "ghe.example.org", Owner: "o", Name: "r"}, Needs: []string{"a"},
				Trigger: TriggerDispatch, Branch: "2.0", Tag: "{date}", Workflows: []string{"d.yaml"},
				Inputs: map[string]string{"on": "true", "x": "null", "y": ": # '\"", "z": "{version}"}},
			{Name: "0", Trigger: TriggerTag, Tag: "v{date}", Workflows: []string{"{line}.yml"},
				Publishes: []ArtifactSpec{{Kind: KindDeb, Name: "http://h/{a}/{b}?x=y#z", Source: "a b",
					With: map[string][]string{"b": {"24.10", "~"}, "a": {"[", "*x"}}}}},
		},
	}
	for name, f := range map[string]PlanFile{"ckan": ckanPlan(), "odd": odd} {
		src, err := f.Encode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back, err := ParsePlanFile("twokey.yml", src)
		if err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("%s: %s\ncomes back as %+v, %v", name, src, back, err)
		}
		again, _ := back.Encode()
		if !bytes.Equal(again, src) {
			t.Errorf("%s is written in two ways", name)
		}
	}
	if src, err := (PlanFile{Lines: "main"}).Encode(); err == nil {
		t.Errorf("a plan without stages becomes %s", src)
	}
}

func FuzzParsePlanFile(f *testing.F) {
	src, err := os.ReadFile("testdata/plan/ckan.yml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte(planWith("", "")))
	for _, s := range []string{"", "a: [", "? ", "- - -", "a: &a *a", "\ufeff", "%YAML", "a: |\n", "'': 1", "{", "\t", "---\n...\n---"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		plan, err := ParsePlanFile("twokey.yml", src)
		if err != nil {
			e, ok := errors.AsType[*PlanFileError](err)
			if !ok || e.Line < 1 || e.Column < 1 || KindOf(err) != KindUsage {
				t.Errorf("no place: %v", err)
			}
			return
		}
		out, err := plan.Encode()
		if err != nil {
			t.Fatalf("what was read can not be written: %v", err)
		}
		back, err := ParsePlanFile("twokey.yml", out)
		if err != nil || !reflect.DeepEqual(back, plan) {
			t.Errorf("%s\ncomes back as %+v, %v", out, back, err)
		}
	})
}
