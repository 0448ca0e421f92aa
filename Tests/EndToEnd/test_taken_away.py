"""What a running daemon stands on, taken away from below it: it finds its feet by itself."""

import json
import os
import shutil
import subprocess
import time
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest


class TakenAway(VaultTest):
    """Two devices whose daemons run."""

    def test_a_folder_that_was_away_for_a_moment_is_watched_again(self):
        """Its watch went with it; whoever looks for it may find it back."""
        ada, bob = self.pair()
        for turn, away in enumerate((0, 0.3)):
            os.rename(ada.folder, f"{ada.folder}.away")
            time.sleep(away)
            os.rename(f"{ada.folder}.away", ada.folder)
            watched = lambda: ada.status()["watch"]["directories"] > 0  # noqa: E731
            wait_until(watched, lambda: f"{ada.status()}", 20)
            ada.write("hello.txt", f"seen {turn}\n")
            wait_until(lambda turn=turn: bob.read("hello.txt") == f"seen {turn}\n".encode(),
                       lambda: self.picture(ada, bob), 10)  # fmt: skip

    def test_a_folder_is_watched_again_without_a_poll(self):
        """One that came back at once, and another one that somebody's word makes the folder."""
        self.sync = {"poll": '"60s"'}
        ada, bob = self.device("ada"), self.device("bob")
        bob.set("sync", "poll", '"1s"')
        ada.write("hello.txt", "hello\n")
        self.wait_in_sync(ada, bob)

        def is_seen(text):
            wait_until(lambda: ada.status()["watch"]["directories"] > 0, ada.status, 10)
            ada.write("hello.txt", text)
            wait_until(lambda: bob.read("hello.txt") == text.encode(),
                       lambda: self.picture(ada, bob), 10)  # fmt: skip

        os.rename(ada.folder, f"{ada.folder}.away")
        os.rename(f"{ada.folder}.away", ada.folder)
        is_seen("it came back at once\n")
        shutil.copytree(ada.folder, f"{ada.folder}.copy")
        os.rename(ada.folder, f"{ada.folder}.away")
        os.rename(f"{ada.folder}.copy", ada.folder)
        wait_until(lambda: ada.status()["state"] == "blocked", ada.status, 10)
        ada.ctl("sync", "--accept-folders")
        is_seen("it is another one\n")

    def test_a_mount_over_a_directory_in_a_folder_is_noticed(self):
        """No event tells of it: `in-sync` would not be true, and nothing counts as deleted."""
        ada, bob = self.pair()
        for number in range(4):
            ada.write(f"sub/{number}.md", f"{number}\n")
        self.wait_in_sync(ada, bob)
        before = bob.tree()
        for device in (ada, bob):
            device.set("sync", "poll", '"1s"')
            device.ctl("reload", expect=(0,))
            wait_until(device.answers, device.output)
        self.wait_in_sync(ada, bob)
        self.tmpfs(ada.path("sub"), "1m")
        wait_until(lambda: f"{PREFIX}/sub  mount" in ada.ctl("held").stdout,
                   lambda: f"{ada.status()}", 10)  # fmt: skip
        with open(ada.path("sub/other.md"), "w", encoding="utf-8") as file:
            file.write("of another file system\n")
        bob.write("sub/0.md", "by bob\n")
        wait_until(lambda: ada.status()["head"] == trees.head(bob.repository), "it comes")
        self.assertNotEqual(ada.status()["state"], "in-sync")
        self.assertEqual(bob.tree().keys(), before.keys())
        self.assertEqual(os.listdir(ada.path("sub")), ["other.md"])
        subprocess.run(["umount", ada.path("sub")], check=True)
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("sub/0.md"), b"by bob\n")
        wait_until(lambda: ada.ctl("held", "--json").stdout.split() == ["[", "]"], ada.status)

    def test_a_repository_that_is_moved_away_beside_a_daemon(self):
        """As `verify` advises where it is damaged: it is fetched anew, and nobody restarts."""
        ada, bob = self.pair()
        first = ada.process.pid
        os.rename(ada.repository, f"{ada.repository}.damaged")
        ada.write("new.md", "new\n")
        bob.write("bob.md", "bob\n")
        wait_until(lambda: os.path.isdir(ada.repository), lambda: ada.output(), 20)
        wait_until(ada.answers, lambda: ada.output(), 20)
        self.wait_in_sync(ada, bob)
        self.assertEqual((ada.read("bob.md"), bob.read("new.md")), (b"bob\n", b"new\n"))
        self.assertEqual(ada.process.pid, first)
        self.assertIn("starting anew", ada.output(200))
        self.assert_converged(ada, bob)

    def test_a_state_directory_that_is_removed_beside_a_daemon(self):
        ada, bob = self.pair()
        shutil.rmtree(ada.state)
        ada.write("new.md", "new\n")
        wait_until(lambda: os.path.exists(f"{ada.state}/lock"), lambda: ada.output(), 20)
        second = ada.run("syncd", "run", "--config", ada.config)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another syncd", second.stderr)
        wait_until(ada.answers, lambda: ada.output(), 20)
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("new.md"), b"new\n")
        self.assert_converged(ada, bob)

    def test_a_rollback_for_which_there_is_no_room_is_committed_and_waits(self):
        for running in (True, False):
            with self.subTest(running=running):
                name = f"full{running}"
                ada = self.device(name, start=False)
                self.tmpfs(ada.folder, "1m")
                ada.ctl("sync", "--accept-folders", expect=None)
                ada.write("big.bin", os.urandom(700 << 10))
                self.assertEqual(ada.once().returncode, 0)
                first = trees.head(ada.repository)
                os.remove(ada.path("big.bin"))
                self.assertEqual(ada.once().returncode, 0)
                ada.write("mine.bin", os.urandom(600 << 10))
                self.assertEqual(ada.once().returncode, 0)
                if running:
                    ada.start()
                done = ada.ctl("restore", f"{PREFIX}/big.bin", "--to", first, "--json", expect=(1,))
                report = json.loads(done.stdout)
                self.assertEqual(report["commit"], trees.head(ada.repository))
                self.assertEqual(report["waiting"],
                                 [{"path": f"{PREFIX}/big.bin", "reason": "no-space"}])  # fmt: skip
                if running:
                    self.assertIn("big.bin  no-space", ada.ctl("held").stdout)
                    ada.stop()
                self.remount(ada.folder, "size=8m")
                ada.once()
                self.assertIsNotNone(ada.read("big.bin"))
                for file in ("big.bin", "mine.bin"):
                    os.remove(ada.path(file))
                ada.once()


if __name__ == "__main__":
    unittest.main()
