package release

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
)

// Choice is everything that turns a PlanFile into a Plan.
type Choice struct {
	Repo    Repo
	Version version.Version
	Line    string
	// Heads are the branch and head of each stage's repository, by Repo.String();
	// the plan's own repository is at Line.
	Heads  map[string]Branch
	Date   string
	Source string
	Notes  []text.Safe
}

// MakePlan fills in a plan file's templates and judges what comes out: names that
// git, GitHub and the registries would take, one claim for each stage, and a tag
// that names the version. Its error is of KindUsage.
func MakePlan(f PlanFile, c Choice) (Plan, error) {
	m := &maker{file: f, choice: c, fields: Fields{Version: c.Version, Line: c.Line, Date: c.Date}}
	p, err := m.plan()
	if err != nil {
		return Plan{}, &Error{Kind: KindUsage,
			Op:   fmt.Sprintf("plan for %s %s", c.Repo, c.Version),
			Err:  err,
			Hint: "name another version, or correct the template in " + PlanFileName}
	}
	return p, nil
}

// maker makes one plan.
type maker struct {
	file   PlanFile
	choice Choice
	fields Fields
}

func (m *maker) plan() (Plan, error) {
	f, c := m.file, m.choice
	head, ok := c.Heads[c.Repo.String()]
	switch {
	case c.Version.IsZero():
		return Plan{}, errors.New("no version is chosen")
	case c.Version.Scheme() != f.Scheme:
		return Plan{}, fmt.Errorf("the version is of the scheme %s, the plan's of %s", c.Version.Scheme(), f.Scheme)
	case c.Line == "":
		return Plan{}, errors.New("no release line is chosen")
	case !clean(c.Line):
		return Plan{}, fmt.Errorf("the release line %q holds a control character or an invisible one", text.Clean(c.Line))
	case !ok || head.SHA == "":
		return Plan{}, fmt.Errorf("the head of %s is not known", c.Line)
	case len(f.Stages) == 0:
		return Plan{}, errors.New("the plan has no stage")
	}
	p := Plan{
		Project: cmp.Or(f.Project, c.Repo.Name), Repo: c.Repo, Scheme: f.Scheme, Version: c.Version.String(),
		Line: c.Line, SHA: head.SHA, Date: c.Date, Lines: f.Lines, Source: c.Source,
		Notes:        slices.Clone(c.Notes),
		VersionFiles: slices.Clone(f.VersionFiles), VersionFrom: f.VersionFrom, Waivers: slices.Clone(f.Waivers),
		Acknowledged: slices.Clone(f.Acknowledged), Generated: slices.Clone(f.Generated),
	}
	if f.Tag != "" {
		tag, err := m.ref("tag", f.Tag)
		if err != nil {
			return Plan{}, err
		}
		if v, ok := version.FromTag(f.Tag, f.Scheme, tag); !ok || v != c.Version {
			return Plan{}, fmt.Errorf("the tag %q does not name the version", tag)
		}
		p.Tag = tag
	}
	for _, spec := range f.Checks {
		own, err := m.own(spec)
		if err != nil {
			return Plan{}, fmt.Errorf("check %s: %w", text.Clean(spec.ID), err)
		}
		p.Checks = append(p.Checks, own)
	}
	for _, spec := range f.Stages {
		st, err := m.stage(spec)
		if err != nil {
			return Plan{}, fmt.Errorf("stage %s: %w", text.Clean(spec.Name), err)
		}
		p.Stages = append(p.Stages, st)
	}
	return p, m.graph(p)
}

// own fills in one of the project's own checks.
func (m *maker) own(own checks.Own) (checks.Own, error) {
	var err error
	if own.Name, err = m.fill(string(own.Kind), own.Name, nil); err != nil {
		return own, err
	}
	switch {
	case own.Kind == checks.OwnChangelog:
		own.Contains = m.choice.Version.String()
	case own.Kind.HasContains():
		if own.Contains, err = m.fill("contains", own.Contains, nil); err != nil {
			return own, err
		}
	}
	if own.Fragments != "" {
		if own.Fragments, err = m.fill("fragments", own.Fragments, nil); err != nil {
			return own, err
		}
		if problem := pathProblem(own.Fragments); problem != "" {
			return own, fmt.Errorf("fragments %q: %s", own.Fragments, problem)
		}
	}
	if problem := ownProblem(own.Kind, own.Name); problem != "" {
		return own, fmt.Errorf("%s %q: %s", own.Kind, own.Name, problem)
	}
	return own, nil
}

// graph judges the stages beside each other.
func (m *maker) graph(p Plan) error {
	claims := map[string]string{}
	for _, st := range p.Stages {
		for _, need := range st.Needs {
			if _, ok := p.Stage(need); !ok {
				return fmt.Errorf("stage %s needs %q, which is no stage", st.Name, need)
			}
		}
		claim := st.Repo.String() + " " + st.ClaimRef(p.Version)
		if other, taken := claims[claim]; taken {
			return fmt.Errorf("stages %s and %s have the same claim %s in %s", other, st.Name,
				st.ClaimRef(p.Version), st.Repo)
		}
		claims[claim] = st.Name
	}
	if cycle := cycleOf(m.file.Stages); cycle != nil {
		return fmt.Errorf("the stages need each other: %s", strings.Join(cycle, " -> "))
	}
	return nil
}

// stage fills in one stage.
func (m *maker) stage(spec StageSpec) (Stage, error) {
	st := Stage{Name: spec.Name, Repo: spec.Repo, Trigger: spec.Trigger, Needs: slices.Clone(spec.Needs)}
	if st.Repo.IsZero() {
		st.Repo = m.choice.Repo
	}
	if !stageName.MatchString(st.Name) {
		return st, errors.New("its name is not of a-z, 0-9 and -")
	}
	if err := m.branch(&st, spec); err != nil {
		return st, err
	}
	if err := m.tag(&st, spec); err != nil {
		return st, err
	}
	for _, w := range spec.Workflows {
		name, err := m.fill("workflow", w, nil)
		if err != nil {
			return st, err
		}
		if !workflowName(name) || slices.Contains(st.Workflows, name) {
			return st, fmt.Errorf("the workflow %q is no file of its own in .github/workflows", name)
		}
		st.Workflows = append(st.Workflows, name)
	}
	if len(st.Workflows) == 0 {
		return st, errors.New("it names no workflow")
	}
	if err := m.inputs(&st, spec); err != nil {
		return st, err
	}
	return st, m.artifacts(&st, spec)
}

// branch finds the head that the stage is released from.
func (m *maker) branch(st *Stage, spec StageSpec) error {
	head, ok := m.choice.Heads[st.Repo.String()]
	if !ok || head.SHA == "" || head.Name == "" {
		return fmt.Errorf("the head of %s is not known", st.Repo)
	}
	if !clean(head.Name) {
		return fmt.Errorf("the branch %q of %s holds a control character or an invisible one", text.Clean(head.Name), st.Repo)
	}
	if spec.Branch != "" && st.Repo.String() != m.choice.Repo.String() {
		want, err := m.ref("branch", spec.Branch)
		if err != nil {
			return err
		}
		if want != head.Name {
			return fmt.Errorf("the head of %s was read from %q and not from %q", st.Repo, head.Name, want)
		}
	}
	st.Branch, st.SHA = head.Name, head.SHA
	return nil
}

// tag fills in what the stage creates, and judges its claim.
func (m *maker) tag(st *Stage, spec StageSpec) error {
	switch spec.Trigger {
	case TriggerTag, TriggerRelease:
		template := spec.Tag
		if template == "" && st.Repo.String() == m.choice.Repo.String() {
			template = m.file.Tag
		}
		if template == "" {
			return fmt.Errorf("trigger %q needs a tag", spec.Trigger)
		}
		tag, err := m.ref("tag", template)
		st.Tag = tag
		return err
	case TriggerDispatch:
		if spec.Tag != "" {
			tag, err := m.ref("tag", spec.Tag)
			if err != nil {
				return err
			}
			st.Tag = tag
		}
		claim := st.ClaimRef(m.choice.Version.String())
		if problem := refProblem(claim); problem != "" {
			return fmt.Errorf("the claim %q: %s", claim, problem)
		}
		return nil
	}
	return fmt.Errorf("unknown trigger %q", spec.Trigger)
}

// inputs fills in what a dispatch is given.
func (m *maker) inputs(st *Stage, spec StageSpec) error {
	st.NonceInput = spec.NonceInput
	if len(spec.Inputs) > maxInputs {
		return fmt.Errorf("%d inputs: GitHub takes at most %d", len(spec.Inputs), maxInputs)
	}
	for _, name := range keysOf(spec.Inputs) {
		value, err := m.fill("input "+name, spec.Inputs[name], nil)
		if err != nil {
			return err
		}
		if st.Inputs == nil {
			st.Inputs = map[string]string{}
		}
		st.Inputs[name] = value
	}
	return nil
}

// artifacts fills in what the stage publishes: one artifact for each combination
// of the `with` values, the last name in the alphabet changing fastest.
func (m *maker) artifacts(st *Stage, spec StageSpec) error {
	seen := map[string]bool{}
	for _, a := range spec.Publishes {
		if n := countCombinations(a.With); n == 0 || n > maxArtifacts {
			return fmt.Errorf("%s %q: its with gives %d artifacts", a.Kind, a.Name, n)
		}
		for _, with := range combinations(a.With) {
			made, err := m.artifact(a, with)
			if err != nil {
				return err
			}
			if made.Kind == KindGitHubRelease {
				made.Repo = st.Repo
			}
			if seen[made.String()] {
				return fmt.Errorf("%s would be published twice", made)
			}
			seen[made.String()] = true
			st.Artifacts = append(st.Artifacts, made)
		}
	}
	if len(st.Artifacts) > maxArtifacts {
		return fmt.Errorf("more than %d artifacts", maxArtifacts)
	}
	return nil
}

func (m *maker) artifact(a ArtifactSpec, with map[string]string) (Artifact, error) {
	name, err := m.fill(string(a.Kind), a.Name, with)
	if err != nil {
		return Artifact{}, err
	}
	problem := nameProblem(a.Kind, name)
	switch a.Kind {
	case KindPyPI, KindImage, KindDeb, KindApt:
	case KindGitHubRelease:
		problem = refProblem(name)
	default:
		problem = fmt.Sprintf("unknown kind %q", a.Kind)
	}
	if problem != "" {
		return Artifact{}, fmt.Errorf("%s %q: %s", a.Kind, name, problem)
	}
	made := Artifact{Kind: a.Kind, Name: name, Version: m.choice.Version.String(), Mutable: m.mutable(a)}
	made.Attested = a.Attested
	if a.Kind == KindApt {
		if made.Apt, err = m.aptSuite(a.Apt, with); err != nil {
			return Artifact{}, err
		}
		made.Repo = m.choice.Repo
	}
	if a.Source != "" {
		made.Source, err = m.fill("source", a.Source, with)
	}
	if err == nil && made.Source != "" && !insideArtifact(made.Source) {
		err = fmt.Errorf("the source %q leads out of the artifact", made.Source)
	}
	return made, err
}

// mutable tells whether the next release would stand under the same name. PyPI
// and the indexes of apt repositories keep each version apart; elsewhere the name has to carry the whole version or
// the day, which {date} keeps apart.
func (m *maker) mutable(a ArtifactSpec) bool {
	names := fieldsOf(a.Name)
	v := m.choice.Version
	switch {
	case a.Kind == KindPyPI, a.Kind == KindApt, slices.Contains(names, "version"), slices.Contains(names, "date"):
		return false
	}
	plain := v.Part(0) + "." + v.Part(1) + "." + v.Part(2)
	return !wholeVersion(a.Name) || v.String() != plain
}

// ref fills in a template that has to give the name of a git ref.
func (m *maker) ref(what, template string) (string, error) {
	s, err := m.fill(what, template, nil)
	if err != nil {
		return "", err
	}
	if problem := refProblem(s); problem != "" {
		return "", fmt.Errorf("the %s %q: %s", what, s, problem)
	}
	return s, nil
}

// fill expands a template and refuses what is left open in it.
func (m *maker) fill(what, template string, with map[string]string) (string, error) {
	fields := m.fields
	fields.With = with
	for _, name := range fieldsOf(template) {
		_, own := with[name]
		switch {
		case name == "date" && m.choice.Date == "":
			return "", fmt.Errorf("the %s %q needs a date", what, template)
		case !own && !slices.Contains(allFields(), name):
			return "", fmt.Errorf("the %s %q holds the unknown placeholder {%s}", what, template, name)
		}
	}
	s := Expand(template, fields)
	switch {
	case strings.TrimSpace(s) == "":
		return "", fmt.Errorf("the %s is empty", what)
	case !clean(s):
		return "", fmt.Errorf("the %s %q holds a control character or an invisible one", what, text.Clean(s))
	}
	return s, nil
}

// combinations are all ways to take one value for each name, in a stable order;
// one empty way when there is no name.
func combinations(with map[string][]string) []map[string]string {
	all := []map[string]string{nil}
	for _, name := range keysOf(with) {
		var next []map[string]string
		for _, base := range all {
			for _, value := range with[name] {
				one := map[string]string{name: value}
				for k, v := range base {
					one[k] = v
				}
				next = append(next, one)
			}
		}
		all = next
	}
	return all
}

// countCombinations is the number of combinations, or more than maxArtifacts.
func countCombinations(with map[string][]string) int {
	n := 1
	for _, values := range with {
		n = min(n*len(values), maxArtifacts+1)
	}
	return n
}
