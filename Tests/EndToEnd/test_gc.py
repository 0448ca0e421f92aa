"""`syncctl gc` and what the daemon does of it by itself: packs joined, with deltas, at any moment
whole, and nobody waits for it."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import time
import unittest

import trees
from device import PREFIX, Device, binaries, wait_until
from harness import VaultTest, number

EDITS = number("SYNC_EDITS", 500)
KILLS = number("SYNC_KILLS", 40)


class Collecting(VaultTest):
    """One device without a remote, and one file that is edited over and over."""

    def alone(self):
        """A device without a remote, its daemon running."""
        device = Device(f"{self.top}/ada", "ada")
        self.devices.append(device)
        device.ctl("init", "--folder", f"{device.folder}={PREFIX}", "--device", "ada", expect=(0,))
        device.set("http", "listen", '""')
        device.start()
        return device

    def edit(self, device, lines, turn):
        """Changes a line and waits for the commit; gives the seconds that took."""
        lines[self.random.randrange(len(lines))] = f"edit {turn} {self.random.random()}\n"
        before = head(device)
        device.write("one.md", "".join(lines))
        began = time.perf_counter()
        wait_until(lambda: head(device) != before, f"edit {turn}", every=0.001)
        return time.perf_counter() - began

    def text(self):
        """100 KiB of lines."""
        return [f"line {turn} {self.random.random()}\n" for turn in range(3_700)]

    def objects(self, repository):
        """The names of all objects."""
        words = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]
        return set(trees.git(repository, *words).split())

    def gc(self, device):
        """What `syncctl gc` says."""
        return json.loads(device.ctl("gc", "--json").stdout)

    def test_packs_grow_no_more_than_gits(self):
        """By `SYNC_EDITS=10000 Tests/EndToEnd/run test_gc` as long as it takes."""
        ada = self.alone()
        lines = self.text()
        took = [self.edit(ada, lines, turn) for turn in range(EDITS)]
        # What the daemon joined by itself; it does so a second after an edit at the soonest.
        count = len([name for name in os.listdir(packs(ada)) if name.endswith(".pack")])
        ada.stop()
        objects = self.objects(ada.repository)
        done = self.gc(ada)
        self.assertEqual(done["packs_before"], count)
        self.assertEqual(done["packs"], 1)
        self.assertEqual(self.objects(ada.repository), objects)
        copy = f"{self.top}/copy.git"
        shutil.copytree(ada.repository, copy)
        subprocess.run(
            ["git", "--git-dir", copy, "-c", "pack.threads=1", "gc", "-q", "--prune=now"],
            check=True,
        )
        theirs = sum(
            os.path.getsize(f"{copy}/objects/pack/{name}")
            for name in os.listdir(f"{copy}/objects/pack")
            if name.endswith((".pack", ".idx"))
        )
        ordered = sorted(took)
        print(
            f"{EDITS} edits of {len(''.join(lines)) >> 10} KiB: {done['packs_before']} packs of "
            f"{done['bytes_before']} bytes, after gc {done['bytes']}, after git's {theirs} "
            f"({done['bytes'] / theirs:.2f}); an edit {statistics.median(took) * 1e3:.0f} ms, "
            f"p99 {ordered[len(ordered) * 99 // 100] * 1e3:.0f} ms, most {ordered[-1] * 1e3:.0f}"
        )
        self.assertLess(done["bytes"], 1.5 * theirs)
        self.assertEqual(trees.fsck(ada.repository), [])

    test_packs_grow_no_more_than_gits.turn = VaultTest.ALONE

    def test_killed_at_any_moment_nothing_is_lost(self):
        ada = self.alone()
        lines = self.text()
        for turn in range(45):
            self.edit(ada, lines, turn)
        ada.stop()
        kept = f"{self.top}/kept.git"
        shutil.copytree(ada.repository, kept)
        objects = self.objects(kept)
        began = time.monotonic()
        self.gc(ada)
        whole = time.monotonic() - began
        words = [f"{binaries()}/syncctl", "--config", ada.config, "gc"]
        for turn in range(KILLS):
            shutil.rmtree(ada.repository)
            shutil.copytree(kept, ada.repository)
            run = subprocess.Popen(words, env=ada.environment, stdout=subprocess.DEVNULL)
            try:
                run.wait(whole * self.random.random())
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
            where = f"kill {turn}, SYNC_SEED={self.seed}"
            self.assertEqual(trees.fsck(ada.repository), [], where)
            self.assertEqual(self.objects(ada.repository), objects, where)
            if turn % 5 == 0:
                self.assertEqual(self.gc(ada)["packs"], 1, where)
                self.assertEqual(self.objects(ada.repository), objects, where)
                left = [name for name in os.listdir(packs(ada)) if not name.startswith("pack-")]
                self.assertEqual(left, [], f"{where}: what the killed one left")
        ada.start()
        self.edit(ada, lines, "last")

    def test_beside_a_daemon_that_captures(self):
        ada = self.alone()
        lines = self.text()
        for turn in range(30):
            self.edit(ada, lines, turn)
        words = [f"{binaries()}/syncctl", "--config", ada.config, "gc"]
        runs = []
        for turn in range(10):
            runs.append(subprocess.Popen(words, env=ada.environment, stdout=subprocess.DEVNULL))
            self.edit(ada, lines, f"beside {turn}")
        self.assertEqual([run.wait(60) for run in runs], [0] * len(runs))
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: f"{ada.status()}")
        self.assertEqual(trees.fsck(ada.repository), [])
        self.assertEqual(len(ada.ctl("log", "-n", "100", "--all").stdout.splitlines()), 40)


def packs(device):
    """Where the packs stand."""
    return f"{device.repository}/objects/pack"


def head(device):
    """The head's name, without a program."""
    try:
        with open(f"{device.repository}/refs/heads/sync", encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    unittest.main()
