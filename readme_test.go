package main

import (
	"os"
	"strings"
	"testing"

	"twokey/checks"
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
