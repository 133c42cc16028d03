package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
)

// maxLines bounds the release lines that a survey looks at; projects keep the
// branches of releases that nobody makes any more.
const maxLines = 6

// Survey is what there is to release: the lines, their last versions and what
// could come next.
type Survey struct {
	Repo   Repo
	Facts  checks.Repo
	Viewer checks.Viewer // zero without a token
	// Lines are the release lines, newest version first.
	Lines []LineSurvey
	// Older counts the lines that were left out for their age.
	Older int
	// Source and Notes say where the plan comes from, as in Plan.
	Source string
	Notes  []text.Safe

	file     PlanFile
	branches []Branch
	tags     []Tag
}

// LineSurvey is one release line.
type LineSurvey struct {
	Line string
	Head string // SHA
	// Last is the line's last version and LastTag its tag; empty before the first.
	Last    string
	LastTag string
	// Commits since LastTag; -1 when not known.
	Commits int
	// Suggested is the version for each bump that stays on the line.
	Suggested map[version.Bump]string
	// Active are the runs that go on now on the line's head, on its last tag, and in
	// other repositories for the release that twokey began with that tag.
	Active []Run
	// Unfinished is the line's last release where stages of it were never started;
	// nil when there is none, or when none can be told: only a claim that twokey
	// made says what else the release is made of.
	Unfinished *Unfinished
	// Failed are the stages of the line's last release that failed, in the plan's
	// order; of one that twokey began, as Unfinished is.
	Failed []FailedStage
	// Unsure is why Unfinished or Failed could not be told; empty when they were.
	Unsure text.Safe

	last    version.Version
	lastSHA string // of LastTag
	// first is the claim that the last release began with.
	first    Claim
	firstErr error
	begun    begunRelease
	fresh    bool // Last was claimed a moment ago: its runs may not be there yet
}

// DefaultLine is the line to release from when nobody says: the newest one that
// has had a release, else the newest.
func (s Survey) DefaultLine() string {
	for _, l := range s.Lines {
		if l.Last != "" {
			return l.Line
		}
	}
	if len(s.Lines) > 0 {
		return s.Lines[0].Line
	}
	return ""
}

// Line finds a line by its branch.
func (s Survey) Line(name string) (LineSurvey, bool) {
	i := slices.IndexFunc(s.Lines, func(l LineSurvey) bool { return l.Line == name })
	if i < 0 {
		return LineSurvey{}, false
	}
	return s.Lines[i], true
}

// Survey reads the repository's lines, tags and plan, and how the last release of each
// line stands.
func (e *Engine) Survey(ctx context.Context, repo Repo) (Survey, error) {
	ctx = e.lookFor(ctx, "survey")
	s, err := e.surveyNames(ctx, repo)
	if s.Facts.Name != "" { // something was answered
		defer e.budget(true)
	}
	if err != nil {
		return s, err
	}
	if err := e.surveyCommits(ctx, &s); err != nil {
		return s, err
	}
	if err := e.surveyUnfinished(ctx, &s); err != nil {
		return s, err
	}
	for i := range s.Lines {
		s.Lines[i].fresh = e.justNow(s.Lines[i].begun.at)
	}
	return s, nil
}

// surveyNames reads what has a name: the repository, its branches, tags and plan, and
// the lines among these. Who does not release needs no more, and it takes few requests.
func (e *Engine) surveyNames(ctx context.Context, repo Repo) (Survey, error) {
	s := Survey{Repo: repo}
	facts, err := e.ports.Forge.Repository(ctx, repo)
	if err != nil {
		return s, explain(err, "repository "+repo.String(),
			"check the name; a private repository needs a token that may read it")
	}
	s.Repo, s.Facts = repo.spelled(facts.Name), facts
	e.budget(true) // known from the first read on
	if err := e.surveyRefs(ctx, &s); err != nil {
		return s, err
	}
	if err := e.surveyPlan(ctx, &s); err != nil {
		return s, err
	}
	s.Lines, s.Older, err = surveyLines(s.file, s.branches, s.tags)
	return s, err
}

// surveyRefs reads who asks, the branches and the tags, at the same time.
func (e *Engine) surveyRefs(ctx context.Context, s *Survey) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		v, err := e.ports.Forge.Viewer(ctx)
		if errors.Is(err, ErrUnauthorized) && e.ports.Actor == nil {
			return nil // anybody may look at a public repository
		}
		s.Viewer = v
		return explain(err, "who the token belongs to", "sign in with `gh auth login`, or set GH_TOKEN")
	})
	g.Go(func() (err error) {
		s.branches, err = e.ports.Forge.Branches(ctx, s.Repo)
		return explain(err, "branches of "+s.Repo.String(), "")
	})
	g.Go(func() (err error) {
		s.tags, err = e.ports.Forge.Tags(ctx, s.Repo, "")
		return explain(err, "tags of "+s.Repo.String(), "")
	})
	return g.Wait()
}

// surveyPlan reads the plan file at the default branch, which tells the lines.
// The plan of a release is read again, at the commit that is released.
func (e *Engine) surveyPlan(ctx context.Context, s *Survey) error {
	i := slices.IndexFunc(s.branches, func(b Branch) bool { return b.Name == s.Facts.DefaultBranch })
	if i < 0 {
		return &Error{Kind: KindUsage, Op: "repository " + s.Repo.String(),
			Err:  fmt.Errorf("its default branch %q does not exist", s.Facts.DefaultBranch),
			Hint: "push a first commit"}
	}
	var err error
	s.file, s.Source, s.Notes, err = e.planFile(ctx, s, s.branches[i].SHA)
	return err
}

// planFile reads twokey.yml at a commit, or discovers a plan there.
func (e *Engine) planFile(ctx context.Context, s *Survey, sha string) (PlanFile, string, []text.Safe, error) {
	src, err := e.ports.Forge.File(ctx, s.Repo, sha, PlanFileName)
	switch {
	case err == nil:
		f, err := ParsePlanFile(fmt.Sprintf("%s@%s:%s", s.Repo, short(sha), PlanFileName), src)
		for i, st := range f.Stages {
			f.Stages[i].Repo = st.Repo.spelled(s.Repo.String())
		}
		return f, PlanFileName, nil, err
	case !errors.Is(err, ErrNotFound):
		return PlanFile{}, "", nil, explain(err, PlanFileName+" of "+s.Repo.String(), "")
	}
	found, err := e.find(ctx, s, sha)
	if err != nil {
		return PlanFile{}, "", nil, err
	}
	f, notes, err := Discover(found)
	return f, "discovered", notes, err
}

// find reads what Discover looks at.
func (e *Engine) find(ctx context.Context, s *Survey, sha string) (Found, error) {
	f := Found{Repo: s.Repo, Default: s.Facts.DefaultBranch, Branches: s.branches, Tags: s.tags,
		Files: map[string][]byte{}}
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		f.Workflows, err = e.ports.Forge.Workflows(inner, s.Repo, sha)
		if errors.Is(err, ErrNotFound) {
			return nil // no workflows: Discover says what that means
		}
		return explain(err, "workflows of "+s.Repo.String(), "")
	})
	g.Go(func() error { return e.readFiles(inner, s.Repo, sha, Manifests(), f.Files) })
	err := g.Wait()
	if err == nil {
		err = e.readFiles(ctx, s.Repo, sha, Modules(f.Files), f.Files)
	}
	return f, err
}

// readFiles adds to files those that exist at a commit.
func (e *Engine) readFiles(ctx context.Context, repo Repo, sha string, names []string, files map[string][]byte) error {
	if len(names) == 0 {
		return nil
	}
	read, err := e.ports.Forge.Files(ctx, repo, sha, names)
	maps.Copy(files, read)
	return explain(err, "files of "+repo.String(), "")
}

// surveyCommits counts what is new on each line and finds what runs there.
func (e *Engine) surveyCommits(ctx context.Context, s *Survey) error {
	g, ctx := errgroup.WithContext(ctx)
	var active []Run
	g.Go(func() (err error) {
		active, err = e.ports.Forge.Active(ctx, s.Repo)
		return explain(err, "runs of "+s.Repo.String(), "")
	})
	for i := range s.Lines {
		l := &s.Lines[i]
		l.Commits = -1
		if l.LastTag == "" {
			continue
		}
		g.Go(func() error {
			l.first, l.firstErr = e.firstOf(ctx, s, l)
			return nil // lookBehind tells
		})
		g.Go(func() error {
			n, err := e.ports.Forge.Ahead(ctx, s.Repo, l.lastSHA, l.Head) // as its checks ask
			if err == nil {
				l.Commits = n
			}
			return onlyAuth(err)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		for _, r := range active {
			if r.SHA == l.Head || (l.LastTag != "" && r.Branch == text.Clean(l.LastTag)) {
				l.Active = append(l.Active, r)
			}
		}
	}
	return nil
}

// surveyLines finds the release lines among the branches, newest first, and what
// each could release next.
func surveyLines(f PlanFile, branches []Branch, tags []Tag) ([]LineSurvey, int, error) {
	released := taggedVersions(f, tags)
	var lines []LineSurvey
	for _, b := range branches {
		if lineRegexp(f.Lines).MatchString(b.Name) {
			lines = append(lines, surveyLine(f, b, released))
		}
	}
	if len(lines) == 0 {
		return nil, 0, &Error{Kind: KindUsage, Op: fmt.Sprintf("release lines %q", f.Lines),
			Err:  errors.New("no branch has such a name"),
			Hint: "correct `lines` in " + PlanFileName + ", or push the branch"}
	}
	slices.SortStableFunc(lines, func(a, b LineSurvey) int {
		return compareNumbers(numbersOf(b.Line), numbersOf(a.Line))
	})
	older := max(0, len(lines)-maxLines)
	return lines[:len(lines)-older], older, nil
}

// tagVersion is a tag and the version that it names.
type tagVersion struct {
	tag     Tag
	version version.Version
}

// taggedVersions are the tags that name a version in the plan's template.
func taggedVersions(f PlanFile, tags []Tag) []tagVersion {
	var out []tagVersion
	for _, t := range tags {
		if v, ok := version.FromTag(f.Tag, f.Scheme, t.Name); ok {
			out = append(out, tagVersion{t, v})
		}
	}
	return out
}

func surveyLine(f PlanFile, b Branch, released []tagVersion) LineSurvey {
	l := LineSurvey{Line: b.Name, Head: b.SHA, Commits: -1, Suggested: map[version.Bump]string{}}
	for _, r := range released {
		if onLine(f.Lines, r.version, b.Name) && (l.last.IsZero() || r.version.Compare(l.last) > 0) {
			l.last, l.Last, l.LastTag, l.lastSHA = r.version, r.version.String(), r.tag.Name, r.tag.SHA
		}
	}
	if l.last.IsZero() {
		if v, ok := firstVersion(f, b.Name); ok {
			l.Suggested[version.Patch] = v.String()
		}
		return l
	}
	if dated(l.last) {
		return l
	}
	for _, bump := range []version.Bump{version.Patch, version.Minor, version.Major, version.Pre} {
		if v, err := version.Next(l.last, bump); err == nil && onLine(f.Lines, v, b.Name) {
			l.Suggested[bump] = v.String()
		}
	}
	return l
}

// onLine tells whether a version belongs to a line. A template without a version
// in it is one line for all versions.
func onLine(template string, v version.Version, line string) bool {
	return Expand(template, Fields{Version: v}) == line
}

// firstVersion is what a line without a release begins with.
func firstVersion(f PlanFile, line string) (version.Version, bool) {
	n := numbersOf(line)
	if !strings.Contains(f.Lines, "{") {
		n = []int{0, 1, 0}
	}
	for len(n) < 3 {
		n = append(n, 0)
	}
	v, err := version.Parse(f.Scheme, fmt.Sprintf("%d.%d.%d", n[0], n[1], n[2]))
	return v, err == nil && onLine(f.Lines, v, line)
}

// lineRegexp matches the branches that a template of lines means.
func lineRegexp(template string) *regexp.Regexp {
	q := regexp.QuoteMeta(template)
	for _, name := range []string{"major", "minor", "patch"} {
		q = strings.ReplaceAll(q, `\{`+name+`\}`, `\d{1,9}`)
	}
	return regexp.MustCompile(`^` + q + `$`)
}

// numbersOf are the numbers in a branch's name, in order.
func numbersOf(s string) []int {
	var out []int
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		n := 0
		for _, r := range f[:min(len(f), 9)] {
			n = n*10 + int(r-'0')
		}
		out = append(out, n)
	}
	return out
}

// compareNumbers orders lists of numbers; a missing number comes first.
func compareNumbers(a, b []int) int { return slices.Compare(a, b) }
