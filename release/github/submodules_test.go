package github

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
)

// modulesOf serves a .gitmodules and reads it.
func modulesOf(t *testing.T, content string) (map[string]release.Submodule, error) {
	t.Helper()
	b := newBench(t)
	b.fake.on(fileLine(shaA, ".gitmodules"), 200, fileAnswer(content))
	return b.Submodules(t.Context(), testRepo(), shaA)
}

func TestSubmodules(t *testing.T) {
	const two = "[submodule \"vendor/a\"]\n\tpath = vendor/a\n\turl = https://github.com/p/a.git\n\tbranch = main\n" +
		"[submodule \"b\"]\n\tpath = \"dir with space/b\"\n\turl = ../b ; beside this one\n"
	tests := []struct {
		name, content string
		want          string // path=repo or path!, in the order of the paths
	}{
		{"none", "", ""},
		{"two", two, "dir with space/b=o/b vendor/a=p/a"},
		{"CRLF and a byte order mark", "\ufeff" + strings.ReplaceAll(two, "\n", "\r\n"), "dir with space/b=o/b vendor/a=p/a"},
		{"keys in capitals", "[SubModule \"x\"]\nPATH=x\nURL=https://github.com/p/x", "x=p/x"},
		{"said twice", "[submodule \"x\"]\npath=x\nurl=../y\n[submodule \"x\"]\nurl=../z\n", "x=o/z"},
		{"a path of two", "[submodule \"x\"]\npath=p\nurl=../y\n[submodule \"z\"]\npath=p\nurl=../z\n", "p=o/z"},
		{"a slash at the end", "[submodule \"x\"]\npath=d/x/\nurl=../x/\n", "d/x=o/x"},
		{"no path", "[submodule \"x\"]\nurl=../y\n", ""},
		{"no address", "[submodule \"x\"]\npath=x\n", ""},
		{"a path that leads out", "[submodule \"x\"]\npath=../x\nurl=../y\n[submodule \"y\"]\npath=/etc\nurl=../y\n[submodule \"z\"]\npath=.\nurl=../y\n", ""},
		{"other sections", "[core]\npath=x\nurl=../y\n[submodule]\npath=x\nurl=../y\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := modulesOf(t, tt.content)
			var words []string
			for _, path := range slices.Sorted(maps.Keys(got)) {
				if m := got[path]; m.Repo.IsZero() {
					words = append(words, path+"!")
				} else {
					words = append(words, path+"="+m.Repo.String())
				}
			}
			if err != nil || strings.Join(words, " ") != tt.want {
				t.Errorf("%q, %v", words, err)
			}
		})
	}
}

// What an address leads to is a repository of this host, or is said.
func TestSubmoduleAddresses(t *testing.T) {
	tests := []struct{ address, repo, url, why string }{
		{"https://github.com/p/x", "p/x", "https://github.com/p/x", ""},
		{"https://GitHub.com/p/x.git/", "p/x", "", ""},
		{"http://www.github.com/p/x", "p/x", "", ""},
		{"git://github.com/p/x.git", "p/x", "", ""},
		{"ssh://git@github.com/p/x.git", "p/x", "ssh://github.com/p/x.git", ""},
		{"ssh://git@ssh.github.com:443/p/x.git", "p/x", "", ""},
		{"git@github.com:p/x.git", "p/x", "git@github.com:p/x.git", ""},
		{"github.com:p/x.git", "p/x", "", ""},
		{"../x.git", "o/x", "../x.git", ""},
		{"./../x", "o/x", "", ""},
		{"../../p/x", "p/x", "../../p/x", ""},
		{"https://user:secret@github.com/p/x", "p/x", "https://github.com/p/x", ""},

		{"https://user:secret@gitlab.com/p/x", "", "https://gitlab.com/p/x", "it is on gitlab.com, and only github.com is read"},
		{"https://github.com.example.com/p/x", "", "", "only github.com"},
		{"https://gist.github.com/p/0123", "", "", "only github.com"},
		{"git@gitlab.com:p/x.git", "", "", "only github.com"},
		{"https://github.com/p", "", "", "not that of a repository"},
		{"https://github.com/p/x/tree/main", "", "", "not that of a repository"},
		{"https://github.com/p/..", "", "", "not that of a repository"},
		{"file:///etc/passwd", "", "", "not that of a repository"},
		{"https://%zz/p/x", "", "an address that can not be read", "not that of a repository"},
		{"https://github.com/p/\u202ex", "", "", "not that of a repository"},
		{"./x", "", "", "not that of a repository"},
		{"../../x", "", "", "not that of a repository"},
		{"../../../x", "", "", "leads out of the host"},
		{"../../../../../../x", "", "", "leads out of the host"},
		{"p/x", "", "", "is a directory"},
		{"/srv/git/x:y", "", "", "is a directory"},
		{"--upload-pack=id", "", "", "is a directory"},
		{"..", "", "", "is a directory"},
	}
	b := newBench(t)
	for _, tt := range tests {
		m := b.submodule(testRepo(), tt.address)
		if want := tt.repo; want == "" != m.Repo.IsZero() || want != "" && m.Repo.String() != want {
			t.Errorf("%s is %s", tt.address, m.Repo)
		}
		if tt.url != "" && m.URL.String() != tt.url || m.URL.IsZero() || strings.Contains(m.URL.String(), "secret") {
			t.Errorf("%s is shown as %q", tt.address, m.URL)
		}
		if m.Why.IsZero() != (tt.why == "") || !strings.Contains(m.Why.String(), tt.why) || strings.Contains(m.Why.String(), "secret") {
			t.Errorf("%s: %q", tt.address, m.Why)
		}
		if m.URL != text.Clean(m.URL.String()) {
			t.Errorf("%s is raw", tt.address)
		}
	}
}

// On a host of one's own, that host is the one that is read.
func TestSubmodulesOfEnterprise(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Host = "ghe.example.com" })
	of := release.Repo{Host: "ghe.example.com", Owner: "o", Name: "r"}
	for address, want := range map[string]release.Repo{
		"../x":                          {Host: "ghe.example.com", Owner: "o", Name: "x"},
		"https://ghe.example.com/p/x":   {Host: "ghe.example.com", Owner: "p", Name: "x"},
		"https://github.com/p/x":        {},
		"https://x.ghe.example.com/p/x": {},
	} {
		if m := b.submodule(of, address); m.Repo != want {
			t.Errorf("%s is %+v", address, m)
		}
	}
}

func TestSubmodulesFailures(t *testing.T) {
	b := newBench(t)
	b.fake.on(fileLine(shaA, ".gitmodules"), 404, `{"message":"Not Found"}`)
	if got, err := b.Submodules(t.Context(), testRepo(), shaA); err != nil || got == nil || len(got) != 0 {
		t.Errorf("without a .gitmodules: %v, %v", got, err)
	}
	b.fake.on(fileLine(shaA, ".gitmodules"), 403, `{"message":"no"}`)
	_, err := b.Submodules(t.Context(), testRepo(), shaA)
	wantErr(t, err, release.ErrForbidden, ".gitmodules at aaaaaaa of o/r")
	sent := b.fake.count()
	if _, err := b.Submodules(t.Context(), testRepo(), "main"); err == nil || b.fake.count() != sent {
		t.Errorf("a branch's name: %v", err)
	}
	var many strings.Builder
	for i := range maxSubmodules + 1 {
		fmt.Fprintf(&many, "[submodule \"%d\"]\npath=%d\n", i, i)
	}
	for name, tt := range map[string]struct {
		content string
		target  error
	}{
		"no brackets":      {"submodule\u202e", nil},
		"an open bracket":  {"[submodule \"x\"\npath=x\n", nil},
		"an open quote":    {"[submodule \"x\"]\npath=\"x\n", nil},
		"a strange escape": {"[submodule \"x\"]\npath=\"\\q\"\n", nil},
		"a NUL":            {"[submodule \"x\x00\"]\npath=x\n", nil},
		"many":             {many.String(), errTooLarge},
		"long":             {strings.Repeat("#\n", maxModules), errTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := modulesOf(t, tt.content)
			wantErr(t, err, tt.target, "the submodules at aaaaaaa of o/r")
			if got != nil || strings.ContainsAny(err.Error(), "\u202e\x00\n") {
				t.Errorf("%v, %q", got, err)
			}
		})
	}
}

// FuzzModules holds that whatever a .gitmodules says, its paths are ones that a tree can
// have, and what is shown of it is safe.
func FuzzModules(f *testing.F) {
	f.Add([]byte("[submodule \"vendor/a\"]\n\tpath = vendor/a\n\turl = https://github.com/p/a.git\n"))
	f.Add([]byte("[submodule \"a\\\"b\"]\npath=\"x y\" # c\nurl=../../p/a\n"))
	f.Add([]byte("[submodule \"x\"]\npath=x\nurl=git@github.com:p/a\\\n.git\n"))
	f.Add([]byte("[submodule \"x\"]\npath\nurl = \"\\q\n[[]]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		modules, err := readModules(raw)
		if err != nil {
			if s := err.Error(); modules != nil || text.Clean(s).String() != s {
				t.Errorf("%v, %q", modules, s)
			}
			return
		}
		c := &Client{host: "github.com"}
		for path, address := range modules {
			if !fs.ValidPath(path) || path == "." || address == "" {
				t.Errorf("%q is %q", path, address)
			}
			m := c.submodule(testRepo(), address)
			if m.Repo.IsZero() == m.Why.IsZero() || m.Repo.Host != "" || m.URL != text.Clean(m.URL.String()) || m.Why != text.Clean(m.Why.String()) {
				t.Errorf("%q leads to %+v", address, m)
			}
		}
	})
}
