package recordtest

import (
	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// Tainted is a release whose source distribution holds a file that is in no commit, as
// that of xz 5.6.0 did. Every job is done, the stage package fails by art.extras, and
// nothing that needs it is started.
func Tainted() []release.Stamped {
	r := begin("xz")
	r.preflight(passes())
	st := r.packageRuns()
	r.reading(221.5, st, st.Artifacts[0], 4_117_000)
	r.reading(222.5, st, st.Artifacts[0], 8_902_656)
	r.at(223, release.ArtifactTraced{Stage: st.Name, Artifact: st.Artifacts[0], Files: taintedFiles()})
	r.at(223.1, release.ArtifactTraced{Stage: st.Name, Artifact: st.Artifacts[1], Files: traces(st.Artifacts[1])})
	worst := extra()
	for i, f := range findings(st) {
		if f.ID == worst.ID {
			f = worst
		}
		r.at(223.5+float64(i)/10, release.ArtifactsChecked{Stage: st.Name, Finding: f})
	}
	why := worst.ID + ": " + worst.Summary.String()
	r.at(224, release.StageDone{Stage: st.Name, Outcome: release.Failed, Why: text.Clean(why)})
	stages := ends(map[string]release.StageStatus{"package": release.StageFailed, "deb": release.StageWaiting, "docker": release.StageWaiting}, "package")
	stages[0].Found[0].Unproven, stages[0].Found[0].TakeBack = true, worst.Remedy
	next := []text.Safe{
		text.Clean(stages[0].Found[0].Artifact + ": " + worst.Remedy),
		text.Clean("can not be taken back: what was downloaded meanwhile, the tag ckan-2.11.6 where it was fetched and its file names on PyPI, which are never " +
			"free again; tell those who have it, and release a new version once it is known what made it"),
		text.Clean("or, if you have looked at this file and know what made it: `twokey rehearse --scenario xz release 2.11.6 --yes --acknowledge '" +
			worst.Evidence[0].Acknowledge + "=REASON'`"),
	}
	r.at(225, release.Finished{
		Outcome: release.Failed, Version: plan().Version, Tag: plan().Tag,
		Why: text.Clean("stage package: " + why), Hint: text.Join(next, "; "), Next: next,
		Stages: stages, Waiting: []string{"deb", "docker"},
	})
	return r.stamp()
}

// taintedFiles are those on PyPI, of which one holds what the commit does not.
func taintedFiles() []release.FileTrace {
	out := traces(packageStage().Artifacts[0])
	out[0].Words, out[0].Coverage = text.Clean("traced 2214 files, 8 generated, 1 extra"), 0.99998
	out[0].Counts[checks.FileExtra] = 1
	return out
}

// extra is the finding about the file that is in no commit.
func extra() checks.Finding {
	const path, blob, file = "m4/build-to-host.m4", "3fd127466555e0d9bc057b1722e183765cf5c96c", "ckan-2.11.6.tar.gz"
	e := checks.Evidence{
		What: text.Clean(path + " in " + file), Outcome: checks.Fail, URL: text.Clean("https://pypi.org/project/ckan/2.11.6/"),
		Saw:   text.Clean("is not in git, nor was it so in 2.11.5; it can be run; 141 B, blob " + blob),
		Place: &checks.Place{Repo: text.Clean("ckan/ckan"), At: text.Clean(shaMain), Path: text.Clean(path), Blob: blob},

		Artifact: text.Clean(packageStage().Artifacts[0].String()), Acknowledge: path + "@" + blob,
	}
	for _, c := range checks.ForPublished() {
		if c.ID != "art.extras" {
			continue
		}
		f := finding(c, text.Cleanf("%s: %s", e.What, e.Saw))
		f.Outcome, f.Evidence = checks.Fail, []checks.Evidence{e}
		f.Remedy = "yank it: https://pypi.org/manage/project/ckan/release/2.11.6/, Options, Yank"
		return f
	}
	panic("there is no check art.extras")
}
