package text

import (
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	for word, want := range map[string]string{
		"": "''", "unix:/tmp/w_1.sock": "unix:/tmp/w_1.sock", "a b": "'a b'", "$(x)": "'$(x)'", "it's": `'it'\''s'`, "~": "'~'",
	} {
		if got := Word(word); got != want {
			t.Errorf("%q becomes %s, want %s", word, got, want)
		}
	}
	if strings.Contains(Word("a`b"), " ") {
		t.Error("it adds a space")
	}
}
