package actions

import (
	"regexp"
	"slices"
	"strings"
)

// place is where something is published to.
type place int

// The places.
const (
	placeNone   place = iota // nowhere: nothing is published
	placePublic              // where others get it from, as far as is known
	placeUnsure              // there, or to the test index: an expression says it
	placeTest                // PyPI's test index
	placeLocal               // the machine that the job runs on
)

// counts tells whether what goes there may be what others get.
func (p place) counts() bool { return p == placePublic || p == placeUnsure }

func publicIf(published bool) place {
	if published {
		return placePublic
	}
	return placeNone
}

// hostOf is the host of an address or of an image's name, in lower case.
func hostOf(s string) string {
	s = strings.Trim(s, `"' `)
	if _, behind, ok := strings.Cut(s, "://"); ok {
		s = behind
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	s = s[strings.LastIndex(s, "@")+1:]
	if in, _, ok := strings.Cut(strings.TrimPrefix(s, "["), "]"); ok {
		return strings.ToLower(in)
	}
	s, _, _ = strings.Cut(s, ":")
	return strings.ToLower(s)
}

// localHost is a name of the machine itself.
var localHost = regexp.MustCompile(`^(?:(?:.+\.)?localhost|127(?:\.[0-9]{1,3}){3}|0\.0\.0\.0|::1|host\.docker\.internal)$`)

// localPlace tells whether an address or an image's name is on the machine itself.
func localPlace(s string) bool { return localHost.MatchString(hostOf(s)) }

// imagePlace is where images go by their names; to others where none is known.
func imagePlace(names []string) place {
	if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !localPlace(n) }) {
		return placeLocal
	}
	return placePublic
}

// listOf are the parts of an input that is a list.
func listOf(s string) []string {
	return strings.FieldsFunc(compact(s), func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) })
}

// indexPlace is which index of Python packages an address or a name is; PyPI where there
// is none. An address is the test index by its host: what stands behind it says nothing.
func indexPlace(s string) place {
	s = strings.Trim(s, `"' `)
	switch address := strings.Contains(s, "://"); {
	case strings.Contains(s, "${{"):
		if TestIndex(s) {
			return placeUnsure
		}
	case address && hostOf(s) == "test.pypi.org", !address && (TestIndex(s) || s == "test"):
		return placeTest
	case localPlace(s):
		return placeLocal
	}
	return placePublic
}

// indexVariables are those that a tool reads the index from, where no flag names one.
func indexVariables(program string) []string {
	switch program {
	case "twine":
		return []string{"TWINE_REPOSITORY_URL", "TWINE_REPOSITORY"}
	case "uv":
		return []string{"UV_PUBLISH_URL", "UV_PUBLISH_INDEX"}
	case "hatch":
		return []string{"HATCH_INDEX_REPO"}
	case "flit":
		return []string{"FLIT_INDEX_URL"}
	case "pdm":
		return []string{"PDM_PUBLISH_REPO"}
	case "maturin":
		return []string{"MATURIN_REPOSITORY_URL", "MATURIN_REPOSITORY"}
	case "npm", "pnpm", "lerna", "changeset":
		return []string{"npm_config_registry", "NPM_CONFIG_REGISTRY"}
	}
	return nil
}

// flagsOf are the values of some flags of a command.
func flagsOf(words []string, flags ...string) []string {
	var out []string
	for i, w := range words {
		name, value, has := strings.Cut(w, "=")
		switch {
		case !slices.Contains(flags, name):
		case has:
			out = append(out, value)
		case i+1 < len(words):
			out = append(out, words[i+1])
		}
	}
	return out
}

// namedIndex is where a command publishes packages to: where its flags say, or the
// first variable that its program reads.
func namedIndex(program string, rest []string, known *shellVariables) place {
	named := flagsOf(rest, "--repository-url", "--publish-url", "--repository", "-r", "--repo", "--index", "--registry", "--host")
	for _, name := range indexVariables(program) {
		if value, ok := known.value(name); ok && len(named) == 0 {
			named = append(named, value)
		}
	}
	to := placePublic
	for i, s := range named {
		next := indexPlace(s)
		if i > 0 && next != to {
			return placePublic // two that do not agree
		}
		to = next
	}
	return to
}

// place is where a tool publishes to, by the words behind its name.
func (t publishTool) place(program string, rest []string, known *shellVariables) place {
	switch {
	case t.kind == PublishImage:
		return t.imagePlace(program, rest)
	case t.kind == PublishPyPI:
		return namedIndex(program, rest, known)
	case t.kind == PublishNpm || t.kind == PublishGem:
		if namedIndex(program, rest, known) == placeLocal {
			return placeLocal
		}
	case program == "helm" && slices.ContainsFunc(rest, func(w string) bool { return strings.Contains(w, "://") && localPlace(w) }):
		return placeLocal
	}
	return placePublic
}

// imagePlace is where a command for images pushes to.
func (t publishTool) imagePlace(program string, rest []string) place {
	tags := flagsOf(rest, "-t", "--tag")
	switch {
	case program == "skopeo":
		return copyPlace(rest)
	case strings.HasSuffix(t.subs, "build"), strings.HasSuffix(t.subs, "bake"):
		outputs := flagsOf(rest, "-o", "--output")
		push := slices.ContainsFunc(rest, func(w string) bool { return w == "--push" || w == "--push=true" })
		if !slices.ContainsFunc(outputs, outputPushes) && (!push || slices.ContainsFunc(outputs, func(o string) bool { return strings.Contains(o, byDigest) })) {
			return placeNone
		}
		return imagePlace(tags)
	case len(tags) > 0: // of docker buildx imagetools create
		return imagePlace(tags)
	}
	names := slices.DeleteFunc(slices.Clone(rest), func(w string) bool { return strings.HasPrefix(w, "-") })
	return imagePlace(names)
}

// copyPlace is where skopeo copies to: its last place is the one that is written.
func copyPlace(rest []string) place {
	var places []string
	for _, w := range rest {
		if !strings.HasPrefix(w, "-") && (strings.Contains(w, ":") || strings.Contains(w, "$")) {
			places = append(places, w)
		}
	}
	if len(places) == 0 {
		return placePublic
	}
	to := places[len(places)-1]
	if strings.HasPrefix(to, "docker://") || strings.HasPrefix(to, "$") {
		return imagePlace([]string{to})
	}
	return placeNone
}

// curlUploads tells whether curl sends files to PyPI.
func curlUploads(words []string) bool {
	sends := slices.ContainsFunc(words, func(w string) bool {
		return strings.HasPrefix(w, "-F") || strings.HasPrefix(w, "--form") || strings.HasPrefix(w, "-T") || w == "--upload-file" ||
			strings.HasPrefix(w, "--data") || strings.HasPrefix(w, "-d")
	})
	return sends && slices.ContainsFunc(words, func(w string) bool { return hostOf(w) == "upload.pypi.org" })
}
