package apt

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// paragraphs reads all of a control file.
func paragraphs(r io.Reader, limit int) ([]string, error) {
	var out []string
	in := newStanzas(r, limit)
	for {
		lines, err := in.next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, string(lines))
	}
}

func TestStanzas(t *testing.T) {
	long := strings.Repeat("x", 70<<10)
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"blank lines", "\n \n\t\n\r\n", nil},
		{"one", "A: 1\nB: 2\n", []string{"A: 1\nB: 2\n"}},
		{"no line end", "A: 1", []string{"A: 1"}},
		{"two", "A: 1\n\nB: 2\n", []string{"A: 1\n", "B: 2\n"}},
		{"two, further apart", "\nA: 1\n\n\n \nB: 2\n\n", []string{"A: 1\n", "B: 2\n"}},
		{"as on Windows", "A: 1\r\n\r\nB: 2\r\n", []string{"A: 1\r\n", "B: 2\r\n"}},
		{"a blank end", "A: 1\n ", []string{"A: 1\n"}},
		{"longer than the buffer", "A: " + long + "\n\nB: 2\n", []string{"A: " + long + "\n", "B: 2\n"}},
	} {
		for name, r := range map[string]io.Reader{"": strings.NewReader(tt.in), ", byte by byte": iotest.OneByteReader(strings.NewReader(tt.in))} {
			t.Run(tt.name+name, func(t *testing.T) {
				got, err := paragraphs(r, 1<<20)
				if err != nil || !slices.Equal(got, tt.want) {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
	}
}

func TestStanzasBounds(t *testing.T) {
	got, err := paragraphs(strings.NewReader("A: 1\n\nB: "+strings.Repeat("x", 100)), 100)
	if !errors.Is(err, errLong) || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
	got, err = paragraphs(strings.NewReader(strings.Repeat("B: 1\n", 30)), 100)
	if !errors.Is(err, errLong) || got != nil {
		t.Errorf("%q, %v", got, err)
	}
	broken := errors.New("broken")
	if got, err = paragraphs(io.MultiReader(strings.NewReader("A: 1\n"), iotest.ErrReader(broken)), 100); !errors.Is(err, broken) || got != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestParseStanza(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     stanza
		err      error
	}{
		{"fields", "Package: harbour\nVersion:1.2\n", stanza{"package": "harbour", "version": "1.2"}, nil},
		{"spaces around", "A: \t 1 \t\n", stanza{"a": "1"}, nil},
		{"several lines", "SHA256:\n a 1 x\n\tb 2 y\nB: 2", stanza{"sha256": "\na 1 x\nb 2 y", "b": "2"}, nil},
		{"a colon in a value", "A: b: c\n", stanza{"a": "b: c"}, nil},
		{"an empty value", "A:\nB:\n", stanza{"a": "", "b": ""}, nil},
		{"twice", "A: 1\nA: 2\n", nil, errTwice},
		{"twice at the end", "B: 1\nA: 1\nB: 1", nil, errTwice},
		{"twice in another case", "Filename: a\nFILENAME: b\n", nil, errTwice},
		{"no colon", "A: 1\nB\n", nil, errForm},
		{"no name", ": 1\n", nil, errForm},
		{"a space in the name", "A B: 1\n", nil, errForm},
		{"a comment", "# A: 1\n", nil, errForm},
		{"a dash", "-----BEGIN PGP: x\n", nil, errForm},
		{"a continuation of nothing", " A: 1\n", nil, errForm},
		{"a letter beyond ASCII", "Ä: 1\n", nil, errForm},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseStanza([]byte(tt.in))
			if !errors.Is(err, tt.err) || tt.err == nil && !maps.Equal(got, tt.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAbout(t *testing.T) {
	for in, want := range map[string]bool{
		"Package: harbour\nVersion: 1\n":      true,
		"Version: 1\npackage:harbour":         true,
		"Package: harbour-doc\n":              false,
		"Source: harbour\n":                   false,
		"Description: x\n Package: harbour\n": false,
		"Package: other\nPackage: harbour\n":  true,
		"":                                    false,
	} {
		if got := about([]byte(in), "harbour"); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func FuzzStanzas(f *testing.F) {
	f.Add("A: 1\n b\n\nB: 2\n", 100)
	f.Add("\n\nA", 1)
	f.Fuzz(func(t *testing.T, in string, limit int) {
		limit = min(max(limit, 0), 1<<20)
		whole, err := paragraphs(strings.NewReader(in), limit)
		parts, again := paragraphs(iotest.OneByteReader(strings.NewReader(in)), limit)
		if !slices.Equal(whole, parts) || !errors.Is(err, again) {
			t.Errorf("%q, %v; byte by byte %q, %v", whole, err, parts, again)
		}
		for _, p := range whole {
			if len(p) > limit || strings.Trim(p, " \t\r\n") == "" {
				t.Errorf("the paragraph %q", p)
			}
			s, err := parseStanza([]byte(p))
			if err == nil && about([]byte(p), "harbour") != (s["package"] == "harbour") {
				t.Errorf("what %q is about", p)
			}
		}
	})
}
