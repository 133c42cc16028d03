package actions

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// publishTool is a way in which a program publishes.
type publishTool struct {
	kind PublishKind
	subs string // what it is told to do, one behind the other
	adds bool
}

// publishTools are the ways in which a program publishes, the more special first. What
// it publishes to is looked at apart.
func publishTools(program string) []publishTool {
	switch program {
	case "twine", "setup.py":
		return []publishTool{{kind: PublishPyPI, subs: "upload"}}
	case "flit", "poetry", "hatch", "uv", "pdm":
		return []publishTool{{kind: PublishPyPI, subs: "publish"}}
	case "maturin":
		return []publishTool{{kind: PublishPyPI, subs: "upload"}, {kind: PublishPyPI, subs: "publish"}}
	case "gh":
		return []publishTool{{kind: PublishRelease, subs: "release create"}, {kind: PublishRelease, subs: "release upload", adds: true}}
	case "hub":
		return []publishTool{{kind: PublishRelease, subs: "release create"}}
	case "goreleaser":
		return []publishTool{{kind: PublishRelease, subs: "release"}}
	case "npm", "pnpm", "yarn", "lerna", "bun", "changeset":
		return []publishTool{{kind: PublishNpm, subs: "publish"}}
	case "cargo":
		return []publishTool{{kind: PublishCrate, subs: "publish"}}
	case "gem":
		return []publishTool{{kind: PublishGem, subs: "push"}}
	case "helm":
		return []publishTool{{kind: PublishOther, subs: "push"}}
	case "semantic-release":
		return []publishTool{{kind: PublishOther}}
	case "docker", "podman", "buildah":
		return []publishTool{{kind: PublishImage, subs: "push"}, {kind: PublishImage, subs: "image push"}, {kind: PublishImage, subs: "manifest push"},
			{kind: PublishImage, subs: "buildx imagetools create"}, {kind: PublishImage, subs: "buildx build"}, {kind: PublishImage, subs: "buildx bake"},
			{kind: PublishImage, subs: "build"}}
	case "crane", "oras":
		return []publishTool{{kind: PublishImage, subs: "push"}}
	case "skopeo":
		return []publishTool{{kind: PublishImage, subs: "copy"}}
	}
	return nil
}

// speaks tells whether a command only speaks of what its words say.
func speaks(program string) bool {
	switch program {
	case "echo", "printf", "grep", "egrep", "fgrep", "rg", "git", "cat", "sed", "awk", "less", "head", "tail", "tee", "test", "[", "[[", "which", "type", "man",
		"ls", "rm", "cp", "mv", "mkdir", "touch", "cd", "pip", "pip3", "apt", "apt-get", "apk", "brew", "export", "declare", "local", "set", "unset", "alias",
		":", "true", "false", "Write-Host", "Write-Output", "console.log", "core.info", "core.notice", "core.warning", "core.debug", "core.setFailed", "print":
		return true
	}
	return false
}

// found is something that a text publishes, and on which of its lines.
type found struct {
	Publishing
	row int
}

// ByCommand is what the commands of a line of a script publish. Packages for Debian are
// not among it: [DebUpload] looks at a whole script.
func ByCommand(line string) []Publishing {
	var out []Publishing
	for _, f := range commandsPublish(shellCommands(line), newShellVariables(nil, nil)) {
		f.Script = line
		out = append(out, f.Publishing)
	}
	return out
}

// commandsPublish is what commands publish, with the variables that are known before
// them.
func commandsPublish(list []shellCommand, known *shellVariables) []found {
	known = known.with(list)
	var out []found
	for _, c := range list {
		own := known.forCommand(c)
		c.words = own.words(c.words)
		if f, ok := c.publishes(own); ok {
			out = append(out, f)
		} else if inner := c.within(); len(inner) > 0 {
			out = append(out, commandsPublish(inner, own)...)
		}
	}
	return out
}

// wordsPublish is what a text in another language than a shell's seems to publish.
func wordsPublish(text string) []found {
	var out []found
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(punctuation.ReplaceAllString(line, " "))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") || strings.HasPrefix(words[0], "//") {
			continue
		}
		if f, ok := (shellCommand{words: words, row: i, line: line}).publishes(newShellVariables(nil, nil)); ok {
			f.Unsure = true
			out = append(out, f)
		}
	}
	return out
}

var punctuation = regexp.MustCompile("[\"'`,()\\[\\]{};]")

// publishes is what a command publishes; false for nothing.
func (c shellCommand) publishes(known *shellVariables) (found, bool) {
	words := c.plain()
	if len(words) == 0 || speaks(path.Base(words[0])) {
		return found{}, false
	}
	for i, w := range words {
		name := programName(w)
		if name == "curl" && curlUploads(words[i+1:]) {
			return c.found(publishTool{kind: PublishPyPI}, name, placePublic)
		}
		for _, t := range publishTools(name) {
			rest, ok := t.behind(name, words[i+1:])
			if !ok || t.subs == "" && slices.ContainsFunc(words[:i], installing) {
				continue
			}
			if t.idle(name, rest) {
				return found{}, false
			}
			return c.found(t, name, t.place(name, rest, known))
		}
	}
	return found{}, false
}

// found is what a command publishes by a tool; false where it goes to nobody.
func (c shellCommand) found(t publishTool, name string, to place) (found, bool) {
	what := "`" + strings.TrimSpace(name+" "+t.subs) + "`"
	return found{Publishing{Kind: t.kind, What: what, Script: c.line, Adds: t.adds, Unsure: c.unsure || to == placeUnsure}, c.row}, to.counts()
}

// installing tells whether a word is that of a command that installs what is behind it.
func installing(w string) bool {
	return slices.Contains([]string{"install", "i", "add", "ci", "-p", "--package"}, w)
}

// programName is the name of a program, without its directory and version, and without a
// variable that may be its directory.
func programName(w string) string {
	name := path.Base(w[strings.LastIndex(w, "}")+1:])
	name, _, _ = strings.Cut(name, "==")
	if i := strings.LastIndex(name, "@"); i > 0 {
		name = name[:i]
	}
	return strings.TrimSuffix(strings.TrimSuffix(name, ".exe"), ".cmd")
}

// maxBefore is how many words are looked at between a program and what it is told to do.
const maxBefore = 20

// otherOrder tells whether a word is something else that a program may be told to do,
// and not the value of the flag before it.
func otherOrder(w string) bool {
	switch w {
	case "run", "run-script", "exec", "help", "test", "install", "view", "info", "config", "pack", "login", "logout", "build", "create", "inspect",
		"version", "tool", "pip", "sync", "add":
		return true
	}
	return false
}

// behind are the words of a command but for what its program is told to do; false where
// it is told something else. Between stand flags, each with a word that may be its
// value, and the other commands of setup.py, which does one behind the other.
func (t publishTool) behind(program string, words []string) (rest []string, ok bool) {
	subs := strings.Fields(t.subs)
	value := false
	for i, w := range words {
		switch {
		case len(subs) == 0:
			return append(rest, words[i:]...), true
		case i > maxBefore:
			return nil, false
		case w == subs[0]:
			subs, value = subs[1:], false
			continue
		case strings.HasPrefix(w, "-") || strings.HasPrefix(w, "+"):
			value = strings.HasPrefix(w, "-") && !strings.Contains(w, "=")
		case program == "setup.py":
		case value && !otherOrder(w):
			value = false
		default:
			return nil, false
		}
		rest = append(rest, w)
	}
	return rest, len(subs) == 0
}

// idle tells whether a command only shows what it would do.
func (t publishTool) idle(program string, rest []string) bool {
	for i, w := range rest {
		shows := false
		switch w {
		case "--help", "-h", "--dry-run=true", "--dryrun", "--noop":
			shows = true
		case "--dry-run":
			shows = i+1 == len(rest) || rest[i+1] != "false"
		case "--snapshot", "--snapshot=true":
			shows = program == "goreleaser"
		case "-n":
			shows = program == "cargo"
		case "--version":
			shows = t.subs == ""
		}
		if shows {
			return true
		}
	}
	return false
}
