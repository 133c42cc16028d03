package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks"
	"twokey/checks/text"
)

// What the person says about checks on the preflight screen: that a manual one is seen
// to, and that one is set aside for this release. Both are judged again at once.

// givenActs are the keys for it on the selected check.
func (m *model) givenActs() []act {
	f := m.preflight.finding()
	if f == nil || m.prepared == nil {
		return nil
	}
	var out []act
	switch own := m.manual(f.ID); {
	case own && slices.Contains(m.given.Confirmed, f.ID):
		out = append(out, does(as(m.keys.Confirm, "take back"), m.toggleConfirmed))
	case own && f.Outcome == checks.Unknown:
		out = append(out, does(m.keys.Confirm, m.toggleConfirmed).first())
	}
	if f.Blocks() && checks.Unwaivable(m.prepared.Subject(), f.ID) == "" {
		out = append(out, does(m.keys.Waive, m.askWaive))
	}
	return out
}

// manual tells whether a check is one that only a person can look at.
func (m *model) manual(id string) bool {
	return slices.ContainsFunc(m.prepared.Checks, func(o checks.Own) bool {
		return o.ID == id && o.Kind == checks.OwnManual && o.When == checks.Before
	})
}

// toggleConfirmed says that the selected manual check is seen to, or takes it back.
func (m *model) toggleConfirmed() tea.Cmd {
	id := m.preflight.finding().ID
	confirmed := slices.Clone(m.given.Confirmed)
	if i := slices.Index(confirmed, id); i >= 0 {
		confirmed = slices.Delete(confirmed, i, i+1)
	} else {
		confirmed = append(confirmed, id)
	}
	m.given.Confirmed = confirmed
	return m.check()
}

// askWaive asks for the reason to set the selected check aside. Without one there is no
// waiver.
func (m *model) askWaive() tea.Cmd {
	f := m.preflight.finding()
	id := f.ID
	d := &dialog{
		title: fmt.Sprintf("Waive %s?", safe(id)), yesIs: "waive", reason: true, comment: newInput(200), commenting: true,
		lines: []string{
			f.Summary.String(),
			"It is set aside for this release alone, always shown, and kept in the record with your reason.",
		},
	}
	d.comment.Focus()
	d.yes = func(d *dialog) tea.Cmd {
		m.given.Waivers = append(slices.Clone(m.given.Waivers),
			checks.Waiver{Check: id, Reason: text.Clean(strings.TrimSpace(d.comment.Value())), Once: true})
		return m.check()
	}
	return m.ask(d)
}

// forget puts what was given back to what the flags said: another plan is another
// release.
func (m *model) forget() { m.given = m.opts.Given }
