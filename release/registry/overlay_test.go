package registry

import (
	"io"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"twokey/checks/trace/archive"
)

// put is a member of a layer.
type put struct {
	path string
	kind archive.Type
}

// TestOverlay holds that a container's files are shown as it has them: what a layer
// above has, deleted or stands in the way of is shown from no layer below.
func TestOverlay(t *testing.T) {
	dir, file, link := archive.Dir, archive.File, archive.Symlink
	for name, tt := range map[string]struct {
		layers [][]put // topmost first
		want   string  // what is shown below the source, in order
	}{
		"one layer":                       {[][]put{{{"srv/app", dir}, {"srv/app/a", file}}}, "srv/app/a"},
		"the topmost has the word":        {[][]put{{{"srv/app/a", file}}, {{"srv/app/a", file}, {"srv/app/b", file}}}, "srv/app/a srv/app/b"},
		"a whiteout":                      {[][]put{{{"srv/app/.wh.a", file}}, {{"srv/app/a", file}, {"srv/app/b", file}}}, "srv/app/b"},
		"a whiteout of a directory":       {[][]put{{{"srv/.wh.app", file}}, {{"srv/app/a", file}}}, ""},
		"a whiteout, and the file anew":   {[][]put{{{"srv/app/.wh.a", file}, {"srv/app/a", file}}, {{"srv/app/a", file}}}, "srv/app/a"},
		"an opaque directory":             {[][]put{{{"srv/app/x/.wh..wh..opq", file}, {"srv/app/x/new", file}}, {{"srv/app/x/old", file}, {"srv/app/y", file}}}, "srv/app/x/new srv/app/y"},
		"an opaque root":                  {[][]put{{{".wh..wh..opq", file}, {"srv/app/new", file}}, {{"srv/app/old", file}}}, "srv/app/new"},
		"a file over a directory":         {[][]put{{{"srv/app/x", file}}, {{"srv/app/x/ghost", file}}}, "srv/app/x"},
		"a directory over that":           {[][]put{{{"srv/app/x", dir}}, {{"srv/app/x", file}}, {{"srv/app/x/ghost", file}}}, ""},
		"a file in the source's place":    {[][]put{{{"srv/app", file}}, {{"srv/app/ghost", file}}}, ""},
		"the source anew over that":       {[][]put{{{"srv/app", dir}, {"srv/app/a", file}}, {{"srv/app", file}}, {{"srv/app/ghost", file}}}, "srv/app/a"},
		"a file in its parent's place":    {[][]put{{{"srv", file}}, {{"srv/app/ghost", file}}}, ""},
		"a whiteout of its parent":        {[][]put{{{".wh.srv", file}}, {{"srv/app/ghost", file}}}, ""},
		"a file in the place of a parent": {[][]put{{{"srv/app/x/new", file}}, {{"srv/app/x", file}}, {{"srv/app/x/ghost", file}}}, "srv/app/x/new"},
		"a directory over a link":         {[][]put{{{"srv", dir}, {"srv/app/a", file}}, {{"srv", link}}}, "srv/app/a"},
		"a link elsewhere":                {[][]put{{{"srv/other", link}, {"srv/app/a", link}}}, "srv/app/a"},
		"what an old file system kept":    {[][]put{{{"srv/app/.wh..wh.plnk", file}, {"srv/app/a", file}}}, "srv/app/a"},
		"the source is a link":            {[][]put{{{"srv/app", link}, {"data/a", file}}}, "error: the plan's source srv/app is behind a link"},
		"its parent is a link":            {[][]put{{{"x", file}}, {{"srv", link}}}, "error: the plan's source srv/app is behind a link"},
	} {
		t.Run(name, func(t *testing.T) {
			var shown []string
			o := newOverlay("/srv/app/", func(m archive.Member, _ io.Reader) error {
				if m.Type != archive.Dir && strings.HasPrefix(m.Path, "srv/app/") {
					shown = append(shown, m.Path)
				}
				return nil
			})
			for _, layer := range tt.layers {
				for _, m := range layer {
					if err := o.visit(archive.Member{Path: m.path, Type: m.kind}, strings.NewReader("")); err != nil {
						shown = []string{"error: " + err.Error()[:min(len(err.Error()), len("the plan's source srv/app is behind a link"))]}
					}
				}
				o.below()
			}
			if got := strings.Join(shown, " "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestOverlayRemembersTheSource holds that nothing is remembered of what is elsewhere.
func TestOverlayRemembersTheSource(t *testing.T) {
	outside := 0
	o := newOverlay("srv/app", func(archive.Member, io.Reader) error { outside++; return nil })
	for _, p := range []string{"usr/a", "usr/.wh.b", "usr/x/.wh..wh..opq", "srvapp/a", "srv/apple"} {
		if err := o.visit(archive.Member{Path: p, Type: archive.File}, strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.now.had)+len(o.now.gone) > 0 || outside != 3 {
		t.Errorf("%v, %v, %d shown", o.now.had, o.now.gone, outside)
	}
}

// TestNoPlatformHides holds that nothing but what is for no platform is left out.
func TestNoPlatformHides(t *testing.T) {
	unknown, linux := &v1.Platform{OS: "unknown", Architecture: "unknown"}, &v1.Platform{OS: "linux", Architecture: "amd64"}
	said := map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
	got := []bool{isRemark(v1.Descriptor{Platform: unknown, Annotations: said}), isRemark(v1.Descriptor{Platform: linux, Annotations: said}),
		isRemark(v1.Descriptor{Platform: unknown}), isRemark(v1.Descriptor{Annotations: said}), isRemark(v1.Descriptor{Platform: linux})}
	if !slices.Equal(got, []bool{true, false, false, false, false}) {
		t.Errorf("%v", got)
	}
}
