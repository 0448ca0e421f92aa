"""Two trees that differ in ten files each: a merge commit beside `git merge-tree`."""

import os
import shutil
import subprocess

from device import binaries
from gitside import DURABLE, environment
from measure import median, run, warm

CHANGED = 10


def tree_merge(workshop):
    """Measures each size; every merge has a copy of the repository to itself."""
    for count in workshop.options.tree_merge:
        workshop.say(f"writing a repository of {count:,} files")
        source = workshop.new_path("r")
        one, other = _repository(source, count)
        rounds = range(workshop.options.rounds + 4)
        copies = [_copy(workshop, source) for _ in rounds]
        sides = [
            _ours([_copy(workshop, source), *copies], one, other)[1:],
            [_git(_copy(workshop, source), (), one, other) for _ in rounds],
            [_git(_copy(workshop, source), DURABLE, one, other) for _ in rounds],
        ]
        trees = {tree for side in sides for _, tree in side}
        if len(trees) != 1:
            raise RuntimeError(f"{count:,} files: other trees: {', '.join(sorted(trees))}")
        work = f"merge of two trees, {CHANGED} of {count:,} files changed in each"
        ours, plain, durable = (median([seconds for seconds, _ in side]) for side in sides)
        workshop.row(work, "time", "s", ours, "git merge-tree", plain)
        workshop.row(work, "time", "s", ours, "git merge-tree, fsync", durable)
    workshop.note(
        "merge of two trees: ours is a durable merge commit, made as the daemon makes it, in a "
        "process that merged before and has the repository open; git's is `git merge-tree "
        "--write-tree`, a process each time, which makes no commit. Both come to the same tree."
    )


def _repository(path, count):
    """Makes a bare repository with a base and two commits upon it; gives the two."""
    subprocess.run(["git", "init", "-q", "--bare", path], env=environment(), check=True)
    command = ["git", "-C", path, "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment()) as git:
        _commit(git.stdin, 1, ((number, "base") for number in range(count)))
        step = count // CHANGED
        for mark, word, shift in ((2, "one", 0), (3, "other", 7)):
            _commit(git.stdin, mark, ((i * step + shift, word) for i in range(CHANGED)))
    if git.returncode:
        raise RuntimeError(f"git fast-import: exit {git.returncode}")
    words = ["git", "-C", path, "rev-parse", "branch-2", "branch-3"]
    return subprocess.run(
        words, env=environment(), check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()


def _commit(stream, mark, files):
    """Writes a commit for fast-import: of each file its number and a word that goes into it."""
    stream.write(
        f"commit refs/heads/branch-{mark}\nmark :{mark}\n"
        f"committer bench <bench@invalid> {1_700_000_000 + mark} +0000\ndata 0\n".encode()
    )
    if mark > 1:
        stream.write(b"from :1\n")
    for number, word in files:
        directory = f"{number // 10_000:03}/{number // 100 % 100:02}"
        content = f"note {number}\n{word}\n"
        stream.write(
            f"M 100644 inline notes/{directory}/{number % 100:02}.md\n"
            f"data {len(content)}\n{content}\n".encode()
        )


def _copy(workshop, source):
    """A copy of the repository that nobody merged in, on the disk."""
    copy = workshop.new_path("c")
    shutil.copytree(source, copy)
    # What was copied is on its way to the disk: nobody shall wait for that in our stead.
    os.sync()
    return copy


def _ours(copies, one, other):
    """Merges in each copy; gives the seconds and the tree of each."""
    warm(*copies)
    words = [f"{binaries()}/merge-commits", one, other, *copies]
    output = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [line.split() for line in output.splitlines()]
    return [(float(seconds), tree) for seconds, tree in lines]


def _git(copy, options, one, other):
    """Merges in the copy with git; gives the seconds and the tree."""
    words = ["git", *options, "-C", copy, "merge-tree", "--write-tree", one, other]
    warm(copy)
    seconds = run(words, environment()).wall
    tree = subprocess.run(
        words, env=environment(), check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    return seconds, tree
