package release

import (
	"twokey/checks"
	"twokey/checks/version"
)

// PlanFileName is where a repository keeps its plan.
const PlanFileName = "twokey.yml"

// PlanFileVersion is the `version` that a plan file has to name.
const PlanFileVersion = 1

// PlanFile is a plan before a version is chosen: twokey.yml as it is written, or
// what Discover made of the workflows. ParsePlanFile reads it and Encode writes
// it.
type PlanFile struct {
	Project      string // empty: the repository's name
	Lines        string // template of the release lines' branch names
	Tag          string // template of the tag
	Scheme       version.Scheme
	VersionFiles []checks.VersionFile
	Stages       []StageSpec
	// Checks are the project's own. They are declared, never executed.
	Checks  []OwnCheck
	Waivers []checks.Waiver
}

// StageSpec is a stage before a version is chosen; its strings are templates.
type StageSpec struct {
	Name    string
	Repo    Repo // zero: the plan's own repository
	Needs   []string
	Trigger Trigger
	// Tag is what the stage creates. ParsePlanFile fills in the plan's own tag
	// for stages in the plan's own repository that are triggered by one.
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

// When is which side of the release a project's own check looks at.
type When string

// The sides.
const (
	Before When = "before" // of anything being triggered
	After  When = "after"  // of every stage being done
)

// OwnCheck is a check that the project declares for itself: a page that has to
// hold a text, or something that only a person can look at. Its strings are
// templates.
type OwnCheck struct {
	URL      string // the page; empty for a manual check
	Contains string // what the page has to hold
	Manual   string // what a person confirms; empty for a page
	When     When
}
