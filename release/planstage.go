package release

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"twokey/checks/text"
)

const (
	// maxStages and maxArtifacts bound what a plan can ask for.
	maxStages    = 32
	maxArtifacts = 256 // of one stage
	// maxInputs is how many inputs GitHub takes with a dispatch.
	maxInputs = 25
)

var (
	// stageName is a name that fits into a ref and into a table.
	stageName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	// fieldName is the name of an input, or of a placeholder in `with`.
	fieldName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)
)

// stages reads the stages and what they need of each other. hasTag tells whether
// the plan gives a tag, be it one that was refused.
func (r *planReader) stages(n ast.Node, f *PlanFile, hasTag bool) {
	var objects []object
	for i, item := range r.list(n, "stages") {
		if i == maxStages {
			r.fail(item, "more than %d stages", maxStages)
			break
		}
		o, ok := r.mapping(item, "a stage", "name", "repo", "needs", "trigger", "tag", "branch",
			"workflows", "inputs", "nonce-input", "publishes")
		if !ok {
			continue
		}
		s := r.stage(o, f.Tag)
		if s.Tag == "" && s.claimsTag() && !hasTag && !o.has("tag") && !o.has("repo") {
			r.fail(o.vals["trigger"], "trigger %q needs a tag: give the plan one, such as tag: v{version}", s.Trigger)
		}
		f.Stages = append(f.Stages, s)
		objects = append(objects, o)
	}
	for i, o := range objects {
		r.amongStages(o, f.Stages, i)
	}
	if len(r.found) > 0 {
		return // a cycle among stages that are not as they are meant says nothing
	}
	if cycle := cycleOf(f.Stages); cycle != nil {
		i := slices.IndexFunc(f.Stages, func(s StageSpec) bool { return s.Name == cycle[0] })
		r.fail(objects[i].vals["needs"], "the stages need each other: %s", strings.Join(cycle, " -> "))
	}
}

// stage reads one stage. planTag is the plan's own tag.
func (r *planReader) stage(o object, planTag string) (s StageSpec) {
	if n := r.required(o, "name", "a stage"); n != nil {
		s.Name = r.text(n, "name")
		if s.Name != "" && !stageName.MatchString(s.Name) {
			r.fail(n, "stage name %q: want up to 40 of a-z, 0-9 and -", s.Name)
		}
	}
	if n := o.vals["repo"]; n != nil {
		s.Repo = r.repo(n)
	}
	if n := o.vals["needs"]; n != nil {
		s.Needs = r.texts(n, "needs")
	}
	if n := r.required(o, "trigger", "a stage"); n != nil {
		s.Trigger = oneOf(r, n, "trigger", TriggerTag, TriggerRelease, TriggerDispatch)
	}
	s.Tag = r.stageTag(o, s, planTag)
	if n := o.vals["branch"]; n != nil {
		s.Branch = r.template(n, "branch", allFieldsBut("date")...)
		if !o.has("repo") {
			r.fail(o.keys["branch"], "a stage in the plan's own repository is released from the line: leave branch out")
		}
	}
	if n := r.required(o, "workflows", "a stage"); n != nil {
		s.Workflows = r.workflows(n)
	}
	if n := o.vals["inputs"]; n != nil {
		s.Inputs = r.inputs(n)
		if s.Trigger == TriggerTag || s.Trigger == TriggerRelease {
			r.fail(o.keys["inputs"], "only a dispatch has inputs, not a stage with trigger %q", s.Trigger)
		}
	}
	if n := o.vals["nonce-input"]; n != nil {
		s.NonceInput = r.nonceInput(n, s)
	}
	s.Publishes = each(r, o, "publishes", r.artifact)
	r.countArtifacts(o, s)
	return s
}

// repo reads owner/name.
func (r *planReader) repo(n ast.Node) Repo {
	s := r.text(n, "repo")
	if s == "" {
		return Repo{}
	}
	repo, err := ParseRepo(s)
	if err != nil {
		r.fail(n, "repo %q: want OWNER/NAME", s)
		return Repo{}
	}
	return repo
}

// stageTag reads a stage's tag, or takes the plan's in the plan's repository.
func (r *planReader) stageTag(o object, s StageSpec, planTag string) string {
	if n := o.vals["tag"]; n != nil {
		return r.newTag(n)
	}
	if !s.claimsTag() {
		return ""
	}
	if o.has("repo") {
		r.fail(o.vals["trigger"], "a stage with trigger %q in another repository needs a tag of its own", s.Trigger)
	}
	return planTag
}

// workflows reads the names of workflow files.
func (r *planReader) workflows(n ast.Node) []string {
	var out []string
	for _, item := range r.list(n, "workflows") {
		s := r.template(item, "workflows", allFields()...)
		switch {
		case s == "":
		case !workflowName(s):
			hint := ""
			if i := strings.LastIndex(s, "/"); workflowName(s[i+1:]) {
				hint = ": write " + s[i+1:]
			}
			r.fail(item, "workflow %q: want the name of a .yml or .yaml file in .github/workflows%s", s, hint)
		case slices.Contains(out, s):
			r.fail(item, "workflow %q is there twice", s)
		default:
			out = append(out, s)
		}
	}
	return out
}

// workflowName tells whether s is a plain file name that GitHub reads.
func workflowName(s string) bool {
	return !strings.ContainsAny(s, `/\`) && !strings.HasPrefix(s, ".") &&
		(strings.HasSuffix(s, ".yml") || strings.HasSuffix(s, ".yaml"))
}

// inputs reads a dispatch's inputs.
func (r *planReader) inputs(n ast.Node) map[string]string {
	o, ok := r.mapping(n, "inputs")
	if !ok {
		return nil
	}
	if len(o.vals) > maxInputs {
		r.fail(n, "%d inputs: GitHub takes at most %d with a dispatch", len(o.vals), maxInputs)
	}
	out := map[string]string{}
	for name, value := range o.vals {
		if !fieldName.MatchString(name) {
			r.fail(o.keys[name], "input %q: want a letter or _, then letters, digits, - and _", name)
		}
		out[name] = r.template(value, "input "+name, allFields()...)
	}
	return out
}

// nonceInput reads the name of the input that takes the claim's nonce.
func (r *planReader) nonceInput(n ast.Node, s StageSpec) string {
	name := r.text(n, "nonce-input")
	_, given := s.Inputs[name]
	switch {
	case name == "":
	case !fieldName.MatchString(name):
		r.fail(n, "nonce-input %q: want a letter or _, then letters, digits, - and _", name)
	case given:
		r.fail(n, "nonce-input %q is given a value in inputs already", name)
	case s.Trigger == TriggerTag || s.Trigger == TriggerRelease:
		r.fail(n, "only a dispatch has a nonce-input, not a stage with trigger %q", s.Trigger)
	case len(s.Inputs) == maxInputs:
		r.fail(n, "nonce-input: GitHub takes at most %d inputs with a dispatch, and there are as many without it", maxInputs)
	default:
		return name
	}
	return ""
}

// artifact reads one thing that a stage publishes.
func (r *planReader) artifact(n ast.Node) (a ArtifactSpec) {
	kinds := []ArtifactKind{KindPyPI, KindImage, KindDeb, KindApt, KindGitHubRelease}
	o, ok := r.mapping(n, "an artifact", "pypi", "image", "deb", "apt", "github-release", "with", "source", "attested",
		"suite", "component", "package", "architecture", "key")
	if !ok {
		return a
	}
	if n := o.vals["with"]; n != nil {
		if a.With = r.with(n); a.With == nil {
			return a // its placeholders are not known, and would all be mistakes
		}
	}
	for _, kind := range kinds {
		n := o.vals[string(kind)]
		switch {
		case n == nil:
		case a.Kind != "":
			r.fail(o.keys[string(kind)], "an artifact has one kind: %s is a second one", kind)
		default:
			a.Kind = kind
			r.aptSuite(o, &a)
			a.Name = r.artifactName(n, a)
		}
	}
	if a.Kind == "" {
		line, column, _ := r.firstPlace(o, "", "")
		r.failPlace(line, column, "an artifact is one of pypi, image, deb, apt, github-release")
	}
	if n := o.vals["source"]; n != nil {
		a.Source = r.template(n, "source", append(allFields(), keysOf(a.With)...)...)
		if a.Source != "" && !insideArtifact(a.Source) {
			r.fail(n, "source %q: want a plain path inside the artifact, with no .. in it", a.Source)
		}
	}
	if n := o.vals["attested"]; n != nil {
		a.Attested = oneOf(r, n, "attested", "required") != ""
	}
	return a
}

// artifactName reads and judges the name under the artifact's kind.
func (r *planReader) artifactName(n ast.Node, a ArtifactSpec) string {
	s := r.template(n, string(a.Kind), append(allFields(), keysOf(a.With)...)...)
	if s == "" {
		return ""
	}
	for _, key := range keysOf(a.With) {
		if !a.uses(s, key) {
			r.fail(n, "%s %q does not use {%s} of its with", a.Kind, s, key)
		}
	}
	if problem := nameProblem(a.Kind, s); problem != "" {
		r.fail(n, "%s %q: %s", a.Kind, s, problem)
	}
	return s
}

// with reads the values that an artifact's own placeholders take.
func (r *planReader) with(n ast.Node) map[string][]string {
	o, ok := r.mapping(n, "with")
	if !ok {
		return nil
	}
	if len(o.vals) == 0 {
		r.fail(n, "with: the mapping is empty")
	}
	out := map[string][]string{}
	for name, value := range o.vals {
		switch {
		case !fieldName.MatchString(name):
			r.fail(o.keys[name], "with: %q is no name for a placeholder", name)
		case slices.Contains(allFields(), name):
			r.fail(o.keys[name], "with: {%s} has a meaning already", name)
		}
		out[name] = r.texts(value, "with "+name)
	}
	return out
}

// countArtifacts refuses what would be more artifacts than anybody publishes.
func (r *planReader) countArtifacts(o object, s StageSpec) {
	total := 0
	for _, a := range s.Publishes {
		total += countCombinations(a.With)
	}
	if total > maxArtifacts {
		r.fail(o.keys["publishes"], "more than %d artifacts in one stage", maxArtifacts)
	}
}

// amongStages judges stage i beside those before it.
func (r *planReader) amongStages(o object, stages []StageSpec, i int) {
	s := stages[i]
	for _, need := range s.Needs {
		if !slices.ContainsFunc(stages, func(t StageSpec) bool { return t.Name == need }) {
			r.failAt(o.vals["needs"], need, "stage %q needs %q, which is no stage", s.Name, need)
		}
	}
	for _, t := range stages[:i] {
		switch {
		case s.Name != "" && t.Name == s.Name:
			r.fail(o.vals["name"], "a second stage %q", s.Name)
		case s.Tag != "" && t.Tag == s.Tag && t.Repo == s.Repo && s.claimsTag() && t.claimsTag():
			r.fail(o.vals["trigger"], "stages %q and %q would create the same tag %s: put their workflows into one stage",
				t.Name, s.Name, s.Tag)
		case !s.Repo.IsZero() && t.Repo == s.Repo && t.Branch != s.Branch:
			r.fail(o.keys["repo"], "stages %q and %q release %s from two branches", t.Name, s.Name, s.Repo)
		}
	}
}

// claimsTag tells whether the stage's claim is its tag.
func (s StageSpec) claimsTag() bool { return s.Trigger == TriggerTag || s.Trigger == TriggerRelease }

// cycleOf finds stages that need each other, as a -> b -> a; nil when there are
// none. It begins at the first stage of the plan that is part of a cycle.
func cycleOf(stages []StageSpec) []string {
	needs := map[string][]string{}
	for _, s := range stages {
		needs[s.Name] = s.Needs
	}
	for _, s := range stages {
		if path := pathBack(needs, []string{s.Name}, map[string]bool{}); path != nil {
			return path
		}
	}
	return nil
}

// pathBack follows needs from the end of path until it meets path's beginning.
func pathBack(needs map[string][]string, path []string, seen map[string]bool) []string {
	for _, n := range needs[path[len(path)-1]] {
		if n == path[0] {
			return append(path, n)
		}
		if seen[n] {
			continue
		}
		seen[n] = true
		if found := pathBack(needs, append(slices.Clone(path), n), seen); found != nil {
			return found
		}
	}
	return nil
}

// webURL tells whether s is an absolute http or https URL without a password, its
// placeholders aside.
func webURL(s string) bool {
	s = field.ReplaceAllString(s, "0")
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		!strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' }) && text.Clean(s).String() == s
}
