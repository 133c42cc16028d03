package contracttest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"twokey/release"
	"twokey/release/contracttest"
	"twokey/release/github"
)

// TestContractOfEnterprise holds every kind of request that the product sent against
// the oldest supported Enterprise Server, whose API is below /api/v3.
func TestContractOfEnterprise(t *testing.T) {
	contract(t, enterprise)
	for _, x := range gather(t) {
		if x.URL.Path == "/graphql" {
			continue // the other API has a description of its own
		}
		if strings.HasSuffix(x.URL.Path, "/immutable-releases") {
			continue // there is no such setting: 404, which is that releases can be changed
		}
		if strings.Contains(x.URL.Path, "/attestations/") {
			continue // there are none: 404, which is that nothing is attested
		}
		u := *x.URL
		u.Host, u.Path = "ghe.example.com", "/api/v3"+x.URL.Path
		if x.URL.RawPath != "" {
			u.RawPath = "/api/v3" + x.URL.RawPath
		}
		older.Hold(t, contracttest.Exchange{Method: x.Method, URL: &u, Sent: x.Sent, Body: x.Body})
	}
}

// TestContractOfTheFallback has an old server refuse the key that it does not know:
// the dispatch leaves once more without it, as that server describes it.
func TestContractOfTheFallback(t *testing.T) {
	contract(t, enterprise)
	server := &oldServer{}
	c, err := github.New(github.Options{Host: "ghe.example.com", Token: "t", Clock: release.SystemClock{},
		Transport: older.Transport(t, server, "ghe.example.com")})
	if err != nil {
		t.Fatal(err)
	}
	act, err := c.Actor()
	if err != nil {
		t.Fatal(err)
	}
	repo := release.Repo{Host: "ghe.example.com", Owner: "harbour", Name: "ships"}
	if _, err := act.Perform(t.Context(), release.Call{Kind: release.CallDispatch, Repo: repo, Ref: "main", Workflow: "deploy.yml",
		Inputs: map[string]string{"version": "1"}}); err != nil {
		t.Error(err)
	}
	if got := strings.Join(server.sent, " "); got != `{"ref":"main","inputs":{"version":"1"},"return_run_details":true} {"ref":"main","inputs":{"version":"1"}}` {
		t.Errorf("sent %s", got)
	}
}

// oldServer answers a dispatch as Enterprise Server did before 3.21.
type oldServer struct{ sent []string }

func (s *oldServer) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	s.sent = append(s.sent, string(body))
	resp := &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: req}
	if bytes.Contains(body, []byte("return_run_details")) {
		resp.StatusCode = http.StatusBadRequest
		resp.Header.Set("Content-Type", "application/json; charset=utf-8")
		resp.Header.Set("X-GitHub-Request-Id", "OLD:1") // which every answer of GitHub has
		resp.Body = io.NopCloser(strings.NewReader(`{"message":"\"return_run_details\" is not a permitted key.","documentation_url":"https://docs.github.com/rest"}`))
	}
	return resp, nil
}

// TestContractRefusesAnotherHost tells that paths elsewhere are no operations.
func TestContractRefusesAnotherHost(t *testing.T) {
	c := contract(t, enterprise)
	u := &url.URL{Scheme: "https", Host: "ghe.example.com", Path: "/user"}
	if _, found := c.Hold(contracttest.Exchange{Method: http.MethodGet, URL: u}); len(found) != 1 || found[0].Kind != contracttest.NoOperation {
		t.Errorf("/user without /api/v3 is %v", found)
	}
}
