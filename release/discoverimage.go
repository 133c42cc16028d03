package release

import (
	"strings"
)

// imageRef is one reference that a step pushes.
type imageRef struct {
	text  string // a template when known, else as it is written
	with  map[string][]string
	known bool
}

// references resolves the references of a list: expressions of its own, and what
// the metadata action made.
func (sc *scope) references(list []string) []imageRef {
	var out []imageRef
	for _, raw := range list {
		if id, ok := metadataTags(raw); ok {
			made, known := sc.images[id]
			if !known {
				out = append(out, imageRef{text: raw})
			}
			for _, ref := range made {
				out = append(out, sc.reference(ref))
			}
			continue
		}
		s, known := sc.expand(raw)
		if !known {
			out = append(out, imageRef{text: raw})
			continue
		}
		// One variable often holds a list.
		for _, ref := range splitList(s) {
			out = append(out, sc.reference(ref))
		}
	}
	return out
}

// metadataTags is the id of the step in ${{ steps.ID.outputs.tags }}.
func metadataTags(s string) (string, bool) {
	m := expression.FindStringSubmatch(s)
	if m == nil || m[0] != s {
		return "", false
	}
	parts := strings.Split(strings.ToLower(m[1]), ".")
	if len(parts) != 4 || parts[0] != "steps" || parts[2] != "outputs" || parts[3] != "tags" {
		return "", false
	}
	return parts[1], true
}

// reference is one reference without expressions, its registry written out.
func (sc *scope) reference(s string) imageRef {
	if strings.ContainsAny(s, "$`") {
		return imageRef{text: s}
	}
	slash := strings.LastIndex(s, "/")
	colon := strings.LastIndex(s, ":")
	if colon <= slash {
		s, colon = s+":latest", len(s)
	}
	name, tag := strings.ToLower(s[:colon]), s[colon+1:]
	if first, _, more := strings.Cut(name, "/"); more && !strings.ContainsAny(first, ".:") && first != "localhost" {
		name = "docker.io/" + name
	}
	ref := imageRef{text: name + ":" + tag, with: sc.withOf(name + ":" + tag)}
	ref.known = nameProblem(KindImage, ref.text) == "" && !strings.HasPrefix(name, "localhost") &&
		braced(ref.text, append(allFields(), keysOf(ref.with)...))
	return ref
}

// images are the artifacts of an upload of images.
func (d *discovery) images(file string, u upload) []ArtifactSpec {
	var out []ArtifactSpec
	var unseen []string
	for _, ref := range u.images {
		if ref.known {
			out = append(out, ArtifactSpec{Kind: KindImage, Name: ref.text, With: ref.with})
		} else {
			unseen = append(unseen, ref.text)
		}
	}
	if len(u.images) == 0 {
		unseen = []string{"with " + u.what}
	}
	if len(unseen) > 0 {
		d.note("%s pushes images (%s), and what they will be called could not be seen: add them under `publishes`",
			file, strings.Join(unseen, ", "))
	}
	return out
}

// metadata are the references that docker/metadata-action makes of its inputs
// when a tag starts it. Rules that are not understood are left out with a note.
func (sc *scope) metadata(in map[string]string) []string {
	rules := strings.Split(strings.TrimSpace(in["tags"]), "\n")
	if strings.TrimSpace(in["tags"]) == "" {
		rules = []string{"type=ref,event=tag"}
	}
	var tags []string
	for _, rule := range rules {
		rule = strings.TrimSpace(rule)
		if rule == "" || strings.HasPrefix(rule, "#") {
			continue
		}
		tag, use := sc.metadataTag(metadataRule(rule))
		if use && tag == "" {
			sc.d.note("an image's tag by the rule %q could not be seen: add it under `publishes`", rule)
		}
		if use && tag != "" {
			tags = append(tags, tag)
		}
	}
	if strings.Contains(in["flavor"], "prefix=") || strings.Contains(in["flavor"], "suffix=") {
		sc.d.note("the images' tags have a flavor of their own: add them under `publishes`")
		return nil
	}
	var out []string
	for _, image := range splitList(in["images"]) {
		image = strings.TrimPrefix(image, "name=")
		name, known := sc.expand(image)
		if strings.Contains(image, "enable=") {
			continue
		}
		for _, tag := range tags {
			if known {
				out = append(out, name+":"+tag)
			} else {
				out = append(out, image+":"+tag)
			}
		}
	}
	return out
}

// metadataRule takes a rule such as type=semver,pattern={{version}} apart.
func metadataRule(rule string) map[string]string {
	out := map[string]string{"type": "raw"}
	for part := range strings.SplitSeq(rule, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			key, value = "value", part
		}
		out[strings.TrimSpace(key)] = strings.Trim(strings.TrimSpace(value), `'"`)
	}
	return out
}

// metadataTag is the tag that a rule gives in a release; empty when it can not be
// seen. It is false when the rule gives none.
func (sc *scope) metadataTag(rule map[string]string) (string, bool) {
	if e := rule["enable"]; e == "false" {
		return "", false
	}
	var tag string
	switch rule["type"] {
	case "semver", "pep440":
		if rule["value"] != "" {
			return "", true
		}
		tag = strings.NewReplacer("{{version}}", "{version}", "{{raw}}", sc.d.tag, "{{major}}", "{major}",
			"{{minor}}", "{minor}", "{{patch}}", "{patch}").Replace(rule["pattern"])
	case "ref":
		if rule["event"] != "tag" {
			return "", false
		}
		tag = sc.d.tag
	case "raw":
		if strings.Contains(rule["enable"], "${{") {
			return "", true
		}
		s, known := sc.expand(rule["value"])
		if !known {
			return "", true
		}
		tag = s
	default: // schedule, edge, sha and the like name no version
		return "", false
	}
	if strings.Contains(tag, "{{") || tag == "" {
		return "", true
	}
	return rule["prefix"] + tag + rule["suffix"], true
}
