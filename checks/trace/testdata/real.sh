#!/bin/sh
# Holds a published archive against a commit with nothing but tar, unzip, dpkg-deb, git
# and awk, and prints what it counted: the golden that TestReal holds the tracer against.
# It shares no code with the tracer, and knows no shapes: what a build made is "other" or
# "neither" here.
#
#   sh real.sh FORM ARCHIVE GIT-DIR TAG PROJECT VERSION REPOSITORY PACKAGE [FROM=TO ...]
#
# FORM is sdist, wheel or deb. What lies below FROM in the archive lies below TO in the
# commit. Each line is: what was found, type (f file, x executable, l link), git's name for
# the content, size in bytes, path. What was found is one of
#   same       the commit has this content under this path
#   other      the commit has another content under this path
#   elsewhere  the commit has this content, but nothing under this path
#   neither    the commit has neither
#   missing    the commit has it, and the archive has not (of an sdist only)
#   tree       a file of the commit that one of the lines above is about
# Of the commit's own files the type is git's mode.
set -eu
export LC_ALL=C
form=$1 archive=$2 git=$3 tag=$4 project=$5 version=$6 repository=$7 package=$8
shift 8
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
mkdir "$dir/x"
case $form in
sdist) tar -xf "$archive" -C "$dir/x" --strip-components=1 ;;
wheel) unzip -q "$archive" -d "$dir/x" ;;
deb) dpkg-deb -x "$archive" "$dir/x" && dpkg-deb -e "$archive" "$dir/x/DEBIAN" ;;
esac
(
	cd "$dir/x"
	find . -type f -printf '%P\n' | sort >../files
	git hash-object --no-filters --stdin-paths <../files >../hashes
	while read -r p; do
		type=f && [ -x "$p" ] && type=x
		[ -u "$p" ] && type=x
		stat -c "$type	%s" "$p"
	done <../files >../stats
	paste ../stats ../hashes ../files | awk -F'\t' -v OFS='\t' '{print $1, $3, $2, $4}' >../members
	find . -type l -printf '%P\n' | sort | while read -r p; do
		printf 'l\t%s\t%s\t%s\n' "$(readlink -n "$p" | git hash-object --stdin)" "$(readlink -n "$p" | wc -c)" "$p"
	done >>../members
)
git --git-dir "$git" ls-tree -r -l --full-tree -z "$tag" | tr '\0' '\n' | awk -F'\t' -v OFS='\t' '{split($1, a, / +/); if (a[2] != "commit") print a[1], a[3], a[4], $2}' >"$dir/tree"
echo "# package: $package"
echo "# file: $(basename "$archive")"
echo "# sha256: $(sha256sum <"$archive" | cut -d' ' -f1)"
echo "# form: $form"
echo "# project: $project"
echo "# version: $version"
echo "# repository: $repository"
echo "# tag: $tag"
echo "# commit: $(git --git-dir "$git" rev-parse "$tag^{commit}")"
[ $# = 0 ] || echo "# below: $*"
awk -F'\t' -v OFS='\t' -v form="$form" -v places="$*" '
BEGIN { count = split(places, place, " ") }
NR == FNR { mode[$4] = $1; hash[$4] = $2; size[$4] = $3; if (!($2 in first)) first[$2] = $4; next }
{
	at = $4
	if (index(at, "DEBIAN/") == 1) at = "debian/" substr(at, 8)
	for (i = 1; i <= count; i++) {
		split(place[i], ends, "=")
		if (index($4, ends[1]) == 1) at = ends[2] substr($4, length(ends[1]) + 1)
	}
	link = (mode[at] == "120000")
	if (at in hash && hash[at] == $2 && link == ($1 == "l")) { what = "same"; need[at] }
	else if (at in hash) { what = "other"; need[at] }
	else if ($2 in first && $1 != "l") { what = "elsewhere"; need[first[$2]] }
	else what = "neither"
	taken[at]
	print what, $0
}
END {
	for (p in hash) {
		if (form == "sdist" && !(p in taken)) print "missing", mode[p], hash[p], size[p], p
		if (p in need) print "tree", mode[p], hash[p], size[p], p
	}
}' "$dir/tree" "$dir/members" | sort -t'	' -k1,1 -k5,5
