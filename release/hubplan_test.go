package release

import (
	"strings"
	"testing"

	"twokey/checks/version"
)

const hubPlanFile = `version: 1
project: harbour
lines: dev-v{major}.{minor}
tag: harbour-{version}
versions: pep440
stages:
  - name: package
    trigger: tag
    workflows: [pypi.yml, github.yml]
    publishes:
      - pypi: harbour
  - name: deb
    repo: harbour/packaging
    needs: [package]
    trigger: dispatch
    workflows: [deb.yml]
    publishes:
      - deb: https://deb.harbour.example/harbour_{major}.{minor}.deb
  - name: images
    repo: harbour/images
    needs: [package]
    trigger: release
    tag: v{date}
    workflows: [image.yml]
    publishes:
      - image: docker.io/harbour/base:{version}
`

// hubPlan is a plan with each trigger and with two stages that run side by side.
func hubPlan(t *testing.T) Plan {
	t.Helper()
	f, err := ParsePlanFile(PlanFileName, []byte(hubPlanFile))
	if err != nil {
		t.Fatal(err)
	}
	v, err := version.Parse(version.PEP440, "2.11.6")
	if err != nil {
		t.Fatal(err)
	}
	own := Repo{Owner: "harbour", Name: "harbour"}
	p, err := MakePlan(f, Choice{Repo: own, Version: v, Line: "dev-v2.11", Date: "20260814", Source: PlanFileName,
		Heads: map[string]Branch{
			"harbour/harbour":   {Name: "dev-v2.11", SHA: strings.Repeat("a", 40)},
			"harbour/packaging": {Name: "main", SHA: strings.Repeat("b", 40)},
			"harbour/images":    {Name: "main", SHA: strings.Repeat("c", 40)},
		}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// engineOn makes an engine over the hub, and a list that its events end up in.
func engineOn(h *hub) (*Engine, *[]Event) {
	var seen []Event
	s := NewStream(h, func(e Stamped, _ *State) { seen = append(seen, e.Event) })
	e := NewEngine(Ports{Forge: h, Shelf: h, Actor: h, Clock: h, Stream: s, Random: &h.draws})
	return e, &seen
}
