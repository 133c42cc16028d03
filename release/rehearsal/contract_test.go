package rehearsal

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"twokey/release/contracttest"
)

// contract is GitHub's own description, against which every exchange of these tests
// with api.github.com is held.
var contract = contracttest.NewLedger(contracttest.Lazily(contracttest.GitHub), excuses())

func TestMain(m *testing.M) { os.Exit(contracttest.Main(m, contract)) }

// excuses are why the world, or a test, is right where it is not as described.
func excuses() []contracttest.Excuse {
	const repo, sample = "/repos/{owner}/{repo}", "GET /repos/harbour/"
	const slashes = "GitHub takes a branch's slashes as they are, too; the description has one segment"
	const shallow = "the rehearsal's own words for what a shallow clone does not hold; GitHub has the whole repository"
	const nonsense = "GitHub takes what is no number for the default; the test asks so on purpose"
	list := []contracttest.Excuse{
		contracttest.Undescribed(http.StatusNotModified), contracttest.Undescribed(http.StatusBadRequest),
		contracttest.Undescribed(http.StatusUnauthorized), contracttest.Undescribed(http.StatusForbidden),
		contracttest.Undescribed(http.StatusNotFound), contracttest.StatusInErrors(),
		contracttest.AdminsBypass("GET "+repo+"/environments", "environments[].can_admins_bypass"),
		contracttest.AdminsBypass("GET "+repo+"/environments/{environment_name}", "can_admins_bypass"),
		{Operation: "GET " + repo + "/contents/{path}", Kind: contracttest.BadMedia, At: "application/vnd.github.raw+json",
			Reason: "the documented form of a file without JSON around it, asked for by Accept"},
		{Operation: "GET " + repo + "/actions/runs", Kind: contracttest.BadQuery, At: "created",
			Reason: "its own text says that it takes a search expression; its schema says a time"},
		{Operation: "GET " + repo + "/branches", Kind: contracttest.BadQuery, At: "per_page", Reason: nonsense},
		{Operation: "GET " + repo + "/branches", Kind: contracttest.BadQuery, At: "page", Reason: nonsense},
		{Operation: sample + "harbour/no", Kind: contracttest.NoOperation, Reason: "the test asks for what nobody has"},
		{Operation: "POST /graphql", Kind: contracttest.NoOperation,
			Reason: "GitHub's other API has a description of its own"},
	}
	for _, path := range []string{"branches/release/1.0", "branches/release/1.0/protection", "rules/branches/release/1.0",
		"compare/v1.0.0...release/1.0"} {
		list = append(list, contracttest.Excuse{Operation: sample + "ships/" + path, Kind: contracttest.NoOperation, Reason: slashes})
	}
	for _, path := range []string{"contents/{path}", "compare/{basehead}"} {
		list = append(list, contracttest.Excuse{Operation: "GET " + repo + "/" + path, Kind: contracttest.BadStatus,
			Status: http.StatusConflict, Reason: shallow})
	}
	for operation, why := range map[string]string{
		"POST " + repo + "/actions/runs/{run_id}/pending_deployments":  "a gate that is not waiting is refused so",
		"POST " + repo + "/actions/workflows/{workflow_id}/dispatches": "an input that the workflow does not declare is refused so",
		"GET " + repo + "/git/commits/{commit_sha}":                    "a name that is no whole SHA is refused so",
		"GET " + repo + "/commits/{ref}/status":                        "a commit that is not there is refused so",
	} {
		list = append(list, contracttest.Excuse{Operation: operation, Kind: contracttest.BadStatus,
			Status: http.StatusUnprocessableEntity, Reason: why})
	}
	return list
}

// TestContractSeesARenamedField holds a run of the world against the description, as
// it is and with a field of another name.
func TestContractSeesARenamedField(t *testing.T) {
	g := sample(t, "clean").get("/repos/harbour/harbour/actions/runs?per_page=1").want(http.StatusOK)
	load := contracttest.Lazily(contracttest.GitHub)
	c, err := load()
	if errors.Is(err, contracttest.ErrNotThere) {
		t.Skip(err)
	}
	check(t, err)
	u, err := url.Parse(strings.TrimPrefix(g.what, "GET "))
	check(t, err)
	x := contracttest.Exchange{Method: http.MethodGet, URL: u, Status: g.status, Got: g.header, Answer: []byte(g.text)}
	if _, found := c.Hold(x); len(found) > 0 {
		t.Errorf("as it is: %v", found)
	}
	x.Answer = []byte(strings.ReplaceAll(g.text, `"head_sha"`, `"headsha"`))
	if _, found := c.Hold(x); len(found) != 2 {
		t.Errorf("head_sha is headsha, and the contract finds %v", found)
	}
}
