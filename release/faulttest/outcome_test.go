package faulttest

import (
	"fmt"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"twokey/release"
	"twokey/release/record"
	"twokey/release/rehearsal"
)

// tally counts what the campaigns did and what came of it.
type tally struct {
	mu                          sync.Mutex
	killed, injected            int
	finished, stopped           int
	secondReleases, recordsLost int
}

func (c *tally) String() string {
	return fmt.Sprintf("faults: points killed %d, faults injected %d, finished %d, stopped %d, second releases %d, records lost %d",
		c.killed, c.injected, c.finished, c.stopped, c.secondReleases, c.recordsLost)
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
}

func newTrial(t *testing.T, c *tally, dir string, s sample) *trial {
	return &trial{t: t, tally: c, s: s, w: newWorld(t, dir, s), homes: []string{t.TempDir()}}
}

// otherMachine makes what follows happen where there are no records.
func (tr *trial) otherMachine() { tr.homes = append(tr.homes, tr.t.TempDir()) }

func (tr *trial) home() string { return tr.homes[len(tr.homes)-1] }

// run runs one command in a process of its own, and looks at what it leaves.
func (tr *trial) run(command string, o options) (*process, error) {
	tr.t.Helper()
	o.home = tr.home()
	began := tr.w.Clock().Now()
	p := newProcess(tr.t, tr.w, o)
	inner, hung := p.wire, false
	p.wire = func(req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		if tr.w.Clock().Now().Sub(began) > bound+o.pardon {
			hung = true
			p.kill()
			return nil, errDead
		}
		if inner == nil {
			return send()
		}
		return inner(req, send)
	}
	sent := len(tr.w.Requests())
	err := map[string]func() error{"release": p.release, "resume": p.resume, "attach": p.attach}[command]()
	if hung {
		tr.t.Errorf("%s went on for more than %s", command, bound)
	}
	check(tr.t, p.end())
	tr.checkIntents(p, tr.w.Requests()[sent:])
	return p, err
}

// checkIntents wants every request that acted to stand in the record, whatever became
// of the process that sent it.
func (tr *trial) checkIntents(p *process, requests []rehearsal.Request) {
	tr.t.Helper()
	var sent []string
	for _, r := range requests {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			sent = append(sent, r.Method+" "+r.Path)
		}
	}
	if len(sent) == 0 {
		return
	}
	if p.journal == nil {
		tr.lost("%q were sent without a record", sent)
		return
	}
	events, _, err := recorded(p.journal.Path())
	if err != nil {
		tr.lost("%v", err)
		return
	}
	var told []string
	for _, e := range events {
		if i, ok := e.Event.(release.Intended); ok {
			for _, c := range i.Calls {
				told = append(told, c.Request())
			}
		}
	}
	for _, s := range sent {
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
	for range 5 {
		p, err := tr.run(next, options{})
		following := advised(release.HintOf(err))
		if err == nil || following == "" || following == next {
			return p, err
		}
		next = following
	}
	p, err := tr.run(next, options{})
	if err != nil {
		tr.t.Errorf("what it says to do next leads nowhere: %v (hint: %s)", err, release.HintOf(err))
	}
	return p, err
}

// commandLine is a command line in a hint.
var commandLine = regexp.MustCompile("`twokey (release|attach) 1\\.1\\.0( --resume)?`")

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

// whole is what a release of the sample makes.
func (tr *trial) whole() map[string]int {
	n := map[string]int{"run " + tr.s.workflow: 1}
	switch tr.s.trigger {
	case release.TriggerTag:
		n["tag ships-"+shipped] = 1
	case release.TriggerRelease:
		n["tag v"+shipped], n["release v"+shipped] = 1, 1
	case release.TriggerDispatch:
		n["claim "+shipped] = 1
	}
	return n
}

// judge holds the end of a trial against the world: nothing exists twice, what ended
// well is whole, and what did not says clearly what it is and what to do.
func (tr *trial) judge(p *process, err error) {
	tr.t.Helper()
	have, want := tr.count(), tr.whole()
	for thing, n := range have {
		if n > 1 || want[thing] == 0 {
			tr.tally.add(&tr.tally.secondReleases, 1)
			tr.t.Errorf("second release: %s exists %d times", thing, n)
		}
	}
	if err != nil {
		tr.tally.add(&tr.tally.stopped, 1)
		tr.t.Logf("stopped: %v (hint: %s)", err, release.HintOf(err))
		tr.checkWords(err, len(have) > 0)
	} else {
		tr.tally.add(&tr.tally.finished, 1)
		if !reflect.DeepEqual(have, want) {
			tr.t.Errorf("it ends well with %v, want %v", have, want)
		}
		tr.checkState(p)
	}
	tr.checkRecords(p)
}

// checkState wants a release that ended well to have been seen whole.
func (tr *trial) checkState(p *process) {
	tr.t.Helper()
	s := p.state()
	if s.Finished == nil || s.Finished.Outcome != release.Done || len(s.Stages) != 1 {
		tr.t.Errorf("it ends well with %+v and %d stages", s.Finished, len(s.Stages))
		return
	}
	st := s.Stages[0]
	if st.Claim == nil || st.Trigger == nil || len(st.Runs) != 1 || st.Runs[0].Run.Workflow != tr.s.workflow ||
		st.Runs[0].Run.Conclusion != release.ConclusionSuccess || len(st.Runs[0].Jobs) == 0 {
		tr.t.Errorf("it ends well, and has seen claim %+v, trigger %+v, runs %+v", st.Claim, st.Trigger, st.Runs)
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
	if seen := p.state(); !reflect.DeepEqual(kept.Stages, seen.Stages) || !reflect.DeepEqual(kept.Finished, seen.Finished) {
		tr.lost("the record replays to\n%+v\nand what was seen is\n%+v", kept.Stages, seen.Stages)
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
	case begun && !strings.Contains(hint, "`twokey attach "+shipped+"`") && !strings.Contains(hint, "`twokey release "+shipped+" --resume`"):
		tr.t.Errorf("%q: the hint leads nowhere: %q", said, hint)
	}
}
