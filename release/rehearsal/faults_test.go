package rehearsal

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// try sends a request and says in a word what came of it.
func (c client) try(method, path string) string {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, "https://"+apiHost+path, strings.NewReader("{}"))
	check(c.t, err)
	resp, err := c.world.Transport().RoundTrip(req)
	if err != nil {
		return "no answer"
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		if json.Valid(body) && len(body) > 0 {
			c.t.Errorf("%s: a body that broke off is whole", path)
		}
		return "half"
	case resp.StatusCode >= 500:
		return "5xx"
	}
	return "answer"
}

func TestFaults(t *testing.T) {
	met := func(seed int64) (string, map[string]int) {
		w, err := New(Options{Scenario: "flaky", Seed: seed, Speed: -1})
		check(t, err)
		c := client{t, w}
		var all []string
		count := map[string]int{}
		for i := range 20 {
			path := fmt.Sprintf("%s/branches?per_page=%d", c.repo(), i+1)
			last := "answer"
			for range 3 {
				got := c.try("GET", path)
				if got != "answer" && last != "answer" {
					t.Errorf("%s fails twice in a row", path)
				}
				all, last = append(all, got), got
				count[got]++
			}
		}
		return strings.Join(all, " "), count
	}
	one, count := met(1)
	if again, _ := met(1); again != one {
		t.Error("the same seed gives other faults")
	}
	if other, _ := met(2); other == one {
		t.Error("another seed gives the same faults")
	}
	if n := 60 - count["answer"]; n < 3 || n > 20 {
		t.Errorf("%d of 60 reads failed, want about a sixth: %v", n, count)
	}
}

func TestFaultsSpareWhatActs(t *testing.T) {
	c := sample(t, "flaky")
	for range 100 {
		if got := c.try("POST", c.repo()+"/git/refs"); got != "answer" {
			t.Fatalf("a request that acts met a fault: %s", got)
		}
	}
}

func TestNoFaultsWhenClean(t *testing.T) {
	c := sample(t, "clean")
	for range 50 {
		if got := c.try("GET", c.repo()); got != "answer" {
			t.Fatalf("a read met a fault: %s", got)
		}
	}
}
