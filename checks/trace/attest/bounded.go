package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The bounds of JSON that goes on to parsers that make much of little: a megabyte of
// empty objects is a hundred of memory. A real bundle has about 150 tokens; the statement of a
// list of components has some for each of them.
const (
	maxTokens        = 10_000
	maxPayloadTokens = 1_000_000
	maxDepth         = 64
)

// bounded wants something to be JSON with so many tokens at most, and not too deep. It takes
// no more memory than the longest string.
func bounded(raw []byte, tokens int) error {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	depth := 0
	for n := 1; ; n++ {
		t, err := in.Token()
		switch {
		case errors.Is(err, io.EOF) && depth == 0 && n > 1:
			return nil
		case err != nil:
			return fmt.Errorf("no JSON: %w", err)
		case n > tokens:
			return fmt.Errorf("more than %d values in it", tokens)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return fmt.Errorf("more than %d values within each other", maxDepth)
		}
	}
}
