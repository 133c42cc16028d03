package attest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace/attest"
	"twokey/release/rehearsal/ca"
)

// publish is PyPI's attestation of the file.
func publish(cl *ca.Claim) { cl.PredicateType = checks.PredicatePublish }

// onPyPI is what PyPI says of a file that has these attestations.
func onPyPI(t testing.TB, bundles ...[]byte) []byte {
	t.Helper()
	raw, err := ca.PyPI(bundles, claim().Workflow, "pypi")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// same tells whether two JSON values are the same but for empty names.
func same(t *testing.T, a, b []byte) bool {
	t.Helper()
	norm := func(raw []byte) string {
		return string(edit(t, raw, func(b map[string]any) {
			stamps := in(b, "verificationMaterial", "timestampVerificationData")
			if all, _ := stamps["rfc3161Timestamps"].([]any); len(all) == 0 {
				delete(in(b, "verificationMaterial"), "timestampVerificationData")
			}
		}))
	}
	return norm(a) == norm(b)
}

// What PyPI publishes of bundles becomes the same bundles again, and they verify.
func TestFromPyPI(t *testing.T) {
	a := newAuthority(t, 1)
	bundles := [][]byte{a.sign(t, publish), a.sign(t, nil), a.sign(t, func(cl *ca.Claim) { cl.Log = ca.LogV2 })}
	got, err := attest.FromPyPI(onPyPI(t, bundles...))
	if err != nil || len(got) != len(bundles) {
		t.Fatalf("there are %d: %v", len(got), err)
	}
	for i, raw := range got {
		if !same(t, raw, bundles[i]) {
			t.Errorf("bundle %d is\n%s\nwant\n%s", i, raw, bundles[i])
		}
		if a := read(t, raw, a.root); a.Standing != checks.AttestationVerified {
			t.Errorf("bundle %d is %s: %s", i, a.Standing, a.Why)
		}
	}
	if a := read(t, got[0], a.root); a.PredicateType.String() != checks.PredicatePublish || len(a.Subjects) != 1 {
		t.Errorf("the first is %+v", a)
	}
}

// Several publishers have attestations of their own, and names that nobody knows are left
// alone, as the specification has it.
func TestFromPyPIMore(t *testing.T) {
	a := newAuthority(t, 1)
	raw := edit(t, onPyPI(t, a.sign(t, publish)), func(p map[string]any) {
		all := p["attestation_bundles"].([]any)
		first := all[0].(map[string]any)
		first["attestations"].([]any)[0].(map[string]any)["mine"] = "x"
		first["publisher"] = map[string]any{"kind": "\x1b[31m", "claims": map[string]any{"a": []any{1}}}
		p["attestation_bundles"] = append(all, first)
	})
	got, err := attest.FromPyPI(raw)
	if err != nil || len(got) != 2 {
		t.Fatalf("there are %d: %v", len(got), err)
	}
	if a := read(t, got[1], a.root); a.Standing != checks.AttestationVerified {
		t.Errorf("the second is %s: %s", a.Standing, a.Why)
	}
}

// A statement that PyPI changed, or another's signature, does not verify.
func TestFromPyPIChanged(t *testing.T) {
	a := newAuthority(t, 1)
	raw := edit(t, onPyPI(t, a.sign(t, publish)), func(p map[string]any) {
		env := first(p)["envelope"].(map[string]any)
		env["statement"] = reword(t, env["statement"], file, "evil.tar.gz")
	})
	got, err := attest.FromPyPI(raw)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, read(t, got[0], a.root), checks.AttestationRefused, "its entry in the transparency log does not hold")
}

// first is the first attestation of a provenance object.
func first(p map[string]any) map[string]any {
	return p["attestation_bundles"].([]any)[0].(map[string]any)["attestations"].([]any)[0].(map[string]any)
}

// What is no provenance of version 1, or lacks what every attestation has, is an error.
func TestFromPyPIErrors(t *testing.T) {
	a := newAuthority(t, 1)
	good := onPyPI(t, a.sign(t, publish))
	changed := func(change func(p map[string]any)) []byte { return edit(t, good, change) }
	material := func(p map[string]any) map[string]any {
		return first(p)["verification_material"].(map[string]any)
	}
	envelope := func(p map[string]any) map[string]any { return first(p)["envelope"].(map[string]any) }
	for name, tt := range map[string]struct {
		raw  []byte
		want string
	}{
		"nothing":           {nil, "no JSON"},
		"a page":            {[]byte("<html>\x1b[31m"), "no JSON"},
		"half of it":        {good[:len(good)/2], "no JSON"},
		"two":               {append(bytes.Clone(good), good...), "something stands behind it"},
		"null":              {[]byte("null"), "version 0"},
		"a list":            {[]byte("[]"), "cannot unmarshal"},
		"another version":   {changed(func(p map[string]any) { p["version"] = 2 }), "it is of version 2"},
		"no version":        {changed(func(p map[string]any) { delete(p, "version") }), "it is of version 0"},
		"a version of text": {changed(func(p map[string]any) { p["version"] = "1" }), "cannot unmarshal"},
		"no bundle":         {changed(func(p map[string]any) { p["attestation_bundles"] = []any{} }), "no attestation in it"},
		"no attestation":    {[]byte(`{"version":1,"attestation_bundles":[{"attestations":[]}]}`), "no attestation in it"},
		"its version":       {changed(func(p map[string]any) { first(p)["version"] = 3 }), "attestation 1: it is of version 3"},
		"no certificate":    {changed(func(p map[string]any) { delete(material(p), "certificate") }), "it has no certificate"},
		"a broken one":      {changed(func(p map[string]any) { material(p)["certificate"] = "%%%" }), "illegal base64"},
		"no entry":          {changed(func(p map[string]any) { material(p)["transparency_entries"] = []any{} }), "in no transparency log"},
		"no statement":      {changed(func(p map[string]any) { envelope(p)["statement"] = "" }), "no signed statement"},
		"no signature":      {changed(func(p map[string]any) { delete(envelope(p), "signature") }), "no signed statement"},
		"too many":          {onPyPI(t, slices.Repeat([][]byte{a.sign(t, publish)}, 65)...), "more than 64"},
		"too large":         {fmt.Appendf(nil, `{"version":1,"x":"%s"}`, strings.Repeat("a", 10<<20)), "more than is read"},
		"many values":       {[]byte(`{"version":1,"attestation_bundles":[` + strings.Repeat("{},", 1<<20) + `{}]}`), "more than 10000 values"},
		"deep values":       {[]byte(strings.Repeat("[", 1<<20)), "within each other"},
	} {
		got, err := attest.FromPyPI(tt.raw)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\x1b") || len(err.Error()) > 500 {
			t.Errorf("%s: there are %d, error %v; want one with %q", name, len(got), err, tt.want)
		}
		if len(got) > 0 {
			t.Errorf("%s: and there are %d", name, len(got))
		}
	}
}

// FuzzFromPyPI holds that whatever comes is an error or bundles that are bounded JSON, and
// that nothing that PyPI makes up is verified.
func FuzzFromPyPI(f *testing.F) {
	a := newAuthority(f, 1)
	f.Add(onPyPI(f, a.sign(f, publish)))
	f.Add(onPyPI(f, a.sign(f, nil), a.sign(f, func(cl *ca.Claim) { cl.Log = ca.LogV2 })))
	f.Add([]byte(`{"version":1,"attestation_bundles":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := attest.FromPyPI(raw)
		if (err == nil) != (len(got) > 0) || len(got) > 64 {
			t.Fatalf("there are %d, and the error %v", len(got), err)
		}
		for _, b := range got {
			if !json.Valid(b) {
				t.Fatalf("no JSON: %q", b)
			}
			if a, err := attest.Read(b, sum("sdist"), a.root); err == nil && a.Standing == checks.AttestationVerified &&
				(a.SourceDigest.String() != commit || len(a.About()) != 1) {
				t.Fatalf("verified: %+v", a)
			}
		}
	})
}
