"""Deletions that are too many to go unasked: what holds them, what ends the hold, and what does
not count."""

import json
import os
import shutil
import subprocess
import unittest

from device import PREFIX, wait_until
from harness import VaultTest

COUNT = 40


class HeldDeletions(VaultTest):
    """One device deletes all its files, the other goes on. No full scan comes meanwhile."""

    sync = {"poll": '"1s"'}

    def held(self):
        """Two devices; the deletion of all files of the first is held."""
        ada, bob = self.device("ada"), self.device("bob")
        for number in range(COUNT):
            ada.write(f"{number}.md", f"file {number} content {number}\n")
        self.wait_in_sync(ada, bob)
        for number in range(COUNT):
            os.rename(ada.path(f"{number}.md"), f"{ada.home}/{number}.md")
        self.wait_blocked(ada, COUNT)
        return ada, bob

    def test_what_goes_in_small_batches_counts_together(self):
        """As `rm -r` of a directory that takes longer than a batch."""
        ada, bob = self.device("ada"), self.device("bob")
        for number in range(COUNT):
            ada.write(f"{number}.md", f"file {number} content {number}\n")
        self.wait_in_sync(ada, bob)
        for batch in range(3):
            for number in range(10 * batch, 10 * batch + 10):
                os.unlink(ada.path(f"{number}.md"))
            if batch < 2:
                self.wait_in_sync(ada, bob)
                self.assertEqual(len(bob.tree()), COUNT - 10 * (batch + 1))
        self.wait_blocked(ada, 10)
        self.assertEqual(len(bob.tree()), COUNT - 20)
        ada.ctl("sync", "--restore-deleted")
        self.wait_free(ada, bob)
        self.assertEqual(len(ada.tree()), COUNT - 20)
        # Files that only get other names are no deletions, however many.
        for number in range(20, COUNT):
            os.rename(ada.path(f"{number}.md"), ada.path(f"{number}-renamed.md"))
            if number % 5 == 4:
                self.wait_in_sync(ada, bob)
        self.assertEqual(len(bob.tree()), COUNT - 20)

    def wait_blocked(self, device, count):
        """Waits until the device says how many files are gone."""
        words = f"{count} files of {PREFIX} are gone"

        def is_blocked():
            status = device.status()
            return status["state"] == "blocked" and any(
                notice.startswith(words) for notice in status["notices"]
            )

        wait_until(is_blocked, lambda: f"{words}: {device.status()}")

    def wait_free(self, *devices):
        """Waits until all are in sync and nothing is said of deletions."""
        self.wait_in_sync(*devices)
        for device in devices:
            self.assertEqual(device.status()["notices"], [])
            self.assertEqual(device.status()["pending"]["changes"], 0)
            self.assertEqual(device.ctl("held").stdout.count("mass-deletion"), 0)

    def test_the_word_counts_where_the_repository_was_lost(self):
        """What is held is known again once the remote was asked."""
        for word, count in (("--accept-deletes", 0), ("--restore-deleted", COUNT)):
            with self.subTest(word):
                ada, bob = self.held()
                ada.stop()
                shutil.rmtree(ada.repository)
                ada.ctl("sync", word, expect=(0,))
                self.assertEqual(ada.ctl("held").stdout.count("mass-deletion"), 0)
                ada.start()
                self.wait_free(ada, bob)
                self.assertEqual((len(ada.tree()), len(bob.tree())), (count, count))
                self.tearDown()
                self.doCleanups()
                self.setUp()

    def conflicts(self, device):
        """The paths of open conflicts."""
        return [found["path"] for found in json.loads(device.ctl("conflicts", "--json").stdout)]

    def edited(self):
        """The same, and the other device edited half of the files."""
        ada, bob = self.held()
        for number in range(COUNT // 2):
            bob.write(f"{number}.md", f"file {number} content {number}\nbob\n")

        def has_arrived():
            status, other = ada.status(), bob.status()
            return other["state"] == "in-sync" and status["head"] == other["head"]

        wait_until(has_arrived, lambda: self.picture(ada, bob))
        # Several polls, each of which applies.
        head = ada.status()["head"]
        ada.ctl("sync", expect=None)
        ada.ctl("sync", expect=None)
        self.assertEqual(ada.status()["head"], head)
        self.wait_blocked(ada, COUNT)
        self.assertEqual(ada.status()["pending"]["changes"], COUNT)
        self.assertEqual(self.conflicts(ada), [])
        self.assertEqual(os.listdir(ada.folder), [])
        self.assertEqual(len(os.listdir(bob.folder)), COUNT)
        return ada, bob

    def test_edits_elsewhere_leave_the_hold_and_come_back_with_it(self):
        ada, bob = self.edited()
        ada.ctl("sync", "--restore-deleted")
        self.wait_free(ada, bob)
        self.assertEqual(len(os.listdir(ada.folder)), COUNT)
        self.assertEqual(ada.read("0.md"), b"file 0 content 0\nbob\n")
        self.assertEqual(self.conflicts(ada), [])

    def test_edits_elsewhere_stand_against_the_deletions_that_were_accepted(self):
        ada, bob = self.edited()
        ada.ctl("sync", "--accept-deletes")
        self.wait_free(ada, bob)
        self.assertEqual(len(os.listdir(bob.folder)), COUNT // 2)
        self.assertEqual(len(self.conflicts(bob)), COUNT // 2)

    def test_one_file_comes_back_by_request(self):
        ada, _ = self.edited()
        ada.ctl("restore", ada.path("0.md"), "--to", "HEAD", expect=(0, 1, 10))
        wait_until(
            lambda: ada.read("0.md") == b"file 0 content 0\nbob\n", lambda: ada.read("0.md")
        )
        self.wait_blocked(ada, COUNT - 1)
        self.assertEqual(os.listdir(ada.folder), ["0.md"])

    def test_the_rest_stays_held_when_most_of_it_is_back(self):
        """A restore says which files it brings, and is no word about the others."""
        ada, bob = self.held()
        back = sorted(f"{PREFIX}/{number}.md" for number in range(10, COUNT))
        words = ("restore", "[1-3][0-9].md", "--to", "HEAD", "--json")
        for more in (("--dry-run",), ()):
            done = ada.ctl(*words, *more, expect=(0, 10), cwd=ada.folder)
            self.assertEqual(json.loads(done.stdout)["paths"], back, more)
        self.assertEqual(len(os.listdir(ada.folder)), len(back))
        said = ada.ctl("restore", ada.path("9.md"), "--to", "HEAD")
        self.assertEqual(said.stdout.splitlines()[0], f"restored {PREFIX}/9.md")
        rest = COUNT - len(back) - 1
        self.wait_blocked(ada, rest)
        for words in (("sync",), ("rollback", "HEAD", "--dry-run"), ("rollback", "HEAD")):
            ada.ctl(*words, expect=(0, 1, 10))
            self.wait_blocked(ada, rest)
        ada.stop()
        ada.once()
        self.assertEqual(len(json.loads(ada.ctl("held", "--json").stdout)), rest)
        ada.start()
        self.wait_blocked(ada, rest)
        self.assertEqual(len(bob.tree()), COUNT)
        ada.ctl("sync", "--accept-deletes")
        self.wait_free(ada, bob)
        self.assertEqual(len(bob.tree()), COUNT - rest)

    def test_a_hold_outlives_the_daemon(self):
        ada, bob = self.held()
        ada.kill()
        bob.write("0.md", "bob\n")
        wait_until(lambda: bob.status()["state"] == "in-sync", lambda: self.picture(bob))
        ada.start()
        wait_until(
            lambda: ada.status()["head"] == bob.status()["head"], lambda: self.picture(ada, bob)
        )
        self.wait_blocked(ada, COUNT)
        self.assertEqual(self.conflicts(ada), [])

    def test_the_hold_ends_where_the_deletion_was_accepted_elsewhere(self):
        ada, bob = self.held()
        for number in range(COUNT):
            os.remove(bob.path(f"{number}.md"))
        self.wait_blocked(bob, COUNT)
        bob.ctl("sync", "--accept-deletes")
        self.wait_free(ada, bob)

    def test_the_hold_ends_where_the_files_moved_elsewhere(self):
        ada, bob = self.held()
        os.mkdir(bob.path("d"))
        for number in range(COUNT):
            os.rename(bob.path(f"{number}.md"), bob.path(f"d/{number}.md"))
        self.wait_free(ada, bob)
        self.assertEqual(len(os.listdir(ada.path("d"))), COUNT)

    def test_the_hold_ends_when_the_files_are_back_in_another_directory(self):
        ada, bob = self.held()
        os.mkdir(f"{ada.home}/d")
        for number in range(COUNT):
            os.rename(f"{ada.home}/{number}.md", f"{ada.home}/d/{number}.md")
        os.rename(f"{ada.home}/d", ada.path("d"))
        self.wait_free(ada, bob)
        self.assertEqual(len(os.listdir(bob.path("d"))), COUNT)

    def test_the_hold_ends_when_the_files_are_back_under_other_names(self):
        ada, bob = self.held()
        for number in range(COUNT):
            os.rename(f"{ada.home}/{number}.md", ada.path(f"new-{number}.md"))
        self.wait_free(ada, bob)
        self.assertEqual(len(os.listdir(bob.folder)), COUNT)

    def test_the_hold_ends_when_the_files_are_back(self):
        ada, bob = self.held()
        for number in range(COUNT):
            os.rename(f"{ada.home}/{number}.md", ada.path(f"{number}.md"))
            if number == COUNT // 4 - 1:
                self.wait_blocked(ada, COUNT - COUNT // 4)
        self.wait_free(ada, bob)
        self.assertEqual(len(os.listdir(bob.folder)), COUNT)


class MovedBetweenFolders(VaultTest):
    """A directory that goes from one folder of a vault to another is not deleted."""

    sync = {"poll": '"1s"'}

    def moved(self, is_running):
        """Moves most of a folder into another one, the daemon running or not."""
        devices = []
        for name in ("ada", "bob"):
            device = self.device(name, start=False)
            os.mkdir(f"{device.home}/other")
            with open(device.config, "a", encoding="utf-8") as file:
                file.write(f'\n[[folder]]\npath = "{device.home}/other"\nprefix = "other"\n')
            device.start()
            devices.append(device)
        ada, bob = devices
        for number in range(COUNT):
            ada.write(f"big/{number}.md", f"file {number} content {number}\n" * 3)
        ada.write("keep.md", "kept\n")
        self.wait_in_sync(ada, bob)
        if not is_running:
            ada.stop()
            bob.write("big/5.md", "file 5 content 5\n" * 3 + "bob\n")
            wait_until(lambda: bob.status()["state"] == "in-sync", lambda: self.picture(bob))
        shutil.move(ada.path("big"), f"{ada.home}/other/big2")
        if not is_running:
            ada.start()
        there = f"{bob.home}/other/big2"
        wait_until(
            lambda: os.path.isdir(there) and len(os.listdir(there)) == COUNT,
            lambda: self.picture(ada, bob),
        )
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.status()["notices"], [])
        self.assertEqual(os.listdir(bob.folder), ["keep.md"])
        if not is_running:
            for device in devices:
                with open(f"{device.home}/other/big2/5.md", encoding="utf-8") as file:
                    self.assertTrue(file.read().endswith("bob\n"))
            self.assertEqual(json.loads(ada.ctl("conflicts", "--json").stdout), [])
        else:
            # Two watches tell of it at two moments, mostly in two commits.
            return
        changes = subprocess.run(
            ["git", "-C", self.remote, "log", "-M100%", "--format=", "--name-status", "sync"],
            check=True, capture_output=True, text=True,
        ).stdout.split("\n")  # fmt: skip
        self.assertEqual(len([line for line in changes if line.startswith("R100")]), COUNT)

    def test_while_the_daemon_runs(self):
        self.moved(is_running=True)

    def test_while_the_daemon_does_not_run(self):
        self.moved(is_running=False)


if __name__ == "__main__":
    unittest.main()
