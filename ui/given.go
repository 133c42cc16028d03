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
// to, and that one is set aside for this release. Both are judged again at once, from what was
// read.

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
	open := f.Waiver == nil && f.Severity != checks.SeverityInfo && f.Outcome != checks.Pass && f.Outcome != checks.NotApplicable
	switch given := m.waivedHere(f.ID) >= 0; {
	case given:
		out = append(out, does(as(m.keys.Waive, "take back"), m.unwaive))
	case open && checks.Unwaivable(m.prepared.Subject(), f.ID) == "":
		w := does(m.keys.Waive, m.askWaive)
		w.rare = !f.Blocks() // a warning stops nothing
		out = append(out, w)
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
	return m.judge()
}

// judge has what was read judged by what is given now.
func (m *model) judge() tea.Cmd {
	m.busy = true
	return m.work.judge(*m.prepared, m.given)
}

// waivedHere is which of the waivers that were given is a check's; -1 for none.
func (m *model) waivedHere(id string) int {
	return slices.IndexFunc(m.given.Waivers, func(w checks.Waiver) bool { return w.Check == id })
}

// unwaive takes back that the selected check is set aside.
func (m *model) unwaive() tea.Cmd {
	i := m.waivedHere(m.preflight.finding().ID)
	m.given.Waivers = slices.Delete(slices.Clone(m.given.Waivers), i, i+1)
	return m.judge()
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
		return m.judge()
	}
	return m.ask(d)
}

// forget puts what was given back to what the flags said: another plan is another
// release.
func (m *model) forget() { m.given = m.opts.Given }
