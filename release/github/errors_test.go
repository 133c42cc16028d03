package github

import (
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
		{"anonymous limit", anonymous, func(r *reply) {
			r.with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", strconv.FormatInt(began.Add(time.Hour).Unix(), 10))
		}, 429, release.KindFailed, "GH_TOKEN"},
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
