package release

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A version that a build reads out of the code is found there, and held against the
// tag even where it is none that could be released: that is what would be published.
func TestDiscoverVersionInAModule(t *testing.T) {
	const cfg = "[metadata]\nname = nice\nversion = attr: nice.__version__\n"
	const flitProject = "[build-system]\nbuild-backend = \"flit_core.buildapi\"\n[project]\nname = \"nice-thing\"\ndynamic = [\"version\"]\n"
	setuptools := func(dynamic string) string { return "[tool.setuptools.dynamic]\nversion = " + dynamic + "\n" }
	for _, tt := range []struct {
		name  string
		files map[string]string
		path  string // none: it is not found
		holds string
		note  string
	}{
		{"setup.cfg", map[string]string{"setup.cfg": cfg, "nice/__init__.py": "__all__ = []\n__version__ = \"1.3.0b0\"\n"}, "nice/__init__.py", "1.3.0b0", ""},
		{"released already", map[string]string{"setup.cfg": cfg, "nice/__init__.py": "__version__ = '1.2.0'\n"}, "nice/__init__.py", "1.2.0", ""},
		{"of an older line", map[string]string{"setup.cfg": cfg, "nice/__init__.py": "__version__ = '1.1.1b0'\n"}, "nice/__init__.py", "1.1.1b0", ""},
		{"src", map[string]string{"setup.cfg": cfg, "src/nice/__init__.py": "__version__: str = '1.3.0'\n"}, "src/nice/__init__.py", "1.3.0", ""},
		{"a module", map[string]string{"setup.cfg": "[metadata]\nversion = attr: nice._version.version\n", "nice/_version.py": "version = '1.3.0'\n"},
			"nice/_version.py", "1.3.0", ""},
		{"pyproject attr", map[string]string{"pyproject.toml": setuptools(`{attr = "nice.__version__"}`), "nice.py": "__version__ = '1.3.0'\n"}, "nice.py", "1.3.0", ""},
		{"pyproject file", map[string]string{"pyproject.toml": setuptools(`{file = ["VERSION"]}`), "VERSION": "\n1.3.0\n"}, "VERSION", "1.3.0", ""},
		{"hatch", map[string]string{"pyproject.toml": "[tool.hatch.version]\nsource = \"code\"\npath = \"nice/about.py\"\n", "nice/about.py": "__version__ = '1.3.0'\n"},
			"nice/about.py", "1.3.0", ""},
		{"pdm", map[string]string{"pyproject.toml": "[tool.pdm.version]\nsource = \"file\"\npath = \"nice/about.py\"\n", "nice/about.py": "__version__ = '1.3.0'\n"},
			"nice/about.py", "1.3.0", ""},
		{"flit", map[string]string{"pyproject.toml": flitProject, "src/nice_thing/__init__.py": "__version__ = '1.3.0'\n"},
			"src/nice_thing/__init__.py", "1.3.0", ""},
		{"flit by another name", map[string]string{"pyproject.toml": flitProject + "[tool.flit.module]\nname = \"thing\"\n", "thing.py": "__version__ = '1.3.0'\n"},
			"thing.py", "1.3.0", ""},
		{"a literal beside a tool", map[string]string{"setup.cfg": cfg, "setup.py": "setup(use_scm_version=True)\n", "nice/__init__.py": "__version__ = '1.3.0'\n"},
			"nice/__init__.py", "1.3.0", ""},
		{"static, of an older line", map[string]string{"pyproject.toml": "[project]\nname = 'nice'\nversion = '1.1.1b0'\n"}, "pyproject.toml", "1.1.1b0", ""},
		{"computed", map[string]string{"setup.cfg": cfg, "nice/__init__.py": "__version__ = version('nice')\n"}, "", "", "setup.cfg takes the version from nice.__version__"},
		{"not there", map[string]string{"setup.cfg": cfg}, "", "", "setup.cfg takes the version from nice.__version__"},
		{"outside", map[string]string{"pyproject.toml": setuptools(`{file = "a/../../VERSION"}`)}, "", "", "takes the version from a/../../VERSION"},
		{"the manifest itself", map[string]string{"setup.cfg": "[metadata]\nversion = 1.2.0\n", "pyproject.toml": setuptools(`{attr = "nice.__version__"}`)},
			"setup.cfg", "1.2.0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := maps.Clone(tt.files)
			files["pypi.yml"] = job(onTags, stepPyPI)
			p, notes := discover(t, found(files, []string{"v1.2.0", "v1.1.0"}, nil))
			if tt.path == "" {
				if len(p.VersionFiles) != 0 || !strings.Contains(notes, tt.note) {
					t.Errorf("version files %+v\n%s", p.VersionFiles, notes)
				}
				return
			}
			if len(p.VersionFiles) != 1 || p.VersionFiles[0].Path != tt.path {
				t.Fatalf("version files %+v\n%s", p.VersionFiles, notes)
			}
			got := regexp.MustCompile(p.VersionFiles[0].Pattern).FindStringSubmatch(tt.files[tt.path])
			if len(got) != 2 || got[1] != tt.holds {
				t.Errorf("%s matches %q, want %s", p.VersionFiles[0].Pattern, got, tt.holds)
			}
		})
	}
}

// Where no file is found, the plan says whether the tag is the version, so that there
// is none, or whether there is one that was not found.
func TestDiscoverVersionFrom(t *testing.T) {
	const dynamic = "[project]\nname = \"nice\"\ndynamic = [\"version\"]\n"
	const cfg = "[metadata]\nname = nice\nversion = attr: nice.__version__\n"
	requires := func(tool string) string { return "[build-system]\nrequires = [\"" + tool + ">=0.3\"]\n" + dynamic }
	python, other := job(onTags, stepPyPI), job(onTags, "run: npm publish")
	for _, tt := range []struct {
		name     string
		workflow string
		files    map[string]string
		saw      string
		tag      bool
	}{
		{"hatch", python, map[string]string{"pyproject.toml": requires("hatch-vcs")}, "pyproject.toml takes the version from the tag, with hatch-vcs", true},
		{"setuptools_scm", python, map[string]string{"pyproject.toml": requires("setuptools_scm[toml]")}, "with setuptools_scm", true},
		{"setup.py", python, map[string]string{"setup.py": "setup(\n    use_scm_version=True,\n)\n"}, "setup.py takes the version from the tag", true},
		{"pdm", python, map[string]string{"pyproject.toml": dynamic + "[tool.pdm.version]\nsource = \"scm\"\n"}, "with scm", true},
		{"poetry's placeholder", python, map[string]string{"pyproject.toml": "[tool.poetry]\nname = 'nice'\nversion = '0.0.0'\n[tool.poetry-dynamic-versioning]\nenable = true\n"},
			"with poetry-dynamic-versioning", true},
		{"a module made by a tool", python, map[string]string{"setup.cfg": cfg, "pyproject.toml": requires("setuptools-scm")}, "with setuptools-scm", true},
		{"a tool that is only spoken of", python, map[string]string{"pyproject.toml": "# no hatch-vcs here\n" + dynamic}, "could not be seen", false},
		{"a tool that the project itself needs", python, map[string]string{"pyproject.toml": dynamic + "dependencies = [\"pbr>=2\"]\n"}, "could not be seen", false},
		{"a tool that it is like", python, map[string]string{"pyproject.toml": dynamic + "description = \"like versioneer\"\n[build-system]\nrequires = [\"hatchling\"]\n"}, "could not be seen", false},
		{"a tool of another section", python, map[string]string{"pyproject.toml": "[build-system]\nrequires = [\"flit\"]\n\n" + dynamic + "keywords = [\"pbr\"]\n"}, "could not be seen", false},
		{"several requirements", python, map[string]string{"pyproject.toml": "[build-system]\nrequires = [\n  \"wheel[all]\", # first\n  \"hatch-vcs\",\n]\n" + dynamic}, "with hatch-vcs", true},
		{"hatch's own section", python, map[string]string{"pyproject.toml": dynamic + "[tool.hatch.version]\nsource = \"vcs\"\n"}, "with vcs", true},
		{"hatch's section with a path", python, map[string]string{"pyproject.toml": dynamic + "[tool.hatch.version]\npath = \"a.py\"\n\n[tool.other]\nsource = \"vcs\"\n"},
			"pyproject.toml takes the version from a.py", false},
		{"setup.py needs it to run", python, map[string]string{"setup.py": "setup(\n    install_requires=['pbr>=2', 'six'],\n)\n"}, "could not be seen", false},
		{"setup.py speaks of it", python, map[string]string{"setup.py": "# use_scm_version=True\nsetup(\n    description='like versioneer',\n    use_scm_version=False)\n"}, "could not be seen", false},
		{"setup.py needs it to build", python, map[string]string{"setup.py": "setup(\n    setup_requires=[\n        'six',\n        'setuptools_scm>=3'],\n)\n"}, "with setuptools_scm", true},
		{"pbr", python, map[string]string{"setup.py": "setuptools.setup(setup_requires=['wheel'], pbr=True)\n"}, "with pbr", true},
		{"versioneer", python, map[string]string{"setup.py": "setup(version=versioneer.get_version(), cmdclass=versioneer.get_cmdclass())\n"}, "with versioneer", true},
		{"setup.cfg", python, map[string]string{"setup.cfg": "[options]\nsetup_requires =\n    wheel\n    setuptools-scm >= 3\n"}, "with setuptools-scm", true},
		{"setup.cfg needs it to run", python, map[string]string{"setup.cfg": "[options]\nsetup_requires =\n    wheel\ninstall_requires =\n    pbr\n"}, "could not be seen", false},
		{"setup.cfg's section", python, map[string]string{"setup.cfg": "[versioneer]\nVCS = git\n"}, "with versioneer", true},
		{"dynamic", python, map[string]string{"pyproject.toml": dynamic}, "could not be seen", false},
		{"setup.py computes it", python, map[string]string{"setup.py": "setup(\n    version=read(),\n)\n"}, "could not be seen", false},
		{"no manifest", python, nil, "could not be seen", false},
		{"computed", python, map[string]string{"setup.cfg": cfg, "nice/__init__.py": "__version__ = version('nice')\n"}, "setup.cfg takes the version from nice.__version__", false},
		{"left over", python, map[string]string{"pyproject.toml": "[project]\nname = 'nice'\nversion = '0.0.0'\n"}, `says version "0.0.0", which is no release`, false},
		{"package.json that is left over", other, map[string]string{"package.json": `{"version": "0.0.0"}`}, `package.json says version "0.0.0"`, false},
		{"Go", other, map[string]string{"go.mod": "module example.org/nice\n"}, "the version of a Go module is its tag", true},
		{"Go and more", other, map[string]string{"go.mod": "module example.org/nice\n", "package.json": "{}"}, "", false},
		{"nothing at all", other, nil, "", false},
		{"found", python, map[string]string{"setup.cfg": "[metadata]\nversion = 1.2.0\n", "pyproject.toml": requires("hatch-vcs")}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"r.yml": tt.workflow}
			maps.Copy(files, tt.files)
			p, notes := discover(t, found(files, []string{"v1.2.0", "v1.1.0"}, nil))
			from := p.VersionFrom
			if from.Tag != tt.tag || from.Saw.IsZero() != (tt.saw == "") || !strings.Contains(from.Saw.String(), tt.saw) {
				t.Errorf("%+v\n%s", from, notes)
			}
			if len(p.VersionFiles) == 0 && !tt.tag && !strings.Contains(notes, "under `version-files`") {
				t.Errorf("nobody is told what to do:\n%s", notes)
			}
		})
	}
}

// listing is a hub whose repository holds some files and no plan.
type listing struct {
	*hub
	files map[string]string
}

// File is what the repository holds.
func (l listing) File(_ context.Context, _ Repo, _, name string) ([]byte, error) {
	src, ok := l.files[name]
	if !ok {
		return nil, ErrNotFound
	}
	return []byte(src), nil
}

// Files are those of some files that the repository holds.
func (l listing) Files(ctx context.Context, r Repo, sha string, paths []string) (map[string][]byte, error) {
	return filesBy(ctx, l.File, r, sha, paths)
}

// Workflows is none.
func (l listing) Workflows(context.Context, Repo, string) ([]WorkflowFile, error) { return nil, nil }

// The files that a manifest leads to are read after it, and no others.
func TestFindReadsModules(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, _ := engineOn(h)
	e.ports.Forge = listing{h, map[string]string{"setup.cfg": "[metadata]\nversion = attr: nice.__version__\n",
		"src/nice/__init__.py": "__version__ = '1.0'\n", "other.py": "x"}}
	f, err := e.find(context.Background(), &Survey{Repo: p.Repo}, p.SHA)
	if got := slices.Sorted(maps.Keys(f.Files)); err != nil || !slices.Equal(got, []string{"setup.cfg", "src/nice/__init__.py"}) {
		t.Errorf("%q, %v", got, err)
	}
}
