package rehearsal

import (
	"regexp"
	"slices"
	"strings"

	"twokey/release"
)

// What a step publishes is told from the action that it uses, or from the commands
// of its script.
var (
	pypiStep = regexp.MustCompile(`pypa/gh-action-pypi-publish|\btwine upload|\b(flit|poetry|uv|hatch|pdm) publish|` +
		`pyo3/maturin-action|\bmaturin (publish|upload)`)
	imageStep = regexp.MustCompile(`\bdocker (image )?push|\bdocker (buildx )?build[^\n]*--push|docker/bake-action|` +
		`\bko (build|publish)|\bskopeo copy|\bcrane (push|copy)|\bbuildah push|\bpodman push|goreleaser`)
	debStep = regexp.MustCompile(`\baws s3 (cp|sync|mv)|\bgsutil\b|\bgcloud storage\b|\brclone (copy|sync)|\brsync\b|` +
		`\bscp\b|\breprepro\b|\baptly\b|\bdput\b|package_cloud|cloudsmith`)
	releaseStep = regexp.MustCompile(`\bgh release create|softprops/action-gh-release|ncipollo/release-action|` +
		`actions/create-release|goreleaser|marvinpinto/action-automatic-releases|svenstaro/upload-release-action`)
	// A draft is published by a person, later.
	draftStep = regexp.MustCompile(`\bgh release create[^\n]*--draft`)
)

// recognise tells what kinds of artifact a step publishes.
func (s stepSpec) recognise() []release.ArtifactKind {
	if s.Skipped {
		return nil
	}
	name, _, _ := strings.Cut(s.Uses, "@")
	what := name + "\n" + s.Run
	var kinds []release.ArtifactKind
	if pypiStep.MatchString(what) {
		kinds = append(kinds, release.KindPyPI)
	}
	if name == "docker/build-push-action" {
		if s.With["push"] == "true" || strings.Contains(s.With["outputs"], "push=true") {
			kinds = append(kinds, release.KindImage)
		}
	} else if imageStep.MatchString(what) {
		kinds = append(kinds, release.KindImage)
	}
	if debStep.MatchString(what) {
		kinds = append(kinds, release.KindDeb, release.KindApt)
	}
	if releaseStep.MatchString(what) && !draftStep.MatchString(s.Run) && s.With["draft"] != "true" {
		kinds = append(kinds, release.KindGitHubRelease)
	}
	return kinds
}

// publishes tells whether a job publishes a kind of artifact.
func (j jobSpec) publishes(kind release.ArtifactKind) bool {
	return !j.Skipped && slices.ContainsFunc(j.Steps, func(s stepSpec) bool {
		return slices.Contains(s.Publishes, kind)
	})
}
