package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// maxDiff is how many lines of a difference are shown, and maxDiffLine how wide each.
const (
	maxDiff     = 60
	maxDiffLine = 200
)

// explainFile runs `twokey verify --explain FILE`.
func (a *app) explainFile(ctx context.Context, o verifyOptions) error {
	s, err := a.open(ctx, sessionOptions{access: Reads, anonymous: true})
	if err != nil {
		return ended(ctx, err)
	}
	defer s.close()
	found, err := s.engine.ExplainFile(ctx, s.repo, o.version, o.stage, o.explain)
	if err != nil {
		return ended(ctx, err)
	}
	w := bufio.NewWriter(a.cfg.IO.Out)
	for i, x := range found {
		if i > 0 {
			fmt.Fprintln(w)
		}
		for _, l := range explained1(x) {
			fmt.Fprintln(w, l)
		}
	}
	return w.Flush()
}

// explained1 is one place of a file, in lines.
func explained1(x release.FileExplained) []string {
	if x.Whole != nil {
		return wholeFile(x)
	}
	f := x.File
	out := []string{text.Cleanf("%s in %s, of %s: %s", shownName(f.Path), x.In.Name, x.In.Artifact, f.Verdict).String()}
	add := func(label string, value text.Safe) {
		if !value.IsZero() {
			out = append(out, fmt.Sprintf("  %-10s  %s", label, value))
		}
	}
	add("size", text.Clean(checks.Size(f.Size)))
	add("blob", text.Clean(f.Blob))
	if f.InGit != "" {
		add("in git", text.Cleanf("%s at %s of %s", shownName(f.InGit), x.Commit[:min(7, len(x.Commit))], x.Base))
		add("there", text.Clean(f.GitBlob))
		page := url.URL{Scheme: "https", Host: cmp.Or(x.Base.Host, "github.com"), Path: fmt.Sprintf("/%s/blob/%s/%s", x.Base, x.Commit, f.InGit)}
		add("see", text.Clean(page.String()))
	}
	add("why", f.Why)
	if f.Runs && f.Verdict != checks.FileSame {
		add("runs", text.Clean("it can be run, by itself or by a build"))
	}
	switch compared := f.GitBlob != ""; {
	case x.Content == nil || compared && x.Was == nil:
		if compared {
			add("diff", text.Clean("not shown: it is too long, or could not be read"))
		}
	case !isText(x.Content) || !isText(x.Was):
		add("content", text.Clean("binary: it is no text that people read in lines"))
	case compared:
		out = append(out, differences(x)...)
	case f.Verdict == checks.FileExtra:
		out = append(out, content(x.Content)...)
	}
	return out
}

// shownName is a path as it is: quoted where a person would see another name than it is.
func shownName(path string) string {
	if text.Clean(path).String() == path && !strings.ContainsAny(path, " \"'`") {
		return path
	}
	return text.Clean(strconv.Quote(path)).Clip(maxDiffLine).String()
}

// wholeFile is all of a published file, in lines: what was found of it, and the files in it
// that are not the commit's.
func wholeFile(x release.FileExplained) []string {
	words := x.Whole.Words
	if words.IsZero() {
		words = text.Cleanf("nobody should unpack it: %s", x.Whole.Why)
	}
	out := []string{text.Cleanf("%s, of %s: %s", x.In.Name, x.In.Artifact, words).String()}
	for i, f := range x.Whole.Differ {
		if i == maxDiff {
			break
		}
		line := fmt.Sprintf("  %-10s  %s  %s", f.Verdict, shownName(f.Path.String()), checks.Size(f.Size))
		if f.Runs && f.Verdict != checks.FileGenerated {
			line += "; it can be run"
		}
		if !f.Why.IsZero() {
			line += "; " + f.Why.String()
		}
		out = append(out, text.Clean(line).String())
	}
	if more := len(x.Whole.Differ) - maxDiff + x.Whole.More; len(x.Whole.Differ) > maxDiff || x.Whole.More > 0 {
		out = append(out, fmt.Sprintf("  … %d files more; --json has 200 of them", more))
	}
	return out
}

// content is the beginning of a text that the commit does not have.
func content(b []byte) []string {
	return bounded(strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"), "  | ")
}

// isText tells whether something is text that people read in lines.
func isText(b []byte) bool { return bytes.IndexByte(b, 0) < 0 && utf8.Valid(b) }

// differences are the lines in which a text differs from the commit's, as many as are
// read.
func differences(x release.FileExplained) []string {
	d := diff.Diff("git/"+x.File.InGit, x.Was, "published/"+x.File.Path, x.Content)
	lines := strings.Split(strings.TrimSuffix(string(d), "\n"), "\n")
	if strings.HasPrefix(lines[0], "diff ") { // the next two lines say it again
		lines = lines[1:]
	}
	return bounded(lines, "  ")
}

// bounded are as many lines as are shown, each as much of it, behind a mark.
func bounded(lines []string, mark string) []string {
	var out []string
	for i, l := range lines {
		if i == maxDiff {
			return append(out, fmt.Sprintf("  … %d lines more", len(lines)-maxDiff))
		}
		out = append(out, mark+text.Clean(l).Clip(maxDiffLine).String())
	}
	return out
}
