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
// there is none, and then everything is new. So does code that the plan says the build
// makes, where it is new, and code of the commit's that has another place than before: a
// test can be harmless where it is, and not where it is run. What lies outside of the
// source of a .deb is only held against the release before; where there is none, what the
// system would run by itself is new.
//
// It is the change that matters. An honest tarball has files that are not in git, by the
// hundred; what was put there for one release is not among those of the last.
func Unlike(now checks.Traced, is string, before *checks.Traced, was string) []checks.Unlike {
	last := remember(before, was)
	var out []checks.Unlike
	for _, f := range now.Files {
		if u, asks := last.unlike(f, is); asks {
			out = append(out, u)
		}
	}
	out = gathered(out)
	slices.SortStableFunc(out, func(a, b checks.Unlike) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(a.Path, b.Path))
	})
	return out
}

// Comparable tells whether there is anything in an artifact that has to be held against
// the release before.
func Comparable(now checks.Traced) bool {
	return len(now.Control) > 0 || slices.ContainsFunc(now.Files, func(f checks.TracedFile) bool {
		return suspect(f) || f.Exec || f.Runs && f.Size > 0 && f.Verdict != checks.FileMissing && (f.Verdict != checks.FileGenerated || f.Planned)
	})
}

// lastTime is what the artifact of the release before had beside its commit.
type lastTime struct {
	there    bool
	version  string
	known    map[string]checks.TracedFile // by path
	contents map[string]bool              // of what was extra or modified
	places   map[string]bool
}

func remember(before *checks.Traced, was string) lastTime {
	l := lastTime{there: before != nil, version: was, known: map[string]checks.TracedFile{}, contents: map[string]bool{}, places: map[string]bool{}}
	if before == nil {
		return l
	}
	for _, f := range before.Files {
		l.known[versionless(f.Path, was)] = f
		l.places[versionless(f.Place, was)] = true
		l.contents[f.Blob] = l.contents[f.Blob] || suspect(f)
	}
	return l
}

// suspect holds for what nobody knows the origin of.
func suspect(f checks.TracedFile) bool {
	return f.Verdict == checks.FileExtra || f.Verdict == checks.FileModified || f.Verdict == checks.FileOutside
}

// unlike tells whether a file of a version has to be asked about.
func (l lastTime) unlike(f checks.TracedFile, is string) (u checks.Unlike, asks bool) {
	old, known := l.known[versionless(f.Path, is)]
	u.TracedFile = f
	switch {
	case suspect(f):
		return l.unlikeSuspect(f, old, known && suspect(old))
	case !f.Runs || f.Size == 0:
		return u, false
	case f.Verdict == checks.FileMoved:
		return u, !known || old.Verdict != checks.FileMoved || versionless(old.InGit, l.version) != versionless(f.InGit, is)
	case f.Verdict == checks.FileSame && f.Place != "": // another file of a place that was is none that is
		return u, l.there && !l.places[versionless(f.Place, is)] && !(known && old.InGit == f.InGit) || !l.there && f.Astray
	}
	return u, f.Planned && (!known || old.Verdict == checks.FileMissing)
}

// unlikeSuspect is unlike of a file that the commit does not have like this.
func (l lastTime) unlikeSuspect(f, old checks.TracedFile, known bool) (u checks.Unlike, asks bool) {
	u.TracedFile = f
	switch {
	case f.Verdict == checks.FileOutside && !f.Why.IsZero(): // documentation
		return u, false
	case f.Verdict == checks.FileOutside && !l.there:
		return u, onItsOwn(f)
	case known && old.Blob == f.Blob && old.Setid == f.Setid && old.Runs == f.Runs:
		return u, false
	case known:
		u.Was = old.Blob
	case l.contents[f.Blob] && f.Verdict != checks.FileModified:
		u.Renamed = true
	}
	return u, true
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
