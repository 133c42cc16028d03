package release

import (
	"context"
	"testing"
	"time"

	"twokey/checks/trace/archive"
)

// slowPlace is read in steps, each of which takes a while of its clock's time.
type slowPlace struct {
	Artifacts
	now   time.Time
	steps []time.Duration
	each  int64 // bytes
}

func (s *slowPlace) Now() time.Time                                   { return s.now }
func (s *slowPlace) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func (s *slowPlace) Read(_ context.Context, _ File, _ archive.Visit, progress func(int64)) (Received, error) {
	var received int64
	for _, d := range s.steps {
		s.now, received = s.now.Add(d), received+s.each
		progress(received)
	}
	return Received{Size: received}, nil
}

// How far a file is read is told once a second at most, with how fast it came so far.
func TestReadingTellsItsRate(t *testing.T) {
	s := &slowPlace{now: time.Unix(0, 0), each: 1000, steps: []time.Duration{0, 500 * time.Millisecond, time.Second, 100 * time.Millisecond, 2400 * time.Millisecond}}
	var told []ArtifactReading
	stream := NewStream(s, func(e Stamped, _ *State) { told = append(told, e.Event.(ArtifactReading)) })
	in := NewEngine(Ports{Clock: s, Artifacts: s, Stream: stream}).inspect(Plan{})
	if _, err := in.read(t.Context(), Stage{Name: "package"}, File{Name: "x.whl", Size: 9000}, nil); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || told[0].Received != 3000 || told[0].Rate != 2000 || told[1].Received != 5000 || told[1].Rate != 1250 || told[1].Size != 9000 {
		t.Errorf("%+v", told)
	}
}
