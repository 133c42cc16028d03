package contracttest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Excuse is a reason why a deviation is right as it is. What it leaves empty may be
// anything.
type Excuse struct {
	Operation string
	Kind      string
	Status    int
	At        string
	Reason    string
}

// covers tells whether the excuse is one for a deviation.
func (e Excuse) covers(d Deviation) bool {
	return (e.Operation == "" || e.Operation == d.Operation) && (e.Kind == "" || e.Kind == d.Kind) &&
		(e.Status == 0 || e.Status == d.Status) && (e.At == "" || e.At == d.At)
}

// String names what the excuse is for.
func (e Excuse) String() string {
	var parts []string
	for _, p := range []string{e.Operation, e.Kind, strconv.Itoa(e.Status), e.At} {
		if p != "" && p != "0" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}

// Ledger holds the exchanges of one suite of tests against a contract, and its
// deviations against a list of excuses. It is safe for use by several goroutines.
type Ledger struct {
	load    func() (*Contract, error)
	excuses []Excuse

	mu         sync.Mutex
	exchanges  int
	elsewhere  map[string]int // requests to other hosts
	operations map[string]int
	excused    []int // how often each excuse was needed
	unexcused  int
	broken     int // without an answer, or with one that is not to be held
	judged     map[[sha256.Size]byte]judgement
}

// judgement is what holding one exchange gave. Most exchanges of a suite happen many
// times.
type judgement struct {
	operation  *Operation
	deviations []Deviation
}

// NewLedger makes a ledger. load is called for the first exchange.
func NewLedger(load func() (*Contract, error), excuses []Excuse) *Ledger {
	return &Ledger{load: load, excuses: excuses, elsewhere: map[string]int{},
		operations: map[string]int{}, judged: map[[sha256.Size]byte]judgement{}, excused: make([]int, len(excuses))}
}

// Errors is where a ledger says what has no excuse: a test.
type Errors interface {
	Helper()
	Errorf(format string, args ...any)
}

// Hold holds an exchange against the contract and says what has no excuse. Without a
// description it does nothing.
func (l *Ledger) Hold(t Errors, x Exchange) {
	t.Helper()
	c, err := l.load()
	if errors.Is(err, ErrNotThere) {
		return
	}
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	for _, d := range l.enter(x, l.judge(c, x)) {
		t.Errorf("not as GitHub describes it: %s", d)
	}
}

// judge holds an exchange against the contract, unless one just like it was.
func (l *Ledger) judge(c *Contract, x Exchange) judgement {
	h := sha256.New()
	fmt.Fprintln(h, x.Method, x.URL, mediaType(x.Sent), x.Sent.Get("If-None-Match") != "", len(x.Body),
		x.Status, mediaType(x.Got), x.Excerpt, x.Refused)
	h.Write(x.Body)
	h.Write(x.Answer)
	key := [sha256.Size]byte(h.Sum(nil))
	l.mu.Lock()
	known, found := l.judged[key]
	l.mu.Unlock()
	if found {
		return known
	}
	o, deviations := c.Hold(x)
	j := judgement{o, deviations}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.judged[key] = j
	return j
}

// enter counts an exchange, and gives the deviations without an excuse.
func (l *Ledger) enter(x Exchange, j judgement) []Deviation {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchanges++
	if j.operation != nil {
		l.operations[j.operation.String()]++
	}
	if x.Status == 0 {
		l.broken++
	}
	var left []Deviation
	for _, d := range j.deviations {
		i := slices.IndexFunc(l.excuses, func(e Excuse) bool { return e.covers(d) })
		if i >= 0 {
			l.excused[i]++
			continue
		}
		l.unexcused++
		left = append(left, d)
	}
	return left
}

// Unused are the excuses that nothing needed. They are wrong: what they excuse does
// not happen.
func (l *Ledger) Unused() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for i, n := range l.excused {
		if n == 0 {
			out = append(out, fmt.Sprintf("nothing deviates as excused: %s (%s)", l.excuses[i], l.excuses[i].Reason))
		}
	}
	return out
}

// Exchanges is how many exchanges were held against the contract.
func (l *Ledger) Exchanges() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.exchanges
}

// Operations lists the operations that were covered.
func (l *Ledger) Operations() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for name := range l.operations {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Summary is one line on everything that was held against the contract.
func (l *Ledger) Summary() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	explained, other := 0, 0
	for _, n := range l.excused {
		explained += n
	}
	for _, n := range l.elsewhere {
		other += n
	}
	return fmt.Sprintf("contract: %d exchanges (%d of them requests alone), %d operations covered, "+
		"%d deviations explained by %d reasons, %d unexplained, %d requests to %d other hosts",
		l.exchanges, l.broken, len(l.operations), explained, len(l.excuses), l.unexcused, other, len(l.elsewhere))
}

// Listing says of each excuse how often it was needed, and of each other host how
// often it was asked.
func (l *Ledger) Listing() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for i, e := range l.excuses {
		out = append(out, fmt.Sprintf("%6d × %s: %s", l.excused[i], e, e.Reason))
	}
	return out
}
