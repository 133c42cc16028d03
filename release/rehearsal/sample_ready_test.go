package rehearsal

import (
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

// TestSamplePlansHold reads the plan of every branch, and makes the plan of the
// release that it is prepared for: each workflow that it names is there, and some
// job of the stage's workflows publishes each kind of artifact, or else the stage
// could never be verified.
func TestSamplePlansHold(t *testing.T) {
	w := sampleWorld(t, "clean")
	r := w.repos[0]
	for _, b := range r.git.branches() {
		content, err := r.git.read(b.hash, release.PlanFileName)
		check(t, err)
		f, err := release.ParsePlanFile(release.PlanFileName, content)
		check(t, err)
		if f.Project != "harbour" || len(f.Stages) != 3 {
			t.Errorf("%s: the plan is of %s, in %d stages", b.name, f.Project, len(f.Stages))
		}
	}
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	all := w.editions()
	e := all[len(all)-1]
	if e.version.String() != "2.11.6" || e.past {
		t.Fatalf("the newest edition is %s", e.version)
	}
	for _, stage := range e.plan.Stages {
		repo := w.repo(stage.Repo.Owner, stage.Repo.Name)
		if repo == nil {
			t.Fatalf("stage %s is of %s, which the world does not have", stage.Name, stage.Repo)
		}
		var jobs []jobSpec
		for _, file := range stage.Workflows {
			head, _ := repo.git.branch(stageBranch(repo))
			_, more, err := w.jobsOf(repo, ".github/workflows/"+file, trigger{event: "push", ref: "refs/tags/v1", sha: head, actor: viewer})
			check(t, err)
			jobs = append(jobs, more...)
		}
		for _, a := range stage.Artifacts {
			if !slices.ContainsFunc(jobs, func(j jobSpec) bool { return j.publishes(a.Kind) }) {
				t.Errorf("no job of stage %s publishes %s", stage.Name, a)
			}
		}
	}
}

// stageBranch is the branch whose head a stage of the sample takes.
func stageBranch(r *repository) string {
	if r.name.Name == "harbour" {
		return "dev-v2.11"
	}
	return r.git.head
}

// TestSampleWorkflowsParse reads every workflow of every branch.
func TestSampleWorkflowsParse(t *testing.T) {
	w := sampleWorld(t, "clean")
	for _, r := range w.repos {
		for _, b := range r.git.branches() {
			files, err := r.git.workflows(b.hash)
			check(t, err)
			for _, file := range files {
				content, err := r.git.read(b.hash, file)
				check(t, err)
				if wf, err := parseWorkflow(content); err != nil || wf.Name == nil || len(wf.Jobs) == 0 {
					t.Errorf("%s on %s: %s: %v", r.name, b.name, file, err)
				}
			}
		}
	}
}

// TestSampleIsReadyToRelease looks at what each of the nine checks of a preflight
// takes from GitHub, on both release lines.
func TestSampleIsReadyToRelease(t *testing.T) {
	c := sample(t, "clean")
	for line, version := range map[string]string{"dev-v2.11": "2.11.6", "dev-v2.10": "2.10.4"} {
		t.Run(line, func(t *testing.T) {
			c := client{t, c.world}
			sha := plain(c.get(c.repo()+"/branches/"+line).want(200).at("commit", "sha"))
			if c.get(c.repo()).at("permissions", "push") != true {
				t.Error("repo.access: the viewer may not push")
			}
			if got := c.get(c.repo() + "/compare/main..." + line).want(200).at("status"); got == "identical" {
				t.Error("ref.line: the line has nothing of its own")
			}
			c.get(c.repo() + "/git/ref/tags/harbour-" + version).want(404) // tag.free and version.next
			if tags := " " + c.get(c.repo()+"/tags").each("name") + " "; strings.Contains(tags, "-"+version+" ") || strings.Contains(tags, "-2.12") {
				t.Errorf("version.next: tags %s", tags)
			}
			file := c.get(c.repo()+"/contents/harbour/__init__.py?ref="+line, "Accept", "application/vnd.github.raw+json").want(200)
			if !strings.Contains(file.text, `"`+version+`"`) {
				t.Errorf("version.files: %s", file.text)
			}
			rules := c.get(c.repo() + "/rules/branches/" + line).want(200).each("type")
			for _, rule := range []string{"non_fast_forward", "deletion", "pull_request", "required_status_checks"} {
				if !strings.Contains(rules, rule) {
					t.Errorf("branch.rules: %s lacks %s", rules, rule)
				}
			}
			runs := c.get(c.repo() + "/commits/" + sha + "/check-runs?per_page=100").want(200)
			ended := strings.Fields(runs.each("conclusion", "check_runs"))
			if slices.ContainsFunc(ended, func(s string) bool { return s != "success" && s != "skipped" }) || len(ended) == 0 {
				t.Errorf("ci.green: %v", ended)
			}
			for _, required := range []string{"Lint", "Types", "Test 3.12, postgres"} {
				if !strings.Contains(runs.text, `"name":"`+required+`"`) {
					t.Errorf("ci.green: %s is required and did not run", required)
				}
			}
			for _, name := range []string{"publish-pypi.yml", "github-release.yml"} {
				c.get(c.repo() + "/contents/.github/workflows/" + name + "?ref=" + line).want(200)
				if got := c.get(c.repo() + "/actions/workflows/" + name).want(200).at("state"); got != "active" {
					t.Errorf("workflow.triggers: %s is %v", name, got)
				}
			}
			c.get(c.repo() + "/environments/pypi").want(200) // gov.satisfiable
		})
	}
}

// TestPlanOfAClone reads the plan of a clone without a plan file, which is
// discovered, and of one that nothing can be discovered in.
func TestPlanOfAClone(t *testing.T) {
	c := cloned(t)
	r := c.world.repos[0]
	head, _ := r.git.branch("main")
	f := c.world.planAt(r, head)
	if f == nil || len(f.Stages) == 0 || !slices.Contains(f.Stages[0].Workflows, "publish.yml") {
		t.Fatalf("the plan is %+v", f)
	}
	if again := c.world.planAt(r, head); again != f || c.world.planOfToday(r) != f {
		t.Error("the plan of the same commit is another one")
	}
	commit, err := r.git.commit(head)
	check(t, err)
	for commit.NumParents() > 0 {
		commit, err = r.git.commit(commit.ParentHashes[0])
		check(t, err)
	}
	if f := c.world.planAt(r, commit.Hash); f != nil {
		t.Errorf("a commit without a workflow has the plan %+v", f)
	}
	for name, content := range map[string]string{"a plan that is none": "version: 99\n", "no YAML": "{"} {
		h, err := r.git.putCommit(change{by: signature(viewer, c.world.Clock().Now()), message: name,
			files: map[string][]byte{release.PlanFileName: []byte(content)}})
		check(t, err)
		if f := c.world.planAt(r, h); f != nil {
			t.Errorf("%s is read as %+v", name, f)
		}
	}
}

// TestClaimIsAnEdition publishes for a claim as for a tag, and ignores other refs.
func TestClaimIsAnEdition(t *testing.T) {
	w := sampleWorld(t, "clean")
	r := w.repos[0]
	head, _ := r.git.branch("dev-v2.11")
	for ref, want := range map[string]string{"refs/twokey/claims/2.11.6": "2.11.6", "refs/tags/harbour-2.11.6": "2.11.6",
		"refs/twokey/claims/x": "", "refs/tags/v1": "", "refs/other/2.11.6": ""} {
		e, ok := w.edition(r, w.planAt, ref, head.String())
		if ok != (want != "") || ok && (e.version.String() != want || path.Base(e.tag) == "" || e.at.After(sampleStart().Add(time.Hour))) {
			t.Errorf("%s: %v, edition %s of %s", ref, ok, e.version, e.tag)
		}
	}
	if _, ok := w.edition(r, w.planAt, "refs/tags/harbour-2.11.6", strings.Repeat("0", 40)); ok {
		t.Error("a commit that is not there has an edition")
	}
}
