package checks

import (
	"twokey/checks/text"
	"twokey/checks/version"
)

// versionFiles asks whether the files that hold the version agree with it.
func versionFiles() Check {
	return Check{
		ID:    "version.files",
		Title: "Files hold the version",
		Why:   "The build reads its version from these files, and would publish another one than the tag says.",
		Looks: "The files that the plan names, or that the build's manifest points to, at the commit that is released: " +
			"each has to hold the version. A build that takes the version from the tag has none.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "change the version in the file on the release line, or choose the version that it holds",
		Needs:    []Part{PartFiles},
		Judge:    judgeFiles,
	}
}

func judgeFiles(s *Snapshot) Result {
	files, from := s.Subject.VersionFiles, s.Subject.VersionFrom
	switch {
	case len(files) > 0:
	case from.hidden():
		return Result{Outcome: Unknown, Summary: from.Saw,
			Remedy: "name the file that holds the version under `version-files` in twokey.yml"}
	case from.Tag:
		return Result{Outcome: NotApplicable, Summary: from.Saw}
	default:
		return Result{Outcome: NotApplicable, Summary: text.Clean("the plan names no file that holds the version")}
	}
	var t tally
	for i, file := range files {
		judgeFile(&t, s.Subject, file, at(s.VersionFiles, i))
	}
	if len(files) == 1 {
		return t.result(text.Cleanf("%s holds %s", files[0].Path, s.Subject.Version))
	}
	return t.result(text.Cleanf("%d files hold %s", len(files), s.Subject.Version))
}

// judgeFile compares what one file holds with the version.
func judgeFile(t *tally, sub Subject, file VersionFile, got Got[FileMatch]) {
	m, ok := got.Get()
	e := Evidence{What: text.Clean(file.Path), Outcome: Fail, URL: m.URL,
		Place: &Place{Repo: text.Clean(sub.Repo), At: text.Clean(sub.SHA), Path: text.Clean(file.Path)}}
	switch {
	case !ok:
		t.lack(e.What, got.Missing())
	case m.Absent:
		e.Saw, e.Place = text.Cleanf("not there at %s", short(sub.SHA)), nil
		t.add(e, "correct the path under `version-files` in twokey.yml")
	case !m.Matched:
		e.Saw = text.Cleanf("nothing in it matches %s", file.Pattern)
		t.add(e, "correct the pattern under `version-files` in twokey.yml")
	case !sameVersion(sub, m.Value.String()):
		e.Saw = text.Cleanf("holds %s, not %s", m.Value, sub.Version)
		t.add(e, "")
	default:
		t.pass(e.What, text.Cleanf("holds %s", m.Value), m.URL)
	}
}

// sameVersion tells whether a file's text is the version, in its own spelling or
// in another one of the same canonical form: PEP 440 reads 1.0.0-rc1 as 1.0.0rc1,
// and that is what the build publishes.
func sameVersion(sub Subject, held string) bool {
	if held == sub.Version {
		return true
	}
	scheme := version.Scheme(sub.Scheme)
	want, err := version.Parse(scheme, sub.Version)
	if err != nil {
		return false
	}
	got, err := version.Parse(scheme, held)
	return err == nil && got.String() == want.String()
}
