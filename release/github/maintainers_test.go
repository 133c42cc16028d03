package github

import (
	"fmt"
	"testing"
)

const maintainersLine = "GET /repos/o/r/collaborators?per_page=100&permission=push"

func TestMaintainers(t *testing.T) {
	b := newBench(t)
	b.fake.on(maintainersLine, 200, `[{"login":"mara","type":"User"},{"login":"robot","type":"Bot"},{"login":"in\u001bes","type":"User"}]`)
	p := fillPlan()
	p.Stages = append(p.Stages, p.Stages[0])
	f := newFilling(b, p)
	f.maintainers(t.Context())
	people, ok := f.snap.Stages[1].Maintainers.Get()
	if !ok || fmt.Sprint(people) != "[mara in^[es]" {
		t.Errorf("maintainers are %v, %v", people, f.snap.Stages[1].Maintainers.Missing())
	}
	b = newBench(t)
	b.fake.on(maintainersLine, 403, `{"message":"Must have push access to view repository collaborators."}`)
	f = newFilling(b, fillPlan())
	f.maintainers(t.Context())
	if m := f.snap.Stages[0].Maintainers.Missing(); m.Why.String() != "GitHub answered 403" || m.Needs == "" {
		t.Errorf("missing is %+v", m)
	}
}
