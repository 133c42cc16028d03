package github

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// How two commits stand to one another is read once, and passes by the patches.
func TestCompare(t *testing.T) {
	b := newBench(t)
	line := "GET /repos/o/r/compare/" + shaB + "..." + shaA + "?per_page=1"
	b.fake.on(line, 200, fmt.Sprintf(`{"files":[{"patch":"+{[\"]}","deep":[[{}],[]]}],"ahead_by":3,"commits":[{}],
		"merge_base_commit":{"commit":{"x":[1,null]},"sha":%q},"status":"ahead","x":null}`, shaC)).odd("it has more than GitHub tells")
	for range 2 {
		if n, err := b.Ahead(t.Context(), testRepo(), shaB, shaA); err != nil || n != 3 {
			t.Error(n, err)
		}
		at, n, err := b.fork(t.Context(), testRepo(), shaB, shaA)
		if err != nil || at != shaC || n != 3 {
			t.Error(at, n, err)
		}
	}
	// A name may lead elsewhere the next time.
	for want := range 2 {
		b.fake.on("GET /repos/o/r/compare/main..."+shaA+"?per_page=1", 200, fmt.Sprintf(`{"ahead_by":%d}`, want))
		if n, err := b.Ahead(t.Context(), testRepo(), "main", shaA); err != nil || n != want {
			t.Error(n, err)
		}
	}
}

func TestCompareThatIsNone(t *testing.T) {
	for _, answer := range []string{`[]`, `"x"`, `{"ahead_by":null}`, `{"ahead_by":{}}`, `{"merge_base_commit":[]}`} {
		b := newBench(t)
		b.fake.on("GET /repos/o/r/compare/"+shaB+"..."+shaA+"?per_page=1", 200, answer).odd("it is none")
		if n, err := b.Ahead(t.Context(), testRepo(), shaB, shaA); err == nil {
			t.Errorf("%s: %d", answer, n)
		}
	}
	// Half an answer is asked for again, and one without the ancestor is no fork.
	b := newBench(t)
	line := "GET /repos/o/r/compare/" + shaB + "..." + shaA + "?per_page=1"
	b.fake.on(line, 200, `{"ahead_by":2,"files":[{"patch":"`).breaks(io.ErrUnexpectedEOF)
	b.fake.on(line, 200, `{"ahead_by":2,"files":[`+strings.Repeat(`{"patch":"x"},`, 300)+`{}]}`)
	if n, err := b.Ahead(t.Context(), testRepo(), shaB, shaA); err != nil || n != 2 {
		t.Error(n, err)
	}
	_, _, err := b.fork(t.Context(), testRepo(), shaB, shaA)
	wantErr(t, err, errStrange, "the common ancestor")
}

// The memory of comparisons does not grow without a bound.
func TestComparisonsAreBounded(t *testing.T) {
	var c comparisons
	for i := range 2*maxComparisons + 1 {
		c.put(fmt.Sprint(i), comparison{})
	}
	if len(c.kept) > maxComparisons {
		t.Errorf("%d are kept", len(c.kept))
	}
	if _, found := c.get(fmt.Sprint(2 * maxComparisons)); !found {
		t.Error("the last one is forgotten")
	}
}
