package checks_test

import (
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// token changes whose kind of token it is.
func token(kind string, scopes ...string) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		edit(&s.Viewer, func(v *checks.Viewer) { v.TokenKind, v.Scopes = kind, scopes })
	}
}

// deb changes the repository of the second stage.
func deb(change func(*checks.Repo)) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { edit(&s.Stages[1].Repo, change) }
}

// both makes two changes.
func both(a, b func(*checks.Snapshot)) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { a(s); b(s) }
}

// TestRepoAccessToken is about whose token it is, and of which kind.
func TestRepoAccessToken(t *testing.T) {
	private := deb(func(r *checks.Repo) { r.Private = true })
	judge(t, "repo.access", []verdictCase{
		{name: "clean", want: checks.Pass, says: "mara may push to all 3 repositories"},

		{name: "fine-grained token", change: token("fine-grained"), want: checks.Warn,
			says: "token of mara: fine-grained: GitHub does not tell", fix: "contents: write on every repository"},
		{name: "fine-grained token of someone who may not push", change: both(token("fine-grained"),
			deb(func(r *checks.Repo) { r.Push = false })), want: checks.Fail, says: "quay/packaging: read-only"},
		{name: "token of gh", change: token("oauth"), want: checks.Pass, shows: "token of mara: oauth"},
		{name: "token of gh with its scopes", change: token("oauth", "repo", "gist"), want: checks.Pass},
		{name: "token of gh without repo", change: token("oauth", "gist"), want: checks.Fail,
			says: "lacks the scope public_repo", fix: "gh auth refresh -s public_repo"},
		{name: "a workflow's own token", change: token("installation"), want: checks.Fail,
			says: "start no workflow", fix: "personal access token"},
		{name: "a workflow's own token, which is nobody's", change: func(s *checks.Snapshot) {
			s.Viewer = checks.Have(checks.Viewer{TokenKind: "installation"})
		}, want: checks.Fail, says: "token: a workflow's own"},
		{name: "one repository", change: func(s *checks.Snapshot) {
			s.Subject.Stages, s.Stages = s.Subject.Stages[:1], s.Stages[:1]
		}, want: checks.Pass, says: "mara may push to quay/harbour"},
		{name: "unknown token", change: token("unknown"), want: checks.Warn, says: "does not know"},
		{name: "a kind of token that is new", change: token("quantum"), want: checks.Warn, says: "does not know"},
		{name: "nobody", change: func(s *checks.Snapshot) { s.Viewer = checks.Have(checks.Viewer{}) }, want: checks.Fail,
			says: "nobody is logged in", fix: "gh auth login"},
		{name: "viewer hidden", change: func(s *checks.Snapshot) { hide(&s.Viewer, "a token") }, want: checks.Unknown,
			says: "GitHub answered 403", fix: "twokey needs a token to see this"},

		{name: "classic with public_repo", change: token("classic", "public_repo"), want: checks.Pass},
		{name: "classic without a scope", change: token("classic"), want: checks.Fail, says: "lacks the scope public_repo"},
		{name: "workflow alone is not enough", change: token("classic", "workflow"), want: checks.Fail},
		{name: "public_repo and a private repository", change: both(token("classic", "public_repo"), private),
			want: checks.Fail, says: "quay/packaging: the token lacks the scope repo"},
		{name: "repo and a private repository", change: private, want: checks.Pass},
	})
}

// TestRepoAccessRepositories is about what the token sees of each repository.
func TestRepoAccessRepositories(t *testing.T) {
	judge(t, "repo.access", []verdictCase{
		{name: "archived", change: deb(func(r *checks.Repo) { r.Archived = true }), want: checks.Fail,
			says: "quay/packaging: archived", fix: "unarchive"},
		{name: "read-only", change: deb(func(r *checks.Repo) { r.Push = false }), want: checks.Fail,
			says: "quay/packaging: read-only", fix: "ask an owner of quay/packaging for write access"},
		{name: "administrator who may not push", change: deb(func(r *checks.Repo) { r.Push, r.Admin = false, true }), want: checks.Fail},
		{name: "renamed", change: deb(func(r *checks.Repo) { r.Name = "quay/debs" }), want: checks.Fail,
			says: "now called quay/debs", fix: "into the plan"},
		{name: "written in another case", change: deb(func(r *checks.Repo) { r.Name = "Quay/Packaging" }), want: checks.Pass},
		{name: "repository hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[1].Repo, "metadata: read on quay/packaging") },
			want: checks.Unknown, says: "quay/packaging: GitHub answered 403", fix: "twokey needs metadata: read"},
		{name: "what is wrong comes before what is hidden", change: both(
			func(s *checks.Snapshot) { hide(&s.Viewer, "") }, deb(func(r *checks.Repo) { r.Archived = true })),
			want: checks.Fail, says: "archived", shows: "token: GitHub answered 403"},
		{name: "two things are wrong", change: both(token("installation"), deb(func(r *checks.Repo) { r.Archived = true })),
			want: checks.Fail, says: "token of mara", shows: "quay/packaging: archived"},
	})
}

// TestRepoAccessLooksOnce holds that a repository with two stages is one thing to see.
func TestRepoAccessLooksOnce(t *testing.T) {
	s := clean()
	s.Subject.Stages[1].Repo = s.Subject.Stages[0].Repo
	s.Stages[1].Repo = s.Stages[0].Repo
	f := checks.Run(find(t, "repo.access"), s)
	if f.Outcome != checks.Pass || len(f.Evidence) != 3 {
		t.Errorf("%s with %d pieces of evidence, want the token and two repositories: %v", f.Outcome, len(f.Evidence), f.Evidence)
	}
}

// TestEvidenceOrder holds that the eye lands on what is wrong.
func TestEvidenceOrder(t *testing.T) {
	s := clean()
	hide(&s.Stages[1].Repo, "")
	edit(&s.Stages[2].Repo, func(r *checks.Repo) { r.Push, r.URL = false, text.Clean("https://github.com/quay/images") })
	f := checks.Run(find(t, "repo.access"), s)
	want := []checks.Outcome{checks.Fail, checks.Unknown, checks.Pass, checks.Pass}
	for i, e := range f.Evidence {
		if i >= len(want) || e.Outcome != want[i] {
			t.Fatalf("evidence is %v, want the outcomes %v", f.Evidence, want)
		}
	}
	if got := f.Evidence[0].URL.String(); got != "https://github.com/quay/images" {
		t.Errorf("the first link is %q", got)
	}
}
