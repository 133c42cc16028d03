package github

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// maxInputs is how many inputs GitHub lets a dispatch have.
const maxInputs = 25

// actor sends what changes anything. It has no part in the retries of reads: each
// request leaves once.
type actor struct{ c *Client }

// order is one request that acts.
type order struct {
	what     string
	segments []string
	// body becomes JSON; nil where GitHub describes none.
	body any
	// accepted are the statuses that say it was done.
	accepted []int
	// receipt reads the answer; an answer that it can not read is lost.
	receipt func(status int, body []byte) (release.Receipt, error)
}

// Perform sends one call, exactly once. It wraps ErrLost when the request may have
// acted though no answer says so: then only looking tells.
func (a *actor) Perform(ctx context.Context, call release.Call) (release.Receipt, error) {
	o, err := a.order(call)
	if err != nil {
		return release.Receipt{}, a.c.explain(call.What().String(), fmt.Errorf("not sent: %w", err))
	}
	r, err := a.send(ctx, call.Repo, o)
	if call.Kind == release.CallDispatch && refusesDetails(err) {
		// This is the one request that leaves a second time. GitHub refused the
		// first as a whole because it does not know this key, so that it has
		// certainly not acted.
		body := o.body.(dispatchBody)
		body.Details = false
		o.body = body
		r, err = a.send(ctx, call.Repo, o)
	}
	return r, a.c.explain(o.what, err)
}

// order makes the request of a call. What it can see to be wrong is not sent.
func (a *actor) order(call release.Call) (order, error) {
	o := order{what: call.What().String(), receipt: noReceipt}
	switch call.Kind {
	case release.CallTagObject:
		return tagObjectOrder(o, call)
	case release.CallRef:
		return refOrder(o, call)
	case release.CallRelease:
		return releaseOrder(o, call)
	case release.CallDispatch:
		return dispatchOrder(o, call)
	case release.CallReview:
		return reviewOrder(o, call)
	case release.CallRerunFailed:
		o.segments, o.accepted, o.body = runSegments(call.RunID, "rerun-failed-jobs"), []int{http.StatusCreated}, struct{}{}
		return o, checkID("the run", call.RunID)
	case release.CallCancel:
		o.segments, o.accepted = runSegments(call.RunID, "cancel"), []int{http.StatusAccepted}
		return o, checkID("the run", call.RunID)
	}
	return o, fmt.Errorf("%q is no call that twokey makes", clip(string(call.Kind)))
}

func runSegments(id int64, last string) []string {
	return []string{"actions", "runs", strconv.FormatInt(id, 10), last}
}

func noReceipt(int, []byte) (release.Receipt, error) { return release.Receipt{}, nil }

// tagObjectOrder creates an annotated tag's object. Nothing leads to it yet.
func tagObjectOrder(o order, call release.Call) (order, error) {
	tag := strings.TrimPrefix(call.Ref, "refs/tags/")
	o.segments, o.accepted = []string{"git", "tags"}, []int{http.StatusCreated}
	o.body = struct {
		Tag     string `json:"tag"`
		Message string `json:"message"`
		Object  string `json:"object"`
		Type    string `json:"type"`
	}{tag, call.Message, call.SHA, "commit"}
	o.receipt = func(_ int, body []byte) (release.Receipt, error) {
		var t struct {
			SHA    string    `json:"sha"`
			Tag    string    `json:"tag"`
			Object gitObject `json:"object"`
			Tagger struct {
				Date time.Time `json:"date"`
			} `json:"tagger"`
		}
		if err := json.Unmarshal(body, &t); err != nil {
			return release.Receipt{}, err
		}
		if t.Tag != tag || t.Object.SHA != call.SHA {
			return release.Receipt{}, errStrange
		}
		return release.Receipt{SHA: t.SHA, At: t.Tagger.Date}, checkSHA("the tag object", t.SHA)
	}
	if tag == "" || call.Message == "" {
		return o, errors.New("a tag object needs a tag and a message")
	}
	return o, checkSHA("the commit", call.SHA)
}

// refOrder creates a ref, which GitHub does for whoever is first.
func refOrder(o order, call release.Call) (order, error) {
	o.segments, o.accepted = []string{"git", "refs"}, []int{http.StatusCreated}
	o.body = struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	}{call.Ref, call.SHA}
	o.receipt = func(_ int, body []byte) (release.Receipt, error) {
		var r refAnswer
		if err := json.Unmarshal(body, &r); err != nil {
			return release.Receipt{}, err
		}
		if r.Ref != call.Ref || r.Object.SHA != call.SHA {
			return release.Receipt{}, errStrange
		}
		return release.Receipt{SHA: r.Object.SHA}, nil
	}
	if !strings.HasPrefix(call.Ref, "refs/") || strings.Count(call.Ref, "/") < 2 {
		return o, fmt.Errorf("%q is not a full ref", clip(call.Ref))
	}
	return o, checkSHA("what the ref leads to", call.SHA)
}

// releaseOrder creates a release, published at once. "legacy" lets GitHub choose
// the latest release by version: a release of an older line must not become it.
func releaseOrder(o order, call release.Call) (order, error) {
	tag := strings.TrimPrefix(call.Ref, "refs/tags/")
	o.segments, o.accepted = []string{"releases"}, []int{http.StatusCreated}
	o.body = struct {
		TagName    string `json:"tag_name"`
		Commitish  string `json:"target_commitish"`
		Name       string `json:"name"`
		Body       string `json:"body,omitempty"`
		Draft      bool   `json:"draft"`
		Prerelease bool   `json:"prerelease"`
		MakeLatest string `json:"make_latest"`
	}{tag, call.SHA, call.Title, call.Message, false, call.Prerelease, "legacy"}
	o.receipt = func(_ int, body []byte) (release.Receipt, error) {
		var r releaseAnswer
		if err := json.Unmarshal(body, &r); err != nil {
			return release.Receipt{}, err
		}
		if r.TagName != tag || r.Draft {
			return release.Receipt{}, errStrange
		}
		return release.Receipt{URL: text.Clean(r.HTMLURL)}, nil
	}
	if tag == "" {
		return o, errors.New("a release needs a tag")
	}
	return o, checkSHA("the commit", call.SHA)
}

// dispatchBody is the body of a dispatch.
type dispatchBody struct {
	Ref     string            `json:"ref"`
	Inputs  map[string]string `json:"inputs,omitempty"`
	Details bool              `json:"return_run_details,omitempty"`
}

// dispatchOrder starts a workflow. A server may say which run that gave (200) or
// only that it was accepted (204).
func dispatchOrder(o order, call release.Call) (order, error) {
	o.segments = []string{"actions", "workflows", call.Workflow, "dispatches"}
	o.accepted = []int{http.StatusOK, http.StatusNoContent}
	o.body = dispatchBody{call.Ref, call.Inputs, true}
	o.receipt = func(status int, body []byte) (release.Receipt, error) {
		if status == http.StatusNoContent || len(bytes.TrimSpace(body)) == 0 {
			return release.Receipt{}, nil
		}
		var d struct {
			RunID int64  `json:"workflow_run_id"`
			URL   string `json:"html_url"`
		}
		if err := json.Unmarshal(body, &d); err != nil {
			return release.Receipt{}, err
		}
		return release.Receipt{RunID: d.RunID, URL: text.Clean(d.URL)}, checkID("the run", d.RunID)
	}
	switch {
	case call.Ref == "" || call.Workflow == "":
		return o, errors.New("a dispatch needs a workflow and a ref")
	case len(call.Inputs) > maxInputs:
		return o, fmt.Errorf("%d inputs are more than the %d that GitHub allows", len(call.Inputs), maxInputs)
	}
	return o, nil
}

// refusesDetails tells whether a server refused a dispatch because it does not
// know return_run_details: GitHub Enterprise Server before 3.21. An answer that is not
// known to be its own does not say what became of the request.
func refusesDetails(err error) bool {
	s, ok := errors.AsType[*StatusError](err)
	return ok && !errors.Is(err, release.ErrLost) && (s.Status == http.StatusBadRequest || s.Status == http.StatusUnprocessableEntity) &&
		strings.Contains(s.Message.String(), "return_run_details") &&
		strings.Contains(s.Message.String(), "not a permitted key")
}

// reviewOrder answers gates of a run.
func reviewOrder(o order, call release.Call) (order, error) {
	o.segments, o.accepted = runSegments(call.RunID, "pending_deployments"), []int{http.StatusOK}
	o.body = struct {
		Environments []int64 `json:"environment_ids"`
		State        string  `json:"state"`
		Comment      string  `json:"comment"`
	}{call.Environments, call.State, call.Comment}
	if call.State != "approved" && call.State != "rejected" {
		return o, fmt.Errorf("%q is no answer to a gate", clip(call.State))
	}
	if len(call.Environments) == 0 {
		return o, errors.New("no environment is named")
	}
	for _, id := range call.Environments {
		if err := checkID("an environment", id); err != nil {
			return o, err
		}
	}
	return o, checkID("the run", call.RunID)
}

// send sends an order once. A body is sent in full and can not be read twice, so
// that net/http has nothing to send again when a connection dies.
func (a *actor) send(ctx context.Context, repo release.Repo, o order) (release.Receipt, error) {
	none := release.Receipt{}
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("not sent: %w", context.Cause(ctx))
	}
	address, err := a.c.repoURL(repo, nil, o.segments...)
	if err != nil {
		return none, fmt.Errorf("not sent: %w", err)
	}
	req, err := a.c.request(ctx, http.MethodPost, address, nil)
	if err != nil {
		return none, fmt.Errorf("not sent: %w", err)
	}
	if o.body != nil {
		raw, err := json.Marshal(o.body)
		if err != nil {
			return none, fmt.Errorf("not sent: %w", err)
		}
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.c.transport.RoundTrip(req)
	if err != nil {
		return none, sendError(err)
	}
	defer resp.Body.Close()
	return a.answer(o, resp, req.URL)
}

// answer reads what GitHub said to an order.
func (a *actor) answer(o order, resp *http.Response, asked *url.URL) (release.Receipt, error) {
	none := release.Receipt{}
	for _, status := range o.accepted {
		if resp.StatusCode != status {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return none, lost(err)
		}
		r, err := o.receipt(status, body)
		if err != nil {
			return none, lost(err)
		}
		return r, nil
	}
	s := a.c.refusal(resp, asked)
	// GitHub numbers every answer. One without may be JSON, too, and says nothing of
	// what GitHub did with the request.
	s.foreign = s.foreign || resp.Header.Get("X-Github-Request-Id") == ""
	switch l, isLimit := limitOf(s, resp.Header, a.c.retry.clock.Now()); {
	case isLimit && !s.foreign: // what stands between may have passed it on
		return none, fmt.Errorf("refused, nothing was done: %w", l)
	case redirects(s.Status):
		// Following would send it again, to a place that nobody chose.
		return none, fmt.Errorf("the repository has moved, and nothing was done: %w", s)
	case s.foreign, s.Status >= 500, s.Status < 400, s.Status == http.StatusRequestTimeout:
		return none, lost(s)
	}
	return none, s
}

// lost says that the request may have acted.
func lost(err error) error { return fmt.Errorf("%w: %w", release.ErrLost, err) }

// sendError tells a request that certainly never left from one that may have
// arrived. When in doubt it was sent.
func sendError(err error) error {
	if errors.Is(err, ErrReadOnly) {
		return err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return fmt.Errorf("not sent: %w", err)
	}
	_, name := errors.AsType[*net.DNSError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	if name || untrusted {
		return fmt.Errorf("not sent: %w", err)
	}
	return lost(err)
}
