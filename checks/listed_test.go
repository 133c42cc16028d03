package checks

import "testing"

func TestListedNamesAreToldApart(t *testing.T) {
	got := listed([]string{"Lint", "Test (3.12, postgres)", "Types"}).String()
	if want := `Lint, "Test (3.12, postgres)", Types`; got != want {
		t.Errorf("listed %s, want %s", got, want)
	}
}
