package release

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// module is a file that a build reads the version out of, as its manifest says.
type module struct {
	manifest string
	what     string   // as the manifest names it
	paths    []string // where it may be; the first that is there is it
	pattern  string   // has one group: the version
}

// Where the manifests of Python name what holds the version.
var (
	attrVersion  = regexp.MustCompile(`(?m)^version\s*=\s*(?:\{\s*attr\s*=\s*["']|attr:\s*)([A-Za-z_][A-Za-z0-9_.]*)`)
	fileVersion  = regexp.MustCompile(`(?m)^version\s*=\s*(?:\{\s*file\s*=\s*\[?\s*["']|file:\s*)([A-Za-z0-9_][A-Za-z0-9_./-]*)`)
	hatchVersion = regexp.MustCompile(`(?m)^\[tool\.(?:hatch|pdm)\.version\]\s*\n(?:[^\[\n].*\n|\s*\n)*?path\s*=\s*["']([A-Za-z0-9_][A-Za-z0-9_./-]*)["']`)
	flitBackend  = regexp.MustCompile(`(?m)^build-backend\s*=\s*["']flit(?:_core)?\.`)
	flitModule   = regexp.MustCompile(`(?m)^\[tool\.flit\.module\]\s*\n(?:[^\[\n].*\n|\s*\n)*?name\s*=\s*["']([A-Za-z_][A-Za-z0-9_.]*)["']`)
)

// modules are the files that manifests say the version is read out of, by a literal
// that needs no code to be run.
func modules(manifests map[string][]byte) []module {
	var out []module
	for _, name := range []string{"pyproject.toml", "setup.cfg"} {
		src := manifests[name]
		if m := attrVersion.FindSubmatch(src); m != nil {
			dotted, variable, _ := cutLast(string(m[1]))
			file := strings.ReplaceAll(dotted, ".", "/")
			out = append(out, module{name, string(m[1]), inPackage(file), literal(variable)})
		}
		if m := fileVersion.FindSubmatch(src); m != nil {
			out = append(out, module{name, string(m[1]), within(string(m[1])), `\A\s*(\S+)`})
		}
		if m := hatchVersion.FindSubmatch(src); m != nil {
			out = append(out, module{name, string(m[1]), within(string(m[1])), literal("__version__|VERSION")})
		}
	}
	if m := flit(manifests["pyproject.toml"]); m != nil {
		out = append(out, *m)
	}
	return out
}

// flit is the module that Flit takes the version from: the one of the project's name
// unless another is named.
func flit(pyproject []byte) *module {
	name := pyprojectName.FindSubmatch(pyproject)
	if !flitBackend.Match(pyproject) || name == nil {
		return nil
	}
	file := strings.ReplaceAll(string(name[1]), "-", "_")
	if m := flitModule.FindSubmatch(pyproject); m != nil {
		file = strings.ReplaceAll(string(m[1]), ".", "/")
	}
	if !fs.ValidPath(file) {
		return nil
	}
	return &module{"pyproject.toml", "the module " + file, inPackage(file), literal("__version__")}
}

// within is a path of the repository, or nothing.
func within(p string) []string {
	if p = path.Clean(p); !fs.ValidPath(p) {
		return nil
	}
	return []string{p}
}

// cutLast parts a dotted name before its last part.
func cutLast(dotted string) (before, last string, found bool) {
	i := strings.LastIndexByte(dotted, '.')
	if i < 0 {
		return dotted, dotted, false
	}
	return dotted[:i], dotted[i+1:], true
}

// inPackage is where a module may be, in a flat layout and in one with a src.
func inPackage(file string) []string {
	return []string{file + "/__init__.py", "src/" + file + "/__init__.py", file + ".py", "src/" + file + ".py"}
}

// literal matches a module's variable that is a text.
func literal(variable string) string {
	return `(?m)^(?:` + variable + `)\s*(?::\s*\w+\s*)?=\s*["']([^"'\n]+)["']`
}

// Modules are the files that Discover wants to see besides, when they exist, as the
// manifests name them.
func Modules(manifests map[string][]byte) []string {
	var out []string
	for _, m := range modules(manifests) {
		out = append(out, m.paths...)
	}
	return out
}

// moduleVersion finds the file that a manifest says the version is read out of. It
// is believed whatever it holds: that is what the build will publish. The text says
// which one could not be read.
func (d *discovery) moduleVersion() (out []checks.VersionFile, unread text.Safe) {
	for _, m := range modules(d.found.Files) {
		for _, p := range m.paths {
			src, there := d.found.Files[p]
			if !there {
				continue
			}
			if regexp.MustCompile(m.pattern).Match(src) {
				return []checks.VersionFile{{Path: p, Pattern: m.pattern}}, text.Safe{}
			}
			break // a build that finds it there looks no further
		}
		unread = text.Cleanf("%s takes the version from %s, which can not be read without running it", m.manifest, m.what)
	}
	return nil, unread
}
