package contracttest_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"twokey/release"
	"twokey/release/contracttest"
	"twokey/release/github"
	"twokey/release/record"
	"twokey/release/registry"
	"twokey/release/rehearsal"
	"twokey/ui/cli"
)

// theWorld is where the API of every world is.
const theWorld = "api.github.com"

// described are the descriptions, each loaded once at most.
var (
	github_    = contracttest.Lazily(contracttest.GitHub)
	enterprise = contracttest.Lazily(contracttest.Enterprise)
)

// contract is a description, or the reason to skip.
func contract(t *testing.T, load func() (*contracttest.Contract, error)) *contracttest.Contract {
	t.Helper()
	c, err := load()
	if errors.Is(err, contracttest.ErrNotThere) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// story is a world in which commands run one after the other, as main wires them
// but for the transport, which is watched.
type story struct {
	t         *testing.T
	world     *rehearsal.World
	transport http.RoundTripper
	state     string // the directory of journals
}

func tell(t *testing.T, o rehearsal.Options, watch func(http.RoundTripper) http.RoundTripper) *story {
	t.Helper()
	o.Speed = -1
	w, err := rehearsal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &story{t: t, world: w, transport: watch(w.Transport()), state: t.TempDir()}
}

// options are those of a client in the story's world.
func (s *story) options() github.Options {
	return github.Options{Token: s.world.Token(), Transport: s.transport, Clock: s.world.Clock(), UserAgent: "twokey/test"}
}

// client reads the story's GitHub, and acts on it.
func (s *story) client() (*github.Client, release.Actor) {
	s.t.Helper()
	c, err := github.New(s.options())
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := c.Actor()
	if err != nil {
		s.t.Fatal(err)
	}
	return c, a
}

// open is the world of a command.
func (s *story) open(_ context.Context, t cli.Target) (cli.World, error) {
	w := cli.World{Repo: t.Repo, Scenario: s.world.ScenarioName()}
	if w.Repo.IsZero() {
		w.Repo = s.world.Repo()
	}
	o := s.options()
	o.Emit, o.UserAgent, o.ReadOnly = t.Emit, t.UserAgent, true
	reads, err := github.New(o)
	if err != nil {
		return w, err
	}
	w.Ports = release.Ports{Forge: reads, Clock: o.Clock, Shelf: registry.New(registry.Options{Transport: o.Transport,
		Clock: o.Clock, Emit: o.Emit, UserAgent: o.UserAgent, Releases: reads.Release})}
	if t.Access == cli.Reads {
		return w, nil
	}
	_, w.Ports.Actor = s.client()
	w.Ports.OpenJournal = record.Keeper(func(name string) string {
		if name == "XDG_STATE_HOME" {
			return s.state
		}
		return ""
	}, true, o.Clock)
	return w, nil
}

// run runs a command of twokey and gives what it said and its error.
func (s *story) run(args ...string) (string, error) {
	s.t.Helper()
	var out bytes.Buffer
	cfg := cli.Config{IO: cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, NoColor: true, Width: 80, Height: 24},
		Open: s.open, Version: "test"}
	err := cli.Run(s.t.Context(), cfg, append([]string{"rehearse"}, args...))
	return out.String(), err
}

var _ = os.Getenv
var _ = filepath.Join

// TestContractOfEveryScenario takes every scenario through a release, and looks at it
// afterwards in every way there is.
func TestContractOfEveryScenario(t *testing.T) {
	contract(t, github_)
	ledger := contracttest.NewLedger(github_, nil)
	for _, sc := range rehearsal.Scenarios() {
		t.Run(sc.Name, func(t *testing.T) {
			s := tell(t, rehearsal.Options{Scenario: sc.Name}, func(next http.RoundTripper) http.RoundTripper {
				return ledger.Transport(t, next, theWorld)
			})
			for _, args := range []string{"status", "check", "release --bump patch --yes", "status", "attach 2.11.6 --json", "release 2.11.6 --resume --yes", "check 2.11.5"} {
				_, err := s.run(strings.Fields(args)...)
				t.Log(args, err)
			}
		})
	}
	t.Log(ledger.Summary())
	for _, l := range ledger.Operations() {
		t.Log(l)
	}
}
