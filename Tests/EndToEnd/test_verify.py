"""`syncctl verify`: what is whole is said to be, and damage of every kind is named."""

import fcntl
import glob
import json
import os
import sqlite3
import subprocess
import time
import unittest

import trees
from device import PREFIX, Device, binaries
from harness import VaultTest


class Verify(VaultTest):
    """One device, with its daemon and without, whole and damaged."""

    def vault(self):
        """A device that stands still, with files of each kind."""
        ada = self.device("ada", start=False)
        ada.write("a.md", "text\n" * 50)
        ada.write("d/run.sh", "#!/bin/sh\n")
        os.chmod(ada.path("d/run.sh"), 0o755)
        os.symlink("a.md", ada.path("link"))
        ada.write("big.bin", os.urandom(64 << 10))
        self.assertEqual(ada.once().returncode, 0)
        ada.write("a.md", "other\n")
        self.assertEqual(ada.once().returncode, 0)
        return ada

    def found(self, ada, code):
        """The findings by what was looked at, as one list of (state, message) each."""
        findings = {}
        for entry in json.loads(ada.ctl("verify", "--json", expect=(code,)).stdout):
            findings.setdefault(entry["check"], []).append((entry["state"], entry["message"]))
        return findings

    def states(self, found):
        """The worst state of each."""
        return {check: max(state for state, _ in found[check]) for check in found}

    def test_a_whole_vault(self):
        ada = self.vault()
        whole = dict.fromkeys(("objects", "git", "folder", "restore"), "ok")
        self.assertEqual(self.states(self.found(ada, 0)), whole)
        before = trees.git(ada.repository, "for-each-ref")
        ada.start()
        self.wait_in_sync(ada)
        self.assertEqual(self.states(self.found(ada, 0)), whole)
        self.assertEqual(trees.git(ada.repository, "rev-parse", "sync"), before.split()[0] + b"\n")
        self.assertEqual(glob.glob(f"{ada.state}/verify-*"), [])
        text = ada.ctl("verify", expect=(0,)).stdout
        self.assertIn("came back whole", text)

    def test_a_path_that_is_longer_than_the_system_takes_at_once(self):
        ada = self.vault()
        directory = os.open(ada.folder, os.O_RDONLY)
        for number in range(60):
            name = f"{number:02}" + "n" * 78
            os.mkdir(name, dir_fd=directory)
            below = os.open(name, os.O_RDONLY, dir_fd=directory)
            os.close(directory)
            directory = below
        with open(os.open("f.md", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=directory), "w",
                  encoding="utf-8") as file:
            file.write("deep\n")  # fmt: skip
        self.assertEqual(ada.once().returncode, 0)
        whole = dict.fromkeys(("objects", "git", "folder", "restore"), "ok")
        self.assertEqual(self.states(self.found(ada, 0)), whole)
        self.assertEqual(glob.glob(f"{ada.state}/verify-*"), [])
        os.unlink("f.md", dir_fd=directory)
        os.close(directory)
        self.assertEqual(self.states(self.found(ada, 0))["folder"], "warn")

    def test_what_a_killed_one_left_goes_with_the_next(self):
        ada = self.vault()
        left = f"{ada.state}/verify-aB3dE9"
        os.makedirs(f"{left}/d")
        with open(f"{left}/d/a.md", "w", encoding="utf-8") as file:
            file.write("text\n")
        used = f"{ada.state}/verify-uSeD00"
        os.mkdir(used)
        holder = os.open(used, os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        ada.ctl("verify", expect=(0,))
        self.assertEqual(glob.glob(f"{ada.state}/verify-*"), [used])
        os.close(holder)
        ada.ctl("verify", expect=(0,))
        self.assertEqual(glob.glob(f"{ada.state}/verify-*"), [])

    def test_beside_a_daemon_that_works(self):
        ada = self.device("ada")
        for turn in range(20):
            ada.write(f"n{turn % 7}.txt", f"{turn}\n")
            if turn % 5 == 0:
                found = self.found(ada, 0)
                self.assertEqual(found["objects"][0][0], "ok", found)
                self.assertEqual(found["restore"][0][0], "ok", found)

    def test_a_flipped_byte_in_a_pack(self):
        ada = self.vault()
        trees.git(ada.repository, "repack", "-adq")
        (pack,) = glob.glob(f"{ada.repository}/objects/pack/*.pack")
        os.chmod(pack, 0o600)
        with open(pack, "r+b") as file:
            # In the middle of the random bytes, which no compression makes smaller.
            place = os.path.getsize(pack) // 2
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 0x10]))
        states = self.states(self.found(ada, 1))
        self.assertEqual((states["git"], states["restore"]), ("fail", "fail"))

    def test_a_list_of_what_was_thinned_that_is_damaged(self):
        """What is lost would seem to be on it; the advice makes all whole."""
        ada = self.vault()
        with open(f"{ada.repository}/thinned", "wb") as file:
            file.write(b"thinned1 and no more")
        found = self.found(ada, 1)
        self.assertEqual(found["objects"][0][0], "fail", found)
        self.assertIn("no list of objects", found["objects"][0][1])
        lines = json.loads(ada.ctl("verify", "--json", expect=(1,)).stdout)
        (mend,) = {line["mend"] for line in lines if line["check"] == "objects"}
        self.assertIn(f"mv {ada.repository} {ada.repository}.damaged; syncctl sync", mend)
        ada.ctl("sync", expect=None)
        os.rename(ada.repository, f"{ada.repository}.damaged")
        ada.ctl("sync", expect=(0,))
        self.assertEqual(self.states(self.found(ada, 0))["objects"], "ok")

    def test_a_repository_that_is_gone(self):
        """Nobody who looks makes another in its place: its disk may be mounted again."""
        ada = self.vault()
        away = ada.repository + ".away"
        os.rename(ada.repository, away)
        for words in (["status"], ["devices"], ["held"], ["doctor"], ["verify"], ["log"],
                      ["backup", f"{self.top}/all.bundle"], ["undo", "--dry-run"],
                      ["rollback", "HEAD", "--dry-run"], ["remote"], ["gc"]):  # fmt: skip
            done = ada.ctl(*words, expect=None)
            self.assertNotIn(done.returncode, (0, 10), words)
            self.assertIn("is not there", done.stdout + done.stderr, words)
            self.assertFalse(os.path.exists(ada.repository), words)
        self.assertIn("mount its disk", ada.ctl("verify", expect=(1,)).stdout)
        told = json.loads(ada.ctl("status", "--json", expect=(3,)).stdout)
        self.assertEqual((told["state"], told["daemon"]), ("blocked", "stopped"))
        self.assertIn("is not there", told["notices"][0])
        self.assertEqual(told["sync_health"]["status"], "failing")
        # What fetches it makes it anew: the remote has all of it.
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(self.states(self.found(ada, 0))["objects"], "ok")
        self.assertEqual(trees.git(ada.repository, "rev-parse", "sync"),
                         trees.git(away, "rev-parse", "sync"))  # fmt: skip

    def test_a_repository_that_is_gone_and_nobody_has_its_history(self):
        ada = Device(f"{self.top}/ada", "ada")
        self.devices.append(ada)
        ada.ctl("init", "--folder", f"{ada.folder}={PREFIX}", "--device", "ada", expect=(0,))
        ada.write("a.md", "text\n")
        self.assertEqual(ada.once().returncode, 0)
        away = ada.repository + ".away"
        os.rename(ada.repository, away)
        for _ in range(2):
            done = ada.once()
            self.assertNotIn(done.returncode, (0, 10))
            self.assertIn("is not there", done.stderr)
            self.assertFalse(os.path.exists(ada.repository))
        self.assertIn("from a copy", ada.ctl("verify", expect=(1,)).stdout)
        os.rename(away, ada.repository)
        self.assertEqual(ada.once().returncode, 0)
        self.found(ada, 0)

    def test_a_repository_that_somebody_emptied(self):
        ada = self.vault()
        away = ada.repository + ".away"
        os.rename(ada.repository, away)
        trees.git(self.top, "init", "-q", "--bare", "-b", "sync", ada.repository)
        found = self.found(ada, 1)
        self.assertEqual(self.states(found)["objects"], "fail")
        self.assertIn("it was emptied", found["objects"][0][1])
        # What is gone comes back with the next exchange, and then all is well.
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(self.states(self.found(ada, 0))["objects"], "ok")
        self.assertEqual(trees.git(ada.repository, "rev-parse", "sync"),
                         trees.git(away, "rev-parse", "sync"))  # fmt: skip

    def test_a_vault_that_cannot_be_opened_has_a_status(self):
        ada = self.vault()
        head = f"{ada.repository}/HEAD"
        for path in (head, f"{ada.state}/state.db"):
            with self.subTest(path):
                os.rename(path, path + ".away")
                os.mkdir(path)
                told = json.loads(ada.ctl("status", "--json", expect=(3,)).stdout)
                self.assertEqual(told["state"], "blocked")
                self.assertTrue(told["notices"], told)
                self.assertIn("blocked", ada.ctl("status", expect=(3,)).stdout)
                os.rmdir(path)
                os.rename(path + ".away", path)
        self.assertEqual(json.loads(ada.ctl("status", "--json", expect=(3,)).stdout)["state"],
                         "in-sync")  # fmt: skip

    def test_a_missing_object(self):
        ada = self.vault()
        old = trees.git(ada.repository, "rev-parse", f"sync~1:{PREFIX}/a.md").decode().strip()
        packs = glob.glob(f"{ada.repository}/objects/pack/*.pack")
        for pack in packs:
            os.rename(pack, f"{self.top}/{os.path.basename(pack)}")
            os.remove(f"{pack[:-5]}.idx")
        for pack in packs:
            with open(f"{self.top}/{os.path.basename(pack)}", "rb") as file:
                subprocess.run(
                    ["git", "-C", ada.repository, "unpack-objects", "-q"], stdin=file, check=True
                )
        os.remove(f"{ada.repository}/objects/{old[:2]}/{old[2:]}")
        found = self.found(ada, 1)
        self.assertEqual(self.states(found)["objects"], "fail")
        self.assertIn(old, found["objects"][0][1])
        # The head does not have it.
        self.assertEqual(self.states(found)["restore"], "ok")

    def test_what_waits_without_a_daemon_is_what_differs(self):
        ada = Device(f"{self.top}/ada", "ada")
        self.devices.append(ada)
        ada.ctl("init", "--folder", f"{ada.folder}={PREFIX}", "--device", "ada", expect=(0,))
        for count, state in ((0, "in-sync"), (1, "pending"), (2, "pending")):
            if count:
                ada.write(f"{count}.md", "text\n")
            told = json.loads(ada.ctl("status", "--json", expect=(3,)).stdout)
            self.assertEqual((told["state"], told["pending"]["changes"]), (state, count))

    def test_an_edit_is_no_damage(self):
        ada = self.vault()
        ada.write("a.md", "edited\n")
        states = self.states(self.found(ada, 0))
        self.assertEqual((states["folder"], states["objects"]), ("warn", "ok"))

    def head_at(self, ada, seconds):
        """The same head once more, with another date."""
        date = f"{int(seconds)} +0000"
        made = subprocess.run(
            ["git", "-C", ada.repository, "commit-tree", "-p", "sync", "-m", "x", "sync^{tree}"],
            env=ada.environment | {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                 for what, value in (("NAME", "x"), ("EMAIL", "x@x"), ("DATE", date))},
            check=True, capture_output=True,
        )  # fmt: skip
        trees.git(ada.repository, "update-ref", "refs/heads/sync", made.stdout.decode().strip())

    def test_bytes_that_nobody_wrote(self):
        ada = self.vault()
        # Nothing in the folder was touched after the head came.
        self.head_at(ada, time.time() + 3600)
        os.utime(f"{ada.repository}/refs/heads/sync", (time.time() + 3600,) * 2)
        for text, state, code in (("text\n" * 50, "warn", 0), ("rotten\n", "fail", 1)):
            ada.write("a.md", text)
            found = self.found(ada, code)
            self.assertEqual(found["folder"][0][0], state, found)
            self.assertIn("a.md", found["folder"][0][1])

    def test_the_advice_for_bytes_that_nobody_wrote_brings_back_what_was(self):
        """A disk that changes bytes by itself leaves no mark on the file."""
        ada = self.vault()
        ada.write("a.md", "rotten\n")
        stat = os.stat(ada.path("a.md"))
        times = (stat.st_mtime_ns, stat.st_ctime_ns - stat.st_mtime_ns)
        with sqlite3.connect(f"{ada.state}/state.db") as store:
            store.execute(
                "UPDATE files SET size = ?, modified = ?, changed = ?, checked = ? WHERE name = ?",
                (stat.st_size, *times, 10**9, b"a.md"),
            )
        store.close()
        self.assertEqual(ada.once().returncode, 0)
        self.head_at(ada, time.time() + 3600)
        os.utime(f"{ada.repository}/refs/heads/sync", (time.time() + 3600,) * 2)
        found = json.loads(ada.ctl("verify", "--json", expect=(1,)).stdout)
        (advice,) = [line["mend"] for line in found if line["check"] == "folder"]
        words = advice.split(",")[0].split()
        self.assertEqual(words, ["syncctl", "restore", "PATH", "--to", "HEAD"])
        # Who only looks publishes nothing of it.
        head = ada.status()["head"]
        ada.ctl("restore", f"{PREFIX}/a.md", "--to", "HEAD", "--dry-run", expect=None)
        self.assertEqual(ada.status()["head"], head)
        ada.ctl("restore", f"{PREFIX}/a.md", "--to", "HEAD", expect=(0,))
        self.assertEqual(ada.read("a.md"), b"other\n")

    def test_a_head_of_the_coming_hour_makes_no_edit_damage(self):
        ada = self.vault()
        self.head_at(ada, time.time() + 3600)
        ada.write("a.md", "just edited\n")
        self.assertEqual(self.found(ada, 0)["folder"][0][0], "warn")

    def test_no_room_for_a_trial_is_no_damage(self):
        ada = self.vault()
        words = f"ulimit -f 8; exec {binaries()}/syncctl --config {ada.config} verify"
        done = subprocess.run(["bash", "-c", words], env=ada.environment, check=False,
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("warn  restore", done.stdout)
        self.assertIn("File too large", done.stdout)
        self.assertEqual(glob.glob(f"{ada.home}/state/syncd/default/verify-*"), [])

    def test_an_object_that_is_cut_short_is_named_at_once(self):
        ada = self.vault()
        for pack in glob.glob(f"{ada.repository}/objects/pack/*.pack"):
            with open(pack, "rb") as file:
                content = file.read()
            os.remove(pack)
            os.remove(f"{pack[:-5]}.idx")
            subprocess.run(["git", "-C", ada.repository, "unpack-objects", "-q"], input=content,
                           check=True)  # fmt: skip
        self.assertEqual(self.found(ada, 0)["objects"][0][0], "ok")
        name = trees.head(ada.repository)
        path = f"{ada.repository}/objects/{name[:2]}/{name[2:]}"
        os.chmod(path, 0o600)
        os.truncate(path, os.path.getsize(path) // 2)
        self.assertIn(name, str(self.found(ada, 1)["objects"]))
        self.assertIn("damaged", ada.ctl("log", expect=(1,)).stderr)
        self.assertIn("damaged", ada.once().stderr)


if __name__ == "__main__":
    unittest.main()
