package rehearsal

import (
	"slices"
	"time"

	"twokey/release"
)

// Fact is a thing that was made in the world.
type Fact struct {
	Repo release.Repo
	// Name is a tag's name, a claim's full ref, a release's tag or a run's
	// workflow file.
	Name string
	SHA  string // the commit
	By   string
	At   time.Time
}

// Facts are what was made since the world began, in order, whoever made it. Tests
// hold what a client says against them.
type Facts struct {
	Tags     []Fact
	Claims   []Fact // refs that are neither branches nor tags
	Releases []Fact // made by a request, not by a run
	Runs     []Fact // begun, not necessarily over
}

// Facts lists what was made in all repositories.
func (w *World) Facts() Facts {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all Facts
	for _, r := range w.repos {
		of := func(facts []Fact) []Fact {
			named := slices.Clone(facts)
			for i := range named {
				named[i].Repo = r.name
			}
			return named
		}
		all.Tags = append(all.Tags, of(r.facts.Tags)...)
		all.Claims = append(all.Claims, of(r.facts.Claims)...)
		all.Releases = append(all.Releases, of(r.facts.Releases)...)
		for _, run := range r.runs {
			all.Runs = append(all.Runs, Fact{Repo: r.name, Name: run.Workflow, SHA: run.SHA,
				By: run.Actor, At: run.Created})
		}
	}
	return all
}
