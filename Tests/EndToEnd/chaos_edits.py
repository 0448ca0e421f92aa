"""Every kind of edit in a run of chaos.

Each is chosen by a source of chance that belongs to its step, so that a seed gives the same steps
whatever the daemons do meanwhile; what an edit meets on disk is another matter.
"""

import contextlib
import os
import shutil
import time

import trees
from chaos_user import SHARED, User, own


class Editor(User):
    """A user's edits. Each takes a free path and its source of chance."""

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
        with self.editing(path, temporary) as before:
            _, old = before.get(os.fsencode(path), (None, b""))
            content = self.change(old, path, chance)
            self.say(f"save {path} through {temporary} {self._new(content, old)}")
            self.write(temporary, content)
            if chance.random() < 0.2:
                time.sleep(0.15)
            try:
                os.rename(self.full(temporary), self.full(path))
            except OSError:
                # A directory stands there by now; a program takes its draft away then.
                os.unlink(self.full(temporary))
                raise

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
    (10, Editor.rewrite), (14, Editor.edit), (10, Editor.append), (10, Editor.save),
    (6, Editor.rename), (6, Editor.delete), (3, Editor.executable), (2, Editor.symlink),
    (6, Editor.turn), (3, Editor.directories), (2, Editor.remove_tree), (2, Editor.many),
]  # fmt: skip
