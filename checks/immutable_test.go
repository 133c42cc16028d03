package checks_test

import (
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

func TestImmutable(t *testing.T) {
	is := func(i checks.Immutable) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { s.Stages[0].Immutable = checks.Have(i) }
	}
	judge(t, "rel.immutable", []verdictCase{
		{name: "clean", want: checks.Pass, says: "immutable in both repositories", shows: "releases of quay/images: immutable"},
		{name: "off", change: is(checks.Immutable{}), want: checks.Warn, says: "releases of quay/harbour: can be changed", fix: "release immutability"},
		{name: "demanded by the owner", change: is(checks.Immutable{On: true, ByOwner: true}), want: checks.Pass, shows: "as the owner demands"},
		{name: "told by the last release", change: is(checks.Immutable{On: true, Last: text.Clean("v1")}), want: checks.Pass,
			shows: "the last one, v1, is immutable"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Immutable, "administration: read on quay/harbour") },
			want: checks.Unknown, says: "releases of quay/harbour", fix: "administration: read"},
		{name: "a stage that makes none", change: func(s *checks.Snapshot) { hide(&s.Stages[1].Immutable, "") }, want: checks.Pass},
		{name: "one repository", change: func(s *checks.Snapshot) { s.Subject.Stages, s.Stages = s.Subject.Stages[:1], s.Stages[:1] },
			want: checks.Pass, says: "releases of quay/harbour: immutable"},
		{name: "no release in the plan", change: func(s *checks.Snapshot) { s.Subject.Stages, s.Stages = s.Subject.Stages[1:2], s.Stages[1:2] },
			want: checks.NotApplicable, says: "no stage of the plan publishes a GitHub release"},
	})
}
