package rehearsal

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"

	"twokey/checks/actions"
)

// standIn is a repository that the world's workflows are pinned to and that the world
// does not have. Of it is known what they say: its commits, each that of the tag that the
// comment behind the pin names.
type standIn struct {
	name string            // as it is written
	tags map[string]string // commits, by the names of tags
}

// pinnedCommit is what a workflow or an action is pinned to: a repository, a commit, and the
// version in the comment behind it.
var pinnedCommit = regexp.MustCompile(`\buses:\s*["']?([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)(?:/[^@\s"']*)?@([0-9a-f]{40})\b["']?(?:\s+#\s*([A-Za-z0-9_.+/-]+))?`)

// standIns are all of them, by their names in lower case.
func (w *World) standIns() map[string]*standIn {
	if w.pinned != nil {
		return w.pinned
	}
	w.pinned = map[string]*standIn{}
	for _, r := range w.repos {
		for _, b := range r.git.branches() {
			for _, text := range r.git.pinning(b.hash) {
				for _, m := range pinnedCommit.FindAllStringSubmatch(text, -1) {
					w.pin(m[1], m[2], m[3])
				}
			}
		}
	}
	if w.scenario.impostor {
		w.forge()
	}
	return w.pinned
}

// pin notes a commit of a repository that the world does not have.
func (w *World) pin(repo, commit, version string) {
	owner, name, _ := strings.Cut(repo, "/")
	if w.repo(owner, name) != nil {
		return
	}
	key := strings.ToLower(repo)
	s := w.pinned[key]
	if s == nil {
		s = &standIn{repo, map[string]string{}}
		w.pinned[key] = s
	}
	if slices.Contains(slices.Collect(maps.Values(s.tags)), commit) {
		return
	}
	if version == "" || s.tags[version] != "" {
		version = "pinned-" + commit[:7]
	}
	s.tags[version] = commit
}

// forge takes the commits of one repository away: what is pinned there is a stranger's.
// It is one whose action publishes, where there is such a one.
func (w *World) forge() {
	names := slices.Sorted(maps.Keys(w.pinned))
	slices.SortStableFunc(names, func(a, b string) int { return publishes(b) - publishes(a) })
	if len(names) > 0 {
		w.pinned[names[0]].tags = map[string]string{}
	}
}

// publishes is 1 for an action that publishes by itself.
func publishes(action string) int {
	if _, ok := actions.ByAction(action, nil); ok {
		return 1
	}
	return 0
}

// pinning are the files of a commit that may pin something.
func (g *gitStore) pinning(commit plumbing.Hash) []string {
	tree, err := g.tree(commit)
	if err != nil {
		return nil
	}
	dir, err := tree.Tree(".github")
	if err != nil {
		return nil
	}
	var out []string
	_ = g.walkTree(dir, ".github", func(name string, e gitobj.TreeEntry) error {
		if ext := path.Ext(name); e.Mode == filemode.Regular && (ext == ".yml" || ext == ".yaml") {
			if content, err := g.blob(e.Hash); err == nil {
				out = append(out, string(content))
			}
		}
		return nil
	})
	return out
}

// standInType is such a repository, as far as it is known.
func standInType(s *standIn) *gqlType {
	var tags []*gqlType
	for _, name := range slices.Sorted(maps.Keys(s.tags)) {
		tags = append(tags, refNode("refs/tags/", name, &gqlType{name: "Commit", fields: map[string]gqlField{"oid": is(s.tags[name])}}))
	}
	head := plumbing.ComputeHash(plumbing.CommitObject, []byte(s.name)).String()
	main := refNode("refs/heads/", "main", &gqlType{name: "Commit", fields: map[string]gqlField{"oid": is(head)}})
	return &gqlType{name: "Repository", fields: map[string]gqlField{"nameWithOwner": is(s.name), "defaultBranchRef": is(main),
		"object": {args: []string{"oid"}, get: func(args map[string]any) (any, error) {
			if oid := fmt.Sprint(args["oid"]); slices.Contains(slices.Collect(maps.Values(s.tags)), oid) {
				return &gqlType{name: "Commit", fields: map[string]gqlField{"oid": is(oid)}}, nil
			}
			return nil, nil
		}},
		"refs": refsField(func() []*gqlType { return []*gqlType{main} }, func() []*gqlType { return tags })}}
}

// refNode is a ref and what it leads to.
func refNode(prefix, name string, target *gqlType) *gqlType {
	return &gqlType{name: "Ref", fields: map[string]gqlField{"name": is(name), "prefix": is(prefix),
		"id": is(nodeID("Ref", prefix+name)), "target": is(target)}}
}

// refsField lists refs by their prefix. How they are ordered matters to nobody here.
func refsField(heads, tags func() []*gqlType) gqlField {
	return gqlField{args: []string{"refPrefix", "first", "after", "orderBy"}, get: func(args map[string]any) (any, error) {
		switch args["refPrefix"] {
		case "refs/heads/":
			return connection("RefConnection", heads(), args)
		case "refs/tags/":
			return connection("RefConnection", tags(), args)
		}
		return nil, &graphqlError{unknown: true, message: "the rehearsal lists branches and tags alone"}
	}}
}

// refsOf are a repository's own refs under a prefix.
func (r *repository) refsOf(prefix string, list []namedHash) []*gqlType {
	var out []*gqlType
	for _, n := range list {
		target := &gqlType{name: "Commit", fields: map[string]gqlField{"oid": is(n.hash.String())}}
		if tag, err := r.git.tag(n.hash); err == nil {
			target.name = "Tag"
			target.fields["target"] = is(&gqlType{name: "Commit", fields: map[string]gqlField{"oid": is(tag.Target.String())}})
		}
		out = append(out, refNode(prefix, n.name, target))
	}
	return out
}
