package release

import (
	"reflect"
	"strings"
	"testing"

	"twokey/checks"
)

// everyOwnCheck is one check of each kind, as items of a flow list at planWith's.
const everyOwnCheck = `{manual: look}
  - {url: 'https://a.org/{version}', contains: 'v{version}'}
  - {file: 'docs/{major}.{minor}.md', contains: '"{version}" [x]*'}
  - {changelog: CHANGES.md}
  - {changelog: NEWS.md, fragments: 'news/{major}/', id: news}
  - {issues-none: 'milestone:{version}'}
  - {advisories: published, when: after}
  - {manual: tell people, id: tell, when: after}
  - {url: 'https://b.org/', contains: up, id: up, when: before}`

func TestParseOwnChecks(t *testing.T) {
	f, err := ParsePlanFile("twokey.yml", []byte(planWith("{manual: look}", everyOwnCheck)))
	if err != nil {
		t.Fatal(err)
	}
	want := []checks.Own{
		{ID: "own.manual", Kind: checks.OwnManual, Name: "look", When: checks.Before},
		{ID: "own.url", Kind: checks.OwnURL, Name: "https://a.org/{version}", Contains: "v{version}", When: checks.After},
		{ID: "own.file", Kind: checks.OwnFile, Name: "docs/{major}.{minor}.md", Contains: `"{version}" [x]*`, When: checks.Before},
		{ID: "own.changelog", Kind: checks.OwnChangelog, Name: "CHANGES.md", When: checks.Before},
		{ID: "own.news", Kind: checks.OwnChangelog, Name: "NEWS.md", Fragments: "news/{major}", When: checks.Before},
		{ID: "own.issues-none", Kind: checks.OwnIssuesNone, Name: "milestone:{version}", When: checks.Before},
		{ID: "own.advisories", Kind: checks.OwnAdvisories, Name: "published", When: checks.After},
		{ID: "own.tell", Kind: checks.OwnManual, Name: "tell people", When: checks.After},
		{ID: "own.up", Kind: checks.OwnURL, Name: "https://b.org/", Contains: "up", When: checks.Before},
	}
	if !reflect.DeepEqual(f.Checks, want) {
		t.Errorf("got\n%+v\nwant\n%+v", f.Checks, want)
	}
	src, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParsePlanFile("twokey.yml", src)
	if err != nil || !reflect.DeepEqual(back, f) {
		t.Errorf("%s\ncomes back as %+v, %v", src, back, err)
	}
}

// An own check can be waived by its id, and keeps it wherever it stands.
func TestOwnCheckIDs(t *testing.T) {
	const a, b = "{manual: look}", "{manual: look again, id: again}"
	for _, list := range []string{a + "\n  - " + b, b + "\n  - " + a} {
		src := strings.Replace(planWith("{manual: look}", list), "check: wf.unpinned", "check: own.again", 1)
		f, err := ParsePlanFile("twokey.yml", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		for _, own := range f.Checks {
			if want := map[string]string{"look": "own.manual", "look again": "own.again"}[own.Name]; own.ID != want {
				t.Errorf("%s is %s, want %s", own.Name, own.ID, want)
			}
		}
	}
}

// ownPlan makes a plan with own checks.
func ownPlan(t *testing.T, v string, own ...checks.Own) (Plan, error) {
	f, c := oneStage(StageSpec{Trigger: TriggerTag}), oneChoice(t, v)
	f.Checks = own
	return MakePlan(f, c)
}

func TestMakePlanFillsInOwnChecks(t *testing.T) {
	p, err := ownPlan(t, "1.2.3",
		checks.Own{ID: "own.url", Kind: checks.OwnURL, Name: "https://a.org/{line}/{date}", Contains: "v{version}", When: checks.After},
		checks.Own{ID: "own.changelog", Kind: checks.OwnChangelog, Name: "docs/{major}.md", Fragments: "news/{minor}", When: checks.Before},
		checks.Own{ID: "own.tell", Kind: checks.OwnManual, Name: "tell of {version}", When: checks.After})
	if err != nil {
		t.Fatal(err)
	}
	want := []checks.Own{
		{ID: "own.url", Kind: checks.OwnURL, Name: "https://a.org/main/20260814", Contains: "v1.2.3", When: checks.After},
		{ID: "own.changelog", Kind: checks.OwnChangelog, Name: "docs/1.md", Contains: "1.2.3", Fragments: "news/2", When: checks.Before},
		{ID: "own.tell", Kind: checks.OwnManual, Name: "tell of 1.2.3", When: checks.After},
	}
	if !reflect.DeepEqual(p.Checks, want) || !reflect.DeepEqual(p.Subject().Own, want) {
		t.Errorf("got\n%+v\nand for judging\n%+v\nwant\n%+v", p.Checks, p.Subject().Own, want)
	}
	if p.Notes != nil {
		t.Errorf("what is a check is noted, too: %v", p.Notes)
	}
	var todo []string
	for _, s := range p.Afterwards() {
		todo = append(todo, s.String())
	}
	if got := strings.Join(todo, "\n"); got != "https://a.org/main/20260814 holds `v1.2.3`\ntell of 1.2.3" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestMakePlanRefusesOwnChecks(t *testing.T) {
	for _, c := range []struct {
		own  checks.Own
		want string
	}{
		{checks.Own{Kind: checks.OwnFile, Name: "../{version}", Contains: "x"}, "want a path below"},
		{checks.Own{Kind: checks.OwnChangelog, Name: "a", Fragments: "../{version}"}, "want a path below"},
		{checks.Own{Kind: checks.OwnFile, Name: "a", Contains: "{who}"}, "unknown placeholder {who}"},
		{checks.Own{Kind: checks.OwnFile, Name: "a"}, "the contains is empty"},
		{checks.Own{Kind: checks.OwnURL, Name: "ftp://{version}", Contains: "x"}, "want an http or https URL"},
		{checks.Own{Kind: checks.OwnManual, Name: "a\x1b[2J"}, "holds a control character"},
		{checks.Own{Kind: "command", Name: "make"}, "no kind of check"},
		{checks.Own{Kind: checks.OwnManual}, "the manual is empty"},
	} {
		c.own.ID = "own.x"
		p, err := ownPlan(t, "1.2.3", c.own)
		if err == nil || !strings.Contains(err.Error(), "check own.x: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.own, err, c.want)
		}
		if KindOf(err) != KindUsage || !reflect.DeepEqual(p, Plan{}) {
			t.Errorf("kind %v, plan %+v", KindOf(err), p)
		}
	}
}
