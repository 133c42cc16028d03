package version

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func must(t *testing.T, scheme Scheme, s string) Version {
	t.Helper()
	v, err := Parse(scheme, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		scheme Scheme
		in     string
		want   string // empty: refused
	}{
		{SemVer, "1.2.3", "1.2.3"},
		{SemVer, "0.0.0", "0.0.0"},
		{SemVer, "1.2.3-rc.1+build.5", "1.2.3-rc.1+build.5"},
		{SemVer, "1.2.3--", "1.2.3--"},
		{SemVer, "1.2", ""},
		{SemVer, "1.2.3.4", ""},
		{SemVer, "1.2.3-", ""},
		{SemVer, "1.2.3+", ""},
		{SemVer, "1.2.", ""},
		{SemVer, "01.2.3", ""},
		{SemVer, "1.2.3-01", ""},
		{SemVer, "1.2.3-a..b", ""},
		{SemVer, "99999999999999999999.0.0", ""},
		{SemVer, "1.0.0-99999999999999999999", ""},
		{PEP440, "2.11.5", "2.11.5"},
		{PEP440, "2.12.0b0", "2.12.0b0"},
		{PEP440, "2.12.0-BETA.0", "2.12.0b0"},
		{PEP440, "2.12.0rc", "2.12.0rc0"},
		{PEP440, "1.0-1", "1.0.post1"},
		{PEP440, "1.0.0.post1", "1.0.0.post1"},
		{PEP440, "1!2.0.dev4", "1!2.0.dev4"},
		{PEP440, "2024.01.05", "2024.1.5"},
		{PEP440, "1.0+ubuntu-1_2", "1.0+ubuntu.1.2"},
		{PEP440, "1", "1"},
		{PEP440, "1.0.poſt1", ""}, // folds to s under (?i)
		{PEP440, "١.٢", ""},
		{PEP440, "1.0 ", ""},
		{PEP440, " 1.0", ""},
		{PEP440, "1.0\n", ""},
		{PEP440, "1.x", ""},
		{PEP440, "99999999999999999999", ""},
		{PEP440, "", ""},
		{SemVer, "", ""},
		{SemVer, "v1.2.3", ""},
		{PEP440, "v1.2.3", ""},
		{PEP440, "V1.2.3", ""},
		{SemVer, "1.2.3\x00", ""},
		{SemVer, "1.2.3\u202e", ""},
		{SemVer, "1.2.3-" + strings.Repeat("a", MaxLen), ""},
		{PEP440, strings.Repeat("1.", MaxLen) + "1", ""},
		{"calver", "1.2.3", ""},
		{"", "1.2.3", ""},
	} {
		v, err := Parse(c.scheme, c.in)
		if (err == nil) != (c.want != "") || v.String() != c.want {
			t.Errorf("Parse(%s, %q) = %q, %v; want %q", c.scheme, c.in, v, err, c.want)
		}
		if err != nil && !v.IsZero() {
			t.Errorf("Parse(%s, %q) gives a version beside its error", c.scheme, c.in)
		}
	}
}

func TestParseErrorsStayShort(t *testing.T) {
	_, err := Parse(SemVer, strings.Repeat("9", 1<<20))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("the error for a huge version is %d bytes long", len(err.Error()))
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		scheme     Scheme
		in         string
		parts      [4]string
		prerelease bool
	}{
		{SemVer, "1.22.333", [4]string{"1", "22", "333", "0"}, false},
		{SemVer, "1.2.3-4.5", [4]string{"1", "2", "3", "0"}, true},
		{SemVer, "1.2.3+4.5", [4]string{"1", "2", "3", "0"}, false},
		{PEP440, "2.11", [4]string{"2", "11", "0", "0"}, false},
		{PEP440, "2.12.0b0", [4]string{"2", "12", "0", "0"}, true},
		{PEP440, "1.2.3.4", [4]string{"1", "2", "3", "4"}, false},
		{PEP440, "3!1.2.dev1", [4]string{"1", "2", "0", "0"}, true},
		{PEP440, "1.2.post3", [4]string{"1", "2", "0", "0"}, false},
		{PEP440, "7rc1", [4]string{"7", "0", "0", "0"}, true},
		{PEP440, "1.2+3.4", [4]string{"1", "2", "0", "0"}, false},
	} {
		v := must(t, c.scheme, c.in)
		for i, want := range c.parts {
			if got := v.Part(i); got != want {
				t.Errorf("%s: Part(%d) = %s, want %s", c.in, i, got, want)
			}
		}
		if v.Part(-1) != "0" {
			t.Errorf("%s: Part(-1) = %s", c.in, v.Part(-1))
		}
		if v.Prerelease() != c.prerelease {
			t.Errorf("%s: Prerelease() = %v", c.in, v.Prerelease())
		}
	}
	if zero := (Version{}); zero.Part(0) != "0" || zero.Prerelease() || !zero.IsZero() || zero.Scheme() != "" {
		t.Error("the zero Version is not none")
	}
}

// TestCompare walks lists that are in order, and compares each pair of each.
func TestCompare(t *testing.T) {
	for scheme, list := range map[Scheme][]string{
		SemVer: {"0.9.0", "1.0.0-1", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
			"1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"},
		PEP440: {"0.9", "1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0a2", "1.0b0", "1.0rc1", "1.0rc10", "1.0",
			"1.0+local", "1.0+local.2", "1.0.post1.dev1", "1.0.post1", "1.0.1", "1.2", "1.10", "2.0", "1!0.1"},
	} {
		for i, a := range list {
			for j, b := range list {
				got := must(t, scheme, a).Compare(must(t, scheme, b))
				if (got < 0) != (i < j) || (got > 0) != (i > j) {
					t.Errorf("%s: Compare(%s, %s) = %d", scheme, a, b, got)
				}
			}
		}
	}
}

func TestCompareAcross(t *testing.T) {
	zero, sv, pv := Version{}, must(t, SemVer, "9.0.0"), must(t, PEP440, "1.0.0")
	if zero.Compare(sv) >= 0 || sv.Compare(zero) <= 0 || zero.Compare(zero) != 0 {
		t.Error("the zero Version does not come first")
	}
	if sv.Compare(pv) >= 0 || pv.Compare(sv) <= 0 {
		t.Error("versions of two schemes have no order")
	}
	if must(t, PEP440, "1.0").Compare(must(t, PEP440, "1.0.0")) != 0 {
		t.Error("1.0 and 1.0.0 differ")
	}
	if must(t, SemVer, "1.0.0+a").Compare(must(t, SemVer, "1.0.0+b")) != 0 {
		t.Error("build metadata orders versions")
	}
}

func TestMax(t *testing.T) {
	var list []Version
	for _, s := range []string{"2.9.1", "2.11.0rc1", "2.10.4"} {
		list = append(list, must(t, PEP440, s))
	}
	if got := Max(list).String(); got != "2.11.0rc1" {
		t.Errorf("Max = %s", got)
	}
	if !Max(nil).IsZero() {
		t.Error("Max of nothing is something")
	}
}

func TestNext(t *testing.T) {
	huge := strconv.FormatUint(math.MaxUint64, 10)
	for _, c := range []struct {
		scheme Scheme
		last   string
		// want is after patch, minor, major and pre; empty where refused.
		want [4]string
	}{
		{SemVer, "1.2.3", [4]string{"1.2.4", "1.3.0", "2.0.0", "1.2.4-rc.1"}},
		{SemVer, "1.2.4-rc.1", [4]string{"1.2.4", "1.3.0", "2.0.0", "1.2.4-rc.2"}},
		{SemVer, "1.3.0-rc.1", [4]string{"1.3.0", "1.3.0", "2.0.0", "1.3.0-rc.2"}},
		{SemVer, "2.0.0-alpha", [4]string{"2.0.0", "2.0.0", "2.0.0", "2.0.0-alpha.1"}},
		{SemVer, "2.0.0-0", [4]string{"2.0.0", "2.0.0", "2.0.0", "2.0.0-1"}},
		{SemVer, "2.0.0-rc8", [4]string{"2.0.0", "2.0.0", "2.0.0", "2.0.0-rc9"}},
		{SemVer, "2.0.0-rc9", [4]string{"2.0.0", "2.0.0", "2.0.0", ""}}, // rc10 sorts below rc9
		{SemVer, "1.2.3+b1", [4]string{"1.2.4", "1.3.0", "2.0.0", "1.2.4-rc.1"}},
		{SemVer, "1.2." + huge, [4]string{"", "1.3.0", "2.0.0", ""}},
		{SemVer, "1.2.3-" + huge, [4]string{"1.2.3", "1.3.0", "2.0.0", ""}},
		{PEP440, "2.11.5", [4]string{"2.11.6", "2.12.0", "3.0.0", "2.11.6rc1"}},
		{PEP440, "2.12.0b0", [4]string{"2.12.0", "2.12.0", "3.0.0", "2.12.0b1"}},
		{PEP440, "2.12.0rc1", [4]string{"2.12.0", "2.12.0", "3.0.0", "2.12.0rc2"}},
		{PEP440, "2.12.1a3", [4]string{"2.12.1", "2.13.0", "3.0.0", "2.12.1a4"}},
		{PEP440, "1.0.0.post1", [4]string{"1.0.1", "1.1.0", "2.0.0", "1.0.1rc1"}},
		{PEP440, "1.0.0.dev3", [4]string{"1.0.0", "1.0.0", "1.0.0", "1.0.0.dev4"}},
		{PEP440, "1.0b1.dev2", [4]string{"1.0", "1.0", "1.0", "1.0b1"}},
		{PEP440, "1.0rc1.post2", [4]string{"1.0", "1.0", "1.0", "1.0rc2"}},
		{PEP440, "1.0.post1.dev2", [4]string{"1.0.1", "1.1", "2.0", "1.0.post1"}},
		{PEP440, "2.11", [4]string{"2.11.1", "2.12", "3.0", "2.11.1rc1"}},
		{PEP440, "7", [4]string{"7.0.1", "7.1", "8", "7.0.1rc1"}},
		{PEP440, "1.2.3.4", [4]string{"1.2.4", "1.3.0", "2.0.0", "1.2.4rc1"}},
		{PEP440, "1!1.2.3", [4]string{"1!1.2.4", "1!1.3.0", "1!2.0.0", "1!1.2.4rc1"}},
		{PEP440, "1.2.3+local.1", [4]string{"1.2.4", "1.3.0", "2.0.0", "1.2.4rc1"}},
		{PEP440, "2024.1.15", [4]string{"2024.1.16", "2024.2.0", "2025.0.0", "2024.1.16rc1"}},
	} {
		last := must(t, c.scheme, c.last)
		for i, bump := range Bumps() {
			got, err := Next(last, bump)
			if got.String() != c.want[i] || (err == nil) != (c.want[i] != "") {
				t.Errorf("Next(%s, %s) = %q, %v; want %q", c.last, bump, got, err, c.want[i])
			}
		}
	}
}

func TestNextRefuses(t *testing.T) {
	if v, err := Next(must(t, SemVer, "1.0.0"), "mega"); err == nil || !v.IsZero() {
		t.Errorf("an unknown bump gives %q, %v", v, err)
	}
	if v, err := Next(Version{}, Patch); err == nil || !v.IsZero() {
		t.Errorf("a bump of nothing gives %q, %v", v, err)
	}
}

func FuzzVersion(f *testing.F) {
	for _, s := range []string{"1.2.3", "1.0.0-rc.1+b", "2.12.0b0", "1!1.0.post1.dev2+l.1", "1.0-1", "v1", "1.0ſ"} {
		f.Add(s, "1.2.4")
		f.Add("1.0.0-rc.9", s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, scheme := range []Scheme{SemVer, PEP440} {
			v, err := Parse(scheme, a)
			if err != nil {
				continue
			}
			checkRoundTrip(t, v)
			checkNext(t, v)
			w, err := Parse(scheme, b)
			if err != nil {
				continue
			}
			if x, y := v.Compare(w), w.Compare(v); (x < 0) != (y > 0) || (x == 0) != (y == 0) {
				t.Errorf("%s: Compare(%s, %s) = %d and back %d", scheme, v, w, x, y)
			}
		}
	})
}

func checkRoundTrip(t *testing.T, v Version) {
	again, err := Parse(v.Scheme(), v.String())
	if err != nil || again != v || again.Compare(v) != 0 {
		t.Errorf("%q comes back as %q, %v", v, again, err)
	}
	for i := range 4 {
		if !isNumber(v.Part(i)) {
			t.Errorf("%q: Part(%d) = %q", v, i, v.Part(i))
		}
	}
}

func checkNext(t *testing.T, v Version) {
	for _, bump := range Bumps() {
		n, err := Next(v, bump)
		if err == nil && n.Compare(v) <= 0 {
			t.Errorf("Next(%s, %s) = %s is not above it", v, bump, n)
		}
		if err == nil && bump != Pre && n.Prerelease() {
			t.Errorf("Next(%s, %s) = %s is a pre-release", v, bump, n)
		}
	}
}

func TestBumpsAreAll(t *testing.T) {
	if got := Bumps(); !slices.Equal(got, []Bump{Patch, Minor, Major, Pre}) {
		t.Errorf("Bumps() = %v", got)
	}
}
