package actions

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// shellCommand is one command of a script, as a shell takes it.
type shellCommand struct {
	words []string // without their quotes
	row   int      // the line of the script on which it begins, from 0
	line  string   // that line with those that go on with it, as it is written
	// unsure holds where it stands in a script that a script writes, and may run.
	unsure bool
}

// shellCommands are the commands of a script: those within $( ) and ` ` too, and those of
// a here document that a shell is given to run, or may be given. Comments and other here
// documents are none.
func shellCommands(src string) []shellCommand {
	l := &shellReader{src: strings.ReplaceAll(src, "\r", "")}
	for l.pos < len(l.src) { // a ) too many ends a list
		l.list()
	}
	l.endLine()
	return l.out
}

// maxNested is how deep commands may stand in one another. A script of nothing but ( is
// no release.
const maxNested = 100

// shellReader takes a script apart.
type shellReader struct {
	src   string
	pos   int
	row   int
	depth int
	out   []shellCommand
	// start is where the line begins, and first its first command in out; row's is the
	// first that stands on the same row.
	start, first, rowFirst int
	docs                   []hereDoc
	rowStart               int
	open                   map[string]bool // marks that nothing ends any more
}

// hereDoc is a here document whose text begins below the line.
type hereDoc struct {
	end  string
	tabs bool // those before its lines do not count
}

// shellWords collects the words of one command.
type shellWords struct {
	shellCommand
	word   strings.Builder
	begun  bool // a word, which may be empty
	target bool // the next word is the file of a redirection
}

func (w *shellWords) endWord() {
	if w.begun && !w.target {
		w.words = append(w.words, w.word.String())
	}
	if w.begun {
		w.target = false
	}
	w.begun = false
	w.word.Reset()
}

func (w *shellWords) add(s string) {
	w.begun = true
	w.word.WriteString(s)
}

// list reads commands up to the ) that ends them.
func (l *shellReader) list() {
	l.depth++
	defer func() { l.depth-- }()
	w := &shellWords{}
	end := func() {
		w.endWord()
		if len(w.words) > 0 {
			l.out = append(l.out, w.shellCommand)
		}
		*w = shellWords{shellCommand: shellCommand{row: l.row}}
	}
	w.row = l.row
	defer end()
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		if len(w.words) == 0 && !w.begun {
			w.row = l.row
		}
		switch {
		case c == '\n':
			l.pos++
			end()
			l.newLine()
			w.row = l.row
		case c == ' ' || c == '\t':
			l.pos++
			w.endWord()
		case c == '#' && !w.begun:
			for l.pos < len(l.src) && l.src[l.pos] != '\n' {
				l.pos++
			}
		case c == '&' && strings.HasPrefix(l.src[l.pos:], "&>"):
			l.pos++
		case c == ';' || c == '&' || c == '|':
			l.pos++
			end()
		case c == '(' && l.depth < maxNested:
			l.pos++
			end()
			l.list()
		case c == ')':
			l.pos++
			return
		case c == '<' || c == '>':
			l.redirect(w)
		default:
			l.piece(w)
		}
	}
}

// redirect reads what sends a command's text elsewhere or gives it one.
func (l *shellReader) redirect(w *shellWords) {
	if strings.Trim(w.word.String(), "0123456789") == "" {
		w.begun = false // the number of what is sent
		w.word.Reset()
	}
	w.endWord()
	rest := l.src[l.pos:]
	switch {
	case strings.HasPrefix(rest, "<<<"):
		l.pos += 3
		w.target = true
	case strings.HasPrefix(rest, "<<"):
		m := hereMark.FindStringSubmatch(rest)
		if m == nil {
			l.pos += 2
			return
		}
		l.pos += len(m[0])
		l.docs = append(l.docs, hereDoc{end: m[2] + m[3] + m[4], tabs: m[1] != ""})
	case len(rest) > 1 && rest[1] == '(' && l.depth < maxNested:
		l.pos += 2
		l.list()
	default:
		l.pos += len(rest) - len(strings.TrimLeft(rest, "<>&|"))
		w.target = true
	}
}

var hereMark = regexp.MustCompile(`^<<(-?)[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|\\?([A-Za-z0-9_.!@%+-]+))`)

// piece reads a part of a word.
func (l *shellReader) piece(w *shellWords) {
	rest := l.src[l.pos:]
	switch rest[0] {
	case '\\':
		l.pos += min(2, len(rest))
		if strings.HasPrefix(rest, "\\\n") {
			l.row++
			return
		}
		w.add(rest[min(1, len(rest)):min(2, len(rest))])
	case '\'':
		text, _, closed := strings.Cut(rest[1:], "'")
		if !closed {
			l.pos++
			w.add("'")
			return
		}
		l.pos += len(text) + 2
		l.row += strings.Count(text, "\n")
		w.add(text)
	case '"':
		l.pos++
		w.add("")
		l.quoted(w)
	case '$':
		l.dollar(w)
	case '`':
		l.ticked(w)
	default:
		l.pos++
		w.add(rest[:1])
	}
}

// quoted reads up to the " that ends a text.
func (l *shellReader) quoted(w *shellWords) {
	for l.pos < len(l.src) {
		switch rest := l.src[l.pos:]; rest[0] {
		case '"':
			l.pos++
			return
		case '$':
			l.dollar(w)
		case '`':
			l.ticked(w)
		case '\\':
			l.pos += min(2, len(rest))
			l.row += strings.Count(rest[:min(2, len(rest))], "\n")
			if len(rest) > 1 && rest[1] != '\n' {
				w.add(rest[1:2])
			}
		default:
			if rest[0] == '\n' {
				l.row++
			}
			l.pos++
			w.add(rest[:1])
		}
	}
}

// dollar reads what a $ begins: an expression and a variable stay as they are written,
// and commands are read for themselves.
func (l *shellReader) dollar(w *shellWords) {
	rest := l.src[l.pos:]
	whole := "$"
	switch {
	case strings.HasPrefix(rest, "${{") && l.closes(rest, "}}"):
		whole = rest[:strings.Index(rest, "}}")+2]
	case strings.HasPrefix(rest, "${") && l.closes(rest, "}"):
		whole = rest[:strings.Index(rest, "}")+1]
	case strings.HasPrefix(rest, "$(") && l.depth < maxNested:
		l.pos += 2
		l.list()
		w.add("$()")
		return
	}
	l.pos += len(whole)
	l.row += strings.Count(whole, "\n")
	w.add(whole)
}

// closes tells whether a mark comes yet. Where it does not, nobody asks again: a script
// may be half a million bytes of ${.
func (l *shellReader) closes(rest, mark string) bool {
	if l.open[mark] || !strings.Contains(rest, mark) {
		if l.open == nil {
			l.open = map[string]bool{}
		}
		l.open[mark] = true
		return false
	}
	return true
}

// ticked reads commands between ` and `.
func (l *shellReader) ticked(w *shellWords) {
	text, _, closed := strings.Cut(l.src[l.pos+1:], "`")
	if !closed {
		l.pos++
		w.add("`")
		return
	}
	w.add("$()")
	if l.depth < maxNested {
		inner := &shellReader{src: strings.ReplaceAll(text, "\\", ""), row: l.row, depth: l.depth}
		for inner.pos < len(inner.src) {
			inner.list()
		}
		inner.endLine()
		l.out = append(l.out, inner.out...)
	}
	l.pos += len(text) + 2
	l.row += strings.Count(text, "\n")
}

// newLine goes on behind the end of a line, and behind the here documents below it.
func (l *shellReader) newLine() {
	runs := len(l.docs) > 0 && slices.ContainsFunc(l.out[l.rowFirst:], shellCommand.shell)
	if l.depth == 1 {
		l.endLine()
	}
	l.row++
	writes := len(l.docs) > 0 && scriptName.MatchString(l.src[l.rowStart:l.pos])
	for _, d := range l.docs {
		from, row := l.pos, l.row
		body := l.src[from:l.document(d)]
		if l.depth < maxNested && (runs || writes || shellLine.MatchString(body)) {
			for _, c := range shellCommands(body) {
				c.row, c.unsure = c.row+row, c.unsure || !runs
				l.out = append(l.out, c)
			}
		}
	}
	l.rowStart = l.pos
	l.docs, l.rowFirst = nil, len(l.out)
	if l.depth == 1 {
		l.start, l.first = l.pos, len(l.out)
	}
}

// scriptName is the name of a script of a shell.
var scriptName = regexp.MustCompile(`\.(?:sh|bash)\b`)

// document goes behind a here document, and tells where its text ends.
func (l *shellReader) document(d hereDoc) (end int) {
	for l.pos < len(l.src) {
		at := l.pos
		line, _, _ := strings.Cut(l.src[at:], "\n")
		l.pos = min(at+len(line)+1, len(l.src))
		l.row++
		if d.tabs {
			line = strings.TrimLeft(line, "\t")
		}
		if line == d.end {
			return at
		}
	}
	return len(l.src)
}

// endLine gives the commands of a line its text.
func (l *shellReader) endLine() {
	text := strings.TrimSpace(strings.ReplaceAll(l.src[l.start:l.pos], "\\\n", " "))
	for i := min(l.first, len(l.out)); i < len(l.out); i++ {
		l.out[i].line = text
	}
	l.start, l.first = l.pos, len(l.out)
}

// plain are the words of a command from its name on: behind what a shell reads itself,
// and what only says how it is run.
func (c shellCommand) plain() []string {
	words := c.words
	for len(words) > 0 && (assignment.MatchString(words[0]) || beforeCommand(words[0])) {
		words = words[1:]
	}
	return words
}

// beforeCommand tells whether a word stands before the name of a command.
func beforeCommand(w string) bool {
	switch w {
	case "sudo", "exec", "time", "env", "command", "builtin", "nohup", "if", "then", "else", "elif", "do", "while", "until", "!", "{", "-E", "-S":
		return true
	}
	return false
}

// shell tells whether a command is one that may run what it is given to read.
func (c shellCommand) shell() bool {
	return slices.ContainsFunc(c.words, func(w string) bool { return isShell(w) || path.Base(w) == "ssh" })
}

func isShell(w string) bool {
	switch path.Base(w) {
	case "bash", "sh", "zsh", "dash", "ash", "ksh":
		return true
	}
	return false
}

// takesCommands tells whether a program runs what stands in one of its words.
func takesCommands(w string) bool {
	switch path.Base(w) {
	case "eval", "ssh", "su", "runuser", "sg", "script", "nix-shell", "retry", "parallel", "xargs", "timeout", "flock":
		return true
	}
	return false
}

// within are the commands that a command is told to run in one of its words.
func (c shellCommand) within() []shellCommand {
	words := c.plain()
	runs, shell := false, false
	var out []shellCommand
	for i, w := range words {
		switch {
		case strings.ContainsAny(w, " \t\n") && (runs || shell && shellOption.MatchString(words[i-1])):
			for _, inner := range shellCommands(w) {
				out = append(out, shellCommand{inner.words, c.row, c.line, c.unsure || inner.unsure})
			}
		default:
			shell, runs = shell || isShell(w), runs || takesCommands(w)
		}
	}
	return out
}

// shellOption tells a shell to run the next word.
var shellOption = regexp.MustCompile(`^-[a-z]*c$`)
