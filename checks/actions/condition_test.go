package actions

import (
	"testing"

	"github.com/rhysd/actionlint"
)

func TestMayRun(t *testing.T) {
	for _, c := range []struct {
		condition string
		event     Event
		want      bool
	}{
		{"", EventPush, true},
		{"github.event_name == 'push'", EventPush, true},
		{"'PUSH' == github.event_name", EventPush, true},
		{"github.event_name == 'release'", EventPush, false},
		{"${{ github.event_name == 'release' }}", EventRelease, true},
		{"github.event_name != 'pull_request' && github.repository == 'o/r'", EventPush, true},
		{"github.event_name != 'push' && success()", EventPush, false},
		{"github.event_name == 'release' || github.ref == 'x'", EventPush, true},
		{"github.event_name == 'release' || github.ref == 'refs/heads/main'", EventPush, false},
		{"(github.event_name == 'release' || github.event_name == 'push') && github.ref_type == 'tag'", EventPush, true},
		{"github.repository == 'O/R'", EventPush, true},
		{"github.repository == 'fork/r'", EventPush, false},
		{"startsWith(github.ref, 'refs/tags/')", EventPush, true},
		{"startsWith(github.ref, 'refs/tags/v')", EventPush, true},
		{"!startsWith(github.ref, 'refs/tags/v')", EventPush, true},
		{"!startsWith(github.ref, 'refs/tags/')", EventPush, false},
		{"startsWith(github.ref, 'refs/tags/')", EventDispatch, false},
		{"startsWith(github.ref, 'refs/Tags/')", EventPush, true},
		{"contains(github.ref, 'refs/TAGS/')", EventPush, true},
		{"github.event.action == 'Published'", EventRelease, true},
		{"github.ref_type == 'Tag'", EventPush, true},
		{"startsWith(github.ref, 'refs/heads/')", EventRelease, false},
		{"contains(github.ref, 'refs/tags')", EventBranch, false},
		{"contains(github.ref, 'v1')", EventBranch, true},
		{"startsWith(github.ref, 'refs/tags/')", "create", true},
		{"startsWith(github.ref, 'refs/pull/')", EventPush, false},
		{"github.ref == 'refs/heads/main'", EventPush, false},
		{"github.ref == 'refs/heads/main'", EventBranch, true},
		{"github.ref == 'refs/heads/main'", "pull_request_target", true},
		{"github.ref == 'refs/heads/main'", EventDispatch, true},
		{"github.ref_name == 'main'", EventPush, false},
		{"github.ref_type == 'branch'", EventPush, false},
		{"github.ref_type != 'tag'", EventBranch, true},
		{"github.event_name == 'push'", EventBranch, true},
		{"github.event.action == 'published'", EventRelease, true},
		{"github.event.action == 'deleted'", EventRelease, false},
		{"false", EventPush, false},
		{"${{ false }}", EventPush, false},
		{"null", EventPush, false},
		{"true", EventPush, true},
		{"''", EventPush, false},
		{"!true", EventPush, false},
		{"github.run_number > 3", EventPush, true},
		{"needs.build.outputs.x == 'y'", EventPush, true},
		{"${{ false }} && ${{ false }}", EventPush, true}, // GitHub takes it for a text
		{"a new ~ language", EventPush, true},
	} {
		if got := MayRun(&actionlint.String{Value: c.condition}, c.event, "o/r"); got != c.want {
			t.Errorf("%q on %s: %v", c.condition, c.event, got)
		}
	}
	if !MayRun(nil, EventPush, "o/r") {
		t.Error("no condition does not run")
	}
}

// TestKeeps holds which conditions keep strangers out.
func TestKeeps(t *testing.T) {
	for _, c := range []struct {
		condition string
		want      access
	}{
		{"github.event.comment.author_association == 'MEMBER'", kept},
		{`contains(fromJSON('["OWNER"]'), github.event.comment.author_association)`, kept},
		{"github.event.pull_request.head.repo.full_name == github.repository", kept},
		{"github.event.pull_request.head.repo.full_name != github.repository", open},
		{"github.event.pull_request.head.repo.fork == false", kept},
		{"!github.event.pull_request.head.repo.fork", kept},
		{"github.event.pull_request.head.repo.fork", open},
		{"github.event.pull_request.head.repo.fork != false", open},
		{"github.actor == 'dependabot[bot]'", kept},
		{"github.actor != 'dependabot[bot]'", open},
		{"github.event.pull_request.merged", kept},
		{"github.event.pull_request.merged == true", kept},
		{"!github.event.pull_request.merged", open},
		{"contains(github.event.pull_request.labels.*.name, 'safe')", kept},
		{"github.event.label.name == 'safe'", kept},
		{"github.event.comment.user.id == vars.ROBOT", kept},
		{"needs.ask.outputs.member == 'true'", kept},
		{"needs.ask.result == 'success'", open},
		{"vars.ON == 'true'", open},
		{"github.event.workflow_run.event == 'push'", kept},
		{"github.event.workflow_run.head_branch == 'main'", kept},
		{"github.event.workflow_run.head_branch != 'main'", open},
		{"github.event.workflow_run.event != 'pull_request'", kept},
		{"github.event.workflow_run.event == 'pull_request'", open},
		{"github.event.workflow_run.conclusion == 'success'", open},
		{"contains(github.event.comment.body, '/go')", open},
		{"github.event_name == 'issues' || github.actor == 'me'", kept},
		{"github.event_name == 'issue_comment' || github.actor == 'me'", open},
		{"github.event_name == 'issues' && github.actor == 'me'", never},
	} {
		if got := weighCondition(&actionlint.String{Value: c.condition}, "issue_comment", "o/r").access; got != c.want {
			t.Errorf("%q: %d, want %d", c.condition, got, c.want)
		}
	}
}
