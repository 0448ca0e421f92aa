"""`syncctl backup` where not all can be saved, or one before was cut short: it says so."""

import json
import os
import subprocess
import unittest

import trees
from device import PREFIX
from harness import VaultTest


class Partly(VaultTest):
    """A device with something that is in no commit."""

    def place(self):
        """Where its bundles go."""
        return f"{self.top}/bundles"

    def saved(self, ada, code):
        """What a backup says of files that are in no commit, and what to standard error."""
        done = ada.ctl("backup", f"{self.place()}/", "--json", expect=(code,))
        return json.loads(done.stdout)["unsynced"], done.stderr

    def listed(self, number=1):
        """The files of an archive."""
        words = ["tar", "--zstd", "-tf", f"{self.place()}/default-{number:04}.tar.zst"]
        done = subprocess.run(words, check=True, capture_output=True)
        return sorted(done.stdout.decode().split())

    def replace(self, ada):
        """Puts another directory in the place of the folder."""
        os.rename(ada.folder, f"{ada.folder}.away")
        os.mkdir(ada.folder)
        ada.write("new.md", "in the other directory\n")

    def back(self, ada):
        """Puts the right one back."""
        os.rename(ada.folder, f"{ada.folder}.other")
        os.rename(f"{ada.folder}.away", ada.folder)

    def test_another_directory_is_in_the_place_of_a_folder(self):
        """Its files are in no backup, which is not said to be whole; with a daemon and without."""
        ada = self.device("ada")
        other = f"{self.top}/other"
        os.mkdir(other)
        with open(ada.config, "a", encoding="utf-8") as file:
            file.write(f'\n[[folder]]\npath = "{other}"\nprefix = "mem"\n')
        ada.ctl("reload", expect=(0,))
        ada.write("a.md", "one\n")
        ada.ctl("sync")
        ada.write("held.bin", b"")
        os.truncate(ada.path("held.bin"), 101 << 20)
        unsynced, _ = self.saved(ada, 0)
        self.assertEqual((unsynced["files"], unsynced["folders"]), (1, []))
        self.replace(ada)
        for running in (True, False):
            if not running:
                ada.stop()
            os.makedirs(f"{other}/huge", exist_ok=True)
            with open(f"{other}/huge/file", "ab") as file:
                file.truncate(102 << 20)
            unsynced, words = self.saved(ada, 1)
            (folder,) = unsynced["folders"]
            self.assertEqual(folder["prefix"], PREFIX)
            self.assertIn("another directory", folder["problem"])
            self.assertIn("--accept-folders", folder["problem"])
            self.assertIn("not in the backup, but for what is committed", words)
            self.assertIn(ada.folder, words)
            # What the archive before has of it stays there, and the other folder's goes in.
            self.assertEqual(self.listed(), ["mem/huge/file", f"{PREFIX}/held.bin"])
            self.assertEqual(unsynced["files"], 2)
            # Without --json it says the same.
            done = ada.ctl("backup", self.place(), expect=(1,))
            self.assertIn("not in the backup", done.stderr)
        self.back(ada)
        unsynced, _ = self.saved(ada, 0)
        self.assertEqual((unsynced["files"], unsynced["folders"]), (2, []))
        os.rename(other, f"{other}.away")
        unsynced, words = self.saved(ada, 1)
        self.assertEqual([folder["prefix"] for folder in unsynced["folders"]], ["mem"])
        self.assertIn("the folder is not there", words)
        self.assertEqual(self.listed(), ["mem/huge/file", f"{PREFIX}/held.bin"])

    def test_no_bundle_is_named_before_the_archive_beside_it_stands(self):
        """Who restores looks beside the last one alone."""
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        ada.write("draft.md", "draft\n")
        self.saved(ada, 0)
        self.assertEqual(ada.once().returncode, 0)
        ada.write("later.md", "later\n")
        # Nothing can be put there, as on a disk that is full.
        os.mkdir(f"{self.place()}/default-0002.tar.zst")
        ada.ctl("backup", f"{self.place()}/", expect=(1,))
        os.rmdir(f"{self.place()}/default-0002.tar.zst")
        names = ["default-0001.bundle", "default-0001.tar.zst"]
        self.assertEqual(sorted(os.listdir(self.place())), names)
        self.assertEqual(self.listed(), [f"{PREFIX}/draft.md"])
        unsynced, _ = self.saved(ada, 0)
        self.assertEqual(unsynced["file"], f"{self.place()}/default-0002.tar.zst")
        self.assertEqual(self.listed(2), [f"{PREFIX}/later.md"])
        ada.write("last.md", "last\n")
        self.assertEqual(self.saved(ada, 0)[0]["files"], 2)

    def test_an_archive_that_cannot_be_written_keeps_no_history_from_being_saved(self):
        """The one before, from which a folder that is gone would be kept, is damaged."""
        ada = self.device("ada", start=False)
        other = f"{self.top}/other"
        os.mkdir(other)
        with open(ada.config, "a", encoding="utf-8") as file:
            file.write(f'\n[[folder]]\npath = "{other}"\nprefix = "mem"\n')
        ada.write("held.bin", b"")
        os.truncate(ada.path("held.bin"), 101 << 20)
        ada.write("a.md", "one\n")
        ada.once()
        self.saved(ada, 0)
        os.truncate(f"{self.place()}/default-0001.tar.zst", 20)
        os.rename(ada.folder, f"{ada.folder}.away")
        with open(f"{other}/new.md", "w", encoding="utf-8") as file:
            file.write("new\n")
        ada.once()
        ada.ctl("backup", f"{self.place()}/", expect=(1,))
        self.assertIn("default-0002.bundle", os.listdir(self.place()))
        self.assertIn("default-0002.tar.zst", os.listdir(self.place()))

    def test_the_next_bundle_keeps_what_the_archive_before_had(self):
        """Of a folder that is gone, also where another folder's files began a new bundle."""
        ada = self.device("ada", start=False)
        other = f"{self.top}/other"
        os.mkdir(other)
        with open(ada.config, "a", encoding="utf-8") as file:
            file.write(f'\n[[folder]]\npath = "{other}"\nprefix = "mem"\n')
        ada.write("a.md", "one\n")
        ada.write("held.bin", b"")
        os.truncate(ada.path("held.bin"), 101 << 20)
        ada.once()
        self.saved(ada, 0)
        self.assertEqual(self.listed(), [f"{PREFIX}/held.bin"])
        os.rename(ada.folder, f"{ada.folder}.away")
        for number in (2, 3):
            with open(f"{other}/{number}.md", "w", encoding="utf-8") as file:
                file.write("new\n")
            ada.once()
            self.saved(ada, 1)
            self.assertEqual(self.listed(number), [f"{PREFIX}/held.bin"])

    def test_a_directory_that_is_held_back_is_saved_or_said_not_to_be(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        # Servers refuse the name, and no commit has what is in it.
        ada.write("git~1/x.md", "in no commit\n")
        ada.write("git~1/deep/y.md", "nor this\n")
        self.assertIn(ada.once().returncode, (0, 1))
        unsynced, _ = self.saved(ada, 0)
        self.assertEqual((unsynced["files"], unsynced["skipped"]), (2, []))
        both = [f"{PREFIX}/git~1/deep/y.md", f"{PREFIX}/git~1/x.md"]
        self.assertEqual(self.listed(), both)
        # What is in the way is none of it, and what may be read again stands once.
        ada.write(".gitignore", "build/\n")
        ada.write("build/out.o", "ignored\n")
        self.assertIn(ada.once().returncode, (0, 1))
        clone = f"{self.top}/plain"
        trees.git(self.top, "clone", "-q", self.remote, clone)
        with open(f"{clone}/{PREFIX}/build", "w", encoding="ascii") as file:
            file.write("a file\n")
        me = ("-c", "user.name=me", "-c", "user.email=me@x")
        trees.git(clone, "add", "-A", "-f")
        trees.git(clone, *me, "commit", "-qm", "in the way")
        trees.git(clone, "push", "-q")
        self.assertEqual(ada.once().returncode, 1)
        self.assertIn("build", ada.ctl("held").stdout)
        self.saved(ada, 0)
        self.assertEqual(self.listed(2), both)
        # Another file system is not walked: what the archive before has stays.
        self.tmpfs(ada.path("git~1/deep"), "1m")
        ada.write("git~1/deep/z.md", "of the other disk\n")
        unsynced, said = self.saved(ada, 1)
        self.assertEqual(unsynced["skipped"], [f"{PREFIX}/git~1/deep"])
        self.assertEqual(sorted(self.listed(2)), both)

    def test_what_a_killed_one_left_goes(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        self.saved(ada, 0)
        left = (
            "default-0001.tar.zst.partial", "default-0007.tar.zst.partial",
            "default-0001.bundle.partial-1a2b", "default-0001.bundle.partial-1a2b.lock",
        )  # fmt: skip
        stays = ("notes.tar.zst.partial", "default.tar.zst.partial", "x.partial", "my.scratch")
        for name in left + stays:
            with open(f"{self.place()}/{name}", "wb"):
                pass
        os.mkdir(f"{self.place()}/default.scratch")
        self.saved(ada, 0)
        self.assertEqual(
            sorted(os.listdir(self.place())), sorted(("default-0001.bundle",) + stays))
        # The same of one file: of others, whose names say nothing, it knows nothing.
        for name, bundle in (("v", "v.bundle"), ("plain", "plain")):
            with open(f"{self.top}/{name}.tar.zst.partial", "wb"):
                pass
            ada.ctl("backup", f"{self.top}/{bundle}", expect=(0,))
            self.assertFalse(os.path.exists(f"{self.top}/{name}.tar.zst.partial"), name)


if __name__ == "__main__":
    unittest.main()
