"""Each kind of conflict, each choice, on each of the two devices that made it: a side is what a
device made, wherever the choice is taken."""

import json
import os

import trees
from device import Device
from harness import VaultTest

# Each: what stands before, what ada makes of it, what bob makes of it, and what the choice of
# ada's side, of bob's and of both leaves. A path that ends in a slash stands for a copy of bob's
# or ada's, whose name holds the blob's.
KINDS = {
    "a directory against a file": (
        {}, {"n/1.md": "a1\n", "n/2.md": "a2\n"}, {"n": "bob\n"},
        ({"n/1.md": "a1\n", "n/2.md": "a2\n"}, {"n": "bob\n"},
         {"n/1.md": "a1\n", "n/2.md": "a2\n", "n.conflict": "bob\n"}),
    ),
    "names that differ in case": (
        {}, {"Readme.md": "ada\n"}, {"README.md": "bob\n"},
        ({"Readme.md": "ada\n"}, {"README.md": "bob\n"},
         {"README.md": "bob\n", "Readme.conflict": "ada\n"}),
    ),
    "directories that differ in case": (
        {}, {"Docs/a.md": "ada\n"}, {"docs/a.md": "bob\n", "docs/b.md": "b\n"},
        ({"Docs/a.md": "ada\n", "docs/b.md": "b\n"}, {"docs/a.md": "bob\n", "docs/b.md": "b\n"},
         {"Docs/a.md": "ada\n", "docs/a.conflict": "bob\n", "docs/b.md": "b\n"}),
    ),
    "a deletion against an edit": (
        {"x.md": "1\n2\n3\n"}, {"x.md": None}, {"x.md": "1\n2 bob\n3\n"},
        ({}, {"x.md": "1\n2 bob\n3\n"}, {"x.md": "1\n2 bob\n3\n"}),
    ),
    "two edits of one line": (
        {"x.md": "1\n2\n3\n"}, {"x.md": "1\n2 ada\n3\n"}, {"x.md": "1\n2 bob\n3\n"},
        ({"x.md": "1\n2 ada\n3\n"}, {"x.md": "1\n2 bob\n3\n"}, {"x.md": "1\n2 ada\n2 bob\n3\n"}),
    ),
}  # fmt: skip


class Choices(VaultTest):
    """Cycles without a daemon: each conflict is a vault of its own."""

    def put(self, device, files):
        """Writes files; None deletes one."""
        for name, content in files.items():
            if content is None:
                os.unlink(device.path(name))
            else:
                device.write(name, content)

    def cycle(self, *devices):
        """One cycle after the other."""
        for device in devices:
            done = device.once()
            self.assertIn(done.returncode, (0, 10), done.stderr)

    def conflict(self, number, base, ada_edit, bob_edit):
        """Two devices with one conflict."""
        remote = f"{self.top}/{number}.git"
        os.system(f"git init -q --bare --initial-branch=sync {remote}")
        devices = []
        for name in ("ada", "bob"):
            device = Device(f"{self.top}/{number}-{name}", name)
            device.init(remote)
            devices.append(device)
        ada, bob = devices
        self.put(ada, {"first.md": "first\n"} | base)
        self.cycle(ada, bob)
        self.put(ada, ada_edit)
        self.put(bob, bob_edit)
        self.cycle(ada, bob, ada)
        return ada, bob

    def test_a_content_of_any_size_is_taken_by_a_daemon_too(self):
        ada, _ = self.conflict(0, {}, {"x.bin": b"\0ada"}, {"x.bin": b"\0bob"})
        mine = f"{self.top}/mine.bin"
        content = b"\0" + os.urandom(9_000_000)
        with open(mine, "wb") as file:
            file.write(content)
        self.devices.append(ada)
        ada.start()
        ada.ctl("resolve", ada.path("x.bin"), "--file", mine, expect=(0,))
        self.assertEqual(ada.read("x.bin"), content)

    def test_a_side_comes_back_as_the_file_it_was(self):
        """Whatever stands in its place by now: a link's kind is no file's."""
        ada, _ = self.conflict(90, {}, {"n.bin": "\0ada"}, {"n.bin": "\0bob"})
        blob = trees.git(ada.repository, "rev-parse", "sync:shared/files/n.bin").decode().strip()
        os.unlink(ada.path("n.bin"))
        os.symlink("elsewhere", ada.path("n.bin"))
        self.cycle(ada)
        ada.ctl("resolve", "shared/files/n.bin", "--theirs")
        self.assertFalse(os.path.islink(ada.path("n.bin")))
        self.assertEqual(self.files(ada), {"n.bin": "\0bob"})
        os.unlink(ada.path("n.bin"))
        os.symlink("elsewhere", ada.path("n.bin"))
        self.cycle(ada)
        ada.ctl("restore", "shared/files/n.bin", "--to", blob)
        self.assertFalse(os.path.islink(ada.path("n.bin")))
        self.assertEqual(self.files(ada), {"n.bin": "\0bob"})
        self.assertEqual(json.loads(ada.ctl("held", "--json").stdout), [])

    def files(self, device):
        """The contents of the folder but the first file, a copy's name without the blob's."""
        found = {}
        for directory, _, names in os.walk(device.folder):
            for name in names:
                path = os.path.relpath(os.path.join(directory, name), device.folder)
                if path != "first.md":
                    with open(device.path(path), encoding="utf-8") as file:
                        found[path.split(".conflict-")[0] + ".conflict"
                              if ".conflict-" in path else path] = file.read()  # fmt: skip
        return found

    def try_all(self, kind):
        """Takes each choice on each device."""
        base, ada_edit, bob_edit, (adas, bobs, both) = KINDS[kind]
        number = 0
        for chooser in (0, 1):
            for choice, left in (("--ours", (adas, bobs)), ("--theirs", (bobs, adas)),
                                 ("--both", (both, both))):  # fmt: skip
                number += 1
                with self.subTest(kind=kind, on=("ada", "bob")[chooser], choice=choice):
                    devices = self.conflict(number, base, ada_edit, bob_edit)
                    device, other = devices[chooser], devices[1 - chooser]
                    found = json.loads(device.ctl("conflicts", "--json").stdout)
                    self.assertEqual(len(found), 1, found)
                    sides = {found[0]["ours_device"], found[0]["theirs_device"]}
                    self.assertEqual(sides, {"ada", "bob"})
                    self.assertFalse(found[0]["detected_at"].startswith("1970"))
                    before = self.files(device)
                    dry = device.ctl("resolve", found[0]["id"], choice, "--dry-run").stdout
                    gone = set(before) - set(left[chooser]) - {"n.conflict"}
                    for path in gone:
                        if not path.endswith(".conflict"):
                            self.assertIn(f"would delete shared/files/{path}", dry)
                    self.assertEqual(self.files(device), before, "a dry run changed something")
                    device.ctl("resolve", found[0]["id"], choice)
                    self.cycle(device, other)
                    self.assertEqual(self.files(device), left[chooser])
                    self.assertEqual(self.files(other), left[chooser])
                    self.assertEqual(json.loads(other.ctl("conflicts", "--json").stdout), [])

    def test_directory_against_file(self):
        """The directory keeps its name until somebody chooses the file."""
        self.try_all("a directory against a file")

    def test_case(self):
        """The choice of the one that had to go gives it its name, and the other goes."""
        self.try_all("names that differ in case")

    def test_case_of_directories(self):
        """The same where the names differ further up."""
        self.try_all("directories that differ in case")

    def test_deletion_against_edit(self):
        """Whose side is the deletion decides what a choice means."""
        self.try_all("a deletion against an edit")

    def test_lines(self):
        """A document's sides are its devices'."""
        self.try_all("two edits of one line")

    def resolve_later(self, number, name, before, sides, edit, choice):
        """Two versions of one file in conflict, whose file bob edits before he chooses; gives the
        file that ada has then."""
        ada, bob = self.conflict(number, before, *({name: side} for side in sides))
        bob.write(name, edit(bob.read(name)))
        self.cycle(bob, ada)
        (listed,) = json.loads(bob.ctl("conflicts", "--json").stdout)
        dry = json.loads(bob.ctl("resolve", listed["id"], choice, "--dry-run", "--json").stdout)
        done = json.loads(bob.ctl("resolve", listed["id"], choice, "--json").stdout)
        self.assertEqual(dry[0]["paths"], done[0]["paths"])
        self.cycle(bob, ada, bob)
        self.assertEqual(self.files(ada), self.files(bob))
        self.assertEqual(json.loads(ada.ctl("conflicts", "--json").stdout), [])
        return ada.read(name)

    def test_what_was_edited_since_stays(self):
        """A file that shows no markers is worked on in, and resolved much later."""
        text = "".join(f"k{number}: {number}\n" for number in range(9))
        sides = [text.replace("k5: 5", f"k5: {name}") for name in ("A", "B")]

        def work_on(now):
            return now.replace(b"k1: 1", b"k1: edited") + b"later: 1\n"

        left = {"--ours": "B", "--theirs": "A", "--base": "5", "--both": "A\nk5: B"}
        for number, (choice, value) in enumerate(left.items()):
            with self.subTest(choice):
                found = self.resolve_later(
                    number, "c.yaml", {"c.yaml": text}, sides, work_on, choice
                )
                expected = text.replace("k5: 5", f"k5: {value}").replace("k1: 1", "k1: edited")
                self.assertEqual(found.decode(), expected + "later: 1\n")

    def test_a_whole_version_is_what_was_made_of_it_since(self):
        """Of two binary files the one that kept the name is edited before it is chosen."""
        sides = (b"\0ada", b"\0bob")

        def work_on(now):
            return now + b", later"

        for number, (choice, left) in enumerate(
            {"--ours": b"\0bob, later", "--theirs": b"\0ada"}.items()
        ):
            with self.subTest(choice):
                found = self.resolve_later(number, "p.bin", {}, sides, work_on, choice)
                self.assertEqual(found, left)

    def test_all_refuses_a_mass_deletion(self):
        """`--all` does not take a directory of many files away unasked."""
        ada, _ = self.conflict(
            1, {}, {f"n/{i}.md": f"{i}\n" for i in range(20)}, {"n": "bob\n"})  # fmt: skip
        done = ada.ctl("resolve", "--all", "--theirs", expect=(1,))
        self.assertIn("max_deletes", done.stderr)
        self.assertEqual(len(os.listdir(ada.path("n"))), 20)
        ada.ctl("resolve", ada.path("n"), "--theirs")
        self.assertEqual(ada.read("n"), b"bob\n")

    def test_all_is_taken_back_by_one_undo(self):
        """What one command resolved is open again, also where the daemon resolved it."""
        names = ("x.md", "y.md", "z.md")
        sides = ({name: f"1\n2 {who}\n3\n" for name in names} for who in ("ada", "bob"))
        ada, bob = self.conflict(0, {name: "1\n2\n3\n" for name in names}, *sides)
        ids = {one["id"] for one in json.loads(ada.ctl("conflicts", "--json").stdout)}
        self.assertEqual(len(ids), 3)
        before = self.files(ada)
        for running in (False, True):
            with self.subTest("with the daemon" if running else "without"):
                if running:
                    ada.start()
                ada.ctl("resolve", "--all", "--theirs", expect=(0,))
                resolved = self.files(ada)
                self.assertNotIn("<<<<", str(resolved))
                done = json.loads(ada.ctl("undo", "--json", expect=(10,)).stdout)
                self.assertEqual(len(done["undone"]), 3)
                self.assertEqual(self.files(ada), before)
                listed = json.loads(ada.ctl("conflicts", "--json").stdout)
                self.assertEqual({one["id"] for one in listed}, ids)
                ada.ctl("undo", expect=(0,))
                self.assertEqual(self.files(ada), resolved)
                ada.ctl("undo", expect=(10,))
        ada.stop()
        self.cycle(ada, bob)
        self.assertEqual(self.files(bob), before)

    def test_all_leaves_out_what_it_cannot_resolve(self):
        """One conflict that has no such side keeps no other from being resolved."""
        event = '{"uuid": "6f1c", "type": "note", "text": "%s"}\n'
        for number, choice in enumerate(("--ours", "--theirs", "--base")):
            with self.subTest(choice=choice):
                ada, _ = self.conflict(
                    number,
                    {".gitattributes": "events/* sync=event\n", "x.md": "1\n2\n3\n",
                     "a.md": "1\n2\n3\n"},
                    {"x.md": "1\n2 ada\n3\n", "events/a.jsonl": event % "ada",
                     "a.md": "1\n2 ada\n3\n"},
                    {"x.md": "1\n2 bob\n3\n", "events/a.jsonl": event % "bob",
                     "a.md": "1\n2 bob\n3\n"},
                )  # fmt: skip
                before = ada.tree()
                dry = ada.ctl("resolve", "--all", choice, "--dry-run", expect=(1,))
                self.assertIn("would resolve shared/files/x.md", dry.stdout)
                done = ada.ctl("resolve", "--all", choice, expect=(1,))
                self.assertIn("resolved shared/files/x.md", done.stdout)
                self.assertIn("events/a.jsonl", done.stderr)
                (left,) = json.loads(ada.ctl("conflicts", "--json").stdout)
                self.assertEqual(left["path"], "shared/files/events/a.jsonl")
                self.assertNotIn(b"<<<<", ada.read("x.md"))
                # One undo takes back what was resolved before and after it.
                ada.ctl("undo", expect=(10,))
                self.assertEqual(ada.tree(), before)
