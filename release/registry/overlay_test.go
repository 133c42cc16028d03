package registry

import (
	"io"
	"slices"
	"strconv"
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

// TestOverlayLinks holds that nothing is shown of layers that runtimes lay over one another
// in different ways: where one is written behind a link of another, or is a second name of
// what is not there any more.
func TestOverlayLinks(t *testing.T) {
	const behind, second, nameless = "a layer above has files behind this link", "which a layer above has replaced", "deletes something without a name"
	const again = "and has it again"
	dir, file, link := archive.Dir, archive.File, archive.Symlink
	hard := func(path, to string) archive.Member {
		return archive.Member{Path: path, Type: archive.Hardlink, Link: to}
	}
	m := func(kind archive.Type, paths ...string) []archive.Member {
		var out []archive.Member
		for _, p := range paths {
			out = append(out, archive.Member{Path: p, Type: kind})
		}
		return out
	}
	way, evil := m(link, "opt/way"), m(file, "opt/way/a")
	for name, tt := range map[string]struct {
		layers [][]archive.Member // topmost first
		want   string             // of the error; empty for none
	}{
		"elsewhere, and perhaps into the source": {[][]archive.Member{evil, way}, behind},
		"within the source":                      {[][]archive.Member{m(file, "srv/app/x/a"), m(link, "srv/app/x")}, behind},
		"around the source":                      {[][]archive.Member{m(file, "srv/app/a"), m(link, "srv")}, behind},
		"far below":                              {[][]archive.Member{evil, m(file, "etc/b"), m(file, "opt/b"), way}, behind},
		"deep behind it":                         {[][]archive.Member{m(file, "opt/way/b/c/d"), way}, behind},
		"a deletion behind it":                   {[][]archive.Member{m(file, "opt/way/.wh.a"), way}, behind},
		"an opaque mark behind it":               {[][]archive.Member{m(file, "opt/way/.wh..wh..opq"), way}, behind},
		"a directory behind it":                  {[][]archive.Member{m(dir, "opt/way/a"), way}, behind},
		"a second name of a link":                {[][]archive.Member{evil, append(m(link, "opt/other"), hard("opt/way", "opt/other"))}, behind},
		"deleted too late":                       {[][]archive.Member{m(file, "opt/way/a", "opt/.wh.way"), way}, behind},
		"deleted above":                          {[][]archive.Member{m(file, "opt/.wh.way"), evil, way}, behind},
		"had too late":                           {[][]archive.Member{append(m(file, "opt/way/a"), m(dir, "opt/way")...), way}, behind},
		"had above":                              {[][]archive.Member{m(dir, "opt/way"), evil, way}, behind},
		"had between, and written into below":    {[][]archive.Member{evil, m(dir, "opt/way"), evil, way}, behind},
		"what is around it had":                  {[][]archive.Member{append(m(dir, "opt"), evil...), way}, behind},
		"an opaque mark in it had":               {[][]archive.Member{append(m(file, "opt/way/.wh..wh..opq"), evil...), way}, behind},

		"a directory in its place":        {[][]archive.Member{append(m(dir, "opt/way"), evil...), way}, ""},
		"a directory in its place below":  {[][]archive.Member{evil, m(dir, "opt/way"), way}, ""},
		"deleted first":                   {[][]archive.Member{m(file, "opt/.wh.way", "opt/way/a"), way}, ""},
		"deleted between":                 {[][]archive.Member{evil, m(file, "opt/.wh.way"), way}, ""},
		"deleted between, with all":       {[][]archive.Member{evil, m(file, ".wh.opt"), way}, ""},
		"what is around it is opaque":     {[][]archive.Member{m(file, "opt/.wh..wh..opq", "opt/way/a"), way}, ""},
		"what is around it opaque below":  {[][]archive.Member{evil, m(file, "opt/.wh..wh..opq"), way}, ""},
		"a link above":                    {[][]archive.Member{way, evil}, ""},
		"a directory, and nothing behind": {[][]archive.Member{m(dir, "opt", "opt/way"), way}, ""},

		"of a file that is replaced":       {[][]archive.Member{m(file, "srv/app/a"), append(m(file, "srv/app/a"), hard("srv/app/b", "srv/app/a"))}, second},
		"of a file that is deleted":        {[][]archive.Member{m(file, "srv/app/.wh.a"), append(m(file, "srv/app/a"), hard("srv/app/b", "srv/app/a"))}, second},
		"of one in the same layer":         {[][]archive.Member{append(m(file, "srv/app/a"), hard("srv/app/b", "srv/app/a"))}, ""},
		"replaced itself":                  {[][]archive.Member{m(file, "srv/app/a", "srv/app/b"), append(m(file, "srv/app/a"), hard("srv/app/b", "srv/app/a"))}, ""},
		"elsewhere":                        {[][]archive.Member{m(file, "opt/a"), append(m(file, "opt/a"), hard("opt/b", "opt/a"))}, ""},
		"of a link, in the source's place": {[][]archive.Member{append(m(link, "opt/a"), hard("srv/app", "opt/a"))}, "is behind a link in the image, at srv/app"},

		"a directory deleted and had":        {[][]archive.Member{append(m(file, "srv/app/.wh.x"), m(dir, "srv/app/x")...), m(file, "srv/app/x/old")}, again},
		"had and deleted":                    {[][]archive.Member{append(m(dir, "srv/app/x"), m(file, "srv/app/.wh.x")...), m(file, "srv/app/x/old")}, again},
		"deleted, and written into":          {[][]archive.Member{m(file, "srv/app/.wh.x", "srv/app/x/new"), m(file, "srv/app/x/y/old")}, again},
		"written into, and deleted":          {[][]archive.Member{m(file, "srv/app/x/new", "srv/app/.wh.x"), m(file, "srv/app/x/old")}, again},
		"deleted and had far above":          {[][]archive.Member{m(file, "srv/app/.wh.x", "srv/app/x/new"), m(file, "srv/app/z"), m(file, "srv/app/x/old")}, again},
		"with the file that is there again":  {[][]archive.Member{m(file, "srv/app/.wh.x", "srv/app/x/a"), m(file, "srv/app/x/a")}, ""},
		"an opaque directory in its place":   {[][]archive.Member{m(file, "srv/app/x/.wh..wh..opq", "srv/app/x/new"), m(file, "srv/app/x/old")}, ""},
		"a directory deleted and had, empty": {[][]archive.Member{m(file, "srv/app/.wh.x", "srv/app/x/new"), m(dir, "srv/app/x")}, ""},
		"a file deleted and had":             {[][]archive.Member{m(file, "srv/app/.wh.x", "srv/app/x"), m(file, "srv/app/x/old")}, ""},
		"deleted and had elsewhere":          {[][]archive.Member{m(file, "opt/.wh.x", "opt/x/new"), m(file, "opt/x/old")}, ""},
		"a deletion of everything":           {[][]archive.Member{m(file, ".wh..wh..opq")}, "it deletes everything"},

		"a deletion of nothing":       {[][]archive.Member{m(file, "srv/app/.wh.")}, nameless},
		"a deletion of the directory": {[][]archive.Member{m(file, "srv/app/.wh..")}, nameless},
		"a deletion of what is above": {[][]archive.Member{m(file, "srv/app/.wh...")}, nameless},
		"a deletion of three dots":    {[][]archive.Member{m(file, "srv/app/.wh....")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			o := newOverlay("srv/app", func(archive.Member, io.Reader) error { return nil })
			for _, layer := range tt.layers {
				for _, m := range layer {
					if err == nil {
						err = o.visit(m, strings.NewReader(""))
					}
				}
				o.below()
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestOverlayIsBounded holds that what is remembered from layer to layer has an end.
func TestOverlayIsBounded(t *testing.T) {
	o := newOverlay("", func(archive.Member, io.Reader) error { return nil })
	var err error
	n := 0
	for ; err == nil && n <= maxPaths; n++ {
		err = o.visit(archive.Member{Path: strconv.Itoa(n), Type: archive.File}, strings.NewReader(""))
	}
	if err == nil || !strings.Contains(err.Error(), "to remember") || o.remembered() > maxPaths+10 {
		t.Errorf("after %d paths, %d remembered: %v", n, o.remembered(), err)
	}
	o, err = newOverlay("srv/app", func(archive.Member, io.Reader) error { return nil }), nil
	long := strings.Repeat("x", 4096)
	for n = 0; err == nil && n <= maxPathsBytes/len(long); n++ {
		err = o.visit(archive.Member{Path: long, Type: archive.File}, strings.NewReader(""))
	}
	if err == nil || !strings.Contains(err.Error(), "MiB of paths in all layers") {
		t.Errorf("after %d long paths: %v", n, err)
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
