package sarif

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

var update = flag.Bool("update", false, "write the golden file anew")

func plan() release.Plan {
	return release.Plan{Repo: release.Repo{Owner: "quay", Name: "harbour"}, SHA: "4f2c9ab000000000000000000000000000000001", Line: "dev-v2.11"}
}

// at is evidence about a line of a file.
func at(repo, path string, line int, saw string, o checks.Outcome) checks.Evidence {
	return checks.Evidence{What: text.Cleanf("%s:%d", filepath.Base(path), line), Saw: text.Clean(saw), Outcome: o,
		Place: &checks.Place{Repo: text.Clean(repo), At: text.Clean("4f2c9ab"), Path: text.Clean(path), Line: line, Text: text.Cleanf("uses: <a & b>@v%d", line)}}
}

// findings are one of each kind that is written otherwise than the others.
func findings() []checks.Finding {
	f := func(id string, s checks.Severity, o checks.Outcome, e ...checks.Evidence) checks.Finding {
		return checks.Finding{ID: id, Title: "A title", Why: "A reason.", Factor: checks.Build, Severity: s, Outcome: o,
			Summary: text.Clean("what was seen of " + id), Evidence: e, Remedy: "mend it"}
	}
	const wf = ".github/workflows/publish.yml"
	waived := f("a.waived", checks.SeverityBlock, checks.Fail)
	waived.Waiver = &checks.Waiver{Check: "a.waived", Reason: text.Clean("tracked in #123"), Once: true}
	passed := f("a.pass", checks.SeverityBlock, checks.Pass, at("quay/harbour", wf, 1, "fine", checks.Pass))
	passed.Remedy = ""
	return []checks.Finding{
		passed,
		f("a.none", checks.SeverityWarn, checks.NotApplicable),
		f("a.fails", checks.SeverityBlock, checks.Fail, at("quay/harbour", wf, 38, "can be moved", checks.Fail),
			at("quay/harbour", wf, 12, "GitHub's own", checks.Warn), at("quay/harbour", wf, 3, "fine", checks.Pass),
			at("quay/images", wf, 7, "in another repository", checks.Fail)),
		f("a.hidden", checks.SeverityBlock, checks.Unknown),
		f("a.warns", checks.SeverityWarn, checks.Fail),
		f("a.info", checks.SeverityInfo, checks.Warn),
		waived,
	}
}

func all() []checks.Check {
	var out []checks.Check
	for _, f := range findings() {
		out = append(out, checks.Check{ID: f.ID, Title: f.Title, Why: f.Why, Factor: f.Factor, Severity: f.Severity, Remedy: "mend it"})
	}
	return out
}

func TestWrite(t *testing.T) {
	var got bytes.Buffer
	if err := Write(&got, "v1.2.3", plan(), all(), findings()); err != nil {
		t.Fatal(err)
	}
	const name = "testdata/findings.sarif"
	if *update {
		if err := os.WriteFile(name, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("it is not as in %s:\n%s", name, got.Bytes())
	}
}

// written is what Write made, read again.
func written(t *testing.T, fs []checks.Finding) file {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, "(devel)", plan(), all(), fs); err != nil {
		t.Fatal(err)
	}
	var f file
	if err := json.Unmarshal(b.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// What code scanning asks of every result: a rule that is there, a place in this
// repository, a line, and a fingerprint of its own.
func TestResultsAreWhole(t *testing.T) {
	run := written(t, findings()).Runs[0]
	if v := run.Tool.Driver.Version; v != "" {
		t.Errorf("a version that is none: %q", v)
	}
	seen := map[string]bool{}
	levels := map[string]int{}
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.Index].ID != r.Rule {
			t.Errorf("%s points to the rule %s", r.Rule, run.Tool.Driver.Rules[r.Index].ID)
		}
		if r.Rule == "a.pass" || r.Rule == "a.none" {
			t.Errorf("%s is a result", r.Rule)
		}
		if len(r.Locations) != 1 || r.Locations[0].Physical.Region.Line < 1 || r.Locations[0].Physical.Artifact.URI == "" {
			t.Errorf("%s lies nowhere: %+v", r.Rule, r.Locations)
		}
		key := r.Rule + r.Fingerprints["twokey/v1"]
		if seen[key] {
			t.Errorf("two results of %s are known by the same", r.Rule)
		}
		seen[key] = true
		levels[r.Rule+" "+r.Level]++
	}
	for want, n := range map[string]int{"a.fails error": 2, "a.fails warning": 1, "a.hidden error": 1, "a.warns warning": 1,
		"a.info note": 1, "a.waived warning": 1} {
		if levels[want] != n {
			t.Errorf("%d of %q, want %d: %v", levels[want], want, n, levels)
		}
	}
}

// A line that moves is still the same result; another line is another.
func TestFingerprints(t *testing.T) {
	known := func(line int, words string) string {
		f := findings()[2]
		e := at("quay/harbour", "a.yml", line, "can be moved", checks.Fail)
		e.Place.Text = text.Clean(words)
		f.Evidence = []checks.Evidence{e}
		return written(t, []checks.Finding{f}).Runs[0].Results[0].Fingerprints["twokey/v1"]
	}
	if known(3, "uses: a@v1") != known(30, "uses: a@v1") {
		t.Error("a line that moved is another result")
	}
	if known(3, "uses: a@v1") == known(3, "uses: b@v1") {
		t.Error("another line is the same result")
	}
}

// Two files are two results, and another content of one is another result: whoever
// dismissed the first has not looked at it.
func TestFilesAreKnownByTheirContent(t *testing.T) {
	file := func(path, blob string) checks.Evidence {
		e := at("quay/harbour", path, 0, "nobody can read it", checks.Fail)
		e.Place.Text, e.Place.Blob, e.Remedy = text.Safe{}, blob, "acknowledge "+path
		return e
	}
	results := func(list ...checks.Evidence) []result {
		f := findings()[2]
		f.Evidence = list
		return written(t, []checks.Finding{f}).Runs[0].Results
	}
	both := results(file("tests/a.bin", "b10b1"), file("tests/b.bin", "b10b2"))
	if len(both) != 2 || both[0].Fingerprints["twokey/v1"] == both[1].Fingerprints["twokey/v1"] {
		t.Fatalf("two files are %+v", both)
	}
	for i, path := range []string{"tests/a.bin", "tests/b.bin"} {
		if p := both[i].Locations[0].Physical; p.Artifact.URI != path || p.Region.Line != 1 || !strings.Contains(both[i].Message.Text, "Next: acknowledge "+path) {
			t.Errorf("%s is %+v, %q", path, p, both[i].Message.Text)
		}
	}
	if again := results(file("tests/a.bin", "b10b3")); again[0].Fingerprints["twokey/v1"] == both[0].Fingerprints["twokey/v1"] {
		t.Error("another content is the same result")
	}
}

// Without a plan file nothing lies in one.
func TestNowhere(t *testing.T) {
	p := plan()
	p.Source = "discovered"
	p.Stages = []release.Stage{{Repo: release.Repo{Owner: "o", Name: "other"}, Workflows: []string{"x.yml"}}, {Repo: p.Repo, Workflows: []string{"ship.yml"}}}
	if got := nowhere(p); got != ".github/workflows/ship.yml" {
		t.Error(got)
	}
	p.Stages = nil
	if got := nowhere(p); got != release.PlanFileName {
		t.Error(got)
	}
}

func TestNothingFound(t *testing.T) {
	f := written(t, nil)
	if f.Runs[0].Results == nil || len(f.Runs[0].Results) != 0 || len(f.Runs[0].Tool.Driver.Rules) != len(all()) {
		t.Errorf("%+v", f.Runs[0])
	}
}

// full is a stream that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	if err := Write(full{}, "1.0.0", plan(), all(), findings()); err == nil {
		t.Error("no error")
	}
}
