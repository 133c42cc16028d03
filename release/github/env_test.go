package github

import (
	"errors"
	"strings"
	"testing"

	"twokey/release"
)

func TestTokenAndHost(t *testing.T) {
	withConfig(t, "")
	if got, _ := Token("github.com"); got != "" {
		t.Errorf("found token %q", got)
	}
	if got := Host(); got != "github.com" {
		t.Errorf("host is %q", got)
	}
	t.Setenv("GITHUB_TOKEN", "second")
	t.Setenv("GH_TOKEN", "first")
	if got, source := Token(""); got != "first" || source != "GH_TOKEN" {
		t.Errorf("found %q in %q", got, source)
	}
	if got, _ := Token("ghe.example.com"); got != "" {
		t.Errorf("the token of github.com is for %q as well", got)
	}
	t.Setenv("GH_HOST", "ghe.example.com")
	if got := Host(); got != "ghe.example.com" {
		t.Errorf("host is %q", got)
	}
}

func TestCurrentRepo(t *testing.T) {
	withConfig(t, "")
	for env, want := range map[string]release.Repo{
		"ckan/ckan":                              {Owner: "ckan", Name: "ckan"},
		"github.com/ckan/ckan":                   {Owner: "ckan", Name: "ckan"},
		"ghe.example.com/o/r":                    {Host: "ghe.example.com", Owner: "o", Name: "r"},
		"https://github.com/ckan/ckan-docker":    {Owner: "ckan", Name: "ckan-docker"},
		"git@github.com:ckan/ckan-packaging.git": {Owner: "ckan", Name: "ckan-packaging"},
	} {
		t.Setenv("GH_REPO", env)
		got, err := CurrentRepo()
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v", env, got, err)
		}
	}
	for _, env := range []string{"ckan", "a/b/c/d", "o/r\x1b[2J", "o/..", "o/r?x"} {
		t.Setenv("GH_REPO", env)
		if got, err := CurrentRepo(); err == nil {
			t.Errorf("%q is %+v", env, got)
		}
	}
}

func TestCurrentRepoOutsideOfAClone(t *testing.T) {
	withConfig(t, "")
	t.Chdir(t.TempDir())
	t.Setenv("GIT_CEILING_DIRECTORIES", "/")
	_, err := CurrentRepo()
	if release.KindOf(err) != release.KindUsage || !strings.Contains(release.HintOf(err), "-R") {
		t.Errorf("%v, hint %q", err, release.HintOf(err))
	}
}

func TestNoClone(t *testing.T) {
	for err, want := range map[string]string{
		"failed to run git: fatal: not a git repository (or any parent)\n. error: exit status 128": "this folder is in no clone",
		"unable to determine\n current repository":                                                 "unable to determine current repository",
	} {
		if got := noClone(errors.New(err)).Error(); got != want {
			t.Errorf("%q is said as %q, want %q", err, got, want)
		}
	}
}

func TestAPIURL(t *testing.T) {
	for host, want := range map[string]string{
		"":                 "https://api.github.com/",
		"github.com":       "https://api.github.com/",
		"GitHub.com":       "https://api.github.com/",
		"octo.ghe.com":     "https://api.octo.ghe.com/",
		"ghe.example.com":  "https://ghe.example.com/api/v3/",
		"github.localhost": "http://api.github.localhost/",
	} {
		b := newBench(t, func(o *Options) { o.Host = host })
		if got := b.api.String(); got != want {
			t.Errorf("the API of %q is %s", host, got)
		}
	}
	for _, host := range []string{"a/b", "a@b", "a b", "a?b", "a#b", "%zz", "localhost:8080"} {
		if _, err := New(Options{Host: host, Clock: newClock()}); release.KindOf(err) != release.KindUsage || err == nil {
			t.Errorf("%q: %v", host, err)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("a client without a clock")
	}
}

// On every kind of host the token goes to its API, and on to nothing else.
func TestTokenOnEveryHost(t *testing.T) {
	for _, host := range []string{"octo.ghe.com", "ghe.example.com", "github.localhost"} {
		b := newBench(t, func(o *Options) { o.Host = host })
		line := "GET " + b.api.String() + "repos/o/r/actions/jobs/5/logs"
		b.fake.on(line, 302, "").with("Location", "https://logs."+host+"/5")
		b.fake.on("GET https://logs."+host+"/5", 200, "x")
		if _, err := b.Log(t.Context(), testRepo(), 5, 1); err != nil {
			t.Fatal(err)
		}
		if got := b.fake.sent[0].header.Get("Authorization"); got != "token "+testToken {
			t.Errorf("%s: the API got %q", host, got)
		}
		if _, found := b.fake.sent[1].header["Authorization"]; found {
			t.Errorf("%s: another host got the token", host)
		}
	}
}

func TestConfiguredHost(t *testing.T) {
	withConfig(t, "hosts:\n  ghe.example.com:\n    api_host: api.example.com\n")
	if got := configuredHost("ghe.example.com", "ghe.example.com"); got != "api.example.com" {
		t.Errorf("the API host is %q", got)
	}
	if got := configuredHost("github.com", "api.github.com"); got != "api.github.com" {
		t.Errorf("the API host is %q", got)
	}
}
