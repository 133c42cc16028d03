package release

import (
	"fmt"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// maxKeys is how many files one command line acknowledges, and maxLine how long it is. Of
// more nobody has looked at each, and a line that is cut does something else.
const (
	maxKeys = 20
	maxLine = 3000
)

// takeBack is how an artifact is taken back from where it is published.
func takeBack(a Artifact) string {
	switch a.Kind {
	case KindPyPI:
		return fmt.Sprintf("yank it: https://pypi.org/manage/project/%s/release/%s/, Options, Yank", a.Name, a.Version)
	case KindImage:
		where := "in its registry"
		switch host, _, _ := strings.Cut(a.Name, "/"); host {
		case "docker.io":
			where = "at hub.docker.com, Tags, Delete"
		case "ghcr.io":
			where = "at GitHub, Packages, Versions, Delete"
		}
		if a.Mutable {
			return fmt.Sprintf("let the tag %s lead to the release before again, or delete it %s", a.Name, where)
		}
		return fmt.Sprintf("delete the tag %s %s", a.Name, where)
	case KindDeb:
		if a.Mutable {
			return "put the file of the release before back at " + a.Name + ", or remove it from its host"
		}
		return "remove " + a.Name + " from its host"
	case KindApt:
		return fmt.Sprintf("remove %s %s from %s and sign the indexes anew (`reprepro remove %s %s`, where reprepro keeps them)",
			a.Apt.Package, a.Version, a.Apt, text.Word(a.Apt.Suite), text.Word(a.Apt.Package))
	}
	return fmt.Sprintf("make the release %s a draft again (`gh release edit %s -R %s --draft`), or delete it where it is immutable", a.Name, text.Word(a.Name), a.Repo)
}

// judged is a stage and what was found of what it published.
type judged struct {
	stage    Stage
	findings []checks.Finding
	there    func(Artifact) bool // whether it is published
}

// unproven are the artifacts of the stage that are not what they should be, or of which
// nobody could see it. A finding that names none is about all of them.
func (j judged) unproven() map[string]checks.Outcome {
	out := map[string]checks.Outcome{}
	add := func(artifact string, o checks.Outcome) {
		if out[artifact] != checks.Fail {
			out[artifact] = o
		}
	}
	for _, f := range j.findings {
		if !f.Blocks() {
			continue
		}
		named := false
		for _, e := range f.Evidence {
			if !e.Artifact.IsZero() && (e.Outcome == checks.Fail || e.Outcome == checks.Unknown) {
				add(e.Artifact.String(), e.Outcome)
				named = true
			}
		}
		for _, a := range j.stage.Artifacts {
			if !named {
				add(text.Clean(a.String()).String(), f.Outcome)
			}
		}
	}
	return out
}

// bad are the artifacts that are published, and surely not what they should be.
func bad(all []judged) []Artifact {
	var out []Artifact
	for _, j := range all {
		outcomes := j.unproven()
		for _, a := range j.stage.Artifacts {
			if outcomes[text.Clean(a.String()).String()] == checks.Fail && j.there(a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// setRight is what to do about artifacts that should not be out, a step each: how every one
// of them is taken back, what can not be, and with which arguments somebody who knows
// better says so. It is empty where there are none.
func (e *Engine) setRight(p Plan, all []judged, again string) []string {
	artifacts := bad(all)
	if len(artifacts) == 0 {
		return nil
	}
	var out []string
	for _, a := range artifacts {
		how := takeBack(a)
		if a.Kind == KindPyPI { // the others are named by how
			how = a.String() + ": " + how
		}
		out = append(out, how)
	}
	out = append(out, notTakenBack(p, artifacts)+"; tell those who have it, and release a new version once it is known what made it")
	if keys := acknowledgeable(all); len(keys) > 0 {
		which := "these " + fmt.Sprint(len(keys)) + " files and know what made them"
		if len(keys) == 1 {
			which = "this file and know what made it"
		}
		if line := e.acknowledging(keys, again); len(line) <= maxLine {
			out = append(out, fmt.Sprintf("or, if you have looked at %s: `%s`", which, line))
		}
	}
	return out
}

// acknowledging is the command line that runs args and acknowledges files, for reasons
// that a person has to put in.
func (e *Engine) acknowledging(keys []string, args string) string {
	line := e.opened().Anew(args + e.given.Words(args))
	for _, k := range keys {
		line += " --acknowledge " + quoted(k+"=REASON")
	}
	return line
}

// SetRight is what to do about artifacts of a release that was verified and that should
// not be out, a step on each line; empty where there are none.
func (e *Engine) SetRight(p Plan, proofs []Proof, again string) string {
	var all []judged
	for _, proof := range proofs {
		st, _ := p.Stage(proof.Stage)
		all = append(all, judged{stage: st, findings: proof.Findings, there: func(a Artifact) bool {
			return slices.ContainsFunc(proof.Files, func(t ArtifactTraced) bool { return t.Artifact.String() == a.String() && len(t.Files) > 0 })
		}})
	}
	return strings.Join(e.setRight(p, all, again), "\n")
}

// notTakenBack says what stays out whatever anybody does.
func notTakenBack(p Plan, artifacts []Artifact) string {
	stays := []string{"what was downloaded meanwhile"}
	if p.Tag != "" {
		stays = append(stays, "the tag "+p.Tag+" where it was fetched")
	}
	if slices.ContainsFunc(artifacts, func(a Artifact) bool { return a.Kind == KindPyPI }) {
		stays = append(stays, "its file names on PyPI, which are never free again")
	}
	return "can not be taken back: " + inWords(stays)
}

// acknowledgeable are the files, as PATH@BLOB, that somebody may acknowledge so that
// nothing stands in the way any more; none where something would all the same.
func acknowledgeable(all []judged) []string {
	var keys []string
	for _, j := range all {
		for _, f := range j.findings {
			if !f.Blocks() {
				continue
			}
			for _, e := range f.Evidence {
				open := e.Outcome == checks.Fail || e.Outcome == checks.Unknown
				if open && e.Acknowledge == "" {
					return nil
				}
				if open && !slices.Contains(keys, e.Acknowledge) {
					keys = append(keys, e.Acknowledge)
				}
			}
		}
	}
	if len(keys) > maxKeys {
		return nil
	}
	return keys
}

// quoted is a word for a shell that somebody is to change: in quotes in any case.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
