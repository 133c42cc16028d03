package github

import (
	"testing"
)

func TestRelease(t *testing.T) {
	const line = "GET /repos/o/r/releases/tags/v1%2F0"
	body := func(more string) string {
		return `{"tag_name":"v1/0","html_url":"https://github.com/o/r/releases/tag/v1","published_at":"2026-08-14T10:00:00Z"` + more + `}`
	}
	one := `,"assets":[{"digest":"sha256:00ff"}]`
	tests := []struct {
		name, answer string
		status       int
		exists       bool
		digest       string
		fails        bool
	}{
		{"published", body(""), 200, true, "", false},
		{"one asset", body(one), 200, true, "sha256:00ff", false},
		{"two assets", body(`,"assets":[{"digest":"sha256:00"},{"digest":"sha256:11"}]`), 200, true, "", false},
		{"strange digest", body(`,"assets":[{"digest":"sha256:../x"}]`), 200, true, "", false},
		{"no digest", body(`,"assets":[{"digest":null}]`), 200, true, "", false},
		{"draft", body(`,"draft":true`), 200, false, "", false},
		{"absent", `{"message":"Not Found"}`, 404, false, "", false},
		{"forbidden", `{"message":"no"}`, 403, false, "", true},
		{"another", `{"tag_name":"v2"}`, 200, false, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(line, tt.status, tt.answer)
			p, err := b.Release(t.Context(), testRepo(), "v1/0")
			if (err != nil) != tt.fails || p.Exists != tt.exists || p.Digest != tt.digest {
				t.Errorf("%+v, %v", p, err)
			}
			if p.Exists && (p.Updated.Hour() != 10 || p.URL.IsZero()) {
				t.Errorf("%+v", p)
			}
		})
	}
}
