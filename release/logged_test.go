package release

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// pushed is a log of a job that pushed an image.
func pushed(sum string) Log {
	return Log{Lines: []text.Safe{text.Cleanf("#9 pushing manifest for o/r:1@sha256:%s 1.0s done", sum), text.Cleanf("%s  x.whl", sum), text.Cleanf("%s  y.deb", sum)}, Total: 3}
}

// TestLogged holds that logs are read of what no run has kept, and of that alone.
func TestLogged(t *testing.T) {
	sum := strings.Repeat("a", 64)
	st := Stage{Name: "package", Artifacts: []Artifact{{Kind: KindPyPI, Name: "x"}, {Kind: KindImage, Name: "docker.io/o/r:1"}}}
	run := Run{ID: 7, Number: 3, Workflow: "publish.yml", Conclusion: ConclusionSuccess}
	job := func(id int64, name, conclusion string) Job {
		return Job{ID: id, RunID: 7, Name: text.Clean(name), Conclusion: conclusion, Completed: time.Unix(id, 0)}
	}
	for _, tt := range []struct {
		name   string
		change func(b *bench, files [][]checks.FileFacts)
		want   string // what the files of each artifact are told to be
		reads  int    // of jobs and logs
	}{
		{"everything", func(*bench, [][]checks.FileFacts) {}, "x.whl: the log of publish in publish.yml #3 aaaaaaa; linux/amd64: the log of publish in publish.yml #3 aaaaaaa", 2},
		{"what a run has kept", func(_ *bench, files [][]checks.FileFacts) { files[0][0].Built = []checks.Built{{}} }, "linux/amd64: the log of publish in publish.yml #3 aaaaaaa", 2},
		{"nothing that a log would tell of", func(_ *bench, files [][]checks.FileFacts) {
			files[0][0].Built, files[1] = []checks.Built{{}}, nil
		}, "", 0},
		{"a job that failed", func(b *bench, _ [][]checks.FileFacts) { b.jobs[7] = []Job{job(1, "publish", conclusionFailure)} }, "", 1},
		{"no log any more", func(b *bench, _ [][]checks.FileFacts) { b.logs = nil }, "", 1},
		{"few requests left", func(b *bench, _ [][]checks.FileFacts) {
			b.left = &Budget{Limit: 5000, Remaining: 10, Reset: b.Now().Add(time.Hour)}
		}, "", 0},
		{"jobs that can not be listed", func(b *bench, _ [][]checks.FileFacts) { b.jobs, b.listed = nil, nil }, "", 1},
		{"another log than it was", func(b *bench, _ [][]checks.FileFacts) {
			b.jobs[7] = append(b.jobs[7], job(2, "again", ConclusionSuccess))
			b.logs[2] = pushed(strings.Repeat("b", 64))
		}, "x.whl: the log of again in publish.yml #3 bbbbbbb, the log of publish in publish.yml #3 aaaaaaa; " +
			"linux/amd64: the log of again in publish.yml #3 bbbbbbb, the log of publish in publish.yml #3 aaaaaaa", 3},
		{"more jobs than are read", func(b *bench, _ [][]checks.FileFacts) {
			b.jobs[7] = nil
			for i := range int64(maxLogs + 5) {
				b.jobs[7] = append(b.jobs[7], job(10+i, "test", ConclusionSuccess))
				b.logs[10+i] = Log{}
			}
		}, "", 1 + maxLogs},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, hubPlan(t))
			b.listed, b.jobs = []Run{run}, map[int64][]Job{7: {job(1, "publish", ConclusionSuccess)}}
			b.logs = map[int64]Log{1: pushed(sum)}
			files := [][]checks.FileFacts{{{PublishedFile: checks.PublishedFile{Name: text.Clean("x.whl"), Form: checks.FormWheel}}},
				{{PublishedFile: checks.PublishedFile{Name: text.Clean("linux/amd64"), Form: checks.FormImage}}}}
			tt.change(b, files)
			facts := []checks.ArtifactFacts{{Files: checks.Have(files[0])}, {Files: checks.Have(files[1])}}
			in := NewEngine(Ports{Forge: b, Clock: b, Stream: NewStream(b)}).inspect(b.plan)
			before := b.hub.reads
			in.logged(t.Context(), st, facts, []Run{run})
			if got := b.hub.reads - before; got != tt.reads {
				t.Errorf("%d requests, want %d", got, tt.reads)
			}
			var told []string
			for _, list := range files {
				for _, f := range list {
					var said []string
					for _, l := range f.Logged {
						said = append(said, fmt.Sprintf("%s %s", l.By, strings.TrimPrefix(l.Digests[0], "sha256:")[:7]))
					}
					if len(said) > 0 {
						told = append(told, f.Name.String()+": "+strings.Join(said, ", "))
					}
				}
			}
			if got := strings.Join(told, "; "); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
			before = b.hub.reads
			for i := range files {
				for k := range files[i] {
					files[i][k].Logged = nil
				}
			}
			in.logged(t.Context(), st, facts, []Run{run})
			if got := b.hub.reads - before; got > 1 {
				t.Errorf("%d requests to look again, want the jobs alone", got)
			}
		})
	}
}

// A token that is refused while logs are read ends the session, and is no judgement.
func TestLoggedWithARefusedToken(t *testing.T) {
	b := newBench(t, hubPlan(t))
	run := Run{ID: 7, Workflow: "publish.yml"}
	b.listed, b.jobs = []Run{run}, map[int64][]Job{7: {{ID: 1, RunID: 7, Conclusion: ConclusionSuccess}}}
	b.logs = map[int64]Log{1: {}}
	b.hub.broken = func(n int) error {
		if n == 2 {
			return ErrUnauthorized
		}
		return nil
	}
	in := NewEngine(Ports{Forge: b, Clock: b, Stream: NewStream(b)}).inspect(b.plan)
	facts := []checks.ArtifactFacts{{Files: checks.Have([]checks.FileFacts{{}})}}
	in.logged(t.Context(), Stage{Artifacts: []Artifact{{Kind: KindPyPI}}}, facts, []Run{run})
	if !errors.Is(in.refused, ErrUnauthorized) {
		t.Errorf("the token is %v", in.refused)
	}
}
