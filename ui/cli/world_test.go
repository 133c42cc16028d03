package cli

import (
	"reflect"
	"strings"
	"testing"

	"twokey/release"
)

// The flags of rehearse say the same on either side of the command.
func TestWorldFlagsOnEitherSide(t *testing.T) {
	tests := []struct{ before, behind string }{
		{"--scenario no-run status", "status --scenario no-run"},
		{"--speed 50 --seed 7 release 1.2.3 --yes", "release 1.2.3 --speed 50 --yes --seed 7"},
		{"--speed 50 --seed 7 release 1.2.3 --yes", "--seed 7 release 1.2.3 --yes --speed 50"},
		{"--from . --from o/r=../r check", "check --from . --from o/r=../r"},
		{"--connect unix:/tmp/w status --json", "status --connect unix:/tmp/w --json"},
		{"-R o/r --scenario no-run status", "status --scenario no-run -R o/r"},
		{"--scenario no-run status", "--scenario no-run status --scenario no-run"},
		{"--scenario no-run", "--scenario no-run --"},
	}
	for _, tt := range tests {
		one := wants(t, true, strings.Fields("rehearse "+tt.before)...)
		two := wants(t, true, strings.Fields("rehearse "+tt.behind)...)
		if !reflect.DeepEqual(one.target.Rehearsal, two.target.Rehearsal) || one.target.Repo != two.target.Repo {
			t.Errorf("%q is the world %+v, and %q is %+v", tt.before, one.target.Rehearsal, tt.behind, two.target.Rehearsal)
		}
	}
}

// What is said twice, and not alike, is not guessed; and what is wrong before a command
// is wrong behind it.
func TestWorldFlagsRefused(t *testing.T) {
	tests := []struct{ args, want string }{
		{"rehearse --scenario no-run status --scenario clean", "--scenario is given twice, with no-run and with clean"},
		{"rehearse --speed 5 status --speed 6", "--speed is given twice"},
		{"rehearse --from . status --from o/r=../r", "--from is given twice"},
		{"rehearse --plan a.yml check --plan b.yml", "--plan is given twice"},
		{"rehearse --connect unix:a check --connect unix:b", "--connect is given twice"},
		{"rehearse -R o/r status -R o/s", "--repo is given twice, with o/r and with o/s"},
		{"rehearse status --connect unix:a --seed 4", "--seed is for whoever serves the world"},
		{"rehearse --seed 4 status --connect unix:a", "--seed is for whoever serves the world"},
		{"rehearse status --speed 0", "--speed 0 is not a number above 0"},
		{"rehearse check --plan /dev/null", "--plan /dev/null: the file is empty"},
		{"rehearse check --from=", "--from is empty"},
		{"rehearse status --listen unix:a", "runs no command: `twokey rehearse --listen ADDR`"},
		{"rehearse status --list", "runs no command: `twokey rehearse --list`"},
		{"rehearse status --plain --json --seed 4", "--json and --plain exclude each other"},
		{"status --scenario no-run", "`twokey rehearse status --scenario …`"},
		{"release 1.2.3 --yes --seed 1", "`twokey rehearse release --seed …`"},
		{"verify --listen unix:a", "`twokey rehearse --connect ADDR verify`"},
	}
	for _, tt := range tests {
		var got opened
		err := Run(t.Context(), config(&got, true), strings.Fields(tt.args))
		if said := reported(err); release.KindOf(err) != release.KindUsage || !strings.Contains(said, tt.want) {
			t.Errorf("%q ends with\n%swant a usage error that says %q", tt.args, said, tt.want)
		}
		if !reflect.DeepEqual(got, opened{}) {
			t.Errorf("%q opened something: %+v", tt.args, got)
		}
	}
}

// reported is what a person is told of an error.
func reported(err error) string {
	var b strings.Builder
	if err != nil {
		Report(&b, err)
	}
	return b.String()
}
