package release

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"twokey/checks/text"
	"twokey/checks/version"
)

// Found is what Discover looks at.
type Found struct {
	Repo      Repo
	Default   string // default branch
	Branches  []Branch
	Tags      []Tag
	Workflows []WorkflowFile
	// Files are the project's manifests that exist: pyproject.toml, setup.cfg,
	// setup.py, package.json, go.mod, Cargo.toml; and the Modules that they lead to.
	Files map[string][]byte
}

// Manifests are the files that Discover wants to see when they exist.
func Manifests() []string {
	return []string{"pyproject.toml", "setup.cfg", "setup.py", "package.json", "go.mod", "Cargo.toml"}
}

// Discover makes a plan file from what a repository's workflows declare: their
// triggers, the steps that publish, and the tags and branches that are there
// already. The notes say in plain words what was assumed and what could not be
// seen. It fails with KindUsage when no workflow starts a release, or when only
// a person can tell which one does.
//
// It claims what it can see and nothing else: an artifact whose name a step
// computes in a way that is not understood becomes a note.
func Discover(f Found) (PlanFile, []text.Safe, error) {
	d := &discovery{found: f}
	p, err := d.plan()
	if err != nil {
		return PlanFile{}, nil, &Error{Kind: KindUsage, Op: "discover a plan for " + f.Repo.String(), Err: err,
			Hint: "write the plan into " + PlanFileName + " at the root of the repository"}
	}
	return p, d.notes, nil
}

// discovery is one look at a repository.
type discovery struct {
	found Found
	flows []*flow
	notes []text.Safe
	work  int // what has been spent of maxWork

	project string
	scheme  version.Scheme
	tag     string          // template
	newest  version.Version // of the tags; zero before the first
	known   map[version.Version]bool
}

// note records an assumption, once.
func (d *discovery) note(format string, args ...any) {
	n := text.Cleanf(format, args...)
	if !slices.Contains(d.notes, n) {
		d.notes = append(d.notes, n)
	}
}

// maxWork bounds how many jobs and expressions are followed, which hostile
// workflows could make lead to each other without an end.
const maxWork = 100_000

// spend counts one piece of work; false when there has been too much.
func (d *discovery) spend() bool {
	d.work++
	if d.work == maxWork {
		d.note("the workflows lead to each other in too many ways: not all of them was followed")
	}
	return d.work < maxWork
}

func (d *discovery) plan() (PlanFile, error) {
	d.readFlows()
	d.project = d.projectName()
	d.findTag()
	stage, err := d.stage()
	if err != nil {
		return PlanFile{}, err
	}
	p := PlanFile{Project: d.project, Lines: d.lines(), Tag: d.tag, Scheme: d.scheme, Stages: []StageSpec{stage}}
	p.VersionFiles, p.VersionFrom = d.versionFiles(stage)
	if _, err := p.Encode(); err != nil {
		return PlanFile{}, fmt.Errorf("what its workflows say makes no plan: %w", err)
	}
	return p, nil
}

// stage makes the one stage of the repository from the workflows that a tag, a
// release or a dispatch starts.
func (d *discovery) stage() (StageSpec, error) {
	onTag, onRelease := d.startedBy(eventTag), d.startedBy(eventRelease)
	switch {
	case len(onTag) > 0 && len(onRelease) > 0:
		return d.bothStage(onTag, onRelease), nil
	case len(onTag) > 0:
		return d.stageOf(TriggerTag, onTag), nil
	case len(onRelease) > 0:
		return d.stageOf(TriggerRelease, onRelease), nil
	}
	return d.dispatchStage()
}

// started is a workflow with the event that starts it.
type started struct {
	*flow
	event   event
	uploads []upload
}

// startedBy are the workflows that an event of the release starts and that
// publish something, or that nothing but releases starts.
func (d *discovery) startedBy(e event) []started {
	var out []started
	for _, w := range d.flows {
		if !w.startedBy(e, d.sampleTag()) {
			continue
		}
		before := len(d.notes)
		s := started{w, e, d.uploads(w, e)}
		switch {
		case len(s.uploads) > 0:
			out = append(out, s)
		case w.onlyReleases():
			d.note("%s is started by a %s, but no step of it is known to publish: it is watched all the same", w.file, e)
			out = append(out, s)
		default:
			d.notes = d.notes[:before] // it is not in the plan
		}
	}
	if !slices.ContainsFunc(out, func(s started) bool { return len(s.uploads) > 0 }) && len(out) > 0 {
		d.note("what the release publishes could not be seen: name it under `publishes`")
	}
	return out
}

// bothStage is for repositories where some workflows are started by a tag and
// others by a release. A release that twokey creates starts both, because its tag
// is pushed first; but where the tag's own workflow creates the release, twokey
// only pushes the tag.
func (d *discovery) bothStage(onTag, onRelease []started) StageSpec {
	var creator *upload
	var file string
	for _, s := range onTag {
		for i, u := range s.uploads {
			if u.kind == uploadRelease && !u.draft && creator == nil {
				creator, file = &s.uploads[i], s.file
			}
		}
	}
	names := fileNames(onRelease)
	switch {
	case creator == nil:
		d.note("%s wait for a tag and %s for a release: creating the release starts all of them",
			fileNames(onTag), names)
		return d.stageOf(TriggerRelease, mergeStarted(onTag, onRelease))
	case creator.otherToken:
		d.note("%s creates the release with a token of its own, which starts %s", file, names)
		return d.stageOf(TriggerTag, mergeStarted(onTag, onRelease))
	}
	d.note("%s wait for a release, but the one that %s creates with the workflow's own token starts no workflow: "+
		"they are not in the plan", names, file)
	return d.stageOf(TriggerTag, onTag)
}

// mergeStarted puts workflows that two events start into one list. A workflow
// that both start is named once, with what it publishes on either.
func mergeStarted(a, b []started) []started {
	out := slices.Clone(a)
	for _, s := range b {
		i := slices.IndexFunc(out, func(t started) bool { return t.file == s.file })
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].uploads = slices.Concat(out[i].uploads, s.uploads)
	}
	return out
}

// fileNames lists workflows for people.
func fileNames(list []started) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.file
	}
	return strings.Join(names, ", ")
}

// stageOf makes a stage of workflows and of what they publish.
func (d *discovery) stageOf(trigger Trigger, list []started) StageSpec {
	s := StageSpec{Name: "release", Trigger: trigger}
	if trigger != TriggerDispatch {
		s.Tag = d.tag
	}
	for _, w := range list {
		s.Workflows = append(s.Workflows, w.file)
		for _, u := range w.uploads {
			for _, a := range d.artifacts(w.file, u) {
				if !slices.ContainsFunc(s.Publishes, func(b ArtifactSpec) bool { return a.Kind == b.Kind && a.Name == b.Name }) {
					s.Publishes = append(s.Publishes, a)
				}
			}
		}
	}
	release := ArtifactSpec{Kind: KindGitHubRelease, Name: d.tag}
	if trigger == TriggerRelease && !slices.ContainsFunc(s.Publishes, func(a ArtifactSpec) bool { return a.Kind == release.Kind }) {
		s.Publishes = append(s.Publishes, release)
	}
	slices.SortStableFunc(s.Publishes, func(a, b ArtifactSpec) int { return cmp.Compare(rank(a.Kind), rank(b.Kind)) })
	return s
}

// rank orders artifacts as people look for them.
func rank(k ArtifactKind) int {
	return slices.Index([]ArtifactKind{KindPyPI, KindImage, KindDeb, KindGitHubRelease}, k)
}

// artifacts is what an upload leaves behind, as far as it can be named.
func (d *discovery) artifacts(file string, u upload) []ArtifactSpec {
	switch u.kind {
	case uploadPyPI:
		if u.elsewhere {
			d.note("%s publishes with %s to an index that is not known to be PyPI: it is not verified", file, u.what)
			return nil
		}
		name := cmp.Or(u.name, d.project)
		if u.name == "" {
			d.note("%s publishes to PyPI: the project's name there is assumed to be %s", file, name)
		}
		return []ArtifactSpec{{Kind: KindPyPI, Name: name}}
	case uploadRelease:
		if u.draft {
			d.note("%s makes the GitHub release as a draft, which a person publishes: it is not waited for", file)
			return nil
		}
		return []ArtifactSpec{{Kind: KindGitHubRelease, Name: d.tag}}
	case uploadImage:
		return d.images(file, u)
	case uploadDeb:
		d.note("%s seems to upload .deb files (%s): name their addresses under `publishes`, as deb or apt", file, u.what)
	case uploadOther:
		d.note("%s publishes with %s, which is not verified", file, u.what)
	}
	return nil
}

// dispatchStage is for repositories where only a dispatch publishes.
func (d *discovery) dispatchStage() (StageSpec, error) {
	list := d.startedBy(eventDispatch)
	if len(list) > 1 {
		named := slices.DeleteFunc(slices.Clone(list), func(s started) bool { return !releaseWord.MatchString(s.file) })
		if len(named) != 1 {
			return StageSpec{}, fmt.Errorf("%d workflows publish when dispatched, and which one releases is not told: %s",
				len(list), fileNames(list))
		}
		d.note("%s publish when dispatched: %s is taken for the release by its name", fileNames(list), named[0].file)
		list = named
	}
	if len(list) == 0 {
		return StageSpec{}, d.nothing()
	}
	s := d.stageOf(TriggerDispatch, list)
	for _, name := range keysOf(list[0].inputs) {
		in := list[0].inputs[name]
		switch {
		case nonceWord.MatchString(name) && s.NonceInput == "" && d.shows(list[0].file, name):
			s.NonceInput = name
			d.note("the input %q of %s is assumed to take a nonce, by which the run is found", name, list[0].file)
		case versionWord.MatchString(name):
			s.Inputs = with(s.Inputs, name, "{version}")
			d.note("the input %q of %s is assumed to take the version", name, list[0].file)
		case tagWord.MatchString(name) && (in.required || !in.hasDefault):
			s.Inputs = with(s.Inputs, name, d.tag)
			d.note("the input %q of %s is assumed to take the tag", name, list[0].file)
		case in.required && !in.hasDefault:
			return s, fmt.Errorf("%s needs the input %q, and what to give is not told", list[0].file, name)
		}
	}
	return s, nil
}

// nothing says why there is no plan.
func (d *discovery) nothing() error {
	switch {
	case len(d.found.Workflows) == 0:
		return errors.New("it has no workflows")
	case len(d.flows) == 0:
		return errors.New("none of its workflows can be read")
	}
	return errors.New("no workflow publishes when a tag is pushed, a release is published, or on dispatch")
}

// with puts a pair into a map that may be nil.
func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}
