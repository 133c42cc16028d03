package checks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

const (
	goodSum  = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	otherSum = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	extraSHA = "0123456789abcdef0123456789abcdef01234567"
)

// attestedBy is a verified attestation of a release's own workflow, but for what change
// does to it.
func attestedBy(change func(*checks.Attestation)) checks.Attestation {
	at := checks.WorkflowAt{URI: text.Clean("https://github.com/ckan/ckan/.github/workflows/deploy.yml@refs/tags/v2"),
		Repository: text.Clean("ckan/ckan"), Path: text.Clean(".github/workflows/deploy.yml"), Ref: text.Clean("refs/tags/v2")}
	a := checks.Attestation{Standing: checks.AttestationVerified, SHA256: strings.TrimPrefix(goodSum, "sha256:"), PredicateType: text.Clean(checks.PredicateProvenance),
		Subjects: []checks.AttestedFile{{Name: text.Clean("ckan-2.tar.gz"), SHA256: strings.TrimPrefix(goodSum, "sha256:")}},
		Issuer:   text.Clean(checks.GitHubIssuer), Signer: at, Caller: at, SourceRepository: text.Clean("https://github.com/ckan/ckan"),
		SourceDigest: text.Clean(extraSHA), SourceRef: text.Clean("refs/tags/v2"), Runner: text.Clean("github-hosted")}
	if change != nil {
		change(&a)
	}
	return a
}

// releasedFacts are those of a release that is as it should be: one source distribution,
// traced, attested, and approved by a second person.
func releasedFacts() checks.StageFacts {
	file := checks.FileFacts{
		PublishedFile: checks.PublishedFile{Name: text.Clean("ckan-2.tar.gz"), Form: checks.FormSdist, Size: 1000,
			Digests: []checks.Said{{By: text.Clean("PyPI's index"), Digest: goodSum}, {By: checks.Downloaded(), Digest: goodSum}}},
		Traced:       checks.Have(checks.Traced{Same: checks.Tally{Files: 10, Bytes: 900}, Extra: checks.Tally{Files: 1, Bytes: 100}}),
		Before:       checks.Have(checks.LastTime{Version: "1"}),
		Attestations: checks.Have([]checks.Attestation{attestedBy(nil)}),
	}
	return checks.StageFacts{
		Artifacts: []checks.ArtifactFacts{{Artifact: text.Clean("pypi ckan 2"), TakeBack: "yank it", Files: checks.Have([]checks.FileFacts{file}),
			Policy: checks.AttestationPolicy{Repository: "ckan/ckan", Commit: extraSHA, Refs: []string{"refs/tags/v2"}, Workflows: []string{".github/workflows/deploy.yml"},
				Predicates: []string{checks.PredicateProvenance, checks.PredicatePublish}}}},
		Approvals: checks.Have([]checks.Passed{{Environment: text.Clean("pypi"), By: text.Clean("ines"), Releaser: text.Clean("mara"), Run: text.Clean("deploy.yml #7")}}),
	}
}

// published judges one check over a release of which change makes something else.
func published(t *testing.T, id string, change func(*checks.Snapshot, *checks.StageFacts, *checks.FileFacts)) checks.Finding {
	t.Helper()
	facts := releasedFacts()
	files, _ := facts.Artifacts[0].Files.Get()
	s := &checks.Snapshot{Subject: checks.Subject{Repo: "ckan/ckan", SHA: extraSHA, Version: "2", Stages: []checks.SubjectStage{{Name: "package"}}}}
	if change != nil {
		change(s, &facts, &files[0])
	}
	s.Stages = []checks.StageFacts{facts}
	i := slices.IndexFunc(checks.ForPublished(), func(c checks.Check) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("there is no check %s", id)
	}
	return checks.Run(checks.ForPublished()[i], s)
}

func unlike(path string, v checks.FileVerdict, runs bool) checks.Unlike {
	return checks.Unlike{TracedFile: checks.TracedFile{Path: path, Verdict: v, Blob: extraSHA, Size: 141, Runs: runs}}
}

func TestPublished(t *testing.T) {
	type facts = *checks.StageFacts
	type file = *checks.FileFacts
	type snap = *checks.Snapshot
	traced := func(change func(*checks.Traced)) func(snap, facts, file) {
		return func(_ snap, _ facts, f file) {
			tr, _ := f.Traced.Get()
			change(&tr)
			f.Traced = checks.Have(tr)
		}
	}
	with := func(u ...checks.Unlike) func(snap, facts, file) {
		return func(_ snap, _ facts, f file) { f.Unlike = u }
	}
	attested := func(all ...checks.Attestation) func(snap, facts, file) {
		return func(_ snap, _ facts, f file) { f.Attestations = checks.Have(all) }
	}
	lost := checks.Attestation{Standing: checks.AttestationUnread, Why: text.Clean("it broke off")}
	built := func(all ...checks.Built) func(snap, facts, file) {
		return func(_ snap, _ facts, f file) { f.Built = all }
	}
	logged := func(all ...[]string) func(snap, facts, file) {
		return func(_ snap, _ facts, f file) {
			for i, digests := range all {
				f.Logged = append(f.Logged, checks.Logged{By: text.Cleanf("log %d", i+1), Digests: digests})
			}
		}
	}
	noFiles := func(_ snap, st facts, _ file) { st.Artifacts[0].Files = checks.Have([]checks.FileFacts{}) }
	unlisted := func(_ snap, st facts, _ file) {
		st.Artifacts[0].Files = checks.Lack[[]checks.FileFacts](checks.Missing{Why: text.Clean("PyPI answered 503")})
	}
	unread := func(_ snap, _ facts, f file) {
		f.Traced, f.Digests = checks.Lack[checks.Traced](checks.Missing{Why: text.Clean("it broke off")}), nil
	}
	unheld := func(_ snap, st facts, _ file) { st.Artifacts[0].Unheld = text.Clean("the plan does not say where") }
	for _, tt := range []struct {
		id, name string
		change   func(snap, facts, file)
		want     checks.Outcome
		says     string // in the summary
		next     string // in the remedy
	}{
		{"art.digest", "clean", nil, checks.Pass, "the digests of 1 file agree", ""},
		{"art.digest", "another digest", func(_ snap, _ facts, f file) { f.Digests[0].Digest = otherSum }, checks.Fail, "sha256 is bbbbbbbbbbbb for PyPI's index, and aaaaaaaaaaaa for what was downloaded", "yank it"},
		{"art.digest", "in capitals", func(_ snap, _ facts, f file) {
			f.Digests[0].Digest = "sha256:" + strings.ToUpper(strings.TrimPrefix(goodSum, "sha256:"))
		}, checks.Pass, "", ""},
		{"art.digest", "another kind of digest", func(_ snap, _ facts, f file) { f.Digests[0].Digest = "md5:00000000000000000000000000000000" }, checks.Pass, "", ""},
		{"art.digest", "nobody tells", func(_ snap, _ facts, f file) { f.Digests = f.Digests[1:] }, checks.Warn, "nobody tells its digest", "checksum file"},
		{"art.digest", "as its log says", logged([]string{goodSum}), checks.Pass, "the digests of 1 file agree", ""},
		{"art.digest", "against its log", logged([]string{otherSum}), checks.Fail, "sha256 is aaaaaaaaaaaa for what was downloaded, and bbbbbbbbbbbb for log 1", "yank it"},
		{"art.digest", "against both logs", logged([]string{otherSum}, []string{otherSum}), checks.Fail, "(and 1 more)", "yank it"},
		{"art.digest", "as one log says, and not another", logged([]string{otherSum}, []string{goodSum}), checks.Warn, "log 1 names bbbbbbbbbbbb as well", "see in the log"},
		{"art.digest", "as its log says, which says more", logged([]string{otherSum, goodSum}), checks.Warn, "log 1 names bbbbbbbbbbbb as well", "see in the log"},
		{"art.digest", "nobody tells but its log", func(s snap, st facts, f file) { logged([]string{goodSum})(s, st, f); f.Digests = f.Digests[1:] }, checks.Warn, "nobody tells its digest", "checksum file"},
		{"art.digest", "against the index and not its log", func(s snap, st facts, f file) { logged([]string{goodSum})(s, st, f); f.Digests[0].Digest = otherSum }, checks.Fail,
			"sha256 is bbbbbbbbbbbb for PyPI's index, and aaaaaaaaaaaa for what was downloaded", "yank it"},
		{"art.digest", "its index as the log says", func(s snap, st facts, f file) { logged([]string{otherSum})(s, st, f); f.Index = otherSum }, checks.Pass, "", ""},
		{"art.digest", "its index against the log", func(s snap, st facts, f file) {
			logged([]string{"sha256:" + strings.Repeat("c", 64)})(s, st, f)
			f.Index = otherSum
		}, checks.Fail, "sha256 is bbbbbbbbbbbb for its registry, and cccccccccccc for log 1", "yank it"},
		{"art.digest", "a log, and not read", func(s snap, st facts, f file) { logged([]string{otherSum})(s, st, f); unread(s, st, f) }, checks.Unknown, "it broke off", ""},
		{"art.digest", "not read", unread, checks.Unknown, "it broke off", ""},
		{"art.digest", "not listed", unlisted, checks.Unknown, "PyPI answered 503", ""},
		{"art.digest", "no file", noFiles, checks.Fail, "no file stands under its name", "see whether it was published"},
		{"art.digest", "none, and none is needed", func(s snap, st facts, f file) { noFiles(s, st, f); st.Artifacts[0].MayBeEmpty = true }, checks.NotApplicable, "", ""},

		{"art.trace", "clean", nil, checks.Pass, "10 files traced to the commit", ""},
		{"art.trace", "refused", traced(func(tr *checks.Traced) { *tr = checks.Traced{Refused: text.Clean("../x: a path that leads out")} }), checks.Fail, "nobody should unpack it", "yank it"},
		{"art.trace", "a lie", traced(func(tr *checks.Traced) { tr.Lies = []text.Safe{text.Clean("its RECORD has another sum")} }), checks.Fail, "its RECORD has another sum", "yank it"},
		{"art.trace", "a note", traced(func(tr *checks.Traced) { tr.Notes = []text.Safe{text.Clean("another version")} }), checks.Warn, "another version", ""},
		{"art.trace", "nothing of the commit", traced(func(tr *checks.Traced) { tr.Same = checks.Tally{} }), checks.Fail, "not one file of it is the commit's", ""},
		{"art.trace", "nothing at its source", traced(func(tr *checks.Traced) { *tr = checks.Traced{Source: "srv/app", Generated: checks.Tally{Files: 1}} }), checks.Fail, "nothing of the project lies in srv/app", "name that place as its source"},
		{"art.trace", "nothing of its own", traced(func(tr *checks.Traced) { *tr = checks.Traced{} }), checks.Pass, "0 files", ""},
		{"art.trace", "other code", with(unlike("ckan/a.py", checks.FileModified, true)), checks.Fail, "ckan/a.py in ckan-2.tar.gz: is not the commit's", "yank it"},
		{"art.trace", "as its owner", with(checks.Unlike{TracedFile: checks.TracedFile{Path: "x", Verdict: checks.FileModified, Runs: true, Setid: true}}), checks.Fail,
			"x in ckan-2.tar.gz: is not the commit's: it runs as its owner or group, whoever starts it", ""},
		{"art.trace", "other data", with(unlike("ckan/a.po", checks.FileModified, false)), checks.Pass, "", ""},
		{"art.trace", "yanked", func(_ snap, _ facts, f file) { f.Yanked = true }, checks.Warn, "is yanked: nobody says why", ""},
		{"art.trace", "not read", unread, checks.Unknown, "it broke off", ""},
		{"art.trace", "held against nothing", unheld, checks.Warn, "the plan does not say where", "source"},
		{"art.trace", "otherwise than before", func(_ snap, _ facts, f file) {
			f.Otherwise = []text.Safe{text.Clean("its control file says Depends: evil, and that of 1 said nothing")}
		}, checks.Warn, "says Depends: evil", "see whether that is meant"},
		{"art.trace", "lacking files", traced(func(tr *checks.Traced) { tr.Files = missing(12) }), checks.Pass, "", ""},
		{"art.trace", "of no form", func(_ snap, _ facts, f file) { f.Form = checks.FormOther }, checks.NotApplicable, "", ""},

		{"art.extras", "clean", nil, checks.Pass, "1 file not in git, as in the release before", ""},
		{"art.extras", "a new one", with(unlike("m4/build-to-host.m4", checks.FileExtra, true)), checks.Fail, "m4/build-to-host.m4 in ckan-2.tar.gz: is not in git, nor was it so in 1; it can be run", "yank it"},
		{"art.extras", "one that was another", with(checks.Unlike{TracedFile: unlike("a.po", checks.FileModified, false).TracedFile, Was: "x"}), checks.Fail, "is not as in git, and was another in 1", ""},
		{"art.extras", "one with another name", with(checks.Unlike{TracedFile: unlike("b.m4", checks.FileExtra, true).TracedFile, Renamed: true}), checks.Fail, "had another name in 1", ""},
		{"art.extras", "outside", with(unlike("/etc/cron.d/y", checks.FileOutside, true)), checks.Fail, "/etc/cron.d/y in ckan-2.tar.gz: lies outside of the project, nor was it so in 1; it can be run",
			"yank it"},
		{"art.extras", "outside and known", traced(func(tr *checks.Traced) {
			tr.Source, tr.Extra, tr.Files = "opt/ckan", checks.Tally{}, []checks.TracedFile{{Path: "/usr/bin/ckan", Verdict: checks.FileOutside}}
		}), checks.Pass, "", ""},
		{"art.extras", "outside, and what was before can not be read", func(s snap, st facts, f file) {
			traced(func(tr *checks.Traced) {
				tr.Source, tr.Extra, tr.Files = "opt/ckan", checks.Tally{}, []checks.TracedFile{{Path: "/usr/bin/ckan", Verdict: checks.FileOutside}}
			})(s, st, f)
			f.Before = checks.Lack[checks.LastTime](checks.Missing{Why: text.Clean("its host answered 503")})
		}, checks.Unknown, "1 file outside of opt/ckan, and the release before could not be compared with", ""},
		{"art.extras", "planned code", with(unlike("ckan/fast.so", checks.FileGenerated, true)), checks.Fail, "is not in git, though the plan says that the build makes it, nor was it so in 1", "yank it"},
		{"art.extras", "code that moved", with(unlike("conftest.py", checks.FileMoved, true)), checks.Fail, "has another place in git, nor was it so in 1; it can be run", "yank it"},
		{"art.extras", "as its owner", with(checks.Unlike{TracedFile: checks.TracedFile{Path: "x", Verdict: checks.FileExtra, Runs: true, Setid: true}}), checks.Fail, "it runs as its owner or group, whoever starts it", ""},
		{"art.extras", "acknowledged", func(s snap, _ facts, f file) {
			f.Unlike = []checks.Unlike{unlike("m4/x.m4", checks.FileExtra, true)}
			s.Subject.Acknowledged = []checks.Acknowledgement{{Path: "m4/x.m4", Blob: extraSHA, Reason: text.Clean("gettext's")}}
		}, checks.Pass, "1 acknowledged", ""},
		{"art.extras", "acknowledged with another content", func(s snap, _ facts, f file) {
			f.Unlike = []checks.Unlike{unlike("m4/x.m4", checks.FileExtra, true)}
			s.Subject.Acknowledged = []checks.Acknowledgement{{Path: "m4/x.m4", Blob: strings.Repeat("f", 40), Reason: text.Clean("gettext's")}}
		}, checks.Fail, "", ""},
		{"art.extras", "nothing to compare with", func(_ snap, _ facts, f file) {
			f.Before = checks.Have(checks.LastTime{None: text.Clean("there is no release before")})
			f.Unlike = []checks.Unlike{unlike("x", checks.FileExtra, false)}
		}, checks.Fail, "there is no release before to compare with", ""},
		{"art.extras", "what was before can not be read", func(_ snap, _ facts, f file) {
			f.Before = checks.Lack[checks.LastTime](checks.Missing{Why: text.Clean("PyPI answered 503")})
		}, checks.Unknown, "could not be compared with: PyPI answered 503", ""},
		{"art.extras", "not read, and nothing is extra", func(_ snap, _ facts, f file) {
			f.Traced, f.Before = checks.Have(checks.Traced{Same: checks.Tally{Files: 1}}), checks.Got[checks.LastTime]{}
		}, checks.Pass, "", ""},
		{"art.extras", "not read", unread, checks.Unknown, "it broke off", ""},
		{"art.extras", "held against nothing", unheld, checks.NotApplicable, "", ""},

		{"att.signer", "clean", nil, checks.Pass, "1 file signed by the release's own workflow", ""},
		{"att.signer", "by another repository", attested(attestedBy(func(a *checks.Attestation) {
			a.Caller.Repository, a.Signer.Repository, a.SourceRepository = text.Clean("evil/ckan"), text.Clean("evil/ckan"), text.Clean("https://github.com/evil/ckan")
		})), checks.Fail, "evil/ckan", "yank it"},
		{"att.signer", "by another, and by its own", attested(attestedBy(func(a *checks.Attestation) { a.Caller.Path = text.Clean("x.yml") }), attestedBy(nil)), checks.Pass, "", ""},
		{"att.signer", "not verified", attested(attestedBy(func(a *checks.Attestation) {
			a.Standing, a.Why = checks.AttestationRefused, text.Clean("no log has it")
		})), checks.Fail, "no log has it", ""},
		{"att.signer", "by an authority that is not known", attested(attestedBy(func(a *checks.Attestation) { a.Standing = checks.AttestationForeign })), checks.Unknown, "", ""},
		{"att.signer", "the release's alone", attested(attestedBy(func(a *checks.Attestation) { a.Release = true })), checks.Warn, "nobody attests how it was made", ""},
		{"att.signer", "not read", attested(lost, lost), checks.Unknown, "the attestations of ckan-2.tar.gz: 2 attestations could not be read: it broke off", ""},
		{"att.signer", "one not read, and its own", attested(lost, attestedBy(nil)), checks.Pass, "1 file signed", ""},
		{"att.signer", "one not read, and another's", attested(lost, attestedBy(func(a *checks.Attestation) { a.Caller.Path = text.Clean("x.yml") })), checks.Fail, "x.yml", "yank it"},
		{"att.signer", "one not read, and the plan asks for it", func(s snap, st facts, f file) { attested(lost)(s, st, f); st.Artifacts[0].Attested = true }, checks.Unknown, "could not be read", ""},
		{"att.source-digest", "not read", attested(lost), checks.Unknown, "1 attestation could not be read: it broke off", ""},
		{"att.signer", "by nobody", attested(), checks.Warn, "nobody attests how it was made", "actions/attest"},
		{"att.signer", "by nobody, and the plan asks for it", func(s snap, st facts, f file) { attested()(s, st, f); st.Artifacts[0].Attested = true }, checks.Fail, "nobody attests", "yank it"},
		{"att.signer", "by nobody, beside one that is", func(_ snap, st facts, f file) {
			hand := *f
			hand.Name, hand.Attestations = text.Clean("ckan-2.whl"), checks.Have([]checks.Attestation{})
			st.Artifacts[0].Files = checks.Have([]checks.FileFacts{*f, hand})
		}, checks.Fail, "ckan-2.whl: nobody attests how it was made, as they do of the other files beside it", ""},
		{"att.signer", "not read", func(_ snap, _ facts, f file) {
			f.Attestations = checks.Lack[[]checks.Attestation](checks.Missing{Why: text.Clean("GitHub answered 403")})
		}, checks.Unknown, "GitHub answered 403", ""},
		{"att.source-digest", "clean", nil, checks.Pass, "made in runs of the released commit", ""},
		{"att.source-digest", "another commit", attested(attestedBy(func(a *checks.Attestation) { a.SourceDigest = text.Clean(strings.Repeat("1", 40)) })), checks.Fail, "its run is of commit 1111", ""},
		{"att.source-digest", "by nobody", attested(), checks.NotApplicable, "no file is attested", ""},
		{"att.source-digest", "one by nobody", func(_ snap, st facts, f file) {
			hand := *f
			hand.Name, hand.Attestations = text.Clean("ckan-2.whl"), checks.Have([]checks.Attestation{})
			st.Artifacts[0].Files = checks.Have([]checks.FileFacts{*f, hand})
		}, checks.Pass, "1 of 2 files made in runs of the released commit", ""},

		{"rep.double-build", "once", nil, checks.NotApplicable, "nothing was built twice", ""},
		{"rep.double-build", "nobody could see", func(_ snap, st facts, _ file) {
			st.Unkept = &checks.Missing{Why: text.Clean("only with a token"), Next: "sign in"}
		},
			checks.Unknown, "what the runs of package have kept: only with a token", "sign in"},
		{"rep.double-build", "equal", built(checks.Built{Digest: goodSum}, checks.Built{Digest: goodSum}), checks.Pass, "1 file built twice", ""},
		{"rep.double-build", "contents equal", built(checks.Built{Digest: goodSum, Members: map[string]string{"a": "1"}}, checks.Built{Digest: otherSum, Members: map[string]string{"a": "1"}}), checks.Pass, "", ""},
		{"rep.double-build", "different", built(checks.Built{Digest: goodSum, Members: map[string]string{"a": "1", "b": "2"}}, checks.Built{Digest: otherSum, Members: map[string]string{"a": "2", "c": "3"}}),
			checks.Warn, "differ in a, b, c", "SOURCE_DATE_EPOCH"},
		{"rep.double-build", "different, and no archive", built(checks.Built{Digest: goodSum}, checks.Built{Digest: otherSum}), checks.Warn, "could not be looked into", ""},

		{"gov.approved", "clean", nil, checks.Pass, "approved by ines (pypi), who did not start it", ""},
		{"gov.approved", "by whoever released", func(_ snap, st facts, _ file) {
			st.Approvals = checks.Have([]checks.Passed{{Environment: text.Clean("pypi"), By: text.Clean("Mara"), Releaser: text.Clean("mara"), Run: text.Clean("x #1")}})
		}, checks.Fail, "was approved by Mara, who started the run", "self-review"},
		{"gov.approved", "by nobody that is told", func(_ snap, st facts, _ file) {
			st.Approvals = checks.Have([]checks.Passed{{Environment: text.Clean("pypi")}})
		}, checks.Unknown, "not told", ""},
		{"gov.approved", "rejected", func(_ snap, st facts, _ file) {
			st.Approvals = checks.Have([]checks.Passed{{Environment: text.Clean("pypi"), By: text.Clean("ines"), Releaser: text.Clean("mara"), Rejected: true}})
		}, checks.Warn, "was rejected by ines", ""},
		{"gov.approved", "no gate", func(_ snap, st facts, _ file) { st.Approvals = checks.Have([]checks.Passed{}) }, checks.NotApplicable, "", ""},
		{"gov.approved", "not read", func(_ snap, st facts, _ file) {
			st.Approvals = checks.Lack[[]checks.Passed](checks.Missing{Why: text.Clean("GitHub answered 403")})
		}, checks.Unknown, "403", ""},
	} {
		t.Run(tt.id+"/"+tt.name, func(t *testing.T) {
			f := published(t, tt.id, tt.change)
			if f.Outcome != tt.want || !strings.Contains(f.Summary.String(), tt.says) || !strings.Contains(f.Remedy, tt.next) {
				t.Errorf("%s: %s; next: %s", f.Outcome, f.Summary, f.Remedy)
			}
			if f.Outcome != checks.Pass && f.Outcome != checks.NotApplicable && f.Remedy == "" {
				t.Error("it says no next step")
			}
		})
	}
}

// TestAcknowledgeable holds that a file is shown as one that somebody may say to have looked
// at where just that would do, and as one that somebody has where somebody has.
func TestAcknowledgeable(t *testing.T) {
	tests := []struct {
		id, path     string
		verdict      checks.FileVerdict
		acknowledged bool
		key          string
	}{
		{"art.extras", "m4/x.m4", checks.FileExtra, false, "m4/x.m4@" + extraSHA},
		{"art.extras", "a 'b'@c", checks.FileExtra, false, "a 'b'@c@" + extraSHA},
		{"art.extras", "a=b", checks.FileExtra, false, ""},      // a reason would begin there
		{"art.extras", "a\u202eb", checks.FileExtra, false, ""}, // which a person sees as another name
		{"art.trace", "ckan/a.py", checks.FileModified, false, "ckan/a.py@" + extraSHA},
		{"art.extras", "m4/x.m4", checks.FileExtra, true, "m4/x.m4@" + extraSHA},
	}
	for _, tt := range tests {
		f := published(t, tt.id, func(s *checks.Snapshot, _ *checks.StageFacts, f *checks.FileFacts) {
			f.Unlike = []checks.Unlike{unlike(tt.path, tt.verdict, true)}
			if tt.acknowledged {
				s.Subject.Acknowledged = []checks.Acknowledgement{{Path: tt.path, Blob: extraSHA, Reason: text.Clean("gettext's")}}
			}
		})
		e := f.Evidence[0]
		if e.Acknowledge != tt.key || e.Accepted.IsZero() == tt.acknowledged || e.Artifact.String() != "pypi ckan 2" {
			t.Errorf("%s, %q: acknowledge %q, accepted %q, of %q", tt.id, tt.path, e.Acknowledge, e.Accepted, e.Artifact)
		}
	}
	none := published(t, "art.trace", func(_ *checks.Snapshot, _ *checks.StageFacts, f *checks.FileFacts) {
		f.Traced = checks.Have(checks.Traced{Extra: checks.Tally{Files: 1}})
	})
	if e := none.Evidence[0]; e.Outcome != checks.Fail || e.Acknowledge != "" {
		t.Errorf("what holds nothing of the commit is acknowledged as %q", e.Acknowledge)
	}
}

// What the runs would say of digests, and could not be asked, is told and stands in no
// way: everybody else tells them.
func TestDigestsWithoutTheRuns(t *testing.T) {
	f := published(t, "art.digest", func(_ *checks.Snapshot, st *checks.StageFacts, _ *checks.FileFacts) {
		st.Unkept = &checks.Missing{Why: text.Clean("only with a token")}
	})
	told := slices.ContainsFunc(f.Evidence, func(e checks.Evidence) bool {
		return e.What.String() == "what the runs of package say" && e.Saw.String() == "is not known: only with a token" && e.Outcome == checks.NotApplicable
	})
	if f.Outcome != checks.Pass || !told {
		t.Errorf("%s: %+v", f.Outcome, f.Evidence)
	}
}

// TestPublishedChecks holds that each check says what one has to say, and that none of
// them passes where nothing was read.
func TestPublishedChecks(t *testing.T) {
	for _, c := range checks.ForPublished() {
		if c.Title == "" || len(c.Title) > 36 || c.Why == "" || c.Looks == "" || c.Remedy == "" || len(c.Needs) == 0 || c.Factor == "" {
			t.Errorf("%s: %+v", c.ID, c)
		}
		for _, pre := range checks.All() {
			if pre.ID == c.ID {
				t.Errorf("%s is a check of the preflight as well", c.ID)
			}
		}
		s := &checks.Snapshot{Subject: checks.Subject{Stages: []checks.SubjectStage{{Name: "package"}}}, Stages: []checks.StageFacts{{Artifacts: []checks.ArtifactFacts{{}}}}}
		if f := checks.Run(c, s); f.Outcome != checks.Unknown {
			t.Errorf("%s of what nobody read: %s: %s", c.ID, f.Outcome, f.Summary)
		}
		if f := checks.Run(c, &checks.Snapshot{}); f.Outcome == checks.Pass {
			t.Errorf("%s of nothing passes", c.ID)
		}
	}
}

// missing are files that an artifact has not.
func missing(n int) (out []checks.TracedFile) {
	for i := range n {
		out = append(out, checks.TracedFile{Path: fmt.Sprintf("ckan/%02d.py", i), Verdict: checks.FileMissing})
	}
	if n > 1 {
		out[0].Path = ".github/x.yml"
	}
	return append(out, checks.TracedFile{Path: "docs/x", Verdict: checks.FileMissing, Why: text.Clean(".gitattributes leaves it out of archives")})
}

// TestLacks holds that a source distribution tells how many files of the commit it has not,
// and which.
func TestLacks(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "1 file of the commit is not in it: ckan/00.py", 2: "2 files of the commit are not in it: ckan/01.py, .github/x.yml",
		12: "12 files of the commit are not in it: ckan/01.py, ckan/02.py, ckan/03.py, ckan/04.py, ckan/05.py, ckan/06.py, ckan/07.py, ckan/08.py, ckan/09.py, ckan/10.py and 2 more"} {
		got := ""
		for _, e := range published(t, "art.trace", func(_ *checks.Snapshot, _ *checks.StageFacts, f *checks.FileFacts) {
			tr, _ := f.Traced.Get()
			tr.Files = missing(n)
			f.Traced = checks.Have(tr)
		}).Evidence {
			if strings.Contains(e.Saw.String(), "of the commit") && e.Outcome == checks.Pass {
				got += e.Saw.String()
			}
		}
		if got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
