"""Updates that wait for a file: what the user does meanwhile above, below and at its name, and
that nothing waits longer than its reason."""

import json
import os
import shutil
import subprocess

import servers
import trees
from device import PREFIX, wait_until
from harness import VaultTest
from proxy import Proxy


class Waiting(VaultTest):
    """Bob has a file open while ada's update of it comes."""

    sync = {"poll": '"1s"'}

    def waits(self, name):
        """Two devices, of which bob has a file open whose newer version waits; gives the file."""
        ada, bob = self.device("ada"), self.device("bob")
        ada.write(name, "one\n")
        ada.write("other.md", "other\n")
        self.wait_in_sync(ada, bob)
        program = open(bob.path(name), "ab", buffering=0)  # noqa: SIM115
        self.addCleanup(program.close)
        ada.write(name, "one\nof ada\n")
        wait_until(lambda: bob.status()["pending"]["changes"], "nothing waits")
        return ada, bob, program

    def until_in_sync(self, ada, bob, *texts):
        """Both are in sync, and hold each of the texts somewhere."""
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)
        found = "".join(
            ada.read(os.path.relpath(os.path.join(top, name), ada.folder)).decode()
            for top, _, names in os.walk(ada.folder) for name in names)  # fmt: skip
        for text in texts:
            self.assertIn(text, found)

    def test_what_waits_is_named(self):
        ada, bob, program = self.waits("z.md")
        for running in (True, False):
            if not running:
                bob.stop()
            held = json.loads(bob.ctl("held", "--json", expect=None).stdout)
            self.assertEqual(
                [(one["path"], one["reason"]) for one in held], [(f"{PREFIX}/z.md", "busy")])
        bob.start()
        program.close()
        self.until_in_sync(ada, bob, "of ada")
        self.assertEqual(json.loads(bob.ctl("held", "--json", expect=None).stdout), [])

    def test_directory_replaced_by_a_file(self):
        """The version that bob never saw is not taken away with the directory."""
        ada, bob, program = self.waits("d/z.md")
        shutil.rmtree(bob.path("d"))
        bob.write("d", "a file of bob\n")
        program.close()
        self.until_in_sync(ada, bob, "of ada", "a file of bob")

    def test_directory_further_up_replaced(self):
        """The same three names further up, with files beside it that bob did see."""
        ada, bob, program = self.waits("a/b/c/z.md")
        ada.write("a/seen.md", "seen\n")
        wait_until(lambda: bob.read("a/seen.md"), "the other file does not come")
        shutil.rmtree(bob.path("a"))
        bob.write("a", "a file of bob\n")
        program.close()
        self.until_in_sync(ada, bob, "of ada", "a file of bob")

    def test_file_replaced_by_a_directory(self):
        """A file made below the name of one that waits is an edit of what bob saw."""
        ada, bob, program = self.waits("z.md")
        os.unlink(bob.path("z.md"))
        bob.write("z.md/in.md", "below\n")
        program.close()
        self.until_in_sync(ada, bob, "of ada", "below")

    def test_deleted_while_it_waits(self):
        """Bob deletes what he saw: ada's edit stays."""
        ada, bob, program = self.waits("z.md")
        os.unlink(bob.path("z.md"))
        program.close()
        self.until_in_sync(ada, bob, "of ada")

    def test_one_capture_of_what_waits_and_what_does_not(self):
        """Each change is a commit upon what its writer saw: one look makes two."""
        ada, bob, program = self.waits("z.md")
        ada.write("other.md", "other\nof ada too\n")
        wait_until(lambda: b"too" in bob.read("other.md"), "the other file does not come")
        bob.stop()
        program.close()
        bob.write("z.md", "of bob\none\n")
        bob.write("other.md", "other\nof ada too\nof bob too\n")
        before = trees.head(self.remote)
        bob.start()
        self.until_in_sync(ada, bob)
        self.assertEqual(ada.read("z.md"), b"of bob\none\nof ada\n")
        self.assertEqual(ada.read("other.md"), b"other\nof ada too\nof bob too\n")
        words = ("log", "--format=%an %p", f"{before}..sync")
        log = trees.git(self.remote, *words).decode().splitlines()
        parents = {line.split(" ", 1)[1] for line in log if line.startswith("bob ")}
        self.assertEqual(len(parents), 2, log)

    def test_obstructed_is_taken_back(self):
        """What stood in the way goes, or the path leaves the vault: nothing stays held."""
        ada, bob = self.device("ada"), self.device("bob")
        ada.write("first.md", "first\n")
        self.wait_in_sync(ada, bob)
        for removes in (bob, ada):
            # Ignored, so that it is nothing to merge with.
            for device in (bob,):
                os.makedirs(device.path("n/x"))
                device.write("n/x/swap.swp~", "not synced\n")
            ada.write("n", "a file of ada\n")
            wait_until(lambda: bob.status()["quarantined"], "nothing is held")
            if removes is bob:
                shutil.rmtree(bob.path("n"))
            else:
                os.unlink(ada.path("n"))
            wait_until(lambda: not bob.status()["quarantined"], "it stays held")
            if removes is bob:
                os.unlink(ada.path("n"))
                wait_until(lambda: not os.path.exists(bob.path("n")), "it does not go")
            else:
                shutil.rmtree(bob.path("n"))
        self.wait_in_sync(ada, bob)
        bob.ctl("sync", expect=(0,))

    def test_restore_says_what_waits(self):
        """The change is committed; the file that a program has open is named."""
        bob = self.device("bob")
        bob.write("z.md", "one\n")
        bob.write("y.md", "one\n")
        self.wait_in_sync(bob)
        old = bob.status()["head"]
        bob.write("z.md", "two\n")
        bob.write("y.md", "two\n")
        wait_until(lambda: bob.status()["head"] != old, "nothing is captured")
        self.wait_in_sync(bob)
        with open(bob.path("z.md"), "ab"):
            words = bob.ctl("restore", bob.folder, "--to", old, expect=(1,)).stdout
            self.assertIn("not in the folder yet: shared/files/z.md", words)
            self.assertEqual(bob.read("y.md"), b"one\n")
        wait_until(lambda: bob.read("z.md") == b"one\n", "it waits for ever")

    def test_restore_while_an_exchange_hangs(self):
        """A remote that does not answer holds up no change of the folder."""
        os.makedirs(f"{self.top}/srv")
        remote = f"{self.top}/srv/remote.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "sync", remote], check=True)
        subprocess.run(["git", "-C", remote, "config", "http.receivepack", "true"], check=True)
        web = servers.HTTPS(f"{self.top}/web", f"{self.top}/srv", tls=False, login=False)
        self.addCleanup(web.stop)
        proxy = Proxy(web.port)
        self.addCleanup(proxy.close)
        self.url = f"http://localhost:{proxy.port}/remote.git"
        self.sync = {"poll": '"1s"', "pushes": "600", "timeout": '"20s"'}
        bob = self.device("bob")
        bob.write("f.md", "one\n")
        wait_until(lambda: bob.status()["state"] == "in-sync", "no start")
        old = bob.status()["head"]
        bob.write("f.md", "two\n")
        wait_until(
            lambda: bob.status()["head"] != old and bob.status()["state"] == "in-sync", "no edit")
        proxy.arm("stall", "up", 0)
        wait_until(lambda: proxy.struck, "no poll")
        bob.ctl("restore", bob.path("f.md"), "--to", old)
        self.assertEqual(bob.read("f.md"), b"one\n")
