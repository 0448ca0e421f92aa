"""The user of one device in a run of chaos, who keeps the books of what stood on the disk."""

import contextlib
import json
import os
import threading
import time

import trees
from chaos_records import Records

SHARED = [
    "documents/doc-0.md", "documents/doc-1.md", "documents/doc-2.md", "documents/deep/er/doc-3.md",
    "documents/box-0", "documents/box-1", "settings/app.json", "files/blob.dat", "files/plain.txt",
]  # fmt: skip


def own(name):
    """The paths that one device alone touches."""
    return [
        f"documents/own-{name}/a.md", f"documents/own-{name}/b.md", f"documents/own-{name}/box",
        f"documents/own-{name}/far/c.md", f"settings/own-{name}.json", f"files/own-{name}.dat",
    ]  # fmt: skip


class Hold:
    """A program that has a file open and writes to it now and then."""

    def __init__(self, user, path):
        self.user, self.path = user, path
        self.file = open(user.full(path), "ab", buffering=0)
        # Whether the user has taken the file's last name away, so that what it gets is nowhere.
        self.is_orphan = False

    def stands(self):
        """Where the file is by now: it may have been renamed. Beside the folder its old path."""
        now = os.readlink(f"/proc/self/fd/{self.file.fileno()}")
        path = os.path.relpath(now, self.user.device.folder)
        is_aside = path.startswith(("..", ".syncd-staging"))
        return self.path if self.links() == 0 or is_aside else path

    def links(self):
        """How many names the file has."""
        return os.fstat(self.file.fileno()).st_nlink


class User:
    """The user of one device; one edit at a time."""

    def __init__(self, device, ledger):
        self.device, self.ledger, self.name = device, ledger, device.name
        self.lock = threading.RLock()
        self.edited = time.monotonic()
        # Odd while an edit is under way.
        self.edits = 0
        self.holds = []
        self.records = Records(self)
        # Paths that a command of `syncctl` is about to change.
        self.reserved = set()

    def full(self, path):
        """Where a path is."""
        return f"{self.device.folder}/{path}"

    def say(self, what):
        """Adds to the script."""
        self.ledger.script.say(self.name, what)

    def pick(self, chance):
        """One of the paths that are free: more often its own."""
        paths = own(self.name) if chance.random() < 0.5 else SHARED
        path = chance.choice(paths)
        if path.rpartition("/")[2].startswith("box") and os.path.isdir(self.full(path)):
            path += f"/{chance.choice('xyz')}.md"
        return None if path in self.reserved else path

    # Around every edit.

    def look(self, paths):
        """What stands at paths and below them: {path: (mode, content)}."""
        seen = {}
        for path in paths:
            full = os.fsencode(self.full(path))
            files = [full]
            if os.path.isdir(full) and not os.path.islink(full):
                files = [os.path.join(top, name) for top, _, names in os.walk(full)
                         for name in names]  # fmt: skip
            for file in files:
                with contextlib.suppress(OSError):
                    name = os.path.relpath(file, os.fsencode(self.device.folder))
                    seen[name] = trees.leaf(file)
        return seen

    @contextlib.contextmanager
    def editing(self, *paths):
        """Keeps the books of an edit of these paths and what is below them."""
        with self.lock:
            self.edits += 1
            before = self.look(paths)
            named = [hold for hold in self.holds if hold.links() > 0]
            try:
                yield before
            finally:
                after = self.look(paths)
                for hold in named:
                    hold.is_orphan |= hold.links() == 0
                self.ledger.touch(self.name, before, after, [os.fsencode(path) for path in paths])
                self.lose(self.ledger.vanished(self.name, before, after), "it was replaced at once")
                self.edits += 1
                self.edited = time.monotonic()

    def lose(self, words, why):
        """Judges tokens that are not on the disk any more, by what the device has stored."""
        if words:
            blobs = {}
            for word in words:
                blobs |= self.ledger.tokens[word].blobs
            stored = self.stored(blobs)
            self.ledger.judge(words, stored.__contains__, why)

    def stored(self, blobs):
        """Those of some blobs that the device's history has, or its objects while it runs: a
        process that was killed had named none of them yet, or they are in the history."""
        if self.device.running():
            asked = "".join(f"{blob}\n" for blob in blobs).encode()
            lines = trees.git(self.device.repository, "cat-file", "--batch-check", stdin=asked)
            there = {line[:40].decode() for line in lines.splitlines() if b" blob " in line}
            older = {blob for blob in there if blobs[blob] < self.device.started}
            return there - (older - trees.reachable(self.device.repository) if older else set())
        return set(blobs) & trees.reachable(self.device.repository)

    def lost_state(self, everything):
        """The device's record is about to go, and with the whole state displaced files."""
        with self.lock, self.ledger.lock:
            if everything:
                mine = {word for word, token in self.ledger.tokens.items()
                        if token.user == self.name}  # fmt: skip
                gone = mine - trees.tokens_in_folder(self.device.folder)
                self.lose(gone, "it was with the state that was lost")
            for path, users in self.ledger.touched.items():
                if self.name in users:
                    self.ledger.taint(path)
            self.ledger.unsure.add(self.name)
            self.records.state_lost()

    # Contents.

    def compose(self, path, chance):
        """New content for a path, with a new token."""
        token = self.ledger.token(self.name, path).decode()
        if path.endswith(".json"):
            value = {"n": chance.getrandbits(48), "theme": token}
            return json.dumps(value, indent=2).encode() + b"\n"
        if path.endswith(".dat"):
            return b"\0\1" + token.encode() + bytes(chance.randrange(256) for _ in range(20))
        # No line stands in two files: those with half their lines in common count as one that was
        # renamed and edited (ADR 13), and what others do to the old one goes into the new one.
        lines = [f"line {n}: {chance.getrandbits(48):x}" for n in range(chance.randrange(9))]
        lines.insert(chance.randrange(len(lines) + 1), token)
        return "".join(f"{line}\n" for line in lines).encode()

    def change(self, content, path, chance):
        """Changed content: a line that is new, in another's place or beside it."""
        lines = content.splitlines(keepends=True)
        if not lines or path.endswith((".json", ".dat")) or len(lines) > 200:
            return self.compose(path, chance)
        place = chance.randrange(len(lines))
        token = self.ledger.token(self.name, path)
        gone = chance.choice((0, 0, 1))
        lines[place : place + gone] = [token + b"\n"]
        return b"".join(lines)

    def write(self, path, content, how="wb"):
        """Writes in place, making the directories above; not through a link."""
        full = self.full(path)
        while True:
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if os.path.islink(full):
                os.unlink(full)
            try:
                with open(full, how) as file:
                    file.write(content)
                return
            except FileNotFoundError:
                # The daemon took away the directory, which was empty, between the two calls.
                continue
