package release

import (
	"testing"
	"time"
)

func TestRounds(t *testing.T) {
	start := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	r := func(from, to int) Request {
		return Request{Began: start.Add(time.Duration(from) * time.Second), Took: time.Duration(to-from) * time.Second}
	}
	for _, tt := range []struct {
		name string
		sent []Request
		want int
	}{
		{"none", nil, 0},
		{"one", []Request{r(0, 2)}, 1},
		{"at a time", []Request{r(0, 2), r(0, 2), r(0, 1)}, 1},
		{"one after another", []Request{r(0, 2), r(2, 4), r(5, 6)}, 3},
		{"two chains", []Request{r(0, 2), r(0, 2), r(2, 4), r(2, 4)}, 2},
		{"a slow one beside a chain", []Request{r(0, 9), r(0, 2), r(2, 4), r(4, 6)}, 3},
		{"told in another order", []Request{r(5, 6), r(0, 2), r(2, 4)}, 3},
		{"no time passes", []Request{r(0, 0), r(0, 0), r(0, 0)}, 1},
		{"no time passes, one after another", []Request{r(0, 0), r(1, 1)}, 2},
	} {
		if got := Rounds(tt.sent); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
