package rehearsal

import (
	"net/http"
	"strings"
	"testing"
)

// ask sends a query.
func (c client) ask(query string, variables fields) got {
	c.t.Helper()
	return c.post("/graphql", fields{"query": query, "variables": variables}).want(200)
}

func TestGraphQLAnswers(t *testing.T) {
	c := sample(t, "clean")
	for _, tt := range []struct {
		name, query string
		variables   fields
		want        string
	}{
		{"a field", `{ viewer { login } }`, nil, `{"data":{"viewer":{"login":"mara"}}}`},
		{"an alias and the type's name", `query { me: viewer { __typename login } }`, nil,
			`{"data":{"me":{"__typename":"User","login":"mara"}}}`},
		{"variables", `query Q($owner: String!, $name: String = "harbour") { repository(owner: $owner, name: $name) { name owner { login } } }`,
			fields{"owner": "harbour"}, `{"data":{"repository":{"name":"harbour","owner":{"login":"harbour"}}}}`},
		{"fragments", `fragment repo on Repository { defaultBranchRef { name } }
			query { repository(owner: "harbour", name: "harbour") { ...repo, parent { ...repo } ... on Repository { isFork } ... on User { login } } }`, nil,
			`{"data":{"repository":{"defaultBranchRef":{"name":"main"},"isFork":false,"parent":null}}}`},
		{"what is not there", `{ repository(owner: "harbour", name: "none") { id } }`, nil,
			`{"data":{"repository":null},"errors":[{"locations":[{"column":3,"line":1}],"message":"Could not resolve to a Repository with the name 'harbour/none'.","path":["repository"],"type":"NOT_FOUND"}]}`},
		{"a release that is not there", `{ repository(owner: "harbour", name: "harbour") { release(tagName: "none") { id } } }`, nil,
			`{"data":{"repository":{"release":null}}}`},
		{"no pull requests", `{ repository(owner: "harbour", name: "harbour") { pullRequests(first: 3, states: [OPEN, MERGED], orderBy: {field: CREATED_AT}) { nodes { number } totalCount } } }`, nil,
			`{"data":{"repository":{"pullRequests":{"nodes":[],"totalCount":0}}}}`},
	} {
		if g := c.ask(tt.query, tt.variables); g.text != tt.want || g.header.Get(gapHeader) != "" {
			t.Errorf("%s: %s, want %s", tt.name, g.text, tt.want)
		}
	}
}

// What GitHub would refuse is refused in its words, and what the rehearsal does not
// know is marked as that.
func TestGraphQLRefusals(t *testing.T) {
	c := sample(t, "clean")
	for query, want := range map[string]struct {
		message string
		gap     bool
	}{
		`{ viewer { shoeSize } }`:                             {message: "Field 'shoeSize' doesn't exist on type 'User'", gap: true},
		`{ repository(owner: "a", id: 3) { id } }`:            {message: "Field 'repository' of type 'Query' doesn't accept argument 'id'", gap: true},
		`mutation { addStar { id } }`:                         {message: "the rehearsal answers no mutation", gap: true},
		`{ viewer }`:                                          {message: "Field must have selections (field 'viewer' returns User but has no selections)"},
		`{ viewer { login { letters } } }`:                    {message: "Selections can't be made on scalars (field 'login')"},
		`{ viewer { ...none } }`:                              {message: "Fragment none was used, but not defined"},
		`{ viewer { login }`:                                  {message: `Parse error on line 1: expected a name, not ""`},
		`query($a: Int { viewer { login } }`:                  {message: `Parse error on line 1: expected '$', not "{"`},
		`fragment f on User { ...f } { viewer { id }}`:        {},
		`query A { viewer { id } } query B { viewer { id } }`: {message: `no operation ""`},
		``: {message: "A query attribute must be specified and must be a string."},
		`{ repository(owner: "harbour", name: "harbour") { releases(first: 101) { totalCount } } }`:  {message: "`first` has to be from 1 to 100"},
		`{ repository(owner: "harbour", name: "harbour") { releases(after: "??") { totalCount } } }`: {message: "`??` does not appear to be a valid cursor."},
		"{" + strings.Repeat("a{", 100):                                               {message: "Parse error on line 1: it is nested too deep"},
		`{ viewer { ...f } } fragment f on User { ...g } fragment g on User { ...f }`: {message: "Fragment f contains an infinite loop"},
	} {
		g := c.ask(query, nil)
		if want.message == "" { // a fragment that nobody uses is no harm
			g.at("data")
			continue
		}
		if got := plain(g.at("errors", 0, "message")); got != want.message || (g.header.Get(gapHeader) != "") != want.gap {
			t.Errorf("%.60s: %q, gap %q; want %q, gap %v", query, got, g.header.Get(gapHeader), want.message, want.gap)
		}
		if _, data := g.body.(map[string]any)["data"]; data {
			t.Errorf("%.60s: there is data in %s", query, g.text)
		}
	}
}

// Both of GitHub's APIs tell of the same releases, page by page.
func TestGraphQLPages(t *testing.T) {
	c := sample(t, "clean")
	c.release("harbour-2.11.6", "dev-v2.11")
	want := c.get(c.repo() + "/releases?per_page=100").want(200).each("tag_name")
	const query = `query($after: String, $direction: OrderDirection) { repository(owner: "harbour", name: "harbour") {
		releases(first: 4, after: $after, orderBy: {field: CREATED_AT, direction: $direction}) {
			nodes { tagName isLatest } pageInfo { hasNextPage endCursor } } } }`
	var tags []string
	var after any
	for {
		g := c.ask(query, fields{"after": after, "direction": "DESC"})
		tags = append(tags, strings.Fields(g.each("tagName", "data", "repository", "releases", "nodes"))...)
		after = g.at("data", "repository", "releases", "pageInfo", "endCursor")
		if g.at("data", "repository", "releases", "pageInfo", "hasNextPage") != true {
			break
		}
	}
	if got := strings.Join(tags, " "); got != want {
		t.Errorf("by GraphQL %s, else %s", got, want)
	}
	first := c.ask(query, fields{"direction": "ASC"})
	if got := plain(first.at("data", "repository", "releases", "nodes", 0, "tagName")); got != tags[len(tags)-1] {
		t.Errorf("the oldest is %s, want %s", got, tags[len(tags)-1])
	}
}

// GraphQL has a limit of its own, and nobody asks it without a token.
func TestGraphQLIsCountedApart(t *testing.T) {
	c := sample(t, "clean")
	before := plain(c.get("/rate_limit").at("resources", "core", "used"))
	g := c.ask(`{ viewer { login } }`, nil)
	if g.header.Get("X-RateLimit-Resource") != "graphql" || g.header.Get("X-RateLimit-Used") != "1" {
		t.Errorf("it counts as %v", g.header)
	}
	limits := c.get("/rate_limit")
	if core, used := plain(limits.at("resources", "core", "used")), plain(limits.at("resources", "graphql", "used")); core != before || used != "1" {
		t.Errorf("core %s (before: %s), graphql %s", core, before, used)
	}
	c.send(http.MethodPost, "/graphql", fields{"query": `{ viewer { login } }`}, "Authorization", "token wrong").want(401)
}
