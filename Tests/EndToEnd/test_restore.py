"""Versions brought back with the real programs: patterns, records, and beside the vault."""

import json
import os
import shutil
import unittest

import trees
from device import PREFIX, wait_until
from harness import VaultTest


class Restore(VaultTest):
    """One device whose daemon is stopped, or runs."""

    def history(self):
        """A device with two commits: the second changes and deletes what the first had."""
        ada = self.device("ada", start=False)
        for name in ("a.md", "d/b.md", "d/c.md", "d/e/f.txt"):
            ada.write(name, f"{name}\n")
        os.chmod(ada.path("a.md"), 0o755)
        os.symlink("a.md", ada.path("d/link"))
        self.assertEqual(ada.once().returncode, 0)
        for name in ("d/b.md", "d/e/f.txt"):
            os.remove(ada.path(name))
        ada.write("d/c.md", "changed\n")
        ada.write("a.md", "changed\n")
        self.assertEqual(ada.once().returncode, 0)
        return ada

    def test_patterns_and_several_paths(self):
        ada = self.history()
        first = trees.git(ada.repository, "rev-parse", "sync~1").decode().strip()
        for running in (False, True):
            if running:
                ada.start()
            with self.subTest("with the daemon" if running else "without"):
                done = json.loads(
                    ada.ctl(
                        "restore", "--to", first, f"{PREFIX}/d/*.md", ada.path("a.md"),
                        "--json", expect=(0,),
                    ).stdout
                )  # fmt: skip
                self.assertEqual(
                    done["paths"], [f"{PREFIX}/{name}" for name in ("a.md", "d/b.md", "d/c.md")]
                )
                self.assertEqual(ada.read("d/b.md"), b"d/b.md\n")
                self.assertIsNone(ada.read("d/e/f.txt"))
                ada.ctl("undo", expect=(0,))
                self.assertIsNone(ada.read("d/b.md"))
                self.assertEqual(ada.read("a.md"), b"changed\n")

    def test_a_pattern_of_directories(self):
        """It means what it means to rollback."""
        ada = self.history()
        first = trees.git(ada.repository, "rev-parse", "sync~1").decode().strip()
        names = [f"{PREFIX}/{name}" for name in ("d/b.md", "d/c.md", "d/e/f.txt")]
        for pattern, wanted in (("d*/", names), (f"{PREFIX}/*/e/", names[2:]),
                                (ada.path("d*/"), names), ("*.md/", None)):  # fmt: skip
            with self.subTest(pattern):
                code = 0 if wanted else 1
                done = ada.ctl("restore", pattern, "--to", first, "--dry-run", "--json",
                               cwd=ada.folder, expect=(code,))  # fmt: skip
                self.assertEqual(json.loads(done.stdout)["paths"] if wanted else None, wanted)
                done = ada.ctl("rollback", first, "--path", pattern, "--dry-run", "--json",
                               cwd=ada.folder, expect=(code,))  # fmt: skip
                self.assertEqual(json.loads(done.stdout)["paths"] if wanted else None, wanted)

    def test_a_directory_that_was_empty_keeps_what_came_into_it(self):
        ada = self.device("ada", start=False)
        ada.write("p/a.md", "one\n")
        os.makedirs(ada.path("p/inbox"))
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        ada.write("p/a.md", "two\n")
        ada.write("p/inbox/1.md", "came\n")
        ada.write("p/inbox/deeper/2.md", "came\n")
        self.assertEqual(ada.once().returncode, 0)
        for running in (False, True):
            if running:
                ada.start()
            ask = ("restore", f"{PREFIX}/p", "--to", first, "--json")
            self.assertEqual(
                json.loads(ada.ctl(*ask, "--dry-run").stdout)["paths"], [f"{PREFIX}/p/a.md"])
            done = json.loads(ada.ctl(*ask, expect=(0,)).stdout)
            self.assertEqual(done["paths"], [f"{PREFIX}/p/a.md"])
            self.assertEqual(ada.read("p/inbox/1.md"), b"came\n")
            self.assertEqual(ada.read("p/inbox/deeper/2.md"), b"came\n")
            ada.ctl("restore", f"{PREFIX}/p/inbox", "--to", first, expect=(0,))
            self.assertEqual(ada.read("p/inbox/1.md"), b"came\n")
            ada.ctl("undo", expect=(0,))
            self.assertEqual(ada.read("p/a.md"), b"two\n")
        # A file that has its place makes room for it.
        shutil.rmtree(ada.path("p/inbox"))
        ada.write("p/inbox", "a file\n")
        ada.ctl("sync", expect=(0,))
        ada.ctl("restore", f"{PREFIX}/p/inbox", "--to", first, expect=(0,))
        self.assertEqual(os.listdir(ada.path("p/inbox")), [])

    def test_a_blob_comes_where_a_file_may_be(self):
        ada = self.history()
        ada.start()
        self.wait_in_sync(ada)
        head = trees.head(ada.repository)
        blob = trees.git(ada.repository, "rev-parse", f"sync:{PREFIX}/a.md").decode().strip()
        for path, words in {
            f"{PREFIX}/.git/config": "'.git'", f"{PREFIX}/x/.GIT": "'.git'",
            ".git/config": "'.git'", f"{PREFIX}/git~1": "'.git'",
            f"{PREFIX}/.syncd-x": ".syncd-", "elsewhere.md": "no folder",
            f"{PREFIX}/{'n' * 256}": "path", f"{PREFIX}/d": "directory",
            f"{PREFIX}/d/": "directory", PREFIX: "directory",
            f"{PREFIX}/a.md/b": "is a file", ".sync/conflicts/x.json": "own",
        }.items():  # fmt: skip
            for how in ("--dry-run", "--quiet"):
                with self.subTest(path=path, how=how):
                    done = ada.ctl("restore", path, "--to", blob, how, expect=None)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn(words, done.stderr)
        self.assertEqual(trees.head(ada.repository), head)
        ada.ctl("restore", f"{PREFIX}/new/b.md", "--to", blob, expect=(0,))
        self.assertEqual(ada.read("new/b.md"), b"changed\n")

    def test_a_blob_of_a_deleted_file_comes_back_as_what_it_was(self):
        ada = self.history()
        ada.write("run.sh", "#!/bin/sh\n")
        os.chmod(ada.path("run.sh"), 0o755)
        os.symlink("run.sh", ada.path("link"))
        self.assertEqual(ada.once().returncode, 0)
        os.chmod(ada.path("run.sh"), 0o644)
        ada.write("run.sh", "no script any more\n")
        self.assertEqual(ada.once().returncode, 0)
        blobs = {
            name: trees.git(ada.repository, "rev-parse", f"sync~1:{PREFIX}/{name}").decode().strip()
            for name in ("run.sh", "link")
        }
        for name in blobs:
            os.remove(ada.path(name))
        self.assertEqual(ada.once().returncode, 0)
        for name, blob in blobs.items():
            ada.ctl("restore", f"{PREFIX}/{name}", "--to", blob, expect=(0,))
        self.assertTrue(os.access(ada.path("run.sh"), os.X_OK))
        self.assertEqual(os.readlink(ada.path("link")), "run.sh")

    def test_a_blob_of_a_link_or_a_script_is_what_it_was_whatever_stands_there_now(self):
        ada = self.device("ada", start=False)
        ada.write("run.sh", "#!/bin/sh\n")
        os.chmod(ada.path("run.sh"), 0o755)
        os.symlink("old", ada.path("link"))
        self.assertEqual(ada.once().returncode, 0)
        blobs = {
            name: trees.git(ada.repository, "rev-parse", f"sync:{PREFIX}/{name}").decode().strip()
            for name in ("run.sh", "link")
        }
        for name in blobs:
            os.remove(ada.path(name))
            os.symlink("new", ada.path(name))
        self.assertEqual(ada.once().returncode, 0)
        beside = f"{self.top}/beside"
        for name, blob in blobs.items():
            ada.ctl("restore", f"{PREFIX}/{name}", "--to", blob, "--output", beside, expect=(0,))
            ada.ctl("restore", f"{PREFIX}/{name}", "--to", blob, expect=(0,))
        for place in (beside, ada.folder):
            self.assertEqual(os.readlink(f"{place}/link"), "old")
            self.assertFalse(os.path.islink(f"{place}/run.sh"))
            self.assertTrue(os.access(f"{place}/run.sh", os.X_OK))

    def test_a_blob_comes_back_wherever_the_file_stood(self):
        """Under a name that no request may write, and in no folder of this device."""
        ada = self.history()
        ada.write("back\\slash.txt", "its content\n")
        self.assertEqual(ada.once().returncode, 0)
        plain = f"{self.top}/plain"
        me = ("-c", "user.name=me", "-c", "user.email=me@x")
        trees.git(self.top, "clone", "-q", self.remote, plain)
        os.mkdir(f"{plain}/other")
        with open(f"{plain}/other/o.md", "w", encoding="ascii") as file:
            file.write("elsewhere\n")
        trees.git(plain, "add", "-A")
        trees.git(plain, *me, "commit", "-qm", "there")
        places = [f"{PREFIX}/back\\slash.txt", "other/o.md"]
        blobs = [trees.git(plain, "rev-parse", f"HEAD:{place}").decode().strip()
                 for place in places]
        trees.git(plain, "rm", "-q", *[f":(literal){place}" for place in places])
        trees.git(plain, *me, "commit", "-qm", "gone")
        trees.git(plain, "push", "-q")
        self.assertEqual(ada.once().returncode, 0)
        self.assertIsNone(ada.read("back\\slash.txt"))
        for place, blob in zip(places, blobs):
            ada.ctl("restore", place, "--to", blob, expect=(0,))
            self.assertEqual(
                trees.git(ada.repository, "rev-parse", f"sync:{place}").decode().strip(), blob)
        self.assertEqual(ada.read("back\\slash.txt"), b"its content\n")

    def test_what_stands_at_the_path_is_in_the_history_first(self):
        ada = self.history()
        first = trees.git(ada.repository, "rev-parse", "sync~1").decode().strip()
        ada.write("a.md", "not synced\n")
        ada.write("d/c.md", "not synced either\n")
        ada.ctl("restore", f"{PREFIX}/a.md", "--to", first, expect=(0,))
        self.assertEqual(ada.read("a.md"), b"a.md\n")
        # What stands elsewhere comes with the cycle that follows, and stays.
        self.assertEqual(ada.read("d/c.md"), b"not synced either\n")
        log = json.loads(ada.ctl("log", f"{PREFIX}/a.md", "--json", expect=(0,)).stdout)
        self.assertEqual(len(log), 4)
        saved = ada.ctl("show", f"{log[1]['commit']}:{PREFIX}/a.md", expect=(0,)).stdout
        self.assertEqual(saved, "not synced\n")
        log = json.loads(ada.ctl("log", f"{PREFIX}/d/c.md", "--json", expect=(0,)).stdout)
        self.assertEqual(len(log), 3)

    def test_what_waits_is_not_called_done_when_it_is_asked_for_again(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        ada.write("b.md", "one\n")
        ada.once()
        then = trees.git(ada.repository, "rev-parse", "sync").decode().strip()
        for is_running in (False, True):
            if is_running:
                ada.start()
            for words in (["restore", "shared/files/a.md", "--to", then], ["rollback", then]):
                ada.write("a.md", "two\n")
                ada.ctl("sync")
                with open(ada.path("a.md"), "r+b"):
                    for _ in range(2):
                        done = ada.ctl(*words, expect=(1,))
                        self.assertIn("not in the folder yet: shared/files/a.md", done.stdout)
                        self.assertNotIn("up to date", done.stdout)
                    # What is asked for elsewhere waits for nothing.
                    other = ada.ctl("restore", "shared/files/b.md", "--to", then)
                    self.assertIn("already up to date", other.stdout)
                ada.ctl(*words, expect=(0,))
                self.assertEqual(ada.read("a.md"), b"one\n")
                self.assertIn("already up to date", ada.ctl(*words, expect=(0,)).stdout)

    def test_what_is_not_synced_here_comes_back_for_the_others(self):
        ada = self.history()
        plain = f"{self.top}/plain"
        me = ("-c", "user.name=me", "-c", "user.email=me@x")
        trees.git(self.top, "clone", "-q", self.remote, plain)
        # No folder here has it.
        with open(f"{plain}/top.md", "w", encoding="utf-8") as file:
            file.write("top\n")
        trees.git(plain, "checkout", "-q", "HEAD~1", "--", PREFIX)
        trees.git(plain, "add", "-A")
        trees.git(plain, *me, "commit", "-qm", "what was there")
        first = trees.git(plain, "rev-parse", "HEAD").decode().strip()
        trees.git(plain, "rm", "-q", "top.md", f"{PREFIX}/d/b.md")
        trees.git(plain, *me, "commit", "-qm", "what goes")
        trees.git(plain, "push", "-q")
        self.assertEqual(ada.once().returncode, 0)
        with open(ada.config, encoding="utf-8") as file:
            text = file.read()
        with open(ada.config, "w", encoding="utf-8") as file:
            line = f'prefix = "{PREFIX}"\n'
            file.write(text.replace(line, f'{line}ignore = ["d/"]\n'))
        words = "(for the other devices: this one does not sync it)"
        places = [f"{PREFIX}/d/b.md", "top.md"]
        for running in (False, True):
            if running:
                ada.start()
            ada.write("a.md", "changed\n")
            back = ("restore", *places, f"{PREFIX}/a.md", "--to", first)
            said = ada.ctl(*back, "--dry-run", expect=(0,)).stdout.splitlines()
            self.assertEqual(said[1:], [f"would change {place} {words}" for place in places])
            done = ada.ctl(*back, expect=(0,)).stdout.splitlines()
            lines = [f"restored {place} {words}" for place in places]
            self.assertEqual(done, [f"restored {PREFIX}/a.md", *lines])
            shown = trees.git(ada.repository, "show", f"sync:{places[0]}")
            self.assertEqual(shown, b"d/b.md\n")
            self.assertIsNone(ada.read("d/b.md"))
            done = ada.ctl("restore", places[0], "--to", first, expect=(0,)).stdout
            self.assertIn(f"is so in the vault, and not synced here: {places[0]}", done)
            done = ada.ctl("undo", "--dry-run", expect=(0,)).stdout
            self.assertIn(f"would delete {places[0]} {words}", done)
            done = json.loads(ada.ctl("undo", "--json", expect=(0,)).stdout)
            self.assertEqual(done["elsewhere"], places)

    def test_beside_the_vault(self):
        ada = self.history()
        head = trees.head(ada.repository)
        place = f"{self.top}/beside"
        ada.ctl("restore", "--to", "HEAD~1", "--output", place, ada.path("d"), expect=(0,))
        with open(f"{place}/d/e/f.txt", encoding="utf-8") as file:
            self.assertEqual(file.read(), "d/e/f.txt\n")
        self.assertEqual(os.readlink(f"{place}/d/link"), "a.md")
        ada.ctl("restore", "--to", "HEAD~1", "--output", place, f"{PREFIX}/a.md", expect=(0,))
        self.assertTrue(os.access(f"{place}/a.md", os.X_OK))
        again = ada.ctl(
            "restore", "--to", "HEAD~1", "--output", place, f"{PREFIX}/a.md", expect=(1,)
        )
        self.assertIn("File exists", again.stderr)
        # Nothing of the vault is written to.
        inside = (ada.path("sub"), f"{ada.repository}/objects", ada.state, f"{self.remote}/objects")
        for other in inside:
            refused = ada.ctl("restore", "--to", "HEAD~1", "--output", other, f"{PREFIX}/a.md",
                              expect=(1,))
            self.assertIn("name a place outside", refused.stderr)
            self.assertFalse(os.path.exists(f"{other}/a.md"), other)
        files = ada.ctl(
            "restore", "--to", "HEAD~1", "--output", f"{self.top}/other", f"{PREFIX}/d/**/*.txt",
            "--json", expect=(0,),
        )  # fmt: skip
        self.assertEqual(json.loads(files.stdout), [f"{self.top}/other/e/f.txt"])
        self.assertIn(
            "there is no",
            ada.ctl("restore", "--to", "HEAD", "--output", place, "nowhere", expect=(1,)).stderr,
        )
        self.assertEqual(trees.head(ada.repository), head)
        self.assertEqual(ada.read("a.md"), b"changed\n")
        ada.write("x/a.md", "another\n")
        self.assertEqual(ada.once().returncode, 0)
        two = ada.ctl("restore", "--to", "HEAD", "--output", f"{self.top}/two", f"{PREFIX}/a.md",
                      f"{PREFIX}/x/a.md", expect=(1,))
        self.assertIn("would both be a.md", two.stderr)
        self.assertFalse(os.path.exists(f"{self.top}/two"))

    def test_nothing_is_written_beside_the_vault_through_a_link(self):
        ada = self.device("ada", start=False)
        elsewhere = f"{self.top}/elsewhere"
        os.mkdir(elsewhere)
        ada.write("b/lib/file", "payload\n")
        os.mkdir(ada.path("a"))
        os.symlink(elsewhere, ada.path("a/lib"))
        os.symlink(b"\xff\xfe", os.fsencode(ada.path("a/bytes")))
        self.assertEqual(ada.once().returncode, 0)
        place = f"{self.top}/beside"
        back = ("restore", "--to", "HEAD", "--output", place)
        # The first PATH makes the link that the second would be written through.
        refused = ada.ctl(*back, ada.path("a/lib"), ada.path("b/lib"), expect=(1,))
        self.assertIn(f"{place}/lib is a symbolic link", refused.stderr)
        self.assertEqual(os.readlink(f"{place}/lib"), elsewhere)
        os.makedirs(f"{place}/d")
        os.symlink(elsewhere, f"{place}/d/lib")
        ada.ctl(
            "restore", "--to", "HEAD", "--output", f"{place}/d", ada.path("b/lib"), expect=(1,)
        )
        self.assertEqual(os.listdir(elsewhere), [])
        ada.ctl(*back, ada.path("a/bytes"), expect=(0,))
        self.assertEqual(os.readlink(os.fsencode(f"{place}/bytes")), b"\xff\xfe")

    def test_another_repositorys_commit_is_not_called_written(self):
        ada = self.history()
        plain = f"{self.top}/plain"
        trees.git(self.top, "clone", "-q", self.remote, plain)
        entry = f"160000,{trees.head(ada.repository)},{PREFIX}/sub/one"
        trees.git(plain, "update-index", "--add", "--cacheinfo", entry)
        trees.git(plain, "-c", "user.name=me", "-c", "user.email=me@x", "commit", "-qm", "sub")
        trees.git(plain, "push", "-q")
        ada.once()
        place = f"{self.top}/beside"
        back = ("restore", "--to", "HEAD", "--output", place, "--json", f"{PREFIX}/sub")
        self.assertIn(f"{PREFIX}/sub/one is not written", ada.ctl(*back, expect=(1,)).stderr)
        done = ada.ctl(*back, ada.path("a.md"), expect=(0,))
        self.assertEqual(json.loads(done.stdout), [f"{place}/a.md"])
        self.assertEqual(os.listdir(place), ["a.md"])

    def test_what_goes_is_called_deleted(self):
        ada = self.device("ada", start=False)
        ada.write("d", "a file\n")
        self.assertEqual(ada.once().returncode, 0)
        os.remove(ada.path("d"))
        ada.write("d/1", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        back = ("restore", f"{PREFIX}/d", "--to", "HEAD~1")
        said = ada.ctl(*back, "--dry-run", expect=(0,)).stdout
        self.assertEqual(
            said.splitlines(), [f"would change {PREFIX}/d", f"would delete {PREFIX}/d/1"]
        )
        done = ada.ctl(*back, expect=(0,)).stdout
        self.assertEqual(done.splitlines(), [f"restored {PREFIX}/d", f"deleted {PREFIX}/d/1"])
        self.assertEqual(ada.read("d"), b"a file\n")

    def test_what_is_held_back_is_not_called_restored(self):
        """The head has the version, and the folder has another that no commit may have."""
        ada, bob = self.pair()
        ada.write("big.bin", "small\n")
        ada.write("pipe.md", "a file\n")
        self.wait_in_sync(ada, bob)
        head = trees.head(ada.repository)
        with open(ada.path("big.bin"), "wb") as file:
            file.truncate((100 << 20) + 1)
        os.remove(ada.path("pipe.md"))
        os.mkfifo(ada.path("pipe.md"))
        with open(ada.path("new.bin"), "wb") as file:
            file.truncate((100 << 20) + 1)
        held = {f"{PREFIX}/big.bin": "too-large", f"{PREFIX}/pipe.md": "special"}
        wait_until(lambda: ada.status()["quarantined"] == 3, lambda: f"{ada.status()}")
        for running in (True, False):
            if not running:
                ada.stop()
            for words in (
                ("restore", ada.path("big.bin"), ada.path("pipe.md"), "--to", head),
                ("restore", ada.folder, "--to", head, "--dry-run"), ("rollback", head),
                ("rollback", head, "--path", f"{PREFIX}/*.bin", "--path", f"{PREFIX}/*.md"),
            ):  # fmt: skip
                done = json.loads(ada.ctl(*words, "--json", expect=(1,)).stdout)
                waiting = {one["path"]: one["reason"] for one in done["waiting"]}
                self.assertEqual(waiting, held, (running, words))
            self.assertIn("big.bin (too-large)", ada.ctl("diff", head).stderr)
        ada.start()
        # What another device does with the file meanwhile does not make it forgotten.
        for text in ("by bob\n", "small\n"):
            bob.write("big.bin", text)
            self.wait_in_sync(bob)
            wait_until(lambda: ada.status()["head"] == trees.head(self.remote), "it comes here")
        wait_until(lambda: ada.status()["quarantined"] == 3, lambda: f"{ada.status()}")
        self.assertIn("big.bin", ada.ctl("held").stdout)

    def test_one_record(self):
        ada = self.device("ada", start=False)
        with open(ada.config, encoding="utf-8") as file:
            text = file.read().replace(PREFIX, "shared/memories")
        with open(ada.config, "w", encoding="utf-8") as file:
            file.write(text)
        records = [{"id": f"{name}-1", "memory": name} for name in ("one", "two", "three")]
        ada.write("m.json", json.dumps(records, indent=2))
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        records[0]["memory"], records[2]["memory"] = "uno", "tres"
        ada.write("m.json", json.dumps([records[0], records[2]], indent=2))
        self.assertEqual(ada.once().returncode, 0)
        back = ("restore", "--to", first, ada.path("m.json"), "--record")
        ada.ctl(*back, "two", expect=(0,))
        records[1]["memory"] = "two"
        self.assertEqual(json.loads(ada.read("m.json")), records)
        ada.ctl(*back, "one-1", expect=(0,))
        records[0]["memory"] = "one"
        self.assertEqual(json.loads(ada.read("m.json")), records)
        self.assertIn("no record", ada.ctl(*back, "four", expect=(1,)).stderr)
        self.assertIn("short for", ada.ctl(*back, "t", expect=(1,)).stderr)


if __name__ == "__main__":
    unittest.main()
