package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
	"twokey/ui/plain"
)

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show each release line: its last and next version, and go or no-go",
		Long:    statusLong,
		Example: statusExample,
		Args:    noArgument,
		RunE: a.then(func(c *cobra.Command, _ []string) error {
			return a.status(c.Context(), asJSON)
		}),
	}
	addLines(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object: repo, lines, budget")
	c.MarkFlagsMutuallyExclusive("plain", "json")
	return c
}

// statusOf is what `twokey status --json` prints.
type statusOf struct {
	Repo  string       `json:"repo"`
	Lines []lineStatus `json:"lines"`
	// Older counts the lines that were left out for their age.
	Older  int            `json:"older"`
	Budget release.Budget `json:"budget"`
}

// lineStatus is one release line. What is not known is null.
type lineStatus struct {
	Line string `json:"line"`
	Head string `json:"head"`
	// Last is the last version and LastTag its tag; null before the first.
	Last    *string `json:"last"`
	LastTag *string `json:"last_tag"`
	// Suggested is the version that is judged: the next patch; null where a bump gives
	// none, of which Why says the reason.
	Suggested *string `json:"suggested"`
	// Bumps are the versions that each bump leads to, where it may be taken.
	Bumps   map[version.Bump]string `json:"bumps"`
	Commits *int                    `json:"commits"` // since Last
	Active  []release.Run           `json:"active"`
	// Unfinished is Last where stages of it were never started; null when there are
	// none, or when it can not be told, of which Unsure says why.
	Unfinished *release.Unfinished `json:"unfinished"`
	// Failed are the stages of Last that failed and were not run again.
	Failed   []release.FailedStage `json:"failed"`
	Unsure   text.Safe             `json:"unsure,omitzero"`
	inFlight bool                  // CI runs for Last
	// failure is Failed in words. What is then to be done is what the command line
	// with args is for.
	failure    text.Safe
	what, args string
	held       bool // no version is suggested, so that none is judged
	// Verdict is null where no plan could be made; Why says why.
	Verdict *checks.Verdict `json:"verdict"`
	Why     text.Safe       `json:"why,omitzero"`
}

// status runs `twokey status`.
func (a *app) status(ctx context.Context, asJSON bool) error {
	s, err := a.open(ctx, sessionOptions{access: Reads})
	if err != nil {
		return ended(ctx, err)
	}
	defer s.close()
	got, err := status(ctx, s)
	if err != nil {
		return ended(ctx, err)
	}
	if asJSON {
		got.Budget = s.engine.Budget()
		return writeJSON(a.cfg.IO.Out, got)
	}
	return writeStatus(a.cfg.IO.Out, got, a.name(), a.cfg.IO.ASCII)
}

func status(ctx context.Context, s *session) (statusOf, error) {
	survey, err := s.engine.Survey(ctx, s.repo)
	if err != nil {
		return statusOf{}, err
	}
	out := statusOf{Repo: survey.Repo.String(), Lines: []lineStatus{}, Older: survey.Older}
	for _, l := range survey.Lines {
		line, err := statusOfLine(ctx, s, survey, l)
		if err != nil {
			return out, err
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

// statusOfLine judges the line's next patch. A line that can not be released says
// why; only the end of ctx and a refused token end the whole status.
func statusOfLine(ctx context.Context, s *session, survey release.Survey, l release.LineSurvey) (lineStatus, error) {
	out := lineStatus{Line: l.Line, Head: l.Head, Last: known(l.Last), LastTag: known(l.LastTag),
		Bumps: map[version.Bump]string{}, Active: l.Active,
		Unfinished: l.Unfinished, Failed: l.Failed, Unsure: l.Unsure, inFlight: l.InFlight() > 0, failure: l.Failure()}
	out.what, out.args = l.AfterFailure(survey.Viewer.Login)
	if l.Commits >= 0 {
		out.Commits = &l.Commits
	}
	if out.Active == nil {
		out.Active = []release.Run{}
	}
	if out.Failed == nil {
		out.Failed = []release.FailedStage{}
	}
	for b, v := range l.Suggested {
		if l.Held(b).IsZero() {
			out.Bumps[b] = v
		}
	}
	out.Suggested = known(out.Bumps[version.Patch])
	if why := l.Held(version.Patch); !why.IsZero() {
		out.held, out.Why = true, why
		return out, nil
	}
	plan, err := s.engine.Plan(ctx, survey, release.Want{Line: l.Line, Bump: version.Patch})
	if err == nil {
		var v checks.Verdict
		if _, v, err = s.engine.Check(ctx, plan); err == nil {
			out.Verdict = &v
			return out, nil
		}
	}
	if ctx.Err() != nil || release.KindOf(err) == release.KindAuth {
		return out, err
	}
	out.Why = oneLine(err.Error())
	return out, nil
}

// known is a pointer to s, nil when there is none.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// writeStatus writes the lines as a table, and below it what was left half way.
func writeStatus(out io.Writer, st statusOf, name string, ascii bool) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n", text.Clean(st.Repo))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LINE\tHEAD\tLAST\tSUGGESTED\tCOMMITS\tIN FLIGHT\tVERDICT")
	for _, l := range st.Lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", text.Clean(l.Line), text.Clean(l.Head[:min(7, len(l.Head))]),
			orDash(l.Last), orDash(l.Suggested), l.commits(), l.active(), l.verdict(ascii))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	sep := "\n"
	var over []string
	for _, l := range st.Lines {
		if words := l.leftover(name); !words.IsZero() {
			fmt.Fprintf(&b, "%s%s\n", sep, words)
			sep = ""
		} else if l.Last != nil && !l.inFlight {
			over = append(over, *l.Last)
		}
	}
	if len(over) > 0 {
		last := text.Clean(over[0])
		fmt.Fprintf(&b, "\n%s is released; hold what it published against its commit with `%s verify %s`\n", last, name, text.Word(last.String()))
	}
	if st.Older > 0 {
		fmt.Fprintf(&b, "\n%s not shown.\n", older(st.Older))
	}
	_, err := out.Write(b.Bytes())
	return err
}

// leftover is what was left of the line's last release, and the next step.
func (l lineStatus) leftover(name string) text.Safe {
	switch {
	case !l.failure.IsZero():
		return text.Cleanf("%s failed: %s; %s `%s %s`", orDash(l.Last), l.failure, l.what, name, l.args)
	case l.Unfinished != nil && l.inFlight:
		return text.Cleanf("%s in flight: %s not started yet; watch it with `%s attach %s`", l.Unfinished.Version,
			strings.Join(l.Unfinished.Stages, ", "), name, l.Unfinished.Version)
	case l.Unfinished != nil:
		return text.Cleanf("%s unfinished: %s never started; go on with `%s release %s --resume`", l.Unfinished.Version,
			strings.Join(l.Unfinished.Stages, ", "), name, l.Unfinished.Version)
	case !l.Unsure.IsZero():
		return text.Cleanf("%s: whether it is finished can not be told: %s", orDash(l.Last), l.Unsure)
	}
	return text.Safe{}
}

func older(n int) string {
	if n == 1 {
		return "1 older line is"
	}
	return fmt.Sprintf("%d older lines are", n)
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return text.Clean(*s).String()
}

func (l lineStatus) commits() string {
	if l.Commits == nil {
		return "?"
	}
	return strconv.Itoa(*l.Commits)
}

func (l lineStatus) active() string {
	if len(l.Active) == 0 {
		return "-"
	}
	r := l.Active[0]
	s := text.Cleanf("%s #%d", r.Workflow, r.Number).Clip(40).String()
	if n := len(l.Active) - 1; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

func (l lineStatus) verdict(ascii bool) string {
	switch {
	case l.held:
		return "-  " + l.Why.Clip(80).String()
	case l.Verdict == nil:
		return "unknown: " + l.Why.Clip(80).String()
	}
	return plain.GoWord(*l.Verdict) + "  " + plain.Counts(*l.Verdict, ascii)
}

// writeJSON writes one value, indented for whoever reads it without a tool.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
