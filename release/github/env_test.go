package github

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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
	if release.KindOf(err) != release.KindUsage || !strings.Contains(release.HintOf(err), "-R OWNER/NAME") {
		t.Errorf("%v, hint %q", err, release.HintOf(err))
	}
}

// inClone changes to a clone whose configuration ends in remotes.
func inClone(t *testing.T, remotes string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("go-gh reads remotes with git, and there is none")
	}
	dir := t.TempDir()
	for _, name := range []string{"objects", "refs"} {
		if err := os.MkdirAll(filepath.Join(dir, ".git", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range map[string]string{"HEAD": "ref: refs/heads/main\n",
		"config": "[core]\n\trepositoryformatversion = 0\n" + remotes} {
		if err := os.WriteFile(filepath.Join(dir, ".git", name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
}

// A clone's remote is one of GitHub's when its host is known: github.com always, and others
// by a token, by gh's configuration or by GH_HOST.
func TestCurrentRepoOfAClone(t *testing.T) {
	const (
		onHub        = "[remote \"origin\"]\n\turl = https://github.com/o/r.git\n"
		onEnterprise = "[remote \"origin\"]\n\turl = git@ghe.example.com:o/r.git\n"
		onNeither    = "[remote \"origin\"]\n\turl = https://gitlab.example.com/o/r.git\n"
		signedIn     = "hosts:\n  ghe.example.com:\n    user: mara\n"
	)
	enterprise := release.Repo{Host: "ghe.example.com", Owner: "o", Name: "r"}
	for _, tt := range []struct {
		name, remotes, config string
		env                   [2]string
		want                  release.Repo
		kind                  release.Kind
		says, hint            string
	}{
		{"a token", onHub, "", [2]string{"GH_TOKEN", "x"}, testRepo(), 0, "", ""},
		{"no token", onHub, "", [2]string{}, testRepo(), 0, "", ""},
		{"no token, and no remote", "", "", [2]string{}, release.Repo{}, release.KindUsage, "no remote", "-R OWNER/NAME"},
		{"no token anywhere", onEnterprise, "", [2]string{}, release.Repo{}, release.KindAuth, "there is no token", "gh auth login"},
		{"signed in to the host", onEnterprise, signedIn, [2]string{}, enterprise, 0, "", ""},
		{"GH_HOST", onEnterprise, "", [2]string{"GH_HOST", "ghe.example.com"}, enterprise, 0, "", ""},
		{"signed in elsewhere", onHub, signedIn, [2]string{}, release.Repo{}, release.KindUsage,
			"no remote of this clone is on ghe.example.com", "gh auth login --hostname HOST"},
		{"another code host", onNeither, signedIn, [2]string{"GH_TOKEN", "x"}, release.Repo{}, release.KindUsage,
			"is on ghe.example.com or github.com", "-R [HOST/]OWNER/NAME"},
		{"no remote", "", "", [2]string{"GH_TOKEN", "x"}, release.Repo{}, release.KindUsage, "no remote", "-R OWNER/NAME"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withConfig(t, tt.config)
			inClone(t, tt.remotes)
			if tt.env[0] != "" {
				t.Setenv(tt.env[0], tt.env[1])
			}
			host := os.Getenv("GH_HOST")
			got, err := CurrentRepo()
			if now := os.Getenv("GH_HOST"); now != host {
				t.Errorf("GH_HOST is %q now", now)
			}
			if got != tt.want || (err != nil) != (tt.says != "") {
				t.Fatalf("%+v, %v", got, err)
			}
			if err != nil && (release.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.says) ||
				!strings.Contains(release.HintOf(err), tt.hint)) {
				t.Errorf("kind %d: %v; hint %q", release.KindOf(err), err, release.HintOf(err))
			}
		})
	}
}

func TestNoRepo(t *testing.T) {
	for said, want := range map[string]string{
		"failed to run git: fatal: not a git repository (or any parent)\n. error: exit status 128": "not in a clone",
		"failed to run git: fatal: detected dubious ownership\n in '\x1b[2J'":                      "detected dubious ownership in",
		"could not find git executable in PATH":                                                    "could not find git executable in PATH",
	} {
		err := noRepo(errors.New(said), nil)
		if !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\x1b") ||
			release.KindOf(err) != release.KindUsage || release.HintOf(err) == "" {
			t.Errorf("%q is said as %q, want %q", said, err, want)
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
