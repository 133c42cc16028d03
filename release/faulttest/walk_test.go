package faulttest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"twokey/release"
)

// seed is where the walk begins, the same in every run.
const seed = 3

// pairs are how many pairs of troubles the walk takes.
func pairs() int {
	if thorough() {
		return 5000
	}
	return 160 / slower
}

// walk takes pairs of troubles at random: the second in the same process as the first,
// or in that of the command which goes on.
func walk(t *testing.T, c *tally, dir string) {
	type path struct{ release, resume []place }
	all, paths := append(samples(), twoDispatches()), map[string]path{}
	for _, s := range all {
		paths[s.name] = path{calm(t, dir, s, nil, "release"), calm(t, dir, s, claimed(), "resume")}
	}
	draw := rand.New(rand.NewPCG(seed, seed))
	one := func(of ...string) string { return of[draw.IntN(len(of))] }
	for n := range pairs() {
		s := all[draw.IntN(len(all))]
		first, again := drawn(draw, paths[s.name].release), drawn(draw, paths[s.name].release)
		begins := scene{command: "release", disk: disk(draw.IntN(int(disks))), meets: []trouble{first}}
		goesOn := scene{command: one("attach", "resume", "resume"), disk: disk(draw.IntN(int(disks))), elsewhere: draw.IntN(2) == 0}
		then := "and"
		if draw.IntN(3) == 0 {
			begins.meets = append(begins.meets, again)
		} else {
			then, again = goesOn.command+" "+where(goesOn.elsewhere), drawn(draw, paths[s.name].resume)
			goesOn.meets = []trouble{again}
		}
		what := script{lag: time.Duration(draw.IntN(3)) * 10 * time.Second,
			scenes: []scene{begins, goesOn, {command: "resume", elsewhere: draw.IntN(2) == 0}}}
		t.Run(name(n, s.name, first.at, first.f.name, then, again.at, again.f.name), func(t *testing.T) {
			t.Parallel()
			play(t, c, dir, s, what)
		})
	}
}

// drawn is something that happens at one of the places; at one that acts, most often.
func drawn(draw *rand.Rand, all []place) trouble {
	at := all[draw.IntN(len(all))]
	for range 4 {
		if !at.acts() {
			at = all[draw.IntN(len(all))]
		}
	}
	faults := faultsOf(at)
	switch draw.IntN(6) {
	case 0, 1:
		faults = []fault{killBefore(), killAfter()}
	case 2:
		faults = []fault{leaveBefore(), leaveAfter()}
	case 3:
		faults = otherCommands()
	}
	f := faults[draw.IntN(len(faults))]
	for f.lists && !at.list {
		f = faults[draw.IntN(len(faults))]
	}
	return trouble{at, f, once}
}

// lines kills a release after each event that has to be on disk, with the machine: no
// more of the record is left than that.
func lines(t *testing.T, c *tally, dir string, s sample) {
	tr := newTrial(t, &tally{}, dir, s)
	p, err := tr.run("release", options{})
	check(t, err)
	n := 0
	for _, e := range p.seen() {
		if !mustBeSynced(e.Event) {
			continue
		}
		if n++; n%slower != 0 {
			continue
		}
		what := script{name: e.Event.Type(), scenes: []scene{{command: "release", disk: onlySynced, dies: n}, {command: "resume", elsewhere: n%3 == 0}}}
		if r, ok := e.Event.(release.Answered); ok {
			what.name += fmt.Sprint(" ", r.Kind)
		}
		t.Run(name(n, what.name), func(t *testing.T) {
			t.Parallel()
			play(t, c, dir, s, what)
		})
	}
}
