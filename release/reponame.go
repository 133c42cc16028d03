package release

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"twokey/checks/text"
)

// NamedRepo reads a repository as a person may name it: as [ParseRepo] does, or by
// the address that a browser or git has for it, https://HOST/OWNER/NAME or
// git@HOST:OWNER/NAME.git.
func NamedRepo(s string) (Repo, error) {
	address := s
	if user, rest, ok := strings.Cut(s, "@"); ok && !strings.ContainsAny(user, ":/") {
		// What git takes from scp: everything after the first colon is the path.
		address = "ssh://" + user + "@" + strings.Replace(rest, ":", "/", 1)
	}
	if !strings.Contains(address, "://") {
		return ParseRepo(s)
	}
	// An address may hold a password, so that no error quotes it as it stands.
	u, err := url.Parse(address)
	if err != nil {
		return Repo{}, badAddress("repository", errors.New("its address can not be read"))
	}
	u.User = nil
	what := fmt.Sprintf("repository %q", text.Clean(u.String()))
	switch u.Scheme {
	case "https", "http", "ssh", "git", "git+ssh", "git+https":
	default:
		return Repo{}, badAddress(what, fmt.Errorf("%s is no way to a repository", text.Clean(u.Scheme)))
	}
	path := strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	if strings.Count(path, "/") != 1 {
		return Repo{}, badAddress(what, errors.New("not the address of a repository"))
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	repo, err := ParseRepo(host + "/" + path)
	if err != nil {
		return Repo{}, badAddress(what, errors.New("not the address of a repository"))
	}
	return repo, nil
}

// badAddress is the error of an address that names no repository.
func badAddress(what string, err error) error {
	return &Error{Kind: KindUsage, Op: what, Err: err,
		Hint: "name it as OWNER/NAME, or as in https://github.com/OWNER/NAME"}
}
