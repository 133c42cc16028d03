package actions

import (
	"path"
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
	// Unsure holds where it may publish nothing: an expression may name the test index, or
	// the words may be no command.
	Unsure bool
}

// ByAction is what an action publishes with its inputs, by its name and theirs in lower
// case; false when it publishes nothing.
func ByAction(name string, in map[string]string) (PublishKind, bool) {
	kind, to := byAction(name, in)
	return kind, to.counts()
}

// byAction is what an action publishes, and where to.
func byAction(name string, in map[string]string) (PublishKind, place) {
	switch name {
	case "pypa/gh-action-pypi-publish":
		return PublishPyPI, indexPlace(in["repository-url"] + in["repository_url"])
	case "pyo3/maturin-action", "messense/maturin-action":
		if c := strings.TrimSpace(in["command"]); c != "upload" && c != "publish" {
			return PublishPyPI, placeNone
		}
		return PublishPyPI, namedIndex("maturin", strings.Fields(in["args"]), nil)
	case "docker/build-push-action":
		if outputPushes(in["outputs"]) || pushes(in["push"]) && !strings.Contains(in["outputs"], byDigest) {
			return PublishImage, imagePlace(listOf(in["tags"]))
		}
		return PublishImage, placeNone
	case "docker/bake-action":
		return PublishImage, bakePlace(in)
	case "goreleaser/goreleaser-action":
		return PublishRelease, publicIf(releases(in["args"]))
	case "softprops/action-gh-release", "ncipollo/release-action", "actions/create-release",
		"marvinpinto/action-automatic-releases", "svenstaro/upload-release-action":
		return PublishRelease, placePublic
	case "js-devtools/npm-publish":
		return PublishNpm, publicIf(!localPlace(in["registry"]))
	case "changesets/action":
		return PublishNpm, placePublic
	case "katyo/publish-crates":
		return PublishCrate, placePublic
	case "rubygems/release-gem":
		return PublishGem, placePublic
	case "cycjimmy/semantic-release-action", "google-github-actions/release-please-action", "googleapis/release-please-action":
		return PublishOther, placePublic
	}
	return "", placeNone
}

// byDigest pushes parts of an image to which a later step gives their name.
const byDigest = "push-by-digest=true"

// outputPushes tells whether an output of a build goes to a registry.
func outputPushes(output string) bool {
	return !strings.Contains(output, byDigest) && (strings.Contains(output, "push=true") || strings.Contains(output, "type=registry"))
}

// bakePlace is where what a file of targets builds goes: a setting may push, too.
func bakePlace(in map[string]string) place {
	var tags []string
	set := pushes(in["push"])
	for _, line := range strings.Split(in["set"], "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key := name[strings.LastIndex(name, ".")+1:]; {
		case strings.HasPrefix(key, "output") && outputPushes(value), key == "push" && pushes(value):
			set = true
		case strings.HasPrefix(key, "tags"):
			tags = append(tags, value)
		}
	}
	if !set {
		return placeNone
	}
	return imagePlace(tags)
}

// releases tells whether goreleaser's arguments make a release: their command does, and
// where there are only flags its first versions do, too.
func releases(args string) bool {
	words := strings.Fields(args)
	command := slices.IndexFunc(words, func(w string) bool { return !strings.HasPrefix(w, "-") })
	return len(words) > 0 && (command < 0 || strings.Contains(args, "release")) &&
		!slices.ContainsFunc(words, func(w string) bool { return w == "--snapshot" || w == "--snapshot=true" })
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

// What tells of packages for Debian.
var (
	debWord     = regexp.MustCompile(`(?i)\bdebs?\b|\.deb\b`)
	debUpload   = regexp.MustCompile(`\b(aws s3 (?:cp|sync)|gsutil (?:-m )?cp|gcloud storage cp|scp|rsync|dput|reprepro|aptly publish|package_cloud push|curl\b.*(?:-T|--upload-file))\b`)
	bucketFirst = regexp.MustCompile(`\b(?:aws s3 (?:cp|sync)|gsutil (?:-m )?cp|gcloud storage cp)\s+["']?(?:s3|gs)://`)
)

// DebUpload is the command by which a script seems to upload packages for Debian, which
// only its words tell; empty for none.
func DebUpload(script string) string {
	if m := debUpload.FindStringSubmatch(script); m != nil && debWord.MatchString(script) {
		return "`" + m[1] + "`"
	}
	return ""
}

// publishes is everything that a step publishes, but for what goes to PyPI's test index,
// with the variables of its job.
func (s Step) publishes(job *shellVariables) []Publishing {
	known := newShellVariables(s.Variables(), job)
	switch x := s.Def.Exec.(type) {
	case *actionlint.ExecAction:
		in := s.inputs()
		for name, value := range in {
			in[name] = known.fill(value)
		}
		kind, to := byAction(s.Action(), in)
		if to.counts() {
			return []Publishing{{Kind: kind, What: s.Action(), Line: s.usesLine(), Step: s, Unsure: to == placeUnsure}}
		}
		return s.givenScripts(known)
	case *actionlint.ExecRun:
		if x.Run != nil {
			return s.scriptPublishes(x, known)
		}
	}
	return nil
}

// scriptPublishes is what the script of a step publishes.
func (s Step) scriptPublishes(x *actionlint.ExecRun, known *shellVariables) []Publishing {
	src := x.Run.Value
	if otherLanguage(x.Shell) {
		return s.at(x.Run, wordsPublish(src))
	}
	if x.Shell == nil || strings.Contains(x.Shell.Value, "pwsh") || strings.Contains(x.Shell.Value, "powershell") {
		src = tickedEnd.ReplaceAllString(src, " \\\n") // as a line goes on in PowerShell
	}
	out := s.at(x.Run, commandsPublish(shellCommands(src), known))
	what := DebUpload(src)
	lines := s.Script()
	i := slices.IndexFunc(lines, func(l ScriptLine) bool {
		return debUpload.MatchString(l.Text) && !bucketFirst.MatchString(l.Text) // which downloads
	})
	if what != "" && i >= 0 {
		out = append(out, Publishing{Kind: PublishDeb, What: what, Line: lines[i].Line, Script: lines[i].Text, Step: s})
	}
	return out
}

// tickedEnd is what a line of PowerShell ends in that goes on.
var tickedEnd = regexp.MustCompile(" `\\r?\\n")

// otherLanguage tells whether a script is none of a shell.
func otherLanguage(shell *actionlint.String) bool {
	if shell == nil {
		return false
	}
	name, _, _ := strings.Cut(strings.TrimSpace(shell.Value), " ")
	return slices.Contains([]string{"python", "python3", "node", "perl", "ruby", "deno"}, strings.TrimSuffix(path.Base(name), ".exe"))
}

// givenScripts is what the scripts publish that a step gives to its action.
func (s Step) givenScripts(known *shellVariables) []Publishing {
	var out []Publishing
	for _, input := range []string{"script", "run", "command", "commands", "cmd", "runcmd"} {
		v := s.With(input)
		if v == nil {
			continue
		}
		var list []found
		switch s.Action() {
		case "actions/github-script":
			list = wordsPublish(v.Value)
		default:
			list = commandsPublish(shellCommands(v.Value), known)
		}
		for i := range list {
			list[i].Unsure = list[i].Unsure || !runsScript(s.Action())
		}
		out = append(out, s.at(v, list)...)
	}
	return out
}

// runsScript tells whether an action runs the script that it is given as it is.
func runsScript(action string) bool {
	switch action {
	case "nick-fields/retry", "nick-invision/retry", "wandalen/wretry.action", "appleboy/ssh-action", "addnab/docker-run-action",
		"uraimo/run-on-arch-action", "cross-platform-actions/action", "devcontainers/ci":
		return true
	}
	return false
}

// at tells where what a text publishes stands in the file.
func (s Step) at(text *actionlint.String, list []found) []Publishing {
	if len(list) == 0 {
		return nil
	}
	lineOf := s.File.scriptLines(text)
	var lines []int
	for i, line := range strings.Split(text.Value, "\n") {
		lines = append(lines, lineOf(i, line))
	}
	out := make([]Publishing, len(list))
	for i, p := range list {
		out[i] = p.Publishing
		out[i].Step, out[i].Line = s, lines[min(p.row, len(lines)-1)]
	}
	return out
}

// Publishes is everything that a job's steps publish, but for what goes to PyPI's test
// index. What a called workflow publishes is its own jobs'.
func (j Job) Publishes() []Publishing {
	set := newShellVariables(j.lasting(), nil)
	var out []Publishing
	for _, s := range j.Steps {
		out = append(out, s.publishes(set)...)
	}
	return out
}

// lasting are the variables that a job and its workflow set, but for those that a step
// may set anew for the ones behind it.
func (j Job) lasting() []Variable {
	var anew []string
	for _, s := range j.Steps {
		x, ok := s.Def.Exec.(*actionlint.ExecRun)
		if ok && x.Run != nil && strings.Contains(x.Run.Value, "GITHUB_ENV") {
			anew = append(anew, x.Run.Value)
		}
	}
	if len(anew) == 0 {
		return j.Variables()
	}
	return slices.DeleteFunc(slices.Clone(j.Variables()), func(v Variable) bool {
		return slices.ContainsFunc(anew, func(script string) bool { return strings.Contains(script, v.Name) })
	})
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
