package rehearsal

import (
	"regexp"
	"strings"
)

// scriptOutputs are the outputs of a step that can be read from its script: those
// that it writes as they stand, or that hold a file of the repository. Everything
// else a script computes is known only at run time.
func scriptOutputs(script string, read func(string) ([]byte, error)) *object {
	outputs := newObject("*", unknown{})
	variables := map[string]string{}
	for line := range strings.Lines(script) {
		if m := assignment.FindStringSubmatch(line); m != nil {
			if v, ok := shellValue(m[3], variables, read); ok && m[2] == "" {
				variables[m[1]] = v
			} else {
				delete(variables, m[1])
			}
		}
		if m := outputLine.FindStringSubmatch(line); m != nil {
			if v, ok := shellValue(m[2], variables, read); ok {
				outputs.set(m[1], v)
			}
		}
	}
	return outputs
}

var (
	// assignment finds NAME=value and NAME+=value at the beginning of a line.
	assignment = regexp.MustCompile(`^\s*(?:export )?([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*?)\s*$`)
	// outputLine finds echo "name=value" >> $GITHUB_OUTPUT.
	outputLine = regexp.MustCompile(
		`^\s*echo\s+["']?([A-Za-z_][\w-]*)=(.*?)["']?\s*>>\s*"?\$\{?GITHUB_OUTPUT\}?"?\s*$`)
	// fileInShell finds a value that is a file's content, perhaps without its spaces.
	fileInShell = regexp.MustCompile(
		`^\$\((?:cat|<|jq -c|jq -c '?\.'?|jq '?\.'? -c)\s*"?([\w./-]+)"?` +
			`(?:\s*\|\s*(?:tr -d\s+\S+|jq -c '?\.?'?))?\s*\)$`)
)

// shellValue is the value of a shell word, where it can be told without a shell.
func shellValue(word string, variables map[string]string, read func(string) ([]byte, error)) (string, bool) {
	if len(word) >= 2 && (word[0] == '"' || word[0] == '\'') && word[len(word)-1] == word[0] {
		word = word[1 : len(word)-1]
	}
	if m := fileInShell.FindStringSubmatch(word); m != nil {
		content, err := read(strings.TrimPrefix(m[1], "./"))
		return strings.TrimSpace(string(content)), err == nil
	}
	if name, ok := strings.CutPrefix(word, "$"); ok {
		v, known := variables[strings.Trim(name, "{}")]
		return v, known
	}
	return strings.ReplaceAll(word, `\"`, `"`), !strings.ContainsAny(word, "$`")
}
