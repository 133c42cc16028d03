package rehearsal

import "testing"

// TestSmuggle holds that what cannot be read comes to every release line, on top of what
// the last release had, and that the lines are as ready as before otherwise.
func TestSmuggle(t *testing.T) {
	c := sample(t, "opaque")
	for _, line := range []string{"main", "dev-v2.10", "dev-v2.11"} {
		for _, file := range []string{"tests/files/spring-tide.bin", "tests/files/neap-tide.xz", "m4/tides.m4"} {
			c.get(c.repo() + "/contents/" + file + "?ref=" + line).want(200)
		}
	}
	c.get(c.repo() + "/contents/m4/tides.m4?ref=harbour-2.11.5").want(404)
	c.get("/repos/harbour/harbour-images/contents/m4/tides.m4").want(404)
	if len(noise(100)) != 100 || string(noise(64)) != string(noise(100)[:64]) {
		t.Error("noise is not the same every time")
	}
}
