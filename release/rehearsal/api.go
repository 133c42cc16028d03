package rehearsal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"

	"twokey/release"
)

// fields is a JSON object.
type fields = map[string]any

// exchange is one request to the GitHub API and what is known about the answer.
type exchange struct {
	world  *World
	repo   *repository // of a path below /repos
	req    *http.Request
	now    time.Time
	viewer string      // the token's user; empty without a token
	header http.Header // of the answer
	status int         // of the answer, unless it is an error
}

// endpoint answers one kind of request with a value that becomes JSON. Nil is an
// answer without a body.
type endpoint func(*exchange) (any, error)

// newAPI routes the requests to api.github.com.
func newAPI(w *World) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", served{w, unknownEndpoint})
	for _, table := range []map[string]endpoint{
		accountEndpoints(), repoEndpoints(), gitEndpoints(), actionsEndpoints(),
		checkEndpoints(), gateEndpoints(), releaseEndpoints(), graphqlEndpoints(), archiveEndpoints(), issueEndpoints(),
	} {
		for pattern, e := range table {
			mux.Handle(pattern, served{w, e})
		}
	}
	return mux
}

// unknownEndpoint answers what the rehearsal does not have as GitHub answers what it
// does not have. The header tells that the 404 is no fact about the world; tests
// find it in Requests.
func unknownEndpoint(x *exchange) (any, error) {
	x.header.Set(gapHeader, x.req.Method+" "+x.req.URL.Path)
	return nil, notFound()
}

// gapHeader marks the answer to what GitHub may know, and the rehearsal does not.
const gapHeader = "X-Rehearsal-Gap"

// served is an endpoint as an http.Handler.
type served struct {
	world    *World
	endpoint endpoint
}

// ServeHTTP answers a request as api.github.com does.
func (s served) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	x := &exchange{world: s.world, req: req, now: s.world.clock.Now(),
		header: rw.Header(), status: http.StatusOK}
	x.header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	x.header.Set("X-GitHub-Request-Id", fmt.Sprintf("REHEARSAL:%06X", len(s.world.requests)+1))
	body, err := x.call(s.endpoint)
	if err != nil {
		body = x.explain(err)
	}
	x.write(rw, body)
}

// call admits the request and calls the endpoint.
func (x *exchange) call(e endpoint) (any, error) {
	if err := x.authenticate(); err != nil {
		return nil, err
	}
	if err := x.admitted(); err != nil {
		return nil, err
	}
	reads := x.req.Method == http.MethodGet || x.req.Method == http.MethodHead
	if !reads && x.viewer == "" {
		return nil, &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
	}
	if owner := x.req.PathValue("owner"); owner != "" {
		if x.repo = x.world.repo(owner, x.req.PathValue("repo")); x.repo == nil {
			x.sayNeeds(owner, x.req.PathValue("repo"))
			return nil, notFound()
		}
	}
	return e(x)
}

// sayNeeds tells which clone a rehearsal of clones does not have. GitHub has no such
// header: to it, what is not there is not there.
func (x *exchange) sayNeeds(owner, name string) {
	repo, err := release.ParseRepo(owner + "/" + name)
	if err == nil && len(x.world.options.From) > 0 {
		x.header.Set("X-Rehearsal-Needs", "--from "+repo.String()+"=DIR")
	}
}

// authenticate looks at the token. Without one, GitHub shows what is public.
func (x *exchange) authenticate() error {
	given := x.req.Header.Get("Authorization")
	if given == "" {
		return nil
	}
	_, secret, _ := strings.Cut(given, " ")
	if x.viewer = x.world.owner(strings.TrimSpace(secret)); x.viewer == "" {
		return &apiError{status: http.StatusUnauthorized, message: "Bad credentials"}
	}
	x.header.Set("X-OAuth-Scopes", tokenScope)
	return nil
}

// owner is the login that a token belongs to; none of one that is not good now.
func (w *World) owner(secret string) string {
	switch {
	case secret == token && !w.expired(), secret == freshToken && w.expired():
		return viewer
	case secret == rivalToken:
		return otherUser
	}
	return ""
}

// apiError is an error as GitHub says it.
type apiError struct {
	status  int
	message string
	details []fields
}

// Error is what GitHub says.
func (e *apiError) Error() string { return fmt.Sprintf("HTTP %d: %s", e.status, e.message) }

// notFound is GitHub's answer for what does not exist or may not be seen.
func notFound() error { return &apiError{status: http.StatusNotFound, message: "Not Found"} }

// invalid is GitHub's answer for a request that can not be done as it stands.
func invalid(message string, details ...fields) error {
	return &apiError{status: http.StatusUnprocessableEntity, message: message, details: details}
}

// explain turns an error into an answer.
func (x *exchange) explain(err error) any {
	e, ok := errors.AsType[*apiError](err)
	switch {
	case ok:
	case errors.Is(err, plumbing.ErrObjectNotFound), errors.Is(err, errNoRef),
		errors.Is(err, gitobj.ErrEntryNotFound), errors.Is(err, gitobj.ErrDirectoryNotFound):
		e = &apiError{status: http.StatusNotFound, message: "Not Found"}
	default:
		// What the rehearsal itself can not do, such as reading what a shallow
		// clone does not hold. No status would say so; this one is not retried.
		e = &apiError{status: http.StatusConflict, message: "rehearsal: " + err.Error()}
	}
	x.status = e.status
	body := fields{"message": e.message, "status": fmt.Sprint(e.status),
		"documentation_url": "https://docs.github.com/rest"}
	if len(e.details) > 0 {
		body["errors"] = e.details
	}
	return body
}

// write sends the answer: JSON with an ETag, or 304 when the client has it already,
// which is not counted against the limit.
func (x *exchange) write(rw http.ResponseWriter, body any) {
	kind := "application/json; charset=utf-8"
	text, isRaw := body.(rawBody)
	if isRaw {
		kind = "application/vnd.github.raw+json; charset=utf-8"
	} else {
		text = encodeJSON(body)
	}
	if x.status == http.StatusOK && x.req.Method != http.MethodPost && len(text) > 0 {
		tag := etag(text)
		x.header.Set("ETag", tag)
		x.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
		x.header.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
		if matches(x.req.Header.Get("If-None-Match"), tag) {
			x.status, text = http.StatusNotModified, nil
		}
	}
	x.allowance().count(x)
	if len(text) > 0 {
		x.header.Set("Content-Type", kind)
	}
	rw.WriteHeader(x.status)
	_, _ = rw.Write(text) // to memory
}

// rawBody is an answer that is not JSON.
type rawBody []byte

// encodeJSON writes a body as GitHub does, without escaping < and &. A body is made
// of maps, slices, strings and numbers alone, so it can be encoded.
func encodeJSON(body any) []byte {
	if body == nil {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic("rehearsal: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// etag identifies a body.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + hex.EncodeToString(sum[:]) + `"`
}

// matches tells whether an If-None-Match header names the tag. The weak mark does
// not matter there.
func matches(header, tag string) bool {
	for given := range strings.SplitSeq(header, ",") {
		given = strings.TrimSpace(given)
		if given == "*" || given != "" && strings.TrimPrefix(given, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// decode reads the request's JSON body.
func (x *exchange) decode(into any) error {
	if err := json.NewDecoder(x.req.Body).Decode(into); err != nil {
		return &apiError{status: http.StatusBadRequest, message: "Problems parsing JSON"}
	}
	return nil
}

// query is a parameter of the request's URL.
func (x *exchange) query(name string) string { return x.req.URL.Query().Get(name) }
