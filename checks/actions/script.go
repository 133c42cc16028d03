package actions

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rhysd/actionlint"
)

// maxScripts bounds how many scripts of the repository one script may start that are
// followed. What a release starts by hand is a handful.
const maxScripts = 50

var (
	plainWord  = regexp.MustCompile(`^[A-Za-z0-9._@+/-]+$`)
	assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
	shellLine  = regexp.MustCompile(`^#!\s*/\S*/(?:env\s+(?:-S\s+)?)?(?:ba|da|z|k)?sh\b`)
	rootWord   = regexp.MustCompile(`^(?:\$GITHUB_WORKSPACE|\$\{GITHUB_WORKSPACE\}|\$\{\{\s*github\.workspace\s*\}\})/`)
	besideWord = regexp.MustCompile(`^(?:\$GITHUB_ACTION_PATH|\$\{GITHUB_ACTION_PATH\}|\$\{\{\s*github\.action_path\s*\}\})/`)
)

// parseScript takes a script of a shell for one step that runs it. What is in another
// language has no step: nothing here reads it.
func parseScript(f *File, src []byte) *File {
	first, _, _ := bytes.Cut(src, []byte("\n"))
	shell := shellLine.Match(first) || !bytes.HasPrefix(first, []byte("#!")) && slices.Contains([]string{".sh", ".bash"}, path.Ext(f.Path))
	if !shell || len(src) > maxBytes || !utf8.Valid(src) {
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
	for _, line := range (Step{File: f, Def: def}).Script() {
		for command := range splitCommands(line.Text) {
			words := commandWords(command)
			if len(words) == 0 {
				continue
			}
			if words[0] == "cd" || words[0] == "pushd" || words[0] == "popd" {
				if dir, ok = changeDir(dir, words); !ok {
					return out
				}
				continue
			}
			ref := Ref{Repo: f.Repo, At: f.At, Path: f.started(words, dir), Script: true}
			if within(ref.Path) && !slices.Contains(out, ref) && len(out) < maxScripts {
				out = append(out, ref)
			}
		}
	}
	return out
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

// commandWords are the words of a command, from its name on.
func commandWords(command string) []string {
	words := strings.Fields(strings.TrimLeft(command, "({! "))
	for i, w := range words {
		w = strings.Trim(w, `"'()`)
		words[i] = w
	}
	for len(words) > 0 {
		switch w := words[0]; {
		case slices.Contains([]string{"sudo", "exec", "time", "env", "command", "if", "then", "else", "elif", "do", "while", "!", "-E", "-S"}, w), assignment.MatchString(w):
			words = words[1:]
		default:
			return words
		}
	}
	return nil
}

// started is the file of the repository that a command starts; empty for none.
func (f *File) started(words []string, dir string) string {
	name := words[0]
	if slices.Contains([]string{"bash", "sh", "dash", "zsh", "source", "."}, name) {
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
		case a == "-o" || a == "+o" || a == "-O":
			i++
		case strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "cs"):
			return ""
		case !strings.HasPrefix(a, "-"):
			return a
		}
	}
	return ""
}
