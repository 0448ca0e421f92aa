"""Times and commits that somebody names: which moment is meant, and in which zone it is."""

import calendar
import json
import time
import unittest

from device import PREFIX, wait_until
from harness import VaultTest


class Times(VaultTest):
    """One device, before and after a moment."""

    def report(self, device, *arguments):
        """What a command that changes the vault prints as JSON."""
        return json.loads(device.ctl(*arguments, "--json", expect=(0,)).stdout)

    def test_a_time_of_the_log_means_its_whole_second(self):
        """What is listed at that time stays, whoever's changes since then are taken back."""
        ada = self.device("ada", start=False)
        ada.write("good.md", "good\n")
        self.assertEqual(ada.once().returncode, 0)
        (good,) = json.loads(ada.ctl("log", "--json", f"{PREFIX}/good.md").stdout)
        second = calendar.timegm(time.strptime(good["time"], "%Y-%m-%dT%H:%M:%SZ"))
        wait_until(lambda: time.time() > second + 1.5, "time stands still")
        ada.write("bad.md", "bad\n")
        self.assertEqual(ada.once().returncode, 0)
        for words in ([], ["--device", "ada"]):
            done = self.report(ada, "rollback", good["time"], "--dry-run", *words)
            self.assertEqual(done["paths"], [f"{PREFIX}/bad.md"])

    def test_a_time_is_of_the_zone_of_who_gives_it(self):
        """The daemon may have been started in another."""
        ada = self.device("ada", start=False)
        ada.environment["TZ"] = "UTC"
        ada.start()
        ada.write("a.md", "one\n")
        ada.ctl("sync", expect=(0,))
        moment = int(time.time()) + 1
        wait_until(lambda: time.time() > moment + 1, "time stands still")
        ada.write("a.md", "two\n")
        ada.ctl("sync", expect=(0,))
        ada.environment["TZ"] = "XYZ5"
        here = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment - 5 * 3600))
        self.assertIn("a.md", ada.ctl("restore", "a.md", "--to", here, "--dry-run",
                                      cwd=ada.folder, expect=(0,)).stdout)  # fmt: skip
        ada.ctl("restore", "a.md", "--to", here, cwd=ada.folder, expect=(0,))
        self.assertEqual(ada.read("a.md"), b"one\n")
        ada.ctl("undo", expect=(0,))
        done = self.report(ada, "rollback", here)
        self.assertEqual(done["paths"], [f"{PREFIX}/a.md"])
        self.assertEqual(ada.read("a.md"), b"one\n")

    def test_a_name_counts_from_before_what_the_command_captures(self):
        """As the log shows it, and for a dry run as for the run; no daemon captured before."""
        ada = self.device("ada", start=False)
        ada.write("mine.md", "before\n")
        for text in ("one\n", "two\n", "three\n"):
            ada.write("a.md", text)
            self.assertEqual(ada.once().returncode, 0)
        ada.write("mine.md", "mine\n")
        done = self.report(ada, "undo", "HEAD")
        self.assertEqual(done["paths"], [f"{PREFIX}/a.md"])
        self.assertEqual(ada.read("a.md"), b"two\n")
        self.assertEqual(ada.read("mine.md"), b"mine\n")
        ada.write("mine.md", "again\n")
        done = self.report(ada, "rollback", "HEAD~1")
        self.assertEqual(done["paths"], [f"{PREFIX}/a.md", f"{PREFIX}/mine.md"])
        self.assertEqual(ada.read("a.md"), b"three\n")
        self.assertEqual(ada.read("mine.md"), b"mine\n")
        ada.write("a.md", "edited\n")
        back = ["restore", f"{PREFIX}/a.md", f"{PREFIX}/mine.md", "--to"]
        planned = self.report(ada, *back, "sync~1", "--dry-run")
        # That committed the edit: what it looked at is one further back by now.
        done = self.report(ada, *back, "sync~2")
        self.assertEqual(planned["paths"], done["paths"])
        self.assertEqual(ada.read("a.md"), b"two\n")
        self.assertEqual(ada.read("mine.md"), b"again\n")


if __name__ == "__main__":
    unittest.main()
