package registry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// told is what files and standing say in short.
func told(files []release.File, s Standing) string {
	var parts []string
	for _, f := range files {
		parts = append(parts, f.Name)
	}
	for _, o := range s.Others {
		parts = append(parts, fmt.Sprintf("other %s %s %v", o.Version, o.Architecture, o.Newer))
	}
	if s.Expired {
		parts = append(parts, "expired")
	}
	if s.Absent.String() != "" {
		parts = append(parts, s.Absent.String())
	}
	return strings.Join(parts, "; ")
}

func TestApt(t *testing.T) {
	r := newRepository(t)
	w := newWorld(t, r.answers(t))
	files, standing, err := w.aptFiles(context.Background(), r.asked(t), now)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(files, standing), "harbour_1.2.3-1_amd64.deb; harbour_1.2.3-1_arm64.deb; other 1.2.2-1 amd64 false"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for i, architecture := range []string{"amd64", "arm64"} {
		f, content := files[i], "deb 1.2.3-1 "+architecture
		if f.Form != checks.FormDeb || f.Size != int64(len(content)) || f.Address != aptAt+"/"+debPath("1.2.3-1", architecture) ||
			!f.Uploaded.Equal(now.Add(-2*time.Hour)) || f.Page.String() != aptAt || f.Yanked {
			t.Errorf("%+v", f)
		}
		if !slices.Equal(f.Digests, []checks.Said{{By: text.Clean("the signed index"), Digest: "sha256:" + sha(content)}}) {
			t.Errorf("digests %v", f.Digests)
		}
	}
	if len(standing.Signers) != 1 || standing.Signers[0].Fingerprint != strings.ToUpper(fmt.Sprintf("%x", r.key.PrimaryKey.Fingerprint)) ||
		!standing.Signers[0].At.Equal(r.at) || !standing.Date.Equal(r.at) || !standing.ValidUntil.Equal(r.at.AddDate(0, 0, 7)) {
		t.Errorf("%+v", standing)
	}
	for _, req := range w.places.sent {
		if req.Header.Get("Authorization") != "" || req.Method == "GET" && req.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s has the headers %v", req.URL, req.Header)
		}
	}
	if len(w.places.sent) != 5 || w.story() != "" {
		t.Errorf("sent %q; %s", w.places.requests(), w.story())
	}
}

func TestAptFinds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*repository, *Apt)
		want   string
	}{
		{"one architecture", func(_ *repository, a *Apt) { a.Architecture = "arm64" }, "harbour_1.2.3-1_arm64.deb"},
		{"by the codename", func(r *repository, a *Apt) {
			a.Suite, a.Architecture = "quay", "arm64"
			r.files["dists/quay/main/binary-arm64/Packages"] = r.files["dists/stable/main/binary-arm64/Packages"]
		}, "harbour_1.2.3-1_arm64.deb"},
		{"another version", func(_ *repository, a *Apt) { a.Version = "1.2.4" },
			"other 1.2.3-1 amd64 false; other 1.2.2-1 amd64 false; other 1.2.3-1 arm64 false; there is no 1.2.4 of harbour in main, but 3 of other versions"},
		{"another package", func(_ *repository, a *Apt) { a.Package = "pier" }, "there is no pier in main"},
		{"another component", func(_ *repository, a *Apt) { a.Component = "contrib" }, "the suite has no index of contrib"},
		{"another architecture", func(_ *repository, a *Apt) { a.Architecture = "s390x" }, "the suite has no index of main for s390x"},
		{"expired", func(r *repository, a *Apt) {
			a.Architecture = "arm64"
			r.head = strings.Replace(r.head, "Fri, 21 Aug", "Fri, 14 Aug", 1)
		}, "harbour_1.2.3-1_arm64.deb; expired"},
		{"no end", func(r *repository, a *Apt) {
			a.Architecture = "arm64"
			r.head = strings.Replace(r.head, "Valid-Until", "Valid-Some", 1)
		}, "harbour_1.2.3-1_arm64.deb"},
		{"for all architectures", func(r *repository, _ *Apt) {
			r.index("main/binary-amd64/Packages.gz", packed(entry("1.2.3-1", "all")))
			r.index("main/binary-arm64/Packages", entry("1.2.3-1", "all"))
			r.debs[debPath("1.2.3-1", "all")] = answer{status: 200, body: "deb 1.2.3-1 all"}
		}, "harbour_1.2.3-1_all.deb"},
		{"an epoch and a newer one", func(r *repository, a *Apt) {
			a.Architecture = "arm64"
			r.index("main/binary-arm64/Packages", entry("1:1.2.3-1~deb12", "arm64")+entry("1:1.3-1", "arm64"))
			r.debs[debPath("1.2.3-1~deb12", "arm64")] = answer{status: 200, body: "deb 1:1.2.3-1~deb12 arm64"}
		}, "harbour_1.2.3-1~deb12_arm64.deb; other 1:1.3-1 arm64 true"},
		{"by its hash", func(r *repository, a *Apt) {
			a.Architecture = "arm64"
			r.head += "Acquire-By-Hash: yes\n"
			at := "dists/stable/main/binary-arm64/"
			r.files[at+"by-hash/SHA256/"+sha(r.files[at+"Packages"])] = r.files[at+"Packages"]
			r.files[at+"Packages"] = "of the next update"
		}, "harbour_1.2.3-1_arm64.deb"},
		{"a length that is not told", func(r *repository, a *Apt) {
			a.Architecture = "arm64"
			r.debs[debPath("1.2.3-1", "arm64")] = answer{status: 200, length: -1}
		}, "harbour_1.2.3-1_arm64.deb"},
		{"a slash at the root's end", func(_ *repository, a *Apt) { a.Root, a.Architecture = aptAt+"/", "arm64" }, "harbour_1.2.3-1_arm64.deb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepository(t)
			a := r.asked(t)
			tt.change(r, &a)
			answers := r.answers(t)
			answers["GET "+aptAt+"/dists/quay/InRelease"] = answers["GET "+aptAt+"/dists/stable/InRelease"]
			answers["GET "+aptAt+"/"+debPath("1.2.3-1", "arm64")] = []answer{{status: 206, body: "!"}}
			w := newWorld(t, answers)
			files, standing, err := w.aptFiles(context.Background(), a, now)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(files, standing); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if len(standing.Signers) != 1 {
				t.Errorf("signed by %v", standing.Signers)
			}
		})
	}
}

// The next form of an index is asked for where a mirror does not have one.
func TestAptNextForm(t *testing.T) {
	r := newRepository(t)
	r.head += "Acquire-By-Hash: yes\n"
	r.listed["main/binary-arm64/Packages.gz"] = "not there"
	answers := r.answers(t)
	at := "GET " + aptAt + "/dists/stable/main/binary-arm64/"
	gone := []answer{{status: 404}}
	answers[at+"by-hash/SHA256/"+sha("not there")], answers[at+"Packages.gz"] = gone, gone
	answers[at+"by-hash/SHA256/"+sha(r.listed["main/binary-arm64/Packages"])] = gone
	w := newWorld(t, answers)
	a := r.asked(t)
	a.Architecture = "arm64"
	files, standing, err := w.aptFiles(context.Background(), a, now)
	if err != nil || told(files, standing) != "harbour_1.2.3-1_arm64.deb" || len(w.places.sent) != 6 {
		t.Errorf("%v, %v, %q", files, err, w.places.requests())
	}
}

func TestAptTwoFiles(t *testing.T) {
	at := "GET " + aptAt + "/dists/stable/"
	for _, tt := range []struct {
		name                   string
		in, release, signature int
		change                 func(release, signature *string)
		want, absent           string
		inBody                 string
	}{
		{name: "as two files", in: 404, release: 200, signature: 200},
		{name: "a store that hides what it does not have", in: 403, release: 200, signature: 200},
		{name: "no suite", in: 404, release: 404, absent: "there is no suite stable"},
		{name: "gone", in: 410, release: 410, absent: "there is no suite stable"},
		{name: "a store that hides, and no suite", in: 403, release: 404, want: "packages.example.org answered 403 Forbidden"},
		{name: "forbidden", in: 403, release: 403, want: "packages.example.org answered 403 Forbidden"},
		{name: "not signed", in: 404, release: 200, signature: 404, want: "dists/stable/Release is not signed"},
		{name: "a teapot", in: 418, want: "dists/stable/InRelease: packages.example.org answered 418"},
		{name: "changed after signing", in: 404, release: 200, signature: 200, want: "the signature of dists/stable/Release: that of",
			change: func(release, _ *string) { *release = strings.Replace(*release, "amd64", "i386", 1) }},
		{name: "no signature", in: 404, release: 200, signature: 200, want: "the signature of dists/stable/Release: ",
			change: func(_, signature *string) { *signature = "<html>" }},
		{name: "an empty signature", in: 404, release: 200, signature: 200, want: "the signature of dists/stable/Release: it is empty",
			change: func(_, signature *string) { *signature = "" }},
		{name: "an empty InRelease", in: 200, want: "the signature of dists/stable/InRelease: it does not begin"},
		{name: "more than a signature", in: 404, release: 200, signature: 200, want: "answered more than twokey reads",
			change: func(_, signature *string) { *signature = strings.Repeat("x", 1<<20) }},
		{name: "more than an InRelease", in: 200, want: "answered more than twokey reads", inBody: strings.Repeat("x", 5<<20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepository(t)
			signed, signature := r.release(), r.signature(t)
			if tt.change != nil {
				tt.change(&signed, &signature)
			}
			answers := r.answers(t)
			answers[at+"InRelease"] = []answer{{status: tt.in, body: tt.inBody}}
			answers[at+"Release"] = []answer{{status: tt.release, body: signed}}
			answers[at+"Release.gpg"] = []answer{{status: tt.signature, body: signature}}
			w := newWorld(t, answers)
			files, standing, err := w.aptFiles(context.Background(), r.asked(t), now)
			switch {
			case tt.want != "":
				isRefusedApt(t, files, standing, err, tt.want)
				if len(w.clock.slept) > 0 {
					t.Error("it was tried again")
				}
			case err != nil:
				t.Error(err)
			case tt.absent != "":
				if files != nil || standing.Absent.String() != tt.absent || standing.Signers != nil {
					t.Errorf("%v, %+v", files, standing)
				}
			case len(files) != 2 || len(standing.Signers) != 1:
				t.Errorf("%v, %+v", files, standing)
			}
		})
	}
}

// isRefusedApt fails the test unless err is one that says want, and nothing comes with it.
func isRefusedApt(t *testing.T, files []release.File, s Standing, err error, want string) {
	t.Helper()
	if files != nil || told(files, s) != "" || s.Signers != nil {
		t.Errorf("an error comes with %v, %+v", files, s)
	}
	isRefused(t, checks.Published{}, err, want)
}

func TestAptRefuses(t *testing.T) {
	const gz, arm = "dists/stable/main/binary-amd64/Packages.gz", "dists/stable/main/binary-arm64/Packages"
	deb := debPath("1.2.3-1", "arm64")
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *repository, *Apt)
		want   string
	}{
		{"another key", func(t *testing.T, _ *repository, a *Apt) { a.Key = publicKey(t, keyAt(t, now.AddDate(-1, 0, 0))) },
			"the signature of dists/stable/InRelease: it was made by "},
		{"a key that is none", func(_ *testing.T, _ *repository, a *Apt) { a.Key = []byte("mara") }, "the plan's key: it is no OpenPGP public key"},
		{"no key", func(_ *testing.T, _ *repository, a *Apt) { a.Key = nil }, "the plan's key: it is no OpenPGP public key"},
		{"signed in the future", func(_ *testing.T, r *repository, _ *Apt) { r.at = now.Add(time.Hour) }, "which is to come"},
		{"dated in the future", func(_ *testing.T, r *repository, _ *Apt) {
			r.head = strings.Replace(r.head, "Date: Fri, 14", "Date: Fri, 15", 1)
		},
			"the Release file: it is dated 2026-08-15T11:00:00Z, which is to come"},
		{"of another suite", func(_ *testing.T, r *repository, _ *Apt) {
			r.head = strings.Replace(strings.Replace(r.head, "Suite: stable", "Suite: testing", 1), "quay", "pier", 1)
		}, `it is that of suite "testing", codename "pier", where "stable" was asked for`},
		{"an index changed", func(_ *testing.T, r *repository, _ *Apt) {
			r.files[arm] = strings.Replace(r.files[arm], "1.2.3", "1.2.4", 1)
		},
			"the index main/binary-arm64/Packages: its SHA256 is "},
		{"an index longer", func(_ *testing.T, r *repository, _ *Apt) { r.files[gz] += "x" }, "the index main/binary-amd64/Packages.gz: it has more than"},
		{"an index much longer", func(_ *testing.T, r *repository, _ *Apt) { r.files[gz] += strings.Repeat("x", 1<<20) }, "it has more than the"},
		{"an index shorter", func(_ *testing.T, r *repository, _ *Apt) { r.files[arm] = r.files[arm][1:] }, "by the Release file"},
		{"twice in an index", func(_ *testing.T, r *repository, _ *Apt) {
			r.index("main/binary-arm64/Packages", entry("1.2.3-1", "arm64")+entry("1.2.3-1", "arm64"))
		}, "harbour 1.2.3-1 stands in it twice for arm64"},
		{"out of the root", func(_ *testing.T, r *repository, _ *Apt) {
			r.index("main/binary-arm64/Packages", strings.Replace(entry("1.2.3-1", "arm64"), "pool/", "../../", 1))
		}, "its Filename leads nowhere"},
		{"a .deb that is not there", func(_ *testing.T, r *repository, _ *Apt) { r.debs[deb] = answer{status: 404} },
			"the signed index lists harbour_1.2.3-1_arm64.deb, which is not there"},
		{"a .deb that is a web page", func(_ *testing.T, r *repository, _ *Apt) {
			r.debs[deb] = answer{status: 200, body: "0123456789abcdefg", header: map[string]string{"Content-Type": "text/html"}}
		}, "a web page"},
		{"down to http", func(_ *testing.T, r *repository, _ *Apt) {
			r.debs[deb] = answer{status: 302, header: map[string]string{"Location": "http://packages.example.org/x.deb"}}
		}, "it redirects from https to http"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepository(t)
			a := r.asked(t)
			tt.change(t, r, &a)
			w := newWorld(t, r.answers(t))
			files, standing, err := w.aptFiles(context.Background(), a, now)
			isRefusedApt(t, files, standing, err, tt.want)
			if len(w.clock.slept) > 0 {
				t.Error("it was tried again")
			}
		})
	}
}

// A file that is not as long as its index says is read as long as it is: what it is, its
// digest tells.
func TestAptOfAnotherSize(t *testing.T) {
	r := newRepository(t)
	r.debs[debPath("1.2.3-1", "arm64")] = answer{status: 200, body: "other"}
	a := r.asked(t)
	a.Architecture = "arm64"
	w := newWorld(t, r.answers(t))
	files, _, err := w.aptFiles(context.Background(), a, now)
	if err != nil || len(files) != 1 || files[0].Size != 5 || files[0].Digests[0].Digest != "sha256:"+sha("deb 1.2.3-1 arm64") {
		t.Errorf("%+v, %v", files, err)
	}
}

// An index that is listed and not there is no empty one.
func TestAptIndexNotThere(t *testing.T) {
	r := newRepository(t)
	answers := r.answers(t)
	answers["GET "+aptAt+"/dists/stable/main/binary-arm64/Packages"] = []answer{{status: 404}}
	w := newWorld(t, answers)
	files, standing, err := w.aptFiles(context.Background(), r.asked(t), now)
	isRefusedApt(t, files, standing, err, "the Release file lists an index of arm64, which is not there")
}

// What the plan says badly is never asked for.
func TestAptMisnamed(t *testing.T) {
	r := newRepository(t)
	for _, tt := range []struct {
		name, want string
		change     func(*Apt)
	}{
		{"no encryption", "not an https one", func(a *Apt) { a.Root = "http://packages.example.org/debian" }},
		{"this machine", "not an https one", func(a *Apt) { a.Root = "http://127.0.0.1:80/debian" }},
		{"a file", "is no http or https URL", func(a *Apt) { a.Root = "file:///srv/debian" }},
		{"a password", "a user name or a password", func(a *Apt) { a.Root = "https://mara:secret@packages.example.org/" }},
		{"a query", "holds a query", func(a *Apt) { a.Root += "?x=" }},
		{"no suite", "is no name of a suite", func(a *Apt) { a.Suite = "" }},
		{"a suite above", "is no name of a suite", func(a *Apt) { a.Suite = "../stable" }},
		{"a flat repository", "a flat repository", func(a *Apt) { a.Suite = "./" }},
		{"a component above", "is no name of a component", func(a *Apt) { a.Component = "main/.." }},
		{"no package", "is no name of a binary package", func(a *Apt) { a.Package = "" }},
		{"escapes", "is no name of a binary package", func(a *Apt) { a.Package = "\x1b[31m\u202e" }},
		{"two lines", "is no name of a binary package", func(a *Apt) { a.Package = "harbour\nVersion: 1" }},
		{"an architecture above", "is no architecture", func(a *Apt) { a.Architecture = "../x" }},
		{"no version", "no version to look for", func(a *Apt) { a.Version = "" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := r.asked(t)
			tt.change(&a)
			w := newWorld(t, nil)
			files, standing, err := w.aptFiles(context.Background(), a, now)
			isRefusedApt(t, files, standing, err, tt.want)
			if len(w.places.sent) > 0 || release.KindOf(err) != release.KindUsage || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, sent %q", err, w.places.requests())
			}
		})
	}
}

func TestAptTriesAgain(t *testing.T) {
	r := newRepository(t)
	answers := r.answers(t)
	for key, queue := range answers {
		a := queue[0]
		broken := a
		broken.broken, broken.body = errors.New("connection reset by peer"), a.body[:len(a.body)/2]
		if strings.HasPrefix(key, "HEAD ") {
			broken = answer{status: 503}
		}
		answers[key] = []answer{broken, a}
	}
	w := newWorld(t, answers)
	files, standing, err := w.aptFiles(context.Background(), r.asked(t), now)
	if err != nil || len(files) != 2 || len(standing.Others) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if len(w.clock.slept) != 5 || strings.Count(w.story(), "recovered") != 5 {
		t.Errorf("waited %v; %s", w.clock.slept, w.story())
	}
}

func FuzzAptAddress(f *testing.F) {
	for _, s := range []string{"pool/x.deb", "a/%2e%2e/x", "x?y#z", "\x00", "a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		root, _ := url.Parse(aptAt)
		u, err := url.Parse((&aptReader{root: root}).address(s))
		if err != nil || u.Host != root.Host || u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.Path != "/debian/"+s {
			t.Errorf("%q is asked for as %v, %v", s, u, err)
		}
	})
}
