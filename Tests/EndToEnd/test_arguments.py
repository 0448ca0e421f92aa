"""What is given on the command line: what is said of it where it is wrong, and names of any
bytes."""

import glob
import os
import unittest

from device import PREFIX
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

    def test_a_command_is_missing(self):
        ada = self.device("ada", start=False)
        for words in ((), ("--json",), ("-q", "--no-color")):
            done = ada.ctl(*words, expect=(USAGE,))
            self.assertIn("a command is missing", done.stderr)
            self.assertIn("resolve", done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
