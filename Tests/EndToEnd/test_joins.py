"""What comes back after it was left out, and devices that join with files of their own: nobody
deleted anything, an older version never stands over a newer one, and nothing is a conflict that
the history knows."""

import os
import shutil
import subprocess

import trees
from device import wait_until
from harness import VaultTest


class Joins(VaultTest):
    """Two devices, of which bob leaves something out, loses something, or comes later."""

    def pair_with(self, files):
        """Two devices in sync over these files, bob's daemon stopped."""
        ada, bob = self.device("ada"), self.device("bob")
        for name, content in files.items():
            ada.write(name, content)
        self.wait_in_sync(ada, bob)
        bob.stop()
        return ada, bob

    def ignore(self, device, *patterns):
        """Sets what the device leaves out of its folder; nothing leaves nothing out."""
        with open(device.config, encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if not line.startswith("ignore")]
        if patterns:
            words = ", ".join(f'"{pattern}"' for pattern in patterns)
            at = next(i for i, line in enumerate(lines) if line.startswith("prefix"))
            lines.insert(at + 1, f"ignore = [{words}]")
        with open(device.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def wait_for_head(self, device):
        """Waits until the device has the remote's head and says that all is in sync."""
        wait_until(
            lambda: device.status()["head"] == trees.head(self.remote)
            and device.status()["state"] == "in-sync",
            lambda: f"{device.status()}",
        )

    def committed(self, device, change):
        """Makes a change and waits for the commit of it."""
        before = device.status()["head"]
        change()
        wait_until(lambda: device.status()["head"] != before, "no commit")

    def test_left_out_for_a_while(self):
        """What others wrote meanwhile comes, also to files that stood here before."""
        ada, bob = self.pair_with({"big/x.md": "one\n", "n.md": "n\n"})
        self.ignore(bob, "big/")
        bob.start()
        self.committed(ada, lambda: ada.write("big/x.md", "two of ada\n"))
        self.committed(ada, lambda: ada.write("big/new.md", "new\n"))
        self.wait_for_head(bob)
        self.assertEqual(bob.read("big/x.md"), b"one\n")
        bob.stop()
        self.ignore(bob)
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("big/x.md"), b"two of ada\n")
        self.assert_converged(ada, bob)

    def test_left_out_and_edited(self):
        """An edit of a file that was left out is an edit of the version that stood there."""
        ada, bob = self.pair_with({"big/x.md": "1\n2\n3\n4\n5\n", "n.md": "n\n"})
        self.ignore(bob, "big/")
        bob.start()
        self.committed(ada, lambda: ada.write("big/x.md", "1 ada\n2\n3\n4\n5\n"))
        bob.write("big/x.md", "1\n2\n3\n4\n5 bob\n")
        self.wait_for_head(bob)
        bob.stop()
        self.ignore(bob)
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("big/x.md"), b"1 ada\n2\n3\n4\n5 bob\n")
        self.assert_converged(ada, bob)

    def test_left_out_and_freed(self):
        """Files that were taken off the disk while nobody looked come back."""
        ada, bob = self.pair_with({f"v/{i}.bin": f"{i}\n" for i in range(4)} | {"n.md": "n\n"})
        self.ignore(bob, "v/")
        bob.start()
        shutil.rmtree(bob.path("v"))
        self.committed(ada, lambda: ada.write("v/4.bin", "4\n"))
        bob.stop()
        self.ignore(bob)
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(len(os.listdir(ada.path("v"))), 5)
        self.assert_converged(ada, bob)

    def test_left_out_while_empty(self):
        """A directory in which nothing stands is left out as one that has files: it is deleted
        nowhere, none that others make comes, and all that changed meanwhile comes at the end."""
        ada, bob = self.pair_with({"docs/a.md": "a\n"})
        bob.start()
        for name in ("docs/in", "docs/out"):
            os.makedirs(ada.path(name))
        wait_until(lambda: os.path.isdir(bob.path("docs/out")), "no directory came")
        self.wait_in_sync(ada, bob)
        bob.stop()
        self.ignore(bob, "/docs/in/", "late/")
        bob.start()
        self.wait_for_head(bob)
        os.makedirs(ada.path("docs/late"))
        self.committed(ada, lambda: os.rmdir(ada.path("docs/out")))
        self.wait_for_head(bob)
        self.assertTrue(os.path.isdir(ada.path("docs/in")))
        self.assertEqual(sorted(os.listdir(bob.path("docs"))), ["a.md", "in"])
        self.committed(ada, lambda: os.rmdir(ada.path("docs/in")))
        # What the device leaves out may go on its own disk, too.
        os.rmdir(bob.path("docs/in"))
        bob.write("docs/b.md", "b\n")
        self.wait_in_sync(ada, bob)
        bob.stop()
        self.ignore(bob)
        bob.start()
        wait_until(lambda: os.path.isdir(bob.path("docs/late")), "it does not come back")
        self.wait_in_sync(ada, bob)
        self.assertEqual(sorted(os.listdir(ada.path("docs"))), ["a.md", "b.md", "late"])
        self.assert_converged(ada, bob)

    def test_rules_go_before_their_directory(self):
        """A project that is deleted, its `.gitignore` first: what the rules leave out is taken in
        nowhere. Rules that go alone end."""
        ada, bob = self.pair_with(
            {f"{place}/.gitignore": "out/\n" for place in ("p", "q")}
            | {"p/a.md": "a\n", "p/s/b.md": "b\n", "q/c.md": "c\n"}
        )
        bob.start()
        for device in (ada, bob):
            for place in ("p", "q"):
                device.write(f"{place}/out/made-{device.name}", f"{device.name}\n")
        for name in ("p/.gitignore", "p/s/b.md", "p/a.md"):
            self.committed(ada, lambda name=name: os.unlink(ada.path(name)))
        os.unlink(ada.path("q/.gitignore"))
        made = {"q/out/made-ada", "q/out/made-bob"}
        wait_until(
            lambda: made <= {path.decode() for path in bob.tree()}, lambda: f"{bob.tree()}", 60
        )
        for device in (ada, bob):
            self.wait_for_head(device)
        files = trees.git(self.remote, "ls-tree", "-r", "--name-only", "sync").decode().split()
        self.assertEqual([name for name in files if "/p/" in name], [])
        for device in (ada, bob):
            self.assertEqual(os.listdir(device.path("p/out")), [f"made-{device.name}"])

    def test_out_of_the_configuration_and_in(self):
        """A folder that was not configured for a while deletes nothing and takes nothing back."""
        ada, bob = self.pair_with({"a.md": "one\n", "b.md": "b\n", "gone.md": "gone\n"})
        with open(bob.config, encoding="utf-8") as file:
            whole = file.read()
        other = f"{bob.home}/other"
        os.mkdir(other)
        with open(bob.config, "w", encoding="utf-8") as file:
            file.write(whole.replace(bob.folder, other).replace("shared/files", "shared/other"))
        bob.start()
        self.committed(ada, lambda: ada.write("a.md", "two\n"))
        self.committed(ada, lambda: os.unlink(ada.path("gone.md")))
        os.unlink(bob.path("b.md"))
        bob.stop()
        with open(bob.config, "w", encoding="utf-8") as file:
            file.write(whole)
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.tree(), bob.tree())
        self.assertEqual(bob.read("a.md"), b"two\n")
        self.assertEqual(ada.read("b.md"), b"b\n")
        self.assertIsNone(ada.read("gone.md"))

    def join_with(self, old):
        """Ada has two versions behind her of all files; bob joins with some."""
        ada = self.device("ada")
        for version in ("one", "two", "three"):
            def write(version=version):
                for name in old:
                    ada.write(name, f"{name} {version}\n")
            self.committed(ada, write)
            self.wait_in_sync(ada)
        bob = self.device("bob", start=False)
        for name, content in old.items():
            bob.write(name, content)
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        return ada, bob

    def test_joins_with_older_copies(self):
        """Thirty notes of older versions, dated now, move forward without a conflict."""
        old = {f"n{i}.md": f"n{i}.md {'one' if i % 2 else 'two'}\n" for i in range(30)}
        ada, _ = self.join_with(old)
        for name in old:
            self.assertEqual(ada.read(name), f"{name} three\n".encode())

    def test_joins_with_what_was_deleted(self):
        """A device that never took part adds what the vault had deleted, and says so."""
        ada = self.device("ada")
        ada.write("gone.md", "gone\n")
        ada.write("stays.md", "stays\n")
        self.wait_in_sync(ada)
        self.committed(ada, lambda: os.unlink(ada.path("gone.md")))
        self.wait_in_sync(ada)
        bob = self.device("bob", start=False)
        bob.write("gone.md", "gone\n")
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("gone.md"), b"gone\n")
        self.assertIn("added again", " ".join(bob.status()["notices"]))

    def test_a_single_cycle_says_what_it_added_again(self):
        ada = self.device("ada", start=False)
        ada.write("gone.md", "gone\n")
        ada.write("stays.md", "stays\n")
        self.assertEqual(ada.once().returncode, 0)
        os.unlink(ada.path("gone.md"))
        self.assertEqual(ada.once().returncode, 0)
        ways = {"bob": lambda device: device.once(), "eve": lambda device: device.ctl("sync")}
        for name, way in ways.items():
            device = self.device(name, start=False)
            device.write("gone.md", "gone\n")
            done = way(device)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("added again, shared/files/gone.md for one", done.stderr)
            os.unlink(device.path("gone.md"))
            self.assertEqual(device.once().returncode, 0)

    def test_a_folder_that_is_another_directory_now(self):
        """What the record knows of it still says what an edit there was made of."""
        note = "".join(f"line {number}\n" for number in range(1, 21))
        ada, bob = self.pair_with({f"{name}.md": note for name in ("a", "b", "c", "d")})
        shutil.copytree(bob.folder, f"{bob.home}/older")
        bob.start()
        self.committed(ada, lambda: ada.write("a.md", note + "newer\n"))
        self.wait_in_sync(ada, bob)
        bob.stop()
        shutil.rmtree(bob.folder)
        os.rename(f"{bob.home}/older", bob.folder)
        bob.write("b.md", note.replace("line 5\n", "line 5 of bob\n"))
        os.unlink(bob.path("c.md"))
        bob.write("more.md", "more\n")
        ada.write("b.md", note.replace("line 15\n", "line 15 of ada\n"))
        bob.start()
        wait_until(lambda: "another" in str(bob.status()["notices"]), lambda: f"{bob.status()}")
        bob.ctl("sync", "--accept-folders", expect=None)
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        both = note.replace("line 5\n", "line 5 of bob\n").replace("line 15\n", "line 15 of ada\n")
        self.assertEqual(ada.read("b.md"), both.encode())
        self.assertEqual(ada.read("a.md"), (note + "newer\n").encode(), "no old version comes back")
        self.assertEqual(bob.read("c.md"), note.encode(), "nothing counts as deleted")
        self.assertEqual(ada.read("more.md"), b"more\n")

    def test_an_older_folder_that_is_taken_as_it_is(self):
        """What was deleted since comes back with it, and that is said."""
        ada, bob = self.pair_with({"a.md": "a\n", "gone.md": "gone\n", "too.md": "too\n"})
        shutil.copytree(bob.folder, f"{bob.home}/older")
        bob.start()
        for name in ("gone.md", "too.md"):
            self.committed(ada, lambda name=name: os.unlink(ada.path(name)))
        self.wait_in_sync(ada, bob)
        bob.stop()
        shutil.rmtree(bob.folder)
        os.rename(f"{bob.home}/older", bob.folder)
        bob.start()
        wait_until(lambda: "another" in str(bob.status()["notices"]), lambda: f"{bob.status()}")
        done = bob.ctl("sync", "--accept-folders", expect=None)
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("gone.md"), b"gone\n")
        words = "2 files of shared/files had been deleted from the vault before and are added again"
        self.assertIn(words, f"{bob.status()['notices']}")
        self.assertIn(words, done.stderr)

    def test_another_disk_at_the_folders_mount_point(self):
        """Its root has the numbers of the one before, and what it has are old versions."""
        place = f"{self.top}/ada/folder"
        self.tmpfs(place, "8m")
        ada, bob = self.device("ada"), self.device("bob")
        for content in ("one\n", "two\n"):
            for number in range(4):
                ada.write(f"n{number}.md", content)
            self.wait_in_sync(ada, bob)
        tree, head = bob.tree(), trees.head(self.remote)
        ada.stop()
        subprocess.run(["umount", place], check=True)
        self.tmpfs(place, "8m")
        ada.write("n0.md", "one\n")
        ada.start()
        wait_until(lambda: "another" in str(ada.status()["notices"]), lambda: f"{ada.status()}")
        self.assertEqual((bob.tree(), trees.head(self.remote)), (tree, head))
        ada.ctl("sync", "--accept-folders", expect=None)
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.tree(), tree)

    def test_home_restored_from_a_backup(self):
        """Folder, repository and state are old: what changed since is taken from the remote."""
        ada, bob = self.pair_with({f"n{i}.md": "one\n" for i in range(12)} | {"gone.md": "g\n"})
        shutil.copytree(bob.home, f"{bob.home}.backup", symlinks=True)
        bob.start()
        for i in range(12):
            ada.write(f"n{i}.md", "two\n")
        os.unlink(ada.path("gone.md"))
        self.wait_in_sync(ada, bob)
        bob.stop()
        shutil.rmtree(bob.home)
        os.rename(f"{bob.home}.backup", bob.home)
        bob.start()
        bob.ctl("sync", "--accept-folders", expect=None)
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("n7.md"), b"two\n")
        self.assertIsNone(ada.read("gone.md"))
        self.assert_converged(ada, bob)

    def test_repository_is_lost(self):
        """The folder and the record are newer than the repository: it comes from the remote."""
        ada, bob = self.pair_with({"a.md": "one\n", "b.md": "b\n", "c.md": "c\n"})
        bob.start()
        self.committed(ada, lambda: ada.write("a.md", "two\n"))
        self.wait_in_sync(ada, bob)
        bob.stop()
        shutil.rmtree(bob.repository)
        bob.write("b.md", "edited\n")
        os.unlink(bob.path("c.md"))
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("a.md"), b"two\n")
        self.assertEqual(ada.read("b.md"), b"edited\n")
        self.assertIsNone(ada.read("c.md"))
        self.assert_converged(ada, bob)

    def test_repository_is_older_than_the_record(self):
        """A repository from a backup: what the record names comes from the remote first."""
        ada, bob = self.pair_with({"a.md": "one\n", "b.md": "b\n"})
        shutil.copytree(bob.repository, f"{bob.home}/old.git", symlinks=True)
        bob.start()
        self.committed(ada, lambda: ada.write("a.md", "two\n"))
        self.committed(bob, lambda: bob.write("b.md", "two of bob\n"))
        self.wait_in_sync(ada, bob)
        bob.stop()
        shutil.rmtree(bob.repository)
        os.rename(f"{bob.home}/old.git", bob.repository)
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("a.md"), b"two\n")
        self.assertEqual(ada.read("b.md"), b"two of bob\n")
        self.assert_converged(ada, bob)

    def test_record_is_lost(self):
        """Without a record nothing is deleted, and nothing that the history has is a conflict."""
        ada, bob = self.pair_with({"a.md": "one\n", "b.md": "b\n", "c.md": "c\n"})
        self.committed(ada, lambda: ada.write("a.md", "two\n"))
        shutil.rmtree(bob.state)
        os.unlink(bob.path("c.md"))
        bob.write("b.md", "edited\n")
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("a.md"), b"two\n")
        self.assertEqual(ada.read("b.md"), b"edited\n")
        self.assertEqual(ada.read("c.md"), b"c\n")
        self.assert_converged(ada, bob)

    def held_without_a_record(self):
        """Two devices; the second lost its record and has an older folder, most of which was
        deleted since: it is held, over every scan."""
        files = {f"{number}.md": f"{number}\n" for number in range(20)}
        ada, bob = self.pair_with(files | {"stays.md": "stays\n"})
        shutil.copytree(bob.folder, f"{bob.home}/older")
        bob.start()
        for name in files:
            os.unlink(ada.path(name))
        wait_until(lambda: ada.status()["state"] == "blocked", lambda: f"{ada.status()}")
        ada.ctl("sync", "--accept-deletes")
        self.wait_in_sync(ada, bob)
        bob.stop()
        shutil.rmtree(bob.folder)
        os.rename(f"{bob.home}/older", bob.folder)
        shutil.rmtree(bob.state)
        for _ in range(2):
            bob.start()
            wait_until(lambda: bob.status()["state"] == "blocked", lambda: f"{bob.status()}")
            self.assertEqual((len(ada.tree()), len(os.listdir(bob.folder))), (1, 21))
            bob.stop()
        bob.start()
        return ada, bob

    def test_record_is_lost_and_what_was_deleted_goes(self):
        ada, bob = self.held_without_a_record()
        bob.ctl("sync", "--accept-deletes")
        self.wait_in_sync(ada, bob)
        self.assertEqual(os.listdir(bob.folder), ["stays.md"])

    def test_record_is_lost_and_what_was_deleted_comes_back(self):
        ada, bob = self.held_without_a_record()
        bob.ctl("sync", "--restore-deleted")
        self.wait_in_sync(ada, bob)
        self.assertEqual(len(os.listdir(ada.folder)), 21)

    def test_offline_vault_captures(self):
        """A new vault whose remote cannot be reached captures all the same."""
        bob = self.device("bob", start=False)
        os.rename(self.remote, f"{self.remote}.away")
        bob.write("a.md", "one\n")
        bob.start()
        wait_until(lambda: bob.status()["head"], "nothing is captured")
        log = subprocess.run(
            ["git", "-C", bob.repository, "show", "sync:shared/files/a.md"],
            stdout=subprocess.PIPE, check=True)  # fmt: skip
        self.assertEqual(log.stdout, b"one\n")
