package cli

import (
	"testing"

	"twokey/release"
)

// openedAs is the first event of a session that the arguments open.
func openedAs(t *testing.T, args ...string) release.Opened {
	t.Helper()
	got := wants(t, true, args...)
	if len(got.events) == 0 {
		t.Fatalf("%q shows no event", args)
	}
	o, ok := got.events[0].(release.Opened)
	if !ok {
		t.Fatalf("%q begins with %T", args, got.events[0])
	}
	return o
}

// Whoever shows a hint can name the command line that leads back into this world,
// and knows when there is none.
func TestWayBack(t *testing.T) {
	tests := []struct {
		args  []string
		want  string // that attach leads back with
		again string // that a world like it is looked at with
	}{
		{nil, "twokey attach", "twokey status"},
		{[]string{"-R", "ckan/ckan"}, "twokey -R ckan/ckan attach", "twokey -R ckan/ckan status"},
		{[]string{"release", "-R", "git.example.com/o/r"}, "twokey -R git.example.com/o/r attach", "twokey -R git.example.com/o/r status"},
		{[]string{"rehearse", "--connect", "unix:/tmp/w"}, "twokey rehearse --connect unix:/tmp/w attach", "twokey rehearse --connect unix:/tmp/w status"},
		{[]string{"rehearse", "--connect", "unix:/tmp/my world's"}, `twokey rehearse --connect 'unix:/tmp/my world'\''s' attach`,
			`twokey rehearse --connect 'unix:/tmp/my world'\''s' status`},
		{[]string{"rehearse", "--connect", "unix:w", "-R", "o/r", "attach"}, "twokey rehearse --connect unix:w -R o/r attach",
			"twokey rehearse --connect unix:w -R o/r status"},
		{[]string{"rehearse"}, "", "twokey rehearse status"},
		{[]string{"rehearse", "--scenario", "no-run", "--seed", "7", "--from", "o/r=../a b", "--speed", "3"}, "",
			"twokey rehearse --from 'o/r=../a b' --scenario no-run --seed 7 status"},
		{[]string{"rehearse", "release", "--scenario", "no-run", "--seed", "7"}, "", "twokey rehearse --scenario no-run --seed 7 status"},
		{[]string{"rehearse", "attach", "--connect", "unix:w", "-R", "o/r"}, "twokey rehearse --connect unix:w -R o/r attach",
			"twokey rehearse --connect unix:w -R o/r status"},
	}
	for _, tt := range tests {
		o := openedAs(t, tt.args...)
		if got := o.Line("attach"); got != tt.want {
			t.Errorf("%q: the way back is %q, want %q", tt.args, got, tt.want)
		}
		if got := o.Anew("status"); got != tt.again {
			t.Errorf("%q: a world like it is %q, want %q", tt.args, got, tt.again)
		}
	}
}
