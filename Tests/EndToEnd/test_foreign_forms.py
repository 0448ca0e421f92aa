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

SOMEBODY = b"E <e@example.org> 1700000000 +0000"


class Foreign(VaultTest):
    """Two devices without daemons, and somebody who pushes what a converter made."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = (self.device(name, start=False) for name in ("ada", "bob"))
        self.ada.write("a.md", "one\n")
        for device in (self.ada, self.bob):
            self.assertEqual(device.once().returncode, 0)

    def plant(self, person, tree=None, parents=()):
        """Pushes a commit by a person, upon the head and more parents."""
        head = trees.head(self.remote)
        tree = tree or trees.git(self.remote, "rev-parse", f"{head}^{{tree}}").decode().strip()
        text = f"tree {tree}\n".encode()
        text += b"".join(f"parent {parent}\n".encode() for parent in (head, *parents))
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


class ForeignForms(Foreign):
    """What comes of it."""

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

    def plant_entry(self, mode, name, content, twice=None):
        """Pushes a commit whose folder has one more entry, whatever it names; or two of a name."""
        above = trees.git(self.remote, "rev-parse", f"sync:{PREFIX}").decode().strip()
        raw = trees.git(self.remote, "cat-file", "tree", above)
        for named in filter(None, (content, twice)):
            raw += b"%s %s\0" % (mode, name) + bytes.fromhex(named)
        for directory in reversed(["", *PREFIX.split("/")]):
            tree = trees.git(
                self.remote, "hash-object", "-t", "tree", "-w", "--stdin", "--literally",
                stdin=raw).decode().strip()  # fmt: skip
            raw = b"40000 %s\0" % directory.encode() + bytes.fromhex(tree)
        self.plant(SOMEBODY, tree)

    def assert_refused(self, words):
        """No device takes the remote's head in, each captures, and nothing is called damaged."""
        for device in (self.bob, self.ada):
            device.write(f"{device.name}.md", f"{trees.head(self.remote)}\n")
            done = device.once()
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
            self.assertNotIn("syncctl sync", done.stderr)
            there = trees.commit_tree(device.repository, "refs/heads/sync", PREFIX)
            self.assertIn(f"{device.name}.md".encode(), there)
        self.assertNotEqual(self.found("verify").get("git"), "fail")
        self.assertNotIn("fail", self.found("doctor").values())

    def assert_well(self):
        for device in (self.ada, self.bob, self.ada):
            self.assertEqual(device.once().returncode, 0)
        self.assertEqual(trees.head(self.remote), trees.head(self.ada.repository))
        self.assertEqual(trees.head(self.remote), trees.head(self.bob.repository))
        self.assertEqual(self.ada.tree(), self.bob.tree())
        for command in ("verify", "doctor"):
            self.assertNotIn("fail", self.found(command).values(), command)

    def assert_history_is_told(self):
        """What others did before and after is shown, with what they changed; of the commit whose
        tree cannot be read no path is."""
        self.bob.write("gone.md", "gone\n")
        self.bob.once()
        os.remove(self.bob.path("gone.md"))
        self.assert_well()
        deleted = json.loads(self.ada.ctl("deleted", "--json").stdout)
        self.assertIn(f"{PREFIX}/gone.md", [one["path"] for one in deleted])
        self.assertNotIn(f"{PREFIX}/a.md", [one["path"] for one in deleted])
        entries = json.loads(self.ada.ctl("log", "--all", "--json").stdout)
        changed = {path for entry in entries for path in entry["paths"]}
        self.assertLessEqual({f"{PREFIX}/{name}" for name in ("gone.md", "bob.md")}, changed)
        self.assertNotIn(f"{PREFIX}/z", changed)
        first = entries[-1]["commit"]
        touched = json.loads(self.ada.ctl("log", self.ada.path("a.md"), "--json").stdout)
        self.assertEqual([entry["commit"] for entry in touched], [first])
        self.ada.ctl("blame", self.ada.path("a.md"))

    def test_a_file_whose_content_is_none_keeps_its_commit_out(self):
        forms = [
            (b"100644", f"sync:{PREFIX}", "tree"),
            (b"100755", "sync", "commit"),
            (b"120000", f"sync:{PREFIX}", "tree"),
            (b"40000", f"sync:{PREFIX}/a.md", "blob"),
        ]
        for mode, content, kind in forms:
            with self.subTest(mode=mode, kind=kind):
                whole = trees.git(self.remote, "rev-parse", "sync^{tree}").decode().strip()
                content = trees.git(self.remote, "rev-parse", content).decode().strip()
                self.plant_entry(mode, b"z", content)
                self.assert_refused(f"{PREFIX}/z: it is a {kind}")
                # A commit on top that leaves it out is all it takes.
                self.plant(SOMEBODY, whole)
                self.assert_well()

    def test_a_history_with_a_malformed_tree_is_told(self):
        """Two entries of one name: no program can say what the file is."""
        blob = trees.git(self.remote, "rev-parse", f"sync:{PREFIX}/a.md").decode().strip()
        whole = trees.git(self.remote, "rev-parse", "sync^{tree}").decode().strip()
        self.plant_entry(b"100644", b"z", blob, twice=blob)
        self.assert_refused("malformed tree")
        self.plant(SOMEBODY, whole)
        self.assert_well()
        self.assert_history_is_told()

    def test_a_parent_that_is_no_commit_keeps_its_commit_out(self):
        head = trees.head(self.remote)
        blob = trees.git(self.remote, "rev-parse", f"sync:{PREFIX}/a.md").decode().strip()
        self.plant(SOMEBODY, parents=[blob])
        self.assert_refused(f"its parent {blob[:8]} is a blob")
        trees.git(self.remote, "update-ref", "refs/heads/sync", head)
        self.assert_well()

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
        self.plant(SOMEBODY, tree)
        self.ada.once()
        self.assertEqual(len(json.loads(self.ada.ctl("held", "--json").stdout)), 3)
        self.assertEqual(self.found("verify")["restore"], "warn")
        kept = f"{self.top}/kept.bundle"
        self.ada.ctl("backup", kept)
        trees.git(self.top, "clone", "-q", "--bare", "-b", "sync", kept, "copy.git")
        self.assertIn(b"n" * 300, trees.git(f"{self.top}/copy.git", "ls-tree", "-r", "-z", "sync"))


class OnAPath(Foreign):
    """A remote that is read where it stands."""

    def test_a_branch_that_names_no_commit_is_told_without_the_daemon(self):
        head = trees.head(self.remote)
        blob = trees.git(self.remote, "rev-parse", f"sync:{PREFIX}/a.md").decode().strip()
        for named in ("12" * 20, blob):
            with open(f"{self.remote}/refs/heads/sync", "w", encoding="ascii") as file:
                file.write(f"{named}\n")
            self.assertEqual(self.found("doctor", code=1)["remote"], "fail")
            self.assertIn(named, "\n".join(self.ada.status()["notices"]))
        with open(f"{self.remote}/refs/heads/sync", "w", encoding="ascii") as file:
            file.write(f"{head}\n")
        self.assertEqual(self.found("doctor")["remote"], "ok")


class OverSSH(ThroughSSH, ForeignForms):
    """The same, where what is pushed is worked out from what the remote has."""


if __name__ == "__main__":
    unittest.main()
