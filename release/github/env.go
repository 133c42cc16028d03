package github

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/cli/go-gh/v2/pkg/auth"
	"github.com/cli/go-gh/v2/pkg/repository"

	"twokey/checks/text"
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

// CurrentRepo is the repository that GH_REPO names, or the one of the clone in the
// current directory.
func CurrentRepo() (release.Repo, error) {
	if env := os.Getenv("GH_REPO"); env != "" {
		repo, err := release.NamedRepo(env)
		if err != nil {
			return repo, &release.Error{Kind: release.KindUsage, Op: "GH_REPO", Err: err}
		}
		return onHost(repo), nil
	}
	r, err := repository.Current()
	if err != nil && len(auth.KnownHosts()) == 0 {
		r, err = currentOnGitHub()
	}
	if err != nil {
		return release.Repo{}, noRepo(err, auth.KnownHosts())
	}
	// What a remote says comes from outside: it has to be a name like any other.
	repo, err := release.ParseRepo(r.Host + "/" + r.Owner + "/" + r.Name)
	if err != nil {
		return release.Repo{}, errors.Join(errors.New("the clone's remote has no usable name"), err)
	}
	return onHost(repo), nil
}

// currentOnGitHub is the repository of the clone for who has no token, and may look at
// what is public all the same. go-gh takes a remote for one of GitHub's only where it
// knows the host, and can not be told of one but by the environment.
func currentOnGitHub() (repository.Repository, error) {
	const name = "GH_HOST"
	if err := os.Setenv(name, "github.com"); err != nil {
		return repository.Repository{}, err
	}
	r, err := repository.Current()
	return r, errors.Join(err, os.Unsetenv(name))
}

// noRepo says why a folder leads to no repository. go-gh takes a remote for one of
// GitHub's when its host is known, which for others than github.com takes a token or
// GH_HOST: without either, what is missing is the token and not the clone.
func noRepo(err error, known []string) error {
	const nameIt = "name it with -R OWNER/NAME"
	e := &release.Error{Kind: release.KindUsage, Op: "find the repository", Hint: "run this in a clone, or " + nameIt}
	switch said := err.Error(); {
	case strings.Contains(said, "not a git repository"):
		e.Err = errors.New("not in a clone")
	case strings.Contains(said, "known GitHub host") && len(known) == 0:
		return needsToken("")
	case strings.Contains(said, "known GitHub host"):
		slices.Sort(known)
		e.Err = fmt.Errorf("no remote of this clone is on %s", text.Clean(strings.Join(known, " or ")))
		e.Hint = "sign in to its host with `gh auth login --hostname HOST`, or name it with -R [HOST/]OWNER/NAME"
	case strings.Contains(said, "no git remotes"):
		e.Err, e.Hint = errors.New("this clone has no remote"), nameIt
	default: // in one line: git's own words run over several
		e.Err = errors.New(text.Clean(strings.Join(strings.Fields(said), " ")).String())
	}
	return e
}
