package recordtest

import (
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
)

// The commits that the plan releases.
const (
	shaMain   = "4f2c9ab61d0e7f3b8a5c2d9e4f1a6b7c8d9e0f12"
	shaDeb    = "b81f03c57a2e4d6f8091a2b3c4d5e6f708192a3b"
	shaDocker = "0cd9a27e51b3f4682d7c8e9fa0b1c2d3e4f50617"
)

func repo(name string) release.Repo { return release.Repo{Owner: "ckan", Name: name} }

// plan is the plan of every record: three stages in three repositories.
func plan() release.Plan {
	return release.Plan{
		Project: "ckan", Repo: repo("ckan"), Scheme: version.PEP440, Version: "2.11.6",
		Line: "dev-v2.11", SHA: shaMain, Tag: "ckan-2.11.6", Date: "20260814",
		Lines: "dev-v{major}.{minor}", Source: "twokey.yml",
		VersionFiles: []checks.VersionFile{{Path: "ckan/__init__.py", Pattern: `__version__ = "(.+)"`}},
		Stages:       []release.Stage{packageStage(), debStage(), dockerStage()},
		Checks: []checks.Own{{ID: "own.url", Kind: checks.OwnURL, Name: "https://docs.ckan.org/en/2.11/changelog.html",
			Contains: "v.2.11.6", When: checks.After}},
	}
}

func packageStage() release.Stage {
	return release.Stage{
		Name: "package", Repo: repo("ckan"), Trigger: release.TriggerTag, Branch: "dev-v2.11",
		SHA: shaMain, Tag: "ckan-2.11.6", Workflows: []string{"publish-pypi.yml", "github-release.yml"},
		Artifacts: []release.Artifact{
			{Kind: release.KindPyPI, Name: "ckan", Version: "2.11.6"},
			{Kind: release.KindGitHubRelease, Name: "ckan-2.11.6", Version: "2.11.6", Repo: repo("ckan")},
		},
	}
}

func debStage() release.Stage {
	deb := func(distro string) release.Artifact {
		return release.Artifact{
			Kind: release.KindDeb, Version: "2.11.6", Mutable: true,
			Name:   "https://packaging.ckan.org/python-ckan_2.11-" + distro + "_amd64.deb",
			Source: "/usr/lib/ckan/default/src/ckan",
		}
	}
	return release.Stage{
		Name: "deb", Repo: repo("ckan-packaging"), Trigger: release.TriggerTag, Branch: "master",
		SHA: shaDeb, Tag: "v20260814", Workflows: []string{"publish.yml"},
		Artifacts: []release.Artifact{deb("jammy"), deb("noble")}, Needs: []string{"package"},
	}
}

func dockerStage() release.Stage {
	return release.Stage{
		Name: "docker", Repo: repo("ckan-docker-base"), Trigger: release.TriggerRelease, Branch: "main",
		SHA: shaDocker, Tag: "v20260814", Workflows: []string{"publish-docker-2.11.yml"},
		Artifacts: []release.Artifact{{
			Kind: release.KindImage, Name: "docker.io/ckan/ckan-base:2.11.6", Version: "2.11.6",
			Source: "/srv/app/src/ckan",
		}}, Needs: []string{"package"},
	}
}

// Calls are the calls that releasing the plan of the records sends.
func Calls() []release.Call {
	var out []release.Call
	for _, st := range plan().Stages {
		out = append(out, calls(st)...)
	}
	return out
}

func calls(st release.Stage) []release.Call {
	out := []release.Call{
		{Kind: release.CallTagObject, Stage: st.Name, Repo: st.Repo, Ref: st.Tag, SHA: st.SHA, Message: "ckan 2.11.6"},
		{Kind: release.CallRef, Stage: st.Name, Repo: st.Repo, Ref: "refs/tags/" + st.Tag, SHA: st.SHA},
	}
	if st.Trigger == release.TriggerRelease {
		out = append(out, release.Call{
			Kind: release.CallRelease, Stage: st.Name, Repo: st.Repo, Ref: st.Tag, SHA: st.SHA, Title: st.Tag})
	}
	return out
}

// published is what stands under an artifact's name once it is released.
func published(a release.Artifact) checks.Published {
	p := checks.Published{
		Artifact: text.Clean(a.String()), Exists: true, Mutable: a.Mutable,
		Updated: Start().Add(4 * time.Minute),
		Digest:  "sha256:9b1c40f2d7a83e6655b0c19f24aa7d380e61f5c2b3947d1a08e6f29b5c7d8e13",
	}
	switch a.Kind {
	case release.KindPyPI:
		p.URL = text.Clean("https://pypi.org/project/ckan/2.11.6/")
	case release.KindGitHubRelease:
		p.URL = text.Clean("https://github.com/ckan/ckan/releases/tag/ckan-2.11.6")
	case release.KindImage:
		p.URL = text.Clean("https://hub.docker.com/r/ckan/ckan-base/tags?name=2.11.6")
	default:
		p.URL = text.Clean(a.Name)
	}
	return p
}
