"""What the system refuses is told as that, path by path, and is over when the reason is."""

import ctypes
import json
import os
import socket
import subprocess
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest

USER = 65534


class Permissions(VaultTest):
    """Directories, repositories and file systems that the daemon may not read or write."""

    sync = {"poll": '"1s"'}

    def held(self, device):
        found = json.loads(device.ctl("held", "--json").stdout)
        return {entry["path"].removeprefix(f"{PREFIX}/"): entry["reason"] for entry in found}

    def other_user(self):
        """A device whose programs run as a user who is not root."""
        if os.geteuid() != 0:
            self.skipTest("another user needs root")
        os.chmod(self.top, 0o755)
        ada = self.device("ada", start=False)
        subprocess.run(["chown", "-R", f"{USER}:{USER}", self.remote], check=True)
        ada.hand_over(USER)
        return ada

    def test_what_waits_for_a_read_only_folder_is_listed(self):
        ada, bob = (self.device(name, start=False) for name in ("ada", "bob"))
        self.tmpfs(bob.folder, "4m")
        ada.write("here.md", "one\n")
        ada.start()
        bob.start()
        self.wait_in_sync(ada, bob)
        self.remount(bob.folder, "ro")
        ada.write("here.md", "two\n")
        ada.write("new.md", "new\n")
        waits = {"here.md": "read-only", "new.md": "read-only"}
        wait_until(lambda: self.held(bob) == waits, lambda: f"{self.held(bob)}")
        wait_until(lambda: bob.status()["pending"]["changes"] == 2, lambda: f"{bob.status()}")
        self.assertNotIn("applied new.md", bob.output())
        self.remount(bob.folder, "rw")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    def test_a_file_that_did_not_fit_and_is_gone_is_no_reason_any_more(self):
        ada, bob = (self.device(name, start=False) for name in ("ada", "bob"))
        self.tmpfs(bob.folder, "3m")
        ada.write("base.md", "base\n")
        ada.start()
        bob.start()
        self.wait_in_sync(ada, bob)
        for turn in range(3):
            ada.write("large.bin", os.urandom(5_000_000))
            full = lambda: "no space" in str(bob.status()["notices"])  # noqa: E731
            wait_until(full, bob.output)
            os.unlink(ada.path("large.bin"))
            self.wait_in_sync(ada, bob, deadline=20.0)
            self.assertEqual(bob.status()["notices"], [], turn)

    def test_a_directory_that_may_not_be_read_is_held_at_once(self):
        ada = self.other_user()
        ada.write("d/.gitignore", "*.o\n")
        ada.write("d/e/.gitignore", "*.x\n")
        ada.write("d/a.md", "a\n")
        ada.write("b.md", "b\n")
        ada.hand_over(USER)
        ada.set("sync", "full_scan", '"1h"')
        ada.start()
        self.wait_in_sync(ada)
        os.chmod(ada.path("d"), 0o000)
        wait_until(lambda: self.held(ada) == {"d": "unreadable"}, lambda: f"{self.held(ada)}")
        # Nothing else waits for it.
        ada.write("c.md", "c\n")
        ada.hand_over(USER)
        there = lambda: trees.commit_tree(  # noqa: E731
            self.remote, "refs/heads/sync", PREFIX).get(b"c.md")
        wait_until(there, ada.output)
        os.chmod(ada.path("d"), 0o755)
        self.wait_in_sync(ada)

    def test_a_socket_that_another_user_made_first_is_not_asked(self):
        ada = self.other_user()
        place = f"{ada.home}/run/syncd"
        os.makedirs(place, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{place}/default.sock")
            listener.listen()
            os.chmod(f"{place}/default.sock", 0o777)
            os.chmod(place, 0o755)
            os.chown(place, 2, 2)
            for words in (("status",), ("pause",), ("events",)):
                said = ada.ctl(*words, expect=(1,)).stderr
                self.assertIn(f"{place} belongs to another user", said)
            listener.settimeout(0.1)
            with self.assertRaises(TimeoutError):
                listener.accept()

    def test_a_mount_whose_server_is_gone_holds_itself_alone(self):
        ada = self.device("ada", start=False)
        ada.write("d/a.md", "a\n")
        ada.set("sync", "full_scan", '"1s"')
        self.assertEqual(ada.once().returncode, 0)
        os.mkdir(ada.path("share"))
        self.dead_mount(ada.path("share"))
        with self.assertRaises(OSError):
            os.stat(ada.path("share"))
        ada.start()
        ada.write("b.md", "b\n")
        ada.write("d/a.md", "another\n")
        there = lambda: trees.commit_tree(  # noqa: E731
            self.remote, "refs/heads/sync", PREFIX).get(b"b.md")
        wait_until(there, ada.output)
        self.assertEqual(self.held(ada), {"share": "failed"})
        self.assertEqual(
            trees.git(self.remote, "show", f"sync:{PREFIX}/d/a.md"), b"another\n")
        self.unmount(ada.path("share"))
        wait_until(lambda: self.held(ada) == {}, lambda: f"{self.held(ada)}")

    def dead_mount(self, path):
        """Mounts what nobody serves any more, or skips the test where that is not allowed."""
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            server = os.open("/dev/fuse", os.O_RDWR)
        except OSError:
            self.skipTest("there is no FUSE here")
        options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
        done = libc.mount(b"gone", path.encode(), b"fuse", 0, options)
        os.close(server)
        if done != 0:
            self.skipTest("mounting needs root")
        self.mounts.append(path)

    def unmount(self, path):
        subprocess.run(["umount", "-l", path], check=True)
        self.mounts.remove(path)

    def test_a_repository_that_may_not_be_read_is_not_damaged(self):
        ada = self.other_user()
        ada.write("a.md", "a\n")
        ada.hand_over(USER)
        ada.start()
        self.wait_in_sync(ada)
        for place in (f"{ada.repository}/refs/heads", ada.repository):
            os.chmod(place, 0o000)
            said = ada.ctl("doctor", expect=None).stdout
            self.assertNotIn(".damaged", said)
            self.assertIn("chmod -R u+rwX", said)
            ada.ctl("sync", expect=(1,))
            status = ada.status()
            self.assertNotIn("another program", str(status))
            self.assertIn("make the repository writable", str(status["notices"]))
            self.assertEqual(len(status["notices"]), len(set(status["notices"])))
            os.chmod(place, 0o700)
            wait_until(lambda: ada.ctl("sync", expect=None).returncode == 0, ada.output)

    def test_a_umask_that_takes_the_owners_rights_changes_no_mode(self):
        ada, bob = self.device("ada"), self.device("bob", start=False)
        old = os.umask(0o177)
        try:
            bob.start()
        finally:
            os.umask(old)
        ada.write("d/x.sh", "#!/bin/sh\n")
        os.chmod(ada.path("d/x.sh"), 0o755)
        self.wait_in_sync(ada, bob)
        self.assertEqual(os.stat(bob.path("d/x.sh")).st_mode & 0o777, 0o700)
        bob.ctl("sync", expect=(0,))
        self.assertEqual(os.stat(ada.path("d/x.sh")).st_mode & 0o777, 0o755)
        self.assert_converged(ada, bob)

    def test_a_start_over_a_repository_that_is_read_only(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "a\n")
        place = f"{ada.home}/data"
        kept = f"{self.top}/kept"
        os.rename(place, kept)
        self.tmpfs(place, "8m")
        subprocess.run(["cp", "-a", f"{kept}/.", place], check=True)
        self.assertEqual(ada.once().returncode, 0)
        self.remount(place, "ro")
        ada.write("b.md", "b\n")
        said = ada.once()
        self.assertEqual(said.returncode, 1)
        self.assertNotIn("from-backup", said.stderr)
        self.assertIn("make the repository writable", said.stderr)
        self.remount(place, "rw")
        self.assertEqual(ada.once().returncode, 0)


if __name__ == "__main__":
    unittest.main()
