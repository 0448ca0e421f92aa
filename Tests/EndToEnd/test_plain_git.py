"""Plain git beside syncd: whoever pushes to the branch by hand, reverts there or merges a pull
request is merged like any device."""

import json
import os
import shutil
import subprocess
import time
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest


class PlainGit(VaultTest):
    """Two devices, and a person with a clone of the remote."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = self.pair()
        self.clone = f"{self.top}/clone"
        self.git("clone", "-q", "-b", "sync", self.remote, self.clone, place=self.top)

    def git(self, *words, place=None):
        """Runs git as a person with the name Grace."""
        settings = {
            "GIT_AUTHOR_NAME": "Grace", "GIT_AUTHOR_EMAIL": "grace@example.org",
            "GIT_COMMITTER_NAME": "Grace", "GIT_COMMITTER_EMAIL": "grace@example.org",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        }  # fmt: skip
        done = subprocess.run(
            ["git", *words], cwd=place or self.clone, env=os.environ | settings,
            capture_output=True, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout.decode().strip()

    def commit(self, name, content, words="by hand"):
        """Commits a file in the clone; gives the commit."""
        path = f"{self.clone}/{PREFIX}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", words)
        return self.git("rev-parse", "HEAD")

    def push(self):
        """Pushes to the branch, over what devices pushed meanwhile."""
        self.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "sync")
        self.git("push", "-q", "origin", "HEAD:sync")

    def arrive(self):
        """Waits until both devices have it, nothing in conflict and nothing rewritten."""
        pushed = self.git("rev-parse", "HEAD")
        self.wait_in_sync(self.ada, self.bob)
        self.assert_converged(self.ada, self.bob)
        for device in (self.ada, self.bob):
            self.assertEqual(device.status()["conflicts"], 0)
            trees.git(device.repository, "merge-base", "--is-ancestor", pushed, "refs/heads/sync")

    def logged(self, device, name):
        """The log of a file: who, and the subject."""
        entries = json.loads(device.ctl("log", f"{PREFIX}/{name}", "--json").stdout)
        return [(entry["device"], entry["subject"]) for entry in entries]

    def test_a_file_takes_the_name_of_the_folders_prefix(self):
        """It stays, and what is written in the folder waits until it has another name."""
        self.git("rm", "-rq", PREFIX)
        os.makedirs(os.path.dirname(f"{self.clone}/{PREFIX}"), exist_ok=True)
        with open(f"{self.clone}/{PREFIX}", "w", encoding="utf-8") as file:
            file.write("a file\n")
        self.git("add", "-A")
        self.git("commit", "-qm", "a file")
        self.git("push", "-q")
        wait_until(
            lambda: any("has a file where" in notice for notice in self.bob.status()["notices"]),
            lambda: self.bob.output(),
        )
        self.assertEqual(self.bob.status()["state"], "blocked")
        self.bob.write("b.md", "b\n")
        self.bob.ctl("sync", expect=None)
        time.sleep(2)
        self.assertEqual(trees.git(self.remote, "show", f"sync:{PREFIX}"), b"a file\n")
        self.git("pull", "-q")
        self.git("mv", PREFIX, "moved")
        self.git("commit", "-qm", "moved away")
        self.git("push", "-q")
        self.wait_in_sync(self.ada, self.bob)
        self.assertEqual(self.ada.read("b.md"), b"b\n")
        self.assertEqual(trees.git(self.remote, "show", "sync:moved"), b"a file\n")

    def test_a_clone_that_pushes(self):
        self.commit("notes/by-hand.md", "one\n", "a note")
        self.push()
        self.arrive()
        self.assertEqual(self.ada.read("notes/by-hand.md"), b"one\n")
        self.assertEqual(self.logged(self.bob, "notes/by-hand.md"), [("Grace", "a note")])

    def test_a_clone_that_pushes_over_what_a_device_wrote(self):
        self.ada.write("doc.md", "1\n2\n3\n4\n5\n")
        self.wait_in_sync(self.ada, self.bob)
        self.git("pull", "-q", "origin", "sync")
        self.commit("doc.md", "1 of Grace\n2\n3\n4\n5\n")
        self.ada.write("doc.md", "1\n2\n3\n4\n5 of ada\n")
        self.wait_in_sync(self.ada, self.bob)
        self.push()
        self.arrive()
        self.assertEqual(self.bob.read("doc.md"), b"1 of Grace\n2\n3\n4\n5 of ada\n")

    def test_a_revert(self):
        """`git revert` of a device's commit takes it back, and stays taken back."""
        self.ada.write("doc.md", "good\n")
        self.wait_in_sync(self.ada, self.bob)
        self.ada.write("doc.md", "bad\n")
        self.wait_in_sync(self.ada, self.bob)
        self.git("pull", "-q", "origin", "sync")
        bad = self.git("log", "-1", "--format=%H", "--", f"{PREFIX}/doc.md")
        self.git("revert", "--no-edit", bad)
        self.push()
        self.arrive()
        self.assertEqual(self.bob.read("doc.md"), b"good\n")
        self.bob.write("other.md", "more\n")
        self.wait_in_sync(self.ada, self.bob)
        self.assertEqual(self.ada.read("doc.md"), b"good\n")
        # And that is taken back as anything is.
        self.ada.ctl("undo", self.git("rev-parse", "HEAD"))
        self.wait_in_sync(self.ada, self.bob)
        self.assertEqual(self.bob.read("doc.md"), b"bad\n")

    def test_a_cherry_pick_is_as_old_as_it_is(self):
        """It has the trailers of what it copies, their time among them."""
        self.ada.write("back.md", "back\n")
        self.wait_in_sync(self.ada, self.bob)
        copied = trees.head(self.ada.repository)
        os.remove(self.ada.path("back.md"))
        self.wait_in_sync(self.ada, self.bob)
        moment = int(time.time()) + 1
        wait_until(lambda: time.time() > moment + 1, "time stands still")
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
        self.ada.write("since.md", "since\n")
        self.wait_in_sync(self.ada, self.bob)
        self.git("pull", "-q", "--no-rebase", "origin", "sync")
        self.git("cherry-pick", copied)
        pick = self.git("rev-parse", "HEAD")
        self.push()
        self.arrive()
        self.assertIsNotNone(self.ada.read("back.md"))
        listed = json.loads(self.ada.ctl("log", "--since", since, "--json").stdout)
        self.assertIn(pick, [one["commit"] for one in listed])
        self.assertEqual(
            {path for one in listed for path in one["paths"]},
            {f"{PREFIX}/{name}" for name in ("back.md", "since.md")})  # fmt: skip
        done = json.loads(self.ada.ctl("rollback", since, "--dry-run", "--json").stdout)
        self.assertEqual(done["paths"], [f"{PREFIX}/{name}" for name in ("back.md", "since.md")])
        done = self.ada.ctl("rollback", since, "--device", "ada", "--json").stdout
        self.assertEqual(json.loads(done)["paths"], [f"{PREFIX}/since.md"])

    def test_a_commit_of_the_future(self):
        """What nobody can have done yet does not hide what stands upon it from times."""
        os.environ["GIT_COMMITTER_DATE"] = f"{int(time.time()) + 1500 * 86400} +0000"
        self.addCleanup(os.environ.pop, "GIT_COMMITTER_DATE", None)
        self.commit("doc.md", "one\n", "first")
        del os.environ["GIT_COMMITTER_DATE"]
        self.commit("doc.md", "two\n", "second")
        self.push()
        self.arrive()
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
        for device in (self.ada, self.bob):
            found = device.ctl("log", f"{PREFIX}/doc.md", "--until", now, "--json").stdout
            self.assertEqual([one["subject"] for one in json.loads(found)], ["second", "first"])
            blame = device.ctl("blame", f"{PREFIX}/doc.md", "--at", now).stdout
            self.assertIn("two", blame)
            done = device.ctl("rollback", now, "--dry-run", "--json")
            self.assertIsNone(json.loads(done.stdout)["commit"], done.stdout)
        self.ada.ctl("rollback", now)
        self.assertEqual(self.ada.read("doc.md"), b"two\n")

    def branch(self):
        """A branch of two commits, with the vault gone on meanwhile."""
        self.git("checkout", "-q", "-b", "proposal")
        self.commit("pr/a.md", "a\n", "first of two")
        self.commit("pr/b.md", "b\n", "second of two")
        self.bob.write("meanwhile.md", "bob\n")
        self.wait_in_sync(self.ada, self.bob)
        self.git("checkout", "-q", "sync")
        self.git("pull", "-q", "origin", "sync")

    def proposed(self):
        """The proposal is in both folders, beside what came meanwhile."""
        self.push()
        self.arrive()
        for device in (self.ada, self.bob):
            found = [device.read(name) for name in ("pr/a.md", "pr/b.md", "meanwhile.md")]
            self.assertEqual(found, [b"a\n", b"b\n", b"bob\n"])

    def test_a_pull_request_that_is_merged(self):
        self.branch()
        self.git("merge", "-q", "--no-ff", "-m", "Merge pull request #1", "proposal")
        self.proposed()
        self.assertEqual(self.logged(self.ada, "pr/a.md"), [("Grace", "first of two")])

    def test_a_pull_request_that_is_squashed(self):
        self.branch()
        self.git("merge", "-q", "--squash", "proposal")
        self.git("commit", "-q", "-m", "Proposal (#1)")
        self.proposed()
        self.assertEqual(self.logged(self.ada, "pr/a.md"), [("Grace", "Proposal (#1)")])

    def test_a_pull_request_that_is_rebased(self):
        self.branch()
        self.git("checkout", "-q", "proposal")
        self.git("rebase", "-q", "sync")
        self.git("checkout", "-q", "sync")
        self.git("merge", "-q", "--ff-only", "proposal")
        self.proposed()
        self.assertEqual(self.logged(self.ada, "pr/b.md"), [("Grace", "second of two")])

    def put(self, name):
        """Puts a submodule at a name of the clone, over what stands there, and pushes it."""
        shutil.rmtree(f"{self.clone}/{PREFIX}/{name}", ignore_errors=True)
        self.git("rm", "-rq", "--cached", "--ignore-unmatch", f"{PREFIX}/{name}")
        entry = f"160000,{'1a' * 20},{PREFIX}/{name}"
        self.git("update-index", "--add", "--cacheinfo", entry)
        self.git("commit", "-q", "-m", f"a submodule {name}")
        # What is no clone of it is passed over.
        self.git("push", "-q", "origin", "HEAD:sync")

    def held(self):
        """What ada does not sync, by path."""
        return {one["path"]: one["reason"] for one in json.loads(
            self.ada.ctl("held", "--json").stdout)}  # fmt: skip

    def entries(self):
        """The names of the remote's head, with their modes."""
        text = trees.git(self.remote, "ls-tree", "-r", "refs/heads/sync").decode()
        return {line.split("\t")[1]: line.split()[0] for line in text.splitlines()}

    def test_a_submodule_that_a_directory_replaces_is_held_no_more(self):
        self.put("mod")
        wait_until(lambda: self.held() == {f"{PREFIX}/mod": "submodule"}, lambda: self.held())
        self.ada.write("mod/own.md", "own\n")
        self.wait_in_sync(self.ada, self.bob)
        self.assertEqual(self.held(), {})
        self.assertEqual(self.bob.read("mod/own.md"), b"own\n")

    def test_a_submodule_in_the_place_of_a_file_is_listed_until_a_file_is_back(self):
        self.ada.write("file.md", "one\n")
        wait_until(lambda: self.bob.read("file.md"), lambda: self.picture(self.ada, self.bob))
        self.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "sync")
        os.remove(f"{self.clone}/{PREFIX}/file.md")
        self.put("file.md")
        listed = {f"{PREFIX}/file.md": "submodule"}
        wait_until(lambda: self.held() == listed, lambda: self.held())
        self.assertIsNone(self.ada.read("file.md"))
        self.ada.ctl("sync", expect=(1,))
        self.assertEqual(self.held(), listed)
        self.git("rm", "-q", "--cached", f"{PREFIX}/file.md")
        with open(f"{self.clone}/{PREFIX}/file.md", "w", encoding="utf-8") as file:
            file.write("back\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a file again")
        self.git("push", "-q", "origin", "HEAD:sync")
        wait_until(lambda: self.ada.read("file.md") == b"back\n", lambda: self.picture(self.ada))
        wait_until(lambda: self.held() == {}, lambda: self.held())

    def test_a_submodule_against_a_directory_is_a_conflict_that_can_be_resolved(self):
        for turn, choice in enumerate(("--ours", "--theirs", "--both")):
            name = f"lib{turn}"
            with self.subTest(choice):
                self.ada.write(f"{name}/one.md", "one\n")
                wait_until(lambda name=name: self.bob.read(f"{name}/one.md") == b"one\n",
                           lambda: self.picture(self.ada, self.bob))  # fmt: skip
                self.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "sync")
                self.ada.ctl("pause")
                self.ada.write(f"{name}/one.md", "one\nmore\n")
                self.put(name)
                self.ada.ctl("resume")
                listed = wait_until(
                    lambda name=name: [
                        one for one in json.loads(self.ada.ctl("conflicts", "--json").stdout)
                        if one["path"].endswith(name)],
                    lambda: self.picture(self.ada), 20)  # fmt: skip
                self.assertEqual([one["kind"] for one in listed], ["type-change"])
                path = f"{PREFIX}/{name}"
                shown = self.ada.ctl("conflicts", path).stdout
                self.assertIn("a submodule", shown)
                (copy,) = [one for one in self.entries() if one.startswith(f"{path}.conflict-")]
                if choice == "--theirs":
                    said = json.loads(
                        self.ada.ctl("resolve", path, choice, "--dry-run", "--json").stdout)
                    self.assertEqual(said[0]["deletions"], [copy, f"{path}/one.md"])
                self.ada.ctl("resolve", path, choice)
                self.ada.ctl("resolve", "--all", "--both")
                self.assertEqual(self.ada.status()["conflicts"], 0)
                self.ada.ctl("sync", expect=None)
                self.bob.ctl("sync", expect=None)
                entries = self.entries()
                self.assertEqual([one for one in entries if one.startswith(".sync")], [])
                self.assertEqual(copy in entries, choice == "--both")
                self.assertEqual(entries.get(path), "160000" if choice == "--theirs" else None)
                stands = None if choice == "--theirs" else b"one\nmore\n"
                self.assertEqual(self.ada.read(f"{name}/one.md"), stands)
                self.assertEqual(self.bob.read(f"{name}/one.md"), stands)


if __name__ == "__main__":
    unittest.main()
