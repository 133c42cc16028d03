package github

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
)

const (
	logLine = "GET /repos/o/r/actions/jobs/5/logs"
	logHost = "https://logs.example.com/5?sig=secret"
)

// logged serves a log from the log host and reads its last lines.
func logged(t *testing.T, body string, max int) (release.Log, error) {
	t.Helper()
	b := newBench(t)
	b.fake.on(logLine, 302, "").with("Location", logHost)
	b.fake.on("GET "+logHost, 200, body).with("Content-Type", "text/plain")
	return b.Log(t.Context(), testRepo(), 5, max)
}

// A log is had in two steps; the first one's redirect is an answer, and ends what
// was retried.
func TestLogIsRetriedInBothSteps(t *testing.T) {
	b := newBench(t)
	const line, there = "GET /repos/o/r/actions/jobs/5/logs", "https://logs.example.com/5"
	b.fake.on(line, 502, "")
	b.fake.on(line, 302, "").with("Location", there)
	b.fake.on("GET "+there, 503, "")
	b.fake.on("GET "+there, 200, "one\n")
	l, err := b.Log(t.Context(), testRepo(), 5, 10)
	if err != nil || len(l.Lines) != 1 {
		t.Fatalf("%+v, %v", l, err)
	}
	if got := b.events.types(); got != "read.retrying read.recovered read.retrying read.recovered" {
		t.Errorf("events are %q", got)
	}
}

func TestLog(t *testing.T) {
	const at = "2026-08-14T10:00:00.1234567Z "
	tests := []struct {
		name, body string
		max        int
		want       string
		total      int
	}{
		{"empty", "", 5, "", 0},
		{"one line", at + "hello", 5, "hello", 1},
		{"line ends", at + "a\r\n" + at + "b\n", 5, "a|b", 2},
		{"byte order mark", "\ufeff" + at + "a\n", 5, "a", 1},
		{"no time", "plain\n2026-08-14 other\n", 5, "plain|2026-08-14 other", 2},
		{"time alone", at + "\n2026-08-14T10:00:00.1Z\n", 5, "|", 2},
		{"time that is none", "2026-08-14T10:00:00.1 x\n2026-08-14T1a:00:00.1Z x\n", 5, "2026-08-14T10:00:00.1 x|2026-08-14T1a:00:00.1Z x", 2},
		{"last lines", at + "1\n" + at + "2\n" + at + "3\n" + at + "4\n", 2, "3|4", 4},
		{"just as many", "1\n2\n", 2, "1|2", 2},
		{"one of many", "1\n2\n3\n", 1, "3", 3},
		{"none of many", "1\n2\n3\n", 0, "", 3},
		{"blank lines", "\n\n", 5, "|", 2},
		{"escapes", at + "\x1b[31mred\x1b[0m \u009b2J\x00\u202e\n", 5, text.Clean("\x1b[31mred\x1b[0m \u009b2J\x00\u202e").String(), 1},
		{"not UTF-8", "a\xff\n", 5, "a\ufffd", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := logged(t, tt.body, tt.max)
			if err != nil {
				t.Fatal(err)
			}
			if got := text.Join(l.Lines, "|").String(); got != tt.want || l.Total != tt.total {
				t.Errorf("%q of %d lines", got, l.Total)
			}
			for _, line := range l.Lines {
				if strings.ContainsAny(line.String(), "\x1b\u009b\x00\u202e\r\n") {
					t.Errorf("line %q is raw", line)
				}
			}
		})
	}
}

func TestLogHasLongLines(t *testing.T) {
	l, err := logged(t, "2026-08-14T10:00:00.1Z "+strings.Repeat("x", 1<<20)+"\nshort\n", 5)
	if err != nil || l.Total != 2 || len(l.Lines) != 2 {
		t.Fatal(l.Total, err)
	}
	if n := len(l.Lines[0].String()); n > text.MaxBytes+8 || n < text.MaxBytes-64 || !strings.HasSuffix(l.Lines[0].String(), "…") {
		t.Errorf("the long line has %d bytes", n)
	}
	if l.Lines[1].String() != "short" {
		t.Errorf("after it: %q", l.Lines[1])
	}
}

// A log of any size takes the memory of its last lines.
func TestLogIsStreamed(t *testing.T) {
	b := newBench(t)
	b.fake.on(logLine, 302, "").with("Location", logHost)
	const lines = 1 << 20
	b.fake.on("GET "+logHost, 200, "").stream = func(*http.Request) io.Reader {
		return io.LimitReader(repeating("0123456789abcde\n"), 16*lines)
	}
	l, err := b.Log(t.Context(), testRepo(), 5, 3)
	if err != nil || l.Total != lines || len(l.Lines) != 3 {
		t.Error(l, err)
	}
}

// repeating is a text without an end.
type repeating string

func (r repeating) Read(p []byte) (int, error) {
	n := 0
	for n+len(r) <= len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

func TestLogWithoutOne(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"from GitHub":    func(f *fake) { f.on(logLine, 404, `{"message":"Not Found"}`) },
		"kept no longer": func(f *fake) { f.on(logLine, 410, `{"message":"Gone"}`) },
		"from the log host": func(f *fake) {
			f.on(logLine, 302, "").with("Location", logHost)
			f.on("GET "+logHost, 404, "<Error><Code>BlobNotFound</Code></Error>")
		},
		"gone from the host": func(f *fake) { f.on(logLine, 302, "").with("Location", logHost); f.on("GET "+logHost, 410, "") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			set(b.fake)
			_, err := b.Log(t.Context(), testRepo(), 5, 10)
			wantErr(t, err, release.ErrNoLog)
		})
	}
}

func TestLogFailures(t *testing.T) {
	t.Run("cut in the middle, then whole", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 302, "").with("Location", logHost)
		b.fake.on("GET "+logHost, 200, "a\nb").breaks(io.ErrUnexpectedEOF)
		b.fake.on("GET "+logHost, 200, "a\nb\nc\n")
		l, err := b.Log(t.Context(), testRepo(), 5, 10)
		if err != nil || l.Total != 3 || b.events.types() != "read.retrying read.recovered" {
			t.Error(l, err, b.events.types())
		}
	})
	t.Run("the log host refuses", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 302, "").with("Location", logHost)
		b.fake.on("GET "+logHost, 403, "")
		_, err := b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, err, nil, "logs.example.com answered 403")
		// That says nothing of the token, and must not show the signed address.
		if errors.Is(err, release.ErrForbidden) || strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	})
	t.Run("the log host sends on", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 302, "").with("Location", logHost)
		b.fake.on("GET "+logHost, 302, "").with("Location", "https://elsewhere.example.com/")
		_, err := b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, err, errTarget)
	})
	t.Run("answered without a redirect", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 200, "a\n")
		if l, err := b.Log(t.Context(), testRepo(), 5, 10); err != nil || l.Total != 1 {
			t.Error(l, err)
		}
	})
	t.Run("job 0", func(t *testing.T) {
		b := newBench(t)
		if _, err := b.Log(t.Context(), testRepo(), 0, 10); err == nil || b.fake.count() != 0 {
			t.Error(err)
		}
	})
}

// Whatever a log holds, its lines are safe and as many as were asked for.
func FuzzTail(f *testing.F) {
	f.Add([]byte("2026-08-14T10:00:00.1Z a\nb\r\n\xff"), 2)
	f.Add([]byte("\ufeff\n\n"), 0)
	f.Fuzz(func(t *testing.T, raw []byte, max int) {
		max %= 8
		tail := newTail(max)
		if err := tail.read(strings.NewReader(string(raw))); err != nil {
			t.Fatal(err)
		}
		l := tail.log()
		want := strings.Count(string(raw), "\n")
		if len(raw) > 0 && raw[len(raw)-1] != '\n' {
			want++
		}
		if l.Total != want || len(l.Lines) > l.Total || max > 0 && len(l.Lines) > max || max <= 0 && len(l.Lines) > 0 {
			t.Errorf("%d of %d lines, where %d of %d were wanted", len(l.Lines), l.Total, max, want)
		}
		for _, line := range l.Lines {
			if line != text.Clean(line.String()) {
				t.Errorf("%q is raw", line)
			}
		}
	})
}
