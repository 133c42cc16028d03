package release

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
)

// event is what starts a workflow in a release.
type event string

const (
	eventTag      event = "tag push"
	eventRelease  event = "published release"
	eventDispatch event = "dispatch"
)

// hook is the event's name in a workflow.
func (e event) hook() actions.Event {
	switch e {
	case eventTag:
		return actions.EventPush
	case eventRelease:
		return actions.EventRelease
	}
	return actions.EventDispatch
}

var (
	// releaseWord, versionWord and tagWord are how people name a workflow that
	// releases and the inputs that it takes.
	releaseWord = regexp.MustCompile(`(?i)release|publish`)
	nonceWord   = regexp.MustCompile(`(?i)^(twokey|nonce)$`)
	versionWord = regexp.MustCompile(`(?i)^(release[-_]?)?version$`)
	tagWord     = regexp.MustCompile(`(?i)^(release[-_]?|git[-_]?)?tag([-_]?name)?$`)
)

// flow is a workflow file that could be read.
type flow struct {
	file   string
	parsed *actionlint.Workflow
	push   *actionlint.WebhookEvent
	// release is set when a published release starts the workflow.
	release  bool
	dispatch bool
	others   int // events that are no part of a release
	inputs   map[string]flowInput
}

// flowInput is an input of a dispatch.
type flowInput struct{ required, hasDefault bool }

// readFlows parses the workflow files.
func (d *discovery) readFlows() {
	for _, w := range d.found.Workflows {
		if !workflowName(w.File) {
			d.note("%s is not read: GitHub starts no workflow of such a name", w.File)
			continue
		}
		parsed, err := parseWorkflow(w.Content)
		if err != nil {
			d.note("%s can not be read: %v", w.File, err)
			continue
		}
		d.flows = append(d.flows, newFlow(w.File, parsed))
	}
}

func newFlow(file string, parsed *actionlint.Workflow) *flow {
	w := &flow{file: file, parsed: parsed}
	for _, on := range parsed.On {
		switch on := on.(type) {
		case *actionlint.WorkflowDispatchEvent:
			w.dispatch = true
			w.inputs = map[string]flowInput{}
			for _, in := range on.Inputs {
				w.inputs[in.Name.Value] = flowInput{in.Required != nil && in.Required.Value, in.Default != nil}
			}
		case *actionlint.WebhookEvent:
			switch on.EventName() {
			case "push":
				w.push = on
			case "release":
				w.release = startsOnPublished(on)
			default:
				w.others++
			}
		case *actionlint.WorkflowCallEvent: // no event that happens by itself
		default:
			w.others++
		}
	}
	return w
}

// shows tells whether a workflow shows an input in its run-name.
func (d *discovery) shows(file, input string) bool {
	return slices.ContainsFunc(d.flows, func(w *flow) bool { return w.file == file && ShowsInput(w.parsed, input) })
}

// startsOnPublished tells whether publishing a release that is not a pre-release
// starts the workflow; without types all activity does.
func startsOnPublished(on *actionlint.WebhookEvent) bool {
	return len(on.Types) == 0 || slices.ContainsFunc(on.Types, func(t *actionlint.String) bool {
		return t.Value == "published" || t.Value == "released" || t.Value == "created"
	})
}

// startedBy tells whether an event of a release with this tag starts the workflow.
func (w *flow) startedBy(e event, tag string) bool {
	switch e {
	case eventTag:
		return w.push != nil && pushedTagStarts(w.push, tag)
	case eventRelease:
		return w.release
	}
	return w.dispatch
}

// onlyReleases tells whether the workflow is there for releases alone: a pushed
// tag or a published release starts it, and no branch or other event does.
func (w *flow) onlyReleases() bool {
	if w.others > 0 || w.push == nil && !w.release {
		return false
	}
	return w.push == nil || w.push.Branches.IsEmpty() && w.push.BranchesIgnore.IsEmpty() && !w.push.Tags.IsEmpty()
}

// pushedTagStarts follows GitHub's rules for `on: push`: with filters for
// branches alone, no tag starts the workflow.
func pushedTagStarts(push *actionlint.WebhookEvent, tag string) bool {
	switch {
	case !push.Tags.IsEmpty():
		return matchFilters(push.Tags.Values, tag)
	case !push.TagsIgnore.IsEmpty():
		return !matchFilters(push.TagsIgnore.Values, tag)
	}
	return push.Branches.IsEmpty() && push.BranchesIgnore.IsEmpty()
}

// matchFilters tells whether a name passes filters: the last one that matches
// decides, and one that begins with ! takes out.
func matchFilters(filters []*actionlint.String, name string) bool {
	in := false
	for _, f := range filters {
		pattern, out := strings.CutPrefix(f.Value, "!")
		if re, err := filterRegexp(pattern); err == nil && re.MatchString(name) {
			in = !out
		}
	}
	return in
}

// filterRegexp translates a filter pattern of GitHub's workflow syntax: * is
// anything but /, ** anything, ? and + repeat what stands before them, [ ] is a
// set, and \ takes the next character as it is.
func filterRegexp(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`^`)
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?' || c == '+':
			b.WriteByte(c)
		case c == '[' && strings.Contains(pattern[i:], "]"):
			end := i + strings.Index(pattern[i:], "]")
			b.WriteString(pattern[i : end+1])
			i = end
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return regexp.Compile(b.String() + `$`)
}

// local finds the workflow of this repository that a job calls.
func (d *discovery) local(uses string) *flow {
	if !strings.HasPrefix(uses, "./.github/workflows/") {
		return nil
	}
	i := slices.IndexFunc(d.flows, func(w *flow) bool { return w.file == path.Base(uses) })
	if i < 0 {
		return nil
	}
	return d.flows[i]
}

// jobsOf are a workflow's jobs in the order of the file.
func jobsOf(w *actionlint.Workflow) []*actionlint.Job {
	var jobs []*actionlint.Job
	for _, id := range keysOf(w.Jobs) {
		jobs = append(jobs, w.Jobs[id])
	}
	slices.SortStableFunc(jobs, func(a, b *actionlint.Job) int {
		if a.Pos == nil || b.Pos == nil {
			return 0
		}
		return a.Pos.Line - b.Pos.Line
	})
	return jobs
}

// callDefaults are the inputs of a called workflow that have a default.
func (w *flow) callDefaults() map[string]string {
	out := map[string]string{}
	for _, on := range w.parsed.On {
		call, ok := on.(*actionlint.WorkflowCallEvent)
		if !ok {
			continue
		}
		for _, in := range call.Inputs {
			if in.Default != nil && in.Name != nil {
				out[strings.ToLower(in.Name.Value)] = in.Default.Value
			}
		}
	}
	return out
}
