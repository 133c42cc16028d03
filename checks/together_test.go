package checks_test

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// inFile is what was seen of a file in a published one.
func inFile(path, blob, how, file, artifact string) checks.Evidence {
	return checks.Evidence{What: text.Clean(path + " in " + file), Saw: text.Clean(how + "; 1 B, blob " + blob), How: text.Clean(how), Outcome: checks.Fail,
		Artifact: text.Clean(artifact), File: text.Clean(file), Place: &checks.Place{Path: text.Clean(path), Blob: blob}, URL: text.Clean("https://" + artifact),
		Remedy: "take back " + artifact}
}

// ofFile is what was seen of a published file itself.
func ofFile(saw, file, artifact string) checks.Evidence {
	return checks.Evidence{What: text.Clean(file), Saw: text.Clean(saw), Outcome: checks.Warn, Artifact: text.Clean(artifact), File: text.Clean(file)}
}

func TestTogether(t *testing.T) {
	many := func(n int, how, file string) (out []checks.Evidence) {
		for i := range n {
			out = append(out, inFile(fmt.Sprintf("%s%02d", how[:1], i), fmt.Sprint("b", i), how, file, "pypi"))
		}
		return out
	}
	both := append(many(5, "new", "a.whl"), many(5, "new", "b.tar.gz")...)
	tests := []struct {
		name    string
		list    []checks.Evidence
		want    []string
		unnamed int
	}{
		{"nothing", nil, nil, 0},
		{"one file", many(1, "new", "a.whl"), []string{"n00 in a.whl: new; 1 B, blob b0"}, 0},
		{"one file in two", []checks.Evidence{inFile("x", "b", "new", "a.whl", "pypi"), inFile("x", "b", "new", "a.whl", "release")},
			[]string{"x: new; 1 B, blob b; in a.whl (pypi), a.whl (release)"}, 0},
		{"one path, two contents", []checks.Evidence{inFile("x", "b", "new", "a.whl", "pypi"), inFile("x", "c", "new", "a.whl", "release")},
			[]string{"x in a.whl: new; 1 B, blob b", "x in a.whl: new; 1 B, blob c"}, 0},
		{"a few files", many(3, "new", "a.whl"), []string{"n00 in a.whl: new; 1 B, blob b0", "n01 in a.whl: new; 1 B, blob b1", "n02 in a.whl: new; 1 B, blob b2"}, 0},
		{"four", many(4, "new", "a.whl"), []string{"4 files: each new: n00, n01, n02, n03; in a.whl (pypi)"}, 0},
		{"many", many(37, "new", "a.whl"), []string{"37 files: each new: n00, n01, n02 and 34 more; in a.whl (pypi)"}, 34},
		{"many, and others", append(many(5, "new", "a.whl"), many(1, "other", "a.whl")...),
			[]string{"5 files: each new: n00, n01, n02 and 2 more; in a.whl (pypi)", "o00 in a.whl: other; 1 B, blob b0"}, 2},
		{"many in two", both, []string{"5 files: each new: n00, n01, n02 and 2 more; in a.whl (pypi), b.tar.gz (pypi)"}, 2},
		{"what published files have not", []checks.Evidence{ofFile("unsigned", "a", "pypi"), ofFile("unsigned", "b", "pypi"), ofFile("other", "b", "pypi")},
			[]string{"2 published files: unsigned: a (pypi), b (pypi)", "b: other"}, 0},
		{"many of those", []checks.Evidence{ofFile("unsigned", "image x amd", "image x"), ofFile("unsigned", "image x arm", "image x"), ofFile("unsigned", "c", "pypi"),
			ofFile("unsigned", "d", "pypi"), ofFile("unsigned", "e", "pypi")}, []string{"5 published files: unsigned: image x amd, image x arm, c (pypi) and 2 more"}, 2},
		{"about no published file", []checks.Evidence{{What: text.Clean("a"), Saw: text.Clean("x")}, {What: text.Clean("b"), Saw: text.Clean("x")}}, []string{"a: x", "b: x"}, 0},
	}
	for _, tt := range tests {
		got, unnamed := checks.Together(tt.list)
		var lines []string
		for _, e := range got {
			lines = append(lines, e.What.String()+": "+e.Saw.String())
		}
		if strings.Join(lines, "\n") != strings.Join(tt.want, "\n") || unnamed != tt.unnamed {
			t.Errorf("%s: %d unnamed of\n%s\nwant\n%s", tt.name, unnamed, strings.Join(lines, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// What was seen together asks for what each of it asks for, and has the page of none.
func TestTogetherKeepsWhatIsToBeDone(t *testing.T) {
	got, _ := checks.Together([]checks.Evidence{inFile("x", "b", "new", "a.whl", "pypi"), inFile("x", "b", "new", "a.whl", "release"), inFile("x", "b", "new", "b.whl", "pypi")})
	if e := got[0]; len(got) != 1 || e.Remedy != "take back pypi; take back release" || !e.URL.IsZero() || e.Outcome != checks.Fail || e.Place.Blob != "b" {
		t.Errorf("%+v", got)
	}
	one := inFile("x", "b", "new", "a.whl", "pypi")
	if got, _ := checks.Together([]checks.Evidence{one}); got[0] != one {
		t.Errorf("one alone becomes %+v", got[0])
	}
	unlike := one
	unlike.Outcome = checks.Unknown
	if got, _ := checks.Together([]checks.Evidence{one, unlike}); len(got) != 2 {
		t.Errorf("what failed and what nobody saw are %+v", got)
	}
}
