package checks

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"twokey/checks/text"
)

// What tools print of the digests of what they publish, as whole lines: what a command
// within an image's build prints has a time before it, and is none of them.
var (
	// sumLine is of sha256sum, and bsdLine of its --tag.
	sumLine = regexp.MustCompile(`^([0-9a-f]{64}) [ *](\S.*)$`)
	bsdLine = regexp.MustCompile(`^SHA256 \((\S.*)\) = ([0-9a-f]{64})$`)
	// pushLine is of BuildKit, where it pushes under a tag and not only by digest, as it does
	// of the parts of an image that is put together later; and pushedLine is of docker push,
	// below a line that names the repository.
	pushLine   = regexp.MustCompile(`^#\d+ pushing manifest for (\S+:[\w.-]+)@(sha256:[0-9a-f]{64})(?: [0-9.]+s)?(?: done)?$`)
	toLine     = regexp.MustCompile(`^The push refers to repository \[(\S+)\]$`)
	pushedLine = regexp.MustCompile(`^([\w.-]+): digest: (sha256:[0-9a-f]{64}) size: \d+$`)
	// hashLine is of pypa/gh-action-pypi-publish, below hashesLine and the file's path.
	hashLine = regexp.MustCompile(`^SHA256: ([0-9a-f]{64})$`)
)

const hashesLine = "Showing hash values of files to be uploaded:"

// maxLogged bounds how many digests of one name are taken from a log.
const maxLogged = 16

// Logged is what the log of one job says of the digest of a file, or of an image. Whoever
// runs code in a job can print what they like there: it speaks against a file or with
// others, and never instead of them.
type Logged struct {
	By      text.Safe // such as "the log of build in publish.yml #7"
	Digests []string  // sha256:hex, each once, in the log's order
}

// DigestsInLog are the digests that the log of a job tells of files and images, by their
// names: those of files without their directories, those of images as [ImageName] has
// them. Only names that are wanted are told. What the runner shows of a step before it
// begins, such as its script, is none of the job's output, and tells nothing; whole is
// false for a log of which only the end is there, which may begin in that.
func DigestsInLog(lines []text.Safe, whole bool, wanted []string) map[string][]string {
	l := logReading{shown: !whole, wanted: wanted, said: map[string][]string{}}
	for _, line := range lines {
		l.line(line.String())
	}
	return l.said
}

// logReading is how far a log was read.
type logReading struct {
	wanted []string
	said   map[string][]string
	// shown holds within what the runner shows of a step.
	shown bool
	// repo is where docker push pushes to.
	repo string
	// hashes counts the lines that are not empty since hashesLine; 0 before it, and after
	// the first file.
	hashes int
	file   string
}

func (l *logReading) line(s string) {
	switch {
	case strings.HasPrefix(s, "##[group]"):
		l.shown = strings.HasPrefix(s, "##[group]Run ")
		return
	case strings.HasPrefix(s, "##[endgroup]"):
		l.shown = false
		return
	case l.shown || strings.TrimSpace(s) == "":
		return
	}
	if m := sumLine.FindStringSubmatch(s); m != nil {
		l.say(path.Base(m[2]), "sha256:"+m[1])
	} else if m := bsdLine.FindStringSubmatch(s); m != nil {
		l.say(path.Base(m[1]), "sha256:"+m[2])
	} else if m := pushLine.FindStringSubmatch(s); m != nil {
		l.say(ImageName(m[1]), m[2])
	} else if m := toLine.FindStringSubmatch(s); m != nil {
		l.repo = m[1]
	} else if m := pushedLine.FindStringSubmatch(s); m != nil && l.repo != "" {
		l.say(ImageName(l.repo+":"+m[1]), m[2])
	}
	l.hash(s)
}

// hash reads what pypa/gh-action-pypi-publish prints, of the first file alone: in the sum
// of each further one it counts those before it as well.
func (l *logReading) hash(s string) {
	switch m := hashLine.FindStringSubmatch(s); {
	case s == hashesLine:
		l.hashes = 1
	case l.hashes == 1:
		l.file, l.hashes = path.Base(s), 2
	case l.hashes == 2 && m != nil:
		l.say(l.file, "sha256:"+m[1])
		l.hashes = 0
	default:
		l.hashes = 0
	}
}

func (l *logReading) say(name, digest string) {
	all := l.said[name]
	if !slices.Contains(l.wanted, name) || slices.Contains(all, digest) || len(all) == maxLogged {
		return
	}
	l.said[name] = append(all, digest)
}

// ImageName is the name of an image as it is spelled in full: with its registry, and with
// the tag that stands for none.
func ImageName(ref string) string {
	first, rest, nested := strings.Cut(ref, "/")
	switch {
	case !nested:
		ref = "docker.io/library/" + ref
	case first == "index.docker.io" || first == "registry-1.docker.io":
		ref = "docker.io/" + rest
	case !strings.ContainsAny(first, ".:") && first != "localhost":
		ref = "docker.io/" + ref
	}
	if !strings.Contains(path.Base(ref), ":") {
		ref += ":latest"
	}
	return ref
}

// judgeLogged holds what logs say of a file's digest against what came. Where none of them
// says that, they speak against the file; where one does, and something else is said as
// well, somebody should look: a test may have built it once more. It gives those that say
// the same.
func judgeLogged(t *tally, a ArtifactFacts, f FileFacts, what text.Safe) (same []text.Safe) {
	came, by := f.pushed()
	if len(came) == 0 {
		return nil
	}
	here := func(d string) bool { return slices.Contains(came, d) }
	for _, l := range f.Logged {
		if slices.ContainsFunc(l.Digests, here) {
			same = append(same, l.By)
		}
	}
	for _, l := range f.Logged {
		i := slices.IndexFunc(l.Digests, func(d string) bool { return !here(d) })
		switch {
		case i < 0:
		case len(same) > 0:
			t.add(Evidence{What: what, Outcome: Warn, URL: f.URL, Saw: text.Cleanf("sha256 is %s for %s, and %s names %s as well", shortSum(came[0]), by, l.By, shortSum(l.Digests[i]))},
				"see in the log what has the other digest")
		default:
			t.add(Evidence{What: what, Outcome: Fail, URL: f.URL, Saw: text.Cleanf("sha256 is %s for %s, and %s for %s", shortSum(came[0]), by, shortSum(l.Digests[i]), l.By)}, takeBack(a))
		}
	}
	return same
}

// pushed are the digests that whoever published a file may have told of it, and who tells
// them now: of an image that is for several platforms first that of its index.
func (f FileFacts) pushed() (digests []string, by text.Safe) {
	by = Downloaded()
	if f.Index != "" {
		digests, by = append(digests, f.Index), text.Clean("its registry")
	}
	for _, d := range f.Digests {
		if d.By == Downloaded() && strings.HasPrefix(d.Digest, "sha256:") {
			digests = append(digests, d.Digest)
		}
	}
	return digests, by
}

// shortSum is as much of a SHA-256 as people compare.
func shortSum(digest string) string { return brief(strings.TrimPrefix(digest, "sha256:")) }
