package github

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
	"twokey/release"
)

// parseWorkflow reads a workflow file. problem says why GitHub would not understand
// it; the workflow may be nil then.
func parseWorkflow(src []byte) (w *actionlint.Workflow, problem text.Safe) {
	f := actions.Parse(actions.Ref{}, src)
	return f.Workflow, f.Problem
}

// occasion is how a stage starts its workflows.
type occasion struct {
	trigger    release.Trigger
	tag        string
	prerelease bool
}

// startedBy tells whether an occasion starts a workflow by the event that belongs
// to it: the push of the tag, the release, or the dispatch.
func startedBy(w *actionlint.Workflow, o occasion) (bool, error) {
	for _, event := range w.On {
		var starts bool
		var err error
		switch e := event.(type) {
		case *actionlint.WorkflowDispatchEvent:
			starts = o.trigger == release.TriggerDispatch
		case *actionlint.WebhookEvent:
			switch {
			case o.trigger == release.TriggerTag && e.EventName() == "push":
				starts, err = tagStarts(e, o.tag)
			case o.trigger == release.TriggerRelease && e.EventName() == "release":
				starts = releaseStarts(e, o.prerelease)
			}
		}
		if starts || err != nil {
			return starts, err
		}
	}
	return false, nil
}

// tagStarts tells whether pushing a tag starts a workflow that is on push. Without
// any filter it does; with filters for branches alone it does not. Filters for
// paths do not apply to tags.
func tagStarts(e *actionlint.WebhookEvent, tag string) (bool, error) {
	switch {
	case e.Tags != nil:
		return refMatches(values(e.Tags.Values), tag)
	case e.TagsIgnore != nil:
		ignored, err := refMatches(values(e.TagsIgnore.Values), tag)
		return !ignored && err == nil, err
	}
	return e.Branches == nil && e.BranchesIgnore == nil, nil
}

// releaseStarts tells whether publishing a new release starts a workflow that is
// on release. That one act has three types.
func releaseStarts(e *actionlint.WebhookEvent, prerelease bool) bool {
	happens := []string{"created", "published", "released"}
	if prerelease {
		happens[2] = "prereleased"
	}
	if len(e.Types) == 0 {
		return true
	}
	return slices.ContainsFunc(values(e.Types), func(t string) bool { return slices.Contains(happens, t) })
}

// triggers are a workflow's own triggers, for people.
func triggers(w *actionlint.Workflow) []text.Safe {
	var out []text.Safe
	for _, event := range w.On {
		s := event.EventName()
		if e, ok := event.(*actionlint.WebhookEvent); ok {
			var parts []string
			if len(e.Types) > 0 {
				parts = append(parts, strings.Join(values(e.Types), ", "))
			}
			for _, f := range []*actionlint.WebhookEventFilter{e.Branches, e.BranchesIgnore, e.Tags, e.TagsIgnore} {
				if f != nil && f.Name != nil {
					parts = append(parts, f.Name.Value+": "+strings.Join(values(f.Values), ", "))
				}
			}
			if len(parts) > 0 {
				s = fmt.Sprintf("%s (%s)", s, strings.Join(parts, "; "))
			}
		}
		out = append(out, text.Clean(s))
	}
	return out
}

func values(in []*actionlint.String) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		if s != nil {
			out = append(out, s.Value)
		}
	}
	return out
}
