package rehearsal

import (
	"container/heap"
	"errors"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// What a comparison says when there is no answer.
var (
	errShallow = errors.New("the clone that the rehearsal was made from is shallow and does not " +
		"reach back that far: `git fetch --unshallow` gets the rest")
	errUnrelated = errors.New("no common ancestor")
	errTooFar    = errors.New("the comparison spans too many commits")
)

// walkLimit bounds how many commits one comparison reads. No comparison of real
// release lines comes near it.
const walkLimit = 200_000

// comparison is how two commits relate.
type comparison struct {
	base   *gitobj.Commit   // the merge base
	ahead  []*gitobj.Commit // what only head has, oldest first
	behind int              // how many commits only base has
}

// compare walks back from two commits until everything that is left to visit can
// be reached from both.
func (g *gitStore) compare(base, head plumbing.Hash) (comparison, error) {
	w := &walk{git: g, seen: map[plumbing.Hash]*visit{}}
	if err := w.reach(base, fromBase); err != nil {
		return comparison{}, err
	}
	if err := w.reach(head, fromHead); err != nil {
		return comparison{}, err
	}
	for w.open > 0 && len(w.queue) > 0 {
		if err := w.step(); err != nil {
			return comparison{}, err
		}
	}
	return w.result()
}

// Which of the two commits another can be reached from.
const (
	fromBase = 1 << iota
	fromHead
	fromBoth = fromBase | fromHead
)

// visit is a commit that a walk has met.
type visit struct {
	commit *gitobj.Commit
	from   int
	queued bool
}

// walk is a comparison under way.
type walk struct {
	git   *gitStore
	seen  map[plumbing.Hash]*visit
	queue visits
	open  int // how many in the queue are reached from one side only
}

// reach notes that a commit can be reached from a side, and queues it when that is
// news: its ancestors have to hear of it, too.
func (w *walk) reach(h plumbing.Hash, from int) error {
	v, ok := w.seen[h]
	if !ok {
		if len(w.seen) >= walkLimit {
			return errTooFar
		}
		c, err := w.git.commit(h)
		if err != nil {
			return held(err)
		}
		v = &visit{commit: c}
		w.seen[h] = v
	}
	if v.from|from == v.from {
		return nil
	}
	if v.queued && v.from != fromBoth {
		w.open--
	}
	v.from |= from
	if !v.queued {
		v.queued = true
		heap.Push(&w.queue, v)
	}
	if v.from != fromBoth {
		w.open++
	}
	return nil
}

// step visits the newest commit of the queue.
func (w *walk) step() error {
	v := heap.Pop(&w.queue).(*visit)
	v.queued = false
	if v.from != fromBoth {
		w.open--
		if w.git.cut(v.commit.Hash) {
			return errShallow
		}
	}
	if w.git.cut(v.commit.Hash) {
		return nil
	}
	for _, p := range v.commit.ParentHashes {
		if err := w.reach(p, v.from); err != nil {
			return err
		}
	}
	return nil
}

// result sums up a walk that is over. The merge base is the newest of the common
// ancestors.
func (w *walk) result() (comparison, error) {
	var c comparison
	for _, v := range w.seen {
		switch v.from {
		case fromHead:
			c.ahead = append(c.ahead, v.commit)
		case fromBase:
			c.behind++
		default:
			if c.base == nil || newer(v.commit, c.base) {
				c.base = v.commit
			}
		}
	}
	if c.base == nil {
		return comparison{}, errUnrelated
	}
	slices.SortFunc(c.ahead, func(a, b *gitobj.Commit) int {
		if newer(a, b) {
			return 1
		}
		return -1
	})
	return c, nil
}

// newer orders commits by their time, and by SHA where that is the same.
func newer(a, b *gitobj.Commit) bool {
	if a.Committer.When.Equal(b.Committer.When) {
		return a.Hash.String() > b.Hash.String()
	}
	return a.Committer.When.After(b.Committer.When)
}

// visits is a heap, newest commit on top.
type visits []*visit

func (q visits) Len() int           { return len(q) }
func (q visits) Less(i, j int) bool { return newer(q[i].commit, q[j].commit) }
func (q visits) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *visits) Push(x any)        { *q = append(*q, x.(*visit)) }

func (q *visits) Pop() any {
	last := len(*q) - 1
	v := (*q)[last]
	*q = (*q)[:last]
	return v
}

// cut tells whether the clone's history ends at a commit that has parents.
func (g *gitStore) cut(h plumbing.Hash) bool { return slices.Contains(g.shallow, h) }
