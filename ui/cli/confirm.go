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
// console: it shows all that the console shows, and takes only the tag for a yes.
// Where nothing is left to send there is no key to turn.
func (a *app) confirm(ctx context.Context, q plain.Question) error {
	word := q.Plan.Tag
	if word == "" { // a dispatch that makes no tag
		word = q.Plan.Version
	}
	fmt.Fprintln(a.cfg.IO.Out)
	if err := q.Write(a.cfg.IO.Out); err != nil {
		return err
	}
	ask, hint := fmt.Sprintf("Type %s to release", text.Clean(word)), "nothing was sent"
	switch {
	case q.OnlyWatches():
		ask = "Press enter to watch it to its end"
	case q.Resume:
		ask = fmt.Sprintf("Type %s to go on with it", text.Clean(word))
	}
	if q.Resume {
		hint = "this session sent nothing"
	}
	fmt.Fprintf(a.cfg.IO.Out, "\n%s, anything else to leave: ", ask)
	line, err := a.readLine(ctx)
	if ctx.Err() != nil {
		return err
	}
	answered := err == nil // the input did not end before the line did
	line = strings.TrimSpace(line)
	if line == word || answered && line == "" && q.OnlyWatches() {
		return nil
	}
	return &release.Error{Kind: release.KindCancelled, Err: errNotConfirmed, Hint: hint}
}

// readLine reads a line, or gives up when ctx ends. With an error, it
// returns what was typed before that. The reader that it leaves
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
		return got.line, got.err
	}
}
