"""What the benchmarks share: a directory, the sample, trees and vaults that are made once."""

import os
import subprocess
import tempfile

from device import PREFIX, Device, binaries
from gitside import GitSide
from measure import run
from sample import Sample
from table import Row


class Workshop:
    """Makes what a benchmark asks for, keeps it for the next one, and collects the rows."""

    def __init__(self, options):
        self.options = options
        self.top = tempfile.mkdtemp(prefix="bench-", dir=options.directory)
        self.sample = Sample(options.seed)
        self.rows = []
        self.notes = []
        self._trees = {}
        self._vaults = {}
        self._names = 0

    def clean_up(self):
        """Removes everything, which takes minutes on some file systems: nobody waits for it."""
        subprocess.Popen(["rm", "-rf", self.top], start_new_session=True)

    def row(self, work, measure, unit, ours, peer="", theirs=None):
        """Adds a row to the table."""
        self.rows.append(Row(work, measure, unit, ours, peer, theirs))

    def note(self, words):
        """Adds a sentence below the table."""
        if words not in self.notes:
            self.notes.append(words)

    def new_path(self, word):
        """A path that nothing has yet; short, because a socket's path holds 107 bytes."""
        self._names += 1
        return f"{self.top}/{word}{self._names}"

    def say(self, words):
        """Says what is going on."""
        print(f"   {words}", flush=True)

    def tree(self, count):
        """A tree of `count` files, and its bytes."""
        if count not in self._trees:
            path = self.new_path("tree")
            # A million files of the usual size would not fit into the memory of most machines.
            size = 300 if count > 200_000 else None
            self.say(f"writing {count:,} files")
            self._trees[count] = (path, self.sample.write(path, count, size))
        return self._trees[count]

    def device(self, folder):
        """A device without a remote on an existing folder; nothing has run yet."""
        device = Device(self.new_path("d"), "bench")
        os.rmdir(device.folder)
        device.folder = folder
        device.ctl(
            "init", "--folder", f"{folder}={PREFIX}", "--device", device.name, expect=(0,)
        )
        device.set("http", "listen", '""')
        return device

    def committed(self, count):
        """A device and a git repository, each with a tree of its own of `count` files, committed.

        No daemon runs on the device.
        """
        if count not in self._vaults:
            tree, _ = self.tree(count)
            copy = self.new_path("tree")
            self.say(f"committing {count:,} files with both")
            subprocess.run(["cp", "-a", tree, copy], check=True)
            device = self.device(tree)
            cycle(device)
            git = GitSide(copy)
            git.init()
            git.commit_all()
            self._vaults[count] = (device, git)
        return self._vaults[count]


def cycle(device):
    """One full cycle without the daemon; gives its cost."""
    command = [f"{binaries()}/syncd", "run", "--once", "--config", device.config]
    return run(command, device.environment)
