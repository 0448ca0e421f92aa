"""A remote on a path where somebody uses git: what no reference leads to may go at any moment."""

import os
import shutil
import unittest

import trees
from device import PREFIX
from harness import VaultTest

NAMES = ("-c", "user.name=Pat", "-c", "user.email=pat@example.org")


class GitAtTheRemote(VaultTest):
    """Branches come and go there, and git tidies up."""

    def setUp(self):
        super().setUp()
        self.ada = self.device("ada", start=False)
        self.ada.write("a.md", "a\n")
        self.assertEqual(self.ada.once().returncode, 0)

    def leave_behind(self, files):
        """A branch is pushed to the remote and deleted again: nothing leads to its objects."""
        clone = f"{self.top}/clone"
        trees.git(self.top, "clone", "-q", "-b", "sync", self.remote, clone)
        trees.git(clone, "checkout", "-q", "-b", "side")
        for name, content in files.items():
            path = f"{clone}/{PREFIX}/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(content)
        trees.git(clone, "add", "-A")
        trees.git(clone, *NAMES, "commit", "-q", "-m", "side")
        trees.git(clone, "push", "-q", "origin", "side")
        trees.git(clone, "push", "-q", "origin", ":side")

    def take_away(self, content):
        """A tidying that was cut short took a file's content, and left the tree that names it."""
        name = trees.blob_id(content)
        os.unlink(f"{self.remote}/objects/{name[:2]}/{name[2:]}")
        self.assertEqual(trees.fsck(self.remote), [])

    def assert_whole(self):
        self.assertEqual(trees.fsck(self.remote), [])
        trees.git(self.remote, "rev-list", "--objects", "sync")

    def test_a_push_relies_on_nothing_that_no_reference_leads_to(self):
        self.leave_behind({"d/s.md": "side\n"})
        self.take_away(b"side\n")
        self.ada.write("d/s.md", "side\n")
        self.assertEqual(self.ada.once().returncode, 0)
        self.assert_whole()
        self.assertEqual(trees.git(self.remote, "show", f"sync:{PREFIX}/d/s.md"), b"side\n")

    def test_a_push_sends_again_what_one_that_lost_its_turn_left_there(self):
        before = trees.head(self.remote)
        self.ada.write("b.md", "b\n")
        lock = f"{self.remote}/refs/heads/sync.lock"
        with open(lock, "wb"):
            self.ada.once()
        os.unlink(lock)
        self.assertEqual(trees.head(self.remote), before)
        packs = f"{self.remote}/objects/pack"
        old = set(os.listdir(packs))
        self.assertIn(trees.blob_id(b"b\n"), self.objects(old))
        self.ada.write("c.md", "c\n")
        self.assertEqual(self.ada.once().returncode, 0)
        # Git may be about to take the old packs, but for what its references led to.
        new = self.objects(set(os.listdir(packs)) - old)
        brought = trees.git(self.remote, "rev-list", "--objects", "sync", f"^{before}").decode()
        self.assertLessEqual({line.split()[0] for line in brought.splitlines()}, new)
        self.assert_whole()

    def test_a_large_file_that_moves_is_not_sent_again(self):
        self.ada.write("large.bin", os.urandom(5 << 20))
        self.assertEqual(self.ada.once().returncode, 0)
        packs = f"{self.remote}/objects/pack"
        old = set(os.listdir(packs))
        os.makedirs(self.ada.path("there"))
        os.rename(self.ada.path("large.bin"), self.ada.path("there/large.bin"))
        self.assertEqual(self.ada.once().returncode, 0)
        new = set(os.listdir(packs)) - old
        self.assertLess(sum(os.stat(f"{packs}/{name}").st_size for name in new), 1 << 16)
        self.assert_whole()

    def objects(self, names):
        """The names of the objects in some packs of the remote."""
        found = set()
        for name in names:
            if name.endswith(".idx"):
                with open(f"{self.remote}/objects/pack/{name}", "rb") as file:
                    listed = trees.git(self.remote, "show-index", stdin=file.read()).decode()
                found |= {line.split()[1] for line in listed.splitlines()}
        return found

    def lose_the_newest(self):
        """Takes the objects away that only the last push brought, as a bad disk does."""
        packs = f"{self.remote}/objects/pack"
        before = set(os.listdir(packs))
        self.ada.write("b.md", "b\n")
        self.assertEqual(self.ada.once().returncode, 0)
        lost = set(os.listdir(packs)) - before
        self.assertTrue(lost)
        for name in lost:
            os.unlink(f"{packs}/{name}")

    def test_what_the_remote_lost_of_its_head_is_sent_again(self):
        for edits in (True, False):
            with self.subTest(edits=edits):
                self.lose_the_newest()
                self.assertNotEqual(trees.fsck(self.remote), [])
                if edits:
                    self.ada.write("c.md", "c\n")
                self.assertEqual(self.ada.once().returncode, 0)
                self.assert_whole()
                os.unlink(self.ada.path("b.md"))
                self.assertEqual(self.ada.once().returncode, 0)

    def test_files_of_a_shared_remote_are_shared(self):
        """As git makes them: another user of the group, or any, says how far it is, too."""
        old = os.umask(0o022)
        self.addCleanup(os.umask, old)
        for value in ("group", "all", "0660", "0640", "umask"):
            with self.subTest(value):
                shutil.rmtree(f"{self.remote}/refs/sync", ignore_errors=True)
                trees.git(self.remote, "config", "core.sharedRepository", value)
                trees.git(self.remote, "update-ref", "refs/sync/devices/x", "sync")
                places = ("", "/devices", "/devices/x")
                wanted = [os.stat(f"{self.remote}/refs/sync{place}").st_mode for place in places]
                shutil.rmtree(f"{self.remote}/refs/sync")
                self.ada.write("m.md", value)
                self.assertEqual(self.ada.once().returncode, 0)
                places = ("", "/devices", "/devices/ada")
                found = [os.stat(f"{self.remote}/refs/sync{place}").st_mode for place in places]
                self.assertEqual([oct(mode) for mode in found], [oct(mode) for mode in wanted])

    def test_a_restored_remote_is_sent_what_dangles_there(self):
        first = trees.head(self.remote)
        for name in ("b.md", "c.md", "d.md"):
            self.ada.write(name, f"{name}\n")
            self.assertEqual(self.ada.once().returncode, 0)
        dangling = trees.git(self.remote, "cat-file", "commit", "sync~1")
        trees.git(self.remote, "update-ref", "refs/heads/sync", first)
        for name in trees.git(self.remote, "for-each-ref", "--format=%(refname)").split():
            if name != b"refs/heads/sync":
                trees.git(self.remote, "update-ref", "-d", name.decode())
        trees.git(self.remote, "repack", "-a", "-d", "-q")
        # Of what was there one commit is left, and nothing that it leads to.
        words = ("-t", "commit", "-w", "--literally", "--stdin")
        trees.git(self.remote, "hash-object", *words, stdin=dangling)
        self.ada.once()
        self.ada.ctl("remote", "restore", expect=(0,))
        self.assertEqual(self.ada.once().returncode, 0)
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
