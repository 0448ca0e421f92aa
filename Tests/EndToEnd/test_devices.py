"""Which devices there are: how far each is, when it was last seen, and one that is forgotten."""

import json
import os
import time
import unittest

import trees
from device import PREFIX, Device, wait_until
from harness import VaultTest


class Devices(VaultTest):
    """Two devices, with and without their daemons."""

    def listed(self, device):
        """The entries by name."""
        entries = json.loads(device.ctl("devices", "--json", expect=(0,)).stdout)
        return {entry["device"]: entry for entry in entries}

    def wait_listed(self, device, *names):
        """Waits until these devices are listed, and no others."""
        wait_until(
            lambda: sorted(self.listed(device)) == sorted(names),
            lambda: f"{self.listed(device)}\n{device.output()}",
        )

    def references(self, repository):
        """The devices that a repository names."""
        lines = trees.git(repository, "for-each-ref", "--format=%(refname)", "refs/sync/devices")
        return [line.rsplit("/", 1)[1] for line in lines.decode().split()]

    def test_says_how_far_each_is_and_when_it_was_seen(self):
        ada, bob = self.pair()
        self.wait_listed(ada, "ada", "bob")
        bob.stop()
        ada.write("later.txt", "later\n")
        self.wait_in_sync(ada)
        wait_until(lambda: self.listed(ada)["ada"]["behind"] == 0, lambda: self.listed(ada))
        for running in (True, False):
            with self.subTest("with the daemon" if running else "without"):
                if not running:
                    ada.stop()
                entries = self.listed(ada)
                self.assertEqual(
                    set(entries["bob"]),
                    {"device", "commit", "time", "last_seen", "behind", "version", "clock_ahead"},
                )
                # bob made no commit of its own.
                self.assertIsNone(entries["bob"]["version"])
                self.assertIsNone(entries["bob"]["clock_ahead"])
                version = ada.run("syncctl", "--version").stdout.strip()
                self.assertEqual(entries["ada"]["version"], version)
                self.assertEqual(entries["ada"]["clock_ahead"], 0)
                self.assertEqual(entries["bob"]["behind"], 1)
                for entry in entries.values():
                    self.assertRegex(entry["last_seen"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
                lines = ada.ctl("devices", expect=(0,)).stdout.splitlines()
                short = [entries[name]["commit"][:7] for name in ("ada", "bob")]
                places = {line.index(id) for line, id in zip(lines, short, strict=True)}
                self.assertEqual(len(places), 1, lines)
                self.assertIn("(this device)", lines[0])

    def test_this_one_is_listed_without_a_remote_and_while_it_is_away(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "a\n")
        self.assertEqual(ada.once().returncode, 0)
        os.rename(self.remote, f"{self.remote}.away")
        for running in (False, True):
            with self.subTest("with the daemon" if running else "without"):
                if running:
                    ada.start()
                done = ada.ctl("devices", "--json", expect=(0,))
                entries = json.loads(done.stdout)
                self.assertEqual([entry["device"] for entry in entries], ["ada"])
                self.assertEqual(entries[0]["commit"], trees.head(ada.repository))
                if not running:
                    self.assertIn("this is what is known here", done.stderr)
        ada.stop()
        with open(ada.config, encoding="utf-8") as file:
            text = "".join(line for line in file if not line.startswith("remote"))
        with open(ada.config, "w", encoding="utf-8") as file:
            file.write(text)
        self.assertEqual(list(self.listed(ada)), ["ada"])

    def test_this_one_is_listed_where_there_never_was_a_remote(self):
        ada = Device(f"{self.top}/ada", "ada")
        self.devices.append(ada)
        ada.ctl("init", "--folder", f"{ada.folder}={PREFIX}", "--device", "ada", expect=(0,))
        ada.set("http", "listen", '""')
        ada.write("a.md", "a\n")
        self.assertEqual(ada.once().returncode, 0)
        for running in (False, True):
            with self.subTest("with the daemon" if running else "without"):
                if running:
                    ada.start()
                [entry] = self.listed(ada).values()
                self.assertEqual((entry["device"], entry["behind"]), ("ada", 0))

    def test_a_clock_that_is_ahead_is_that_of_who_set_the_time(self):
        """What others commit upon a commit of the future is later than that; their clocks are
        right."""
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        ada.write("a.md", "one\n")
        for device in (ada, bob, ada):
            self.assertEqual(device.once().returncode, 0)
        head = trees.head(self.remote)
        tree = trees.git(self.remote, "rev-parse", f"{head}^{{tree}}").decode().strip()
        ahead = int(time.time()) + 1800
        who = f"bob <bob@syncd.invalid> {ahead} +0000"
        text = f"tree {tree}\nparent {head}\nauthor {who}\ncommitter {who}\n\nearly\n\n"
        text += f"Sync-Device: bob\nSync-HLC: {ahead * 1000}\nSync-Version: 1\n"
        made = trees.git(
            self.remote, "hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
        trees.git(self.remote, "update-ref", "refs/heads/sync", made.decode().strip())
        for turn in range(2):
            ada.write("a.md", f"{turn}\n")
            self.assertEqual(ada.once().returncode, 0)
            listed = self.listed(ada)
            self.assertEqual(listed["ada"]["clock_ahead"], 0)
            self.assertGreater(listed["bob"]["clock_ahead"], 1700)
        self.assertNotIn("ahead", ada.ctl("devices").stdout.split("bob")[0])

    def test_a_reference_that_names_no_commit_is_no_device(self):
        ada, bob = self.pair()
        self.wait_listed(ada, "ada", "bob")
        ada.stop()
        for named in ("sync^{tree}", f"sync:{PREFIX}/hello.txt"):
            named = trees.git(self.remote, "rev-parse", named).decode().strip()
            with open(f"{self.remote}/refs/sync/devices/zoe", "w", encoding="ascii") as file:
                file.write(f"{named}\n")
            self.assertEqual(sorted(self.listed(ada)), ["ada", "bob"])

    def test_one_that_is_gone_is_forgotten_and_comes_back(self):
        ada, bob = self.pair()
        for running in (True, False):
            with self.subTest("with the daemon" if running else "without"):
                self.wait_listed(ada, "ada", "bob")
                bob.stop()
                if not running:
                    ada.stop()
                trees.git(ada.repository, "update-ref", "refs/sync/devices/bob", "sync")
                ada.ctl("devices", "forget", "bob", expect=(0,))
                self.assertEqual(sorted(self.listed(ada)), ["ada"])
                self.assertEqual(self.references(self.remote), ["ada"])
                self.assertEqual(self.references(ada.repository), ["ada"])
                gone = ada.ctl("devices", "forget", "bob", expect=(1,))
                self.assertIn("no device bob", gone.stderr)
                own = ada.ctl("devices", "forget", "ada", expect=(1,))
                self.assertIn("this device", own.stderr)
                bob.start()
                bob.write("back.txt", f"{running}\n")
                wait_until(
                    lambda: "bob" in self.references(self.remote), lambda: bob.output(), 30
                )
        ada.start()
        self.wait_listed(ada, "ada", "bob")
        trees.git(self.remote, "update-ref", "refs/sync/devices/Büro%1", "sync")
        ada.ctl("devices", "forget", "Büro%1", expect=(0,))
        self.assertEqual(self.references(self.remote), ["ada", "bob"])


if __name__ == "__main__":
    unittest.main()
