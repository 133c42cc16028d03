package github

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// refMatches tells whether GitHub's filter patterns let a ref's name through, as
// the tags and branches of `on: push` use them. The patterns are tried in order: a
// pattern that matches lets the name in, and one after a ! puts it out again. At
// least one pattern has to be without a !.
func refMatches(patterns []string, name string) (bool, error) {
	matched := false
	for _, p := range patterns {
		p, negated := strings.CutPrefix(p, "!")
		re, err := filterExpr(p)
		if err != nil {
			return false, fmt.Errorf("filter pattern %q: %w", clip(p), err)
		}
		if re.MatchString(name) {
			matched = !negated
		}
	}
	return matched, nil
}

// maxPattern bounds the length of a pattern, in bytes.
const maxPattern = 1024

// filterExpr translates a filter pattern:
//
//   - any characters but a slash, or none
//     **    any characters, or none
//     ?     the character before it, or not
//   - the character before it, once or more
//     [a-z] one of the letters or digits
//     \     the character after it as it stands
func filterExpr(pattern string) (*regexp.Regexp, error) {
	if pattern == "" || len(pattern) > maxPattern {
		return nil, errors.New("it is empty or too long")
	}
	var b strings.Builder
	b.WriteString(`(?s)^(?:`)
	quantifiable := false // whether ? or + may follow
	for i := 0; i < len(pattern); {
		unit, n, err := filterUnit(pattern[i:])
		if err != nil {
			return nil, err
		}
		if c := pattern[i]; c == '?' || c == '+' {
			if !quantifiable {
				return nil, fmt.Errorf("nothing stands before %q", c)
			}
			quantifiable = false
		} else {
			quantifiable = c != '*'
		}
		// At the start or after a slash, **/ stands for no directory as well.
		if atStart := i == 0 || pattern[i-1] == '/'; atStart && strings.HasPrefix(pattern[i:], "**/") {
			unit, n = `(?:.*/)?`, 3
		}
		b.WriteString(unit)
		i += n
	}
	b.WriteString(`)$`)
	return regexp.Compile(b.String())
}

// filterUnit translates what a pattern begins with and gives its length.
func filterUnit(p string) (expr string, length int, err error) {
	switch p[0] {
	case '*':
		if strings.HasPrefix(p, "**") {
			return `.*`, len(p) - len(strings.TrimLeft(p, "*")), nil
		}
		return `[^/]*`, 1, nil
	case '?', '+':
		return p[:1], 1, nil
	case '[':
		return filterSet(p)
	case '\\':
		if len(p) < 2 {
			return "", 0, errors.New("nothing follows its last \\")
		}
		p, length = p[1:], 1
	}
	r := []rune(p)[0] // one character, however many bytes it takes
	return regexp.QuoteMeta(string(r)), length + len(string(r)), nil
}

// filterSet translates a set in brackets: letters, digits and ranges of them.
func filterSet(p string) (expr string, length int, err error) {
	end := strings.IndexByte(p, ']')
	if end < 0 {
		return "", 0, errors.New("a [ has no ]")
	}
	set := p[1:end]
	if set == "" || strings.ContainsFunc(set, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) || strings.HasPrefix(set, "-") || strings.HasSuffix(set, "-") || strings.Contains(set, "--") {
		return "", 0, fmt.Errorf("[%s] is no set of letters and digits", set)
	}
	return "[" + set + "]", end + 1, nil
}
