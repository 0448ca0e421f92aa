"""From an edit on one device to the other: every kind of change, by itself."""

import os
import stat
import time
import unittest

import trees
from device import wait_until
from harness import VaultTest


class Basics(VaultTest):
    """Two devices, one change at a time, in both directions where it matters."""

    def until_in_sync(self, *devices):
        """Waits for the devices and checks what must hold after every change."""
        self.wait_in_sync(*devices)
        self.assert_converged(*devices)

    def test_a_new_file_arrives_and_its_answer_comes_back(self):
        ada, bob = self.pair()
        ada.write("notes/deep/in/todo.md", "- [ ] write\n")
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.read("notes/deep/in/todo.md"), b"- [ ] write\n")
        bob.write("notes/deep/in/todo.md", "- [x] write\n")
        self.until_in_sync(ada, bob)
        self.assertEqual(ada.read("notes/deep/in/todo.md"), b"- [x] write\n")

    def test_what_was_there_before_the_first_start_is_taken_in(self):
        ada = self.device("ada", start=False)
        for number in range(50):
            ada.write(f"old/{number % 5}/{number}.txt", f"{number}\n")
        ada.start()
        bob = self.device("bob", like=ada)
        self.assertEqual(len(bob.tree()), 50)
        self.assert_converged(ada, bob)

    def test_a_push_is_seen_without_polling(self):
        if self.url != self.remote:
            self.skipTest("a server tells nobody of a push")
        ada = self.device("ada", start=False)
        bob = self.device("bob", start=False)
        for device in (ada, bob):
            device.set("sync", "poll", '"15m"')
            device.start()
        for round_number in range(3):
            ada.write("seen.txt", f"{round_number}\n")
            self.wait_in_sync(ada, bob, deadline=20)

    def test_an_edit_and_an_append(self):
        ada, bob = self.pair()
        ada.write("hello.txt", "hello again\n")
        self.until_in_sync(ada, bob)
        with open(bob.path("hello.txt"), "ab") as file:
            file.write(b"and more\n")
        self.until_in_sync(ada, bob)
        self.assertEqual(ada.read("hello.txt"), b"hello again\nand more\n")

    def test_an_edit_that_keeps_size_and_mtime_is_seen(self):
        ada, bob = self.pair()
        before = os.stat(ada.path("hello.txt"))
        ada.write("hello.txt", "jello\n")
        os.utime(ada.path("hello.txt"), ns=(before.st_atime_ns, before.st_mtime_ns))
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.read("hello.txt"), b"jello\n")

    def test_a_file_is_renamed(self):
        ada, bob = self.pair()
        os.rename(ada.path("hello.txt"), ada.path("welcome.txt"))
        self.until_in_sync(ada, bob)
        self.assertEqual(sorted(bob.tree()), [b"welcome.txt"])

    def test_a_directory_of_a_thousand_files_is_renamed(self):
        ada, bob = self.pair()
        for number in range(1000):
            ada.write(f"many/{number % 10}/{number}.txt", f"file {number}\n")
        self.until_in_sync(ada, bob)
        os.rename(ada.path("many"), ada.path("moved"))
        self.until_in_sync(ada, bob)
        self.assertEqual(len(bob.tree()), 1001)
        self.assertFalse(os.path.exists(bob.path("many")), "the empty directories stayed")
        # The moved directories are watched under their new name.
        ada.write("moved/3/new.txt", "new\n")
        self.until_in_sync(ada, bob)

    def test_a_file_and_a_directory_are_deleted(self):
        ada, bob = self.pair()
        for number in range(5):
            ada.write(f"gone/{number}.txt", f"{number}\n")
        self.until_in_sync(ada, bob)
        for number in range(5):
            os.unlink(ada.path(f"gone/{number}.txt"))
        os.rmdir(ada.path("gone"))
        os.unlink(ada.path("hello.txt"))
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.tree(), {})
        self.assertFalse(os.path.exists(bob.path("gone")))

    def test_the_executable_bit_goes_both_ways(self):
        ada, bob = self.pair()
        os.chmod(ada.path("hello.txt"), 0o755)
        self.until_in_sync(ada, bob)
        self.assertTrue(os.stat(bob.path("hello.txt")).st_mode & stat.S_IXUSR)
        os.chmod(bob.path("hello.txt"), 0o644)
        self.until_in_sync(ada, bob)
        self.assertFalse(os.stat(ada.path("hello.txt")).st_mode & stat.S_IXUSR)

    def test_symbolic_links_stay_links(self):
        ada, bob = self.pair()
        os.symlink("hello.txt", ada.path("near"))
        os.symlink("/nowhere/at/all", ada.path("broken"))
        os.symlink("..", ada.path("up"))
        self.until_in_sync(ada, bob)
        self.assertEqual(os.readlink(bob.path("broken")), "/nowhere/at/all")
        os.unlink(bob.path("near"))
        os.symlink("broken", bob.path("near"))
        self.until_in_sync(ada, bob)
        self.assertEqual(os.readlink(ada.path("near")), "broken")

    def test_a_link_becomes_a_file_and_is_not_followed(self):
        ada, bob = self.pair()
        outside = f"{self.top}/outside"
        with open(outside, "wb") as file:
            file.write(b"not yours\n")
        os.symlink(outside, ada.path("swap"))
        self.until_in_sync(ada, bob)
        os.unlink(bob.path("swap"))
        bob.write("swap", "a file now\n")
        self.until_in_sync(ada, bob)
        self.assertFalse(os.path.islink(ada.path("swap")))
        with open(outside, "rb") as file:
            self.assertEqual(file.read(), b"not yours\n")

    def test_atomic_saves(self):
        ada, bob = self.pair()
        for number in range(20):
            ada.write(".hello.txt.swp", f"version {number}\n")
            os.rename(ada.path(".hello.txt.swp"), ada.path("hello.txt"))
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.read("hello.txt"), b"version 19\n")
        touched = trees.git(self.remote, "log", "--format=", "--name-only", "sync")
        self.assertNotIn(b".swp", touched)

    def test_a_file_becomes_a_directory_and_a_file_again(self):
        ada, bob = self.pair()
        os.unlink(ada.path("hello.txt"))
        ada.write("hello.txt/inside/a.md", "a\n")
        self.until_in_sync(ada, bob)
        self.assertEqual(sorted(bob.tree()), [b"hello.txt/inside/a.md"])
        os.unlink(ada.path("hello.txt/inside/a.md"))
        os.rmdir(ada.path("hello.txt/inside"))
        os.rmdir(ada.path("hello.txt"))
        ada.write("hello.txt", "a file again\n")
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.read("hello.txt"), b"a file again\n")

    def test_weird_names(self):
        ada, bob = self.pair()
        names = [
            b" leading", b"trailing ", b"-rf", b"--help", b"new\nline", b"tab\there", b"quote\"'",
            b"back\\slash", b"star*?[x]", b"\xff\xfe not utf-8", "n\u00efve \u732b".encode(),
            b"x" * 255, b"%s%n", b"$HOME `id`", b"#c", b":(top)x", b"a:b|c<d>", b"...", b"~",
            b"/".join([b"d" * 60] * 30) + b"/deep",
        ]  # fmt: skip
        for name in names:
            ada.write(name, b"content of " + name[:20])
        self.until_in_sync(ada, bob)
        self.assertEqual(set(names) | {b"hello.txt"}, set(bob.tree()))

    def test_empty_files_and_empty_content(self):
        ada, bob = self.pair()
        ada.write("empty", b"")
        ada.write("bytes", bytes(range(256)) * 4 + b"\r\n\0\r")
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.read("empty"), b"")
        ada.write("hello.txt", b"")
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.read("hello.txt"), b"")

    def test_a_storm_of_two_thousand_files(self):
        ada, bob = self.pair()
        began = time.monotonic()
        for number in range(2000):
            ada.write(f"import/{number % 40}/{number}", self.random.randbytes(2048))
        self.wait_in_sync(ada, bob)
        print(f"\n    2,000 files of 2 KiB in both folders: {time.monotonic() - began:.1f} s")
        self.assert_converged(ada, bob)

    def test_what_did_not_change_keeps_its_inode_and_its_time(self):
        ada, bob = self.pair()
        ada.write("quiet.txt", "quiet\n")
        self.until_in_sync(ada, bob)
        before = os.stat(bob.path("quiet.txt"))
        ada.write("hello.txt", "louder\n")
        self.until_in_sync(ada, bob)
        after = os.stat(bob.path("quiet.txt"))
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))

    def test_an_applied_file_has_the_time_of_its_commit(self):
        ada, bob = self.pair()
        ada.write("hello.txt", "timed\n")
        self.until_in_sync(ada, bob)
        committed = int(trees.git(self.remote, "log", "-1", "--format=%ct", "sync"))
        self.assertAlmostEqual(os.stat(bob.path("hello.txt")).st_mtime, committed, delta=1.0)

    def test_what_is_ignored_stays_here(self):
        ada, bob = self.pair()
        ada.write(".gitignore", "*.tmp\nbuild/\n")
        self.until_in_sync(ada, bob)
        ada.write("x.tmp", "no\n")
        ada.write("build/y.txt", "no\n")
        ada.write("z.txt", "yes\n")
        wait_until(lambda: bob.read("z.txt"), "z.txt did not arrive")
        self.assertEqual(sorted(bob.tree()), [b".gitignore", b"hello.txt", b"z.txt"])

    def test_a_special_file_is_named_and_stops_nothing(self):
        ada, bob = self.pair()
        os.mkfifo(ada.path("pipe"))
        ada.write("after.txt", "after\n")
        wait_until(lambda: bob.read("after.txt"), "after.txt did not arrive")
        wait_until(lambda: ada.status()["quarantined"] == 1, lambda: str(ada.status()))
        self.assertFalse(os.path.lexists(bob.path("pipe")))

    def test_nothing_is_done_when_nothing_changed(self):
        ada, bob = self.pair()
        head = trees.head(self.remote)
        for device in (ada, bob):
            device.ctl("sync")
            self.assertEqual(device.stop()[0], 0)
            device.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(trees.head(self.remote), head)

    def test_the_history_reads_well(self):
        ada, bob = self.pair()
        ada.write("notes/todo.md", "- [ ] read\n")
        self.until_in_sync(ada, bob)
        subject = trees.git(self.remote, "log", "-1", "--format=%s", "sync").decode()
        self.assertIn("notes/todo.md", subject)
        body = trees.git(self.remote, "log", "-1", "--format=%B", "sync").decode()
        self.assertRegex(body, r"(?m)^Sync-Device: ada$")
        self.assertRegex(body, r"(?m)^Sync-HLC: \d{13}$")
        author = trees.git(self.remote, "log", "-1", "--format=%an", "sync").decode().strip()
        self.assertEqual(author, "ada")
        listed = ada.ctl("log", expect=(0,)).stdout
        self.assertIn("notes/todo.md", listed)


if __name__ == "__main__":
    unittest.main()
