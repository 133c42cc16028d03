package checks

import (
	"slices"
	"strings"

	"twokey/checks/text"
)

// repoAccess asks whether the token may do, in every repository of the plan,
// what the release needs. Half a release is worse than none.
func repoAccess() Check {
	return Check{
		ID:       "repo.access",
		Title:    "token may push to every repository",
		Why:      "a token that may not push, or whose tags start no workflow, stops a release half way",
		Factor:   People,
		Severity: SeverityBlock,
		Remedy:   "log in as someone who may push to every repository of the plan: `gh auth login`",
		Needs:    []Part{PartViewer, PartRepos},
		Judge:    judgeAccess,
	}
}

func judgeAccess(s *Snapshot) Result {
	var t tally
	viewer, ok := s.Viewer.Get()
	if ok {
		judgeToken(&t, viewer)
	} else {
		t.lack(text.Clean("token"), s.Viewer.Missing())
	}
	var repos []string
	for st, f := range stages(s) {
		if slices.Contains(repos, st.Repo) {
			continue
		}
		repos = append(repos, st.Repo)
		if r, ok := f.Repo.Get(); ok {
			judgeRepo(&t, st.Repo, r, viewer)
		} else {
			t.lack(text.Clean(st.Repo), f.Repo.Missing())
		}
	}
	if len(repos) == 0 {
		return Result{Outcome: Unknown, Summary: text.Clean("the plan has no stage")}
	}
	return t.result(text.Cleanf("%s may push to %s", viewer.Login, text.Join(text.CleanAll(repos), ", ")))
}

// judgeToken looks at whose token it is and of which kind. GitHub ignores the
// tags and releases that a workflow's own token makes: nothing starts, and
// releases have been lost that way without a word.
func judgeToken(t *tally, v Viewer) {
	e := Evidence{What: text.Cleanf("token of %s", v.Login)}
	if v.Login.IsZero() {
		e.What, e.Saw, e.Outcome = text.Clean("token"), text.Clean("nobody is logged in"), Fail
		t.add(e, "log in with `gh auth login`, or set GH_TOKEN")
		return
	}
	switch v.TokenKind {
	case "classic", "oauth":
		e.Saw, e.Outcome = text.Cleanf("%s token", v.TokenKind), Pass
		t.add(e, "")
	case "fine-grained":
		e.Saw = text.Clean("fine-grained token; GitHub does not tell its permissions, it needs contents: write")
		e.Outcome = Pass
		t.add(e, "")
	case "installation":
		e.Saw = text.Clean("a workflow's own token: the tags and releases that it makes start no workflow")
		e.Outcome = Fail
		t.add(e, "use a person's token: log in with `gh auth login`, or set GH_TOKEN to a personal access token")
	default:
		e.Saw = text.Clean("of a kind that twokey does not know; its tags may start no workflow")
		e.Outcome = Warn
		t.add(e, "use a personal access token, or log in with `gh auth login`")
	}
}

// judgeRepo looks at one repository of the plan, as the token sees it.
func judgeRepo(t *tally, name string, r Repo, v Viewer) {
	e := Evidence{What: text.Clean(name), Outcome: Fail, URL: r.URL}
	missing := missingScope(v, r.Private)
	switch {
	case r.Archived:
		e.Saw = text.Clean("archived: nothing can be released from it")
		t.add(e, "unarchive the repository, or take its stage out of the plan")
	case r.Name != "" && !strings.EqualFold(r.Name, name):
		e.Saw = text.Cleanf("now called %s", r.Name)
		t.add(e, "put the repository's new name into the plan")
	case !r.Push:
		e.Saw = text.Clean("read-only: the token's user may not push")
		t.add(e, "ask an owner of "+name+" for write access, or log in as someone who has it")
	case missing != "":
		e.Saw = text.Cleanf("the token lacks the scope %s", missing)
		t.add(e, "add the scope: `gh auth refresh -s "+missing+"`, or make a token that has it")
	default:
		t.pass(e.What, text.Clean("push access"), r.URL)
	}
}

// missingScope is the scope that a token with scopes lacks for a repository. Only
// a classic token always has them; other kinds are judged by their scopes where
// these are known. The scope workflow is not needed: no file is changed.
func missingScope(v Viewer, private bool) string {
	switch {
	case v.TokenKind != "classic" && len(v.Scopes) == 0, slices.Contains(v.Scopes, "repo"):
		return ""
	case private:
		return "repo"
	case slices.Contains(v.Scopes, "public_repo"):
		return ""
	}
	return "public_repo"
}
