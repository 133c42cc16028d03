// Package sarif writes findings in the format that code scanning takes: SARIF 2.1.0, as
// OASIS publishes it, with what GitHub asks of it besides.
//
// Output rules:
//
//  1. One JSON object, and nothing else on the stream.
//  2. Every check is a rule; only findings that are neither a pass nor n/a are results.
//  3. A result lies in a file of the released repository: GitHub shows no other. What is
//     about no file of it lies in the plan file, or without one in the first workflow, and
//     says itself what it is about.
//  4. What was waived is a result that is suppressed, with its reason.
package sarif

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/release"
)

// The version of the format, and where its schema is.
const (
	version = "2.1.0"
	schema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

type (
	file struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool    tool         `json:"tool"`
		Sources []provenance `json:"versionControlProvenance"`
		Results []result     `json:"results"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name    string `json:"name"`
		Version string `json:"semanticVersion,omitempty"`
		Rules   []rule `json:"rules"`
	}
	rule struct {
		ID         string        `json:"id"`
		Short      message       `json:"shortDescription"`
		Full       message       `json:"fullDescription"`
		Help       message       `json:"help"`
		Default    configuration `json:"defaultConfiguration"`
		Properties properties    `json:"properties"`
	}
	configuration struct {
		Level string `json:"level"`
	}
	properties struct {
		Tags []string `json:"tags"`
	}
	message struct {
		Text string `json:"text"`
	}
	provenance struct {
		URI      string `json:"repositoryUri"`
		Revision string `json:"revisionId"`
		Branch   string `json:"branch"`
	}
	result struct {
		Rule         string            `json:"ruleId"`
		Index        int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      message           `json:"message"`
		Locations    []location        `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Suppressions []suppression     `json:"suppressions,omitempty"`
	}
	location struct {
		Physical physical `json:"physicalLocation"`
	}
	physical struct {
		Artifact artifact `json:"artifactLocation"`
		Region   region   `json:"region"`
	}
	artifact struct {
		URI string `json:"uri"`
	}
	region struct {
		Line    int      `json:"startLine"`
		Snippet *message `json:"snippet,omitempty"`
	}
	suppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// Write writes what checks found of a plan. twokey is the program's own version, and
// all are the checks that were made.
func Write(w io.Writer, twokey string, plan release.Plan, all []checks.Check, findings []checks.Finding) error {
	r := run{Tool: tool{driver{Name: "twokey", Version: semantic(twokey)}}, Results: []result{},
		Sources: []provenance{{URI: "https://" + cmp.Or(plan.Repo.Host, "github.com") + "/" + plan.Repo.String(), Revision: plan.SHA, Branch: plan.Line}}}
	index := map[string]int{}
	for _, c := range all {
		index[c.ID] = len(r.Tool.Driver.Rules)
		r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, ruleOf(c))
	}
	for _, f := range findings {
		if f.Outcome == checks.Pass || f.Outcome == checks.NotApplicable {
			continue
		}
		for _, one := range resultsOf(plan, f) {
			one.Index = index[f.ID]
			r.Results = append(r.Results, one)
		}
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(file{schema, version, []run{r}})
}

// semantic is a version as SARIF wants it; empty for one that a build made up.
func semantic(v string) string {
	if v = strings.TrimPrefix(v, "v"); v == "" || v[0] < '0' || v[0] > '9' {
		return ""
	}
	return v
}

// ruleOf is a check as a rule.
func ruleOf(c checks.Check) rule {
	return rule{ID: c.ID, Short: message{c.Title}, Full: message{c.Why}, Help: message{c.Why + "\n\nNext: " + c.Remedy},
		Default:    configuration{level(c.Severity == checks.SeverityBlock, c.Severity)},
		Properties: properties{[]string{"security", string(c.Factor) + " " + c.Factor.Name()}}}
}

// level is how grave a finding is, in SARIF's words.
func level(blocks bool, s checks.Severity) string {
	switch {
	case blocks:
		return "error"
	case s == checks.SeverityInfo:
		return "note"
	}
	return "warning"
}

// resultsOf are the results of a finding: one for each thing that did not pass, so that
// whoever dismisses one does not hide the next, or one where nothing is named.
func resultsOf(plan release.Plan, f checks.Finding) []result {
	var out []result
	for _, e := range f.Evidence {
		if e.Outcome != checks.Pass && e.Outcome != checks.NotApplicable {
			out = append(out, resultOfEvidence(plan, f, e))
		}
	}
	if len(out) > 0 {
		return out
	}
	return []result{resultOf(f, level(f.Blocks(), f.Severity), f.Summary.String(), f.Remedy, place(nowhere(plan), 1, ""), f.ID)}
}

// nowhere is the file of the released repository in which that lies which is about none:
// the plan, or where there is no plan file, the first workflow that the plan starts there.
func nowhere(plan release.Plan) string {
	if plan.Source != "discovered" {
		return release.PlanFileName
	}
	for _, st := range plan.Stages {
		if st.Repo == plan.Repo && len(st.Workflows) > 0 {
			return actions.Dir + "/" + st.Workflows[0]
		}
	}
	return release.PlanFileName
}

// resultOfEvidence is the result of one thing that was seen.
func resultOfEvidence(plan release.Plan, f checks.Finding, e checks.Evidence) result {
	bad := e.Outcome == checks.Fail || e.Outcome == checks.Unknown
	l := level(f.Blocks() && bad, f.Severity)
	where := place(nowhere(plan), 1, "")
	words := e.What.String()
	if !e.Saw.IsZero() {
		words += ": " + e.Saw.String()
	}
	known := []string{f.ID, e.What.String()}
	if p := e.Place; p != nil {
		// The line's number is no part of what a result is known by: lines move.
		known = []string{f.ID, p.Repo.String(), p.Path.String(), p.Text.String(), p.Blob}
		if p.Repo.String() == plan.Repo.String() {
			where, words = place(p.Path.String(), p.Line, p.Text.String()), cmp.Or(e.Saw.String(), e.What.String())
		} else if !strings.Contains(words, p.Repo.String()) {
			words = p.Repo.String() + ": " + words
		}
	}
	return resultOf(f, l, words, cmp.Or(e.Remedy, f.Remedy), where, strings.Join(known, "\x00"))
}

func place(path string, line int, text string) location {
	l := location{physical{artifact{path}, region{Line: max(line, 1)}}}
	if text != "" {
		l.Physical.Region.Snippet = &message{text}
	}
	return l
}

func resultOf(f checks.Finding, level, words, next string, where location, known string) result {
	sum := sha256.Sum256([]byte(known))
	if next != "" {
		words += "\n\nNext: " + next
	}
	r := result{Rule: f.ID, Level: level, Message: message{words}, Locations: []location{where},
		Fingerprints: map[string]string{"twokey/v1": hex.EncodeToString(sum[:16])}}
	if f.Waiver != nil {
		r.Suppressions = []suppression{{"external", "accepted", f.Waiver.Reason.String() + " (waived " + f.Waiver.End() + ")"}}
	}
	return r
}
