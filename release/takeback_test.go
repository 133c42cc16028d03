package release

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

func TestTakeBack(t *testing.T) {
	tests := []struct {
		artifact Artifact
		want     string
	}{
		{Artifact{Kind: KindPyPI, Name: "harbour", Version: "2.11.6"}, "https://pypi.org/manage/project/harbour/release/2.11.6/, Options, Yank"},
		{Artifact{Kind: KindImage, Name: "docker.io/harbour/base:2.11.6"}, "delete the tag docker.io/harbour/base:2.11.6 at hub.docker.com, Tags, Delete"},
		{Artifact{Kind: KindImage, Name: "ghcr.io/harbour/base:2.11.6"}, "at GitHub, Packages, Versions, Delete"},
		{Artifact{Kind: KindImage, Name: "registry.example/base:2.11", Mutable: true}, "lead to the release before again, or delete it in its registry"},
		{Artifact{Kind: KindDeb, Name: "https://deb.example/x_2.11.6.deb"}, "remove https://deb.example/x_2.11.6.deb from its host"},
		{Artifact{Kind: KindDeb, Name: "https://deb.example/x.deb", Mutable: true}, "put the file of the release before back at https://deb.example/x.deb"},
		{Artifact{Kind: KindGitHubRelease, Name: "v1; rm", Repo: Repo{Owner: "o", Name: "r"}}, "`gh release edit 'v1; rm' -R o/r --draft`"},
	}
	for _, tt := range tests {
		if got := takeBack(tt.artifact); !strings.Contains(got, tt.want) {
			t.Errorf("%s is taken back with %q, want %q", tt.artifact, got, tt.want)
		}
	}
}

// blockedBy is a finding that stops a release, for what was seen of artifacts.
func blockedBy(id string, seen ...checks.Evidence) checks.Finding {
	return checks.Finding{ID: id, Severity: checks.SeverityBlock, Outcome: seen[0].Outcome, Evidence: seen}
}

// saw is what was seen of one artifact, and the file that may be acknowledged.
func saw(o checks.Outcome, artifact, key string) checks.Evidence {
	return checks.Evidence{Outcome: o, Artifact: text.Clean(artifact), Acknowledge: key}
}

func TestSetRight(t *testing.T) {
	const pypi, image, key = "pypi harbour 2.11.6", "image docker.io/harbour/base:2.11.6", "m4/x.m4@3fd127466555e0d9bc057b1722e183765cf5c96c"
	one, two := Stage{Name: "package", Artifacts: []Artifact{{Kind: KindPyPI, Name: "harbour", Version: "2.11.6"}}}, Stage{Name: "images",
		Artifacts: []Artifact{{Kind: KindImage, Name: "docker.io/harbour/base:2.11.6"}}}
	all, none := func(Artifact) bool { return true }, func(Artifact) bool { return false }
	const yank, remove, stays, or = pypi + ": yank it", "delete the tag docker.io/harbour/base:2.11.6", "can not be taken back: ", "or, if you have looked"
	tests := []struct {
		name   string
		judged []judged
		want   []string
		not    []string
	}{
		{"a file that is in no commit", []judged{{one, []checks.Finding{blockedBy("art.extras", saw(checks.Fail, pypi, key))}, all}},
			[]string{yank, stays, "never free again", "the tag v2.11.6", "looked at this file", "`twokey attach 2.11.6 --acknowledge '" + key + "=REASON'`"}, []string{remove}},
		{"the same in two artifacts", []judged{{one, []checks.Finding{blockedBy("art.extras", saw(checks.Fail, pypi, key), saw(checks.Fail, pypi, key))}, all},
			{two, []checks.Finding{blockedBy("art.extras", saw(checks.Fail, image, key))}, all}}, []string{yank, remove, "this file"}, []string{"2 files"}},
		{"two files", []judged{{one, []checks.Finding{blockedBy("art.extras", saw(checks.Fail, pypi, key), saw(checks.Fail, pypi, "it's@"+strings.Repeat("a", 40)))}, all}},
			[]string{"these 2 files", "--acknowledge '" + key + "=REASON' --acknowledge 'it'\\''s@aaa"}, nil},
		{"an image alone", []judged{{two, []checks.Finding{blockedBy("art.trace", saw(checks.Fail, image, ""))}, all}}, []string{remove, stays}, []string{"PyPI", or}},
		{"a digest as well, which nobody can acknowledge", []judged{{one, []checks.Finding{blockedBy("art.extras", saw(checks.Fail, pypi, key)),
			blockedBy("art.digest", saw(checks.Fail, pypi, ""))}, all}}, []string{yank}, []string{or, "--acknowledge"}},
		{"what nobody could see as well", []judged{{one, []checks.Finding{blockedBy("art.extras", saw(checks.Fail, pypi, key), saw(checks.Unknown, pypi, ""))}, all}},
			[]string{yank}, []string{"--acknowledge"}},
		{"what passed beside it", []judged{{one, []checks.Finding{blockedBy("art.extras", saw(checks.Fail, pypi, key), saw(checks.Pass, pypi, ""))}, all}},
			[]string{yank, "--acknowledge"}, nil},
		{"a finding about no artifact", []judged{{one, []checks.Finding{blockedBy("own", checks.Evidence{Outcome: checks.Fail})}, all}}, []string{yank}, []string{or}},
		{"only what nobody could see", []judged{{one, []checks.Finding{blockedBy("art.trace", saw(checks.Unknown, pypi, ""))}, all}}, nil, []string{yank, stays}},
		{"what is not there", []judged{{one, []checks.Finding{blockedBy("art.trace", saw(checks.Fail, pypi, ""))}, none}}, nil, []string{yank, stays}},
		{"a warning", []judged{{one, []checks.Finding{{ID: "x", Severity: checks.SeverityWarn, Outcome: checks.Fail, Evidence: []checks.Evidence{saw(checks.Fail, pypi, "")}}}, all}},
			nil, []string{yank, stays}},
		{"nothing", nil, nil, []string{stays}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			p.Tag = "v2.11.6"
			e := NewEngine(Ports{Stream: NewStream(newHub(t, p))})
			got := strings.Join(e.setRight(p, tt.judged, "attach 2.11.6"), "\n")
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("it does not say %q:\n%s", want, got)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(got, not) {
					t.Errorf("it says %q:\n%s", not, got)
				}
			}
			if len(tt.want) == 0 && got != "" {
				t.Errorf("it says\n%s", got)
			}
		})
	}
}

// A line with more files than anybody has looked at, or that is too long to be shown
// whole, is not shown at all.
func TestNoHalfCommandLine(t *testing.T) {
	const pypi = "pypi harbour 2.11.6"
	st := Stage{Name: "package", Artifacts: []Artifact{{Kind: KindPyPI, Name: "harbour", Version: "2.11.6"}}}
	e := NewEngine(Ports{Stream: NewStream(newHub(t, hubPlan(t)))})
	for name, keys := range map[string][]string{"many": strings.Split(strings.Repeat("ab", maxKeys), ""), "long": {strings.Repeat("x", maxLine)}} {
		var seen []checks.Evidence
		for i, k := range keys {
			seen = append(seen, saw(checks.Fail, pypi, strings.Repeat(k, i+1)))
		}
		got := strings.Join(e.setRight(hubPlan(t), []judged{{st, []checks.Finding{blockedBy("art.extras", seen...)}, func(Artifact) bool { return true }}}, "verify 2.11.6"), "\n")
		if !strings.Contains(got, "yank it") || strings.Contains(got, "--acknowledge") {
			t.Errorf("%s: it says\n%s", name, got)
		}
	}
}

// What was given to a command is given to the one that goes on with it, as far as that
// takes it.
func TestGivenWords(t *testing.T) {
	g := Given{Waivers: []checks.Waiver{{Check: "branch.rules", Reason: text.Clean("it's #1")}}, Confirmed: []string{"own.manual"},
		Acknowledged: []checks.Acknowledgement{{Path: "a b", Blob: "c", Reason: text.Clean("d")}}, TrustedRoot: "my root.jsonl"}
	const waive, confirm, ack = ` --waive 'branch.rules=it'\''s #1'`, " --confirm own.manual", " --acknowledge 'a b@c=d' --trusted-root 'my root.jsonl'"
	for line, want := range map[string]string{"release 2.11.6 --resume": waive + confirm + ack, "attach 2.11.6": confirm + ack, "verify": ack,
		"check 2.11.6": waive + confirm, "status": "", "": ""} {
		if got := g.Words(line); got != want {
			t.Errorf("%q takes%s; want%s", line, got, want)
		}
		if got := (Given{}).Words(line); got != "" {
			t.Errorf("%q takes%s of nothing", line, got)
		}
	}
}

// The end says of each artifact how it stands, and how all that is wrong is taken back.
func TestTheEndOfWhatIsUnproven(t *testing.T) {
	p := hubPlan(t)
	b := newBench(t, p)
	b.files["2.11.6"]["m4/x.m4"] = "eval\n"
	events, err := b.release(p, Given{Confirmed: []string{}, TrustedRoot: "root.jsonl"})
	end := last(t, events)
	found := end.Stages[0].Found[0]
	if !found.Found || !found.Unproven || !strings.Contains(found.TakeBack, "yank it") {
		t.Errorf("the artifact stands as %+v", found)
	}
	for _, st := range end.Stages[1:] {
		for _, a := range st.Found {
			if a.Unproven || a.TakeBack != "" {
				t.Errorf("what was not started is unproven: %+v", a)
			}
		}
	}
	lines := strings.Split(HintOf(err), "\n")
	if len(lines) != len(end.Next) || len(lines) < 4 || !strings.HasPrefix(lines[0], "pypi harbour 2.11.6: yank it: ") {
		t.Fatalf("it hints at\n%s\nand ends with %q", HintOf(err), end.Next)
	}
	for i, l := range lines {
		if end.Next[i].String() != l || !strings.Contains(end.Hint.String(), l) {
			t.Errorf("step %d is %q at the end, and %q in the hint", i, end.Next[i], l)
		}
	}
	for _, want := range []string{"`twokey release 2.11.6 --resume --trusted-root root.jsonl --acknowledge 'm4/x.m4@", "`twokey verify 2.11.6 --trusted-root root.jsonl`"} {
		if !strings.Contains(HintOf(err), want) {
			t.Errorf("it does not say %q:\n%s", want, HintOf(err))
		}
	}
}

// What nobody could read is not known to be wrong: nothing is to be taken back for it.
func TestTheEndOfWhatNobodyCouldRead(t *testing.T) {
	p := hubPlan(t)
	b := newBench(t, p)
	b.broken = func(int) error { return ErrForbidden }
	events, err := b.release(p, Given{})
	found := last(t, events).Stages[0].Found[0]
	if !found.Unproven || found.TakeBack != "" || strings.Contains(HintOf(err), "yank") {
		t.Errorf("it stands as %+v; hint: %s", found, HintOf(err))
	}
}
