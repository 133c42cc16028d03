package release

import (
	"context"
	"slices"
	"strings"
	"testing"

	"twokey/checks/text"
)

// Of a tag that somebody made by hand it is said that the plan is not the one that was
// checked then: that of other repositories only where the plan has some.
func TestTagMadeByHandIsSaid(t *testing.T) {
	const said = "the tag was not made by twokey"
	alone, _, _ := strings.Cut(hubPlanFile, "  - name: deb")
	for plan, want := range map[string]string{hubPlanFile: said + ": the other repositories are taken at their heads", alone: said} {
		p := hubPlan(t)
		h := newHub(t, p)
		h.planFile = plan
		ref := p.Stages[0].ClaimRef(p.Version)
		h.claims[p.Repo.String()+" "+ref] = Claim{Ref: ref, SHA: p.SHA, Object: p.SHA}
		e, _ := engineOn(h)
		q, err := e.InFlight(context.Background(), p.Repo, p.Version)
		if err != nil || !slices.Contains(q.Notes, text.Clean(want)) {
			t.Errorf("%d stages: %v, %q, want %q", len(q.Stages), err, q.Notes, want)
		}
	}
}
