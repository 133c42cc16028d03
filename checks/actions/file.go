// Package actions reads what GitHub Actions run: workflow files and the composite
// actions of a repository. It says what stands in them and where, and judges nothing;
// the checks do. Nothing here reads a network or a disk.
package actions

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v4"

	"twokey/checks/text"
)

// Dir is where GitHub looks for workflow files.
const Dir = ".github/workflows"

// Ref names a file of a repository, or the directory of an action.
type Ref struct {
	Repo string // owner/name
	At   string // a commit, or the ref that a caller names
	Path string // from the root, without a slash before it
	// Script holds for a script of the repository that a step starts.
	Script bool
}

// Base is the file's own name; of an action it is the directory's, too, and a script is
// called by its path.
func (r Ref) Base() string {
	if r.Script {
		return r.Path
	}
	if name := path.Base(r.Path); name != "action.yml" && name != "action.yaml" {
		return name
	}
	return path.Base(path.Dir(r.Path)) + "/" + path.Base(r.Path)
}

// File is a workflow file, a composite action or a script that they start, as it was read.
type File struct {
	Ref
	// Page is where people can look at it; a line of it is Page#L1. Empty when not known.
	Page text.Safe
	// Lines are the file's, without their ends, as they stand: hostile.
	Lines []string
	// Workflow is nil for an action, and for what can not be understood at all. With a
	// Problem it holds what is before it.
	Workflow *actionlint.Workflow
	// Steps are those of a composite action, or the one that a script is, and Defaults what each of its inputs is where
	// nothing is given.
	Steps    []*actionlint.Step
	Defaults map[string]*actionlint.String
	// code holds for an action of another kind.
	code bool
	// jobs are the workflow's, as they stand, variables those that it sets for all of them
	// and secrets what these name, and size is the file's in bytes.
	jobs      []*actionlint.Job
	variables []Variable
	secrets   []Secret
	words     []string // these as powers
	feeds     []int    // the lines by line feeds alone; nil where they are the same
	size      int
	// Problem is why GitHub would not understand the file, or why it was not read; zero
	// when there is none. A key that only the parser does not know is no problem:
	// GitHub's language grows.
	Problem text.Safe
	// Unread holds when Problem is about reading it; Needs is what that takes, and Next the
	// next step where it takes nothing that can be given.
	Unread      bool
	Needs, Next string
}

// harmless is what the parser minds and GitHub does not.
var harmless = regexp.MustCompile(`unexpected key|^"(?:with|env|inputs|secrets|outputs)" section should not be empty`)

// lineEnd is what ends a line for YAML, which counts more than editors do: the lines are
// those that positions speak of.
var lineEnd = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

// Line is the n-th line, from 1; empty beyond the file.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.Lines) {
		return ""
	}
	return f.Lines[n-1]
}

// PageLine is the number that the n-th line has where people look at it: there only line
// feeds are counted.
func (f *File) PageLine(n int) int {
	if f.feeds == nil || n < 1 || n > len(f.feeds) {
		return n
	}
	return f.feeds[n-1]
}

// feedLines are the numbers of lines when only line feeds are counted; nil where they are
// the same.
func feedLines(src string) []int {
	out, n, same := []int{1}, 1, true
	for _, end := range lineEnd.FindAllString(src, -1) {
		if strings.HasSuffix(end, "\n") {
			n++
		} else {
			same = false
		}
		out = append(out, n)
	}
	if same {
		return nil
	}
	return out
}

// Parse reads a workflow file, or the definition of an action or a script where the name
// says that it is one. What can not be understood has a Problem.
func Parse(ref Ref, src []byte) *File {
	f := &File{Ref: ref, Lines: lineEnd.Split(string(src), -1), size: len(src), feeds: feedLines(string(src))}
	if ref.Script {
		return parseScript(f, src)
	}
	if err := Guard(src); err != nil {
		f.Problem = text.Clean(err.Error())
		return f
	}
	if isAction(ref.Path) {
		f.Steps, f.Defaults, f.Problem = compositeSteps(src)
		f.code = f.Defaults == nil && f.Problem.IsZero()
		return f
	}
	w, errs := actionlint.Parse(src)
	f.Workflow, f.jobs = w, inOrder(w)
	if w != nil {
		f.variables, f.secrets = variables(f, w.Env), f.secretsOf(w.Env)
		f.words = secretWords(f.secrets)
	}
	for _, e := range errs {
		if w != nil && harmless.MatchString(e.Message) {
			continue
		}
		f.Problem = text.Cleanf("line %d, column %d: %s", e.Line, e.Column, e.Message)
		return f
	}
	if w == nil || len(w.On) == 0 || len(w.Jobs) == 0 {
		f.Problem = text.Clean("it has no triggers or no jobs")
	}
	return f
}

// inOrder are the jobs of a workflow by where they stand.
func inOrder(w *actionlint.Workflow) []*actionlint.Job {
	if w == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(w.Jobs), func(a, b *actionlint.Job) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
}

// isAction tells whether a path is that of an action's definition.
func isAction(p string) bool {
	name := path.Base(p)
	return !strings.HasPrefix(p, Dir+"/") && (name == "action.yml" || name == "action.yaml")
}

// Jobs are the jobs of a workflow as they stand in the file; none of an action.
func (f *File) Jobs() []*actionlint.Job { return f.jobs }

// span are the first and the last line of a job.
func (f *File) span(job *actionlint.Job) (first, last int) {
	first, last = job.Pos.Line, len(f.Lines)
	i := sort.Search(len(f.jobs), func(i int) bool { return f.jobs[i].Pos.Line > first })
	if i < len(f.jobs) {
		last = f.jobs[i].Pos.Line - 1
	}
	return first, last
}

const (
	// maxBytes is the largest workflow file that is read.
	maxBytes = 512 << 10
	// maxNodes bounds a workflow with its aliases written out. The parser copies what
	// an alias stands for wherever it stands, so that a hundred aliases can ask for
	// more memory than there is.
	maxNodes = 200_000
)

// Guard refuses a file that is no YAML or would cost too much to parse. It comes before
// anything else that reads a file of a repository.
func Guard(src []byte) error {
	if len(src) > maxBytes {
		return fmt.Errorf("the file is larger than %d KiB", maxBytes>>10)
	}
	if !utf8.Valid(src) {
		return errors.New("not UTF-8")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return fmt.Errorf("not YAML: %w", err)
	}
	if weigh(&doc, map[*yaml.Node]int{}) > maxNodes {
		return errors.New("its aliases stand for too much")
	}
	return nil
}

// weigh counts the nodes below n with aliases written out. An alias within what it
// stands for has no end.
func weigh(n *yaml.Node, known map[*yaml.Node]int) int {
	if n == nil {
		return 0
	}
	if w, ok := known[n]; ok {
		return w
	}
	known[n] = maxNodes + 1 // until it is known: it holds itself
	total := 1 + weigh(n.Alias, known)
	for _, c := range n.Content {
		total = min(total+weigh(c, known), maxNodes+1)
	}
	known[n] = total
	return total
}
