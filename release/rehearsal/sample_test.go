package rehearsal

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// sampleStart is when the rehearsals of these tests begin.
func sampleStart() time.Time { return time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC) }

// checkout is a branch of a sample repository as its commits leave it.
func checkout(t *testing.T, r sampleRepo) map[string]map[string][]byte {
	t.Helper()
	branches := map[string]map[string][]byte{}
	for _, c := range r.Commits {
		tree := branches[c.Branch]
		if tree == nil {
			if c.From != "" && branches[c.From] == nil {
				t.Fatalf("%s: %s begins at %s, which is not there yet", r.Name, c.Branch, c.From)
			}
			tree = maps.Clone(branches[c.From])
			if tree == nil {
				tree = map[string][]byte{}
			}
			branches[c.Branch] = tree
		}
		for _, name := range c.Removed {
			if tree[name] == nil {
				t.Errorf("%s: %q removes %s, which is not there", r.Name, c.Message, name)
			}
			delete(tree, name)
		}
		maps.Copy(tree, c.Files)
	}
	return branches
}

func samples(t *testing.T) []sampleRepo {
	t.Helper()
	repos, err := sampleRepos(sampleStart())
	if err != nil {
		t.Fatal(err)
	}
	return repos
}

func TestSampleHistoryIsOrdered(t *testing.T) {
	for _, r := range samples(t) {
		var last time.Time
		for _, c := range r.Commits {
			if c.When.Before(last) {
				t.Errorf("%s: %q is older than the commit before", r.Name, c.Message)
			}
			last = c.When
			if c.Email == "" {
				t.Errorf("%s: %q has no address", r.Name, c.Message)
			}
			if len(c.Files) == 0 && len(c.Removed) == 0 {
				t.Errorf("%s: %q changes nothing", r.Name, c.Message)
			}
			for name, text := range c.Files {
				if bytes.Contains(text, []byte("@V")) {
					t.Errorf("%s: %q leaves a version open in %s", r.Name, c.Message, name)
				}
			}
		}
		if !last.Before(sampleStart()) {
			t.Errorf("%s: the last commit is of %s, after the rehearsal began", r.Name, last)
		}
	}
}

func TestSampleLinesArePrepared(t *testing.T) {
	repos := samples(t)
	harbour := checkout(t, repos[0])
	for branch, want := range map[string]string{"dev-v2.10": "2.10.4", "dev-v2.11": "2.11.6", "main": "2.12.0a0"} {
		got := string(harbour[branch]["harbour/__init__.py"])
		if !strings.Contains(got, `__version__ = "`+want+`"`) {
			t.Errorf("%s holds %q, want version %s", branch, got, want)
		}
		if harbour[branch]["twokey.yml"] == nil {
			t.Errorf("%s has no twokey.yml", branch)
		}
	}
	changes := string(harbour["dev-v2.11"]["CHANGELOG.md"])
	if !strings.HasPrefix(changes, "# Changes\n\n## 2.11.6 (2026-08-1") || strings.Count(changes, "# Changes\n") != 1 {
		t.Errorf("the changelog begins with %.60q", changes)
	}
	for _, want := range []string{"Leave a berth only once.", "## 2.11.0 (", "## 2.10.0 ("} {
		if !strings.Contains(changes, want) {
			t.Errorf("the changelog does not hold %q", want)
		}
	}
	if versions := string(checkout(t, repos[1])["main"]["VERSIONS.json"]); strings.Count(versions, `"2.11.6"`) != 2 {
		t.Errorf("VERSIONS.json is %s", versions)
	}
	if v := string(checkout(t, repos[2])["main"]["harbour-2.11/VERSION.txt"]); v != "2.11.6\n" {
		t.Errorf("VERSION.txt is %q", v)
	}
}

func TestSampleTags(t *testing.T) {
	for _, r := range samples(t) {
		var tags []string
		for _, c := range r.Commits {
			tags = append(tags, c.Tags...)
		}
		slices.Sort(tags)
		if len(tags) < 4 || len(slices.Compact(slices.Clone(tags))) != len(tags) {
			t.Errorf("%s has the tags %v", r.Name, tags)
		}
		if slices.Contains(tags, "harbour-2.11.6") || slices.Contains(tags, "v20260814") {
			t.Errorf("%s has the tag of the release that is rehearsed", r.Name)
		}
	}
}

func TestSampleHasNoFileThatNobodyCommits(t *testing.T) {
	for _, r := range samples(t) {
		committed := map[string]bool{}
		for _, c := range r.Commits {
			for name := range c.Files {
				committed[name] = true
			}
		}
		for name := range sampleNames(t, r.Name) {
			if !committed[name] {
				t.Errorf("%s: no commit adds %s", r.Name, name)
			}
		}
	}
}

// sampleNames are the files embedded for a repository.
func sampleNames(t *testing.T, repo string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	root := "sample/" + repo
	err := fs.WalkDir(sampleFiles, root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names[strings.TrimPrefix(path, root+"/")] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
