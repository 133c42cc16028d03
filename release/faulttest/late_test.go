package faulttest

import (
	"encoding/json"
	"io"
	"net/http"
	"path"
	"time"
)

// late lists runs, and the check runs of their jobs, only some time after they were
// started, as GitHub does when it is busy.
func late(lag time.Duration, next wire) wire {
	lists := map[string]struct{ list, started string }{
		"runs": {"workflow_runs", "created_at"}, "check-runs": {"check_runs", "started_at"}}
	return func(p *process, req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		through := func() (*http.Response, error) {
			what, listed := lists[path.Base(req.URL.Path)]
			if req.Method != http.MethodGet || !listed {
				return send()
			}
			req.Header.Del("If-None-Match")
			resp, err := send()
			if err != nil || resp.StatusCode != http.StatusOK {
				return resp, err
			}
			return unlisted(req, resp, what.list, what.started, p.world.Clock().Now().Add(-lag))
		}
		if next == nil {
			return through()
		}
		return next(p, req, through)
	}
}

// unlisted leaves out of a list what was started after a time.
func unlisted(req *http.Request, resp *http.Response, list, started string, after time.Time) (*http.Response, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	var items []map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(all[list], &items); err != nil {
		return nil, err
	}
	kept := []map[string]any{}
	for _, item := range items {
		at, err := time.Parse(time.RFC3339, item[started].(string))
		if err != nil {
			return nil, err
		}
		if !at.After(after) {
			kept = append(kept, item)
		}
	}
	if body, err = json.Marshal(map[string]any{"total_count": len(kept), list: kept}); err != nil {
		return nil, err
	}
	return reply(req, http.StatusOK, string(body)), nil
}
