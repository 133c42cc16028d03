package release

import (
	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
)

// PlanFileName is where a repository keeps its plan.
const PlanFileName = "twokey.yml"

// PlanFile is a plan before a version is chosen: twokey.yml as it is written, or
// what Discover made of the workflows.
type PlanFile struct {
	Project      string
	Lines        string // template of the release lines' branch names
	Tag          string // template of the tag
	Scheme       version.Scheme
	VersionFiles []checks.VersionFile
	Stages       []StageSpec
	Waivers      []checks.Waiver
}

// StageSpec is a stage before a version is chosen; its strings are templates.
type StageSpec struct {
	Name      string
	Repo      Repo // zero: the plan's own repository
	Needs     []string
	Trigger   Trigger
	Tag       string
	Branch    string // of another repository: the branch to release from; empty: its default
	Workflows []string
	Inputs    map[string]string
	Publishes []ArtifactSpec
}

// ArtifactSpec is what a stage publishes, as a template.
type ArtifactSpec struct {
	Kind   ArtifactKind
	Name   string
	Source string
	// With gives one artifact for each combination of the listed values.
	With map[string][]string
}

// ParsePlanFile reads a plan file strictly. Its errors name file, line, column
// and show the line.
func ParsePlanFile(name string, src []byte) (PlanFile, error) { return PlanFile{}, nil }

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

// Choice is everything that turns a PlanFile into a Plan.
type Choice struct {
	Repo    Repo
	Version version.Version
	Line    string
	// Heads are the branch and head of each stage's repository, by Repo.String();
	// the plan's own repository is at Line.
	Heads  map[string]Branch
	Date   string
	Source string
	Notes  []text.Safe
}

// MakePlan fills in a plan file's templates.
func MakePlan(f PlanFile, c Choice) (Plan, error) { return Plan{}, nil }
