package release

import (
	"regexp"
	"slices"

	"twokey/checks"
	"twokey/checks/text"
)

// tagTools are what gives a Python build the version of the tag, as manifests name
// them.
var tagTools = regexp.MustCompile(`(?m)^[^#\n]*\b(setuptools[-_]scm|use_scm_version|hatch-vcs|flit[-_]scm|versioningit|` +
	`setuptools-git-versioning|(?:poetry|uv)-dynamic-versioning|versioneer|pbr)\b` +
	`|^\[tool\.pdm\.version\]\s*\n(?:[^\[\n].*\n|\s*\n)*?source\s*=\s*["'](scm)["']`)

// versionFiles are the files that the build takes its version from, or what is known
// of where it takes it from when they are not found.
func (d *discovery) versionFiles(s StageSpec) ([]checks.VersionFile, checks.VersionSource) {
	python := slices.ContainsFunc(s.Publishes, func(a ArtifactSpec) bool { return a.Kind == KindPyPI })
	out, saw := d.manifestVersions(python)
	var unread text.Safe
	if python && len(out) == 0 {
		out, unread = d.moduleVersion()
	}
	if len(out) > 0 {
		return out, checks.VersionSource{}
	}
	if from := d.fromTag(python); !from.IsZero() {
		d.note("%s", from)
		return nil, checks.VersionSource{Saw: from, Tag: true}
	}
	switch {
	case !unread.IsZero():
		d.note("%s: name the file that holds it under `version-files`", unread)
		return nil, checks.VersionSource{Saw: unread}
	case saw.IsZero() && python: // PyPI takes nothing without a version
		saw = text.Clean("where the build takes the version from could not be seen")
	}
	d.note("where the version is written in the code is not known: name it under `version-files`")
	return nil, checks.VersionSource{Saw: saw}
}

// fromTag says how the build takes the version from the tag, so that no file can
// disagree with it.
func (d *discovery) fromTag(python bool) text.Safe {
	for _, m := range manifests() {
		src := d.found.Files[m.file]
		if found := tagTools.FindSubmatch(src); python && m.python && found != nil {
			return text.Cleanf("%s takes the version from the tag, with %s", m.file, string(found[1])+string(found[2]))
		}
	}
	_, module := d.found.Files["go.mod"]
	_, crate := d.found.Files["Cargo.toml"]
	_, npm := d.found.Files["package.json"]
	if module && !python && !crate && !npm {
		return text.Clean("the version of a Go module is its tag; whether its code names one besides is not known")
	}
	return text.Safe{}
}
