package github

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"twokey/release/contracttest"
)

// Every exchange of these tests is held against GitHub's own description: api.github.com's,
// or Enterprise Server's for hosts of one's own.
var (
	contract           = contracttest.NewLedger(contracttest.Lazily(contracttest.GitHub), excuses())
	enterpriseContract = contracttest.NewLedger(contracttest.Lazily(contracttest.Enterprise), enterpriseExcuses())
)

func TestMain(m *testing.M) { os.Exit(contracttest.Main(m, contract, enterpriseContract)) }

// claims tells whether an answer claims to be GitHub's own: nothing breaks off, and
// what is there is JSON, says so and has GitHub's number.
func (r *reply) claims() bool {
	return r.err == nil && r.cut == nil && r.stream == nil && r.strange == "" &&
		(r.body == "" || r.header.Get("Content-Type") != "" && r.header.Get("X-Github-Request-Id") != "" && json.Valid([]byte(r.body)))
}

// hold holds a request and the answer that a test gives it against the description.
func (f *fake) hold(req *http.Request, body []byte, r *reply) {
	x := contracttest.Exchange{Method: req.Method, URL: req.URL, Sent: req.Header, Body: body}
	if r.claims() {
		x.Status, x.Got, x.Answer, x.Excerpt = r.status, r.header, []byte(r.body), true
	}
	switch {
	case req.URL.Host == "api.github.com":
		contract.Hold(f.t, x)
	case strings.HasPrefix(req.URL.Path, "/api/v3/"):
		enterpriseContract.Hold(f.t, x)
	}
}

// excuses are why a request or a canned answer is right where it is not as described.
func excuses() []contracttest.Excuse {
	const unpromised = "the test asks what the product does with a status that GitHub does not promise"
	const byNumber = "GitHub links the next page by the repository's number; the description has names alone"
	const notREST = "the test is of a layer that does not know what it passes on"
	list := []contracttest.Excuse{
		contracttest.StatusInErrors(),
		contracttest.AdminsBypass("GET /repos/{owner}/{repo}/environments/{environment_name}", "can_admins_bypass"),
		{Kind: contracttest.BadStatus, Status: http.StatusNotModified, At: "unasked",
			Reason: "the test asks what the product does with a 304 to a request that was not conditional"},
		{Operation: "GET /repositories/1/branches", Kind: contracttest.NoOperation, Reason: byNumber},
		{Operation: "GET /repositories/1/branches/main", Kind: contracttest.NoOperation, Reason: byNumber},
		{Operation: "GET /repositories/1/check-runs", Kind: contracttest.NoOperation, Reason: byNumber},
		{Operation: "POST /graphql", Kind: contracttest.NoOperation, Reason: notREST},
		{Operation: "GET /x", Kind: contracttest.NoOperation, Reason: notREST},
		{Operation: "GET /repos/{owner}/{repo}/immutable-releases", Kind: contracttest.BadAnswer, Status: http.StatusNotFound,
			Reason: "GitHub says with every 404 what it is; this one is described without"},
		{Operation: "GET /repos/{owner}/{repo}/attestations/{subject_digest}", Kind: contracttest.BadAnswer, Status: http.StatusOK, At: "attestations[].bundle",
			Reason: "GitHub gives null where the bundle is at its bundle_url, since 2026; gh and every other client read that"},
	}
	for _, status := range []int{http.StatusNotModified, http.StatusBadRequest, http.StatusUnauthorized,
		http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable} {
		list = append(list, contracttest.Undescribed(status))
	}
	for _, status := range []int{http.StatusNoContent, http.StatusFound, http.StatusTemporaryRedirect,
		http.StatusRequestTimeout, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity,
		http.StatusNotImplemented, http.StatusGatewayTimeout} {
		list = append(list, contracttest.Excuse{Kind: contracttest.BadStatus, Status: status, At: "undescribed", Reason: unpromised})
	}
	return list
}

// enterpriseExcuses are those for a host of one's own.
func enterpriseExcuses() []contracttest.Excuse {
	return []contracttest.Excuse{contracttest.Undescribed(http.StatusBadGateway)}
}

// TestContractSeesARenamedParameter holds a request against the description, as it is
// sent and with a parameter of another name.
func TestContractSeesARenamedParameter(t *testing.T) {
	load := contracttest.Lazily(contracttest.GitHub)
	c, err := load()
	if errors.Is(err, contracttest.ErrNotThere) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		query string
		want  int
	}{{"head_sha=" + shaA + "&per_page=100", 0}, {"headsha=" + shaA + "&per_page=100", 1}, {"per_page=many", 1}} {
		u := &url.URL{Scheme: "https", Host: "api.github.com", Path: "/repos/o/r/actions/runs", RawQuery: tt.query}
		if _, found := c.Hold(contracttest.Exchange{Method: http.MethodGet, URL: u}); len(found) != tt.want {
			t.Errorf("%s: the contract finds %v", tt.query, found)
		}
	}
}
