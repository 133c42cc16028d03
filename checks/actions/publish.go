package actions

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// PublishKind is the kind of thing that is published.
type PublishKind string

// The kinds.
const (
	PublishPyPI    PublishKind = "pypi"
	PublishImage   PublishKind = "image"
	PublishRelease PublishKind = "github-release"
	PublishDeb     PublishKind = "deb"
	PublishNpm     PublishKind = "npm"
	PublishCrate   PublishKind = "crates"
	PublishGem     PublishKind = "gem"
	PublishOther   PublishKind = "other"
)

// Publishing is one thing that a step publishes.
type Publishing struct {
	Kind PublishKind
	// What is the action, or the command in backquotes, for people.
	What string
	Line int
	// Script is the line of the script, as it is written; empty of an action.
	Script string
	Step   Step
	// Adds holds for what adds files to a release that is there already.
	Adds bool
}

// ByAction is what an action publishes with its inputs, by its name and theirs in lower
// case; false when it publishes nothing.
func ByAction(name string, in map[string]string) (PublishKind, bool) {
	outputs := in["outputs"]
	switch name {
	case "pypa/gh-action-pypi-publish":
		return PublishPyPI, !TestIndex(in["repository-url"] + in["repository_url"])
	case "pyo3/maturin-action", "messense/maturin-action":
		return PublishPyPI, in["command"] == "upload" || in["command"] == "publish"
	case "docker/build-push-action":
		named := !strings.Contains(outputs, "push-by-digest=true") // else a later step gives the parts their name
		return PublishImage, named && (pushes(in["push"]) || strings.Contains(outputs, "push=true") || strings.Contains(outputs, "type=registry"))
	case "docker/bake-action":
		return PublishImage, pushes(in["push"])
	case "goreleaser/goreleaser-action":
		return PublishRelease, releases(in["args"])
	case "softprops/action-gh-release", "ncipollo/release-action", "actions/create-release",
		"marvinpinto/action-automatic-releases", "svenstaro/upload-release-action":
		return PublishRelease, true
	case "js-devtools/npm-publish", "changesets/action":
		return PublishNpm, true
	case "katyo/publish-crates":
		return PublishCrate, true
	case "rubygems/release-gem":
		return PublishGem, true
	case "cycjimmy/semantic-release-action", "google-github-actions/release-please-action", "googleapis/release-please-action":
		return PublishOther, true
	}
	return "", false
}

// releases tells whether goreleaser's arguments make a release: their command does, and
// where there are only flags its first versions do, too.
func releases(args string) bool {
	words := strings.Fields(args)
	command := slices.IndexFunc(words, func(w string) bool { return !strings.HasPrefix(w, "-") })
	return len(words) > 0 && (command < 0 || strings.Contains(args, "release")) && !strings.Contains(args, "--snapshot")
}

// Configured tells whether what is published, and how, is written in the tool's own
// configuration, which may name more places than the kind says.
func (p Publishing) Configured() bool {
	return strings.Contains(p.What, "goreleaser") || strings.Contains(p.What, "semantic-release")
}

// pushes tells whether an input turns pushing on; an expression may.
func pushes(input string) bool { return input != "" && input != "false" }

// TestIndex tells whether a text names PyPI's test index.
func TestIndex(s string) bool {
	return strings.Contains(s, "test.pypi.org") || strings.Contains(s, "testpypi")
}

// The commands that publish.
var (
	pypiCommand    = regexp.MustCompile(`\b(twine upload|(?:flit|poetry|hatch|uv|pdm|maturin) publish|maturin upload)\b`)
	releaseCommand = regexp.MustCompile(`\b(gh release create|goreleaser release|hub release create)\b`)
	assetCommand   = regexp.MustCompile(`\b(gh release upload)\b`)
	npmCommand     = regexp.MustCompile(`\b((?:npm|pnpm|yarn|yarn npm|lerna|bun|changeset) publish)\b`)
	crateCommand   = regexp.MustCompile(`\b(cargo publish)\b`)
	gemCommand     = regexp.MustCompile(`\b(gem push)\b`)
	otherCommand   = regexp.MustCompile(`\b(semantic-release|helm push)\b`)
	imageCommand   = regexp.MustCompile(`\b((?:docker|podman)(?: image| manifest)? push\b|buildah(?: manifest)? push\b|(?:crane|oras) push\b|` +
		`skopeo copy\b.*\bdocker://|docker buildx imagetools create\b|docker buildx build\b.*--push\b)`)
	debWord     = regexp.MustCompile(`(?i)\bdebs?\b|\.deb\b`)
	debUpload   = regexp.MustCompile(`\b(aws s3 (?:cp|sync)|gsutil (?:-m )?cp|gcloud storage cp|scp|rsync|dput|reprepro|aptly publish|package_cloud push|curl\b.*(?:-T|--upload-file))\b`)
	bucketFirst = regexp.MustCompile(`\b(?:aws s3 (?:cp|sync)|gsutil (?:-m )?cp|gcloud storage cp)\s+["']?(?:s3|gs)://`)
)

// ByCommand is what the commands of a line of a script publish. Packages for Debian are
// not among it: [DebUpload] looks at a whole script.
func ByCommand(line string) []Publishing {
	if strings.Contains(line, "--dry-run") || strings.Contains(line, "--snapshot") {
		return nil
	}
	var out []Publishing
	for _, c := range []struct {
		kind PublishKind
		re   *regexp.Regexp
		adds bool
	}{
		{PublishPyPI, pypiCommand, false}, {PublishRelease, releaseCommand, false}, {PublishRelease, assetCommand, true},
		{PublishNpm, npmCommand, false}, {PublishCrate, crateCommand, false}, {PublishGem, gemCommand, false},
		{PublishOther, otherCommand, false}, {PublishImage, imageCommand, false},
	} {
		if m := c.re.FindStringSubmatch(line); m != nil && (c.kind != PublishPyPI || !TestIndex(line)) {
			out = append(out, Publishing{Kind: c.kind, What: "`" + m[1] + "`", Script: line, Adds: c.adds})
		}
	}
	return out
}

// DebUpload is the command by which a script seems to upload packages for Debian, which
// only its words tell; empty for none.
func DebUpload(script string) string {
	if m := debUpload.FindStringSubmatch(script); m != nil && debWord.MatchString(script) {
		return "`" + m[1] + "`"
	}
	return ""
}

// Publishes is everything that a step publishes, but for what goes to PyPI's test index.
func (s Step) Publishes() []Publishing {
	var out []Publishing
	switch x := s.Def.Exec.(type) {
	case *actionlint.ExecAction:
		if kind, ok := ByAction(s.Action(), s.inputs()); ok {
			out = []Publishing{{Kind: kind, What: s.Action(), Line: s.usesLine(), Step: s}}
		}
	case *actionlint.ExecRun:
		if x.Run != nil {
			out = s.scriptPublishes(x.Run.Value)
		}
	}
	return withoutTests(out, envNamesTestIndex(s.Def.Env))
}

// withoutTests leaves out what goes to PyPI where that is its test index.
func withoutTests(list []Publishing, test bool) []Publishing {
	return slices.DeleteFunc(list, func(p Publishing) bool { return test && p.Kind == PublishPyPI })
}

// scriptPublishes is what the script of a step publishes.
func (s Step) scriptPublishes(whole string) []Publishing {
	var out []Publishing
	lines := s.Script()
	for _, line := range lines {
		for _, p := range ByCommand(line.Text) {
			p.Line, p.Step = line.Line, s
			out = append(out, p)
		}
	}
	what := DebUpload(whole)
	i := slices.IndexFunc(lines, func(l ScriptLine) bool {
		return debUpload.MatchString(l.Text) && !bucketFirst.MatchString(l.Text) // which downloads
	})
	if what != "" && i >= 0 {
		out = append(out, Publishing{Kind: PublishDeb, What: what, Line: lines[i].Line, Script: lines[i].Text, Step: s})
	}
	return out
}

// Publishes is everything that a job's steps publish. What a called workflow publishes
// is its own jobs'.
func (j Job) Publishes() []Publishing {
	test := envNamesTestIndex(j.Def.Env) || j.File.Workflow != nil && envNamesTestIndex(j.File.Workflow.Env) ||
		j.Def.Environment != nil && j.Def.Environment.URL != nil && TestIndex(j.Def.Environment.URL.Value)
	var out []Publishing
	for _, s := range j.Steps {
		out = append(out, s.Publishes()...)
	}
	return withoutTests(out, test)
}

// envNamesTestIndex tells whether a variable names PyPI's test index.
func envNamesTestIndex(env *actionlint.Env) bool {
	for _, s := range stringsOf(env) {
		if TestIndex(s.Value) {
			return true
		}
	}
	return false
}

// inputs are what a step gives to its action, by names in lower case.
func (s Step) inputs() map[string]string {
	out := map[string]string{}
	if x, ok := s.Def.Exec.(*actionlint.ExecAction); ok {
		for name, in := range x.Inputs {
			if in.Value != nil {
				out[strings.ToLower(name)] = in.Value.Value
			}
		}
	}
	return out
}

// usesLine is the line that names a step's action; the step's own for others.
func (s Step) usesLine() int {
	if x, ok := s.Def.Exec.(*actionlint.ExecAction); ok && x.Uses != nil {
		return x.Uses.Pos.Line
	}
	return s.Line()
}
