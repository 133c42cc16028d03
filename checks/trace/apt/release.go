package apt

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	// wordForm is the form of a suite, a component and an architecture, between slashes.
	wordForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+~-]{0,99}$`)
	// packageForm is the form of a package's name (Debian Policy 5.6.1); apt takes
	// upper case, too.
	packageForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+.-]{1,199}$`)
)

// ValidName holds for what may be the name of a binary package.
func ValidName(s string) bool { return packageForm.MatchString(s) }

// ValidArchitecture holds for what may be the name of an architecture.
func ValidArchitecture(s string) bool { return wordForm.MatchString(s) }

// ValidPlace holds for what may be a suite or a component: words with slashes between.
func ValidPlace(s string) bool {
	for word := range strings.SplitSeq(s, "/") {
		if !wordForm.MatchString(word) {
			return false
		}
	}
	return len(s) <= 200
}

// Release is what a Release file says.
type Release struct {
	Suite, Codename string
	Date            time.Time
	ValidUntil      time.Time // zero when it does not say
	Architectures   []string  // without source
	ByHash          bool      // indexes stand under their hashes, too
	files           map[string]listed
}

// listed is a file that a Release file lists.
type listed struct {
	size int64
	sum  string // sha256, in lower-case hexadecimal
}

const releaseFile = "the Release file"

// ParseRelease reads the text of a Release file, whose signature was verified.
func ParseRelease(b []byte) (*Release, error) {
	hint := "build the repository's indexes anew with the tool that makes it"
	if i := bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }); i >= 0 {
		return nil, refuse(releaseFile, hint, "it holds control characters")
	}
	s, err := only(b)
	if err != nil {
		return nil, &Refused{What: releaseFile, Why: "it cannot be read", Hint: hint, Err: err}
	}
	r := &Release{Suite: s["suite"], Codename: s["codename"], ByHash: s["acquire-by-hash"] == "yes"}
	if r.Date, err = parseDate(s["date"]); err != nil {
		return nil, &Refused{What: releaseFile, Why: "its Date cannot be read", Hint: hint, Err: err}
	}
	if until, there := s["valid-until"]; there {
		if r.ValidUntil, err = parseDate(until); err != nil {
			return nil, &Refused{What: releaseFile, Why: "its Valid-Until cannot be read", Hint: hint, Err: err}
		}
	}
	if err := r.architectures(s["architectures"]); err != nil {
		return nil, err
	}
	sums, there := s["sha256"]
	if !there {
		return nil, refuse(releaseFile, "let the tool that makes the repository write SHA256 sums", "it has no SHA256 sums")
	}
	if r.files, err = parseSums(sums); err != nil {
		return nil, &Refused{What: releaseFile, Why: "its SHA256 sums cannot be read", Hint: hint, Err: err}
	}
	return r, nil
}

// architectures reads the list of them.
func (r *Release) architectures(list string) error {
	for _, a := range strings.Fields(list) {
		if !ValidArchitecture(a) {
			return refuse(releaseFile, "correct its Architectures", "%q is no architecture", a)
		}
		if a != "source" && !slices.Contains(r.Architectures, a) {
			r.Architectures = append(r.Architectures, a)
		}
		if len(r.Architectures) > maxArchitectures {
			return refuse(releaseFile, "name the architecture in the plan", "it lists more than %d architectures", maxArchitectures)
		}
	}
	return nil
}

// parseDate reads a time as RFC 2822 writes it. Of zones by name only UTC's are known:
// those of others are not the same everywhere.
func parseDate(s string) (time.Time, error) {
	if t, err := time.Parse("Mon, _2 Jan 2006 15:04:05 MST", s); err == nil {
		if zone, _ := t.Zone(); zone == "UTC" || zone == "GMT" || zone == "Z" {
			return t.UTC(), nil
		}
	}
	t, err := time.Parse("Mon, _2 Jan 2006 15:04:05 -0700", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time such as Sat, 14 Aug 2026 12:00:00 UTC", s)
	}
	return t.UTC(), nil
}

// parseSums reads lines of a hash, a size and a path.
func parseSums(s string) (map[string]listed, error) {
	out := map[string]listed{}
	for line := range strings.SplitSeq(s, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 {
			return nil, fmt.Errorf("%q is no hash, size and path", line)
		}
		size, err := strconv.ParseUint(f[1], 10, 63)
		if err != nil || !sum256(f[0]) {
			return nil, fmt.Errorf("%q is no hash, size and path", line)
		}
		l := listed{int64(size), strings.ToLower(f[0])}
		if old, known := out[f[2]]; known && old != l {
			return nil, fmt.Errorf("%q is listed twice, with different sums", f[2])
		}
		out[f[2]] = l
	}
	return out, nil
}

// sum256 holds for a SHA-256 in hexadecimal.
func sum256(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

// Judge says whether the file is one of the suite, and of no time to come. Whether it has
// expired is told by Expired.
func (r *Release) Judge(suite string, now time.Time) error {
	switch {
	case r.Suite == "" && r.Codename == "":
		return refuse(releaseFile, "let the tool that makes the repository write Suite or Codename",
			"it says neither Suite nor Codename, so that one of another suite could stand in its place")
	case r.Suite != suite && r.Codename != suite:
		return refuse(releaseFile, "see which suite stands there, and name that one in the plan",
			"it is that of suite %q, codename %q, where %q was asked for", r.Suite, r.Codename, suite)
	case r.Date.After(now.Add(Skew)):
		return refuse(releaseFile, "compare the clock here with that of the machine that signs",
			"it is dated %s, which is to come", r.Date.Format(time.RFC3339))
	}
	return nil
}

// Expired holds when the file's own time has passed.
func (r *Release) Expired(now time.Time) bool {
	return !r.ValidUntil.IsZero() && !now.Before(r.ValidUntil)
}

// Index is a Packages index that a Release file lists.
type Index struct {
	// Paths are where it may be, relative to the directory of the Release file, in the
	// order to ask for it.
	Paths  []string
	Size   int64
	SHA256 string
	ext    string
	limit  int64 // of what is in it, in bytes
}

// Indexes are the forms of the index of an architecture that twokey reads, the smallest
// first. A Release file lists what a mirror need not have, so that the next one is asked
// for where one is not there. There are none where the suite has no such index.
func (r *Release) Indexes(component, architecture string) ([]Index, error) {
	name := component + "/binary-" + architecture + "/Packages"
	var out []Index
	for _, ext := range []string{".xz", ".gz", ""} {
		l, there := r.files[name+ext]
		if !there {
			continue
		}
		if l.size > MaxIndex {
			return nil, refuse(name+ext, "see whether the repository's tool has gone wrong",
				"it has %d bytes by the Release file, and twokey reads at most %d", l.size, MaxIndex)
		}
		x := Index{Size: l.size, SHA256: l.sum, ext: ext, limit: MaxIndex, Paths: []string{name + ext}}
		if r.ByHash {
			x.Paths = []string{path.Dir(name) + "/by-hash/SHA256/" + l.sum, name + ext}
		}
		out = append(out, x)
	}
	return out, nil
}
