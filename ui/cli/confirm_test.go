package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"twokey/release"
	"twokey/release/recordtest"
	"twokey/ui/plain"
)

func asker(in io.Reader) (*app, *bytes.Buffer) {
	var out bytes.Buffer
	return &app{cfg: Config{IO: IO{In: in, Out: &out}}}, &out
}

func TestConfirm(t *testing.T) {
	tagged := release.Plan{Version: "2.11.6", Tag: "ckan-2.11.6"}
	untagged := release.Plan{Version: "2.11.6"}
	tests := []struct {
		plan  release.Plan
		typed string
		yes   bool
	}{
		{tagged, "ckan-2.11.6\n", true},
		{tagged, "  ckan-2.11.6 \r\n", true},
		{tagged, "ckan-2.11.6", true}, // ended by ctrl-D
		{tagged, "CKAN-2.11.6\n", false},
		{tagged, "2.11.6\n", false},
		{tagged, "y\n", false},
		{tagged, "yes\n", false},
		{tagged, "\n", false},
		{tagged, "", false},
		{untagged, "2.11.6\n", true},
		{untagged, "\n", false},
	}
	for _, tt := range tests {
		a, out := asker(strings.NewReader(tt.typed))
		err := a.confirm(t.Context(), plain.Question{Plan: tt.plan, Calls: recordtest.Calls()})
		if (err == nil) != tt.yes {
			t.Errorf("typing %q for %s gives %v, want a yes: %v", tt.typed, tt.plan.Tag, err, tt.yes)
		}
		if err != nil && release.KindOf(err) != release.KindCancelled {
			t.Errorf("typing %q gives kind %d, want cancelled", tt.typed, release.KindOf(err))
		}
		for _, c := range recordtest.Calls() {
			if !strings.Contains(out.String(), c.Request()) {
				t.Errorf("it does not show %q before it asks:\n%s", c.Request(), out)
			}
		}
	}
}

// Where nothing is left to send, enter watches; anything else still leaves.
func TestConfirmNothingToSend(t *testing.T) {
	for typed, yes := range map[string]bool{"\n": true, "v1\n": true, "q\n": false, "": false} {
		a, out := asker(strings.NewReader(typed))
		err := a.confirm(t.Context(), plain.Question{Plan: release.Plan{Tag: "v1"}, Resume: true})
		if (err == nil) != yes {
			t.Errorf("typing %q gives %v", typed, err)
		}
		if err != nil && release.HintOf(err) != "this session sent nothing" {
			t.Errorf("hint %q", release.HintOf(err))
		}
		if !strings.Contains(out.String(), "Press enter to watch it to its end") {
			t.Errorf("asked\n%s", out)
		}
	}
}

// An interrupt ends the question, whatever the terminal does.
func TestConfirmInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		a, _ := asker(r)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.confirm(ctx, plain.Question{Plan: release.Plan{Tag: "v1"}}) }()
		synctest.Wait() // it asks
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("an interrupted question gives %v", err)
		}
		_ = w.Close() // lets the reader go
	})
}

func TestConfirmThatCanNotBeShown(t *testing.T) {
	a, _ := asker(strings.NewReader("v1\n"))
	a.cfg.IO.Out = brokenPipe{}
	if err := a.confirm(t.Context(), plain.Question{Plan: release.Plan{Tag: "v1"}, Calls: recordtest.Calls()}); err == nil {
		t.Error("a question that nobody saw was answered")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
