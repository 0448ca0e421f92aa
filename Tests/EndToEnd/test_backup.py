"""`syncctl backup`: bundles that git clones from, whole or not at all."""

import json
import os
import re
import shutil
import stat
import subprocess
import unittest

import trees
from device import PREFIX, Device, binaries, wait_until
from harness import VaultTest


class Backup(VaultTest):
    """One device's history in bundles."""

    def saved(self, ada, place, code=0):
        """What a backup came to."""
        done = ada.ctl("backup", place, "--json", expect=(code,))
        return json.loads(done.stdout) if code == 0 else done.stderr

    def git(self, *words):
        """Runs git here."""
        return subprocess.run(["git", *words], check=True, capture_output=True).stdout

    def refs(self, repository):
        """All references of a repository."""
        return trees.git(repository, "for-each-ref", "--format=%(refname) %(objectname)").split()

    def test_a_file_has_everything(self):
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)
        file = f"{self.top}/vault.bundle"
        done = self.saved(ada, file)
        self.assertEqual((done["file"], done["incremental"]), (file, False))
        self.assertEqual(done["bytes"], os.path.getsize(file))
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        ada.stop()
        ada.write("a.md", "two\n")
        self.assertEqual(ada.once().returncode, 0)
        self.assertFalse(self.saved(ada, file)["incremental"])
        copy = f"{self.top}/copy.git"
        self.git("clone", "-q", "--mirror", file, copy)
        self.assertEqual(self.refs(copy), self.refs(ada.repository))
        self.assertEqual(trees.fsck(copy), [])
        self.assertEqual([name for name in os.listdir(self.top) if "partial" in name], [])

    def test_what_a_daemon_could_not_capture_goes_beside(self):
        """A daemon that is paused has captured nothing; its word is not that nothing is new."""
        ada = self.device("ada")
        ada.write("kept.md", "one\n")
        ada.write("gone.md", "gone\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", "what was written goes out")
        ada.ctl("pause")
        ada.write("kept.md", "edited\n")
        ada.write("new.md", "new\n")
        with open(os.fsencode(ada.path("caf")) + b"\xe9.md", "w") as file:
            file.write("a name that is no UTF-8\n")
        os.remove(ada.path("gone.md"))
        done = json.loads(ada.ctl("backup", f"{self.top}/bundles/", "--json").stdout)
        self.assertEqual(done["unsynced"]["files"], 3)
        listed = subprocess.run(
            ["tar", "--zstd", "-tf", done["unsynced"]["file"]], check=True, capture_output=True
        ).stdout.decode().split()
        names = [f"{PREFIX}/caf\\351.md", f"{PREFIX}/kept.md", f"{PREFIX}/new.md"]
        self.assertEqual(listed, names)
        ada.ctl("resume")
        wait_until(lambda: ada.status()["state"] == "in-sync", "what was edited goes out")
        done = json.loads(ada.ctl("backup", f"{self.top}/bundles/", "--json").stdout)
        self.assertIsNone(done["unsynced"]["file"])

    def test_one_at_a_time(self):
        """Of several at once each writes a bundle of its own or says that another does."""
        ada = self.device("ada")
        for turn in range(20):
            ada.write(f"{turn}.bin", os.urandom(200_000))
        self.wait_in_sync(ada)
        words = [f"{binaries()}/syncctl", "--config", ada.config, "backup", f"{self.top}/b/"]
        runs = [
            subprocess.Popen(words, env=ada.environment, stderr=subprocess.PIPE, encoding="utf-8")
            for _ in range(4)
        ]
        said = [run.communicate(timeout=60)[1] for run in runs]
        codes = [run.returncode for run in runs]
        self.assertIn(0, codes, said)
        for code, words in zip(codes, said):
            if code != 0:
                self.assertEqual(code, 1)
                self.assertIn("another backup writes to", words)
        self.assertEqual(
            [name for name in os.listdir(f"{self.top}/b") if name.endswith(".bundle")],
            ["default-0001.bundle"])  # fmt: skip
        self.saved(ada, f"{self.top}/b")

    def test_only_a_file_is_replaced(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        fifo, link, nowhere = (f"{self.top}/{name}" for name in ("fifo", "link", "nowhere"))
        os.mkfifo(fifo)
        self.assertIn("no regular file", self.saved(ada, fifo, code=1))
        self.assertTrue(stat.S_ISFIFO(os.lstat(fifo).st_mode))
        # A link stays, and what it leads to is written, whether something stands there or not.
        os.symlink("real.bundle", link)
        with open(f"{self.top}/real.bundle", "wb"):
            pass
        os.symlink(f"{self.top}/other.bundle", nowhere)
        for name, target in ((link, "real.bundle"), (nowhere, "other.bundle")):
            self.assertEqual(self.saved(ada, name)["file"], f"{self.top}/{target}")
            self.assertTrue(os.path.islink(name))
            self.git("clone", "-q", "--mirror", name, f"{self.top}/{target}.git")
        tofifo = f"{self.top}/tofifo"
        os.symlink("fifo", tofifo)
        self.assertIn("no regular file", self.saved(ada, tofifo, code=1))
        # The archive beside it goes by the same rule.
        os.mkfifo(f"{self.top}/real.tar.zst")
        self.assertIn("real.tar.zst is no regular file", self.saved(ada, link, code=1))
        self.assertTrue(stat.S_ISFIFO(os.lstat(f"{self.top}/real.tar.zst").st_mode))

    def test_a_directory_gets_what_is_new(self):
        ada = self.device("ada", start=False)
        place = f"{self.top}/bundles"
        names = []
        for turn in range(3):
            ada.write("a.md", f"{turn}\n")
            ada.write(f"{turn}.bin", os.urandom(32 << 10))
            self.assertEqual(ada.once().returncode, 0)
            done = self.saved(ada, f"{place}/")
            self.assertEqual(done["incremental"], turn > 0)
            self.assertLess(done["bytes"], 48 << 10)
            names.append(done["file"])
            self.assertIsNone(self.saved(ada, place)["file"])
        self.assertEqual(
            [os.path.basename(name) for name in names],
            [f"default-000{number}.bundle" for number in (1, 2, 3)],
        )
        copy = f"{self.top}/copy.git"
        self.git("clone", "-q", "--mirror", names[0], copy)
        for name in names[1:]:
            self.git("-C", copy, "fetch", "-q", name, "+refs/*:refs/*")
        self.assertEqual(self.refs(copy), self.refs(ada.repository))
        self.assertEqual(trees.fsck(copy), [])
        os.remove(names[1])
        ada.write("a.md", "more\n")
        self.assertEqual(ada.once().returncode, 0)
        self.assertIn("default-0002.bundle is missing", self.saved(ada, place, code=1))

    def test_references_that_move_while_git_looks_are_all_named(self):
        """What git found nothing to add to moved meanwhile: the bundle would name nothing."""
        ada = self.device("ada", start=False)
        for turn in range(2):
            ada.write("a.md", f"{turn}\n")
            self.assertEqual(ada.once().returncode, 0)
        place = f"{self.top}/bundles"
        self.saved(ada, f"{place}/")
        names = [f"refs/{name}" for name in trees.git(
            ada.repository, "for-each-ref", "--format=%(refname:lstrip=1)").decode().split()]
        head, before = (trees.git(ada.repository, "rev-parse", name).decode().strip()
                        for name in ("sync", "sync~1"))  # fmt: skip
        trees.git(ada.repository, "update-ref", "refs/tags/new", head)
        real, marker = shutil.which("git"), f"{self.top}/moved"
        os.makedirs(f"{self.top}/bin")
        moves = "; ".join(f"{real} -C {ada.repository} update-ref {name} {before}"
                          for name in [*names, "refs/tags/new"])  # fmt: skip
        with open(f"{self.top}/bin/git", "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\n{real} "$@"; code=$?\ncase "$*" in *"bundle create"*)\n'
                       f"[ -e {marker} ] || {{ touch {marker}; {moves}; }};;\nesac\nexit $code\n")
        os.chmod(f"{self.top}/bin/git", 0o755)
        path = ada.environment["PATH"]
        ada.environment["PATH"] = f"{self.top}/bin:{path}"
        file = self.saved(ada, place)["file"]
        ada.environment["PATH"] = path
        self.assertTrue(os.path.exists(marker))
        said = self.git("bundle", "list-heads", file).decode().split()
        self.assertLessEqual({*names, "refs/tags/new", before}, set(said))
        self.assertIsNone(self.saved(ada, place)["file"])

    def test_nothing_is_added_to_a_damaged_bundle(self):
        ada = self.device("ada", start=False)
        place = f"{self.top}/bundles"
        for turn in range(2):
            ada.write(f"{turn}.bin", os.urandom(32 << 10))
            self.assertEqual(ada.once().returncode, 0)
            self.saved(ada, f"{place}/")
        ada.write("a.md", "more\n")
        self.assertEqual(ada.once().returncode, 0)
        for name in sorted(os.listdir(place)):
            file = f"{place}/{name}"
            with open(file, "rb") as good:
                bytes_before = good.read()
            middle = len(bytes_before) // 2
            flipped = bytes([bytes_before[middle] ^ 1])
            for damaged in (
                bytes_before[:middle] + flipped + bytes_before[middle + 1:],
                bytes_before[:-1], bytes_before[:10], b"",
            ):  # fmt: skip
                with open(file, "wb") as bad:
                    bad.write(damaged)
                words = self.saved(ada, place, code=1)
                self.assertIn(f"{name} is damaged", words)
                self.assertIn("another directory", words)
            with open(file, "wb") as mended:
                mended.write(bytes_before)
        self.assertTrue(self.saved(ada, place)["incremental"])
        self.assertEqual(len(os.listdir(place)), 3)

    def test_nothing_is_added_to_a_chain_that_cannot_be_restored(self):
        """The checksum of a bundle says nothing of its first lines, nor of its place."""
        ada = self.device("ada", start=False)
        place = f"{self.top}/bundles"
        for turn in range(3):
            ada.write("a.md", f"{turn}\n")
            self.assertEqual(ada.once().returncode, 0)
            self.saved(ada, f"{place}/")
        ada.write("a.md", "more\n")
        self.assertEqual(ada.once().returncode, 0)
        files = [f"{place}/{name}" for name in sorted(os.listdir(place))]
        for file in files:
            with open(file, "rb") as good:
                before = good.read()
            head = before[: before.index(b"\n\n")]
            for at in (digits.start() + 3 for digits in re.finditer(rb"(?m)^-?[0-9a-f]{40}", head)):
                flipped = bytearray(before)
                flipped[at] = ord("1") if before[at] == ord("0") else ord("0")
                with open(file, "wb") as bad:
                    bad.write(flipped)
                with self.subTest(os.path.basename(file), at=at):
                    words = self.saved(ada, place, code=1)
                    self.assertIn(os.path.basename(file), words)
                    self.assertIn("another directory", words)
            with open(file, "wb") as mended:
                mended.write(before)
        for one, two in ((0, 1), (1, 2), (0, 2)):
            self.swap(files[one], files[two])
            with self.subTest(swapped=(one, two)):
                words = self.saved(ada, place, code=1)
                self.assertIn("default-000", words)
                self.assertIn("another directory", words)
            self.swap(files[one], files[two])
        self.assertEqual(len(os.listdir(place)), 3)
        self.assertTrue(self.saved(ada, place)["incremental"])
        self.assertEqual(len(os.listdir(place)), 4)

    def swap(self, one, two):
        """Gives two files the names of each other."""
        os.rename(one, f"{one}.swap")
        os.rename(two, one)
        os.rename(f"{one}.swap", two)

    def test_a_vault_that_was_made_anew_goes_on_with_a_backup_that_has_more(self):
        """The last bundles have commits that were never pushed, and were lost."""
        ada = self.device("ada", start=False)
        place = f"{self.top}/bundles"
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        self.saved(ada, f"{place}/")
        os.rename(self.remote, f"{self.remote}.away")
        for turn in range(2):
            ada.write("a.md", f"only here {turn}\n")
            ada.once()
            self.saved(ada, place)
        os.rename(f"{self.remote}.away", self.remote)
        again = Device(f"{self.top}/again", "ada")
        self.devices.append(again)
        again.init(self.url)
        again.write("b.md", "new\n")
        self.assertEqual(again.once().returncode, 0)
        self.assertTrue(self.saved(again, place)["incremental"])
        self.assertTrue(os.path.exists(f"{place}/default-0004.bundle"))
        last = Device(f"{self.top}/last", "bob")
        self.devices.append(last)
        last.ctl(
            "init", "--from-backup", place, "--folder", f"{last.folder}={PREFIX}", "--device",
            "bob", expect=(0,))  # fmt: skip
        self.assertEqual(trees.head(last.repository), trees.head(again.repository))
        # Damage shows there too.
        with open(f"{place}/default-0002.bundle", "r+b") as file:
            file.seek(file.read().index(b"-") + 3)
            digit = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(b"1" if digit == b"0" else b"0")
        again.write("b.md", "newer\n")
        self.assertEqual(again.once().returncode, 0)
        self.assertIn("default-0002.bundle is no whole bundle", self.saved(again, place, code=1))
        self.assertFalse(os.path.exists(f"{place}/default-0005.bundle"))

    def test_a_directory_has_the_bundles_of_one_vault(self):
        ada = self.device("ada", start=False)
        place = f"{self.top}/bundles"
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        self.saved(ada, f"{place}/")
        other = Device(f"{self.top}/other", "other")
        self.devices.append(other)
        self.git("init", "-q", "--bare", "-b", "sync", f"{self.top}/other.git")
        other.init(f"{self.top}/other.git")
        other.write("b.md", "of another vault\n")
        self.assertEqual(other.once().returncode, 0)
        self.assertIn("another vault", self.saved(other, place, code=1))
        self.assertEqual(os.listdir(place), ["default-0001.bundle"])

    def test_what_came_from_the_remote_is_in_a_commit(self):
        """Its stat was too young to be trusted when it was applied."""
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        bob = self.device("bob", start=False)
        self.assertEqual(bob.once().returncode, 0)
        self.assertIsNone(self.saved(bob, f"{self.top}/bundles/")["unsynced"]["file"])
        bob.write("a.md", "two\n")
        self.assertEqual(self.saved(bob, f"{self.top}/bundles/")["unsynced"]["files"], 1)

    def test_where_none_may_stand(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        os.mkdir(f"{self.top}/elsewhere")
        os.symlink(ada.folder, f"{self.top}/link")
        os.symlink(ada.path("in.bundle"), f"{self.top}/in.bundle")
        before = ada.tree()
        for place, words in (
            (ada.path("bundles/"), "is in the folder"), (ada.path("v.bundle"), "is in the folder"),
            (ada.folder, "is in the folder"), (f"{self.top}/link/b/", "is in the folder"),
            (f"{self.top}/link", "is in the folder"),
            (f"{self.top}/in.bundle", "is in the folder"),
            (ada.repository, "vault's own repository"),
            (f"{ada.repository}/b/", "vault's own repository"),
            (f"{ada.repository}/b.bundle", "vault's own repository"),
            ("", "an empty PATH means nothing"),
        ):  # fmt: skip
            with self.subTest(place):
                done = ada.ctl("backup", place, expect=(1,), cwd=f"{self.top}/elsewhere")
                self.assertIn(words, done.stderr)
        self.assertEqual(ada.tree(), before)
        self.assertEqual(os.listdir(f"{self.top}/elsewhere"), [])
        self.assertFalse(os.path.exists(f"{ada.repository}/b"))
        there = f"{self.top}/elsewhere"
        done = ada.ctl("restore", ada.path("a.md"), "--to", "HEAD", "--output", "",
                       expect=(1,), cwd=there)  # fmt: skip
        self.assertIn("an empty PATH means nothing", done.stderr)
        done = ada.ctl("init", "--from-backup", "", "--folder", f"{self.top}/new={PREFIX}",
                       "--config", f"{self.top}/new.toml", expect=(64,), cwd=there)  # fmt: skip
        self.assertIn("--from-backup is empty", done.stderr)
        self.assertEqual(os.listdir(f"{self.top}/elsewhere"), [])

    def test_damage_is_not_backed_up_over_a_good_bundle(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        file = f"{self.top}/vault.bundle"
        self.saved(ada, file)
        with open(file, "rb") as good:
            before = good.read()
        trees.git(ada.repository, "repack", "-adq")
        packs = os.listdir(f"{ada.repository}/objects/pack")
        (pack,) = [name for name in packs if name.endswith(".pack")]
        path = f"{ada.repository}/objects/pack/{pack}"
        os.chmod(path, 0o600)
        os.truncate(path, os.path.getsize(path) // 2)
        self.assertIn("cannot be written", self.saved(ada, file, code=1))
        with open(file, "rb") as kept:
            self.assertEqual(kept.read(), before)


if __name__ == "__main__":
    unittest.main()
