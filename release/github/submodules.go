package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/go-git/gcfg"

	"twokey/checks/text"
	"twokey/release"
)

const (
	// maxModules bounds what is read of a .gitmodules, in bytes.
	maxModules = 1 << 20
	// maxSubmodules bounds how many it may have.
	maxSubmodules = 5000
)

// Submodules reads where the submodules of a commit come from, by the paths at which
// they stand in its tree. A commit without .gitmodules has none. What stands elsewhere
// than on this host is said, and is not read.
func (c *Client) Submodules(ctx context.Context, repo release.Repo, commit string) (map[string]release.Submodule, error) {
	what := "the submodules at " + short(commit) + " of " + repo.String()
	if err := checkSHA("the commit", commit); err != nil {
		return nil, c.explain(what, err)
	}
	content, err := c.File(ctx, repo, commit, ".gitmodules")
	if errors.Is(err, release.ErrNotFound) {
		return map[string]release.Submodule{}, nil
	}
	if err != nil {
		return nil, err
	}
	modules, err := readModules(content)
	if err != nil {
		return nil, c.explain(what, err)
	}
	out := map[string]release.Submodule{}
	for path, address := range modules {
		out[path] = c.submodule(repo, address)
	}
	return out, nil
}

// module is what a .gitmodules says under one name.
type module struct{ path, url string }

// readModules reads a .gitmodules, which is a file of git's configuration (gitmodules(5)):
// the addresses by the paths. Of what is said twice the last holds, as in git. What has
// no path that a tree could have, or no address, is no submodule.
func readModules(content []byte) (map[string]string, error) {
	if len(content) > maxModules {
		return nil, fmt.Errorf("%w: its .gitmodules has more than %d bytes", errTooLarge, maxModules)
	}
	byName := map[string]*module{}
	var names []string // in the order of the file
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	err := gcfg.ReadWithCallback(bytes.NewReader(content), func(section, name, key, value string, _ bool) error {
		if !strings.EqualFold(section, "submodule") || name == "" || key == "" {
			return nil
		}
		m := byName[name]
		if m == nil {
			if len(names) >= maxSubmodules {
				return fmt.Errorf("%w: more than %d submodules", errTooLarge, maxSubmodules)
			}
			m = &module{}
			byName[name], names = m, append(names, name)
		}
		switch strings.ToLower(key) {
		case "path":
			m.path = strings.TrimSuffix(value, "/")
		case "url":
			m.url = value
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("its .gitmodules can not be read: %w", shownError{err})
	}
	out := map[string]string{}
	for _, name := range names {
		if m := byName[name]; m.url != "" && m.path != "." && fs.ValidPath(m.path) {
			out[m.path] = m.url
		}
	}
	return out, nil
}

// shownError is an error that may quote what it is about, made safe to show.
type shownError struct{ error }

func (e shownError) Error() string { return text.Clean(clip(e.error.Error())).String() }
func (e shownError) Unwrap() error { return e.error }

// submodule tells which repository an address in a .gitmodules is.
func (c *Client) submodule(of release.Repo, address string) release.Submodule {
	if strings.HasPrefix(address, "./") || strings.HasPrefix(address, "../") {
		m := release.Submodule{URL: text.Clean(clip(address))}
		absolute, err := c.relative(of, address)
		if err == nil {
			m.Repo, err = c.onThisHost(absolute)
		}
		if err != nil {
			m.Why = text.Clean(err.Error())
		}
		return m
	}
	m := release.Submodule{URL: withoutUser(address)}
	var err error
	if m.Repo, err = c.onThisHost(address); err != nil {
		m.Why = text.Clean(err.Error())
	}
	return m
}

// relative is where an address leads that begins at the repository which has it: each ../
// takes one step back, as git does it.
func (c *Client) relative(of release.Repo, address string) (string, error) {
	steps := []string{of.Owner, of.Name}
	for {
		if rest, ok := strings.CutPrefix(address, "./"); ok {
			address = rest
			continue
		}
		rest, ok := strings.CutPrefix(address, "../")
		if !ok {
			return "https://" + c.host + "/" + strings.Join(append(steps, address), "/"), nil
		}
		if len(steps) == 0 {
			return "", errors.New("its address leads out of the host")
		}
		address, steps = rest, steps[:len(steps)-1]
	}
}

// onThisHost is the repository that an address leads to, if this client can read it.
func (c *Client) onThisHost(address string) (release.Repo, error) {
	if !strings.Contains(address, "://") {
		// What git takes for a host and a path has a colon before the first slash; all
		// else is a directory of the machine.
		before, _, colon := strings.Cut(address, ":")
		if !colon || before == "" || strings.Contains(before, "/") {
			return release.Repo{}, errors.New("its address is a directory")
		}
		if !strings.Contains(before, "@") {
			address = "git@" + address
		}
	}
	repo, err := release.NamedRepo(address)
	if err != nil {
		return release.Repo{}, errors.New("its address is not that of a repository on " + c.host)
	}
	// gist.github.com has other repositories under the same names; ssh.github.com has the
	// same, for those who can only reach port 443.
	if repo.Host != c.host && repo.Host != "ssh."+c.host {
		return release.Repo{}, fmt.Errorf("it is on %s, and only %s is read", text.Clean(clip(repo.Host)), c.host)
	}
	repo.Host = c.host
	return onHost(repo), nil
}

// withoutUser is an address without a user and a password.
func withoutUser(address string) text.Safe {
	if !strings.Contains(address, "://") {
		return text.Clean(clip(address))
	}
	u, err := url.Parse(address)
	if err != nil {
		return text.Clean("an address that can not be read")
	}
	u.User = nil
	return text.Clean(clip(u.String()))
}
