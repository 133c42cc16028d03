// Package registry reads what has been published: the files of a PyPI project, the
// tags of an image, a .deb at its URL, a GitHub release.
//
// It only ever sends GET and HEAD, to the places that a plan names, as anybody: no
// token, no password, no credential helper. What is not there is an answer; what
// can not be seen is an error.
package registry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// Options are what a Shelf needs of the world.
type Options struct {
	// Transport answers the requests; nil is DefaultTransport. It must not be
	// one that adds a token: what it is asked goes to hosts of all kinds.
	Transport http.RoundTripper
	// Clock waits between tries; nil is the machine's own.
	Clock release.Clock
	// Emit is told of Retrying and Recovered; it may be nil.
	Emit func(release.Event)
	// Trace is told of every request, from any goroutine; it may be nil.
	Trace func(release.Request)
	// UserAgent says who asks, with a version, such as "twokey/1.0".
	UserAgent string
	// Releases reads the GitHub release of a tag. It retries by itself.
	Releases func(ctx context.Context, repo release.Repo, tag string) (checks.Published, error)
	// Assets lists the files of the GitHub release of a tag. It retries by itself.
	Assets func(ctx context.Context, repo release.Repo, tag string) ([]release.File, error)
	// Key reads the file of OpenPGP keys at a path of a commit.
	Key func(ctx context.Context, repo release.Repo, commit, path string) ([]byte, error)
	// Archive are the keys of every apt repository of a rehearsal, in which no key of a
	// real one signs; nil in the real world, where a plan's commit holds them.
	Archive func(ctx context.Context) ([]byte, error)
	// Seed spreads the waits between tries.
	Seed int64
}

// Shelf reads what has been published. It implements release.Shelf and is safe for
// use from several goroutines.
type Shelf struct {
	o Options

	mu   sync.Mutex
	rand *rand.Rand
	// plainLoopback lets an apt repository on this machine be asked without encryption.
	// Only a test of this package can say so.
	plainLoopback bool
	// trouble holds after a read that was retried and given up, until one goes well.
	trouble bool
}

// New makes a Shelf.
func New(o Options) *Shelf {
	if o.Transport == nil {
		o.Transport = DefaultTransport()
	}
	if o.Clock == nil {
		o.Clock = release.SystemClock{}
	}
	if o.Emit == nil {
		o.Emit = func(release.Event) {}
	}
	seed := uint64(o.Seed)
	return &Shelf{o: o, rand: rand.New(rand.NewPCG(seed, seed))}
}

// DefaultTransport is a transport of its own, with time-outs for every step before
// the body; each try as a whole has one, too.
func DefaultTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  30 * time.Second,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 1 << 20,
		ForceAttemptHTTP2:      true,
	}
}

// reader reads one kind of artifact, once. It fills in p.
type reader func(ctx context.Context, a release.Artifact, p *checks.Published) error

// Look reads what stands under the artifact's name now. An error says which place
// answered what, and what to do.
func (s *Shelf) Look(ctx context.Context, a release.Artifact) (checks.Published, error) {
	var read reader
	switch a.Kind {
	case release.KindPyPI:
		read = s.pypi
	case release.KindImage:
		read = s.image
	case release.KindDeb:
		read = s.deb
	case release.KindApt:
		return s.apt(ctx, a)
	case release.KindGitHubRelease:
		return s.githubRelease(ctx, a)
	default:
		return checks.Published{}, lookError(a, fmt.Errorf("no such kind of artifact"))
	}
	var p checks.Published
	err := s.try(ctx, text.Cleanf("look for %s", a), func(ctx context.Context) error {
		p = checks.Published{Artifact: text.Clean(a.String()), Mutable: a.Mutable}
		return read(ctx, a, &p)
	})
	if err != nil {
		return checks.Published{}, lookError(a, err)
	}
	return p, nil
}

// githubRelease asks the code host's adapter, which has a token and its own way to
// retry.
func (s *Shelf) githubRelease(ctx context.Context, a release.Artifact) (checks.Published, error) {
	if s.o.Releases == nil {
		return checks.Published{}, lookError(a, errors.New("nothing here can read GitHub releases"))
	}
	p, err := s.o.Releases(ctx, a.Repo, a.Name)
	if err != nil {
		return checks.Published{}, lookError(a, err)
	}
	p.Artifact, p.Mutable = text.Clean(a.String()), a.Mutable
	return p, nil
}

// lookError is the error of a Look.
func lookError(a release.Artifact, err error) error {
	return &release.Error{Kind: release.KindOf(err), Op: text.Cleanf("look for %s", a).String(), Err: err}
}

// hinted adds the next step to an error.
func hinted(err error, format string, args ...any) error {
	return &release.Error{Err: err, Hint: text.Cleanf(format, args...).String()}
}

// misnamed is the error of an artifact that the plan names in a way that can not
// be looked up.
func misnamed(err error) error {
	return &release.Error{Kind: release.KindUsage, Err: shown{err}, Hint: "correct its name in " + release.PlanFileName}
}

// forbidden is an answer that wraps release.ErrForbidden without saying it twice.
type forbidden struct{ error }

// Is implements errors.Is.
func (forbidden) Is(target error) bool { return target == release.ErrForbidden }

// shown is an error whose text comes from outside, made safe to show.
type shown struct{ error }

// Error is the cause on one line, cut where it gets long.
func (e shown) Error() string { return text.Clean(e.error.Error()).Clip(300).String() }

// Unwrap gives the cause.
func (e shown) Unwrap() error { return e.error }

// brief is an error of the network in few words.
type brief struct{ error }

// Error is what is at the bottom of the cause.
func (e brief) Error() string { return release.RootCause(e.error).String() }

// Unwrap gives the cause.
func (e brief) Unwrap() error { return e.error }
