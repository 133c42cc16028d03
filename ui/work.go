package ui

import (
	"context"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks"
	"twokey/release"
)

// Engine is what the console asks of a release; *release.Engine is one.
type Engine interface {
	Survey(ctx context.Context, repo release.Repo) (release.Survey, error)
	Plan(ctx context.Context, s release.Survey, w release.Want) (release.Plan, error)
	Give(g release.Given)
	Check(ctx context.Context, p release.Plan) ([]checks.Finding, checks.Verdict, error)
	JudgeAgain(p release.Plan) ([]checks.Finding, checks.Verdict, error)
	Calls(p release.Plan) []release.Call
	Begun(p release.Plan) []release.Begun
	Onward() string
	Release(ctx context.Context, p release.Plan, resume bool) error
	InFlight(ctx context.Context, repo release.Repo, version string) (release.Plan, error)
	Attach(ctx context.Context, p release.Plan) error
	Review(ctx context.Context, stage string, runID int64, gates []release.Gate, state, comment string) error
	RerunFailed(ctx context.Context, stage string, runID int64) error
	Emit(ev release.Event)
	Now() time.Time
}

// What the engine answered. They come through the same queue as its events, so
// that an answer never overtakes what happened before it.
type (
	eventsMsg   []release.Stamped
	surveyedMsg struct {
		survey release.Survey
		err    error
	}
	plannedMsg struct {
		plan release.Plan
		err  error
	}
	checkedMsg struct {
		calls  []release.Call
		begun  []release.Begun
		onward string
		err    error
	}
	releasedMsg struct{ err error } // Release or Attach returned
	inFlightMsg plannedMsg
	reranMsg    struct {
		run int64
		err error
	}
	actedMsg struct {
		done string
		err  error
	}
	openedMsg struct{ err error }
	tickMsg   time.Time // the engine's time
)

// work makes commands of the engine's calls. No command changes the model; each
// pushes a message when it is done.
type work struct {
	ctx     context.Context
	engine  Engine
	push    func(tea.Msg)
	openURL func(string) error

	mu     sync.Mutex
	closed bool
	going  sync.WaitGroup
}

// do runs f as a command. Once the work is closed nothing new begins: a release
// must not start after the person has left.
func (w *work) do(f func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		w.mu.Lock()
		if w.closed {
			w.mu.Unlock()
			return nil
		}
		w.going.Add(1)
		w.mu.Unlock()
		defer w.going.Done()
		defer func() {
			if r := recover(); r != nil {
				w.push(met(r))
			}
		}()
		w.push(f(w.ctx))
		return nil
	}
}

// close lets nothing new begin, and waits for what goes on to notice the end of
// its context.
func (w *work) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.going.Wait()
}

func (w *work) survey(repo release.Repo) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg {
		s, err := w.engine.Survey(ctx, repo)
		return surveyedMsg{s, err}
	})
}

func (w *work) plan(s release.Survey, want release.Want) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg {
		p, err := w.engine.Plan(ctx, s, want)
		return plannedMsg{p, err}
	})
}

func (w *work) inFlight(repo release.Repo, version string) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg {
		p, err := w.engine.InFlight(ctx, repo, version)
		return inFlightMsg{p, err}
	})
}

func (w *work) check(p release.Plan, g release.Given) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg {
		w.engine.Give(g)
		_, _, err := w.engine.Check(ctx, p)
		// What the check saw is part of what is sent, and of what was begun.
		return checkedMsg{w.engine.Calls(p), w.engine.Begun(p), w.engine.Onward(), err}
	})
}

// judge judges what check read once more, by what is given now.
func (w *work) judge(p release.Plan, g release.Given) tea.Cmd {
	return w.do(func(context.Context) tea.Msg {
		w.engine.Give(g)
		_, _, err := w.engine.JudgeAgain(p)
		return checkedMsg{w.engine.Calls(p), w.engine.Begun(p), w.engine.Onward(), err}
	})
}

func (w *work) release(p release.Plan, resume bool) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg { return releasedMsg{w.engine.Release(ctx, p, resume)} })
}

func (w *work) attach(p release.Plan, g release.Given) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg {
		w.engine.Give(g)
		return releasedMsg{w.engine.Attach(ctx, p)}
	})
}

func (w *work) review(stage string, run int64, g release.Gate, state, comment string) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg {
		err := w.engine.Review(ctx, stage, run, []release.Gate{g}, state, comment)
		return actedMsg{g.Environment.String() + ": " + state, err}
	})
}

func (w *work) rerun(stage string, run int64) tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg { return reranMsg{run, w.engine.RerunFailed(ctx, stage, run)} })
}

func (w *work) open(url string) tea.Cmd {
	return w.do(func(context.Context) tea.Msg { return openedMsg{w.openURL(url)} })
}

// tick tells the time once a second, for durations.
func (w *work) tick() tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg(w.engine.Now()) })
}
