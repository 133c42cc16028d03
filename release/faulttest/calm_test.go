package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// calm plays what has happened before, runs a command without a fault, and gives the
// places of all its requests in order.
func calm(t *testing.T, dir string, s sample, before []scene, command string) []place {
	t.Helper()
	tr := newTrial(t, &tally{}, dir, s)
	for _, sc := range before {
		if _, met, err := tr.meet(sc); met == 0 {
			t.Fatalf("%+v was not met: %v", sc, err)
		}
	}
	var all []place
	seen := places{}
	p, err := tr.run(command, options{wire: func(_ *process, req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		at := seen.next(req)
		resp, err := send()
		if err == nil && resp.StatusCode == http.StatusOK && req.Method == http.MethodGet {
			var body []byte
			if body, err = io.ReadAll(resp.Body); err == nil {
				at.list = emptied(body) != nil
				resp.Body = io.NopCloser(bytes.NewReader(body))
			}
		}
		all = append(all, at)
		return resp, err
	}})
	if err != nil {
		t.Fatalf("without a fault: %v (hint: %s)", err, hintOf(err))
	}
	tr.judge(p, err)
	return all
}

// name is the name of a test.
func name(parts ...any) string {
	return strings.NewReplacer("/", "|", " ", "_", "\n", "").Replace(fmt.Sprintln(parts...))
}
