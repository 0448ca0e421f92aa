"""Another branch in the configuration: it is called that, and nobody is said to have rewritten."""

import json
import subprocess
import unittest

import trees
from device import wait_until
from harness import VaultTest


class OtherBranch(VaultTest):
    """Two devices on the branch `sync`, one of which names another; its daemon does not run."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = self.device("ada", start=False), self.device("bob", start=False)
        self.ada.write("a.md", "one\n")
        self.ada.write("b.md", "one\n")
        self.cycle(self.ada, self.bob)
        self.old = trees.head(self.remote)

    def cycle(self, *devices):
        """One cycle of each, which ends in sync."""
        for device in devices:
            done = device.once()
            self.assertEqual(done.returncode, 0, done.stderr)

    def name(self, branch):
        """Names a branch in ada's configuration."""
        self.ada.set("repository", "branch", f'"{branch}"')

    def branches(self):
        """The remote's branches."""
        words = trees.git(self.remote, "for-each-ref", "--format=%(refname:short)", "refs/heads")
        return words.decode().split()

    def test_a_branch_that_the_remote_has_not(self):
        self.name("other")
        self.ada.write("a.md", "two\n")
        done = self.ada.once()
        self.assertEqual(done.returncode, 1)
        words = "the branch in the configuration is other and was sync: there is no other"
        for said in (
            done.stderr, self.ada.ctl("status", expect=(3,)).stdout,
            self.ada.ctl("sync", expect=(1,)).stderr, self.ada.ctl("doctor", expect=(1,)).stdout,
            self.ada.ctl("remote", expect=(0,)).stdout,
        ):  # fmt: skip
            self.assertIn(words, said)
            self.assertIn(self.old[:8], said)
            self.assertNotIn("gone", said)
        self.ada.start()
        wait_until(lambda: words in str(self.ada.status()["notices"]), lambda: self.ada.status())
        self.assertEqual(self.ada.status()["state"], "blocked")
        self.ada.write("b.md", "two\n")
        wait_until(lambda: self.ada.ctl("flush", expect=None).returncode == 0, "it is captured")
        self.ada.stop()
        change = json.loads(self.ada.ctl("remote", "--json", expect=(0,)).stdout)["change"]
        self.assertEqual(change["branches"], {"before": "sync", "now": "other"})
        self.assertEqual(self.branches(), ["sync"])
        # What was edited meanwhile goes along to the branch of before.
        self.name("sync")
        self.cycle(self.ada, self.bob)
        for device in (self.ada, self.bob):
            self.assertEqual((device.read("a.md"), device.read("b.md")), (b"two\n", b"two\n"))
        self.assert_converged(self.ada, self.bob)
        change = json.loads(self.ada.ctl("remote", "--json", expect=(0,)).stdout)["change"]
        self.assertIsNone(change)

    def test_the_history_goes_on_as_another_branch(self):
        self.name("other")
        self.ada.write("a.md", "two\n")
        self.assertEqual(self.ada.once().returncode, 1)
        self.ada.ctl("remote", "restore", expect=(0,))
        self.cycle(self.ada)
        self.assertEqual(self.branches(), ["other", "sync"])
        self.assertEqual(trees.head(self.remote), self.old, "the branch of before stays")
        self.cycle(self.ada, self.bob)
        self.assertEqual(self.bob.read("a.md"), b"one\n")
        # From now on that is its branch: one that goes is gone.
        trees.git(self.remote, "update-ref", "-d", "refs/heads/other")
        self.assertIn("the remote's branch is gone", self.ada.once().stderr)

    def test_a_branch_that_goes_on_from_the_one_before(self):
        trees.git(self.remote, "branch", "other", "sync")
        self.name("other")
        self.ada.write("a.md", "two\n")
        self.cycle(self.ada)
        self.assertEqual(trees.head(self.remote), self.old)
        self.assertNotEqual(trees.head(self.remote, "refs/heads/other"), self.old)

    def test_a_branch_of_another_history(self):
        tree = subprocess.run(
            ["git", "-C", self.remote, "mktree"], input=b"", check=True, capture_output=True
        ).stdout.decode().strip()
        commit = trees.git(
            self.remote, "-c", "user.name=x", "-c", "user.email=x@x", "commit-tree", tree,
            "-m", "x").decode().strip()  # fmt: skip
        trees.git(self.remote, "branch", "other", commit)
        self.name("other")
        done = self.ada.once()
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"other there is at {commit[:8]}, and shares nothing with it", done.stderr)
        self.assertEqual(self.ada.read("a.md"), b"one\n")
        self.ada.ctl("remote", "accept", expect=(0, 10))
        self.cycle(self.ada)


if __name__ == "__main__":
    unittest.main()
