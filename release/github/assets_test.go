package github

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/release"
)

const (
	taggedLine = "GET /repos/o/r/releases/tags/v1"
	assetsLine = "GET /repos/o/r/releases/7/assets?per_page=100"
	tagged     = `{"id":7,"tag_name":"v1","html_url":"https://github.com/o/r/releases/tag/v1","published_at":"2026-08-14T10:00:00Z"}`
	someHex    = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

// assetJSON is a file of a release as GitHub gives it; more is added at its end.
func assetJSON(id int, name, more string) string {
	return fmt.Sprintf(`{"id":%d,"name":%q,"state":"uploaded","size":%d,"created_at":"2026-08-14T09:00:00Z","browser_download_url":%q%s}`,
		id, name, 100+id, "https://github.com/o/r/releases/download/v1/"+name, more)
}

func TestAssets(t *testing.T) {
	b := newBench(t)
	b.fake.on(taggedLine, 200, tagged)
	const next = "https://api.github.com/repos/o/r/releases/7/assets?per_page=100&page=2"
	b.fake.on(assetsLine, 200, "["+assetJSON(1, "r-1.0.tar.gz", `,"digest":"sha256:`+someHex+`"`)+","+assetJSON(2, "r-1.0-py3-none-any.whl", `,"digest":null`)+"]").
		with("Link", "<"+next+`>; rel="next"`)
	b.fake.on("GET /repos/o/r/releases/7/assets?per_page=100&page=2", 200, "["+assetJSON(2, "r-1.0-py3-none-any.whl", "")+","+assetJSON(3, "r_1.0_amd64.deb", "")+","+assetJSON(4, "r.\u202egpj", "")+"]")
	got, err := b.Assets(t.Context(), testRepo(), "v1")
	if err != nil || len(got) != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	first := got[0]
	if first.Name != "r-1.0.tar.gz" || first.Form != checks.FormSdist || first.Size != 101 || first.Uploaded != time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC) ||
		first.Address != "https://github.com/o/r/releases/download/v1/r-1.0.tar.gz" || first.Page.String() != "https://github.com/o/r/releases/tag/v1" {
		t.Errorf("it is %+v", first)
	}
	if len(first.Digests) != 1 || first.Digests[0].By.String() != "the release" || first.Digests[0].Digest != "sha256:"+someHex {
		t.Errorf("its digests are %+v", first.Digests)
	}
	if want := (release.Artifact{Kind: release.KindGitHubRelease, Name: "v1", Repo: testRepo()}); first.Artifact != want {
		t.Errorf("it is of %+v", first.Artifact)
	}
	for i, want := range []checks.Form{checks.FormSdist, checks.FormWheel, checks.FormDeb, checks.FormOther} {
		if got[i].Form != want || i > 0 && len(got[i].Digests) != 0 {
			t.Errorf("%s is %s with %v", got[i].Name, got[i].Form, got[i].Digests)
		}
	}
}

// GitHub's word for the files of a release that nobody can change says that it is one.
func TestAssetsOfAnImmutableRelease(t *testing.T) {
	b := newBench(t)
	b.fake.on(taggedLine, 200, strings.Replace(tagged, "{", `{"immutable":true,`, 1))
	b.fake.on(assetsLine, 200, "["+assetJSON(1, "a", `,"digest":"sha256:`+someHex+`"`)+","+assetJSON(2, "b", `,"digest":null`)+"]")
	got, err := b.Assets(t.Context(), testRepo(), "v1")
	if err != nil || len(got) != 2 || len(got[0].Digests) != 1 || got[0].Digests[0].By.String() != "the immutable release" || len(got[1].Digests) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A release without files has none, which is not the same as no release.
func TestAssetsOfNone(t *testing.T) {
	b := newBench(t)
	b.fake.on(taggedLine, 200, tagged)
	b.fake.on(assetsLine, 200, `[]`)
	if got, err := b.Assets(t.Context(), testRepo(), "v1"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	for name, answer := range map[string]func(*fake){
		"absent":  func(f *fake) { f.on(taggedLine, 404, `{"message":"Not Found"}`) },
		"a draft": func(f *fake) { f.on(taggedLine, 200, strings.Replace(tagged, "{", `{"draft":true,`, 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			answer(b.fake)
			got, err := b.Assets(t.Context(), testRepo(), "v1")
			wantErr(t, err, release.ErrNotFound, "the release v1 of o/r")
			if got != nil {
				t.Errorf("%v", got)
			}
		})
	}
}

// What can not be, is an error and no file; half a list is none.
func TestAssetsFailures(t *testing.T) {
	ok := assetJSON(1, "x", "")
	for _, tt := range []struct {
		name   string
		status int
		list   string
		target error
	}{
		{"refused", 403, `{"message":"no"}`, release.ErrForbidden},
		{"gone meanwhile", 404, `{"message":"Not Found"}`, release.ErrNotFound},
		{"no list", 200, `null`, errStrange},
		{"no ID", 200, "[" + ok + "," + assetJSON(0, "y", "") + "]", errStrange},
		{"no name", 200, "[" + ok + "," + assetJSON(2, "", "") + "]", errStrange},
		{"a path", 200, "[" + ok + "," + assetJSON(2, "../y\u202e", "") + "]", errStrange},
		{"twice", 200, "[" + ok + "," + assetJSON(2, "x", "") + "]", errStrange},
		{"a digest that is none", 200, "[" + assetJSON(1, "x", `,"digest":"sha256:00ff"`) + "]", errStrange},
		{"a digest of another kind", 200, "[" + assetJSON(1, "x", `,"digest":"md5:`+someHex+`"`) + "]", errStrange},
		{"a size that is none", 200, `[{"id":1,"name":"x","size":-1,"browser_download_url":"https://github.com/x"}]`, errStrange},
		{"no address", 200, `[{"id":1,"name":"x","size":1}]`, errStrange},
		{"an address without encryption", 200, `[{"id":1,"name":"x","size":1,"browser_download_url":"http://github.com/x"}]`, errStrange},
		{"an address with a password", 200, `[{"id":1,"name":"x","size":1,"browser_download_url":"https://a:b@github.com/x"}]`, errStrange},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(taggedLine, 200, tagged)
			b.fake.on(assetsLine, tt.status, tt.list)
			got, err := b.Assets(t.Context(), testRepo(), "v1")
			wantErr(t, err, tt.target, "the files of the release v1 of o/r")
			if got != nil || strings.ContainsRune(err.Error(), '\u202e') {
				t.Errorf("%v, %q", got, err)
			}
		})
	}
	b := newBench(t)
	b.fake.on(taggedLine, 200, strings.Replace(tagged, `"id":7,`, "", 1))
	if _, err := b.Assets(t.Context(), testRepo(), "v1"); err == nil || b.fake.count() != 1 {
		t.Errorf("a release without an ID: %v", err)
	}
}

// A size that nobody tells is not one of nothing.
func TestAssetsWithoutSize(t *testing.T) {
	b := newBench(t)
	b.fake.on(taggedLine, 200, tagged)
	b.fake.on(assetsLine, 200, `[{"id":1,"name":"x","browser_download_url":"https://github.com/x"}]`)
	if got, err := b.Assets(t.Context(), testRepo(), "v1"); err != nil || got[0].Size != -1 || !got[0].Uploaded.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFormOf(t *testing.T) {
	for name, want := range map[string]checks.Form{
		"harbour-2.11.6.tar.gz": checks.FormSdist, "xz-5.4.1.tar.xz": checks.FormSdist, "my-old-name-1.0rc1.tar.bz2": checks.FormSdist,
		"x-1.0-rc1.tar.gz": checks.FormSdist, "node-v20.1.0.tar.gz": checks.FormSdist, "linux-6.1.tar.xz": checks.FormSdist, "x-1.tgz": checks.FormSdist,
		"x-1.0-py3-none-any.whl": checks.FormWheel, "x_1.0_amd64.deb": checks.FormDeb,
		"x-1.0.zip": checks.FormOther, "x.tar.gz": checks.FormOther, "-1.0.tar.gz": checks.FormOther, "x-1.0.tar.gz.asc": checks.FormOther,
		"gh_2.40.0_linux_amd64.tar.gz": checks.FormOther, "vhs-0.7.0-linux-amd64.tar.gz": checks.FormOther, "tool-linux-1.2.3.tar.gz": checks.FormOther,
		"tool_Darwin_arm64-1.2.3.tar.gz": checks.FormOther, "checksums.txt": checks.FormOther, "x-1.0 .tar.gz": checks.FormOther, "": checks.FormOther,
	} {
		if got := formOf(name); got != want {
			t.Errorf("%q is %s, not %s", name, got, want)
		}
	}
}
