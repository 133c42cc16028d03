package checks

import (
	"cmp"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"twokey/checks/text"
)

// maxShown bounds how much evidence a check shows.
const maxShown = 100

// blobOpaque asks whether somebody has looked at every new file that a reader of the
// changes does not see into. The payload of the xz attack came as two of them, among the
// tests.
func blobOpaque() Check {
	return Check{
		ID:    "blob.opaque",
		Title: "New opaque files are acknowledged",
		Why:   "A file that nobody can read is where code hides that nobody was to see.",
		Looks: "Every file of 512 bytes or more that is new or changed since the last release, by its bytes: binary of no " +
			"known kind with high entropy, archives and compressed files, executables, long runs of base64 or hex in " +
			"text. Each has to be acknowledged by path and hash in twokey.yml; a changed one is asked for again.",
		Factor:   OpaqueData,
		Severity: SeverityBlock,
		Remedy:   "look at the file, and acknowledge it in twokey.yml if it belongs there",
		Needs:    []Part{PartChanges, PartBlobs},
		Judge:    judgeBlobs,
	}
}

func judgeBlobs(s *Snapshot) Result {
	var t tally
	looked, acknowledged := 0, 0
	var found []weighed
	for st, f := range repositories(s) {
		ch, ok := f.Changes.Get()
		if !ok {
			t.lack(text.Cleanf("changes of %s", st.Repo), f.Changes.Missing())
			continue
		}
		blobs, ok := f.Blobs.Get()
		if !ok {
			t.lack(text.Cleanf("new files of %s", st.Repo), f.Blobs.Missing())
			continue
		}
		j := blobJudge{Changes: ch, blobs: blobs, known: s.Subject.Acknowledged, build: buildNames(ch)}
		for _, c := range ch.Entries {
			j.change(c)
		}
		looked += j.looked
		acknowledged += j.acknowledged
		found = append(found, j.found...)
		t.pass(text.Clean(st.Repo), text.Cleanf("%s; looked at %s", since(ch), plural(j.looked, "new file")), ch.URL)
	}
	tell(&t, found)
	passed := text.Cleanf("nothing among %s hides what it is", plural(looked, "new file"))
	if acknowledged > 0 {
		passed = text.Cleanf("%s; %d more, which nobody can read, acknowledged", passed, acknowledged)
	}
	return t.result(passed)
}

// repositories are the stages, one for each repository and commit: two stages of one
// repository have the same changes.
func repositories(s *Snapshot) iter.Seq2[SubjectStage, *StageFacts] {
	return func(yield func(SubjectStage, *StageFacts) bool) {
		seen := map[[3]string]bool{}
		for st, f := range stages(s) {
			ch, _ := f.Changes.Get()
			key := [3]string{st.Repo, st.SHA, ch.Base.SHA}
			if seen[key] {
				continue
			}
			seen[key] = true
			if !yield(st, f) {
				return
			}
		}
	}
}

// since says what the changes are counted from.
func since(ch Changes) text.Safe {
	if ch.Base == (TagName{}) {
		return text.Clean("everything is new, since there is no release before it")
	}
	name := strings.TrimPrefix(ch.Base.Name, "refs/")
	return text.Cleanf("%s changed since %s", plural(len(ch.Entries), "file"), name)
}

// blobJudge looks at the changes of one repository.
type blobJudge struct {
	Changes
	blobs  Blobs
	known  []Acknowledgement
	build  []string // what else changed that the build reads
	looked int
	found  []weighed
	// acknowledged counts the files that somebody has looked at.
	acknowledged int
}

// weighed is something that was found, and how much it matters among its like.
type weighed struct {
	sight
	weight int
}

func (j *blobJudge) find(c Change, o Outcome, weight int, fix, format string, args ...any) {
	j.found = append(j.found, weighed{sight{Evidence{What: text.Cleanf("%s in %s", c.Path, j.Repo),
		Saw: text.Cleanf(format, args...), Outcome: o, URL: c.URL, Place: j.place(c)}, fix}, weight})
}

// tell hands on what was found, what matters most first.
func tell(t *tally, found []weighed) {
	slices.SortStableFunc(found, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(gravity(a.Outcome), gravity(b.Outcome)), cmp.Compare(b.weight, a.weight))
	})
	for i, w := range found {
		if i == maxShown {
			t.add(Evidence{What: text.Clean("others"), Outcome: w.Outcome,
				Saw: text.Cleanf("%d more, which are not shown", len(found)-maxShown)}, "")
			return
		}
		t.add(w.Evidence, w.fix)
	}
}

// change looks at one change. What only changed its place is no new content.
func (j *blobJudge) change(c Change) {
	a, was := acknowledged(j.known, c)
	switch {
	case c.Status == Removed:
	case a != nil && (c.Asks() || c.Mode == ModeSubmodule):
		j.acknowledged++
		j.find(c, Pass, 0, "", "acknowledged: %s", a.Reason)
	case c.Mode == ModeSubmodule:
		if c.Fresh() {
			fix := "look at what the submodule holds at " + short(c.Blob)
			if c.OldBlob != "" {
				fix = fmt.Sprintf("look at what changed in the submodule from %s to %s", short(c.OldBlob), short(c.Blob))
			}
			j.find(c, Warn, 0, fix, "a submodule at %s, into which this check does not look", short(c.Blob))
		}
	case c.Mode == ModeSymlink:
		j.link(c)
	case !c.Mode.IsFile():
		j.find(c, Unknown, 0, "see what it is with `git ls-tree`", "an entry of the mode %s, which is no file", c.Mode)
	case c.Asks():
		j.file(c, was)
	}
}

// link looks at where a new link leads.
func (j *blobJudge) link(c Change) {
	if !c.Asks() {
		return
	}
	b, ok := j.blobs[c.Blob].Get()
	if !ok {
		j.lack(c)
		return
	}
	j.looked++
	if to := path.Join(path.Dir(c.Path), b.Target); path.IsAbs(b.Target) || to == ".." || strings.HasPrefix(to, "../") {
		j.find(c, Warn, 0, "take the link out, or let it lead to a file of the repository",
			"a link that leads out of the repository, to %s", text.Clean(b.Target).Clip(maxPlaceText))
	}
}

// file looks at a file whose content is new, or that has become executable. was holds
// where it is acknowledged with another content.
func (j *blobJudge) file(c Change, was bool) {
	b, ok := j.blobs[c.Blob].Get()
	if !ok {
		j.lack(c)
		return
	}
	j.looked++
	if b.Shape.Kind == "pointer" && c.Fresh() {
		j.find(c, Unknown, 0, "look at the file that it stands for, then "+acknowledge(c),
			"stands for a file that is kept outside of git, which was not looked at; blob %s", c.Blob)
		return
	}
	why := b.Shape.Opaque()
	switch {
	case why == "":
	case !c.Fresh():
		j.find(c, Warn, 0, "look at what runs it", "%s of the last release, which has become executable", why)
	default:
		weight, more := j.weigh(c, was)
		j.find(c, Fail, weight, "look at it, and if it belongs there "+acknowledge(c),
			"%s %s, %s, %.2f bits per byte, blob %s%s", c.Status, why, Size(c.Size), max(b.Shape.Entropy, b.Shape.Peak), c.Blob, more)
	}
}

func (j *blobJudge) lack(c Change) {
	m := j.blobs[c.Blob].Missing()
	fix := "look at it, then " + acknowledge(c)
	if m.Needs != "" {
		fix = "twokey needs " + m.Needs + " to see this; then check again"
	}
	j.find(c, Unknown, 0, fix, "%s, blob %s, was not looked at: %s", Size(c.Size), c.Blob, m.Why)
}

// weigh tells what makes an opaque file worse: where tests are nobody wonders about it,
// and a build that changed with it may be what reads it.
func (j *blobJudge) weigh(c Change, was bool) (weight int, more string) {
	if among := testDir(c.Path); among != "" {
		weight, more = weight+2, more+"; it is among tests, in "+among
	}
	if len(j.build) > 0 {
		weight, more = weight+1, more+"; the build changed as well: "+some(j.build)
	}
	if c.Mode == ModeExecutable {
		weight, more = weight+1, more+"; it is marked executable"
	}
	if was {
		more += "; it was acknowledged with another content"
	}
	return weight, more
}

// acknowledged is the acknowledgement of a file as it is now; was holds where there is
// one of another content.
func acknowledged(known []Acknowledgement, c Change) (a *Acknowledgement, was bool) {
	for i := range known {
		switch {
		case known[i].Path != c.Path:
		case known[i].Blob == c.Blob:
			return &known[i], false
		default:
			was = true
		}
	}
	return nil, was
}

// acknowledge is the line that a plan needs.
func acknowledge(c Change) string {
	if text.Clean(c.Path).String() != c.Path {
		return "give it a name that can be written into twokey.yml, and acknowledge it there"
	}
	return fmt.Sprintf("acknowledge it in twokey.yml, under `acknowledge:`, with `- {path: '%s', blob: %s, reason: 'what it is'}`",
		strings.ReplaceAll(c.Path, "'", "''"), c.Blob)
}

// testDir is the directory on the way to a file that says that tests are below.
func testDir(file string) string {
	parts := strings.Split(path.Dir(file), "/")
	for i, p := range parts {
		switch low := strings.ToLower(p); {
		case strings.HasPrefix(low, "test"), low == "t", low == "fixtures", low == "spec", low == "specs",
			low == "__tests__", low == "corpus", strings.HasSuffix(low, "_test"), strings.HasSuffix(low, "-tests"):
			return strings.Join(parts[:i+1], "/") + "/"
		}
	}
	return ""
}

// some names the first few of a list.
func some(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// Size is a size for people.
func Size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000*1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
