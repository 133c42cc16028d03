package release

import "strings"

// refProblem says why git would refuse a tag or branch of this name, by the
// rules of git-check-ref-format(1); empty when it would not.
func refProblem(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case name == "@" || name == "HEAD":
		return "git keeps this name for itself"
	case len(name) > 200:
		return "the name is longer than 200 bytes"
	case strings.HasPrefix(name, "-"):
		return "the name begins with -"
	case strings.ContainsFunc(name, notInRef):
		return "the name holds a space, a control character or one of ~^:?*[\\"
	case strings.Contains(name, ".."), strings.Contains(name, "@{"):
		return "the name holds .. or @{"
	case strings.HasSuffix(name, "."):
		return "the name ends in a dot"
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return "the name begins or ends with / or holds //"
		case strings.HasPrefix(part, "."):
			return "a part of the name begins with a dot"
		case strings.HasSuffix(part, ".lock"):
			return "a part of the name ends in .lock"
		}
	}
	return ""
}

func notInRef(c rune) bool {
	return c <= ' ' || c >= 0x7f && c < 0xa0 || strings.ContainsRune(`~^:?*[\`, c)
}
