package release

import (
	"strings"

	"twokey/checks"
	"twokey/checks/version"
)

// VersionsAmong are those tags that are named as tag is, for another version.
func VersionsAmong(tags []Tag, tag string, plan Plan) []checks.TagName {
	names := []checks.TagName{}
	i := strings.LastIndex(tag, plan.Version)
	if i < 0 {
		return names
	}
	prefix, suffix := tag[:i], tag[i+len(plan.Version):]
	for _, t := range tags {
		word, begins := strings.CutPrefix(t.Name, prefix)
		word, ends := strings.CutSuffix(word, suffix)
		if v, err := version.Parse(plan.Scheme, word); begins && ends && err == nil {
			names = append(names, checks.TagName{Name: t.Name, Version: v.String(), SHA: t.SHA})
		}
	}
	return names
}
