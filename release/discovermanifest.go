package release

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/version"
)

// manifest is how a manifest tells the project's name and version. Each pattern
// has one group and is matched against the whole file.
type manifest struct {
	file    string
	name    *regexp.Regexp
	version *regexp.Regexp
	python  bool
}

// Where each manifest holds the name and the version. A section ends where a line
// begins with [.
var (
	pyprojectName      = regexp.MustCompile(`(?m)^\[(?:project|tool\.poetry)\]\s*\n(?:[^\[\n].*\n|\s*\n)*?name\s*=\s*["']([^"'\n]+)["']`)
	pyprojectVersion   = regexp.MustCompile(`(?m)^\[(?:project|tool\.poetry)\]\s*\n(?:[^\[\n].*\n|\s*\n)*?version\s*=\s*["']([^"'\n]+)["']`)
	setupCfgName       = regexp.MustCompile(`(?m)^\[metadata\]\s*\n(?:[^\[\n].*\n|\s*\n)*?name\s*=\s*(\S+)\s*$`)
	setupCfgVersion    = regexp.MustCompile(`(?m)^\[metadata\]\s*\n(?:[^\[\n].*\n|\s*\n)*?version\s*=\s*([0-9]\S*)\s*$`)
	setupPyName        = regexp.MustCompile(`(?m)^\s*name\s*=\s*["']([^"'\n]+)["']`)
	setupPyVersion     = regexp.MustCompile(`(?m)^\s*version\s*=\s*["']([^"'\n]+)["']`)
	cargoName          = regexp.MustCompile(`(?m)^\[package\]\s*\n(?:[^\[\n].*\n|\s*\n)*?name\s*=\s*["']([^"'\n]+)["']`)
	cargoVersion       = regexp.MustCompile(`(?m)^\[package\]\s*\n(?:[^\[\n].*\n|\s*\n)*?version\s*=\s*["']([^"'\n]+)["']`)
	packageJSONName    = regexp.MustCompile(`"name"\s*:\s*"([^"\n]+)"`)
	packageJSONVersion = regexp.MustCompile(`"version"\s*:\s*"([^"\n]+)"`)
	goModName          = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`)
)

// manifests are the files that Manifests lists, in the order in which they are
// believed.
func manifests() []manifest {
	return []manifest{
		{"pyproject.toml", pyprojectName, pyprojectVersion, true},
		{"setup.cfg", setupCfgName, setupCfgVersion, true},
		{"setup.py", setupPyName, setupPyVersion, true},
		{"Cargo.toml", cargoName, cargoVersion, false},
		{"package.json", packageJSONName, packageJSONVersion, false},
		{"go.mod", goModName, nil, false},
	}
}

// plainVersion is a version at the beginning of a line, in whatever section.
var plainVersion = regexp.MustCompile(`(?m)^version = "([^"]+)"`)

// goMajor is the last part of a Go module's path from its second major version.
var goMajor = regexp.MustCompile(`^v[0-9]+$`)

// projectName is what the manifests call the project, those of Python first, or
// else the repository's name.
func (d *discovery) projectName() string {
	for _, m := range manifests() {
		found := m.name.FindSubmatch(d.found.Files[m.file])
		if found == nil {
			continue
		}
		name := string(found[1])
		switch m.file {
		case "go.mod":
			if goMajor.MatchString(path.Base(name)) {
				name = path.Dir(name)
			}
			name = path.Base(name)
		case "package.json":
			if name = topLevel(d.found.Files[m.file], "name"); strings.HasPrefix(name, "@") {
				name = path.Base(name)
			}
		}
		if name != "" && clean(name) && len(name) <= 100 {
			return name
		}
	}
	return d.found.Repo.Name
}

// topLevel is a text at the top of a JSON object.
func topLevel(src []byte, key string) string {
	var o map[string]json.RawMessage
	var s string
	if json.Unmarshal(src, &o) != nil || json.Unmarshal(o[key], &s) != nil {
		return ""
	}
	return s
}

// versionFiles are the manifests that hold the version: one that has been
// released, or one after all that have. Anything else is left over from
// somewhere, such as the package.json of a Python project's style sheets.
func (d *discovery) versionFiles(s StageSpec) []checks.VersionFile {
	python := slices.ContainsFunc(s.Publishes, func(a ArtifactSpec) bool { return a.Kind == KindPyPI })
	var out []checks.VersionFile
	for _, m := range manifests() {
		src := d.found.Files[m.file]
		if m.version == nil || python != m.python || len(src) == 0 {
			continue
		}
		found := m.version.FindSubmatch(src)
		if found == nil || m.file == "package.json" && topLevel(src, "version") != string(found[1]) {
			continue
		}
		v, err := version.Parse(d.scheme, string(bytes.TrimSpace(found[1])))
		if err != nil || !d.known[v] && v.Compare(d.newest) <= 0 {
			d.note("%s says version %q, which is no release of this project: it is not held against the tag", m.file, found[1])
			continue
		}
		pattern := m.version
		if simple := plainVersion.FindSubmatch(src); simple != nil && string(simple[1]) == string(found[1]) {
			pattern = plainVersion // the same here, and readable
		}
		out = append(out, checks.VersionFile{Path: m.file, Pattern: pattern.String()})
	}
	if python && len(out) == 0 && len(modules(d.found.Files)) > 0 {
		return d.moduleVersion()
	}
	if len(out) == 0 {
		d.note("where the version is written in the code is not known: name it under `version-files`")
	}
	return out
}
