package archive

import (
	"crypto/sha256"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// key stands for a path. The paths of a large archive take more memory than all else, and
// nobody finds two paths with the same 128 bits of a SHA-256.
type key [16]byte

func keyOf(p string) key {
	sum := sha256.Sum256([]byte(p))
	return key(sum[:16])
}

// names are the paths that came so far, with those of the directories that they are in.
type names struct {
	seen map[key]Type
	most int
}

func newNames(most int) *names { return &names{seen: map[key]Type{}, most: most} }

// add takes the path of a member, and says why it cannot be; empty, it can. A directory
// may come again; nothing else may, and nothing may be in what is no directory: behind a
// link it would be written elsewhere.
func (n *names) add(p string, t Type) (why string) {
	k := keyOf(p)
	old, known := n.seen[k]
	switch {
	case known && old == Dir && t == Dir:
		return ""
	case known && old == Dir:
		return "it is in the archive as a directory and as something else"
	case known && t == Dir:
		return "it is in the archive as a directory and as something else"
	case known:
		return "it is in the archive twice"
	}
	n.seen[k] = t
	for in := path.Dir(p); in != "."; in = path.Dir(in) {
		k := keyOf(in)
		if old, known := n.seen[k]; known {
			if old != Dir {
				return "it is in something that is not a directory"
			}
			break
		}
		n.seen[k] = Dir
		if len(n.seen) > n.most {
			break
		}
	}
	if len(n.seen) > n.most {
		return fmt.Sprintf("more than %d members, with the directories that they are in", n.most)
	}
	return ""
}

// file tells whether something that is no directory came under a path.
func (n *names) file(p string) bool {
	t, known := n.seen[keyOf(p)]
	return known && t != Dir
}

// clean gives a path the form that Member has, or says why there is none: then the path is
// empty. The archive's own root gives "".
func (o *Options) clean(raw string) (p, why string) {
	if why := o.written(raw); why != "" {
		return "", why
	}
	if strings.HasPrefix(raw, "/") && !o.System {
		return "", "an absolute path"
	}
	var parts []string
	for part := range strings.SplitSeq(raw, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", "a path that leads out of where it is"
		default:
			parts = append(parts, part)
		}
	}
	if len(parts) > o.Depth {
		return "", fmt.Sprintf("a path of more than %d directories", o.Depth)
	}
	p = strings.Join(parts, "/")
	if why := o.abroad(p); why != "" {
		return "", why
	}
	return p, ""
}

// written tells what is wrong with the letters of a path or a link.
func (o *Options) written(raw string) (why string) {
	switch {
	case raw == "":
		return "an empty path"
	case len(raw) > o.PathBytes:
		return fmt.Sprintf("a path of more than %d bytes", o.PathBytes)
	case !utf8.ValidString(raw):
		return "a path that is not UTF-8"
	case strings.ContainsFunc(raw, unicode.IsControl):
		return "a path with control characters"
	}
	return ""
}

// abroad tells whether a path leads out on Windows, where a backslash is a slash and a
// letter with a colon is a drive. A system's root is unpacked on Linux, and has names with
// backslashes: systemd's units.
func (o *Options) abroad(raw string) (why string) {
	if o.System {
		return ""
	}
	if len(raw) > 1 && raw[1] == ':' && unicode.IsLetter(rune(raw[0])) {
		return "a path that begins with a drive"
	}
	if !strings.Contains(raw, `\`) {
		return ""
	}
	slashed := strings.ReplaceAll(raw, `\`, "/")
	for part := range strings.SplitSeq(slashed, "/") {
		if part == ".." {
			return "a path that leads out of where it is"
		}
	}
	if strings.HasPrefix(slashed, "/") {
		return "an absolute path"
	}
	return ""
}

// leads tells why a symbolic link at p may not lead where it does. It may go up only at its
// beginning: behind a name, which can itself be a link, nobody knows where up is.
func (o *Options) leads(p, link string) (why string) {
	if why := o.written(link); why != "" {
		return "a link to " + why
	}
	if o.System {
		return ""
	}
	if strings.HasPrefix(link, "/") {
		return "a link to an absolute path"
	}
	if o.abroad(link) != "" {
		return "a link that leads out of the archive"
	}
	up, down := strings.Count(p, "/"), false
	for part := range strings.SplitSeq(link, "/") {
		switch {
		case part == "" || part == ".":
		case part != "..":
			down = true
		case down:
			return "a link that goes up behind a name"
		default:
			up--
		}
	}
	if up < 0 {
		return "a link that leads out of the archive"
	}
	return ""
}
