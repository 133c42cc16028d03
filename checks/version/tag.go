package version

import (
	"regexp"
	"strings"
)

// FromTag reads the version out of a tag's name by the template that a plan gives
// for tags, such as "ckan-{version}" or "v{major}.{minor}.{patch}". It is false
// when the tag is not of the template or names no version of the scheme.
//
// {date} stands for eight digits and {line} for anything; a template without a
// version in it matches no tag.
func FromTag(template string, scheme Scheme, tag string) (Version, bool) {
	if len(tag) > 4*MaxLen || len(template) > 4*MaxLen {
		return Version{}, false
	}
	before, after, found := strings.Cut(template, "{version}")
	if found && !strings.ContainsAny(before+after, "{}") {
		s, ok := strings.CutPrefix(tag, before)
		if !ok {
			return Version{}, false
		}
		s, ok = strings.CutSuffix(s, after)
		if !ok {
			return Version{}, false
		}
		v, err := Parse(scheme, s)
		return v, err == nil
	}
	return fromPlaceholders(template, scheme, tag)
}

// fromPlaceholders is FromTag for templates of any number of placeholders, each
// of which has to agree with the version.
func fromPlaceholders(template string, scheme Scheme, tag string) (Version, bool) {
	var names []string
	expr := "^"
	for rest := template; rest != ""; {
		at := placeholder.FindStringIndex(rest)
		if at == nil {
			expr += regexp.QuoteMeta(rest)
			break
		}
		name := rest[at[0]+1 : at[1]-1]
		names = append(names, name)
		expr += regexp.QuoteMeta(rest[:at[0]]) + "(" + shape(name) + ")"
		rest = rest[at[1]:]
	}
	re, err := regexp.Compile(expr + "$")
	if err != nil {
		return Version{}, false
	}
	m := re.FindStringSubmatch(tag)
	if m == nil {
		return Version{}, false
	}
	got := map[string]string{}
	for i, name := range names {
		if old, seen := got[name]; seen && old != m[i+1] {
			return Version{}, false
		}
		got[name] = m[i+1]
	}
	return agree(scheme, got)
}

// placeholder is one {name} of a template.
var placeholder = regexp.MustCompile(`\{(?:version|major|minor|patch|date|line)\}`)

// shape is the expression for what a placeholder stands for.
func shape(name string) string {
	switch name {
	case "version":
		return `[0-9][0-9A-Za-z.!+_-]*?`
	case "date":
		return `[0-9]{8}(?:\.[0-9]+)?`
	case "line":
		return `.+?`
	}
	return `0|[1-9][0-9]*`
}

// agree makes a version of what placeholders stood for.
func agree(scheme Scheme, got map[string]string) (Version, bool) {
	s, whole := got["version"]
	if !whole {
		for _, name := range []string{"major", "minor", "patch"} {
			if got[name] == "" {
				return Version{}, false
			}
		}
		s = got["major"] + "." + got["minor"] + "." + got["patch"]
	}
	v, err := Parse(scheme, s)
	if err != nil {
		return Version{}, false
	}
	for i, name := range []string{"major", "minor", "patch"} {
		if n, ok := got[name]; ok && n != v.Part(i) {
			return Version{}, false
		}
	}
	return v, true
}
