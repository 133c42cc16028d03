package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

type stopped struct{ release.SystemClock }

func (stopped) Now() time.Time { return time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC) }

func TestKeeper(t *testing.T) {
	home := t.TempDir()
	env := func(name string) string {
		if name == "XDG_STATE_HOME" {
			return home
		}
		return ""
	}
	plan := release.Plan{Repo: release.Repo{Owner: "o", Name: "r"}, Version: "1.2.3"}
	for _, rehearsal := range []bool{false, true} {
		j, err := NewKeeper(env, rehearsal, stopped{}).Open(plan)
		if err != nil {
			t.Fatal(err)
		}
		path := j.(*Journal).Path()
		if !strings.HasPrefix(path, home) || !strings.Contains(filepath.Base(path), "20260814T090000Z") {
			t.Errorf("the record is %s, want it below %s and named by its time", path, home)
		}
		if got := strings.Contains(path, "rehearsal"); got != rehearsal {
			t.Errorf("rehearsal is %v, but the record is %s", rehearsal, path)
		}
		if err := j.(*Journal).Close(); err != nil {
			t.Error(err)
		}
	}
}

// Where no record can be kept the journal is nil itself, so that nobody writes to it.
func TestKeeperWithoutRoom(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := NewKeeper(func(string) string { return file }, false, stopped{}).Open(release.Plan{})
	if err == nil || j != nil {
		t.Errorf("a record below a file gives %v, %v", j, err)
	}
}
