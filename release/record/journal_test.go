package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

var _ release.Journal = (*Journal)(nil)

// open opens a journal for the story's plan in a new folder.
func open(t *testing.T) *Journal {
	t.Helper()
	j, err := Open(t.TempDir(), storyPlan(), start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// note is a small event.
func note(seq uint64) release.Stamped {
	return release.Stamped{Seq: seq, Time: start, Event: release.Noted{Text: text.Cleanf("note %d", seq)}}
}

func TestReplayGivesTheSameState(t *testing.T) {
	j := open(t)
	var live release.State
	for i, s := range story() {
		if err := j.Append(s, i%3 == 0); err != nil {
			t.Fatal(err)
		}
		live.Apply(s)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if want := story(); !reflect.DeepEqual(got, want) {
		for i := range min(len(got), len(want)) {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("event %d:\ngot  %+v\nwant %+v", i+1, got[i], want[i])
			}
		}
		t.Fatalf("%d events read, %d written", len(got), len(want))
	}
	var replayed release.State
	for _, s := range got {
		replayed.Apply(s)
	}
	if !reflect.DeepEqual(live, replayed) {
		t.Errorf("the replayed state differs:\nlive     %+v\nreplayed %+v", live, replayed)
	}
}

func TestStoryHasEveryType(t *testing.T) {
	var events []release.Event
	for _, s := range story() {
		events = append(events, s.Event)
	}
	for _, e := range release.EventTypes() {
		if !has(events, e) {
			t.Errorf("%s is missing", e.Type())
		}
	}
}

func TestRecordIsOneLinePerEventAndPlain(t *testing.T) {
	const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
	t.Setenv("GH_TOKEN", token)
	j := open(t)
	for _, s := range story() {
		if err := j.Append(s, false); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b, []byte("\n")); n != len(story()) {
		t.Errorf("%d lines for %d events", n, len(story()))
	}
	for _, bad := range []string{token, `\u003c`, `\u0026`, "\x1b"} {
		if bytes.Contains(b, []byte(bad)) {
			t.Errorf("the record holds %q", bad)
		}
	}
	if !bytes.Contains(b, []byte("Build <sdist>")) {
		t.Error("text is not written as it reads")
	}
}

func TestOpenKeepsToItself(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	dir := filepath.Join(t.TempDir(), "state", "twokey")
	j, err := Open(dir, storyPlan(), start)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	want := filepath.Join(dir, "github.com", "ckan", "ckan", "2.11.6", "20260814T093000Z.jsonl")
	if j.Path() != want {
		t.Errorf("path %s, want %s", j.Path(), want)
	}
	for p := j.Path(); p != filepath.Dir(filepath.Dir(dir)); p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o", p, mode)
		}
	}
}

func TestOpenNeverWritesToAnEarlierRecord(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for range 12 {
		j, err := Open(dir, storyPlan(), start)
		if err != nil {
			t.Fatal(err)
		}
		if seen[j.Path()] {
			t.Fatalf("%s is used twice", j.Path())
		}
		seen[j.Path()] = true
		if err := j.Append(note(1), false); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for p := range seen {
		b, err := os.ReadFile(p)
		if err != nil || bytes.Count(b, []byte("\n")) != 1 {
			t.Errorf("%s: %d lines, %v", p, bytes.Count(b, []byte("\n")), err)
		}
	}
}

func TestOpenFailsWithAHint(t *testing.T) {
	dir := t.TempDir()
	inTheWay := filepath.Join(dir, "github.com")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := Open(dir, storyPlan(), start)
	if err == nil {
		j.Close()
		t.Fatal("a file in the folder's place is no error")
	}
	if release.HintOf(err) == "" || !strings.Contains(err.Error(), inTheWay) {
		t.Errorf("error %q, hint %q", err, release.HintOf(err))
	}
}

func TestHostileNamesStayInside(t *testing.T) {
	hostile := []string{
		"..", ".", "", "../../../etc", "/etc/passwd", "a/b", `a\b`, "a\x00b", "~", "-rf", "CON", "..\\..",
		".hidden", "dot.", strings.Repeat("x", 4000), strings.Repeat("/", 500), "é\u202e", "%2e%2e", "*", "a:b",
	}
	dir := t.TempDir()
	folders := map[string]string{}
	for _, h := range hostile {
		plan := storyPlan()
		plan.Repo, plan.Version = release.Repo{Host: h, Owner: h, Name: h}, h
		j, err := Open(dir, plan, start)
		if err != nil {
			t.Errorf("%q: %v", h, err)
			continue
		}
		j.Close()
		rel, err := filepath.Rel(dir, j.Path())
		if err != nil || !filepath.IsLocal(rel) || strings.Count(rel, string(filepath.Separator)) != 4 {
			t.Errorf("%q is kept at %q", h, rel)
		}
		version := filepath.Dir(rel)
		if other, ok := folders[version]; ok {
			t.Errorf("%q and %q share a folder", h, other)
		}
		folders[version] = h
	}
	if entries, err := List(dir); err != nil || len(entries) != len(hostile) {
		t.Errorf("%d of %d records are listed: %v", len(entries), len(hostile), err)
	}
}

// disk is a file that takes so many bytes and then fails.
type disk struct {
	bytes.Buffer
	room    int
	syncErr error
	synced  int
	short   bool // a full disk that does not even say so
}

func (d *disk) Write(p []byte) (int, error) {
	if len(p) <= d.room {
		d.room -= len(p)
		return d.Buffer.Write(p)
	}
	n, _ := d.Buffer.Write(p[:d.room])
	d.room = 0
	if d.short {
		return n, nil
	}
	return n, errors.New("no space left on device")
}

func (d *disk) Sync() error  { d.synced++; return d.syncErr }
func (d *disk) Close() error { return nil }

func TestBrokenJournalStaysBroken(t *testing.T) {
	tests := []struct {
		name string
		disk disk
		want string
	}{
		{"full disk", disk{room: 150}, "no space left on device"},
		{"short write", disk{room: 150, short: true}, io.ErrShortWrite.Error()},
		{"failed sync", disk{room: 1 << 20, syncErr: errors.New("input/output error")}, "input/output error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.disk
			j := &Journal{path: "record.jsonl", file: &d}
			if err := j.Append(note(1), false); err != nil {
				t.Fatal(err)
			}
			err := j.Append(note(2), true)
			if err == nil || !strings.Contains(err.Error(), tt.want) || release.HintOf(err) == "" {
				t.Fatalf("error %v, hint %q", err, release.HintOf(err))
			}
			before := d.Len()
			d.room, d.syncErr = 1<<20, nil // room again: too late
			for seq := uint64(3); seq < 5; seq++ {
				if err := j.Append(note(seq), false); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("event %d after the failure: %v", seq, err)
				}
			}
			if d.Len() != before {
				t.Error("something was written after the failure")
			}
			events, err := Read(&d.Buffer)
			if len(events) == 0 || err != nil && !errors.Is(err, ErrTorn) {
				t.Errorf("%d events can be read, %v", len(events), err)
			}
		})
	}
}

func TestAppendSyncsWhenAsked(t *testing.T) {
	d := disk{room: 1 << 20}
	j := &Journal{file: &d}
	for i, sync := range []bool{false, true, false, true} {
		if err := j.Append(note(uint64(i+1)), sync); err != nil {
			t.Fatal(err)
		}
	}
	if d.synced != 2 {
		t.Errorf("synced %d times, want 2", d.synced)
	}
}

func TestAppendRefuses(t *testing.T) {
	long := release.Stamped{Seq: 2, Event: release.Opened{Twokey: strings.Repeat("x", MaxLine)}}
	for name, s := range map[string]release.Stamped{"same number": note(1), "number zero": note(0), "endless event": long} {
		t.Run(name, func(t *testing.T) {
			d := disk{room: 64 << 20}
			j := &Journal{file: &d}
			if err := j.Append(note(1), false); err != nil {
				t.Fatal(err)
			}
			before := d.Len()
			if err := j.Append(s, false); err == nil {
				t.Error("it was written")
			}
			if err := j.Append(note(9), false); err == nil {
				t.Error("the journal is not broken")
			}
			if d.Len() != before {
				t.Error("something was written")
			}
		})
	}
}

func TestClose(t *testing.T) {
	j := open(t)
	if err := j.Append(note(1), false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Append(note(2), true); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestAppendFromSeveralGoroutines(t *testing.T) {
	j := open(t)
	stream := release.NewStream(fixed{})
	if err := stream.Record(j); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				stream.Emit(release.Noted{Text: text.Cleanf("%d %d", g, i)})
			}
		})
	}
	wg.Wait()
	f, err := os.Open(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, err := Read(f)
	if err != nil || len(events) != 400 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for i, s := range events {
		if s.Seq != uint64(i+1) {
			t.Fatalf("event %d has number %d", i+1, s.Seq)
		}
	}
}

// fixed is a clock that stands still.
type fixed struct{ release.SystemClock }

func (fixed) Now() time.Time { return start }

func ExampleRead() {
	events, err := Read(strings.NewReader(`{"v":1,"seq":1,"time":"2026-08-14T09:30:00Z","type":"note","data":{"text":"hello"}}
{"v":1,"seq":2,"time":"2026-08-`))
	fmt.Println(len(events), err)
	// Output: 1 the last line of the record was not written to its end
}
