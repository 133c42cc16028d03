package rehearsal

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// unpack reads an archive.
func unpack(t *testing.T, archive string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	check(t, err)
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		check(t, err)
		text, err := io.ReadAll(r)
		check(t, err)
		files[f.Name] = string(text)
	}
	return files
}

// The archive of a run's logs holds those of its jobs, whole and in steps, once the
// run is over.
func TestLogArchive(t *testing.T) {
	c := sample(t, "clean")
	c.release("harbour-2.11.6", "dev-v2.11")
	run := plain(c.get(c.repo()+"/actions/workflows/publish-pypi.yml/runs").at("workflow_runs", 0, "id"))
	logs := c.repo() + "/actions/runs/" + run + "/logs"
	c.get(logs).want(404)
	check(t, c.world.Clock().Sleep(t.Context(), time.Hour))
	to := c.get(logs).want(302).header.Get("Location")
	if other := c.get(c.repo() + "/actions/runs/" + run + "/attempts/1/logs").want(302).header.Get("Location"); other != to {
		t.Errorf("the first attempt's is %s, want %s", other, to)
	}
	c.get(c.repo() + "/actions/runs/" + run + "/attempts/2/logs").want(404)
	files := unpack(t, c.get(to).want(200).text)

	jobs := c.get(c.repo() + "/actions/runs/" + run + "/jobs").list("jobs")
	if len(jobs) != 3 {
		t.Fatalf("%d jobs", len(jobs))
	}
	for i, name := range []string{"Build distribution", "Publish on PyPI"} {
		whole := files[[]string{"0_", "1_"}[i]+name+".txt"]
		var steps strings.Builder
		for n := range 20 {
			for file, text := range files {
				if strings.HasPrefix(file, name+"/"+plain(float64(n+1))+"_") {
					steps.WriteString(strings.TrimPrefix(text, byteOrderMark))
				}
			}
		}
		if !strings.HasPrefix(whole, byteOrderMark+"2026-") || steps.String() != strings.TrimPrefix(whole, byteOrderMark) {
			t.Errorf("%s: the steps make\n%swhich is not\n%s", name, steps.String(), whole)
		}
		id := plain(jobs[slices.IndexFunc(jobs, func(j any) bool { return j.(fields)["name"] == name })].(fields)["id"])
		single := c.get(c.get(c.repo() + "/actions/jobs/" + id + "/logs").want(302).header.Get("Location")).want(200).text
		if single != whole {
			t.Errorf("%s: its own log is another", name)
		}
	}
	for file := range files {
		if strings.Contains(file, "fork") {
			t.Errorf("there is a log of a job that was skipped: %s", file)
		}
	}
	// Neither a token nor another address opens it.
	c.get(to, "Authorization", "token "+c.world.Token()).want(400)
	c.get(strings.Replace(to, "/1.zip", "/2.zip", 1)).want(403)
	if again := c.get(to).want(200).text; !bytes.Equal([]byte(again), []byte(c.get(to).text)) {
		t.Error("asked twice it is not the same")
	}
}

func TestFileNames(t *testing.T) {
	for name, want := range map[string]string{
		"call-build / harbour 2.11 on Ubuntu 24.04": "call-build  harbour 2.11 on Ubuntu 24.04",
		"Run a:b?\x1b[31m":                          "Run ab[31m",
		"../../etc":                                 "....etc",
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

// What a step uploads is listed once the step is over.
func TestArtifacts(t *testing.T) {
	c := sample(t, "clean")
	c.release("harbour-2.11.6", "dev-v2.11")
	run := plain(c.get(c.repo()+"/actions/workflows/publish-pypi.yml/runs").at("workflow_runs", 0, "id"))
	artifacts := c.repo() + "/actions/runs/" + run + "/artifacts"
	if n := plain(c.get(artifacts).want(200).at("total_count")); n != "0" {
		t.Errorf("%s before anything ran", n)
	}
	check(t, c.world.Clock().Sleep(t.Context(), time.Hour))
	if names := c.get(artifacts).each("name", "artifacts"); names != "distributions" {
		t.Errorf("they are %q", names)
	}
	if n := plain(c.get(artifacts + "?name=other").at("total_count")); n != "0" {
		t.Errorf("%s of another name", n)
	}
	check(t, c.world.Clock().Sleep(t.Context(), artifactLife))
	if expired := c.get(artifacts).at("artifacts", 0, "expired"); expired != true {
		t.Error("they are kept for ever")
	}
}

// The world tells its clients apart, and what each was charged.
func TestRequestsTellWhoWasCharged(t *testing.T) {
	c := sample(t, "clean")
	tag := c.get(c.repo(), "User-Agent", "one/1").want(200).header.Get("ETag")
	c.get(c.repo(), "User-Agent", "two/2", "If-None-Match", tag).want(304)
	c.get("/rate_limit", "User-Agent", "two/2").want(200)
	c.get("https://pypi.org/simple/harbour/", "User-Agent", "two/2")
	all := c.world.Requests()
	if all[0].Agent != "one/1" || !all[0].Charged || len(all) != 4 {
		t.Errorf("%d requests, the first %+v", len(all), all[0])
	}
	for _, r := range all[1:] {
		if r.Agent != "two/2" || r.Charged {
			t.Errorf("charged: %+v", r)
		}
	}
}
