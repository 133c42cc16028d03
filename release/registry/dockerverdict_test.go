package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"twokey/checks"
	"twokey/release"
	"twokey/release/github"
	"twokey/release/record"
	"twokey/release/registry"
	"twokey/release/rehearsal"
	"twokey/ui/cli"
)

// place is a rehearsed world, and the way there.
type place struct {
	w   *rehearsal.World
	via http.RoundTripper
}

// open gives the commands what main gives them, over the way that is taken here.
func (p place) open(_ context.Context, t cli.Target) (cli.World, error) {
	o := github.Options{Token: p.w.Token(), Transport: p.via, Clock: p.w.Clock(), Emit: t.Emit, Trace: t.Trace, UserAgent: t.UserAgent, ReadOnly: true}
	reads, err := github.New(o)
	if err != nil {
		return cli.World{}, err
	}
	records := record.NewKeeper(os.Getenv, true, o.Clock)
	s := registry.New(registry.Options{Transport: p.via, Clock: o.Clock, Emit: o.Emit, Trace: o.Trace, UserAgent: o.UserAgent, Releases: reads.Release, Assets: reads.Assets})
	w := cli.World{Repo: p.w.Repo(), Scenario: p.w.ScenarioName(), Ports: release.Ports{Forge: reads, Commits: reads, Shelf: s, Artifacts: s, Clock: o.Clock,
		Recall: records.Recall, Remark: p.w.Idle, Root: p.w.Root, Random: rehearsal.Random("", 0)}}
	if t.Access == cli.Reads {
		return w, nil
	}
	o.ReadOnly, o.Beside, w.Ports.OpenJournal = false, reads, records.Open
	acts, err := github.New(o)
	if err == nil {
		w.Ports.Actor, err = acts.Actor()
	}
	return w, err
}

// twokey runs a command there.
func (p place) twokey(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := cli.Run(t.Context(), cli.Config{IO: cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs}, Open: p.open}, append([]string{"rehearse"}, args...))
	if said := errs.String(); said != "" && !strings.Contains(said, "; trying again in ") {
		t.Errorf("twokey %q says\n%s", args, said)
	}
	return out.String(), err
}

// verified is what `verify --json` prints, as far as it is about what was published.
type verified struct {
	Plan    release.Plan    `json:"plan"`
	Verdict checks.Verdict  `json:"verdict"`
	Stages  []release.Proof `json:"stages"`
}

// TestDockerRegistryVerdicts holds that a release is judged alike, whether the rehearsal's
// registry serves its images or a real one that they were copied to: every finding, and
// every line about an artifact.
func TestDockerRegistryVerdicts(t *testing.T) {
	notRaced(t)
	for scenario, want := range map[string]checks.Outcome{"clean": checks.Pass, "image-second-hop": checks.Fail} {
		t.Run(scenario, func(t *testing.T) {
			d := newDockerRegistry(t)
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			w, err := rehearsal.New(rehearsal.Options{Scenario: scenario, Stepping: true, Speed: -1})
			if err != nil {
				t.Fatal(err)
			}
			played := place{w, w.Transport()}
			if _, err := played.twokey(t, "release", "2.11.6", "--yes"); (err == nil) != (want == checks.Pass) {
				t.Fatalf("the release ends with %v", err)
			}
			rehearsed, theirs := judged(t, played)
			r := &road{to: d.addr, rest: w.Transport()}
			copied := 0
			for _, repo := range repositories(t, rehearsed.Plan) {
				r.hosts = append(r.hosts, repo.RegistryStr())
				copied += len(d.copyAll(w.Transport(), r, repo.Name()))
			}
			pushed := r.asked.Load()
			served, ours := judged(t, place{w, r})
			if ours != theirs {
				t.Errorf("with docker-registry it prints\n%s\nand in the rehearsal\n%s", ours, theirs)
			}
			a, b := asJSON(t, served), asJSON(t, rehearsed)
			if a != b {
				t.Errorf("with docker-registry it is\n%s\nand in the rehearsal\n%s", a, b)
			}
			if got := outcome(t, served, "art.trace"); got != want {
				t.Errorf("art.trace of the images is %v, want %v", got, want)
			}
			asked := r.asked.Load() - pushed
			if copied == 0 || asked == 0 {
				t.Errorf("%d tags were copied, and docker-registry was asked %d times", copied, asked)
			}
			if !t.Failed() {
				t.Logf("docker-registry: %s: the same verdicts as in the rehearsal; %d tags copied, %d requests to read the release", scenario, copied, asked)
			}
		})
	}
}

// judged is what verify says of a release, as values and as people read it.
func judged(t *testing.T, p place) (verified, string) {
	t.Helper()
	var v verified
	out, err := p.twokey(t, "verify", "2.11.6", "--json")
	if unread := json.Unmarshal([]byte(out), &v); unread != nil {
		t.Fatalf("%v, %v:\n%s", err, unread, out)
	}
	lines, said := p.twokey(t, "verify", "2.11.6")
	if (said == nil) != (err == nil) || v.Verdict.Go != (err == nil) {
		t.Errorf("it ends with %v and with %v, and its verdict is %+v", err, said, v.Verdict)
	}
	return v, lines
}

// repositories are those of the images that a plan publishes.
func repositories(t *testing.T, p release.Plan) []name.Repository {
	t.Helper()
	var out []name.Repository
	for _, st := range p.Stages {
		for _, a := range st.Artifacts {
			if a.Kind != release.KindImage {
				continue
			}
			ref, err := name.ParseReference(a.Name)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(out, ref.Context()) {
				out = append(out, ref.Context())
			}
		}
	}
	return out
}

// outcome is how a check of the stage that publishes images ended.
func outcome(t *testing.T, v verified, id string) checks.Outcome {
	t.Helper()
	for _, st := range v.Stages {
		for _, f := range st.Findings {
			if st.Stage == "docker" && f.ID == id {
				return f.Outcome
			}
		}
	}
	t.Fatalf("%s was not looked at", id)
	return checks.Unknown
}

func asJSON(t *testing.T, v verified) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
