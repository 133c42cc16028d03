package github

import (
	"testing"

	"twokey/release"
)

func TestRepo(t *testing.T) {
	t.Setenv("GH_CONFIG_DIR", t.TempDir())
	ckan := release.Repo{Owner: "ckan", Name: "ckan"}
	elsewhere := release.Repo{Host: "git.example.com", Owner: "ckan", Name: "ckan"}
	tests := []struct {
		name, host, env string
		named, want     release.Repo
	}{
		{"as it is named", "", "", ckan, ckan},
		{"with a host", "", "", elsewhere, elsewhere},
		{"github.com is no host of its own", "", "", release.Repo{Host: "GitHub.com", Owner: "ckan", Name: "ckan"}, ckan},
		{"github.com wins over GH_HOST", "git.example.com", "", release.Repo{Host: "github.com", Owner: "ckan", Name: "ckan"}, ckan},
		{"GH_REPO on GH_HOST", "git.example.com", "ckan/ckan", release.Repo{}, elsewhere},
		{"GH_REPO as an address", "git.example.com", "https://github.com/ckan/ckan", release.Repo{}, ckan},
		{"on GH_HOST", "git.example.com", "", ckan, elsewhere},
		{"the name wins over GH_HOST", "other.example.com", "", elsewhere, elsewhere},
		{"GH_REPO", "", "ckan/ckan", release.Repo{}, ckan},
		{"the name wins over GH_REPO", "", "o/r", ckan, ckan},
		{"GH_REPO with a host", "", "git.example.com/ckan/ckan", release.Repo{}, elsewhere},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("GH_HOST", tt.host)
			t.Setenv("GH_REPO", tt.env)
			got, err := Repo(tt.named)
			if err != nil || got != tt.want {
				t.Errorf("the repository is %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}
