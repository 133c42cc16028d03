package release

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace"
)

// maxLast is how many releases are looked at for a file to compare with: one may have been
// taken back, or never have published it.
const maxLast = 3

// findLast finds the releases before the planned one, the newest first; none where there
// are none.
func (in *inspection) findLast(ctx context.Context) ([]checks.TagName, error) {
	if in.plan.Tag == "" || !strings.Contains(in.plan.Tag, in.plan.Version) {
		return nil, nil
	}
	prefix, _, _ := strings.Cut(in.plan.Tag, in.plan.Version)
	tags, err := in.e.ports.Forge.Tags(ctx, in.plan.Repo, prefix)
	if err != nil {
		return nil, err
	}
	var out []checks.TagName
	for names := VersionsAmong(tags, in.plan.Tag, in.plan); len(out) < maxLast; {
		last, found := checks.LastVersion(string(in.plan.Scheme), in.plan.Lines, in.plan.Version, in.plan.SHA, names)
		if !found {
			break
		}
		out = append(out, last)
		names = slices.DeleteFunc(names, func(t checks.TagName) bool { return t.Version == last.Version })
	}
	return out, nil
}

// compared is what came of holding a file against that of the release before.
type compared struct {
	last      checks.Got[checks.LastTime]
	unlike    []checks.Unlike
	otherwise []text.Safe
}

// compare holds what a file has beside its commit against the same file of the release
// before. Where there is none, or it can not be told which, all of it is new.
func (in *inspection) compare(ctx context.Context, st Stage, f File, now checks.Traced) compared {
	all := compared{unlike: trace.Unlike(now, in.plan.Version, nil, ""), otherwise: trace.Otherwise(now, in.plan.Version, nil, "")}
	none := func(format string, args ...any) compared {
		all.last = checks.Have(checks.LastTime{None: text.Cleanf(format, args...)})
		return all
	}
	lack := func(err error) compared {
		all.last = checks.Lack[checks.LastTime](in.missing(err))
		if len(now.Control) > 0 {
			all.otherwise = append(all.otherwise, text.Clean("which packages it depends on, replaces and provides could not be held against the release before"))
		}
		return all
	}
	lasts, err := in.last(ctx)
	switch {
	case err != nil:
		return lack(err)
	case len(lasts) == 0:
		return none("there is no release before")
	}
	if _, ok := f.Artifact.before(in.plan, lasts[0]); !ok {
		return none("its name is that of every release, so that the one before is not there any more")
	}
	if base, _ := in.base(st, f.Artifact); base.sha != in.plan.SHA || base.repo != in.plan.Repo {
		return none("which commit the one of %s was made from is not known", lasts[0].Version)
	}
	why := text.Safe{} // there is nothing of the newest
	for _, last := range lasts {
		old, no, err := in.oldFile(ctx, f, last)
		if err != nil {
			return lack(err)
		}
		var tr checks.Traced
		if no.IsZero() {
			if tr, _, err = in.trace(ctx, st, old, commit{in.plan.Repo, last.SHA}, last.Version); err != nil {
				return lack(err)
			}
			if !tr.Refused.IsZero() {
				no = text.Cleanf("that of %s can not be read: %s", last.Version, tr.Refused)
			}
		}
		if no.IsZero() {
			return compared{checks.Have(checks.LastTime{Version: last.Version}), trace.Unlike(now, in.plan.Version, &tr, last.Version),
				trace.Otherwise(now, in.plan.Version, &tr, last.Version)}
		}
		if why.IsZero() {
			why = no
		}
	}
	return none("%s", why)
}

// oldFile finds what a file took the place of in another release, or says why that is
// nothing to compare with: what was taken back may have been for what is in it, and what
// was published after the file itself was not there before it.
func (in *inspection) oldFile(ctx context.Context, f File, last checks.TagName) (old File, no text.Safe, err error) {
	a, ok := f.Artifact.before(in.plan, last)
	if !ok {
		return old, text.Cleanf("it has the name of that of %s", last.Version), nil
	}
	files, err := in.e.ports.Artifacts.Files(ctx, a)
	if err != nil {
		return old, text.Safe{}, err
	}
	old, ok = sameFile(f, in.plan.Version, files, last.Version)
	switch {
	case !ok:
		return old, text.Cleanf("%s of %s is not there", f.Form, last.Version), nil
	case old.Yanked:
		return old, text.Cleanf("%s of %s is yanked", f.Form, last.Version), nil
	case a.Kind == KindPyPI && !f.Uploaded.IsZero() && old.Uploaded.After(f.Uploaded):
		return old, text.Cleanf("%s of %s was published after it", f.Form, last.Version), nil
	}
	return old, text.Safe{}, nil
}

// before is what an artifact was called in another release; false for a name that all
// releases share.
func (a Artifact) before(p Plan, last checks.TagName) (Artifact, bool) {
	if a.Mutable {
		return a, false
	}
	a.Version = last.Version
	if a.Kind == KindPyPI || a.Kind == KindApt {
		a.Source = strings.ReplaceAll(a.Source, p.Version, last.Version)
		return a, true
	}
	if !strings.Contains(a.Name, p.Version) {
		return a, false
	}
	a.Name = strings.ReplaceAll(a.Name, p.Version, last.Version)
	a.Source = strings.ReplaceAll(a.Source, p.Version, last.Version)
	return a, true
}

// sameFile is the file of another release that a file took the place of: the one of its
// name but for the version, or the one of its form that is called most like it. A wheel
// for a new platform has none of its name, and what is in it is to be like what is in the
// others.
func sameFile(f File, is string, others []File, was string) (File, bool) {
	var alike []File
	for _, o := range others {
		if strings.ReplaceAll(o.Name, was, is) == f.Name && o.Form == f.Form {
			return o, true
		}
		if o.Form == f.Form && (f.Form == checks.FormSdist || f.Form == checks.FormWheel) {
			alike = append(alike, o)
		}
	}
	switch {
	case len(alike) == 0, f.Form == checks.FormSdist && len(alike) > 1:
		return File{}, false
	case f.Form == checks.FormWheel: // of one project: another has another name before the first dash
		name, _, _ := strings.Cut(f.Name, "-")
		alike = slices.DeleteFunc(alike, func(o File) bool { return !strings.HasPrefix(o.Name, name+"-") })
		if len(alike) == 0 {
			return File{}, false
		}
	}
	return slices.MaxFunc(alike, func(a, b File) int {
		return cmp.Or(shared(a.Name, f.Name)-shared(b.Name, f.Name), strings.Compare(b.Name, a.Name))
	}), true
}

// shared is how many letters two names have in common at their ends, where a wheel's name
// says for which platform it is.
func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}
