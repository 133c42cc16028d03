package trace

import (
	"cmp"
	"slices"
	"strings"

	"twokey/checks"
)

// Unlike tells what of an artifact can not be found in its commit and was not so in the
// release before: files that are extra or modified and are new, or have another content
// than they had then. before is that of the same form, of versions was and is; nil where
// there is none, and then everything is new. Code of the commit's that has another place
// than before counts, too: a test can be harmless where it is, and not where it is run.
//
// It is the change that matters. An honest tarball has files that are not in git, by the
// hundred; what was put there for one release is not among those of the last.
func Unlike(now checks.Traced, is string, before *checks.Traced, was string) []checks.Unlike {
	known := map[string]checks.TracedFile{}
	moved := map[string]bool{}
	if before != nil {
		for _, f := range before.Files {
			known[versionless(f.Path, was)] = f
			moved[f.Blob] = moved[f.Blob] || f.Verdict == checks.FileExtra || f.Verdict == checks.FileModified
		}
	}
	var out []checks.Unlike
	for _, f := range now.Files {
		old, there := known[versionless(f.Path, is)]
		placed := f.Verdict == checks.FileMoved && f.Runs && f.Size > 0 && before != nil && !(there && old.Verdict == checks.FileMoved)
		if f.Verdict != checks.FileExtra && f.Verdict != checks.FileModified && !placed {
			continue
		}
		u := checks.Unlike{TracedFile: f}
		switch suspect := there && (old.Verdict == checks.FileExtra || old.Verdict == checks.FileModified); {
		case suspect && old.Blob == f.Blob:
			continue
		case suspect:
			u.Was = old.Blob
		case moved[f.Blob] && f.Verdict == checks.FileExtra:
			u.Renamed = true
		}
		out = append(out, u)
	}
	slices.SortStableFunc(out, func(a, b checks.Unlike) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(a.Path, b.Path))
	})
	return out
}

// rank puts first what can run and nobody had before.
func rank(u checks.Unlike) int {
	n := 0
	if !u.Runs {
		n += 2
	}
	if u.Was != "" || u.Renamed {
		n++
	}
	return n
}

// versionless is a path whose directories and name do not carry the version, so that
// harbour-2.11.6.dist-info is what harbour-2.11.5.dist-info was.
func versionless(p, version string) string {
	if version == "" {
		return p
	}
	return strings.ReplaceAll(p, version, "{version}")
}
