package release

import (
	"slices"

	"twokey/checks"
	"twokey/checks/text"
)

// Finished is the last event of a release.
type Finished struct {
	Outcome Outcome `json:"outcome"`
	// Why says what went wrong, and of a release that is done what was not looked at.
	Why  text.Safe `json:"why,omitzero"`
	Hint text.Safe `json:"hint,omitzero"` // the one safe next action
	// Next is Hint where it is more than one step, a step each.
	Next    []text.Safe `json:"next,omitempty"`
	Version string      `json:"version,omitempty"`
	Tag     string      `json:"tag,omitempty"`
	// Stages and artifacts, so that the last line of JSON tells the whole end.
	Stages []StageEnd `json:"stages,omitempty"`
	// Waiting are the stages that nobody has started, in the plan's order: CI never
	// starts them by itself.
	Waiting []string `json:"waiting,omitempty"`
	// Running holds when CI still goes on: a run is not over, or one is awaited. A
	// release that was left without it has stopped half way.
	Running bool `json:"running"`
	// After are the checks that were due after the release, in the plan's order.
	After []AfterEnd `json:"after,omitempty"`
}

// StageEnd is how one stage stood at the end.
type StageEnd struct {
	Stage   string         `json:"stage"`
	Repo    string         `json:"repo"`
	Outcome Outcome        `json:"outcome,omitempty"` // empty when it had not ended
	State   StageStatus    `json:"status"`
	Found   []ArtifactLine `json:"artifacts,omitempty"`
}

// Unsettled tells whether something that was due after the release is not as the plan
// wants it, or could not be seen.
func (f Finished) Unsettled() bool {
	return slices.ContainsFunc(f.After, func(e AfterEnd) bool { return e.Open })
}

// AfterEnd is how a check that is due after the release stood at the end.
type AfterEnd struct {
	Check   string         `json:"check"`
	Outcome checks.Outcome `json:"outcome"`
	Summary text.Safe      `json:"summary"`
	// Open holds when it is not as the plan wants it, or could not be seen; ForYou when
	// only a person can see to it, and nobody has said so yet.
	Open   bool `json:"open"`
	ForYou bool `json:"for_you"`
}

// ArtifactLine is one artifact at the end.
type ArtifactLine struct {
	Artifact string `json:"artifact"`
	// Found holds when it is published. Looked holds when that was looked at after
	// the stage's runs; an artifact that is neither may be there or not.
	Found  bool      `json:"found"`
	Looked bool      `json:"looked"`
	URL    text.Safe `json:"url,omitzero"`
	Digest string    `json:"digest,omitempty"`
	// Unproven holds when it is published, and is not what it should be or could not be
	// seen. TakeBack is how it is taken back where it surely is not.
	Unproven bool   `json:"unproven,omitempty"`
	TakeBack string `json:"take_back,omitempty"`
}
