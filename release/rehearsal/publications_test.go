package rehearsal

import (
	"slices"
	"testing"

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
		{stepSpec{Run: "aws s3 cp x.deb s3://b/"}, []release.ArtifactKind{release.KindDeb}},
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
		if got := tt.step.publishes(); !slices.Equal(got, tt.want) {
			t.Errorf("%s%s publishes %v, want %v", tt.step.Uses, tt.step.Run, got, tt.want)
		}
	}
}
