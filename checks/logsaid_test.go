package checks_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// sumOf is a SHA-256 in hex, another for each letter.
func sumOf(letter string) string { return strings.Repeat(letter, 64) }

// toldBy is what a log tells of x.whl and of some images, as one line a name.
func toldBy(whole bool, lines ...string) string {
	got := checks.DigestsInLog(text.CleanAll(lines), whole, []string{"x.whl", "docker.io/o/r:1", "docker.io/o/r:latest", "r:5000/o/r:latest"})
	var out []string
	for _, name := range slices.Sorted(maps.Keys(got)) {
		var short []string
		for _, d := range got[name] {
			hex, ok := strings.CutPrefix(d, "sha256:")
			if !ok || len(hex) != 64 {
				return d + " is no digest"
			}
			short = append(short, hex[:1])
		}
		out = append(out, name+" "+strings.Join(short, ""))
	}
	return strings.Join(out, "; ")
}

func TestDigestsInLog(t *testing.T) {
	a, b := sumOf("a"), sumOf("b")
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"sha256sum", []string{a + "  dist/x.whl"}, "x.whl a"},
		{"of a binary file", []string{a + " *x.whl"}, "x.whl a"},
		{"with its tag", []string{"SHA256 (dist/x.whl) = " + a}, "x.whl a"},
		{"of another file", []string{a + "  y.whl", b + "  x.whl.asc"}, ""},
		{"twice", []string{a + "  x.whl", a + "  x.whl", b + "  x.whl"}, "x.whl ab"},
		{"BuildKit", []string{"#68 pushing manifest for docker.io/o/r:1@sha256:" + a, "#68 pushing manifest for docker.io/o/r:1@sha256:" + a + " 3.2s done"}, "docker.io/o/r:1 a"},
		{"BuildKit, of another tag", []string{"#68 pushing manifest for docker.io/o/r:2@sha256:" + a}, ""},
		{"BuildKit, the short name", []string{"#68 pushing manifest for o/r:1@sha256:" + a}, "docker.io/o/r:1 a"},
		{"BuildKit, by digest alone", []string{"#68 pushing manifest for docker.io/o/r@sha256:" + a, "#68 pushing manifest for r:5000/o/r@sha256:" + a}, ""},
		{"docker push", []string{"The push refers to repository [docker.io/o/r]", "5f70bf18a086: Pushed", "1: digest: sha256:" + a + " size: 1574"}, "docker.io/o/r:1 a"},
		{"docker push of nothing that is named", []string{"1: digest: sha256:" + a + " size: 1574"}, ""},
		{"PyPI's action", []string{"Showing hash values of files to be uploaded:", "/github/workspace/dist/x.whl", "", "SHA256: " + a, "MD5: 0", "BLAKE2-256: " + b}, "x.whl a"},
		{"PyPI's action, the second file, whose sum is of both", []string{"Showing hash values of files to be uploaded:", "/dist/a.tar.gz", "", "SHA256: " + b, "MD5: 0", "/dist/x.whl", "", "SHA256: " + a}, ""},
		{"a sum of nothing that is named", []string{"SHA256: " + a}, ""},

		{"in the script that is shown", []string{"##[group]Run sha256sum -c", a + "  x.whl", "shell: /usr/bin/bash -e {0}", "##[endgroup]", b + "  x.whl"}, "x.whl b"},
		{"in a group of its own", []string{"##[group]Digest", a + "  x.whl", "##[endgroup]"}, "x.whl a"},
		{"in an image's build", []string{"#24 12.30 " + a + "  x.whl", "#24 0.100 pushing manifest for docker.io/o/r:1@sha256:" + a, "#24 0.2 #25 pushing manifest for docker.io/o/r:1@sha256:" + a}, ""},
		{"quoted", []string{"echo " + a + "  x.whl", "> " + a + "  x.whl", "warning: SHA256 (x.whl) = " + a}, ""},
		{"too short, or in capitals", []string{a[1:] + "  x.whl", strings.ToUpper(a) + "  x.whl", a + "a  x.whl", a + " x.whl"}, ""},
		{"another sum", []string{a + a + "  x.whl", a[:32] + "  x.whl"}, ""},
		{"hidden", []string{a + "  x\u202e.whl", a + "  x.whl\u200b", "\x1b[2J" + a + "  y"}, ""},
	} {
		if got := toldBy(true, tt.lines...); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	// A log of which only the end is there may begin in a script.
	cut := []string{a + "  x.whl", "##[endgroup]", b + "  x.whl"}
	if got := toldBy(false, cut...); got != "x.whl b" {
		t.Errorf("the end of a log tells %q", got)
	}
}

// However much a log prints, little is taken from it.
func TestDigestsInLogAreBounded(t *testing.T) {
	var lines []string
	for i := range 10_000 {
		lines = append(lines, fmt.Sprintf("%064x  x.whl", i), fmt.Sprintf("%064x  other-%d", i, i))
	}
	got := checks.DigestsInLog(text.CleanAll(lines), true, []string{"x.whl"})
	if len(got) != 1 || len(got["x.whl"]) > 16 {
		t.Errorf("%d names, %d digests", len(got), len(got["x.whl"]))
	}
}

func TestImageName(t *testing.T) {
	for ref, want := range map[string]string{
		"docker.io/o/r:1": "docker.io/o/r:1", "index.docker.io/o/r:1": "docker.io/o/r:1", "o/r:1": "docker.io/o/r:1", "o/r": "docker.io/o/r:latest",
		"r:1": "docker.io/library/r:1", "ghcr.io/o/r/s:1": "ghcr.io/o/r/s:1", "localhost/r:1": "localhost/r:1", "registry:5000/r": "registry:5000/r:latest",
	} {
		if got := checks.ImageName(ref); got != want {
			t.Errorf("%q is %q, want %q", ref, got, want)
		}
	}
}
