package rehearsal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

// published are the artifacts of a version that stand in their places now.
func published(w *World, version string) []string {
	var all []string
	for _, p := range w.publications(w.Clock().Now()) {
		if p.Artifact.Version == version && !p.At.Before(sampleStart()) {
			all = append(all, p.Artifact.String())
		}
	}
	slices.Sort(all)
	return all
}

func TestPublications(t *testing.T) {
	whole := []string{
		"deb https://packaging.harbour.example/python-harbour_2.11-jammy_amd64.deb",
		"deb https://packaging.harbour.example/python-harbour_2.11-noble_amd64.deb",
		"github-release harbour-2.11.6", "image docker.io/harbour/harbour-base:2.11", "image docker.io/harbour/harbour-base:2.11.6",
		"image docker.io/harbour/harbour-base:2.11.6-py3.10", "pypi harbour 2.11.6",
	}
	without := func(not string) []string {
		return slices.DeleteFunc(slices.Clone(whole), func(s string) bool { return s == not })
	}
	for scenario, want := range map[string][]string{
		"clean": whole, "partial": without("image docker.io/harbour/harbour-base:2.11.6-py3.10"),
		"failed-job": without("pypi harbour 2.11.6"), "no-run": without("pypi harbour 2.11.6"), "approval": without("pypi harbour 2.11.6"),
	} {
		w := sampleWorld(t, scenario)
		releaseAll(t, w)
		if got := published(w, "2.11.6"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", scenario, got, want)
		}
	}
}

// Two lines of one day have stages in the same repository: what a tag's message says
// that it was made for is published there, whichever line was tagged last.
func TestPublicationsOfTwoLines(t *testing.T) {
	w := sampleWorld(t, "clean")
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	tag(t, w, "harbour", "dev-v2.10", "harbour-2.10.4")
	for name, version := range map[string]string{"v20260814": "2.10.4", "v20260814.1": "2.11.6"} {
		head, _ := w.repo("harbour", "harbour-packaging").git.branch("main")
		auth := []string{"Authorization", "Bearer " + w.Token()}
		_, answer := ask(t, w, "POST", "https://api.github.com/repos/harbour/harbour-packaging/git/tags",
			fmt.Sprintf(`{"tag": %q, "message": "deb for harbour %s\n", "object": "%s", "type": "commit"}`, name, version, head), auth...)
		var made struct{ SHA string }
		if err := json.Unmarshal([]byte(answer), &made); err != nil || made.SHA == "" {
			t.Fatalf("%v: %s", err, answer)
		}
		ask(t, w, "POST", "https://api.github.com/repos/harbour/harbour-packaging/git/refs",
			fmt.Sprintf(`{"ref": "refs/tags/%s", "sha": %q}`, name, made.SHA), auth...)
	}
	pass(t, w, time.Hour)
	for version, want := range map[string]string{"2.11.6": "python-harbour_2.11-jammy", "2.10.4": "python-harbour_2.10-jammy"} {
		if got := published(w, version); !slices.ContainsFunc(got, func(a string) bool { return strings.Contains(a, want) }) {
			t.Errorf("of %s there are %q", version, got)
		}
	}
}

func TestPublicationsKnowTheCommit(t *testing.T) {
	w := sampleWorld(t, "clean")
	releaseAll(t, w)
	head, _ := w.repos[0].git.branch("dev-v2.11")
	for _, p := range w.publications(w.Clock().Now()) {
		if p.Artifact.Version == "2.11.6" && p.SHA != head.String() {
			t.Errorf("%s is of %s", p.Artifact, p.SHA)
		}
	}
}

func TestFit(t *testing.T) {
	const plain, other = "publish-docker-2.11.yml", "publish-docker-2.11-py3.10.yml"
	for artifact, want := range map[string]string{
		"docker.io/harbour/harbour-base:2.11": plain, "docker.io/harbour/harbour-base:2.11.6": plain,
		"docker.io/harbour/harbour-base:2.11.6-py3.10": other, "docker.io/harbour/harbour-base:2.11-py3.10": other,
	} {
		got := plain
		if fit(other, artifact) > fit(plain, artifact) {
			got = other
		}
		if got != want {
			t.Errorf("%s is published by %s, want %s", artifact, got, want)
		}
	}
}

func TestWhatStepsPublish(t *testing.T) {
	push := map[string]string{"push": "true"}
	tests := []struct {
		step stepSpec
		want []release.ArtifactKind
	}{
		{stepSpec{Uses: "pypa/gh-action-pypi-publish@release/v1"}, []release.ArtifactKind{release.KindPyPI}},
		{stepSpec{Run: "python -m twine upload dist/*"}, []release.ArtifactKind{release.KindPyPI}},
		{stepSpec{Run: "uv publish"}, []release.ArtifactKind{release.KindPyPI}},
		{stepSpec{Uses: "docker/build-push-action@v6", With: push}, []release.ArtifactKind{release.KindImage}},
		{stepSpec{Uses: "docker/build-push-action@v6", With: map[string]string{"push": "false"}}, nil},
		{stepSpec{Uses: "docker/build-push-action@v6"}, nil},
		{stepSpec{Uses: "docker/build-push-action@v6", With: push, Skipped: true}, nil},
		{stepSpec{Run: "docker build .\ndocker push x"}, []release.ArtifactKind{release.KindImage}},
		{stepSpec{Run: "docker buildx build . --push -t x"}, []release.ArtifactKind{release.KindImage}},
		{stepSpec{Run: "docker build ."}, nil},
		{stepSpec{Run: "aws s3 cp x.deb s3://b/"}, []release.ArtifactKind{release.KindDeb, release.KindApt}},
		{stepSpec{Run: "gh release create v1 x.deb"}, []release.ArtifactKind{release.KindGitHubRelease}},
		{stepSpec{Uses: "softprops/action-gh-release@v2"}, []release.ArtifactKind{release.KindGitHubRelease}},
		{stepSpec{Uses: "goreleaser/goreleaser-action@v6"}, []release.ArtifactKind{release.KindImage, release.KindGitHubRelease}},
		{stepSpec{Run: "gh release create --draft v1 dist/*"}, nil},
		{stepSpec{Uses: "softprops/action-gh-release@v2", With: map[string]string{"draft": "true"}}, nil},
		{stepSpec{Run: "pytest"}, nil},
		{stepSpec{Uses: "actions/checkout@v6"}, nil},
		{stepSpec{Name: "Publish on PyPI"}, nil},
	}
	for _, tt := range tests {
		if got := tt.step.recognise(); !slices.Equal(got, tt.want) {
			t.Errorf("%s%s publishes %v, want %v", tt.step.Uses, tt.step.Run, got, tt.want)
		}
	}
}

// Every look at a registry asks what is published, and a console looks often.
func BenchmarkPublications(b *testing.B) {
	w := sampleWorld(b, "clean")
	if _, _, err := w.tryTag(b, "dev-v2.11", "harbour-2.11.6"); err != nil {
		b.Fatal(err)
	}
	now := w.Clock().Now().Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if len(w.publications(now)) == 0 {
			b.Fatal("nothing is published")
		}
	}
}
