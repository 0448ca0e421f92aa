"""What is gone or broken around a vault: its message, its exit code, and what it spares."""

import glob
import json
import os
import shutil
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest

FAILED = 1


class BadSurroundings(VaultTest):
    """A folder, repository, state or remote that is gone or broken costs nobody a file."""

    def wait_for(self, device, state, deadline=30):
        """Waits until the device says a state; gives the status."""
        return wait_until(
            lambda: (lambda s: s if s["state"] == state else None)(device.status()),
            lambda: f"not {state}: {device.status()}\n{device.output()}",
            deadline,
        )

    def test_a_folder_that_is_missing_deletes_nothing(self):
        ada, bob = self.pair()
        head = trees.head(self.remote)
        os.rename(ada.folder, f"{ada.folder}.away")
        status = self.wait_for(ada, "blocked")
        self.assertIn(ada.folder, str(status))
        ada.ctl("sync", expect=None)
        self.assertEqual(trees.head(self.remote), head)
        self.assertEqual(bob.read("hello.txt"), b"hello\n")
        os.rename(f"{ada.folder}.away", ada.folder)
        bob.write("hello.txt", "back again\n")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_a_folder_that_is_missing_at_the_start(self):
        ada, bob = self.pair()
        head = trees.head(self.remote)
        ada.stop()
        os.rename(ada.folder, f"{ada.folder}.away")
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn(ada.folder, done.stderr)
        self.assertFalse(os.path.exists(ada.folder), "it was made anew")
        self.assertEqual(trees.head(self.remote), head)
        self.assertEqual(bob.read("hello.txt"), b"hello\n")

    def test_a_folder_that_was_replaced_by_an_empty_one(self):
        ada, bob = self.pair()
        head = trees.head(self.remote)
        ada.stop()
        os.rename(ada.folder, f"{ada.folder}.away")
        os.mkdir(ada.folder)
        ada.start()
        self.wait_for(ada, "blocked")
        self.assertEqual(trees.head(self.remote), head)
        self.assertEqual(bob.read("hello.txt"), b"hello\n")

    def test_a_mass_deletion_stops_and_asks(self):
        ada, bob = self.pair()
        for count in range(100):
            ada.write(f"many/{count}.txt", f"{count}\n")
        self.wait_in_sync(ada, bob)
        shutil.rmtree(ada.path("many"))
        status = wait_until(
            lambda: (lambda s: s if s["quarantined"] or s["state"] == "blocked" else None)(
                ada.status()
            ),
            lambda: f"not stopped: {ada.status()}\n{ada.output()}",
        )
        self.assertNotEqual(status["state"], "in-sync")
        self.assertEqual(len(bob.tree()), 101)
        # Other changes go on meanwhile.
        ada.write("hello.txt", "meanwhile\n")
        wait_until(lambda: bob.read("hello.txt") == b"meanwhile\n", "it stopped everything")
        self.assertEqual(len(bob.tree()), 101)

    def test_a_corrupt_repository_is_named_and_the_folder_spared(self):
        ada, bob = self.pair()
        ada.stop()
        for pattern in ("objects/pack/*.pack", "objects/pack/*.idx", "objects/??/*"):
            for path in glob.glob(f"{ada.repository}/{pattern}"):
                os.chmod(path, 0o644)
                with open(path, "r+b") as file:
                    file.truncate(10)
        before = ada.tree()
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn(ada.repository, done.stderr)
        self.assertEqual(ada.tree(), before)
        self.assertEqual(trees.fsck(self.remote), [])
        self.assertEqual(bob.read("hello.txt"), b"hello\n")

    def test_a_head_that_is_no_reference(self):
        ada, _ = self.pair()
        ada.stop()
        before = ada.tree()
        for name in ("packed-refs", "refs/heads/sync"):
            path = f"{ada.repository}/{name}"
            if os.path.exists(path):
                with open(path, "wb") as file:
                    file.write(b"garbage\n")
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertEqual(ada.tree(), before)

    def test_a_state_database_that_is_garbage_is_made_anew(self):
        damages = {
            "truncated": lambda file: file.truncate(100),
            "empty": lambda file: file.truncate(0),
            "garbage": lambda file: file.write(os.urandom(8192)),
        }
        ada, bob = self.pair()
        for name, damage in damages.items():
            with self.subTest(damage=name):
                ada.stop()
                for path in glob.glob(f"{ada.state}/state.db-*"):
                    os.unlink(path)
                with open(f"{ada.state}/state.db", "r+b") as file:
                    damage(file)
                ada.write("hello.txt", f"edited before {name}\n")
                bob.write(f"{name}.txt", "written meanwhile\n")
                ada.start()
                self.wait_in_sync(ada, bob)
                self.assert_converged(ada, bob)
                self.assertEqual(bob.read("hello.txt"), f"edited before {name}\n".encode())

    def test_a_foreign_name_of_gits_own_is_held_back_and_the_rest_syncs(self):
        ada, bob = self.pair()
        bob.stop()
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
        listing = trees.git(self.remote, "ls-tree", f"sync:{PREFIX}")
        for name in (b".GIT", b".git ", b"git~1", b"fine.txt"):
            listing += b"100644 blob " + blob + b"\t" + name + b"\n"
        tree = trees.git(self.remote, "mktree", stdin=listing).strip()
        for name in reversed(PREFIX.split("/")):
            line = b"040000 tree " + tree + b"\t" + name.encode() + b"\n"
            tree = trees.git(self.remote, "mktree", stdin=line).strip()
        commit = trees.git(
            self.remote, "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree",
            tree.decode(), "-p", trees.head(self.remote), "-m", "evil",
        ).strip().decode()  # fmt: skip
        ada.stop()
        trees.git(self.remote, "update-ref", "refs/heads/sync", commit)
        bob.start()
        wait_until(lambda: bob.read("fine.txt") == b"evil\n", lambda: self.picture(bob), 20)
        self.assertEqual(sorted(bob.tree()), [b"fine.txt", b"hello.txt"])
        held = json.loads(bob.ctl("held", "--json").stdout)
        self.assertEqual(
            sorted(entry["path"] for entry in held),
            [f"{PREFIX}/{name}" for name in (".GIT", ".git ", "git~1")],
        )
        self.assertEqual({entry["reason"] for entry in held}, {"name"})
        bob.write("hello.txt", "goes on\n")
        wait_until(
            lambda: trees.git(self.remote, "show", f"sync:{PREFIX}/hello.txt") == b"goes on\n",
            lambda: self.picture(bob), 20,
        )  # fmt: skip
        names = trees.git(self.remote, "ls-tree", "-r", "--name-only", "sync")
        self.assertIn(b".GIT", names)

    def hostile(self, entries, message="evil"):
        """Pushes a commit with these entries added to the folder's tree, as raw bytes."""
        raw = b""
        for line in trees.git(self.remote, "ls-tree", "-z", f"sync:{PREFIX}").split(b"\0")[:-1]:
            (mode, _, name), path = line.split(b"\t")[0].split(b" "), line.split(b"\t")[1]
            entries = [*entries, (mode.lstrip(b"0"), path, name)]
        for mode, path, name in sorted(entries, key=lambda entry: entry[1]):
            raw += mode + b" " + path + b"\0" + bytes.fromhex(name.decode())
        tree = trees.git(
            self.remote, "hash-object", "-w", "--literally", "-t", "tree", "--stdin", stdin=raw
        ).strip()
        for name in reversed(PREFIX.split("/")):
            line = b"040000 tree " + tree + b"\t" + name.encode() + b"\n"
            tree = trees.git(self.remote, "mktree", stdin=line).strip()
        commit = trees.git(
            self.remote, "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree",
            tree.decode(), "-p", trees.head(self.remote), "-m", message,
        ).strip().decode()  # fmt: skip
        trees.git(self.remote, "update-ref", "refs/heads/sync", commit)

    def test_foreign_names_that_lead_elsewhere_are_held_alone(self):
        ada, bob = self.pair()
        bob.stop()
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
        below = trees.git(
            self.remote, "mktree", stdin=b"100644 blob " + blob + b"\tf.txt\n").strip()
        names = (b"..", b".", b"a/b", b"/etc/passwd", b"../../up.txt")
        entries = [(b"100644", name, blob) for name in (*names, b"fine.txt")]
        entries += [(b"40000", b"..x/..", below)]
        self.hostile(entries)
        shown = sorted(
            f'{PREFIX}/"{name.decode().replace("/", chr(92) + "057")}"'
            for name in (*names, b"..x/..")
        )
        bob.start()
        for device in (ada, bob):
            wait_until(
                lambda device=device: device.read("fine.txt") == b"evil\n",
                lambda device=device: self.picture(device), 20,
            )  # fmt: skip
            self.assertEqual(sorted(device.tree()), [b"fine.txt", b"hello.txt"])
            held = json.loads(device.ctl("held", "--json").stdout)
            self.assertEqual(sorted(entry["path"] for entry in held), shown)
            self.assertEqual({entry["reason"] for entry in held}, {"name"})
        self.assertFalse(os.path.exists(f"{bob.home}/up.txt"))
        # Everything else goes on, both ways, and a merge too.
        bob.stop()
        bob.write("hello.txt", "from bob\n")
        ada.write("ada.txt", "from ada\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: self.picture(ada), 20)
        bob.start()
        wait_until(
            lambda: ada.read("hello.txt") == b"from bob\n" and bob.read("ada.txt"),
            lambda: self.picture(ada, bob), 20,
        )  # fmt: skip
        there = trees.git(self.remote, "ls-tree", "--name-only", "-z", f"sync:{PREFIX}")
        self.assertLessEqual({*names, b"..x/..", b"ada.txt"}, set(there.split(b"\0")))

    def test_a_foreign_tree_that_git_cannot_read_is_refused_by_name(self):
        ada, bob = self.pair()
        bob.stop()
        ada.stop()
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
        good = trees.head(self.remote)
        self.hostile([(b"100644", b"", blob)])
        before = bob.tree()
        done = bob.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("malformed tree", done.stderr)
        self.assertEqual(bob.tree(), before)
        trees.git(self.remote, "update-ref", "refs/heads/sync", good)
        self.assertEqual(bob.once().returncode, 0)

    def test_a_remote_that_is_missing(self):
        ada = self.device("ada", start=False)
        os.rename(self.remote, f"{self.remote}.away")
        ada.write("local.txt", "local\n")
        done = ada.once()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn(self.remote, done.stderr)
        kept = trees.commit_tree(ada.repository, "refs/heads/sync", PREFIX)
        self.assertIn(b"local.txt", kept, "it was not even committed here")
        os.rename(f"{self.remote}.away", self.remote)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(trees.commit_tree(self.remote, "refs/heads/sync", PREFIX), ada.tree())

    def test_an_unreadable_file_is_named_and_stops_nothing(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        ada, bob = self.pair()
        ada.write("secret.txt", "secret\n")
        os.chmod(ada.path("secret.txt"), 0)
        ada.write("after.txt", "after\n")
        wait_until(lambda: bob.read("after.txt"), "after.txt did not arrive")
        wait_until(lambda: ada.status()["quarantined"] == 1, lambda: str(ada.status()))


class FullDisk(VaultTest):
    """A disk that is full, at either end, changes nothing and is over when there is room."""

    def unhealthy(self, device):
        """Waits until the device says that something is wrong."""
        return wait_until(
            lambda: (lambda s: s if s["sync_health"]["last_error"] else None)(device.status()),
            lambda: f"nothing is said: {device.status()}\n{device.output()}",
        )

    def test_at_capture(self):
        bob = self.device("bob")
        home = f"{self.top}/ada/data"
        self.tmpfs(home, "6m")
        ada = self.device("ada")
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        head = trees.head(ada.repository)
        with open(f"{self.top}/large.bin", "wb") as file:
            file.write(self.random.randbytes(12 << 20))
        os.rename(f"{self.top}/large.bin", ada.path("large.bin"))
        self.assertIn("space", str(self.unhealthy(ada)["sync_health"]).lower())
        self.assertTrue(ada.running())
        self.assertEqual(trees.head(ada.repository), head)
        self.assertEqual(trees.fsck(ada.repository), [])
        self.remount(home, "size=128m")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_at_apply(self):
        ada = self.device("ada")
        folder = f"{self.top}/bob/folder"
        self.tmpfs(folder, "4m")
        bob = self.device("bob")
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        before = bob.tree()
        ada.ctl("sync")
        for count in range(4):
            ada.write(f"large/{count}", self.random.randbytes(2 << 20))
        ada.write("small.txt", "small, edited\n")
        self.wait_in_sync(ada)
        self.assertIn("space", str(self.unhealthy(bob)["sync_health"]).lower())
        self.assertTrue(bob.running())
        self.assertIn(bob.read("small.txt"), (b"small\n", b"small, edited\n"))
        self.assertLessEqual(set(before), set(bob.tree()))
        # What bob writes himself goes out all the same.
        bob.write("mine.txt", "of bob\n")
        wait_until(lambda: ada.read("mine.txt") == b"of bob\n", lambda: self.picture(ada, bob), 20)
        self.assertIn("space", str(self.unhealthy(bob)["sync_health"]).lower())
        self.remount(folder, "size=64m")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_what_fits_is_applied_and_a_deletion_makes_room(self):
        ada = self.device("ada")
        folder = f"{self.top}/bob/folder"
        self.tmpfs(folder, "2m")
        bob = self.device("bob")
        big = self.random.randbytes(900 << 10)
        ada.write("big", self.random.randbytes(1500 << 10))
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        ada.write("big2", big)
        self.wait_in_sync(ada)
        self.assertIn("space", str(self.unhealthy(bob)["sync_health"]).lower())
        ada.write("small.txt", "small, edited\n")
        wait_until(lambda: bob.read("small.txt") == b"small, edited\n",
                   lambda: self.picture(ada, bob), 20)  # fmt: skip
        os.unlink(ada.path("big"))
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("big2"), big)
        self.assert_converged(ada, bob)

    def test_a_read_only_folder(self):
        ada = self.device("ada")
        folder = f"{self.top}/bob/folder"
        self.tmpfs(folder, "8m")
        bob = self.device("bob")
        ada.write("small.txt", "small\n")
        self.wait_in_sync(ada, bob)
        self.remount(folder, "ro")
        ada.write("small.txt", "small, edited\n")
        self.unhealthy(bob)
        self.assertTrue(bob.running())
        self.assertNotEqual(bob.status()["state"], "in-sync")
        self.remount(folder, "rw")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)


if __name__ == "__main__":
    unittest.main()
