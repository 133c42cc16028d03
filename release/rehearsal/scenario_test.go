package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
)

func TestScenarios(t *testing.T) {
	all := Scenarios()
	if all[0].Name != "clean" {
		t.Errorf("the first is %s", all[0].Name)
	}
	seen := map[string]bool{}
	for _, s := range all {
		if s.About == "" || strings.Contains(s.About, "\n") || seen[s.Name] || text.Clean(s.About).String() != s.About {
			t.Errorf("%q: %q", s.Name, s.About)
		}
		seen[s.Name] = true
		got, err := scenarioNamed(s.Name)
		if err != nil || got.Name != s.Name {
			t.Errorf("%s: %v, %v", s.Name, got.Name, err)
		}
	}
	for _, name := range []string{"failed-job", "approval", "no-run", "tag-moved", "branch-moved", "flaky", "partial"} {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestScenarioUnknown(t *testing.T) {
	_, err := scenarioNamed("sunk\x1b[2J")
	e, ok := errors.AsType[*release.Error](err)
	if !ok || e.Kind != release.KindUsage || strings.ContainsRune(err.Error(), '\x1b') || !strings.Contains(e.Hint, "failed-job") {
		t.Errorf("%v", err)
	}
}

// runWith is a run of one job whose last step is the one that is given.
func runWith(workflow string, s stepSpec) *simRun {
	r := runOf(jobSpec{Key: "job", Name: "job of " + workflow, Steps: []stepSpec{{Name: "prepare", Run: "true"}, s, {Name: "Complete job"}}})
	r.Workflow = workflow
	return r
}

func TestScenarioChoosesByRole(t *testing.T) {
	test := runWith("a-test.yml", stepSpec{Name: "test", Run: "pytest"})
	notes := runWith("b-release.yml", stepSpec{Name: "notes", Run: "gh release create v1"})
	upload := runWith("c-publish.yml", stepSpec{Name: "upload", Uses: "pypa/gh-action-pypi-publish@v1"})
	image := runWith("d-image.yml", stepSpec{Name: "push", Uses: "docker/build-push-action@v6", With: map[string]string{"push": "true"}})
	tests := []struct {
		name string
		runs []*simRun
		hit  string
		line string
	}{
		{"the package", []*simRun{test, notes, image, upload}, "c-publish.yml upload", "403 Forbidden from https://upload.pypi.org"},
		{"or the image", []*simRun{test, notes, image}, "d-image.yml push", "denied"},
		{"or the release", []*simRun{test, notes}, "b-release.yml notes", "HTTP 403"},
		{"or anything", []*simRun{test}, "a-test.yml test", "exit code 100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runs := make([]*simRun, len(tt.runs))
			for i, r := range tt.runs {
				again := *r
				runs[i] = &again
			}
			s, err := scenarioNamed("failed-job")
			if err != nil {
				t.Fatal(err)
			}
			var hit []string
			for _, r := range s.apply(true, runs) {
				v := r.at(after(10_000))
				if (v.Conclusion == "failure") != (len(r.Failures) > 0) {
					t.Errorf("%s ends with %s", r.Workflow, v.Conclusion)
				}
				for _, step := range v.Jobs[0].Steps {
					if step.Conclusion == "failure" {
						hit = append(hit, r.Workflow+" "+step.Name)
						if log, _ := r.log(v.Jobs[0].ID, after(10_000)); !strings.Contains(log, tt.line) {
							t.Errorf("no %q in %s", tt.line, log)
						}
					}
				}
			}
			if !slices.Equal(hit, []string{tt.hit}) {
				t.Errorf("%q fail, want %q", hit, tt.hit)
			}
			s, _ = scenarioNamed("no-run")
			left := s.apply(true, runs)
			if len(left) != len(runs)-1 || slices.ContainsFunc(left, func(r *simRun) bool { return strings.HasPrefix(tt.hit, r.Workflow) }) {
				t.Errorf("%d runs start", len(left))
			}
		})
	}
}

func TestScenarioLeavesOtherRepositoriesAlone(t *testing.T) {
	for _, s := range Scenarios() {
		runs := s.apply(false, []*simRun{runWith("c.yml", stepSpec{Name: "upload", Run: "twine upload dist/*"})})
		if len(runs) != 1 || len(runs[0].Failures) != 0 {
			t.Errorf("%s: %d runs", s.Name, len(runs))
		}
		if s.apply(true, nil) != nil {
			t.Errorf("%s starts a run out of nothing", s.Name)
		}
	}
}

func TestHostileText(t *testing.T) {
	s, err := scenarioNamed("hostile-text")
	if err != nil {
		t.Fatal(err)
	}
	r := s.apply(true, []*simRun{runWith("c.yml", stepSpec{Name: "upload", Run: "twine upload dist/*"})})[0]
	v := r.at(after(10_000))
	log, _ := r.log(v.Jobs[0].ID, after(10_000))
	for what, text := range map[string]string{"job": v.Jobs[0].Name, "step": v.Jobs[0].Steps[1].Name, "run": r.Title, "log": log} {
		for _, c := range []string{"\x1b]0;", "\u202e", "\u009b"} {
			if !strings.Contains(text, c) {
				t.Errorf("the %s holds no %q", what, c)
			}
		}
	}
}

func TestLoses(t *testing.T) {
	plan := release.Plan{Stages: []release.Stage{
		{Artifacts: []release.Artifact{{Kind: release.KindPyPI, Name: "p"}}},
		{Artifacts: []release.Artifact{{Kind: release.KindImage, Name: "i:1"}, {Kind: release.KindImage, Name: "i:2"}, {Kind: release.KindDeb, Name: "d"}}},
	}}
	s, _ := scenarioNamed("partial")
	var lost []string
	for _, stage := range plan.Stages {
		for _, a := range stage.Artifacts {
			if s.loses(plan, a) {
				lost = append(lost, a.Name)
			}
		}
	}
	if fmt.Sprint(lost) != "[i:2]" {
		t.Errorf("%v are lost", lost)
	}
	if clean, _ := scenarioNamed("clean"); clean.loses(plan, plan.Stages[0].Artifacts[0]) {
		t.Error("clean loses something")
	}
}
