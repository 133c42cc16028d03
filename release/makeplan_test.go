package release

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
)

func versionOf(t *testing.T, scheme version.Scheme, s string) version.Version {
	t.Helper()
	v, err := version.Parse(scheme, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ckanChoice is a choice for ckanPlan.
func ckanChoice(t *testing.T, v string) Choice {
	return Choice{
		Repo: Repo{Owner: "ckan", Name: "ckan"}, Version: versionOf(t, version.PEP440, v), Line: "dev-v2.11",
		Heads: map[string]Branch{
			"ckan/ckan":             {Name: "dev-v2.11", SHA: "aaa"},
			"ckan/ckan-packaging":   {Name: "master", SHA: "bbb"},
			"ckan/ckan-docker-base": {Name: "main", SHA: "ccc"},
		},
		Date: "20260814.1", Source: "twokey.yml", Notes: []text.Safe{text.Clean("a note")},
	}
}

func TestMakePlan(t *testing.T) {
	p, err := MakePlan(ckanPlan(), ckanChoice(t, "2.11.6"))
	if err != nil {
		t.Fatal(err)
	}
	packaging, docker := Repo{Owner: "ckan", Name: "ckan-packaging"}, Repo{Owner: "ckan", Name: "ckan-docker-base"}
	own := Repo{Owner: "ckan", Name: "ckan"}
	deb := func(distro string) Artifact {
		return Artifact{Kind: KindDeb, Name: "https://packaging.ckan.org/python-ckan_2.11-" + distro + "_amd64.deb",
			Version: "2.11.6", Source: "/usr/lib/ckan/default/src/ckan", Mutable: true}
	}
	want := Plan{
		Project: "ckan", Repo: own, Scheme: version.PEP440, Version: "2.11.6", Line: "dev-v2.11", SHA: "aaa",
		Tag: "ckan-2.11.6", Date: "20260814.1", Lines: "dev-v{major}.{minor}", Source: "twokey.yml",
		Notes: []text.Safe{text.Clean("a note")}, VersionFiles: ckanPlan().VersionFiles, Waivers: ckanPlan().Waivers,
		Acknowledged: ckanPlan().Acknowledged,
		Checks: []checks.Own{
			{ID: "own.url", Kind: checks.OwnURL, Name: "https://docs.ckan.org/en/2.11/changelog.html", Contains: "v.2.11.6", When: checks.After},
			{ID: "own.manual", Kind: checks.OwnManual, Name: "Security advisories published", When: checks.Before},
		},
		Stages: []Stage{
			{Name: "package", Repo: own, Trigger: TriggerTag, Branch: "dev-v2.11", SHA: "aaa", Tag: "ckan-2.11.6",
				Workflows: []string{"publish-pypi.yml", "github-release.yml"},
				Artifacts: []Artifact{
					{Kind: KindPyPI, Name: "ckan", Version: "2.11.6"},
					{Kind: KindGitHubRelease, Name: "ckan-2.11.6", Version: "2.11.6", Repo: own},
				}},
			{Name: "deb", Repo: packaging, Trigger: TriggerTag, Branch: "master", SHA: "bbb", Tag: "v20260814.1",
				Workflows: []string{"publish.yml"}, Artifacts: []Artifact{deb("jammy"), deb("noble")}, Needs: []string{"package"}},
			{Name: "docker", Repo: docker, Trigger: TriggerRelease, Branch: "main", SHA: "ccc", Tag: "v20260814.1",
				Workflows: []string{"publish-docker-2.11.yml"}, Needs: []string{"package"},
				Artifacts: []Artifact{{Kind: KindImage, Name: "docker.io/ckan/ckan-base:2.11.6", Version: "2.11.6",
					Source: "/srv/app/src/ckan"}}},
		},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got\n%+v\nwant\n%+v", p, want)
	}
}

// oneStage is a plan file with one stage in the plan's own repository.
func oneStage(s StageSpec) PlanFile {
	s.Name = "a"
	if s.Workflows == nil {
		s.Workflows = []string{"a.yml"}
	}
	return PlanFile{Lines: "main", Tag: "v{version}", Scheme: version.SemVer, Stages: []StageSpec{s}}
}

func oneChoice(t *testing.T, v string) Choice {
	return Choice{Repo: Repo{Owner: "o", Name: "r"}, Version: versionOf(t, version.SemVer, v), Line: "main",
		Heads: map[string]Branch{"o/r": {Name: "main", SHA: "aaa"}, "o/other": {Name: "trunk", SHA: "bbb"}}, Date: "20260814"}
}

func TestMakePlanDefaults(t *testing.T) {
	p, err := MakePlan(oneStage(StageSpec{Trigger: TriggerTag}), oneChoice(t, "1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Project != "r" || p.Tag != "v1.2.3" || p.Stages[0].Tag != "v1.2.3" {
		t.Errorf("%+v", p)
	}
	p, err = MakePlan(oneStage(StageSpec{Trigger: TriggerDispatch, Inputs: map[string]string{"v": "{version} of {line}"}}),
		oneChoice(t, "1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := MakePlan(oneStage(StageSpec{Trigger: TriggerDispatch, Tag: "v{version}-built", Inputs: manyInputs(maxInputs)}),
		oneChoice(t, "1.2.3")); err != nil {
		t.Errorf("a dispatch with its own tag and all the inputs that GitHub takes: %v", err)
	}
	if st := p.Stages[0]; st.Tag != "" || st.ClaimRef(p.Version) != "refs/twokey/a/1.2.3" || st.Inputs["v"] != "1.2.3 of main" {
		t.Errorf("%+v", st)
	}
}

func TestMakePlanArtifacts(t *testing.T) {
	with := map[string][]string{"b": {"2", "1"}, "a": {"y", "x"}}
	f := oneStage(StageSpec{Trigger: TriggerTag, Publishes: []ArtifactSpec{
		{Kind: KindImage, Name: "i:{version}-{a}{b}", With: with}}})
	p, err := MakePlan(f, oneChoice(t, "1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range p.Stages[0].Artifacts {
		names = append(names, a.Name)
	}
	if got := strings.Join(names, " "); got != "i:1.2.3-y2 i:1.2.3-y1 i:1.2.3-x2 i:1.2.3-x1" {
		t.Errorf("order %s", got)
	}
	if with["b"][0] != "2" {
		t.Error("the plan file was changed")
	}
}

func TestMakePlanMutable(t *testing.T) {
	for _, c := range []struct {
		kind    ArtifactKind
		name    string
		version string
		mutable bool
	}{
		{KindPyPI, "p", "1.2.3", false},
		{KindImage, "i:{version}", "1.2.3", false},
		{KindImage, "i:{major}.{minor}", "1.2.3", true},
		{KindImage, "i:{major}.{minor}.{patch}", "1.2.3", false},
		{KindImage, "i:{major}.{minor}.{patch}", "1.2.3-rc.1", true},
		{KindImage, "i:latest", "1.2.3", true},
		{KindImage, "i:1.2.3", "1.2.3", true},
		{KindImage, "i:{date}", "1.2.3", false},
		{KindDeb, "https://h/p_{major}.{minor}.deb", "1.2.3", true},
		{KindDeb, "https://h/{version}/p.deb", "1.2.3", false},
		{KindGitHubRelease, "v{version}", "1.2.3", false},
		{KindGitHubRelease, "v{date}", "1.2.3", false},
		{KindGitHubRelease, "nightly", "1.2.3", true},
	} {
		f := oneStage(StageSpec{Trigger: TriggerTag, Publishes: []ArtifactSpec{{Kind: c.kind, Name: c.name}}})
		p, err := MakePlan(f, oneChoice(t, c.version))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := p.Stages[0].Artifacts[0].Mutable; got != c.mutable {
			t.Errorf("%s of %s: mutable %v", c.name, c.version, got)
		}
	}
}

// refusal is a plan that can not be made, and why.
type refusal struct {
	name   string
	spec   StageSpec
	change func(*PlanFile, *Choice)
	want   string
}

// checkRefusals asserts what is said of each refusal, and that no plan comes of it.
func checkRefusals(t *testing.T, list []refusal) {
	t.Helper()
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			f, choice := oneStage(c.spec), oneChoice(t, "1.2.3")
			if c.change != nil {
				c.change(&f, &choice)
			}
			p, err := MakePlan(f, choice)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if KindOf(err) != KindUsage || HintOf(err) == "" || !reflect.DeepEqual(p, Plan{}) {
				t.Errorf("kind %v, hint %q, plan %+v", KindOf(err), HintOf(err), p)
			}
		})
	}
}

// TestMakePlanRefuses is about the choice, the tags and the stages.
func TestMakePlanRefuses(t *testing.T) {
	tag := StageSpec{Trigger: TriggerTag}
	elsewhere := StageSpec{Repo: Repo{Owner: "o", Name: "other"}, Trigger: TriggerTag, Tag: "v{date}"}
	checkRefusals(t, []refusal{
		{"no version", tag, func(_ *PlanFile, c *Choice) { c.Version = version.Version{} }, "no version is chosen"},
		{"other scheme", tag, func(f *PlanFile, _ *Choice) { f.Scheme = version.PEP440 }, "of the scheme semver, the plan's of pep440"},
		{"no line", tag, func(_ *PlanFile, c *Choice) { c.Line = "" }, "no release line"},
		{"no head", tag, func(_ *PlanFile, c *Choice) { c.Heads = nil }, "the head of main is not known"},
		{"no stage", tag, func(f *PlanFile, _ *Choice) { f.Stages = nil }, "no stage"},
		{"no tag", tag, func(f *PlanFile, _ *Choice) { f.Tag = "" }, `trigger "tag" needs a tag`},
		{"tag for git", tag, func(f *PlanFile, _ *Choice) { f.Tag = "v..{version}" }, "holds .. or @{"},
		{"tag of another version", tag, func(f *PlanFile, c *Choice) {
			f.Tag = "v{major}.{minor}.{patch}"
			c.Version = versionOf(t, version.SemVer, "1.2.3-rc.1")
		}, `the tag "v1.2.3" does not name the version`},
		{"placeholder of nobody", tag, func(f *PlanFile, _ *Choice) { f.Tag = "v{version}{x}" }, "unknown placeholder {x}"},
		{"no trigger", StageSpec{}, nil, `unknown trigger ""`},
		{"no workflow", StageSpec{Trigger: TriggerTag, Workflows: []string{}}, nil, "it names no workflow"},
		{"workflow elsewhere", StageSpec{Trigger: TriggerTag, Workflows: []string{"{line}/a.yml"}}, nil, "is no file of its own"},
		{"one workflow twice", StageSpec{Trigger: TriggerTag, Workflows: []string{"1.yml", "{major}.yml"}}, nil, "is no file of its own"},
		{"control in the line", tag, func(_ *PlanFile, c *Choice) { c.Line = "ma\u202ein" }, "the release line \"ma<U+202E>in\" holds a control character"},
		{"control in another branch", elsewhere, func(_ *PlanFile, c *Choice) { c.Heads["o/other"] = Branch{Name: "a\x1b", SHA: "b"} }, "of o/other holds a control character"},
		{"placeholder in another branch", elsewhere, func(f *PlanFile, _ *Choice) { f.Stages[0].Branch = "{x}" }, "unknown placeholder {x}"},
		{"branch for git", elsewhere, func(f *PlanFile, _ *Choice) { f.Stages[0].Branch = "a..{major}" }, "the branch \"a..1\": "},
		{"dispatch with a tag for git", StageSpec{Trigger: TriggerDispatch, Tag: "{version}~"}, nil, "the tag \"1.2.3~\": "},
		{"no head elsewhere", elsewhere, func(_ *PlanFile, c *Choice) { delete(c.Heads, "o/other") }, "the head of o/other is not known"},
		{"other branch", elsewhere, func(f *PlanFile, _ *Choice) { f.Stages[0].Branch = "r{major}" }, `was read from "trunk" and not from "r1"`},
		{"no date", elsewhere, func(_ *PlanFile, c *Choice) { c.Date = "" }, "needs a date"},
		{"needs nobody", tag, func(f *PlanFile, _ *Choice) { f.Stages[0].Needs = []string{"b"} }, `needs "b", which is no stage`},
		{"needs itself", tag, func(f *PlanFile, _ *Choice) { f.Stages[0].Needs = []string{"a"} }, "a -> a"},
		{"same claim", tag, func(f *PlanFile, _ *Choice) {
			f.Stages = append(f.Stages, StageSpec{Name: "b", Trigger: TriggerRelease, Workflows: []string{"b.yml"}, Tag: "v1.2.3"})
		}, "stages a and b have the same claim refs/tags/v1.2.3 in o/r"},
		{"bad name of a stage", tag, func(f *PlanFile, _ *Choice) { f.Stages[0].Name = "A/.." }, "its name is not of"},
	})
}

// The version of a package in an apt repository is found by the indexes: its name is that
// of every release, and each of them stays apart.
func TestMakePlanApt(t *testing.T) {
	f := ckanPlan()
	f.Stages = f.Stages[:1]
	f.Stages[0].Publishes = []ArtifactSpec{{Kind: KindApt, Name: "https://apt.example/ckan", Source: "/usr/lib/{version}", With: map[string][]string{"a": {"amd64", "arm64"}},
		Apt: AptSuite{Suite: "ckan-{major}", Package: "python-ckan", Architecture: "{a}", Key: "keys/{line}.asc"}}}
	p, err := MakePlan(f, ckanChoice(t, "2.11.6"))
	if err != nil {
		t.Fatal(err)
	}
	want := Artifact{Kind: KindApt, Name: "https://apt.example/ckan", Version: "2.11.6", Source: "/usr/lib/2.11.6", Repo: p.Repo,
		Apt: AptSuite{Suite: "ckan-2", Component: "main", Package: "python-ckan", Architecture: "amd64", Key: "keys/dev-v2.11.asc", Commit: "aaa"}}
	got := p.Stages[0].Artifacts
	if len(got) != 2 || got[0] != want || got[1].Apt.Architecture != "arm64" {
		t.Fatalf("got  %+v\nwant %+v and the other", got, want)
	}
	if s := got[1].String(); s != "apt python-ckan 2.11.6 in ckan-2/main for arm64 of https://apt.example/ckan" {
		t.Errorf("it is called %s", s)
	}
	before, ok := want.before(p, checks.TagName{Version: "2.11.5"})
	if want.Version, want.Source = "2.11.5", "/usr/lib/2.11.5"; !ok || before != want {
		t.Errorf("the one before is %+v, %v", before, ok)
	}
	if s := takeBack(got[0]); !strings.Contains(s, "`reprepro remove ckan-2 python-ckan`") {
		t.Errorf("it is taken back so: %s", s)
	}
}

// manyInputs are n inputs of a dispatch.
func manyInputs(n int) map[string]string {
	out := map[string]string{}
	for i := range n {
		out[fmt.Sprintf("i%d", i)] = "x"
	}
	return out
}

// TestMakePlanRefusesArtifacts is about what a stage publishes and is given.
func TestMakePlanRefusesArtifacts(t *testing.T) {
	publish := func(a ArtifactSpec) StageSpec { return StageSpec{Trigger: TriggerTag, Publishes: []ArtifactSpec{a}} }
	checkRefusals(t, []refusal{
		{"artifact twice", publish(ArtifactSpec{Kind: KindImage, Name: "i:{major}", With: map[string][]string{"x": {"1", "2"}}}), nil, "would be published twice"},
		{"no values", publish(ArtifactSpec{Kind: KindImage, Name: "i:{x}", With: map[string][]string{"x": {}}}), nil, "its with gives 0 artifacts"},
		{"image's tag", publish(ArtifactSpec{Kind: KindImage, Name: "i:{version}"}), func(_ *PlanFile, c *Choice) {
			c.Version = versionOf(t, version.SemVer, "1.2.3+build")
		}, `image "i:1.2.3+build": want an image with its tag`},
		{"deb's scheme", publish(ArtifactSpec{Kind: KindDeb, Name: "ftp://h/{version}"}), nil, "want an http or https URL"},
		{"apt's scheme", publish(ArtifactSpec{Kind: KindApt, Name: "http://h/", Apt: AptSuite{Suite: "s", Package: "pk", Key: "k"}}), nil, "want the https URL"},
		{"suite", publish(ArtifactSpec{Kind: KindApt, Name: "https://h/", Apt: AptSuite{Suite: "{x}", Package: "pk", Key: "k"},
			With: map[string][]string{"x": {"../a"}}}), nil, `suite "../a"`},
		{"apt's key", publish(ArtifactSpec{Kind: KindApt, Name: "https://h/", Apt: AptSuite{Suite: "s", Package: "pk", Key: "/k"}}), nil, `key "/k"`},
		{"release for git", publish(ArtifactSpec{Kind: KindGitHubRelease, Name: "{version}.lock"}), nil, "ends in .lock"},
		{"kind", publish(ArtifactSpec{Kind: "npm", Name: "x"}), nil, `unknown kind "npm"`},
		{"source", publish(ArtifactSpec{Kind: KindPyPI, Name: "p", Source: "../x"}), nil, "leads out of the artifact"},
		{"empty name", publish(ArtifactSpec{Kind: KindPyPI}), nil, "the pypi is empty"},
		{"too many artifacts", publish(ArtifactSpec{Kind: KindImage, Name: "i:{x}{y}", With: map[string][]string{
			"x": make([]string, 17), "y": make([]string, 16)}}), nil, "its with gives 257 artifacts"},
		{"too many inputs", StageSpec{Trigger: TriggerDispatch, Inputs: manyInputs(maxInputs + 1)}, nil, "26 inputs: GitHub takes at most 25"},
		{"inputs", StageSpec{Trigger: TriggerDispatch, Inputs: map[string]string{"v": "{nobody}"}}, nil, "unknown placeholder {nobody}"},
		{"control", StageSpec{Trigger: TriggerDispatch, Inputs: map[string]string{"v": "a\x1b"}}, nil, "holds a control character"},
		{"bidi", StageSpec{Trigger: TriggerDispatch, Inputs: map[string]string{"v": "a\u202e"}}, nil, "an invisible one"},
	})
}

func TestMakePlanLeavesItsInputAlone(t *testing.T) {
	f, c := ckanPlan(), ckanChoice(t, "2.11.6")
	p, err := MakePlan(f, c)
	if err != nil {
		t.Fatal(err)
	}
	p.Stages[0].Workflows[0], p.Notes[0], p.VersionFiles[0].Path, p.Checks[0].Name, p.Stages[1].Needs[0] = "x", text.Safe{}, "x", "x", "x"
	if !reflect.DeepEqual(f, ckanPlan()) || !reflect.DeepEqual(c, ckanChoice(t, "2.11.6")) {
		t.Error("changing the plan changed what it was made of")
	}
}

func TestRefProblem(t *testing.T) {
	for name, good := range map[string]bool{
		"v1.2.3": true, "ckan-2.12.0b0": true, "refs/twokey/a/1!2.0+x": true, "a/b": true, "é": true, "a@b": true, "{x}": true,
		"": false, "@": false, "HEAD": false, "-v1": false, "a b": false, "a\x7f": false, "a\u0085": false, "a~1": false,
		"a^": false, "a:b": false, "a?": false, "a*": false, "a[": false, `a\b`: false, "a..b": false, "a@{b": false,
		"a.": false, "/a": false, "a/": false, "a//b": false, ".a": false, "a/.b": false, "a.lock": false, "a.lock/b": false,
		strings.Repeat("a", 201): false,
	} {
		if problem := refProblem(name); (problem == "") != good {
			t.Errorf("%q: %q", name, problem)
		}
	}
}
