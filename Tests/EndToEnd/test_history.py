"""History with the real programs: what was done, what was deleted, and how it comes back."""

import json
import os
import shlex
import shutil
import subprocess
import time
import unittest

import trees
from device import PREFIX, binaries
from harness import VaultTest


class History(VaultTest):
    """One device, with its daemon and without."""

    def history(self):
        """A device whose daemon is stopped, with five commits in its history."""
        ada = self.device("ada", start=False)
        states = [
            {"a note.md": "one\n", "b.md": "two\n", "d/c.md": "three\n", "it's.md": "four\n"},
            {"b.md": "2\n", "d/c.md": "three\n", "it's.md": "four\n"},
            {"moved.md": "2\n", "d/c.md": "three\n", "it's.md": "four\n"},
            {"moved.md": "2\n", "it's.md": "four\n"},
            {"moved.md": "2\n"},
        ]
        before = set()
        for files in states:
            for name in before - set(files):
                os.remove(ada.path(name))
            for name, text in files.items():
                if ada.read(name) != text.encode():
                    ada.write(name, text)
            before = set(files)
            self.assertEqual(ada.once().returncode, 0)
        return ada

    def listed(self, device, *arguments):
        """What a command prints as JSON."""
        return json.loads(device.ctl(*arguments, "--json", expect=(0,)).stdout)

    def within(self, device, *arguments):
        """What a command prints that is run in the device's folder."""
        return subprocess.run(
            [f"{binaries()}/syncctl", "--config", device.config, *arguments],
            env=device.environment, cwd=device.folder, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def test_a_path_of_the_repository_is_one_in_the_folder_too_once_it_is_gone(self):
        ada = self.history()
        first = trees.git(ada.repository, "rev-list", "--max-parents=0", "sync").decode().strip()
        gone = f"{PREFIX}/d/c.md"
        self.assertEqual(len(json.loads(self.within(ada, "log", "--json", gone))), 2)
        self.assertEqual(len(json.loads(self.within(ada, "log", "--json", "d/c.md"))), 2)
        deleted = json.loads(self.within(ada, "deleted", "--json", f"{PREFIX}/d"))
        self.assertEqual([entry["path"] for entry in deleted], [gone])
        self.assertEqual(self.within(ada, "show", f"{first}:{gone}"), "three\n")
        self.assertIn("three", self.within(ada, "blame", gone, "--at", first))
        self.assertIn("-three", self.within(ada, "diff", first, "HEAD", gone))
        report = json.loads(self.within(ada, "rollback", first, "--path", gone, "--json"))
        self.assertEqual(report["paths"], [gone])
        os.remove(ada.path("d/c.md"))
        self.assertEqual(ada.once().returncode, 0)
        self.within(ada, "restore", gone, "--to", first)
        self.assertEqual(ada.read("d/c.md"), b"three\n")

    def test_a_tree_or_a_file_is_no_commit(self):
        ada = self.history()
        for name in ("sync^{tree}", f"sync:{PREFIX}/moved.md"):
            id = trees.git(ada.repository, "rev-parse", name).decode().strip()
            for command in ("show", "diff", "rollback"):
                said = ada.ctl(command, id, expect=(1,)).stderr
                self.assertIn("not a commit", said)
                self.assertNotIn("damaged", said)

    def test_a_time_that_is_none_is_refused(self):
        ada = self.history()
        for text in ("2026-11-31", "2026-02-08T17:45:00Zgarbage", "2026-02-08T25:00Z"):
            for arguments in (
                ("rollback", text), ("rollback", text, "--device", "ada"), ("diff", text),
                ("restore", "--to", text, f"{PREFIX}/moved.md"),
            ):  # fmt: skip
                self.assertIn("is no time", ada.ctl(*arguments, expect=(1,)).stderr)
            self.assertIn("is no time", ada.ctl("log", "--since", text, expect=(64,)).stderr)
        ada.environment["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
        for text, code in (
            ("2026-03-29 01:30", 0), ("2026-03-29 02:30", 64), ("2026-03-29 03:30", 0),
            ("2026-03-29 02:30Z", 0), ("2026-10-25T02:30", 0),
        ):  # fmt: skip
            ada.ctl("log", "--since", text, expect=(code,))

    def test_a_day_without_a_midnight_begins_with_its_first_moment(self):
        """As in São Paulo in 2018; in the second zone the clocks jump over midnight."""
        stream = []
        for moment in ("02:29:59", "02:30:00", "02:59:59", "03:00:00"):
            date = f"2018-11-04T{moment}Z"
            stream.append(
                f"commit refs/heads/sync\ncommitter Ann <a@x> 4 Nov 2018 {moment} +0000\n"
                f"data <<E\n{date}\nE\nM 100644 inline {PREFIX}/a.md\ndata <<E\n{date}\nE\n")
        subprocess.run(
            ["git", "--git-dir", self.remote, "fast-import", "--quiet", "--date-format=rfc2822"],
            input="".join(stream).encode(), check=True)  # fmt: skip
        ada = self.device("ada", start=False)
        self.assertEqual(ada.once().returncode, 0)
        for zone, first in (("<-03>3<-02>,M11.1.0/0,M2.3.0/0", "03:00:00"),
                            ("<-03>3<-02>,M11.1.6/23:30,M2.3.0/0", "02:30:00")):
            ada.environment["TZ"] = zone
            said = ada.ctl("log", "--since", "2018-11-04", "--until", "2018-11-05", "--all",
                           expect=(0,)).stdout  # fmt: skip
            dates = sorted(line.split()[-1] for line in said.splitlines())
            self.assertEqual(dates[0], f"2018-11-04T{first}Z", said)
            ada.ctl("log", "--since", "2018-11-04 00:00", expect=(64,))
        # A whole day that the clocks left out is none.
        ada.environment["TZ"] = "Pacific/Apia"
        if os.path.exists("/usr/share/zoneinfo/Pacific/Apia"):
            ada.ctl("log", "--since", "2011-12-30", expect=(64,))
            ada.ctl("log", "--since", "2011-12-31", expect=(0,))

    def test_what_was_deleted_is_one_command_from_back(self):
        ada = self.history()
        for running in (False, True):
            if running:
                ada.start()
            with self.subTest("with the daemon" if running else "without"):
                deleted = self.listed(ada, "deleted")
                names = [entry["path"].removeprefix(f"{PREFIX}/") for entry in deleted]
                if not running:
                    self.assertEqual(names, ["it's.md", "d/c.md", "a note.md"])
                    self.assertEqual([entry["agent"] for entry in deleted], [None] * 3)
                lines = ada.ctl("deleted", expect=(0,)).stdout.splitlines()
                commands = [line.strip() for line in lines if "syncctl restore" in line]
                self.assertEqual(len(commands), len(names))
                wanted = {"it's.md": b"four\n", "d/c.md": b"three\n", "a note.md": b"one\n"}
                # Without the daemon all but the first come back, and with it what is left.
                pairs = list(zip(names, commands))
                for name, command in pairs if running else pairs[1:]:
                    words = shlex.split(command)
                    self.assertEqual(words[0], "syncctl")
                    ada.ctl(*words[1:], expect=(0,))
                    self.assertEqual(ada.read(name), wanted[name], command)
        self.assertEqual(self.listed(ada, "deleted"), [])

    def merged_by_git(self, name):
        """Somebody merges what ada did into a clone, without a file, and pushes."""
        place = f"{self.top}/clone"
        git = ["git", "-C", place, "-c", "user.name=Kay", "-c", "user.email=kay@example.org"]
        quiet = {"capture_output": True, "check": False}
        subprocess.run([*git, "fetch", "-q"], check=True)
        subprocess.run([*git, "merge", "-q", "--no-commit", "--no-ff", "origin/sync"], **quiet)
        subprocess.run([*git, "rm", "-qf", "--ignore-unmatch", f"{PREFIX}/{name}"], **quiet)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "merged"], check=True)
        subprocess.run([*git, "push", "-q", "origin", "HEAD:sync"], check=True)

    def test_what_a_merge_by_git_took_out_is_deleted(self):
        for edited in (False, True):
            with self.subTest(edited=edited):
                ada, name = self.device(f"ada{edited}", start=False), f"gone{edited}.md"
                ada.write("x.md", "x\n")
                if edited:
                    ada.write(name, "old\n")
                self.assertEqual(ada.once().returncode, 0)
                place = f"{self.top}/clone"
                shutil.rmtree(place, ignore_errors=True)
                subprocess.run(["git", "clone", "-q", "-b", "sync", self.remote, place], check=True)
                git = ["git", "-C", place, "-c", "user.name=Kay", "-c", "user.email=k@x"]
                if edited:
                    subprocess.run([*git, "rm", "-q", f"{PREFIX}/{name}"], check=True)
                words = ["--allow-empty", "-q", "-m", "in the clone"]
                subprocess.run([*git, "commit", *words], check=True)
                ada.write(name, "ten years of notes\n")
                self.assertEqual(ada.once().returncode, 0)
                self.merged_by_git(name)
                self.assertEqual(ada.once().returncode, 0)
                self.assertIsNone(ada.read(name))
                found = self.listed(ada, "deleted")
                self.assertEqual([one["path"] for one in found], [f"{PREFIX}/{name}"])
                ada.ctl("restore", f"{PREFIX}/{name}", "--to", found[0]["last"], expect=(0,))
                self.assertEqual(ada.read(name), b"ten years of notes\n")

    def test_a_file_whose_place_a_submodule_takes_is_deleted(self):
        ada = self.device("ada", start=False)
        ada.write("sub", "a note\n")
        ada.write("x.md", "x\n")
        self.assertEqual(ada.once().returncode, 0)
        first = trees.head(ada.repository)
        index = {**os.environ, "GIT_INDEX_FILE": f"{self.top}/index"}
        git = ["git", "-C", self.remote, "-c", "user.name=Kay", "-c", "user.email=k@x"]
        entry = f"160000,{first},{PREFIX}/sub"
        for words in (["read-tree", "sync"], ["update-index", "--add", "--cacheinfo", entry]):
            subprocess.run([*git, *words], env=index, check=True)
        tree = subprocess.run([*git, "write-tree"], env=index, check=True, capture_output=True)
        name = tree.stdout.decode().strip()
        made = subprocess.run([*git, "commit-tree", "-p", "sync", "-m", "link", name],
                              check=True, capture_output=True)  # fmt: skip
        link = made.stdout.decode().strip()
        trees.git(self.remote, "update-ref", "refs/heads/sync", link)
        ada.once()
        self.assertIsNone(ada.read("sub"))
        self.assertEqual([one["path"] for one in self.listed(ada, "deleted")], [f"{PREFIX}/sub"])
        ada.ctl("rollback", first, expect=(0,))
        self.assertEqual(ada.read("sub"), b"a note\n")
        for words in (["--dry-run"], []):
            done = ada.ctl("rollback", link, "--json", *words, expect=None).stdout
            self.assertEqual(json.loads(done)["deletions"], [f"{PREFIX}/sub"])
        self.assertIsNone(ada.read("sub"))

    def test_a_name_with_a_line_feed_comes_back_by_the_command_that_is_printed(self):
        ada = self.device("ada", start=False)
        names = ["two\nlines.md", "a\ttab.md", "zwj\u200d.md"]
        for name in names:
            ada.write(name, name)
        self.assertEqual(ada.once().returncode, 0)
        for name in names:
            os.remove(ada.path(name))
        self.assertEqual(ada.once().returncode, 0)
        lines = ada.ctl("deleted", expect=(0,)).stdout.splitlines()
        commands = [line.strip() for line in lines if "syncctl restore" in line]
        self.assertEqual(len(commands), 3)
        for command in commands:
            ada.ctl(*shlex.split(command)[1:], expect=(0,))
        for name in names:
            self.assertEqual(ada.read(name), name.encode())

    def test_the_time_that_the_log_shows_of_a_commit_means_it(self):
        ada = self.device("ada", start=False)
        for text in ("one\n", "two\n", "three\n"):
            ada.write("a.md", text)
            self.assertEqual(ada.once().returncode, 0)
            time.sleep(1.1)
        time_of_two = self.listed(ada, "log", "--all")[1]["time"]
        both = self.listed(ada, "log", "--all", "--since", time_of_two, "--until", time_of_two)
        self.assertEqual(len(both), 1)
        ada.ctl("rollback", time_of_two, expect=(0,))
        self.assertEqual(ada.read("a.md"), b"two\n")

    def test_deleted_is_narrowed_by_path_and_time(self):
        ada = self.history()
        below = self.listed(ada, "deleted", f"{PREFIX}/d")
        self.assertEqual([entry["path"] for entry in below], [f"{PREFIX}/d/c.md"])
        self.assertEqual(below[0]["device"], "ada")
        parent = trees.git(ada.repository, "rev-parse", f"{below[0]['commit']}^").decode().strip()
        self.assertEqual(below[0]["last"], parent)
        self.assertEqual(len(self.listed(ada, "deleted", "-n", "1")), 1)
        self.assertEqual(self.listed(ada, "deleted", "--until", "2h ago"), [])
        self.assertEqual(len(self.listed(ada, "deleted", "--since", "2h ago")), 3)
        self.assertEqual(self.listed(ada, "deleted", "--device", "bob"), [])

    def test_log_is_narrowed_by_time_device_agent_and_words(self):
        ada = self.history()
        count = len(self.listed(ada, "log"))
        self.assertEqual(count, 5)
        for arguments, wanted in (
            (("--since", "2h ago"), count),
            (("--until", "yesterday"), 0),
            (("--device", "ada"), count),
            (("--device", "bob"), 0),
            (("--agent", "claude"), 0),
            (("--grep", "a note.md", "-n", "1"), 1),
            (("--grep", "no such words"), 0),
        ):
            with self.subTest(" ".join(arguments)):
                self.assertEqual(len(self.listed(ada, "log", *arguments)), wanted)
        for option in ("--since", "--until"):
            self.assertIn("a time is", ada.ctl("log", option, "soon", expect=(64,)).stderr)

    def test_what_another_device_edited_under_the_old_name_is_followed(self):
        """One renames a file, and edits it or not, while another edits it under its old name."""
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        lines = [f"line {number}\n" for number in range(9)]
        for edits in (False, True):
            old, new = f"old {edits}.md", f"new {edits}.md"
            ada.write(old, "".join(lines))
            for device in (ada, bob):
                self.assertEqual(device.once().returncode, 0)
            away = f"{self.remote}.away"
            os.rename(self.remote, away)
            if edits:
                ada.write(old, "".join([*lines[:-1], "by ada\n"]))
                ada.once()
            os.rename(ada.path(old), ada.path(new))
            ada.once()
            bob.write(old, "".join([lines[0], "by bob\n", *lines[2:]]))
            bob.once()
            edit = trees.head(bob.repository)
            os.rename(away, self.remote)
            for device in (ada, bob, ada):
                self.assertEqual(device.once().returncode, 0)
            for running in (False, True):
                with self.subTest(edits=edits, running=running):
                    if running:
                        ada.start()
                    place = ada.path(new)
                    logged = self.listed(ada, "log", place, "--all")
                    self.assertIn(edit, [entry["commit"] for entry in logged])
                    by_bob = self.listed(ada, "log", place, "--device", "bob")
                    self.assertEqual([entry["commit"] for entry in by_bob], [edit])
                    blamed = self.listed(ada, "blame", place)["entries"]
                    makers = {entry["text"]: entry["device"] for entry in blamed}
                    self.assertEqual(makers["by bob"], "bob")
                    self.assertEqual(set(makers.values()), {"ada", "bob"})
            ada.stop()

    def test_a_merge_that_brings_nothing_is_shown_with_all(self):
        ada = self.device("ada", start=False)
        bob = self.device("bob", start=False)
        for name, device in (("a", ada), ("b", bob), ("c", ada)):
            device.write(f"{name}.md", f"{name}\n")
            self.assertEqual(device.once().returncode, 0)
        bob.write("d.md", "d\n")
        self.assertEqual(bob.once().returncode, 0)
        merges = trees.git(bob.repository, "rev-list", "--merges", "--count", "sync")
        self.assertGreater(int(merges), 0)
        shown = [entry["device"] for entry in self.listed(bob, "log")]
        self.assertNotIn("syncd merge", shown)
        shown = [entry["device"] for entry in self.listed(bob, "log", "--all")]
        self.assertEqual(shown.count("syncd merge"), int(merges))

    def test_an_agent_is_named_and_what_it_says_is_escaped(self):
        ada = self.history()
        head = trees.head(ada.repository)
        tree = trees.git(ada.repository, "rev-parse", f"{head}^{{tree}}").decode().strip()
        told = "robbed \x1b[31mred\n\nSync-Agent: cl\x1b]0;title\x07aude"
        commit = trees.git(
            ada.repository, "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree", tree,
            "-p", head, "-m", told,
        ).decode().strip()  # fmt: skip
        trees.git(ada.repository, "update-ref", "refs/heads/sync", commit)
        self.assertEqual(self.listed(ada, "log", "-n", "1")[0]["agent"], "cl\x1b]0;title\x07aude")
        out = ada.ctl("log", "-n", "1", expect=(0,)).stdout
        self.assertIn("aude", out)
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\x07", out)


if __name__ == "__main__":
    unittest.main()
