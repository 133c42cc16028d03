package rehearsal

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// moves is what somebody else does between the preflight and the trigger. The
// preflight asks for the release's tag or claim once and for what CI said of the commit;
// whoever asks for it again is about to make it.
type moves struct {
	judged map[string]plumbing.Hash // heads whose check runs were asked for, by branch
	latest string                   // the branch of the last one
	looked map[string]int           // how often a ref that does not exist was asked for
	done   bool
}

// before does what the scenario wants to have happened before a request is answered.
func (m *moves) before(w *World, req *http.Request) error {
	s := w.scenario
	if m.done || !s.tagMoves && !s.branchMoves || req.Host != apiHost {
		return nil
	}
	r := w.repos[0]
	rest, ok := cutFold(req.URL.Path, "/repos/"+r.name.String())
	if !ok || req.Method != http.MethodGet {
		return nil
	}
	if ref, ok := strings.CutPrefix(rest, "/commits/"); ok {
		m.judge(r, strings.TrimSuffix(ref, "/check-runs"))
		return nil
	}
	ref := refAsked(rest)
	tag, isTag := strings.CutPrefix(ref, "refs/tags/")
	if ref == "" || r.git.refs[ref] != plumbing.ZeroHash || s.tagMoves && !isTag {
		return nil
	}
	if m.look(ref); m.looked[ref] < 2 || m.latest == "" {
		return nil
	}
	m.done = true
	if s.tagMoves {
		return w.takeTag(r, tag, m.judged[m.latest])
	}
	return w.pushLate(r, m.latest)
}

// look counts that a ref was asked for which does not exist, by either API.
func (m *moves) look(ref string) {
	if m.looked == nil {
		m.looked = map[string]int{}
	}
	m.looked[ref]++
}

// judge remembers the branch whose head is judged.
func (m *moves) judge(r *repository, sha string) {
	for _, b := range r.git.branches() {
		if b.hash.String() != sha {
			continue
		}
		if m.judged == nil {
			m.judged = map[string]plumbing.Hash{}
		}
		m.judged[b.name], m.latest = b.hash, b.name
		return
	}
}

// refAsked is the tag or claim that a path asks for, as a full ref.
func refAsked(path string) string {
	for _, prefix := range []string{"/git/ref/", "/git/matching-refs/"} {
		if ref, ok := strings.CutPrefix(path, prefix); ok && (strings.HasPrefix(ref, "tags/") || strings.HasPrefix(ref, "twokey/")) {
			return "refs/" + ref
		}
	}
	return ""
}

// cutFold cuts a prefix off in whatever case it is written.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// takeTag makes somebody else's tag, on the commit before the one that was judged.
func (w *World) takeTag(r *repository, tag string, judged plumbing.Hash) error {
	c, err := r.git.commit(judged)
	if err != nil {
		return err
	}
	target := judged
	if len(c.ParentHashes) > 0 {
		target = c.ParentHashes[0]
	}
	h, err := r.git.putTag(tag, tag+"\n", signature(otherUser, w.clock.Now()), target)
	if err != nil {
		return err
	}
	return w.makeRef(r, "refs/tags/"+tag, h, otherUser)
}

// pushLate puts somebody else's commit on a branch.
func (w *World) pushLate(r *repository, branch string) error {
	head, ok := r.git.branch(branch)
	if !ok {
		return nil
	}
	now := w.clock.Now()
	h, err := r.git.putCommit(change{parents: []plumbing.Hash{head}, by: signature(otherUser, now),
		message: "Fix one more thing\n", files: map[string][]byte{"LATE.md": []byte("Pushed at " + now.UTC().Format(time.TimeOnly) + ".\n")}})
	if err != nil {
		return err
	}
	return w.makeRef(r, "refs/heads/"+branch, h, otherUser)
}
