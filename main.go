// Command twokey releases projects on GitHub through their own CI. This file only
// wires: it hands the commands of ui/cli a world, real or rehearsed.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/cli/go-gh/v2/pkg/browser"

	"twokey/release"
	"twokey/release/github"
	"twokey/release/record"
	"twokey/release/registry"
	"twokey/release/rehearsal"
	"twokey/ui"
	"twokey/ui/cli"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a reader that goes away must not end a release
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	cfg := cli.Config{IO: cli.Terminal(os.Getenv), Open: open, Console: console, Listen: listen}
	for _, s := range rehearsal.Scenarios() {
		cfg.Scenarios = append(cfg.Scenarios, cli.Scenario{Name: s.Name, About: s.About})
	}
	if err := cli.Run(ctx, cfg, os.Args[1:]); err != nil {
		cli.Report(os.Stderr, err)
		os.Exit(map[release.Kind]int{release.KindFailed: 1, release.KindUsage: 2, release.KindCancelled: 2,
			release.KindNoGo: 3, release.KindAuth: 4, release.KindLeft: 5, release.KindAfter: 6, release.KindUnread: 141}[release.KindOf(err)])
	}
}

// open makes what an engine needs of the world that the target means.
func open(_ context.Context, t cli.Target) (w cli.World, err error) {
	o := github.Options{Clock: release.SystemClock{}, Emit: t.Emit, Trace: t.Trace, UserAgent: t.UserAgent}
	var archive func(context.Context) ([]byte, error)
	if w.Repo = t.Repo; t.Rehearsal != nil {
		archive, err = rehearse(*t.Rehearsal, &w, &o)
	} else if w.Repo, err = github.Repo(t.Repo); err == nil {
		o.Token, _ = github.Token(w.Repo.Host)
	}
	if err != nil {
		return w, err
	}
	o.Host, o.ReadOnly = w.Repo.Host, true
	reads, err := github.New(o)
	if err != nil {
		return w, err
	}
	records := record.NewKeeper(os.Getenv, t.Rehearsal != nil, o.Clock)
	shelf := registry.New(registry.Options{Transport: o.Transport, Clock: o.Clock, Emit: o.Emit, Trace: o.Trace,
		UserAgent: o.UserAgent, Releases: reads.Release, Assets: reads.Assets, Key: reads.File, Archive: archive, Seed: o.Seed})
	w.Ports.Forge, w.Ports.Commits, w.Ports.Shelf, w.Ports.Artifacts, w.Ports.Clock, w.Ports.Recall = reads, reads, shelf, shelf, o.Clock, records.Recall
	if t.Access == cli.Reads {
		return w, nil
	}
	o.ReadOnly, o.Beside, w.Ports.OpenJournal = false, reads, records.Open // for what acts; what reads keeps a client that can do nothing else
	acts, err := github.New(o)
	if err == nil {
		w.Ports.Actor, err = acts.Actor()
	}
	return w, err
}

// rehearse puts a simulated world in GitHub's place, and gives who signs its archives.
func rehearse(r cli.Rehearsal, w *cli.World, o *github.Options) (func(context.Context) ([]byte, error), error) {
	p, err := rehearsal.Open(r.Connect, options(r, w.Repo))
	if err != nil {
		return nil, err
	}
	if w.Repo.IsZero() {
		w.Repo = p.Repo()
	}
	w.Scenario, w.Ports.Remark, w.Ports.Root, w.Ports.Random = p.ScenarioName(), p.Idle, p.Root, rehearsal.Random(r.Connect, r.Seed)
	o.Transport, o.Clock, o.Token, o.Seed = p.Transport(), p.Clock(), p.Token(), r.Seed
	return p.Archive, nil
}

func options(r cli.Rehearsal, repo release.Repo) rehearsal.Options {
	o := rehearsal.Options{Repo: repo, PlanFile: r.PlanFile, Scenario: r.Scenario, Seed: r.Seed, Speed: r.Speed, Stepping: !r.Flowing}
	for _, s := range r.From {
		o.From = append(o.From, rehearsal.Source(s))
	}
	return o
}

func listen(ctx context.Context, r cli.Rehearsal, addr string, ready func(string)) error {
	return rehearsal.Serve(ctx, addr, options(r, release.Repo{}), ready)
}

func console(o ui.Options) cli.Console {
	o.OpenURL = browser.New("", os.Stderr, os.Stderr).Browse
	return ui.New(o)
}
