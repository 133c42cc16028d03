package github

import (
	"errors"
	"strings"

	"github.com/cli/go-gh/v2/pkg/auth"
	"github.com/cli/go-gh/v2/pkg/repository"

	"twokey/release"
)

// Token finds the token for a host where gh does (GH_TOKEN, GITHUB_TOKEN, gh's own
// configuration or keyring) and says where it was found. The token is empty when
// there is none.
func Token(host string) (token, source string) {
	if host == "" {
		host = "github.com"
	}
	return auth.TokenForHost(host)
}

// Host is the code host that gh would talk to: GH_HOST, the only host that gh is
// signed in to, or github.com.
func Host() string {
	host, _ := auth.DefaultHost()
	return host
}

// CurrentRepo is the repository of the clone in the current directory, or the one
// that GH_REPO names.
func CurrentRepo() (release.Repo, error) {
	r, err := repository.Current()
	if err != nil {
		return release.Repo{}, &release.Error{Kind: release.KindUsage, Op: "find the repository",
			Err: noClone(err), Hint: "run this in a clone, or name the repository with -R OWNER/NAME"}
	}
	// What a remote says comes from outside: it has to be a name like any other.
	name := r.Owner + "/" + r.Name
	if r.Host != "" && auth.NormalizeHostname(r.Host) != "github.com" {
		name = r.Host + "/" + name
	}
	repo, err := release.ParseRepo(name)
	if err != nil {
		return release.Repo{}, errors.Join(errors.New("the clone's remote has no usable name"), err)
	}
	return repo, nil
}

// noClone says in one line why there is no current repository: git's own words run
// over several, and are not always of this folder's problem.
func noClone(err error) error {
	if strings.Contains(err.Error(), "not a git repository") {
		return errors.New("this folder is in no clone")
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}
