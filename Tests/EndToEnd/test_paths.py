"""What a user calls a file on the command line, from wherever that is typed."""

import json
import os
import unittest

import trees
from device import PREFIX, Device
from harness import VaultTest


class Paths(VaultTest):
    """One device whose daemon does not run."""

    def changed(self, ada, *names):
        """Syncs files with two contents; gives the commit of the first."""
        for content in ("one\n", "two\n"):
            for name in names:
                ada.write(name, content)
            self.assertEqual(ada.once().returncode, 0)
        return f"{trees.head(ada.repository)}~1"

    def would(self, ada, *words, cwd):
        """The paths that a change would have, without the prefix."""
        done = ada.ctl(*words, "--dry-run", "--json", expect=(0,), cwd=cwd)
        return [path.removeprefix(f"{PREFIX}/") for path in json.loads(done.stdout)["paths"]]

    def test_links_above_a_folder(self):
        os.mkdir(f"{self.top}/real")
        os.symlink("real", f"{self.top}/ada")
        ada = self.device("ada", start=False)
        self.assertTrue(ada.folder.startswith(f"{self.top}/ada/"))
        first = self.changed(ada, "f.md", "d/g.md")
        real = f"{self.top}/real/folder"
        # The system knows a working directory by its real name alone.
        names = ("f.md", "./f.md", "d/../f.md", "d//../f.md", f"{real}/f.md", ada.path("f.md"))
        for name in names:
            with self.subTest(name):
                back = self.would(ada, "restore", name, "--to", first, cwd=real)
                self.assertEqual(back, ["f.md"])
                log = json.loads(ada.ctl("log", name, "--json", expect=(0,), cwd=real).stdout)
                self.assertEqual(len(log), 2)
                patch = ada.ctl("diff", first, "HEAD", name, expect=(0,), cwd=real).stdout
                self.assertEqual(patch.count("diff --git"), 1)
        rolled = self.would(ada, "rollback", first, "--path", "g.md", cwd=f"{real}/d")
        self.assertEqual(rolled, ["d/g.md"])
        back = self.would(ada, "restore", ".", "--to", first, cwd=real)
        self.assertEqual(back, ["d/g.md", "f.md"])
        # A link in the folder is the vault's, and is not followed.
        os.symlink("d", ada.path("link"))
        self.assertEqual(ada.once().returncode, 0)
        log = json.loads(ada.ctl("log", "link", "--json", expect=(0,), cwd=real).stdout)
        self.assertEqual(len(log), 1)
        outside = ada.ctl("log", f"{self.top}/elsewhere", expect=(1,), cwd=real).stderr
        self.assertIn("outside every folder", outside)

    def test_names_that_read_like_patterns(self):
        ada = self.device("ada", start=False)
        odd = ("[2026] plan.md", "what?.md", "a*b", "back\\slash")
        # What the names would mean as patterns.
        others = ("2 plan.md", "whats.md", "aaab", "backslash")
        first = self.changed(ada, *odd, *others, "[d]/x.md", "d/x.md")
        here = ada.folder
        for name in odd:
            for typed in (name, f"./{name}", ada.path(name), f"{PREFIX}/{name}"):
                with self.subTest(typed):
                    back = self.would(ada, "restore", typed, "--to", first, cwd=here)
                    self.assertEqual(back, [name])
                    back = self.would(ada, "rollback", first, "--path", typed, cwd=here)
                    self.assertEqual(back, [name])
        for typed in ("[d]", "[d]/", "[d]/x.md"):
            back = self.would(ada, "restore", typed, "--to", first, cwd=here)
            self.assertEqual(back, ["[d]/x.md"])
            back = self.would(ada, "rollback", first, "--path", typed, cwd=here)
            self.assertEqual(back, ["[d]/x.md"])
        back = self.would(ada, "restore", "*.md", "--to", first, cwd=ada.path("[d]"))
        self.assertEqual(back, ["[d]/x.md"])
        # A name is not looked for as a pattern where it did not stand.
        ada.write("wh?ts.md", "new\n")
        self.assertEqual(ada.once().returncode, 0)
        refused = ada.ctl("restore", "wh?ts.md", "--to", "HEAD~1", expect=(1,), cwd=here)
        self.assertIn("there is no", refused.stderr)

    def test_a_pattern_counts_from_the_working_directory(self):
        ada = self.device("ada", start=False)
        first = self.changed(ada, "top.md", "sub/one.md", "sub/deep/two.md", "sub/no.txt")
        below = ["sub/deep/two.md", "sub/one.md"]
        for typed, wanted in (
            ("*.md", below), ("./*.md", below[1:]),
            ("d*p/*.md", below[:1]), ("deep/*.md", below[:1]),
            (f"{PREFIX}/*.md", ["top.md"]), (f"{ada.folder}/*.md", ["top.md"]),
        ):  # fmt: skip
            with self.subTest(typed):
                back = self.would(ada, "restore", typed, "--to", first, cwd=ada.path("sub"))
                self.assertEqual(back, wanted)
                back = self.would(ada, "rollback", first, "--path", typed, cwd=ada.path("sub"))
                self.assertEqual(back, wanted)
        back = self.would(ada, "restore", "*.md", "--to", first, cwd="/")
        self.assertEqual(back, [*below, "top.md"])

    def whole(self):
        """A device whose one folder is the whole repository."""
        ada = Device(f"{self.top}/ada", "ada")
        self.devices.append(ada)
        ada.init(self.url, prefix="")
        return ada

    def test_a_name_means_no_other_file_of_that_name(self):
        ada = self.whole()
        names = ("x.md", "sub/x.md", "sub/deep/x.md", "docs/a.md", "old/docs/b.md")
        first = self.changed(ada, *names)
        ada.write("sub/docs/new.md", "new\n")
        self.assertEqual(ada.once().returncode, 0)
        for typed, cwd, wanted in (
            ("x.md", ".", ["x.md"]), ("./x.md", ".", ["x.md"]), (ada.path("x.md"), "/", ["x.md"]),
            ("x.md", "sub", ["sub/x.md"]), ("../x.md", "sub", ["x.md"]), ("x.md", "/", ["x.md"]),
            ("deep/x.md", "sub", ["sub/deep/x.md"]), ("docs/a.md", "sub", ["docs/a.md"]),
            ("./docs", ".", ["docs/a.md"]), (ada.path("docs"), "/", ["docs/a.md"]),
            ("./*.md", ".", ["x.md"]), ("docs/", ".", ["docs/a.md"]),
        ):  # fmt: skip
            with self.subTest(typed=typed, cwd=cwd):
                cwd = os.path.join(ada.folder, cwd)
                back = self.would(ada, "restore", typed, "--to", first, cwd=cwd)
                self.assertEqual(back, wanted)
                back = self.would(ada, "rollback", first, "--path", typed, cwd=cwd)
                self.assertEqual(back, wanted)

    def test_the_root_of_a_folder_without_a_prefix(self):
        ada = self.whole()
        first = self.changed(ada, "x.md", "sub/y.md")
        every = ["sub/y.md", "x.md"]
        for typed in (ada.folder, f"{ada.folder}/", ".", "./"):
            with self.subTest(typed):
                back = self.would(ada, "restore", typed, "--to", first, cwd=ada.folder)
                self.assertEqual(back, every)
                back = self.would(ada, "rollback", first, "--path", typed, cwd=ada.folder)
                self.assertEqual(back, every)
                log = ada.ctl("log", typed, "--json", expect=(0,), cwd=ada.folder).stdout
                self.assertEqual(len(json.loads(log)), 2)
                patch = ada.ctl("diff", first, "HEAD", typed, expect=(0,), cwd=ada.folder).stdout
                self.assertEqual(patch.count("diff --git"), 2)
                ada.ctl("deleted", typed, expect=(0,), cwd=ada.folder)

    def test_what_names_nothing(self):
        ada = self.device("ada", start=False)
        first = self.changed(ada, "x.md", "sub/y.md")
        for words in (
            ("restore", "", "--to", first), ("rollback", first, "--path", ""), ("log", ""),
            ("restore", "/", "--to", first), ("rollback", first, "--path", "/"),
        ):  # fmt: skip
            with self.subTest(words):
                done = ada.ctl(*words, expect=(1,), cwd=ada.path("sub"))
                self.assertRegex(done.stderr, "an empty PATH means nothing|outside every folder")
        show = ada.ctl("show", first, "--json", expect=(0,)).stdout
        blob = json.loads(show)["files"][0]["after"]
        for typed in ("*", "*.md", "sub/*"):
            with self.subTest(typed):
                done = ada.ctl("restore", typed, "--to", blob, expect=(1,), cwd=ada.folder)
                self.assertIn("is a pattern", done.stderr)
        self.assertFalse(os.path.exists(ada.path("*")))

    def test_a_name_that_is_mistyped_is_no_empty_answer(self):
        ada = self.device("ada", start=False)
        first = self.changed(ada, "x.md", "sub/y.md", "gone.md")
        os.remove(ada.path("gone.md"))
        self.assertEqual(ada.once().returncode, 0)
        ada.write("new.md", "new\n")
        for words, named in (
            (("diff", first, "HAED"), "'HAED' names no commit"),
            (("diff", first, "HEAD~9"), "before the first commit"),
            (("diff", first, "2026-02-30"), "'2026-02-30' is no time"),
            (("diff", first, "1999-01-01"), "nothing is as old as 1999-01-01"),
            (("diff", first, "deadbeef"), "no commit deadbeef"),
            (("diff", first, "yestarday"), "there is no .*yestarday, neither here nor"),
            (("diff", first, "HEAD", "nope.md"), "there is no .*nope.md, neither here nor"),
            (("diff", first, "HEAD", "sub/*.md"), "name a directory above it"),
            (("log", "nope.md"), "there is no .*nope.md"),
            (("log", "bad\udcff.md"), "there is no .*bad.*md"),
            (("deleted", "nope.md"), "there is no .*nope.md"),
        ):  # fmt: skip
            for cwd in (ada.folder, "/"):
                for form in ((), ("--json",)):
                    with self.subTest(words, cwd=cwd, form=form):
                        done = ada.ctl(*words, *form, expect=(1,), cwd=cwd)
                        self.assertRegex(done.stderr, named)
                        self.assertIn("neither here nor in the history", done.stderr)
                        self.assertEqual(done.stdout, "")
        # What is or was there is no mistake, changed or not.
        for name in ("x.md", "sub", "gone.md", "new.md", "."):
            for words in (
                ("diff", first), ("diff", first, first), ("diff", "HEAD"), ("log",), ("deleted",),
            ):  # fmt: skip
                ada.ctl(*words, name, expect=(0,), cwd=ada.folder)
        for name in (PREFIX, os.path.dirname(PREFIX)):
            ada.ctl("log", name, expect=(0,), cwd="/")


if __name__ == "__main__":
    unittest.main()
