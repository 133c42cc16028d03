package rehearsal

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The primary rate limits of GitHub, in requests an hour.
const (
	limitWithToken    = 5000
	limitWithoutToken = 60
)

// allowance is what one user may still ask for in this hour.
type allowance struct {
	limit int
	used  int
	reset time.Time // when used begins again at 0
	// scarce is the end of the one window that the scenario has cut; zero: not yet.
	scarce time.Time
}

// allowance is the one of the request's user.
func (x *exchange) allowance() *allowance { return x.allowanceOf(resource(x.req)) }

// allowanceOf is the one that the request's user has for one of GitHub's APIs.
func (x *exchange) allowanceOf(resource string) *allowance {
	key := x.viewer + " " + resource
	a := x.world.limits[key]
	if a == nil {
		a = &allowance{limit: limitWithToken}
		if x.viewer == "" {
			a.limit = limitWithoutToken
		}
		x.world.limits[key] = a
	}
	if !x.now.Before(a.reset) {
		a.used, a.reset = 0, x.now.Add(x.world.scenario.window()).Truncate(time.Second)
	}
	return a
}

// admit refuses a request when nothing is left.
func (a *allowance) admit(now time.Time) error {
	if a.used < a.limit {
		return nil
	}
	return &apiError{status: http.StatusForbidden, message: fmt.Sprintf(
		"API rate limit exceeded; it begins again in %s.", a.reset.Sub(now).Round(time.Second))}
}

// count charges for the answer and tells what is left. A 304 costs those nothing who
// have a token, and asking for the limit itself nobody.
func (a *allowance) count(x *exchange) {
	free := x.status == http.StatusNotModified && x.viewer != "" || x.req.URL.Path == "/rate_limit"
	if !free && a.used < a.limit {
		a.used++
		x.world.charged = true
	}
	for name, value := range map[string]int64{
		"Limit": int64(a.limit), "Used": int64(a.used),
		"Remaining": int64(a.limit - a.used), "Reset": a.reset.Unix(),
	} {
		x.header.Set("X-RateLimit-"+name, strconv.FormatInt(value, 10))
	}
	x.header.Set("X-RateLimit-Resource", resource(x.req))
}

// GitHub's page sizes.
const (
	defaultPage = 30
	largestPage = 100
)

// page cuts the page that the request asks for out of a list, and links to the
// others.
func page[T any](x *exchange, all []T) []T {
	size, err := strconv.Atoi(x.query("per_page"))
	if err != nil || size < 1 {
		size = defaultPage
	}
	size = min(size, largestPage)
	number, err := strconv.Atoi(x.query("page"))
	if err != nil || number < 1 {
		number = 1
	}
	last := max(1, (len(all)+size-1)/size)
	var links []string
	link := func(to int, rel string) {
		u := url.URL{Scheme: "https", Host: apiHost, Path: x.req.URL.Path}
		q := x.req.URL.Query()
		q.Set("page", strconv.Itoa(to))
		u.RawQuery = q.Encode()
		links = append(links, fmt.Sprintf(`<%s>; rel="%s"`, u.String(), rel))
	}
	if number > 1 {
		link(min(number-1, last), "prev")
	}
	if number < last {
		link(number+1, "next")
		link(last, "last")
	}
	if number > 1 {
		link(1, "first")
	}
	if len(links) > 0 {
		x.header.Set("Link", strings.Join(links, ", "))
	}
	from := min((number-1)*size, len(all))
	return slices.Clone(all[from:min(from+size, len(all))])
}

// list turns each element of a list into JSON; an empty list is [] and not null.
func list[T any](all []T, each func(T) (any, error)) ([]any, error) {
	out := make([]any, 0, len(all))
	for _, one := range all {
		body, err := each(one)
		if err != nil {
			return nil, err
		}
		out = append(out, body)
	}
	return out, nil
}
