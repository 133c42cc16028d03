package rehearsal

import (
	"encoding/base64"
	"strings"
	"testing"
)

// fileText is a file of the released repository.
func (c client) fileText(path, ref string) string {
	c.t.Helper()
	got := c.get(c.repo() + "/contents/" + path + "?ref=" + ref).want(200)
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(plain(got.at("content")), "\n", ""))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

func TestUnpin(t *testing.T) {
	c := sample(t, "unpinned")
	const file = ".github/workflows/publish-pypi.yml"
	for _, line := range []string{"main", "dev-v2.10", "dev-v2.11"} {
		src := c.fileText(file, line)
		if !strings.Contains(src, "uses: pypa/gh-action-pypi-publish@v1.13.0\n") || strings.Contains(src, "# v") {
			t.Errorf("%s has\n%s", line, src)
		}
	}
	if src := c.fileText(file, "harbour-2.11.5"); !strings.Contains(src, "pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0") {
		t.Errorf("a release of before has\n%s", src)
	}
}

func TestOneKey(t *testing.T) {
	c := sample(t, "one-key")
	env := c.get(c.repo() + "/environments/pypi").want(200)
	if strings.Contains(env.text, "required_reviewers") {
		t.Errorf("somebody has to approve: %s", env.text)
	}
	if env := c.get("/repos/harbour/harbour-images/environments/dockerhub").want(200); !strings.Contains(env.text, "required_reviewers") {
		t.Errorf("another repository has changed: %s", env.text)
	}
}

func TestLooseTags(t *testing.T) {
	c := sample(t, "loose-tags")
	for _, repo := range []string{"harbour", "harbour-images", "harbour-packaging"} {
		if got := c.get("/repos/harbour/" + repo + "/rulesets?targets=tag").want(200).list(); len(got) != 0 {
			t.Errorf("%s: %v", repo, got)
		}
	}
	if got := c.get(c.repo() + "/rulesets").want(200).list(); len(got) != 1 {
		t.Errorf("the rules of branches went, too: %v", got)
	}
}
