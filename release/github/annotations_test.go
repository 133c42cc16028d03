package github

import (
	"errors"
	"testing"

	"twokey/release"
)

func TestAnnotations(t *testing.T) {
	const line = "GET /repos/o/r/check-runs/5/annotations?per_page=100"
	b := newBench(t)
	b.fake.on(line, 200, `[{"path":".github","blob_href":"https://github.com/o/r/blob/x/.github","start_line":12,"end_line":12,
		"start_column":null,"end_column":null,"annotation_level":"failure","title":null,"message":"Process completed\u001b[2J with exit code 1.","raw_details":null}]`).
		with("Link", "<"+apiHost+`/repos/o/r/check-runs/5/annotations?page=2>; rel="next"`)
	b.fake.on("GET /repos/o/r/check-runs/5/annotations?page=2", 200, `[{"annotation_level":"warning","message":"old","start_line":-3}]`)
	got, err := b.Annotations(t.Context(), testRepo(), 5)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if a := got[0]; a.Level != "failure" || a.Message.String() != "Process completed^[[2J with exit code 1." ||
		a.Path.String() != ".github" || a.Line != 12 || !a.Title.IsZero() {
		t.Errorf("annotation is %+v", a)
	}
	if a := got[1]; a.Level != "warning" || a.Line != 0 {
		t.Errorf("second is %+v", a)
	}
}

// A token that may not read them is told apart from everything else that is wrong.
func TestAnnotationsRefused(t *testing.T) {
	const line = "GET /repos/o/r/check-runs/5/annotations?per_page=100"
	b := newBench(t)
	b.fake.on(line, 403, `{"message":"Resource not accessible by personal access token"}`)
	_, err := b.Annotations(t.Context(), testRepo(), 5)
	wantErr(t, err, release.ErrForbidden, "the annotations of job 5 of o/r")
	b.fake.on(line, 200, `null`)
	_, err = b.Annotations(t.Context(), testRepo(), 5)
	wantErr(t, err, errStrange)
	sent := b.fake.count()
	if _, err := b.Annotations(t.Context(), testRepo(), 0); !errors.Is(err, errStrange) || b.fake.count() != sent {
		t.Errorf("asked for the annotations of job 0: %v", err)
	}
}
