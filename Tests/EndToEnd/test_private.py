"""What was private stays private under another name: of rights git carries the executable bit."""

import os
import stat

from device import wait_until
from harness import VaultTest

TEXT = "".join(f"line {number} of the note\n" for number in range(20))


class Private(VaultTest):
    """Ada changes, and what Bob closed to others stays closed on his machine."""

    sync = {"poll": '"1s"'}

    def closed(self):
        """Two devices; Bob has a file and a directory for himself."""
        ada, bob = self.pair()
        ada.write("x.md", TEXT)
        ada.write("p/y.md", TEXT + "y\n")
        wait_until(lambda: bob.read("x.md") and bob.read("p/y.md"), lambda: bob.output())
        os.chmod(bob.path("x.md"), 0o600)
        if os.geteuid() == 0:
            os.chown(bob.path("p"), -1, 100)
        os.chmod(bob.path("p"), 0o2700)
        return ada, bob

    def mode(self, device, name):
        return oct(stat.S_IMODE(os.stat(device.path(name)).st_mode))

    def test_a_file_that_is_renamed_and_edited(self):
        ada, bob = self.closed()
        os.rename(ada.path("x.md"), ada.path("new.md"))
        ada.write("new.md", TEXT + "more\n")
        wait_until(lambda: bob.read("new.md") == (TEXT + "more\n").encode(), lambda: bob.output())
        self.assertEqual(self.mode(bob, "new.md"), "0o600")

    def test_a_file_that_is_renamed_and_later_edited(self):
        ada, bob = self.closed()
        bob.stop()
        os.rename(ada.path("x.md"), ada.path("new.md"))
        ada.ctl("flush", "--pushed")
        ada.write("new.md", TEXT + "more\n")
        ada.ctl("flush", "--pushed")
        bob.start()
        wait_until(lambda: bob.read("new.md") == (TEXT + "more\n").encode(), lambda: bob.output())
        self.assertEqual(self.mode(bob, "new.md"), "0o600")

    def test_a_directory_that_is_renamed(self):
        ada, bob = self.closed()
        bob.stop()
        os.rename(ada.path("p"), ada.path("q"))
        ada.ctl("flush", "--pushed")
        ada.write("q/a.md", "new\n")
        ada.write("q/y.md", TEXT + "more\n")
        ada.ctl("flush", "--pushed")
        bob.start()
        wait_until(lambda: bob.read("q/y.md") == (TEXT + "more\n").encode(), lambda: bob.output())
        self.assertEqual(self.mode(bob, "q"), "0o2700")
        self.assertFalse(os.path.exists(bob.path("p")))
        if os.geteuid() == 0:
            self.assertEqual(os.stat(bob.path("q")).st_gid, 100)

    def test_the_copy_of_a_conflict(self):
        ada, bob = self.closed()
        # So that no later one wins.
        ada.write(".gitattributes", "x.md sync=document\n")
        wait_until(lambda: bob.read(".gitattributes"), lambda: bob.output())
        bob.stop()
        ada.write("x.md", b"\0a")
        ada.ctl("flush", "--pushed")
        bob.write("x.md", b"\0b")
        os.chmod(bob.path("x.md"), 0o600)
        bob.start()
        wait_until(
            lambda: [name for name in os.listdir(bob.path(".")) if ".conflict-" in name],
            lambda: bob.output(),
        )
        for name in os.listdir(bob.path(".")):
            if name.startswith("x"):
                self.assertEqual(self.mode(bob, name), "0o600", name)
