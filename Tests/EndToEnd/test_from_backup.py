"""`syncctl init --from-backup`: the vault as it was, from what `syncctl backup` wrote."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import trees
from device import PREFIX, Device
from harness import VaultTest


class FromBackup(VaultTest):
    """A device that is lost with its home, and made again."""

    def lost(self, turns=3):
        """A device, its daemon stopped, with a chain of bundles in `bundles`."""
        ada = self.device("ada", start=False)
        for turn in range(turns):
            ada.write("a.md", f"{turn}\n")
            ada.write(f"{turn}.md", f"file {turn}\n")
            if turn == 1:
                os.remove(ada.path("0.md"))
            self.assertEqual(ada.once().returncode, 0, ada.output())
            ada.ctl("backup", f"{self.top}/bundles/")
        return ada

    def again(self, name, *words, folder=None, code=0):
        """A device with a home of its own, made from a backup; what init said when it failed."""
        device = Device(f"{self.top}/{name}-again", name)
        self.devices.append(device)
        if folder:
            os.rmdir(device.folder)
            shutil.copytree(folder, device.folder, symlinks=True)
        done = device.ctl(
            "init", "--folder", f"{device.folder}={PREFIX}", "--device", name, *words,
            expect=(code,),
        )  # fmt: skip
        if code != 0:
            self.assertFalse(os.path.exists(device.config), "nothing was written")
            self.assertFalse(os.path.exists(device.repository), "nothing was made")
            return done.stderr
        device.set("http", "listen", '""')
        return device

    def refs(self, repository):
        """All references of a repository."""
        return trees.git(repository, "for-each-ref", "--format=%(refname) %(objectname)").split()

    def test_everything_is_lost_and_the_remote_is_empty(self):
        ada = self.lost()
        wanted, refs = ada.tree(), self.refs(ada.repository)
        shutil.rmtree(ada.home)
        remote = f"{self.top}/new.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "sync", remote], check=True)
        ada = self.again("ada", "--from-backup", f"{self.top}/bundles", "--remote", remote)
        self.assertEqual(self.refs(ada.repository), refs)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(ada.tree(), wanted)
        self.assertEqual(trees.head(remote), trees.head(ada.repository))
        self.assertEqual(trees.fsck(ada.repository), [])
        self.assertEqual(ada.status()["state"], "in-sync")
        self.assertIn("0.md", ada.ctl("deleted").stdout)

    def test_a_bundle_of_everything_may_have_any_name(self):
        """Digits at its end make it none of a chain, and no chain of a directory longer."""
        ada = self.lost()
        bundles, refs = f"{self.top}/bundles", self.refs(ada.repository)
        os.mkdir(f"{self.top}/files")
        for number, name in enumerate(("notes-20261120", "backup-2026", "default-2026")):
            file = f"{self.top}/files/{name}.bundle"
            ada.ctl("backup", file, expect=(0,))
            again = self.again(f"a{number}", "--from-backup", file)
            self.assertEqual(self.refs(again.repository), refs, name)
        shutil.copy(f"{self.top}/files/default-2026.bundle", bundles)
        ada.write("new.md", "new\n")
        self.assertEqual(ada.once().returncode, 0)
        ada.ctl("backup", f"{bundles}/", expect=(0,))
        self.assertTrue(os.path.exists(f"{bundles}/default-0004.bundle"))
        again = self.again("a3", "--from-backup", bundles)
        self.assertEqual(self.refs(again.repository), self.refs(ada.repository))
        # Where a directory has nothing else the one of everything is meant, and of several none.
        os.remove(f"{self.top}/files/backup-2026.bundle")
        os.remove(f"{self.top}/files/notes-20261120.bundle")
        self.again("a4", "--from-backup", f"{self.top}/files")
        ada.ctl("backup", f"{self.top}/files/default-2027.bundle", expect=(0,))
        said = self.again("a5", "--from-backup", f"{self.top}/files", code=1)
        self.assertIn("default-2026.bundle, default-2027.bundle: name the file", said)

    def test_what_is_in_no_commit_comes_beside(self):
        """A file that is too large, one that is refused and an edit that nobody captured."""
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        with open(ada.path("huge.bin"), "wb") as file:
            file.write(b"huge")
            file.truncate((100 << 20) + 1)
        os.mkfifo(ada.path("pipe"))
        self.assertEqual(ada.once().returncode, 0)
        ada.write("a.md", "edited\n")
        done = json.loads(ada.ctl("backup", f"{self.top}/bundles/", "--json").stdout)
        self.assertEqual(done["unsynced"]["files"], 2)
        self.assertEqual(done["unsynced"]["skipped"], [])
        archive = f"{self.top}/bundles/default-0001.tar.zst"
        self.assertEqual(done["unsynced"]["file"], archive)
        self.assertLess(done["unsynced"]["bytes"], 1 << 20)
        self.assertEqual(os.stat(archive).st_mode & 0o777, 0o600)
        listed = subprocess.run(
            ["tar", "--zstd", "-tf", archive], check=True, capture_output=True
        ).stdout.decode().split()
        self.assertEqual(listed, [f"{PREFIX}/a.md", f"{PREFIX}/huge.bin"])
        shutil.rmtree(ada.home)
        ada = self.again("ada", "--from-backup", f"{self.top}/bundles")
        beside = f"{ada.folder}.from-backup/{PREFIX}"
        with open(f"{beside}/a.md", encoding="utf-8") as file:
            self.assertEqual(file.read(), "edited\n")
        self.assertEqual(os.path.getsize(f"{beside}/huge.bin"), (100 << 20) + 1)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(ada.read("a.md"), b"one\n")
        # Once all is committed the archive goes.
        ada.write("a.md", "edited\n")
        self.assertEqual(ada.once().returncode, 0)
        done = json.loads(ada.ctl("backup", f"{self.top}/other/", "--json").stdout)
        self.assertIsNone(done["unsynced"]["file"])

    def test_without_a_remote(self):
        ada = self.lost()
        wanted, head = ada.tree(), trees.head(ada.repository)
        ada = self.again("ada", "--from-backup", f"{self.top}/bundles")
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual((ada.tree(), trees.head(ada.repository)), (wanted, head))

    def test_the_remote_went_on(self):
        ada = self.lost()
        folder = f"{self.top}/kept-folder"
        shutil.copytree(ada.folder, folder, symlinks=True)
        bob = self.device("bob", start=False)
        self.assertEqual(bob.once().returncode, 0)
        bob.write("a.md", "bob's\n")
        bob.write("b.md", "new of bob\n")
        self.assertEqual(bob.once().returncode, 0)
        shutil.rmtree(ada.home)
        # The folder is there still, with an edit that nobody captured and a file of its own.
        with open(f"{folder}/2.md", "a", encoding="utf-8") as file:
            file.write("edited\n")
        with open(f"{folder}/own.md", "w", encoding="utf-8") as file:
            file.write("own\n")
        ada = self.again(
            "ada", "--from-backup", f"{self.top}/bundles", "--remote", self.remote, folder=folder
        )
        for device in (ada, bob, ada):
            self.assertEqual(device.once().returncode, 0)
        self.assertEqual(ada.tree(), bob.tree())
        self.assertEqual(ada.read("a.md"), b"bob's\n")
        self.assertEqual(ada.read("b.md"), b"new of bob\n")
        self.assertEqual(ada.read("2.md"), b"file 2\nedited\n")
        self.assertEqual(ada.read("own.md"), b"own\n")
        self.assertIsNone(ada.read("0.md"), "what was deleted stays deleted")
        self.assertEqual(ada.status()["conflicts"], 0)
        self.assert_converged(ada, bob)

    def test_a_remote_that_is_behind_gets_what_it_lacks(self):
        ada = self.lost(turns=2)
        remote = f"{self.top}/old.git"
        shutil.copytree(self.remote, remote)
        ada.write("late.md", "late\n")
        self.assertEqual(ada.once().returncode, 0)
        ada.ctl("backup", f"{self.top}/bundles/")
        wanted = ada.tree()
        ada = self.again("ada", "--from-backup", f"{self.top}/bundles", "--remote", remote)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(ada.tree(), wanted)
        self.assertEqual(trees.head(remote), trees.head(ada.repository))
        self.assertEqual(ada.status()["state"], "in-sync")

    def test_what_did_not_come_to_an_end_is_begun_again(self):
        """A remote that cannot be reached, a Ctrl-C while git fetches: the same command again."""
        ada = self.lost()
        wanted = ada.tree()
        os.mkfifo(ada.path("pipe"))
        ada.write("edited.md", "in no commit\n")
        ada.ctl("backup", f"{self.top}/all.bundle")
        eve = Device(f"{self.top}/eve", "eve")
        remote = f"{self.top}/late.git"
        words = ["init", "--folder", f"{eve.folder}={PREFIX}", "--device", "eve", "--from-backup",
                 f"{self.top}/all.bundle", "--remote", remote]  # fmt: skip
        eve.ctl(*words[:-1], "http://127.0.0.1:1/late.git", expect=(1,))
        self.assertFalse(os.path.exists(eve.config))
        # As somebody does who is killed half-way.
        shutil.rmtree(f"{eve.repository}/objects/pack")
        subprocess.run(["git", "init", "-q", "--bare", "-b", "sync", remote], check=True)
        said = eve.ctl(*words, expect=(0,)).stdout
        self.assertIn("as the run before wrote it", said)
        eve.set("http", "listen", '""')
        self.assertEqual(eve.once().returncode, 0)
        self.assertEqual(eve.tree(), wanted)
        self.assertEqual(os.listdir(f"{eve.folder}.from-backup/{PREFIX}"), ["edited.md"])
        # Now it is a vault, and nothing begins again over it.
        os.remove(eve.config)
        refused = eve.ctl(*words, expect=(1,)).stderr
        self.assertIn("is there already: move it away", refused)
        self.assertEqual(trees.head(eve.repository), trees.head(remote))

    def rewrite(self, base, name):
        """Somebody forces the remote to a commit, and on from there with a file."""
        work = tempfile.mkdtemp(dir=self.top)
        who = ["-c", "user.name=eve", "-c", "user.email=eve@example.org"]
        for words in (
            ["clone", "-q", "-b", "sync", self.remote, work], ["-C", work, "reset", "--hard", base],
        ):  # fmt: skip
            subprocess.run(["git", *words], check=True, capture_output=True)
        with open(f"{work}/{name}", "w", encoding="utf-8") as file:
            file.write(f"{name}\n")
        for words in (["add", "."], [*who, "commit", "-q", "-m", name],
                      ["push", "-q", "--force", "origin", "HEAD:sync"]):  # fmt: skip
            subprocess.run(["git", "-C", work, *words], check=True, capture_output=True)

    def test_a_chain_brings_every_reference_back(self):
        """Also one that names what an earlier bundle has: git leaves those out of a bundle."""
        ada = self.lost(turns=1)
        base = trees.head(ada.repository)
        ada.write("plan.md", "the plan\n")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        place = f"{self.top}/bundles"

        def saved(step):
            """What is saved is what is there; by git alone it comes back the same."""
            for check in (self.assertIsNotNone, self.assertIsNone):
                check(json.loads(ada.ctl("backup", place, "--json").stdout)["file"], step)
            names = sorted(x for x in os.listdir(place) if x.endswith(".bundle"))
            copy = f"{self.top}/copy-{len(names)}.git"
            trees.git(".", "clone", "-q", "--mirror", f"{place}/{names[0]}", copy)
            for name in names[1:]:
                trees.git(copy, "fetch", "-q", f"{place}/{name}", "+refs/*:refs/*")
            self.assertEqual(self.refs(copy), self.refs(ada.repository), step)
            self.assertEqual(trees.fsck(copy), [], step)

        saved("an edit")
        trees.git(ada.repository, "update-ref", "refs/heads/mine", base)
        who = ["-c", "user.name=eve", "-c", "user.email=eve@example.org"]
        trees.git(ada.repository, *who, "tag", "-a", "-m", "one", "v1", base)
        saved("a branch and a tag")
        trees.git(ada.repository, "tag", "-f", "v1", first)
        saved("a tag that moved")
        trees.git(ada.repository, "update-ref", "refs/heads/mine", first)
        saved("a branch that moved, and no object is new")
        trees.git(ada.repository, "update-ref", "refs/heads/mine", base)
        saved("and back")
        self.rewrite(base, "other.md")
        ada.once()
        ada.ctl("remote", "accept")
        saved("a remote that was rewritten")
        trees.git(self.remote, "update-ref", "refs/heads/sync", first)
        ada.once()
        ada.ctl("remote", "accept")
        self.assertEqual(trees.head(ada.repository), first)
        saved("and back to where it was")
        refs, wanted = self.refs(ada.repository), ada.tree()
        again = self.again("bob", "--from-backup", place)
        self.assertEqual(self.refs(again.repository), refs)
        trees.git(again.repository, "gc", "-q", "--prune=now")
        said = again.ctl("deleted").stdout + again.ctl("undo", "--dry-run").stdout
        self.assertIn("other.md", said)
        self.assertEqual(again.once().returncode, 0)
        self.assertEqual(again.tree(), wanted)

    def test_a_branch_gave_its_name_to_a_directory_of_branches(self):
        ada = self.lost(turns=1)
        head, place = trees.head(ada.repository), f"{self.top}/bundles"
        trees.git(ada.repository, "update-ref", "refs/heads/mine", head)
        ada.ctl("backup", place)
        trees.git(ada.repository, "update-ref", "-d", "refs/heads/mine")
        trees.git(ada.repository, "update-ref", "refs/heads/mine/x", head)
        ada.ctl("backup", place)
        again = self.again("bob", "--from-backup", place)
        self.assertEqual(self.refs(again.repository), self.refs(ada.repository))

    def test_two_devices_that_write_into_one_directory(self):
        """What only one of them has is in the vault that is made of it, though not in its head."""
        ada, place = self.lost(turns=1), f"{self.top}/bundles"
        bob = self.device("bob", start=False)
        bob.once()
        os.rename(self.remote, f"{self.remote}.away")
        for device in (ada, bob):
            device.write(f"{device.name}.md", f"only {device.name}\n")
            device.once()
            device.ctl("backup", place)
        again = self.again("eve", "--from-backup", place)
        self.assertEqual(trees.head(again.repository), trees.head(bob.repository))
        trees.git(again.repository, "gc", "-q", "--prune=now")
        self.assertEqual(again.once().returncode, 0)
        self.assertEqual(again.read("bob.md"), b"only bob\n")
        again.ctl("restore", again.path("ada.md"), "--to", trees.head(ada.repository))
        self.assertEqual(again.read("ada.md"), b"only ada\n")
        # The next one of the first is not said to have nothing new.
        done = json.loads(ada.ctl("backup", place, "--json").stdout)
        self.assertTrue(done["incremental"])
        last = self.again("last", "--from-backup", place)
        self.assertEqual(trees.head(last.repository), trees.head(ada.repository))

    def test_what_was_captured_into_an_unfinished_one_stays(self):
        """A configuration written by hand, a daemon, and later the same command again."""
        ada = self.lost()
        eve = Device(f"{self.top}/eve", "eve")
        words = ["init", "--folder", f"{eve.folder}={PREFIX}", "--device", "eve", "--from-backup",
                 f"{self.top}/bundles", "--remote", "http://127.0.0.1:1/late.git"]  # fmt: skip
        eve.ctl(*words, expect=(1,))
        with open(ada.config) as file:
            lines = [x.replace(ada.home, eve.home) for x in file if not x.startswith("remote")]
        os.makedirs(os.path.dirname(eve.config), exist_ok=True)
        with open(eve.config, "w") as file:
            file.writelines(lines)
        eve.write("mine.md", "nowhere else\n")
        self.assertEqual(eve.once().returncode, 0, eve.output())
        head = trees.head(eve.repository)
        os.remove(eve.config)
        refused = eve.ctl(*words, expect=(1,)).stderr
        self.assertIn("is there already: move it away", refused)
        self.assertEqual(trees.head(eve.repository), head)
        self.assertIn(b"nowhere else", trees.git(eve.repository, "show", f"sync:{PREFIX}/mine.md"))

    def test_one_bundle_comes_with_those_before_it(self):
        self.lost()
        second = f"{self.top}/bundles/default-0002.bundle"
        ada = self.again("ada", "--from-backup", second)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(ada.read("a.md"), b"1\n")
        os.remove(f"{self.top}/bundles/default-0001.bundle")
        words = self.again("eve", "--from-backup", second, code=1)
        self.assertIn("default-0001.bundle cannot be read", words)

    def test_what_is_no_backup_makes_nothing(self):
        self.lost(turns=1)
        bundle = f"{self.top}/bundles/default-0001.bundle"
        words = self.again("eve", "--from-backup", bundle, "--branch", "other", code=1)
        self.assertIn("the backup has no branch other; it has sync: --branch NAME", words)
        words = self.again("eve", "--from-backup", f"{self.top}/nothing", code=1)
        self.assertIn("No such file", words)
        words = self.again("eve", "--from-backup", self.top, code=1)
        self.assertIn("has no bundle that syncctl backup wrote", words)
        os.mkdir(f"{self.top}/many")
        for last, said in (
            (100_000, "cannot be read"), (100_001, "at most 100000 bundles"),
            (2**63 - 1, "at most 100000 bundles"),
        ):  # fmt: skip
            bundle_of_many = f"{self.top}/many/default-{last}.bundle"
            with open(bundle_of_many, "wb"):
                pass
            for place in (f"{self.top}/many", bundle_of_many):
                words = self.again("eve", "--from-backup", place, code=1)
                self.assertIn(said, words)
        with open(bundle, "r+b") as file:
            file.truncate(os.path.getsize(bundle) // 2)
        words = self.again("eve", "--from-backup", bundle, code=1)
        self.assertIn("is no whole bundle", words)


if __name__ == "__main__":
    unittest.main()
