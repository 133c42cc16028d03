package checks

import "testing"

func TestMailmap(t *testing.T) {
	const file = "\ufeff# people\n" +
		"Proper Name <commit@x.example>\n" +
		"<proper@x.example> <Old@x.example>\n" +
		"Jane <jane@x.example> <jane@laptop>\r\n" +
		"Joe <joe@x.example> Bugs <shared@x.example>\n" +
		"not a line\nhalf <open\n<>\n\x00<\x1b>\n"
	for _, tt := range []struct{ name, email, wantName, wantEmail string }{
		{"x", "commit@x.example", "Proper Name", "commit@x.example"},
		{"x", "COMMIT@x.example", "Proper Name", "COMMIT@x.example"},
		{"x", "old@x.example", "x", "proper@x.example"},
		{"x", "jane@laptop", "Jane", "jane@x.example"},
		{"bugs", "shared@x.example", "Joe", "joe@x.example"},
		{"other", "shared@x.example", "other", "shared@x.example"},
		{"x", "nobody@x.example", "x", "nobody@x.example"},
		{"x", "", "x", ""},
	} {
		name, email := parseMailmap(file).canonical(tt.name, tt.email)
		if name != tt.wantName || email != tt.wantEmail {
			t.Errorf("%s <%s> is %s <%s>, want %s <%s>", tt.name, tt.email, name, email, tt.wantName, tt.wantEmail)
		}
	}
}
