"""What rules leave out is nobody else's: no version that arrives in its place publishes it."""

import json
import os
import shutil
import time
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest

SECRET = b"TOKEN=REAL\n"
# What rules go on for whose file went alone, in seconds.
GRACE = 5.5


class LeftOut(VaultTest):
    """Ada has a file that `.gitignore` leaves out; a version of that name comes."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = (self.device(name, start=False) for name in ("ada", "bob"))

    def cycle(self, *devices):
        for device in devices:
            done = device.once()
            self.assertIn(done.returncode, (0, 1, 10), done.stderr)

    def published(self, content):
        """Whether a commit that was pushed has a file of this content."""
        objects = trees.git(self.remote, "rev-list", "--objects", "--all").decode()
        return trees.blob_id(content) in objects

    def held(self, device):
        found = json.loads(device.ctl("held", "--json").stdout)
        return [(entry["path"].removeprefix(f"{PREFIX}/"), entry["reason"]) for entry in found]

    def add_with_git(self, files):
        """Somebody adds files with git, whatever is left out."""
        clone = f"{self.top}/plain"
        trees.git(self.top, "clone", "-q", self.remote, clone)
        for name, content in files.items():
            path = f"{clone}/{PREFIX}/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(content)
        trees.git(clone, "add", "-f", ".")
        names = ("-c", "user.name=Pat", "-c", "user.email=pat@example.org")
        trees.git(clone, *names, "commit", "-q", "-m", "with git")
        trees.git(clone, "push", "-q", "origin", "HEAD:sync")

    def past(self):
        """`s.env` was synced once, is deleted and left out, and ada has one of her own."""
        self.ada.write("s.env", "TOKEN=old\n")
        self.cycle(self.ada, self.bob)
        head = trees.head(self.remote)
        os.unlink(self.ada.path("s.env"))
        self.ada.write(".gitignore", "*.env\n")
        self.cycle(self.ada, self.bob)
        self.ada.write("s.env", SECRET)
        self.cycle(self.ada)
        return head

    def test_what_is_brought_back_waits_until_its_place_is_free(self):
        head = self.past()
        file = self.ada.path("s.env")
        for command in (["restore", "--to", head, file], ["rollback", head, "--path", file]):
            done = self.ada.ctl(*command, expect=(1,))
            self.assertIn("s.env (left-out)", done.stdout + done.stderr)
            again = self.ada.ctl(*command, "--dry-run", expect=(1,))
            self.assertIn("s.env (left-out)", again.stdout + again.stderr)
            self.cycle(self.ada, self.bob, self.ada)
            self.assertEqual(self.bob.read("s.env"), b"TOKEN=old\n")
            self.assertEqual(self.held(self.ada), [("s.env", "left-out")])
            self.ada.ctl("undo", expect=(0,))
            self.cycle(self.ada, self.bob, self.ada)
            self.assertEqual((self.ada.read("s.env"), self.held(self.ada)), (SECRET, []))
            self.assertIsNone(self.bob.read("s.env"))
        self.assertFalse(self.published(SECRET))
        self.ada.ctl("restore", "--to", head, file, expect=(1,))
        os.rename(file, f"{file}.env")
        self.cycle(self.ada)
        self.assertEqual(self.ada.read("s.env"), b"TOKEN=old\n")
        self.assertEqual((self.held(self.ada), self.published(SECRET)), ([], False))

    def test_what_another_device_adds_in_its_place_waits(self):
        self.ada.write(".gitignore", "*.env\n")
        self.ada.write("s.env", SECRET)
        self.ada.write("same.env", "the same\n")
        self.cycle(self.ada, self.bob)
        self.add_with_git({"s.env": "TOKEN=git\n", "same.env": "the same\n"})
        self.cycle(self.ada, self.bob, self.ada)
        self.assertEqual(self.bob.read("s.env"), b"TOKEN=git\n")
        self.assertFalse(self.published(SECRET))
        self.assertEqual(self.ada.read("s.env"), SECRET)
        self.assertEqual(self.held(self.ada), [("s.env", "left-out")])
        # What stands there as it comes is synced from now on.
        self.ada.write("same.env", "edited\n")
        self.cycle(self.ada, self.bob)
        self.assertEqual(self.bob.read("same.env"), b"edited\n")

    def test_what_makes_room_in_a_place_that_was_taken_is_left_out_as_well(self):
        self.ada.write(".gitignore", "deploy\n")
        self.ada.write("deploy", SECRET)
        self.cycle(self.ada, self.bob)
        self.add_with_git({"deploy/s.env": "TOKEN=git\n"})
        self.cycle(self.ada, self.ada)
        self.assertEqual(self.held(self.ada), [("deploy/s.env", "obstructed")])
        os.unlink(self.ada.path("deploy"))
        self.ada.write("deploy/s.env", SECRET)
        self.cycle(self.ada, self.bob, self.ada)
        self.assertEqual(self.held(self.ada), [("deploy/s.env", "left-out")])
        self.assertEqual(self.ada.read("deploy/s.env"), SECRET)
        self.assertFalse(self.published(SECRET))
        os.unlink(self.ada.path("deploy/s.env"))
        self.cycle(self.ada)
        self.assertEqual(self.ada.read("deploy/s.env"), b"TOKEN=git\n")

    def test_the_rules_of_the_vault_hold_for_who_joins(self):
        self.ada.write(".gitignore", "*.env\n")
        self.ada.write("sub/.gitignore", "/out\n")
        self.ada.write("sub/a.md", "a\n")
        self.cycle(self.ada)
        cleo = self.device("cleo", start=False)
        cleo.write("s.env", SECRET)
        cleo.write("sub/out/b.bin", b"built")
        cleo.write("mine.md", "mine\n")
        cleo.write("sub/.gitignore", "*.tmp\n")
        cleo.write("sub/c.tmp", "of cleo's own\n")
        self.cycle(cleo, self.ada)
        self.assertEqual(
            sorted(self.ada.tree()), [b".gitignore", b"mine.md", b"sub/.gitignore", b"sub/a.md"]
        )
        self.assertEqual(sorted(self.ada.read("sub/.gitignore").split()), [b"*.tmp", b"/out"])
        self.assertFalse(self.published(SECRET) or self.published(b"built"))
        self.assertEqual((cleo.read("s.env"), cleo.read("sub/out/b.bin")), (SECRET, b"built"))
        # They are files like others from now on.
        cleo.write(".gitignore", "nothing\n")
        self.cycle(cleo, self.ada)
        self.assertEqual(self.ada.read("s.env"), SECRET)

    def test_a_directory_that_takes_anothers_place_brings_its_rules(self):
        self.ada.write("proj/a.md", "a\n")
        self.ada.start()
        self.wait_in_sync(self.ada)
        new = f"{self.top}/new"
        os.mkdir(new)
        for name, content in ((".gitignore", b"*.env\n"), ("s.env", SECRET), ("b.md", b"b\n")):
            with open(f"{new}/{name}", "wb") as file:
                file.write(content)
        os.rename(self.ada.path("proj"), self.ada.path("proj.old"))
        os.rename(new, self.ada.path("proj"))
        wait_until(lambda: self.published(b"b\n"), self.ada.output)
        self.assertEqual(trees.git(self.remote, "show", f"sync:{PREFIX}/proj/b.md"), b"b\n")
        self.assertFalse(self.published(SECRET))

    def test_a_rule_that_goes_with_what_comes_publishes_nothing_that_is_in_its_way(self):
        """A rollback changes `.gitignore`, or takes it away, and brings the file back."""
        for rules in ("*.tmp\n", None):
            with self.subTest(rules):
                self.ada.write("s.env", "TOKEN=old\n")
                if rules:
                    self.ada.write(".gitignore", rules)
                self.cycle(self.ada, self.bob)
                head = trees.head(self.remote)
                os.unlink(self.ada.path("s.env"))
                self.ada.write(".gitignore", "*.env\n")
                self.cycle(self.ada, self.bob)
                self.ada.write("s.env", SECRET)
                self.cycle(self.ada)
                done = self.ada.ctl("rollback", head, expect=(1,))
                self.assertIn("s.env (left-out)", done.stdout + done.stderr)
                time.sleep(0 if rules else GRACE)
                self.cycle(self.ada, self.bob, self.ada)
                self.assertEqual(self.held(self.ada), [("s.env", "left-out")])
                self.assertEqual(self.ada.read("s.env"), SECRET)
                self.assertEqual(self.bob.read("s.env"), b"TOKEN=old\n")
                self.assertFalse(self.published(SECRET))
                os.unlink(self.ada.path("s.env"))
                self.cycle(self.ada, self.bob)
                if rules:
                    os.unlink(self.ada.path(".gitignore"))
                os.unlink(self.ada.path("s.env"))
                self.cycle(self.ada, self.bob)
                time.sleep(GRACE)
        self.ada.write(".gitignore", "*.env\n")
        self.ada.write("s.env", SECRET)
        self.cycle(self.ada)
        self.ada.ctl("restore", "--to", head, self.ada.path("s.env"), expect=(1,))
        # Somebody's word brings it in.
        self.ada.write(".gitignore", "*.env\n!s.env\n")
        self.cycle(self.ada, self.ada, self.bob)
        self.assertEqual(self.held(self.ada), [])
        self.assertTrue(self.published(SECRET))

    def test_a_state_that_is_lost_and_another_directory_publish_nothing(self):
        head = self.past()
        self.ada.ctl("restore", "--to", head, self.ada.path("s.env"), expect=(1,))
        self.cycle(self.bob)
        shutil.rmtree(self.ada.state)
        self.cycle(self.ada, self.bob, self.ada)
        self.assertEqual(self.held(self.ada), [("s.env", "left-out")])
        shutil.copytree(self.ada.folder, f"{self.ada.folder}.copy")
        shutil.rmtree(self.ada.folder)
        os.rename(f"{self.ada.folder}.copy", self.ada.folder)
        self.ada.ctl("sync", "--accept-folders", expect=None)
        self.cycle(self.ada, self.bob, self.ada)
        self.assertEqual(self.held(self.ada), [("s.env", "left-out")])
        self.assertEqual(self.ada.read("s.env"), SECRET)
        self.assertEqual(self.bob.read("s.env"), b"TOKEN=old\n")
        self.assertFalse(self.published(SECRET))

    def test_rules_that_outlive_their_file_are_found_again_when_the_state_is_lost(self):
        self.ada.write("p/.gitignore", "build/\n*.env\n")
        self.ada.write("p/sub/.gitignore", "*.key\n")
        for name in ("p/a.md", "p/sub/a.md", "kept.md"):
            self.ada.write(name, f"{name}\n")
        self.cycle(self.ada, self.bob, self.ada)
        for name in ("p/build/x.bin", "p/s.env", "p/sub/s.key"):
            self.ada.write(name, SECRET)
        self.ada.write("new/a.md", "new\n")
        self.cycle(self.ada)
        shutil.rmtree(self.bob.path("p"))
        self.cycle(self.bob, self.ada, self.ada)
        self.assertIsNone(self.ada.read("p/a.md"))
        self.assertFalse(self.published(SECRET))
        shutil.rmtree(self.ada.state)
        self.cycle(self.ada, self.ada, self.bob)
        self.assertFalse(self.published(SECRET))
        self.assertEqual(self.ada.read("p/sub/s.key"), SECRET)
        # As ever they end when others stand in their place.
        self.ada.write("p/.gitignore", "build/\n")
        self.cycle(self.ada, self.bob)
        self.assertEqual(self.bob.read("p/s.env"), SECRET)
        self.assertIsNone(self.bob.read("p/sub/s.key"))

    def test_a_state_that_is_lost_knows_the_rules_that_came_meanwhile(self):
        self.ada.write(".gitignore", "*.env\n")
        self.cycle(self.ada, self.bob, self.ada)
        self.bob.write(".gitignore", "*.env\n*.key\n")
        self.cycle(self.bob)
        self.ada.write("s.key", SECRET)
        shutil.rmtree(self.ada.state)
        self.cycle(self.ada, self.ada, self.bob)
        self.assertFalse(self.published(SECRET))
        self.assertEqual(self.ada.read("s.key"), SECRET)

    def test_rules_that_two_devices_change_stay_in_force(self):
        self.ada.write(".gitignore", "*.tmp\nkeys/\n")
        self.cycle(self.ada, self.bob)
        self.ada.write(".gitignore", "*.tmp\nkeys/*\n!keys/pub\n")
        self.cycle(self.ada)
        self.bob.write(".gitignore", "*.tmp\nkeys/\n*.env\n")
        self.bob.write("s.env", SECRET)
        self.cycle(self.bob, self.ada, self.bob)
        for device in (self.ada, self.bob):
            self.assertEqual(
                device.read(".gitignore"), b"*.tmp\nkeys/*\n!keys/pub\nkeys/\n*.env\n")
            self.assertEqual(device.status()["conflicts"], 0)
        self.assertFalse(self.published(SECRET))

    def test_rules_that_wait_hold_already(self):
        """The folder was out of the configuration while they came."""
        with open(self.ada.config, encoding="utf-8") as file:
            text = file.read()
        self.ada.write("a.md", "a\n")
        self.cycle(self.ada, self.bob)
        elsewhere = f"{self.top}/elsewhere"
        os.mkdir(elsewhere)
        with open(self.ada.config, "w", encoding="utf-8") as file:
            file.write(text.replace(self.ada.folder, elsewhere).replace(PREFIX, "other"))
        self.cycle(self.ada)
        self.bob.write(".gitignore", "*.env\n")
        self.cycle(self.bob, self.ada)
        self.ada.write("s.env", SECRET)
        with open(self.ada.config, "w", encoding="utf-8") as file:
            file.write(text)
        self.cycle(self.ada, self.bob)
        self.assertFalse(self.published(SECRET))
        self.assertEqual(self.ada.read(".gitignore"), b"*.env\n")

    def test_rules_that_outlive_their_file_are_known_without_the_daemon(self):
        self.ada.write("d/.gitignore", "out/\n")
        self.ada.write("d/a.md", "a\n")
        self.cycle(self.ada, self.bob)
        self.ada.write("d/out/b.bin", b"built")
        self.cycle(self.ada)
        os.rename(self.bob.path("d"), self.bob.path("e"))
        self.cycle(self.bob, self.ada)
        status = self.ada.status()
        self.assertEqual((status["state"], status["pending"]["changes"]), ("in-sync", 0))

    def test_an_older_version_of_who_joins_moves_forward(self):
        self.ada.write("s.env", "one\n")
        self.cycle(self.ada)
        self.ada.write(".gitignore", "*.env\n")
        self.ada.write("s.env", "two\n")
        self.cycle(self.ada)
        cleo = self.device("cleo", start=False)
        cleo.write("s.env", "one\n")
        cleo.write(".gitignore", "*.env\n")
        self.cycle(cleo)
        self.assertEqual((cleo.read("s.env"), self.held(cleo)), (b"two\n", []))


if __name__ == "__main__":
    unittest.main()
