package rehearsal

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"twokey/checks"
	"twokey/release"
)

// pageDelay is how long after the last of a release's artifacts its pages are built:
// a release has to wait for them.
const pageDelay = 3 * time.Minute

// namesPage tells whether any plan of the world names a page on a host that is there
// after a release. What is to be there before one, nobody made in the world.
func (w *World) namesPage(host string) bool {
	names := func(f *release.PlanFile) bool {
		return f != nil && slices.ContainsFunc(f.Checks, func(c checks.Own) bool {
			_, rest, _ := strings.Cut(c.Name, "://")
			named, _, _ := strings.Cut(rest, "/")
			return isPage(c) && strings.EqualFold(named, host)
		})
	}
	w.editions() // reads the plans of every release
	if names(w.planOfToday(w.repos[0])) {
		return true
	}
	for _, f := range w.market.plans {
		if names(f) {
			return true
		}
	}
	return false
}

func isPage(c checks.Own) bool { return c.Kind == checks.OwnURL && c.When == checks.After }

// servePage serves a page that plans name: it holds what the plan of each release that
// it was built for looks for. Before the first of them there is none.
func (w *World) servePage(rw http.ResponseWriter, req *http.Request, all []publication) {
	var lines []string
	for _, e := range w.editions() {
		built := w.builtAt(e, all)
		if built.IsZero() || built.After(w.clock.Now()) {
			continue
		}
		for _, c := range e.plan.Checks {
			u, err := url.Parse(c.Name)
			if isPage(c) && err == nil && strings.EqualFold(u.Host, req.Host) && u.RequestURI() == req.URL.RequestURI() {
				lines = append(lines, c.Contains)
			}
		}
	}
	if len(lines) == 0 {
		http.NotFound(rw, req)
		return
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(rw, strings.Join(lines, "\n"))
}

// builtAt is when the pages of a release are built: some time after everything that it
// publishes is out; zero while something is not.
func (w *World) builtAt(e edition, all []publication) time.Time {
	last := e.at
	for _, stage := range e.plan.Stages {
		for _, a := range stage.Artifacts {
			p, ok := standing(all, func(p publication) bool { return p.SHA == e.sha && p.Artifact.String() == a.String() })
			if !ok {
				return time.Time{}
			}
			last = later(last, p.At)
		}
	}
	return last.Add(pageDelay)
}
