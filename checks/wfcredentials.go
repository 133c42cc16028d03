package checks

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// outsideSince is the major version from which on actions/checkout keeps credentials in
// a file outside the workspace.
const outsideSince = 6

// maxCheckouts is how many checkouts of one job are looked at: each is held against all
// that runs behind it.
const maxCheckouts = 50

// wfCredentials asks whether a checkout leaves the job's token where what runs behind it,
// or whoever downloads an artifact, finds it.
func wfCredentials() Check {
	return Check{
		ID:    "wf.credentials",
		Title: "Checkout leaves no credentials",
		Why:   "A token that a checkout leaves behind is in reach of everything that the job runs, and of whoever gets its files.",
		Looks: "Checkouts that leave their token in .git/config, in jobs that afterwards upload files, run actions of " +
			"others or may write. A job that pushes needs it.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "give actions/checkout the input persist-credentials: false",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := audit(s, judgeCredentials)
			return a.verdict(text.Cleanf("no checkout in %s leaves credentials that matter", plural(a.jobs, "job")))
		},
	}
}

// judgeCredentials looks at each checkout of a job. A job that pushes with git needs
// what it leaves.
func judgeCredentials(a *auditor, job actions.Job) {
	looked := 0
	for i, s := range job.Steps {
		if s.Action() != "actions/checkout" || looked == maxCheckouts {
			continue
		}
		looked++
		if strings.EqualFold(s.Given("persist-credentials"), "false") || job.PushesAfter(i) || i == len(job.Steps)-1 {
			continue
		}
		use := s.Uses()[0]
		reasons := keptReasons(job, i)
		where := "in .git/config"
		if majorOf(use) >= outsideSince {
			// A file that no artifact holds; a token that only reads is worth little
			// to the steps behind it.
			where = "in a file that every later step can read"
			reasons.files, reasons.others = "", ""
		}
		if why := reasons.list(); len(why) > 0 {
			a.found(Warn, use.File, use.Line, "", "actions/checkout leaves its credentials %s, and the job %s", where, strings.Join(why, ", "))
		}
	}
}

// kept is why it matters that a checkout leaves credentials.
type kept struct{ files, others, token, secret string }

func (k kept) list() []string {
	return slices.DeleteFunc([]string{k.files, k.secret, k.token, k.others}, func(s string) bool { return s == "" })
}

// keptReasons is why it matters that the i-th step of a job leaves credentials.
func keptReasons(job actions.Job, i int) kept {
	var k kept
	var others []string
	for _, s := range job.Steps[i+1:] {
		if uploadsWorkspace(s) && k.files == "" {
			k.files = "uploads the workspace with it"
		}
		for _, u := range s.Uses() {
			if name := s.Action(); !u.Local && !trusted(u, job.Home) && !slices.Contains(others, name) {
				others = append(others, name)
			}
		}
	}
	if len(others) > 0 {
		k.others = "runs " + listed(others).String()
	}
	var writes []string
	for _, scope := range job.Permissions.WritesAny() {
		if scope != "id-token" && scope != "attestations" { // not what git is asked for
			writes = append(writes, scope)
		}
	}
	switch {
	case len(writes) > 0:
		k.token = "may write " + listed(writes).String()
	case !job.Permissions.Said && job.Feeds:
		k.token = "may do whatever the repository's settings allow"
	}
	for _, input := range []string{"token", "ssh-key"} {
		v := job.Steps[i].Given(input)
		if lower := strings.ToLower(v); strings.Contains(lower, "secrets.") && !strings.Contains(lower, "secrets.github_token") {
			k.secret = "takes them from " + v
		}
	}
	return k
}

// uploadsWorkspace tells whether a step uploads the workspace with its hidden files.
// Versions from the fourth on leave those out unless they are asked for.
func uploadsWorkspace(s actions.Step) bool {
	if s.Action() != "actions/upload-artifact" {
		return false
	}
	major := majorOf(s.Uses()[0])
	hidden := major > 0 && major < 4 || strings.EqualFold(s.Given("include-hidden-files"), "true")
	return slices.ContainsFunc(strings.Split(s.Given("path"), "\n"), func(line string) bool {
		line = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(line), "/"), "/**")
		switch strings.ReplaceAll(line, " ", "") {
		case ".", "*", "**", "./*", "${{github.workspace}}", "${{github.workspace}}/*":
			return hidden
		case ".git", "./.git":
			return true
		}
		return false
	})
}

var (
	majorVersion = regexp.MustCompile(`^v?([0-9]{1,4})(?:\.|$)`)
	majorComment = regexp.MustCompile(`#.*?\bv?([0-9]{1,4})(?:\.[0-9]|\s|$)`)
)

// majorOf is the major version of what is used, as its ref or the comment behind a
// commit says; 0 where neither does.
func majorOf(u actions.Use) int {
	m := majorVersion.FindStringSubmatch(u.Ref)
	if m == nil && u.Pinned() {
		m = majorComment.FindStringSubmatch(u.File.Line(u.Line))
	}
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
