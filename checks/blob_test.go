package checks_test

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/opaque"
	"twokey/checks/text"
)

const (
	blobA = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
	blobB = "b4b6f2e7c1a9d8035e6f7a8b9c0d1e2f3a4b5c6d"
)

// seen is what was seen of a content.
func seen(s opaque.Shape) checks.Got[checks.Blob] { return checks.Have(checks.Blob{Shape: s}) }

// noise and others are the shapes of contents.
var (
	elf      = seen(opaque.Shape{Kind: opaque.Executable, MIME: "application/x-elf", Size: 34567, Entropy: 6.1, Peak: 6.4})
	noise    = seen(opaque.Shape{Kind: opaque.Unrecognised, MIME: "application/octet-stream", Size: 512, Entropy: 7.59, Peak: 7.59})
	quiet    = seen(opaque.Shape{Kind: opaque.Unrecognised, MIME: "application/octet-stream", Size: 9000, Entropy: 5.9, Peak: 6.4})
	prose    = seen(opaque.Shape{Kind: opaque.Text, Size: 3000, Entropy: 4.5, Peak: 4.6})
	encoded  = seen(opaque.Shape{Kind: opaque.Text, Size: 9000, Entropy: 5.9, Peak: 6, Run: 8000})
	picture  = seen(opaque.Shape{Kind: opaque.Image, MIME: "image/png", Size: 90000, Entropy: 7.9, Peak: 7.96})
	zipped   = seen(opaque.Shape{Kind: opaque.Compressed, MIME: "application/gzip", Size: 600, Entropy: 7.5, Peak: 7.5})
	pointer  = seen(opaque.Shape{Kind: opaque.Pointer, MIME: "text/plain", Size: 130, Entropy: 4.9})
	linkTo   = func(to string) checks.Got[checks.Blob] { return checks.Have(checks.Blob{Target: to}) }
	newFile  = func(p string, size int64) checks.Change { return change(p, checks.Added, checks.ModeFile, size) }
	newLink  = func(p string) checks.Change { return change(p, checks.Added, checks.ModeSymlink, 10) }
	withMode = func(c checks.Change, old, now checks.Mode) checks.Change { c.OldMode, c.Mode = old, now; return c }
)

// change is a change of a file with the content blobA.
func change(p string, status checks.Status, mode checks.Mode, size int64) checks.Change {
	return checks.Change{Path: p, Status: status, Mode: mode, Blob: blobA, Size: size, URL: text.Clean("https://github.com/quay/harbour/blob/x/" + p)}
}

// changed makes the first stage's repository have these changes, all of the content
// blobA, which shows this.
func changed(shows checks.Got[checks.Blob], entries ...checks.Change) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		s.Stages[0].Changes = checks.Have(changesOf(s.Subject.Stages[0], entries...))
		s.Stages[0].Blobs = checks.Have(checks.Blobs{blobA: shows})
	}
}

func acknowledged(p, blob string) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		s.Subject.Acknowledged = []checks.Acknowledgement{{Path: p, Blob: blob, Reason: text.Clean("a tide gauge")}}
	}
}

func TestOpaqueBlobs(t *testing.T) {
	judge(t, "blob.opaque", []verdictCase{
		{name: "clean", want: checks.Pass, says: "nothing among 3 new files hides what it is",
			shows: "quay/harbour: 2 files changed since v-last; looked at 1 new file"},
		{name: "noise", change: changed(noise, newFile("a.bin", 512)), want: checks.Fail,
			says: "a.bin in quay/harbour: added unrecognised data, 512 B, 7.59 bits per byte, blob " + blobA,
			fix:  "acknowledge it in twokey.yml, under `acknowledge:`, with `- {path: 'a.bin', blob: " + blobA + ", reason: 'what it is'}`"},
		{name: "an executable", change: changed(elf, newFile("tool", 34567)), want: checks.Fail,
			says: "added executable (application/x-elf), 34.6 kB, 6.40 bits per byte"},
		{name: "modified", change: changed(zipped, change("x.gz", checks.Modified, checks.ModeFile, 600)), want: checks.Fail,
			says: "modified compressed data (application/gzip)"},
		{name: "base64", change: changed(encoded, newFile("x.m4", 9000)), want: checks.Fail, says: "text with 8000 characters of base64 or hex in one piece"},
		{name: "text", change: changed(prose, newFile("x.py", 3000)), want: checks.Pass},
		{name: "a picture", change: changed(picture, newFile("x.png", 90000)), want: checks.Pass},
		{name: "a message catalogue", change: changed(quiet, newFile("x.mo", 9000)), want: checks.Pass},
		{name: "a small file", change: changed(checks.Got[checks.Blob]{}, newFile("x", 90)), want: checks.Pass},
		{name: "removed", change: changed(noise, checks.Change{Path: "x.bin", Status: checks.Removed, OldMode: checks.ModeFile, Blob: blobA, Size: 999, Known: true}), want: checks.Pass},

		{name: "acknowledged", change: both(changed(noise, newFile("a.bin", 512)), acknowledged("a.bin", blobA)), want: checks.Pass,
			shows: "a.bin in quay/harbour: acknowledged: a tide gauge"},
		{name: "acknowledged and not read", change: both(changed(checks.Got[checks.Blob]{}, newFile("a.bin", 512)), acknowledged("a.bin", blobA)), want: checks.Pass},
		{name: "acknowledged with another content", change: both(changed(noise, newFile("a.bin", 512)), acknowledged("a.bin", blobB)), want: checks.Fail,
			says: "it was acknowledged with another content"},
		{name: "acknowledged elsewhere", change: both(changed(noise, newFile("a.bin", 512)), acknowledged("b.bin", blobA)), want: checks.Fail},

		{name: "among tests", change: changed(noise, newFile("src/tests/files/a.bin", 512)), want: checks.Fail, says: "it is among tests, in src/tests/"},
		{name: "with a change of the build", change: changed(noise, newFile("a.bin", 512), newFile("m4/x.m4", 20)), want: checks.Fail,
			says: "the build changed as well: m4/x.m4"},
		{name: "the worst first", change: changed(noise, newFile("a.bin", 512), newFile("b/testdata/c.bin", 512)), want: checks.Fail,
			says: "b/testdata/c.bin in quay/harbour", shows: "a.bin in quay/harbour: added"},
		{name: "marked executable", change: changed(noise, change("a.bin", checks.Added, checks.ModeExecutable, 512)), want: checks.Fail, says: "it is marked executable"},
		{name: "a name that no plan can hold", change: changed(noise, newFile("a\u202e.bin", 512)), want: checks.Fail, fix: "give it a name"},
		{name: "a name with a quote", change: changed(noise, newFile("it's.bin", 512)), want: checks.Fail, fix: "path: 'it''s.bin'"},

		{name: "not read", change: changed(checks.Got[checks.Blob]{}, newFile("a.bin", 512)), want: checks.Unknown,
			says: "a.bin in quay/harbour: 512 B, blob " + blobA + ", was not looked at: it was not read", fix: "acknowledge it in twokey.yml"},
		{name: "refused", change: changed(checks.Lack[checks.Blob](refused()), newFile("a.bin", 512)), want: checks.Unknown, fix: "administration: read"},
		{name: "a pointer", change: changed(pointer, newFile("big.psd", 130)), want: checks.Unknown,
			says: "stands for a file that is kept outside of git", fix: "look at the file that it stands for, then acknowledge it"},
		{name: "a pointer that was looked at", change: both(changed(pointer, newFile("big.psd", 130)), acknowledged("big.psd", blobA)), want: checks.Pass},
		{name: "changes hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Changes, "contents: read") }, want: checks.Unknown,
			says: "changes of quay/harbour: GitHub answered 403", fix: "twokey needs contents: read"},
		{name: "contents hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[2].Blobs, "") }, want: checks.Unknown, says: "new files of quay/images"},
	})
}

func TestOpaqueBlobsThatAreNotNew(t *testing.T) {
	known := func(c checks.Change) checks.Change { c.Known = true; return c }
	renamed := change("b.bin", checks.Renamed, checks.ModeFile, 512)
	renamed.Was, renamed.OldMode, renamed.Known = "a.bin", checks.ModeFile, true
	submodule := change("dep", checks.Modified, checks.ModeSubmodule, 0)
	submodule.OldBlob = blobB
	judge(t, "blob.opaque", []verdictCase{
		{name: "renamed", change: changed(noise, renamed), want: checks.Pass},
		{name: "copied", change: changed(noise, known(newFile("b.bin", 512))), want: checks.Pass},
		{name: "renamed and executable", change: changed(noise, withMode(renamed, checks.ModeFile, checks.ModeExecutable)), want: checks.Warn,
			says: "b.bin in quay/harbour: unrecognised data of the last release, which has become executable", fix: "look at what runs it"},
		{name: "executable", change: changed(elf, known(withMode(change("a", checks.ModeChanged, "", 999), checks.ModeFile, checks.ModeExecutable))), want: checks.Warn,
			says: "has become executable"},
		{name: "a script that is executable now", change: changed(prose, known(withMode(change("a.sh", checks.ModeChanged, "", 999), checks.ModeFile, checks.ModeExecutable))), want: checks.Pass},
		{name: "executable, and not read", change: changed(checks.Got[checks.Blob]{}, known(withMode(change("a", checks.ModeChanged, "", 999), checks.ModeFile, checks.ModeExecutable))), want: checks.Unknown},
		{name: "executable no longer", change: changed(elf, known(withMode(change("a", checks.ModeChanged, "", 999), checks.ModeExecutable, checks.ModeFile))), want: checks.Pass},
		{name: "a submodule", change: changed(noise, submodule), want: checks.Warn, says: "dep in quay/harbour: a submodule at a94a8fe",
			fix: "look at what changed in the submodule from b4b6f2e to a94a8fe"},
		{name: "a submodule that was looked at", change: both(changed(noise, submodule), acknowledged("dep", blobA)), want: checks.Pass, shows: "acknowledged: a tide gauge"},
		{name: "a link out that was looked at", change: both(changed(linkTo("/etc/passwd"), newLink("src/a")), acknowledged("src/a", blobA)), want: checks.Pass},
		{name: "a new submodule", change: changed(noise, change("dep", checks.Added, checks.ModeSubmodule, 0)), want: checks.Warn, fix: "what the submodule holds at a94a8fe"},
		{name: "a link within", change: changed(linkTo("../docs/a.md"), newLink("src/a.md")), want: checks.Pass},
		{name: "a link to the root", change: changed(linkTo("."), newLink("here")), want: checks.Pass},
		{name: "a link out", change: changed(linkTo("../../etc/passwd"), newLink("src/a")), want: checks.Warn, says: "a link that leads out of the repository, to ../../etc/passwd"},
		{name: "a link by a long way", change: changed(linkTo("x/../../../y"), newLink("src/a")), want: checks.Warn},
		{name: "a link from the root", change: changed(linkTo("/etc/passwd"), newLink("src/a")), want: checks.Warn, says: "to /etc/passwd"},
		{name: "a link not read", change: changed(checks.Got[checks.Blob]{}, newLink("src/a")), want: checks.Unknown},
		{name: "something else", change: changed(noise, change("x", checks.Added, "040755", 0)), want: checks.Unknown, says: "an entry of the mode 040755"},
		{name: "no release before", change: both(changed(noise, newFile("a.bin", 512)), func(s *checks.Snapshot) {
			edit(&s.Stages[0].Changes, func(c *checks.Changes) { c.Base = checks.TagName{} })
		}), want: checks.Fail, says: "a.bin", shows: "quay/harbour: everything is new, since there is no release before it"},
	})
}

// TestManyOpaqueBlobs holds that a flood of findings is cut, and says so, and that two
// stages of one repository say everything once.
func TestManyOpaqueBlobs(t *testing.T) {
	s := clean()
	var many []checks.Change
	for i := range 250 {
		many = append(many, newFile(fmt.Sprintf("x%03d.bin", i), 512))
	}
	changed(noise, many...)(s)
	s.Subject.Stages[1] = s.Subject.Stages[0]
	s.Stages[1] = s.Stages[0]
	f := checks.Run(find(t, "blob.opaque"), s)
	if f.Outcome != checks.Fail || len(f.Evidence) > 110 || !shows(f, "others: 150 more, which are not shown") {
		t.Errorf("%s with %d pieces of evidence", f.Summary, len(f.Evidence))
	}
	if n := strings.Count(fmt.Sprint(f.Evidence), "x000.bin in"); n != 1 {
		t.Errorf("the first file is told %d times", n)
	}
}
