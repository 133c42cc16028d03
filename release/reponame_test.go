package release

import (
	"context"
	"strings"
	"testing"
)

func TestNamedRepo(t *testing.T) {
	hub := Repo{Host: "github.com", Owner: "o", Name: "r"}
	for s, want := range map[string]Repo{
		"o/r":                                {Owner: "o", Name: "r"},
		"github.com/o/r":                     hub,
		"ghe.example.com/o/r":                {Host: "ghe.example.com", Owner: "o", Name: "r"},
		"https://github.com/o/r":             hub,
		"https://github.com/o/r/":            hub,
		"https://www.GitHub.com/o/r.git":     hub,
		"http://github.com/o/r":              hub,
		"https://me:secret@github.com/o/r":   hub,
		"git@github.com:o/r.git":             hub,
		"git@github.com:/o/r":                hub,
		"ssh://git@ssh.github.com:443/o/r":   {Host: "ssh.github.com", Owner: "o", Name: "r"},
		"git+ssh://git@github.com/o/r.git":   hub,
		"git://github.com/o/r.git":           hub,
		"https://ghe.example.com/o/r.js.git": {Host: "ghe.example.com", Owner: "o", Name: "r.js"},
	} {
		if got, err := NamedRepo(s); err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", s, got, err, want)
		}
	}
}

func TestNamedRepoRefuses(t *testing.T) {
	for _, s := range []string{
		"", "o", "o/", "/r", "a/b/c/d", "o/r?x", "o/..", "o/r\x1b[2J",
		"https://github.com/o", "https://github.com/", "https:///o/r", "https://github.com/o/r/tree/main",
		"https://github.com/o/..", "ftp://github.com/o/r", "file:///o/r", "https://%zz/o/r",
		"git@github.com", "git@github.com:o", "git@:o/r", "https://me:secret@github.com/o",
		"https://me:secret@git\x7fhub.com/o/r", "secret@github.com:o",
	} {
		got, err := NamedRepo(s)
		if err == nil || KindOf(err) != KindUsage || HintOf(err) == "" || !got.IsZero() {
			t.Errorf("%q is %+v, %v, hint %q", s, got, err, HintOf(err))
			continue
		}
		if strings.ContainsAny(err.Error(), "\x1b\x7f") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q is refused in raw words: %q", s, err)
		}
	}
}

func TestRepoSpelled(t *testing.T) {
	for _, tt := range []struct {
		repo Repo
		name string
		want string
	}{
		{Repo{Owner: "HARBOUR", Name: "Harbour"}, "harbour/harbour", "harbour/harbour"},
		{Repo{Owner: "harbour", Name: "harbour"}, "harbour/harbour", "harbour/harbour"},
		{Repo{Owner: "harbour", Name: "images"}, "Harbour/harbour", "harbour/images"},
		{Repo{Owner: "harbour", Name: "harbour"}, "", "harbour/harbour"},
		{Repo{}, "harbour/harbour", "/"},
	} {
		tt.repo.Host = "ghe.example.com"
		if got := tt.repo.spelled(tt.name); got.String() != tt.want || got.Host != tt.repo.Host {
			t.Errorf("%s as %q is %s on %s, want %s", tt.repo, tt.name, got, got.Host, tt.want)
		}
	}
}

// A plan that names its own repository in other letters has no second repository.
func TestPlanFileInOtherLetters(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.planFile = strings.Replace(hubPlanFile, "  - name: package\n", "  - name: package\n    repo: Harbour/HARBOUR\n    tag: harbour-{version}\n", 1)
	e, _ := engineOn(h)
	s, err := e.Survey(context.Background(), p.Repo)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.file.Stages[0].Repo; got != p.Repo {
		t.Errorf("the first stage is of %s, want %s", got, p.Repo)
	}
}
