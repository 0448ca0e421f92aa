"""The first commit of a tree: one cycle of syncd on a new vault, beside init, add and commit."""

import os

from gitside import DURABLE, GitSide, objects
from measure import median, warm
from workshop import cycle

# git with fsync takes minutes for more.
MOST_DURABLE = 20_000


def first_commit(workshop):
    """Measures each size; git as it comes (not durable) and, for a small one, git with fsync."""
    for count in workshop.options.first_commit:
        tree, size = workshop.tree(count)
        workshop.say(f"{count:,} files, {size / 1e6:.0f} MB")
        peers = {"git add + commit": ()}
        if count <= MOST_DURABLE:
            peers["the same with fsync"] = DURABLE
        ours, theirs = [], {peer: [] for peer in peers}
        for _ in range(workshop.options.rounds):
            ours.append(_ours(workshop, tree))
            for peer, options in peers.items():
                theirs[peer].append(_git(workshop, tree, options))
        work = f"first commit, {count:,} files"
        for peer, costs in theirs.items():
            _row(workshop, work, "time", "s", lambda cost: cost.wall, ours, peer, costs)
        plain = theirs["git add + commit"]
        peer = "git add + commit"
        _row(workshop, work, "CPU", "s", lambda cost: cost.cpu, ours, peer, plain)
        _row(workshop, work, "peak RSS", "bytes", lambda cost: cost.rss, ours, peer, plain)
        packs, loose, stored = ours[-1][1]
        git_packs, git_loose, git_stored = plain[-1][1]
        workshop.row(work, "repository on disk", "bytes", stored, peer, git_stored)
        workshop.row(work, "files of objects", "", packs + loose, peer, git_packs + git_loose)
        workshop.note(
            f"{work}: syncd made {packs} pack(s) and {loose} loose objects, durable (fsync of "
            f"pack, index and directory); git as it comes makes {git_loose:,} loose objects, "
            "which it does not fsync; with fsync is core.fsync=all, core.fsyncMethod=batch."
        )


def _row(workshop, work, measure, unit, key, ours, peer, theirs):
    values = [median([key(cost) for cost, _ in side]) for side in (ours, theirs)]
    workshop.row(work, measure, unit, values[0], peer, values[1])


def _ours(workshop, tree):
    device = workshop.device(tree)
    warm(tree)
    cost = cycle(device)
    kept = objects(device.repository)
    # What a round wrote is on disk before the next one begins. It is not removed: on some file
    # systems that takes longer than all the rest.
    os.sync()
    return cost, kept


def _git(workshop, tree, options=()):
    git = GitSide(tree, workshop.new_path("g"), options)
    warm(tree)
    cost = git.init() + git.commit_all()
    kept = objects(git.repository)
    os.sync()
    return cost, kept
