"""What the user of one device does in a run of chaos: every kind of edit, one at a time.

Each edit is chosen by a source of chance that belongs to its step, so that a seed gives the same
steps whatever the daemons do meanwhile; what it meets on disk is another matter.
"""

import contextlib
import json
import os
import shutil
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
            stored = self.stored([blob for word in words for blob in self.ledger.tokens[word].blobs])
            self.ledger.judge(words, stored.__contains__, why)

    def stored(self, blobs):
        """Those of some blobs that the device's history has, or its objects while it runs."""
        if self.device.running():
            asked = "".join(f"{blob}\n" for blob in blobs).encode()
            lines = trees.git(self.device.repository, "cat-file", "--batch-check", stdin=asked)
            return {line[:40].decode() for line in lines.splitlines() if b" blob " in line}
        listed = trees.git(
            self.device.repository, "rev-list", "--objects", "--all", "--no-object-names")  # fmt: skip
        return set(blobs) & set(listed.decode().split())

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
            self.records.state_lost()

    # Contents.

    def compose(self, path, chance):
        """New content for a path, with a new token."""
        token = self.ledger.token(self.name, path).decode()
        if path.endswith(".json"):
            return json.dumps({"n": chance.randrange(9), "theme": token}, indent=2).encode() + b"\n"
        if path.endswith(".dat"):
            return b"\0\1" + token.encode() + bytes(chance.randrange(256) for _ in range(20))
        lines = [f"line {n}: {'abc'[chance.randrange(3)] * 9}" for n in range(chance.randrange(9))]
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

    # Edits. Each takes a free path and its source of chance.

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

    def rewrite(self, path, chance):
        """The whole file anew, in place."""
        content = self.compose(path, chance)
        self.say(f"rewrite {path} {trees.TOKEN.findall(content)[0].decode()}")
        with self.editing(path):
            self.write(path, content)

    def edit(self, path, chance):
        """Some lines of it, in place."""
        with self.editing(path) as before:
            _, old = before.get(os.fsencode(path), (None, b""))
            content = self.change(old, path, chance)
            self.say(f"edit {path} {self._new(content, old)}")
            self.write(path, content)

    def append(self, path, chance):
        """A line at the end."""
        if path.endswith(".json"):
            self.rewrite(path, chance)
            return
        token = self.ledger.token(self.name, path)
        self.say(f"append {path} {token.decode()}")
        with self.editing(path):
            self.write(path, token + b"\n", "ab")

    def save(self, path, chance):
        """A temporary file beside it, renamed over."""
        name = chance.choice((".{}.swp", "{}.tmp-4711", ".{}~draft"))
        directory, _, last = path.rpartition("/")
        temporary = f"{directory}/{name.format(last)}"
        with self.editing(path) as before:
            _, old = before.get(os.fsencode(path), (None, b""))
            content = self.change(old, path, chance)
            self.say(f"save {path} through {temporary} {self._new(content, old)}")
            self.write(temporary, content)
            if chance.random() < 0.2:
                time.sleep(0.15)
            os.rename(self.full(temporary), self.full(path))

    def rename(self, path, chance):
        """To another name of its kind, over what stands there."""
        other = self.pick(chance)
        while other == path:
            other = self.pick(chance)
        if other is None or not os.path.lexists(self.full(path)):
            return
        self.say(f"rename {path} to {other}")
        with self.editing(path, other):
            os.makedirs(os.path.dirname(self.full(other)), exist_ok=True)
            os.rename(self.full(path), self.full(other))
            self.ledger.link(os.fsencode(path), os.fsencode(other))

    def delete(self, path, chance):
        """The file."""
        self.say(f"delete {path}")
        with self.editing(path):
            os.unlink(self.full(path))

    def executable(self, path, chance):
        """The executable bit, one way or the other."""
        if os.path.islink(self.full(path)):
            return
        self.say(f"chmod {path}")
        with self.editing(path):
            os.chmod(self.full(path), os.stat(self.full(path)).st_mode ^ 0o111)

    def symlink(self, path, chance):
        """A link in its place, which names a token."""
        target = self.ledger.token(self.name, path).decode()
        self.say(f"symlink {path} {target}")
        with self.editing(path):
            os.makedirs(os.path.dirname(self.full(path)), exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.full(path))
            os.symlink(target, self.full(path))

    def turn(self, path, chance):
        """A file into a directory with files, and back."""
        path = chance.choice([box for box in own(self.name) + SHARED if "/box" in box])
        if path in self.reserved:
            return
        full = self.full(path)
        was_directory = os.path.isdir(full)
        self.say(f"turn {path} into a {'file' if was_directory else 'directory'}")
        with self.editing(path):
            if was_directory:
                shutil.rmtree(full)
                self.write(path, self.compose(path, chance))
                return
            with contextlib.suppress(FileNotFoundError):
                os.unlink(full)
            for name in chance.sample("xyz", chance.randrange(1, 4)):
                self.write(f"{path}/{name}.md", self.compose(f"{path}/{name}.md", chance))

    def directories(self, path, chance):
        """An empty directory that comes or goes, somewhere."""
        place = chance.choice((f"{path}.d", f"documents/own-{self.name}/empty/inner"))
        self.say(f"mkdir or rmdir {place}")
        with self.editing(place):
            if os.path.isdir(self.full(place)):
                os.rmdir(self.full(place))
            else:
                os.makedirs(self.full(place))

    def remove_tree(self, path, chance):
        """A directory with all that is in it."""
        place = chance.choice((f"documents/own-{self.name}", "documents/deep", "documents/box-0"))
        if any(name.startswith(place) for name in self.reserved):
            return
        self.say(f"rm -r {place}")
        with self.editing(place):
            if os.path.isdir(self.full(place)):
                shutil.rmtree(self.full(place))

    def many(self, path, chance):
        """A burst of small files in a directory of its own."""
        place = f"documents/own-{self.name}/burst-{chance.randrange(2)}"
        if os.path.isdir(self.full(place)) and chance.random() < 0.5:
            return
        self.say(f"20 files in {place}")
        with self.editing(place):
            for number in range(20):
                name = f"{place}/f{number}.md"
                self.write(name, self.compose(name, chance))

    @staticmethod
    def _new(content, old):
        return b" ".join(sorted(set(trees.TOKEN.findall(content)) - set(trees.TOKEN.findall(old)))
                         ).decode()  # fmt: skip


EDITS = [
    (10, User.rewrite), (14, User.edit), (10, User.append), (10, User.save), (6, User.rename),
    (6, User.delete), (3, User.executable), (2, User.symlink), (6, User.turn),
    (3, User.directories), (2, User.remove_tree), (2, User.many),
]  # fmt: skip
