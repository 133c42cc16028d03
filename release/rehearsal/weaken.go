package rehearsal

import (
	"fmt"
	"regexp"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// pinnedUse is a line that uses an action by its commit, with the version in a comment.
var pinnedUse = regexp.MustCompile(`(?m)^(\s*(?:-\s+)?uses:\s*[\w.-]+/[^@\s]+)@[0-9a-f]{40}[ \t]+#[ \t]*(\S+)`)

// unpin has every release line of the released repository use actions by their versions,
// as somebody does who wants to be up to date.
func (w *World) unpin() error {
	if !w.scenario.unpins {
		return nil
	}
	r := w.repos[0]
	for _, b := range r.git.branches() {
		if b.name != r.git.head && !r.protected(b.name) {
			continue
		}
		files, err := unpinned(r.git, b.hash)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			continue // a clone's may be so already
		}
		head, err := r.git.commit(b.hash)
		if err != nil {
			return err
		}
		h, err := r.git.putCommit(change{message: "Follow the newest actions\n", by: signature("jonas", head.Committer.When.Add(time.Minute)),
			parents: []plumbing.Hash{b.hash}, files: files})
		if err != nil {
			return fmt.Errorf("unpin the actions of %s: %w", b.name, err)
		}
		r.git.refs["refs/heads/"+b.name] = h
	}
	return nil
}

// unpinned are the workflow files of a commit that pin something, without their pins.
func unpinned(g *gitStore, sha plumbing.Hash) (map[string][]byte, error) {
	paths, err := g.workflows(sha)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, path := range paths {
		src, err := g.read(sha, path)
		if err != nil {
			return nil, err
		}
		if pinnedUse.Match(src) {
			out[path] = pinnedUse.ReplaceAll(src, []byte("$1@$2"))
		}
	}
	return out, nil
}

// weaken takes away what settings keep safe: the rules for tags, in every repository; and
// where whoever rehearses is to approve their own release, that there is another
// maintainer.
func (w *World) weaken() {
	if s := &w.repos[0].settings; len(w.scenario.reviewers) > 0 && s.Collaborators[viewer] != "" {
		s.Collaborators = map[string]string{viewer: "admin", otherUser: "triage"}
	}
	if !w.scenario.looseTags {
		return
	}
	for _, r := range w.repos {
		var kept []ruleset
		for _, s := range r.settings.Rulesets {
			if s.Target != "tag" {
				kept = append(kept, s)
			}
		}
		r.settings.Rulesets = kept
	}
}
