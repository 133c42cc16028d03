package rehearsal

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// queryType is where a query begins.
func (x *exchange) queryType() *gqlType {
	return &gqlType{name: "Query", fields: map[string]gqlField{
		"viewer":     is(userType(x.viewer)),
		"repository": {args: []string{"owner", "name", "followRenames"}, get: x.repositoryField},
	}}
}

// userType is a user.
func userType(login string) *gqlType {
	id := idOf("user", login)
	return &gqlType{name: "User", fields: map[string]gqlField{"login": is(login), "id": is(nodeID("User", id)),
		"databaseId": is(id), "name": is(nil), "url": is("https://github.com/" + login)}}
}

// notThere is GraphQL's answer for what does not exist or may not be seen.
func notThere(format string, args ...any) error {
	return &graphqlError{kind: "NOT_FOUND", message: "Could not resolve to a " + fmt.Sprintf(format, args...)}
}

// repositoryField finds a repository.
func (x *exchange) repositoryField(args map[string]any) (any, error) {
	owner, name := fmt.Sprint(args["owner"]), fmt.Sprint(args["name"])
	if x.repo = x.world.repo(owner, name); x.repo == nil {
		if s := x.world.standIns()[strings.ToLower(owner+"/"+name)]; s != nil {
			return standInType(s), nil
		}
		x.sayNeeds(owner, name)
		return nil, notThere("Repository with the name '%s/%s'.", owner, name)
	}
	return x.repositoryType(x.repo), nil
}

// repositoryType is a repository. It lists no pull requests: a rehearsal begins where
// they were merged, and only commits tell of them.
func (x *exchange) repositoryType(r *repository) *gqlType {
	body := r.minimalRepo()
	ownerID := idOf("user", r.name.Owner)
	owner := &gqlType{name: "Organization", fields: map[string]gqlField{
		"login": is(r.name.Owner), "id": is(nodeID("Organization", ownerID))}}
	branch := &gqlType{name: "Ref", fields: map[string]gqlField{
		"name": is(r.git.head), "prefix": is("refs/heads/"), "id": is(nodeID("Ref", r.git.head))}}
	t := &gqlType{name: "Repository", fields: map[string]gqlField{
		"id": is(body["node_id"]), "databaseId": is(body["id"]), "name": is(r.name.Name),
		"nameWithOwner": is(r.name.String()), "owner": is(owner), "url": is(r.html("")),
		"description": is(body["description"]), "defaultBranchRef": is(branch), "parent": is(nil),
		"viewerPermission": is(strings.ToUpper(cmp.Or(r.settings.Collaborators[x.viewer], "read"))),
		"hasIssuesEnabled": is(true), "latestRelease": {get: x.latestReleaseField},
		"ref": {args: []string{"qualifiedName"}, get: func(args map[string]any) (any, error) {
			name := fmt.Sprint(args["qualifiedName"])
			ref := r.refType(name)
			if ref == nil && r == x.world.repos[0] {
				x.world.moves.look(name)
			}
			return ref, nil
		}},
		"refs": refsField(func() []*gqlType { return r.refsOf("refs/heads/", r.git.branches()) },
			func() []*gqlType { return r.refsOf("refs/tags/", r.git.tags()) }),
		"object":   {args: []string{"oid", "expression"}, get: x.objectField},
		"release":  {args: []string{"tagName"}, get: x.releaseField},
		"releases": {args: []string{"first", "after", "orderBy"}, get: x.releasesField},
		"pullRequest": {args: []string{"number"}, get: func(args map[string]any) (any, error) {
			return nil, notThere("PullRequest with the number of %s.", plainNumber(args["number"]))
		}},
		"pullRequests": {args: []string{"first", "after", "orderBy", "states", "headRefName", "baseRefName"},
			get: func(map[string]any) (any, error) { return connection("PullRequestConnection", nil, nil) }},
	}}
	for _, name := range []string{"isPrivate", "isFork", "isArchived", "hasWikiEnabled"} {
		t.fields[name] = is(false)
	}
	for _, name := range []string{"mergeCommitAllowed", "rebaseMergeAllowed", "squashMergeAllowed"} {
		t.fields[name] = is(true)
	}
	return t
}

// refType is a ref, by its whole name or by what a branch or tag is called; nil where
// there is none.
func (r *repository) refType(name string) *gqlType {
	for _, full := range []string{name, "refs/heads/" + name, "refs/tags/" + name} {
		h, ok := r.git.refs[full]
		if !ok {
			continue
		}
		short := full[strings.LastIndexByte(full, '/')+1:]
		for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
			if rest, is := strings.CutPrefix(full, prefix); is {
				short = rest
			}
		}
		target := &gqlType{name: "GitObject", fields: map[string]gqlField{"oid": is(h.String())}}
		return &gqlType{name: "Ref", fields: map[string]gqlField{"id": is(nodeID("Ref", r.name.String()+full)),
			"name": is(short), "prefix": is(strings.TrimSuffix(full, short)), "target": is(target)}}
	}
	return nil
}

// plainNumber writes a number that JSON or GraphQL gave.
func plainNumber(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatInt(int64(f), 10)
	}
	return fmt.Sprint(v)
}

// latestReleaseField is the newest release that is neither a draft nor a pre-release.
func (x *exchange) latestReleaseField(map[string]any) (any, error) {
	return x.oneRelease(func(s *simRelease) bool { return !s.Draft && !s.Prerelease })
}

// releaseField is the release of a tag; of a draft as well, unlike in the other API.
func (x *exchange) releaseField(args map[string]any) (any, error) {
	return x.oneRelease(func(s *simRelease) bool { return s.Tag == args["tagName"] })
}

// oneRelease is the first release that is wanted; null when none is.
func (x *exchange) oneRelease(wanted func(*simRelease) bool) (any, error) {
	all, err := x.world.publishedReleases(x.repo)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, wanted); i >= 0 {
		return x.releaseType(all[i], all), nil
	}
	return nil, nil
}

// releasesField lists the releases, oldest first unless asked otherwise.
func (x *exchange) releasesField(args map[string]any) (any, error) {
	all, err := x.world.publishedReleases(x.repo)
	if err != nil {
		return nil, err
	}
	listed := slices.Clone(all)
	order, _ := args["orderBy"].(fields)
	if order["field"] == "NAME" {
		slices.SortStableFunc(listed, func(a, b *simRelease) int { return cmp.Compare(b.Tag, a.Tag) })
	}
	if order["direction"] != "DESC" {
		slices.Reverse(listed)
	}
	var nodes []*gqlType
	for _, s := range listed {
		nodes = append(nodes, x.releaseType(s, all))
	}
	return connection("ReleaseConnection", nodes, args)
}

// releaseType is a release, one of all.
func (x *exchange) releaseType(s *simRelease, all []*simRelease) *gqlType {
	latest := slices.IndexFunc(all, func(s *simRelease) bool { return !s.Draft && !s.Prerelease })
	var published any = stamp(s.Created)
	if s.Draft {
		published = nil
	}
	return &gqlType{name: "Release", fields: map[string]gqlField{
		"id": is(nodeID("Release", s.ID)), "databaseId": is(s.ID), "name": is(orNull(s.Name)), "tagName": is(s.Tag),
		"description": is(orNull(s.Body)), "isDraft": is(s.Draft), "isPrerelease": is(s.Prerelease),
		"isLatest": is(latest >= 0 && all[latest] == s), "createdAt": is(stamp(s.Created)), "publishedAt": is(published),
		"url": is(x.repo.html("/releases/tag/%s", escapePath(s.Tag))), "author": is(userType(s.Author)),
	}}
}

// connection is the page of a list that the arguments ask for.
func connection(name string, all []*gqlType, args map[string]any) (any, error) {
	first, from := largestPage, 0
	if f, ok := args["first"].(float64); ok {
		first = int(f)
	}
	if first < 1 || first > largestPage {
		return nil, &graphqlError{message: "`first` has to be from 1 to 100"}
	}
	if after, _ := args["after"].(string); after != "" {
		plain, err := base64.StdEncoding.DecodeString(after)
		n, bad := strconv.Atoi(strings.TrimPrefix(string(plain), cursorPrefix))
		if err != nil || bad != nil || n < 0 {
			return nil, &graphqlError{message: fmt.Sprintf("`%s` does not appear to be a valid cursor.", after)}
		}
		from = min(n, len(all))
	}
	to := min(from+first, len(all))
	cursor := func(n int) any {
		if from == to {
			return nil
		}
		return base64.StdEncoding.EncodeToString([]byte(cursorPrefix + strconv.Itoa(n)))
	}
	info := &gqlType{name: "PageInfo", fields: map[string]gqlField{
		"hasNextPage": is(to < len(all)), "endCursor": is(cursor(to)),
		"hasPreviousPage": is(from > 0), "startCursor": is(cursor(from + 1))}}
	return &gqlType{name: name, fields: map[string]gqlField{
		"nodes": is(all[from:to]), "pageInfo": is(info), "totalCount": is(len(all))}}, nil
}

// cursorPrefix begins a cursor, which counts what came before it.
const cursorPrefix = "cursor:"
