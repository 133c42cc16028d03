package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// records are the shared ones, and the files that hold them as JSON lines.
func records() map[string][]release.Stamped {
	return map[string][]release.Stamped{
		"release.jsonl": recordtest.Clean(),
		"failed.jsonl":  recordtest.Failed(),
		"nogo.jsonl":    recordtest.NoGo(),
		"dryrun.jsonl":  recordtest.DryRun(),
		"tainted.jsonl": recordtest.Tainted(),
	}
}

func write(rec []release.Stamped) []byte {
	var b bytes.Buffer
	w := New(&b, Options{})
	s := new(release.State)
	for _, e := range rec {
		s.Apply(e)
		w.Handle(e, s)
	}
	return b.Bytes()
}

// The stream says what the shared files say, line by line, as the same values:
// only how a character is escaped may differ.
func TestGolden(t *testing.T) {
	for file, rec := range records() {
		golden, err := os.ReadFile(filepath.Join("..", "..", "release", "testdata", "record", file))
		if err != nil {
			t.Fatal(err)
		}
		got, want := values(t, write(rec)), values(t, golden)
		if len(got) != len(want) {
			t.Errorf("%d lines, but %s has %d", len(got), file, len(want))
			continue
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s, line %d:\n%v\nwant\n%v", file, i+1, got[i], want[i])
			}
		}
	}
}

// values decodes JSON lines.
func values(t *testing.T, lines []byte) []any {
	t.Helper()
	var out []any
	for l := range bytes.Lines(lines) {
		var v any
		if err := json.Unmarshal(l, &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// Text that holds <, > or & stays readable.
func TestNoHTMLEscapes(t *testing.T) {
	got := string(write([]release.Stamped{{Seq: 1, Event: release.Noted{Text: text.Clean("a < b && c > d")}}}))
	if !strings.Contains(got, `"a < b && c > d"`) || strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "}\n") {
		t.Errorf("the line is %q", got)
	}
}

func TestEveryLineIsAnEventAgain(t *testing.T) {
	rec := recordtest.Clean()
	lines := bytes.Split(bytes.TrimSuffix(write(rec), []byte("\n")), []byte("\n"))
	if len(lines) != len(rec) {
		t.Fatalf("%d lines for %d events", len(lines), len(rec))
	}
	for i, l := range lines {
		var got release.Stamped
		if err := json.Unmarshal(l, &got); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if got.Seq != rec[i].Seq || !got.Time.Equal(rec[i].Time) || got.Event.Type() != rec[i].Event.Type() {
			t.Errorf("line %d is event %d %s, want %d %s", i+1, got.Seq, got.Event.Type(), rec[i].Seq, rec[i].Event.Type())
		}
	}
}

// The table in the package's documentation is the contract with scripts: it has
// to name every type and every field.
func TestDocumentedTypes(t *testing.T) {
	src, err := os.ReadFile("events.go")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z]+(?:\.[a-z]+)?) +(.+)$`).FindAllStringSubmatch(string(src), -1) {
		documented[m[1]] = m[2]
	}
	for _, e := range release.EventTypes() {
		var fields []string
		typ := reflect.TypeOf(e)
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
		}
		if want := strings.Join(fields, ", "); documented[e.Type()] != want {
			t.Errorf("%s is documented with %q, but has %q", e.Type(), documented[e.Type()], want)
		}
		delete(documented, e.Type())
	}
	for name := range documented {
		t.Errorf("%s is documented, but is no type of event", name)
	}
}

// brokenPipe takes a number of writes, then no more.
type brokenPipe struct{ left, tries int }

var errPipe = errors.New("broken pipe")

func (b *brokenPipe) Write(p []byte) (int, error) {
	b.tries++
	if b.left--; b.left < 0 {
		return 0, errPipe
	}
	return len(p), nil
}

func TestBrokenPipeIsToldOnce(t *testing.T) {
	pipe := &brokenPipe{left: 2}
	var told []error
	w := New(pipe, Options{Broken: func(err error) { told = append(told, err) }})
	for _, e := range recordtest.Clean() {
		w.Handle(e, nil)
	}
	if len(told) != 1 || !errors.Is(told[0], errPipe) {
		t.Errorf("told %v, want the error once", told)
	}
	if pipe.tries != 3 {
		t.Errorf("wrote %d times, want 3: nothing after the failure", pipe.tries)
	}
}

func TestBrokenPipeWithNobodyToTell(t *testing.T) {
	w := New(&brokenPipe{}, Options{})
	for _, e := range recordtest.Clean()[:2] {
		w.Handle(e, nil) // must not panic
	}
}
