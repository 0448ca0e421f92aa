"""Directories in which nothing stands: they travel, stay while they stay where they were emptied,
and go when somebody takes them away; a program that knows no such thing takes none away."""

import json
import os
import subprocess
import time

import trees
from device import PREFIX, wait_until
from harness import VaultTest


class Directories(VaultTest):
    """Two devices, and somebody with git."""

    sync = {"poll": '"1s"'}

    def empty(self, device):
        """The directories of a folder in which nothing at all stands, below the folder."""
        found = set()
        for directory, directories, files in os.walk(device.folder):
            if not directories and not files:
                found.add(os.path.relpath(directory, device.folder))
        return found

    def branch(self):
        """The empty directories of the remote's branch, below the folder's prefix."""
        words = ("ls-tree", "-r", "-t", "-z", f"refs/heads/sync:{PREFIX}")
        entries = trees.git(self.remote, *words).decode().split("\0")[:-1]
        empty = trees.git(self.remote, "hash-object", "-t", "tree", "/dev/null").decode().strip()
        return {entry.split("\t")[1] for entry in entries if empty in entry}

    def wait_empty(self, expected, *devices):
        """Waits until just these directories are empty, here and in the branch, and all is told
        to be in sync."""
        wait_until(
            lambda: all(self.empty(device) == expected for device in devices)
            and self.branch() == expected,
            lambda: f"{[self.empty(device) for device in devices]} {self.branch()}\n"
            + self.picture(*devices),
            20,
        )
        self.wait_in_sync(*devices)

    def test_come_stay_and_go(self):
        ada, bob = self.pair()
        os.makedirs(ada.path("projects/2027/in"))
        self.wait_empty({"projects/2027/in"}, ada, bob)
        subject = trees.git(self.remote, "log", "-1", "--format=%s", "sync").decode().strip()
        self.assertEqual(subject, f"added {PREFIX}/projects/2027/in/")
        # What is put in it does not say that it went.
        bob.write("projects/2027/in/a.md", "a\n")
        self.wait_empty(set(), ada, bob)
        subject = trees.git(self.remote, "log", "-1", "--format=%s", "sync").decode().strip()
        self.assertEqual(subject, f"added {PREFIX}/projects/2027/in/a.md")
        before = os.stat(bob.path("projects/2027/in")).st_ino
        os.unlink(ada.path("projects/2027/in/a.md"))
        self.wait_empty({"projects/2027/in"}, ada, bob)
        self.assertEqual(os.stat(bob.path("projects/2027/in")).st_ino, before)
        os.rename(bob.path("projects/2027"), bob.path("projects/2028"))
        self.wait_empty({"projects/2028/in"}, ada, bob)
        os.rmdir(ada.path("projects/2028/in"))
        self.wait_empty({"projects/2028"}, ada, bob)
        bob_projects = bob.path("projects")
        subprocess.run(["rm", "-r", bob_projects], check=True)
        self.wait_empty(set(), ada, bob)
        self.assertFalse(os.path.exists(ada.path("projects")))
        self.assert_converged(ada, bob)

    def test_made_while_nobody_looked(self):
        ada, bob = self.pair()
        bob.write("d/x.md", "x\n")
        self.wait_in_sync(ada, bob)
        for device in (ada, bob):
            device.stop()
        os.makedirs(ada.path("one/two"))
        os.makedirs(bob.path("one"))
        os.makedirs(bob.path("three"))
        os.unlink(bob.path("d/x.md"))
        for device in (ada, bob):
            device.start()
        self.wait_empty({"one/two", "three", "d"}, ada, bob)

    def test_what_is_filled_at_once_makes_one_commit(self):
        ada, bob = self.pair()
        before = int(trees.git(self.remote, "rev-list", "--count", "sync"))
        os.makedirs(ada.path("d/e"))
        ada.write("d/e/x.md", "x\n")
        self.wait_in_sync(ada, bob)
        self.assertEqual(int(trees.git(self.remote, "rev-list", "--count", "sync")), before + 1)

    def test_another_program_commits_without_them(self):
        ada, bob = self.pair()
        os.makedirs(ada.path("inbox"))
        ada.write("d/x.md", "x\n")
        ada.write("other/x.md", "x\n")
        os.makedirs(bob.path("other/empty"))
        self.wait_empty({"inbox", "other/empty"}, ada, bob)
        clone = f"{self.top}/clone"
        trees.git(self.top, "clone", "-q", "-b", "sync", self.remote, clone)
        with open(f"{clone}/{PREFIX}/hello.txt", "a", encoding="utf-8") as file:
            file.write("from a clone\n")
        os.unlink(f"{clone}/{PREFIX}/other/x.md")
        who = ("-c", "user.name=e", "-c", "user.email=e@x")
        trees.git(clone, *who, "commit", "-q", "-a", "-m", "by hand")
        trees.git(clone, "push", "-q", "origin", "sync")
        wait_until(
            lambda: b"from a clone" in (bob.read("hello.txt") or b""),
            lambda: self.picture(ada, bob),
            20,
        )
        self.wait_empty({"inbox", "other/empty"}, ada, bob)
        # One that we take away goes all the same.
        os.rmdir(bob.path("inbox"))
        self.wait_empty({"other/empty"}, ada, bob)
        self.assert_converged(ada, bob)

    def test_another_program_puts_a_file_there(self):
        ada, bob = self.pair()
        os.makedirs(ada.path("n/m"))
        self.wait_empty({"n/m"}, ada, bob)
        clone = f"{self.top}/clone"
        trees.git(self.top, "clone", "-q", "-b", "sync", self.remote, clone)
        with open(f"{clone}/{PREFIX}/n", "w", encoding="utf-8") as file:
            file.write("a file\n")
        who = ("-c", "user.name=e", "-c", "user.email=e@x")
        trees.git(clone, "add", "-A")
        trees.git(clone, *who, "commit", "-q", "-m", "by hand")
        trees.git(clone, "push", "-q", "origin", "sync")
        self.wait_empty(set(), ada, bob)
        self.assertEqual(ada.read("n"), b"a file\n")

    def test_a_file_that_nobody_syncs_stands_in_it(self):
        ada, bob = self.pair()
        ada.write("inbox/task.md", "t\n")
        self.wait_in_sync(ada, bob)
        for device in (ada, bob):
            device.write("inbox/task.md~", "left by an editor\n")
        os.unlink(ada.path("inbox/task.md"))
        wait_until(
            lambda: self.branch() == {"inbox"} and bob.read("inbox/task.md") is None,
            lambda: self.picture(ada, bob),
            20,
        )
        # It goes with the directory where that is removed, and keeps none from going elsewhere.
        subprocess.run(["rm", "-r", ada.path("inbox")], check=True)
        wait_until(lambda: self.branch() == set(), lambda: self.picture(ada, bob), 20)
        bob.write("hello.txt", "again\n")
        wait_until(
            lambda: ada.read("hello.txt") == b"again\n", lambda: self.picture(ada, bob), 20
        )
        self.assertEqual(bob.read("inbox/task.md~"), b"left by an editor\n")
        for device in (bob, ada):
            self.assertEqual(device.ctl("sync").returncode, 0)
        self.assertEqual(self.branch(), set())
        self.assertFalse(os.path.exists(ada.path("inbox")))

    def test_a_file_against_an_empty_directory(self):
        for choice, stands in (("--ours", "directory"), ("--theirs", "file"), ("--both", "both")):
            with self.subTest(choice):
                ada, bob = self.devices if self.devices else self.pair()
                for device in (ada, bob):
                    device.stop()
                name = f"n{choice}"
                os.makedirs(ada.path(name))
                time.sleep(0.01)
                bob.write(name, "the file\n")
                for device in (ada, bob):
                    device.start()
                self.wait_in_sync(ada, bob)
                self.assertTrue(os.path.isdir(bob.path(name)))
                conflicts = json.loads(ada.ctl("conflicts", "--json").stdout)
                conflict = [one for one in conflicts if one["path"] == f"{PREFIX}/{name}"]
                self.assertEqual(len(conflict), 1, conflicts)
                copies = [entry for entry in os.listdir(ada.folder) if f"{name}.con" in entry]
                self.assertEqual([ada.read(copy) for copy in copies], [b"the file\n"])
                copy = copies[0]
                ada.ctl("resolve", f"{PREFIX}/{name}", choice)
                self.wait_in_sync(ada, bob)
                for device in (ada, bob):
                    self.assertEqual(os.path.isdir(device.path(name)), stands != "file")
                    self.assertEqual(device.read(copy) is not None, stands == "both")
                    if stands == "file":
                        self.assertEqual(device.read(name), b"the file\n")
                self.assertEqual(json.loads(ada.ctl("conflicts", "--json").stdout), [])

    def test_restored(self):
        ada, bob = self.pair()
        os.makedirs(ada.path("a/b"))
        self.wait_empty({"a/b"}, ada, bob)
        before = trees.head(self.remote)
        subprocess.run(["rm", "-r", bob.path("a")], check=True)
        self.wait_empty(set(), ada, bob)
        bob.ctl("restore", bob.path("a"), "--to", before)
        self.wait_empty({"a/b"}, ada, bob)

    def test_many_that_go_are_no_mass_deletion(self):
        ada, bob = self.pair()
        for number in range(60):
            os.makedirs(ada.path(f"d{number}"))
        self.wait_empty({f"d{number}" for number in range(60)}, ada, bob)
        for number in range(60):
            os.rmdir(bob.path(f"d{number}"))
        self.wait_empty(set(), ada, bob)
