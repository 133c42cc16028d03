package release

import (
	"errors"
	"fmt"
	"strings"
)

// worldEnds stands where a hint would lead back to a release whose world ends with
// this process.
const worldEnds = "this rehearsal ends with the program, and nothing real was touched"

// opened is what the session began with.
func (e *Engine) opened() (o Opened) {
	e.ports.Stream.View(func(s *State) { o = s.Opened })
	return o
}

// back is a hint that leads back to this release: what it is for, then the command
// line. Where nobody can come back it says so instead.
func (e *Engine) back(what, args string, values ...any) string {
	line := e.line(args, values...)
	if line == "" {
		return worldEnds
	}
	return what + " `" + line + "`"
}

// line is the command line that runs args against the same world, with what was given
// to this one; empty where nobody can come back to it.
func (e *Engine) line(args string, values ...any) string {
	args = fmt.Sprintf(args, values...)
	return e.opened().Line(args + e.given.Words(args))
}

// anew is the command line that runs args, quoted for a hint, whether anybody can
// come back to this release or not.
func (e *Engine) anew(args string, values ...any) string {
	args = fmt.Sprintf(args, values...)
	return "`" + e.opened().Anew(args+e.given.Words(args)) + "`"
}

// inWorld makes the command lines in a sentence those of the world that the release
// is in: a check knows of none, and a rehearsed one must not lead to the real one.
func (e *Engine) inWorld(sentence string) string {
	return strings.ReplaceAll(sentence, "`twokey ", "`"+e.opened().Anew(""))
}

// hintInWorld is inWorld for the hint of an error that was made without knowing any.
func (e *Engine) hintInWorld(err error) error {
	var told *Error
	if !errors.As(err, &told) {
		return err
	}
	out := *told
	out.Hint = e.inWorld(out.Hint)
	return &out
}
