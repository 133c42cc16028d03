package github

import (
	"fmt"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

func TestImmutable(t *testing.T) {
	const setting, latest = "GET /repos/o/r/immutable-releases", "GET /repos/o/r/releases/latest"
	repo := func(admin bool) string { return fmt.Sprintf(`{"full_name":"o/r","permissions":{"admin":%v}}`, admin) }
	last := func(is bool) string {
		return fmt.Sprintf(`{"tag_name":"v1","html_url":"https://github.com/o/r/releases/tag/v1","immutable":%v}`, is)
	}
	page := text.Clean("https://github.com/o/r/settings/")
	for _, tt := range []struct {
		name string
		set  func(*fake)
		want checks.Immutable
		why  string
	}{
		{"on", func(f *fake) { f.on(setting, 200, `{"enabled":true,"enforced_by_owner":true}`) },
			checks.Immutable{On: true, ByOwner: true, URL: page}, ""},
		{"off, for an administrator", func(f *fake) {
			f.on(setting, 404, `{"message":"Not Found"}`)
			f.on("GET /repos/o/r", 200, repo(true))
		}, checks.Immutable{URL: page}, ""},
		{"hidden", func(f *fake) {
			f.on(setting, 404, `{"message":"Not Found"}`)
			f.on("GET /repos/o/r", 200, repo(false))
			f.on(latest, 200, last(false))
		}, checks.Immutable{}, "GitHub answered 404"},
		{"hidden, and no release", func(f *fake) {
			f.on(setting, 404, `{"message":"Not Found"}`)
			f.on("GET /repos/o/r", 200, repo(false))
			f.on(latest, 404, `{"message":"Not Found"}`)
		}, checks.Immutable{}, "GitHub answered 404"},
		{"refused, and the last release tells", func(f *fake) {
			f.on(setting, 403, `{"message":"Resource not accessible"}`)
			f.on(latest, 200, last(true))
		}, checks.Immutable{On: true, Last: text.Clean("v1"), URL: text.Clean("https://github.com/o/r/releases/tag/v1")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.set(b.fake)
			p := fillPlan()
			p.Stages[0].Trigger = release.TriggerRelease
			f := newFilling(b, p)
			f.immutables(t.Context())
			got, ok := f.snap.Stages[0].Immutable.Get()
			m := f.snap.Stages[0].Immutable.Missing()
			if ok != (tt.why == "") || got != tt.want || m.Why.String() != tt.why || !ok && m.Needs != "administration: read on o/r" {
				t.Errorf("it is %+v, %+v", got, m)
			}
		})
	}
	b := newBench(t)
	f := newFilling(b, fillPlan())
	f.immutables(t.Context())
	if b.fake.count() != 0 {
		t.Errorf("for a stage that makes no release %v was asked", b.fake.lines())
	}
}
