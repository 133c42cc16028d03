package actions

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Fetch is source code that a step takes from a repository at a ref.
type Fetch struct {
	How  string // the action or command, for people
	Line int
	// From is the repository, by its name or address as it is written; empty for the
	// one that the step works in already.
	From string
	// Ref is the branch, tag or commit as it is written; empty for the default one.
	Ref string
	// Value names the build argument that hands the ref on; empty for others.
	Value string
	Step  Step
	// PushedTo holds where the same script pushes with git afterwards: it takes the
	// repository to write to it.
	PushedTo bool
}

// Pinned tells whether what is taken stays what it is.
func (f Fetch) Pinned() bool { return commitName.MatchString(strings.Trim(f.Ref, `"'`)) }

var (
	gitClone    = regexp.MustCompile(`\b(git(?:\s+-[cC]\s+\S+)*\s+clone|gh\s+repo\s+clone)\s+([^&;|]+)`)
	gitMove     = regexp.MustCompile(`\bgit(?:\s+-[cC]\s+\S+)*\s+(checkout|switch|pull|merge|rebase|cherry-pick|worktree\s+add|reset\s+--hard)((?:\s[^&;|]*)?)(?:$|[&;|])`)
	gitModules  = regexp.MustCompile(`\bgit(?:\s+-[cC]\s+\S+)*\s+submodule\s+update\b[^&;|]*--remote\b`)
	gitPush     = regexp.MustCompile(`\bgit(?:\s+-[cC]\s+\S+)*\s+push\b`)
	pushing     = regexp.MustCompile(`\bgit(?:\s+-[cC]\s+\S+)*\s+push\b|\bsemantic-release\b|\bmike deploy\b|\bgh-deploy\b|\bghp-import\b|\blerna (?:publish|version)\b`)
	gitAddress  = regexp.MustCompile(`\bgit\+(?:https?|ssh|git)://[^\s"'#]+`)
	sourceLink  = regexp.MustCompile(`\bhttps?://(?:codeload\.)?github\.com/([^/\s"']+/[^/\s"']+)/(?:archive|tarball|zipball|tar\.gz|zip)/([^\s"']+)`)
	cargoGit    = regexp.MustCompile(`\bcargo\s+install\b[^&;|]*--git[= ](\S+)([^&;|]*)`)
	cargoRef    = regexp.MustCompile(`--(?:rev|tag|branch)[= ](\S+)`)
	dockerBuild = regexp.MustCompile(`\b(?:docker|podman|buildah)\s+(?:buildx\s+|image\s+)?(?:build|bud)\b`)
	gitContext  = regexp.MustCompile(`(?:^|[\s"'])((?:https?://|git://|git@|github\.com/)[^\s"']+)`)
	buildArg    = regexp.MustCompile(`--build-arg[= ]["']?([A-Za-z0-9_]+)=([^\s"']*)`)
	refArg      = regexp.MustCompile(`(?i)^(?:[a-z0-9_]*_)?(?:ref|branch)$`)
	ownRefArg   = regexp.MustCompile(`(?i)^(?:vcs|git|build|source|github|ci)_`) // a label of what is built
	gitAsked    = regexp.MustCompile("^[\"']?[$`]")
)

// Fetches is all source code that a job takes from a repository, at whatever ref.
func (j Job) Fetches() []Fetch {
	var out []Fetch
	for _, s := range j.Steps {
		for _, f := range append(s.actionFetches(), s.scriptFetches()...) {
			f.Step = s
			out = append(out, f)
		}
	}
	return out
}

// actionFetches is what a step's action takes.
func (s Step) actionFetches() []Fetch {
	in := s.inputs()
	at := func(input string) int { return s.File.lineOf(s.With(input), firstLine(in[input])) }
	switch s.Action() {
	case "actions/checkout":
		f := Fetch{How: "actions/checkout", Line: s.usesLine(), From: in["repository"], Ref: in["ref"]}
		for _, input := range []string{"repository", "ref"} {
			if in[input] != "" {
				f.Line = at(input)
			}
		}
		return []Fetch{f}
	case "docker/build-push-action":
		var out []Fetch
		if from, ref, ok := remoteContext(in["context"]); ok {
			out = append(out, Fetch{How: "docker/build-push-action", Line: at("context"), From: from, Ref: ref})
		}
		for line := range strings.SplitSeq(in["build-args"], "\n") {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			if f, ok := argFetch(name, value); ok {
				f.How, f.Line = "docker/build-push-action", s.File.lineOf(s.With("build-args"), strings.TrimSpace(line))
				out = append(out, f)
			}
		}
		return out
	}
	return nil
}

// argFetch is what a build argument that names a ref leads to.
func argFetch(name, value string) (Fetch, bool) {
	if !refArg.MatchString(name) || ownRefArg.MatchString(name) || strings.HasPrefix(value, "$(git ") {
		return Fetch{}, false
	}
	return Fetch{Value: name, Ref: value}, value != ""
}

// remoteContext is the repository that an image is built from, by its address.
func remoteContext(s string) (from, ref string, ok bool) {
	s = compact(s)
	m := gitContext.FindStringSubmatch(s)
	if m == nil || !strings.HasPrefix(strings.TrimLeft(s, ` "'`), m[1]) {
		return "", "", false
	}
	from, ref, _ = strings.Cut(m[1], "#")
	ref, _, _ = strings.Cut(ref, ":")
	return from, ref, true
}

// scriptFetches is what a step's script takes.
func (s Step) scriptFetches() []Fetch {
	var out []Fetch
	for _, line := range s.Script() {
		found := lineFetches(line.Text)
		if gitPush.MatchString(line.Text) {
			out = append(out, found...)
			for i := range out {
				out[i].PushedTo = true
			}
			found = nil
		}
		for _, f := range found {
			f.Line = line.Line
			last := len(out) - 1
			if f.From == "" && f.Pinned() && last >= 0 && strings.HasSuffix(out[last].How, "clone") {
				out[last].Ref = f.Ref // the clone is moved to a commit
				continue
			}
			out = append(out, f)
		}
	}
	return out
}

// lineFetches is what a line of a script takes.
func lineFetches(line string) []Fetch {
	line = compact(line)
	var out []Fetch
	add := func(how, from, ref string) { out = append(out, Fetch{How: how, From: from, Ref: ref}) }
	for _, m := range gitClone.FindAllStringSubmatch(line, -1) {
		if from, ref := cloned(words(m[2])); from != "" {
			how := "git clone"
			if strings.HasPrefix(m[1], "gh") {
				how = "gh repo clone"
			}
			add(how, from, ref)
		}
	}
	for _, m := range gitMove.FindAllStringSubmatch(line, -1) {
		if ref, moves := movedTo(m[1], words(m[2])); moves {
			add("git "+strings.Fields(m[1])[0], "", ref)
		}
	}
	if gitModules.MatchString(line) {
		add("git submodule update --remote", "the submodules", "")
	}
	for _, m := range gitAddress.FindAllString(line, -1) {
		from, ref := atRef(m)
		add("an install from git", from, ref)
	}
	for _, m := range sourceLink.FindAllStringSubmatch(line, -1) {
		ref := strings.TrimPrefix(strings.TrimPrefix(m[2], "refs/heads/"), "refs/tags/")
		add("a download", m[1], strings.TrimSuffix(strings.TrimSuffix(ref, ".tar.gz"), ".zip"))
	}
	if m := cargoGit.FindStringSubmatch(line); m != nil {
		ref := cargoRef.FindStringSubmatch(line)
		add("cargo install", m[1], strings.Join(ref[min(1, len(ref)):], ""))
	}
	if dockerBuild.MatchString(line) {
		if m := gitContext.FindStringSubmatch(line); m != nil {
			from, ref, _ := remoteContext(m[1])
			add("docker build", from, ref)
		}
		for _, m := range buildArg.FindAllStringSubmatch(line, -1) {
			if f, ok := argFetch(m[1], m[2]); ok {
				f.How = "docker build"
				out = append(out, f)
			}
		}
	}
	return out
}

// compact takes the blanks out of a text's expressions, so that each is one word.
func compact(s string) string {
	return expression.ReplaceAllStringFunc(s, func(e string) string { return strings.Join(strings.Fields(e), "") })
}

// words are the words of a command.
func words(s string) []string {
	out := strings.Fields(s)
	for i := range out {
		out[i] = strings.Trim(out[i], `"'()`)
	}
	return out
}

// cloned is the repository and the branch or tag that a clone names.
func cloned(args []string) (from, ref string) {
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		switch name {
		case "-b", "--branch", "--revision":
			if !has && i+1 < len(args) {
				i++
				value = args[i]
			}
			ref = value
		case "--depth", "-c", "--config", "-o", "--origin", "-j", "--jobs", "--reference", "--shallow-since", "--filter", "--template", "-u":
			if !has {
				i++
			}
		default:
			if from == "" && !strings.HasPrefix(name, "-") {
				from = args[i]
			}
		}
	}
	return from, ref
}

// movedTo is the ref that a command of git moves the files to, or brings into them; false
// for one that only begins a branch where it is, or brings files back.
func movedTo(command string, args []string) (ref string, moves bool) {
	var plain []string
	begins := false
words:
	for _, a := range args {
		switch {
		case slices.Contains([]string{"-b", "-B", "-c", "-C", "--orphan"}, a):
			begins = true
		case a == "--": // files of a ref follow
			break words
		case slices.Contains([]string{"--ours", "--theirs", "-p", "--rebase", "--abort", "--continue", "--quit", "--skip"}, a):
			return "", false
		case !strings.HasPrefix(a, "-") && !strings.ContainsAny(a, "<>"):
			plain = append(plain, a)
		}
	}
	if begins || command == "worktree add" {
		plain = plain[min(1, len(plain)):] // the branch's name, or where it goes
	}
	switch {
	case command == "pull":
		return strings.Join(plain[min(1, len(plain)):], " "), true
	case len(plain) != 1 || plain[0] == "." || plain[0] == "HEAD" || isFileName(plain[0]):
		return "", false
	}
	return plain[0], true
}

// isFileName tells whether a word is likely a file's name and no ref.
func isFileName(word string) bool {
	ext := path.Ext(word)
	return len(ext) > 1 && !strings.ContainsAny(ext, "0123456789${}") && !gitAsked.MatchString(word) || strings.HasSuffix(word, "/")
}

// atRef cuts the ref from an address such as git+https://host/o/r@ref.
func atRef(address string) (from, ref string) {
	slash := strings.LastIndex(address, "/")
	if i := strings.LastIndex(address, "@"); i > slash || i > strings.Index(address, "://")+len("://") && strings.Contains(address[:i], ".git") {
		return address[:i], address[i+1:]
	}
	return address, ""
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	return first
}

// PushesWithGit tells whether a step of the job pushes commits or tags with git, itself
// or by an action that is known to.
func (j Job) PushesWithGit() bool { return j.PushesAfter(-1) }

// PushesAfter tells whether a step behind the i-th pushes with git.
func (j Job) PushesAfter(i int) bool {
	for k, s := range j.Steps {
		if k > i && s.pushesWithGit() {
			return true
		}
	}
	return false
}

// pushesWithGit tells whether a step pushes with git.
func (s Step) pushesWithGit() bool {
	switch s.Action() {
	case "stefanzweifel/git-auto-commit-action", "peter-evans/create-pull-request", "ad-m/github-push-action",
		"endbug/add-and-commit", "changesets/action", "cycjimmy/semantic-release-action", "python-semantic-release/python-semantic-release",
		"jamesives/github-pages-deploy-action", "peaceiris/actions-gh-pages":
		return true
	}
	for _, line := range s.Script() {
		if pushing.MatchString(line.Text) {
			return true
		}
	}
	return false
}
