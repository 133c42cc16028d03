package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"twokey/checks"
	"twokey/checks/version"
	"twokey/release"
)

// parts collects what Fill reports.
type parts struct {
	mu  sync.Mutex
	got map[checks.Part]int
}

func (p *parts) done(part checks.Part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.got == nil {
		p.got = map[checks.Part]int{}
	}
	p.got[part]++
}

// threeStages is a plan whose stages share what can be shared: two are in one
// repository, and two name the same environment.
func threeStages() release.Plan {
	other := release.Repo{Owner: "o", Name: "images"}
	return release.Plan{Project: "r", Repo: testRepo(), Scheme: version.PEP440, Version: "1.2.3", Line: "main", SHA: shaA, Tag: "r-1.2.3",
		VersionFiles: []checks.VersionFile{{Path: "r/__init__.py", Pattern: `__version__ = "(.+)"`}, {Path: "none.txt", Pattern: `(.+)`}},
		Checks: []checks.Own{
			{ID: "own.manual", Kind: checks.OwnManual, Name: "look", When: checks.Before},
			{ID: "own.file", Kind: checks.OwnFile, Name: "r/__init__.py", Contains: `"1.2.3"`, When: checks.Before},
			{ID: "own.changelog", Kind: checks.OwnChangelog, Name: "none.txt", Contains: "1.2.3", When: checks.Before},
			{ID: "own.issues-none", Kind: checks.OwnIssuesNone, Name: "label:blocker", When: checks.Before},
		},
		Stages: []release.Stage{
			{Name: "package", Repo: testRepo(), Trigger: release.TriggerTag, Branch: "main", SHA: shaA, Tag: "r-1.2.3", Workflows: []string{"publish.yml"}},
			{Name: "docs", Repo: testRepo(), Trigger: release.TriggerDispatch, Branch: "main", SHA: shaA, Workflows: []string{"publish.yml"}},
			{Name: "image", Repo: other, Trigger: release.TriggerRelease, Branch: "main", SHA: shaB, Tag: "v20260814", Workflows: []string{"image.yml"}},
		}}
}

// expectThreeStages tells the fake every request that the plan takes, once.
func expectThreeStages(f *fake) {
	f.on(historyCompareB, 200, fmt.Sprintf(`{"ahead_by":1,"merge_base_commit":{"sha":%q}}`, shaB))
	f.on(graphqlLine, 200, historyPage(releasesJSON, "", historyNode(shaA, began, "", shaB)))
	f.on(historyMailmap, 200, fileAnswer("Mara <m@x.example>\n"))
	none := `{"message":"Not Found"}`
	repo := func(name string) string { return fmt.Sprintf(`{"full_name":"o/%s","permissions":{"push":true}}`, name) }
	wf := fileAnswer(jobsOn("[push, workflow_dispatch]", "a:\n  environment: pypi"+steps))
	f.on("GET /user", 200, `{"login":"mara"}`)
	f.on("GET /repos/o/r/issues?labels=blocker&per_page=30&state=open", 200, `[]`)
	f.on("GET /repos/o/r", 200, repo("r"))
	f.on("GET /repos/o/images", 200, repo("images"))
	f.on(branchLine, 200, branchJSON(false, ""))
	f.on("GET /repos/o/images/branches/main", 200, `{"name":"main","commit":{"sha":"`+shaB+`"}}`)
	f.on("GET /repos/o/r/git/ref/tags/r-1.2.3", 404, none)
	f.on("GET /repos/o/r/git/ref/twokey/docs/1.2.3", 404, none)
	f.on("GET /repos/o/images/git/ref/tags/v20260814", 200, `{"ref":"refs/tags/v20260814","object":{"type":"commit","sha":"`+shaC+`"}}`)
	f.on("GET /repos/o/r/releases/tags/r-1.2.3", 404, none)
	f.on("GET /repos/o/images/releases/tags/v20260814", 200, `{"tag_name":"v20260814","author":{"login":"ines"},"published_at":"2026-08-14T10:00:00Z"}`)
	f.on("GET /repos/o/r/tags?per_page=100", 200, fmt.Sprintf(`[{"name":"r-1.2.2","commit":{"sha":%q}},{"name":"r-1.2.0b1","commit":{"sha":%q}},
		{"name":"r-next","commit":{"sha":%q}},{"name":"v9","commit":{"sha":%q}}]`, shaB, shaC, shaB, shaB))
	f.on(rulesLine, 200, `[]`)
	f.on(checkRunsLine, 200, `{"check_runs":[]}`)
	f.on(statusLine, 200, `{"sha":"`+shaA+`","statuses":[]}`)
	f.on(fileLine(shaA, "r/__init__.py"), 200, fileAnswer("# hi\n__version__ = \"1.2.3\"\n"))
	f.on(fileLine(shaA, "none.txt"), 404, none)
	f.on(workflowLine("publish.yml"), 200, wf)
	f.on("GET /repos/o/images/contents/.github/workflows/image.yml?ref="+shaB, 200, fileAnswer(workflowOn("release:")))
	f.on("GET /repos/o/r/contents/.github/workflows?ref="+shaA, 200, `[]`)
	f.on("GET /repos/o/images/contents/.github/workflows?ref="+shaB, 200, `[]`)
	f.on("GET /repos/o/r/actions/workflows?per_page=100", 200, `{"workflows":[{"path":".github/workflows/publish.yml","state":"active"}]}`)
	f.on("GET /repos/o/images/actions/workflows?per_page=100", 200, `{"workflows":[]}`)
	f.on("GET /repos/o/r/environments/pypi", 404, none)
	f.on("GET /repos/o/r/"+tagRulesets, 200, `[]`)
	f.on("GET /repos/o/images/"+tagRulesets, 200, `[]`)
	f.on(runsLine, 200, `{"total_count":0,"workflow_runs":[]}`)
	f.on("GET /repos/o/r/git/commits/"+shaA, 200, `{"sha":"`+shaA+`","verification":{"verified":true,"reason":"valid","payload":null,"signature":null,"verified_at":null}}`)
	f.on(maintainersLine, 200, `[{"login":"mara","type":"User"}]`)
	f.on("GET /repos/o/images/collaborators?per_page=100&permission=push", 200, `[]`)
	f.on("GET /repos/o/images/immutable-releases", 200, `{"enabled":true,"enforced_by_owner":false}`)
	f.on("GET /repos/o/images/tags?per_page=100", 200, `[]`)
	f.on(treeLine("r", shaA), 200, treeAnswer("100644 a.py 9 "+shaC, "100644 b.py 9 "+shaB))
	f.on(treeLine("r", shaB), 200, treeAnswer("100644 b.py 9 "+shaB))
	f.on(treeLine("images", shaB), 200, treeAnswer("100644 Dockerfile 9 "+shaB))
}

const tagRulesets = "rulesets?includes_parents=true&per_page=100&targets=tag"

// A whole snapshot: every part once, and no request twice (the fake would fail).
func TestFill(t *testing.T) {
	b := newBench(t)
	expectThreeStages(b.fake)
	var p parts
	snap := &checks.Snapshot{}
	if err := b.Fill(t.Context(), threeStages(), snap, p.done); err != nil {
		t.Fatal(err)
	}
	for _, part := range checks.Parts() {
		want := 1
		if part == checks.PartPublished || part == checks.PartPages {
			want = 0
		}
		if p.got[part] != want {
			t.Errorf("part %s was reported %d times", part, p.got[part])
		}
	}
	if v, ok := snap.Viewer.Get(); !ok || v.Login.String() != "mara" {
		t.Error(v, snap.Viewer.Missing())
	}
	if head, ok := snap.Head.Get(); !ok || head != shaA {
		t.Error(head, snap.Head.Missing())
	}
	tags, ok := snap.Versions.Get()
	if !ok || fmt.Sprint(tags) != fmt.Sprintf("[{r-1.2.2 1.2.2 %s} {r-1.2.0b1 1.2.0b1 %s}]", shaB, shaC) {
		t.Error(tags, snap.Versions.Missing())
	}
	if m, ok := snap.VersionFiles[0].Get(); !ok || !m.Matched || m.Value.String() != "1.2.3" {
		t.Error(m, snap.VersionFiles[0].Missing())
	}
	if m, ok := snap.VersionFiles[1].Get(); !ok || m.Matched || !m.Absent {
		t.Error(m, snap.VersionFiles[1].Missing())
	}
	if m, ok := snap.OwnFiles[0].Get(); ok {
		t.Errorf("for a manual check %+v was read", m)
	}
	if m, ok := snap.OwnFiles[1].Get(); !ok || !m.Matched || m.Value.String() != `"1.2.3"` {
		t.Error(m, snap.OwnFiles[1].Missing())
	}
	if m, ok := snap.OwnFiles[2].Get(); !ok || m.Matched || !m.Absent {
		t.Error(m, snap.OwnFiles[2].Missing())
	}
	if h, ok := snap.History.Get(); !ok || h.Mailmap != "Mara <m@x.example>\n" || len(h.Commits) != 1 {
		t.Error(h, snap.History.Missing())
	}
	checkThreeStages(t, snap.Stages)
}

func checkThreeStages(t *testing.T, stages []checks.StageFacts) {
	t.Helper()
	for i, st := range stages {
		if r, ok := st.Repo.Get(); !ok || !r.Push {
			t.Error(i, r, st.Repo.Missing())
		}
		if w, ok := st.Workflows[0].Get(); !ok || !w.Exists || !w.Starts {
			t.Error(i, w, st.Workflows[0].Missing())
		}
		for _, got := range []checks.Got[checks.RefFact]{st.Tag, st.Claim, st.Release} {
			if fact, ok := got.Get(); !ok || fact.Exists != (i == 2) {
				t.Error(i, fact, got.Missing())
			}
		}
	}
	if fact, _ := stages[2].Tag.Get(); fact.SHA != shaC {
		t.Error(fact)
	}
	if fact, _ := stages[2].Release.Get(); fact.By.String() != "ines" || fact.At.Hour() != 10 {
		t.Error(fact)
	}
	for i, want := range []string{"r-1.2.2 a.py", "r-1.2.2 a.py", " Dockerfile"} {
		ch, ok := stages[i].Changes.Get()
		if !ok || len(ch.Entries) != 1 || ch.Base.Name+" "+ch.Entries[0].Path != want || !told(stages[i].Blobs) {
			t.Errorf("stage %d: %+v, %+v", i, ch, stages[i].Changes.Missing())
		}
	}
	if n := []int{len(stages[0].Environments), len(stages[1].Environments), len(stages[2].Environments)}; fmt.Sprint(n) != "[1 1 0]" {
		t.Error("environments:", n)
	}
}

// Where nothing can be read, everything is a lack with a reason, and every part is
// still reported.
func TestFillWithoutPermission(t *testing.T) {
	b := newBench(t)
	expectThreeStages(b.fake)
	b.fake.on("GET /repos/o/images/releases/latest", 404, "")
	b.fake.mu.Lock()
	for _, left := range b.fake.replies {
		for _, r := range left {
			r.status, r.body = 403, `{"message":"Resource not accessible by personal access token"}`
		}
	}
	// What is only asked for when something else was answered is not asked for.
	for _, line := range []string{rulesLine, "GET /repos/o/r/environments/pypi",
		"GET /repos/o/r/actions/workflows?per_page=100", "GET /repos/o/images/actions/workflows?per_page=100",
		treeLine("r", shaB), historyCompareB, graphqlLine, historyMailmap} {
		delete(b.fake.replies, line)
	}
	b.fake.mu.Unlock()
	var p parts
	snap := &checks.Snapshot{Stages: make([]checks.StageFacts, 3)}
	if err := b.Fill(t.Context(), threeStages(), snap, p.done); err != nil {
		t.Fatal(err)
	}
	if len(p.got) != len(checks.Parts())-2 {
		t.Errorf("reported %v", p.got)
	}
	var lacks []checks.Missing
	for _, st := range snap.Stages {
		lacks = append(lacks, st.Repo.Missing(), st.Head.Missing(), st.Claim.Missing(), st.Workflows[0].Missing(), st.Environments[0].Missing(),
			st.Changes.Missing(), st.Blobs.Missing())
	}
	lacks = append(lacks, snap.Viewer.Missing(), snap.Head.Missing(), snap.Versions.Missing(), snap.Rules.Missing(), snap.CI.Missing(), snap.History.Missing(),
		snap.Stages[0].TagRules.Missing(), snap.VersionFiles[0].Missing(), snap.VersionFiles[1].Missing(), snap.OwnFiles[1].Missing(), snap.OwnFiles[2].Missing())
	for i, m := range lacks {
		if m.Why.String() == "it was not read" || m.Why.IsZero() || m.Needs == "" {
			t.Errorf("lack %d is %+v", i, m)
		}
	}
	delete(b.fake.replies, statusLine) // cut short by the check runs' failure
	delete(b.fake.replies, checkRunsLine)
}

func TestFillEndsWithTheContext(t *testing.T) {
	why := errors.New("the person left")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	b := newBench(t)
	expectThreeStages(b.fake)
	var n atomic.Int32
	for _, left := range b.fake.replies {
		left[0].do = func(req *http.Request) error {
			if n.Add(1) == 3 {
				cancel(why)
			}
			<-req.Context().Done()
			return req.Context().Err()
		}
	}
	var p parts
	if err := b.Fill(ctx, threeStages(), &checks.Snapshot{}, p.done); !errors.Is(err, why) {
		t.Errorf("error is %v", err)
	}
	// This plan names no fragments: that part asks nothing, and may be there before.
	if delete(p.got, checks.PartFragments); len(p.got) != 0 {
		t.Errorf("reported %v", p.got)
	}
	clear(b.fake.replies)
}

func TestFillWithoutToken(t *testing.T) {
	b := newBench(t, anonymous)
	f := newFilling(b, fillPlan())
	f.viewer(t.Context())
	if m := f.snap.Viewer.Missing(); m.Why.String() != "there is no token for GitHub" || m.Needs == "" {
		t.Errorf("missing is %+v", m)
	}
}

func TestTagsThatDoNotCarryTheVersion(t *testing.T) {
	b := newBench(t)
	p := fillPlan()
	p.Tag = "v20260814"
	f := newFilling(b, p)
	f.tags(t.Context())
	if _, ok := f.snap.Versions.Get(); ok {
		t.Error("versions were read from tags that have none")
	}
}

// A version that is also part of the tag's prefix is cut out at its end.
func TestTagPrefixWithDigits(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/tags?per_page=100", 200, fmt.Sprintf(`[{"name":"py3-2","commit":{"sha":%q}},{"name":"py2-3","commit":{"sha":%q}}]`, shaA, shaA))
	p := fillPlan()
	p.Scheme, p.Tag, p.Version = version.PEP440, "py3-3", "3"
	f := newFilling(b, p)
	f.tags(t.Context())
	if tags, ok := f.snap.Versions.Get(); !ok || len(tags) != 1 || tags[0].Version != "2" {
		t.Error(tags)
	}
}

func TestVersionFilePatterns(t *testing.T) {
	for pattern, why := range map[string]string{"(": "the pattern of x", "no group": "has no group"} {
		b := newBench(t)
		f := newFilling(b, fillPlan())
		got := f.versionFile(t.Context(), checks.VersionFile{Path: "x", Pattern: pattern})
		if _, ok := got.Get(); ok || b.fake.count() != 0 {
			t.Errorf("%q was read", pattern)
		}
		if m := got.Missing().Why.String(); !strings.Contains(m, why) {
			t.Errorf("%q: %s", pattern, m)
		}
	}
}

func TestOnceReadsOnce(t *testing.T) {
	var m memo
	var n atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			v, err := once(&m, "key", func() (int, error) { return int(n.Add(1)), errUnexpected })
			if v != 1 || !errors.Is(err, errUnexpected) {
				t.Error(v, err)
			}
		})
	}
	wg.Wait()
	if v, _ := once(&m, "other", func() (int, error) { return 7, nil }); v != 7 {
		t.Error("two keys share an answer")
	}
}
