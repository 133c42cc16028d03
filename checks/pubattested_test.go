package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
)

func TestAttested(t *testing.T) {
	const publisher = "uses: pypa/gh-action-pypi-publish@" + pin + " # v1.13.0\n"
	const attester = "      - uses: actions/attest-build-provenance@" + pin + " # v3\n        with:\n          subject-path: dist/*\n"
	// does publishes otherwise, without the step that attests.
	does := func(step string) func(*checks.Snapshot) {
		return running(mustReplace(mustReplace(goodWorkflow, attester, ""), publisher, step+"\n"))
	}
	attested := func(step string) func(*checks.Snapshot) { return good(publisher, step+"\n") }
	with := func(s string) func(*checks.Snapshot) { return does(publisher + "        with: {" + s + "}") }
	// before attests in the job that builds.
	before := func(step string) func(*checks.Snapshot) {
		src := mustReplace(mustReplace(goodWorkflow, attester, ""), publisher, step+"\n")
		return running(mustReplace(src, "      - uses: actions/upload-artifact", attester+"      - uses: actions/upload-artifact"))
	}
	const image = "uses: docker/build-push-action@v6\n        with: {push: true, provenance: mode=max}"
	judge(t, "pub.attested", []verdictCase{
		{"clean", nil, checks.Pass, "what the workflows publish is attested", "", "pypa/gh-action-pypi-publish: trusted publishing attests it"},
		{"nothing published", running("on: {push: {tags: ['*']}}\npermissions: {}\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n"), checks.Unknown,
			"no step is known to publish pypi harbour", "twokey knows the usual actions", ""},
		{"nothing published, and nothing said to be", func(s *checks.Snapshot) {
			running("on: {push: {tags: ['*']}}\npermissions: {}\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n")(s)
			for i := range s.Subject.Stages {
				s.Subject.Stages[i].Artifacts = nil
			}
		}, checks.NotApplicable, "no step of the workflows is known to publish anything", "", ""},
		{"a script that may", does("run: make"), checks.Unknown, "the job publish may do so with id-token: write", "see to it yourself", ""},
		{"PyPI by default", does(publisher), checks.Pass, "", "", "trusted publishing attests it"},
		{"PyPI's turned off", with("attestations: false"), checks.Warn, "deploy.yml:34: pypa/gh-action-pypi-publish: attestations: false turns the attestations off", "take attestations: false away", ""},
		{"PyPI with a password", with("password: '${{ secrets.A }}'"), checks.Warn, "with a password it attests nothing", "trusted publishing", ""},
		{"PyPI's of old", does("uses: pypa/gh-action-pypi-publish@v1.8.14"), checks.Warn, "versions before 1.11", "v1.11", ""},
		{"PyPI's of old by a comment", does("uses: pypa/gh-action-pypi-publish@" + pin + " # v1.8.14"), checks.Warn, "versions before 1.11", "", ""},
		{"PyPI's newest", does("uses: pypa/gh-action-pypi-publish@release/v1"), checks.Pass, "", "", ""},
		{"another index", with("repository-url: 'https://a.example.org/'"), checks.Warn, "nothing that is known attests", "actions/attest-build-provenance", ""},
		{"with a password, attested to GitHub", attested(publisher + "        with: {password: '${{ secrets.A }}'}"), checks.Pass, "", "", "attested by actions/attest-build-provenance"},
		{"twine", does("run: twine upload dist/*"), checks.Warn, "`twine upload`: nothing that is known attests what it publishes", "", ""},
		{"twine's own", does("run: twine upload --attestations dist/*"), checks.Pass, "", "", ""},
		{"uv, attested before", does("uses: astral-sh/attest-action@v0\n      - run: uv publish"), checks.Pass, "", "", "attested by astral-sh/attest-action"},
		{"attested where it is built", before("run: twine upload dist/*"), checks.Pass, "", "", "`twine upload`: attested by actions/attest-build-provenance"},
		{"an image", does(image), checks.Warn, "the provenance that BuildKit adds is not signed", "subject-digest", ""},
		{"an image beside attested files", attested(image), checks.Warn, "is not signed", "", ""},
		{"an image, attested", does(image + "\n      - uses: actions/attest@v4\n        with: {subject-name: ghcr.io/o/i, subject-digest: 'sha256:a'}"), checks.Pass, "", "", "attested by actions/attest"},
		{"an image, signed", does(image + "\n      - run: cosign sign --yes ghcr.io/o/i@sha256:a"), checks.Pass, "", "", "attested by a script of the job publish"},
		{"a release with files", does(`run: gh release create "$GITHUB_REF_NAME" --title "a b" dist/*`), checks.Warn, "`gh release create`: nothing that is known attests", "", ""},
		{"a release with files, attested", attested(`run: gh release create "$GITHUB_REF_NAME" dist/*`), checks.Pass, "", "", ""},
		{"a release without files", does(`run: gh release create "$GITHUB_REF_NAME" --verify-tag --title "a b" --notes "See $URL"`), checks.NotApplicable, "", "", "there is nothing to attest"},
		{"files for a release", does(`run: gh release upload "$GITHUB_REF_NAME" dist/*`), checks.Warn, "`gh release upload`", "", ""},
		{"softprops without files", does("uses: softprops/action-gh-release@v2"), checks.NotApplicable, "", "", ""},
		{"goreleaser", does("uses: goreleaser/goreleaser-action@v6\n        with: {args: release --clean}"), checks.Warn, "nothing that is known attests", "", ""},
		{"goreleaser that may sign", does("uses: sigstore/cosign-installer@v3\n      - uses: goreleaser/goreleaser-action@v6\n        with: {args: release --clean}"), checks.Unknown, "which is not read", "", ""},
		{"npm", does("run: npm publish\n        env: {NODE_AUTH_TOKEN: '${{ secrets.A }}'}"), checks.Warn, "npm publishes it without provenance", "--provenance", ""},
		{"npm with provenance", does("run: npm publish --provenance\n        env: {NODE_AUTH_TOKEN: '${{ secrets.A }}'}"), checks.Pass, "", "", "npm publishes it with provenance"},
		{"npm by its variable", does("run: npm publish\n        env: {NODE_AUTH_TOKEN: '${{ secrets.A }}', NPM_CONFIG_PROVENANCE: true}"), checks.Pass, "", "", ""},
		{"npm trusted", does("run: npm publish"), checks.Pass, "", "", "trusted publishing gives it provenance"},
		{"semantic-release", does("run: npx semantic-release"), checks.Unknown, "which is not read", "", ""},
		{"a gem's action", does("uses: rubygems/release-gem@v1"), checks.Pass, "", "", ""},
		{"a crate", does("run: cargo publish"), checks.Warn, "`cargo publish`", "", ""},
		{"packages for Debian", does("run: aws s3 cp a.deb s3://b/"), checks.Warn, "`aws s3 cp`", "", ""},
		{"attested by a job behind it", running(strings.Replace(mustReplace(goodWorkflow, publisher, "run: twine upload dist/*\n"), attester, "", 1) +
			"  attest:\n    needs: publish\n    runs-on: x\n    steps:\n" + attester), checks.Pass, "", "", ""},
		{"attested by a job of another kind", running(strings.Replace(mustReplace(goodWorkflow, publisher, "run: twine upload dist/*\n"), attester, "", 1) +
			"  attest:\n    runs-on: x\n    steps:\n" + attester), checks.Warn, "nothing that is known attests", "", ""},
	})
}
