package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

// TestNothingIsPublishedBeforeItsJob takes every scenario through a release in small
// steps: whatever appears, the job that publishes its kind has ended well by then.
func TestNothingIsPublishedBeforeItsJob(t *testing.T) {
	for _, s := range Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			w := sampleWorld(t, s.Name)
			old := len(w.publications(w.Clock().Now()))
			// However the request ends: the tag is there, by whom ever.
			_, _, _ = w.tryTag(t, "dev-v2.11", "harbour-2.11.6")
			if len(w.Facts().Tags) != 1 {
				t.Fatal("there is no tag")
			}
			for range 40 {
				now := w.Clock().Now()
				for _, p := range w.publications(now) {
					if p.At.Before(sampleStart()) {
						continue
					}
					if p.At.After(now) || !publishedBy(w.repos[0], p, now) {
						t.Fatalf("%s is there at %s, since %s, without a job that published it", p.Artifact, now, p.At)
					}
				}
				if n := len(w.publications(now)); n < old {
					t.Fatalf("%d artifacts were there, and %d are", old, n)
				} else {
					old = n
				}
				pass(t, w, 15*time.Second)
			}
		})
	}
}

// publishedBy tells whether a job that publishes the artifact's kind has ended well
// exactly when the artifact came.
func publishedBy(r *repository, p publication, now time.Time) bool {
	return slices.ContainsFunc(r.runs, func(run *simRun) bool {
		return slices.ContainsFunc(run.at(now).Jobs, func(j jobView) bool {
			i := slices.IndexFunc(run.Jobs, func(spec jobSpec) bool { return spec.Key == j.Key })
			return run.Jobs[i].publishes(p.Artifact.Kind) && j.Conclusion == "success" && j.Completed.Equal(p.At)
		})
	})
}

// TestFailedRunPublishesNothing looks at PyPI itself while the upload fails, and
// after it was run again.
func TestFailedRunPublishesNothing(t *testing.T) {
	w := sampleWorld(t, "failed-job")
	c := client{t, w}
	before, _ := simpleIndex(t, w)
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	pass(t, w, time.Hour)
	if now, _ := simpleIndex(t, w); !slices.Equal(now, before) {
		t.Errorf("after the failure PyPI has %v, before it %v", now, before)
	}
	sha, _ := w.repos[0].git.branch("dev-v2.11")
	run := c.repo() + "/actions/runs/" + c.runs(sha.String(), "harbour-2.11.6").runID("publish-pypi.yml")
	c.post(run+"/rerun-failed-jobs", nil).want(201)
	if now, _ := simpleIndex(t, w); !slices.Equal(now, before) {
		t.Errorf("as the job begins again PyPI has %v", now)
	}
	pass(t, w, time.Hour)
	if now, _ := simpleIndex(t, w); len(now) != len(before)+1 || !slices.Contains(now, "2.11.6") {
		t.Errorf("after the second attempt PyPI has %v", now)
	}
	c.post(run+"/rerun", nil).want(201)
	if now, _ := simpleIndex(t, w); !slices.Contains(now, "2.11.6") {
		t.Errorf("what is published is gone while the run runs again: %v", now)
	}
}

// TestMutableNameKeepsItsContent reads the image 2.11, which a new version replaces,
// before, while and after it is pushed.
func TestMutableNameKeepsItsContent(t *testing.T) {
	w := sampleWorld(t, "clean")
	content := func(now time.Time) string {
		var sha string
		for _, p := range w.publications(now) {
			if p.Artifact.Name == "docker.io/harbour/harbour-base:2.11" {
				sha = p.SHA
			}
		}
		return sha
	}
	old := content(w.Clock().Now())
	if old == "" {
		t.Fatal("2.11 is not there before the release")
	}
	began := w.Clock().Now()
	releaseAll(t, w)
	head, _ := w.repos[0].git.branch("dev-v2.11")
	var changed time.Time
	for _, p := range w.publications(w.Clock().Now()) {
		if p.Artifact.Name == "docker.io/harbour/harbour-base:2.11" && p.SHA == head.String() {
			changed = p.At
		}
	}
	if !changed.After(began.Add(time.Hour)) {
		t.Fatalf("2.11 changed at %v, before the stage began", changed)
	}
	for _, tt := range []struct {
		at   time.Time
		want string
	}{{began, old}, {changed.Add(-time.Second), old}, {changed, head.String()}, {changed.Add(time.Hour), head.String()}} {
		if got := content(tt.at); got != tt.want {
			t.Errorf("at %s 2.11 is of %s, want %s", tt.at, got, tt.want)
		}
	}
}

// TestPartialLosesOneArtifact has all runs end well and one artifact of the whole
// release missing.
func TestPartialLosesOneArtifact(t *testing.T) {
	clean, partial := sampleWorld(t, "clean"), sampleWorld(t, "partial")
	var lost []string
	for _, w := range []*World{clean, partial} {
		releaseAll(t, w)
		for _, r := range w.repos {
			for _, run := range r.runs {
				if got := run.at(w.Clock().Now()).Conclusion; got != "success" {
					t.Errorf("%s: %s ended with %s", w.scenario.Name, run.Workflow, got)
				}
			}
		}
	}
	left := published(partial, "2.11.6")
	for _, a := range published(clean, "2.11.6") {
		if !slices.Contains(left, a) {
			lost = append(lost, a)
		}
	}
	if len(lost) != 1 || !strings.HasPrefix(lost[0], string(release.KindImage)+" ") {
		t.Errorf("%q are lost, want one image", lost)
	}
}

// worldShape is what a scenario could change in the world after a tag: the runs and
// how they end, the gates, the refs.
func worldShape(t *testing.T, name string) map[string]string {
	t.Helper()
	w := sampleWorld(t, name)
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	pass(t, w, time.Hour)
	shape := map[string]string{"refs": fmt.Sprint(len(w.repos[0].git.refs)), "published": strings.Join(published(w, "2.11.6"), "\n")}
	for _, run := range w.repos[0].runs {
		v := run.at(w.Clock().Now())
		shape["end of "+run.Workflow] = v.Status + " " + v.Conclusion
		shape["gates of "+run.Workflow] = fmt.Sprint(run.Gated)
		shape["text of "+run.Workflow] = fmt.Sprint(run.Name, run.Title, run.Jobs)
	}
	return shape
}

// TestScenariosChangeWhatTheySay compares each scenario with the clean world: what
// else differs than its line says is a fault of the scenario.
func TestScenariosChangeWhatTheySay(t *testing.T) {
	clean := worldShape(t, "clean")
	const publish = "publish-pypi.yml"
	for name, want := range map[string][]string{
		"clean": nil, "failed-job": {"end of " + publish, "published"},
		"approval": {"end of " + publish, "gates of " + publish, "published"},
		"no-run":   {"end of " + publish, "gates of " + publish, "published", "text of " + publish},
		// Nobody moves anything without a preflight, reads are not asked here, and
		// what partial loses is of a later stage.
		"tag-moved": nil, "branch-moved": nil, "flaky": nil, "partial": nil,
		"hostile-text": {"text of github-release.yml", "text of " + publish},
	} {
		shape := worldShape(t, name)
		var differ []string
		for key, value := range clean {
			if shape[key] != value {
				differ = append(differ, key)
			}
		}
		slices.Sort(differ)
		if !slices.Equal(differ, want) {
			t.Errorf("%s changes %q, want %q", name, differ, want)
		}
	}
}
