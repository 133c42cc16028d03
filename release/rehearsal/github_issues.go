package rehearsal

import (
	"slices"
	"strings"
)

// issueEndpoints are about what is open in a repository. The world only lists: what is
// written about it is no part of a release.
func issueEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /repos/{owner}/{repo}/issues":              (*exchange).issues,
		"GET /repos/{owner}/{repo}/milestones":          (*exchange).milestones,
		"GET /repos/{owner}/{repo}/security-advisories": (*exchange).advisories,
	}
}

// issue is an issue of the sample.
type issue struct {
	Number    int
	Title     string
	Author    string
	Labels    []string
	Milestone string // its title; empty: none
	Closed    bool
}

// milestone is a milestone of the sample.
type milestone struct {
	Number int
	Title  string
	Closed bool
}

// advisory is a security advisory of the sample.
type advisory struct {
	ID, Summary string
	State       string // triage, draft, published or closed
}

// issueTime is when all issues were opened: no check asks how old they are.
const issueTime = "2026-06-01T08:00:00Z"

// issues lists the issues that the query asks for, the newest first.
func (x *exchange) issues() (any, error) {
	var out []issue
	for _, i := range x.repo.settings.Issues {
		if x.wantsIssue(i) {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b issue) int { return b.Number - a.Number })
	return list(page(x, out), func(i issue) (any, error) { return x.issueJSON(i), nil })
}

// wantsIssue applies the query's filters.
func (x *exchange) wantsIssue(i issue) bool {
	switch state := x.query("state"); {
	case state == "all":
	case i.Closed != (state == "closed"):
		return false
	}
	for label := range strings.SplitSeq(x.query("labels"), ",") {
		if label != "" && !slices.ContainsFunc(i.Labels, func(l string) bool { return strings.EqualFold(l, label) }) {
			return false
		}
	}
	wanted := x.query("milestone")
	return wanted == "" || slices.ContainsFunc(x.repo.settings.Milestones, func(m milestone) bool {
		return plainNumber(float64(m.Number)) == wanted && m.Title == i.Milestone
	})
}

func (x *exchange) issueJSON(i issue) fields {
	api := x.repo.api("/issues/%d", i.Number)
	body := fields{
		"id": idOf("issue", x.repo.name.String(), plainNumber(float64(i.Number))), "number": i.Number, "title": i.Title, "user": person(i.Author),
		"state": "open", "locked": false, "comments": 0, "assignee": nil, "assignees": []any{}, "milestone": nil, "body": nil,
		"closed_at": nil, "created_at": issueTime, "updated_at": issueTime, "author_association": "MEMBER",
		"url": api, "html_url": x.repo.html("/issues/%d", i.Number), "repository_url": x.repo.api(""),
		"labels_url": api + "/labels{/name}", "comments_url": api + "/comments", "events_url": api + "/events",
	}
	body["node_id"] = nodeID("Issue", body["id"].(int64))
	labels := []any{}
	for _, l := range i.Labels {
		id := idOf("label", x.repo.name.String(), l)
		labels = append(labels, fields{"id": id, "node_id": nodeID("Label", id), "url": x.repo.api("/labels/%s", escapePath(l)),
			"name": l, "description": nil, "color": "ededed", "default": false})
	}
	body["labels"] = labels
	if i.Closed {
		body["state"], body["closed_at"] = "closed", issueTime
	}
	for _, m := range x.repo.settings.Milestones {
		if m.Title == i.Milestone {
			body["milestone"] = x.milestoneJSON(m)
		}
	}
	return body
}

// milestones lists the milestones in a state, the open ones unless asked otherwise.
func (x *exchange) milestones() (any, error) {
	var out []milestone
	for _, m := range x.repo.settings.Milestones {
		if state := x.query("state"); state == "all" || m.Closed == (state == "closed") {
			out = append(out, m)
		}
	}
	return list(page(x, out), func(m milestone) (any, error) { return x.milestoneJSON(m), nil })
}

func (x *exchange) milestoneJSON(m milestone) fields {
	api := x.repo.api("/milestones/%d", m.Number)
	id := idOf("milestone", x.repo.name.String(), m.Title)
	body := fields{"id": id, "node_id": nodeID("Milestone", id), "number": m.Number, "title": m.Title, "description": nil,
		"creator": person(x.repo.name.Owner), "state": "open", "open_issues": 0, "closed_issues": 0,
		"created_at": issueTime, "updated_at": issueTime, "closed_at": nil, "due_on": nil,
		"url": api, "labels_url": api + "/labels", "html_url": x.repo.html("/milestone/%d", m.Number)}
	if m.Closed {
		body["state"], body["closed_at"] = "closed", issueTime
	}
	return body
}

// advisories lists the security advisories. Whoever is no administrator is told of the
// published ones alone, whatever they asked for.
func (x *exchange) advisories() (any, error) {
	var out []advisory
	for _, a := range x.repo.settings.Advisories {
		shown := a.State == "published" || x.repo.settings.Collaborators[x.viewer] == "admin"
		if state := x.query("state"); shown && (state == "" || state == a.State) {
			out = append(out, a)
		}
	}
	return list(page(x, out), func(a advisory) (any, error) { return x.advisoryJSON(a), nil })
}

func (x *exchange) advisoryJSON(a advisory) fields {
	body := fields{
		"ghsa_id": a.ID, "cve_id": nil, "summary": a.Summary, "description": nil, "severity": "high", "state": a.State,
		"url": x.repo.api("/security-advisories/%s", a.ID), "html_url": x.repo.html("/security/advisories/%s", a.ID),
		"identifiers": []any{fields{"type": "GHSA", "value": a.ID}}, "author": nil, "publisher": nil,
		"created_at": issueTime, "updated_at": issueTime, "published_at": nil, "closed_at": nil, "withdrawn_at": nil,
		"submission": nil, "vulnerabilities": []any{}, "cvss": nil, "cwes": []any{}, "cwe_ids": []any{},
		"credits": []any{}, "credits_detailed": []any{}, "collaborating_users": []any{}, "collaborating_teams": []any{},
		"private_fork": nil,
	}
	if a.State == "published" {
		body["published_at"] = issueTime
	}
	return body
}
