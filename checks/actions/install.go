package actions

import (
	"regexp"
	"slices"
	"strings"
)

// InstallKind says what holds what is installed to what somebody looked at.
type InstallKind string

// The kinds.
const (
	InstallLoose   InstallKind = "loose"   // nothing
	InstallVersion InstallKind = "version" // its version, but no hash
	InstallFile    InstallKind = "file"    // what a file says, if it has hashes
	InstallPiped   InstallKind = "piped"   // a script that is run as it comes
	InstallSystem  InstallKind = "system"  // the signed lists of the system
)

// Install is a command that installs something from elsewhere.
type Install struct {
	Kind InstallKind
	How  string   // the command, for people
	What []string // as it is written
	Line int
	Step Step
}

var (
	piped = regexp.MustCompile(`\b(curl|wget|irm|iwr)\b(?:"[^"]*"|'[^']*'|[^|;&])*(?:\|\s*(?:tee|gunzip|zcat|xz|bzip2|tar)\b[^|;&]*)?\|\s*(?:sudo\s+)?(?:-\S+\s+)*(?:/\S*/|env\s+)?(bash|sh|zsh|dash|python3?|node|perl|iex)\b` +
		`|(?:\b|(?:^|\s))(bash|sh|zsh|source|eval|\.)\s+(?:-\S+\s+)*["']?(?:<\(|\$\()\s*(curl|wget)\b`)
	link        = regexp.MustCompile(`https?://[^\s"'|)]+`)
	commandEnd  = regexp.MustCompile(`&&|\|\||[;|]`)
	shellQuote  = regexp.MustCompile(`["']`)
	pinnedGo    = regexp.MustCompile(`@v[0-9]+\.[0-9]+\.[0-9]+\S*$`)
	npmVersion  = regexp.MustCompile(`.@[0-9]+\.[0-9]+\.[0-9]+\S*$`)
	asked       = regexp.MustCompile(`\$\([^()]*\)`) // what another command says
	builtHere   = regexp.MustCompile(`\bdist\b|\bwhl\b|wheel`)
	localSource = regexp.MustCompile(`^(?:[./~]|file:)|\.(?:whl|tar\.gz|tgz|zip|gem|deb|rpm)$`)
)

// installer is a command that installs, its flags that take a value, and what it makes
// of a name.
type installer struct {
	start  *regexp.Regexp
	values string // flags with a value behind a blank
	judge  func(i *Install, args arguments)
}

// arguments are the words behind a command.
type arguments struct {
	names []string
	flags map[string]string
}

func (a arguments) has(flags ...string) bool {
	return slices.ContainsFunc(flags, func(f string) bool { _, ok := a.flags[f]; return ok })
}

// Installs is everything that a job's scripts install from elsewhere without being held
// to what somebody looked at, and what they install from the system's lists.
func (j Job) Installs() []Install {
	var out []Install
	locked := false // a lock file's packages are there, and their commands with them
	asks := func(v Variable) bool { return v.Name == "PIP_REQUIRE_HASHES" && v.Value != "0" }
	always := slices.ContainsFunc(j.Variables(), asks)
	for _, s := range j.Steps {
		hashes := always || slices.ContainsFunc(s.Variables(), asks)
		for _, line := range s.Script() {
			if m := piped.FindStringSubmatch(line.Text); m != nil {
				out = append(out, Install{InstallPiped, m[1] + m[4], links(line.Text), line.Line, s})
			}
			for command := range splitCommands(line.Text) {
				i := installOf(command, hashes, &locked)
				if i.Kind != "" {
					i.Line, i.Step = line.Line, s
					out = append(out, i)
				}
			}
		}
	}
	return out
}

func links(line string) []string { return link.FindAllString(compact(line), 1) }

// splitCommands are the commands of a line, without a comment behind them.
func splitCommands(line string) func(yield func(string) bool) {
	line = compact(line)
	for i := 0; ; {
		n := strings.Index(line[i:], " #")
		if n < 0 {
			break
		}
		i += n + 1
		if before := line[:i]; strings.Count(before, `"`)%2 == 0 && strings.Count(before, "'")%2 == 0 { // not within quotes
			line = before
			break
		}
	}
	return func(yield func(string) bool) {
		for _, c := range commandEnd.Split(line, -1) {
			if !yield(strings.TrimSpace(c)) {
				return
			}
		}
	}
}

// installOf is what a command installs; of no kind where that is nothing, or is held.
func installOf(command string, hashes bool, locked *bool) Install {
	if lockInstall.MatchString(command) {
		*locked = true
	}
	for _, in := range installers() {
		at := in.start.FindStringIndex(command)
		if at == nil {
			continue
		}
		i := Install{How: strings.Join(strings.Fields(strings.TrimPrefix(shellQuote.ReplaceAllString(command[at[0]:at[1]], ""), "sudo ")), " ")}
		args := parseArguments(command[at[1]:], in.values)
		if hashes {
			args.flags["--require-hashes"] = ""
		}
		if strings.HasPrefix(i.How, "npx") && *locked && !args.has("-y", "--yes", "-p", "--package") {
			return Install{}
		}
		in.judge(&i, args)
		return i
	}
	return Install{}
}

// lockInstall installs what a lock file says.
var lockInstall = regexp.MustCompile(`\b(?:npm (?:ci|i|install)|yarn(?: install)?|pnpm (?:i|install)|bun install)(?:\s+-\S+)*$`)

// parseArguments takes the words behind a command apart.
func parseArguments(rest, values string) arguments {
	a := arguments{flags: map[string]string{}}
	withValue := strings.Fields(values)
	rest = asked.ReplaceAllStringFunc(rest, func(e string) string {
		if builtHere.MatchString(e) {
			return "./built"
		}
		return "$(…)"
	})
	list := words(rest)
	for i := 0; i < len(list); i++ {
		name, value, has := strings.Cut(list[i], "=")
		switch {
		case strings.HasPrefix(list[i], "-"):
			if !has && slices.Contains(withValue, name) && i+1 < len(list) {
				i++
				value = list[i]
			}
			a.flags[name] = strings.TrimSpace(a.flags[name] + " " + strings.Trim(value, `"'`))
		case list[i] == "" || strings.ContainsAny(list[i], "<>&") && !strings.ContainsAny(list[i], "=~[@"):
		default:
			a.names = append(a.names, list[i])
		}
	}
	return a
}

const pipValues = "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links -t --target --prefix " +
	"--root --python -p --group --config-settings --no-binary --only-binary --platform --timeout --retries --upgrade-strategy --src " +
	"--cert --proxy --trusted-host --python-version --with --index --default-index --extra --suffix --spec --cache-dir"

// The commands that install.
var (
	pipCommand    = regexp.MustCompile(`(?:\b(?:uv\s+)?pip[0-9.]*|\$\{?PIP3?\}?["']?)(?:\s+--?[a-z][\w-]*(?:=\S+)?)*\s+install\b`)
	toolCommand   = regexp.MustCompile(`\b(?:pipx\s+(?:install|run|inject)|uvx|uv\s+tool\s+(?:install|run))\b`)
	npxCommand    = regexp.MustCompile(`\bnpx(?:\s|$)`)
	dlxCommand    = regexp.MustCompile(`\b(?:pnpm\s+dlx|yarn\s+dlx|bunx)\b`)
	npmInstall    = regexp.MustCompile(`\bnpm(?:\s+--?[a-z][\w-]*(?:=\S+)?)*\s+(?:install|i|add)\b`)
	goCommand     = regexp.MustCompile(`\bgo\s+(?:install|run)\b`)
	cargoCommand  = regexp.MustCompile(`\bcargo\s+install\b`)
	gemInstall    = regexp.MustCompile(`\bgem\s+install\b`)
	systemCommand = regexp.MustCompile(`\b(?:apt-get|apt|apk|dnf|yum|brew|choco)\s+(?:-\S+\s+)*(?:install|add)\b`)
)

// installers are the commands that install, the more special first.
func installers() []installer {
	return []installer{
		{pipCommand, pipValues, judgePip},
		{toolCommand, pipValues + " --from", judgeTool},
		{npxCommand, "-p --package -c --call", judgeNpx},
		{dlxCommand, "-p --package", judgeNpx},
		{npmInstall, "--registry --prefix -w --workspace --tag", judgeNpm},
		{goCommand, "-tags -ldflags -C -mod -o", judgeGo},
		{cargoCommand, "--version --vers --git --rev --tag --branch --path --root --features -F", judgeCargo},
		{gemInstall, "-v --version --source -s -i --install-dir", judgeGem},
		{systemCommand, "-t -o -c --target-release", judgeSystem},
	}
}

// named keeps the names that are fetched from an index, apart by whether a version
// stands behind them.
func (i *Install) named(names []string, hasVersion func(string) bool) {
	var loose, versions []string
	for _, n := range names {
		switch {
		case n == "" || localSource.MatchString(n) || strings.HasPrefix(n, "git+"): // a file, or source code
		case hasVersion(n):
			versions = append(versions, n)
		default:
			loose = append(loose, n)
		}
	}
	switch {
	case len(loose) > 0:
		i.Kind, i.What = InstallLoose, loose
	case len(versions) > 0:
		i.Kind, i.What = InstallVersion, versions
	}
}

func exactPython(n string) bool { return strings.Contains(n, "==") || strings.Contains(n, "#sha256=") }

func judgePip(i *Install, a arguments) {
	if a.has("--require-hashes", "--no-index") {
		return
	}
	for k, n := range a.names { // o/r/dir is a directory, and name @ address a name
		if strings.Contains(n, "/") && !strings.Contains(n, "://") && !strings.Contains(n, "@") {
			a.names[k] = "./" + n
		}
	}
	i.named(a.names, exactPython)
	files := strings.Fields(a.flags["-r"] + " " + a.flags["--requirement"])
	groups := strings.Fields(a.flags["--group"])
	switch {
	case i.Kind == InstallLoose && a.has("-c", "--constraint"):
		i.Kind = InstallVersion // as far as the constraints name them
	case i.Kind == InstallLoose:
	case len(groups) > 0:
		i.Kind, i.What = InstallFile, groups
	case len(files) > 0:
		i.Kind, i.What = InstallFile, files
	}
}

func judgeTool(i *Install, a arguments) {
	if from := a.flags["--from"] + a.flags["--spec"]; from != "" {
		a.names = []string{from}
	}
	exact := func(n string) bool {
		_, version, ok := strings.Cut(n, "@")
		return exactPython(n) || ok && version != "latest"
	}
	names := a.names[:min(1, len(a.names))] // the others are its arguments
	i.named(slices.Concat(names, strings.Fields(a.flags["--with"])), exact)
}

func judgeNpx(i *Install, a arguments) {
	if a.has("--no-install", "--no") {
		return
	}
	names := strings.Fields(a.flags["-p"] + " " + a.flags["--package"])
	if len(names) == 0 {
		names = a.names[:min(1, len(a.names))]
	}
	i.named(names, npmVersion.MatchString)
}

func judgeNpm(i *Install, a arguments) {
	if len(a.names) == 0 {
		i.Kind, i.What = InstallFile, []string{"package.json"}
		return
	}
	i.named(a.names, npmVersion.MatchString)
}

func judgeGo(i *Install, a arguments) {
	for _, n := range a.names[:min(1, len(a.names))] {
		if strings.Contains(n, "@") && !pinnedGo.MatchString(n) && !commitTail(n) {
			i.Kind, i.What = InstallLoose, []string{n}
		}
	}
}

// commitTail tells whether a name ends in a commit.
func commitTail(n string) bool { return commitName.MatchString(n[strings.LastIndex(n, "@")+1:]) }

func judgeCargo(i *Install, a arguments) {
	if a.has("--path", "--git", "--list") {
		return
	}
	i.named(a.names, func(n string) bool { return strings.Contains(n, "@") || a.has("--version", "--vers") })
	if i.Kind == InstallVersion && a.has("--locked") {
		i.Kind = ""
	}
}

func judgeGem(i *Install, a arguments) {
	i.named(a.names, func(n string) bool { return a.has("-v", "--version") || strings.Contains(n, ":") })
}

func judgeSystem(i *Install, a arguments) {
	i.named(a.names, func(string) bool { return false })
	if i.Kind != "" {
		i.Kind = InstallSystem
	}
}

// releaseMade is `gh release create` with what stands behind it.
var releaseMade = regexp.MustCompile(`\bgh release create\b(.*)`)

// ReleasesFiles tells whether a `gh release create` names files besides the tag. Words
// in quotes with blanks in them are taken for what they are.
func ReleasesFiles(line string) bool {
	m := releaseMade.FindStringSubmatch(compact(line))
	if m == nil {
		return true
	}
	command := commandEnd.Split(quoted.ReplaceAllStringFunc(m[1], func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(" \t;|&", r) {
				return '_'
			}
			return r
		}, s)
	}), 2)[0]
	args := parseArguments(command, "-t --title -n --notes -F --notes-file --notes-start-tag --target -R --repo --discussion-category")
	return len(args.names) > 1
}

var quoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)
