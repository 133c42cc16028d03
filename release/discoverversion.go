package release

import (
	"bytes"
	"regexp"
	"slices"

	"twokey/checks"
	"twokey/checks/text"
)

// tagTools gives a Python build the version of the tag.
const tagTools = `(setuptools[-_]scm|hatch-vcs|flit[-_]scm|versioningit|setuptools-git-versioning|(?:poetry|uv)-dynamic-versioning|versioneer|pbr)\b`

// tagUses tells by manifest how a build says that it takes its version from the tag. A
// tool that is only named somewhere, as what the project itself needs may be, says
// nothing.
func tagUses() map[string]*regexp.Regexp {
	const lines = `(?:[^\[\n].*\n|\s*\n)*?` // of the same section
	return map[string]*regexp.Regexp{
		"pyproject.toml": regexp.MustCompile(`(?m)^\[build-system\].*\n` + lines + `[^#\[\n][^#\n]*?["']` + tagTools +
			`|^\[tool\.(setuptools_scm|setuptools-git-versioning|(?:poetry|uv)-dynamic-versioning|versioneer|versioningit)\]` +
			`|^\[tool\.(?:pdm|hatch)\.version\].*\n` + lines + `source\s*=\s*["'](scm|vcs)["']`),
		"setup.cfg": regexp.MustCompile(`(?m)^setup_requires\s*=(?:.*\n[ \t]+)*?[^#\n]*?\b` + tagTools + `|^\[(versioneer|pbr)\]`),
		"setup.py": regexp.MustCompile(`(?m)^[^#\n]*\b(?:(use_scm_version)\b["']?\s*[=:]\s*(?:True|[{a-z])` +
			`|(setuptools_git_versioning)\s*=|(pbr)\s*=\s*True|(versioneer)\.get_version\(` +
			`|setup_requires\s*=\s*\[[^\]]*["']` + tagTools + `)`),
	}
}

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
	uses := tagUses()
	for _, m := range manifests() {
		if !python || !m.python {
			continue
		}
		if found := uses[m.file].FindSubmatch(d.found.Files[m.file]); found != nil {
			tool := bytes.Join(found[1:], nil) // one of them is there
			return text.Cleanf("%s takes the version from the tag, with %s", m.file, string(tool))
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
