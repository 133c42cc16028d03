package release

import (
	"testing"

	"twokey/checks"
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
