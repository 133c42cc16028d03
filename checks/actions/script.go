package actions

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rhysd/actionlint"

	"twokey/checks/text"
)

var (
	plainWord = regexp.MustCompile(`^[A-Za-z0-9._@+/-]+$`)
	// optionWithValue are a shell's options of which the last takes a word, such as -euo.
	optionWithValue = regexp.MustCompile(`^[-+][a-zA-Z]*[oO]$`)
	assignment      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
	shellLine       = regexp.MustCompile(`^#!\s*/\S*/(?:env\s+(?:-S\s+)?)?(?:busybox\s+)?(?:ba|da|a|z|k|mk)?sh\b`)
	rootWord        = regexp.MustCompile(`^(?:\$GITHUB_WORKSPACE|\$\{GITHUB_WORKSPACE\}|\$PWD|\$\{PWD\}|\$\{\{\s*github\.workspace\s*\}\})/`)
	besideWord      = regexp.MustCompile(`^(?:\$GITHUB_ACTION_PATH|\$\{GITHUB_ACTION_PATH\}|\$\{\{\s*github\.action_path\s*\}\})/`)
)

// parseScript takes a script of a shell for one step that runs it. One that names another
// language has no step: nothing here reads it. What is no text is unknown: so is what it
// does.
func parseScript(f *File, src []byte) *File {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	first, _, _ := bytes.Cut(src, []byte("\n"))
	switch {
	case bytes.HasPrefix(first, []byte("#!")) && !shellLine.Match(first):
		return f
	case len(src) > maxBytes:
		f.Unread, f.Problem = true, text.Cleanf("the script is larger than %d KiB, and was not read", maxBytes>>10)
		return f
	case !utf8.Valid(src):
		f.Unread, f.Problem = true, text.Clean("it is no text: what it does was not read")
		return f
	}
	at := &actionlint.Pos{Line: 1, Col: 1}
	f.Steps = []*actionlint.Step{{Pos: at, Exec: &actionlint.ExecRun{Run: &actionlint.String{Value: string(src), Pos: at}, RunPos: at}}}
	return f
}

// scripts are those of the repository that a step starts from dir, which is from the
// root, as far as their names stand in its own script as they are. What a variable names,
// and what is started from a directory that is only known when it runs, is not followed.
func (f *File) scripts(def *actionlint.Step, dir string) []Ref {
	run, ok := def.Exec.(*actionlint.ExecRun)
	if !ok || run.Run == nil || run.Shell != nil && !slices.Contains([]string{"bash", "sh"}, strings.Fields(run.Shell.Value + " -")[0]) {
		return nil
	}
	if dir, ok = f.workDir(def, dir); !ok {
		return nil
	}
	var out []Ref
	f.eachStart(run.Run.Value, &dir, 0, func(name string) {
		ref := Ref{Repo: f.Repo, At: f.At, Path: name, Script: true}
		if within(ref.Path) && !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	})
	return out
}

// maxWithin is how deep the commands may stand in one another that a shell is told.
const maxWithin = 3

// eachStart calls found for each file of the repository that a script starts, from where
// it is by then. It stops where the script goes somewhere that is only known when it runs.
func (f *File) eachStart(script string, dir *string, depth int, found func(name string)) (goesOn bool) {
	for _, command := range shellCommands(script) {
		words := commandWords(command.words)
		if len(words) == 0 {
			continue
		}
		if words[0] == "cd" || words[0] == "pushd" || words[0] == "popd" {
			to, ok := changeDir(*dir, words)
			if !ok {
				return false
			}
			*dir = to
			continue
		}
		if told := toldCommands(words); told != "" && depth < maxWithin {
			if !f.eachStart(told, dir, depth+1, found) {
				return false
			}
			continue
		}
		if name := f.started(words, *dir); name != "" {
			found(name)
		}
	}
	return true
}

// workDir is where a step runs, from the root; false where that is only known then.
func (f *File) workDir(def *actionlint.Step, dir string) (string, bool) {
	run, ok := def.Exec.(*actionlint.ExecRun)
	if !ok || run.WorkingDirectory == nil {
		return dir, plainWord.MatchString(dir) || dir == ""
	}
	own := rootWord.ReplaceAllString(run.WorkingDirectory.Value, "")
	return own, plainWord.MatchString(own) && !path.IsAbs(own)
}

// jobDir is where the steps of a job run that do not say so themselves.
func (f *File) jobDir(job *actionlint.Job) string {
	for _, d := range []*actionlint.Defaults{job.Defaults, f.Workflow.Defaults} {
		if d != nil && d.Run != nil && d.Run.WorkingDirectory != nil {
			return rootWord.ReplaceAllString(d.Run.WorkingDirectory.Value, "")
		}
	}
	return ""
}

// changeDir is where a script is after it went elsewhere.
func changeDir(dir string, words []string) (string, bool) {
	if words[0] != "cd" || len(words) != 2 {
		return "", false
	}
	to := rootWord.ReplaceAllString(words[1], "")
	if to != words[1] {
		dir = ""
	}
	return path.Join(dir, to), plainWord.MatchString(to) && !path.IsAbs(to)
}

// commandWords are the words of a command, from its own name on: not of what starts it.
func commandWords(words []string) []string {
	for len(words) > 0 {
		w := words[0]
		values, wraps := map[string]string{"sudo": "ughpCTrt", "env": "uC", "timeout": "ks", "nice": "n", "stdbuf": "ioe",
			"nohup": "", "exec": "a", "time": "fo", "command": "", "busybox": ""}[w]
		switch {
		case slices.Contains([]string{"if", "then", "else", "elif", "do", "while", "until", "!", "{", "}"}, w), assignment.MatchString(w):
			words = words[1:]
		case wraps:
			words = afterFlags(words[1:], values)
			if w == "timeout" && len(words) > 0 { // how long
				words = words[1:]
			}
		default:
			return words
		}
	}
	return nil
}

// afterFlags are the words behind a command's flags, of which some take a value.
func afterFlags(words []string, values string) []string {
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		w := words[0]
		words = words[1:]
		if w == "--" {
			break
		}
		if len(w) == 2 && strings.Contains(values, w[1:]) && len(words) > 0 {
			words = words[1:]
		}
	}
	return words
}

// toldCommands are the commands that a shell is told to run in place of a file; empty for
// none.
func toldCommands(words []string) string {
	if words[0] == "eval" {
		return strings.Join(words[1:], " ")
	}
	if !isShell(words[0]) {
		return ""
	}
	for i, w := range words[1:] {
		if strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "c") && i+2 < len(words) {
			return words[i+2]
		}
	}
	return ""
}

// started is the file of the repository that a command starts; empty for none.
func (f *File) started(words []string, dir string) string {
	name := words[0]
	if isShell(name) || name == "source" || name == "." {
		name = shellArgument(words[1:])
	} else if !strings.Contains(name, "/") {
		return ""
	}
	switch root := rootWord.ReplaceAllString(name, ""); {
	case root != name:
		name, dir = root, ""
	default:
		if beside := besideWord.ReplaceAllString(name, ""); beside != name {
			name, dir = beside, path.Dir(f.Path)
		}
	}
	if !plainWord.MatchString(name) || path.IsAbs(name) {
		return ""
	}
	return path.Join(dir, name)
}

// shellArgument is the file that a shell is told to run; empty where it is told commands.
func shellArgument(args []string) string {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case optionWithValue.MatchString(a):
			i++
		case strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "cs"):
			return ""
		case !strings.HasPrefix(a, "-"):
			return a
		}
	}
	return ""
}
