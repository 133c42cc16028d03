package release

import (
	"slices"

	"twokey/checks"
	"twokey/checks/text"
)

func (s *State) applyArtifact(e Event) {
	set := func(stage string, a Artifact, f func(*ArtifactState)) {
		s.stage(stage, func(st *StageState) {
			for i := range st.Artifacts {
				if st.Artifacts[i].Artifact.String() == a.String() {
					f(&st.Artifacts[i])
				}
			}
		})
	}
	switch ev := e.(type) {
	case ArtifactFound:
		set(ev.Stage, ev.Artifact, func(a *ArtifactState) { a.Published, a.Missing, a.Unseen = &ev.Published, text.Safe{}, false })
	case ArtifactMissing:
		set(ev.Stage, ev.Artifact, func(a *ArtifactState) { a.Published, a.Missing, a.Unseen = nil, ev.Why, ev.Unseen })
	case ArtifactTraced:
		set(ev.Stage, ev.Artifact, func(a *ArtifactState) { a.Trace = &ev })
		s.stage(ev.Stage, func(st *StageState) { st.Reading = nil })
	}
}

// setFinding keeps the last judgement of a check. The list is a copy: whoever has the
// state as it stood may still go over it.
func (st *StageState) setFinding(f checks.Finding) {
	st.Reading, st.Findings = nil, slices.Clone(st.Findings)
	if i := slices.IndexFunc(st.Findings, func(x checks.Finding) bool { return x.ID == f.ID }); i >= 0 {
		st.Findings[i] = f
		return
	}
	st.Findings = append(st.Findings, f)
}
