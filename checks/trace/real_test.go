package trace

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"twokey/checks"
)

// TestRealArchives holds the tracer against what testdata/real.py computed of real
// archives and commits with git, tar, unzip and dpkg-deb:
//
//   - jinja2: the source distribution of PyPI, as Debian's source package jinja2 3.1.2-1
//     has it, and github.com/pallets/jinja at 3.1.2;
//   - xz: the tarball of xz 5.4.1, as Debian's source package xz-utils 5.4.1-1 has it, and
//     github.com/tukaani-project/xz at v5.4.1;
//   - setuptools: the wheel in Debian's python3-setuptools-whl 66.1.1-1+deb12u2, which
//     Debian builds with patches, and github.com/pypa/setuptools at v66.1.1;
//   - flask and black: the files of Debian's python3-flask 2.2.2-3 and black 23.1.0-1, and
//     github.com/pallets/flask at 2.2.2 and github.com/psf/black at 23.1.0.
//
// The contents are not there, so that what a build backend writes is extra or modified
// here, as it is to the script. What has the commit's content is the same or moved: the
// tracer finds by itself where directories lie, which the script is told.
func TestRealArchives(t *testing.T) {
	for _, tt := range []struct {
		name  string
		form  checks.Form
		found int // of the same or moved
		same  int // of the same at least, as a place was found for them
	}{
		{"jinja2", checks.FormSdist, 97, 97},
		{"xz", checks.FormSdist, 453, 453},
		{"setuptools", checks.FormWheel, 239, 237},
		{"flask", checks.FormDeb, 45, 45},
		{"black", checks.FormDeb, 41, 41},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr, want := recorded(t, tt.name, tt.form)
			got := map[string]int{}
			list := tr.judge()
			for _, j := range list {
				got[string(j.verdict)]++
			}
			got["missing"] = len(tr.missing(list))
			if n := got["same"] + got["moved"]; n != tt.found || n != want["same"]+want["moved"] || got["same"] < tt.same {
				t.Errorf("%d are the same and %d moved, want %d of which %d are the same", got["same"], got["moved"], want["same"]+want["moved"], tt.same)
			}
			if got["modified"] != want["modified"] || got["extra"] != want["neither"] || got["missing"] != want["missing"] {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

// recorded reads what the script wrote: a tracer that was shown the archive, and the
// counts.
func recorded(t *testing.T, name string, form checks.Form) (*Tracer, map[string]int) {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	var entries []checks.TreeEntry
	var members []entry
	counts := map[string]int{}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# counts "); ok {
			words := strings.Fields(rest)
			for i := 0; i+1 < len(words); i += 2 {
				n := 0
				if _, err := fmt.Sscan(words[i+1], &n); err != nil {
					t.Fatal(err)
				}
				counts[words[i]] = n
			}
			continue
		}
		switch parts := strings.SplitN(line, " ", 5); {
		case parts[0] == "t":
			e := checks.TreeEntry{Mode: checks.Mode(parts[1]), SHA: parts[3], Path: parts[4]}
			_, err = fmt.Sscan(parts[2], &e.Size)
			entries = append(entries, e)
		case parts[0] == "m":
			e := entry{blob: parts[2], path: strings.Join(parts[3:], " ")}
			_, err = fmt.Sscan(parts[1], &e.size)
			members = append(members, e)
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	tr := New(NewTree("", entries), Options{Form: form})
	for _, m := range members {
		tr.add(m)
	}
	return tr, counts
}
