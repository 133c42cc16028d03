package record

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

const (
	suffix      = ".jsonl"
	stampLayout = "20060102T150405Z"
	// maxSameTime bounds the records that begin in the same second. Rehearsals all
	// begin at the same simulated time.
	maxSameTime = 100_000
	// maxName bounds a folder's name in bytes; file systems stop at 255.
	maxName = 120
	// defaultHost stands for the empty host of a release.Repo.
	defaultHost = "github.com"
)

// Dir is the folder that records are kept in: $XDG_STATE_HOME/twokey, else
// %LocalAppData%\twokey on Windows and ~/.local/state/twokey elsewhere. The records
// of rehearsals have their own folder, so that none is ever taken for a real one.
func Dir(getenv func(string) string, rehearsal bool) (string, error) {
	dir, err := stateHome(getenv)
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "twokey")
	if rehearsal {
		dir = filepath.Join(dir, "rehearsal")
	}
	return dir, nil
}

// stateHome follows the XDG base directory specification, which says to ignore
// paths that are not absolute.
func stateHome(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	if runtime.GOOS == "windows" {
		if dir := getenv("LocalAppData"); filepath.IsAbs(dir) {
			return dir, nil
		}
	}
	home := getenv("HOME")
	if !filepath.IsAbs(home) {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", &release.Error{Op: "find a folder for records", Err: err, Hint: "set XDG_STATE_HOME"}
		}
	}
	return filepath.Join(home, ".local", "state"), nil
}

// folder is where the records of one version are kept. GitHub's names have no case
// of their own, so theirs is dropped.
func folder(dir string, repo release.Repo, version string) string {
	lower := func(s string) string { return safeName(strings.ToLower(s)) }
	return filepath.Join(dir, lower(cmp.Or(repo.Host, defaultHost)), lower(repo.Owner), lower(repo.Name),
		safeName(version))
}

// fileName is the n-th record that begins at a time.
func fileName(folder string, at time.Time, n int) string {
	name := at.UTC().Format(stampLayout)
	if n > 1 {
		name += "-" + strconv.Itoa(n)
	}
	return filepath.Join(folder, name+suffix)
}

// safeName makes a folder's name of any string: no separator, no special name, no
// hidden file, nothing that a file system refuses. Different strings stay different.
func safeName(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		edge := i == 0 || i == len(s)-1
		if isPlain(c) || c == '.' && !edge {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	switch name := b.String(); {
	case name == "":
		return "%"
	case len(name) > maxName:
		// The sum keeps long names apart.
		sum := sha256.Sum256([]byte(s))
		return strings.TrimRight(name[:maxName-20], "%.") + "%" + hex.EncodeToString(sum[:8])
	default:
		return name
	}
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '+' || c == '!'
}

// makeFolder creates a folder and those above it, each of them on disk when it
// returns. Only the user may look into a new one.
func makeFolder(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", path)
		}
		return nil
	}
	parent := filepath.Dir(path)
	if parent == path {
		return fmt.Errorf("%s does not exist", path)
	}
	if err := makeFolder(parent); err != nil {
		return err
	}
	// Another process may have been faster.
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// syncFolder puts a folder's list of names on disk. Windows has no such thing.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Entry is a record that there is.
type Entry struct {
	Path    string
	Repo    text.Safe // [HOST/]OWNER/NAME in lower case, github.com left out
	Version text.Safe
	Began   time.Time
	Bytes   int64

	nth int // among the records that began in the same second
}

// List finds the records below dir, newest first. A folder that does not exist
// holds none; files that are no records are passed over.
func List(dir string) ([]Entry, error) {
	// A folder's name may hold what a pattern would take for a wildcard, so the
	// pattern is matched inside it.
	paths, err := fs.Glob(os.DirFS(dir), "*/*/*/*/*"+suffix)
	if err != nil {
		return nil, &release.Error{Op: "list the records in " + dir, Err: err}
	}
	var entries []Entry
	for _, p := range paths {
		e, ok := parseEntry(p)
		if !ok {
			continue
		}
		e.Path = filepath.Join(dir, filepath.FromSlash(p))
		info, err := os.Lstat(e.Path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		e.Bytes = info.Size()
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(b.nth, a.nth), cmp.Compare(a.Path, b.Path))
	})
	return entries, nil
}

// parseEntry reads what host/owner/name/version/stamp.jsonl says.
func parseEntry(path string) (Entry, bool) {
	parts := strings.Split(path, "/")
	stamp, count, counted := strings.Cut(strings.TrimSuffix(parts[4], suffix), "-")
	began, err := time.Parse(stampLayout, stamp)
	if err != nil {
		return Entry{}, false
	}
	e := Entry{Began: began, nth: 1}
	if counted {
		if e.nth, err = strconv.Atoi(count); err != nil || e.nth < 2 {
			return Entry{}, false
		}
	}
	repo := parts[:3]
	if repo[0] == defaultHost {
		repo = repo[1:]
	}
	e.Repo, e.Version = plainName(strings.Join(repo, "/")), plainName(parts[3])
	return e, true
}

// plainName undoes safeName where it can.
func plainName(s string) text.Safe {
	if plain, err := url.PathUnescape(s); err == nil {
		return text.Clean(plain)
	}
	return text.Clean(s)
}
