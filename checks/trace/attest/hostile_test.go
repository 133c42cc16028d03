package attest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace/attest"
	"twokey/release/rehearsal/ca"
)

// Hostile text is refused where names are compared, and shown safely elsewhere.
func TestHostileText(t *testing.T) {
	a := newAuthority(t, 1)
	for name, change := range map[string]func(*ca.Claim){
		"the ref":    func(cl *ca.Claim) { cl.Workflow.Ref = tag + "\u009b0m" },
		"the commit": func(cl *ca.Claim) { cl.Workflow.Commit = commit + "\u202e" },
		"the event":  func(cl *ca.Claim) { cl.Event = "push\x1b[31m" },
	} {
		got := read(t, a.sign(t, func(cl *ca.Claim) {
			change(cl)
			cl.Called = &ca.Workflow{Repository: "harbour/harbour", Path: path, Ref: tag, Commit: commit}
		}), a.root)
		if name == "the ref" {
			name = "the workflow" // which has it too, and comes first
		}
		refused(t, got, checks.AttestationRefused, "characters in "+name)
	}
	refused(t, read(t, a.sign(t, func(cl *ca.Claim) { cl.PredicateType = checks.PredicateProvenance + "\u200b" }), a.root),
		checks.AttestationRefused, "predicate's type")
	got := read(t, a.sign(t, func(cl *ca.Claim) { cl.Subjects[0].Name = "a\x1b]0;x\x07\u202eb" }), a.root)
	if got.Standing != checks.AttestationVerified || strings.ContainsAny(got.Subjects[0].Name.String(), "\x1b\x07\u202e") {
		t.Errorf("it is %s about %q", got.Standing, got.Subjects[0].Name)
	}
	other := a.sign(t, func(cl *ca.Claim) {
		cl.Subjects[0] = ca.Subject{Name: strings.Repeat("long\x1b[2J", 10_000), SHA256: sum("x")}
	})
	if why := read(t, other, a.root).Why.String(); len(why) > 400 || strings.Contains(why, "\x1b") {
		t.Errorf("the reason is %q", why)
	}
}

// What is no bundle with a statement is an error, and so is what is too large to be one.
func TestReadErrors(t *testing.T) {
	a := newAuthority(t, 1)
	good := a.sign(t, nil)
	changed := func(change func(b map[string]any)) []byte { return edit(t, good, change) }
	payload := func(s string) []byte {
		return changed(func(b map[string]any) {
			in(b, "dsseEnvelope")["payload"] = base64.StdEncoding.EncodeToString([]byte(s))
		})
	}
	for _, tt := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"nothing", nil, "no JSON"},
		{"no JSON", []byte("<html>\x1b[31m"), "no JSON"},
		{"half of it", good[:len(good)/2], "no JSON"},
		{"two", append(bytes.Clone(good), good...), "reading an attestation: proto"},
		{"an empty object", []byte("{}"), "no bundle with a statement"},
		{"no such name", changed(func(b map[string]any) { b["mine"] = 1 }), "mine"},
		{"a later version", changed(func(b map[string]any) { b["mediaType"] = "application/vnd.dev.sigstore.bundle.v9.0+json" }), "not yet supported"},
		{"no certificate", changed(func(b map[string]any) { delete(in(b, "verificationMaterial"), "certificate") }), "verification material"},
		{"a broken certificate", changed(func(b map[string]any) { in(b, "verificationMaterial", "certificate")["rawBytes"] = "AAAA" }), "x509"},
		{"no statement", payload(`{"_type": "https://example.com/"}`), "no statement"},
		{"a statement of a number", payload(`7`), "statement"},
		{"a broken statement", payload(`{`), "statement"},
		{"too many files", payload(`{"_type": "https://in-toto.io/Statement/v1", "subject": [` + strings.Repeat("{},", 2000) + "{}]}"), "more than 1024 files"},
		{"a broken entry", changed(func(b map[string]any) { entry(b)["canonicalizedBody"] = "e30=" }), "validation error"},
		{"an entry that is no JSON", changed(func(b map[string]any) { entry(b)["canonicalizedBody"] = "AAAA" }), "what the log has of it: no JSON"},
		{"a message instead", changed(func(b map[string]any) {
			delete(b, "dsseEnvelope")
			b["messageSignature"] = map[string]any{"messageDigest": map[string]any{"algorithm": "SHA2_256", "digest": "AAAA"}, "signature": "AAAA"}
		}), "no bundle with a statement"},
		{"ten megabytes", fmt.Appendf(nil, `{"mediaType":"%s"}`, strings.Repeat("a", 10<<20)), "more than is read"},
		{"many values", []byte(`{"verificationMaterial":{"tlogEntries":[` + strings.Repeat("{},", 2<<20) + `{}]}}`), "more than 10000 values"},
		{"deep values", []byte(strings.Repeat("[", 1<<20)), "within each other"},
		{"a large certificate", changed(func(b map[string]any) {
			in(b, "verificationMaterial", "certificate")["rawBytes"] = strings.Repeat("AAAA", 1<<16)
		}), "a certificate of 196608 bytes is more than is read"},
		{"a large certificate in a chain", changed(func(b map[string]any) {
			delete(in(b, "verificationMaterial"), "certificate")
			in(b, "verificationMaterial")["x509CertificateChain"] = map[string]any{"certificates": []any{map[string]any{"rawBytes": strings.Repeat("AAAA", 1<<16)}}}
		}), "a certificate of 196608 bytes is more than is read"},
		{"a large stamp", changed(func(b map[string]any) {
			in(b, "verificationMaterial")["timestampVerificationData"] = map[string]any{"rfc3161Timestamps": []any{map[string]any{"signedTimestamp": strings.Repeat("AAAA", 1<<16)}}}
		}), "a timestamp of 196608 bytes is more than is read"},
		{"a large record", changed(func(b map[string]any) { entry(b)["canonicalizedBody"] = strings.Repeat("AAAA", 1<<17) }), "a log's record of 393216 bytes is more than is read"},
		{"many entries", changed(func(b map[string]any) {
			in(b, "verificationMaterial")["tlogEntries"] = slices.Repeat([]any{entry(b)}, 33)
		}), "too many tlog entries"},
		{"a deep statement", payload(strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)), "within each other"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := attest.Read(tt.raw, sum("sdist"), a.root)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it is %+v, error %v; want an error with %q", got, err, tt.want)
			}
			if err != nil && (strings.ContainsAny(err.Error(), "\x1b\n") || len(err.Error()) > 500) {
				t.Errorf("the error is %q", err)
			}
			if got.Standing == checks.AttestationVerified {
				t.Error("and it is verified")
			}
		})
	}
	for _, digest := range []string{"", "zz", sum("sdist")[:40], sum("sdist") + "00", "\x1b[31m"} {
		if _, err := attest.Read(good, digest, a.root); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("the digest %q: %v", digest, err)
		}
	}
}

// A statement with much in it is still read: lists of components are large.
func TestLargePredicate(t *testing.T) {
	a := newAuthority(t, 1)
	raw := a.sign(t, func(cl *ca.Claim) {
		cl.Predicate = []byte(`{"packages":[` + strings.Repeat(`{"name":"a","version":"1"},`, 20_000) + `{}]}`)
	})
	if got := read(t, raw, a.root); got.Standing != checks.AttestationVerified {
		t.Errorf("it is %s: %s", got.Standing, got.Why)
	}
}

// What strangers write costs no more memory than a constant, however it is arranged.
func TestMemory(t *testing.T) {
	a := newAuthority(t, 1)
	good := a.sign(t, nil)
	payload := func(s string) []byte {
		return edit(t, good, func(b map[string]any) {
			in(b, "dsseEnvelope")["payload"] = base64.StdEncoding.EncodeToString([]byte(s))
		})
	}
	const statement = `{"_type":"https://in-toto.io/Statement/v1","subject":[`
	for name, raw := range map[string][]byte{
		"a long name":     []byte(`{"` + strings.Repeat("a", attest.MaxBundle-10) + `":1}`),
		"many entries":    []byte(`{"verificationMaterial":{"tlogEntries":[` + strings.Repeat("{},", 4_990) + `{}]}}`),
		"many values":     []byte(`{"verificationMaterial":{"tlogEntries":[` + strings.Repeat("{},", 2_700_000) + `{}]}}`),
		"many subjects":   payload(statement + strings.Repeat("{},", 490_000) + "{}]}"),
		"many digests":    payload(statement + `{"digest":{` + strings.Repeat(`"a":"b",`, 400_000) + `"b":"c"}}]}`),
		"a long subject":  payload(statement + `{"name":"` + strings.Repeat("\u202e", 900_000) + `"}]}`),
		"many predicates": payload(`{"predicate":[` + strings.Repeat("[],", 490_000) + `[]]}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := attest.Read(raw, sum("sdist"), a.root)
		runtime.ReadMemStats(&after)
		if err == nil && got.Standing == checks.AttestationVerified {
			t.Errorf("%s is verified", name)
		}
		const most = 256 << 20
		n := after.TotalAlloc - before.TotalAlloc
		if t.Logf("%s: %d MB for %d MB", name, n>>20, len(raw)>>20); n > most {
			t.Errorf("%s: %d bytes were taken, and %d are the most", name, n, most)
		}
	}
}

// FuzzRead holds that nothing but what the CA signed is ever verified, whatever comes.
func FuzzRead(f *testing.F) {
	a := newAuthority(f, 1)
	for _, fault := range []ca.Fault{0, ca.NoLog, ca.NoSCT, ca.Late} {
		for _, log := range []ca.Log{ca.LogV1, ca.LogV2} {
			f.Add(a.sign(f, func(cl *ca.Claim) { cl.Faults, cl.Log = fault, log }))
		}
	}
	f.Add(a.release(f))
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := attest.Read(raw, sum("sdist"), a.root)
		if err != nil {
			if got.Standing != "" || strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Fatalf("with the error %q it is %q", err, got.Standing)
			}
			return
		}
		switch got.Standing {
		case checks.AttestationVerified:
			if got.SourceDigest.String() != commit || got.Why.String() != "" || len(got.About()) != 1 || got.About()[0].String() != file {
				t.Fatalf("verified: %+v", got)
			}
		case checks.AttestationRefused, checks.AttestationForeign:
			if got.Why.IsZero() || !got.Logged.IsZero() {
				t.Fatalf("without a reason, or with a time: %+v", got)
			}
		default:
			t.Fatalf("it stands as %q", got.Standing)
		}
	})
}

// FuzzParts holds the same of what is inside: the parsers of certificates, records, stamps
// and checkpoints see bytes that stand in the right place.
func FuzzParts(f *testing.F) {
	a := newAuthority(f, 1)
	decode := func(s any) []byte {
		raw, err := base64.StdEncoding.DecodeString(s.(string))
		if err != nil {
			f.Fatal(err)
		}
		return raw
	}
	var whole [2][]byte
	for i, log := range []ca.Log{ca.LogV1, ca.LogV2} {
		whole[i] = a.sign(f, func(cl *ca.Claim) { cl.Log = log })
		edit(f, whole[i], func(b map[string]any) {
			var stamp []byte
			if log == ca.LogV2 {
				stamp = decode(stamps(b)[0].(map[string]any)["signedTimestamp"])
			}
			f.Add(i == 1, decode(in(b, "verificationMaterial", "certificate")["rawBytes"]), decode(entry(b)["canonicalizedBody"]),
				decode(in(b, "dsseEnvelope")["payload"]), stamp, in(entry(b), "inclusionProof", "checkpoint")["envelope"].(string))
		})
	}
	f.Fuzz(func(t *testing.T, v2 bool, cert, record, payload, stamp []byte, checkpoint string) {
		from := whole[0]
		if v2 {
			from = whole[1]
		}
		raw := edit(t, from, func(b map[string]any) {
			in(b, "verificationMaterial", "certificate")["rawBytes"] = cert
			entry(b)["canonicalizedBody"] = record
			in(b, "dsseEnvelope")["payload"] = payload
			in(entry(b), "inclusionProof", "checkpoint")["envelope"] = checkpoint
			if v2 {
				stamps(b)[0].(map[string]any)["signedTimestamp"] = stamp
			}
		})
		got, err := attest.Read(raw, sum("sdist"), a.root)
		if err == nil && got.Standing == checks.AttestationVerified && (got.SourceDigest.String() != commit || len(got.About()) != 1) {
			t.Fatalf("verified: %+v", got)
		}
		if err == nil && got.Standing != checks.AttestationVerified && got.Why.IsZero() {
			t.Fatalf("without a reason: %+v", got)
		}
	})
}

// stamps are the bundle's timestamps.
func stamps(b map[string]any) []any {
	return in(b, "verificationMaterial", "timestampVerificationData")["rfc3161Timestamps"].([]any)
}
