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
		ID:    "repo.access",
		Title: "Token may do what the plan needs",
		Why:   "A token that may not push, or whose tags start no workflow, stops a release half way.",
		Looks: "The token's kind and scopes, and for every repository of the plan whether its user may push there, and " +
			"whether it is archived or was renamed.",
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
	if len(repos) == 1 {
		return t.result(text.Cleanf("%s may push to %s", viewer.Login, repos[0]))
	}
	return t.result(text.Cleanf("%s may push to %s", viewer.Login, allOf(len(repos))))
}

// judgeToken looks at whose token it is and of which kind. GitHub ignores the
// tags and releases that a workflow's own token makes: nothing starts, and
// releases have been lost that way without a word.
func judgeToken(t *tally, v Viewer) {
	what := text.Clean("token")
	if !v.Login.IsZero() {
		what = text.Cleanf("token of %s", v.Login)
	}
	switch {
	case v.TokenKind == "installation": // of nobody: it comes without a login
		t.add(Evidence{What: what, Outcome: Fail,
			Saw: text.Clean("a workflow's own: the tags and releases that it makes start no workflow")},
			"use a person's token: log in with `gh auth login`, or set GH_TOKEN to a personal access token")
	case v.Login.IsZero():
		t.add(Evidence{What: what, Saw: text.Clean("nobody is logged in"), Outcome: Fail},
			"log in with `gh auth login`, or set GH_TOKEN")
	case v.TokenKind == "classic", v.TokenKind == "oauth":
		t.pass(what, text.Clean(v.TokenKind), text.Safe{})
	case v.TokenKind == "fine-grained":
		t.add(Evidence{What: what, Outcome: Warn,
			Saw: text.Clean("fine-grained: GitHub does not tell what it may do")},
			"see in its settings that it has contents: write on every repository of the plan, and actions: write where a stage is dispatched")
	default:
		t.add(Evidence{What: what, Outcome: Warn,
			Saw: text.Clean("of a kind that twokey does not know; its tags may start no workflow")},
			"use a personal access token, or log in with `gh auth login`")
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
