package recordtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"twokey/release"
)

var update = flag.Bool("update", false, "write the record files anew")

func records() map[string][]release.Stamped {
	return map[string][]release.Stamped{"release": Clean(), "failed": Failed(), "nogo": NoGo(), "dryrun": DryRun(), "tainted": Tainted()}
}

// The files are what other programs would read; the functions are what they say.
func TestFilesHoldTheRecords(t *testing.T) {
	for name, rec := range records() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", "record", name+".jsonl")
			want := lines(t, rec)
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what the record says; run go test ./release/recordtest -update", path)
			}
		})
	}
}

func lines(t *testing.T, rec []release.Stamped) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, e := range rec {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

func TestAFileReadsBackAsTheSameState(t *testing.T) {
	for name, rec := range records() {
		t.Run(name, func(t *testing.T) {
			var got release.State
			scan := bufio.NewScanner(bytes.NewReader(lines(t, rec)))
			for scan.Scan() {
				var e release.Stamped
				if err := json.Unmarshal(scan.Bytes(), &e); err != nil {
					t.Fatal(err)
				}
				got.Apply(e)
			}
			if want := Fold(rec); !reflect.DeepEqual(&got, want) {
				t.Errorf("state from the file differs:\n got %+v\nwant %+v", got, *want)
			}
		})
	}
}

func TestRecordsEndAsTheySay(t *testing.T) {
	tests := []struct {
		name    string
		rec     []release.Stamped
		outcome release.Outcome
		acting  bool
		stages  []release.StageStatus
	}{
		{"clean", Clean(), release.Done, true,
			[]release.StageStatus{release.StageDoneOK, release.StageDoneOK, release.StageDoneOK}},
		{"failed", Failed(), release.Failed, true,
			[]release.StageStatus{release.StageDoneOK, release.StageFailed, release.StageDoneOK}},
		{"tainted", Tainted(), release.Failed, true,
			[]release.StageStatus{release.StageFailed, release.StageWaiting, release.StageWaiting}},
		{"no-go", NoGo(), release.NoGo, false,
			[]release.StageStatus{release.StageWaiting, release.StageWaiting, release.StageWaiting}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Fold(tt.rec)
			if s.Finished == nil || s.Finished.Outcome != tt.outcome {
				t.Fatalf("finished = %+v, want %s", s.Finished, tt.outcome)
			}
			if s.Acting != tt.acting {
				t.Errorf("acting = %v", s.Acting)
			}
			for i, want := range tt.stages {
				if got := s.Stages[i].Status; got != want {
					t.Errorf("stage %s is %s, want %s", s.Stages[i].Stage.Name, got, want)
				}
			}
			if s.Trouble != nil {
				t.Errorf("a retry was left open: %+v", s.Trouble)
			}
		})
	}
}

func TestEventsAreInOrder(t *testing.T) {
	for name, rec := range records() {
		for i, e := range rec {
			if e.Seq != uint64(i+1) {
				t.Fatalf("%s: event %d has number %d", name, i+1, e.Seq)
			}
			if i > 0 && e.Time.Before(rec[i-1].Time) {
				t.Fatalf("%s: event %d is before the one ahead of it", name, e.Seq)
			}
		}
	}
}

// A renderer that is tested with these records has met every kind of event but
// remarks.
func TestCleanHasEveryType(t *testing.T) {
	seen := map[string]bool{}
	for _, rec := range records() {
		for _, e := range rec {
			seen[e.Event.Type()] = true
		}
	}
	for _, e := range release.EventTypes() {
		if n := e.Type(); !seen[n] && n != "note" {
			t.Errorf("no record has %s", n)
		}
	}
}

func TestHostileTextIsCleaned(t *testing.T) {
	for name, rec := range records() {
		b := string(lines(t, rec))
		for _, bad := range []string{"\x1b", "\u202e", "\u009b", `\u001b`, `\u202e`, "\x07"} {
			if strings.Contains(b, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
}

func TestUntilAndBefore(t *testing.T) {
	rec := Clean()
	cut := Until(rec, func(e release.Event) bool { _, ok := e.(release.Judged); return ok })
	if _, ok := cut[len(cut)-1].Event.(release.Judged); !ok {
		t.Errorf("Until ends with %T", cut[len(cut)-1].Event)
	}
	if all := Until(rec, func(release.Event) bool { return false }); len(all) != len(rec) {
		t.Errorf("Until without a match has %d of %d events", len(all), len(rec))
	}
	early := Before(rec, 30)
	if slices.ContainsFunc(early, func(e release.Stamped) bool { return e.Time.Sub(Start()).Seconds() > 30 }) {
		t.Error("Before(30) holds a later event")
	}
	if len(early) == 0 || len(early) == len(rec) {
		t.Errorf("Before(30) has %d of %d events", len(early), len(rec))
	}
}
