package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"twokey/checks/version"
)

// maxNear is how many releases are named to somebody who named none.
const maxNear = 3

// released makes the plan of a release that exists, named as people do: by its version,
// also with a v before it, or by its tag. Without a word it is the newest. It emits
// PlanReady. Only reads are sent, and few: neither what goes on is read, nor what is left
// to do.
func (e *Engine) released(ctx context.Context, repo Repo, word string) (Plan, error) {
	s, err := e.surveyNames(ctx, repo)
	if err != nil {
		return Plan{}, err
	}
	if word == "" {
		if word, err = s.newest(); err != nil {
			return Plan{}, e.hintInWorld(err)
		}
	}
	v, err := s.named(word)
	if err != nil {
		return Plan{}, &Error{Kind: KindUsage, Err: err, Hint: e.near(s, word)}
	}
	line := s.lineOf(v)
	claim, err := e.firstClaim(ctx, s, v, line)
	if KindOf(err) == KindUsage { // its tag is not there
		err = &Error{Kind: KindUsage, Op: "verify " + v.String(), Err: fmt.Errorf("%s has no such release", s.Repo), Hint: e.near(s, v.String())}
	}
	if err != nil {
		return Plan{}, err
	}
	p, err := e.replanned(ctx, s, v, line, claim)
	if err != nil {
		return Plan{}, err
	}
	e.planned(p)
	return p, nil
}

// Unsettled tells whether a stage of the release that Verify or ExplainFile was asked of was
// claimed so short ago that CI may still go on: what is not there may come. No run is read
// for that.
func (e *Engine) Unsettled() bool {
	for _, c := range e.claims {
		if age := e.Now().Sub(c.At); !c.At.IsZero() && age < longPast && age > -longPast {
			return true
		}
	}
	return false
}

// newest is the newest version that was released.
func (s Survey) newest() (string, error) {
	i := slices.IndexFunc(s.Lines, func(l LineSurvey) bool { return l.Last != "" })
	if i < 0 {
		return "", &Error{Kind: KindUsage, Op: "verify", Err: fmt.Errorf("%s has no release yet", s.Repo), Hint: "name the version: `twokey verify VERSION`"}
	}
	return s.Lines[i].Last, nil
}

// named is the version that a word means: one of the project's, or a tag of one.
func (s Survey) named(word string) (version.Version, error) {
	word = strings.TrimPrefix(strings.TrimSpace(word), "refs/tags/")
	v, err := version.Parse(s.file.Scheme, word)
	if err == nil {
		return v, nil
	}
	if of, ok := version.FromTag(s.file.Tag, s.file.Scheme, word); ok {
		return of, nil
	}
	if rest := strings.TrimLeft(word, "vV"); len(rest) == len(word)-1 {
		if of, err := version.Parse(s.file.Scheme, rest); err == nil {
			return of, nil
		}
	}
	return v, err
}

// lineOf is the line that a version is of. The branch of an old release may be gone: it
// was of it all the same.
func (s Survey) lineOf(v version.Version) string {
	for _, l := range s.Lines {
		if onLine(s.file.Lines, v, l.Line) {
			return l.Line
		}
	}
	return Expand(s.file.Lines, Fields{Version: v})
}

// near is a hint that names the releases which somebody may have meant.
func (e *Engine) near(s Survey, word string) string {
	found := s.nearest(word)
	switch _, err := s.named(word); {
	case len(found) == 0:
		return "it has no release yet; see what there is with " + e.anew("status")
	case err != nil:
		return fmt.Sprintf("its newest %s %s: %s", are(found), inWords(found), e.anew("verify %s", found[0]))
	}
	return fmt.Sprintf("nearest to it %s %s: %s", are(found), inWords(found), e.anew("verify %s", found[0]))
}

// nearest are the releases that are nearest to a word, the likeliest first: those that
// begin with it, then the ones beside it. Of a word that is no version they are the
// newest.
func (s Survey) nearest(word string) []string {
	all := taggedVersions(s.file, s.tags)
	slices.SortFunc(all, func(a, b tagVersion) int { return b.version.Compare(a.version) })
	v, err := s.named(word)
	if err != nil {
		return namesOf(all[:min(len(all), maxNear)])
	}
	var begin, below, above []tagVersion
	for _, r := range all {
		switch {
		case strings.HasPrefix(r.version.String(), v.String()+"."):
			begin = append(begin, r)
		case r.version.Compare(v) > 0:
			above = append([]tagVersion{r}, above...)
		default:
			below = append(below, r)
		}
	}
	out := begin
	for i := range maxNear {
		out = append(out, below[min(i, len(below)):min(i+1, len(below))]...)
		out = append(out, above[min(i, len(above)):min(i+1, len(above))]...)
	}
	return namesOf(out[:min(len(out), maxNear)])
}

func namesOf(list []tagVersion) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.version.String())
	}
	return out
}
