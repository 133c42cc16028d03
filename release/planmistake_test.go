package release

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

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

// mistake is a change to a good plan and what is said of it.
type mistake struct {
	name     string
	old, new string
	want     string // the place and a part of the problem
}

// checkMistakes asserts what is said of each mistake, and that no plan comes of it.
func checkMistakes(t *testing.T, list []mistake) {
	t.Helper()
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			f, err := ParsePlanFile("twokey.yml", []byte(planWith(c.old, c.new)))
			wantMistake(t, err, c.want)
			if !reflect.DeepEqual(f, PlanFile{}) {
				t.Errorf("a plan beside the error: %+v", f)
			}
		})
	}
}

func TestParsePlanFileGood(t *testing.T) {
	if _, err := ParsePlanFile("twokey.yml", []byte(planWith("", ""))); err != nil {
		t.Errorf("the plan that the mistakes are made in is none: %v", err)
	}
}

// TestParsePlanFileKeys is about keys, types and placeholders.
func TestParsePlanFileKeys(t *testing.T) {
	checkMistakes(t, []mistake{
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
	})
}

// TestParsePlanFileStages is about stages and what they need.
func TestParsePlanFileStages(t *testing.T) {
	checkMistakes(t, []mistake{
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
	})
}

// TestParsePlanFileArtifacts is about what a stage publishes.
func TestParsePlanFileArtifacts(t *testing.T) {
	checkMistakes(t, []mistake{
		{"unknown kind", "      - image: o", "      - npm: o", `15:9: unknown key "npm" in an artifact`},
		{"no kind", "      - image: o/i:{version}-{py}\n        with: {py: [py3.10, 3.12]}\n        source: /srv", "      - source: /srv", `15:9: an artifact is one of pypi`},
		{"two kinds", "        source: /srv", "        pypi: x-{py}", `15:9: an artifact has one kind: image is a second one`},
		{"bad image", "o/i:{version}-{py}", "o/i-{py}", `15:16: image "o/i-{py}": want an image with its tag`},
		{"with not used", "o/i:{version}-{py}", "o/i:{version}", `does not use {py} of its with`},
		{"with shadows", "with: {py: [", "with: {date: [", `16:16: with: {date} has a meaning already`},
		{"with twice", "3.12]", "py3.10]", `16:29: with py: "py3.10" is there twice`},
		{"source out", "source: /srv", "source: /srv/../etc", `17:17: source "/srv/../etc": want a plain path`},
	})
}

// TestParsePlanFileSections is about version files, checks and waivers.
func TestParsePlanFileSections(t *testing.T) {
	checkMistakes(t, []mistake{
		{"bad regexp", `'v = "(.+)"'`, `'v = (['`, `23:29: pattern: missing closing ]`},
		{"no group", `'v = "(.+)"'`, `v`, `23:29: pattern: want one group ( ) around the version, not 0`},
		{"two groups", `'v = "(.+)"'`, `'(a)(b)'`, `23:29: pattern: want one group ( ) around the version, not 2`},
		{"path out", "path: a/b.py", "path: ../b.py", `23:12: path "../b.py": want a path below the repository's root`},
		{"path from root", "path: a/b.py", "path: /etc/passwd", `23:12: path "/etc/passwd": want`},
		{"path back", "path: a/b.py", `path: a\b.py`, `23:12: path "a\\b.py": want`},
		{"waive what can not be", "check: wf.unpinned", "check: tag.free", `21:13: check "tag.free" can not be waived`},
		{"waive no id", "check: wf.unpinned", "check: everything", `21:13: check "everything": want a check's id`},
		{"bad date", "until: 2027-01-31", "until: 2027-02-31", `21:48: until "2027-02-31": want a day such as 2027-01-31`},
		{"no date", ", until: 2027-01-31", "", `21:6: a waiver has no "until"`},
		{"manual with a page", "{manual: look}", "{manual: look, contains: x}", `19:20: a manual check has no "contains"`},
		{"page with nothing to hold", "{manual: look}", "{url: 'https://a.org/'}", `19:6: a check of a page has no "contains"`},
		{"check of a file", "{manual: look}", "{url: 'file:///etc/passwd', contains: x}", `19:11: url "file:///etc/passwd": want an http`},
		{"check when", "{manual: look}", "{manual: look, when: later}", `19:26: unknown when "later"`},
	})
}

// TestParsePlanFileText is about what no plan is written in.
func TestParsePlanFileText(t *testing.T) {
	checkMistakes(t, []mistake{
		{"merge key", "version: 1\n", "version: 1\n<<: {a: b}\n", `2:1: want a plain key, not an anchor or alias`},
		{"anchor", "lines: main", "lines: &x main", `2:8: lines: want text, not an anchor or alias`},
		{"tag of YAML", "lines: main", "lines: !!str main", `2:8: lines: want text, not a YAML tag`},
		{"complex key", "lines: main", "? lines\n: main", `2:1: want a plain key`},
		{"not YAML", "lines: main", "lines: 'main", `not YAML: `},
		{"tab", "lines: main", "\tlines: main", `2:1: not YAML: found character '`},
		{"second document", "lines: main", "---\nlines: main", `3:6: a second YAML document`},
		{"control character", "lines: main", "lines: ma\x1bin", `2:10: the control character U+001B`},
		{"escaped control character", "lines: main", `lines: "ma\u001bin"`, `2:8: lines: want one line without control characters or invisible ones`},
		{"escaped bidi control", "lines: main", `lines: "ma\u202ein"`, `2:8: lines: want one line without control characters or invisible ones`},
		{"bidi control", "lines: main", "lines: ma\u202ein", `2:8: lines: want one line without control characters or invisible ones`},
		{"two lines", "lines: main", "lines: |\n  a\n  b", `2:8: lines: want one line`},
		{"blank", "lines: main", "lines: ' '", `2:8: lines is empty`},
		{"not UTF-8", "lines: main", "lines: é\xff", `2:9: not valid UTF-8`},
		{"not closed", "[a.yml]", "[a.yml", `not YAML`},
	})
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
