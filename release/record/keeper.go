package record

import "twokey/release"

// Keeper opens the record of a plan in the user's own folder, at the time of clock.
// It has the form that release.Ports.OpenJournal wants.
func Keeper(getenv func(string) string, rehearsal bool, clock release.Clock) func(release.Plan) (release.Journal, error) {
	return func(p release.Plan) (release.Journal, error) {
		dir, err := Dir(getenv, rehearsal)
		if err != nil {
			return nil, err
		}
		j, err := Open(dir, p, clock.Now())
		if err != nil {
			return nil, err // not j: a nil *Journal is not a nil release.Journal
		}
		return j, nil
	}
}
