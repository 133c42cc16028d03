package release

import (
	"context"

	"twokey/checks/trace"
)

// maxBlobs bounds what an inspection keeps of the contents that it read, in bytes.
const maxBlobs = 64 << 20

// blobs are contents that an inspection has read. The files of a release are made from
// one commit, so that most of them ask for the same ones.
type blobs struct {
	kept map[blobOf][]byte
	size int
}

// blobOf is a content of a repository, by git's name for it.
type blobOf struct{ repo, sha string }

// contents reads contents that a commit has, by git's names for them, each once.
func (in *inspection) contents(ctx context.Context, of commit, names []string) (map[string][]byte, error) {
	out, left := map[string][]byte{}, []string{}
	for _, sha := range names {
		if content, there := in.blobs.kept[blobOf{of.repo.String(), sha}]; there {
			out[sha] = content
			continue
		}
		left = append(left, sha)
	}
	if len(left) == 0 {
		return out, nil
	}
	read, err := in.e.ports.Commits.BlobContents(ctx, of.repo, of.sha, left, trace.MaxWantedSize)
	for sha, content := range read {
		out[sha] = content
		if in.blobs.size+len(content) <= maxBlobs {
			in.blobs.kept[blobOf{of.repo.String(), sha}] = content
			in.blobs.size += len(content)
		}
	}
	return out, err
}
