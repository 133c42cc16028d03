package github

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"twokey/checks"
	"twokey/release"
)

// toldBody answers a question about several repositories: with what things tell of
// "owner/name field value", and null for the rest. "owner/name" alone stands for the
// repository, and nothing for the whole answer; either may be an error.
func toldBody(t *testing.T, body string, things map[string]string) string {
	t.Helper()
	var q struct {
		Query     string            `json:"query"`
		Variables map[string]string `json:"variables"`
	}
	if err := json.Unmarshal([]byte(body), &q); err != nil || !queryDocument(q.Query) {
		t.Fatalf("%v: %s", err, body)
	}
	const refused = `{"type":"FORBIDDEN","message":"no"%s}`
	if things[""] != "" {
		return `{"data":null,"errors":[` + fmt.Sprintf(refused, "") + `]}`
	}
	var repos, failed []string
	picked := regexp.MustCompile(`(?m)^    (o\d+): (\w+)\(\w+: \$(o\d+)\)`)
	for _, m := range regexp.MustCompile(`(?s)(r\d+): repository\(owner: \$(\w+), name: \$(\w+)\) \{\n(.*?)\n  \}`).FindAllStringSubmatch(q.Query, -1) {
		name := q.Variables[m[2]] + "/" + q.Variables[m[3]]
		var objects []string
		for _, o := range picked.FindAllStringSubmatch(m[4], -1) {
			object := cmp.Or(things[name+" "+o[2]+" "+q.Variables[o[3]]], "null")
			objects = append(objects, fmt.Sprintf("%q:%s", o[1], object))
		}
		repo := "{" + strings.Join(objects, ",") + "}"
		if things[name] == "null" {
			repo = "null"
		}
		if things[name] == "error" {
			failed = append(failed, fmt.Sprintf(refused, fmt.Sprintf(`,"path":[%q,"o9"]`, m[1])))
		}
		repos = append(repos, fmt.Sprintf("%q:%s", m[1], repo))
	}
	answer := `{"data":{` + strings.Join(repos, ",") + `}`
	if len(failed) > 0 {
		answer += `,"errors":[` + strings.Join(failed, ",") + `]`
	}
	return answer + "}"
}

// shelf is a tree at shaA by which the fake answers a question about files: each
// directory's entries, in JSON, and each file's object.
type shelf map[string]string

// serve makes the fake answer one question by the shelf.
func (s shelf) serve(b *bench) {
	things := map[string]string{}
	for path, object := range s {
		things["o/r object "+shaA+":"+path] = object
	}
	b.told(things)
}

func textOf(content string) string {
	text, _ := json.Marshal(content)
	return fmt.Sprintf(`{"oid":%q,"text":%s}`, blobSHA([]byte(content), 40), text)
}

func entryOf(name string, mode int, content string) string {
	return fmt.Sprintf(`{"name":%q,"mode":%d,"oid":%q}`, name, mode, blobSHA([]byte(content), 40))
}

func dirOf(entries ...string) string { return `{"entries":[` + strings.Join(entries, ",") + `]}` }

// What the answer settles is not asked for again, and everything else is.
func TestBatch(t *testing.T) {
	const file = "on: push\n"
	whole := shelf{"": dirOf(entryOf("a.yml", 0o100644, file), entryOf("dir", 0o40000, "")),
		"dir": dirOf(entryOf("b.yml", 0o100755, file)), "a.yml": textOf(file), "dir/b.yml": textOf(file)}
	with := func(changes shelf) shelf {
		out := shelf{}
		for _, s := range []shelf{whole, changes} {
			for path, object := range s {
				out[path] = object
			}
		}
		return out
	}
	root := func(entries ...string) string { return dirOf(append(entries, entryOf("dir", 0o40000, ""))...) }
	for _, tt := range []struct {
		name string
		has  shelf
		want string // of a.yml and dir/b.yml: read, none or left
	}{
		{"both", whole, "read read"},
		{"one is in no directory", with(shelf{"dir": dirOf()}), "read none"},
		{"the directory is in none", with(shelf{"": dirOf(entryOf("a.yml", 0o100644, file)), "dir": ""}), "read none"},
		{"the directory was not read", with(shelf{"dir": ""}), "read left"},
		{"the directory is none", with(shelf{"dir": `{}`}), "read left"},
		{"the root was not read", with(shelf{"": ""}), "left left"},
		{"a file was not read", with(shelf{"a.yml": ""}), "left read"},
		{"a link", with(shelf{"": root(entryOf("a.yml", 0o120000, file))}), "left read"},
		{"a submodule", with(shelf{"": root(entryOf("a.yml", 0o160000, file))}), "left read"},
		{"a directory", with(shelf{"": root(entryOf("a.yml", 0o40000, file)), "a.yml": dirOf()}), "left read"},
		{"a file where the directory was", with(shelf{"": dirOf(entryOf("a.yml", 0o100644, file), entryOf("dir", 0o100644, "")), "dir": textOf("")}), "read left"},
		{"no text", with(shelf{"a.yml": fmt.Sprintf(`{"oid":%q,"text":null}`, blobSHA([]byte(file), 40))}), "left read"},
		{"half of its text", with(shelf{"a.yml": fmt.Sprintf(`{"oid":%q,"text":"on"}`, blobSHA([]byte(file), 40))}), "left read"},
		{"another file", with(shelf{"a.yml": textOf("other")}), "left read"},
	} {
		b := newBench(t)
		tt.has.serve(b)
		names := []fileName{{testRepo(), shaA, "a.yml"}, {testRepo(), shaA, "dir/b.yml"}}
		got, err := b.batch(t.Context(), names)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var words []string
		for _, n := range names {
			word, read := "left", fileRead{}
			if r, settled := got[n]; settled {
				word, read = "read", r
			}
			if errors.Is(read.err, release.ErrNotFound) {
				word = "none"
			}
			if word == "read" && (read.err != nil || string(read.content) != file) {
				t.Errorf("%s: %s is %q, %v", tt.name, n.path, read.content, read.err)
			}
			words = append(words, word)
		}
		if got := strings.Join(words, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// The document holds nothing from outside, and what can not be meant is not asked for.
func TestBatchAsksWithVariables(t *testing.T) {
	odd := `a") { x } } mutation { y #`
	names := []fileName{{testRepo(), shaA, odd}, {testRepo(), shaA, odd}, {release.Repo{Owner: "o", Name: "é"}, shaB, "x"}}
	q := newQuestion()
	for _, n := range names {
		n.ask(q)
	}
	if doc := q.doc(); !queryDocument(doc) || strings.Contains(doc, odd) || strings.Contains(doc, shaA) || strings.Contains(doc, "é") {
		t.Error(doc)
	}
	if len(q.values) != 8 { // two repositories, each with its root and a file
		t.Errorf("the variables are %v", q.values)
	}
	for _, n := range []fileName{{testRepo(), "v1", "a"}, {testRepo(), "", "a"}, {testRepo(), shaA, "../a"},
		{testRepo(), shaA, "/a"}, {testRepo(), shaA, ""}, {testRepo(), shaA, "."}, {testRepo(), shaA, "a//b"}, {testRepo(), shaA, "\xff"}} {
		c := newBench(t)
		if got, err := c.batch(t.Context(), []fileName{n}); len(got) != 0 || err != nil || c.fake.count() != 0 {
			t.Errorf("%+v: %v, %v, sent %v", n, got, err, c.fake.lines())
		}
	}
}

// A repository that GitHub says something against is left out of the answer, and an
// answer that it says something against as a whole is none.
func TestBatchRefused(t *testing.T) {
	const file = "x"
	names := []fileName{{testRepo(), shaA, "a"}, {release.Repo{Owner: "o", Name: "gone"}, shaB, "a"}}
	b := newBench(t)
	b.fake.batches = true
	b.fake.on(graphqlLine, 200, `{"data":{"r0":{"o0":`+dirOf(entryOf("a", 0o100644, file))+`,"o1":`+textOf(file)+`},
		"r1":{"o2":`+dirOf()+`,"o3":null}},"errors":[{"type":"NOT_FOUND","path":["r1","o3"],"message":"Could not resolve"}]}`)
	got, err := b.batch(t.Context(), names)
	if err != nil || len(got) != 1 || string(got[names[0]].content) != file {
		t.Errorf("%v, %v", got, err)
	}
	for body, why := range map[string]string{
		`{"data":{"r0":{}},"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`: "rate limit",
		`{"data":{"r0":{}},"errors":[{"path":[0],"message":"odd"}]}`:                                "odd",
		`{"data":null}`:          "without data",
		`{}`:                     "without data",
		`{"data":[]}`:            errStrange.Error(),
		`{"data":{"r0":"text"}}`: errStrange.Error(),
	} {
		b.fake.on(graphqlLine, 200, body)
		if got, err := b.batch(t.Context(), names); len(got) != 0 || err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	for range maxQuestions {
		b.fake.on(graphqlLine, 502, "")
	}
	if got, err := b.batch(t.Context(), names); len(got) != 0 || err == nil {
		t.Errorf("after two tries: %v, %v", got, err)
	}
	if got, err := newBench(t, anonymous).batch(t.Context(), names); len(got) != 0 || !errors.Is(err, errNoToken{}) {
		t.Errorf("without a token: %v, %v", got, err)
	}
}

// What a batch leaves out is read by itself, once, and what it settles is not.
func TestFillReadsFilesTogether(t *testing.T) {
	publish := jobsOn("[push, workflow_dispatch]", "a:\n  environment: pypi"+steps)
	has := shelf{"": dirOf(entryOf(".github", 0o40000, ""), entryOf("none.txt", 0o120000, "r")),
		".github":                       dirOf(entryOf("workflows", 0o40000, "")),
		".github/workflows":             dirOf(strings.TrimSuffix(entryOf("publish.yml", 0o100644, publish), "}") + `,"object":` + textOf(publish) + "}"),
		".github/workflows/publish.yml": textOf(publish)}
	b := newBench(t)
	plan := threeStages()
	plan.Stages = plan.Stages[:2]
	snap := &checks.Snapshot{Stages: make([]checks.StageFacts, 2)}
	f := &filling{c: b.Client, plan: plan, snap: snap}
	has.serve(b)
	b.fake.on(fileLine(shaA, "none.txt"), 404, `{"message":"Not Found"}`)
	b.fake.on("GET /repos/o/r/actions/workflows?per_page=100", 200, `{"workflows":[]}`)
	b.fake.on("GET /repos/o/r/environments/pypi", 404, `{"message":"Not Found"}`)
	f.opened = sync.OnceValue(func() opening { return f.ask(t.Context()) })
	f.files(t.Context())
	f.workflows(t.Context())
	f.programs(t.Context())
	f.environments(t.Context())
	if m, ok := snap.VersionFiles[0].Get(); !ok || !m.Absent {
		t.Error(m, snap.VersionFiles[0].Missing())
	}
	if w, ok := snap.Stages[1].Workflows[0].Get(); !ok || !w.Exists || len(snap.Stages[1].Environments) != 1 {
		t.Error(w, snap.Stages[1])
	}
}
