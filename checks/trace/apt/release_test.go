package apt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// released is the text of a Release file, with changes as those of paragraph.
func released(changes ...string) string {
	lines := []string{"Origin: example", "Suite: stable", "Codename: quay", "Date: Fri, 14 Aug 2026 11:00:00 UTC",
		"Valid-Until: Fri, 21 Aug 2026 11:00:00 +0000", "Architectures: amd64 arm64 source amd64", "Components: main contrib",
		"SHA256:\n " + sum("p") + " 100 main/binary-amd64/Packages\n " + strings.ToUpper(sum("x")) + "   30 main/binary-amd64/Packages.xz\n " +
			sum("g") + " 40 main/binary-amd64/Packages.gz\n " + sum("c") + " 0 contrib/binary-arm64/Packages"}
	for _, c := range changes {
		name, _, found := strings.Cut(strings.TrimPrefix(c, "-"), ":")
		at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") })
		switch {
		case !found:
			lines = slices.Delete(lines, at, at+1)
		case at < 0:
			lines = append(lines, c)
		default:
			lines[at] = c
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestParseRelease(t *testing.T) {
	r, err := ParseRelease([]byte(released()))
	if err != nil {
		t.Fatal(err)
	}
	if r.Suite != "stable" || r.Codename != "quay" || r.ByHash || !slices.Equal(r.Architectures, []string{"amd64", "arm64"}) {
		t.Errorf("%+v", r)
	}
	if !r.Date.Equal(now.Add(-time.Hour)) || !r.ValidUntil.Equal(now.Add(167*time.Hour)) {
		t.Errorf("from %v to %v", r.Date, r.ValidUntil)
	}
	forms, err := r.Indexes("main", "amd64")
	if err != nil || len(forms) != 3 {
		t.Fatal(forms, err)
	}
	for i, want := range []Index{
		{[]string{"main/binary-amd64/Packages.xz"}, 30, sum("x"), ".xz", MaxIndex},
		{[]string{"main/binary-amd64/Packages.gz"}, 40, sum("g"), ".gz", MaxIndex},
		{[]string{"main/binary-amd64/Packages"}, 100, sum("p"), "", MaxIndex},
	} {
		if fmt.Sprint(forms[i]) != fmt.Sprint(want) {
			t.Errorf("%+v", forms[i])
		}
	}
	if forms, err := r.Indexes("main", "arm64"); forms != nil || err != nil {
		t.Error(forms, err)
	}
	if forms, _ := r.Indexes("contrib", "arm64"); len(forms) != 1 {
		t.Error(forms)
	}
}

func TestByHash(t *testing.T) {
	r, err := ParseRelease([]byte(released("Acquire-By-Hash: yes")))
	if err != nil {
		t.Fatal(err)
	}
	forms, err := r.Indexes("main", "amd64")
	want := []string{"main/binary-amd64/by-hash/SHA256/" + sum("x"), "main/binary-amd64/Packages.xz"}
	if err != nil || !slices.Equal(forms[0].Paths, want) {
		t.Errorf("%+v, %v", forms, err)
	}
}

func TestParseReleaseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "its Date cannot be read"},
		{"a web page", "<html>\n", "cannot be read"},
		{"two paragraphs", released() + "\nSuite: other\n", "more than one paragraph"},
		{"a field twice", released() + "Suite: other\n", "a field stands twice"},
		{"a field twice in another case", released() + "SUITE: other\n", "a field stands twice"},
		{"a control character", released("Origin: \x1b[31m"), "control characters"},
		{"a carriage return", released("Origin: a\rSuite: b"), "control characters"},
		{"no date", released("-Date"), "its Date cannot be read"},
		{"a date without a zone", released("Date: Fri, 14 Aug 2026 11:00:00"), "its Date cannot be read"},
		{"a zone that is anybody's", released("Date: Fri, 14 Aug 2026 11:00:00 CST"), "its Date cannot be read"},
		{"an end that is none", released("Valid-Until: never"), "its Valid-Until cannot be read"},
		{"an empty end", released("Valid-Until:"), "its Valid-Until cannot be read"},
		{"no sums", released("-SHA256"), "it has no SHA256 sums"},
		{"weak sums alone", released("-SHA256", "MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 x"), "it has no SHA256 sums"},
		{"a short sum", released("SHA256:\n abc 1 x"), "no hash, size and path"},
		{"a size below zero", released("SHA256:\n " + sum("") + " -1 x"), "no hash, size and path"},
		{"a size beyond all", released("SHA256:\n " + sum("") + " 9223372036854775808 x"), "no hash, size and path"},
		{"a path with a space", released("SHA256:\n " + sum("") + " 1 x y"), "no hash, size and path"},
		{"two sums of one file", released("SHA256:\n " + sum("a") + " 1 x\n " + sum("b") + " 1 x"), "listed twice"},
		{"an architecture that escapes", released("Architectures: ../../x"), "is no architecture"},
		{"more architectures than there are", released("Architectures: " + manyWords(maxArchitectures+1)), "more than 64 architectures"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := ParseRelease([]byte(tt.in))
			isRefused(t, err, tt.want)
			if r != nil {
				t.Errorf("it gives %+v", r)
			}
		})
	}
}

func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d ", i)
	}
	return b.String()
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name, suite string
		changes     []string
		want        string
	}{
		{"by its suite", "stable", nil, ""},
		{"by its codename", "quay", nil, ""},
		{"another", "testing", nil, `it is that of suite "stable", codename "quay", where "testing" was asked for`},
		{"neither", "stable", []string{"-Suite", "-Codename"}, "neither Suite nor Codename"},
		{"nothing", "", nil, "was asked for"},
		{"a codename alone", "stable", []string{"-Suite"}, "was asked for"},
		{"of the future", "stable", []string{"Date: Sat, 15 Aug 2026 11:00:00 UTC"}, "is dated 2026-08-15T11:00:00Z, which is to come"},
		{"a little ahead", "stable", []string{"Date: Fri, 14 Aug 2026 12:00:10 UTC"}, ""},
		{"expired", "stable", []string{"Valid-Until: Fri, 14 Aug 2026 11:30:00 UTC"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := ParseRelease([]byte(released(tt.changes...)))
			if err != nil {
				t.Fatal(err)
			}
			if err = r.Judge(tt.suite, now); tt.want != "" {
				isRefused(t, err, tt.want)
			} else if err != nil {
				t.Error(err)
			}
			if r.Expired(now) != (tt.name == "expired") {
				t.Errorf("expired: %v", r.Expired(now))
			}
		})
	}
	if (&Release{}).Expired(now) {
		t.Error("what does not end has expired")
	}
	if r := (&Release{ValidUntil: now}); !r.Expired(now) || r.Expired(now.Add(-1)) {
		t.Error("it does not end when it ends")
	}
}

func TestIndexesBounds(t *testing.T) {
	r, err := ParseRelease([]byte(released(fmt.Sprintf("SHA256:\n %s %d main/binary-amd64/Packages.gz", sum("x"), MaxIndex+1))))
	if err != nil {
		t.Fatal(err)
	}
	forms, err := r.Indexes("main", "amd64")
	isRefused(t, err, "twokey reads at most")
	if forms != nil {
		t.Error(forms)
	}
}

func TestNames(t *testing.T) {
	for s, want := range map[string]bool{"stable": true, "bookworm-backports": true, "stable/updates": true, "main": true, "": false,
		"..": false, "a/../b": false, "/a": false, "a/": false, "a//b": false, "a b": false, ".a": false, "a%2fb": false, "a\n": false} {
		if ValidPlace(s) != want {
			t.Errorf("place %q: %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"harbour": true, "libc++1": true, "python3.12": true, "h": false, "": false, "../x": false, "a b": false, "-ab": false, "ab\n": false} {
		if ValidName(s) != want {
			t.Errorf("name %q: %v", s, !want)
		}
	}
}

func FuzzParseRelease(f *testing.F) {
	f.Add(released())
	f.Add(released("Acquire-By-Hash: yes", "Date: Fri, 4 Aug 2026 11:00:00 -0700"))
	f.Add("SHA256:")
	f.Fuzz(func(t *testing.T, in string) {
		r, err := ParseRelease([]byte(in))
		if err != nil {
			isRefused(t, err, "")
			return
		}
		for _, a := range r.Architectures {
			if !ValidArchitecture(a) || a == "source" {
				t.Errorf("the architecture %q", a)
			}
			forms, err := r.Indexes("main", a)
			if err != nil {
				isRefused(t, err, "")
			}
			for _, x := range forms {
				if x.Size < 0 || x.Size > MaxIndex || !sum256(x.SHA256) || len(x.Paths) == 0 {
					t.Errorf("the index %+v", x)
				}
			}
		}
		if r.Judge("stable", now) == nil && (r.Date.After(now.Add(Skew)) || r.Suite != "stable" && r.Codename != "stable") {
			t.Errorf("it is taken for stable: %+v", r)
		}
	})
}
