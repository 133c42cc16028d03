package release

import "twokey/checks/text"

// Found is what Discover looks at.
type Found struct {
	Repo      Repo
	Default   string // default branch
	Branches  []Branch
	Tags      []Tag
	Workflows []WorkflowFile
	// Files are the project's manifests that exist: pyproject.toml, setup.cfg,
	// setup.py, package.json, go.mod, Cargo.toml.
	Files map[string][]byte
}

// Manifests are the files that Discover wants to see when they exist.
func Manifests() []string {
	return []string{"pyproject.toml", "setup.cfg", "setup.py", "package.json", "go.mod", "Cargo.toml"}
}

// Discover makes a plan file from what a repository's workflows declare. The
// notes say what was assumed. It fails when no workflow starts a release.
func Discover(f Found) (PlanFile, []text.Safe, error) { return PlanFile{}, nil, nil }
