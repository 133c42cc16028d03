package actions

import "testing"

func TestComplaints(t *testing.T) {
	const src = `on: push
jobs:
  a:
    if: ${{ github.actor == 'mara' }} && true
    runs-on: x
    container: {image: a, credentials: {username: u, password: hunter2}}
    services:
      db: {image: b, credentials: {username: u, password: '${{ secrets.P }}'}}
    steps:
      - {run: make, if: false}
      - {run: make, if: "${{ github.actor == 'mara' }}"}
      - if: |
          ${{ github.actor == 'mara' }}
        run: make
`
	f := Parse(Ref{Path: Dir + "/a.yml"}, []byte(src))
	if !f.Problem.IsZero() {
		t.Fatal(f.Problem)
	}
	for rule, want := range map[Rule][]int{RulePassword: {6}, RuleAlways: {4, 12}} {
		got := f.Complaints(rule)
		if len(got) != len(want) {
			t.Errorf("%s: %v, want lines %v", rule, got, want)
			continue
		}
		for i, c := range got {
			if c.Rule != rule || c.Line != want[i] {
				t.Errorf("%s: %v, want line %d", rule, c, want[i])
			}
		}
	}
	action := Parse(Ref{Path: "act/action.yml"}, []byte("runs: {using: composite, steps: [{run: x, if: 'a ${{ b }}'}]}"))
	if got := action.Complaints(RuleAlways); got != nil {
		t.Errorf("of an action: %v", got)
	}
}
