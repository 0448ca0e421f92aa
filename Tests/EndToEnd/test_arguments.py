"""What is given on the command line: what is said where it is wrong, and names of any bytes."""

import glob
import json
import os
import shlex
import subprocess
import unittest

import trees
from device import PREFIX, binaries
from harness import VaultTest

FAILED, USAGE = 1, 64


class Arguments(VaultTest):
    """A device whose daemon does not run."""

    def test_init_names_the_option_whose_value_is_wrong(self):
        ada = self.device("ada", start=False)
        os.unlink(ada.config)
        one, two = f"{self.top}/one", f"{self.top}/two"
        for words, said in (
            (("--folder", f"{one}=a", "--device", "a b"), "--device: "),
            (("--folder", f"{one}=a", "--vault", "a/b"), "--vault: "),
            (("--folder", f"{one}=a", "--branch", "a..b"), "--branch: "),
            (("--folder", f"{one}=a", "--remote", "https://me:secret@box/x.git"), "--remote: "),
            (("--folder", f"{one}=.git"), f"--folder {one}: "),
            (("--folder", f"{one}=a", "--folder", f"{two}=a"),
             f"--folder {two}: expected a prefix of its own: --folder {one} has the same"),
            (("--folder", f"{one}=a", "--folder", f"{one}/in=b"),
             f"--folder {one}/in: expected a directory outside that of --folder {one}: "),
            (("--folder", f"{one}=a", "--remote", self.remote, "--token-env", "1x"),
             "--token-env: "),
        ):
            with self.subTest(words):
                done = ada.ctl("init", *words, expect=(USAGE,))
                self.assertIn(said, done.stderr)
                self.assertNotIn(".new", done.stderr)
                self.assertNotRegex(done.stderr, r"line \d")
                self.assertEqual(glob.glob(f"{os.path.dirname(ada.config)}/*"), [])

    def test_a_type_of_a_file_that_is_nowhere(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "a\n")
        self.assertEqual(ada.once().returncode, 0)
        for path in ("nowhere.md", "nowhere/a.md", "shared/nowhere/a.md"):
            done = ada.ctl("type", path, expect=(FAILED,))
            self.assertIn(f"{path} is in no folder of this device", done.stderr)
        for path in ("a.md", "new.md", "new/new.json"):
            self.assertIn(path, ada.ctl("type", f"{PREFIX}/{path}", expect=(0,)).stdout)
            ada.ctl("type", ada.path(path), expect=(0,))

    def test_what_goes_before_no_command_goes_behind_common_options(self):
        ada = self.device("ada", start=False)
        for words, said in (
            (["--help"], "USAGE: syncctl"), (["-q", "--version"], "0.1"),
            (["--json", "help"], "USAGE: syncctl"), (["help", "log"], "USAGE: syncctl log"),
            (["--generate-completion-script=bash"], "complete"),
            (["log", "--help"], "syncctl log"),
        ):  # fmt: skip
            with self.subTest(words):
                done = subprocess.run(
                    [f"{binaries()}/syncctl", "--config", ada.config, *words],
                    env=ada.environment, capture_output=True, text=True, check=False)  # fmt: skip
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(said, done.stdout)

    def test_a_type_that_there_is_not(self):
        ada = self.device("ada", start=False)
        done = ada.ctl("type", "*.md", "nonsense", expect=(64,))
        self.assertIn("There is no type 'nonsense'; there are simple, ", done.stderr)

    def test_a_type_leaves_all_other_lines_as_they_are(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "a\n")
        self.assertEqual(ada.once().returncode, 0)
        clone = f"{self.top}/plain"
        trees.git(self.top, "clone", "-q", self.remote, clone)
        with open(f"{clone}/.gitattributes", "wb") as file:
            file.write(b"caf\xe9/** sync=memory\r\n*.log\tsync=event\r\n# last")
        names = ("-c", "user.name=me", "-c", "user.email=me@x")
        trees.git(clone, "add", "-A")
        trees.git(clone, *names, "commit", "-qm", "types")
        trees.git(clone, "push", "-q")
        self.assertEqual(ada.once().returncode, 0)
        ada.ctl("type", "*.log", "simple", expect=(0,))
        self.assertEqual(
            trees.git(ada.repository, "show", "sync:.gitattributes"),
            b"caf\xe9/** sync=memory\r\n# last\n*.log sync=simple\n")

    def test_a_command_is_missing(self):
        ada = self.device("ada", start=False)
        for words in ((), ("--json",), ("-q", "--no-color")):
            done = ada.ctl(*words, expect=(USAGE,))
            self.assertIn("a command is missing", done.stderr)
            self.assertIn("resolve", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_names_that_are_no_text(self):
        """Their bytes are taken as they are, and as git writes them."""
        ada = self.device("ada", start=False)
        name, other = "d/caf\udce9.md", "d/caf\udce8.md"
        quoted = {name: f'"{PREFIX}/d/caf\\351.md"', other: f'"{PREFIX}/d/caf\\350.md"'}
        heads = []
        for content in ("one\n", "two\n", "three\n"):
            for path in (name, other):
                ada.write(os.fsencode(path), content)
            self.assertEqual(ada.once().returncode, 0)
            heads.append(trees.head(ada.repository))
        for running in (False, True):
            if running:
                ada.start()
                self.wait_in_sync(ada)
            for place, cwd in ((f"{PREFIX}/{name}", None), (f"{ada.folder}/{name}", "/"),
                               (name[2:], f"{ada.folder}/d"), (f"./{name}", ada.folder),
                               (quoted[name], "/")):  # fmt: skip
                with self.subTest(place, running=running):
                    self.look(ada, place, heads, cwd)
                    self.change(ada, place, heads, cwd, (name, other))
        os.unlink(ada.path(os.fsencode(name)))
        self.wait_in_sync(ada)
        command = ada.ctl("deleted").stdout.splitlines()[1].strip()
        self.assertEqual(command.split(" ", 4)[:3], ["syncctl", "restore", "--to"])
        ada.ctl(*shlex.split(command)[1:], expect=(0,))
        self.assertEqual(ada.read(os.fsencode(name)), b"three\n")

    def look(self, ada, place, heads, cwd):
        """The commands that read the history of one file."""
        listed = json.loads(ada.ctl("log", "--all", "--json", place, cwd=cwd).stdout)
        self.assertTrue({one["commit"] for one in listed} >= set(heads))
        self.assertIn(f'\n    "{PREFIX}/d/caf\\351.md"\n', ada.ctl("log", place, cwd=cwd).stdout)
        for version in (f"{heads[1]}:{place}",):
            self.assertEqual(ada.ctl("show", version, cwd=cwd).stdout, "two\n")
        shown = ada.ctl("diff", heads[0], heads[1], place, cwd=cwd).stdout
        self.assertIn("-one\n+two\n", shown)
        self.assertEqual(shown.count("diff --git"), 1)
        self.assertEqual(len(json.loads(
            ada.ctl("blame", place, "--json", cwd=cwd).stdout)["entries"]), 1)  # fmt: skip

    def change(self, ada, place, heads, cwd, names):
        """The commands that change one file, and leave the one with nearly its name alone."""
        for words in (("restore", place, "--to", heads[0]), ("rollback", heads[0], "--path", place),
                      ("rollback", heads[0], f"--path={place}")):  # fmt: skip
            ada.ctl(*words, cwd=cwd, expect=(0,))
            found = [ada.read(os.fsencode(name)) for name in names]
            self.assertEqual(found, [b"one\n", b"three\n"], words)
            ada.ctl("undo", expect=(0,))

    def test_a_conflict_in_a_file_whose_name_is_no_text(self):
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        name = os.fsencode("caf\udce9.md")
        ada.write(name, "base\n")
        for device in (ada, bob):
            self.assertEqual(device.once().returncode, 0)
        ada.write(name, "ada\n")
        bob.write(name, "bob\n")
        for device in (ada, bob, ada):
            device.once()
        ada.ctl("conflicts", f"{PREFIX}/caf\udce9.md", expect=(10,))
        ada.ctl("resolve", f"{PREFIX}/caf\udce9.md", "--ours", expect=(0,))
        self.assertEqual(ada.read(name), b"ada\n")


if __name__ == "__main__":
    unittest.main()
