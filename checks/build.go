package checks

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// buildChanges shows what changed in what the build reads. It judges nothing and stops
// nothing: that somebody reads it is the point.
func buildChanges() Check {
	return Check{
		ID:    "build.changes",
		Title: "Changes of the build are shown",
		Why:   "The xz attack came in through the build scripts, which nobody reads.",
		Looks: "What changed since the last release in workflows, build scripts, manifests, Dockerfiles, hooks, packaging " +
			"and vendored code, with links and sizes. It asks for nothing but to be read.",
		Factor:   Build,
		Severity: SeverityInfo,
		Remedy:   "read what changed in the build before you release it",
		Needs:    []Part{PartChanges, PartProgram},
		Judge:    judgeBuild,
	}
}

func judgeBuild(s *Snapshot) Result {
	var t tally
	n, where := 0, 0
	scripts, unread := scriptsOf(s)
	for _, repo := range sorted(unread) {
		t.lack(text.Cleanf("workflows of %s", repo), unread[repo])
	}
	for st, f := range repositories(s) {
		ch, ok := f.Changes.Get()
		if !ok {
			t.lack(text.Cleanf("changes of %s", st.Repo), f.Changes.Missing())
			continue
		}
		found := changesOfBuild(withoutFirstPlan(ch, s.Subject), scripts[st.Repo])
		if ch.Base == (TagName{}) {
			found = []Evidence{{What: text.Clean(st.Repo), Saw: since(ch), Outcome: Warn}}
		}
		if len(found) == 0 {
			t.pass(text.Clean(st.Repo), text.Cleanf("%s, and nothing that the build reads", since(ch)), ch.URL)
			continue
		}
		where++
		n += len(found)
		fix := "read what changed in the build before you release it"
		if !ch.URL.IsZero() {
			fix = fmt.Sprintf("read what changed, at %s", ch.URL)
		}
		for i, e := range found {
			if i == maxShown {
				t.add(Evidence{What: text.Clean(st.Repo), Saw: text.Cleanf("%d more, which are not shown", len(found)-maxShown), Outcome: Warn, URL: ch.URL}, fix)
				break
			}
			t.add(e, fix)
		}
	}
	r := t.result(text.Clean("nothing that the build reads has changed since the last release"))
	if r.Outcome == Warn && n > 1 {
		r.Summary = text.Cleanf("%s of the build in %s: %s and more", plural(n, "change"), repositoryCount(where), r.Evidence[0].What)
	}
	return r
}

func repositoryCount(n int) string {
	if n == 1 {
		return "1 repository"
	}
	return fmt.Sprintf("%d repositories", n)
}

// withoutFirstPlan leaves a plan file out that is new and sets nothing aside: nothing was
// otherwise before.
func withoutFirstPlan(ch Changes, sub Subject) Changes {
	if len(sub.Acknowledged)+len(sub.Waivers) > 0 {
		return ch
	}
	ch.Entries = slices.DeleteFunc(slices.Clone(ch.Entries), func(c Change) bool {
		return c.Status == Added && buildKind(c.Path) == planKind
	})
	return ch
}

// changesOfBuild are the changes that the build reads, and those of vendored code by
// the directory that it is in.
func changesOfBuild(ch Changes, scripts map[string]bool) []Evidence {
	var out []Evidence
	type total struct {
		files int
		bytes int64
	}
	vendored := map[string]*total{}
	for _, c := range ch.Entries {
		if dir := vendorDir(c.Path); dir != "" {
			if vendored[dir] == nil {
				vendored[dir] = &total{}
			}
			vendored[dir].files++
			if c.Status != Removed {
				vendored[dir].bytes += c.Size
			}
			continue
		}
		kind := buildKind(c.Path)
		if kind == "" && runBy(scripts, c.Path) {
			kind = "run by a workflow"
		}
		if kind != "" {
			out = append(out, Evidence{What: text.Cleanf("%s in %s", c.Path, ch.Repo), Saw: text.Cleanf("%s: %s", kind, became(c)), Outcome: Warn, URL: c.URL, Place: ch.place(c)})
		}
	}
	for _, dir := range sorted(vendored) {
		v := vendored[dir]
		out = append(out, Evidence{What: text.Cleanf("%s in %s", dir, ch.Repo), Outcome: Warn, URL: ch.URL,
			Saw: text.Cleanf("code of others: %s changed, now %s", plural(v.files, "file"), Size(v.bytes))})
	}
	return out
}

// became says what became of a file.
func became(c Change) string {
	said := string(c.Status)
	switch {
	case c.Status == Removed:
		return said
	case c.Was != "":
		said = "renamed, from " + c.Was
	}
	if c.OldMode != "" && c.Mode != c.OldMode {
		said += fmt.Sprintf(", mode %s instead of %s", c.Mode, c.OldMode)
	}
	if c.Mode == ModeSubmodule {
		return said + ", a submodule at " + short(c.Blob)
	}
	return said + ", " + Size(c.Size)
}

// buildNames are the paths among the changes that the build reads.
func buildNames(ch Changes) []string {
	var out []string
	if ch.Base == (TagName{}) {
		return out // everything is new, which says nothing of the build
	}
	for _, c := range ch.Entries {
		if kind := buildKind(c.Path); kind != "" && kind != planKind {
			out = append(out, c.Path)
		}
	}
	return out
}

// planKind is the kind of the plan file: what a release is, and what of it was waived and
// acknowledged.
const planKind = "plan of releases"

// vendorDir is the directory of other people's code that a path is in; empty for none.
func vendorDir(file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts[:len(parts)-1] {
		switch strings.ToLower(p) {
		case "vendor", "vendored", "_vendor", "third_party", "third-party", "thirdparty", "node_modules":
			return strings.Join(parts[:i+1], "/") + "/"
		}
	}
	return ""
}

// buildKind says what of the build a file is; empty for none.
func buildKind(file string) string {
	if strings.HasPrefix(file, actions.Dir+"/") {
		return "workflow"
	}
	if strings.HasPrefix(file, ".github/") && path.Ext(file) != ".md" && !strings.HasPrefix(file, ".github/ISSUE_TEMPLATE/") {
		return "settings of GitHub"
	}
	if strings.Contains("/"+file, "/debian/") {
		return "packaging"
	}
	switch first, _, below := strings.Cut(file, "/"); {
	case below && (first == ".husky" || first == ".githooks" || first == "hooks"):
		return "hook"
	}
	base := strings.ToLower(path.Base(file))
	if needsKind(base) {
		return "what the build needs"
	}
	switch base {
	case "twokey.yml":
		if file == base {
			return planKind
		}
	case "pyproject.toml", "setup.py", "setup.cfg", "manifest.in", "package.json", "tox.ini", "noxfile.py", "hatch_build.py",
		"makefile", "gnumakefile", "rakefile", "justfile", "build.rs", "cmakelists.txt", "meson.build", "meson_options.txt",
		"build.sh", "autogen.sh", "bootstrap.sh", "ltmain.sh", "sitecustomize.py", "action.yml", "action.yaml", "pom.xml",
		"gradlew", "gradlew.bat", "gradle-wrapper.jar", "gradle-wrapper.properties", "build.bazel", "workspace", "workspace.bazel", "module.bazel":
		return "build script"
	case "containerfile", ".dockerignore":
		return "image"
	case ".gitattributes", ".gitmodules":
		return "what git makes of files"
	case ".pre-commit-config.yaml", ".pre-commit-hooks.yaml":
		return "hook"
	}
	switch ext := path.Ext(base); {
	case base == "dockerfile" || strings.HasPrefix(base, "dockerfile.") || ext == ".dockerfile":
		return "image"
	case strings.HasPrefix(base, ".goreleaser."), strings.HasPrefix(base, "makefile."), strings.Contains(base, ".gradle"), ext == ".mk", ext == ".m4", ext == ".cmake", ext == ".gemspec", ext == ".spec",
		base == "configure", strings.HasPrefix(base, "configure."), strings.HasPrefix(base, "config.") && (ext == ".guess" || ext == ".sub"):
		return "build script"
	}
	return ""
}

// needsKind tells whether a file, by its name in lower case, lists what is installed for a
// build, or where that comes from.
func needsKind(base string) bool {
	switch base {
	case "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", ".npmrc", ".yarnrc.yml",
		"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "pipfile", "pipfile.lock", "environment.yml",
		"cargo.toml", "cargo.lock", "go.mod", "go.sum", "gemfile", "gemfile.lock", "composer.json", "composer.lock":
		return true
	}
	return path.Ext(base) == ".txt" && (strings.Contains(base, "requirements") || strings.Contains(base, "constraints"))
}

// scriptsOf are the words of the scripts that the workflows of each repository run,
// among which are the files that they start; and what could not be read of them.
func scriptsOf(s *Snapshot) (words map[string]map[string]bool, unread map[string]Missing) {
	words, unread = map[string]map[string]bool{}, map[string]Missing{}
	for st, f := range stages(s) {
		program, ok := f.Program.Get()
		if !ok {
			unread[st.Repo] = f.Program.Missing()
			continue
		}
		if words[st.Repo] == nil {
			words[st.Repo] = map[string]bool{}
		}
		for _, job := range program.Jobs() {
			for _, step := range job.Steps {
				addWords(words[st.Repo], step)
			}
		}
	}
	return words, unread
}

// addWords notes what a script names that may be a file.
func addWords(words map[string]bool, step actions.Step) {
	run, ok := step.Def.Exec.(*actionlint.ExecRun)
	if !ok {
		return
	}
	dir := ""
	if run.WorkingDirectory != nil {
		dir = run.WorkingDirectory.Value
	}
	for _, line := range step.Script() {
		for _, w := range strings.FieldsFunc(line.Text, func(r rune) bool { return strings.ContainsRune(" \t\"'`;&|()<>=$,", r) }) {
			if strings.ContainsAny(w, "./") && !strings.HasPrefix(w, "-") {
				words[path.Clean(w)] = true
				words[path.Join(dir, w)] = true
			}
		}
	}
}

// runBy tells whether a script names a file that can be run; what it only reads is data.
func runBy(words map[string]bool, file string) bool {
	switch path.Ext(file) {
	case "", ".sh", ".bash", ".zsh", ".py", ".rb", ".pl", ".php", ".lua", ".js", ".mjs", ".cjs", ".ts", ".go", ".awk", ".sed", ".ps1", ".bat", ".cmd":
		return words[file]
	}
	return false
}

// sorted are the keys of a map, in order.
func sorted[T any](m map[string]T) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
