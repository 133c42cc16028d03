package actions

import (
	"regexp"
	"strings"

	"github.com/rhysd/actionlint"
)

// Event is what starts a workflow, in the words of its `on`.
type Event string

// The events that a release makes.
const (
	EventPush     Event = "push" // of a tag
	EventRelease  Event = "release"
	EventDispatch Event = "workflow_dispatch"
)

var (
	eventTerm = regexp.MustCompile(`^github\.event_name\s*(==|!=)\s*'([a-z_]+)'$`)
	refTerm   = regexp.MustCompile(`^github\.ref(_name)?\s*==\s*'([^']*)'$`)
	startTerm = regexp.MustCompile(`^startsWith\(\s*github\.ref\s*,\s*'([^']*)'\s*\)$`)
	repoTerm  = regexp.MustCompile(`^github\.repository\s*==\s*'([^']*)'$`)
	actTerm   = regexp.MustCompile(`^github\.event\.action\s*==\s*'([^']*)'$`)
)

// MayRun tells whether a condition can hold when an event of a release starts a
// workflow in a repository. It only says no where one of the terms that have to hold
// certainly does not.
func MayRun(condition *actionlint.String, e Event, repo string) bool {
	if condition == nil {
		return true
	}
	s := strings.TrimSpace(condition.Value)
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, "${{"), "}}"))
	if strings.Contains(s, "||") {
		return true
	}
	for term := range strings.SplitSeq(s, "&&") {
		if never(strings.TrimSpace(term), e, repo) {
			return false
		}
	}
	return true
}

// never tells whether a term certainly does not hold in a release.
func never(term string, e Event, repo string) bool {
	if term == "false" {
		return true
	}
	if m := eventTerm.FindStringSubmatch(term); m != nil {
		return (m[2] == string(e)) != (m[1] == "==")
	}
	if m := refTerm.FindStringSubmatch(term); m != nil && e != EventDispatch {
		return m[1] == "" && strings.HasPrefix(m[2], "refs/heads/") || m[1] != "" && (m[2] == "main" || m[2] == "master")
	}
	if m := startTerm.FindStringSubmatch(term); m != nil {
		return strings.HasPrefix(m[1], "refs/heads/") && e != EventDispatch ||
			strings.HasPrefix(m[1], "refs/tags/") && e == EventDispatch
	}
	if m := actTerm.FindStringSubmatch(term); m != nil && e == EventRelease {
		return m[1] != "published" && m[1] != "released" && m[1] != "created"
	}
	if m := repoTerm.FindStringSubmatch(term); m != nil {
		return !strings.EqualFold(m[1], repo)
	}
	return false
}
