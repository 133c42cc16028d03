package github

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		set    func(*reply)
		code   int
		kind   release.Kind
		hint   string
	}{
		{"bad token", nil, nil, 401, release.KindAuth, "gh auth login"},
		{"permission", nil, func(r *reply) { r.with("X-Accepted-GitHub-Permissions", "contents=read") }, 403, release.KindFailed, "the token needs contents=read"},
		{"single sign-on", nil, func(r *reply) { r.with("X-GitHub-SSO", "required; url=https://github.com/orgs/o/sso") }, 403, release.KindAuth, "single sign-on"},
		{"401 without a token", anonymous, nil, 401, release.KindAuth, "gh auth login"},
		{"403 without a token", anonymous, nil, 403, release.KindAuth, "gh auth login"},
		{"anonymous limit", anonymous, func(r *reply) {
			r.with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", strconv.FormatInt(began.Add(time.Hour).Unix(), 10))
		}, 429, release.KindFailed, "look at one stage alone (`--stage NAME`), or sign in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var opts []func(*Options)
			if tt.change != nil {
				opts = append(opts, tt.change)
			}
			b := newBench(t, opts...)
			r := b.fake.on("GET /repos/o/r", tt.code, `{"message":"no"}`)
			if tt.set != nil {
				tt.set(r)
			}
			_, err := b.Repository(t.Context(), testRepo())
			wantErr(t, err, nil, "the settings of o/r")
			if release.KindOf(err) != tt.kind || !strings.Contains(release.HintOf(err), tt.hint) {
				t.Errorf("kind %d, hint %q", release.KindOf(err), release.HintOf(err))
			}
		})
	}
}

// A refusal is for want of a token only where none was sent, and only where GitHub itself
// refuses: what is not there is not there for anybody.
func TestNoToken(t *testing.T) {
	for name, change := range map[string]func(*Options){"without a token": anonymous, "with one": func(*Options) {}} {
		for code, refused := range map[int]bool{401: true, 403: true, 404: false, 409: false} {
			b := newBench(t, change)
			b.fake.on("GET /repos/o/r", code, `{"message":"no"}`)
			_, err := b.Repository(t.Context(), testRepo())
			if got := errors.Is(err, release.ErrNoToken); got != (refused && name == "without a token") {
				t.Errorf("%s, %d: no token is %v: %v", name, code, got, err)
			}
		}
	}
	// What nobody gets without a token is not asked for: each request counts.
	b := newBench(t, anonymous)
	for what, ask := range map[string]func() error{
		"viewer":    func() error { return viewer(b) },
		"log":       func() error { _, err := b.Log(t.Context(), testRepo(), 7, 10); return err },
		"artifacts": func() error { _, err := b.RunArtifacts(t.Context(), testRepo(), 7); return err },
		"question":  func() error { _, err := b.put(t.Context(), "it", newQuestion()); return err },
	} {
		err := ask()
		if !errors.Is(err, release.ErrNoToken) || !errors.Is(err, release.ErrUnauthorized) || release.KindOf(err) != release.KindAuth || !strings.Contains(release.HintOf(err), "gh auth login") {
			t.Errorf("%s: %v, hint %q", what, err, release.HintOf(err))
		}
	}
	if b.fake.count() != 0 {
		t.Errorf("sent %q", b.fake.lines())
	}
}

// What GitHub says in a refusal is shown, and can not reach the terminal raw.
func TestRefusalsAreClean(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 422, `{"message":"no\u001b[2J","errors":[{"code":"custom","message":"tag\u202e"},"plain",7]}`).odd("a user has no errors")
	err := viewer(b)
	wantErr(t, err, nil, "no", "tag<U+202E>", "plain")
	if strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("error %q is raw", err)
	}
}
