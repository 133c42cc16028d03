package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
)

// cached is the good workflow with a step before its build.
func cached(step string) func(*checks.Snapshot) {
	return good("      - run: |\n", "      - "+strings.ReplaceAll(step, "\n", "\n        ")+"\n      - run: |\n")
}

func TestCache(t *testing.T) {
	uses := func(action, with string) func(*checks.Snapshot) {
		if with != "" {
			action += "\nwith: {" + with + "}"
		}
		return cached("uses: " + action)
	}
	docker := "docker/build-push-action@v6\nwith:\n  "
	cases := []verdictCase{
		{"clean", nil, checks.Pass, "nothing in 8 jobs is built from a cache", "", ""},
		{"a cache", uses("actions/cache@"+pin, "path: x, key: y"), checks.Warn,
			"deploy.yml:15: actions/cache takes from a cache (left by another run) in a job that builds or publishes", "leave the step out of the jobs", ""},
		{"restored alone", uses("actions/cache/restore@v4", ""), checks.Warn, "", "", ""},
		{"saved alone", uses("actions/cache/save@v4", ""), checks.Pass, "", "", ""},
		{"asked for", cached("uses: Actions/Setup-Python@v5\nwith:\n  python-version: 3\n  cache: pip"), checks.Warn,
			"deploy.yml:18: actions/setup-python takes from a cache (cache: pip)", "leave `cache` out there", ""},
		{"not asked for", uses("actions/setup-python@v5", "python-version: 3"), checks.Pass, "", "", ""},
		{"asked not to", uses("actions/setup-node@v5", "cache: ''"), checks.Pass, "", "", ""},
		{"asked not to, of bundler", uses("ruby/setup-ruby@v1", "bundler-cache: false"), checks.Pass, "", "", ""},
		{"bundler", uses("ruby/setup-ruby@v1", "bundler-cache: true"), checks.Warn, "bundler-cache: true", "", ""},
		{"without being asked", uses("actions/setup-go@v5", ""), checks.Warn, "deploy.yml:15: actions/setup-go takes from a cache (as it does unless it is told not to)", "say `cache: false` there", ""},
		{"told not to", uses("actions/setup-go@v5", "cache: false"), checks.Pass, "", "", ""},
		{"told so by an expression", uses("actions/setup-go@v5", "cache: \"${{ !startsWith(github.ref, 'refs/tags/') }}\""), checks.Pass, "", "", ""},
		{"asked by an expression", uses("actions/setup-go@v5", "cache: '${{ vars.CACHE }}'"), checks.Warn, "${{ vars.CACHE }}", "", ""},
		{"before it did", uses("actions/setup-go@v3", ""), checks.Pass, "", "", ""},
		{"before it did, pinned", uses("actions/setup-go@"+pin+" # v3.1.0", ""), checks.Pass, "", "", ""},
		{"since it does, pinned", uses("actions/setup-go@"+pin+" # tag=v4", ""), checks.Warn, "", "", ""},
		{"pinned to what nobody says", uses("actions/setup-go@"+pin+" # by hand", ""), checks.Warn, "", "", ""},
		{"pinned without a word", uses("actions/setup-go@"+pin, ""), checks.Warn, "", "", ""},
		{"uv", uses("astral-sh/setup-uv@v6", ""), checks.Warn, "", "say `enable-cache: false`", ""},
		{"uv, by itself", uses("astral-sh/setup-uv@v6", "enable-cache: auto"), checks.Warn, "enable-cache: auto", "", ""},
		{"uv, restoring nothing", uses("astral-sh/setup-uv@v6", "enable-cache: true, restore-cache: false"), checks.Pass, "", "", ""},
		{"uv of old", uses("astral-sh/setup-uv@v4", ""), checks.Pass, "", "", ""},
		{"gradle", uses("gradle/actions/setup-gradle@v4", ""), checks.Warn, "", "say `cache-disabled: true`", ""},
		{"gradle, told not to", uses("gradle/actions/setup-gradle@v4", "cache-disabled: true"), checks.Pass, "", "", ""},
		{"rust", uses("Swatinem/rust-cache@v2", ""), checks.Warn, "swatinem/rust-cache", "", ""},
		{"the runner's own buildx", uses("docker/setup-buildx-action@v3", ""), checks.Pass, "", "", ""},
		{"another buildx", uses("docker/setup-buildx-action@v3", "version: latest"), checks.Warn, "", "say `cache-binary: false`", ""},
		{"layers", cached("uses: " + docker + "push: true\n  cache-from: |\n    type=gha\n    type=local,src=x"), checks.Warn,
			"docker/build-push-action takes layers from a cache (type=gha)", "leave `cache-from` out there", ""},
		{"layers at home", cached("uses: " + docker + "cache-from: type=local,src=x"), checks.Pass, "", "", ""},
		{"no layers", cached("uses: " + docker + "push: true"), checks.Pass, "", "", ""},
		{"layers of a bake", cached("uses: docker/bake-action@v6\nwith:\n  set: |\n    *.platform=x\n    *.cache-from=type=registry,ref=y"), checks.Warn, "(type=registry,ref=y)", "", ""},
		{"layers by hand", cached("run: docker buildx build --cache-from type=gha ."), checks.Warn, "deploy.yml:15: a layer cache (--cache-from)", "", ""},
		{"in a job that nothing needs", good("  publish:\n    needs: [build]\n", "  test:\n    runs-on: x\n    steps: [{uses: 'actions/cache@v4'}]\n  publish:\n    needs: [build]\n"), checks.Pass, "", "", ""},
		{"in a job that no release runs", good("  publish:\n", "  test:\n    if: github.event_name == 'pull_request'\n    runs-on: x\n    steps: [{uses: 'actions/cache@v4'}]\n  publish:\n"), checks.Pass, "", "", ""},
	}
	judge(t, "wf.cache", cases)
}

// TestCacheElsewhere holds that a machine of the project's own has no cache of uv's.
func TestCacheElsewhere(t *testing.T) {
	own := strings.Replace(goodWorkflow, "  build:\n    runs-on: ubuntu-24.04\n", "  build:\n    runs-on: [self-hosted, linux]\n", 1)
	for with, want := range map[string]checks.Outcome{"": checks.Pass, "auto": checks.Pass, "true": checks.Warn} {
		step := "      - uses: astral-sh/setup-uv@v6\n"
		if with != "" {
			step += "        with: {enable-cache: " + with + "}\n"
		}
		s := clean()
		running(strings.Replace(own, "      - run: |\n", step+"      - run: |\n", 1))(s)
		if f := checks.Run(find(t, "wf.cache"), s); f.Outcome != want {
			t.Errorf("enable-cache: %q: %s (%s)", with, f.Outcome, f.Summary)
		}
	}
}
