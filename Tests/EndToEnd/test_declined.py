"""The remote declines a push for what a file has: once that is taken out, there is a way on."""

import os
import subprocess
import unittest

import trees
from device import wait_until
from harness import ThroughSSH, VaultTest

FAILED = 1
SECRET = b"the key is SECRETKEY\n"
# As a host checks: every commit that a push brings.
HOOK = """#!/bin/sh
while read old new reference; do
    for commit in $(git rev-list $new --not --all); do
        if git grep -q SECRETKEY $commit; then
            echo "error: GH013: Repository rule violations found for $reference." >&2
            echo "- Push cannot contain secrets" >&2
            exit 1
        fi
    done
done
"""


class Declined(ThroughSSH, VaultTest):
    """A secret stood in a file, and was taken out after it was captured."""

    def setUp(self):
        super().setUp()
        hook = f"{self.remote}/hooks/pre-receive"
        with open(hook, "w", encoding="ascii") as file:
            file.write(HOOK)
        os.chmod(hook, 0o755)

    def has_secret(self, repository):
        name = trees.blob_id(SECRET)
        return subprocess.run(
            ["git", "--git-dir", repository, "cat-file", "-e", name],
            check=False, stderr=subprocess.DEVNULL).returncode == 0  # fmt: skip

    def declined(self, *devices):
        """The first device's push is declined; what all are asked to do stands in its status."""
        ada = devices[0]
        ada.write("notes.md", SECRET)

        def is_told():
            notices = " ".join(ada.status()["notices"])
            return "take the secret out" in notices and "syncctl remote accept" in notices

        wait_until(is_told, lambda: self.picture(*devices))
        ada.write("notes.md", "the key is elsewhere\n")
        ada.write("other.md", "other\n")
        wait_until(
            lambda: ada.status()["pending"]["commits_to_push"] > 1, lambda: self.picture(*devices))
        self.assertEqual(ada.status()["state"], "blocked")

    def assert_clean(self, ada):
        """The remote never had it; this device keeps the head that it left."""
        self.assertFalse(self.has_secret(self.remote))
        self.assertTrue(self.has_secret(ada.repository))
        kept = trees.git(ada.repository, "for-each-ref", "refs/sync/kept/")
        self.assertNotEqual(kept, b"")

    def test_accept_pushes_what_is_left(self):
        ada, bob = self.pair()
        self.declined(ada, bob)
        bob.write("of-bob.md", "bob\n")
        wait_until(lambda: bob.status()["state"] == "in-sync", lambda: self.picture(bob))
        head = trees.head(ada.repository)
        said = ada.ctl("remote", "accept", "--dry-run", expect=(0,))
        self.assertNotIn("notes.md", said.stdout + said.stderr)
        ada.ctl("remote", "accept", expect=(0,))
        self.assertNotEqual(trees.head(ada.repository), head)
        self.wait_in_sync(ada, bob)
        for name in ("notes.md", "other.md", "of-bob.md", "hello.txt"):
            self.assertIsNotNone(bob.read(name), name)
        self.assertEqual(bob.read("notes.md"), b"the key is elsewhere\n")
        self.assert_clean(ada)
        done = ada.ctl("remote", "accept", expect=(FAILED,))
        self.assertIn("nothing to choose", done.stderr)
        # Nor does it come with what is captured or taken back later.
        ada.ctl("undo", expect=None)
        ada.write("notes.md", "a new line\n")
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("notes.md"), b"a new line\n")
        self.assert_clean(ada)
        self.assert_converged(ada, bob)

    def test_what_is_passed_over_does_not_come_with_it(self):
        ada, bob = self.pair()
        self.declined(ada, bob)
        ada.stop()
        bob.write("of-bob.md", "bob\n")
        self.wait_in_sync(bob)
        head, skipped = trees.head(ada.repository), trees.head(self.remote)
        ada.ctl("remote", "skip", skipped[:10], expect=(0,))
        for is_tried in (["--dry-run"], []):
            said = ada.ctl("remote", "accept", *is_tried, expect=(FAILED,)).stderr
            self.assertIn(f"{skipped[:8]} is passed over", said)
        self.assertEqual(trees.head(ada.repository), head)
        bob.write("of-bob.md", "mended\n")
        self.wait_in_sync(bob)
        ada.ctl("remote", "accept", expect=(0,))
        ada.start()
        self.wait_in_sync(ada, bob)
        self.assert_clean(ada)
        self.assert_converged(ada, bob)

    def test_the_secret_may_stand_there_still(self):
        ada, bob = self.pair()
        ada.write("notes.md", SECRET)
        wait_until(lambda: ada.status()["state"] == "blocked", lambda: self.picture(ada))
        ada.ctl("remote", "accept", expect=None)
        wait_until(lambda: ada.status()["state"] == "blocked", lambda: self.picture(ada))
        os.unlink(ada.path("notes.md"))
        ada.ctl("sync", expect=(FAILED,))
        ada.ctl("remote", "accept", expect=(0,))
        self.wait_in_sync(ada, bob)
        self.assert_clean(ada)

    def test_the_first_push_of_all(self):
        ada = self.device("ada", start=False)
        ada.write("notes.md", SECRET)
        self.assertEqual(ada.once().returncode, FAILED)
        ada.write("notes.md", "the key is elsewhere\n")
        self.assertEqual(ada.once().returncode, FAILED)
        ada.ctl("remote", "accept", expect=(0,))
        self.assertEqual(ada.once().returncode, 0)
        self.assertIsNotNone(trees.head(self.remote))
        self.assert_clean(ada)
        self.assert_converged(ada)

    def test_nothing_is_left_behind_that_nobody_declined(self):
        ada, _ = self.pair()
        os.rename(self.remote, f"{self.remote}.away")
        ada.write("a.md", "a\n")
        wait_until(lambda: ada.status()["state"] == "offline", lambda: self.picture(ada))
        os.rename(f"{self.remote}.away", self.remote)
        head = trees.head(ada.repository)
        done = ada.ctl("remote", "accept", expect=(FAILED,))
        self.assertIn("nothing to choose", done.stderr)
        self.assertIn(head, trees.git(ada.repository, "rev-list", "sync").decode())


if __name__ == "__main__":
    unittest.main()
