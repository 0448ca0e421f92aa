"""`[history] keep`: of what is old a device keeps what stood at the end of each day, the rest is at
the remote alone; whatever is asked of the past is answered, or fetched."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import trees
from device import PREFIX, Device, binaries, wait_until
from harness import VaultTest, number
from test_https import HTTPSTest

DAYS, A_DAY = 60, 5
KILLS = number("SYNC_KILLS", 20)
STEADY = "".join(f"line {number}\n" for number in range(20))
KEEP = '"10d all, then daily"'


class ThinningCase:
    """A history of many days, made by git, and devices that keep less of it."""

    def history(self, remote):
        """Five commits on each of sixty days, the last of them today; gives their names."""
        now = int(time.time()) // 86_400 * 86_400
        stream = []
        for turn in range(DAYS * A_DAY):
            day, hour = divmod(turn, A_DAY)
            date = now - (DAYS - 1 - day) * 86_400 + min(hour * 3_600, 1)
            note = f"{self.random.random()}\n" * 40 + f"turn {turn}\n"
            stream.append(
                f"commit refs/heads/sync\ncommitter Ann <ann@example.org> {date} +0000\n"
                f"data <<E\nturn {turn}\nE\n"
                f"M 100644 inline {PREFIX}/note.md\ndata {len(note)}\n{note}\n"
                f"M 100644 inline {PREFIX}/at/{turn % 7}.md\ndata <<E\n{turn}\nE\n"
            )
            if turn == 0:
                stream.append(f"M 100644 inline {PREFIX}/steady.md\ndata <<E\n{STEADY}E\n")
            if turn == 11:
                stream.append(f"D {PREFIX}/at/1.md\n")
        done = subprocess.run(
            ["git", "--git-dir", remote, "fast-import", "--quiet"], check=False,
            input="".join(stream).encode(), stderr=subprocess.PIPE,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        names = trees.git(remote, "rev-list", "--reverse", "sync").decode().split()
        self.assertEqual(len(names), DAYS * A_DAY)
        return names

    def objects(self, repository):
        """The names of all objects."""
        words = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]
        return set(trees.git(repository, *words).split())

    def thinned(self, device):
        """Lets a device keep less; gives how many objects went."""
        device.set("history", "keep", KEEP)
        return json.loads(device.ctl("gc", "--json").stdout)["thinned"]

    def pair(self):
        """Two devices that have the history, and its commits, the oldest first."""
        names = self.history(self.remote)
        ada, bob = (self.device(name, start=False) for name in ("ada", "bob"))
        self.rounds(ada, bob)
        return ada, bob, names

    def rounds(self, *devices):
        """Cycles until all hold the same, and each knows what the others hold."""
        for _ in range(3):
            for device in devices:
                self.assertIn(device.once().returncode, (0, 10), device.output())

    def check(self, ada, names):
        """What has to hold of a device that keeps less."""
        self.assertEqual(trees.fsck(ada.repository), [])
        here = trees.git(ada.repository, "rev-list", "--reverse", "sync").decode().split()
        self.assertEqual(here[: len(names)], names, "every commit is here")
        place = f"{PREFIX}/note.md"
        for turn in (4, 9, 99, len(names) - 7, len(names) - 1):
            text = ada.ctl("show", f"{names[turn]}:{place}", expect=(0,)).stdout
            self.assertTrue(text.endswith(f"turn {turn}\n"), turn)
        for turn in (0, 3, 96):
            said = ada.ctl("show", f"{names[turn]}:{place}", expect=(1,)).stderr
            self.assertIn("syncctl gc --bring-back", said)
        self.assertEqual(ada.ctl("verify", expect=(0,)).stdout.count("fail"), 0)
        log = json.loads(ada.ctl("log", "-n", "1000", "--all", "--json").stdout)
        self.assertEqual({entry["commit"] for entry in log} >= set(names), True)
        for words in (["log", place], ["deleted"], ["blame", place], ["log", "--patch"]):
            ada.ctl(*words, expect=(0,))
        checks = json.loads(ada.ctl("doctor", "--json", expect=None).stdout)
        self.assertEqual([check for check in checks if "thinned" in str(check)], [])


class Thinning(ThinningCase, VaultTest):
    """Over a path."""

    def test_what_is_old_goes_and_everything_works_on(self):
        ada, bob, names = self.pair()
        before = self.objects(ada.repository)
        went = self.thinned(ada)
        self.assertGreater(went, 2 * (DAYS - 12) * (A_DAY - 1))
        self.assertEqual(len(before) - went, len(self.objects(ada.repository)))
        self.assertLess(
            sum(os.path.getsize(path) for path in packs(ada)),
            sum(os.path.getsize(path) for path in packs(bob)) / 2)  # fmt: skip
        self.check(ada, names)
        self.assertEqual(self.thinned(ada), 0, "all that can go is gone")
        # The index is made anew from what is here.
        os.remove(f"{ada.state}/history.db")
        ada.write("note.md", "ada\n")
        bob.write("at/3.md", "bob\n")
        self.rounds(ada, bob)
        self.assertEqual(ada.tree(), bob.tree())
        self.check(ada, names)
        self.assertEqual(ada.status()["state"], "in-sync")

    def test_a_restore_of_the_past_fetches_it(self):
        ada, bob, names = self.pair()
        self.thinned(ada)
        ada.ctl("restore", f"{PREFIX}/note.md", "--to", names[3], expect=(0,))
        self.assertTrue(ada.read("note.md").endswith(b"turn 3\n"))
        self.rounds(ada, bob)
        self.assertEqual(ada.tree(), bob.tree())
        self.assertGreater(self.thinned(ada), 100, "and it goes again")

    def test_a_lost_record_is_made_anew_without_a_daemon(self):
        """The remote went on, and a file of the folder is one that no commit has."""
        ada, bob = (self.device(name, start=False) for name in ("ada", "bob"))
        ada.set("history", "keep", '"1d all, then daily"')
        for day in range(10, 2, -1):
            for hour in range(4):
                ada.environment["SYNCD_CLOCK_OFFSET"] = f"-{day * 24 - hour}h"
                ada.write("note.md", f"day {day}, save {hour}\nl2\nl3\n")
                ada.write("settings.json", f'{{"v": {day * 10 + hour}}}\n')
                ada.write(f"{day}.md", f"{day} {hour}\n")
                self.assertEqual(ada.once().returncode, 0)
        del ada.environment["SYNCD_CLOCK_OFFSET"]
        self.rounds(bob, ada)
        self.assertGreater(json.loads(ada.ctl("gc", "--json").stdout)["thinned"], 20)
        shutil.rmtree(f"{ada.home}/state/syncd")
        bob.write("note.md", "bob\nl2\nl3\n")
        self.assertEqual(bob.once().returncode, 0)
        ada.write("settings.json", '{"v": 1}\n')
        done = ada.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.rounds(bob, ada)
        self.assertEqual(ada.tree(), bob.tree())
        self.assertEqual(bob.read("settings.json"), b'{"v": 1}\n')

    def test_a_restore_of_the_past_says_that_the_remote_is_not_there(self):
        ada, _, names = self.pair()
        self.thinned(ada)
        os.rename(self.remote, f"{self.remote}.away")
        done = ada.ctl("restore", f"{PREFIX}/note.md", "--to", names[3], expect=(1,))
        self.assertIn("thinned", done.stderr)
        self.assertTrue(ada.read("note.md").endswith(b"turn 299\n"))
        ada.write("more.md", "still captured\n")
        ada.once()
        os.rename(f"{self.remote}.away", self.remote)
        ada.ctl("restore", f"{PREFIX}/note.md", "--to", names[3], expect=(0,))
        self.assertTrue(ada.read("note.md").endswith(b"turn 3\n"))

    def test_all_of_it_comes_back(self):
        ada, _, names = self.pair()
        before = self.objects(ada.repository)
        self.thinned(ada)
        said = ada.ctl("backup", f"{self.top}/b", expect=(1,)).stderr
        self.assertIn("syncctl gc --bring-back", said)
        ada.set("history", "keep", '"all"')
        with open(ada.config, encoding="utf-8") as file:
            whole = file.read()
        with open(ada.config, "w", encoding="utf-8") as file:
            file.write("".join(
                line for line in whole.splitlines(True) if not line.startswith("remote")))
        said = ada.ctl("gc", "--bring-back", expect=(1,)).stderr
        self.assertIn("set repository.remote", said)
        with open(ada.config, "w", encoding="utf-8") as file:
            file.write(whole)
        ada.ctl("gc", expect=(0,))
        self.assertEqual(self.objects(ada.repository), before)
        self.assertEqual(trees.fsck(ada.repository), [])
        self.assertNotIn(b"promisor", trees.git(ada.repository, "config", "-l"))
        ada.ctl("backup", f"{self.top}/b", expect=(0,))
        ada.ctl("show", f"{names[3]}:{PREFIX}/note.md", expect=(0,))

    def test_a_device_that_was_away_keeps_its_base(self):
        """Nothing goes that a device still stands upon, until it is forgotten."""
        names = self.history(self.remote)
        old = names[100]
        trees.git(self.remote, "branch", "-f", "later", "sync")
        trees.git(self.remote, "update-ref", "refs/heads/sync", old)
        bob = self.device("bob", start=False)
        self.rounds(bob)
        trees.git(self.remote, "update-ref", "refs/heads/sync", names[-1])
        trees.git(self.remote, "branch", "-D", "later")
        ada = self.device("ada", start=False)
        self.rounds(ada)
        went = self.thinned(ada)
        self.assertGreater(went, 0)
        shown = ada.ctl("show", f"{names[103]}:{PREFIX}/note.md", expect=(0,)).stdout
        self.assertTrue(shown.endswith("turn 103\n"), "what bob is not past stays")
        bob.write("steady.md", STEADY.replace("line 15", "bob's line"))
        ada.write("steady.md", STEADY.replace("line 2\n", "ada's line\n"))
        self.rounds(ada, bob, ada)
        text = ada.read("steady.md").decode()
        self.assertIn("bob's line", text)
        self.assertIn("ada's line", text)
        self.assertNotIn("<<<<", text)
        self.assertGreater(self.thinned(ada), went)

    def test_somebody_pushes_what_stands_upon_the_past(self):
        """A clone whose work begins at a commit that no device holds any more."""
        ada, bob, names = self.pair()
        self.thinned(ada)
        clone = f"{self.top}/clone"
        subprocess.run(["git", "clone", "-q", self.remote, clone], check=True)
        trees.git(clone, "config", "user.name", "Kay")
        trees.git(clone, "config", "user.email", "kay@example.org")
        trees.git(clone, "checkout", "-q", "-b", "work", names[97])
        with open(f"{clone}/{PREFIX}/at/5.md", "w", encoding="utf-8") as file:
            file.write("kay\n")
        trees.git(clone, "commit", "-qam", "by kay")
        ada.write("at/2.md", "ada\n")
        self.rounds(ada)
        trees.git(clone, "fetch", "-q")
        trees.git(clone, "checkout", "-q", "sync")
        trees.git(clone, "reset", "-q", "--hard", "origin/sync")
        trees.git(clone, "merge", "-q", "-X", "theirs", "-m", "merged by kay", "work")
        ada.write("at/1.md", "ada meanwhile\n")
        trees.git(clone, "push", "-q", "origin", "sync")
        self.rounds(ada, bob)
        self.assertEqual(ada.read("at/5.md"), b"kay\n")
        self.assertEqual(ada.read("at/1.md"), b"ada meanwhile\n")
        self.assertEqual(ada.tree(), bob.tree())
        self.assertEqual(trees.fsck(ada.repository), [])

    def test_a_remote_that_lost_its_history(self):
        """A device that keeps less cannot give it back, and says who can."""
        ada, bob, names = self.pair()
        self.thinned(ada)
        shutil.rmtree(self.remote)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "sync", self.remote], check=True)
        ada.once()
        self.assertEqual(ada.status()["state"], "blocked")
        said = ada.ctl("remote", "restore", expect=(1,)).stderr
        self.assertIn("on a device that keeps all", said)
        self.assertEqual(ada.status()["state"], "blocked")
        ada.write("meanwhile.md", "captured\n")
        ada.once()
        self.assertTrue(ada.ctl("log", "-n", "1", expect=None).stdout)
        bob.once()
        bob.ctl("remote", "restore", expect=(0,))
        self.rounds(bob, ada, bob)
        self.assertEqual(ada.tree(), bob.tree())
        self.assertEqual(bob.read("meanwhile.md"), b"captured\n")
        self.assertEqual(trees.fsck(self.remote), [])

    def test_a_backup_gives_a_remote_its_history_again(self):
        ada, bob, _ = self.pair()
        bob.ctl("backup", f"{self.top}/whole.bundle", expect=(0,))
        self.thinned(ada)
        shutil.rmtree(self.remote)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "sync", self.remote], check=True)
        ada.write("meanwhile.md", "captured\n")
        ada.once()
        said = ada.ctl("remote", "restore", expect=(1,)).stderr
        command = said.split("history first: ")[1].strip()
        command = command.replace("BUNDLE", "whole.bundle").replace("REMOTE", self.remote)
        subprocess.run(command, shell=True, cwd=self.top, check=True, capture_output=True)
        self.rounds(ada, bob)
        self.assertEqual(bob.read("meanwhile.md"), b"captured\n")
        self.assertEqual(trees.fsck(self.remote), [])

    def test_what_the_remote_lacks_stays_thinned_until_it_has_it_again(self):
        """A remote that somebody took back and cleaned is no reason to call anything lost."""
        ada, _, names = self.pair()
        self.thinned(ada)
        whole = f"{self.top}/whole.git"
        subprocess.run(["git", "clone", "-q", "--mirror", self.remote, whole], check=True)
        head = trees.git(self.remote, "rev-parse", "sync").decode().strip()
        for name in trees.git(self.remote, "for-each-ref", "--format=%(refname)").decode().split():
            trees.git(self.remote, "update-ref", "-d" if "sync" not in name else "--no-deref", name,
                      *([] if "sync" not in name else [names[20]]))  # fmt: skip
        trees.git(self.remote, "update-ref", "refs/heads/sync", names[20])
        trees.git(self.remote, "reflog", "expire", "--expire=now", "--all")
        trees.git(self.remote, "gc", "-q", "--prune=now")
        for _ in range(2):
            said = ada.ctl("gc", "--bring-back", expect=(1,)).stderr
            self.assertIn("does not have all of it", said)
            ada.ctl("verify", expect=(0,))
        self.assertIn("bring-back", ada.ctl("show", f"{names[53]}:{PREFIX}/note.md",
                                            expect=(1,)).stderr)  # fmt: skip
        ada.ctl("show", f"{names[13]}:{PREFIX}/note.md", expect=(0,))
        trees.git(whole, "push", "-q", self.remote, "+refs/*:refs/*")
        ada.ctl("gc", "--bring-back", expect=(0,))
        ada.ctl("show", f"{names[53]}:{PREFIX}/note.md", expect=(0,))
        self.assertEqual(trees.git(ada.repository, "rev-parse", "sync").decode().strip(), head)

    def test_a_kept_day_shows_what_changed_since_the_last_one(self):
        ada, _, names = self.pair()
        self.thinned(ada)
        shown = json.loads(ada.ctl("show", names[54], "--json", expect=(0,)).stdout)
        paths = {file["path"] for file in shown["files"]}
        self.assertIn(f"{PREFIX}/note.md", paths)
        self.assertIn(f"{PREFIX}/at/2.md", paths, "of turn 51, between the two days' ends")
        ada.ctl("log", "--patch", "-n", "400", expect=(0,))

    def test_killed_at_any_moment_nothing_is_lost(self):
        ada, _, names = self.pair()
        ada.set("history", "keep", KEEP)
        kept = f"{self.top}/kept.git"
        shutil.copytree(ada.repository, kept)
        began = time.monotonic()
        ada.ctl("gc")
        whole = time.monotonic() - began
        words = [f"{binaries()}/syncctl", "--config", ada.config, "gc"]
        for turn in range(KILLS):
            shutil.rmtree(ada.repository)
            shutil.copytree(kept, ada.repository)
            run = subprocess.Popen(
                words, env=ada.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(whole * self.random.random())
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
            where = f"kill {turn}, SYNC_SEED={self.seed}"
            self.assertEqual(trees.fsck(ada.repository), [], where)
            ada.ctl("show", f"{names[-1]}:{PREFIX}/note.md", expect=(0,))
            if turn % 5 == 0:
                ada.ctl("gc", expect=(0,))
                self.check(ada, names)
                ada.ctl("gc", "--bring-back", expect=(0,))
                self.assertLessEqual(self.objects(kept), self.objects(ada.repository), where)

    def test_the_daemon_does_it_by_itself(self):
        """It takes the trouble for a thousand objects, and an edit meanwhile waits for nothing."""
        ada, bob, names = self.pair()
        more = []
        now = int(time.time()) - 86_400 * 40
        for turn in range(400):
            text = f"{self.random.random()}\n"
            more.append(
                f"commit refs/heads/sync\ncommitter Ann <a@example.org> {now} +0000\n"
                "data <<E\nmore\nE\n" + ("from refs/heads/sync^0\n" if turn == 0 else "")
                + f"M 100644 inline {PREFIX}/more.md\ndata {len(text)}\n{text}\n")  # fmt: skip
        subprocess.run(
            ["git", "--git-dir", self.remote, "fast-import", "--quiet"], check=True,
            input="".join(more).encode(),
        )  # fmt: skip
        self.rounds(ada, bob)
        before = len(self.objects(ada.repository))
        ada.set("history", "keep", KEEP)
        ada.start()
        ada.write("now.md", "now\n")
        wait_until(
            lambda: os.path.exists(f"{ada.repository}/thinned"), lambda: ada.output())
        wait_until(
            lambda: before - len(self.objects(ada.repository)) > 900, lambda: ada.output())
        self.assertIn("once a day", ada.ctl("gc").stdout)
        ada.write("note.md", "after\n")
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: f"{ada.status()}")
        self.assertEqual(trees.fsck(ada.repository), [])
        ada.ctl("restore", f"{PREFIX}/note.md", "--to", names[3], expect=(0,))
        wait_until(lambda: (ada.read("note.md") or b"").endswith(b"turn 3\n"), "it came back")
        self.rounds(bob)
        self.assertEqual(bob.read("note.md"), ada.read("note.md"))

    def test_a_remote_that_lost_the_past_takes_nothing_out_here(self):
        lost_the_past(self)

    def test_a_remote_that_borrows_from_here_takes_nothing_out(self):
        """What is at such a remote is here, and nowhere else."""
        ada, _, _ = self.pair()
        before = self.objects(ada.repository)
        shutil.rmtree(self.remote)
        trees.git(self.top, "clone", "-q", "--bare", "--shared", ada.repository, self.remote)
        self.rounds(ada)
        ada.set("history", "keep", KEEP)
        said = ada.ctl("gc", expect=(1,)).stderr
        self.assertIn("borrows its objects", said)
        self.assertLessEqual(before, self.objects(ada.repository))
        self.assertEqual(trees.fsck(self.remote), [])

    def test_mistakes_in_the_key(self):
        ada = self.device("ada", start=False)
        for text in ("0d all, then daily", "30d all", "30 all, then daily", "never"):
            ada.set("history", "keep", f'"{text}"')
            said = ada.ctl("gc", expect=(78,)).stderr
            self.assertIn("history.keep", said)
            self.assertIn('"30d all, then daily"', said)


class ThinningOverHTTPS(ThinningCase, HTTPSTest):
    """Over a server, which has to be told what is not here."""

    def test_over_a_server(self):
        ada, bob, names = self.pair()
        before = self.objects(ada.repository)
        self.assertGreater(self.thinned(ada), 300)
        self.check(ada, names)
        bob.write("at/3.md", "bob\n")
        self.rounds(bob, ada)
        self.assertEqual(ada.tree(), bob.tree())
        # The server takes what stands upon the past for something that is here.
        trees.git(self.remote, "update-ref", "refs/heads/old", names[97])
        clone = f"{self.top}/clone"
        subprocess.run(["git", "clone", "-q", "-b", "sync", self.remote, clone], check=True)
        trees.git(clone, "config", "user.name", "Kay")
        trees.git(clone, "config", "user.email", "kay@example.org")
        trees.git(clone, "checkout", "-q", "-b", "work", names[97])
        with open(f"{clone}/{PREFIX}/at/5.md", "w", encoding="utf-8") as file:
            file.write("kay\n")
        trees.git(clone, "commit", "-qam", "by kay")
        trees.git(clone, "checkout", "-q", "sync")
        trees.git(clone, "merge", "-q", "-X", "theirs", "-m", "merged by kay", "work")
        trees.git(clone, "push", "-q", "origin", "sync")
        ada.write("at/1.md", "ada\n")
        self.rounds(ada, bob)
        self.assertEqual(ada.read("at/5.md"), b"kay\n")
        self.assertEqual(ada.tree(), bob.tree())
        self.assertEqual(trees.fsck(ada.repository), [])
        ada.ctl("gc", "--bring-back", expect=(0,))
        self.assertLessEqual(before, self.objects(ada.repository))
        self.assertEqual(trees.fsck(ada.repository), [])

    def test_a_server_that_lost_the_past_takes_nothing_out_here(self):
        lost_the_past(self)


def lost_the_past(case):
    """The remote is made anew without what is old: the same head, and nothing goes here."""
    case.history(case.remote)
    ada = case.device("ada", start=False)
    case.rounds(ada)
    before = case.objects(ada.repository)
    os.rename(case.remote, f"{case.remote}.whole")
    words = ["git", "clone", "-q", "--bare", "--depth", "1", "-b", "sync"]
    subprocess.run([*words, f"file://{case.remote}.whole", case.remote], check=True)
    ada.set("history", "keep", KEEP)
    said = ada.ctl("gc", expect=(1,)).stderr
    case.assertIn("lacks", said)
    case.assertEqual(case.objects(ada.repository), before)
    shutil.rmtree(case.remote)
    os.rename(f"{case.remote}.whole", case.remote)
    case.rounds(ada)
    case.assertGreater(case.thinned(ada), 300)


def packs(device):
    """The packs of a device's repository."""
    place = f"{device.repository}/objects/pack"
    return [f"{place}/{name}" for name in os.listdir(place) if name.endswith(".pack")]


if __name__ == "__main__":
    unittest.main()
