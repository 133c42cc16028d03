package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
)

func TestUnhashedInstall(t *testing.T) {
	run := func(lines ...string) func(*checks.Snapshot) {
		return step("run: |\n          " + strings.Join(lines, "\n          "))
	}
	const loose, version, file = " takes whatever version there is by then: ", " to a version but to no hash", " holds nothing to a hash, unless the file does: "
	const held = "workflows: looked at"
	judge(t, "wf.unhashed-install", []verdictCase{
		{"clean", nil, checks.Pass, "installed without a hash", "", held},
		{"a name", run("pip install build"), checks.Warn, "deploy.yml:16: pip install" + loose + "build", "--require-hashes -r FILE", ""},
		{"names over lines", run("python -m pip install \\", "  -U build \\", "  twine==6.0.0"), checks.Warn, "deploy.yml:16: pip install" + loose + "build", "", ""},
		{"a range", run("pip install 'build>=1'"), checks.Warn, loose + "build>=1", "", ""},
		{"a version", run("pip install build==1.4.0"), checks.Warn, version, "", ""},
		{"the worse first", run("pip install build==1.4.0", "pip install twine"), checks.Warn, loose + "twine (and 1 more)", "", version},
		{"hashes", run("pip install --require-hashes -r a.txt", "pip install --no-index --find-links wheels x"), checks.Pass, "", "", held},
		{"hashes by environment", step("run: pip install -r a.txt", "env: {PIP_REQUIRE_HASHES: 1}"), checks.Pass, "", "", held},
		{"a file", run("pip install -r requirements.txt"), checks.Warn, file + "requirements.txt", "", ""},
		{"a group", run("pip install --group cibw"), checks.Warn, file + "cibw", "", ""},
		{"the project itself", run("pip install .", "pip install -e .", "pip install '.[docs]'", "pip install -e .[a] dist/*.whl ./x", `pip install "$(ls dist/*.whl)"`), checks.Pass, "", "", held},
		{"constraints", run("pip install -c c.txt build"), checks.Warn, version, "", ""},
		{"source code", run("pip install git+https://github.com/o/r"), checks.Pass, "", "", held},
		{"behind another command", run("cd x && sudo pip3 install build; true # pip install x"), checks.Warn, "pip3 install" + loose + "build", "", ""},
		{"pipx", run("pipx run build --wheel"), checks.Warn, "pipx run" + loose + "build", "", ""},
		{"pipx at a version", run("pipx run build==1.4.0"), checks.Warn, version, "", ""},
		{"uvx", run("uvx --from build pyproject-build"), checks.Warn, "uvx" + loose + "build", "", ""},
		{"uv pip", run("uv pip install build"), checks.Warn, "uv pip install" + loose + "build", "", ""},
		{"uv's lock", run("uv sync --locked", "uv build"), checks.Pass, "", "", held},
		{"npm install", run("npm install"), checks.Warn, "npm install" + file + "package.json", "npm ci", ""},
		{"npm ci", run("npm ci --ignore-scripts"), checks.Pass, "", "", held},
		{"npm of a name", run("npm i -g npm@latest"), checks.Warn, "npm i" + loose + "npm@latest", "lock file", ""},
		{"npm of a version", run("npm install -g npm@11.5.1"), checks.Warn, version, "", ""},
		{"npx", run("npx semantic-release"), checks.Warn, "npx" + loose + "semantic-release", "", ""},
		{"npx of a scope at a version", run("npx -y @o/x@1.2.3 --flag"), checks.Warn, version, "", ""},
		{"npx of what the lock brought", run("npm ci", "npx semantic-release"), checks.Pass, "", "", held},
		{"npx -y all the same", run("npm ci", "npx -y other"), checks.Warn, "npx" + loose + "other", "", ""},
		{"npx --no", run("npx --no-install x"), checks.Pass, "", "", held},
		{"piped", run("curl -LsSf https://astral.sh/uv/install.sh | sh"), checks.Warn, "curl gets a script and runs it as it comes: https://astral.sh/uv/install.sh", "sha256sum", ""},
		{"piped to bash as root", run("wget -qO- https://x.example.org/i | sudo -E bash -"), checks.Warn, "wget gets a script", "", ""},
		{"a script of a script", run(`bash -c "$(curl -fsSL https://x.example.org/i)"`, "bash <(curl -s https://x.example.org/j)"), checks.Warn, "(and 1 more)", "", ""},
		{"piped, with an address in quotes", run(`curl "https://x.example.org/i?a=1&b=2" | bash`), checks.Warn, "curl gets a script and runs it", "", ""},
		{"piped through something", run("curl -s https://x.example.org/i | tee log | bash"), checks.Warn, "curl gets a script and runs it", "", ""},
		{"read by the shell itself", run(". <(curl -s https://x.example.org/i)"), checks.Warn, "gets a script and runs it", "", ""},
		{"pip with a flag before", run("pip --no-cache-dir install tool"), checks.Warn, "takes whatever version there is by then: tool", "", ""},
		{"npm with a flag before", run("npm --silent install tool"), checks.Warn, "takes whatever version there is by then: tool", "", ""},
		{"a pipe to something else", run("curl -s https://x.example.org/i.json | jq .a", "curl -s https://x.example.org/a | sha256sum"), checks.Pass, "", "", held},
		{"go", run("go install golang.org/x/tools/cmd/stringer@latest"), checks.Warn, "go install" + loose + "golang.org/x/tools/cmd/stringer@latest", "checksum database", ""},
		{"go at a version", run("go install example.org/x@v1.2.3", "go run ./cmd/x", "go install ./..."), checks.Pass, "", "", held},
		{"cargo", run("cargo install cross"), checks.Warn, "cargo install" + loose + "cross", "--locked", ""},
		{"cargo's lock", run("cargo install cross --version 0.2.5 --locked", "cargo install --path ."), checks.Pass, "", "", held},
		{"gem", run("gem install fpm"), checks.Warn, "gem install" + loose + "fpm", "", ""},
		{"the system's", run("sudo apt-get -y install devscripts debhelper"), checks.Pass, "", "", "apt-get -y install takes what the system's signed lists hold: devscripts, debhelper"},
		{"in a job that nothing published passes through", good("  publish:\n", "  docs:\n    runs-on: x\n    steps: [{run: pip install sphinx}]\n  publish:\n"), checks.Pass, "", "", held},
		{"only words", run("echo 'to install: see docs'", "echo piped"), checks.Pass, "", "", held},
	})
}
