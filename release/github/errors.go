package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cli/go-gh/v2/pkg/auth"

	"twokey/checks/text"
	"twokey/release"
)

// rehearsalNeeds is a header of a rehearsed world, which GitHub never sends: the
// flag that would bring what is not found into the rehearsal.
const rehearsalNeeds = "X-Rehearsal-Needs"

// rehearsalGap is a header of a rehearsed world as well: it does not have what was
// asked for, and GitHub may.
const rehearsalGap = "X-Rehearsal-Gap"

// rehearsalKind is the kind of an error in such a world's answer to GraphQL that says
// the same.
const rehearsalKind = "REHEARSAL_GAP"

// maxRefusal bounds how much of a refusal is read.
const maxRefusal = 64 << 10

// StatusError is an answer that is not what was asked for, by its HTTP status. It
// wraps the error of package release that means the same.
type StatusError struct {
	Status  int
	Message text.Safe // GitHub's own words, if any
	// Host is who answered when it was not the API host.
	Host text.Safe

	// tokenless holds where no token was sent, so that one may be what is missing.
	tokenless bool

	code  string    // of the first error in the answer, such as already_exists
	needs text.Safe // the permissions that would do
	cure  text.Safe // what a rehearsal lacks
	// foreign holds for an answer of the API host that GitHub did not write: a
	// gateway's 404 says nothing about what is there.
	foreign bool
	cut     error         // why its body broke off; nobody knows then who wrote it
	gap     bool          // the rehearsal does not know, so that a 404 is no fact
	sso     bool          // the organisation wants a single sign-on first
	after   time.Duration // how long to wait before another try; 0 when not said
}

// Error says who answered what.
func (e *StatusError) Error() string {
	s := e.Short()
	if !e.Message.IsZero() {
		s += ": " + e.Message.String()
	}
	return s
}

// Short is the error without GitHub's words.
func (e *StatusError) Short() string {
	who := "GitHub"
	if !e.Host.IsZero() {
		who = e.Host.String()
	}
	return fmt.Sprintf("%s answered %d", who, e.Status)
}

// Unwrap gives what the status means. What another host refuses says nothing
// about the token: it was never sent there.
func (e *StatusError) Unwrap() error {
	switch {
	case e.gap, e.foreign:
		return nil
	case e.Status == http.StatusNotFound, e.Status == http.StatusGone:
		return release.ErrNotFound
	case !e.Host.IsZero():
		return nil
	case e.tokenless && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden):
		return release.ErrNoToken
	case e.Status == http.StatusUnauthorized:
		return release.ErrUnauthorized
	case e.Status == http.StatusForbidden:
		return release.ErrForbidden
	case e.Status == http.StatusUnprocessableEntity && e.exists():
		return release.ErrExists
	}
	return nil
}

// exists tells whether GitHub refuses to create what is there already. A ref says
// so in words, a release by a code.
func (e *StatusError) exists() bool {
	return e.code == "already_exists" || strings.HasPrefix(e.Message.String(), "Reference already exists")
}

// refusal reads an answer that is not a success, to a request for asked.
func (c *Client) refusal(resp *http.Response, asked *url.URL) *StatusError {
	e := &StatusError{Status: resp.StatusCode, tokenless: c.token == ""}
	e.after, _ = retryAfter(resp.Header, c.retry.clock.Now())
	if !sameHost(c.api, asked) {
		e.Host = text.Clean(asked.Hostname())
	}
	// Only JSON is GitHub's own words; a gateway in between sends pages of HTML.
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	var said struct {
		Message string            `json:"message"`
		Errors  []json.RawMessage `json:"errors"`
	}
	if err != nil || json.Unmarshal(body, &said) != nil {
		e.foreign, e.cut = e.Host.IsZero(), err
		return e
	}
	for _, raw := range said.Errors {
		var item struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}
		if json.Unmarshal(raw, &item) != nil { // some are plain strings
			_ = json.Unmarshal(raw, &item.Message)
		}
		if e.code == "" {
			e.code = item.Code
		}
		if item.Message != "" {
			said.Message += ": " + item.Message
		}
	}
	e.Message = text.Clean(said.Message)
	e.needs = text.Clean(resp.Header.Get("X-Accepted-Github-Permissions"))
	e.cure = text.Clean(resp.Header.Get(rehearsalNeeds))
	e.gap = resp.Header.Get(rehearsalGap) != ""
	e.sso = strings.HasPrefix(resp.Header.Get("X-Github-Sso"), "required")
	return e
}

// explain says what failed with what, and the next step.
func (c *Client) explain(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e := &release.Error{Op: text.Clean(what).String(), Err: err}
	s, answered := errors.AsType[*StatusError](err)
	_, waits := errors.AsType[*limited](err)
	switch {
	case waits && !s.Host.IsZero(): // the token is nothing to it
		e.Hint = "wait until then"
	case waits && c.token == "":
		e.Hint = "without a token GitHub answers 60 requests an hour, which every program here shares: wait until then, look at one stage alone (`--stage NAME`), " +
			"or sign in with `gh auth login`, or set GH_TOKEN"
	case waits:
		e.Hint = "wait until then; everything else that uses your token counts as well"
	case errors.Is(err, errNoToken{}):
		e.Kind, e.Hint = release.KindAuth, signIn
	case !answered:
		e.Hint = c.unanswered(err)
	case !s.cure.IsZero():
		e.Kind = release.KindUsage
		e.Hint = "add to the rehearsal what it does not have: `" + s.cure.String() + "`"
	case s.gap:
		e.Hint = "the rehearsal does not have this; GitHub may"
	case s.foreign && s.Status < 500:
		e.Hint = c.foreignHint("a proxy stands")
	case s.Status >= 500:
		e.Hint = "try again later" + c.statusPage()
	case errors.Is(err, release.ErrNoToken):
		e.Kind, e.Hint = release.KindAuth, signIn
	case errors.Is(err, release.ErrUnauthorized):
		e.Kind = release.KindAuth
		e.Hint = "sign in with `gh auth login`, or set GH_TOKEN to a token that is valid"
	case s.sso:
		e.Kind = release.KindAuth
		e.Hint = "authorize the token for the organisation's single sign-on"
	case errors.Is(err, release.ErrForbidden) && !s.needs.IsZero():
		e.Hint = "the token needs " + s.needs.String()
	}
	return e
}

// signIn is the next step of who has no token.
const signIn = "sign in with `gh auth login`, or set GH_TOKEN"

// unanswered is the next step after no answer, or none that is GitHub's.
func (c *Client) unanswered(err error) string {
	if u, ok := errors.AsType[*unreachable](err); ok {
		return u.hint() + c.statusPage()
	}
	if errors.Is(err, errTimeout) {
		return "check the connection to " + c.api.Hostname() + c.statusPage()
	}
	if _, ok := errors.AsType[*fault](err); ok && errors.Is(err, errNotJSON) {
		return c.foreignHint("a proxy or a sign-in page stands")
	}
	if errors.Is(err, errRedirects) || errors.Is(err, errTarget) || errors.Is(err, errNothingKept) { // GitHub answers so to nobody
		return "see whether a proxy stands between here and " + c.api.Hostname()
	}
	return ""
}

// statusPage tells where GitHub says how it is. A host of one's own has no such page.
func (c *Client) statusPage() string {
	if c.host != "github.com" {
		return ""
	}
	return "; https://www.githubstatus.com tells whether GitHub is up"
}

// foreignHint is the next step where somebody else answers than GitHub. A host of
// somebody's own may not be one.
func (c *Client) foreignHint(who string) string {
	hint := fmt.Sprintf("see whether %s between here and %s", who, c.api.Hostname())
	if auth.IsEnterprise(c.host) {
		hint += ", and that it is a GitHub Enterprise Server: beside those only github.com is supported"
	}
	return hint
}
