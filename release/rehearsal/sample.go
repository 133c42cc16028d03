package rehearsal

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

// sampleFiles are the files of the sample's three repositories. What stands
// between two @ is a version, and is filled in by each commit, see sampleTree.
//
//go:embed all:sample
var sampleFiles embed.FS

// sampleRepo is one repository of the embedded sample: its history, and what
// GitHub knows about it besides.
type sampleRepo struct {
	Owner, Name string
	Default     string // the default branch
	Commits     []sampleCommit
	Settings    settings
}

// sampleCommit is a commit on top of Branch. The first commit of a branch stands
// on the head that From has at that point; the first of all has no parent.
type sampleCommit struct {
	Branch, From  string
	Message       string
	Author, Email string
	When          time.Time
	Files         map[string][]byte // added or changed
	Removed       []string
	Tags          []string // annotated tags on this commit, by its author
}

// settings are what GitHub knows of a repository besides git.
type settings struct {
	Description   string
	Environments  []environment
	Rulesets      []ruleset
	Collaborators map[string]string // login: admin, maintain, write, triage or read
	// Alone holds where only whoever rehearses is listed of them: a clone does not tell
	// who else may push, and a gate must not be asked for on behalf of people who were
	// made up.
	Alone bool
	// Releases holds when each tag has a GitHub release.
	Releases bool
	// Signed holds when each commit is taken to be signed.
	Signed bool
	// Immutable holds when a release stays as it was published.
	Immutable bool
	// Statuses are the contexts under which services outside of GitHub report on
	// every commit.
	Statuses []string
	// Issues, Milestones and Advisories are what is open, and what was.
	Issues     []issue
	Milestones []milestone
	Advisories []advisory
}

// environment is a deployment environment. Without reviewers it has no gate.
type environment struct {
	Name              string
	Reviewers         []string // logins; one approval is enough
	PreventSelfReview bool
	WaitMinutes       int
	Refs              []string // patterns of the refs that may deploy; none: all
	// By approves what waits for it after a while, unless somebody else has answered;
	// empty: nobody does.
	By    string
	After time.Duration
	// Fixed holds where no scenario changes who may approve.
	Fixed bool
}

// ruleset is an active ruleset.
type ruleset struct {
	Name    string
	Target  string   // branch or tag
	Include []string // patterns of full refs, such as refs/heads/dev-v*
	// ForcePush, Update and Deletion tell whether these are blocked. Update is any change
	// of a ref, forced or not.
	ForcePush, Update, Deletion bool
	Reviews                     int      // approvals that a pull request needs; 0: no such rule
	LastPush                    bool     // somebody else must approve the last push
	Checks                      []string // required status checks; none: no such rule
}

// samplePeople are the addresses of those who wrote the sample.
func samplePeople() map[string]string {
	return map[string]string{
		"mara":  "mara@harbour.example",
		"ines":  "ines@harbour.example",
		"jonas": "jonas@harbour.example",
	}
}

// sampleRepos is the embedded sample, with a history that ends on the evening
// before start. The first repository is the one that is released.
func sampleRepos(start time.Time) ([]sampleRepo, error) {
	eve := start.UTC().Truncate(24 * time.Hour).Add(-6 * time.Hour)
	people := map[string]string{"mara": "admin", "ines": "maintain", "jonas": "write"}
	// Whoever releases does not approve: somebody else does, and answers soon.
	gate := func(name, by, refs string) environment {
		return environment{Name: name, Reviewers: []string{"ines", "jonas"}, PreventSelfReview: true, Refs: []string{refs},
			By: by, After: 20 * time.Second}
	}
	notes := gate("release", "ines", "refs/tags/harbour-*")
	notes.Fixed = true // scenarios are about the package
	dated := []ruleset{{Name: "release tags", Target: "tag", Include: []string{"refs/tags/v*"}, Update: true, Deletion: true}}
	repos := []sampleRepo{
		{Name: "harbour", Default: "main", Settings: settings{
			Description:   "The ledger of a port: berths, ships and tides",
			Collaborators: people, Releases: true, Immutable: true, Signed: true, Statuses: []string{"docs/harbour"},
			Issues: []issue{
				{Number: 129, Title: "Tide tables of neighbouring ports", Author: "ines", Labels: []string{"wish"}, Milestone: "2.12"},
				{Number: 117, Title: "The ledger forgets a berth", Author: "jonas", Labels: []string{"blocker", "ledger"}, Milestone: "2.11.5", Closed: true},
			},
			Milestones:   []milestone{{Number: 7, Title: "2.12"}, {Number: 6, Title: "2.11.5", Closed: true}},
			Advisories:   []advisory{{ID: "GHSA-7wq4-hrbr-2m5x", Summary: "Anybody could read the names of pilots", State: "published"}},
			Environments: []environment{gate("pypi", "ines", "refs/tags/harbour-*"), notes},
			Rulesets: []ruleset{
				{Name: "release lines", Target: "branch", Include: []string{"refs/heads/main", "refs/heads/dev-v*"},
					ForcePush: true, Deletion: true, Reviews: 1, LastPush: true, Checks: []string{"Lint", "Types", "Test 3.12, postgres"}},
				{Name: "release tags", Target: "tag", Include: []string{"refs/tags/harbour-*"}, Update: true, Deletion: true},
			}}},
		{Name: "harbour-packaging", Default: "main", Settings: settings{
			Description: "Debian packages of Harbour", Collaborators: people, Releases: true, Immutable: true, Signed: true, Rulesets: dated,
			Environments: []environment{gate("packages", "jonas", "refs/tags/v*")}}},
		{Name: "harbour-images", Default: "main", Settings: settings{
			Description: "Container images of Harbour", Collaborators: people, Releases: true, Immutable: true, Signed: true, Rulesets: dated,
			Environments: []environment{gate("dockerhub", "jonas", "refs/tags/v*")}}},
	}
	histories := [][]moment{harbourHistory(), packagingHistory(), imagesHistory()}
	for i := range repos {
		repos[i].Owner = "harbour"
		commits, err := tell(repos[i].Name, histories[i], eve)
		if err != nil {
			return nil, fmt.Errorf("the sample's history of %s: %w", repos[i].Name, err)
		}
		repos[i].Commits = commits
	}
	return repos, nil
}

// moment is one commit of the sample as its history tells it.
type moment struct {
	ago     int // days before the rehearsal begins
	by      string
	on      string   // branch; empty: the one of the moment before
	from    string   // where a new branch begins
	say     string   // the commit's message
	add     []string // files that appear; a name that ends in / is a whole directory
	set     []string // versions: "VERSION", "2.11.6", …
	note    string   // the name of a change note, such as 131.fix
	text    string   // what the note says; empty: the message
	collect bool     // the notes go into CHANGELOG.md: this prepares a release
	tag     string   // {date} is the commit's day
}

// tell turns a history into commits. It keeps the tree of every branch, so that a
// commit holds just the files that it changes.
func tell(repo string, history []moment, eve time.Time) ([]sampleCommit, error) {
	source, err := fs.Sub(sampleFiles, "sample/"+repo)
	if err != nil {
		return nil, err
	}
	trees := map[string]*sampleTree{}
	var commits []sampleCommit
	branch := ""
	for i, m := range history {
		if m.on != "" {
			branch = m.on
		}
		tree := trees[branch]
		if tree == nil {
			tree = newSampleTree(trees[m.from])
			trees[branch] = tree
		}
		when := eve.AddDate(0, 0, -m.ago).Add(-time.Duration(i*37%240) * time.Minute)
		c := sampleCommit{Branch: branch, From: m.from, Message: m.say + "\n",
			Author: m.by, Email: samplePeople()[m.by], When: when}
		if c.Files, c.Removed, err = tree.advance(source, m, when); err != nil {
			return nil, fmt.Errorf("%q: %w", m.say, err)
		}
		if m.tag != "" {
			c.Tags = []string{strings.ReplaceAll(m.tag, "{date}", when.Format("20060102"))}
		}
		commits = append(commits, c)
	}
	return commits, nil
}

// sampleTree is a branch of the sample at one point of its history.
type sampleTree struct {
	raw      map[string][]byte // with @VERSION@ as it stands in the sample
	shown    map[string][]byte // as it is in git
	versions map[string]string
}

func newSampleTree(parent *sampleTree) *sampleTree {
	if parent == nil {
		return &sampleTree{raw: map[string][]byte{}, shown: map[string][]byte{}, versions: map[string]string{}}
	}
	return &sampleTree{maps.Clone(parent.raw), maps.Clone(parent.shown), maps.Clone(parent.versions)}
}

// advance does what a moment says, and gives what that changed.
func (t *sampleTree) advance(source fs.FS, m moment, when time.Time) (map[string][]byte, []string, error) {
	for _, name := range m.add {
		if err := t.add(source, name); err != nil {
			return nil, nil, err
		}
	}
	for i := 0; i+1 < len(m.set); i += 2 {
		t.versions[m.set[i]] = m.set[i+1]
	}
	if m.note != "" {
		text := m.text
		if text == "" {
			text = m.say
		}
		t.raw["changes/"+m.note+".md"] = []byte(text + ".\n")
	}
	if m.collect {
		t.collect(when)
	}
	changed, removed := map[string][]byte{}, []string(nil)
	next := map[string][]byte{}
	for name, raw := range t.raw {
		next[name] = t.fill(raw)
		if old, ok := t.shown[name]; !ok || !bytes.Equal(old, next[name]) {
			changed[name] = next[name]
		}
	}
	for name := range t.shown {
		if _, ok := next[name]; !ok {
			removed = append(removed, name)
		}
	}
	slices.Sort(removed)
	t.shown = next
	return changed, removed, nil
}

// add takes a file or a whole directory of the sample into the tree.
func (t *sampleTree) add(source fs.FS, name string) error {
	return fs.WalkDir(source, strings.TrimSuffix(name, "/"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		t.raw[path], err = fs.ReadFile(source, path)
		return err
	})
}

// collect moves the change notes into a new section at the top of CHANGELOG.md.
func (t *sampleTree) collect(when time.Time) {
	const title = "# Changes\n"
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n## %s (%s)\n\n", title, t.versions["VERSION"], when.Format(time.DateOnly))
	for _, name := range slices.Sorted(maps.Keys(t.raw)) {
		if strings.HasPrefix(name, "changes/") {
			fmt.Fprintf(&b, "- %s", t.raw[name])
			delete(t.raw, name)
		}
	}
	b.WriteString(strings.TrimPrefix(string(t.raw["CHANGELOG.md"]), title))
	t.raw["CHANGELOG.md"] = []byte(b.String())
}

// fill puts the versions into a file's text.
func (t *sampleTree) fill(raw []byte) []byte {
	for name, version := range t.versions {
		raw = bytes.ReplaceAll(raw, []byte("@"+name+"@"), []byte(version))
	}
	return raw
}
