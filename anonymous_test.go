package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"twokey/release"
	"twokey/release/github"
	"twokey/release/registry"
	"twokey/release/rehearsal"
	"twokey/ui/cli"
)

// mostAsked is how many requests a stranger may take to verify the sample's release, of
// the 60 that GitHub answers in an hour.
const mostAsked = 40

// stranger is somebody without a token in a world.
type stranger struct {
	world *rehearsal.World
	// refused are parts of addresses that GitHub tells nothing of without a token.
	refused []string
}

// RoundTrip carries a request into the world.
func (s stranger) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get("Authorization") != "" && req.URL.Host == "api.github.com" {
		return nil, errors.New("a token was sent where there is none")
	}
	if slices.ContainsFunc(s.refused, func(part string) bool { return strings.Contains(req.URL.Path, part) }) {
		const refusal = `{"message":"Must have admin rights to Repository."}`
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Request: req,
			Body: io.NopCloser(strings.NewReader(refusal)), ContentLength: int64(len(refusal))}, nil
	}
	return s.world.Transport().RoundTrip(req)
}

// open makes what main makes of a real repository where it finds no token.
func (s stranger) open(_ context.Context, t cli.Target) (cli.World, error) {
	o := github.Options{ReadOnly: true, Emit: t.Emit, Trace: t.Trace, UserAgent: t.UserAgent, Transport: s, Clock: s.world.Clock()}
	reads, err := github.New(o)
	if err != nil {
		return cli.World{}, err
	}
	shelf := registry.New(registry.Options{Transport: s, Clock: o.Clock, Emit: o.Emit, Trace: o.Trace,
		UserAgent: o.UserAgent, Releases: reads.Release, Assets: reads.Assets, Key: reads.File, Archive: s.world.Archive})
	return cli.World{Repo: s.world.Repo(), Ports: release.Ports{Forge: reads, Commits: reads, Shelf: shelf, Artifacts: shelf,
		Clock: o.Clock, Root: s.world.Root}}, nil
}

// run runs a command, and gives what was asked of GitHub.
func (s stranger) run(t *testing.T, args ...string) (stdout string, asked []string, err error) {
	t.Helper()
	n := len(s.world.Requests())
	var out bytes.Buffer
	err = cli.Run(t.Context(), cli.Config{IO: cli.IO{In: strings.NewReader(""), Out: &out, Err: io.Discard}, Open: s.open}, args)
	for _, r := range s.world.Requests()[n:] {
		if r.Host == "api.github.com" {
			asked = append(asked, r.Method+" "+r.Path)
		}
	}
	return out.String(), asked, err
}

// releasedWorld is a world in which the sample was released.
func releasedWorld(t *testing.T) *rehearsal.World {
	t.Helper()
	w, addr := world(t, rehearsal.Options{Speed: -1})
	if out, err := twokey(t, "rehearse", "--connect", addr, "release", "2.11.6", "--yes"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return w
}

// Anybody can hold a public release against its commits, within what GitHub answers in an
// hour to who has no token. What only a token shows is unknown, and says so.
func TestVerifyWithoutAToken(t *testing.T) {
	needsTime(t)
	w := releasedWorld(t)
	s := stranger{world: w}
	out, asked, err := s.run(t, "verify")
	if err != nil || len(asked) > mostAsked {
		t.Errorf("%v with %d requests:\n%s\n%s", err, len(asked), strings.Join(asked, "\n"), out)
	}
	t.Logf("%d requests for three stages", len(asked))
	for i, a := range asked {
		if slices.Contains(asked[:i], a) {
			t.Errorf("asked twice: %s", a)
		}
		if strings.HasSuffix(a, "/zip") || strings.HasSuffix(a, "/logs") || strings.Contains(a, "graphql") {
			t.Errorf("asked for what needs a token: %s", a)
		}
	}
	for _, want := range []string{"harbour/harbour  2.11.6", "art.digest         the digests of 4 files agree", "art.trace          50 files", "art.extras         6 files",
		"? unknown  rep.double-build   what the runs of package have kept: ", "GitHub answers this only with a token",
		"next: sign in with `gh auth login`, or set GH_TOKEN", "VERIFIED: 3 unknown, 18 pass"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	for _, not := range []string{"✗", "fail", "rate limit"} {
		if strings.Contains(out, not) {
			t.Errorf("it says %q:\n%s", not, out)
		}
	}

	// Twenty are left of the hour: enough for one stage and not for all, which is unknown
	// and no pass.
	out, _, err = s.run(t, "verify", "2.11.6")
	if err == nil || !strings.Contains(out, "NOT VERIFIED") || !strings.Contains(out, "rate limit is used up") || !strings.Contains(out, "`--stage NAME`") {
		t.Errorf("beyond the limit it ends with %v:\n%s", err, out)
	}
}

// Each stage by itself takes fewer, and a file is explained to anybody.
func TestVerifyAStageWithoutAToken(t *testing.T) {
	needsTime(t)
	s := stranger{world: releasedWorld(t)}
	total := 0
	for _, args := range [][]string{{"verify", "2.11.6", "--stage", "deb"}, {"verify", "2.11.6", "--explain", "README.md"}} {
		out, asked, err := s.run(t, args...)
		if err != nil || len(asked) > 30 {
			t.Errorf("%q ends with %v after %d requests:\n%s", args, err, len(asked), out)
		}
		total += len(asked)
	}
	if total == 0 {
		t.Error("nothing was asked of this world")
	}
}

// What GitHub refuses to who has no token is unknown, and blocks where the check needs it;
// what everybody can see is judged all the same.
func TestVerifyWhereMoreIsRefused(t *testing.T) {
	needsTime(t)
	w := releasedWorld(t)
	for _, tt := range []struct {
		refused  []string
		fails    bool
		says     []string
		unspoken string
	}{
		{[]string{"/approvals"}, false, []string{"? unknown  gov.approved       the approvals of package: ", "GitHub answered 403", "sign in with `gh auth login`"}, "NOT VERIFIED"},
		{[]string{"/attestations/"}, true, []string{"? unknown  att.signer         the attestations of ", "this blocks the release: unknown is not a pass", "sign in with `gh auth login`", "art.digest         the digests of 4 files agree"}, "fail"},
	} {
		s := stranger{w, tt.refused}
		out, _, err := s.run(t, "verify", "2.11.6", "--stage", "package")
		if (err != nil) != tt.fails {
			t.Errorf("without %q it ends with %v:\n%s", tt.refused, err, out)
		}
		for _, want := range tt.says {
			if !strings.Contains(out, want) {
				t.Errorf("without %q it does not say %q:\n%s", tt.refused, want, out)
			}
		}
		if strings.Contains(out, tt.unspoken) {
			t.Errorf("without %q it says %q:\n%s", tt.refused, tt.unspoken, out)
		}
	}
}

// Every other command needs a token, and asks nothing without one.
func TestOthersNeedAToken(t *testing.T) {
	w, _ := world(t, rehearsal.Options{Speed: -1})
	for _, args := range []string{"status", "status --json", "check", "check 2.11.6", "check --format sarif", "attach", "attach 2.11.5",
		"release 2.11.6 --yes", "release 2.11.6 --dry-run", "release 2.11.5 --resume --yes"} {
		out, asked, err := stranger{world: w}.run(t, strings.Fields(args)...)
		if release.KindOf(err) != release.KindAuth || !errors.Is(err, release.ErrNoToken) || !strings.Contains(err.Error(), "there is no token for GitHub") ||
			!strings.Contains(release.HintOf(err), "gh auth login") {
			t.Errorf("%q ends with %v, hint %q:\n%s", args, err, release.HintOf(err), out)
		}
		if len(asked) > 0 {
			t.Errorf("%q asked %q", args, asked)
		}
	}
}
