"""A long history: what looks back and what takes back, beside git's commands for the same."""

import os
import random
import sqlite3
import subprocess

from device import PREFIX, binaries, wait_until
from gitside import GitSide, environment
from measure import median, run, warm
from workshop import cycle

DEVICES = ("linden", "maple", "rowan", "aspen")
AGENTS = ("scribe", "gardener")
START = 1_700_000_000
# What git's commands are called by in the table.
PEERS = ("--version", "log", "diff", "restore", "revert")
# A file that one early commit touched, and one that every hundredth does.
OLD, BUSY = "seldom.md", "often.md"


def history(workshop):
    """Makes the history, then measures each work in turn with both."""
    commits, files = workshop.options.history_commits, workshop.options.history_files
    device, git = _vault(workshop, commits, files)
    size = f"{commits:,} commits, {files:,} files"
    far, near = "HEAD~1000" if commits > 2_000 else "HEAD~100", "HEAD~10"
    works = {
        "the start alone": (["--version"], ["--version"]),
        "log, first page": (["log", "-n", "20"], ["log", "-20", "--name-only"]),
        "log of a file touched once, long ago": (
            ["log", f"{PREFIX}/{OLD}"], ["log", "--", f"{PREFIX}/{OLD}"]),
        "log of a file touched often": (
            ["log", "-n", "10000", "--all", f"{PREFIX}/{BUSY}"],
            ["log", "--", f"{PREFIX}/{BUSY}"]),
        "diff of ten commits": (["diff", near, "HEAD"], ["diff", near, "HEAD"]),
        "diff of a thousand commits": (
            ["diff", far, "HEAD", "--stat"], ["diff", far, "HEAD", "--stat"]),
        "restore of a file": (
            ["restore", f"{PREFIX}/{BUSY}", "--to", far, "--dry-run"],
            ["restore", f"--source={far}", "--", f"{PREFIX}/{BUSY}"]),
        "rollback of ten commits": (
            ["rollback", near, "--dry-run"],
            ["-c", "advice.mergeConflict=false", "revert", "-n", f"{near}..HEAD"]),
    }  # fmt: skip
    device.start(deadline=300)
    count = len(subprocess.check_output(
        ["git", "--git-dir", device.repository, "rev-list", "sync"]).split())  # fmt: skip
    wait_until(lambda: _indexed(device) >= count, "filling the index", 1800, every=1)
    device.stop()
    for served in (False, True):
        if served:
            device.start(deadline=300)
        for work, (ours, theirs) in works.items():
            _compare(workshop, device, git, f"{work}; {size}", served, ours, theirs)
        if served:
            device.stop()
    workshop.note(
        "history: whole processes, their start included. git has a commit-graph, as its gc writes "
        "one. restore and rollback are dry runs with us; git writes the work tree, which is put "
        "back in between and not counted. With the daemon the command asks it."
    )


def _indexed(device):
    """How many commits the daemon's index has."""
    try:
        with sqlite3.connect(f"file:{device.state}/history.db?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM commits").fetchone()[0]
    except sqlite3.Error:
        return 0


def _compare(workshop, device, git, work, served, ours, theirs):
    """Runs a work with both in turn."""
    pairs = []
    for number in range(workshop.options.rounds + 1):
        warm(f"{device.repository}/objects", f"{device.state}/history.db")
        vault = [] if ours == ["--version"] else ["--config", device.config]
        mine = run([f"{binaries()}/syncctl", *vault, *ours], device.environment)
        warm(f"{git.repository}/objects", f"{git.repository}/index")
        its = git.git("--no-pager", *theirs)
        if theirs[0] not in ("log", "diff"):
            git.git("reset", "-q", "--hard")
        if number > 0:
            pairs.append((mine.wall, its.wall))
    name = f"{work}{', by the daemon' if served else ''}"
    peer = "git " + next(word for word in theirs if word in PEERS)
    workshop.row(name, "time", "s", median([pair[0] for pair in pairs]), peer,
                 median([pair[1] for pair in pairs]))  # fmt: skip


def _vault(workshop, commits, files):
    """A device and a git work tree, each with a copy of one made history."""
    folder = workshop.new_path("tree")
    os.mkdir(folder)
    device = workshop.device(folder)
    workshop.say(f"making {commits:,} commits of {files:,} files")
    feed = subprocess.Popen(
        ["git", "-c", "core.compression=1", "--git-dir", device.repository, "fast-import",
         "--quiet", "--force"],
        stdin=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    for piece in stream(workshop.sample, commits, files):
        feed.stdin.write(piece)
    feed.stdin.close()
    if feed.wait() != 0:
        raise RuntimeError("git fast-import failed")
    git = GitSide(workshop.new_path("tree"))
    subprocess.run(
        ["git", "clone", "-q", "--no-local", device.repository, git.tree], env=environment(),
        check=True,
    )  # fmt: skip
    git.git("commit-graph", "write", "--reachable")
    workshop.say("applying the head")
    cost = cycle(device)
    workshop.say(f"the first cycle took {cost.wall:.1f} s, {cost.rss / 1024**2:.0f} MiB")
    return device, git


def stream(sample, commits, files):
    """The history, piece by piece, as `git fast-import` takes it."""
    chance = random.Random(sample.seed)
    yield b"feature done\n"
    names = [sample.path(number) for number in range(files - 2)] + [OLD, BUSY]
    first = b"".join(_file(name, sample.content(number, size=300))
                     for number, name in enumerate(names))  # fmt: skip
    yield _commit(1, None, None, "linden", None, "added the first files") + first
    tip = 1
    while tip < commits:
        # Now and then two devices commit at once; the last commits stand in a row.
        if tip < commits - 50 and chance.random() < 0.01:
            yield _one(chance, sample, files, tip + 1, tip)[0]
            other, changes = _one(chance, sample, files, tip + 2, tip)
            yield other
            yield _commit(tip + 3, tip + 1, tip + 2, None, None,
                          f"merged {tip + 1} and {tip + 2}") + changes  # fmt: skip
            tip += 3
        else:
            yield _one(chance, sample, files, tip + 1, tip)[0]
            tip += 1
    yield b"done\n"


def _one(chance, sample, files, mark, parent):
    """A commit of one device, and its changes alone."""
    names = _changed(chance, sample, mark, files)
    changes = b"".join(_file(name, sample.content(number, version=mark, size=300))
                       for number, name in enumerate(names))  # fmt: skip
    agent = chance.choice(AGENTS) if chance.random() < 0.3 else None
    head = _commit(mark, parent, None, chance.choice(DEVICES), agent, f"changed {names[0]}")
    return head + changes, changes


def _changed(chance, sample, tip, files):
    """The files that a commit changes: one most of the time."""
    count = chance.choice((1, 1, 1, 2, 3))
    names = [sample.path(chance.randrange(files - 2)) for _ in range(count)]
    if tip == 100:
        names.append(OLD)
    if tip % 100 == 0:
        names.append(BUSY)
    return names


def _file(name, content):
    return b"M 644 inline %s/%s\ndata %d\n%s\n" % (
        PREFIX.encode(), name.encode(), len(content), content)  # fmt: skip


def _commit(mark, parent, other, device, agent, words):
    """The head of a commit; of a merge the device is None."""
    who = (f"{device} <{device}@syncd.invalid>" if device
           else "syncd merge <merge@syncd.invalid>")  # fmt: skip
    time = START + mark * 60
    trailers = f"Sync-Device: {device}\nSync-HLC: {time * 1000}\n" if device else ""
    if agent:
        trailers += f"Sync-Agent: {agent}\n"
    message = f"{words}\n\n{trailers}".encode()
    text = f"commit refs/heads/sync\nmark :{mark}\nauthor {who} {time} +0000\n"
    text += f"committer {who} {time} +0000\ndata {len(message)}\n"
    head = text.encode() + message
    if parent is not None:
        head += f"from :{parent}\n".encode()
    if other is not None:
        head += f"merge :{other}\n".encode()
    return head
