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
	// VersionFrom is what Discover knows of the version where it found no version
	// file; it is not written.
	VersionFrom checks.VersionSource
	Stages      []StageSpec
	// Checks are the project's own, their texts templates.
	Checks  []checks.Own
	Waivers []checks.Waiver
	// Acknowledged are the files that somebody has looked at, as no reader can.
	Acknowledged []checks.Acknowledgement
	// Generated are the files in artifacts that the project's own build makes.
	Generated []GeneratedFile
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
	// NonceInput is the input of a dispatch that takes the claim's nonce.
	NonceInput string
	Publishes  []ArtifactSpec
}

// ArtifactSpec is what a stage publishes, as a template.
type ArtifactSpec struct {
	Kind   ArtifactKind
	Name   string
	Source string
	// With gives one artifact for each combination of the listed values.
	With map[string][]string
	// Attested holds where its files have to be attested.
	Attested bool
	// Apt is where the package of an apt artifact stands, as templates.
	Apt AptSuite
}
