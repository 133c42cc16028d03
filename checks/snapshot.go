package checks

import (
	"time"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// Missing says why something could not be read, and what reading it would take.
type Missing struct {
	// Why is what went wrong, in one line.
	Why text.Safe
	// Needs is what would make it readable, such as "administration: read on
	// o/r"; empty when nothing that can be given would.
	Needs string
	// Next is the next step where Needs is empty; empty when there is none but to look
	// for oneself.
	Next string
}

// TryAgain is the next step where another try may well do.
const TryAgain = "check again in a moment"

// Got is a value that was read, or the reason why it was not. The zero Got was
// never read, so that forgetting to read something can not look like reading
// nothing.
type Got[T any] struct {
	value   T
	read    bool
	missing Missing
}

// Have is a value that was read.
func Have[T any](v T) Got[T] { return Got[T]{value: v, read: true} }

// Lack is a value that could not be read.
func Lack[T any](m Missing) Got[T] { return Got[T]{missing: m} }

// Get is the value, and whether it was read.
func (g Got[T]) Get() (T, bool) { return g.value, g.read }

// Missing is why the value was not read.
func (g Got[T]) Missing() Missing {
	if !g.read && g.missing == (Missing{}) {
		return Missing{Why: text.Clean("it was not read"), Next: TryAgain}
	}
	return g.missing
}

// Part is a piece of a Snapshot that is read as one. A check is judged as soon
// as the parts that it needs have been read.
type Part string

// The parts.
const (
	PartViewer       Part = "viewer"       // Snapshot.Viewer
	PartRepos        Part = "repos"        // StageFacts.Repo
	PartRefs         Part = "refs"         // Snapshot.Head, StageFacts.Head, .Tag, .Claim, .Release
	PartTags         Part = "tags"         // Snapshot.Versions
	PartRules        Part = "rules"        // Snapshot.Rules
	PartCI           Part = "ci"           // Snapshot.CI
	PartFiles        Part = "files"        // Snapshot.VersionFiles, .OwnFiles
	PartWorkflows    Part = "workflows"    // StageFacts.Workflows
	PartProgram      Part = "program"      // StageFacts.Program
	PartEnvironments Part = "environments" // StageFacts.Environments
	PartChanges      Part = "changes"      // StageFacts.Changes
	PartBlobs        Part = "blobs"        // StageFacts.Blobs
	PartPublished    Part = "published"    // StageFacts.Published
	PartPages        Part = "pages"        // Snapshot.OwnPages
	PartOpen         Part = "open"         // Snapshot.OwnOpen
	PartTagRules     Part = "tag rules"    // StageFacts.TagRules
	PartImmutable    Part = "immutable"    // StageFacts.Immutable
	PartMaintainers  Part = "maintainers"  // StageFacts.Maintainers
	PartTestRuns     Part = "test runs"    // Snapshot.TestRuns
	PartSignature    Part = "signature"    // Snapshot.Signature
	PartHistory      Part = "history"      // Snapshot.History
	PartFragments    Part = "fragments"    // Snapshot.OwnFragments
	PartPins         Part = "pins"         // Snapshot.Pins
)

// PartArtifacts is what a stage has published: StageFacts.Artifacts. It is read once the
// stage's runs are over, and is none of Parts.
const PartArtifacts Part = "artifacts"

// Parts are all parts, in the order in which they are worth reading.
func Parts() []Part {
	return []Part{
		PartViewer, PartRepos, PartRefs, PartTags, PartRules, PartCI,
		PartTagRules, PartImmutable, PartMaintainers, PartTestRuns, PartSignature,
		PartFiles, PartWorkflows, PartProgram, PartEnvironments, PartPublished,
		PartPins, PartChanges, PartBlobs, PartHistory, PartFragments,
		PartOpen, PartPages,
	}
}

// Access is what somebody needs to see something.
type Access int

// The accesses, each with all before it.
const (
	Anonymous Access = iota // nothing: it is public, where the repository is
	Token                   // any token that may read the repository
	Admin                   // a token with administration: read
)

// String says what is needed, for people.
func (a Access) String() string {
	switch a {
	case Anonymous:
		return "no token on a public repository"
	case Token:
		return "a token"
	}
	return "a token with administration: read to see all of it"
}

// Access is what reading a part takes.
func (p Part) Access() Access {
	switch p {
	case PartViewer, PartRepos, PartEnvironments, PartMaintainers, PartHistory, PartPins:
		return Token
	case PartRules, PartTagRules, PartImmutable:
		return Admin
	}
	return Anonymous
}

// Access is what seeing everything that a check looks at takes.
func (c Check) Access() Access {
	most := Anonymous
	for _, p := range c.Needs {
		most = max(most, p.Access())
	}
	return most
}

// Subject is what is about to be released: the part of a plan that checks judge.
type Subject struct {
	Project string
	Repo    string // owner/name
	Version string
	Scheme  string // "semver" or "pep440", as package version names them
	Line    string // the branch that is released from
	// LinePattern is the plan's template for release lines, such as
	// "dev-v{major}.{minor}"; LineExpected is that template for this version.
	LinePattern  string
	LineExpected string
	SHA          string // the commit that was checked
	Tag          string
	VersionFiles []VersionFile
	VersionFrom  VersionSource // of a plan without VersionFiles that nobody wrote
	Own          []Own         // the project's own checks, their texts filled in
	Waivers      []Waiver
	// Confirmed are the IDs of manual checks that a person says to have seen to.
	Confirmed    []string
	Acknowledged []Acknowledgement // files that somebody has looked at
	Stages       []SubjectStage
	// Onward is the next step of a version that was begun before and is about to be
	// begun again, as far as it is known; empty for others.
	Onward string
	// Left says that the release before this one on its line is not over, such as
	// "2.11.5 is in flight"; zero when nothing of the kind is known.
	Left text.Safe
	// OnlyWatches holds when nothing is left to send for a release that twokey began
	// and that is gone on with: there is no start that a check could stop.
	OnlyWatches bool
}

// VersionFile is a file that holds the version, and how to find it there.
type VersionFile struct {
	Path    string `json:"path"`
	Pattern string `json:"pattern"` // a regular expression with one group
}

// VersionSource is where a build takes its version from, as far as that is known
// without a version file.
type VersionSource struct {
	// Saw is what was seen of it; zero when nothing tells that there is a version in
	// the code.
	Saw text.Safe `json:"saw,omitzero"`
	// Tag holds where it is the tag: then no file can disagree with it.
	Tag bool `json:"tag,omitempty"`
}

// hidden tells whether there is a version in the code that was not found.
func (v VersionSource) hidden() bool { return !v.Saw.IsZero() && !v.Tag }

// SubjectStage is one stage of what is about to be released.
type SubjectStage struct {
	Name      string
	Repo      string // owner/name
	Trigger   string // "tag", "release" or "dispatch"
	Branch    string
	SHA       string
	Tag       string // empty for dispatch without a tag
	ClaimRef  string // the ref that is created first, such as refs/tags/v1.0.0
	Workflows []string
	Artifacts []string // as shown to people, such as "pypi ckan 2.11.6"
	// Started holds when the stage is claimed already at SHA, and the release is
	// gone on with: then what it made is there rightly.
	Started bool
}

// Started tells whether the release was claimed already in its own repository, at
// the commit that is judged.
func (s Subject) Started() bool {
	for _, st := range s.Stages {
		if st.Started && st.Repo == s.Repo && st.SHA == s.SHA {
			return true
		}
	}
	return false
}

// Snapshot is everything remote that judging a release needs, read at the exact
// commits that the Subject names.
type Snapshot struct {
	Subject Subject
	// Taken is when the reading ended, on the clock that the engine was given.
	Taken    time.Time
	Viewer   Got[Viewer]
	Head     Got[string]      // the head of Subject.Line now
	OnLine   Got[bool]        // Subject.SHA is a commit of Subject.Line; read for what was started
	Versions Got[[]TagName]   // every tag of the project that names a version
	Rules    Got[BranchRules] // of Subject.Line
	CI       Got[CI]          // of Subject.SHA
	// TestRuns are the workflow runs on Subject.SHA; Signature is that commit's.
	TestRuns  Got[[]TestRun]
	Signature Got[Signature]
	History   Got[History] // of Subject.Repo up to Subject.SHA
	// Pins are the commits that what the stages run uses something at.
	Pins Got[map[Pin]Got[Origin]]
	// OwnJobs are the jobs of the runs that the stages which are started already
	// began at Subject.SHA, by their IDs; read for what was started.
	OwnJobs      Got[[]int64]
	VersionFiles []Got[FileMatch] // one for each of Subject.VersionFiles
	OwnFiles     []Got[FileMatch] // one for each of Subject.Own; read where it has a Pattern
	// OwnPages and OwnOpen are one for each of Subject.Own, too; read where it is about
	// a page, and where it is about what must not be open.
	OwnPages []Got[Page]
	// OwnFragments are one for each of Subject.Own, too; read where it has Fragments.
	OwnFragments []Got[Directory]
	OwnOpen      []Got[[]OpenItem]
	Stages       []StageFacts // one for each of Subject.Stages
}

// StageFacts is what was read for one stage.
type StageFacts struct {
	Repo    Got[Repo]
	Head    Got[string]  // the head of the stage's branch now
	Tag     Got[RefFact] // the tag that the stage will create
	Claim   Got[RefFact] // the claim, where it is not the tag
	Release Got[RefFact] // the GitHub release of that tag
	// TagRules are the repository's rulesets about tags; empty for a stage without a tag.
	TagRules  Got[[]Ruleset]
	Immutable Got[Immutable] // read for a stage that publishes a GitHub release
	Workflows []Got[Workflow]
	// Program is what the stage's workflows run, as far as it is written in files of
	// workflows and of the repository's own actions.
	Program Got[actions.Program]
	// Environments are those that the stage's workflows name: empty when they
	// name none, nil when that was not read.
	Environments []Got[Environment]
	// Namings are what the expressions stand for by which jobs name an environment, call
	// by call; with PartEnvironments.
	Namings   []Naming
	Changes   Got[Changes]     // since the last release of the stage's repository
	Blobs     Got[Blobs]       // those of Changes that ask for it
	Published []Got[Published] // one for each artifact
	// Maintainers are the people who may push to the repository.
	Maintainers Got[[]text.Safe]
	// Artifacts is what was found out about what the stage has published, one for each
	// artifact; nil before.
	Artifacts []ArtifactFacts
	// Unkept is why what the stage's runs have kept could not be read; nil where it was.
	Unkept *Missing
	// Approvals are the answers to the gates that the stage's runs waited for.
	Approvals Got[[]Passed]
}

// Viewer is whoever the token belongs to.
type Viewer struct {
	Login text.Safe
	// TokenKind is "classic", "fine-grained", "oauth", "installation" (a
	// workflow's own token, which starts no workflow) or "unknown".
	TokenKind string
	// Scopes are a classic token's scopes; nil for other kinds.
	Scopes []string
}

// Repo is a repository as the token sees it.
type Repo struct {
	Name          string // owner/name
	DefaultBranch string
	Private       bool
	Archived      bool
	Push          bool // the token's user may push
	Admin         bool
	URL           text.Safe
}

// RefFact tells whether a ref or release exists.
type RefFact struct {
	Exists bool
	Name   text.Safe
	SHA    string // the commit that it leads to
	By     text.Safe
	At     time.Time
	URL    text.Safe
}

// TagName is a tag that names a version.
type TagName struct {
	Name    string
	Version string
	SHA     string
}

// CI is what ran on a commit.
type CI struct {
	SHA  string
	Runs []CIRun
}

// CIRun is one check run or commit status.
type CIRun struct {
	Name       text.Safe
	Status     string // queued, in_progress, completed; "completed" for a final commit status
	Conclusion string // success, failure, neutral, skipped, …; empty while it runs
	URL        text.Safe
	Started    time.Time
	Completed  time.Time
	// Posted holds for a commit status, which somebody posted; else it is a check run.
	Posted bool
	// App is the ID of the app that made a check run; 0 for a commit status.
	App int64
	// ID is GitHub's, of a check run: that of a job is the job's. 0 for a commit
	// status, which has none.
	ID int64
}

// FileMatch is what a file of the released commit holds of what is looked for.
type FileMatch struct {
	Path    string
	Absent  bool // the commit has no such file
	Matched bool
	Value   text.Safe // what the pattern's group matched
	URL     text.Safe
}

// Workflow is a workflow file at the stage's commit.
type Workflow struct {
	File   string // publish-pypi.yml
	Exists bool
	// State is GitHub's: active, disabled_manually, …; empty when GitHub does
	// not know the workflow.
	State string
	// Starts tells whether the stage's trigger starts it.
	Starts bool
	// Triggers are the file's own, as written, for people.
	Triggers []text.Safe
	// Problem is why the file can not be understood; zero when it can.
	Problem text.Safe
	// Lacks is what the stage needs of the file and it does not have; zero when
	// there is nothing of the kind.
	Lacks text.Safe
	URL   text.Safe
}

// Environment is a deployment environment and its gate.
type Environment struct {
	Name   text.Safe
	Job    text.Safe // the job that names it
	File   string
	Exists bool
	// Reviewers may approve; one approval is enough whatever their number.
	Reviewers         []Reviewer
	PreventSelfReview bool
	AdminsBypass      bool
	// BypassUnsaid holds where it was not said whether administrators may bypass it.
	BypassUnsaid bool
	WaitMinutes  int
	URL          text.Safe
}

// Reviewer is a person or team that may approve.
type Reviewer struct {
	Name text.Safe `json:"name"`
	Team bool      `json:"team,omitempty"`
}

// Published is what stands under an artifact's name now.
type Published struct {
	Artifact text.Safe `json:"artifact"`
	Exists   bool      `json:"exists"`
	Digest   string    `json:"digest,omitempty"` // algorithm:hex, when the place tells it
	// Mutable holds when the name does not carry the version, so that an
	// earlier release stands there rightly.
	Mutable bool      `json:"mutable,omitempty"`
	Updated time.Time `json:"updated,omitzero"`
	URL     text.Safe `json:"url,omitzero"`
}
