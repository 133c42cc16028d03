package release

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"runtime"
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
		Checks: []checks.Own{
			{ID: "own.url", Kind: checks.OwnURL, Name: "https://docs.ckan.org/en/{major}.{minor}/changelog.html",
				Contains: "v.{version}", When: checks.After},
			{ID: "own.manual", Kind: checks.OwnManual, Name: "Security advisories published", When: checks.Before},
		},
		Waivers: []checks.Waiver{{Check: "wf.permissions", Reason: text.Clean("tracked in #123"),
			Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}},
		Acknowledged: []checks.Acknowledgement{{Path: ".test_durations.gz", Blob: "5e1f00de3c9b5a3d1b2c4d5e6f708192a3b4c5d6",
			Reason: text.Clean("times of the tests, for splitting them")}},
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

// allocated is how many bytes f allocates in all: what bounds its work on a machine of
// any speed.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
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
		var err error
		took := allocated(func() { _, err = ParsePlanFile("twokey.yml", []byte(src)) })
		wantMistake(t, err, "twokey.yml:")
		if took > 64<<20 {
			t.Errorf("%s took %d MB", name, took>>20)
		}
		if len(err.Error()) > 8000 {
			t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
		}
	}
}

// A long file that is no YAML is refused as fast as it is read.
func BenchmarkParsePlanFileOfAnchors(b *testing.B) {
	src := []byte("a: " + strings.Repeat("&a ", 20000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePlanFile("twokey.yml", src); err == nil {
			b.Fatal("it is a plan")
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
	parse := func(line string) error {
		_, err := ParsePlanFile("a\x1b[2J.yml", []byte(
			"version: 1\n"+line+"\nstages: [{name: a, trigger: dispatch, workflows: [a.yml]}]\n"))
		return err
	}
	if err := parse("lines: \u202emain"); err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("raw text in %q", err)
	}
	err := parse("lines: " + strings.Repeat("x", 400) + " {bad}")
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
	if !strings.HasSuffix(e.Source.String(), " {bad}") || e.Caret != e.Source.Width()-len("{bad}") {
		t.Errorf("the caret is at %d of %q", e.Caret, e.Source)
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
				Inputs: map[string]string{"on": "true", "x": "null", "y": ": # '\"", "z": "{version}"}, NonceInput: "twokey"},
			{Name: "0", Trigger: TriggerTag, Tag: "v{date}", Workflows: []string{"{line}.yml"},
				Publishes: []ArtifactSpec{{Kind: KindDeb, Name: "http://h/{a}/{b}?x=y#z", Source: "a b",
					With: map[string][]string{"b": {"24.10", "~"}, "a": {"[", "*x"}}},
					{Kind: KindApt, Name: "https://a.example/debian", With: map[string][]string{"arch": {"amd64", "arm64"}},
						Apt: AptSuite{Suite: "stable/updates", Component: "main", Package: "x{major}", Architecture: "{arch}", Key: "keys/a b.asc"}},
					{Kind: KindApt, Name: "https://a.example", Apt: AptSuite{Suite: "on", Component: "contrib", Package: "yes", Key: "k"}}}},
		},
		Acknowledged: []checks.Acknowledgement{
			{Path: "it's, {a} #1.bin", Blob: strings.Repeat("1", 40), Reason: text.Clean("no")},
			{Path: "it's, {a} #1.bin", Blob: "12e" + strings.Repeat("5", 61), Reason: text.Clean("a: b")},
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
	f.Add([]byte(planWith("{manual: look}", everyOwnCheck)))
	for _, s := range []string{"", "a: [", "? ", "- - -", "a: &a *a", "\ufeff", "%YAML", "a: |\n", "'': 1", "{", "\t", "---\n...\n---",
		"a:\n\t- b", "a:\r", "\xff\xfea\x00", "a: {b", "<<: *a", "a: !!binary x", "? [a]\n: b", "a: >-\n \tb", "- &a [*a]"} {
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
