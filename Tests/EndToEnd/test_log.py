"""The log with the real programs: bursts, renames, deletions, patches, and on a terminal."""

import json
import os
import sqlite3
import subprocess
import unittest

import trees
from device import PREFIX, ROOT
from harness import VaultTest


class Log(VaultTest):
    """One device whose daemon is stopped."""

    def history(self):
        """Three saves of one file, another file, a rename with an edit after it, a deletion."""
        ada = self.device("ada", start=False)
        for text in ("one\n", "one\ntwo\n", "one\ntwo\nthree\n"):
            ada.write("a.md", text)
            self.assertEqual(ada.once().returncode, 0)
        ada.write("gone.md", "gone\n")
        self.assertEqual(ada.once().returncode, 0)
        os.rename(ada.path("a.md"), ada.path("b.md"))
        self.assertEqual(ada.once().returncode, 0)
        ada.write("b.md", "one\ntwo\nthree\nfour\n")
        self.assertEqual(ada.once().returncode, 0)
        os.remove(ada.path("gone.md"))
        self.assertEqual(ada.once().returncode, 0)
        return ada

    def test_the_index_grows_without_a_daemon_and_may_be_missing(self):
        ada = self.history()
        wanted = ada.ctl("log", f"{PREFIX}/b.md", "--json", expect=(0,)).stdout
        self.assertEqual(len(json.loads(wanted)), 5)
        index = f"{ada.state}/history.db"
        with sqlite3.connect(f"file:{index}?mode=ro", uri=True) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM commits").fetchone(), (7,))
        for name in (index, f"{index}-wal", f"{index}-shm"):
            if os.path.exists(name):
                os.remove(name)
        self.assertEqual(ada.ctl("log", f"{PREFIX}/b.md", "--json", expect=(0,)).stdout, wanted)
        self.assertFalse(os.path.exists(index))

    def test_saves_of_one_file_in_a_row_are_one_line(self):
        ada = self.history()
        lines = ada.ctl("log", expect=(0,)).stdout.splitlines()
        shown = [line for line in lines if not line.startswith(" ")]
        # Of a.md the addition is another thing than the two saves after it.
        self.assertEqual(len(shown), 6)
        self.assertEqual(sum("2 saves since" in line for line in shown), 1)
        lines = ada.ctl("log", "--all", expect=(0,)).stdout.splitlines()
        self.assertEqual(len([line for line in lines if not line.startswith(" ")]), 7)
        self.assertEqual(len(json.loads(ada.ctl("log", "--json").stdout)), 7)
        self.assertEqual(len(ada.ctl("log", "-n", "2").stdout.splitlines()), 2)

    def test_a_patch_has_what_was_renamed_away(self):
        ada = self.device("ada", start=False)
        ada.write("d/a.md", "one\n")
        ada.write("d/b.md", "b\n")
        self.assertEqual(ada.once().returncode, 0)
        os.mkdir(ada.path("e"))
        os.rename(ada.path("d/a.md"), ada.path("e/a.md"))
        self.assertEqual(ada.once().returncode, 0)
        for place in ("d", "d/a.md"):
            told = ada.ctl("log", f"{PREFIX}/{place}", "--patch", "-n", "1").stdout
            self.assertIn(f"rename from {PREFIX}/d/a.md", told, place)

    def test_a_renamed_file_is_followed(self):
        ada = self.history()
        entries = json.loads(ada.ctl("log", ada.path("b.md"), "--json", expect=(0,)).stdout)
        subjects = [entry["subject"].replace(f"{PREFIX}/", "") for entry in entries]
        self.assertEqual(
            subjects, ["b.md", "renamed a.md to b.md", "a.md", "a.md", "added a.md"]
        )

    def test_the_reference_names_each_key(self):
        ada = self.history()
        for number in range(1_010):
            ada.write(f"many/{number}.md", "many\n")
        self.assertEqual(ada.once().returncode, 0)
        entry = json.loads(ada.ctl("log", "--json", expect=(0,)).stdout)[0]
        self.assertEqual(entry["paths_omitted"] + len(entry["paths"]), 1_010)
        self.assertGreater(entry["paths_omitted"], 0)
        with open(f"{ROOT}/docs/reference/cli.md", encoding="utf-8") as file:
            section = file.read().split("\n## syncctl log")[1].split("\n## ")[0]
        for key in entry:
            self.assertIn(f'"{key}"', section)

    def test_deletions_and_patches(self):
        ada = self.history()
        entries = json.loads(ada.ctl("log", "--deleted", "--json", expect=(0,)).stdout)
        self.assertEqual([entry["paths"] for entry in entries], [[f"{PREFIX}/gone.md"]])
        patch = ada.ctl("log", "--patch", f"{PREFIX}/b.md", expect=(0,)).stdout
        self.assertIn("+four", patch)
        self.assertIn("+two", patch)
        self.assertNotIn("gone", patch)

    def test_a_path_is_shown_where_the_subject_does_not_name_it(self):
        """Whoever made the commit."""
        ada = self.history()
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        clone = f"{self.top}/clone"
        subprocess.run(["git", "clone", "-q", "-b", "sync", self.url, clone], check=True)
        trees.git(clone, "config", "user.name", "Kay")
        trees.git(clone, "config", "user.email", "kay@example.org")
        os.remove(f"{clone}/{PREFIX}/a.md")
        trees.git(clone, "commit", "-qam", "tidy up")
        with open(f"{clone}/{PREFIX}/b.md", "a", encoding="utf-8") as file:
            file.write("by hand\n")
        trees.git(clone, "commit", "-qam", "edited")
        trees.git(clone, "push", "-q")
        self.assertEqual(ada.once().returncode, 0)
        lines = ada.ctl("log", "--deleted", expect=(0,)).stdout.splitlines()
        self.assertEqual(len(lines), 3, lines)
        self.assertTrue(lines[0].endswith("Kay  tidy up"), lines)
        self.assertEqual(lines[1], f"    {PREFIX}/a.md")
        self.assertTrue(lines[2].endswith(f"ada  deleted {PREFIX}/gone.md"), lines)
        lines = ada.ctl("log", "-n", "1", expect=(0,)).stdout.splitlines()
        self.assertEqual(lines[1:], [f"    {PREFIX}/b.md"])

    def test_on_a_terminal_it_goes_by_day_and_through_a_pager(self):
        ada = self.history()
        told = self.on_a_terminal(ada, "log", PAGER="sed s/^/page:/")
        lines = told.splitlines()
        self.assertTrue(all(line.startswith("page:") for line in lines), told)
        self.assertRegex(lines[0], r"\x1b\[1m\w+, \d{4}-\d\d-\d\d\x1b\[0m")
        self.assertRegex(lines[1], r"  \d\d:\d\d  ada  ")
        plain = self.on_a_terminal(ada, "log", "--no-color", PAGER="cat")
        self.assertNotIn("\x1b", plain)
        self.assertNotIn("page:", plain)
        for pager in ("/nonexistent/pager", "no-such-pager -R"):
            told = self.on_a_terminal(ada, "log", "--no-color", PAGER=pager)
            self.assertEqual(told, plain)
        bare = self.on_a_terminal(ada, "diff", "HEAD~2", "HEAD", NO_COLOR="1", PAGER="")
        self.assertNotIn("\x1b", bare)
        coloured = self.on_a_terminal(ada, "diff", "HEAD~2", "HEAD", PAGER="cat")
        self.assertIn("\x1b[32m+four\x1b[0m", coloured)
        self.assertIn("\x1b[36m@@", coloured)


if __name__ == "__main__":
    unittest.main()
