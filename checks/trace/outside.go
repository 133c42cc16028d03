package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// documentation is what each package brings of its own into the documentation, and what
// changes with every release: nothing in it is run.
var documentation = regexp.MustCompile(`^/usr/share/(?:doc/[^/]+/(?:changelog|NEWS|README|TODO|copyright)[\w.-]*|man/(?:[\w.@-]+/)?man\d[a-z]*/[^/]+\.gz|lintian/overrides/[^/]+)$`)

// underSystem are the places in which a system runs what it finds, or obeys it, by itself.
var underSystem = regexp.MustCompile(`^/(?:etc/(?:cron[^/]*|anacrontab|init\.d|init|rc[\dS]\.d|profile|profile\.d|bash[^/]*|zsh|environment|environment\.d|sudoers|sudoers\.d|doas\.conf|` +
	`ld\.so[^/]*|pam\.d|pam\.conf|security|ssh|systemd|udev|modprobe\.d|modules|modules-load\.d|apt|dpkg|dbus-1|polkit-1|NetworkManager|network|xdg|update-motd\.d|` +
	`logrotate\.d|inittab|rc\.local|passwd|shadow|group|kernel|initramfs-tools|grub\.d|default/grub)(?:/|$)|` +
	`(?:usr/)?lib/(?:systemd|udev|modprobe\.d|modules-load\.d|security|init|environment\.d|sysusers\.d|tmpfiles\.d|sysctl\.d|[^/]+/security)(?:/|$)|` +
	`usr/share/(?:dbus-1|polkit-1|bash-completion|initramfs-tools|apt)(?:/|$)|(?:usr/(?:local/)?)?lib/python[^/]*/(?:dist|site)-packages/(?:[^/]+\.pth|(?:site|user)customize\.py)$|var/spool/cron)`)

// isDocumentation holds for what a package has outside of its source only for reading.
func isDocumentation(e *entry) bool {
	return e.outside && !e.exec && !e.setid && documentation.MatchString(e.path)
}

// onItsOwn holds for what is run without anybody who asks for it, or as somebody else.
func onItsOwn(f checks.TracedFile) bool {
	return f.Setid || underSystem.MatchString(f.Path)
}

// maxAsked is how many files outside of the source are asked about one by one. A package
// that brings its own copies of what it requires has new ones of some hundreds.
const maxAsked = 40

// gathered puts many files outside of the source together, so that somebody can answer
// for them at once: under the path / and with a name that all of theirs are in.
func gathered(list []checks.Unlike) []checks.Unlike {
	var rest, many []checks.Unlike
	for _, u := range list {
		if u.Verdict == checks.FileOutside && !onItsOwn(u.TracedFile) {
			many = append(many, u)
		} else {
			rest = append(rest, u)
		}
	}
	if len(many) <= maxAsked {
		return list
	}
	slices.SortFunc(many, func(a, b checks.Unlike) int { return strings.Compare(a.Path, b.Path) })
	all := checks.Unlike{TracedFile: checks.TracedFile{Path: "/", Verdict: checks.FileOutside}}
	sum := sha256.New()
	for _, u := range many {
		fmt.Fprintf(sum, "%s %t %q\n", u.Blob, u.Runs, u.Path)
		all.Size += u.Size
		all.Runs = all.Runs || u.Runs
	}
	all.Blob = hex.EncodeToString(sum.Sum(nil))
	slices.SortStableFunc(many, func(a, b checks.Unlike) int { return rank(a) - rank(b) })
	var names []string
	for _, u := range many[:3] {
		names = append(names, text.Clean(u.Path).Clip(80).String())
	}
	all.Why = text.Cleanf("%d files: %s and %d more", len(many), strings.Join(names, ", "), len(many)-len(names))
	return append(rest, all)
}
