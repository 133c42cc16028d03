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
acknowledge:
  - {path: t/x.bin, blob: 5e1f00de3c9b5a3d1b2c4d5e6f708192a3b4c5d6, reason: a picture}
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
		{"stage that is a text", "  - name: b", "  - b\n  - name: b", `8:5: a stage: want a mapping of keys to values, not text`},
		{"needs a number", "needs: [a]", "needs: 1", `10:12: needs: want a list such as [a, b], not a number`},
		{"a nonce for a tag", "    trigger: tag", "    trigger: tag\n    nonce-input: twokey", `7:18: only a dispatch has a nonce-input`},
		{"a nonce that is given", "{ref: '{version}'}", "{ref: '{version}'}\n    nonce-input: ref", `14:18: nonce-input "ref" is given a value in inputs already`},
		{"a nonce that is no name", "{ref: '{version}'}", "{ref: '{version}'}\n    nonce-input: '{version}'", `14:18: nonce-input "{version}": want a letter`},
		{"inputs that are a list", "{ref: '{version}'}", "[ref]", `13:13: inputs: want a mapping of keys to values, not a list`},
		{"repo of nothing", "repo: o/r", "repo: ''", `9:11: repo is empty`},
		{"one tag of two stages", "    repo: o/r\n    needs: [a]\n    trigger: dispatch\n    workflows: [b.yml]\n    inputs: {ref: '{version}'}",
			"    trigger: release\n    workflows: [b.yml]", `9:14: stages "a" and "b" would create the same tag v{version}: put their workflows into one stage`},
		{"two branches of one repository", "    repo: o/r\n", "    repo: o/r\n    branch: x\n  - {name: c, repo: o/r, branch: y, trigger: dispatch, workflows: [c.yml]}\n  - name: d\n    repo: o/d\n",
			`"b" and "c" release o/r from two branches`},
		{"placeholder in a branch", "    repo: o/r", "    repo: o/r\n    branch: '{date}'", `10:14: branch: unknown placeholder {date}`},
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
		{"artifact that is a text", "      - image: o", "      - npm\n      - image: o", `15:9: an artifact: want a mapping`},
		{"with of nothing", "with: {py: [py3.10, 3.12]}", "with: {}", `16:15: with: the mapping is empty`},
		{"with of a bad name", "with: {py: [py3.10, 3.12]}", "with: {py: [a], '1': [b]}", `16:25: with: "1" is no name for a placeholder`},
		{"pypi", "image: o/i:{version}-{py}\n        with: {py: [py3.10, 3.12]}\n        source: /srv", "pypi: -thing", `15:15: pypi "-thing": not a name of a PyPI project`},
		{"release for git", "image: o/i:{version}-{py}\n        with: {py: [py3.10, 3.12]}\n        source: /srv", "github-release: a..{version}", `15:25: github-release "a..{version}": `},
		{"deb with a password", "image: o/i:{version}-{py}\n        with: {py: [py3.10, 3.12]}\n        source: /srv", "deb: 'https://me:secret@h/x.deb'", `want an http or https URL`},
		{"source out", "source: /srv", "source: /srv/../etc", `17:17: source "/srv/../etc": want a plain path`},
	})
}

// TestParsePlanFileApt is about packages in apt repositories.
func TestParsePlanFileApt(t *testing.T) {
	const image = "image: o/i:{version}-{py}\n        with: {py: [py3.10, 3.12]}\n        source: /srv"
	apt := func(lines ...string) string {
		return strings.Join(append([]string{"apt: https://a.example/debian"}, lines...), "\n        ")
	}
	const suite, pkg, key = "suite: stable", "package: harbour", "key: k.asc"
	checkMistakes(t, []mistake{
		{"no suite", image, apt(pkg, key), `15:9: an apt artifact has no "suite"`},
		{"no package", image, apt(suite, key), `15:9: an apt artifact has no "package"`},
		{"no key", image, apt(suite, pkg), `15:9: an apt artifact has no "key"`},
		{"not encrypted", image, "apt: http://a.example/debian\n        suite: stable\n        package: harbour\n        key: k.asc",
			`15:14: apt "http://a.example/debian": want the https URL that stands behind deb in sources.list`},
		{"flat", image, apt("suite: ./", pkg, key), `16:16: the suite "./" is a flat repository`},
		{"suite out", image, apt("suite: ../x", pkg, key), `suite "../x": want the name of a directory below dists`},
		{"package", image, apt(suite, "package: Harbour_1", key), `package "Harbour_1": want the name of a binary package`},
		{"architecture", image, apt(suite, pkg, key, "architecture: amd 64"), `architecture "amd 64": want one such as amd64`},
		{"component", image, apt(suite, pkg, key, "component: ' '"), `19:20: component is empty`},
		{"key out", image, apt(suite, pkg, "key: ../k.asc"), `key "../k.asc": want a path below the repository's root`},
		{"unknown placeholder", image, apt("suite: '{distro}'", pkg, key), `16:17: suite: unknown placeholder {distro}`},
		{"with not used", image, apt(suite, pkg, key, "with: {arch: [amd64, arm64]}"), `does not use {arch} of its with`},
		{"a suite of an image", "        source: /srv", "        suite: stable", `17:9: only an apt artifact has a suite, not a image`},
	})
	f, err := ParsePlanFile("twokey.yml", []byte(planWith(image, apt("suite: '{distro}'", pkg, key, "with: {distro: [noble, jammy]}"))))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Stages[1].Publishes[0].Apt, (AptSuite{Suite: "{distro}", Component: "main", Package: "harbour", Key: "k.asc"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
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
		{"version file that is a text", "{path: a/b.py, pattern: 'v = \"(.+)\"'}", "a/b.py", `23:5: a version file: want a mapping`},
		{"waiver that is a text", "{check: wf.unpinned, reason: later, until: 2027-01-31}", "wf.unpinned", `21:5: a waiver: want a mapping`},
		{"day that is blank", "until: 2027-01-31", "until: ''", `until is empty`},
		{"day with a time", "until: 2027-01-31", "until: 2027-01-31T10:00:00Z", `want a day such as 2027-01-31`},
		{"waive what can not be", "check: wf.unpinned", "check: tag.free", `21:13: check "tag.free" can not be waived`},
		{"waive no id", "check: wf.unpinned", "check: everything", `21:13: check "everything": want a check's id`},
		{"bad date", "until: 2027-01-31", "until: 2027-02-31", `21:48: until "2027-02-31": want a day such as 2027-01-31`},
		{"no date", ", until: 2027-01-31", "", `21:6: a waiver has no "until"`},
	})
}

// TestParsePlanFileAcknowledgements is about files that somebody has looked at.
func TestParsePlanFileAcknowledgements(t *testing.T) {
	const blob = "5e1f00de3c9b5a3d1b2c4d5e6f708192a3b4c5d6"
	const whole = "{path: t/x.bin, blob: " + blob + ", reason: a picture}"
	checkMistakes(t, []mistake{
		{"no list", "acknowledge:\n  - " + whole, "acknowledge: " + whole, `24:14: acknowledge: want a list such as [a, b], not a mapping`},
		{"a text", whole, "t/x.bin", `25:5: an acknowledgement: want a mapping`},
		{"another word", "acknowledge:", "acknowlege:", `24:1: unknown key "acknowlege" in the plan; did you mean "acknowledge"?`},
		{"unknown key", "{path: t/x.bin, blob", "{path: t/x.bin, sha", `25:21: unknown key "sha" in an acknowledgement`},
		{"no path", "path: t/x.bin, ", "", `25:6: an acknowledgement has no "path"`},
		{"no blob", "blob: " + blob + ", ", "", `25:6: an acknowledgement has no "blob"`},
		{"no reason", ", reason: a picture", "", `25:6: an acknowledgement has no "reason"`},
		{"an empty reason", "reason: a picture", "reason: ' '", `25:77: reason is empty`},
		{"path out", "path: t/x.bin", "path: t/../../x.bin", `25:12: path "t/../../x.bin": want a path below the repository's root`},
		{"short blob", "blob: " + blob, "blob: 5e1f00d", `25:27: blob "5e1f00d": want the whole SHA of the file's content`},
		{"blob in capitals", "blob: " + blob, "blob: " + strings.ToUpper(blob), `25:27: blob "5E1F00DE3C9B5A3D1B2C4D5E6F708192A3B4C5D6": want`},
		{"blob of something else", "blob: " + blob, "blob: sha256:" + strings.Repeat("a", 64), `25:27: blob "sha256:aaa`},
		{"twice", whole, whole + "\n  - " + whole, `26:5: t/x.bin is acknowledged twice with the same blob`},
	})
	src := planWith(whole, whole+"\n  - {path: t/x.bin, blob: "+strings.Repeat("b", 64)+", reason: as it was}")
	f, err := ParsePlanFile("twokey.yml", []byte(src))
	if err != nil || len(f.Acknowledged) != 2 || f.Acknowledged[0].Reason.String() != "a picture" {
		t.Errorf("it is read as %+v, %v", f.Acknowledged, err)
	}
}

// TestParsePlanFileOwnChecks is about the project's own checks and their waivers.
func TestParsePlanFileOwnChecks(t *testing.T) {
	check := func(name, check, want string) mistake { return mistake{name, "{manual: look}", check, want} }
	checkMistakes(t, []mistake{
		check("manual with a page", "{manual: look, contains: x}", `19:20: a check of kind manual takes no "contains"`),
		check("page with nothing to hold", "{url: 'https://a.org/'}", `19:6: a check of kind url has no "contains"`),
		check("page that is a file", "{url: 'file:///etc/passwd', contains: x}", `19:11: url "file:///etc/passwd": want an http`),
		check("when", "{manual: look, when: later}", `19:26: unknown when "later"`),
		check("no kind", "{when: before}", `19:6: a check is one of url, file, changelog, issues-none, advisories, manual`),
		check("two kinds", "{manual: look, file: a}", `19:6: a check has one kind, not file and manual`),
		check("unknown kind", "{command: make}", `19:6: unknown key "command" in a check`),
		check("text", "look", `19:5: a check: want a mapping of keys to values, not text`),
		check("file out", "{file: ../a, contains: x}", `19:12: file "../a": want a path below the repository's root`),
		check("file with nothing to hold", "{file: a}", `19:6: a check of kind file has no "contains"`),
		check("file after", "{file: a, contains: x, when: after}", `which a release does not change: leave when out`),
		check("changelog after", "{changelog: a, when: after}", `19:26: a check of kind changelog looks at the released commit`),
		check("changelog from root", "{changelog: /a}", `19:17: changelog "/a": want a path`),
		check("changelog with a text", "{changelog: a, contains: x}", `19:20: a check of kind changelog takes no "contains"`),
		check("fragments of a file", "{file: a, contains: x, fragments: changes}", `19:28: a check of kind file takes no "fragments"`),
		check("fragments outside", "{changelog: a, fragments: ../changes}", `19:31: fragments "../changes": want a path below the repository's root`),
		check("fragments of nobody", "{changelog: a, fragments: '{x}'}", `19:32: fragments: unknown placeholder {x}`),
		check("fragments in another word", "{changelog: a, fragment: changes}", `19:20: unknown key "fragment" in a check; did you mean "fragments"?`),
		check("issues of nothing", "{issues-none: blocker}", `19:19: issues-none "blocker": want label:NAME or milestone:NAME`),
		check("issues of an empty label", "{issues-none: 'label: '}", `19:19: issues-none "label: ": want label:NAME`),
		check("advisories", "{advisories: none}", `19:18: advisories "none": want published`),
		check("unknown placeholder", "{manual: 'tell {who}'}", `manual: unknown placeholder {who}`),
		check("two of a kind", "{manual: look}\n  - {manual: look again}", `20:6: a second check own.manual: give this one an id of its own, such as id: notes`),
		check("two of one id", "{manual: look, id: a}\n  - {file: a, contains: x, id: a}", `20:32: a second check own.a`),
		check("a kind's name as id", "{manual: look}\n  - {file: a, contains: x, id: manual}", `20:32: a second check own.manual`),
		check("id", "{manual: look, id: Look.1}", `19:24: id "Look.1": want up to 40 of a-z, 0-9 and -`),
		{"waive what is not declared", "check: wf.unpinned", "check: own.notes", `21:13: check "own.notes": the plan declares no check of this id`},
		{"waive the waivers", "check: wf.unpinned", "check: plan.waivers", `21:13: check "plan.waivers" can not be waived`},
		{"waive what a moved ref rests on", "check: wf.unpinned", "check: ref.line", `21:13: check "ref.line" can not be waived`},
		{"no reason", ", reason: later", "", `21:6: a waiver has no "reason"`},
		{"blank reason", "reason: later", "reason: ' '", `21:34: reason is empty`},
	})
}

// One mistake is said once: what follows from it is not another one.
func TestParsePlanFileSaysEachMistakeOnce(t *testing.T) {
	for _, c := range []mistake{
		{"tag with an unknown placeholder", "tag: v{version}", "tag: v{verson}", `3:7: tag: unknown placeholder {verson}`},
		{"tag without the version", "tag: v{version}", "tag: v1", `3:6: tag "v1" does not carry the version`},
		{"tag without quotes", "tag: v{version}", "tag: {version}", `3:6: tag: want text, not a mapping: put quotes around text that begins with {`},
		{"tag of nothing", "tag: v{version}", "tag:", `3:5: tag: want text, not nothing`},
		{"tag with one brace", "tag: v{version}", "tag: v{version", `3:6: tag: a brace without the other; a placeholder is written as {version}`},
		{"with that is a list", "with: {py: [py3.10, 3.12]}", "with: [py]", `16:15: with: want a mapping`},
		{"check of two kinds", "{manual: look}", "{manual: look, file: a}", `19:6: a check has one kind`},
		{"check that is none", "{manual: look}", "look\n  - look", `19:5: a check: want a mapping`},
	} {
		_, err := ParsePlanFile("twokey.yml", []byte(planWith(c.old, c.new)))
		wantMistake(t, err, c.want)
		want := 1 + strings.Count(c.new, "\n")
		if n := strings.Count(err.Error(), "twokey.yml:"); n != want {
			t.Errorf("%s: %d mistakes, want %d:\n%v", c.name, n, want, err)
		}
	}
}

// TestParsePlanFileText is about what no plan is written in.
func TestParsePlanFileText(t *testing.T) {
	checkMistakes(t, []mistake{
		{"merge key", "version: 1\n", "version: 1\n<<: {a: b}\n", `2:1: want a plain key, not an anchor or alias`},
		{"anchor", "lines: main", "lines: &x main", `2:8: lines: want text, not an anchor or alias`},
		{"tag of YAML", "lines: main", "lines: !!str main", `2:8: lines: want text, not a YAML tag`},
		{"complex key", "lines: main", "? lines\n: main", `2:1: want a plain key`},
		{"not YAML", "lines: main", "lines: 'main", `not YAML: `},
		{"tab", "lines: main", "\tlines: main", `2:1: a tab is not allowed here; indent with spaces`},
		{"tab after spaces", "    trigger: tag", "  \ttrigger: tag", `6:3: a tab is not allowed here; indent with spaces`},
		{"tab before a list", "  - name: a", "\t- name: a", `5:1: a tab is not allowed here; indent with spaces`},
		{"no colon", "lines: main", "lines main", `2:1: not YAML: want a key, a colon, a space and a value`},
		{"no space", "lines: main", "lines:main", `2:1: not YAML: want a key, a colon, a space and a value`},
		{"odd indentation", "    trigger: tag", "   trigger: tag", `6:4: not YAML: this does not fit here: look at the indentation`},
		{"at sign", "lines: main", "lines: @main", `2:8: not YAML: '@' is a reserved character: put quotes around the value`},
		{"percent sign", "lines: main", "lines: %main", `2:8: not YAML: put quotes around a value that begins with %`},
		{"star", "lines: main", "lines: *", `2:8: not YAML: this does not fit here`},
		{"lone carriage return", "lines: main", "lines: main\rproject: a", `2:12: a carriage return without a line feed`},
		{"UTF-16", "version: 1\n", "\xff\xfev\x00e\x00\n", `1:1: UTF-16: save the file as UTF-8`},
		{"short unknown key", "lines: main", "lines: main\na: b", `3:1: unknown key "a" in the plan; known are version`},
		{"second document", "lines: main", "---\nlines: main", `3:1: a second YAML document`},
		{"control character", "lines: main", "lines: ma\x1bin", `2:10: the control character U+001B`},
		{"escaped control character", "lines: main", `lines: "ma\u001bin"`, `2:8: lines: want one line without control characters or invisible ones`},
		{"escaped bidi control", "lines: main", `lines: "ma\u202ein"`, `2:8: lines: want one line without control characters or invisible ones`},
		{"bidi control", "lines: main", "lines: ma\u202ein", `2:8: lines: want one line without control characters or invisible ones`},
		{"text in a folded block with a tab", "lines: main", "lines: >-\n  \tmain", `2:8: lines: want one line`},
		{"true for a name", "lines: main", "lines: [true]", `2:8: lines: want text, not a list`},
		{"infinity", "lines: main", "lines: .inf", `2:8: lines: want text, not a number`},
		{"directive", "version: 1\n", "%YAML 1.2\n---\nversion: 1\n", `1:1: want the plan, not a YAML directive: leave it out`},
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
