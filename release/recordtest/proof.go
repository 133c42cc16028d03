package recordtest

import (
	"path"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// proven tells of a stage's artifacts that they are what its commit holds.
func (w *writer) proven(at float64, st release.Stage) {
	for i, a := range st.Artifacts {
		w.at(at+float64(i)/10, release.ArtifactTraced{Stage: st.Name, Artifact: a, Files: traces(a)})
	}
	for i, f := range findings(st) {
		w.at(at+0.5+float64(i)/10, release.ArtifactsChecked{Stage: st.Name, Finding: f})
	}
}

// reading tells how much of an artifact's first file is read.
func (w *writer) reading(at float64, st release.Stage, a release.Artifact, received int64) {
	f := traces(a)[0]
	w.at(at, release.ArtifactReading{Stage: st.Name, Artifact: a, File: f.Name, Received: received, Size: f.Size})
}

// traces are the files of an artifact, each as its commit has it.
func traces(a release.Artifact) []release.FileTrace {
	file := func(name string, form checks.Form, size int64, words string, coverage float64, same, generated int) release.FileTrace {
		return release.FileTrace{Name: text.Clean(name), Form: form, Size: size, Words: text.Clean(words), Coverage: coverage,
			Digest: "sha256:9b1c40f2d7a83e6655b0c19f24aa7d380e61f5c2b3947d1a08e6f29b5c7d8e13",
			Counts: map[checks.FileVerdict]int{checks.FileSame: same, checks.FileGenerated: generated}}
	}
	switch a.Kind {
	case release.KindPyPI:
		return []release.FileTrace{
			file("ckan-2.11.6.tar.gz", checks.FormSdist, 9_204_117, "traced 2214 files, 8 generated", 1, 2214, 8),
			file("ckan-2.11.6-py3-none-any.whl", checks.FormWheel, 7_610_432, "traced 1987 files, 5 generated", 1, 1987, 5),
		}
	case release.KindDeb:
		return []release.FileTrace{file(path.Base(a.Name), checks.FormDeb, 61_204_117,
			"traced 2214 files, 9 generated, 88% of its bytes outside of usr/lib/ckan/default/src/ckan", 0.12, 2214, 9)}
	case release.KindImage:
		return []release.FileTrace{file("linux/amd64", checks.FormImage, 402_117_004,
			"traced 2214 files, 8 generated, 97% of its bytes outside of srv/app/src/ckan", 0.03, 2214, 8)}
	}
	return []release.FileTrace{}
}

// findings are those of a stage whose artifacts are what they should be.
func findings(st release.Stage) []checks.Finding {
	said := map[string]string{
		"art.digest": "the digests of all files agree", "art.trace": "every file traced to the commit",
		"art.extras": "nothing is new that the commit does not have",
		"att.signer": "every file signed by the release's own workflow", "att.source-digest": "every file made in a run of the released commit",
	}
	var out []checks.Finding
	for _, c := range checks.ForPublished() {
		if summary, ok := said[c.ID]; ok && len(st.Artifacts) > 0 {
			out = append(out, finding(c, text.Clean(summary)))
		}
	}
	return out
}

func finding(c checks.Check, summary text.Safe) checks.Finding {
	return checks.Finding{ID: c.ID, Title: c.Title, Why: c.Why, Factor: c.Factor, Severity: c.Severity, Outcome: checks.Pass, Summary: summary}
}
