package rehearsal

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// The release of a version has the files that its workflow attaches: those that are
// on PyPI, under the same sums, however one comes to them.
func TestAssets(t *testing.T) {
	c := sample(t, "clean")
	released := c.get(c.repo() + "/releases/tags/harbour-2.11.5").want(200)
	assets := released.at("assets").([]any)
	if len(assets) != 2 {
		t.Fatalf("%d assets: %s", len(assets), released.text)
	}
	index := c.get("https://pypi.org/pypi/harbour/2.11.5/json").want(200)
	id := plain(released.at("id"))
	if got := c.get(c.repo() + "/releases/" + id + "/assets").want(200).each("name"); got != "harbour-2.11.5-py3-none-any.whl harbour-2.11.5.tar.gz" {
		t.Errorf("the assets are %s", got)
	}
	for _, one := range assets {
		a := one.(map[string]any)
		digest := strings.TrimPrefix(plain(a["digest"]), "sha256:")
		if !strings.Contains(index.text, digest) {
			t.Errorf("%s is not what is on PyPI", a["name"])
		}
		self := c.get(plain(a["url"])).want(200)
		if plain(self.at("digest")) != "sha256:"+digest || plain(self.at("state")) != "uploaded" {
			t.Errorf("the asset itself: %s", self.text)
		}
		there := c.send("GET", plain(a["url"]), nil, "Accept", "application/octet-stream").want(302).header.Get("Location")
		if public := c.get(plain(a["browser_download_url"])).want(302).header.Get("Location"); public != there {
			t.Errorf("the link leads to %s, the API to %s", public, there)
		}
		content := c.get(there).want(200).text
		sum := sha256.Sum256([]byte(content))
		if hex.EncodeToString(sum[:]) != digest || plain(a["size"]) != plain(float64(len(content))) {
			t.Errorf("%s: %d bytes with another sum", a["name"], len(content))
		}
	}
}

// An asset is there when its release is, and not before; what attaches nothing has
// none.
func TestAssetsOfANewRelease(t *testing.T) {
	c := sample(t, "clean")
	c.release("harbour-2.11.6", "dev-v2.11")
	const link = "https://github.com/harbour/harbour/releases/download/harbour-2.11.6/harbour-2.11.6.tar.gz"
	c.get(link).want(404)
	check(t, c.world.Clock().Sleep(t.Context(), 30*time.Minute))
	c.get(link).want(302)
	if n := len(c.get(c.repo() + "/releases/tags/harbour-2.11.6").want(200).at("assets").([]any)); n != 2 {
		t.Errorf("%d assets", n)
	}
	images := c.get("/repos/harbour/harbour-images/releases").want(200)
	if strings.Contains(images.text, "browser_download_url") {
		t.Error("a release of the images has assets")
	}
	for _, path := range []string{"/releases/1", "/releases/x", "/releases/1/assets", "/releases/assets/1", "/releases/assets/x", "/releases/1/reactions"} {
		c.get(c.repo() + path).want(404)
	}
	for _, at := range []string{
		"https://github.com/harbour/harbour", "https://github.com/harbour/no/releases/download/harbour-2.11.5/x",
		"https://github.com/harbour/harbour/releases/download/harbour-2.11.5/x", "https://github.com/harbour/harbour/releases/download/no/x",
		"https://release-assets.githubusercontent.com/x", "https://release-assets.githubusercontent.com/harbour/harbour/harbour-2.11.5/x",
	} {
		c.get(at).want(404)
	}
}
