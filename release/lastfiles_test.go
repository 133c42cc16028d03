package release

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// TestSameFile holds which file of the release before one is held against.
func TestSameFile(t *testing.T) {
	files := func(names ...string) (out []File) {
		for _, n := range names {
			out = append(out, File{Name: n, Form: checks.FormOf(n)})
		}
		return out
	}
	const pure, linux, mac = "harbour-2-py3-none-any.whl", "harbour-2-cp312-cp312-linux_x86_64.whl", "harbour-2-cp312-cp312-macosx_11_0_arm64.whl"
	for _, tt := range []struct {
		name, of string
		others   []File
		want     string
	}{
		{"its name", "harbour-3-py3-none-any.whl", files("harbour-2.tar.gz", pure, linux), pure},
		{"a build tag", "harbour-3-1-py3-none-any.whl", files("harbour-2.tar.gz", linux, pure), pure},
		{"another platform", "harbour-3-cp312-cp312-macosx_12_0_arm64.whl", files(linux, mac, pure), mac},
		{"another Python", "harbour-3-cp313-cp313-linux_x86_64.whl", files(mac, linux, pure), linux},
		{"none of its project", "harbour-3-py3-none-any.whl", files("evil-2-py3-none-any.whl", "harbour_x-2-py3-none-any.whl", "harbour-2.tar.gz"), ""},
		{"the source alone", "harbour-3.tar.gz", files("Harbour-2.tar.xz", pure), "Harbour-2.tar.xz"},
		{"one of two sources", "harbour-3.tar.gz", files("a-2.tar.gz", "b-2.tar.gz"), ""},
		{"a package", "harbour_3_amd64.deb", files("harbour_2_amd64.deb", "evil_2_amd64.deb"), "harbour_2_amd64.deb"},
		{"another package", "harbour_3_arm64.deb", files("harbour_2_amd64.deb"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := sameFile(files(tt.of)[0], "3", tt.others, "2")
			if got.Name != tt.want || ok != (tt.want != "") {
				t.Errorf("%s, want %s", got.Name, tt.want)
			}
		})
	}
}

// TestDebian holds which name a package has to give itself.
func TestDebian(t *testing.T) {
	apt := Artifact{Kind: KindApt}
	apt.Apt.Package = "harbour"
	for _, tt := range []struct {
		f    File
		want string
	}{
		{File{Name: "python-harbour_2.11-jammy_amd64.deb", Form: checks.FormDeb}, "python-harbour"},
		{File{Name: "harbour.deb", Form: checks.FormDeb}, ""},
		{File{Name: "harbour_2_jammy_amd64.deb", Form: checks.FormDeb}, ""},
		{File{Name: "x_1_all.deb", Form: checks.FormDeb, Artifact: apt}, "harbour"},
		{File{Name: "harbour_a_b.whl", Form: checks.FormWheel}, ""},
	} {
		if got := tt.f.debian(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.f.Name, got, tt.want)
		}
	}
}

// TestPlannedCode holds that new code that the plan calls generated is asked about, and
// that another content of what was there before is told.
func TestPlannedCode(t *testing.T) {
	for name, tt := range map[string]struct {
		before, fails, told string
	}{
		"as before": {"1", "", ""},
		"new":       {"", "art.extras: harbour/fast.so in harbour-2.11.6.tar.gz: is not in git, though the plan says that the build makes it, nor was it so in 2.11.5", ""},
		"another":   {"2", "", "with another content than in 2.11.5: harbour/fast.so"},
	} {
		t.Run(name, func(t *testing.T) {
			p := hubPlan(t)
			p.Generated = []GeneratedFile{{Path: "harbour/*.so", Reason: text.Clean("compiled")}}
			b := newBench(t, p)
			b.files["2.11.6"]["harbour/fast.so"] = "1"
			if tt.before != "" {
				b.files["2.11.5"]["harbour/fast.so"] = tt.before
			}
			events, err := b.release(p, Given{})
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v, want %q", err, tt.fails)
			}
			told := ""
			for _, e := range events {
				if c, ok := e.(ArtifactsChecked); ok && c.Finding.Outcome == checks.Warn && c.Finding.ID == "art.trace" && c.Stage == p.Stages[0].Name {
					told += c.Finding.Summary.String()
				}
			}
			if (told == "") != (tt.told == "") || !strings.Contains(told, tt.told) {
				t.Errorf("told %q, want %q", told, tt.told)
			}
		})
	}
}
