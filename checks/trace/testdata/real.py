#!/usr/bin/env python3
"""Computes what a published archive has in common with a commit, without twokey.

    real.py FORM ARCHIVE GITDIR COMMIT [FROM=TO ...] > testdata/NAME.txt

FORM is sdist, wheel or deb. FROM=TO says that what is below FROM in the archive lies
below TO in the commit; without any, everything lies as it is. It needs git, tar, unzip
or dpkg-deb, and Python's standard library. Lines of the output:

    # counts same N modified N moved N neither N missing N
    t MODE SIZE BLOB PATH     what the commit has, as far as it matters
    m SIZE BLOB PATH          what the archive has

BLOB is the beginning of git's name for the content. same: path and content; modified:
path, other content; moved: content elsewhere; neither; missing: the commit's, in a
source distribution alone.
"""
import hashlib, os, subprocess, sys, tempfile

SHORT = 16


def blob(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def unpack(form, archive, into):
    if form == "sdist":
        subprocess.run(["tar", "-xf", archive, "-C", into, "--strip-components=1"], check=True)
    elif form == "wheel":
        subprocess.run(["unzip", "-q", archive, "-d", into], check=True)
    else:
        subprocess.run(["dpkg-deb", "-x", archive, into], check=True)


def members(root):
    for base, dirs, files in os.walk(root):
        for name in files + [d for d in dirs if os.path.islink(os.path.join(base, d))]:
            path = os.path.join(base, name)
            if os.path.islink(path):
                content = os.readlink(path).encode()
            else:
                with open(path, "rb") as f:
                    content = f.read()
            yield os.path.relpath(path, root), content


def tree(git, commit):
    out = subprocess.run(["git", "--git-dir", git, "ls-tree", "-r", "-l", "-z", commit], check=True, capture_output=True).stdout
    for line in out.decode().split("\0")[:-1]:
        head, path = line.split("\t", 1)
        mode, kind, sha, size = head.split()
        if kind == "blob":
            yield path, (mode, int(size), sha)


def main():
    form, archive, git, commit = sys.argv[1:5]
    maps = [m.split("=") for m in sys.argv[5:]] or [["", ""]]
    have = dict(tree(git, commit))
    shas = {v[2] for v in have.values()}
    counts = dict.fromkeys(["same", "modified", "moved", "neither", "missing"], 0)
    rows, taken, matter = [], set(), set()
    with tempfile.TemporaryDirectory() as into:
        unpack(form, archive, into)
        for path, content in sorted(members(into)):
            sha = blob(content)
            rows.append((path, len(content), sha))
            at = [to + path[len(frm):] for frm, to in maps if path.startswith(frm)]
            if any(p in have and have[p][2] == sha for p in at):
                counts["same"] += 1
            elif any(p in have for p in at):
                counts["modified"] += 1
            elif sha in shas:
                counts["moved"] += 1
            else:
                counts["neither"] += 1
            taken.update(p for p in at if p in have)
            matter.add(sha)
    if form == "sdist":
        counts["missing"] = len(set(have) - taken)
    with open(archive, "rb") as f:
        print("# %s, sha256 %s" % (os.path.basename(archive), hashlib.sha256(f.read()).hexdigest()))
    print("# counts " + " ".join("%s %d" % c for c in counts.items()))
    for path, (mode, size, sha) in sorted(have.items()):
        if form == "sdist" or path in taken or sha in matter:
            print("t %s %d %s %s" % (mode, size, sha[:SHORT], path))
    for path, size, sha in rows:
        print("m %d %s %s" % (size, sha[:SHORT], path))


main()
