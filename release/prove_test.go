package release

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"

	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
)

// bench is what was published, and what the commits hold, in memory: one source
// distribution for each version. It wraps a hub, whose releases it is about.
type bench struct {
	*hub
	files map[string]map[string]string // what is in the distribution of a version, by path
	tree  map[string]string            // what every commit holds
	// broken is asked before each reading of a file, by how many there were.
	broken func(n int) error
	// swapped holds for readings of which the bytes are others than the index says.
	swapped func(n int) bool
	reads   int
	// yanked are the versions that PyPI took back, and uploaded when it got each.
	yanked   map[string]bool
	uploaded map[string]time.Time
}

// before puts a release before the planned one: its tag, and what is in its distribution
// beside what every one has.
func (b *bench) before(version, path, content string) {
	b.claims["harbour/harbour refs/tags/harbour-"+version] = Claim{Ref: "refs/tags/harbour-" + version, SHA: strings.Repeat("8", 40)}
	b.files[version] = map[string]string{"harbour/__init__.py": "x = 1\n", "README": "a harbour\n", path: content}
}

func newBench(t *testing.T, p Plan) *bench {
	b := &bench{hub: newHub(t, p), tree: map[string]string{"harbour/__init__.py": "x = 1\n", "README": "a harbour\n"}, files: map[string]map[string]string{}}
	for _, v := range []string{"2.11.5", "2.11.6"} {
		b.files[v] = map[string]string{"harbour/__init__.py": "x = 1\n", "README": "a harbour\n"}
	}
	b.claims["harbour/harbour refs/tags/harbour-2.11.5"] = Claim{Ref: "refs/tags/harbour-2.11.5", SHA: strings.Repeat("9", 40)}
	return b
}

func (b *bench) Workflows(context.Context, Repo, string) ([]WorkflowFile, error) { return nil, nil }

func (b *bench) Tree(context.Context, Repo, string) ([]checks.TreeEntry, error) {
	var out []checks.TreeEntry
	for path, content := range b.tree {
		sum := sha1.Sum([]byte(fmt.Sprintf("blob %d\x00%s", len(content), content)))
		out = append(out, checks.TreeEntry{Path: path, Mode: checks.ModeFile, SHA: fmt.Sprintf("%x", sum), Size: int64(len(content))})
	}
	return out, nil
}

func (b *bench) BlobContents(context.Context, Repo, string, []string, int64) (map[string][]byte, error) {
	return nil, nil
}

func (b *bench) Attestations(context.Context, Repo, string) ([][]byte, error) { return nil, nil }

func (b *bench) RunArtifacts(context.Context, Repo, int64) ([]RunArtifact, error) { return nil, nil }

func (b *bench) ReadRunArtifact(context.Context, Repo, RunArtifact, archive.Visit) (Received, error) {
	return Received{}, errors.New("nothing is kept")
}

func (s shop) Bundles(context.Context, File) ([][]byte, error) { return nil, nil }

// sum is the digest of a version's distribution.
func (b *bench) sum(version string) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(fmt.Sprint(b.files[version]))))
}

// shop is where it was published.
type shop struct{ *bench }

func (b shop) Files(_ context.Context, a Artifact) ([]File, error) {
	if a.Kind != KindPyPI {
		return []File{{Artifact: a, Name: "x", Form: checks.FormOther, Size: -1}}, nil
	}
	return []File{{Artifact: a, Name: "harbour-" + a.Version + ".tar.gz", Form: checks.FormSdist, Size: -1, Yanked: b.yanked[a.Version], Uploaded: b.uploaded[a.Version],
		Digests: []checks.Said{{By: text.Clean("PyPI's index"), Digest: b.sum(a.Version)}}}}, nil
}

func (b shop) Read(_ context.Context, f File, visit archive.Visit, progress func(int64)) (Received, error) {
	b.mu.Lock()
	b.reads++
	n := b.reads
	b.mu.Unlock()
	if b.broken != nil {
		if err := b.broken(n); err != nil {
			return Received{}, err
		}
	}
	got := Received{Size: 1, Digests: []checks.Said{{By: checks.Downloaded(), Digest: b.sum(f.Artifact.Version)}}}
	if b.swapped != nil && b.swapped(n) {
		got.Digests[0].Digest = "sha256:" + strings.Repeat("0", 64)
	}
	progress(1)
	files := b.files[f.Artifact.Version]
	for _, path := range slices.Sorted(mapKeys(files)) {
		m := archive.Member{Path: "harbour-" + f.Artifact.Version + "/" + path, Size: int64(len(files[path]))}
		if f.Form == checks.FormSdist {
			if err := visit(m, bytes.NewReader([]byte(files[path]))); err != nil {
				return got, err
			}
		}
	}
	return got, nil
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// release takes the plan through a release, and gives what happened and how it ended.
func (b *bench) release(p Plan, given Given) ([]Event, error) {
	var seen []Event
	s := NewStream(b, func(e Stamped, _ *State) { seen = append(seen, e.Event) })
	e := NewEngine(Ports{Forge: b, Shelf: b.hub, Actor: b.hub, Clock: b, Stream: s, Random: &b.draws, Commits: b, Artifacts: shop{b}})
	e.Give(given)
	e.planned(p)
	err := e.Release(b.t.Context(), p, false)
	return seen, err
}

func TestStageIsDoneWhenItIsProven(t *testing.T) {
	const extra = "eval\n"
	for _, tt := range []struct {
		name   string
		change func(*bench)
		want   string // of the error; empty for none
		hint   string
		reads  int // of the source distribution and the one before; 0: any
	}{
		{"as it should be", func(*bench) {}, "", "", 0},
		{"a file that is in no commit", func(b *bench) { b.files["2.11.6"]["m4/x.m4"] = extra }, "art.extras: m4/x.m4 in harbour-2.11.6.tar.gz: is not in git, nor was it so in 2.11.5", "yank it", 2},
		{"one that was there before", func(b *bench) { b.files["2.11.6"]["m4/x.m4"], b.files["2.11.5"]["m4/x.m4"] = extra, extra }, "", "", 0},
		{"one that was another before", func(b *bench) { b.files["2.11.6"]["m4/x.m4"], b.files["2.11.5"]["m4/x.m4"] = extra, "eval a\n" }, "and was another in 2.11.5", "yank it", 2},
		{"one that a release between had", func(b *bench) {
			b.before("2.11.5.post1", "m4/x.m4", extra)
			b.files["2.11.6"]["m4/x.m4"] = extra
		}, "m4/x.m4 in harbour-2.11.6.tar.gz: is not in git, nor was it so in 2.11.5", "yank it", 2},
		{"one that a yanked release had", func(b *bench) {
			b.before("2.11.4", "README", "a harbour\n")
			b.files["2.11.6"]["m4/x.m4"], b.files["2.11.5"]["m4/x.m4"] = extra, extra
			b.yanked = map[string]bool{"2.11.5": true}
		}, "m4/x.m4 in harbour-2.11.6.tar.gz: is not in git, nor was it so in 2.11.4", "yank it", 2},
		{"one that the release before the yanked one had", func(b *bench) {
			b.before("2.11.4", "m4/x.m4", extra)
			b.files["2.11.6"]["m4/x.m4"] = extra
			b.yanked = map[string]bool{"2.11.5": true}
		}, "", "", 0},
		{"one that a release had which came after it", func(b *bench) {
			b.files["2.11.6"]["m4/x.m4"], b.files["2.11.5"]["m4/x.m4"] = extra, extra
			b.uploaded = map[string]time.Time{"2.11.6": b.now, "2.11.5": b.now.Add(time.Minute)}
		}, "m4/x.m4 in harbour-2.11.6.tar.gz: is not in git, and there is no release before to compare with", "yank it", 1},
		{"code that is not the commit's", func(b *bench) { b.files["2.11.6"]["harbour/__init__.py"] = "x = 2\n" }, "art.trace: harbour/__init__.py in harbour-2.11.6.tar.gz: is not the commit's", "yank it", 4},
		{"other bytes, once", func(b *bench) { b.swapped = func(n int) bool { return n == 1 } }, "", "", 0},
		{"other bytes", func(b *bench) { b.swapped = func(int) bool { return true } }, "art.digest: harbour-2.11.6.tar.gz: sha256 is", "yank it", 2},
		{"not to be read, once", func(b *bench) {
			b.broken = func(n int) error {
				if n == 1 {
					return errors.New("it broke off")
				}
				return nil
			}
		}, "", "", 0},
		{"not to be read", func(b *bench) { b.broken = func(int) error { return errors.New("it broke off") } }, "harbour-2.11.6.tar.gz: it broke off", "`twokey release 2.11.6 --resume`", 0},
		{"nobody should unpack it", func(b *bench) {
			b.broken = func(int) error { return &archive.Refused{Path: "../x", Why: "a path that leads out of the archive"} }
		}, "nobody should unpack it: ../x: a path that leads out", "yank it", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			b := newBench(t, p)
			tt.change(b)
			events, err := b.release(p, Given{})
			later := slices.ContainsFunc(b.calls, func(c Call) bool { return c.Stage == "deb" || c.Stage == "images" })
			switch {
			case tt.want == "" && err != nil:
				t.Fatal(err)
			case tt.want == "":
				if !later || last(t, events).Outcome != Done {
					t.Errorf("it ended as %+v", last(t, events))
				}
				return
			case err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(HintOf(err), tt.hint):
				t.Fatalf("%v (hint: %s)", err, HintOf(err))
			}
			if later {
				t.Error("what needs the stage was started all the same")
			}
			if KindOf(err) != KindFailed || last(t, events).Outcome != Failed || tt.reads > 0 && b.reads != tt.reads {
				t.Errorf("kind %v, %+v, %d readings", KindOf(err), last(t, events), b.reads)
			}
			if hint := HintOf(err); strings.Contains(hint, "yank") && strings.Contains(strings.ReplaceAll(hint, "--resume --acknowledge", ""), "--resume") {
				t.Errorf("it says to go on, whatever it is: %s", hint)
			}
		})
	}
}

// TestProofIsTold holds that the files and the judgement are told before the stage is
// done, each check once.
func TestProofIsTold(t *testing.T) {
	p := hubPlan(t)
	b := newBench(t, p)
	events, err := b.release(p, Given{})
	if err != nil {
		t.Fatal(err)
	}
	var story []string
	for _, e := range events {
		switch e := e.(type) {
		case ArtifactTraced:
			story = append(story, e.Stage+" traced")
		case ArtifactsChecked:
			story = append(story, e.Stage+" "+e.Finding.ID)
		case StageDone:
			story = append(story, e.Stage+" done")
		}
	}
	want := []string{"package traced"}
	for _, c := range checks.ForPublished() {
		want = append(want, "package "+c.ID)
	}
	want = append(want, "package done")
	if !slices.Equal(story[:len(want)], want) {
		t.Errorf("%q", story)
	}
}

// TestAcknowledgedAtRelease holds that a word for one content is none for another.
func TestAcknowledgedAtRelease(t *testing.T) {
	sum := sha1.Sum([]byte("blob 5\x00eval\n"))
	for name, blob := range map[string]string{"the content": fmt.Sprintf("%x", sum), "another": strings.Repeat("0", 40)} {
		t.Run(name, func(t *testing.T) {
			p := hubPlan(t)
			b := newBench(t, p)
			b.files["2.11.6"]["m4/x.m4"] = "eval\n"
			ack, err := ParseAcknowledgement("m4/x.m4@" + blob + "=gettext puts it there")
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.release(p, Given{Acknowledged: []checks.Acknowledgement{ack}})
			if (err == nil) != (name == "the content") {
				t.Error(err)
			}
		})
	}
}

// TestRefusedTokenIsNoJudgement holds that a token that stops working while something is
// read ends the watch, and says nothing of what was published.
func TestRefusedTokenIsNoJudgement(t *testing.T) {
	p := hubPlan(t)
	b := newBench(t, p)
	b.broken = func(int) error { return fmt.Errorf("GitHub answered 401: %w", ErrUnauthorized) }
	events, err := b.release(p, Given{})
	if KindOf(err) != KindLeft && KindOf(err) != KindAuth {
		t.Errorf("kind %v: %v", KindOf(err), err)
	}
	for _, e := range events {
		if d, ok := e.(StageDone); ok && d.Outcome == Failed {
			t.Errorf("the stage failed: %s", d.Why)
		}
	}
}

func TestParseAcknowledgement(t *testing.T) {
	good := strings.Repeat("a", 40)
	for in, ok := range map[string]bool{"a/b@" + good + "=x": true, "a@b@" + good + "=x = y": true, "a@" + good: false, "a@" + good + "=": false,
		"@" + good + "=x": false, "a@abc=x": false, "a=x": false, "": false} {
		a, err := ParseAcknowledgement(in)
		if (err == nil) != ok || ok && (a.Blob != good || a.Reason.IsZero()) {
			t.Errorf("%q: %+v, %v", in, a, err)
		}
		if err != nil && (KindOf(err) != KindUsage || HintOf(err) == "") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// A release of which the runs are forgotten is judged by what is published: by what it
// is, too, and not by its being there.
func TestAttachLongAfterwardsProves(t *testing.T) {
	p := hubPlan(t)
	long := 62 * 24 * time.Hour
	for _, swapped := range []bool{false, true} {
		b := newBench(t, p)
		b.swapped = func(int) bool { return swapped }
		for _, st := range p.Stages {
			b.claimed(p, st, b.now.Add(-long))
			for _, a := range st.Artifacts {
				b.put(a, "sha256:then", b.now.Add(-long/2))
			}
		}
		var seen []Event
		e := NewEngine(Ports{Forge: b, Shelf: b.hub, Clock: b, Commits: b, Artifacts: shop{b},
			Stream: NewStream(b, func(e Stamped, _ *State) { seen = append(seen, e.Event) })})
		q, err := e.InFlight(t.Context(), p.Repo, "2.11.6")
		if err != nil {
			t.Fatal(err)
		}
		err = e.Attach(t.Context(), q)
		said := 0
		for _, ev := range seen {
			if n, ok := ev.(Noted); ok && strings.Contains(n.Text.String(), "stage package: no run of ") && strings.HasSuffix(n.Text.String(), "judged by what is published") {
				said++
			}
		}
		if swapped != (err != nil) || swapped && !strings.Contains(err.Error(), "stage package: art.digest: ") || said != 1 {
			t.Errorf("swapped is %v: %v; said %d times", swapped, err, said)
		}
	}
}
