"""Somebody rewrites, empties or replaces the remote: the vault stops and asks, nothing is lost,
and either choice brings all devices together again without a force push."""

import json
import os
import shutil
import subprocess
import unittest

import trees
from device import PREFIX, Device, wait_until
from harness import ThroughSSH, Tokens, VaultTest

FAILED, NOT_RUNNING = 1, 3


class Rewrite(VaultTest):
    """Two devices in sync, then the remote is another."""

    sync = {"poll": '"1s"'}

    def setUp(self):
        super().setUp()
        self.tokens = Tokens()
        self.configure_remote()

    def configure_remote(self):
        """Nobody may force a push: what devices do has to go forward."""
        for key in ("receive.denyNonFastForwards", "receive.denyDeletes"):
            trees.git(self.remote, "config", key, "true")

    def begin_anew(self):
        """Another vault, for the next choice."""
        self.tearDown()
        self.doCleanups()
        self.setUp()

    def told(self):
        """Two devices with three commits, of which the first may become the remote's again."""
        ada, bob = self.device("ada"), self.device("bob")
        self.write(ada, "first.md")
        self.wait_in_sync(ada, bob)
        self.first = trees.head(self.remote)
        self.write(bob, "second.md")
        self.wait_in_sync(ada, bob)
        self.write(ada, "third.md")
        self.write(ada, "sub/fourth.md")
        self.wait_in_sync(ada, bob)
        self.last = trees.head(self.remote)
        return ada, bob

    def write(self, device, name):
        """Writes a file that holds one new token."""
        token = self.tokens.new(device.name).decode()
        device.write(name, f"{token}\n")
        return token

    # What somebody does to the remote.

    def rewrite(self):
        """Another history over the first commit, with a file of its own."""
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"foreign\n")
        listing = trees.git(self.remote, "ls-tree", "-r", self.first)
        self.commit(
            listing + f"100644 blob {blob.decode().strip()}\t{PREFIX}/foreign.md\n".encode(),
            self.first,
        )

    def commit(self, listing, parent=None):
        """Makes the remote's branch a commit of these files."""
        index = {**os.environ, "GIT_INDEX_FILE": f"{self.top}/index"}
        for name in ("AUTHOR", "COMMITTER"):
            index |= {f"GIT_{name}_NAME": "eve", f"GIT_{name}_EMAIL": "eve@example.org"}
        git = ["git", "-C", self.remote, "-c", "safe.directory=*"]

        def run(*words, stdin=None):
            done = subprocess.run(
                [*git, *words], env=index, input=stdin, stdout=subprocess.PIPE, check=True
            )
            return done.stdout.decode().strip()

        run("read-tree", "--empty")
        run("update-index", "--index-info", stdin=listing)
        words = ["-p", parent] if parent else []
        commit = run("commit-tree", "-m", "rewrote it", *words, run("write-tree"))
        run("update-ref", "refs/heads/sync", commit)
        return commit

    def take_back(self):
        """The branch as a backup has it."""
        trees.git(self.remote, "update-ref", "refs/heads/sync", self.first)

    def empty(self):
        """No branch any more."""
        trees.git(self.remote, "update-ref", "-d", "refs/heads/sync")

    def begin_repository(self):
        """An empty repository at the same place."""
        os.rename(self.remote, f"{self.top}/gone.git")
        subprocess.run(
            ["git", "init", "-q", "--bare", "--initial-branch=sync", self.remote], check=True
        )
        self.configure_remote()

    def replace(self):
        """Another repository at the same place."""
        self.begin_repository()
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"foreign\n")
        name = blob.decode().strip()
        self.commit(f"100644 blob {name}\t{PREFIX}/foreign.md\n".encode())

    # What the devices say.

    def blocked(self, *devices):
        """Waits until each device says that it is blocked, and that both choices are named."""
        for device in devices:
            wait_until(
                lambda device=device: device.status()["state"] == "blocked",
                lambda device=device: f"{device.status()}\n{device.output()}",
            )
            words = " ".join(device.status().get("notices", []))
            for word in (self.last[:8], "syncctl remote restore", "syncctl remote accept"):
                self.assertIn(word, words)

    def kept(self, device):
        """What a device keeps of what was left behind."""
        return trees.git(
            device.repository, "for-each-ref", "--format=%(objectname)", "refs/sync/kept/"
        ).decode().split()

    def assert_nothing_lost(self, *devices):
        """Every token stands in a repository's reachable history."""
        for device in devices:
            found = trees.tokens_in_history(device.repository)
            self.assertEqual(sorted(set(self.tokens.written) - found), [], device.name)

    def until_in_sync(self, ada, bob):
        """All equal at the end; an edit goes both ways again."""
        self.wait_in_sync(ada, bob)
        self.write(ada, "after.md")
        self.write(bob, "after-too.md")
        self.wait_in_sync(ada, bob)
        self.assert_converged(ada, bob)

    # The histories.

    def test_a_rewritten_remote_stops_the_vault_and_captures_go_on(self):
        ada, bob = self.told()
        before = ada.tree()
        self.rewrite()
        self.blocked(ada, bob)
        self.assertEqual(ada.tree(), before, "a folder was touched")
        self.assertRegex(ada.ctl("doctor", expect=(FAILED,)).stdout,
                         r"fail +history +.*rewritten.*\n +syncctl remote,")
        self.assertIn(self.last, self.kept(ada))
        # What is written now is committed here.
        token = self.write(ada, "meanwhile.md")
        head = ada.ctl("flush").stdout.strip()
        self.assertIn(token.encode(), trees.git(ada.repository, "show",
                                                f"{head}:{PREFIX}/meanwhile.md"))
        # And it is still so after a restart, with no daemon, and after the record was lost.
        ada.stop()
        done = ada.ctl("status", expect=(NOT_RUNNING,))
        self.assertIn("syncctl remote restore", done.stdout)
        for name in os.listdir(ada.state):
            if name.startswith("state.db"):
                os.unlink(f"{ada.state}/{name}")
        ada.start()
        self.blocked(ada)
        standing = json.loads(ada.ctl("remote", "--json").stdout)
        self.assertEqual(standing["change"]["kind"], "rewritten")
        self.assertEqual(standing["change"]["old"], self.last)
        self.assertEqual(standing["change"]["new"], trees.head(self.remote))
        self.assertIn(f"refs/sync/kept/{self.last[:12]}", standing["kept"])
        # A dry run says what would change, and changes nothing.
        done = json.loads(ada.ctl("remote", "accept", "--dry-run", "--json").stdout)
        self.assertIsNone(done["commit"])
        self.assertEqual(
            done["paths"],
            [f"{PREFIX}/{name}" for name in ("foreign.md", "second.md", "sub/fourth.md",
                                             "third.md")],
        )
        self.assertEqual(done["deletions"], done["paths"][1:])
        said = ada.ctl("remote", "accept", "--dry-run").stdout
        self.assertIn(f"would delete here: {PREFIX}/second.md\n", said)
        self.assertIn(f"would change here: {PREFIX}/foreign.md\n", said)
        self.assertEqual(ada.status()["state"], "blocked")

    def test_restore_on_one_device_is_enough(self):
        ada, bob = self.told()
        self.rewrite()
        self.blocked(ada, bob)
        self.write(bob, "meanwhile.md")
        ada.ctl("remote", "restore")
        self.until_in_sync(ada, bob)
        self.assertIsNone(ada.read("foreign.md"))
        self.assertIsNotNone(ada.read("second.md"))
        self.assertIsNotNone(ada.read("meanwhile.md"))
        self.assert_nothing_lost(ada, bob)
        self.assertIn(b"foreign", trees.git(self.remote, "log", "--format=", "-p", "-m", "sync"))

    def test_accept_takes_the_remote_and_keeps_what_only_a_device_had(self):
        ada, bob = self.told()
        self.rewrite()
        self.blocked(ada, bob)
        self.write(ada, "meanwhile.md")
        self.write(ada, "third.md")
        self.write(bob, "mine.md")
        ada.ctl("remote", "accept")
        # An edit stays against the drop, and is listed.
        wait_until(lambda: ada.status()["state"] == "conflicts", ada.status)
        self.blocked(bob)
        bob.ctl("remote", "accept")
        self.until_in_sync(ada, bob)
        self.assertEqual(bob.read("foreign.md"), b"foreign\n")
        for name in ("first.md", "meanwhile.md", "third.md", "mine.md"):
            self.assertIsNotNone(bob.read(name), name)
        # As the remote had them, and it dropped them.
        self.assertIsNone(bob.read("second.md"))
        self.assertIsNone(ada.read("sub/fourth.md"))
        self.assert_nothing_lost(ada, bob)
        # What was dropped does not go back to the remote.
        listed = trees.git(self.remote, "rev-list", "sync").decode().split()
        self.assertNotIn(self.last, listed)
        # A rollback to the head that was kept is exactly that.
        ada.ctl("rollback", self.last)
        self.until_in_sync(ada, bob)
        self.assertIsNotNone(bob.read("second.md"))
        self.assertIsNone(bob.read("foreign.md"))

    def test_an_accept_is_undone_and_done_again(self):
        ada, bob = self.told()
        self.rewrite()
        self.blocked(ada, bob)
        before = trees.git(ada.repository, "rev-parse", "sync").decode().strip()
        ada.ctl("remote", "accept")
        accepted = trees.git(ada.repository, "rev-parse", "sync").decode().strip()
        bob.ctl("remote", "accept")
        self.until_in_sync(ada, bob)
        self.write(bob, "since.md")
        self.until_in_sync(ada, bob)
        self.assertIsNone(ada.read("second.md"))
        done = json.loads(ada.ctl("undo", "--dry-run", "--json").stdout)
        self.assertEqual(done["undone"], [accepted])
        self.assertIsNone(ada.read("second.md"))
        undo = json.loads(ada.ctl("undo", "--json").stdout)["commit"]
        self.until_in_sync(ada, bob)
        # What stood before is back, and what came since stays.
        self.assertIsNotNone(bob.read("second.md"))
        self.assertIsNone(bob.read("foreign.md"))
        self.assertIsNotNone(ada.read("since.md"))
        message = trees.git(self.remote, "log", "-1", "--format=%B", undo).decode()
        self.assertIn(f"Sync-Undoes: {accepted}", message)
        # The old history itself does not go back to the remote.
        self.assertNotIn(before, trees.git(self.remote, "rev-list", "sync").decode().split())
        ada.ctl("undo")
        self.until_in_sync(ada, bob)
        self.assertIsNone(bob.read("second.md"))
        self.assertIsNotNone(bob.read("foreign.md"))
        self.assertIsNotNone(bob.read("since.md"))

    def test_a_remote_from_a_backup_is_a_question_too(self):
        for choice in ("restore", "accept"):
            with self.subTest(choice):
                self.begin_anew()
                ada, bob = self.told()
                self.take_back()
                self.blocked(ada, bob)
                ada.ctl("remote", choice)
                if choice == "accept":
                    bob.ctl("remote", choice)
                self.until_in_sync(ada, bob)
                self.assertEqual(ada.read("third.md") is None, choice == "accept")
                self.assert_nothing_lost(ada)
                if choice == "accept":
                    # As docs/how-to/a-rewritten-remote.md has it: by 12 digits of a kept head.
                    kept = trees.git(ada.repository, "for-each-ref", "--format=%(refname)",
                                     "refs/sync/kept").decode().split()  # fmt: skip
                    digits = kept[0].rsplit("/", 1)[1][:12]
                    ada.ctl("show", f"{digits}:{PREFIX}/third.md")
                    ada.ctl("restore", f"{PREFIX}/third.md", "--to", digits)
                    self.assertIsNotNone(ada.read("third.md"))

    def test_an_emptied_remote(self):
        for choice in ("restore", "accept"):
            with self.subTest(choice):
                self.begin_anew()
                ada, bob = self.told()
                self.empty()
                self.blocked(ada, bob)
                ada.ctl("remote", choice)
                if choice == "accept":
                    wait_until(lambda: trees.head(self.remote), "nothing was pushed")
                    self.blocked(bob)
                    bob.ctl("remote", choice)
                self.until_in_sync(ada, bob)
                for name in ("first.md", "second.md", "third.md", "sub/fourth.md"):
                    self.assertIsNotNone(bob.read(name), name)
                roots = trees.git(self.remote, "rev-list", "--count", "sync").decode()
                self.assertEqual(int(roots) < 5, choice == "accept", roots)
                self.assert_nothing_lost(ada, bob)

    def test_what_another_device_did_since_it_accepted_is_merged(self):
        for begin, choice in (
            (self.empty, "restore"),
            (self.begin_repository, "restore"),
            (self.empty, "accept"),
        ):
            with self.subTest(f"{begin.__name__} {choice}"):
                self.begin_anew()
                ada, bob = self.told()
                begin()
                self.blocked(ada, bob)
                self.write(ada, "during.md")
                ada.ctl("remote", "accept")
                self.wait_in_sync(ada)
                edited = self.write(ada, "second.md")
                self.write(ada, "later.md")
                os.unlink(ada.path("third.md"))
                self.wait_in_sync(ada)
                self.blocked(bob)
                self.write(bob, "mine.md")
                bob.ctl("remote", choice)
                self.until_in_sync(ada, bob)
                for name in ("first.md", "during.md", "later.md", "mine.md", "sub/fourth.md"):
                    self.assertIsNotNone(ada.read(name), name)
                self.assertEqual(ada.read("second.md"), f"{edited}\n".encode())
                self.assertIsNone(ada.read("third.md"))
                self.assertEqual(json.loads(ada.ctl("conflicts", "--json").stdout), [])
                self.assert_nothing_lost(bob)

    def test_another_repository(self):
        for choice in ("restore", "accept"):
            with self.subTest(choice):
                self.begin_anew()
                ada, bob = self.told()
                self.replace()
                self.blocked(ada, bob)
                self.write(bob, "mine.md")
                ada.ctl("remote", choice)
                if choice == "accept":
                    bob.ctl("remote", choice)
                self.until_in_sync(ada, bob)
                for name in ("first.md", "second.md", "third.md", "mine.md"):
                    self.assertIsNotNone(ada.read(name), name)
                self.assertEqual(bob.read("foreign.md") is None, choice == "restore")
                self.assert_nothing_lost(ada, bob)

    def test_without_a_daemon(self):
        ada, bob = self.told()
        ada.stop()
        bob.stop()
        self.rewrite()
        done = ada.ctl("sync", expect=(FAILED,))
        self.assertIn("syncctl remote restore", done.stderr)
        self.assertIn("rewritten", ada.ctl("remote").stdout)
        self.assertRegex(ada.ctl("doctor", expect=(FAILED,)).stdout,
                         r"fail +history +.*rewritten.*\n +syncctl remote,")
        ada.ctl("remote", "restore", expect=(0,))
        self.assertNotRegex(ada.ctl("doctor", expect=(0,)).stdout, r"(?m)^\w+ +history ")
        done = ada.ctl("remote", "restore", expect=(FAILED,))
        self.assertIn("nothing to choose", done.stderr)
        ada.start()
        bob.start()
        self.until_in_sync(ada, bob)
        self.assertIsNotNone(bob.read("third.md"))

    def test_a_change_of_mind_by_the_remote_ends_it(self):
        ada, bob = self.told()
        self.take_back()
        self.blocked(ada, bob)
        trees.git(self.remote, "update-ref", "refs/heads/sync", self.last)
        self.until_in_sync(ada, bob)

    def test_another_remote_in_the_configuration_is_no_rewrite(self):
        ada, _ = self.told()
        other = f"{self.top}/other.git"
        shutil.copytree(self.remote, other)
        trees.git(other, "update-ref", "-d", "refs/heads/sync")
        ada.set("repository", "remote", f'"{other}"')
        ada.ctl("reload")
        wait_until(
            lambda: trees.head(other) == self.last and ada.status()["state"] == "in-sync",
            lambda: f"{ada.status()}\n{ada.output()}",
        )

    def name_remote(self, device, remote):
        device.set("repository", "remote", f'"{remote}"')
        device.ctl("reload")

    def test_another_vaults_remote_in_the_configuration_waits_for_a_choice(self):
        ada, bob = self.told()
        other = f"{self.top}/other.git"
        trees.git(self.top, "init", "-q", "--bare", "--initial-branch=sync", other)
        eve = Device(f"{self.top}/eve", "eve")
        self.devices.append(eve)
        eve.init(other)
        eve.write("private.md", "eve's\n")
        self.assertEqual(eve.once().returncode, 0)
        theirs = trees.head(other)
        # A wrong line, twice, with a restart in between: nothing goes either way.
        self.name_remote(ada, other)
        self.blocked(ada)
        self.write(ada, "meanwhile.md")
        change = json.loads(ada.ctl("remote", "--json").stdout)["change"]
        self.assertEqual((change["kind"], change["other_remote"]), ("replaced", True))
        self.assertIn("names another remote", ada.ctl("status", expect=None).stdout)
        ada.stop()
        ada.start()
        self.blocked(ada)
        self.assertEqual(trees.head(other), theirs)
        self.assertIsNone(ada.read("private.md"))
        self.name_remote(ada, self.remote)
        self.until_in_sync(ada, bob)
        self.assertIsNotNone(bob.read("meanwhile.md"))
        self.assertIsNone(bob.read("private.md"))
        self.assertEqual(trees.head(other), theirs)
        # What the first one had is missed there still.
        self.last = trees.head(self.remote)
        self.name_remote(ada, other)
        self.blocked(ada)
        trees.git(self.remote, "update-ref", "refs/heads/sync", f"{self.last}~1")
        self.name_remote(ada, self.remote)
        self.blocked(ada)
        change = json.loads(ada.ctl("remote", "--json").stdout)["change"]
        self.assertEqual((change["kind"], change["other_remote"]), ("taken-back", False))
        trees.git(self.remote, "update-ref", "refs/heads/sync", self.last)
        # Where it is meant both stand beside each other.
        self.name_remote(ada, other)
        self.blocked(ada)
        ada.ctl("remote", "accept")
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: f"{ada.status()}")
        self.assertIsNotNone(ada.read("private.md"))
        self.assertIsNotNone(ada.read("meanwhile.md"))
        self.assertEqual(eve.once().returncode, 0)
        self.assertEqual(eve.tree(), ada.tree())


class OverSSH(ThroughSSH, Rewrite):
    """The same over a network; the whole of it over a path is enough."""


for name in dir(Rewrite):
    if name.startswith("test_") and name not in (
        "test_restore_on_one_device_is_enough",
        "test_accept_takes_the_remote_and_keeps_what_only_a_device_had",
        "test_an_emptied_remote",
        "test_another_repository",
    ):
        setattr(OverSSH, name, None)


if __name__ == "__main__":
    unittest.main()
