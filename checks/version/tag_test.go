package version

import (
	"strings"
	"testing"
)

func TestFromTag(t *testing.T) {
	for _, c := range []struct {
		template string
		scheme   Scheme
		tag      string
		want     string // empty: not of the template
	}{
		{"v{version}", SemVer, "v1.2.3", "1.2.3"},
		{"v{version}", SemVer, "1.2.3", ""},
		{"v{version}", SemVer, "vv1.2.3", ""},
		{"v{version}", SemVer, "v1.2", ""},
		{"{version}", SemVer, "v1.2.3", ""},
		{"{version}", PEP440, "3.0.2", "3.0.2"},
		{"ckan-{version}", PEP440, "ckan-2.11.5", "2.11.5"},
		{"ckan-{version}", PEP440, "ckan-2.12.0b0", "2.12.0b0"},
		{"ckan-{version}", PEP440, "ckan-1.3-beta1", "1.3b1"},
		{"ckan-{version}", PEP440, "ckan-latest", ""},
		{"ckan-{version}", PEP440, "ckan-", ""},
		{"pkg/v{version}/x", SemVer, "pkg/v1.2.3/x", "1.2.3"},
		{"pkg/v{version}/x", SemVer, "pkg/v1.2.3/y", ""},
		{"v{major}.{minor}.{patch}", SemVer, "v1.2.3", "1.2.3"},
		{"v{major}.{minor}.{patch}", SemVer, "v1.2.3-rc.1", ""},
		{"v{major}.{minor}.{patch}", SemVer, "v01.2.3", ""},
		{"v{major}.{minor}", SemVer, "v1.2", ""},
		{"{major}.x/v{version}", SemVer, "1.x/v1.2.3", "1.2.3"},
		{"{major}.x/v{version}", SemVer, "2.x/v1.2.3", ""},
		{"{version}+{version}", PEP440, "1.0+1.0", "1.0"},
		{"{version}+{version}", PEP440, "1.0+2.0", ""},
		{"{line}/v{version}", SemVer, "main/v1.2.3", "1.2.3"},
		{"v{version}-{date}", SemVer, "v1.2.3-20260814", "1.2.3"},
		{"v{version}-{date}", SemVer, "v1.2.3-20260814.2", "1.2.3"},
		{"v{date}", SemVer, "v20260814", ""},
		{"r({version})", SemVer, "r(1.2.3)", "1.2.3"},
		{"v1.2.3", SemVer, "v1.2.3", ""},
		{"", SemVer, "1.2.3", ""},
		{"v{other}{version}", SemVer, "v{other}1.2.3", "1.2.3"},
		{"v{version}", SemVer, "v" + strings.Repeat("1", 4*MaxLen), ""},
	} {
		v, ok := FromTag(c.template, c.scheme, c.tag)
		if v.String() != c.want || ok != (c.want != "") {
			t.Errorf("FromTag(%q, %s, %q) = %q, %v; want %q", c.template, c.scheme, c.tag, v, ok, c.want)
		}
	}
}

func FuzzFromTag(f *testing.F) {
	f.Add("v{version}", "v1.2.3")
	f.Add("{major}.{minor}.{patch}-{date}", "1.2.3-20260814")
	f.Add("(?P<{version}", "(?P<1.0.0")
	f.Fuzz(func(t *testing.T, template, tag string) {
		for _, scheme := range []Scheme{SemVer, PEP440} {
			v, ok := FromTag(template, scheme, tag)
			if ok == v.IsZero() {
				t.Errorf("FromTag(%q, %q) = %q, %v", template, tag, v, ok)
			}
		}
	})
}
