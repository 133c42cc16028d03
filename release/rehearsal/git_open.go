package rehearsal

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
	"github.com/go-git/go-git/v5/storage/memory"
	"github.com/go-git/go-git/v5/storage/transactional"

	"twokey/release"
)

// openClone opens a clone for reading and finds out which repository it is of.
// What the world adds to it stays in memory.
func openClone(s Source) (*gitStore, release.Repo, error) {
	fail := func(err error, hint string) (*gitStore, release.Repo, error) {
		return nil, release.Repo{}, &release.Error{Kind: release.KindUsage,
			Op: "rehearse from " + s.Dir, Err: err, Hint: hint}
	}
	files, err := gitFiles(s.Dir)
	if err != nil {
		return fail(err, "name the directory of a git clone, as in `--from ~/src/ckan`")
	}
	known := cache.NewObjectLRUDefault()
	disk := filesystem.NewStorageWithOptions(files, known,
		filesystem.Options{KeepDescriptors: true, AlternatesFS: readOnly{osfs.New("/")}})
	conf, err := disk.Config()
	if err != nil {
		return fail(fmt.Errorf("read its configuration: %w", err), "")
	}
	if err := readable(conf); err != nil {
		return fail(err, "make another clone with git's defaults")
	}
	name, remote, err := repoOfClone(conf, s.Repo)
	if err != nil {
		return fail(err, "say which repository it is, as in `--from OWNER/NAME="+s.Dir+"`")
	}
	g := &gitStore{
		objects: remembering{
			EncodedObjectStorer: transactional.NewObjectStorage(disk, memory.NewStorage()),
			known:               known,
		},
		refs: map[string]plumbing.Hash{},
	}
	if err := g.readRefs(disk, remoteBranches(conf, remote)); err != nil {
		return fail(err, "")
	}
	if g.shallow, err = disk.Shallow(); err != nil {
		return fail(fmt.Errorf("read where its history ends: %w", err), "")
	}
	if g.head == "" {
		return fail(errors.New("it has no branches"), "fetch the repository first")
	}
	return g, name, nil
}

// gitFiles finds the git directory of a clone: bare, normal, a worktree, or a
// directory within one.
func gitFiles(dir string) (billy.Filesystem, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if isGitDir(at) {
			return withCommon(at)
		}
		found, err := dotGit(at)
		if err != nil {
			return nil, err
		}
		if found != "" {
			return withCommon(found)
		}
		if at == filepath.Dir(at) {
			return nil, fmt.Errorf("%s is not a git clone", dir)
		}
	}
}

// isGitDir tells whether dir is itself a git directory, as of a bare clone.
func isGitDir(dir string) bool {
	head, err := os.Stat(filepath.Join(dir, "HEAD"))
	if err != nil || head.IsDir() {
		return false
	}
	objects, err := os.Stat(filepath.Join(dir, "objects"))
	return err == nil && objects.IsDir()
}

// dotGit is the git directory that dir/.git is or names; empty when there is none.
func dotGit(dir string) (string, error) {
	path := filepath.Join(dir, ".git")
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case info.IsDir():
		return path, nil
	}
	line, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "gitdir: ")
	if !ok {
		return "", fmt.Errorf("%s does not name a git directory", path)
	}
	return seenFrom(dir, target), nil
}

// withCommon opens a git directory. That of a worktree has only its own HEAD, and
// names the directory that it shares.
func withCommon(dir string) (billy.Filesystem, error) {
	own := readOnly{osfs.New(dir)}
	line, err := os.ReadFile(filepath.Join(dir, "commondir"))
	if errors.Is(err, os.ErrNotExist) {
		return dotgit.NewRepositoryFilesystem(own, nil), nil
	}
	if err != nil {
		return nil, err
	}
	common := seenFrom(dir, strings.TrimSpace(string(line)))
	return dotgit.NewRepositoryFilesystem(own, readOnly{osfs.New(common)}), nil
}

// seenFrom makes path absolute, as seen from dir.
func seenFrom(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readable refuses the formats that the git library can not read, which would
// otherwise look like a repository without branches.
func readable(conf *config.Config) error {
	extensions := conf.Raw.Section("extensions")
	if f := extensions.Option("objectFormat"); f != "" && f != "sha1" {
		return fmt.Errorf("its objects are named by %s, not sha1", f)
	}
	if f := extensions.Option("refStorage"); f != "" && f != "files" {
		return fmt.Errorf("its refs are kept as %s, not as files", f)
	}
	return nil
}

// repoOfClone finds the remote that stands for GitHub: the one of the repository that
// was asked for, else origin. The repository is taken from it when none was.
func repoOfClone(conf *config.Config, want release.Repo) (release.Repo, string, error) {
	if !want.IsZero() {
		for name, remote := range conf.Remotes {
			if got, ok := repoOfRemote(remote); ok && strings.EqualFold(got.String(), want.String()) {
				return want, name, nil
			}
		}
		return want, "origin", nil
	}
	origin, ok := conf.Remotes["origin"]
	if !ok {
		return want, "", errors.New("it has no remote named origin")
	}
	got, ok := repoOfRemote(origin)
	if !ok {
		return want, "", fmt.Errorf("its origin %q does not name a repository",
			strings.Join(origin.URLs, " "))
	}
	return got, "origin", nil
}

// repoOfRemote reads owner and name off a remote's URL; ok is false for a path.
func repoOfRemote(remote *config.RemoteConfig) (repo release.Repo, ok bool) {
	if remote == nil || len(remote.URLs) == 0 {
		return release.Repo{}, false
	}
	raw, path := remote.URLs[0], ""
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		path = u.Path
	} else if host, rest, found := strings.Cut(raw, ":"); found && !strings.Contains(host, "/") && !strings.HasPrefix(rest, "/") {
		path = rest // git@github.com:owner/name.git
	} else {
		return release.Repo{}, false
	}
	parts := strings.Split(strings.TrimSuffix(strings.Trim(path, "/"), ".git"), "/")
	if len(parts) < 2 {
		return release.Repo{}, false
	}
	repo, err := release.ParseRepo(strings.Join(parts[len(parts)-2:], "/"))
	return repo, err == nil
}

// remoteBranches is where the clone keeps the remote's branches. A normal clone's
// own branches may never have been pushed, so they are not what GitHub has; a bare
// clone without tracking refs has nothing else.
func remoteBranches(conf *config.Config, remote string) string {
	prefix := "refs/remotes/" + remote + "/"
	if r := conf.Remotes[remote]; r != nil {
		for _, spec := range r.Fetch {
			if strings.Contains(spec.String(), ":"+prefix) {
				return prefix
			}
		}
	}
	return "refs/heads/"
}
