"""What users did in a run of chaos: every token, who touched which path, and what stood there.

Two rules follow from it. A token that stood on disk when a daemon could have read it is somewhere
at the end. And what one device alone touched since all were last in sync stands as that device
left it: nothing it deleted comes back, and nobody else's change undoes it.
"""

import os
import re
import threading
import time

import trees

COPY = re.compile(rb"\.conflict-[0-9a-f]{8}")


def origin(path):
    """The path that a conflict copy was made of; the path itself where it is none."""
    return COPY.sub(b"", path)


def above(path):
    """The directories above a path."""
    parts = path.split(b"/")
    return [b"/".join(parts[:end]) for end in range(1, len(parts))]


class Script:
    """What was done and when, readable, on disk at once."""

    def __init__(self, path):
        self.path = path
        self.began = time.monotonic()
        self.lock = threading.Lock()
        self.file = open(path, "w", encoding="utf-8", errors="backslashreplace")
        self.count = 0

    def say(self, who, what):
        """Adds a line."""
        seconds = time.monotonic() - self.began
        clock = time.strftime("%H:%M:%S")
        with self.lock:
            self.count += 1
            self.file.write(f"{clock} {seconds:8.3f} {who:6} {what}\n")
            self.file.flush()

    def lines(self, words=(), last=0):
        """The last lines, and of those before the ones with one of the words."""
        with open(self.path, encoding="utf-8", errors="backslashreplace") as file:
            lines = file.read().splitlines()
        start = max(0, len(lines) - last)
        return [line for line in lines[:start] if any(word in line for word in words)][
            -80:
        ] + lines[start:]


class Token:
    """A word that stood in a file: whose it is, and the blobs that had it."""

    def __init__(self, user, path):
        self.user, self.path = user, path
        # Each with the moment at which it was first seen.
        self.blobs = {}
        # Whether it was stored before it went, and has to be kept.
        self.is_kept = False
        # Why nobody could have read it, if so.
        self.excuse = None


class Ledger:
    """Everything users did."""

    def __init__(self, script):
        self.script = script
        self.lock = threading.RLock()
        self.tokens = {}
        self.count = 0
        self.forget()

    def forget(self, tree=None):
        """Begins anew from a tree that all devices have."""
        with self.lock:
            self.before = tree or {}
            self.touched = {}
            self.left = {}
            self.links = []
            self.tainted = set()
            # Who lost what told an edit from what stood there before.
            self.unsure = set()

    # What users write.

    def token(self, user, path):
        """A word nobody wrote before."""
        with self.lock:
            self.count += 1
            word = f"tok-{user}-{self.count}-end".encode()
            self.tokens[word] = Token(user, path)
        return word

    def touch(self, user, before, after, named):
        """Takes what stood at some paths before and after an edit: {path: (mode, content)}."""
        with self.lock:
            for path in set(named) | {
                path for path in set(before) | set(after) if before.get(path) != after.get(path)
            }:
                self.touched.setdefault(path, set()).add(user)
                if user in self.unsure and path in before:
                    self.taint(path)
                mode, content = after.get(path, (None, None))
                self.left[path] = (mode, trees.blob_id(content)) if mode else None
            for mode, content in after.values():
                blob = trees.blob_id(content)
                for word in trees.TOKEN.findall(content):
                    if word in self.tokens:
                        self.tokens[word].blobs.setdefault(blob, time.monotonic())

    def vanished(self, user, before, after):
        """A user's own tokens that stood there and do not any more. What others wrote came out of
        the history, where it is."""
        stood = {word for _, content in before.values() for word in trees.TOKEN.findall(content)}
        stands = {word for _, content in after.values() for word in trees.TOKEN.findall(content)}
        with self.lock:
            return [
                word for word in stood - stands
                if word in self.tokens and self.tokens[word].user == user
            ]

    def judge(self, words, is_stored, why):
        """Of tokens that were destroyed on disk: those in a stored blob have to be kept."""
        for word in words:
            token = self.tokens[word]
            if token.is_kept or token.excuse:
                continue
            if any(is_stored(blob) for blob in token.blobs):
                token.is_kept = True
            else:
                token.excuse = why

    def link(self, one, other):
        """A rename: what is done to one may be done to the other."""
        with self.lock:
            self.links.append((one, other))

    def taint(self, path):
        """Nobody knows what has to stand at a path and below it until all are in sync again."""
        with self.lock:
            self.tainted.add(path)

    # What follows.

    def _groups(self, paths):
        """A function that names the group of a path: renames, copies, directories above."""
        parent = {}

        def find(path):
            while parent.setdefault(path, path) != path:
                path = parent[path]
            return path

        known = {origin(path) for path in paths}
        for one, other in self.links:
            parent[find(origin(one))] = find(origin(other))
        for path in known:
            for upper in above(path):
                if upper in known:
                    parent[find(path)] = find(upper)
        return lambda path: find(origin(path))

    def wrong(self, tree):
        """What stands otherwise than the one device that touched it left it, in words."""
        with self.lock:
            found = self._groups(set(self.touched) | self.tainted)
            users = {}
            for path, names in self.touched.items():
                users.setdefault(found(path), set()).update(names)
            tainted = {found(path) for path in self.tainted}

            def group(path):
                """The group of a path, touched itself or standing in or above one that was."""
                for upper in [path, *reversed(above(path))]:
                    if found(upper) in users or found(upper) in tainted:
                        return found(upper)
                return None

            words = []
            for path in sorted(set(tree) | set(self.before) | set(self.left)):
                name = group(path)
                if name in tainted or (name and len(users[name]) > 1):
                    continue
                right = self.left.get(path, self.before.get(path))
                if tree.get(path) != right:
                    who = f"{next(iter(users[name]))} alone" if name else "nobody"
                    words.append(
                        f"{os.fsdecode(path)}: touched by {who}, left as {right}, "
                        f"stands as {tree.get(path)}"
                    )
            return words

    def demanded(self):
        """The tokens that have to be somewhere."""
        with self.lock:
            return {word for word, token in self.tokens.items() if not token.excuse}
