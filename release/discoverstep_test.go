package release

import (
	"fmt"
	"strings"
	"testing"
)

// uploadCase is a step that may publish, and what is seen of it.
type uploadCase struct {
	name string
	step string
	want string // kind and name of the artifacts
	note string
}

// checkUploads discovers a plan of each step alone.
func checkUploads(t *testing.T, list []uploadCase) {
	t.Helper()
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			p, notes := discover(t, found(map[string]string{"r.yml": job(onTags, c.step)}, []string{"v1.0.0"}, nil))
			if got := artifactList(p.Stages[0].Publishes); got != c.want {
				t.Errorf("publishes %q, want %q", got, c.want)
			}
			if !strings.Contains(notes, c.note) {
				t.Errorf("no note %q in\n%s", c.note, notes)
			}
		})
	}
}

// TestDiscoverPackages is about the ways to an index of Python packages.
func TestDiscoverPackages(t *testing.T) {
	checkUploads(t, []uploadCase{
		{"pypi action", stepPyPI, "pypi thing", "the project's name there is assumed to be thing"},
		{"test index", stepPyPI + "\n        with: {repository-url: 'https://test.pypi.org/legacy/'}", "", "no step of it is known to publish"},
		{"pypi by its address", stepPyPI + "\n        with: {repository-url: 'https://upload.pypi.org/legacy/'}", "pypi thing", ""},
		{"another index", stepPyPI + "\n        with: {repository-url: 'https://pypi.example.org/legacy/'}", "", "to an index that is not known to be PyPI"},
		{"an index that only looks alike", stepPyPI + "\n        with: {repository-url: 'https://upload.pypi.org.example.org/'}", "", "not known to be PyPI"},
		{"an index of a variable", stepPyPI + "\n        with: {repository-url: '${{ vars.INDEX }}'}", "", "not known to be PyPI"},
		{"twine to pypi", "run: twine upload -r pypi dist/*", "pypi thing", ""},
		{"twine to another index", "run: twine upload --repository-url https://a.example.org dist/*", "", "`twine upload` to an index"},
		{"twine to another index by environment", "run: twine upload dist/*\n        env: {TWINE_REPOSITORY_URL: '${{ secrets.INDEX }}'}", "", "not known to be PyPI"},
		{"uv to another index", "run: uv publish --publish-url=https://a.example.org", "", "not known to be PyPI"},
		{"poetry to another index", "run: poetry publish -r private", "", "not known to be PyPI"},
		{"maturin", "uses: PyO3/maturin-action@v1\n        with: {command: upload, args: --skip-existing}", "pypi thing", ""},
		{"maturin build", "uses: PyO3/maturin-action@v1\n        with: {command: build}", "", ""},
		{"twine", "run: python -m twine upload dist/*", "pypi thing", ""},
		{"twine to the test index", "run: twine upload -r testpypi dist/*", "", ""},
		{"twine by environment", "run: twine upload dist/*\n        env: {TWINE_REPOSITORY: testpypi}", "", ""},
		{"poetry", "run: poetry publish --build", "pypi thing", ""},
		{"uv", "run: uv publish", "pypi thing", ""},
		{"commented out", "run: |\n          # twine upload dist/*\n          true", "", ""},
		{"dry run", "run: poetry publish --dry-run", "", ""},
	})
}

// TestDiscoverImages is about the ways to push an image.
func TestDiscoverImages(t *testing.T) {
	checkUploads(t, []uploadCase{
		{"bake", "uses: docker/bake-action@v5\n        with: {push: true}", "", "publishes with docker/bake-action, which is not verified"},
		{"bake without a push", "uses: docker/bake-action@v5", "", ""},
		{"image by --tag=", "run: docker buildx build --push --tag=ghcr.io/o/thing:1 .", "image ghcr.io/o/thing:1", ""},
		{"image by the release's tag", "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'o/thing:${{ github.event.release.tag_name }}'}", "", "could not be seen"},
		{"image of the repository's own name", "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'ghcr.io/${{ github.repository_owner }}/${{ github.event.repository.name }}:1'}", "image ghcr.io/o/thing:1", ""},
		{"image of another step's tags, under another name", "uses: docker/build-push-action@v6\n        with: {push: true, tags: '${{ steps.x.outputs.labels }}'}", "", "could not be seen"},
		{"image with a placeholder of nobody", "run: docker push o/thing:{channel}", "", "could not be seen"},
		{"image with one brace", "run: docker push o/thing:a}", "", "could not be seen"},
		{"image", "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'o/thing:${{ github.ref_name }}'}", "image docker.io/o/thing:v{version}", ""},
		{"image not pushed", "uses: docker/build-push-action@v6\n        with: {push: false, tags: 'o/thing:x'}", "", ""},
		{"images", "uses: docker/build-push-action@v6\n        with:\n          push: ${{ github.event_name != 'pull_request' }}\n          tags: |\n            ghcr.io/${{ github.repository }}:latest\n            quay.io/o/thing:1,quay.io/o/thing", "image ghcr.io/o/thing:latest, image quay.io/o/thing:1, image quay.io/o/thing:latest", ""},
		{"image by digest", "uses: docker/build-push-action@v6\n        with: {outputs: 'type=image,push-by-digest=true,push=true', tags: o/thing}", "", ""},
		{"image of a step", "uses: docker/build-push-action@v6\n        with: {push: true, tags: '${{ steps.x.outputs.tags }}'}", "", "pushes images (${{ steps.x.outputs.tags }}), and what they will be called"},
		{"image of a secret", "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'o/thing:${{ secrets.X }}'}", "", "could not be seen"},
		{"docker push", "run: docker push ghcr.io/o/thing:${GITHUB_REF_NAME#v}", "image ghcr.io/o/thing:{version}", ""},
		{"buildx", "run: docker buildx build --push -t o/thing:${GITHUB_REF##*/} .", "image docker.io/o/thing:v{version}", ""},
		{"local registry", "run: docker push localhost:5000/o/thing:1", "", "could not be seen"},
	})
}

// TestDiscoverUploads is about every other way to publish.
func TestDiscoverUploads(t *testing.T) {
	checkUploads(t, []uploadCase{
		{"semantic release", "uses: cycjimmy/semantic-release-action@v4", "", "which is not verified"},
		{"gh", stepGH, "github-release v{version}", ""},
		{"gh draft", "run: gh release create --draft x", "", "as a draft"},
		{"softprops", "uses: softprops/action-gh-release@v2", "github-release v{version}", ""},
		{"softprops draft", "uses: softprops/action-gh-release@v2\n        with: {draft: true}", "", "as a draft"},
		{"goreleaser", "uses: goreleaser/goreleaser-action@v6\n        with: {args: release --clean}", "github-release v{version}", ""},
		{"goreleaser check", "uses: goreleaser/goreleaser-action@v6\n        with: {args: check}", "", ""},
		{"npm", "run: npm publish --provenance", "", "publishes with `npm publish`, which is not verified"},
		{"deb", "run: aws s3 cp thing.deb s3://bucket/", "", "seems to upload .deb files (`aws s3 cp`)"},
		{"other upload", "run: aws s3 cp thing.zip s3://bucket/", "", "no step of it is known to publish"},
	})
}

// artifactList is what artifacts are called, on one line.
func artifactList(list []ArtifactSpec) string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s %s", a.Kind, a.Name))
	}
	return strings.Join(out, ", ")
}

// TestDiscoverMetadataRules holds each rule of docker/metadata-action alone.
func TestDiscoverMetadataRules(t *testing.T) {
	for _, c := range []struct {
		rule string
		want string // the tags
		note bool   // that a rule could not be seen
	}{
		{"type=semver,pattern={{raw}}", "v{version}", false},
		{"type=pep440,pattern={{major}}.{{minor}}.{{patch}}", "{major}.{minor}.{patch}", false},
		{"type=semver,pattern={{version}},prefix=a-,suffix=-b", "a-{version}-b", false},
		{"type=semver,pattern={{version}},value=1.0.0", "", true},
		{"type=semver,pattern={{version}},enable=false", "", false},
		{"type=semver", "", true},
		{"type=schedule", "", false},
		{"type=edge", "", false},
		{"type=raw,value='quoted'", "quoted", false},
		{"plain", "plain", false},
		{"# type=raw,value=x", "", false},
		{"type=raw,value={{branch}}", "", true},
		{"type=raw,value={channel}", "", false}, // a brace is no tag: the image is not seen
	} {
		t.Run(c.rule, func(t *testing.T) {
			steps := []string{"id: meta\n        uses: docker/metadata-action@v5\n        with:\n          images: ghcr.io/o/thing\n          tags: |\n            " + c.rule + "\n            type=raw,value=always",
				"uses: docker/build-push-action@v6\n        with: {push: true, tags: '${{ steps.meta.outputs.tags }}'}"}
			p, notes := discover(t, found(map[string]string{"r.yml": job(onTags, steps...)}, []string{"v1.0.0"}, nil))
			want := "image ghcr.io/o/thing:always"
			if c.want != "" {
				want = "image ghcr.io/o/thing:" + c.want + ", " + want
			}
			if got := artifactList(p.Stages[0].Publishes); got != want {
				t.Errorf("publishes %q, want %q", got, want)
			}
			if got := strings.Contains(notes, "by the rule"); got != c.note {
				t.Errorf("a note is %v in\n%s", got, notes)
			}
		})
	}
}
