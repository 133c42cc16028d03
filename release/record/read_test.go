package record

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"twokey/release"
)

// encode writes events as a journal does.
func encode(t testing.TB, events ...release.Stamped) []byte {
	t.Helper()
	d := disk{room: 64 << 20}
	j := &Journal{file: &d}
	for _, s := range events {
		if err := j.Append(s, false); err != nil {
			t.Fatal(err)
		}
	}
	return d.Bytes()
}

func TestReadTornAtEveryByte(t *testing.T) {
	events := story()
	for _, last := range []int{2, len(events)} { // the plan, which is long, and the end
		whole := encode(t, events[:last]...)
		start := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
		for cut := start; cut <= len(whole); cut++ {
			got, err := Read(bytes.NewReader(whole[:cut]))
			want, wantErr := last-1, ErrTorn
			switch cut {
			case start:
				wantErr = nil
			case len(whole):
				want, wantErr = last, nil
			}
			if !errors.Is(err, wantErr) || len(got) != want {
				t.Fatalf("cut at byte %d of %d: %d events, %v; want %d, %v", cut-start, len(whole)-start, len(got), err, want, wantErr)
			}
			if !reflect.DeepEqual(got, events[:want]) {
				t.Fatalf("cut at byte %d: the events before differ", cut-start)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	one, two := string(encode(t, note(1))), string(encode(t, note(2)))
	tests := []struct {
		name, in string
		want     string
		events   int
	}{
		{"a broken line in the middle", one + two[:20] + "\n" + string(encode(t, note(3))), "line 2", 1},
		{"a broken last line with its end", one + two[:20] + "\n", "line 2", 1},
		{"an empty line", one + "\n" + two, "line 2", 1},
		{"the same number", one + one, "line 2 of the record: event 1 comes after event 1", 1},
		{"a lower number", string(encode(t, note(7))) + two, "event 2 comes after event 7", 1},
		{"number zero", strings.Replace(one, `"seq":1`, `"seq":0`, 1), "line 1", 0},
		{"a negative number", strings.Replace(one, `"seq":1`, `"seq":-1`, 1), "line 1", 0},
		{"an unknown type", strings.Replace(one, `"note"`, `"nota"`, 1), `unknown type "nota"`, 0},
		{"another version", strings.Replace(one, `"v":1`, `"v":2`, 1), "version 2", 0},
		{"no object", "[]\n", "line 1", 0},
		{"null", "null\n", "line 1", 0},
		{"binary", "\x7fELF\x00\x01\n", "line 1", 0},
		{"two values in a line", strings.TrimSuffix(one, "\n") + two, "line 1", 0},
		{"nothing but line ends", "\n\n\n", "line 1", 0},
		{"an endless line", strings.Repeat("x", MaxLine+1), "line 1 of the record: it is longer than", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(tt.in))
			if err == nil || errors.Is(err, ErrTorn) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if len(got) != tt.events {
				t.Errorf("%d events, want %d", len(got), tt.events)
			}
		})
	}
}

func TestReadAccepts(t *testing.T) {
	tests := []struct {
		name   string
		in     []byte
		events int
	}{
		{"nothing", nil, 0},
		{"numbers that do not begin at one", encode(t, note(5), note(6)), 2},
		{"numbers with a gap", encode(t, note(5), note(9)), 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(iotest.OneByteReader(bytes.NewReader(tt.in)))
			if err != nil || len(got) != tt.events {
				t.Errorf("%d events, %v", len(got), err)
			}
		})
	}
}

func TestReadPassesOnAFailure(t *testing.T) {
	broken := errors.New("input/output error")
	in := io.MultiReader(bytes.NewReader(encode(t, note(1))), strings.NewReader(`{"v":1`), iotest.ErrReader(broken))
	got, err := Read(in)
	if !errors.Is(err, broken) || errors.Is(err, ErrTorn) || len(got) != 1 {
		t.Errorf("%d events, %v", len(got), err)
	}
}

func TestReadCleansWhatItReads(t *testing.T) {
	line := strings.Replace(string(encode(t, note(1))), "note 1", `\u001b[31mred\u202e`, 1)
	got, err := Read(strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	if s := got[0].Event.(release.Noted).Text.String(); strings.ContainsAny(s, "\x1b\u202e") {
		t.Errorf("%q", s)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f, story()...))
	f.Add(encode(f, note(1), note(2)))
	f.Add([]byte("{\"v\":1,\"seq\":1}\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := Read(bytes.NewReader(b))
		var last uint64
		for _, s := range events {
			if s.Seq <= last {
				t.Fatalf("event %d comes after event %d", s.Seq, last)
			}
			if s.Event == nil {
				t.Fatal("an event is nil")
			}
			last = s.Seq
		}
		if n := bytes.Count(b, []byte("\n")); len(events) > n || err == nil && len(events) != n {
			t.Fatalf("%d events in %d lines, %v", len(events), n, err)
		}
		// What was read can be written and read again, and is the same.
		var state release.State
		for _, s := range events {
			state.Apply(s)
		}
		again, err := Read(bytes.NewReader(encode(t, events...)))
		if err != nil || len(again) != len(events) {
			t.Fatalf("written again: %d of %d events, %v", len(again), len(events), err)
		}
	})
}
