package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twokey/release"
)

// planLines draws a plan: what it is made from and its stages, each below the one
// that it waits for.
func (s *scene) planLines(p release.Plan, width int) []string {
	t := s.theme
	name := safe(p.Project + " " + p.Version)
	out := wrapText(name+" from "+safe(p.Line)+" @ "+brief(p.SHA), width)
	if rest, ok := strings.CutPrefix(out[0], name); ok {
		out[0] = t.strong.Render(name) + rest
	}
	out = append(out, t.dim.Render("plan: "+safe(p.Source)))
	for _, n := range p.Notes {
		out = append(out, hang(t.dim.Render(glyphDot+" "), n.String(), width)...)
	}
	for _, todo := range p.Afterwards() {
		out = append(out, hang(t.dim.Render(glyphDot+" "), "after the release: "+todo.String(), width)...)
	}
	out = append(out, "")
	return append(out, s.graph(p, "", "", map[string]bool{}, width)...)
}

// graph draws the stages that wait for parent, and below each those that wait for
// it. A stage with several needs hangs below the last of them.
func (s *scene) graph(p release.Plan, parent, indent string, seen map[string]bool, width int) []string {
	var below []release.Stage
	for _, st := range p.Stages {
		if last := len(st.Needs) - 1; (last < 0 && parent == "") || (last >= 0 && st.Needs[last] == parent) {
			below = append(below, st)
		}
	}
	var out []string
	for i, st := range below {
		if seen[st.Name] {
			continue
		}
		seen[st.Name] = true
		branch, next := "├─ ", "│  "
		if i == len(below)-1 {
			branch, next = "└─ ", "   "
		}
		if parent == "" {
			branch, next = "", ""
		}
		out = append(out, s.stageLines(st, indent, branch, next, width)...)
		out = append(out, s.graph(p, st.Name, indent+next, seen, width)...)
	}
	return out
}

func (s *scene) stageLines(st release.Stage, indent, branch, next string, width int) []string {
	t := s.theme
	what := fmt.Sprintf("%s %s on %s @ %s", st.Trigger, safe(st.Tag), st.Repo, brief(st.SHA))
	if st.Tag == "" {
		what = fmt.Sprintf("%s on %s @ %s", st.Trigger, st.Repo, brief(st.SHA))
	}
	in := t.dim.Render(indent + next + "│  ")
	out := hangOn(t.dim.Render(indent+branch)+t.strong.Render(safe(st.Name))+"  ",
		pad(in, ansi.StringWidth(indent+branch+safe(st.Name)+"  ")), what, width)
	says := func(label, what string) {
		out = append(out, hangOn(in+t.dim.Render(label), in+strings.Repeat(" ", len(label)), what, width)...)
	}
	for _, w := range st.Workflows {
		says("starts    ", safe(w))
	}
	for _, a := range st.Artifacts {
		says("publishes ", safe(a.String()))
	}
	if len(st.Needs) > 1 {
		says("needs     ", safe(strings.Join(st.Needs, ", ")))
	}
	return out
}
