package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// ScriptImages are the images that a job's scripts run without a digest, as far as they
// are named there and the job does not build them itself.
func (j Job) ScriptImages() []Use {
	var out []Use
	built := map[string]bool{}
	set := newShellVariables(j.lasting(), nil)
	for _, s := range j.Steps {
		known := newShellVariables(s.Variables(), set)
		if s.Action() == "docker/build-push-action" {
			for _, tag := range listOf(known.fill(s.Given("tags"))) {
				built[tag] = true
			}
		}
		x, ok := s.Def.Exec.(*actionlint.ExecRun)
		if !ok || x.Run == nil || otherLanguage(x.Shell) {
			continue
		}
		commands := shellCommands(x.Run.Value)
		known = known.with(commands)
		var list []found
		for _, c := range commands {
			words := known.forCommand(c).words(c.plain())
			if len(words) < 2 || !slices.Contains([]string{"docker", "podman", "nerdctl"}, programName(words[0])) {
				continue
			}
			for _, tag := range flagsOf(words, "-t", "--tag") {
				built[tag] = true
			}
			if words[1] == "tag" {
				built[words[len(words)-1]] = true
			}
			image := imageRun(words[1:])
			if image != "" && !built[image] && !digestName.MatchString(image) && !strings.Contains(image, "$") && !localPlace(image) {
				list = append(list, found{Publishing{What: image}, c.row})
			}
		}
		for _, p := range s.at(x.Run, list) {
			out = append(out, Use{Kind: KindImage, File: s.File, Line: p.Line, Text: p.What})
		}
	}
	return out
}

// imageRun is the image that docker is told to run; empty for none.
func imageRun(words []string) string {
	if words[0] == "container" && len(words) > 1 {
		words = words[1:]
	}
	if words[0] != "run" && words[0] != "create" {
		return ""
	}
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case !strings.HasPrefix(w, "-"):
			return w
		case !strings.Contains(w, "=") && !alone(w):
			i++ // its value
		}
	}
	return ""
}

// alone tells whether a flag of docker run has no word behind it for its value.
func alone(flag string) bool {
	switch flag {
	case "--rm", "--interactive", "--tty", "--detach", "--init", "--privileged", "--read-only", "--quiet", "--publish-all", "--no-healthcheck",
		"--sig-proxy", "--oom-kill-disable", "--disable-content-trust", "--replace", "--tls-verify", "--rmi":
		return true
	}
	if strings.HasPrefix(flag, "--") {
		return false
	}
	last := strings.TrimLeft(flag[1:], "itdPq") // -it
	return last == "" || len(last) > 1          // or -v/a:/b
}
