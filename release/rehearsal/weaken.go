package rehearsal

import (
	"regexp"

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
	return w.commitOnLines("Follow the newest actions\n", func(head plumbing.Hash) (map[string][]byte, error) {
		return unpinned(w.repos[0].git, head) // a clone's may be so already
	})
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
