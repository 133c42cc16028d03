package faulttest

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"
	"time"
)

// dimension is one way to look for trouble: something happens at each request of a
// command.
type dimension struct {
	name    string
	sample  sample
	before  []scene // what has happened until then
	command string
	// ways are what can happen at a request, the i-th of the command. They begin with
	// the scene in which the command runs.
	ways func(i int, at place) []script
}

// dimensions are all of them. All in all ways would be far too many: the first take
// every kind of release, most of the others one, and walk goes between them at random.
func dimensions() []dimension {
	var all []dimension
	known := map[string]bool{}
	for _, s := range samples() {
		all = append(all,
			dimension{"break", s, nil, "release", func(i int, at place) []script { return broken(i, at, known) }},
			dimension{"kill", s, nil, "release", killed})
	}
	d := dispatching()
	for _, s := range []sample{twoDispatches(), harbour()} {
		all = append(all, dimension{"kill", s, nil, "release", acting(killed)})
	}
	all = append(all,
		dimension{"break", twoDispatches(), nil, "release", acting(func(i int, at place) []script { return broken(i, at, known) })},
		dimension{"kill again", d, claimed(), "resume", killed},
		dimension{"break again", d, claimed(), "resume", brokenOnce},
		dimension{"kill attach", d, dispatched(), "attach", sparsely(killed)},
		dimension{"break attach", d, dispatched(), "attach", brokenOnce},
		dimension{"leave", d, nil, "release", left},
		dimension{"leave again", d, claimed(), "resume", left},
		dimension{"others", d, nil, "release", joined},
		dimension{"others again", d, claimed(), "resume", joined},
		dimension{"strangers", d, nil, "release", crowded},
		dimension{"strangers again", d, claimed(), "resume", crowded})
	for _, s := range append(samples(), twoDispatches()) {
		all = append(all, dimension{"at once", s, nil, "release", acting(atOnce)})
	}
	for _, s := range samples()[:2] {
		all = append(all, dimension{"leave", s, nil, "release", acting(left)}, dimension{"others", s, nil, "release", acting(joined)})
	}
	return all
}

// claimed is a release that died when it had its claim and no more, so that --resume has
// to send the rest; and dispatched one that died right after that.
func claimed() []scene    { return []scene{{command: "release", dies: 6, given: true}} }
func dispatched() []scene { return []scene{{command: "release", dies: 8, given: true}} }

// campaign plays what a dimension knows.
func (d dimension) campaign(t *testing.T, c *tally, dir string) {
	for i, at := range calm(t, dir, d.sample, d.before, d.command) {
		for _, what := range d.ways(i, at) {
			if !taken(d, at, what) {
				continue
			}
			what.scenes[0].command = d.command
			what.scenes = slices.Concat(d.before, what.scenes)
			t.Run(name(at, what.name), func(t *testing.T) {
				t.Parallel()
				play(t, c, dir, d.sample, what)
			})
		}
	}
}

// taken tells whether a script is played: all at the requests that act, and one in three
// at those that read, of which there are many more; fewer of both where that is slow. A
// sum of its name picks it, so that no way is left out by where it stands.
func taken(d dimension, at place, what script) bool {
	every := uint32(slower)
	if !at.acts() {
		every *= 3
	}
	sum := fnv.New32a()
	fmt.Fprintln(sum, d.name, d.sample.name, at, what.name)
	return thorough() || sum.Sum32()%every == 0
}

// acting is ways, of the requests that act alone.
func acting(ways func(int, place) []script) func(int, place) []script {
	return func(i int, at place) []script {
		if !at.acts() {
			return nil
		}
		return ways(i, at)
	}
}

// sparsely is ways, of every fourth request.
func sparsely(ways func(int, place) []script) func(int, place) []script {
	return func(i int, at place) []script {
		if i%4 != 0 && !thorough() {
			return nil
		}
		return ways(i, at)
	}
}

// watching is how many times a request is the same for a process that watches.
const watching = 3

// skipped tells of a place whether it is taken only when all are: it is one more look at
// what was looked at before.
func skipped(at place) bool {
	return !thorough() && at.nth > watching && at.nth%10 != 0
}

// broken are the faults of a request: of each kind of request in every way, and of the
// later ones of a kind in some. known are the kinds that were broken in every way.
func broken(i int, at place, known map[string]bool) (out []script) {
	if at.nth > watching && !thorough() {
		return nil
	}
	every := 4 // of how many reads one is broken in each way
	if at.nth > 1 || known[at.kind] {
		every = 24
	}
	known[at.kind] = true
	for k, f := range faultsOf(at) {
		spans := []span{once, several, forGood}
		if at.acts() || f.once {
			spans = spans[:1]
		}
		always := at.acts() || f.blind && at.runs() || thorough()
		if f.lists && !at.list || !always && (i+k)%every != 0 {
			continue
		}
		for n, long := range spans {
			if len(spans) > 1 && (i+k/2)%len(spans) != n && !f.lists && !thorough() {
				continue
			}
			out = append(out, script{name: fmt.Sprintln(f.name, long), scenes: []scene{{meets: []trouble{{at, f, long}}}}})
		}
	}
	return out
}

// brokenOnce are the faults of a request that acts, and one of those of a read.
func brokenOnce(i int, at place) (out []script) {
	all := faultsOf(at)
	if skipped(at) {
		return nil
	}
	for k, f := range all {
		if (at.acts() || thorough() || k == i%len(all)) && (at.list || !f.lists) {
			out = append(out, script{name: f.name, scenes: []scene{{meets: []trouble{{at, f, once}}}}})
		}
	}
	return out
}

// killed are the ways to die before and after a request, and to be gone on with there
// or elsewhere.
func killed(i int, at place) (out []script) {
	if skipped(at) {
		return nil
	}
	for k, f := range []fault{killBefore(), killAfter()} {
		if early := at.nth == 1 && !at.acts(); early && (i+k)%2 == 1 && !thorough() {
			continue // nothing has happened yet, or happens by itself
		}
		for n := range 2 * int(disks) {
			if d, elsewhere := n/2, n%2 == 1; thorough() || d == i%int(disks) && elsewhere == (i%4 > 1) {
				out = append(out, dying(at, f, disk(d), elsewhere))
			}
		}
	}
	return out
}

// dying is a death, after which somebody attaches.
func dying(at place, f fault, d disk, elsewhere bool) script {
	return script{name: fmt.Sprintln(f.name, d, where(elsewhere)),
		scenes: []scene{{disk: d, meets: []trouble{{at, f, once}}}, {command: "attach", elsewhere: elsewhere}}}
}

func where(elsewhere bool) string {
	if elsewhere {
		return "elsewhere"
	}
	return "there"
}

// left are the ways to leave at a request.
func left(i int, at place) (out []script) {
	if skipped(at) {
		return nil
	}
	for k, f := range []fault{leaveBefore(), leaveAfter()} {
		if at.acts() || k == i%2 || thorough() {
			out = append(out, script{name: f.name, scenes: []scene{{meets: []trouble{{at, f, once}}}}})
		}
	}
	return out
}

// atOnce are the ways to go on in the moment after a death, while no run is listed yet.
func atOnce(i int, at place) (out []script) {
	for _, f := range []fault{killBefore(), killAfter()} {
		for k, elsewhere := range []bool{false, true} {
			what := dying(at, f, disk((i+k)%int(disks)), elsewhere)
			what.scenes[1].command, what.lag = "resume", 20*time.Second
			out = append(out, what)
		}
	}
	// Or an answer is lost, and it dies when it looks what became of the request.
	looks := place{kind: "GET api.github.com/repos/harbour/ships/actions/runs", nth: 1}
	return append(out, script{name: "reset after, then killed", lag: 20 * time.Second,
		scenes: []scene{{meets: []trouble{{at, lostAfter(), once}, {looks, killBefore(), once}}}, {command: "resume"}}})
}

// joined are the ways in which somebody else does the same in the middle of it.
func joined(i int, at place) (out []script) {
	all := otherCommands()
	for k, f := range all {
		if !skipped(at) && (at.acts() || thorough() || k == i%len(all)) {
			out = append(out, script{name: f.name, scenes: []scene{{meets: []trouble{{at, f, once}}}}})
		}
	}
	return out
}

// crowded are the ways in which somebody else dispatches the same workflow: alone, and
// where the answer is lost that would tell which run is the release's.
func crowded(i int, at place) (out []script) {
	if skipped(at) {
		return nil
	}
	f := strangerDispatches()
	out = append(out, script{name: f.name, scenes: []scene{{meets: []trouble{{at, f, once}}}}})
	dispatch := place{kind: "POST api.github.com/repos/harbour/ships/actions/workflows/deploy.yml/dispatches", nth: 1}
	if i%2 == 0 && at.kind != dispatch.kind {
		out = append(out, script{name: f.name + ", and an answer is lost",
			scenes: []scene{{meets: []trouble{{at, f, once}, {dispatch, lostAfter(), once}}}}})
	}
	return out
}
