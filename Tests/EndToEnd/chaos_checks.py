"""What has to hold in a run of chaos: while it goes on, when all is well again, and at the end."""

import collections
import json
import os
import random
import re
import subprocess
import threading
import time

import chaos_records
import trees
from device import wait_until

PREFIX = "shared"
# An edit that is older than this has been noticed, on a machine that is busy with other things too.
NOTICED = 2.0
# How long all may take to be in sync again once nothing is wrong any more.
HEALING = 90.0
# For how long nothing may happen then, looked at so many times.
QUIET, WINDOWS = 4.0, 8
# What a daemon may have at most: bytes of memory, and descriptors, each pack being one or two.
MEMORY, FILES = 200 << 20, 256
# A line of the log that says the same again, for each time that something went wrong.
LINES, LINES_A_FAULT = 30, 3


class Sampler(threading.Thread):
    """Asks daemons now and then; what they say of being in sync has to be so."""

    def __init__(self, users, remote, seed):
        super().__init__(daemon=True)
        self.users, self.remote = users, remote
        self.chance = random.Random(seed)
        self.faults, self.samples, self.claims, self.slowest = [], 0, 0, 0.0
        self.over = threading.Event()

    def run(self):
        """Until `over` is set."""
        while not self.over.wait(self.chance.random() * 0.5):
            user = self.chance.choice(self.users)
            process = user.device.process
            try:
                if time.monotonic() - user.edited > NOTICED or self.chance.random() < 0.2:
                    self.sample(user)
            except (AssertionError, OSError) as error:
                # A daemon that is killed in the middle of an answer has none.
                if not self._has_ended(user.device, process):
                    self.faults.append(f"sampling: {error}")

    @staticmethod
    def _has_ended(device, process):
        """Whether a daemon was killed: its sockets close before it counts as ended."""
        if process is None:
            return True
        try:
            process.wait(1)
            return True
        except subprocess.TimeoutExpired:
            return device.process is not process

    def sample(self, user):
        """Asks the daemon of one user."""
        edits, since = user.edits, time.monotonic() - user.edited
        if edits % 2 or not user.device.running():
            return
        began = time.monotonic()
        status = user.device.status()
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.samples += 1
        if status["state"] != "in-sync" or since < NOTICED:
            return
        try:
            folder = trees.folder_tree(user.device.folder)
        except OSError:
            # An update is being applied.
            return
        remote_head = trees.head(self.remote.repository) if self.remote.is_there else None
        held = self._held(user) if status["quarantined"] else []
        again = user.device.status()
        if edits != user.edits or (again["state"], again["head"]) != ("in-sync", status["head"]):
            return
        self.claims += 1
        head = status["head"]
        tree = trees.commit_tree(user.device.repository, head, PREFIX)
        words = trees.differences(without(folder, held), without(tree, held))
        if words:
            self._fault(user, f"says in-sync with {head[:8]}, and the folder differs: {words}")
        if remote_head and remote_head != head and not self._reaches(remote_head, head):
            self._fault(user, f"says in-sync with {head[:8]}, the remote is at {remote_head[:8]}")

    def _held(self, user):
        listed = json.loads(user.device.ctl("held", "--json", expect=None).stdout or "[]")
        return [os.fsencode(one["path"].removeprefix(f"{PREFIX}/")) for one in listed]

    def _reaches(self, newer, older):
        base = trees.git(self.remote.repository, "merge-base", newer, older, check=False)
        return base.decode().strip() == older

    def _fault(self, user, words):
        user.say(f"UNTRUE: {words}")
        self.faults.append(f"{user.name} {words}")


def without(tree, held):
    """A tree without what is held back, and without temporary files that no commit has."""
    return {
        path: leaf for path, leaf in tree.items()
        if not re.fullmatch(rb"\..*\.swp", path.rpartition(b"/")[2])
        and not any(path == one or path.startswith(one + b"/") for one in held)
    }  # fmt: skip


def synced(folder):
    """What of a folder has to be in a commit."""
    return without(trees.folder_tree(folder), [])


def at_rest(users, remote):
    """Why not all are in sync and equal, in words; none when they are."""
    tip = trees.head(remote.repository)
    right = trees.commit_tree(remote.repository, "refs/heads/sync", PREFIX)
    words = []
    for user in users:
        status = user.device.status()
        said = {key: status[key] for key in ("state", "head", "remote_head", "pending",
                                             "quarantined", "notices")}  # fmt: skip
        said["error"] = status["sync_health"]["last_error"]
        if status["quarantined"]:
            held = user.device.ctl("held", "--json", expect=None).stdout.split()
            words.append(f"{user.name}: held back, though nothing is in the way: {' '.join(held)}")
        if status["state"] not in ("in-sync", "conflicts"):
            words.append(f"{user.name}: {said}")
        elif status["head"] != tip or status["remote_head"] != tip:
            words.append(f"{user.name}: the remote is at {tip}: {said}")
        try:
            words += [f"{user.name}, folder and remote: {line}"
                      for line in trees.differences(synced(user.device.folder), right)]
        except OSError as error:
            words.append(f"{user.name}: {error}")
    return words


def stored(user, word):
    """Where a token that no reference reaches is all the same, in words."""
    token, repository = user.ledger.tokens[word], user.device.repository
    asked = "".join(f"{blob}\n" for blob in token.blobs).encode()
    lines = trees.git(repository, "cat-file", "--batch-check", stdin=asked).decode().splitlines()
    return [line.split()[0] for line in lines if " blob " in line]


def lost(users, remote, ledger):
    """Tokens that are nowhere, in words."""
    found = trees.tokens_in_history(remote.repository)
    for user in users:
        found |= trees.tokens_in_history(user.device.repository)
        found |= trees.tokens_in_folder(user.device.folder)
    words = []
    for word in sorted(ledger.demanded() - found):
        token = ledger.tokens[word]
        unreached = [f"{user.name} has {blob[:8]}" for user in users for blob in stored(user, word)]
        where = f"; no reference reaches it, but {', '.join(unreached)}" if unreached else ""
        words.append(f"lost: {word.decode()} of {token.user} in {token.path}{where}")
    return words


def unequal(users, records, ledger, remote):
    """What does not stand as its only writer left it, in words."""
    tree = trees.commit_tree(remote.repository, "refs/heads/sync", PREFIX)
    place = chaos_records.PLACE
    words = [word for word in ledger.wrong(tree) if not word.startswith(f"{place}:")]
    words += [f"{os.fsdecode(path)}: a name of the daemon's own was committed"
              for path in tree if b".syncd-" in path]  # fmt: skip
    content = users[0].device.read(place)
    return words + chaos_records.wrong(content or b"", records)


def unsound(users, remote):
    """What git's check says of the repositories, in words."""
    words = []
    for name, place in [("remote", remote.repository)] + [
            (user.name, user.device.repository) for user in users]:  # fmt: skip
        try:
            # A running daemon may be making one pack of many: git's fsck does not look twice.
            wait_until(lambda place=place: trees.fsck(place) == [], "", 20, 1)
        except AssertionError:
            words += [f"fsck of {name}: {line}" for line in trees.fsck(place)[:5]]
    return words


def restless(users, remote):
    """What changes although nobody does anything, in words."""

    def picture():
        seen = {"remote": trees.git(remote.repository, "show-ref")}
        for user in users:
            seen[f"{user.name}'s references"] = trees.git(user.device.repository, "show-ref")
            for place in (user.device.folder, f"{user.device.state}"):
                for top, _, names in os.walk(place):
                    for name in names:
                        status = os.lstat(f"{top}/{name}")
                        seen[f"{top}/{name}"] = status.st_ino, status.st_mtime_ns, status.st_size
        return seen

    # Devices tell a server some polls later how far they are, and others write that down; what
    # goes on for ever is found each time.
    for _ in range(WINDOWS):
        before = picture()
        time.sleep(QUIET)
        after = picture()
        if before == after:
            return []
    return [f"not quiet: {name} changed: {before.get(name)} to {after.get(name)}"
            for name in sorted(set(before) | set(after)) if before.get(name) != after.get(name)
            ][:10]  # fmt: skip


def flood(user, faults):
    """Lines that the daemon said too often, numbers and names of commits aside, in words."""
    counts = collections.Counter()
    with open(user.device.log, encoding="utf-8", errors="replace") as file:
        for line in file:
            if re.search(r"warning|error", line):
                counts[re.sub(r"\b[0-9a-f]{7,40}\b|\d+", "#", line[9:].strip())] += 1
    most = LINES + LINES_A_FAULT * faults
    return [f"{user.name}: {count} times in the log: {line}"
            for line, count in counts.most_common() if count > most]  # fmt: skip
