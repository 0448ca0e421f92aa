"""A program that is ended, or refused, at one system call of its own choosing."""

import collections
import os
import re
import subprocess

from device import binaries

# What changes something outside of the process, and may fail for want of room or by a bad disk.
CALLS = (
    "write", "pwrite64", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
    "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "ftruncate", "fallocate",
    "fsync", "fdatasync", "fchmod",
)  # fmt: skip
# How a call is refused.
ERRORS = {
    "ENOSPC": {"write", "pwrite64", "rename", "renameat2", "link", "linkat", "mkdir", "symlink",
               "symlinkat", "ftruncate", "fallocate", "fsync", "fdatasync"},
    "EIO": set(CALLS),
    "EACCES": {"rename", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "rmdir"},
    "EINTR": {"write", "pwrite64", "fsync", "ftruncate", "fallocate"},
}  # fmt: skip
LINE = re.compile(r"^(\d+) +([a-z0-9]+)\(")


def is_allowed():
    """Whether this machine lets a process follow another."""
    done = subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "true"], check=False, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def run(device, words, *options):
    """Runs a program of a device under strace; gives its exit code and what it said."""
    program, *rest = words
    done = subprocess.run(
        ["strace", "-f", "-qq", *options, f"{binaries()}/{program}", *rest],
        env=device.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=120, check=False, encoding="utf-8",
        errors="surrogateescape")  # fmt: skip
    device.note(done.returncode, " ".join(words))
    return done.returncode, done.stdout


def points(device, words, top):
    """Runs it to its end; gives the code, and each call with its number among those of a thread."""
    log = f"{top}/calls.log"
    code, said = run(device, words, "-o", log, "-e", f"trace={','.join(CALLS)}")
    counts = collections.Counter()
    with open(log, encoding="utf-8", errors="replace") as lines:
        for match in filter(None, map(LINE.match, lines)):
            counts[match.groups()] += 1
    os.unlink(log)
    most = collections.Counter()
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    return code, said, [(call, n) for call in sorted(most) for n in range(1, most[call] + 1)]


def faults(found):
    """Each point with each thing that may happen there."""
    for call, number in found:
        yield call, number, "KILL"
        for error, calls in ERRORS.items():
            if call in calls:
                yield call, number, error


def run_with(device, words, call, number, fault):
    """Runs it with a fault at a call; gives its exit code and what it said."""
    what = "signal=KILL" if fault == "KILL" else f"error={fault}"
    return run(
        device, words, "-o", "/dev/null", "-e", f"trace={call}",
        "-e", f"inject={call}:{what}:when={number}")  # fmt: skip
