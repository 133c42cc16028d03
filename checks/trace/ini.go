package trace

import (
	"maps"
	"strings"
	"unicode"
)

// ini is what Python's configparser reads of a file: values by section and key.
type ini map[string]map[string]string

// readINI reads a setup.cfg as configparser does, and nothing that it would refuse or
// that is doubtful: then it is false.
func readINI(content []byte) (ini, bool) {
	out, section, key := ini{}, "", ""
	all := strings.ReplaceAll(string(content), "\r\n", "\n")
	if strings.ContainsFunc(all, isOdd) {
		return nil, false // ends a line for Python, and a comment with it
	}
	for line := range strings.SplitSeq(all, "\n") {
		bare := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(bare, "#") || strings.HasPrefix(bare, ";"):
		case bare == "":
			if key != "" {
				out[section][key] += "\n" // may be within a value
			}
		case line[0] == ' ' || line[0] == '\t':
			if key == "" {
				return nil, false
			}
			out[section][key] += "\n" + bare
		case bare[0] == '[':
			name, ok := strings.CutSuffix(bare[1:], "]")
			if !ok || name == "" || strings.ContainsAny(name, "[]") || out[name] != nil {
				return nil, false
			}
			section, key, out[name] = name, "", map[string]string{}
		default:
			i := strings.IndexAny(bare, "=:")
			if i <= 0 || section == "" {
				return nil, false
			}
			key = strings.ToLower(strings.TrimSpace(bare[:i]))
			if _, twice := out[section][key]; twice {
				return nil, false
			}
			out[section][key] = strings.TrimSpace(bare[i+1:])
		}
	}
	for _, values := range out {
		for k, v := range values {
			values[k] = strings.TrimRight(v, "\n")
		}
	}
	return out, true
}

// isOdd holds for what some take for space or the end of a line, and others do not.
func isOdd(r rune) bool {
	return r != '\n' && endsLine(r) || r > unicode.MaxASCII && unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}

func (a ini) equal(b ini) bool {
	return maps.EqualFunc(a, b, func(x, y map[string]string) bool { return maps.Equal(x, y) })
}
