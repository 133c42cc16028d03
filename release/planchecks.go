package release

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"twokey/checks"
	"twokey/checks/text"
)

// ownChecks reads the project's own checks.
func (r *planReader) ownChecks(o object) []checks.Own {
	var ids []string
	return each(r, o, "checks", func(n ast.Node) checks.Own {
		c, place := r.ownCheck(n)
		if c.ID != "" && slices.Contains(ids, c.ID) {
			r.fail(place, "a second check %s: give this one an id of its own, such as id: notes", c.ID)
		}
		ids = append(ids, c.ID)
		return c
	})
}

// ownCheck reads one of the project's own checks, and gives the place that its ID
// comes from.
func (r *planReader) ownCheck(n ast.Node) (c checks.Own, place ast.Node) {
	kinds := checks.OwnKinds()
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	o, ok := r.mapping(n, "a check", append(words, "contains", "fragments", "when", "id")...)
	if !ok {
		return c, n
	}
	kinds = slices.DeleteFunc(kinds, func(k checks.OwnKind) bool { return !o.has(string(k)) })
	switch len(kinds) {
	case 0:
		line, column, _ := r.firstPlace(o, "", "")
		r.failPlace(line, column, "a check is one of "+strings.Join(words, ", "))
		return c, n
	case 1:
		c.Kind, place = kinds[0], o.keys[string(kinds[0])]
	default:
		r.fail(o.keys[string(kinds[1])], "a check has one kind, not %s and %s", kinds[0], kinds[1])
		return c, n
	}
	c.Name = r.ownName(o.vals[string(c.Kind)], c.Kind)
	r.ownContains(o, &c)
	r.ownFragments(o, &c)
	r.ownWhen(o, &c)
	name := string(c.Kind)
	if n := o.vals["id"]; n != nil {
		place, name = n, cmp.Or(r.ownName(n, ""), name)
	}
	c.ID = checks.OwnID(name)
	return c, place
}

// ownName reads what an own check of a kind looks at; of no kind, its id.
func (r *planReader) ownName(n ast.Node, kind checks.OwnKind) string {
	if kind == "" {
		s := r.text(n, "id")
		if s != "" && !stageName.MatchString(s) {
			r.fail(n, "id %q: want up to 40 of a-z, 0-9 and -", s)
		}
		return s
	}
	s := r.template(n, string(kind), allFields()...)
	if problem := ownProblem(kind, s); s != "" && problem != "" {
		r.fail(n, "%s %q: %s", kind, s, problem)
	}
	return s
}

// ownProblem says what is wrong with what an own check looks at; empty when
// nothing is.
func ownProblem(kind checks.OwnKind, s string) string {
	switch kind {
	case checks.OwnURL:
		if !webURL(s) {
			return "want an http or https URL"
		}
	case checks.OwnFile, checks.OwnChangelog:
		return pathProblem(s)
	case checks.OwnIssuesNone:
		for _, prefix := range []string{"label:", "milestone:"} {
			if rest, ok := strings.CutPrefix(s, prefix); ok && strings.TrimSpace(rest) != "" {
				return ""
			}
		}
		return "want label:NAME or milestone:NAME"
	case checks.OwnAdvisories:
		if s != "published" {
			return "want published, which is all there is to ask of advisories"
		}
	case checks.OwnManual:
	default:
		return "no kind of check"
	}
	return ""
}

// ownContains reads the text that a page or file has to hold.
func (r *planReader) ownContains(o object, c *checks.Own) {
	n := o.vals["contains"]
	switch {
	case c.Kind.HasContains():
		if n := r.required(o, "contains", "a check of kind "+string(c.Kind)); n != nil {
			c.Contains = r.template(n, "contains", allFields()...)
		}
	case n != nil:
		r.fail(o.keys["contains"], "a check of kind %s takes no %q", c.Kind, "contains")
	}
}

// ownFragments reads the directory that a changelog is collected from.
func (r *planReader) ownFragments(o object, c *checks.Own) {
	n := o.vals["fragments"]
	switch {
	case n == nil:
	case c.Kind != checks.OwnChangelog:
		r.fail(o.keys["fragments"], "a check of kind %s takes no %q", c.Kind, "fragments")
	default:
		c.Fragments = strings.TrimSuffix(r.template(n, "fragments", allFields()...), "/")
		if problem := pathProblem(c.Fragments); c.Fragments != "" && problem != "" {
			r.fail(n, "fragments %q: %s", c.Fragments, problem)
		}
	}
}

// ownWhen reads the side of the release. Only a page is usually there after it.
func (r *planReader) ownWhen(o object, c *checks.Own) {
	c.When = checks.Before
	if c.Kind == checks.OwnURL {
		c.When = checks.After
	}
	n := o.vals["when"]
	if n == nil {
		return
	}
	c.When = oneOf(r, n, "when", checks.Before, checks.After)
	if c.When == checks.After && c.Kind.InCommit() {
		r.fail(n, "a check of kind %s looks at the released commit, which a release does not change: leave when out", c.Kind)
	}
}

// waiver reads {check, reason, until}. That there is no such check is no mistake
// here, but a finding: a plan that was right when its release began stays one.
// Own checks are declared in the same file, so that this file tells.
func (r *planReader) waiver(n ast.Node, own []checks.Own) (w checks.Waiver) {
	o, ok := r.mapping(n, "a waiver", "check", "reason", "until")
	if !ok {
		return w
	}
	if n := r.required(o, "check", "a waiver"); n != nil {
		w.Check = r.text(n, "check")
		if problem := waiverProblem(w.Check, own); w.Check != "" && problem != "" {
			r.fail(n, "check %q%s", w.Check, problem)
		}
	}
	if n := r.required(o, "reason", "a waiver"); n != nil {
		w.Reason = text.Clean(r.text(n, "reason"))
	}
	if n := r.required(o, "until", "a waiver"); n != nil {
		w.Until = r.date(n)
	}
	return w
}

// checkID is the shape of a check's id.
var checkID = regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9-]+)+$`)

// waiverProblem says why a check can not be waived; empty when it can, or when a
// finding will say so.
func waiverProblem(id string, own []checks.Own) string {
	fixed := func(c checks.Check) bool { return c.ID == id && c.NoWaiver }
	// One that is not as it is meant may be the one.
	declared := func(c checks.Own) bool { return c.ID == id || c.ID == "" }
	switch {
	case !checkID.MatchString(id):
		return ": want a check's id such as branch.rules"
	case slices.ContainsFunc(checks.All(), fixed), slices.ContainsFunc(checks.ForPublished(), fixed), id == "plan.waivers":
		return " can not be waived"
	case strings.HasPrefix(id, checks.OwnID("")) && !slices.ContainsFunc(own, declared):
		return ": the plan declares no check of this id"
	}
	return ""
}

// date reads a day as 2027-01-31.
func (r *planReader) date(n ast.Node) time.Time {
	s := r.text(n, "until")
	if s == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		r.fail(n, "until %q: want a day such as 2027-01-31", s)
	}
	return day
}
