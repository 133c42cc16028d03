package checks

import "strings"

// mailmap is git's file of that name: which names and addresses are of one person.
type mailmap struct {
	byEmail map[string]identity // by address
	byBoth  map[string]identity // by address and name
}

// identity is what somebody is called in the end; an empty part stays as it was.
type identity struct{ name, email string }

// maxMailmap bounds how much of the file is looked at.
const maxMailmap = 1 << 20

// parseMailmap reads the file. A line that is none is passed over, as git does.
func parseMailmap(src string) mailmap {
	m := mailmap{byEmail: map[string]identity{}, byBoth: map[string]identity{}}
	src = src[:min(len(src), maxMailmap)]
	for line := range strings.Lines(src) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if strings.HasPrefix(line, "#") {
			continue
		}
		name1, email1, rest, ok := mailbox(line)
		if !ok {
			continue
		}
		name2, email2, _, two := mailbox(rest)
		switch {
		case !two:
			m.byEmail[strings.ToLower(email1)] = identity{name: name1}
		case name2 == "":
			m.byEmail[strings.ToLower(email2)] = identity{name1, email1}
		default:
			m.byBoth[bothKey(name2, email2)] = identity{name1, email1}
		}
	}
	return m
}

// mailbox reads a name, which may be missing, and an address in angle brackets.
func mailbox(s string) (name, email, rest string, ok bool) {
	name, s, ok = strings.Cut(s, "<")
	if !ok {
		return "", "", "", false
	}
	email, rest, ok = strings.Cut(s, ">")
	email = strings.TrimSpace(email)
	return strings.TrimSpace(name), email, rest, ok && email != ""
}

func bothKey(name, email string) string {
	return strings.ToLower(email) + "\n" + strings.ToLower(name)
}

// canonical is what the file makes of a name and an address.
func (m mailmap) canonical(name, email string) (string, string) {
	to, ok := m.byBoth[bothKey(name, email)]
	if !ok {
		to = m.byEmail[strings.ToLower(email)]
	}
	if to.name != "" {
		name = to.name
	}
	if to.email != "" {
		email = to.email
	}
	return name, email
}
