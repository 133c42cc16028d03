package rehearsal

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

func TestOpenMakesAWorld(t *testing.T) {
	p, err := Open("", Options{Scenario: "partial", Speed: -1})
	check(t, err)
	if _, ok := p.(*World); !ok {
		t.Errorf("the place is a %T, want a world of this process", p)
	}
	if p.ScenarioName() != "partial" || p.Token() != token || p.Repo() != (release.Repo{Owner: "harbour", Name: "harbour"}) {
		t.Errorf("the place is of %s in %s", p.Repo(), p.ScenarioName())
	}
	if p, err = Open("", Options{Scenario: "no"}); release.KindOf(err) != release.KindUsage || p != nil && p != Place((*World)(nil)) {
		t.Errorf("an unknown scenario: %v, %v", p, err)
	}
}

// TestServeUntilTheEnd serves a world, and opens it from outside.
func TestServeUntilTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	at, ended := make(chan string, 1), make(chan error, 1)
	socket := "unix:" + filepath.Join(t.TempDir(), "w.sock")
	go func() {
		ended <- Serve(ctx, socket, Options{Scenario: "failed-job", Speed: -1}, func(addr string) { at <- addr })
	}()
	var addr string
	select {
	case addr = <-at:
	case err := <-ended:
		t.Fatalf("it ended before it was ready: %v", err)
	}
	p, err := Open(addr, Options{Scenario: "clean"}) // what the options say is not asked for
	check(t, err)
	if _, ok := p.(*Remote); !ok || p.ScenarioName() != "failed-job" || p.Token() != token {
		t.Errorf("the place is a %T in %s", p, p.ScenarioName())
	}
	before := p.Clock().Now()
	check(t, p.Clock().Sleep(t.Context(), 90*time.Second))
	if passed := p.Clock().Now().Sub(before); passed.Seconds() != 90 {
		t.Errorf("%s passed, want 90 s", passed)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	_, err = Open(addr, Options{})
	e, ok := errors.AsType[*release.Error](err)
	if !ok || !strings.Contains(e.Hint, "twokey rehearse --listen "+addr) {
		t.Errorf("a world that is gone: %v", err)
	}
}

func TestServeRefuses(t *testing.T) {
	never := func(addr string) { t.Errorf("it is ready at %s", addr) }
	for addr, o := range map[string]Options{"127.0.0.1:0": {Scenario: "no"}, "nowhere at all": {}, "0.0.0.0:0": {}} {
		if err := Serve(t.Context(), addr, o, never); err == nil {
			t.Errorf("%s with %q is served", addr, o.Scenario)
		}
	}
}
