"""Commits that git would not make and no server of ours refuses: without an author, of a time past
all numbers, with a name that no file has. Devices go on, and nothing is called damaged."""

import json
import os
import unittest

import trees
from device import PREFIX
from harness import ThroughSSH, VaultTest

PERSONS = {
    "no name": b"<e@example.org> 1700000000 +0000",
    "no address": b"E 1700000000 +0000",
    "a time past all numbers": b"E <e@example.org> 99999999999999999999 +0000",
    "a time before all": b"E <e@example.org> -5 +0000",
    "no zone": b"E <e@example.org> 1700000000",
}


class ForeignForms(VaultTest):
    """Two devices without daemons, and somebody who pushes what a converter made."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = (self.device(name, start=False) for name in ("ada", "bob"))
        self.ada.write("a.md", "one\n")
        for device in (self.ada, self.bob):
            self.assertEqual(device.once().returncode, 0)

    def plant(self, person, tree=None):
        """Pushes a commit by a person, upon the head."""
        head = trees.head(self.remote)
        tree = tree or trees.git(self.remote, "rev-parse", f"{head}^{{tree}}").decode().strip()
        text = f"tree {tree}\nparent {head}\n".encode()
        text += b"author %s\ncommitter %s\n\nby a converter\n" % (person, person)
        made = trees.git(
            self.remote, "hash-object", "-t", "commit", "-w", "--stdin", "--literally",
            stdin=text)  # fmt: skip
        trees.git(self.remote, "update-ref", "refs/heads/sync", made.decode().strip())

    def found(self, command, code=0):
        """The worst that a command finds, by what was looked at."""
        findings = {}
        for found in json.loads(self.ada.ctl(command, "--json", expect=(code,)).stdout):
            check = found["check"]
            findings[check] = max(found["state"], findings.get(check, ""))
        return findings

    def test_devices_go_on_over_any_person(self):
        for number, (form, person) in enumerate(PERSONS.items()):
            with self.subTest(form):
                self.plant(person)
                for device, other in ((self.bob, self.ada), (self.ada, self.bob)):
                    name = f"{device.name}{number}.md"
                    device.write(name, "more\n")
                    self.assertEqual(device.once().returncode, 0, device.once().stderr)
                    self.assertEqual(other.once().returncode, 0)
                    self.assertEqual(other.read(name), b"more\n")
                self.assertEqual(self.found("verify")["git"], "warn")
                self.assertNotIn("fail", self.found("doctor").values())
                self.ada.ctl("log", "--all")
        self.assertEqual(trees.head(self.remote), trees.head(self.ada.repository))
        self.ada.ctl("gc")
        self.ada.ctl("backup", f"{self.top}/kept.bundle")

    def test_damage_beside_a_person_is_damage(self):
        """What no reference leads to git alone looks at."""
        self.plant(PERSONS["no name"])
        self.ada.once()
        self.assertEqual(self.found("verify")["git"], "warn")
        lost = trees.git(self.ada.repository, "hash-object", "-w", "--stdin", stdin=b"lost\n")
        name = lost.decode().strip()
        path = f"{self.ada.repository}/objects/{name[:2]}/{name[2:]}"
        os.chmod(path, 0o600)
        with open(path, "r+b") as file:
            file.write(b"rotten")
        found = self.found("verify", code=1)
        self.assertEqual((found["objects"], found["git"]), ("ok", "fail"))

    def test_what_no_file_system_takes_is_held_and_in_the_backup(self):
        blob = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"y" * 5000)
        blob = blob.decode().strip()
        listed = trees.git(self.remote, "ls-tree", f"sync:{PREFIX}").decode()
        listed += f"100644 blob {blob}\t{'n' * 300}\n120000 blob {blob}\tlink\n"
        cut = trees.git(self.remote, "hash-object", "-w", "--stdin", stdin=b"a.md\0b")
        listed += f"120000 blob {cut.decode().strip()}\tcut\n"
        for name in reversed(["", *PREFIX.split("/")]):
            tree = trees.git(self.remote, "mktree", stdin=listed.encode()).decode().strip()
            listed = f"040000 tree {tree}\t{name}\n"
        self.plant(b"E <e@example.org> 1700000000 +0000", tree)
        self.ada.once()
        self.assertEqual(len(json.loads(self.ada.ctl("held", "--json").stdout)), 3)
        self.assertEqual(self.found("verify")["restore"], "warn")
        kept = f"{self.top}/kept.bundle"
        self.ada.ctl("backup", kept)
        trees.git(self.top, "clone", "-q", "--bare", "-b", "sync", kept, "copy.git")
        self.assertIn(b"n" * 300, trees.git(f"{self.top}/copy.git", "ls-tree", "-r", "-z", "sync"))


class OverSSH(ThroughSSH, ForeignForms):
    """The same, where what is pushed is worked out from what the remote has."""


if __name__ == "__main__":
    unittest.main()
