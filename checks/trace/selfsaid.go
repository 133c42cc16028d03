package trace

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"twokey/checks"
	"twokey/checks/text"
)

// maxLies bounds how many lies are told of one artifact: one is enough.
const maxLies = 20

// selfSaid holds what an artifact says of itself against what it is.
func (f *forge) selfSaid() (lies, notes []text.Safe) {
	switch f.o.Form {
	case checks.FormWheel:
		lies = append(f.recordLies(), f.otherInfo()...)
		if _, m, ok := f.ownMetadata(); !ok {
			lies = append(lies, text.Clean("it has no METADATA that can be read"))
		} else if !f.isOurs(m) {
			lies = append(lies, f.wrongName(m))
		}
	case checks.FormSdist:
		if _, m, ok := f.ownMetadata(); ok && !f.isOurs(m) {
			lies = append(lies, f.wrongName(m))
		}
	case checks.FormDeb:
		lies, notes = f.saidOfPackage()
		lies = append(lies, f.sumLies()...)
	}
	if f.isPython() {
		lies = append(lies, f.collisions()...)
	}
	notes = append(notes, f.requires()...)
	return lies[:min(len(lies), maxLies)], notes
}

func (f *forge) wrongName(m metadata) text.Safe {
	return text.Cleanf("its metadata says that it is %s %s", m.fields["Name"][0], m.fields["Version"][0])
}

// otherInfo tells of what a wheel says for another project than its own: installing it
// installs that as well.
func (f *forge) otherInfo() []text.Safe {
	var out []text.Safe
	seen := map[string]bool{}
	for _, e := range f.entries {
		dir, _, below := strings.Cut(e.path, "/")
		info, ok := strings.CutSuffix(strings.ToLower(dir), ".dist-info")
		if !ok {
			info, ok = strings.CutSuffix(strings.ToLower(dir), ".egg-info")
		}
		if !ok || !below || seen[dir] {
			continue
		}
		seen[dir] = true
		name, version, _ := strings.Cut(info, "-")
		egg := strings.HasSuffix(dir, ".egg-info") // need not name the version
		if !egg && !strings.HasSuffix(dir, ".dist-info") || pyName(name) != pyName(f.o.Project) || !(egg && version == "") && !sameVersion(version, f.o.Version) {
			out = append(out, text.Cleanf("it has %s, which is not its own", text.Clean(dir).Clip(120)))
		}
	}
	return out
}

// collisions tells of files that become one where upper case and lower are one, or where
// letters are put together in another way: what one of them holds depends on who unpacks
// it. A commit may have such files, and then its artifact may.
func (f *forge) collisions() []text.Safe {
	var out []text.Safe
	first := map[string]*judged{}
	for i := range f.list {
		j := &f.list[i]
		name := strings.ToLower(strings.ToUpper(norm.NFKC.String(j.path)))
		other, there := first[name]
		switch {
		case !there:
			first[name] = j
		case (j.verdict != checks.FileSame || other.verdict != checks.FileSame) && len(out) < maxLies:
			out = append(out, text.Cleanf("%s and %s are one file for some systems", text.Clean(other.path).Clip(120), text.Clean(j.path).Clip(120)))
		}
	}
	return out
}

// recordLies holds a wheel's RECORD against its files: every file is in it once, with its
// sum and size, and nothing else is.
func (f *forge) recordLies() []text.Safe {
	if f.record == nil {
		return []text.Safe{text.Clean("it has no RECORD")}
	}
	var lies []text.Safe
	listed := map[string]bool{}
	r := csv.NewReader(bytes.NewReader(f.record))
	r.FieldsPerRecord, r.ReuseRecord = 3, true
	for len(lies) < maxLies {
		line, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return append(lies, text.Cleanf("its RECORD can not be read: %v", err))
		}
		name := strings.Clone(line[0])
		if listed[name] {
			lies = append(lies, text.Cleanf("its RECORD has %s twice", name))
		}
		listed[name] = true
		if lie := f.recordLie(name, line[1], line[2]); lie != "" {
			lies = append(lies, text.Cleanf("its RECORD %s %s", lie, name))
		}
	}
	for _, e := range f.entries {
		if len(lies) < maxLies && !listed[e.path] && !unlisted(e.path) {
			lies = append(lies, text.Cleanf("its RECORD does not have %s", e.path))
		}
	}
	return lies
}

// unlisted holds for the signatures of a RECORD, which it can not name.
func unlisted(p string) bool {
	name := path.Base(p)
	return strings.Contains(p, ".dist-info/") && (name == "RECORD.jws" || name == "RECORD.p7s")
}

// recordLie tells what is wrong with a line of a RECORD; empty for nothing.
func (f *forge) recordLie(name, sum, size string) string {
	i, there := f.byPath[name]
	switch {
	case !there:
		return "has a file that is not there:"
	case f.isRecord(name):
		return ""
	}
	e := f.entries[i]
	want, ok := strings.CutPrefix(sum, "sha256=")
	switch raw, err := base64.RawURLEncoding.DecodeString(want); {
	case !ok || err != nil:
		return "has no SHA-256 of"
	case !bytes.Equal(raw, e.sha256):
		return "has another SHA-256 for"
	}
	if n, err := strconv.ParseInt(size, 10, 64); err != nil || n != e.size {
		return "has another size for"
	}
	return ""
}

var sumLine = regexp.MustCompile(`^([0-9a-f]{32})  (?:\./)?(.+)$`)

// sumLies holds a package's md5sums against its files. Such a list need not be there,
// and need not be complete; MD5 proves nothing, but what is wrong was changed.
func (f *forge) sumLies() []text.Safe {
	var lies []text.Safe
	for line := range strings.Lines(string(f.record)) {
		m := sumLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			return []text.Safe{text.Clean("its md5sums can not be read")}
		}
		name := m[2]
		if f.o.Source != "" {
			inside, ok := strings.CutPrefix(name, f.o.Source+"/")
			if !ok {
				inside = "/" + name
			}
			name = inside
		}
		i, there := f.byPath[name]
		switch {
		case len(lies) == maxLies:
			return lies
		case !there:
			lies = append(lies, text.Cleanf("its md5sums has a file that is not there: %s", name))
		case f.entries[i].md5 != nil && hex.EncodeToString(f.entries[i].md5) != m[1]:
			lies = append(lies, text.Cleanf("its md5sums has another sum for %s", name))
		}
	}
	return lies
}
