package release

import (
	"slices"

	"twokey/checks"
	"twokey/checks/text"
)

const (
	// maxDiffering is how many files are told of one published file that are not the
	// commit's: an event has to be read, and kept.
	maxDiffering = 200
	// maxDifferingPath is how long the path of one is shown, in cells.
	maxDifferingPath = 300
)

// differing are the files of a published one that are not the commit's as they are: what
// is not in the commit first, then what is, and by their paths; and how many more there
// are.
func differing(files []checks.TracedFile) ([]DifferingFile, int) {
	order := []checks.FileVerdict{checks.FileExtra, checks.FileModified, checks.FileMoved, checks.FileGenerated, checks.FileOutside, checks.FileMissing}
	grave := func(v checks.FileVerdict) int {
		if i := slices.Index(order, v); i >= 0 {
			return i
		}
		return len(order)
	}
	sorted := slices.DeleteFunc(slices.Clone(files), func(f checks.TracedFile) bool { return f.Verdict == checks.FileSame })
	slices.SortStableFunc(sorted, func(a, b checks.TracedFile) int { return grave(a.Verdict) - grave(b.Verdict) })
	n := min(len(sorted), maxDiffering)
	var out []DifferingFile
	for _, f := range sorted[:n] {
		out = append(out, DifferingFile{Path: text.Clean(f.Path).Clip(maxDifferingPath), Verdict: f.Verdict, Blob: f.Blob, Size: f.Size, Why: f.Why, Runs: f.Runs})
	}
	return out, len(sorted) - n
}

// tell puts into the trace what was found of a published file.
func (f *FileTrace) tell(tr checks.Traced) {
	if !tr.Refused.IsZero() {
		f.Why = tr.Refused
		return
	}
	f.Words, f.Coverage, f.Counts = tr.Words(), tr.Coverage(), map[checks.FileVerdict]int{}
	f.Differ, f.More = differing(tr.Files)
	for _, v := range []checks.FileVerdict{checks.FileSame, checks.FileGenerated, checks.FileMoved, checks.FileModified, checks.FileExtra, checks.FileMissing} {
		f.Counts[v] = tr.Of(v).Files
	}
}
