package trace

import (
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// maxWanted bounds how many contents of the commit a report asks for, and how long they
// may be.
const (
	maxWanted     = 200
	MaxWantedSize = 256 << 10
)

// judged is what was made of an entry so far.
type judged struct {
	*entry
	verdict checks.FileVerdict
	git     checks.TreeEntry // under its path; zero for none
	why     text.Safe
	planned bool  // since the plan says so
	at      place // by which it is the same
}

// Wanted are the contents of the commit, by git's names, that tell how a file differs: a
// report without them says modified where it might say why.
func (t *Tracer) Wanted() []string {
	var out []string
	want := func(e checks.TreeEntry) {
		if e.SHA != "" && e.Size <= MaxWantedSize && len(out) < maxWanted && !slices.Contains(out, e.SHA) {
			out = append(out, e.SHA)
		}
	}
	list := t.judge()
	for _, e := range t.required() {
		want(e)
	}
	if !slices.ContainsFunc(list, func(j judged) bool { return j.verdict == checks.FileModified }) {
		return out
	}
	for _, e := range t.tree.attributes() {
		want(e)
	}
	for _, j := range list {
		if j.verdict == checks.FileModified {
			want(j.git)
		}
	}
	return out
}

// Report says what became of every file. Contents are those of Wanted, as far as they
// could be read.
func (t *Tracer) Report(contents map[string][]byte) checks.Traced {
	out := checks.Traced{Commit: t.tree.commit, Source: t.o.Source, Outside: t.outside, Lies: slices.Clone(t.stray)}
	list := t.judge()
	f := &forge{Tracer: t, contents: contents, list: list}
	f.attributes = f.readAttributes()
	for i := range list {
		f.settle(&list[i])
		j := &list[i]
		if j.verdict != checks.FileOutside { // which Visit counted
			out.Of(j.verdict).Add(j.size)
		}
		if file := t.told(j); j.verdict != checks.FileSame || !j.why.IsZero() || file.Exec || file.Place != "" {
			out.Files = append(out.Files, file)
		}
	}
	t.settled = list
	for _, e := range t.missing(list) {
		out.Missing.Add(e.Size)
		file := checks.TracedFile{Path: e.Path, Verdict: checks.FileMissing, Blob: e.SHA, Size: e.Size, InGit: e.Path}
		if f.attributes.ignores(e.Path) {
			file.Why = text.Clean(".gitattributes leaves it out of archives")
		}
		out.Files = append(out.Files, file)
	}
	slices.SortStableFunc(out.Files, func(a, b checks.TracedFile) int { return strings.Compare(a.Path, b.Path) })
	if t.o.Form == checks.FormDeb {
		out.Control = f.related()
	}
	lies, notes := f.selfSaid()
	out.Lies, out.Notes = append(out.Lies, lies...), notes
	return out
}

// told is a file as a report has it.
func (t *Tracer) told(j *judged) checks.TracedFile {
	file := checks.TracedFile{Path: j.path, Verdict: j.verdict, Blob: j.blob, Size: j.size, InGit: j.git.Path, Why: j.why, Runs: t.runs(j.entry),
		Setid: j.setid, Planned: j.planned, Exec: j.verdict == checks.FileSame && j.exec && j.git.Mode == checks.ModeFile}
	if j.verdict == checks.FileSame && file.Runs && j.size > 0 && (j.at.from != "" || j.at.to != "") && !j.control {
		file.Place, file.Astray = j.at.String(), j.at.few
	}
	if j.git.SHA != j.blob {
		file.GitBlob = j.git.SHA
	}
	return file
}

// Explained is the file that Options asks for, after Report, and its content where it was
// short enough to be kept; false where the artifact does not have it.
func (t *Tracer) Explained() (file checks.TracedFile, content []byte, found bool) {
	for i := range t.settled {
		if j := &t.settled[i]; j.path == t.o.Explain {
			return t.told(j), j.content, true
		}
	}
	return checks.TracedFile{}, nil, false
}

// judge holds every entry against the commit, by path and content alone.
func (t *Tracer) judge() []judged {
	places := t.places()
	out := make([]judged, len(t.entries))
	for i := range t.entries {
		out[i] = t.hold(&t.entries[i], places)
	}
	return out
}

func (t *Tracer) hold(e *entry, places []place) judged {
	j := judged{entry: e, verdict: checks.FileExtra}
	switch {
	case e.outside:
		j.verdict = checks.FileOutside
		if isDocumentation(e) {
			j.why = text.Clean("the package's documentation")
		}
		return j
	case e.control:
		places = []place{{from: "DEBIAN/", to: "debian/"}}
	case ofBackend(e.path):
		places = []place{{}}
	}
	for _, p := range places {
		at, ok := p.in(e.path)
		if !ok {
			continue
		}
		git, ok := t.tree.at(at)
		switch {
		case !ok:
		case git.SHA == e.blob && (git.Mode == checks.ModeSymlink) == e.link && e.setid:
			return judged{entry: e, verdict: checks.FileModified, git: git, why: text.Clean("the content is the commit's, and it runs as its owner or group")}
		case git.SHA == e.blob && (git.Mode == checks.ModeSymlink) == e.link:
			return judged{entry: e, verdict: checks.FileSame, git: git, at: p}
		case t.linksTo(git, e):
			return judged{entry: e, verdict: checks.FileSame, git: git, why: text.Clean("what the link in the commit leads to")}
		default:
			// The place that most files follow says which file of the commit it is: another
			// that lies in another directory of it does not become this one.
			return judged{entry: e, verdict: checks.FileModified, git: git}
		}
	}
	if t.tree.has(e.blob) && !e.link && !e.setid {
		j.verdict, j.git = checks.FileMoved, t.tree.paths[t.tree.blobs[e.blob][0]]
	}
	return j
}

// linksTo tells whether the commit has a link there to what the artifact has a copy of.
func (t *Tracer) linksTo(git checks.TreeEntry, e *entry) bool {
	if git.Mode != checks.ModeSymlink || e.link {
		return false
	}
	dir := git.Path[:strings.LastIndex(git.Path, "/")+1]
	return slices.ContainsFunc(t.tree.blobs[e.blob], func(p string) bool {
		return t.tree.blobOf([]byte(relative(dir, p))) == git.SHA
	})
}

// relative is the way from a directory to a file, as links are mostly written.
func relative(dir, file string) string {
	from := strings.Split(strings.TrimSuffix(dir, "/"), "/")
	if dir == "" {
		from = nil
	}
	to := strings.Split(file, "/")
	n := 0
	for n < len(from) && n < len(to)-1 && from[n] == to[n] {
		n++
	}
	return strings.Repeat("../", len(from)-n) + strings.Join(to[n:], "/")
}

// missing are the files of the commit that the artifact should have and has not: a
// source distribution and a source directory hold the project as a whole, a wheel or a
// package takes what it needs of it.
func (t *Tracer) missing(list []judged) []checks.TreeEntry {
	if t.o.Form != checks.FormSdist && t.o.Source == "" {
		return nil
	}
	taken := map[string]bool{}
	for _, j := range list {
		taken[j.git.Path] = true
	}
	var out []checks.TreeEntry
	for p, e := range t.tree.paths {
		if !taken[p] && e.Mode != checks.ModeSubmodule {
			out = append(out, e)
		}
	}
	sortBy(out, func(e checks.TreeEntry) string { return e.Path })
	return out
}

// sortBy sorts by a key.
func sortBy[T any](list []T, key func(T) string) {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(key(a), key(b)) })
}
