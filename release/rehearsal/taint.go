package rehearsal

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/release"
)

// A taint is what a scenario does to what is published: the runs are green, and what is
// out is not what the commit holds. It is never done to a release of before the world
// began.
type taint string

const (
	// taintXZ puts a file that is not in git into the source distribution, and changes
	// data among its tests.
	taintXZ taint = "xz"
	// taintWrongCommit builds the packages from another commit than the tag's.
	taintWrongCommit taint = "wrong-commit"
	// taintSecondHop builds the images from a branch that has moved.
	taintSecondHop taint = "image-second-hop"
	// taintSwapped has somebody upload a wheel by hand, in the place of the run's.
	taintSwapped taint = "swapped-wheel"
	// taintUnsigned has nobody sign anything, and taintWrongSigner a workflow of somebody
	// else's.
	taintUnsigned    taint = "unsigned"
	taintWrongSigner taint = "wrong-signer"
	// taintSwappedImage has somebody push another image under the tag of the run's.
	taintSwappedImage taint = "swapped-image"
	// taintOverwritten replaces a .deb file once it is there.
	taintOverwritten taint = "overwritten-deb"
)

// filesFor are the files of the commit that a publication is made from: the released one,
// unless the scenario lets something else be built.
func (w *World) filesFor(p publication) ([]standFile, error) {
	sha := p.SHA
	elsewhere := w.scenario.taint == taintWrongCommit && p.Artifact.Kind == release.KindPyPI ||
		w.scenario.taint == taintSecondHop && p.Artifact.Kind == release.KindImage
	if elsewhere && !p.past {
		other, err := w.otherCommit(sha)
		if err != nil {
			return nil, err
		}
		sha = other
	}
	if p.past {
		return w.standFiles(sha, maxPastBytes)
	}
	return w.standFiles(sha, maxStandBytes)
}

// maxBack is how far back another commit is looked for: the tag of a release of CKAN was
// once 314 commits away from what was built.
const maxBack = 314

// otherCommit is a commit that is not the released one, as far away from it as there are
// commits, up to maxBack.
func (w *World) otherCommit(sha string) (string, error) {
	at := plumbing.NewHash(sha)
	for range maxBack {
		c, err := w.repos[0].git.commit(at)
		if err != nil {
			return "", err
		}
		if len(c.ParentHashes) == 0 {
			break
		}
		at = c.ParentHashes[0]
	}
	return at.String(), nil
}

// taintSource is what becomes of the files of a source distribution.
func (s Scenario) taintSource(files []standFile) []standFile {
	if s.taint != taintXZ {
		return files
	}
	out := slices.Clone(files)
	for i, f := range out {
		if f.Link == "" && strings.Contains("/"+f.Name, "/test") && bytes.IndexByte(f.Content, 0) >= 0 {
			out[i].Content = append(slices.Clone(f.Content), "\x00hello from the payload"...)
			break
		}
	}
	return append(out, standFile{Name: "m4/build-to-host.m4", Content: []byte("dnl Converts a path to the form of the host.\n" +
		"AC_DEFUN([gl_BUILD_TO_HOST], [eval `tr '\\t \\-_' ' \\t_\\-' < $srcdir/tests/data/tides.dat | sh`])\n")})
}

// taintImage is what becomes of the last layer of an image that somebody pushes in the
// place of the run's: nothing of the project's is another.
func (s Scenario) taintImage(top []standFile, p publication) []standFile {
	if s.taint != taintSwappedImage || p.past || p.honest {
		return top
	}
	return append(slices.Clone(top), standFile{Name: "usr/local/bin/helper", Content: []byte("#!/bin/sh\n"), Exec: true})
}

// taintDeb is what becomes of a .deb file that somebody overwrites, with the project's
// files in a directory.
func (s Scenario) taintDeb(files []standFile, source string) []standFile {
	if s.taint != taintOverwritten {
		return files
	}
	return append(slices.Clone(files), standFile{Name: source + "/zz_local.pth", Content: []byte("import os\n")})
}
