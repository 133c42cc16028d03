package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
)

// maxCandidates is how many files are remembered of which somebody may have meant one, and
// shownCandidates how many of them are named.
const (
	maxCandidates   = 1000
	shownCandidates = 10
)

// FileExplained is one file in one published file, and what the commit has of it; or a
// published file as a whole.
type FileExplained struct {
	In     File
	Base   Repo   // whose commit it was held against
	Commit string // of Base
	// Whole is what was found of all of In where that is what was asked for; nil for one
	// file in it.
	Whole *FileTrace
	File  checks.TracedFile
	// Content is the file's, and Was what the commit has under its path; nil for what is
	// longer than is shown, or not there.
	Content, Was []byte
}

// search is what is looked for in published files. A nil one looks for nothing.
type search struct {
	word string // a path, as somebody typed it
	// exact holds for one that is known to be one within the project.
	exact bool
	// found are the paths within the project that may have been meant.
	found map[string]bool
}

// traceable is a published file that is held against a commit.
type traceable struct {
	stage Stage
	file  File
	base  commit
}

// ExplainFile finds a file in what a version published, and says of each place what the
// commit has of it. The file is named by its path in the archive or in the project, by as
// much of the end of it as no other has, or as ARTIFACT:PATH; a published file's own name
// stands for all of it. It only reads.
func (e *Engine) ExplainFile(ctx context.Context, repo Repo, v, stage, word string) ([]FileExplained, error) {
	if e.ports.Artifacts == nil {
		return nil, &Error{Op: "verify", Err: errors.New("this session can not read what was published")}
	}
	ctx = e.lookFor(ctx, "verify")
	p, err := e.released(ctx, repo, v)
	if err != nil {
		return nil, err
	}
	if err := p.hasStage(stage); err != nil {
		return nil, err
	}
	in := e.inspect(p)
	files, unread := in.traceables(ctx, stage)
	if whole := ofArtifact(files, strings.TrimSuffix(word, ":")); len(whole) > 0 {
		return in.wholes(ctx, whole)
	}
	files, word = withoutArtifact(files, word)
	typed := &search{word: word, found: map[string]bool{}}
	found, err := in.searchIn(ctx, files, typed)
	if err == nil && len(found) == 0 { // perhaps what was typed is the end of one
		if word, err = typed.only(p, files); err == nil {
			found, err = in.searchIn(ctx, files, &search{word: word, exact: true, found: map[string]bool{}})
		}
	}
	if len(found) > 0 || ctx.Err() != nil {
		return found, ctx.Err()
	}
	if unread = cmp.Or(unread, in.unread); unread != nil && len(typed.found) == 0 { // it may be in what nobody could read
		return nil, explain(unread, "explaining "+text.Clean(word).String(), "")
	}
	return nil, err
}

// searchIn reads the published files for one in them.
func (in *inspection) searchIn(ctx context.Context, files []traceable, l *search) ([]FileExplained, error) {
	in.search = l
	for _, f := range files {
		if _, _, err := in.trace(ctx, f.stage, f.file, f.base, in.plan.Version); err != nil {
			in.unread = err
		}
	}
	return in.withTheirs(ctx), ctx.Err()
}

// traceables are the published files that are held against a commit, and why the files of
// some artifact are not known; nil where all are.
func (in *inspection) traceables(ctx context.Context, stage string) (out []traceable, unread error) {
	for _, st := range in.plan.Stages {
		if stage != "" && st.Name != stage || in.e.neverStarted(st) { // what is there now is another release's
			continue
		}
		for _, a := range st.Artifacts {
			base, unheld := in.base(st, a)
			if !unheld.IsZero() {
				continue
			}
			files, err := in.e.ports.Artifacts.Files(ctx, a)
			if err != nil {
				unread = err
			}
			for _, f := range files {
				if f.Form != checks.FormOther {
					out = append(out, traceable{st, f, base})
				}
			}
		}
	}
	return out, unread
}

// names are what a published file is called: by itself, by its artifact, and as a finding
// calls it.
func (f traceable) names() []string {
	a := f.file.Artifact
	return []string{f.file.Name, a.String(), a.Name, a.String() + " " + f.file.Name, a.Name + " " + f.file.Name, path.Base(a.Name)}
}

// ofArtifact are the published files that a word names.
func ofArtifact(files []traceable, word string) (out []traceable) {
	for _, f := range files {
		if slices.Contains(f.names(), word) {
			out = append(out, f)
		}
	}
	return out
}

// withoutArtifact reads ARTIFACT:PATH. Both may hold that sign; where none of the published
// files has such a name, all of it is a path.
func withoutArtifact(files []traceable, word string) ([]traceable, string) {
	for i, r := range word {
		if r != ':' {
			continue
		}
		if of := ofArtifact(files, word[:i]); len(of) > 0 && i+1 < len(word) {
			return of, word[i+1:]
		}
	}
	return files, word
}

// wholes says of published files what was found of all of each.
func (in *inspection) wholes(ctx context.Context, files []traceable) ([]FileExplained, error) {
	var out []FileExplained
	for _, f := range files {
		report, _, err := in.trace(ctx, f.stage, f.file, f.base, in.plan.Version)
		if err != nil {
			return nil, explain(err, "explaining "+text.Clean(f.file.Name).String(), "")
		}
		whole := FileTrace{Name: text.Clean(f.file.Name), Form: f.file.Form, Size: f.file.Size}
		whole.tell(report)
		out = append(out, FileExplained{In: f.file, Base: f.base.repo, Commit: f.base.sha, Whole: &whole})
	}
	return out, nil
}

// withTheirs adds to what was found what the commits have of it.
func (in *inspection) withTheirs(ctx context.Context) []FileExplained {
	for i := range in.explained {
		x := &in.explained[i]
		if x.File.GitBlob == "" {
			continue
		}
		was, err := in.contents(ctx, commit{x.Base, x.Commit}, []string{x.File.GitBlob})
		if err != nil {
			in.e.note("%s: what the commit has can not be read: %v", x.File.Path, err)
		}
		x.Was = was[x.File.GitBlob]
	}
	return in.explained
}

// path is the file that is looked for in a published one, by its path within the project:
// without the directory that an archive or an artifact's source puts around it.
func (l *search) path(f File) string {
	if l == nil {
		return ""
	}
	word := strings.TrimPrefix(l.word, "./")
	if l.exact {
		return l.word
	}
	if src := f.Artifact.Source; src != "" {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(word, "/"), strings.Trim(src, "/")+"/"); ok {
			return rest
		}
	}
	if dir, rest, ok := strings.Cut(word, "/"); ok && f.Form == checks.FormSdist && dir != "" && strings.HasPrefix(f.Name, dir+".") {
		return rest
	}
	return word
}

// watch remembers which of the members that visit is told of may have been meant.
func (l *search) watch(f File, visit archive.Visit) archive.Visit {
	if l == nil {
		return visit
	}
	return func(m archive.Member, content io.Reader) error {
		p := placeOf(f, m)
		word := strings.TrimPrefix(l.word, "./")
		if m.Type != archive.Dir && len(l.found) < maxCandidates && (m.Path == strings.TrimPrefix(word, "/") || strings.HasSuffix("/"+p, "/"+strings.TrimPrefix(word, "/"))) {
			l.found[p] = true
		}
		return visit(m, content)
	}
}

// placeOf is where a member lies within the project.
func placeOf(f File, m archive.Member) string {
	switch {
	case m.Control:
		return "DEBIAN/" + m.Path
	case f.Artifact.Source != "":
		if rest, ok := strings.CutPrefix(m.Path, strings.Trim(f.Artifact.Source, "/")+"/"); ok {
			return rest
		}
		return "/" + m.Path
	case f.Form == checks.FormSdist:
		if _, rest, below := strings.Cut(m.Path, "/"); below {
			return rest
		}
	}
	return m.Path
}

// only is the one path that may have been meant, or the error that says that there are
// several, or none.
func (l *search) only(p Plan, files []traceable) (string, error) {
	found := slices.Sorted(maps.Keys(l.found))
	op := fmt.Sprintf("explaining %q", text.Clean(l.word).Clip(200))
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		var names []string
		for _, f := range files {
			names = append(names, f.file.Name)
		}
		slices.Sort(names)
		hint := "name it as a finding does, or as ARTIFACT:PATH"
		if names = slices.Compact(names); len(names) > 0 {
			hint += fmt.Sprintf("; an artifact's name alone says what is in it: %s", inWords(names[:min(len(names), shownCandidates)]))
		}
		return "", &Error{Kind: KindUsage, Op: op, Err: errors.New("no published file of " + p.Version + " that is held against a commit has it"), Hint: hint}
	}
	var lines []string
	for _, name := range found[:min(len(found), shownCandidates)] {
		lines = append(lines, "--explain "+text.Word(text.Clean(name).String()))
	}
	if more := len(found) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("or one of %d more", more))
	}
	return "", &Error{Kind: KindUsage, Op: op, Err: fmt.Errorf("%d files end so", len(found)), Hint: strings.Join(lines, "\n")}
}
