package trace

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"twokey/checks"
	"twokey/checks/text"
)

// Pattern is what a plan says of files that the project's own build makes.
type Pattern struct {
	Glob   string // of paths within the project, with ** for any directories
	Reason text.Safe
}

// forge settles what is not simply the commit's: it knows what git and the build
// backends write by themselves.
type forge struct {
	*Tracer
	contents   map[string][]byte // of the commit, by git's names
	list       []judged
	attributes attributes
}

// settle looks for a reason why a file is not as the commit has it.
func (f *forge) settle(j *judged) {
	switch {
	case j.setid: // no build makes that
	case j.verdict == checks.FileModified:
		f.settleModified(j)
	case j.verdict == checks.FileExtra:
		f.settleExtra(j)
	}
	// What the commit has under its path is no build's: the plan excuses none of it.
	if j.verdict != checks.FileExtra || j.control || j.setid {
		return
	}
	for _, p := range f.o.Generated {
		if ok, err := doublestar.Match(p.Glob, j.path); err == nil && ok {
			j.verdict, j.why, j.planned = checks.FileGenerated, text.Cleanf("the plan says: %s", p.Reason), true
			return
		}
	}
}

// settleModified looks how a file differs from the commit's.
func (f *forge) settleModified(j *judged) {
	was, read := f.contents[j.git.SHA]
	switch {
	case j.link || j.git.Mode == checks.ModeSymlink: // where a link leads is no content
	case read && f.isPointed(j, was):
		j.verdict, j.why = checks.FileSame, text.Clean("the commit has its Git LFS pointer")
	case j.content == nil:
	case f.attributes.rewritesLines(j.git.Path, endsOf(j.content)) && f.sameLines(j):
		j.verdict, j.why = checks.FileSame, text.Clean("with the line ends that .gitattributes asks for")
	case f.sameLines(j):
		j.why = text.Clean("only its line ends differ")
	case read && f.attributes.substitutes(j.git.Path) && substituted(was, j.content):
		j.verdict, j.why = checks.FileGenerated, text.Clean("git filled in what .gitattributes asks it to")
	default:
		f.settleShape(j)
	}
}

// settleShape looks whether a build backend writes just this.
func (f *forge) settleShape(j *judged) {
	if at, verdict := f.installed(j); verdict != "" {
		j.verdict, j.why, j.git = verdict, text.Clean("the commit's, with the first line that installing it writes"), at
	} else if why, ok := f.shaped(j); ok {
		j.verdict, j.why = checks.FileGenerated, why
	}
}

// settleExtra looks whether a build backend writes just such a file.
func (f *forge) settleExtra(j *judged) {
	if j.content == nil || j.link {
		return
	}
	if inner, ok := gunzipped(j); ok && f.tree.has(f.tree.blobOf(inner)) {
		j.verdict, j.why = checks.FileMoved, text.Clean("compressed")
		j.git = f.tree.paths[f.tree.blobs[f.tree.blobOf(inner)][0]]
		return
	}
	f.settleShape(j)
}

// isPointed tells whether the commit has a pointer of Git LFS to just this content.
func (f *forge) isPointed(j *judged, was []byte) bool {
	oid, size, ok := pointer(was)
	if !ok || size != j.size {
		return false
	}
	sum := j.sha256
	if sum == nil && j.content != nil {
		s := sha256.Sum256(j.content)
		sum = s[:]
	}
	return sum != nil && hex.EncodeToString(sum) == oid
}

var lfsPointer = regexp.MustCompile(`\Aversion https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d{1,18})\n\z`)

// pointer reads a pointer of Git LFS.
func pointer(content []byte) (oid string, size int64, ok bool) {
	m := lfsPointer.FindSubmatch(content)
	if m == nil {
		return "", 0, false
	}
	size, err := strconv.ParseInt(string(m[2]), 10, 64)
	return string(m[1]), size, err == nil
}

// sameLines tells whether nothing but the ends of its lines makes it another file.
func (f *forge) sameLines(j *judged) bool {
	if bytes.IndexByte(j.content, 0) >= 0 {
		return false
	}
	unix := bytes.ReplaceAll(j.content, []byte("\r\n"), []byte("\n"))
	return f.tree.blobOf(unix) == j.git.SHA || f.tree.blobOf(bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n"))) == j.git.SHA
}

// harmless is what git fills in: hashes, dates, names of people and branches. Nothing in it
// ends the string or the comment that it stands in, in any language, or is a command.
var harmless = regexp.MustCompile(`^[\pL\pM\pN .,:/+@()<>=#%~^_\[\]-]{0,1000}$`)

var formatted = regexp.MustCompile(`\$Format:[^\n$]*\$`)

// substituted tells whether a content is another whose $Format:…$ were each filled in,
// with something that stays within its line.
func substituted(was, is []byte) bool {
	marks := formatted.FindAllIndex(was, 100)
	if len(marks) == 0 {
		return false
	}
	at := 0
	for i, m := range marks {
		before := was[at:m[0]]
		if !bytes.HasPrefix(is, before) {
			return false
		}
		is, at = is[len(before):], m[1]
		next := was[at:]
		if i+1 < len(marks) {
			next = was[at:marks[i+1][0]]
		}
		line, _, _ := bytes.Cut(next, []byte("\n"))
		filled, _, _ := bytes.Cut(is, []byte("\n"))
		n := bytes.LastIndex(filled, line)
		if len(line) == 0 {
			n = len(filled)
		}
		if n < 0 || !harmless.Match(filled[:n]) {
			return false
		}
		is = is[n:]
	}
	return bytes.Equal(is, was[at:])
}

var interpreter = regexp.MustCompile(`\A#!(?:python|/usr/bin/(?:env )?python)[0-9.]*w?\n`)

// scriptDir is where scripts are installed, or wait for it.
var scriptDir = regexp.MustCompile(`(?:^|/)(?:s?bin|scripts)/[^/]+$`)

// installed finds a script of the commit's whose first line was made to name another
// Python, as those are that a build backend installs. What stands in the place of a file
// of the commit's has to be that one; under another name, or elsewhere than where scripts
// are, it was not installed.
func (f *forge) installed(j *judged) (at checks.TreeEntry, v checks.FileVerdict) {
	first := interpreter.Find(j.content)
	if first == nil {
		return at, ""
	}
	for _, other := range []string{"#!/usr/bin/env python3\n", "#!/usr/bin/env python\n", "#!/usr/bin/python3\n", "#!/usr/bin/python\n", "#!python\n"} {
		blob := f.tree.blobOf(append([]byte(other), j.content[len(first):]...))
		places := f.tree.blobs[blob]
		switch named := slices.IndexFunc(places, func(p string) bool { return path.Base(p) == path.Base(j.path) }); {
		case len(places) == 0, j.git.SHA != "" && j.git.SHA != blob:
		case j.git.SHA != "":
			return j.git, checks.FileGenerated
		case named >= 0 && scriptDir.MatchString(j.path):
			return f.tree.paths[places[named]], checks.FileGenerated
		default:
			return f.tree.paths[places[0]], checks.FileMoved
		}
	}
	return at, ""
}

// wheelData is what installing a wheel puts below the root of Python's own place, which for
// some is the system's.
var wheelData = regexp.MustCompile(`^[^/]+\.data/data(/.+)$`)

// installedAt is where a file comes to lie in a system; empty where that is within the
// project, or not told.
func (t *Tracer) installedAt(e *entry) string {
	switch {
	case e.outside:
		return e.path
	case t.o.Form == checks.FormDeb && t.o.Source == "" && !e.control:
		return "/" + e.path
	case t.o.Form == checks.FormWheel:
		if m := wheelData.FindStringSubmatch(e.path); m != nil {
			return m[1]
		}
	}
	return ""
}

// wheelScript is what installing a wheel makes executable.
var wheelScript = regexp.MustCompile(`^[^/]+\.data/scripts/`)

// runs tells whether something may run a file: by itself, or while something is built.
func (t *Tracer) runs(e *entry) bool {
	name := path.Base(e.path)
	switch {
	case e.exec, e.setid, e.control && !debianPath.MatchString(e.path), underSystem.MatchString(t.installedAt(e)):
		return true
	case isDocumentation(e):
		return false
	case t.o.Form == checks.FormWheel && wheelScript.MatchString(e.path): // as which it is installed
		return true
	case slices.Contains([]string{"makefile", "gnumakefile", "configure", "dockerfile", "rakefile", "cmakelists.txt", "meson.build", "package.json", "pyproject.toml"},
		strings.ToLower(name)):
		return true
	}
	return slices.Contains([]string{".py", ".pyc", ".pyd", ".pth", ".so", ".dll", ".dylib", ".exe", ".a", ".o", ".m4", ".ac", ".am", ".in", ".mk", ".cmake",
		".sh", ".bash", ".bat", ".cmd", ".ps1", ".pl", ".rb", ".js", ".mjs", ".cjs", ".ts", ".c", ".h", ".cc", ".cpp", ".hpp", ".rs", ".go", ".s",
		".java", ".class", ".jar", ".php", ".lua", ".wasm", ".pyx", ".pxd", ".egg-link", ".service", ".desktop"}, strings.ToLower(path.Ext(name)))
}
