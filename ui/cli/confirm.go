package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"twokey/checks/text"
	"twokey/release"
	"twokey/ui/plain"
)

// errNotConfirmed is what a person means who types anything but the tag.
var errNotConfirmed = errors.New("not confirmed")

// confirm asks on the terminal, line by line, for those who do not use the
// console: it shows what will be sent, and takes only the tag for a yes.
func (a *app) confirm(ctx context.Context, p release.Plan, calls []release.Call) error {
	word := p.Tag
	if word == "" { // a dispatch that makes no tag
		word = p.Version
	}
	fmt.Fprintf(a.cfg.IO.Out, "\nReleasing %s sends these calls, in this order where one stage needs another:\n\n", text.Clean(word))
	if err := plain.Calls(a.cfg.IO.Out, calls); err != nil {
		return err
	}
	fmt.Fprintf(a.cfg.IO.Out, "\nType %s to release, anything else to leave: ", text.Clean(word))
	line, err := a.readLine(ctx)
	if err != nil {
		return err
	}
	if strings.TrimSpace(line) != word {
		return &release.Error{Kind: release.KindCancelled, Err: errNotConfirmed, Hint: "nothing was sent"}
	}
	return nil
}

// readLine reads a line, or gives up when ctx ends. The reader that it leaves
// behind then ends with the process.
func (a *app) readLine(ctx context.Context) (string, error) {
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(a.cfg.IO.In).ReadString('\n')
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case got := <-answers:
		if got.err != nil && got.line == "" {
			return "", &release.Error{Kind: release.KindCancelled, Err: errNotConfirmed, Hint: "nothing was sent"}
		}
		return got.line, nil
	}
}
