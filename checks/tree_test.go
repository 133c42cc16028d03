package checks_test

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
)

// tree is a list of entries, each written as "mode path content".
func tree(lines ...string) []checks.TreeEntry {
	modes := map[string]checks.Mode{"file": checks.ModeFile, "exec": checks.ModeExecutable, "link": checks.ModeSymlink,
		"sub": checks.ModeSubmodule, "old": "100664"}
	var out []checks.TreeEntry
	for _, line := range lines {
		f := strings.Fields(line)
		out = append(out, checks.TreeEntry{Path: f[1], Mode: modes[f[0]], SHA: f[2], Size: int64(len(f[2]))})
	}
	return out
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after []checks.TreeEntry
		want          string
	}{
		{"nothing", tree("file a 1"), tree("file a 1"), ""},
		{"all new", nil, tree("file b 2", "file a 1"), "added a, added b"},
		{"all gone", tree("file b 2", "file a 1"), nil, "removed a, removed b"},
		{"modified", tree("file a 1"), tree("file a 2"), "modified a"},
		{"modified into what was elsewhere", tree("file a 1", "file b 2"), tree("file a 2", "file b 2"), "modified a known"},
		{"executable", tree("file a 1"), tree("exec a 1"), "mode changed a known 100644>100755"},
		{"the bits of older tools", tree("old a 1"), tree("file a 1"), "mode changed a known 100664>100644"},
		{"executable and modified", tree("file a 1"), tree("exec a 2"), "modified a 100644>100755"},
		{"a file becomes a link", tree("file a 1"), tree("link a 1"), "modified a known 100644>120000"},
		{"renamed", tree("file a 1"), tree("file b 1"), "renamed b<a known"},
		{"renamed and executable", tree("file a 1"), tree("exec b 1"), "renamed b<a known 100644>100755"},
		{"copied", tree("file a 1"), tree("file a 1", "file b 1"), "added b known"},
		{"renamed and copied", tree("file a 1"), tree("file b 1", "file c 1"), "renamed b<a known, added c known"},
		{"two of the same, renamed", tree("file a 1", "file b 1"), tree("file c 1", "file d 1"), "renamed c<a known, renamed d<b known"},
		{"a link is no file", tree("link a 1"), tree("file b 1"), "removed a, added b known"},
		{"a submodule", tree("sub a 1"), tree("sub a 2"), "modified a"},
		{"a submodule that moved", tree("sub a 1"), tree("sub b 1"), "removed a, added b known"},
		{"a directory becomes a file", tree("file a/x 1"), tree("file a 2"), "added a, removed a/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range checks.Diff(tt.before, tt.after) {
				s := string(c.Status) + " " + c.Path
				if c.Was != "" {
					s += "<" + c.Was
				}
				if c.Known && c.Status != checks.Removed {
					s += " known"
				}
				if c.Mode != "" && c.OldMode != "" && c.Mode != c.OldMode {
					s += fmt.Sprintf(" %s>%s", c.OldMode, c.Mode)
				}
				got = append(got, s)
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("it is %q, want %q", s, tt.want)
			}
		})
	}
}

func TestAsks(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    checks.Change
		want bool
	}{
		{"new", checks.Change{Status: checks.Added, Mode: checks.ModeFile, Size: 512}, true},
		{"new and small", checks.Change{Status: checks.Added, Mode: checks.ModeFile, Size: 511}, false},
		{"as small as what stands for another file", checks.Change{Status: checks.Added, Mode: checks.ModeFile, Size: 130}, true},
		{"modified", checks.Change{Status: checks.Modified, Mode: checks.ModeExecutable, OldMode: checks.ModeExecutable, Size: 512}, true},
		{"known", checks.Change{Status: checks.Added, Mode: checks.ModeFile, Size: 512, Known: true}, false},
		{"removed", checks.Change{Status: checks.Removed, OldMode: checks.ModeFile, Size: 512, Known: true}, false},
		{"renamed", checks.Change{Status: checks.Renamed, Mode: checks.ModeFile, OldMode: checks.ModeFile, Size: 512, Known: true}, false},
		{"renamed and executable", checks.Change{Status: checks.Renamed, Mode: checks.ModeExecutable, OldMode: checks.ModeFile, Size: 512, Known: true}, true},
		{"executable", checks.Change{Status: checks.ModeChanged, Mode: checks.ModeExecutable, OldMode: checks.ModeFile, Size: 512, Known: true}, true},
		{"executable no longer", checks.Change{Status: checks.ModeChanged, Mode: checks.ModeFile, OldMode: checks.ModeExecutable, Size: 512, Known: true}, false},
		{"a link", checks.Change{Status: checks.Added, Mode: checks.ModeSymlink, Size: 3}, true},
		{"a known link", checks.Change{Status: checks.Renamed, Mode: checks.ModeSymlink, Known: true}, false},
		{"a submodule", checks.Change{Status: checks.Added, Mode: checks.ModeSubmodule}, false},
	} {
		if got := tt.c.Asks(); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// tagsOf are tags of the names that are given; what follows the last - is a version.
func tagsOf(names ...string) []checks.TagName {
	var out []checks.TagName
	for _, n := range names {
		out = append(out, checks.TagName{Name: n, Version: n[strings.LastIndexByte(n, '-')+1:], SHA: "at-" + n[strings.LastIndexByte(n, '-')+1:]})
	}
	return out
}

func TestLastVersion(t *testing.T) {
	for _, tt := range []struct{ pattern, version, tags, want string }{
		{"dev-v{major}.{minor}", "2.11.6", "r-2.11.4 r-2.11.5 r-2.12.0 r-2.10.9 r-2.11.10", "r-2.11.5"},
		{"dev-v{major}.{minor}", "2.12.0", "r-2.11.4 r-2.11.10 r-2.13.0", "r-2.11.10"},
		{"dev-v{major}.{minor}", "2.11.6", "r-2.11.6 r-2.11.6rc1 r-2.11.5", "r-2.11.5"},
		{"dev-v{major}.{minor}", "2.11.6rc2", "r-2.11.6 r-2.11.6rc1 r-2.11.5", "r-2.11.6rc1"},
		{"dev-v{major}.{minor}", "2.11.6", "r-2.11.6rc1 r-2.10.1", "r-2.10.1"},
		{"main", "1.0.0", "r-1.0.0rc1", ""},
		{"main", "2.11.6", "r-2.11.5+x r-2.11.4", "r-2.11.4"},
		{"main", "2.11.6", "r-2.11.5.post1 r-2.11.5 r-2.11.4", "r-2.11.5"},
		{"main", "2.11.6", "r-2.11.5.1 r-2.11.5 r-2.11.4", "r-2.11.5"},
		{"main", "2.11.6", "r-2.11.5.0.0.1 r-2.11.5", "r-2.11.5"},
		{"main", "2.11.6", "r-2.11.5.0 r-2.11.5 r-2.11.5.0.0", "r-2.11.5"},
		{"main", "2.11.6", "r-2.11.5.post1", ""},
		{"main", "2.11.6.post2", "r-2.11.6.post1 r-2.11.6", "r-2.11.6.post1"},
		{"main", "1.2.3.5", "r-1.2.3.4 r-1.2.3", "r-1.2.3.4"},
		{"main", "2.12", "r-2.11.1 r-2.11", "r-2.11.1"},
		{"main", "2.11.6", "r-2.10.0 r-2.12.0", "r-2.10.0"},
		{"main", "2.11.6", "r-2.12.0 r-next", ""},
		{"main", "2.11.6", "", ""},
		{"main", "next", "r-1.0.0", ""},
		{"main", "2.12.0", "r-2.11.9 r-2.11.8", "r-2.11.8"}, // the newer is at the released commit
	} {
		got, found := checks.LastVersion("pep440", tt.pattern, tt.version, "at-2.11.9", tagsOf(strings.Fields(tt.tags)...))
		if got.Name != tt.want || found != (tt.want != "") {
			t.Errorf("before %s of %s: %q, %v; want %q", tt.version, tt.tags, got.Name, found, tt.want)
		}
	}
}

func TestLastDated(t *testing.T) {
	for _, tt := range []struct{ tag, date, tags, want string }{
		{"v20260814", "20260814", "v20260101 v20260701 v20251231 v1.0 v2026 vv20260801 v20260801-rc", "v20260701"},
		{"v20260814", "20260814", "v20260814 v20260815 v20260701", "v20260701"},
		{"v20260814.2", "20260814.2", "v20260814 v20260814.1 v20260814.2 v20260814.10", "v20260814.1"},
		{"v20260815", "20260815", "v20260814.9 v20260814.10 v20260814", "v20260814.10"},
		{"img-2.11-20260814", "20260814", "img-2.10-20260801 img-2.11-20260701", "img-2.11-20260701"},
		{"v20260814", "20260814", "v20260x01 v20260701.x v20260701.", ""},
		{"v20260814", "", "v20260701", ""},
		{"latest", "20260814", "v20260701", ""},
	} {
		got, found := checks.LastDated(tt.tag, tt.date, tagsOf(strings.Fields(tt.tags)...))
		if got.Name != tt.want || found != (tt.want != "") {
			t.Errorf("before %s of %s: %q, %v; want %q", tt.tag, tt.tags, got.Name, found, tt.want)
		}
	}
}
