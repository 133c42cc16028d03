package checks_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/opaque"
	"twokey/checks/text"
)

// find is the check with an id.
func find(t *testing.T, id string) checks.Check {
	t.Helper()
	all := checks.All()
	i := slices.IndexFunc(all, func(c checks.Check) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("there is no check %s", id)
	}
	return all[i]
}

// verdictCase changes one thing of the clean snapshot and says what a check makes of it.
type verdictCase struct {
	name   string
	change func(*checks.Snapshot)
	want   checks.Outcome
	says   string // within the summary
	fix    string // within the remedy
	shows  string // within some evidence, "what: saw"
}

// judge runs one check over a table of snapshots.
func judge(t *testing.T, id string, cases []verdictCase) {
	c := find(t, id)
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			s := clean()
			if tt.change != nil {
				tt.change(s)
			}
			f := checks.Run(c, s)
			tt.hold(t, f)
			requireWhole(t, c, f)
		})
	}
}

// hold asserts that a finding is what the case says.
func (c verdictCase) hold(t *testing.T, f checks.Finding) {
	t.Helper()
	if f.Outcome != c.want {
		t.Errorf("outcome is %s (%s), want %s", f.Outcome, f.Summary, c.want)
	}
	if !strings.Contains(f.Summary.String(), c.says) {
		t.Errorf("summary is %q, want it to say %q", f.Summary, c.says)
	}
	if !strings.Contains(f.Remedy, c.fix) {
		t.Errorf("remedy is %q, want it to say %q", f.Remedy, c.fix)
	}
	if c.shows != "" && !shows(f, c.shows) {
		t.Errorf("evidence is %v, want it to show %q", f.Evidence, c.shows)
	}
}

// shows tells whether a piece of evidence holds a text.
func shows(f checks.Finding, want string) bool {
	return slices.ContainsFunc(f.Evidence, func(e checks.Evidence) bool {
		return strings.Contains(e.What.String()+": "+e.Saw.String(), want)
	})
}

// requireWhole asserts what holds for every finding, whatever was found.
func requireWhole(t *testing.T, c checks.Check, f checks.Finding) {
	t.Helper()
	good := f.Outcome == checks.Pass || f.Outcome == checks.NotApplicable
	if f.Summary.IsZero() {
		t.Error("the summary is empty")
	}
	if good != (f.Remedy == "") {
		t.Errorf("outcome %s has the remedy %q", f.Outcome, f.Remedy)
	}
	if safe := text.Clean(f.Remedy); safe.String() != f.Remedy {
		t.Errorf("the remedy is not safe to show: %q", f.Remedy)
	}
	bad := f.Outcome == checks.Fail || f.Outcome == checks.Unknown
	if want := c.Severity == checks.SeverityBlock && bad && f.Waiver == nil; f.Blocks() != want {
		t.Errorf("outcome %s of severity %s blocks: %v", f.Outcome, c.Severity, f.Blocks())
	}
	for _, e := range f.Evidence {
		if e.What.IsZero() || e.Saw.IsZero() || e.Outcome == "" {
			t.Errorf("evidence is not whole: %+v", e)
		}
		if good && e.Outcome != checks.Pass && e.Outcome != checks.NotApplicable {
			t.Errorf("outcome %s holds the evidence %+v", f.Outcome, e)
		}
	}
}

// TestAll holds the contract with scripts and waivers: the ids and their order.
func TestAll(t *testing.T) {
	want := []string{
		"repo.access", "ref.line", "branch.rules", "tag.ruleset", "tag.free", "tag.version", "rel.immutable",
		"commit.signed", "version.files",
		"ci.green", "ci.fresh", "ci.required",
		"wf.trigger", "wf.unpinned", "wf.impostor",
		"wf.injection", "wf.dangerous-trigger", "wf.cache", "wf.permissions",
		"wf.checkout", "wf.credentials",
		"wf.long-lived-secret",
		"wf.secrets-scope",
		"wf.unhashed-install",
		"wf.runner",
		"blob.opaque", "build.changes",
		"pub.attested",
		"gov.two-person", "review.coverage", "gov.satisfiable", "gov.bus-factor",
	}
	var got []string
	for _, c := range checks.All() {
		got = append(got, c.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("checks are %q, want %q", got, want)
	}
}

func TestWords(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+\.[a-z-]+$`)
	var seen []string
	for _, c := range checks.All() {
		t.Run(c.ID, func(t *testing.T) {
			if !id.MatchString(c.ID) || slices.Contains(seen, c.ID) {
				t.Error("the id is not family.name, or is taken")
			}
			seen = append(seen, c.ID)
			for what, tt := range map[string]struct{ words, shape string }{
				"title":  {c.Title, `^[A-Z][^.]+$`},
				"why":    {c.Why, `^[A-Z][^.]+\.$`}, // one sentence
				"looks":  {c.Looks, `^[A-Z].{40,400}\.$`},
				"remedy": {c.Remedy, `^[a-z].+[^.]$`}, // a next step, as error hints are
			} {
				if !regexp.MustCompile(tt.shape).MatchString(tt.words) || text.Clean(tt.words).String() != tt.words {
					t.Errorf("the %s is %q", what, tt.words)
				}
			}
			if n := text.Clean(c.Title).Width(); n > 36 {
				t.Errorf("the title takes %d cells: no few words", n)
			}
			if c.Factor.Name() == string(c.Factor) {
				t.Errorf("the factor is %q", c.Factor)
			}
			if !slices.Contains([]checks.Severity{checks.SeverityBlock, checks.SeverityWarn, checks.SeverityInfo}, c.Severity) {
				t.Errorf("the severity is %q", c.Severity)
			}
			if len(c.Needs) == 0 || c.Judge == nil {
				t.Error("it needs nothing, or judges nothing")
			}
			for _, p := range c.Needs {
				if !slices.Contains(checks.Parts(), p) {
					t.Errorf("it needs the part %q, which is none", p)
				}
			}
		})
	}
}

// TestCleanIsGo holds the only way to a go: every check passes.
func TestCleanIsGo(t *testing.T) {
	var findings []checks.Finding
	for _, c := range checks.All() {
		f := checks.Run(c, clean())
		if f.Outcome != checks.Pass {
			t.Errorf("%s: %s: %s", c.ID, f.Outcome, f.Summary)
		}
		requireWhole(t, c, f)
		findings = append(findings, f)
	}
	if v := checks.Judge(findings); !v.Go || v.Pass != len(findings) {
		t.Errorf("verdict is %+v", v)
	}
}

// goodWithout tells whether a check needs a part only to say how bad it is what another
// one shows: who else maintains a project does not matter where somebody else has to
// approve anyway.
func goodWithout(c checks.Check, p checks.Part) bool {
	return c.ID == "gov.two-person" && p == checks.PartMaintainers
}

// TestUnreadIsUnknown takes out each part that a check needs, alone.
func TestUnreadIsUnknown(t *testing.T) {
	for _, c := range checks.All() {
		for _, p := range c.Needs {
			t.Run(c.ID+" without "+string(p), func(t *testing.T) {
				s := clean()
				unread(t, s, p)
				f := checks.Run(c, s)
				if goodWithout(c, p) {
					if f.Outcome != checks.Pass {
						t.Errorf("outcome is %s (%s), want pass", f.Outcome, f.Summary)
					}
					return
				}
				if f.Outcome != checks.Unknown {
					t.Errorf("outcome is %s (%s), want unknown", f.Outcome, f.Summary)
				}
				if want := c.Severity == checks.SeverityBlock; f.Blocks() != want {
					t.Errorf("it blocks: %v, want %v", f.Blocks(), want)
				}
				requireWhole(t, c, f)
			})
		}
	}
}

// TestShortFacts holds that facts for fewer stages than the plan has are no facts.
func TestShortFacts(t *testing.T) {
	for name, change := range map[string]func(*checks.Snapshot){
		"no stage":  func(s *checks.Snapshot) { s.Stages = nil },
		"one stage": func(s *checks.Snapshot) { s.Stages = s.Stages[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			for _, id := range []string{"repo.access", "ref.line", "tag.ruleset", "tag.free", "wf.trigger", "gov.satisfiable"} {
				s := clean()
				change(s)
				if f := checks.Run(find(t, id), s); f.Outcome != checks.Unknown {
					t.Errorf("%s: %s: %s", id, f.Outcome, f.Summary)
				}
			}
		})
	}
}

// TestNothingPassesOnNothing holds for a plan of no stages and a snapshot that
// nobody filled.
func TestNothingPassesOnNothing(t *testing.T) {
	for _, c := range checks.All() {
		f := checks.Run(c, &checks.Snapshot{})
		if f.Outcome == checks.Pass || f.Outcome == checks.Warn {
			t.Errorf("%s: %s: %s", c.ID, f.Outcome, f.Summary)
		}
		requireWhole(t, c, f)
	}
}

// TestReadsOnlyWhatItNeeds holds what makes it right to judge a check before the
// whole snapshot is read: the other parts change nothing.
func TestReadsOnlyWhatItNeeds(t *testing.T) {
	for name, make := range map[string]func() *checks.Snapshot{"clean": clean, "hostile": hostile} {
		for _, c := range checks.All() {
			t.Run(c.ID+" "+name, func(t *testing.T) {
				whole, part := make(), make()
				for _, p := range checks.Parts() {
					if !slices.Contains(c.Needs, p) {
						unread(t, part, p)
					}
				}
				want, got := checks.Run(c, whole), checks.Run(c, part)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("over the parts %v alone it says\n%+v, and over all parts\n%+v", c.Needs, got, want)
				}
			})
		}
	}
}

// TestJudgesWithoutATrace holds that judging changes nothing and always says the
// same: nine checks run over one snapshot at once.
func TestJudgesWithoutATrace(t *testing.T) {
	for _, c := range checks.All() {
		s := walked(hostile())
		first, again := checks.Run(c, s), checks.Run(c, s)
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%s says two things of one snapshot", c.ID)
		}
		if !reflect.DeepEqual(s, walked(hostile())) {
			t.Errorf("%s changed the snapshot", c.ID)
		}
	}
}

// walked is a snapshot whose programs have worked out their jobs.
func walked(s *checks.Snapshot) *checks.Snapshot {
	for _, f := range s.Stages {
		if p, ok := f.Program.Get(); ok {
			_, _ = p.Jobs(), p.Everything()
		}
	}
	return s
}

// hostile is a snapshot in which everything is wrong and every name an attack.
func hostile() *checks.Snapshot {
	const evil = "\x1b]0;owned\x07\x1b[2J\u202egreen\u200b\r\x00\x9b"
	s := clean()
	sub := &s.Subject
	sub.Repo, sub.Version, sub.Line, sub.SHA, sub.Tag = evil, evil, evil, evil, evil
	sub.LinePattern, sub.LineExpected = evil+"{major}", evil+"2"
	sub.VersionFiles[0] = checks.VersionFile{Path: evil, Pattern: evil}
	safe := text.Clean(evil)
	s.Viewer = checks.Have(checks.Viewer{Login: safe, TokenKind: evil, Scopes: []string{evil}})
	s.Head = checks.Have(evil + "moved")
	s.TestRuns = checks.Have([]checks.TestRun{{Workflow: evil + "test", Event: "pull_request", Conclusion: "success"}})
	s.Signature = checks.Have(checks.Signature{Reason: safe})
	s.Pins = checks.Have(map[checks.Pin]checks.Got[checks.Origin]{{Repo: "evil/y", SHA: pin}: checks.Have(checks.Origin{})})
	s.Versions = checks.Have([]checks.TagName{{Name: evil, Version: evil, SHA: evil}})
	s.Rules = checks.Have(checks.BranchRules{ForcePush: "maybe", Reviews: -1, RequiredChecks: required(evil + "required")})
	s.CI = checks.Have(checks.CI{SHA: evil, Runs: []checks.CIRun{{Name: safe, Status: evil}, {Name: safe, Status: "completed", Conclusion: evil}}})
	s.VersionFiles[0] = checks.Have(checks.FileMatch{Matched: true, Value: safe})
	evilPerson := checks.Person{Login: evil, Name: evil, Email: evil}
	s.History = checks.Have(checks.History{Repo: evil, SHA: evil, Base: checks.TagName{Name: evil}, Mailmap: evil + "<" + evil + ">", Since: 1,
		Releases: []checks.Person{evilPerson},
		Commits: []checks.Commit{{SHA: evil, Title: safe, URL: safe, Author: evilPerson, New: true,
			Pulls: []checks.Pull{{Number: -1, URL: safe, Author: evilPerson, MergedBy: evilPerson, Approvals: []checks.Person{evilPerson}}}}}})
	for i := range s.Stages {
		st, f := &sub.Stages[i], &s.Stages[i]
		st.Name, st.Repo, st.Branch, st.Tag, st.ClaimRef = evil, evil, evil, evil, evil
		st.Workflows[0], st.Artifacts[0] = evil, evil
		f.Repo = checks.Lack[checks.Repo](checks.Missing{Why: safe, Needs: evil})
		f.Tag = checks.Have(checks.RefFact{Exists: true, Name: safe, SHA: evil, By: safe, At: s.Taken})
		f.Workflows[0] = checks.Have(checks.Workflow{Exists: true, Problem: safe, State: evil})
		f.Program = checks.Have(programOf(*st, map[string]string{"deploy.yml": evilWorkflow}))
		f.Environments = []checks.Got[checks.Environment]{checks.Have(checks.Environment{
			Name: safe, Exists: true, PreventSelfReview: true, Reviewers: []checks.Reviewer{{Name: safe}}})}
		f.Maintainers = checks.Have([]text.Safe{safe, safe})
		f.Immutable = checks.Have(checks.Immutable{Last: safe})
		f.TagRules = checks.Have([]checks.Ruleset{tagSet(func(r *checks.Ruleset) {
			r.Name, r.Include, r.Enforcement, r.Mine, r.Bypass = safe, []string{"~ALL"}, "active", evil, checks.Yes
		})})
		f.Published[0] = checks.Have(checks.Published{Exists: true})
		f.Changes = checks.Have(checks.Changes{Repo: evil, Base: checks.TagName{Name: evil, SHA: evil}, SHA: evil, URL: safe, Entries: []checks.Change{
			{Path: ".github/" + evil, Was: evil, Status: checks.Added, Mode: evil, Blob: evil, Size: 1 << 50},
			{Path: "tests/" + evil, Status: checks.Added, Mode: checks.ModeFile, Blob: evil, Size: 600, URL: safe}}})
		f.Blobs = checks.Have(checks.Blobs{evil: checks.Have(checks.Blob{Shape: opaque.Shape{Kind: opaque.Executable, MIME: evil}, Target: evil})})
	}
	return s
}

func TestHostileTextStaysSafe(t *testing.T) {
	for _, c := range checks.All() {
		t.Run(c.ID, func(t *testing.T) {
			f := checks.Run(c, hostile())
			if f.Outcome == checks.Pass || f.Outcome == checks.NotApplicable {
				t.Errorf("outcome is %s (%s)", f.Outcome, f.Summary)
			}
			requireWhole(t, c, f)
		})
	}
}

func TestRun(t *testing.T) {
	c := checks.Check{ID: "a.b", Title: "title", Why: "why", Factor: checks.Build, Severity: checks.SeverityBlock, Remedy: "own remedy"}
	for _, tt := range []struct {
		name   string
		result checks.Result
		want   checks.Outcome
		remedy string
	}{
		{"pass has no remedy", checks.Result{Outcome: checks.Pass, Remedy: "x"}, checks.Pass, ""},
		{"n/a has no remedy", checks.Result{Outcome: checks.NotApplicable}, checks.NotApplicable, ""},
		{"own remedy", checks.Result{Outcome: checks.Fail}, checks.Fail, "own remedy"},
		{"better remedy", checks.Result{Outcome: checks.Warn, Remedy: "better"}, checks.Warn, "better"},
		{"no outcome", checks.Result{}, checks.Unknown, "own remedy"},
	} {
		c.Judge = func(*checks.Snapshot) checks.Result { return tt.result }
		f := checks.Run(c, clean())
		if f.Outcome != tt.want || f.Remedy != tt.remedy {
			t.Errorf("%s: %s, %q; want %s, %q", tt.name, f.Outcome, f.Remedy, tt.want, tt.remedy)
		}
		if f.ID != c.ID || f.Title != c.Title || f.Why != c.Why || f.Factor != c.Factor || f.Severity != c.Severity {
			t.Errorf("%s: the finding %+v is not of the check", tt.name, f)
		}
	}
}
