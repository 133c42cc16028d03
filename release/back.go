package release

import "fmt"

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
	line := e.opened().Line(fmt.Sprintf(args, values...))
	if line == "" {
		return worldEnds
	}
	return what + " `" + line + "`"
}

// anew is the command line that runs args, quoted for a hint, whether anybody can
// come back to this release or not.
func (e *Engine) anew(args string, values ...any) string {
	return "`" + e.opened().Anew(fmt.Sprintf(args, values...)) + "`"
}
