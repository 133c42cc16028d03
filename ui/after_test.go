package ui

import (
	"errors"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// While a page is awaited the release is verified, and what is awaited stands below the
// stages.
func TestAfterIsAwaited(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 442), onRelease)
	holds(t, frameText(m), []string{"VERIFYING", "own.url", "waiting", "after the release"}, []string{"✓ DONE"})
	if page := m.tree.link(m.tree.selected()); page != "https://docs.ckan.org/en/2.11/changelog.html" {
		t.Errorf("o opens %q", page)
	}
	for _, key := range []string{"down", "down", "down", "down", "down", "down", "down", "enter", "o"} {
		for _, msg := range keyMsgs(key) { // no key breaks on a row that is no stage
			m.Update(msg)
		}
	}
	holds(t, frameText(m), []string{"own.url"}, nil)
}

// A release that leaves something open is done, and says what.
func TestAfterThatIsLeftOpen(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 439), onRelease)
	f := checks.Finding{ID: "own.url", Severity: checks.SeverityWarn, Outcome: checks.Fail, Summary: text.Clean("there is no such page")}
	emit(m, release.AfterChecked{Finding: f}, release.Finished{Outcome: release.Done, Version: "2.11.6", Tag: "ckan-2.11.6",
		Why: text.Clean("it is released, and own.url is not as the plan asks"), Hint: text.Clean("publish the page"),
		After: []release.AfterEnd{{Check: "own.url", Outcome: checks.Fail, Open: true}}})
	left := &release.Error{Kind: release.KindAfter, Op: "release 2.11.6", Err: errors.New("it is released"), Hint: "publish the page"}
	m.released = true
	m.Update(releasedMsg{left})
	holds(t, frameText(m), []string{"! DONE", "is released", "✗ own.url  fail  there is no such page", "Note  it is released", "publish the page"},
		[]string{"FAILED", "✓ DONE"})
	if err := m.result(); release.KindOf(err) != release.KindAfter || outcome(err) != release.Done {
		t.Errorf("the console comes to %v", err)
	}
}
