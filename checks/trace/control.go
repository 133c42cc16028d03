package trace

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"twokey/checks"
	"twokey/checks/text"
)

// relations are the fields of a control file that say which package it is, and which
// others come and go with it. dpkg does not tell upper case from lower.
func relations() []string {
	return []string{"Package", "Depends", "Pre-Depends", "Recommends", "Essential", "Protected", "Important", "Provides", "Replaces", "Conflicts", "Breaks"}
}

// maxField bounds how much of a field is kept and told.
const maxField = 16 << 10

// fieldName is what a field of a control file begins with.
var fieldName = regexp.MustCompile(`^([!-,./-9;-~][!-9;-~]*):[ \t]*(.*)$`)

// readControl reads a control file as dpkg does: one stanza, each field once. What is
// doubtful is none.
func readControl(content []byte) (fields map[string]string, ok bool) {
	if !utf8.Valid(content) {
		return nil, false
	}
	fields = map[string]string{}
	last, ended := "", false
	for line := range strings.SplitSeq(string(content), "\n") {
		switch {
		case strings.ContainsFunc(line, endsLine):
			return nil, false
		case strings.TrimFunc(line, unicode.IsSpace) == "":
			ended = true // a stanza ends, and only nothing may follow
			continue
		case ended:
			return nil, false
		case line[0] == ' ' || line[0] == '\t':
			if last == "" {
				return nil, false
			}
			fields[last] += "\n" + strings.TrimSpace(line)
			continue
		}
		m := fieldName.FindStringSubmatch(line)
		if m == nil {
			return nil, false
		}
		last = strings.ToLower(m[1])
		if _, twice := fields[last]; twice {
			return nil, false
		}
		fields[last] = strings.TrimSpace(m[2])
	}
	return fields, true
}

// isDebian looks at what debhelper or dpkg write into a package's control archive beside
// its scripts.
func (f *forge) isDebian(j *judged) (string, bool) {
	var form *regexp.Regexp
	if strings.HasPrefix(j.path, "DEBIAN/_gpg") { // as debsigs and dpkg-sig put it beside the data: it is not installed
		return "a signature, which nobody verified", len(j.content) > 0 && strings.IndexByte("\x88\x89\x8a\x8b\xc2", j.content[0]) >= 0 || armored.Match(j.content)
	}
	switch j.path {
	case "DEBIAN/md5sums":
		return "the sums of its files", true // held against them by selfSaid
	case "DEBIAN/control":
		_, ok := readControl(j.content)
		return "what the package is", ok
	case "DEBIAN/conffiles":
		form = regexp.MustCompile(`^(?:/\S.*|)$`)
	default:
		form = regexp.MustCompile(`^(?:#.*|[\w./:+ ()<>=~-]*)$`)
	}
	for line := range strings.SplitSeq(string(j.content), "\n") {
		if !form.MatchString(line) || strings.ContainsFunc(line, endsLine) {
			return "", false
		}
	}
	return "what the package is", true
}

// armored is a signature in letters. One in bytes begins with the mark of its packet.
var armored = regexp.MustCompile(`\A-----BEGIN PGP (?:SIGNATURE|SIGNED MESSAGE)-----\n[\x20-\x7e\n]*\z`)

// control is what a package says of itself; false where nobody can read it.
func (f *forge) control() (map[string]string, bool) {
	i := slices.IndexFunc(f.list, func(j judged) bool { return j.path == "DEBIAN/control" })
	if i < 0 {
		return nil, false
	}
	return readControl(f.list[i].content)
}

// related is what a report has of a control file.
func (f *forge) related() map[string]string {
	fields, _ := f.control()
	out := map[string]string{}
	for _, name := range relations() {
		v := fields[strings.ToLower(name)]
		if len(v) > maxField { // what is behind it is not kept, and its change shows nevertheless
			v = fmt.Sprintf("%s … (%x)", strings.ToValidUTF8(v[:maxField], ""), sha256.Sum256([]byte(v)))
		}
		if v != "" {
			out[name] = v
		}
	}
	return out
}

// saidOfPackage holds what a package says of itself against what was released.
func (f *forge) saidOfPackage() (lies, notes []text.Safe) {
	fields, ok := f.control()
	if !ok {
		return []text.Safe{text.Clean("it has no control file that can be read")}, nil
	}
	if name := fields["package"]; f.o.Package != "" && name != f.o.Package {
		lies = append(lies, text.Cleanf("its control file says that it is the package %s, and its name that it is %s", text.Clean(name).Clip(80), f.o.Package))
	}
	version := debEpoch.ReplaceAllString(fields["version"], "")
	switch {
	case version == "":
		notes = append(notes, text.Clean("its control file names no version"))
	case f.o.Version != "" && !strings.HasPrefix(version, f.o.Version):
		notes = append(notes, text.Cleanf("its control file names the version %s, not %s", text.Clean(version).Clip(80), f.o.Version))
	}
	return lies, notes
}

var debEpoch = regexp.MustCompile(`^\d+:`)

// fold is a field on one line, whose versions are not those of its own release.
func fold(field, version string) string {
	return strings.Join(strings.Fields(versionless(field, version)), " ")
}

// otherControl tells where a package says otherwise than that of the release before, which
// packages come and go with it.
func otherControl(now checks.Traced, is string, before checks.Traced, was string) []text.Safe {
	var out []text.Safe
	for _, name := range relations() {
		a, b := fold(now.Control[name], is), fold(before.Control[name], was)
		said := func(s string) string {
			if s == "" {
				return "nothing"
			}
			return text.Clean(s).Clip(200).String()
		}
		if len(before.Control) > 0 && !maps.Equal(listed(a), listed(b)) {
			out = append(out, text.Cleanf("its control file says %s: %s, and that of %s said %s", name, said(now.Control[name]), was, said(before.Control[name])))
		}
	}
	return out
}

// listed are the entries of a field, whose order says nothing.
func listed(field string) map[string]bool {
	out := map[string]bool{}
	for e := range strings.SplitSeq(field, ",") {
		out[strings.TrimSpace(e)] = true
	}
	return out
}
