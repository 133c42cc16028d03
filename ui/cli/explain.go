package cli

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/release"
	"twokey/ui/plain"
)

// list prints every check that is made for every release, in the order in which they
// are shown, those of what is published, and then those that a plan declares.
func (a *app) list() error {
	w := bufio.NewWriter(a.cfg.IO.Out)
	ids, factors := 0, 0
	for _, c := range explained() {
		ids, factors = max(ids, len(c.ID)), max(factors, len(plain.Factor(c.Factor)))
	}
	write := func(list []checks.Check) {
		for _, c := range list {
			fmt.Fprintf(w, "%-*s  %-5s  %-*s  %s\n", ids, c.ID, c.Severity, factors, plain.Factor(c.Factor), c.Title)
		}
	}
	write(checks.All())
	fmt.Fprintf(w, "\nonce a stage has published, and with `%s verify`:\n", a.name())
	write(checks.ForPublished())
	fmt.Fprintf(w, "\nwhere %s declares them, own checks by their kind unless it gives an id:\n", release.PlanFileName)
	write(checks.OfPlans())
	fmt.Fprintf(w, "\n`%s check --explain ID` says more of one.\n", a.name())
	return w.Flush()
}

// explained are all checks that can be explained.
func explained() []checks.Check {
	return slices.Concat(checks.All(), checks.ForPublished(), checks.OfPlans())
}

// explain prints what a check does, why, and how to mend what it finds.
func (a *app) explain(id string) error {
	all := explained()
	i := slices.IndexFunc(all, func(c checks.Check) bool { return c.ID == id })
	if i < 0 {
		return &release.Error{Kind: release.KindUsage, Op: fmt.Sprintf("explaining %q", id), Err: errors.New("there is no check of this id"),
			Hint: fmt.Sprintf("`%s check --list` has them all%s", a.name(), meant(id, all))}
	}
	c := all[i]
	waive := fmt.Sprintf("`--waive '%s=REASON'` for one release, or `waive` in %s until a day", c.ID, release.PlanFileName)
	if c.NoWaiver {
		waive = "never"
	}
	w := bufio.NewWriter(a.cfg.IO.Out)
	fmt.Fprintf(w, "%s  %s\n\n", c.ID, c.Title)
	for _, l := range []struct{ label, words string }{
		{"why", c.Why}, {"looks", c.Looks}, {"factor", plain.Factor(c.Factor)}, {"severity", severityWords(c.Severity)},
		{"needs", c.Access().String()}, {"next", c.Remedy}, {"waive", waive},
	} {
		if l.words != "" {
			fmt.Fprintf(w, "  %-8s  %s\n", l.label, strings.Join(wrapped(l.words, explainWidth), "\n            "))
		}
	}
	return w.Flush()
}

// explainWidth is how many columns an explanation takes beside its labels.
const explainWidth = 68

// wrapped breaks words into lines of at most width columns.
func wrapped(words string, width int) []string {
	var out []string
	line := ""
	for word := range strings.FieldsSeq(words) {
		if line != "" && len(line)+1+len(word) > width {
			out, line = append(out, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(out, line)
}

// severityWords say what a severity means for a release.
func severityWords(s checks.Severity) string {
	switch s {
	case checks.SeverityBlock:
		return "block: a failure stops the release, and so does what can not be seen"
	case checks.SeverityWarn:
		return "warn: it never stops the release"
	}
	return "info: it never stops the release, and asks for nothing"
}

// meant offers the ids that look like the one that was asked for.
func meant(id string, all []checks.Check) string {
	var like, ids []string
	for _, c := range all {
		_, name, _ := strings.Cut(c.ID, ".")
		if id != "" && (strings.Contains(c.ID, id) || strings.HasSuffix(id, name)) {
			like = append(like, c.ID)
		}
		ids = append(ids, c.ID)
	}
	if near := release.Nearest(id, ids); near != "" && !slices.Contains(like, near) {
		like = append(like, near)
	}
	if len(like) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(like, " or ") + "?"
}
