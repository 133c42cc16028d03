package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"twokey/checks"
	"twokey/checks/text"
)

const (
	// maxLogs is how many logs are read for a stage.
	maxLogs = 12
	// maxLogLines is how much of a log is read for what it says of digests: its last
	// lines. Jobs publish at their end.
	maxLogLines = 20_000
)

// logged adds to those files of which the runs have kept nothing what the logs of their
// jobs say of the digests. A log that is not there, or not given, says nothing.
func (in *inspection) logged(ctx context.Context, st Stage, facts []checks.ArtifactFacts, runs []Run) {
	names := []string{}
	eachUnkept(st, facts, func(name string, _ *checks.FileFacts) { names = append(names, name) })
	if len(names) == 0 || in.e.ports.Forge.Budget().short(in.e.ports.Clock.Now()) {
		return
	}
	for _, l := range in.logs(ctx, st, runs, names) {
		eachUnkept(st, facts, func(name string, f *checks.FileFacts) {
			if digests := l.digests[name]; len(digests) > 0 {
				f.Logged = append(f.Logged, checks.Logged{By: l.by, Digests: digests})
			}
		})
	}
}

// eachUnkept calls do with the files of which no run has kept what it made, and with the
// names under which a log would tell of them.
func eachUnkept(st Stage, facts []checks.ArtifactFacts, do func(name string, f *checks.FileFacts)) {
	for i, a := range facts {
		files, _ := a.Files.Get()
		for k := range files {
			switch f := &files[k]; {
			case f.Form == checks.FormImage:
				do(checks.ImageName(st.Artifacts[i].Name), f)
			case len(f.Built) == 0:
				do(f.Name.String(), f)
			}
		}
	}
}

// jobLog is what the log of a job says of digests, by the names of what has them.
type jobLog struct {
	by      text.Safe
	digests map[string][]string
}

// logs reads the logs of the jobs that ended well, the last ones first. What was read in
// an inspection is not read again: a log does not change.
func (in *inspection) logs(ctx context.Context, st Stage, runs []Run, names []string) []jobLog {
	var out []jobLog
	for _, r := range runs {
		jobs, err := in.e.ports.Forge.Jobs(ctx, st.Repo, r.ID)
		if err != nil {
			in.e.note("stage %s: what the logs of %s #%d say of digests can not be told: %v", st.Name, r.Workflow, r.Number, err)
			continue
		}
		jobs = slices.DeleteFunc(jobs, func(j Job) bool { return j.Conclusion != ConclusionSuccess })
		slices.SortStableFunc(jobs, func(a, b Job) int { return cmp.Or(b.Completed.Compare(a.Completed), cmp.Compare(a.ID, b.ID)) })
		for _, j := range jobs {
			if len(out) == maxLogs {
				return out
			}
			l, err := in.jobLog(ctx, st, r, j, names)
			if err != nil {
				in.e.note("stage %s: what the log of %s says of digests can not be told: %v", st.Name, j.Name, err)
			}
			out = append(out, l)
		}
	}
	return out
}

// jobLog reads the log of one job.
func (in *inspection) jobLog(ctx context.Context, st Stage, r Run, j Job, names []string) (jobLog, error) {
	key := fmt.Sprint(j.ID, names)
	if l, read := in.jobLogs[key]; read {
		return l, nil
	}
	l := jobLog{by: text.Cleanf("the log of %s in %s #%d", j.Name, r.Workflow, r.Number)}
	log, err := in.e.ports.Forge.Log(ctx, st.Repo, j.ID, maxLogLines)
	switch {
	case errors.Is(err, ErrNoLog):
		return l, nil
	case refusedToken(err):
		in.refused = err
		return l, err
	case err != nil:
		return l, err
	}
	l.digests = checks.DigestsInLog(log.Lines, log.Total <= len(log.Lines), names)
	in.jobLogs[key] = l
	return l, nil
}
