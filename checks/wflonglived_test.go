package checks_test

import (
	"testing"

	"twokey/checks"
)

func TestLongLivedSecret(t *testing.T) {
	const publisher = "uses: pypa/gh-action-pypi-publish@" + pin + " # v1.13.0"
	with := func(s string) func(*checks.Snapshot) { return good(publisher, publisher+"\n        with: {"+s+"}") }
	does := func(s string) func(*checks.Snapshot) { return good(publisher, s) }
	env := func(name string) string { return "\n        env: {" + name + ": '${{ secrets.TOKEN }}'}" }
	judge(t, "wf.long-lived-secret", []verdictCase{
		{"clean", nil, checks.Pass, "no stored password in", "", "workflows: looked at"},
		{"the action's password", with("password: '${{ secrets.PYPI }}'"), checks.Warn,
			"deploy.yml:38: pypa/gh-action-pypi-publish takes the secret PYPI, and PyPI has trusted publishing", "trusted publisher in the project's publishing settings", ""},
		{"a password that was minted", with("password: '${{ steps.mint.outputs.token }}'"), checks.Pass, "", "", "workflows: looked at"},
		{"another index", with("password: '${{ secrets.PYPI }}', repository-url: 'https://pypi.example.org/legacy/'"), checks.Pass, "", "", "workflows: looked at"},
		{"the test index", with("password: '${{ secrets.PYPI }}', repository-url: 'https://test.pypi.org/legacy/'"), checks.Pass, "", "", "workflows: looked at"},
		{"twine", does("run: twine upload dist/*" + env("TWINE_PASSWORD")), checks.Warn, "TWINE_PASSWORD takes the secret TOKEN, and PyPI has", "", ""},
		{"twine of the job", good("    environment: pypi\n", "    environment: pypi\n    env: {TWINE_PASSWORD: '${{ secrets.A }}'}\n"), checks.Pass, "", "", "workflows: looked at"},
		{"a password in the file", good("    environment: pypi\n", "    environment: pypi\n    container: {image: 'a@sha256:b', credentials: {username: u, password: hunter2}}\n"),
			checks.Warn, "deploy.yml:26: the password of a container's registry stands in the file", "change the password", ""},
		{"a password that is a secret", good("    environment: pypi\n", "    environment: pypi\n    container: {image: 'a@sha256:b', credentials: {username: u, password: '${{ secrets.P }}'}}\n"),
			checks.Pass, "", "", "workflows: looked at"},
		{"a script of the project's own", does("run: scripts/publish" + env("TWINE_PASSWORD")), checks.Warn, "TWINE_PASSWORD takes the secret TOKEN, and PyPI has", "trusted publisher", ""},
		{"a script with the job's", running(mustReplace(mustReplace(goodWorkflow, publisher, "run: scripts/publish"), "    environment: pypi\n",
			"    environment: pypi\n    env: {CARGO_REGISTRY_TOKEN: '${{ secrets.A }}'}\n")), checks.Warn, "crates.io has trusted publishing", "", ""},
		{"a script for the test index", does("run: scripts/publish testpypi" + env("TWINE_PASSWORD")), checks.Pass, "", "", "workflows: looked at"},
		{"a script for another index", does("run: scripts/publish\n        env: {TWINE_PASSWORD: '${{ secrets.A }}', TWINE_REPOSITORY: internal}"), checks.Pass, "", "", "workflows: looked at"},
		{"a script that only installs", does("run: scripts/install" + env("NPM_TOKEN")), checks.Pass, "", "", "workflows: looked at"},
		{"twine to another index", does("run: twine upload --repository-url https://a.example.org dist/*" + env("TWINE_PASSWORD")), checks.Pass, "", "", "workflows: looked at"},
		{"twine to PyPI by name", does("run: twine upload --repository pypi dist/*" + env("TWINE_PASSWORD")), checks.Warn, "", "", ""},
		{"twine, told on its line", does("run: twine upload -u __token__ -p ${{ secrets.TOKEN }} dist/*"), checks.Warn, "`twine upload` takes the secret TOKEN", "", ""},
		{"uv", does("run: uv publish" + env("UV_PUBLISH_TOKEN")), checks.Warn, "UV_PUBLISH_TOKEN", "", ""},
		{"uv without", does("run: uv publish"), checks.Pass, "", "", "workflows: looked at"},
		{"poetry's settings", does("run: |\n          poetry config pypi-token.pypi ${{ secrets.TOKEN }}\n          poetry publish"), checks.Warn, "deploy.yml:38: the script takes the secret TOKEN", "", ""},
		{"npm", does("run: npm publish" + env("NODE_AUTH_TOKEN")), checks.Warn, "NODE_AUTH_TOKEN takes the secret TOKEN, and npm has trusted publishing", "npmjs.com", ""},
		{"npm to GitHub", does("run: npm publish\n        env: {NODE_AUTH_TOKEN: '${{ secrets.GITHUB_TOKEN }}'}"), checks.Pass, "", "", "workflows: looked at"},
		{"npm to another registry", does("uses: actions/setup-node@v4\n        with: {registry-url: 'https://npm.example.org'}\n      - run: npm publish" + env("NODE_AUTH_TOKEN")), checks.Pass, "", "", "workflows: looked at"},
		{"npm that only installs", does("run: npm ci" + env("NODE_AUTH_TOKEN")), checks.Pass, "", "", "workflows: looked at"},
		{"semantic-release", does("run: npx semantic-release@1.2.3" + env("NPM_TOKEN")), checks.Warn, "NPM_TOKEN", "", ""},
		{"cargo", does("run: cargo publish" + env("CARGO_REGISTRY_TOKEN")), checks.Warn, "crates.io has trusted publishing", "crates-io-auth-action", ""},
		{"a crate's action", does("uses: katyo/publish-crates@v2\n        with: {registry-token: '${{ secrets.TOKEN }}'}"), checks.Warn, "katyo/publish-crates takes the secret TOKEN", "", ""},
		{"gem", does("run: gem push x.gem" + env("GEM_HOST_API_KEY")), checks.Warn, "rubygems.org has trusted publishing", "", ""},
		{"AWS", does("uses: aws-actions/configure-aws-credentials@v4\n        with: {aws-access-key-id: '${{ secrets.ID }}', aws-secret-access-key: '${{ secrets.KEY }}'}"), checks.Warn, "takes the secret KEY, and AWS has OpenID Connect", "role-to-assume", ""},
		{"AWS by its role", does("uses: aws-actions/configure-aws-credentials@v4\n        with: {role-to-assume: '${{ secrets.ROLE }}'}"), checks.Pass, "", "", "workflows: looked at"},
		{"AWS by environment", does("run: aws s3 cp x s3://y" + env("AWS_SECRET_ACCESS_KEY")), checks.Warn, "AWS_SECRET_ACCESS_KEY takes the secret TOKEN", "", ""},
		{"a store of others", does("run: aws s3 cp --endpoint-url https://store.example.org x s3://y" + env("AWS_SECRET_ACCESS_KEY")), checks.Pass, "", "", "workflows: looked at"},
		{"Google", does("uses: google-github-actions/auth@v2\n        with: {credentials_json: '${{ secrets.KEY }}'}"), checks.Warn, "Google Cloud has OpenID Connect", "workload_identity_provider", ""},
		{"Azure", does("uses: azure/login@v2\n        with: {creds: '${{ secrets.KEY }}'}"), checks.Warn, "Azure has OpenID Connect", "", ""},
		{"Docker Hub", does("uses: docker/login-action@v3\n        with: {username: me, password: '${{ secrets.HUB }}'}"), checks.Pass, "", "", "workflows: looked at"},
		{"ghcr.io", does("uses: docker/login-action@v3\n        with: {registry: ghcr.io, password: '${{ secrets.PAT }}'}"), checks.Warn, "takes the secret PAT for ghcr.io, where the job's own token would do", "packages: write", ""},
		{"ghcr.io with the job's token", does("uses: docker/login-action@v3\n        with: {registry: ghcr.io, password: '${{ secrets.GITHUB_TOKEN }}'}"), checks.Pass, "", "", "workflows: looked at"},
		{"ghcr.io in a script", does("run: echo ${{ secrets.PAT }} | docker login ghcr.io -u x --password-stdin"), checks.Warn, "`docker login` takes the secret PAT", "", ""},
		{"ECR", does("uses: docker/login-action@v3\n        with: {registry: 1.dkr.ecr.eu-west-1.amazonaws.com, password: '${{ secrets.KEY }}'}"), checks.Warn, "AWS has OpenID Connect", "", ""},
		{"Google's registry", does("uses: docker/login-action@v3\n        with: {registry: gcr.io, username: _json_key, password: '${{ secrets.KEY }}'}"), checks.Warn, "Google Cloud has OpenID Connect", "", ""},
	})
}
