package record

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"twokey/release"
)

const claimNonce = "0123456789abcdef"

// recalled is what is known of a claim here.
func recalled(t *testing.T, dir string, hold bool) ([]release.Session, error) {
	t.Helper()
	env := func(name string) string { return map[string]string{"XDG_STATE_HOME": dir}[name] }
	return NewKeeper(env, false, stopped{}).Recall(harbour(), claimNonce, hold)
}

func harbour() release.Plan {
	return release.Plan{Repo: release.Repo{Owner: "harbour", Name: "harbour"}, Version: "2.11.6"}
}

// session opens a record and writes that a call of the claim is about to be sent.
func session(t *testing.T, dir, nonce string) *Journal {
	t.Helper()
	j, err := Open(filepath.Join(dir, "twokey"), harbour(), time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(release.Stamped{Seq: 1, Event: release.Sending{Stage: "deb", Nonce: nonce}}, true); err != nil {
		t.Fatal(err)
	}
	return j
}

// A session is over when its program has ended and nobody goes on with what it left;
// who asks to hold it is the only one that is told so.
func TestRecall(t *testing.T) {
	if f, err := os.CreateTemp(t.TempDir(), "lock"); err != nil {
		t.Fatal(err)
	} else if _, err = lock(f); errors.Join(err, f.Close()) != nil {
		t.Skipf("files can not be held on %s", runtime.GOOS)
	}
	dir := t.TempDir()
	over := func(hold bool, want ...bool) {
		t.Helper()
		got, err := recalled(t, dir, hold)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d sessions, %v, want %d", len(got), err, len(want))
		}
		for i, s := range got {
			if s.Over != want[i] || len(s.Events) != 1 {
				t.Errorf("session %d: over %v, want %v; %d events", i, s.Over, want[i], len(s.Events))
			}
		}
	}
	over(false)
	j := session(t, dir, claimNonce)
	other := session(t, dir, "fedcba9876543210")
	defer other.Close()
	over(false, false) // it goes on
	over(true, false)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	over(false, true)
	over(false, true) // looking holds nothing
	env := func(name string) string { return map[string]string{"XDG_STATE_HOME": dir}[name] }
	first := NewKeeper(env, false, stopped{})
	for range 2 { // who holds it may look again
		if got, err := first.Recall(harbour(), claimNonce, true); err != nil || !got[0].Over {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	over(true, false)  // the second one is not told that it is over
	over(false, false) // nor one that only looks
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	over(false, true) // let go of
}

// Many only look at a record, again and again. Whoever takes hold of it meanwhile is told
// that its session is over, and they are then told that it is not.
func TestRecallAmongReaders(t *testing.T) {
	dir := t.TempDir()
	j := session(t, dir, claimNonce)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	k := NewKeeper(nil, false, stopped{})
	looked, over, err := k.take(j.Path(), false)
	if err != nil || !over {
		t.Skipf("records can not be held here: %v, %v", over, err)
	}
	defer looked.Close() // and is still reading
	if got, err := recalled(t, dir, false); err != nil || !got[0].Over {
		t.Errorf("another reader is told %+v, %v", got, err)
	}
	stop := make(chan bool)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if f, err := os.Open(j.Path()); err == nil {
						free(f)
						_ = f.Close()
					}
				}
			}
		})
	}
	for range 50 {
		f, over, err := k.take(j.Path(), true)
		if err != nil || !over {
			t.Fatalf("over %v, %v", over, err)
		}
		if g, over, err := k.take(j.Path(), false); err != nil || over {
			t.Errorf("while it is held, a reader is told that it is over: %v", err)
		} else {
			_ = g.Close()
		}
		_ = f.Close()
	}
	close(stop)
	readers.Wait()
}

// A session's own record holds nobody up: neither while it is written, nor later. For
// others it goes on as long as it is open.
func TestRecallOwn(t *testing.T) {
	dir := t.TempDir()
	env := func(name string) string { return map[string]string{"XDG_STATE_HOME": dir}[name] }
	k := NewKeeper(env, false, stopped{})
	j, err := k.Open(harbour())
	if err != nil {
		t.Fatal(err)
	}
	for seq := range uint64(3) {
		if err := j.Append(release.Stamped{Seq: seq + 1, Event: release.Sending{Stage: "deb", Nonce: claimNonce}}, true); err != nil {
			t.Fatal(err)
		}
		if got, err := k.Recall(harbour(), claimNonce, true); err != nil || len(got) != 1 || !got[0].Over || len(got[0].Events) != int(seq)+1 {
			t.Fatalf("%+v, %v", got, err)
		}
		if got, err := recalled(t, dir, true); err != nil || len(got) != 1 || got[0].Over {
			t.Errorf("another session is told %+v, %v", got, err)
		}
	}
	if err := errors.Join(j.(*Journal).Close(), k.Close()); err != nil {
		t.Fatal(err)
	}
	other := NewKeeper(env, false, stopped{})
	if got, err := other.Recall(harbour(), claimNonce, true); err != nil || !got[0].Over {
		t.Fatalf("once it is closed: %+v, %v", got, err)
	}
	if got, err := k.Recall(harbour(), claimNonce, false); err != nil || got[0].Over {
		t.Errorf("another session has taken it up, and its own is told %+v, %v", got, err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

// A record that can not be read proves nothing; half a last line was never acted on.
func TestRecallTorn(t *testing.T) {
	dir := t.TempDir()
	j := session(t, dir, claimNonce)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	add := func(s string) {
		f, err := os.OpenFile(j.Path(), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(s); err != nil {
			t.Fatal(err)
		}
	}
	add(`{"v":1,"seq":2`)
	if got, err := recalled(t, dir, true); err != nil || len(got) != 1 || len(got[0].Events) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	add("\n")
	if _, err := recalled(t, dir, false); err == nil {
		t.Error("a broken record was read")
	}
}
