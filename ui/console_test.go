package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"twokey/checks"
	"twokey/checks/version"
	"twokey/release"
	"twokey/release/recordtest"
)

// fakeEngine answers what a test says it may be asked, and fails on everything
// else. It counts what acts.
type fakeEngine struct {
	t      *testing.T
	allow  map[string]bool
	calls  []string
	errs   map[string]error
	block  map[string]bool // wait for the end of the context
	emit   func(...release.Stamped)
	rec    []release.Stamped
	ended  []release.Event // what was emitted by the console
	begun  []release.Begun
	sends  []release.Call  // nil: those of a new release
	given  []release.Given // what each check was made with
	onward string
}

// asked notes a call; one that the test did not allow is a failure.
func (e *fakeEngine) asked(ctx context.Context, name string) error {
	e.t.Helper()
	if !e.allow[name] {
		e.t.Errorf("the console asked for %s, which nobody expected", name)
	}
	e.calls = append(e.calls, name)
	if e.block[name] {
		<-ctx.Done()
		return &release.Error{Kind: release.KindLeft, Op: "release 2.11.6", Err: errors.New("no longer watched"),
			Hint: "rejoin it with `twokey attach 2.11.6`"}
	}
	return e.errs[name]
}

// count is how often a call was made.
func (e *fakeEngine) count(name string) (n int) {
	for _, c := range e.calls {
		if c == name {
			n++
		}
	}
	return n
}

// play emits the record up to and with the first event that match holds for, and
// forgets it.
func (e *fakeEngine) play(match func(release.Event) bool) {
	part := recordtest.Until(e.rec, match)
	e.rec = e.rec[len(part):]
	e.emit(part...)
}

func (e *fakeEngine) Survey(ctx context.Context, repo release.Repo) (release.Survey, error) {
	err := e.asked(ctx, "survey")
	e.play(func(ev release.Event) bool { _, ok := ev.(release.Opened); return ok })
	return surveyed(), err
}

func (e *fakeEngine) Plan(ctx context.Context, _ release.Survey, w release.Want) (release.Plan, error) {
	if err := e.asked(ctx, "plan "+w.Line+" "+w.Version); err != nil {
		return release.Plan{}, err
	}
	e.play(func(ev release.Event) bool { _, ok := ev.(release.PlanReady); return ok })
	return recordtest.Fold(recordtest.Clean()).Plan, nil
}

func (e *fakeEngine) Give(g release.Given) { e.given = append(e.given, g) }

func (e *fakeEngine) Check(ctx context.Context, _ release.Plan) ([]checks.Finding, checks.Verdict, error) {
	err := e.asked(ctx, "check")
	e.play(func(ev release.Event) bool { _, ok := ev.(release.Judged); return ok })
	return nil, checks.Verdict{}, err
}

func (e *fakeEngine) JudgeAgain(release.Plan) ([]checks.Finding, checks.Verdict, error) {
	return nil, checks.Verdict{}, e.asked(context.Background(), "judge")
}

func (e *fakeEngine) Calls(release.Plan) []release.Call {
	if e.sends != nil {
		return e.sends
	}
	return recordtest.Calls()
}

func (e *fakeEngine) Onward() string { return e.onward }

func (e *fakeEngine) Begun(release.Plan) []release.Begun { return e.begun }

func (e *fakeEngine) Release(ctx context.Context, _ release.Plan, resume bool) error {
	name := "release"
	if resume {
		name = "resume"
	}
	e.play(func(ev release.Event) bool { return false })
	return e.asked(ctx, name)
}

func (e *fakeEngine) InFlight(ctx context.Context, _ release.Repo, v string) (release.Plan, error) {
	err := e.asked(ctx, "in flight "+v)
	e.play(func(ev release.Event) bool { _, ok := ev.(release.PlanReady); return ok })
	return recordtest.Fold(recordtest.Clean()).Plan, err
}

func (e *fakeEngine) Attach(ctx context.Context, _ release.Plan) error {
	e.play(func(ev release.Event) bool { return false })
	return e.asked(ctx, "attach")
}

func (e *fakeEngine) Review(ctx context.Context, stage string, _ int64, gates []release.Gate, state, comment string) error {
	return e.asked(ctx, "review "+stage+" "+gates[0].Environment.String()+" "+state+" "+comment)
}

func (e *fakeEngine) RerunFailed(ctx context.Context, stage string, _ int64) error {
	return e.asked(ctx, "rerun "+stage)
}

func (e *fakeEngine) Emit(ev release.Event) { e.ended = append(e.ended, ev) }

func (e *fakeEngine) Now() time.Time { return recordtest.Start() }

func surveyed() release.Survey {
	return release.Survey{
		Repo: release.Repo{Owner: "ckan", Name: "ckan"}, Source: "twokey.yml", Older: 3,
		Lines: []release.LineSurvey{
			{Line: "dev-v2.11", Last: "2.11.5", LastTag: "ckan-2.11.5", Commits: 41,
				Suggested: map[version.Bump]string{version.Patch: "2.11.6", version.Pre: "2.11.6rc1"}},
			{Line: "dev-v2.10", Last: "2.10.9", LastTag: "ckan-2.10.9", Commits: 1,
				Suggested: map[version.Bump]string{version.Patch: "2.10.10"}, Active: make([]release.Run, 2)},
		},
	}
}

// harness runs the model as the program would, one message at a time: commands
// run at once, what they push is taken in order, and guards stay until a test
// lets them end. Ticks are not sent.
type harness struct {
	t      *testing.T
	m      *model
	engine *fakeEngine
	queue  *queue
	quit   bool
	guards []int
}

// start makes a console that may ask the engine for the calls named in allow.
func start(t *testing.T, opts Options, rec []release.Stamped, allow ...string) *harness {
	t.Helper()
	h := prepare(t, opts, rec, allow...)
	h.run(h.m.Init())
	return h
}

func prepare(t *testing.T, opts Options, rec []release.Stamped, allow ...string) *harness {
	t.Helper()
	h := &harness{t: t, queue: newQueue()}
	h.engine = &fakeEngine{t: t, rec: rec, allow: map[string]bool{}, errs: map[string]error{}, block: map[string]bool{}}
	h.engine.emit = func(es ...release.Stamped) {
		for _, e := range es {
			h.queue.push(e)
		}
	}
	for _, a := range allow {
		h.engine.allow[a] = true
	}
	opts.Repo = release.Repo{Owner: "ckan", Name: "ckan"}
	w := &work{ctx: t.Context(), engine: h.engine, push: h.queue.push, openURL: opts.OpenURL}
	h.m = newModel(opts, testTheme(opts.ASCII), w)
	h.m.tick = func() tea.Cmd { return nil }
	h.m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return h
}

func testTheme(ascii bool) theme {
	r := lipgloss.NewRenderer(nil)
	r.SetColorProfile(termenv.Ascii)
	r.SetHasDarkBackground(true)
	return newTheme(r, ascii)
}

// run runs a command and takes in all that comes of it.
func (h *harness) run(cmd tea.Cmd) {
	h.t.Helper()
	if cmd == nil {
		return
	}
	if n := h.m.guards; n > len(h.guards) { // a guard's own tick: kept for later
		h.guards = append(h.guards, n)
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			h.run(c)
		}
	case tea.QuitMsg:
		h.quit = true
	}
	h.settle()
}

// settle takes in everything that was pushed.
func (h *harness) settle() {
	h.t.Helper()
	for {
		msgs := h.queue.drain()
		if len(msgs) == 0 {
			return
		}
		for _, msg := range msgs {
			_, cmd := h.m.Update(msg)
			h.run(cmd)
		}
	}
}

// unguard ends the guard that was closed last.
func (h *harness) unguard() {
	if n := len(h.guards); n > 0 {
		h.m.Update(guardMsg(h.guards[n-1]))
	}
}

// press sends keys; a name such as "enter" is that key, anything else is typed.
func (h *harness) press(keys ...string) *harness {
	h.t.Helper()
	for _, k := range keys {
		for _, msg := range keyMsgs(k) {
			h.m.View() // as the program does: what scrolls is known once it is drawn
			_, cmd := h.m.Update(msg)
			h.run(cmd)
		}
	}
	return h
}

func keyMsgs(name string) []tea.KeyMsg {
	special := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown, "tab": tea.KeyTab,
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"ctrl+c": tea.KeyCtrlC, "ctrl+b": tea.KeyCtrlB, "ctrl+f": tea.KeyCtrlF, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "backspace": tea.KeyBackspace,
	}
	if k, ok := special[name]; ok {
		return []tea.KeyMsg{{Type: k}}
	}
	var out []tea.KeyMsg
	for _, r := range name {
		out = append(out, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return out
}

// released takes a console to the running release.
func released(t *testing.T, rec []release.Stamped, allow ...string) *harness {
	t.Helper()
	h := start(t, Options{Want: release.Want{Version: "2.11.6"}}, rec,
		append(allow, "survey", "plan  2.11.6", "check", "release")...)
	h.press("enter")
	h.unguard()
	h.press("ckan-2.11.6", "enter")
	if h.engine.count("release") != 1 {
		t.Fatalf("not released: %v\n%s", h.engine.calls, h.m.View())
	}
	return h
}
