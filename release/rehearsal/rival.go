package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/checks/text"
	"twokey/release"
)

// rivalToken is the token of the maintainer who releases the same.
const rivalToken = "ghp_rehearsal_of_the_other_maintainer_00"

// rival is another maintainer who releases the same version of the same commit with
// the same program, on another machine. She has looked at everything, as the client
// has, and claims one request earlier. That is the moment worth playing: whoever is
// late by more than that finds the claim when looking again, as in tag-moved.
type rival struct {
	edition edition        // what she releases; no plan: nothing yet
	calls   []release.Call // those that she has not sent
}

// before does what the rival does before a request is answered: she claims when the
// client is about to, and starts each stage when those that it needs are done.
func (v *rival) before(w *World, req *http.Request) error {
	if !w.scenario.rival || req.Host != apiHost {
		return nil
	}
	if len(v.edition.plan.Stages) == 0 {
		if err := v.begin(w, req); err != nil {
			return err
		}
	}
	for _, st := range v.edition.plan.Stages {
		if v.waits(st.Name) && !slices.ContainsFunc(st.Needs, func(need string) bool { return !v.done(w, need) }) {
			if err := v.start(w, st.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin takes up what the client is about to claim, if that is what it asks for.
func (v *rival) begin(w *World, req *http.Request) error {
	r := w.repos[0]
	rest, ok := cutFold(req.URL.Path, "/repos/"+r.name.String())
	if !ok || rest != "/git/refs" || req.Method != http.MethodPost {
		return nil
	}
	var asked struct{ Ref, SHA string }
	if err := peek(req, &asked); err != nil || r.git.refs[asked.Ref] != plumbing.ZeroHash {
		return nil // not a request that claims anything
	}
	e, ok := w.edition(r, w.planAt, asked.Ref, asked.SHA)
	if !ok {
		return nil
	}
	e.at = w.clock.Now()
	p, err := w.freePlan(*w.planAt(r, plumbing.NewHash(e.sha)), e)
	if err != nil {
		return err
	}
	e.plan = p
	stream := release.NewStream(w.clock)
	stream.Emit(release.Opened{Repo: r.name, Viewer: text.Clean(otherUser)})
	ports := release.Ports{Clock: w.clock, Stream: stream, Random: strings.NewReader(p.SHA)} // so that it is repeatable
	v.edition, v.calls = e, release.NewEngine(ports).Calls(p)
	if t, err := r.git.tag(plumbing.NewHash(asked.SHA)); err == nil {
		for i := range v.calls {
			v.calls[i].Message = withBefore(v.calls[i].Message, t.Message)
		}
	}
	return nil
}

// noteKey begins the note in a claim's message, which ends it.
const noteKey = "Twokey-Plan: "

// withBefore gives the note of one message what that of another says of the names
// that can change: who looks at the same moment sees the same under them.
func withBefore(message, seen string) string {
	title, raw, noted := strings.Cut(message, noteKey)
	_, theirs, also := strings.Cut(seen, noteKey)
	var note, other map[string]json.RawMessage
	if !noted || !also || json.Unmarshal([]byte(raw), &note) != nil || json.Unmarshal([]byte(theirs), &other) != nil {
		return message
	}
	if before, ok := other["before"]; ok {
		note["before"] = before
	}
	return title + noteKey + string(encodeJSON(note)) + "\n"
}

// peek reads a request's body as JSON and leaves it there for others.
func peek(req *http.Request, into any) error {
	body, err := io.ReadAll(req.Body) // from memory
	if err != nil {
		return err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return json.Unmarshal(body, into)
}

// freePlan fills in a plan with a date whose tags nobody has made yet.
func (w *World) freePlan(f release.PlanFile, e edition) (release.Plan, error) {
	const most = 20 // releases of a day
	day := release.DateOf(e.at)
	for n := range most {
		date := day
		if n > 0 {
			date = fmt.Sprintf("%s.%d", day, n)
		}
		p, err := w.planFor(f, e, date)
		if err != nil || !slices.ContainsFunc(p.Stages, w.tagged) {
			return p, err
		}
	}
	return release.Plan{}, fmt.Errorf("every tag of %s is taken", day)
}

// tagged tells whether what claims a stage is there.
func (w *World) tagged(st release.Stage) bool {
	r := w.repo(st.Repo.Owner, st.Repo.Name)
	return r != nil && st.Tag != "" && r.git.refs["refs/tags/"+st.Tag] != plumbing.ZeroHash
}

// waits tells whether a stage is still to be started.
func (v *rival) waits(stage string) bool {
	return slices.ContainsFunc(v.calls, func(c release.Call) bool { return c.Stage == stage })
}

// done tells whether a stage was started and all its runs have ended well.
func (v *rival) done(w *World, stage string) bool {
	i := slices.IndexFunc(v.edition.plan.Stages, func(st release.Stage) bool { return st.Name == stage })
	if i < 0 || v.waits(stage) {
		return false
	}
	runs := w.stageRuns(v.edition.plan.Stages[i], v.edition, time.Time{})
	return len(runs) > 0 && !slices.ContainsFunc(runs, func(r *simRun) bool { return runDone(r, w.clock.Now()).IsZero() })
}

// start sends the calls of a stage. A repository that the world does not have takes
// none.
func (v *rival) start(w *World, stage string) error {
	var object string // the tag object that the ref is to lead to
	for _, c := range v.calls {
		if c.Stage != stage || w.repo(c.Repo.Owner, c.Repo.Name) == nil {
			continue
		}
		if c.Kind == release.CallRef {
			c.SHA = object
		}
		made, err := w.callAs(rivalToken, c)
		if err != nil {
			return fmt.Errorf("the other maintainer: %s: %w", c.Request(), err)
		}
		object = made
	}
	v.calls = slices.DeleteFunc(v.calls, func(c release.Call) bool { return c.Stage == stage })
	return nil
}

// callAs sends a call of a release to the world's own API, as the owner of a token.
// It gives the object that the call made.
func (w *World) callAs(token string, c release.Call) (string, error) {
	bodies := map[release.CallKind]fields{
		release.CallTagObject: {"tag": c.Ref, "message": c.Message, "object": c.SHA, "type": "commit"},
		release.CallRef:       {"ref": c.Ref, "sha": c.SHA},
		release.CallRelease: {"tag_name": c.Ref, "target_commitish": c.SHA, "name": c.Title, "body": c.Message,
			"prerelease": c.Prerelease},
		release.CallDispatch: {"ref": c.Ref, "inputs": c.Inputs},
	}
	method, path, _ := strings.Cut(c.Request(), " ")
	req, err := http.NewRequestWithContext(context.Background(), method, "https://"+apiHost+path,
		bytes.NewReader(encodeJSON(bodies[c.Kind])))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	r := &reply{header: http.Header{}}
	charged := w.charged // of the request that is answered now, which is another's
	w.api.ServeHTTP(r, req)
	w.charged = charged
	if r.status >= http.StatusBadRequest {
		return "", fmt.Errorf("HTTP %d: %s", r.status, r.body)
	}
	var made struct{ SHA string }
	if len(r.body) > 0 {
		err = json.Unmarshal(r.body, &made)
	}
	return made.SHA, err
}
