package github

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/opaque"
	"twokey/checks/version"
	"twokey/release"
)

func treeLine(repo, sha string) string {
	return "GET /repos/o/" + repo + "/git/trees/" + sha + "?recursive=1"
}

// level is the request for one level of a tree.
func level(sha string) string { return "GET /repos/o/r/git/trees/" + sha }

// treeAnswer is a tree of entries, each written as "mode path size sha".
func treeAnswer(lines ...string) string { return treeCut(false, lines...) }

func treeCut(truncated bool, lines ...string) string {
	var entries []string
	for _, line := range lines {
		f := strings.Fields(line)
		kind := map[string]string{"040000": "tree", "160000": "commit"}[f[0]]
		if kind == "" {
			kind = "blob"
		}
		entries = append(entries, fmt.Sprintf(`{"path":%q,"mode":%q,"type":%q,"size":%s,"sha":%q}`, f[1], f[0], kind, f[2], f[3]))
	}
	return fmt.Sprintf(`{"sha":%q,"url":"https://api.github.com/x","tree":[%s],"truncated":%v}`, shaA, strings.Join(entries, ","), truncated)
}

// nth is an object's name.
func nth(i int) string { return fmt.Sprintf("%040x", i) }

// changesPlan is a plan of one stage in the released repository.
func changesPlan() release.Plan {
	p := fillPlan()
	p.Scheme, p.Version, p.Tag, p.SHA, p.Lines, p.Date = version.PEP440, "1.2.3", "r-1.2.3", shaA, "main", "20260814"
	p.Stages = []release.Stage{{Name: "package", Repo: testRepo(), Trigger: release.TriggerTag, Branch: "main", SHA: shaA, Tag: "r-1.2.3"}}
	return p
}

func tagsAnswer(tags ...string) string {
	var out []string
	for _, t := range tags {
		name, sha, _ := strings.Cut(t, " ")
		out = append(out, fmt.Sprintf(`{"name":%q,"commit":{"sha":%q}}`, name, sha))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// paths are the changes in short.
func paths(entries []checks.Change) string {
	var out []string
	for _, c := range entries {
		out = append(out, string(c.Status)+" "+c.Path)
	}
	return strings.Join(out, ", ")
}

func readChanges(t *testing.T, b *bench, p release.Plan) (checks.Changes, checks.Missing) {
	t.Helper()
	f := newFilling(b, p)
	f.changes(t.Context())
	ch, _ := f.snap.Stages[0].Changes.Get()
	return ch, f.snap.Stages[0].Changes.Missing()
}

func TestChanges(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("r-1.2.1 "+shaC, "r-1.2.2 "+shaB, "v9 "+shaC, "r-1.3.0 "+shaC))
	b.fake.on(treeLine("r", shaB), 200, treeAnswer("040000 d 0 "+nth(9), "100644 d/a 5 "+nth(1), "100644 gone 5 "+nth(2), "160000 sub 0 "+nth(3)))
	b.fake.on(treeLine("r", shaA), 200, treeAnswer("040000 d 0 "+nth(8), "100644 d/a 6 "+nth(4), "100755 d/e\u202e 7 "+nth(5), "100644 here 5 "+nth(2), "160000 sub 0 "+nth(6)))
	ch, m := readChanges(t, b, changesPlan())
	if got := paths(ch.Entries); got != "modified d/a, added d/e\u202e, renamed here, modified sub" {
		t.Errorf("they are %q, %v", got, m)
	}
	if ch.Repo != "o/r" || ch.Base.Name != "r-1.2.2" || ch.SHA != shaA || ch.URL.String() != "https://github.com/o/r/compare/"+shaB+"..."+shaA {
		t.Errorf("they are from %+v", ch)
	}
	if e := ch.Entries[1]; e.Size != 7 || e.Mode != checks.ModeExecutable || e.URL.String() != "https://github.com/o/r/blob/"+shaA+"/d/e%E2%80%AE" {
		t.Errorf("it is %+v", e)
	}
	if ch.Entries[2].Was != "gone" || !ch.Entries[3].URL.IsZero() {
		t.Errorf("they are %+v", ch.Entries)
	}
}

// What the last release is depends on the stage: its tag by version or by date, or the
// claims that a dispatch left behind. Without any everything is new.
func TestLastRelease(t *testing.T) {
	other := release.Repo{Owner: "o", Name: "r"} // on the fake; the plan is of another
	for _, tt := range []struct {
		name   string
		change func(*release.Plan)
		expect func(*fake)
		want   string
	}{
		{"by version", nil, func(f *fake) {
			f.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("r-1.2.2 "+shaB))
		}, "r-1.2.2 " + shaB},
		{"a dispatch in the released repository", func(p *release.Plan) {
			p.Stages[0].Trigger, p.Stages[0].Tag = release.TriggerDispatch, ""
		}, func(f *fake) { f.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("r-1.2.2 "+shaB)) }, "r-1.2.2 " + shaB},
		{"the first", nil, func(f *fake) { f.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("v1 "+shaB)) }, " "},
		{"by date", func(p *release.Plan) {
			p.Repo.Name, p.Stages[0].Repo, p.Stages[0].Tag = "home", other, "v20260814"
		}, func(f *fake) {
			f.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("v20260101 "+shaC, "v20260701 "+shaB, "v20260814 "+shaC))
		}, "v20260701 " + shaB},
		{"by version elsewhere", func(p *release.Plan) {
			p.Repo.Name, p.Stages[0].Repo, p.Stages[0].Tag = "home", other, "img-1.2.3"
		}, func(f *fake) {
			f.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("img-1.2.1 "+shaB, "r-1.2.2 "+shaC))
		}, "img-1.2.1 " + shaB},
		{"by claim", func(p *release.Plan) {
			p.Repo.Name, p.Stages[0].Repo, p.Stages[0].Trigger, p.Stages[0].Tag = "home", other, release.TriggerDispatch, ""
		}, func(f *fake) {
			claim := func(v string) string {
				return fmt.Sprintf(`{"ref":"refs/twokey/package/%s","object":{"type":"commit","sha":%q}}`, v, shaB)
			}
			f.on("GET /repos/o/r/git/matching-refs/twokey/package", 200, "["+claim("1.2.1")+","+claim("1.2.2")+","+claim("1.2.3")+
				`,{"ref":"refs/twokey/package-x/1.2.2","object":{"type":"commit","sha":"`+shaC+`"}}]`)
			f.on("GET /repos/o/r/git/ref/twokey/package/1.2.2", 200, claim("1.2.2"))
		}, "refs/twokey/package/1.2.2 " + shaB},
		{"no claim", func(p *release.Plan) {
			p.Repo.Name, p.Stages[0].Repo, p.Stages[0].Trigger, p.Stages[0].Tag = "home", other, release.TriggerDispatch, ""
		}, func(f *fake) { f.on("GET /repos/o/r/git/matching-refs/twokey/package", 200, `[]`) }, " "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			p := changesPlan()
			if tt.change != nil {
				tt.change(&p)
			}
			tt.expect(b.fake)
			b.fake.on(treeLine("r", shaA), 200, treeAnswer("100644 a 5 "+nth(1)))
			if tt.want != " " {
				b.fake.on(treeLine("r", shaB), 200, treeAnswer("100644 a 5 "+nth(1)))
			}
			ch, m := readChanges(t, b, p)
			if got := ch.Base.Name + " " + ch.Base.SHA; got != tt.want || len(ch.Entries) != map[bool]int{tt.want == " ": 1}[true] {
				t.Errorf("it is %q (%+v), %+v, want %q", got, ch.Entries, m, tt.want)
			}
		})
	}
}

// A tree that is too long is read level by level, and only where it differs.
func TestTruncatedTrees(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/tags?per_page=100", 200, tagsAnswer("r-1.2.2 "+shaB))
	b.fake.on(treeLine("r", shaB), 200, treeAnswer("100644 a 5 "+nth(1)))
	b.fake.on(treeLine("r", shaA), 200, treeCut(true, "100644 a 5 "+nth(1)))
	b.fake.on(level(shaB), 200, treeAnswer("100644 a 5 "+nth(1), "040000 same 0 "+nth(20), "040000 d 0 "+nth(21), "040000 gone 0 "+nth(22), "040000 file 0 "+nth(23)))
	b.fake.on(level(shaA), 200, treeAnswer("100644 a 5 "+nth(2), "040000 same 0 "+nth(20), "040000 d 0 "+nth(31), "040000 new 0 "+nth(32), "100644 file 3 "+nth(9)))
	b.fake.on(treeLine("r", nth(21)), 200, treeAnswer("040000 x 0 "+nth(40), "100644 x/y 5 "+nth(3)))
	b.fake.on(treeLine("r", nth(31)), 200, treeCut(true))
	b.fake.on(level(nth(21)), 200, treeAnswer("040000 x 0 "+nth(40), "040000 z 0 "+nth(41)))
	b.fake.on(level(nth(31)), 200, treeAnswer("040000 x 0 "+nth(50), "040000 z 0 "+nth(41)))
	b.fake.on(treeLine("r", nth(40)), 200, treeAnswer("100644 y 5 "+nth(3)))
	b.fake.on(treeLine("r", nth(50)), 200, treeAnswer("100644 y 6 "+nth(4)))
	b.fake.on(treeLine("r", nth(22)), 200, treeAnswer("100644 old 5 "+nth(5)))
	b.fake.on(treeLine("r", nth(23)), 200, treeAnswer("100644 inner 5 "+nth(8)))
	b.fake.on(treeLine("r", nth(32)), 200, treeAnswer("040000 deep 0 "+nth(60), "100644 deep/old 5 "+nth(5)))
	ch, m := readChanges(t, b, changesPlan())
	if got := paths(ch.Entries); got != "modified a, modified d/x/y, added file, removed file/inner, renamed new/deep/old" {
		t.Errorf("they are %q, %+v", got, m)
	}
}

// There is an end to how much of a long tree is read, and to how long one directory is.
func TestTruncatedTreesWithoutEnd(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/tags?per_page=100", 200, `[]`)
	b.fake.on(treeLine("r", shaA), 200, treeCut(true))
	b.fake.on(level(shaA), 200, treeCut(true))
	if _, m := readChanges(t, b, changesPlan()); !strings.Contains(m.Why.String(), "one directory is longer") {
		t.Errorf("it lacks because %q", m.Why)
	}

	w := &treeWalk{c: b.Client, repo: testRepo(), reads: maxTreeReads}
	if _, err := w.level(t.Context(), pair{"", "", shaA}, true); err != errTooManyTrees {
		t.Errorf("after %d trees: %v", maxTreeReads, err)
	}
}

func TestStrangeTrees(t *testing.T) {
	whole := `{"path":"a","mode":"100644","type":"blob","size":3,"sha":"` + shaC + `"}`
	for name, body := range map[string]string{
		"no list": `{"sha":"x","truncated":false}`, "no end": `{"tree":[],"truncated":false`, "nothing about its end": `{"tree":[` + whole + `]}`,
		"null": `{"tree":null,"truncated":false}`, "a list": `[]`, "text": `"x"`, "an entry without a path": `{"tree":[{"mode":"100644","sha":"` + shaC + `"}],"truncated":false}`,
		"an entry without a SHA": `{"tree":[{"path":"a","mode":"100644"}],"truncated":false}`, "an entry of null": `{"tree":[null],"truncated":false}`,
		"a mode": `{"tree":[{"path":"a","mode":"1","sha":"` + shaC + `"}],"truncated":false}`, "half": `{"tree":[` + whole + `,{"pa`,
		"nothing at all": `{"sha":"` + shaC + `","tree":[],"truncated":false}`, "a file without a size": `{"tree":[{"path":"a","mode":"100644","sha":"` + shaC + `"}],"truncated":false}`,
		"a path that is a number": `{"tree":[{"path":7}],"truncated":false}`, "a word for truncated": `{"tree":[],"truncated":"no"}`,
	} {
		if l, err := decodeTree(strings.NewReader(body)); err == nil {
			t.Errorf("%s is taken for %+v", name, l)
		}
	}
	l, err := decodeTree(strings.NewReader(`{"truncated":true,"other":{"tree":[1]},"tree":[` + whole + `]}`))
	if err != nil || !l.cut || len(l.entries) != 1 || l.entries[0].Mode != checks.ModeFile {
		t.Errorf("it is %+v, %v", l, err)
	}
	l, err = decodeTree(strings.NewReader(`{"sha":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","tree":[],"truncated":false}`))
	if err != nil || len(l.entries) != 0 {
		t.Errorf("git's empty tree is %+v, %v", l, err)
	}
}

// changed is a filling whose one stage has these changes.
func (b *bench) changed(entries ...checks.Change) (*filling, checks.Changes) {
	return newFilling(b, changesPlan()), checks.Changes{Repo: "o/r", SHA: shaA, Entries: entries}
}

// added is a new file of a content.
func added(path, content string, mode checks.Mode) checks.Change {
	return checks.Change{Path: path, Status: checks.Added, Mode: mode, Blob: blobSHA([]byte(content), 40), Size: int64(len(content))}
}

func blobLine(content string) string {
	return "GET /repos/o/r/git/blobs/" + blobSHA([]byte(content), 40)
}

func TestBlobsOneByOne(t *testing.T) {
	prose, zipped := strings.Repeat("Know the tides.\n", 60), "\x1f\x8b\x08"+strings.Repeat("x", 600)
	b := newBench(t)
	b.fake.on(blobLine(prose), 200, blobAnswer(prose))
	b.fake.on(blobLine(zipped), 403, `{"message":"Forbidden"}`)
	b.fake.on(blobLine("../x"), 200, blobAnswer("../x"))
	f, ch := b.changed(added("a", prose, checks.ModeFile), added("b", prose, checks.ModeFile), added("c", zipped, checks.ModeFile),
		added("l", "../x", checks.ModeSymlink), added("small", "x", checks.ModeFile))
	seen := lookAt(t.Context(), f, testRepo(), ch)
	if len(seen) != 3 {
		t.Errorf("%d contents were looked at", len(seen))
	}
	if got, ok := seen[ch.Entries[0].Blob].Get(); !ok || got.Shape != opaque.Of([]byte(prose)) || got.Target != "" {
		t.Errorf("it is %+v", got)
	}
	if m := seen[ch.Entries[2].Blob].Missing(); m.Needs != "contents: read on o/r" {
		t.Errorf("it lacks because of %+v", m)
	}
	if got, _ := seen[ch.Entries[3].Blob].Get(); got.Target != "../x" {
		t.Errorf("the link is %+v", got)
	}
	if none := lookAt(t.Context(), f, testRepo(), checks.Changes{}); len(none) != 0 {
		t.Errorf("of nothing %v was seen", none)
	}
	if got := slices.Sorted(maps.Keys(seen)); len(got) != 3 {
		t.Error(got)
	}
}

// FuzzDecodeTree holds that whatever an answer is, its entries are whole.
func FuzzDecodeTree(f *testing.F) {
	f.Add(treeAnswer("100644 a 5 " + nth(1)))
	f.Add(treeCut(true))
	f.Add(`{"tree":[{}],"truncated":false}`)
	f.Add(`{"a":{"tree":[]},"truncated":false,"tree":[`)
	f.Fuzz(func(t *testing.T, body string) {
		l, err := decodeTree(strings.NewReader(body))
		for _, e := range l.entries {
			if err == nil && (e.Path == "" || !validSHA(e.SHA) || len(e.Mode) != 6 || e.Size < 0) {
				t.Errorf("an entry is %+v", e)
			}
		}
	})
}

// lookAt looks at the contents that some changes ask for.
func lookAt(ctx context.Context, f *filling, repo release.Repo, ch checks.Changes) checks.Blobs {
	return f.c.look(ctx, newAsking(repo, ch), nil)
}
