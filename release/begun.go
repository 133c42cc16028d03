package release

import "time"

// Begun is a stage that was started before this session, as a preflight saw it.
type Begun struct {
	Stage string
	Claim Claimed
	// Artifacts are as they stood when they were looked at: those that are not
	// published yet may still come, for the stage's runs were not read.
	Artifacts []ArtifactState
}

// Begun tells of the stages that InFlight found claimed at the planned commit, in
// the plan's order. Check has looked at their artifacts; before it nothing is known
// of them. Nothing is read.
func (e *Engine) Begun(p Plan) []Begun {
	var out []Begun
	for i, st := range p.Stages {
		c, ok := e.claims[st.Name]
		if !ok || !e.started[st.Name] {
			continue
		}
		b := Begun{Stage: st.Name, Claim: c}
		for k, a := range st.Artifacts {
			b.Artifacts = append(b.Artifacts, e.standing(i, k, a, c.At))
		}
		out = append(out, b)
	}
	return out
}

// standing is what Check saw under an artifact's name.
func (e *Engine) standing(stage, k int, a Artifact, claimed time.Time) ArtifactState {
	s := ArtifactState{Artifact: a}
	if stage >= len(e.seen) || k >= len(e.seen[stage]) {
		return s
	}
	pub, ok := e.seen[stage][k].Get()
	if !ok {
		return s
	}
	if s.Missing = notPublished(a, pub, e.stood(a), claimed); s.Missing.IsZero() {
		s.Published = &pub
	}
	return s
}
