package main

import (
	"os"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/release/rehearsal"
)

// Whoever reads the README finds every check there is.
func TestReadmeNamesEveryCheck(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range append(checks.All(), checks.ForPublished()...) {
		if !strings.Contains(string(readme), "\n| `"+c.ID+"` | ") {
			t.Errorf("the README has no line of %s", c.ID)
		}
	}
}

// Every scenario that the README tells of can be played, under that name.
func TestReadmeScenarios(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	played := map[string]bool{}
	for _, s := range rehearsal.Scenarios() {
		played[s.Name] = true
	}
	_, table, _ := strings.Cut(string(readme), "| scenario | what is published |")
	table, _, _ = strings.Cut(table, "\n\n")
	n := 0
	for line := range strings.Lines(table) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` |"); ok && strings.HasPrefix(line, "| `") {
			n++
			if !played[name] {
				t.Errorf("the README tells of a scenario %q, which there is none of", name)
			}
		}
	}
	if n < 8 {
		t.Errorf("the README tells of %d scenarios", n)
	}
}
