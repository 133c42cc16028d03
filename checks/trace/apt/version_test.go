package apt

import "testing"

func TestStands(t *testing.T) {
	for _, tt := range []struct {
		deb, version string
		want         bool
	}{
		{"1.2.3", "1.2.3", true},
		{"1.2.3-1", "1.2.3", true},
		{"1:1.2.3-1~deb12", "1.2.3", true},
		{"5:27.0.3-1~ubuntu.24.04~noble", "27.0.3", true},
		{"1.2.3-1ubuntu2.1", "1.2.3", true},
		{"1.2.3-0.1+b1", "1.2.3", true},
		{"1.2.3+dfsg-1", "1.2.3", true},
		{"1.2.3+dfsg1+ds2-1", "1.2.3", true},
		{"1.2.3+deb12u1", "1.2.3", true},
		{"1.2.3~bpo12+1", "1.2.3", true},
		{"1.2.3~ubuntu24.04.1", "1.2.3", true},
		{"1.2.3~noble", "1.2.3", true}, // the suite of the tests
		{"1.2.3-noble1", "1.2.3", true},
		{"1.2.3+noble2", "1.2.3", true},
		{"2.0+really1.9-1", "1.9", true},
		{"2.0+really1.9-1", "2.0", false},
		{"1.2.3", "v1.2.3", true},
		{"2026.08-1", "2026.8", true},
		{"1.2.3~rc1-1", "1.2.3rc1", true},
		{"1.2.3~rc.1", "1.2.3-rc.1", true},
		{"1.2.3~rc1", "1.2.3-rc.1", true},
		{"1.2.3-rc.1", "1.2.3-rc.1", true},
		{"1.2.3~beta2+dfsg-1", "1.2.3b2", true},
		{"1.2.3~a1-1", "1.2.3-alpha.1", true},
		{"1.2.3~dev0", "1.2.3.dev0", true},
		{"1.2.3+post1-1", "1.2.3+post1", true},
		{"1.2.3.post1-1", "1.2.3.post1", true},
		// Others.
		{"1.2.3-rc.1", "1.2.3", false},
		{"1.2.3~rc1-1", "1.2.3", false},
		{"1.2.3-1", "1.2.3-rc.1", false},
		{"1.2.3~rc2", "1.2.3-rc.1", false},
		{"1.2.3~rc11", "1.2.3-rc.1", false},
		{"1.2.3~alpha1", "1.2.3-beta.1", false},
		{"1.2.30-1", "1.2.3", false},
		{"1.2.3.1-1", "1.2.3", false},
		{"11.2.3-1", "1.2.3", false},
		{"1.2-1", "1.2.0", false},
		{"1.2.3+git20260814-1", "1.2.3", false},
		{"1.2.3~git20260814-1", "1.2.3", false},
		{"1.2.3~jammy", "1.2.3", false}, // of another suite
		{"1.2.3+dfsg~rc1-1", "1.2.3", false},
		{"1.2.3.post1-1", "1.2.3", false},
		// No versions.
		{"", "", false},
		{"1.2.3", "", false},
		{"", "1.2.3", false},
		{" 1.2.3", "1.2.3", false},
		{"a:1.2.3", "1.2.3", false},
		{"1.2.3-1_", "1.2.3", false},
		{"harbour", "harbour", false},
	} {
		if got := Stands(tt.deb, tt.version, "noble", "", "beta"); got != tt.want {
			t.Errorf("%q stands for %q: %v", tt.deb, tt.version, got)
		}
	}
	if Stands("1.2.3~beta1", "1.2.3", "beta") {
		t.Error("a suite's name hides that a version is none yet")
	}
}

func FuzzStands(f *testing.F) {
	f.Add("1:1.2.3-1~deb12", "1.2.3", "noble")
	f.Add("1.2.3~rc1", "1.2.3-rc.1", "")
	f.Add("2+really", "", "+")
	f.Fuzz(func(t *testing.T, deb, version, dist string) {
		if Stands(deb, version, dist) {
			if _, err := parseVersion(deb); err != nil || version == "" {
				t.Errorf("%q stands for %q", deb, version)
			}
			if Stands(deb, version+".1", dist) {
				t.Errorf("%q stands for %q and for what comes after", deb, version)
			}
		}
	})
}
