"""Two machines of one name, as where a home was copied: it is said, and no side is called ours."""

import json
import os
import shutil
import time
import unittest

import trees
from device import PREFIX, Device, wait_until
from harness import VaultTest

WORDS = "another machine commits as ada, too"


class Namesake(VaultTest):
    """A device, another one, and a copy of the first with all that it knows."""

    def twin(self, ada):
        """A device made of a copy of another's home, which does not run meanwhile."""
        shutil.copytree(ada.home, f"{self.top}/twin", symlinks=True)
        twin = Device(f"{self.top}/twin", "ada")
        twin.environment |= self.environment
        self.devices.append(twin)
        with open(twin.config, encoding="utf-8") as file:
            text = file.read()
        with open(twin.config, "w", encoding="utf-8") as file:
            file.write(text.replace(ada.home, twin.home))
        twin.ctl("sync", "--accept-folders", expect=(0,))
        return twin

    def notices(self, device):
        """What a device's status says."""
        return "\n".join(device.status()["notices"])

    def test_a_home_that_was_copied_to_another_machine(self):
        ada, bob = self.pair()
        for name in ("text.md", "gone.md", "last.md"):
            ada.write(name, "one\ntwo\nthree\n")
        self.wait_in_sync(ada, bob)
        ada.stop()
        twin = self.twin(ada)
        ada.start()
        twin.start()
        self.wait_in_sync(ada, bob, twin)
        ada.write("hello.txt", "by ada\n")
        self.wait_in_sync(ada, bob, twin)
        # Who hears of it is the one that did not make the commit.
        wait_until(lambda: WORDS in self.notices(twin), lambda: self.picture(twin))
        self.assertNotIn(WORDS, self.notices(ada) + self.notices(bob))
        twin.write("hello.txt", "by the twin\n")
        self.wait_in_sync(ada, bob, twin)
        wait_until(lambda: WORDS in self.notices(ada), lambda: self.picture(ada))
        said = json.loads(ada.ctl("doctor", "--json", expect=(0,)).stdout)
        (found,) = [one for one in said if one["check"] == "device"]
        self.assertEqual(found["state"], "warn")
        self.assertIn(WORDS, found["message"])
        self.assertIn("device.name", found["mend"])

        for device in (ada, twin):
            device.ctl("pause")
            device.write("text.md", f"one of {device.home[-4:]}\ntwo\nthree\n")
            device.write("last.md", f"one\ntwo\nthree of {device.home[-4:]}\n")
        os.remove(ada.path("gone.md"))
        twin.write("gone.md", "one\ntwo\nthree\nfour\n")
        for device in (ada, twin):
            device.ctl("resume")
        self.wait_in_sync(ada, bob, twin)
        wait_until(lambda: ada.status()["conflicts"] == 3, lambda: self.picture(ada, twin))
        before = ada.tree()
        for device in (ada, twin):
            for path in ("text.md", "gone.md"):
                for choice in ("--ours", "--theirs"):
                    done = device.ctl("resolve", f"{PREFIX}/{path}", choice, expect=(1,))
                    self.assertIn("more than one machine may be called ada", done.stderr)
            shown = device.ctl("conflicts", f"{PREFIX}/text.md").stdout
            self.assertIn("two machines may have this name", shown)
            self.assertNotIn("ours", shown)
        self.assertEqual(ada.tree(), before)
        # What says which version is meant is taken.
        done = ada.ctl("resolve", f"{PREFIX}/text.md", "--ours", expect=(1,))
        blob = trees.git(ada.repository, "hash-object", "-w", "--stdin",
                         stdin=b"one of /ada\ntwo\nthree\n").decode().strip()  # fmt: skip
        self.assertIn(blob, done.stderr)
        ada.ctl("restore", f"{PREFIX}/text.md", "--to", blob)
        ada.ctl("resolve", f"{PREFIX}/gone.md", "--both", expect=None)
        self.assertEqual(ada.read("text.md"), b"one of /ada\ntwo\nthree\n")
        # Under names of their own all is as ever; for a third device it always was.
        bob.ctl("resolve", "--all", "--theirs", expect=None)
        self.wait_in_sync(ada, bob, twin)
        twin.set("device", "name", '"twin"')
        twin.ctl("reload", expect=(0,))
        wait_until(lambda: twin.status()["device"] == "twin", lambda: self.picture(twin))
        wait_until(lambda: WORDS not in self.notices(twin), lambda: self.notices(twin))
        for device in (ada, twin):
            device.ctl("pause")
            device.write("text.md", f"again of {device.home[-4:]}\ntwo\nthree\n")
        for device in (ada, twin):
            device.ctl("resume")
        self.wait_in_sync(ada, bob, twin)
        wait_until(lambda: ada.status()["conflicts"] > 0, lambda: self.picture(ada, twin))
        ada.ctl("resolve", f"{PREFIX}/text.md", "--ours", expect=(0, 10))
        self.assertEqual(ada.read("text.md"), b"again of /ada\ntwo\nthree\n")

    def test_a_clock_behind_makes_no_other_machine_of_this_one(self):
        """Somebody commits a day late by their clock, and merges what began at a commit of ada's:
        the walk by dates comes by that once more."""
        ada = self.device("ada", start=False)
        time.sleep(1.1)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        own = trees.head(self.remote)
        tree = trees.git(self.remote, "rev-parse", f"{own}^{{tree}}").decode().strip()

        def commit(parents, at, name):
            body = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
            who = f"E <e@example.org> {at} +0000"
            body += [f"author {who}", f"committer {who}", "", name, ""]
            made = trees.git(
                self.remote, "hash-object", "-t", "commit", "-w", "--stdin",
                stdin="\n".join(body).encode())  # fmt: skip
            return made.decode().strip()

        late = int(time.time()) - 90_000
        head = own
        for number in range(3):
            head = commit([head], late + number, f"late {number}")
        trees.git(self.remote, "update-ref", "refs/heads/sync", head)
        self.assertEqual(ada.once().returncode, 0)
        beside = commit([own], int(time.time()), "beside")
        head = commit([head, beside], int(time.time()), "merged")
        trees.git(self.remote, "update-ref", "refs/heads/sync", head)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(trees.head(ada.repository), head)
        self.assertNotIn(WORDS, self.notices(ada))

    def test_a_device_that_is_made_again_under_its_name_is_no_other(self):
        ada, bob = self.pair()
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada, bob)
        ada.ctl("backup", f"{self.top}/bundles/")
        ada.write("a.md", "two\n")
        self.wait_in_sync(ada, bob)
        ada.stop()
        for words in ((), ("--from-backup", f"{self.top}/bundles")):
            with self.subTest(words):
                shutil.rmtree(ada.home)
                again = Device(ada.home, "ada")
                self.devices.append(again)
                again.ctl(
                    "init", "--remote", self.url, "--folder", f"{again.folder}={PREFIX}",
                    "--device", "ada", *words, expect=(0,))  # fmt: skip
                again.set("http", "listen", '""')
                again.start()
                self.wait_in_sync(again, bob)
                self.assertEqual(again.read("a.md"), b"two\n")
                self.assertEqual(again.status()["notices"], [])
                again.stop()


if __name__ == "__main__":
    unittest.main()
