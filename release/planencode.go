package release

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/version"
)

// Encode writes the plan as a twokey.yml, one line for each thing that a person
// would change, and reads it back to be sure that it means the same. Its error
// is that of ParsePlanFile when the plan is none.
func (f PlanFile) Encode() ([]byte, error) {
	w := &planWriter{}
	w.line("version: %d", PlanFileVersion)
	w.text("", "project", f.Project)
	w.text("", "lines", f.Lines)
	w.text("", "tag", f.Tag)
	if f.Scheme != version.SemVer && f.Scheme != "" {
		w.text("", "versions", string(f.Scheme))
	}
	if len(f.VersionFiles) > 0 {
		w.line("version-files:")
	}
	for _, v := range f.VersionFiles {
		w.line("  - {path: %s, pattern: %s}", scalar(v.Path), scalar(v.Pattern))
	}
	w.line("stages:")
	for _, s := range f.Stages {
		w.stage(s, f.Tag)
	}
	if len(f.Checks) > 0 {
		w.line("checks:")
	}
	for _, c := range f.Checks {
		w.own(c)
	}
	if len(f.Waivers) > 0 {
		w.line("waive:")
	}
	for _, v := range f.Waivers {
		w.line("  - {check: %s, reason: %s, until: %s}", scalar(v.Check), scalar(v.Reason.String()),
			v.Until.Format(time.DateOnly))
	}
	if len(f.Acknowledged) > 0 {
		w.line("acknowledge:")
	}
	for _, a := range f.Acknowledged {
		w.line("  - {path: %s, blob: %s, reason: %s}", scalar(a.Path), scalar(a.Blob), scalar(a.Reason.String()))
	}
	if len(f.Generated) > 0 {
		w.line("generated:")
	}
	for _, g := range f.Generated {
		w.line("  - {path: %s, reason: %s}", scalar(g.Path), scalar(g.Reason.String()))
	}
	if _, err := ParsePlanFile(PlanFileName, w.Bytes()); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

// planWriter writes YAML of the few shapes that a plan has.
type planWriter struct{ bytes.Buffer }

func (w *planWriter) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// text writes a key with its value, when there is one.
func (w *planWriter) text(indent, key, value string) {
	if value != "" {
		w.line("%s%s: %s", indent, key, blockScalar(value))
	}
}

// stage writes one stage. A tag that is the plan's own goes without saying.
func (w *planWriter) stage(s StageSpec, planTag string) {
	w.line("  - name: %s", scalar(s.Name))
	if !s.Repo.IsZero() {
		repo := s.Repo.String()
		if s.Repo.Host != "" {
			repo = s.Repo.Host + "/" + repo
		}
		w.text("    ", "repo", repo)
	}
	if len(s.Needs) > 0 {
		w.line("    needs: %s", flowList(s.Needs))
	}
	w.text("    ", "trigger", string(s.Trigger))
	if s.Tag != planTag || !s.Repo.IsZero() || s.Trigger == TriggerDispatch {
		w.text("    ", "tag", s.Tag)
	}
	w.text("    ", "branch", s.Branch)
	w.line("    workflows: %s", flowList(s.Workflows))
	if len(s.Inputs) > 0 {
		w.line("    inputs:")
	}
	for _, name := range keysOf(s.Inputs) {
		w.text("      ", name, s.Inputs[name])
	}
	w.text("    ", "nonce-input", s.NonceInput)
	if len(s.Publishes) > 0 {
		w.line("    publishes:")
	}
	for _, a := range s.Publishes {
		w.line("      - %s: %s", a.Kind, blockScalar(a.Name))
		if len(a.With) > 0 {
			var pairs []string
			for _, name := range keysOf(a.With) {
				pairs = append(pairs, name+": "+flowList(a.With[name]))
			}
			w.line("        with: {%s}", strings.Join(pairs, ", "))
		}
		for _, part := range a.Apt.templates() {
			if part.Key != "component" || *part.Part != mainComponent {
				w.text("        ", part.Key, *part.Part)
			}
		}
		w.text("        ", "source", a.Source)
		if a.Attested {
			w.line("        attested: required")
		}
	}
}

// own writes one of the project's own checks. An ID that is its kind's goes
// without saying.
func (w *planWriter) own(c checks.Own) {
	fields := []string{string(c.Kind) + ": " + scalar(c.Name)}
	if c.Kind.HasContains() {
		fields = append(fields, "contains: "+scalar(c.Contains))
	}
	if c.Fragments != "" {
		fields = append(fields, "fragments: "+scalar(c.Fragments))
	}
	if c.ID != checks.OwnID(string(c.Kind)) {
		fields = append(fields, "id: "+scalar(strings.TrimPrefix(c.ID, checks.OwnID(""))))
	}
	fields = append(fields, "when: "+scalar(string(c.When)))
	w.line("  - {%s}", strings.Join(fields, ", "))
}

// flowList writes a list on one line.
func flowList(items []string) string {
	out := make([]string, len(items))
	for i, s := range items {
		out[i] = scalar(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// plainScalar is text that YAML can only read as itself, in a flow list too.
var plainScalar = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9./_-]*$`)

// wordWithMeaning is plain text that YAML 1.1 or 1.2 reads as something else.
var wordWithMeaning = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null)$`)

// plainTemplate is a template or URL that needs no quotes outside of a flow list.
var plainTemplate = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9./_-]*(?::?[A-Za-z0-9./_{}-]+)*$`)

// blockScalar is scalar for a value that stands on a line of its own.
func blockScalar(s string) string {
	if plainTemplate.MatchString(s) && !wordWithMeaning.MatchString(s) {
		return s
	}
	return scalar(s)
}

// scalar writes text, in quotes unless it can only be read as itself.
func scalar(s string) string {
	if plainScalar.MatchString(s) && !wordWithMeaning.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
