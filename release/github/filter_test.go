package github

import (
	"strings"
	"testing"
)

func TestFilterPatterns(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no string // names, separated by spaces
	}{
		{"main", "main", "Main mainx xmain"},
		{"*", "main v1.0", "feature/x a/b/c"},
		{"**", "main feature/x a/b/c", ""},
		{"feature/*", "feature/my feature/", "feature/beta/my feature"},
		{"feature/**", "feature/beta/my feature/x", "feature"},
		{"*feature", "my-feature feature ver-10-feature", "feature-x x/feature"},
		{"v2*", "v2 v2.0 v2.9", "v1 xv2 v2/x"},
		{"v[12].[0-9]+.[0-9]+", "v1.10.1 v2.0.0", "v3.0.0 v1.0 v1.a.0 v1x0x0"},
		{"ckan-*", "ckan-2.11.6 ckan-2.12.0b0", "ckan2 Ckan-1"},
		{"v[0-9]+.[0-9]+.[0-9]+", "v1.2.3 v10.20.30", "v1.2.3-rc1 1.2.3"},
		{"*.jsx?", "page.js page.jsx", "page.jsxx page.j"},
		{"**/docs/**", "docs/x a/docs/x a/b/docs/x/y", "docs xdocs/x"},
		{"a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb"},
		{"v1.*", "v1.2 v1.", "v1x2"},
		{"a+", "a aaa", "b ab"},
		{"[A-Z]x", "Ax Zx", "ax x"},
		{"[a-z0-9]+", "abc9", "ABC"},
		{`\*x`, "*x", "ax"},
		{`v\+1`, "v+1", "vv1"},
		{`\!x`, "!x", "x"},
		{"é?x", "éx x", "e"},
		{"v(1|2)", "v(1|2)", "v1"},
		{"^v$", "^v$", "v"},
		{"a*", "a a\nb", "a/\n"},
	}
	for _, tt := range tests {
		for _, name := range strings.Split(tt.yes, " ") {
			if ok, err := refMatches([]string{tt.pattern}, name); !ok || err != nil {
				t.Errorf("%q does not match %q: %v", tt.pattern, name, err)
			}
		}
		for _, name := range strings.Split(tt.no, " ") {
			if ok, err := refMatches([]string{tt.pattern}, name); (ok || err != nil) && tt.no != "" {
				t.Errorf("%q matches %q: %v", tt.pattern, name, err)
			}
		}
	}
}

func TestFilterOrder(t *testing.T) {
	tests := []struct {
		patterns []string
		name     string
		want     bool
	}{
		{[]string{"v*", "!v2*"}, "v1", true},
		{[]string{"v*", "!v2*"}, "v2.0", false},
		{[]string{"!v2*", "v*"}, "v2.0", true},
		{[]string{"v*", "!v2*", "v2.1"}, "v2.1", true},
		{[]string{"v*", "!v2*", "v2.1"}, "v2.2", false},
		{[]string{"!v2*"}, "v1", false}, // a ! alone lets nothing in
		{[]string{"a", "b"}, "b", true},
		{nil, "v1", false},
	}
	for _, tt := range tests {
		got, err := refMatches(tt.patterns, tt.name)
		if err != nil || got != tt.want {
			t.Errorf("%q let %q through: %v, %v", tt.patterns, tt.name, got, err)
		}
	}
}

// A pattern that GitHub would refuse matches nothing here, and says so.
func TestBadFilterPatterns(t *testing.T) {
	for _, p := range []string{"", "!", "?x", "+", "*+", "**?", "a++", "a?+", "v[", "v[]", "v[!a]", "v[^a]", "v[a/b]", "v[-a]", "v[a-]",
		"v[z-a]", `x\`, strings.Repeat("a", maxPattern+1)} {
		if ok, err := refMatches([]string{p}, "v1"); ok || err == nil {
			t.Errorf("%q: %v, %v", clip(p), ok, err)
		}
	}
}

// No pattern makes the matcher panic, and a name without special characters is
// matched by itself.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"v*", "!a", "[a-z]+", `\`, "**/x", "a?b+", "é*"} {
		f.Add(s, "v1")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		_, _ = refMatches([]string{pattern}, name)
		if name != "" && len(name) <= maxPattern && !strings.ContainsAny(name, `*?+[]\!`) && name == strings.ToValidUTF8(name, "x") {
			if ok, err := refMatches([]string{name}, name); !ok {
				t.Errorf("%q does not match itself: %v", name, err)
			}
		}
	})
}
