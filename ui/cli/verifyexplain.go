package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
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
	f := x.File
	out := []string{text.Cleanf("%s in %s, of %s: %s", f.Path, x.In.Name, x.In.Artifact, f.Verdict).String()}
	add := func(label string, value text.Safe) {
		if !value.IsZero() {
			out = append(out, fmt.Sprintf("  %-10s  %s", label, value))
		}
	}
	add("size", text.Clean(checks.Size(f.Size)))
	add("blob", text.Clean(f.Blob))
	if f.InGit != "" {
		add("in git", text.Cleanf("%s at %s of %s", f.InGit, x.Commit[:min(7, len(x.Commit))], x.Base))
		add("there", text.Clean(f.GitBlob))
		add("see", text.Cleanf("https://github.com/%s/blob/%s/%s", x.Base, x.Commit, f.InGit))
	}
	add("why", f.Why)
	if f.Runs && f.Verdict != checks.FileSame {
		add("runs", text.Clean("it can be run, by itself or by a build"))
	}
	switch {
	case x.Was == nil || x.Content == nil || f.GitBlob == "":
	case !isText(x.Was) || !isText(x.Content):
		add("diff", text.Clean("it is no text"))
	default:
		out = append(out, differences(x)...)
	}
	return out
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
	var out []string
	for i, l := range lines {
		if i == maxDiff {
			return append(out, fmt.Sprintf("  … %d lines more", len(lines)-maxDiff))
		}
		out = append(out, "  "+text.Clean(l).Clip(maxDiffLine).String())
	}
	return out
}
