package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
	"twokey/ui"
)

// here is the repository that a session is on when none is named.
var here = release.Repo{Owner: "o", Name: "here"}

// errOpened ends every command of these tests where the world would begin.
var errOpened = errors.New("opened")

// opened is what a command wanted of the world.
type opened struct {
	target  *Target
	console *ui.Options
	events  []release.Event // that the console was handed
	listen  *Rehearsal
	addr    string
}

// fakeConsole ends at once.
type fakeConsole struct{ got *opened }

func (c fakeConsole) Handle(e release.Stamped, _ *release.State) {
	c.got.events = append(c.got.events, e.Event)
}
func (c fakeConsole) Run(context.Context, ui.Engine) error { return errOpened }

// fakeForge knows who asks, and nothing else.
type fakeForge struct{ release.Forge }

func (fakeForge) Viewer(context.Context) (checks.Viewer, error) {
	return checks.Viewer{Login: text.Clean("mara")}, nil
}

func (fakeForge) Repository(context.Context, release.Repo) (checks.Repo, error) {
	return checks.Repo{}, errOpened
}

// config is a Config that notes what is wanted. With term, a person is there.
func config(got *opened, term bool) Config {
	return Config{
		IO: IO{In: strings.NewReader(""), Out: new(bytes.Buffer), Err: new(bytes.Buffer),
			InTerminal: term, OutTerminal: term},
		Version: "1.2.3",
		Open: func(_ context.Context, t Target) (World, error) {
			got.target = &t
			t.Emit(release.Retrying{})
			w := World{Repo: here, Ports: release.Ports{Forge: fakeForge{}, Clock: release.SystemClock{}}}
			if t.Repo != (release.Repo{}) {
				w.Repo = t.Repo
			}
			return w, nil
		},
		Console: func(o ui.Options) Console {
			o.In, o.Out, o.Record = nil, nil, nil
			got.console = &o
			return fakeConsole{got}
		},
		Listen: func(_ context.Context, r Rehearsal, addr string, _ func(string)) error {
			got.listen, got.addr = &r, addr
			return errOpened
		},
		Scenarios: []Scenario{{"clean", "nothing goes wrong"}, {"no-run", "a workflow never starts"}},
	}
}

// wants runs the arguments and gives what they wanted of the world.
func wants(t *testing.T, term bool, args ...string) opened {
	t.Helper()
	var got opened
	if err := Run(t.Context(), config(&got, term), args); !isOpened(err) {
		t.Fatalf("%q ends with %v, want it to open a session", args, err)
	}
	return got
}

// isOpened tells whether a command got as far as the world, and no further.
func isOpened(err error) bool { return errors.Is(err, errOpened) }

func TestModes(t *testing.T) {
	tests := []struct {
		args    string
		term    bool
		access  Access
		console bool
	}{
		{"", true, Acts, true},
		{"release", true, Acts, true},
		{"release 1.2.3", true, Acts, true},
		{"release --plain", true, Acts, false},
		{"release 1.2.3 --yes", true, Acts, false},
		{"release 1.2.3 --yes", false, Acts, false},
		{"release 1.2.3 --yes --json", false, Acts, false},
		{"release 1.2.3 -y --resume", false, Acts, false},
		{"release 1.2.3 --dry-run", true, Reads, false},
		{"release --dry-run", false, Reads, false},
		{"release --dry-run --yes", false, Reads, false},
		{"release 1.2.3 --dry-run --json", false, Reads, false},
		{"status", true, Reads, false},
		{"status --json", false, Reads, false},
		{"check", true, Reads, false},
		{"check 1.2.3 --json", false, Reads, false},
		{"attach", true, ReadsUntilAsked, true},
		{"attach 1.2.3", true, ReadsUntilAsked, true},
		{"attach 1.2.3", false, Reads, false},
		{"attach --plain", true, Reads, false},
		{"attach --json", true, Reads, false},
		{"rehearse", true, Acts, true},
		{"rehearse", false, Acts, false},
		{"rehearse release --yes", false, Acts, false},
		{"rehearse status", false, Reads, false},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			got := wants(t, tt.term, strings.Fields(tt.args)...)
			if ua := got.target.UserAgent; ua != "twokey/1.2.3" {
				t.Errorf("the user agent is %q", ua)
			}
			if got.target.Access != tt.access {
				t.Errorf("access is %d, want %d", got.target.Access, tt.access)
			}
			if (got.console != nil) != tt.console {
				t.Errorf("console is %v, want %v", got.console != nil, tt.console)
			}
			if rehearsed := strings.HasPrefix(tt.args, "rehearse"); (got.target.Rehearsal != nil) != rehearsed {
				t.Errorf("rehearsal is %v, want %v", got.target.Rehearsal != nil, rehearsed)
			}
		})
	}
}

func TestWants(t *testing.T) {
	tests := []struct {
		args string
		want ui.Options
	}{
		{"", ui.Options{Repo: here}},
		{"release 2.11.6", ui.Options{Repo: here, Want: release.Want{Version: "2.11.6"}}},
		{"release --bump minor --line main --expect-sha abc1234",
			ui.Options{Repo: here, Want: release.Want{Bump: version.Minor, Line: "main", SHA: "abc1234"}}},
		{"release 2.11.6 --resume", ui.Options{Repo: here, Want: release.Want{Version: "2.11.6"}, Resume: true}},
		{"attach 2.11.6", ui.Options{Repo: here, Want: release.Want{Version: "2.11.6"}, Attach: true}},
		{"attach", ui.Options{Repo: here, Attach: true}},
	}
	for _, tt := range tests {
		if got := wants(t, true, strings.Fields(tt.args)...); !reflect.DeepEqual(*got.console, tt.want) {
			t.Errorf("%q wants %+v, want %+v", tt.args, *got.console, tt.want)
		}
	}
}

// The console is made when the repository is known, and misses nothing that
// happened before.
func TestConsoleSeesEverything(t *testing.T) {
	got := wants(t, true, "release")
	want := []release.Event{
		release.Opened{Repo: here, Viewer: text.Clean("mara"), Twokey: "1.2.3", Command: text.Clean("twokey")},
		release.Retrying{}, // it happened before, but a stream begins with whose it is
	}
	if !reflect.DeepEqual(got.events, want) {
		t.Errorf("the console saw %v, want %v", got.events, want)
	}
}

func TestRepoFlag(t *testing.T) {
	for _, args := range []string{"status -R ckan/ckan", "-R ckan/ckan status", "-R ckan/ckan rehearse status",
		"rehearse status --repo ckan/ckan", "rehearse -R ckan/ckan status"} {
		got := wants(t, false, strings.Fields(args)...)
		if want := (release.Repo{Owner: "ckan", Name: "ckan"}); got.target.Repo != want {
			t.Errorf("%q is on %+v, want %+v", args, got.target.Repo, want)
		}
	}
	got := wants(t, false, "status", "-R", "git.example.com/o/r")
	if want := (release.Repo{Host: "git.example.com", Owner: "o", Name: "r"}); got.target.Repo != want {
		t.Errorf("the repository is %+v, want %+v", got.target.Repo, want)
	}
	for _, address := range []string{"github.com/o/r", "https://github.com/o/r", "git@github.com:o/r.git"} {
		got := wants(t, false, "status", "-R", address)
		if want := (release.Repo{Host: "github.com", Owner: "o", Name: "r"}); got.target.Repo != want {
			t.Errorf("-R %s is %+v, want %+v", address, got.target.Repo, want)
		}
	}
	if got := wants(t, false, "status"); !got.target.Repo.IsZero() {
		t.Errorf("without the flag the repository is %+v", got.target.Repo)
	}
}

func TestRehearsal(t *testing.T) {
	dir := t.TempDir()
	plan := filepath.Join(dir, "twokey.yml")
	const text = "version: 1\nlines: dev-v{major}.{minor}\nstages:\n  - {name: a, trigger: tag, tag: 'v{version}', workflows: [a.yml]}\n"
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		term bool
		args []string
		want Rehearsal
	}{
		{"lines run as fast as can", false, []string{"status"}, Rehearsal{Speed: -1}},
		{"a console can be followed", true, nil, Rehearsal{Speed: consoleSpeed, Flowing: true}},
		{"lines in a terminal", true, []string{"release", "--yes"}, Rehearsal{Speed: -1}},
		{"speed of lines", false, []string{"--speed", "50", "release", "--bump", "patch", "--yes"}, Rehearsal{Speed: 50}},
		{"speed of the console", true, []string{"--speed", "0.5"}, Rehearsal{Speed: 0.5, Flowing: true}},
		{"scenario and seed", false, []string{"--scenario", "no-run", "--seed", "7", "check"},
			Rehearsal{Speed: -1, Scenario: "no-run", Seed: 7}},
		{"clones", false, []string{"--from", ".", "--from", "o/r=../r", "--from", "a=b/c", "status"},
			Rehearsal{Speed: -1, From: []Source{{Dir: "."}, {Repo: release.Repo{Owner: "o", Name: "r"}, Dir: "../r"}, {Dir: "a=b/c"}}}},
		{"plan", false, []string{"--plan", plan, "check"}, Rehearsal{Speed: -1, PlanFile: []byte(text)}},
		{"connect", false, []string{"--connect", "unix:/tmp/w", "status"}, Rehearsal{Speed: -1, Connect: "unix:/tmp/w"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := wants(t, tt.term, append([]string{"rehearse"}, tt.args...)...)
			if !reflect.DeepEqual(*got.target.Rehearsal, tt.want) {
				t.Errorf("the rehearsal is %+v, want %+v", *got.target.Rehearsal, tt.want)
			}
		})
	}
}

func TestListen(t *testing.T) {
	got := wants(t, false, "rehearse", "--listen", "unix:/tmp/w", "--scenario", "no-run")
	if want := (Rehearsal{Speed: 1, Flowing: true, Scenario: "no-run"}); !reflect.DeepEqual(*got.listen, want) {
		t.Errorf("serves %+v, want %+v", *got.listen, want)
	}
	if got.addr != "unix:/tmp/w" || got.target != nil {
		t.Errorf("serves at %q; a session is opened: %v", got.addr, got.target != nil)
	}
}

// The ready line is what other programs wait for; an interrupt is how serving
// is meant to end.
func TestListenEndsWell(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(new(opened), false)
	cfg.Listen = func(ctx context.Context, _ Rehearsal, addr string, ready func(string)) error {
		ready(addr)
		cancel()
		return ctx.Err()
	}
	if err := Run(ctx, cfg, []string{"rehearse", "--listen", "127.0.0.1:0"}); err != nil {
		t.Errorf("an interrupted server ends with %v", err)
	}
	if got := cfg.IO.Out.(*bytes.Buffer).String(); got != "listening on 127.0.0.1:0\n" {
		t.Errorf("the ready line is %q", got)
	}
}

// usageCase is a command line that can not be meant.
type usageCase struct {
	args string
	term bool
	want string // in the message or the hint
}

func usageCases() []usageCase {
	return []usageCase{
		{"release", false, "no terminal to ask in"},
		{"", false, "add --yes and a VERSION or --bump"},
		{"release --plain", false, "no terminal to ask in"},
		{"release 1.2.3", false, "no terminal to ask in"},
		{"release --json", true, "--json asks no question"},
		{"release --yes", false, "a script never gets a guessed version"},
		{"release --yes --json", true, "--yes needs VERSION or --bump"},
		{"release --yes --resume", false, "--yes needs VERSION"},
		{"release 1.2.3 --bump patch --yes", false, "exclude each other"},
		{"release --bump huge --yes", false, `--bump "huge" can not be read`},
		{"release --bump patch --resume --yes", false, "--resume goes on with a VERSION"},
		{"release 1.2.3 --resume --dry-run", false, "--dry-run and --resume exclude each other"},
		{"release 1.2.3 --plain --json --yes", false, "--json and --plain exclude each other"},
		{"verify --plain --json --explain x", false, "--explain, --json and --plain exclude each other"},
		{"release 1.2.3 2.3.4", false, "release takes one VERSION, not 2 arguments"},
		{"release --wait soon", false, "invalid argument \"soon\" for \"--wait\" flag\n"},
		{"release --wait -1h 1.2.3 --yes", false, "--wait -1h0m0s is below 0"},
		{"attach --wait -1h", false, "--wait -1h0m0s is below 0"},
		{"release --yolo", false, "unknown flag: --yolo"},
		{"stauts", false, `unknown command "stauts"`},
		{"stauts", false, "did you mean `twokey status`?"},
		{"1.2.3", false, "release a version with `twokey release 1.2.3`"},
		{"frobnicate", false, "see `twokey --help`"},
		{"--json", false, "as in `twokey release --json`"},
		{"attach 1.2.3 --yes", false, "see `twokey attach --help`"},
		{"status now", false, `status takes no argument: "now"`},
		{"status -R ckan", false, "[HOST/]OWNER/NAME"},
		{"status -R a/b/c/d", false, "-R ckan/ckan"},
		{"status -R https://github.com/o/r/pulls", false, "https://github.com/OWNER/NAME"},
		{"check --expect-sha zzz", false, `--expect-sha "zzz" is not a commit SHA`},
		{"check --expect-sha=", false, "--expect-sha is empty"},
		{"check --expect-sha abc123", false, "7 digits or more"},
		{"check --expect-sha=", false, "write it as `--expect-sha SHA`, or leave it out"},
		{"verify --stage=", false, "--stage is empty"},
		{"verify --stage=", false, "write it as `--stage NAME`, or leave it out"},
		{"verify --explain=", false, "--explain is empty"},
		{"verify --trusted-root=", false, "--trusted-root is empty"},
		{"verify --stage= --explain x", false, "--stage is empty"},
		{"status --repo=", false, "write it as `--repo [HOST/]OWNER/NAME`, or leave it out"},
		{"--repo= status", false, "--repo is empty"},
		{"release 1.2.3 --line= --yes", false, "--line is empty"},
		{"release --bump= --yes", false, "--bump is empty"},
		{"check --explain=", false, "--explain is empty"},
		{"check --format=", false, "--format is empty"},
		{"rehearse --scenario= status", false, "--scenario is empty"},
		{"rehearse status --scenario=", false, "--scenario is empty"},
		{"rehearse --repo= status", false, "--repo is empty"},
		{"rehearse --plan= status", false, "--plan is empty"},
		{"rehearse --connect= status", false, "--connect is empty"},
		{"rehearse --listen=", false, "--listen is empty"},
		{"check --expect-sha 0123456789abcdef0123456789abcdef012345678", false, "not a commit SHA"},
		{"release 1.2.3 --yes --expect-sha HEAD", false, "git rev-parse"},
		{"release 1.2.3 --yes --expect-sha=", false, "--expect-sha is empty"},
		{"rehearse --yes", false, "unknown flag: --yes"},
		{"rehearse --plain", false, "as in `twokey rehearse release --plain`"},
		{"rehearse --speed x status", false, "invalid argument \"x\" for \"--speed\" flag\n"},
		{"rehearse --plan /dev/null check", false, "--plan /dev/null: the file is empty"},
		{"rehearse --speed 0 status", false, "--speed 0 is not a number above 0"},
		{"rehearse --speed -3 status", false, "--speed -3 is not a number above 0"},
		{"rehearse --speed NaN status", false, "--speed NaN is not a number"},
		{"rehearse --speed +Inf status", false, "--speed +Inf is not"},
		{"rehearse --from= status", false, "--from is empty"},
		{"rehearse --from o/r= status", false, "names no directory"},
		{"rehearse --plan /nowhere/twokey.yml check", false, "/nowhere/twokey.yml"},
		{"rehearse --listen unix:/tmp/w status", false, "rehearse --connect unix:/tmp/w status"},
		{"rehearse --listen unix:/tmp/w --connect unix:/tmp/w", false, "--connect and --listen exclude each other"},
		{"rehearse --connect unix:/tmp/w --seed 4 status", false, "--seed is for whoever serves the world"},
		{"rehearse rehearse", false, "can not be rehearsed"},
		{"rehearse -R o/r rehearse status", false, "can not be rehearsed"},
		{"rehearse --speed 5 -- rehearse", false, "can not be rehearsed"},
		{"rehearse release", false, "no terminal to ask in"},
		{"rehearse stauts", false, `unknown command "stauts"`},
	}
}

// A version that is empty is a script's variable that was never set.
func TestEmptyVersion(t *testing.T) {
	for _, command := range []string{"release", "check", "attach", "verify"} {
		var got opened
		err := Run(t.Context(), config(&got, true), []string{command, ""})
		if release.KindOf(err) != release.KindUsage || err.Error() != "VERSION is empty" || !reflect.DeepEqual(got, opened{}) {
			t.Errorf("`%s \"\"` ends with %v and opens %+v", command, err, got)
		}
	}
}

// Wrong words never open a session: nothing is read and nothing is sent.
func TestUsageErrors(t *testing.T) {
	for _, tt := range usageCases() {
		t.Run(tt.args, func(t *testing.T) {
			var got opened
			err := Run(t.Context(), config(&got, tt.term), strings.Fields(tt.args))
			if err == nil || release.KindOf(err) != release.KindUsage {
				t.Fatalf("ends with %v, want a usage error", err)
			}
			var report bytes.Buffer
			Report(&report, err)
			if !strings.HasPrefix(report.String(), "twokey: ") || !strings.Contains(report.String(), tt.want) {
				t.Errorf("reports\n%swant it to say %q", report.String(), tt.want)
			}
			if !strings.Contains(report.String(), "\nhint: ") {
				t.Errorf("no next step in\n%s", report.String())
			}
			if !reflect.DeepEqual(got, opened{}) {
				t.Errorf("something was opened: %+v", got)
			}
		})
	}
}

func TestSmallTerminal(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {39, 24}, {80, 9}} {
		var got opened
		cfg := config(&got, true)
		cfg.IO.Width, cfg.IO.Height = size[0], size[1]
		err := Run(t.Context(), cfg, []string{"release", "1.2.3"})
		if release.KindOf(err) != release.KindUsage || !strings.Contains(err.Error(), "too small") || got.target != nil {
			t.Errorf("%v ends with %v; a session is opened: %v", size, err, got.target != nil)
		}
		if err := Run(t.Context(), cfg, []string{"release", "1.2.3", "--plain"}); !isOpened(err) {
			t.Errorf("--plain at %v ends with %v", size, err)
		}
	}
	var got opened
	cfg := config(&got, true)
	cfg.IO.Width, cfg.IO.Height = minWidth, minHeight
	if err := Run(t.Context(), cfg, nil); !isOpened(err) {
		t.Errorf("%d×%d ends with %v", minWidth, minHeight, err)
	}
}

func TestListOfScenarios(t *testing.T) {
	var got opened
	cfg := config(&got, false)
	if err := Run(t.Context(), cfg, []string{"rehearse", "--list"}); err != nil {
		t.Fatal(err)
	}
	const want = "clean   nothing goes wrong\nno-run  a workflow never starts\n"
	if out := cfg.IO.Out.(*bytes.Buffer).String(); out != want || got.target != nil {
		t.Errorf("--list prints %q, want %q", out, want)
	}
}

func TestVersion(t *testing.T) {
	var got opened
	cfg := config(&got, false)
	if err := Run(t.Context(), cfg, []string{"--version"}); err != nil {
		t.Fatal(err)
	}
	if out := cfg.IO.Out.(*bytes.Buffer).String(); out != "twokey 1.2.3\n" || got.target != nil {
		t.Errorf("--version prints %q", out)
	}
}
