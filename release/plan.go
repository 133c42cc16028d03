// Package release knows what a release is: its version, its plan, its stages, the
// events that happen to it and the state that they add up to, and the engine that
// takes it from the first check to the last artifact.
//
// It asks no question and draws nothing. What it needs of the world comes in
// through the interfaces in ports.go.
package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
)

// Repo names a repository on a code host.
type Repo struct {
	Host  string `json:"host,omitempty"` // empty for github.com
	Owner string `json:"owner"`
	Name  string `json:"name"`
}

// String is owner/name, as people write it.
func (r Repo) String() string { return r.Owner + "/" + r.Name }

// IsZero tells whether no repository is named.
func (r Repo) IsZero() bool { return r.Owner == "" && r.Name == "" }

// spelled is r in the letters of name where the two differ by nothing but their case:
// GitHub takes them for one repository, and everything here compares them as they are
// written.
func (r Repo) spelled(name string) Repo {
	owner, rest, ok := strings.Cut(name, "/")
	if ok && strings.EqualFold(r.String(), name) {
		r.Owner, r.Name = owner, rest
	}
	return r
}

// ParseRepo reads [HOST/]OWNER/NAME.
func ParseRepo(s string) (Repo, error) {
	parts := strings.Split(s, "/")
	bad := slices.ContainsFunc(parts, func(p string) bool {
		return p == "" || p == "." || p == ".." || strings.ContainsFunc(p, notInName)
	})
	switch {
	case !bad && len(parts) == 2:
		return Repo{Owner: parts[0], Name: parts[1]}, nil
	case !bad && len(parts) == 3:
		return Repo{Host: parts[0], Owner: parts[1], Name: parts[2]}, nil
	}
	return Repo{}, &Error{Kind: KindUsage, Op: fmt.Sprintf("repository %q", text.Clean(s)),
		Err:  fmt.Errorf("not of the form [HOST/]OWNER/NAME"),
		Hint: "name it as in `-R ckan/ckan`"}
}

// notInName holds for runes that no part of a repository's name has.
func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') &&
		r != '-' && r != '_' && r != '.'
}

// Trigger is how a stage's remote CI is started.
type Trigger string

// The triggers.
const (
	TriggerTag      Trigger = "tag"
	TriggerRelease  Trigger = "release"
	TriggerDispatch Trigger = "dispatch"
)

// ArtifactKind is where an artifact is published.
type ArtifactKind string

// The kinds of artifact.
const (
	KindPyPI          ArtifactKind = "pypi"
	KindImage         ArtifactKind = "image"
	KindDeb           ArtifactKind = "deb"
	KindGitHubRelease ArtifactKind = "github-release"
)

// Artifact is one thing that a stage must publish.
type Artifact struct {
	Kind ArtifactKind `json:"kind"`
	// Name is what is published, every placeholder filled in: a PyPI project, an
	// image reference with its tag, a URL, an apt repository's root, a release's tag.
	Name string `json:"name"`
	// Version is the version that must be found under the name.
	Version string `json:"version"`
	// Repo holds the release of a github-release artifact, and the key of an apt one.
	Repo Repo `json:"repo,omitzero"`
	// Apt is where the package of an apt artifact stands.
	Apt AptSuite `json:"apt,omitzero"`
	// Source is where the project's own tree sits inside the artifact.
	Source string `json:"source,omitempty"`
	// Mutable holds when the name does not carry the whole version, so that an
	// earlier release stands there until this one replaces it.
	Mutable bool `json:"mutable,omitempty"`
	// Attested holds where the plan asks for attestations of its files.
	Attested bool `json:"attested,omitempty"`
}

// String names the artifact for people and identifies it within a plan.
func (a Artifact) String() string {
	switch a.Kind {
	case KindPyPI:
		return fmt.Sprintf("%s %s %s", a.Kind, a.Name, a.Version)
	case KindApt:
		return fmt.Sprintf("%s %s %s in %s of %s", a.Kind, a.Apt.Package, a.Version, a.Apt, a.Name)
	}
	return fmt.Sprintf("%s %s", a.Kind, a.Name)
}

// Stage is one repository's part of a release.
type Stage struct {
	Name    string  `json:"name"`
	Repo    Repo    `json:"repo"`
	Trigger Trigger `json:"trigger"`
	// Branch is the branch that SHA was the head of when it was checked.
	Branch string `json:"branch"`
	SHA    string `json:"sha"`
	// Tag is the tag that the stage creates; empty for most dispatches.
	Tag       string            `json:"tag,omitempty"`
	Workflows []string          `json:"workflows"`
	Artifacts []Artifact        `json:"artifacts"`
	Needs     []string          `json:"needs,omitempty"`
	Inputs    map[string]string `json:"inputs,omitempty"`
	// NonceInput is the input of a dispatch that its workflows show in their
	// run-name. It is given the claim's nonce, by which the run is found.
	NonceInput string `json:"nonce_input,omitempty"`
}

// triggeredBy is what the workflows of the stage are started by, for people.
func (s Stage) triggeredBy() string {
	switch s.Trigger {
	case TriggerTag:
		return "the tag " + s.Tag
	case TriggerRelease:
		return "the release " + s.Tag
	}
	return "workflow_dispatch on " + s.Branch
}

// ClaimRef is the ref that GitHub creates once, for whoever is first: the tag's
// own, or for a dispatch one of ours.
func (s Stage) ClaimRef(version string) string {
	if s.Trigger == TriggerDispatch {
		return "refs/twokey/" + s.Name + "/" + version
	}
	return "refs/tags/" + s.Tag
}

// Plan is what will be released, from which commits, by which stages. It is a
// value: nothing changes a Plan once it is made.
type Plan struct {
	Project string         `json:"project"`
	Repo    Repo           `json:"repo"`
	Scheme  version.Scheme `json:"scheme"`
	Version string         `json:"version"`
	Line    string         `json:"line"`
	SHA     string         `json:"sha"`
	Tag     string         `json:"tag"`
	// Date is what {date} stands for, such as 20260814.
	Date string `json:"date"`
	// Lines is the template of the release lines' names.
	Lines  string  `json:"lines"`
	Stages []Stage `json:"stages"`
	// Source says where the plan comes from: "twokey.yml", or "discovered" with
	// what was assumed in Notes.
	Source       string               `json:"source"`
	Notes        []text.Safe          `json:"notes,omitempty"`
	VersionFiles []checks.VersionFile `json:"version_files,omitempty"`
	// VersionFrom is what a discovered plan knows of the version where it has no
	// VersionFiles.
	VersionFrom checks.VersionSource `json:"version_from,omitzero"`
	Checks      []checks.Own         `json:"checks,omitempty"` // the project's own
	Waivers     []checks.Waiver      `json:"waivers,omitempty"`
	// Acknowledged are the files that somebody has looked at.
	Acknowledged []checks.Acknowledgement `json:"acknowledged,omitempty"`
	// Generated are the files in artifacts that the project's own build makes.
	Generated []GeneratedFile `json:"generated,omitempty"`
}

// GeneratedFile is a kind of file that the project's own build makes: it is in artifacts
// and in no commit, and is not asked about again.
type GeneratedFile struct {
	// Path is a pattern of paths within the project, with ** for any directories.
	Path   string    `json:"path"`
	Reason text.Safe `json:"reason"`
}

// Args name what is released on a command line: the version and, where it alone
// would lead to another line, the line.
func (p Plan) Args() string {
	v, err := version.Parse(p.Scheme, p.Version)
	if p.Line == "" || err == nil && onLine(p.Lines, v, p.Line) {
		return p.Version
	}
	return p.Version + " --line " + text.Word(p.Line)
}

// Stage finds a stage by its name.
func (p Plan) Stage(name string) (Stage, bool) {
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Name == name })
	if i < 0 {
		return Stage{}, false
	}
	return p.Stages[i], true
}

// Afterwards is what has to hold once the release is done: those of the project's own
// checks that are due after it.
func (p Plan) Afterwards() []text.Safe {
	var out []text.Safe
	for _, own := range p.Checks {
		if own.When == checks.After {
			out = append(out, text.Clean(own.String()))
		}
	}
	return out
}

// prerelease tells whether the version comes before a release.
func (p Plan) prerelease() bool {
	v, err := version.Parse(p.Scheme, p.Version)
	return err == nil && v.Prerelease()
}

// Subject is the part of the plan that checks judge.
func (p Plan) Subject() checks.Subject {
	s := checks.Subject{
		Project: p.Project, Repo: p.Repo.String(), Version: p.Version, Scheme: string(p.Scheme),
		Line: p.Line, LinePattern: p.Lines, SHA: p.SHA, Tag: p.Tag,
		VersionFiles: p.VersionFiles, VersionFrom: p.VersionFrom, Own: p.Checks, Waivers: p.Waivers,
		Acknowledged: p.Acknowledged,
	}
	if v, err := version.Parse(p.Scheme, p.Version); err == nil {
		s.LineExpected = Expand(p.Lines, Fields{Version: v, Date: p.Date})
	}
	for _, st := range p.Stages {
		ss := checks.SubjectStage{
			Name: st.Name, Repo: st.Repo.String(), Trigger: string(st.Trigger), Branch: st.Branch,
			SHA: st.SHA, Tag: st.Tag, ClaimRef: st.ClaimRef(p.Version), Workflows: st.Workflows,
		}
		for _, a := range st.Artifacts {
			ss.Artifacts = append(ss.Artifacts, a.String())
		}
		s.Stages = append(s.Stages, ss)
	}
	return s
}

// Fields are what placeholders stand for in a plan file's templates.
type Fields struct {
	Version version.Version
	Line    string
	Date    string            // YYYYMMDD, with .N where that day has a tag already
	With    map[string]string // an artifact's own, from its `with`
}

// DateOf is what {date} stands for on a day, in UTC.
func DateOf(t time.Time) string { return t.UTC().Format("20060102") }

// Expand fills in {version}, {major}, {minor}, {patch}, {date}, {line} and the
// names in Fields.With. A placeholder without a value stays as it is written;
// the plan file's reader refuses unknown ones before.
func Expand(template string, f Fields) string {
	pairs := []string{
		"{version}", f.Version.String(), "{major}", f.Version.Part(0),
		"{minor}", f.Version.Part(1), "{patch}", f.Version.Part(2),
	}
	if f.Line != "" {
		pairs = append(pairs, "{line}", f.Line)
	}
	if f.Date != "" {
		pairs = append(pairs, "{date}", f.Date)
	}
	for k, v := range f.With {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(template)
}
