package registry

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	indexKind = string(types.OCIImageIndex)
	aPart     = `{"mediaType":"x","digest":"` + someHash + `","size":3}`
)

// TestManifestForms holds that a manifest is read as what it was sent as, and only where it
// can be nothing else.
func TestManifestForms(t *testing.T) {
	for name, tt := range map[string]struct {
		kind, body string
		index      bool
		want       string // of the error; empty for none
	}{
		"a manifest":                 {ociType, `{"mediaType":"` + ociType + `","config":` + aPart + `,"layers":[` + aPart + `]}`, false, ""},
		"that does not say its type": {ociType, `{"config":` + aPart + `,"layers":[]}`, false, ""},
		"an index":                   {indexKind, `{"mediaType":"` + indexKind + `","manifests":[` + aPart + `]}`, true, ""},
		"both, as a manifest":        {ociType, `{"config":` + aPart + `,"layers":[],"manifests":[]}`, false, "at once"},
		"both, as an index":          {indexKind, `{"layers":[],"manifests":[]}`, true, "at once"},
		"both, in other letters":     {indexKind, `{"LAYERS":[],"manifests":[]}`, true, "at once"},
		"another type":               {ociType, `{"mediaType":"` + indexKind + `","config":` + aPart + `}`, false, "says of itself that it is"},
		"a hostile type":             {ociType, `{"mediaType":"\u001b[31m","config":` + aPart + `}`, false, `says of itself that it is ""`},
		"an index as a manifest":     {ociType, `{"manifests":[]}`, false, "no configuration"},
		"a manifest as an index":     {indexKind, `{"config":` + aPart + `,"layers":[]}`, true, "lists no manifests"},
		"an index, asked as one":     {indexKind, `{"manifests":[]}`, false, "should be a manifest"},
		"a manifest, asked as index": {ociType, `{"config":` + aPart + `}`, true, "should be an index"},
		"the first version":          {string(types.DockerManifestSchema1Signed), `{}`, false, "first version"},
		"the first version inside":   {ociType, `{"fsLayers":[],"config":` + aPart + `}`, false, "first version"},
		"something behind it":        {ociType, `{"config":` + aPart + `}{}`, false, "can not be read"},
		"no JSON":                    {ociType, `<html>`, false, "can not be read"},
		"no digest":                  {ociType, `{"config":{"digest":"latest"}}`, false, "can not be read"},
		"a negative layer":           {ociType, `{"config":` + aPart + `,"layers":[{"digest":"` + someHash + `","size":-1}]}`, false, "a layer of -1 bytes"},
		"an endless layer":           {ociType, `{"config":` + aPart + `,"layers":[{"digest":"` + someHash + `","size":9223372036854775807}]}`, false, "a layer of 9223372036854775807 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			p := pulled{kind: types.MediaType(tt.kind), body: []byte(tt.body)}
			_, err := p.manifest()
			if tt.index {
				_, err = p.index()
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzManifest holds that no bytes are a manifest to one and an index to another, and that
// what is taken can be read.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"mediaType":"` + ociType + `","config":` + aPart + `,"layers":[` + aPart + `]}`))
	f.Add([]byte(`{"mediaType":"` + indexKind + `","manifests":[{"digest":"` + someHash + `","platform":{"os":"linux","architecture":"arm","variant":"v7"}}]}`))
	f.Add([]byte(`{"config":` + aPart + `,"layers":[],"manifests":[]}`))
	f.Add([]byte(`{"Config":` + aPart + `,"config":null,"LAYERS":null}`))
	f.Add([]byte(`{"manifests":[{"digest":"sha512:00","annotations":{"vnd.docker.reference.type":"attestation-manifest"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		kinds := []types.MediaType{types.OCIManifestSchema1, types.DockerManifestSchema2, types.OCIImageIndex, types.DockerManifestList, types.DockerManifestSchema1Signed, ""}
		var manifests, indexes int
		for _, kind := range kinds {
			p := pulled{kind: kind, body: body}
			m, err := p.manifest()
			if err == nil {
				manifests++
				isHeld(t, m.Layers)
			}
			list, unlisted := p.index()
			if unlisted == nil {
				indexes++
				for _, d := range list.Manifests {
					if isRemark(d) && (d.Platform == nil || d.Platform.OS != "unknown") {
						t.Errorf("%+v is taken for a remark", d)
					}
				}
			}
			if err == nil && unlisted == nil {
				t.Errorf("as %q it is both", kind)
			}
		}
		if manifests > 0 && indexes > 0 {
			t.Error("it is a manifest to one and an index to another")
		}
	})
}

// isHeld fails the test where a layer could be fetched that can not be held to what is
// said of it.
func isHeld(t *testing.T, layers []v1.Descriptor) {
	t.Helper()
	var sum int64
	for _, l := range layers {
		if sum += l.Size; l.Size < 0 || sum < 0 {
			t.Errorf("layers of %d bytes", l.Size)
		}
	}
}
