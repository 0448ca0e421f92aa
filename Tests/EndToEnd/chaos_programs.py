"""What programs do in a run of chaos: files held open, files for a moment, commands of `syncctl`.

The commands run in threads, as a person's second terminal does; everything else when the driver
says that its time has come.
"""

import contextlib
import json
import os
import random
import subprocess
import threading
import time

import trees
from chaos_user import Hold, own

# A command that changes a folder returns within this, whatever the network does.
PATIENCE = 40.0


class Programs:
    """The programs of one user, and the commands that are under way."""

    def __init__(self, user, later):
        self.user, self.later = user, later
        self.threads = []
        self.faults = []

    # Files that stay open.

    def hold(self, chance):
        """Opens a file for appending, writes to it a few times and closes it after a while."""
        path = self.user.pick(chance)
        full = path and self.user.full(path)
        if not path or path.endswith(".json") or os.path.islink(full) or os.path.isdir(full):
            return
        seconds = chance.choice((0.3, 1.0, 2.5, 7.0))
        times = sorted(chance.random() * seconds for _ in range(chance.randrange(4)))
        self.user.say(f"hold {path} for {seconds} s")
        with self.user.editing(path):
            os.makedirs(os.path.dirname(full), exist_ok=True)
            held = Hold(self.user, path)
            self.user.holds.append(held)
        for moment in times:
            self.later(moment, lambda: self.write_held(held))
        self.later(seconds, lambda: self.close_held(held))

    def write_held(self, held):
        """A line through the open file, wherever that stands now."""
        if held.file.closed:
            return
        token = self.user.ledger.token(self.user.name, held.path)
        with self.user.editing(*{held.path, held.stands()}):
            held.file.write(token + b"\n")
            with open(f"/proc/self/fd/{held.file.fileno()}", "rb") as file:
                blob = trees.blob_id(file.read())
            where = ", which has no name any more" if held.links() == 0 else ""
            self.user.ledger.tokens[token].blobs.setdefault(blob, time.monotonic())
            if held.is_orphan:
                self.user.ledger.tokens[token].excuse = "written to a file that its user deleted"
        self.user.say(f"write to the open {held.path}{where} {token.decode()}")

    def close_held(self, held):
        """The program ends."""
        if not held.file.closed:
            self.user.say(f"close {held.path}")
            held.file.close()
            self.user.holds.remove(held)

    def momentary(self, chance):
        """A file that comes and goes within a second, beside others."""
        directory = os.path.dirname(chance.choice(own(self.user.name)))
        path = f"{directory}/{chance.choice(('tmp-1', 'tmp-2.md', '.lock'))}"
        self.user.say(f"momentary {path}")
        with self.user.editing(path):
            self.user.write(path, self.user.compose(path, chance))

        def end():
            self.user.say(f"momentary {path} goes")
            with self.user.editing(path), contextlib.suppress(FileNotFoundError):
                os.unlink(self.user.full(path))

        self.later(chance.choice((0.01, 0.1, 0.4, 0.9)), end)

    # Commands.

    def command(self, words, then=None):
        """Runs `syncctl` in a thread; `then` gets the finished process."""

        def run():
            began = time.monotonic()
            line = " ".join(words)
            try:
                done = self.user.device.ctl(*words, expect=None)
                seconds = time.monotonic() - began
                last = "".join((done.stdout + done.stderr).strip().splitlines()[-1:])[:120]
                self.user.say(f"`{line}` exit {done.returncode} after {seconds:.1f} s: {last}")
                if done.returncode < 0:
                    self.faults.append(f"`syncctl {line}` died of signal {-done.returncode}")
                if seconds > PATIENCE:
                    self.faults.append(f"`syncctl {line}` took {seconds:.0f} s")
                if then:
                    then(done)
            except subprocess.TimeoutExpired:
                self.faults.append(f"`syncctl {line}` did not end in 60 s")

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def join(self):
        """Waits for all commands."""
        # A command may begin another one.
        while self.threads:
            self.threads.pop().join(100)

    def restore(self, chance):
        """Brings one of the user's own files back as it was in a commit of its history."""
        path = chance.choice([name for name in own(self.user.name) if "box" not in name])
        at, nth = f"shared/{path}", chance.randrange(1, 8)
        commits = trees.git(self.user.device.repository, "log", "--all", f"-{nth}",
                            "--format=%H", "--", at, check=False).split()  # fmt: skip
        if not commits or path in self.user.reserved or any(
                hold.path == path for hold in self.user.holds):  # fmt: skip
            return
        commit = commits[-1].decode()
        listed = trees.git(self.user.device.repository, "ls-tree", commit, "--", at).split()
        if not listed:
            return
        right = listed[0].decode(), listed[2].decode()
        name = os.fsencode(path)
        self.user.reserved.add(path)
        self.user.say(f"restore {path} to {commit[:8]}, {right}")
        # What a command that was cut short has done nobody knows.
        self.user.ledger.taint(name)

        def then(done):
            with self.user.lock:
                stands = self.user.look([path]).get(name, (None, b""))
                stands = stands[0], trees.blob_id(stands[1])
                said = f"{done.stdout} {done.stderr}"
                alone = self.user.ledger.touched.get(name, set()) <= {self.user.name}
                is_done = done.returncode in (0, 10)
                if is_done and stands != right and alone and "wait" not in said:
                    self.faults.append(f"`restore {path}` to {commit[:8]} says done, and there "
                                       f"stands {stands} for {right}: {said.strip()}")  # fmt: skip
                self.user.reserved.discard(path)

        self.command(["restore", self.user.full(path), "--to", commit], then)

    def resolve(self, chance):
        """Makes a choice in one of the open conflicts."""
        way = chance.choice(("--ours", "--theirs", "--base", "--both"))
        number = chance.randrange(100)

        def then(done):
            with contextlib.suppress(ValueError):
                listed = sorted(json.loads(done.stdout), key=lambda one: one["path"])
                if listed:
                    path = listed[number % len(listed)]["path"]
                    name = os.fsencode(path.removeprefix("shared/"))
                    self.user.ledger.taint(name)
                    self.command(["resolve", path, way])

        self.command(["conflicts", "--json"], then)

    def resolve_all(self, seed):
        """Resolves every conflict, each in some way that it takes; what takes none, in words."""
        chance, ctl = random.Random(seed), self.user.device.ctl
        words = []
        for conflict in json.loads(ctl("conflicts", "--json").stdout):
            ways = [("--ours",), ("--theirs",), ("--both",)]
            chance.shuffle(ways)
            refusals = []
            # What two users made of the markers may leave no way but to give the content.
            for way in [*ways, ("--file", "/etc/hostname")]:
                done = ctl("resolve", conflict["id"], *way, expect=None)
                said = (done.stdout + done.stderr).strip()
                self.user.say(f"resolve {conflict['path']} {way[0]}: {said}")
                if done.returncode in (0, 10) or "no open conflict" in said:
                    break
                refusals.append(f"{way[0]}: {said}")
            if len(refusals) > 3 or any("there is no" in refusal for refusal in refusals):
                words.append(f"{conflict['path']} cannot be resolved: {refusals}")
        return words

    def sync(self, chance):
        """A whole cycle, or a flush, on request."""
        self.command(chance.choice((["sync"], ["sync", "--no-wait"], ["flush"], ["held"])))
