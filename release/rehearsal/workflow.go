package rehearsal

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
)

// parseWorkflow reads a workflow file. What is wrong with it matters only where
// nothing could be read: GitHub, too, runs files that a linter would not like.
func parseWorkflow(content []byte) (*actionlint.Workflow, error) {
	if err := actions.Guard(content); err != nil {
		return nil, err
	}
	wf, errs := actionlint.Parse(content)
	if wf == nil || len(wf.On) == 0 && len(wf.Jobs) == 0 {
		if len(errs) > 0 {
			return nil, fmt.Errorf("line %d: %s", errs[0].Line, errs[0].Message)
		}
		return nil, fmt.Errorf("not a workflow file")
	}
	return wf, nil
}

// startsOn tells whether an event starts a workflow. For push, ref is the full ref
// that was pushed. For release it is the tag's, and the release is taken to be
// published, not a draft; prerelease says of which kind.
func startsOn(content []byte, event, ref string, prerelease bool) (bool, error) {
	wf, err := parseWorkflow(content)
	if err != nil {
		return false, err
	}
	for _, on := range wf.On {
		if on.EventName() != event {
			continue
		}
		hook, ok := on.(*actionlint.WebhookEvent)
		if !ok {
			return true, nil // workflow_dispatch, workflow_call, schedule: no filter
		}
		switch event {
		case "push":
			return pushStarts(hook, ref)
		case "release":
			return releaseStarts(hook, prerelease), nil
		}
		return true, nil
	}
	return false, nil
}

// pushStarts applies the filters of a push event. With filters for tags alone, no
// branch starts the workflow, and the other way round.
func pushStarts(hook *actionlint.WebhookEvent, ref string) (bool, error) {
	name, isTag := strings.CutPrefix(ref, "refs/tags/")
	take, leave := hook.Tags, hook.TagsIgnore
	other := !hook.Branches.IsEmpty() || !hook.BranchesIgnore.IsEmpty()
	if !isTag {
		var isBranch bool
		if name, isBranch = strings.CutPrefix(ref, "refs/heads/"); !isBranch {
			return false, nil
		}
		take, leave = hook.Branches, hook.BranchesIgnore
		other = !hook.Tags.IsEmpty() || !hook.TagsIgnore.IsEmpty()
	}
	switch {
	case !take.IsEmpty():
		return matchesFilter(take.Values, name)
	case !leave.IsEmpty():
		ignored, err := matchesFilter(leave.Values, name)
		return !ignored, err
	}
	return !other, nil
}

// releaseStarts applies the types of a release event. Publishing a release is the
// events created, published, and released or prereleased.
func releaseStarts(hook *actionlint.WebhookEvent, prerelease bool) bool {
	if len(hook.Types) == 0 {
		return true
	}
	return slices.ContainsFunc(hook.Types, func(t *actionlint.String) bool {
		switch t.Value {
		case "created", "published":
			return true
		case "released":
			return !prerelease
		case "prereleased":
			return prerelease
		}
		return false
	})
}

// matchesFilter tells whether a name passes a list of filter patterns. The last
// one that matches decides; one that begins with ! takes names away again.
func matchesFilter(patterns []*actionlint.String, name string) (bool, error) {
	taken := false
	for _, p := range patterns {
		pattern, not := strings.CutPrefix(p.Value, "!")
		re, err := filterPattern(pattern)
		if err != nil {
			return false, fmt.Errorf("line %d: filter %q: %w", p.Pos.Line, p.Value, err)
		}
		if re.MatchString(name) {
			taken = !not
		}
	}
	return taken, nil
}

// filterPattern is a filter pattern of GitHub's as a regular expression: * matches
// all but a slash, ** everything, ? and + repeat what stands before, [] is a set.
func filterPattern(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`\A(?:`)
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			if strings.HasPrefix(pattern[i:], "**") {
				i++
				b.WriteString(`.*`)
			} else {
				b.WriteString(`[^/]*`)
			}
		case '?', '+', '[', ']':
			b.WriteByte(c)
		case '-':
			b.WriteByte(c) // as it stands: it means a range inside a set
		case '\\':
			if i+1 < len(pattern) {
				i++
				b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
			}
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	b.WriteString(`)\z`)
	return regexp.Compile(b.String())
}
