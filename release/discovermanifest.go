package release

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
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

// manifestVersions are the manifests that hold the version: one that has been
// released, or one after all that have. Anything else is left over from somewhere,
// such as the package.json of a Python project's style sheets; what a Python project
// publishes on an older line may be older than the newest. The text says of the last
// one that holds some other version what it holds.
func (d *discovery) manifestVersions(python bool) (out []checks.VersionFile, other text.Safe) {
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
		if err != nil || !d.known[v] && v.Compare(d.newest) <= 0 && !(python && d.followsOne(v)) {
			other = text.Cleanf("%s says version %q, which is no release of this project", m.file, found[1])
			d.note("%s: it is not held against the tag", other)
			continue
		}
		pattern := m.version
		if simple := plainVersion.FindSubmatch(src); simple != nil && string(simple[1]) == string(found[1]) {
			pattern = plainVersion // the same here, and readable
		}
		out = append(out, checks.VersionFile{Path: m.file, Pattern: pattern.String()})
	}
	return out, other
}

// followsOne tells whether a version comes after some release.
func (d *discovery) followsOne(v version.Version) bool {
	for k := range d.known {
		if v.Compare(k) > 0 {
			return true
		}
	}
	return false
}
