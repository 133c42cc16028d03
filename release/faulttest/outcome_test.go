package faulttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/record"
	"twokey/release/rehearsal"
)

// tally counts what the campaigns did and what came of it.
type tally struct {
	mu                          sync.Mutex
	killed, injected            int
	finished, stopped, missed   int
	secondReleases, recordsLost int
}

func (c *tally) String() string {
	return fmt.Sprintf("faults: points killed %d, faults injected %d, finished %d, stopped %d, second releases %d, records lost %d (pairs %d of seed %d, not met %d)",
		c.killed, c.injected, c.finished, c.stopped, c.secondReleases, c.recordsLost, pairs(), seed, c.missed)
}

// count counts what was met.
func (c *tally) count(f fault) {
	if f.kills {
		c.add(&c.killed, 1)
	} else {
		c.add(&c.injected, 1)
	}
}

func (c *tally) add(n *int, more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n += more
}

// bound is how much simulated time one command may take: an outage is waited out for
// little more than an hour, and what is late for some minutes.
const bound = 4 * time.Hour

// trial is one world in which something goes wrong.
type trial struct {
	t     *testing.T
	tally *tally
	s     sample
	w     *rehearsal.World
	homes []string // of all machines, the first one's first
	steps int      // commands since the fault
	lag   time.Duration

	strangers map[string]int // what others made that is no part of the release
}

func newTrial(t *testing.T, c *tally, dir string, s sample) *trial {
	return &trial{t: t, tally: c, s: s, w: newWorld(t, dir, s), homes: []string{t.TempDir()}, strangers: map[string]int{}}
}

// otherMachine makes what follows happen where there are no records.
func (tr *trial) otherMachine() { tr.homes = append(tr.homes, tr.t.TempDir()) }

func (tr *trial) home() string { return tr.homes[len(tr.homes)-1] }

// run runs one command in a process of its own, and looks at what it leaves.
func (tr *trial) run(command string, o options) (*process, error) {
	tr.t.Helper()
	o.home, o.version, o.lag = cmp.Or(o.home, tr.home()), tr.s.version, tr.lag
	p := newProcess(tr.t, tr.w, o)
	err := map[string]func() error{"release": p.release, "resume": p.resume, "attach": p.attach}[command]()
	if p.overdue.Load() {
		tr.t.Errorf("%s went on for more than %s", command, bound+o.pardon)
	}
	p.killed = p.ctx.Err() != nil
	check(tr.t, p.end())
	tr.checkSending(p)
	return p, err
}

// checkSending wants every request that acted to stand in the record, and the record
// to be complete, whatever became of the process that sent it.
func (tr *trial) checkSending(p *process) {
	tr.t.Helper()
	if p.journal == nil {
		if len(p.sent) > 0 {
			tr.lost("%q were sent without a record", p.sent)
		}
		return
	}
	events, _, err := recorded(p.journal.Path())
	if err != nil {
		tr.lost("%v", err)
		return
	}
	if err := complete(events, p.killed); err != nil {
		tr.lost("%v", err)
	}
	if err := keeps(events, p); err != nil {
		tr.lost("%v", err)
	}
	var told []string
	once := map[string]bool{} // what is sent again is sent by the next command
	for _, e := range events {
		if s, ok := e.Event.(release.Sending); ok {
			call := fmt.Sprint(s.Stage, " ", s.Call.Request(), " ", s.Call.Workflow, s.Call.RunID)
			if once[call] {
				tr.t.Errorf("one command sent %s twice", call)
			}
			once[call] = true
			told = append(told, s.Call.Request())
		}
	}
	for _, s := range p.sent {
		i := slices.Index(told, s)
		if i < 0 {
			tr.lost("%s was sent, and the record tells of %q", s, told)
			return
		}
		told = slices.Delete(told, i, i+1)
	}
}

func (tr *trial) lost(format string, args ...any) {
	tr.t.Helper()
	tr.tally.add(&tr.tally.recordsLost, 1)
	tr.t.Errorf("record lost: "+format, args...)
}

// goOn does what the program itself says to do next, beginning with an attach, until
// it says no more.
func (tr *trial) goOn() (*process, error) {
	tr.t.Helper()
	next := "attach"
	for {
		p, err := tr.run(next, options{})
		tr.steps++
		hint := release.HintOf(err)
		following := advised(hint)
		if tr.byHand(hint) {
			following = "attach"
		} else if strings.Contains(hint, "`twokey check ") && tr.steps < 6 { // and then again
			check(tr.t, tr.w.Clock().Sleep(tr.t.Context(), 10*time.Minute))
			continue
		} else if err == nil || following == "" || following == next || tr.steps == 6 {
			return p, err
		}
		next = following
	}
}

// startByHand is the command line with which a person starts a workflow.
var startByHand = regexp.MustCompile("`gh workflow run (\\S+) --repo (\\S+) --ref (\\S+)((?: -f \\S+)*)`")

// byHand starts a workflow as a hint says, if it says so, and unless there is a run.
func (tr *trial) byHand(hint string) bool {
	tr.t.Helper()
	m := startByHand.FindStringSubmatch(hint)
	if m == nil || tr.count()["run "+m[1]] > tr.strangers["run "+m[1]] {
		return false
	}
	inputs := map[string]string{}
	for _, f := range strings.Split(m[4], " -f ")[1:] {
		name, value, _ := strings.Cut(f, "=")
		inputs[name] = value
	}
	tr.dispatch(tr.w.Token(), m[2], m[1], m[3], inputs)
	return true
}

// commandLine is a command line in a hint.
var commandLine = regexp.MustCompile("`twokey (release|attach) [0-9.]+( --resume)?`")

// advised is the first command that a hint says to run; empty when there is none.
func advised(hint string) string {
	m := commandLine.FindStringSubmatch(hint)
	switch {
	case m == nil:
		return ""
	case m[2] != "":
		return "resume"
	}
	return m[1]
}

// count is how often each thing of the release exists in the world. The only things
// that a release may make are those of its trigger.
func (tr *trial) count() map[string]int {
	facts := tr.w.Facts()
	n := map[string]int{}
	for kind, all := range map[string][]rehearsal.Fact{"tag": facts.Tags, "claim": facts.Claims, "release": facts.Releases, "run": facts.Runs} {
		for _, f := range all {
			n[kind+" "+path.Base(f.Name)]++
		}
	}
	return n
}

// judge holds the end of a trial against the world: nothing exists twice, what ended
// well is whole, and what did not says clearly what it is and what to do.
func (tr *trial) judge(p *process, err error) {
	tr.t.Helper()
	have, want := tr.count(), maps.Clone(tr.s.whole)
	for thing, n := range tr.strangers {
		want[thing] += n
	}
	for thing, n := range have {
		if n > want[thing] {
			tr.tally.add(&tr.tally.secondReleases, 1)
			tr.t.Errorf("second release: %s exists %d times, want %d", thing, n, want[thing])
		}
	}
	if err != nil {
		tr.t.Logf("stopped: %v (hint: %s)", err, release.HintOf(err))
		tr.checkWords(err, len(have) > 0)
	} else {
		for thing, n := range tr.taken(p) {
			want[thing] -= n
		}
		if !reflect.DeepEqual(have, want) {
			tr.t.Errorf("it ends well with %v, want %v", have, want)
		}
		tr.checkState(p)
	}
	tr.checkRecords(p)
}

// taken are the runs of strangers that a release took for its own. They may have been
// asked to start them: so it may, but only where whoever claimed has none in the world,
// and where it says whose they are.
func (tr *trial) taken(p *process) map[string]int {
	tr.t.Helper()
	taken, s, runs := map[string]int{}, p.state(), tr.w.Facts().Runs
	for _, st := range s.Stages {
		for _, r := range st.Runs {
			run := r.Run
			if tr.strangers["run "+run.Workflow] == 0 || st.Claim == nil || run.Actor == st.Claim.Actor {
				continue
			}
			taken["run "+run.Workflow]++
			own := func(f rehearsal.Fact) bool { return f.Name == run.Workflow && f.By == st.Claim.Actor.String() }
			says := func(n text.Safe) bool { return strings.Contains(n.String(), "was started by "+run.Actor.String()) }
			if slices.ContainsFunc(runs, own) || !slices.ContainsFunc(s.Notes, says) {
				tr.t.Errorf("it takes the run %s of %s's, %s claimed, there are %v and it says %q", run.URL, run.Actor, st.Claim.Actor, runs, s.Notes)
			}
		}
	}
	return taken
}

// checkState wants a release that ended well to have been seen whole.
func (tr *trial) checkState(p *process) {
	tr.t.Helper()
	s := p.state()
	if s.Finished == nil || s.Finished.Outcome != release.Done || len(s.Stages) != tr.s.stages {
		tr.t.Errorf("it ends well with %+v and %d stages", s.Finished, len(s.Stages))
	}
	for _, st := range s.Stages {
		if st.Claim == nil || st.Trigger == nil || len(st.Runs) != len(st.Stage.Workflows) {
			tr.t.Errorf("it ends well, and has seen claim %+v, trigger %+v, runs %+v", st.Claim, st.Trigger, st.Runs)
		}
		for _, r := range st.Runs {
			if !slices.Contains(st.Stage.Workflows, r.Run.Workflow) || r.Run.Conclusion != release.ConclusionSuccess {
				tr.t.Errorf("it ends well with the run %+v", r.Run)
			}
		}
	}
}

// checkRecords wants every record of every machine to be readable, and that of the
// last process to tell all that it saw.
func (tr *trial) checkRecords(p *process) {
	tr.t.Helper()
	for _, h := range tr.homes {
		dir, err := record.Dir(home(h), true)
		check(tr.t, err)
		entries, err := record.List(dir)
		check(tr.t, err)
		for _, e := range entries {
			if _, _, err := recorded(e.Path); err != nil {
				tr.lost("%v", err)
			}
		}
	}
	if p.journal == nil {
		return
	}
	_, kept, err := recorded(p.journal.Path())
	if err != nil {
		return // said above
	}
	was, err := json.Marshal([]any{kept.Stages, kept.Finished})
	check(tr.t, err)
	seen := p.state()
	is, err := json.Marshal([]any{seen.Stages, seen.Finished})
	check(tr.t, err)
	if !bytes.Equal(was, is) {
		tr.lost("the record replays to\n%s\nand what was seen is\n%s", was, is)
	}
}

// checkWords wants an error that says in lower case what failed, and what to do; of a
// release of which something exists, how to get back to it or where to look.
func (tr *trial) checkWords(err error, begun bool) {
	tr.t.Helper()
	said, hint := err.Error(), release.HintOf(err)
	first := []rune(said + " ")
	abbreviated := unicode.IsUpper(first[1]) || strings.HasPrefix(said, "GitHub")
	if said == "" || unicode.IsUpper(first[0]) && !abbreviated || strings.Contains(said, "\n") {
		tr.t.Errorf("the error is %q", said)
	}
	switch {
	case hint == "":
		tr.t.Errorf("there is no hint with %q", said)
	case begun && !strings.Contains(hint, "`twokey attach "+tr.s.version+"`") && !strings.Contains(hint, "`twokey release "+tr.s.version+" --resume`") &&
		!strings.Contains(hint, "`twokey verify "+tr.s.version+"`"): // of what was published, and is not what it should be
		tr.t.Errorf("%q: the hint leads nowhere: %q", said, hint)
	}
}
