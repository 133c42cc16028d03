package release

import (
	"context"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/checks/version"
)

// lineSurvey is a survey of a project with two lines and a literal one beside.
func lineSurvey(t *testing.T) Survey {
	t.Helper()
	f := PlanFile{Lines: "dev-v{major}.{minor}", Tag: "harbour-{version}", Scheme: version.PEP440}
	branches := []Branch{{Name: "master", SHA: "1"}, {Name: "2.11", SHA: "2"}, {Name: "dev-v2.9", SHA: "3"},
		{Name: "dev-v2.11", SHA: "4"}, {Name: "dev-v2.10", SHA: "5"}, {Name: "dev-v2.12", SHA: "6"}, {Name: "fix-dev-v2.10", SHA: "7"}}
	tags := []Tag{{Name: "harbour-2.9.11"}, {Name: "harbour-2.11.4"}, {Name: "harbour-2.11.5"}, {Name: "harbour-2.10.9"},
		{Name: "harbour-2.10.10"}, {Name: "harbour-2.11.6rc1"}, {Name: "v9.9.9"}, {Name: "harbour-x"}}
	s := Survey{Repo: Repo{Owner: "harbour", Name: "harbour"}, file: f}
	var err error
	if s.Lines, s.Older, err = surveyLines(f, branches, tags); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSurveyLines(t *testing.T) {
	s := lineSurvey(t)
	want := []struct{ line, last, tag, patch, minor, pre string }{
		{"dev-v2.12", "", "", "2.12.0", "", ""},
		{"dev-v2.11", "2.11.6rc1", "harbour-2.11.6rc1", "2.11.6", "", "2.11.6rc2"},
		{"dev-v2.10", "2.10.10", "harbour-2.10.10", "2.10.11", "", "2.10.11rc1"},
		{"dev-v2.9", "2.9.11", "harbour-2.9.11", "2.9.12", "", "2.9.12rc1"},
	}
	if len(s.Lines) != len(want) {
		t.Fatalf("%d lines: %+v", len(s.Lines), s.Lines)
	}
	for i, w := range want {
		l := s.Lines[i]
		got := struct{ line, last, tag, patch, minor, pre string }{l.Line, l.Last, l.LastTag,
			l.Suggested[version.Patch], l.Suggested[version.Minor], l.Suggested[version.Pre]}
		if got != w {
			t.Errorf("line %d is %+v, want %+v", i, got, w)
		}
	}
	if got := s.DefaultLine(); got != "dev-v2.11" {
		t.Errorf("default line %s, want the newest with a release", got)
	}
}

// A line that is one branch for all versions suggests every bump.
func TestSurveyLiteralLine(t *testing.T) {
	f := PlanFile{Lines: "main", Tag: "v{version}", Scheme: version.SemVer}
	lines, _, err := surveyLines(f, []Branch{{Name: "main"}, {Name: "maintenance"}}, []Tag{{Name: "v1.2.3"}, {Name: "v1.10.0"}})
	if err != nil || len(lines) != 1 {
		t.Fatalf("lines %+v, error %v", lines, err)
	}
	want := map[version.Bump]string{version.Patch: "1.10.1", version.Minor: "1.11.0", version.Major: "2.0.0", version.Pre: "1.10.1-rc.1"}
	for b, v := range want {
		if got := lines[0].Suggested[b]; got != v {
			t.Errorf("bump %s suggests %q, want %q", b, got, v)
		}
	}
	first, _, err := surveyLines(f, []Branch{{Name: "main"}}, nil)
	if err != nil || first[0].Suggested[version.Patch] != "0.1.0" {
		t.Errorf("the first version: %+v, %v", first, err)
	}
}

func TestSurveyNoLine(t *testing.T) {
	_, _, err := surveyLines(PlanFile{Lines: "release-{major}"}, []Branch{{Name: "main"}}, nil)
	if KindOf(err) != KindUsage || HintOf(err) == "" {
		t.Errorf("error %v, hint %q", err, HintOf(err))
	}
}

func TestSurveyKeepsFewLines(t *testing.T) {
	f := PlanFile{Lines: "dev-v{major}.{minor}", Tag: "v{version}", Scheme: version.SemVer}
	var branches []Branch
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"} {
		branches = append(branches, Branch{Name: "dev-v2." + n})
	}
	lines, older, err := surveyLines(f, branches, nil)
	if err != nil || len(lines) != maxLines || older != 12-maxLines || lines[0].Line != "dev-v2.11" {
		t.Errorf("%d lines from %s, %d older, %v", len(lines), lines[0].Line, older, err)
	}
}

func TestChoose(t *testing.T) {
	s := lineSurvey(t)
	tests := []struct {
		want       Want
		version    string
		line, says string
	}{
		{Want{}, "2.11.6", "dev-v2.11", ""},
		{Want{Bump: version.Patch}, "2.11.6", "dev-v2.11", ""},
		{Want{Bump: version.Pre}, "2.11.6rc2", "dev-v2.11", ""},
		{Want{Bump: version.Patch, Line: "dev-v2.10"}, "2.10.11", "dev-v2.10", ""},
		{Want{Version: "2.10.11"}, "2.10.11", "dev-v2.10", ""},
		{Want{Version: "2.11.4"}, "2.11.4", "dev-v2.11", ""}, // the checks say that it is below the last
		{Want{Version: " 2.12.0b0 "}, "2.12.0b0", "dev-v2.12", ""},
		{Want{Bump: version.Minor}, "", "", "leads off the line"},
		{Want{Bump: version.Minor, Line: "dev-v2.10"}, "", "", "leads off the line"},
		{Want{Bump: "huge"}, "", "", "leads off the line"},
		{Want{Version: "next"}, "", "", "next"},
		{Want{Version: "v2.11.6"}, "", "", "v2.11.6"},
		{Want{Version: "harbour-2.11.6"}, "", "", "that is the tag; the version is 2.11.6"},
		{Want{Version: "3.0.0"}, "", "", "no release line dev-v3.0"},
		{Want{Line: "master"}, "", "", "not a release line"},
		{Want{Version: "2.11.6", Line: "fix-dev-v2.10"}, "", "", "not a release line"},
		{Want{Version: "2.11.6\x1b[2J"}, "", "", "version"},
	}
	for _, tt := range tests {
		v, line, err := s.choose(tt.want)
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%+v: %v", tt.want, err)
		case tt.says == "" && (v.String() != tt.version || line != tt.line):
			t.Errorf("%+v gives %s on %s, want %s on %s", tt.want, v, line, tt.version, tt.line)
		case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%+v: error %v does not say %q", tt.want, err, tt.says)
		case tt.says != "" && (KindOf(err) != KindUsage || HintOf(err) == ""):
			t.Errorf("%+v: kind %v, hint %q", tt.want, KindOf(err), HintOf(err))
		}
		if tt.want.Line == "dev-v2.10" && err != nil && !strings.HasSuffix(HintOf(err), "suggested: 2.10.11") {
			t.Errorf("%+v: the hint %q is another line's", tt.want, HintOf(err))
		}
		if err != nil && strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%+v: the error holds an escape", tt.want)
		}
	}
}

func TestExpectSHA(t *testing.T) {
	head := Branch{Name: "dev-v2.11", SHA: "4f2c9ab0123456789012345678901234567890ab"}
	for want, ok := range map[string]bool{
		"": true, head.SHA: true, "4f2c9ab": true, "4F2C9AB": true,
		"4f2c9a": false, "5f2c9ab": false, "4f2c9abz": false, "HEAD": false, head.SHA + "0": false,
	} {
		if err := expectSHA(want, head); (err == nil) != ok {
			t.Errorf("expectSHA(%q) = %v", want, err)
		} else if err != nil && KindOf(err) != KindUsage {
			t.Errorf("expectSHA(%q) has kind %v", want, KindOf(err))
		}
	}
}

// A day on which a tag exists already gets the next free number.
func TestFreeDate(t *testing.T) {
	p := hubPlan(t)
	f, err := ParsePlanFile(PlanFileName, []byte(hubPlanFile))
	if err != nil {
		t.Fatal(err)
	}
	v, _ := version.Parse(version.PEP440, "2.11.6")
	h := newHub(t, p)
	e, _ := engineOn(h)
	for _, want := range []string{"20260814", "20260814.1", "20260814.2"} {
		got, err := e.freeDate(context.Background(), f, p.Repo, v)
		if err != nil || got != want {
			t.Errorf("free date %q, %v, want %q", got, err, want)
		}
		h.claims["harbour/images refs/tags/v"+want] = Claim{}
	}
}

// Plan reads everything anew and refuses a head that is not the expected one.
func TestPlan(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, seen := engineOn(h)
	s, err := e.Survey(context.Background(), p.Repo)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Plan(context.Background(), s, Want{Version: "2.11.6", SHA: p.SHA})
	if err != nil {
		t.Fatal(err)
	}
	if got.SHA != p.SHA || got.Tag != "harbour-2.11.6" || len(got.Stages) != 3 || got.Source != PlanFileName {
		t.Errorf("plan %+v", got)
	}
	if count[PlanReady](*seen) != 1 {
		t.Error("the plan was not emitted")
	}
	if _, err := e.Plan(context.Background(), s, Want{Version: "2.11.6", SHA: strings.Repeat("b", 40)}); KindOf(err) != KindUsage {
		t.Errorf("another head: %v", err)
	}
	if len(h.calls) != 0 {
		t.Errorf("planning sent %v", h.calls)
	}
}

// What was asked of the code host is known from the first read on.
func TestTheBudgetIsToldFromTheFirstRead(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, seen := engineOn(h)
	told := func() (n int) {
		for _, ev := range *seen {
			if b, ok := ev.(BudgetChanged); ok {
				n = b.Budget.Requests
			}
		}
		return n
	}
	s, err := e.Survey(context.Background(), p.Repo)
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := (*seen)[0].(BudgetChanged); !ok || b.Budget.Requests != 1 || told() != h.reads {
		t.Errorf("after the survey: %+v, %d of %d told", (*seen)[0], told(), h.reads)
	}
	if _, err := e.Plan(context.Background(), s, Want{Version: "2.11.6"}); err != nil || told() != h.reads {
		t.Errorf("after the plan: %d of %d told, %v", told(), h.reads, err)
	}
}

func TestSurveyUnknownRepository(t *testing.T) {
	h := newHub(t, hubPlan(t))
	e, _ := engineOn(h)
	_, err := e.Survey(context.Background(), Repo{Owner: "nobody", Name: "nothing"})
	if KindOf(err) != KindUsage || !strings.Contains(err.Error(), "nobody/nothing") || HintOf(err) == "" {
		t.Errorf("error %v, hint %q", err, HintOf(err))
	}
}

func TestParseRepo(t *testing.T) {
	for s, want := range map[string]Repo{
		"ckan/ckan":               {Owner: "ckan", Name: "ckan"},
		"ghe.example.org/o/a.b_c": {Host: "ghe.example.org", Owner: "o", Name: "a.b_c"},
	} {
		if got, err := ParseRepo(s); err != nil || got != want {
			t.Errorf("ParseRepo(%q) = %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "ckan", "/ckan", "ckan/", "a/b/c/d", "../x", "a/..", "a b/c", "a/b?c", "a/\x1b[0m", "https://github.com/a/b"} {
		if got, err := ParseRepo(s); err == nil {
			t.Errorf("ParseRepo(%q) = %+v", s, got)
		} else if KindOf(err) != KindUsage {
			t.Errorf("ParseRepo(%q) has kind %v", s, KindOf(err))
		}
	}
}

func TestExpand(t *testing.T) {
	v, err := version.Parse(version.PEP440, "2.12.0b0")
	if err != nil {
		t.Fatal(err)
	}
	f := Fields{Version: v, Line: "dev-v2.12", Date: "20260814", With: map[string]string{"distro": "noble"}}
	for template, want := range map[string]string{
		"ckan-{version}":              "ckan-2.12.0b0",
		"dev-v{major}.{minor}":        "dev-v2.12",
		"{patch}":                     "0",
		"v{date}":                     "v20260814",
		"{line}/x":                    "dev-v2.12/x",
		"p_{major}.{minor}-{distro}.": "p_2.12-noble.",
		"{unknown}":                   "{unknown}",
		"plain":                       "plain",
	} {
		if got := Expand(template, f); got != want {
			t.Errorf("Expand(%q) = %q, want %q", template, got, want)
		}
	}
}

func TestStagesInOrder(t *testing.T) {
	p := Plan{Stages: []Stage{{Name: "c", Needs: []string{"a", "b"}}, {Name: "b", Needs: []string{"a"}}, {Name: "a"}}}
	var got []string
	for _, st := range p.inOrder() {
		got = append(got, st.Name)
	}
	if strings.Join(got, "") != "abc" {
		t.Errorf("order %v", got)
	}
}

// What the world has to say of a plan is said with the plan, and nothing where it has
// nothing to say.
func TestPlanIsRemarkedOn(t *testing.T) {
	p := hubPlan(t)
	for _, words := range []string{"", "mind\x1b[2J the tide"} {
		e, seen := engineOn(newHub(t, p))
		e.ports.Remark = func(of Plan) string {
			if of.Version != p.Version || of.SHA != p.SHA {
				t.Errorf("the plan is %+v", of)
			}
			return words
		}
		s, err := e.Survey(context.Background(), p.Repo)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Plan(context.Background(), s, Want{Version: p.Version}); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, ev := range *seen {
			if n, ok := ev.(Noted); ok {
				said = append(said, n.Text.String())
			}
		}
		if want := text.Clean(words).String(); len(said) > 1 || strings.Join(said, "") != want {
			t.Errorf("it says %q, want %q", said, want)
		}
	}
}
