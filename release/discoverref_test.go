package release

import (
	"strings"
	"testing"

	"github.com/rhysd/actionlint"

	"twokey/checks/version"
)

func TestDiscoverTags(t *testing.T) {
	pypi, gh := stepPyPI, stepGH
	for _, c := range []struct {
		name   string
		filter string
		step   string
		tags   string
		tag    string
		scheme version.Scheme
		note   string
	}{
		{"v", "v*", gh, "v1.0.0 v1.1.0", "v{version}", version.SemVer, ""},
		{"bare", "*", pypi, "1.0.0 1.1.0", "{version}", version.PEP440, ""},
		{"name", "thing-**", pypi, "thing-1.0 thing-1.1", "thing-{version}", version.PEP440, ""},
		{"changed", "**", gh, "1.0.0 1.1.0 v2.0.0 v2.1.0 v2.2.0", "v{version}", version.SemVer, ""},
		{"of a part", "**", gh, "cli/v1.0.0 cli/v1.1.0 cli/v1.2.0 docs-1.0.0", "cli/v{version}", version.SemVer, ""},
		{"digits before", "**", gh, "py3-1.0.0 py3-1.1.0", "py3-{version}", version.SemVer, ""},
		{"others do not start it", "v*", gh, "v1.0.0 x9.0.0 x9.1.0 x9.2.0", "v{version}", version.SemVer, ""},
		{"two numbers", "v*", gh, "v1.0 v1.1 v1.2", "v{version}", version.PEP440, ""},
		{"betas", "v*", gh, "v1.0.0b1 v1.0.0b2 v1.0.0", "v{version}", version.PEP440, ""},
		{"semver's pre-releases", "v*", gh, "v1.0.0-rc.1 v1.0.0-rc.2 v1.0.0", "v{version}", version.SemVer, ""},
		{"dates", "v*", gh, "v20250101 v20260814 v20260814.1", "v{version}", version.PEP440, "look like dates"},
		{"none yet", "v*", gh, "", "v{version}", version.SemVer, "no tag names a version yet: v{version}"},
		{"none yet of a name", "thing-[0-9]+.*", gh, "", "thing-{version}", version.SemVer, "thing-{version} is assumed"},
		{"none yet, bare", "[0-9]+.[0-9]+.[0-9]+", gh, "", "{version}", version.SemVer, "{version} is assumed"},
		{"no versions", "v*", gh, "vista vault", "v{version}", version.SemVer, "no tag names a version yet"},
		{"braces", "**", gh, "{x}1.0.0", "v{version}", version.SemVer, "no tag names a version yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"r.yml": job("{push: {tags: ['"+c.filter+"']}}", c.step)}
			p, notes := discover(t, found(files, strings.Fields(c.tags), nil))
			if p.Tag != c.tag || p.Scheme != c.scheme {
				t.Errorf("tag %s, scheme %s", p.Tag, p.Scheme)
			}
			if !strings.Contains(notes, c.note) {
				t.Errorf("no note %q in\n%s", c.note, notes)
			}
		})
	}
}

func TestDiscoverLines(t *testing.T) {
	for _, c := range []struct {
		name     string
		tags     string
		branches string
		want     string
		note     string
	}{
		{"none", "v1.0.0", "feature fix-1.0", "main", "from the default branch main"},
		{"docs beside development", "v2.11.5", "2.11 dev-v2.11 2.10 dev-v2.10", "dev-v{major}.{minor}", "not from {major}.{minor}"},
		{"release", "v2.1.0", "release-2.0 release-2.1", "release-{major}.{minor}", "since 2.1.0 has one"},
		{"release of a v", "v2.1.0", "release/v2.1", "release/v{major}.{minor}", ""},
		{"x", "v2.1.0", "v2.1.x v2.0.x", "v{major}.{minor}.x", ""},
		{"major", "v2.1.0", "v1.x v2.x", "v{major}.x", ""},
		{"stable", "v5.2.1", "stable/5.1.x stable/5.2.x", "stable/{major}.{minor}.x", ""},
		{"bare", "v2.1.0", "2.0 2.1", "{major}.{minor}", ""},
		{"name", "v2.1.0", "thing-2.1", "thing-{major}.{minor}", ""},
		{"only old ones", "v5.1.0", "release-3.0 release-4.0", "main", "none for the newest version 5.1.0"},
		{"only a plan", "v2.1.0", "3.0", "main", "default branch"},
		{"a number", "v2.1.0", "2", "main", ""},
		{"somebody's", "v2.1.0", "py-2.1 mara/fix-2.1 backport-to-2.1", "main", ""},
		{"before the first release", "", "release-1.0", "main", ""},
		{"a pre-release is newer", "v2.1.0 v3.0.0-rc.1", "release-2.1", "release-{major}.{minor}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"r.yml": job(onTags, stepGH)}
			p, notes := discover(t, found(files, strings.Fields(c.tags), strings.Fields(c.branches)))
			if p.Lines != c.want {
				t.Errorf("lines %s", p.Lines)
			}
			if !strings.Contains(notes, c.note) {
				t.Errorf("no note %q in\n%s", c.note, notes)
			}
		})
	}
}

func TestDiscoverHeadOfAnotherBranch(t *testing.T) {
	f := found(map[string]string{"r.yml": job(onTags, stepGH)}, []string{"v1.0.0"}, []string{"stable"})
	f.Branches[1].SHA = f.Tags[0].SHA
	p, notes := discover(t, f)
	if p.Lines != "main" || !strings.Contains(notes, "write `lines: stable`") {
		t.Errorf("lines %s\n%s", p.Lines, notes)
	}
}

func TestMatchFilters(t *testing.T) {
	for _, c := range []struct {
		filters string
		name    string
		want    bool
	}{
		{"v*", "v1.0.0", true},
		{"v*", "v1/0", false},
		{"v**", "v1/0", true},
		{"**", "a/b", true},
		{"*", "a/b", false},
		{"v[0-9]+.[0-9]+.[0-9]+", "v1.22.333", true},
		{"v[0-9]+.[0-9]+.[0-9]+", "v1.22.333-rc", false},
		{"v[12].?0", "v1.0", true},
		{"v1.0", "v1x0", false},
		{"v*.*.*", "v1.0.0", true},
		{"v* !v*-rc*", "v1-rc1", false},
		{"v* !v*-rc* v1-rc1", "v1-rc1", true},
		{"!v*", "v1", false},
		{`v\*`, "v*", true},
		{`v\*`, "v1", false},
		{"v[", "v[", true},
		{"+", "v", false},
		{"", "", true},
	} {
		var filters []*actionlint.String
		for _, f := range strings.Split(c.filters, " ") {
			filters = append(filters, &actionlint.String{Value: f})
		}
		if got := matchFilters(filters, c.name); got != c.want {
			t.Errorf("%q on %q: %v", c.filters, c.name, got)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		value, how, want string
		ok               bool
	}{
		{"refs/tags/v{version}", "", "refs/tags/v{version}", true},
		{"refs/tags/v{version}", "#refs/tags/", "v{version}", true},
		{"v{version}", "#x", "v{version}", true},
		{"v{version}", "#v*", "", false},
		{"refs/tags/v{version}", "##*/", "v{version}", true},
		{"{version}", "##*/", "", false},
		{"a-b-c", "##*-", "c", true},
		{"refs/tags/v{version}", `/refs\/tags\//`, "v{version}", true},
		{"a.b", "/./-", "a-b", true},
		{"a.b", "//./-", "", false},
		{"a.b", "/*/", "", false},
	} {
		got, ok := cut(c.value, c.how)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("${%s%s} = %q, %v", c.value, c.how, got, ok)
		}
	}
}
