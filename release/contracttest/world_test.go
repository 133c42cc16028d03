package contracttest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

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

// The descriptions, each loaded once at most, and what was held against them.
var (
	described  = contracttest.Lazily(contracttest.GitHub)
	enterprise = contracttest.Lazily(contracttest.Enterprise)
	older      = contracttest.NewLedger(enterprise, enterpriseExcuses())
	ledger     = contracttest.NewLedger(described, excuses())
	seen       = &album{kept: map[string]contracttest.Exchange{}}
)

// TestMain looks at the reasons in the end, unless not everything was told.
func TestMain(m *testing.M) {
	if underRace {
		os.Exit(m.Run())
	}
	os.Exit(contracttest.Main(m, ledger, older))
}

// long skips a test that tells many stories where that takes too long.
func long(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("it tells every story, and the race detector makes that slow: run it without")
	}
}

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
	err       error  // why there is no world
	state     string // the directory of journals
}

// tell makes a world. One that can not be made, because a plan file is wrong, has no
// exchange either: its commands fail at once.
func tell(t *testing.T, o rehearsal.Options) *story {
	t.Helper()
	o.Speed = -1
	s := &story{t: t, state: t.TempDir()}
	if s.world, s.err = rehearsal.New(o); s.err == nil {
		s.transport = camera{seen, ledger.Transport(t, s.world.Transport(), theWorld)}
	}
	return s
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
	if s.err != nil {
		return cli.World{}, s.err
	}
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
	shelf := registry.New(registry.Options{Transport: o.Transport, Clock: o.Clock, Emit: o.Emit, UserAgent: o.UserAgent,
		Releases: reads.Release, Assets: reads.Assets})
	w.Ports = release.Ports{Forge: reads, Commits: reads, Clock: o.Clock, Shelf: shelf, Artifacts: shelf, Root: s.world.Root}
	if t.Access == cli.Reads {
		return w, nil
	}
	_, w.Ports.Actor = s.client()
	w.Ports.OpenJournal = record.NewKeeper(func(name string) string {
		if name == "XDG_STATE_HOME" {
			return s.state
		}
		return ""
	}, true, o.Clock).Open
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

// TestContractOfEveryScenario takes every scenario through a release, and looks at it
// afterwards in every way there is.
func TestContractOfEveryScenario(t *testing.T) {
	contract(t, described)
	long(t)
	for _, sc := range rehearsal.Scenarios() {
		t.Run(sc.Name, func(t *testing.T) {
			s := tell(t, rehearsal.Options{Scenario: sc.Name})
			for _, command := range []string{"status", "check", "release --bump patch --yes --json", "status --json",
				"attach 2.11.6", "release 2.11.6 --resume --yes", "check 2.11.5"} {
				_, _ = s.run(strings.Fields(command)...) // how it ends is for other tests
			}
		})
	}
}

// TestContractOfEveryScript runs the commands of the scripts that the program itself
// is tested with, each once, but for the plain releases of every scenario: those have
// been looked at.
func TestContractOfEveryScript(t *testing.T) {
	contract(t, described)
	long(t)
	scripts, err := filepath.Glob("../../ui/cli/testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no script: %v", err)
	}
	told := map[string]bool{}
	for _, name := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(archive.Comment)) {
				words := strings.Fields(line)
				if len(words) < 4 || words[0] != "exits" || words[2] != "twokey" || words[3] != "rehearse" {
					continue
				}
				o, args := world(t, archive, words[4:])
				key := fmt.Sprint(o, slices.DeleteFunc(slices.Clone(args), func(s string) bool { return s == "--json" }))
				plain := o.PlanFile == nil && len(args) > 0 && args[0] == "release" && slices.Contains(args, "patch")
				if told[key] || plain {
					continue
				}
				told[key] = true
				_, _ = tell(t, o).run(args...)
			}
		})
	}
}

// world takes the flags that say which world is meant out of a command.
func world(t *testing.T, archive *txtar.Archive, words []string) (rehearsal.Options, []string) {
	t.Helper()
	var o rehearsal.Options
	for len(words) > 1 && strings.HasPrefix(words[0], "--") {
		switch words[0] {
		case "--scenario":
			o.Scenario = words[1]
		case "--seed":
			seed, err := strconv.ParseInt(words[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			o.Seed = seed
		case "--plan":
			for _, f := range archive.Files {
				if f.Name == words[1] {
					o.PlanFile = f.Data
				}
			}
		case "--speed":
		default:
			t.Fatalf("%s is not known here", words[0])
		}
		words = words[2:]
	}
	return o, words
}
